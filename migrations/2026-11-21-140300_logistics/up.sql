-- logistics: requests to move vehicles or to have work done on them, one line for each vehicle; the catalogues that
-- they name; who may ask for and see what; and vehicles that go from one dealer to another.

-- Catalogues ----------------------------------------------------------------------------------------------------------

create table billing_accounts (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    name text not null,
    code text,
    is_active boolean not null default true,
    type text not null,
    secondary_account text,
    constraint billing_accounts_pkey primary key (tenant_id, id),
    constraint billing_accounts_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint billing_accounts_name_check check (app.is_filled(name)),
    constraint billing_accounts_code_check check (app.is_filled(code)),
    constraint billing_accounts_type_check check (type in ('TMS', 'SLC', 'BOTH'))
);
comment on table billing_accounts is 'Accounts to which services and transports are charged.';
comment on column billing_accounts.type is 'Of which system: TMS (transports), SLC (services), or both.';
comment on constraint billing_accounts_name_check on billing_accounts is
    'The name must not be empty.';
comment on constraint billing_accounts_code_check on billing_accounts is
    'The code must not be empty.';
comment on constraint billing_accounts_type_check on billing_accounts is
    'An account is of TMS, SLC or BOTH.';
call app.soft_deletable('billing_accounts');
create unique index billing_accounts_code_key on billing_accounts (tenant_id, code) where deleted_at is null;
comment on index billing_accounts_code_key is 'Another billing account has this code.';
create index billing_accounts_name_idx on billing_accounts (tenant_id, name, id);

call app.protect('billing_accounts');
call app.versioned('billing_accounts');
call app.logged('billing_accounts', 'billing_account');

create table dealerships (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    billing_account_id uuid,
    name text not null,
    is_active boolean not null default true,
    buno_code text,
    type text,
    code text,
    channel text,
    compound text,
    full_address text,
    tms_address_id text,
    slc_address_id text,
    constraint dealerships_pkey primary key (tenant_id, id),
    constraint dealerships_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint dealerships_billing_account_id_fkey foreign key (tenant_id, billing_account_id)
        references billing_accounts on delete set null (billing_account_id),
    constraint dealerships_name_check check (app.is_filled(name)),
    constraint dealerships_buno_code_check check (app.is_filled(buno_code))
);
comment on table dealerships is 'Dealers between which vehicles are moved.';
comment on column dealerships.buno_code is 'What the maker calls it.';
comment on column dealerships.compound is 'The yard where its vehicles stand.';
comment on column dealerships.tms_address_id is 'What TMS calls its address.';
comment on column dealerships.slc_address_id is 'What SLC calls its address.';
comment on constraint dealerships_name_check on dealerships is
    'The name must not be empty.';
comment on constraint dealerships_buno_code_check on dealerships is
    'The BUNO code must not be empty.';
call app.soft_deletable('dealerships');
create unique index dealerships_buno_code_key on dealerships (tenant_id, buno_code) where deleted_at is null;
comment on index dealerships_buno_code_key is 'Another dealership has this BUNO code.';
create index dealerships_billing_account_id_idx on dealerships (tenant_id, billing_account_id);
create index dealerships_code_idx on dealerships (tenant_id, code);
create index dealerships_name_idx on dealerships (tenant_id, name, id);

call app.protect('dealerships');
call app.versioned('dealerships');
call app.living_references('dealerships', '{"billing_account_id": "billing_accounts"}');
call app.logged('dealerships', 'dealership');

create table ad_hoc_addresses (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    address text not null,
    province text,
    postal_code text,
    contact_name text,
    phone text,
    constraint ad_hoc_addresses_pkey primary key (tenant_id, id),
    constraint ad_hoc_addresses_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint ad_hoc_addresses_address_check check (app.is_filled(address))
);
comment on table ad_hoc_addresses is 'Places that are no dealership: workshops, private homes.';
comment on constraint ad_hoc_addresses_address_check on ad_hoc_addresses is
    'The address must not be empty.';

call app.protect('ad_hoc_addresses');
call app.versioned('ad_hoc_addresses');
call app.logged('ad_hoc_addresses', 'ad_hoc_address');

create table service_groups (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    name text not null,
    constraint service_groups_pkey primary key (tenant_id, id),
    constraint service_groups_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint service_groups_name_check check (app.is_filled(name)),
    constraint service_groups_name_key unique (tenant_id, name)
);
comment on table service_groups is 'Kinds of services.';
comment on constraint service_groups_name_check on service_groups is
    'The name must not be empty.';
comment on constraint service_groups_name_key on service_groups is
    'Another group of services has this name.';

call app.protect('service_groups');
call app.versioned('service_groups');
call app.logged('service_groups', 'service_group');

create table service_types (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    group_id uuid,
    name text not null,
    service_code text,
    annex_path text,
    file_name text,
    slc_service_id text,
    constraint service_types_pkey primary key (tenant_id, id),
    constraint service_types_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint service_types_group_id_fkey foreign key (tenant_id, group_id)
        references service_groups on delete set null (group_id),
    constraint service_types_name_check check (app.is_filled(name)),
    constraint service_types_service_code_check check (app.is_filled(service_code))
);
comment on table service_types is 'Work that can be asked for: inspection before delivery, body repair, paint.';
comment on column service_types.annex_path is 'Where the document about the service is kept.';
comment on column service_types.slc_service_id is 'What SLC calls the service.';
comment on constraint service_types_name_check on service_types is
    'The name must not be empty.';
comment on constraint service_types_service_code_check on service_types is
    'The code must not be empty.';
call app.soft_deletable('service_types');
create unique index service_types_service_code_key on service_types (tenant_id, service_code) where deleted_at is null;
comment on index service_types_service_code_key is 'Another service has this code.';
create index service_types_group_id_idx on service_types (tenant_id, group_id);

call app.protect('service_types');
call app.versioned('service_types');
call app.logged('service_types', 'service_type');

create table hst_codes (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    name text,
    code text not null,
    allows_transfer boolean not null default false,
    zone text,
    channel text,
    blocks_services boolean not null default false,
    requires_transport_validation boolean not null default false,
    dual_ownership boolean not null default false,
    tms_address_id text,
    constraint hst_codes_pkey primary key (tenant_id, id),
    constraint hst_codes_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint hst_codes_code_check check (app.is_filled(code))
);
comment on table hst_codes is 'Codes of dealers and of those who manage vehicles for them.';
comment on column hst_codes.requires_transport_validation is
    'KOVP2: transports wait until somebody has validated them.';
comment on constraint hst_codes_code_check on hst_codes is
    'The code must not be empty.';
call app.soft_deletable('hst_codes');
create unique index hst_codes_code_key on hst_codes (tenant_id, code) where deleted_at is null;
comment on index hst_codes_code_key is 'Another HST code is written like this.';

call app.protect('hst_codes');
call app.versioned('hst_codes');
call app.logged('hst_codes', 'hst_code');

create table carriers (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    name text not null,
    code text,
    constraint carriers_pkey primary key (tenant_id, id),
    constraint carriers_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint carriers_name_check check (app.is_filled(name)),
    constraint carriers_code_check check (app.is_filled(code)),
    constraint carriers_code_key unique (tenant_id, code)
);
comment on table carriers is 'Firms that carry vehicles.';
comment on constraint carriers_name_check on carriers is
    'The name must not be empty.';
comment on constraint carriers_code_check on carriers is
    'The code must not be empty.';
comment on constraint carriers_code_key on carriers is
    'Another carrier has this code.';

call app.protect('carriers');
call app.versioned('carriers');
call app.logged('carriers', 'carrier');

create table external_clients (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    system text not null,
    code text not null,
    name text,
    constraint external_clients_pkey primary key (tenant_id, id),
    constraint external_clients_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint external_clients_system_check check (system in ('TMS', 'SLC')),
    constraint external_clients_code_check check (app.is_filled(code)),
    constraint external_clients_system_code_key unique (tenant_id, system, code)
);
comment on table external_clients is 'As whom TMS and SLC know those who ask.';
comment on constraint external_clients_system_check on external_clients is
    'A client is of TMS or of SLC.';
comment on constraint external_clients_code_check on external_clients is
    'The code must not be empty.';
comment on constraint external_clients_system_code_key on external_clients is
    'This system has a client with this code already.';

call app.protect('external_clients');
call app.versioned('external_clients');
call app.logged('external_clients', 'external_client');

-- Who may ask for and see what ----------------------------------------------------------------------------------------

create table logistics_profiles (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null,
    carrier_id uuid,
    all_dealerships boolean not null default false,
    all_brands boolean not null default false,
    all_service_types boolean not null default false,
    group_name text,
    subgroup_name text,
    external_id_3 text,
    broker_id text,
    can_use_ad_hoc_address boolean not null default false,
    constraint logistics_profiles_pkey primary key (tenant_id, id),
    constraint logistics_profiles_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint logistics_profiles_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint logistics_profiles_carrier_id_fkey foreign key (tenant_id, carrier_id)
        references carriers on delete set null (carrier_id),
    constraint logistics_profiles_user_id_key unique (tenant_id, user_id)
);
comment on table logistics_profiles is
    'What a user may ask for and see; at most one row per user. Without a row: only what is the user''s own.';
comment on column logistics_profiles.all_dealerships is
    'The list of dealerships does not matter: all are in scope, and those that come later.';
comment on column logistics_profiles.all_brands is 'The same for brands.';
comment on column logistics_profiles.all_service_types is 'The same for services.';
comment on column logistics_profiles.external_id_3 is 'What a third system calls the user.';
comment on column logistics_profiles.broker_id is 'What the broker calls the user.';
comment on column logistics_profiles.can_use_ad_hoc_address is
    'Whether the user may move vehicles from and to places that are no dealership.';
comment on constraint logistics_profiles_user_id_key on logistics_profiles is
    'The user has a logistics profile already.';
create index logistics_profiles_carrier_id_idx on logistics_profiles (tenant_id, carrier_id)
    where carrier_id is not null;

call app.protect('logistics_profiles');
call app.versioned('logistics_profiles');
call app.fixed('logistics_profiles', '{user_id}');
call app.living_references('logistics_profiles', '{"user_id": "users"}');
call app.logged('logistics_profiles', 'logistics_profile', parent => 'user_id');

-- Lists of users and of groups. A group has no brands and no services.

create table logistics_profile_dealerships (
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    profile_id uuid not null,
    dealership_id uuid not null,
    created_at timestamptz not null default now(),
    constraint logistics_profile_dealerships_pkey primary key (tenant_id, profile_id, dealership_id),
    constraint logistics_profile_dealerships_tenant_id_fkey
        foreign key (tenant_id) references tenants on delete restrict,
    constraint logistics_profile_dealerships_profile_id_fkey foreign key (tenant_id, profile_id)
        references logistics_profiles on delete cascade,
    constraint logistics_profile_dealerships_dealership_id_fkey foreign key (tenant_id, dealership_id)
        references dealerships on delete cascade
);
comment on table logistics_profile_dealerships is 'The list of dealerships in a profile.';
comment on constraint logistics_profile_dealerships_pkey on logistics_profile_dealerships is
    'The profile has this dealership already.';
create index logistics_profile_dealerships_dealership_id_idx
    on logistics_profile_dealerships (tenant_id, dealership_id, profile_id);
call app.protect('logistics_profile_dealerships');
call app.living_references('logistics_profile_dealerships', '{"dealership_id": "dealerships"}');
call app.logged_link('logistics_profile_dealerships', 'profile_id', 'logistics_profiles', 'dealerships');

create table logistics_profile_brands (
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    profile_id uuid not null,
    brand_id uuid not null,
    created_at timestamptz not null default now(),
    constraint logistics_profile_brands_pkey primary key (tenant_id, profile_id, brand_id),
    constraint logistics_profile_brands_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint logistics_profile_brands_profile_id_fkey foreign key (tenant_id, profile_id)
        references logistics_profiles on delete cascade,
    constraint logistics_profile_brands_brand_id_fkey foreign key (tenant_id, brand_id)
        references brands on delete cascade
);
comment on table logistics_profile_brands is 'The list of brands in a profile.';
comment on constraint logistics_profile_brands_pkey on logistics_profile_brands is
    'The profile has this brand already.';
create index logistics_profile_brands_brand_id_idx on logistics_profile_brands (tenant_id, brand_id, profile_id);
call app.protect('logistics_profile_brands');
call app.logged_link('logistics_profile_brands', 'profile_id', 'logistics_profiles', 'brands');

create table logistics_profile_service_types (
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    profile_id uuid not null,
    service_type_id uuid not null,
    created_at timestamptz not null default now(),
    constraint logistics_profile_service_types_pkey primary key (tenant_id, profile_id, service_type_id),
    constraint logistics_profile_service_types_tenant_id_fkey
        foreign key (tenant_id) references tenants on delete restrict,
    constraint logistics_profile_service_types_profile_id_fkey foreign key (tenant_id, profile_id)
        references logistics_profiles on delete cascade,
    constraint logistics_profile_service_types_service_type_id_fkey foreign key (tenant_id, service_type_id)
        references service_types on delete cascade
);
comment on table logistics_profile_service_types is 'The list of services in a profile.';
comment on constraint logistics_profile_service_types_pkey on logistics_profile_service_types is
    'The profile has this service already.';
create index logistics_profile_service_types_service_type_id_idx
    on logistics_profile_service_types (tenant_id, service_type_id, profile_id);
call app.protect('logistics_profile_service_types');
call app.living_references('logistics_profile_service_types', '{"service_type_id": "service_types"}');
call app.logged_link('logistics_profile_service_types', 'profile_id', 'logistics_profiles', 'serviceTypes');

create table logistics_profile_external_clients (
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    profile_id uuid not null,
    external_client_id uuid not null,
    created_at timestamptz not null default now(),
    constraint logistics_profile_external_clients_pkey primary key (tenant_id, profile_id, external_client_id),
    constraint logistics_profile_external_clients_tenant_id_fkey
        foreign key (tenant_id) references tenants on delete restrict,
    constraint logistics_profile_external_clients_profile_id_fkey foreign key (tenant_id, profile_id)
        references logistics_profiles on delete cascade,
    constraint logistics_profile_external_clients_external_client_id_fkey foreign key (tenant_id, external_client_id)
        references external_clients on delete cascade
);
comment on table logistics_profile_external_clients is 'The list of clients in a profile.';
comment on constraint logistics_profile_external_clients_pkey on logistics_profile_external_clients is
    'The profile has this client already.';
create index logistics_profile_external_clients_external_client_id_idx
    on logistics_profile_external_clients (tenant_id, external_client_id, profile_id);
call app.protect('logistics_profile_external_clients');
call app.logged_link('logistics_profile_external_clients', 'profile_id', 'logistics_profiles', 'externalClients');

create table logistics_profile_billing_accounts (
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    profile_id uuid not null,
    billing_account_id uuid not null,
    created_at timestamptz not null default now(),
    constraint logistics_profile_billing_accounts_pkey primary key (tenant_id, profile_id, billing_account_id),
    constraint logistics_profile_billing_accounts_tenant_id_fkey
        foreign key (tenant_id) references tenants on delete restrict,
    constraint logistics_profile_billing_accounts_profile_id_fkey foreign key (tenant_id, profile_id)
        references logistics_profiles on delete cascade,
    constraint logistics_profile_billing_accounts_billing_account_id_fkey foreign key (tenant_id, billing_account_id)
        references billing_accounts on delete cascade
);
comment on table logistics_profile_billing_accounts is 'The list of billing accounts in a profile.';
comment on constraint logistics_profile_billing_accounts_pkey on logistics_profile_billing_accounts is
    'The profile has this billing account already.';
create index logistics_profile_billing_accounts_billing_account_id_idx
    on logistics_profile_billing_accounts (tenant_id, billing_account_id, profile_id);
call app.protect('logistics_profile_billing_accounts');
call app.living_references('logistics_profile_billing_accounts', '{"billing_account_id": "billing_accounts"}');
call app.logged_link('logistics_profile_billing_accounts', 'profile_id', 'logistics_profiles', 'billingAccounts');

create table logistics_profile_hst_codes (
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    profile_id uuid not null,
    hst_code_id uuid not null,
    created_at timestamptz not null default now(),
    constraint logistics_profile_hst_codes_pkey primary key (tenant_id, profile_id, hst_code_id),
    constraint logistics_profile_hst_codes_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint logistics_profile_hst_codes_profile_id_fkey foreign key (tenant_id, profile_id)
        references logistics_profiles on delete cascade,
    constraint logistics_profile_hst_codes_hst_code_id_fkey foreign key (tenant_id, hst_code_id)
        references hst_codes on delete cascade
);
comment on table logistics_profile_hst_codes is 'The list of HST codes in a profile.';
comment on constraint logistics_profile_hst_codes_pkey on logistics_profile_hst_codes is
    'The profile has this HST code already.';
create index logistics_profile_hst_codes_hst_code_id_idx
    on logistics_profile_hst_codes (tenant_id, hst_code_id, profile_id);
call app.protect('logistics_profile_hst_codes');
call app.living_references('logistics_profile_hst_codes', '{"hst_code_id": "hst_codes"}');
call app.logged_link('logistics_profile_hst_codes', 'profile_id', 'logistics_profiles', 'hstCodes');

create table user_group_dealerships (
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    group_id uuid not null,
    dealership_id uuid not null,
    created_at timestamptz not null default now(),
    constraint user_group_dealerships_pkey primary key (tenant_id, group_id, dealership_id),
    constraint user_group_dealerships_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint user_group_dealerships_group_id_fkey foreign key (tenant_id, group_id)
        references user_groups on delete cascade,
    constraint user_group_dealerships_dealership_id_fkey foreign key (tenant_id, dealership_id)
        references dealerships on delete cascade
);
comment on table user_group_dealerships is 'The list of dealerships of a group, added to what each member has.';
comment on constraint user_group_dealerships_pkey on user_group_dealerships is 'The group has this dealership already.';
create index user_group_dealerships_dealership_id_idx on user_group_dealerships (tenant_id, dealership_id, group_id);
call app.protect('user_group_dealerships');
call app.living_references('user_group_dealerships', '{"group_id": "user_groups", "dealership_id": "dealerships"}');
call app.logged_link('user_group_dealerships', 'group_id', 'user_groups', 'dealerships');
call app.logged_link('user_group_dealerships', 'dealership_id', 'dealerships', 'userGroups');

create table user_group_billing_accounts (
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    group_id uuid not null,
    billing_account_id uuid not null,
    created_at timestamptz not null default now(),
    constraint user_group_billing_accounts_pkey primary key (tenant_id, group_id, billing_account_id),
    constraint user_group_billing_accounts_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint user_group_billing_accounts_group_id_fkey foreign key (tenant_id, group_id)
        references user_groups on delete cascade,
    constraint user_group_billing_accounts_billing_account_id_fkey foreign key (tenant_id, billing_account_id)
        references billing_accounts on delete cascade
);
comment on table user_group_billing_accounts is
    'The list of billing accounts of a group, added to what each member has.';
comment on constraint user_group_billing_accounts_pkey on user_group_billing_accounts is
    'The group has this billing account already.';
create index user_group_billing_accounts_billing_account_id_idx
    on user_group_billing_accounts (tenant_id, billing_account_id, group_id);
call app.protect('user_group_billing_accounts');
call app.living_references(
    'user_group_billing_accounts', '{"group_id": "user_groups", "billing_account_id": "billing_accounts"}'
);
call app.logged_link('user_group_billing_accounts', 'group_id', 'user_groups', 'billingAccounts');
call app.logged_link('user_group_billing_accounts', 'billing_account_id', 'billing_accounts', 'userGroups');

create table user_group_hst_codes (
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    group_id uuid not null,
    hst_code_id uuid not null,
    created_at timestamptz not null default now(),
    constraint user_group_hst_codes_pkey primary key (tenant_id, group_id, hst_code_id),
    constraint user_group_hst_codes_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint user_group_hst_codes_group_id_fkey foreign key (tenant_id, group_id)
        references user_groups on delete cascade,
    constraint user_group_hst_codes_hst_code_id_fkey foreign key (tenant_id, hst_code_id)
        references hst_codes on delete cascade
);
comment on table user_group_hst_codes is 'The list of HST codes of a group, added to what each member has.';
comment on constraint user_group_hst_codes_pkey on user_group_hst_codes is 'The group has this HST code already.';
create index user_group_hst_codes_hst_code_id_idx on user_group_hst_codes (tenant_id, hst_code_id, group_id);
call app.protect('user_group_hst_codes');
call app.living_references('user_group_hst_codes', '{"group_id": "user_groups", "hst_code_id": "hst_codes"}');
call app.logged_link('user_group_hst_codes', 'group_id', 'user_groups', 'hstCodes');
call app.logged_link('user_group_hst_codes', 'hst_code_id', 'hst_codes', 'userGroups');

-- Requests ------------------------------------------------------------------------------------------------------------

create table bulk_requests (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    created_by_id uuid default nullif(current_setting('app.user_id', true), '')::uuid,
    status text not null default 'STAGED',
    total_vehicles integer not null,
    processed_vehicles integer not null default 0,
    error_message text,
    constraint bulk_requests_pkey primary key (tenant_id, id),
    constraint bulk_requests_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint bulk_requests_created_by_id_fkey foreign key (tenant_id, created_by_id)
        references users on delete set null (created_by_id),
    constraint bulk_requests_total_vehicles_check check (total_vehicles > 0),
    constraint bulk_requests_processed_vehicles_check check (processed_vehicles between 0 and total_vehicles)
);
comment on table bulk_requests is
    'A request for more vehicles than one request can have, made into requests block by block.';
comment on column bulk_requests.error_message is 'Why it stopped, while it is FAILED.';
comment on constraint bulk_requests_total_vehicles_check on bulk_requests is
    'There is at least one vehicle.';
comment on constraint bulk_requests_processed_vehicles_check on bulk_requests is
    'No more vehicles are processed than there are.';
create index bulk_requests_created_by_id_idx on bulk_requests (tenant_id, created_by_id, created_at desc, id desc);
create index bulk_requests_status_idx on bulk_requests (tenant_id, status);

call app.protect('bulk_requests');
call app.state_machine('bulk_requests', 'status', '{
    "STAGED": ["PROCESSING"],
    "PROCESSING": ["COMPLETED", "FAILED"],
    "FAILED": ["PROCESSING"],
    "COMPLETED": []
}');
call app.versioned('bulk_requests');
call app.logged('bulk_requests', 'bulk_request');

create table bulk_request_items (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    bulk_request_id uuid not null,
    row_number integer not null,
    vin text not null,
    make text,
    model text,
    origin text,
    destination text,
    payload jsonb,
    constraint bulk_request_items_pkey primary key (tenant_id, id),
    constraint bulk_request_items_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint bulk_request_items_bulk_request_id_fkey foreign key (tenant_id, bulk_request_id)
        references bulk_requests on delete cascade,
    constraint bulk_request_items_bulk_request_id_row_number_key unique (tenant_id, bulk_request_id, row_number),
    constraint bulk_request_items_row_number_check check (row_number > 0),
    constraint bulk_request_items_vin_check check (vin ~ '^[A-HJ-NPR-Z0-9]{17}$')
);
comment on table bulk_request_items is 'Vehicles of a bulk request that are in no request yet; gone once they are.';
comment on column bulk_request_items.row_number is 'The place among the vehicles of the call, from 1.';
comment on column bulk_request_items.payload is 'What else was said about the vehicle.';
comment on constraint bulk_request_items_bulk_request_id_row_number_key on bulk_request_items is
    'There is already a vehicle at this place.';
comment on constraint bulk_request_items_row_number_check on bulk_request_items is
    'Rows are numbered from 1.';
comment on constraint bulk_request_items_vin_check on bulk_request_items is
    'A VIN has 17 characters: capital letters except I, O and Q, and digits.';

call app.protect('bulk_request_items');
call app.versioned('bulk_request_items');
call app.fixed('bulk_request_items', '{bulk_request_id, row_number}');
call app.logged('bulk_request_items', 'bulk_request_item', parent => 'bulk_request_id');

create table logistics_requests (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    created_by_id uuid default nullif(current_setting('app.user_id', true), '')::uuid,
    billing_account_id uuid,
    tms_billing_account_id uuid,
    hst_code_id uuid,
    bulk_request_id uuid,
    code text not null,
    type text not null,
    status text not null default 'PENDING',
    completed_at timestamptz,
    rac_code text,
    transport_shipping_type integer,
    is_dealer_transfer boolean not null default false,
    comments text,
    constraint logistics_requests_pkey primary key (tenant_id, id),
    constraint logistics_requests_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint logistics_requests_created_by_id_fkey foreign key (tenant_id, created_by_id)
        references users on delete set null (created_by_id),
    constraint logistics_requests_billing_account_id_fkey foreign key (tenant_id, billing_account_id)
        references billing_accounts on delete restrict,
    constraint logistics_requests_tms_billing_account_id_fkey foreign key (tenant_id, tms_billing_account_id)
        references billing_accounts on delete restrict,
    constraint logistics_requests_hst_code_id_fkey foreign key (tenant_id, hst_code_id)
        references hst_codes on delete restrict,
    constraint logistics_requests_bulk_request_id_fkey foreign key (tenant_id, bulk_request_id)
        references bulk_requests on delete set null (bulk_request_id),
    constraint logistics_requests_code_check check (app.is_filled(code)),
    constraint logistics_requests_type_check check (type in ('SERVICE', 'TRANSPORT', 'MIXED')),
    constraint logistics_requests_code_key unique (tenant_id, code)
);
comment on table logistics_requests is
    'Something that is asked for: to move vehicles, to have work done on them, or both. Each vehicle is a line.';
comment on column logistics_requests.code is 'Given by the database, in order and without gaps; never used again.';
comment on column logistics_requests.completed_at is
    'When it became REGISTERED, CANCELLED or VALIDATION_CANCELLED, the last of them.';
comment on column logistics_requests.rac_code is 'Return authorization code.';
comment on column logistics_requests.transport_shipping_type is 'A number of the source system, kept as it is.';
comment on column logistics_requests.is_dealer_transfer is 'Whether the vehicles go from one dealer to another.';
comment on constraint logistics_requests_billing_account_id_fkey on logistics_requests is
    'The billing account has requests, so it cannot be removed.';
comment on constraint logistics_requests_tms_billing_account_id_fkey on logistics_requests is
    'The billing account has requests, so it cannot be removed.';
comment on constraint logistics_requests_hst_code_id_fkey on logistics_requests is
    'The HST code has requests, so it cannot be removed.';
comment on constraint logistics_requests_code_check on logistics_requests is
    'The code must not be empty.';
comment on constraint logistics_requests_type_check on logistics_requests is
    'There is no such type of request.';
comment on constraint logistics_requests_code_key on logistics_requests is
    'Another request has this code.';
call app.soft_deletable('logistics_requests');
create index logistics_requests_status_idx on logistics_requests (tenant_id, status, created_at desc, id desc);
create index logistics_requests_created_by_id_idx
    on logistics_requests (tenant_id, created_by_id, created_at desc, id desc);
create index logistics_requests_hst_code_id_idx
    on logistics_requests (tenant_id, hst_code_id, created_at desc, id desc);
create index logistics_requests_billing_account_id_idx on logistics_requests (tenant_id, billing_account_id);
create index logistics_requests_tms_billing_account_id_idx on logistics_requests (tenant_id, tms_billing_account_id)
    where tms_billing_account_id is not null;
create index logistics_requests_bulk_request_id_idx on logistics_requests (tenant_id, bulk_request_id)
    where bulk_request_id is not null;

call app.protect('logistics_requests');
call app.state_machine('logistics_requests', 'status', '{
    "PENDING": ["IN_PROGRESS", "CANCELLED"],
    "IN_PROGRESS": ["REGISTERED", "ERROR", "PENDING_CANCELLATION"],
    "REGISTERED": ["PENDING_CANCELLATION"],
    "ERROR": ["PENDING", "CANCELLED"],
    "CANCELLED": [],
    "PENDING_VALIDATION": ["PENDING", "VALIDATION_CANCELLED"],
    "VALIDATION_CANCELLED": [],
    "PENDING_CANCELLATION": ["CANCELLED", "REGISTERED"]
}');
call app.versioned('logistics_requests');
call app.fixed('logistics_requests', '{code, type, hst_code_id}');
call app.living_references(
    'logistics_requests',
    '{"billing_account_id": "billing_accounts", "tms_billing_account_id": "billing_accounts", '
    '"hst_code_id": "hst_codes"}'
);
call app.logged('logistics_requests', 'logistics_request');

create table logistics_request_lines (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    request_id uuid not null,
    created_by_id uuid default nullif(current_setting('app.user_id', true), '')::uuid,
    requested_by_id uuid,
    origin_dealership_id uuid,
    destination_dealership_id uuid,
    ad_hoc_address_id uuid,
    service_type_id uuid,
    vehicle_id uuid,
    brand_id uuid,
    service_code text,
    vin text not null,
    make_model text,
    license_plate text,
    status text not null,
    slc_request_id text,
    tms_request_id uuid,
    tms_service_code uuid,
    tms_origin text,
    tms_destination text,
    tms_model text,
    slc_service text,
    slc_client_code text,
    tms_client_code text,
    carrier_code text,
    constraint logistics_request_lines_pkey primary key (tenant_id, id),
    constraint logistics_request_lines_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint logistics_request_lines_request_id_fkey foreign key (tenant_id, request_id)
        references logistics_requests on delete cascade,
    constraint logistics_request_lines_created_by_id_fkey foreign key (tenant_id, created_by_id)
        references users on delete set null (created_by_id),
    constraint logistics_request_lines_requested_by_id_fkey foreign key (tenant_id, requested_by_id)
        references users on delete set null (requested_by_id),
    constraint logistics_request_lines_origin_dealership_id_fkey foreign key (tenant_id, origin_dealership_id)
        references dealerships on delete restrict,
    constraint logistics_request_lines_destination_dealership_id_fkey foreign key (tenant_id, destination_dealership_id)
        references dealerships on delete restrict,
    constraint logistics_request_lines_ad_hoc_address_id_fkey foreign key (tenant_id, ad_hoc_address_id)
        references ad_hoc_addresses on delete restrict,
    constraint logistics_request_lines_service_type_id_fkey foreign key (tenant_id, service_type_id)
        references service_types on delete restrict,
    constraint logistics_request_lines_vehicle_id_fkey foreign key (tenant_id, vehicle_id)
        references vehicles on delete set null (vehicle_id),
    constraint logistics_request_lines_brand_id_fkey foreign key (tenant_id, brand_id)
        references brands on delete set null (brand_id),
    constraint logistics_request_lines_vin_check check (vin ~ '^[A-HJ-NPR-Z0-9]{17}$'),
    constraint logistics_request_lines_ad_hoc_address_id_check check (
        num_nonnulls(origin_dealership_id, destination_dealership_id, ad_hoc_address_id) < 3
    ),
    constraint logistics_request_lines_destination_dealership_id_check check (
        origin_dealership_id <> destination_dealership_id
    ),
    constraint logistics_request_lines_status_check check (
        status in (
            'PENDING', 'IN_PROGRESS', 'REGISTERED', 'ERROR', 'CANCELLED', 'PENDING_VALIDATION',
            'VALIDATION_CANCELLED', 'PENDING_CANCELLATION'
        )
    )
);
comment on table logistics_request_lines is 'One vehicle of a request: what is done with it, and where it goes.';
comment on column logistics_request_lines.requested_by_id is
    'Who made the request: a copy of its created_by_id, so that row-level security need not look there.';
comment on column logistics_request_lines.brand_id is
    'The maker, by which it is decided who sees the line: that of the vehicle, if it is known.';
comment on column logistics_request_lines.status is 'That of the request.';
comment on column logistics_request_lines.slc_request_id is 'What SLC calls it.';
comment on column logistics_request_lines.tms_request_id is 'What TMS calls it.';
comment on column logistics_request_lines.slc_client_code is
    'As whom it was asked for in SLC; needed to cancel it there.';
comment on column logistics_request_lines.tms_client_code is
    'As whom it was asked for in TMS; needed to cancel it there.';
comment on column logistics_request_lines.carrier_code is 'Who carries the vehicle; needed to cancel that.';
comment on constraint logistics_request_lines_origin_dealership_id_fkey on logistics_request_lines is
    'Vehicles were asked for with this dealership, so it cannot be removed.';
comment on constraint logistics_request_lines_destination_dealership_id_fkey on logistics_request_lines is
    'Vehicles were asked for with this dealership, so it cannot be removed.';
comment on constraint logistics_request_lines_ad_hoc_address_id_fkey on logistics_request_lines is
    'Vehicles were asked for with this address, so it cannot be removed.';
comment on constraint logistics_request_lines_service_type_id_fkey on logistics_request_lines is
    'Vehicles were asked for with this service, so it cannot be removed.';
comment on constraint logistics_request_lines_vin_check on logistics_request_lines is
    'A VIN has 17 characters: capital letters except I, O and Q, and digits.';
comment on constraint logistics_request_lines_ad_hoc_address_id_check on logistics_request_lines is
    'An ad hoc address stands for one side only, so it cannot be named beside two dealerships.';
comment on constraint logistics_request_lines_destination_dealership_id_check on logistics_request_lines is
    'A vehicle goes to another place than where it comes from.';
call app.soft_deletable('logistics_request_lines');
create unique index logistics_request_lines_request_id_vin_key on logistics_request_lines (tenant_id, request_id, vin)
    where deleted_at is null;
comment on index logistics_request_lines_request_id_vin_key is 'The vehicle is in this request already.';
create unique index logistics_request_lines_tms_request_id_key on logistics_request_lines (tenant_id, tms_request_id)
    where deleted_at is null;
comment on index logistics_request_lines_tms_request_id_key is 'Another line has this request of TMS.';
create index logistics_request_lines_request_id_idx on logistics_request_lines (tenant_id, request_id, id);
create index logistics_request_lines_vin_idx on logistics_request_lines (tenant_id, vin);
create index logistics_request_lines_slc_request_id_idx on logistics_request_lines (tenant_id, slc_request_id)
    where slc_request_id is not null;
create index logistics_request_lines_origin_dealership_id_idx
    on logistics_request_lines (tenant_id, origin_dealership_id, id);
create index logistics_request_lines_destination_dealership_id_idx
    on logistics_request_lines (tenant_id, destination_dealership_id, id);
create index logistics_request_lines_service_type_id_idx on logistics_request_lines (tenant_id, service_type_id);
create index logistics_request_lines_brand_id_idx on logistics_request_lines (tenant_id, brand_id);
create index logistics_request_lines_vehicle_id_idx on logistics_request_lines (tenant_id, vehicle_id)
    where vehicle_id is not null;
create index logistics_request_lines_ad_hoc_address_id_idx on logistics_request_lines (tenant_id, ad_hoc_address_id)
    where ad_hoc_address_id is not null;
create index logistics_request_lines_created_by_id_idx on logistics_request_lines (tenant_id, created_by_id);
create index logistics_request_lines_requested_by_id_idx on logistics_request_lines (tenant_id, requested_by_id);

call app.protect('logistics_request_lines');
call app.versioned('logistics_request_lines', ignored => '{requested_by_id}');
call app.fixed('logistics_request_lines', '{request_id}');
call app.living_references(
    'logistics_request_lines',
    '{"origin_dealership_id": "dealerships", "destination_dealership_id": "dealerships", '
    '"service_type_id": "service_types"}'
);
call app.logged(
    'logistics_request_lines', 'logistics_request_line', parent => 'request_id', ignored => '{requested_by_id}'
);

create table logistics_request_documents (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    request_id uuid not null,
    uploaded_by_id uuid default nullif(current_setting('app.user_id', true), '')::uuid,
    file_id uuid,
    file_name text not null,
    storage_path text not null,
    uploaded_at timestamptz not null default now(),
    constraint logistics_request_documents_pkey primary key (tenant_id, id),
    constraint logistics_request_documents_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint logistics_request_documents_request_id_fkey foreign key (tenant_id, request_id)
        references logistics_requests on delete cascade,
    constraint logistics_request_documents_uploaded_by_id_fkey foreign key (tenant_id, uploaded_by_id)
        references users on delete set null (uploaded_by_id),
    constraint logistics_request_documents_file_name_check check (app.is_filled(file_name)),
    constraint logistics_request_documents_storage_path_check check (
        storage_path ~ '^(Service|Transport|Mixed)/[^/]' and storage_path !~ '(^|/)\.\.?(/|$)'
    )
);
comment on table logistics_request_documents is 'Papers of a request: delivery notes, authorisations.';
comment on column logistics_request_documents.storage_path is
    'Begins with the folder of the type of request: Service/, Transport/ or Mixed/.';
comment on constraint logistics_request_documents_file_name_check on logistics_request_documents is
    'The name of the file must not be empty.';
comment on constraint logistics_request_documents_storage_path_check on logistics_request_documents is
    'A path begins with Service/, Transport/ or Mixed/, and has no . or .. in it.';
call app.soft_deletable('logistics_request_documents');
create index logistics_request_documents_request_id_idx
    on logistics_request_documents (tenant_id, request_id, uploaded_at desc, id desc);
create index logistics_request_documents_uploaded_by_id_idx on logistics_request_documents (tenant_id, uploaded_by_id);
create index logistics_request_documents_file_id_idx on logistics_request_documents (tenant_id, file_id)
    where file_id is not null;

call app.protect('logistics_request_documents');
call app.versioned('logistics_request_documents');
call app.fixed('logistics_request_documents', '{request_id}');
call app.logged('logistics_request_documents', 'logistics_request_document', parent => 'request_id');

create table logistics_status_changes (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    created_at timestamptz not null default now(),
    request_id uuid not null,
    changed_by_id uuid default nullif(current_setting('app.user_id', true), '')::uuid,
    previous_status text,
    new_status text not null,
    changed_at timestamptz not null default now(),
    constraint logistics_status_changes_pkey primary key (tenant_id, id),
    constraint logistics_status_changes_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint logistics_status_changes_request_id_fkey foreign key (tenant_id, request_id)
        references logistics_requests on delete cascade,
    constraint logistics_status_changes_changed_by_id_fkey foreign key (tenant_id, changed_by_id)
        references users on delete set null (changed_by_id),
    constraint logistics_status_changes_previous_status_check check (
        previous_status in (
            'PENDING', 'IN_PROGRESS', 'REGISTERED', 'ERROR', 'CANCELLED', 'PENDING_VALIDATION',
            'VALIDATION_CANCELLED', 'PENDING_CANCELLATION'
        )
    ),
    constraint logistics_status_changes_new_status_check check (
        new_status in (
            'PENDING', 'IN_PROGRESS', 'REGISTERED', 'ERROR', 'CANCELLED', 'PENDING_VALIDATION',
            'VALIDATION_CANCELLED', 'PENDING_CANCELLATION'
        )
    )
);
comment on table logistics_status_changes is 'Which states a request has had; written by a trigger.';
comment on column logistics_status_changes.previous_status is 'Null for the state with which the request began.';
create index logistics_status_changes_request_id_idx
    on logistics_status_changes (tenant_id, request_id, changed_at, id);
create index logistics_status_changes_changed_by_id_idx on logistics_status_changes (tenant_id, changed_by_id);

call app.protect_append_only('logistics_status_changes');
call app.logged('logistics_status_changes', 'logistics_status_change', parent => 'request_id');

-- Between dealers -----------------------------------------------------------------------------------------------------

create table ownership_transfers (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid default nullif(current_setting('app.user_id', true), '')::uuid,
    request_id uuid,
    origin_dealership_id uuid,
    destination_dealership_id uuid,
    vin text not null,
    dealer_code text,
    requester_name text,
    requested_at timestamptz not null default now(),
    status text not null default 'PENDING',
    compound text,
    constraint ownership_transfers_pkey primary key (tenant_id, id),
    constraint ownership_transfers_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint ownership_transfers_user_id_fkey foreign key (tenant_id, user_id)
        references users on delete set null (user_id),
    constraint ownership_transfers_request_id_fkey foreign key (tenant_id, request_id)
        references logistics_requests on delete set null (request_id),
    constraint ownership_transfers_origin_dealership_id_fkey foreign key (tenant_id, origin_dealership_id)
        references dealerships on delete restrict,
    constraint ownership_transfers_destination_dealership_id_fkey foreign key (tenant_id, destination_dealership_id)
        references dealerships on delete restrict,
    constraint ownership_transfers_vin_check check (vin ~ '^[A-HJ-NPR-Z0-9]{17}$'),
    constraint ownership_transfers_dealer_code_check check (app.is_filled(dealer_code)),
    constraint ownership_transfers_destination_dealership_id_check check (
        origin_dealership_id <> destination_dealership_id
    )
);
comment on table ownership_transfers is 'A vehicle that one dealer hands over to another.';
comment on column ownership_transfers.dealer_code is 'HST code of the dealer; it has to allow transfers.';
comment on column ownership_transfers.compound is 'The yard where the vehicle stands.';
comment on constraint ownership_transfers_origin_dealership_id_fkey on ownership_transfers is
    'The dealership has transfers, so it cannot be removed.';
comment on constraint ownership_transfers_destination_dealership_id_fkey on ownership_transfers is
    'The dealership has transfers, so it cannot be removed.';
comment on constraint ownership_transfers_vin_check on ownership_transfers is
    'A VIN has 17 characters: capital letters except I, O and Q, and digits.';
comment on constraint ownership_transfers_dealer_code_check on ownership_transfers is
    'The code of the dealer must not be empty.';
comment on constraint ownership_transfers_destination_dealership_id_check on ownership_transfers is
    'A vehicle goes to another dealership than where it comes from.';
create index ownership_transfers_vin_idx on ownership_transfers (tenant_id, vin);
create index ownership_transfers_status_idx on ownership_transfers (tenant_id, status, requested_at desc, id desc);
create index ownership_transfers_user_id_idx on ownership_transfers (tenant_id, user_id);
create index ownership_transfers_request_id_idx on ownership_transfers (tenant_id, request_id);
create index ownership_transfers_origin_dealership_id_idx on ownership_transfers (tenant_id, origin_dealership_id);
create index ownership_transfers_destination_dealership_id_idx
    on ownership_transfers (tenant_id, destination_dealership_id);

call app.protect('ownership_transfers');
call app.state_machine('ownership_transfers', 'status', '{
    "PENDING": ["IN_PROGRESS", "CANCELLED"],
    "IN_PROGRESS": ["REGISTERED", "ERROR", "PENDING_CANCELLATION"],
    "REGISTERED": ["PENDING_CANCELLATION"],
    "ERROR": ["PENDING", "CANCELLED"],
    "CANCELLED": [],
    "PENDING_VALIDATION": ["PENDING", "VALIDATION_CANCELLED"],
    "VALIDATION_CANCELLED": [],
    "PENDING_CANCELLATION": ["CANCELLED", "REGISTERED"]
}');
call app.versioned('ownership_transfers');
call app.living_references(
    'ownership_transfers',
    '{"origin_dealership_id": "dealerships", "destination_dealership_id": "dealerships", '
    '"request_id": "logistics_requests"}'
);
call app.logged('ownership_transfers', 'ownership_transfer');

create table sub_allocations (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid default nullif(current_setting('app.user_id', true), '')::uuid,
    hst_code_id uuid,
    request_id uuid,
    vin text not null,
    allocated_at timestamptz not null default now(),
    status text not null default 'PENDING',
    constraint sub_allocations_pkey primary key (tenant_id, id),
    constraint sub_allocations_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint sub_allocations_user_id_fkey foreign key (tenant_id, user_id)
        references users on delete set null (user_id),
    constraint sub_allocations_hst_code_id_fkey foreign key (tenant_id, hst_code_id)
        references hst_codes on delete restrict,
    constraint sub_allocations_request_id_fkey foreign key (tenant_id, request_id)
        references logistics_requests on delete set null (request_id),
    constraint sub_allocations_vin_check check (vin ~ '^[A-HJ-NPR-Z0-9]{17}$')
);
comment on table sub_allocations is 'A vehicle that is set aside for an HST code.';
comment on constraint sub_allocations_hst_code_id_fkey on sub_allocations is
    'The HST code has sub-allocations, so it cannot be removed.';
comment on constraint sub_allocations_vin_check on sub_allocations is
    'A VIN has 17 characters: capital letters except I, O and Q, and digits.';
create index sub_allocations_vin_idx on sub_allocations (tenant_id, vin);
create index sub_allocations_hst_code_id_idx on sub_allocations (tenant_id, hst_code_id);
create index sub_allocations_user_id_idx on sub_allocations (tenant_id, user_id);
create index sub_allocations_request_id_idx on sub_allocations (tenant_id, request_id);

call app.protect('sub_allocations');
call app.state_machine('sub_allocations', 'status', '{
    "PENDING": ["IN_PROGRESS", "CANCELLED"],
    "IN_PROGRESS": ["REGISTERED", "ERROR", "PENDING_CANCELLATION"],
    "REGISTERED": ["PENDING_CANCELLATION"],
    "ERROR": ["PENDING", "CANCELLED"],
    "CANCELLED": [],
    "PENDING_VALIDATION": ["PENDING", "VALIDATION_CANCELLED"],
    "VALIDATION_CANCELLED": [],
    "PENDING_CANCELLATION": ["CANCELLED", "REGISTERED"]
}');
call app.versioned('sub_allocations');
call app.living_references('sub_allocations', '{"hst_code_id": "hst_codes", "request_id": "logistics_requests"}');
call app.logged('sub_allocations', 'sub_allocation');
