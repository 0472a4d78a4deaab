-- properties: homes and premises for sale or rent, and what hangs on them.

create table properties (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    owner_id uuid,
    title text not null,
    title_folded text collate "C" not null generated always as (app.fold(title)) stored,
    address text,
    location text,
    property_type text not null,
    bedrooms integer,
    bathrooms integer,
    size_sqft integer,
    price numeric(14, 2) not null,
    currency char(3) not null,
    status text not null default 'ACTIVE',
    constraint properties_pkey primary key (tenant_id, id),
    constraint properties_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint properties_owner_id_fkey foreign key (tenant_id, owner_id)
        references users on delete set null (owner_id),
    constraint properties_title_check check (app.is_filled(title)),
    constraint properties_property_type_check check (
        property_type in ('HOUSE', 'APARTMENT', 'CONDO', 'TOWNHOUSE', 'LAND', 'COMMERCIAL', 'OFFICE', 'OTHER')
    ),
    constraint properties_bedrooms_check check (bedrooms >= 0),
    constraint properties_bathrooms_check check (bathrooms >= 0),
    constraint properties_size_sqft_check check (size_sqft > 0),
    constraint properties_price_check check (price >= 0)
);
comment on table properties is 'A home or other real estate on offer.';
comment on column properties.owner_id is 'The user who looks after it, not the proprietor.';
comment on column properties.title_folded is 'For search, see contacts.display_name_folded.';
comment on column properties.location is 'Town or quarter, as people search for it.';
comment on column properties.price is 'For sale the whole, for rent the month.';
comment on column properties.status is 'Moved by sales, too.';
comment on constraint properties_title_check on properties is 'The title must not be empty.';
comment on constraint properties_bedrooms_check on properties is 'A number of bedrooms is not negative.';
comment on constraint properties_bathrooms_check on properties is 'A number of bathrooms is not negative.';
comment on constraint properties_size_sqft_check on properties is 'A size is greater than zero.';
comment on constraint properties_price_check on properties is 'A price is not negative.';

call app.soft_deletable('properties');
create index properties_owner_id_idx on properties (tenant_id, owner_id);
create index properties_status_price_idx on properties (tenant_id, status, price, bedrooms, location);
create index properties_status_property_type_price_idx on properties (tenant_id, status, property_type, price);
create index properties_title_folded_idx on properties (tenant_id, title_folded, id);

call app.protect('properties');
call app.currency_of_tenant('properties');
call app.state_machine('properties', 'status', '{
    "ACTIVE": ["UNDER_OFFER", "SOLD", "RENTED"],
    "UNDER_OFFER": ["ACTIVE", "SOLD", "RENTED"],
    "SOLD": ["ACTIVE"],
    "RENTED": ["ACTIVE"]
}');
call app.versioned('properties');
call app.living_references('properties', '{"owner_id": "users"}');

-- Tasks can be about a property --------------------------------------------------------------------------------------

alter table tasks
    add column property_id uuid,
    add constraint tasks_property_id_fkey foreign key (tenant_id, property_id)
        references properties on delete set null (property_id);
create index tasks_property_id_idx on tasks (tenant_id, property_id);
call app.versioned('tasks');
call app.living_references('tasks', '{"owner_id": "users", "contact_id": "contacts", "property_id": "properties"}');

-- Media --------------------------------------------------------------------------------------------------------------

create table media (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    property_id uuid not null,
    url text,
    storage_key text,
    type text not null,
    metadata jsonb,
    uploaded_at timestamptz not null default now(),
    constraint media_pkey primary key (tenant_id, id),
    constraint media_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint media_property_id_fkey foreign key (tenant_id, property_id) references properties on delete cascade,
    constraint media_url_check check (app.is_url(url)),
    constraint media_storage_key_check check (app.is_filled(storage_key)),
    constraint media_url_storage_key_check check (num_nonnulls(url, storage_key) = 1),
    constraint media_type_check check (type in ('IMAGE', 'DOCUMENT', 'VIDEO'))
);
comment on table media is 'Pictures, films and papers of a property.';
comment on column media.url is 'Where it is, when it is kept elsewhere.';
comment on column media.storage_key is 'Its key in our own storage.';
comment on constraint media_url_check on media is 'This is not a web address.';
comment on constraint media_storage_key_check on media is 'The storage key must not be empty.';
comment on constraint media_url_storage_key_check on media is 'Either a url or a storage key is needed, not both.';
create index media_property_id_idx on media (tenant_id, property_id);

call app.protect('media');
call app.versioned('media');
call app.living_references('media', '{"property_id": "properties"}');

-- Market analyses ----------------------------------------------------------------------------------------------------

create table market_analyses (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    property_id uuid not null,
    suggested_price numeric(14, 2),
    currency char(3) not null,
    market_position text,
    confidence numeric(5, 4),
    comps jsonb,
    recommendations text,
    completed_at timestamptz,
    constraint market_analyses_pkey primary key (tenant_id, id),
    constraint market_analyses_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint market_analyses_property_id_fkey foreign key (tenant_id, property_id)
        references properties on delete cascade,
    constraint market_analyses_suggested_price_check check (suggested_price >= 0),
    constraint market_analyses_market_position_check check (market_position in ('ABOVE', 'AT', 'BELOW')),
    constraint market_analyses_confidence_check check (confidence between 0 and 1),
    constraint market_analyses_completed_at_check check (
        completed_at is not null
        or num_nonnulls(suggested_price, market_position, confidence, comps, recommendations) = 0
    )
);
comment on table market_analyses is 'What the market says about a property (CMA); asked for first, filled later.';
comment on column market_analyses.market_position is 'The asked price against the market.';
comment on column market_analyses.comps is 'Comparable properties.';
comment on constraint market_analyses_suggested_price_check on market_analyses is 'A price is not negative.';
comment on constraint market_analyses_confidence_check on market_analyses is 'Confidence goes from 0 to 1.';
comment on constraint market_analyses_completed_at_check on market_analyses is
    'An analysis has results only once it is completed.';
create index market_analyses_property_id_idx on market_analyses (tenant_id, property_id, created_at desc);

call app.protect('market_analyses');
call app.currency_of_tenant('market_analyses');
call app.versioned('market_analyses');
call app.living_references('market_analyses', '{"property_id": "properties"}');

-- Interests ----------------------------------------------------------------------------------------------------------

create table property_interests (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    contact_id uuid not null,
    property_id uuid not null,
    notes text,
    constraint property_interests_pkey primary key (tenant_id, id),
    constraint property_interests_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint property_interests_contact_id_fkey foreign key (tenant_id, contact_id)
        references contacts on delete cascade,
    constraint property_interests_property_id_fkey foreign key (tenant_id, property_id)
        references properties on delete cascade,
    constraint property_interests_contact_id_property_id_key unique (tenant_id, contact_id, property_id)
);
comment on table property_interests is 'A contact who is interested in a property.';
comment on constraint property_interests_contact_id_property_id_key on property_interests is
    'The interest of this contact in this property is already noted.';
create index property_interests_property_id_idx on property_interests (tenant_id, property_id);

call app.protect('property_interests');
call app.versioned('property_interests');
call app.living_references('property_interests', '{"contact_id": "contacts", "property_id": "properties"}');
