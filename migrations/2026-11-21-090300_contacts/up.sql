-- crm, first half: contacts, their statuses, their custom attributes.

-- Statuses -----------------------------------------------------------------------------------------------------------

create table contact_statuses (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    name text not null,
    code text not null,
    color text,
    description text,
    display_order integer not null default 0,
    is_default boolean not null default false,
    is_final boolean not null default false,
    is_active boolean not null default true,
    constraint contact_statuses_pkey primary key (tenant_id, id),
    constraint contact_statuses_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint contact_statuses_name_check check (app.is_filled(name)),
    constraint contact_statuses_code_check check (app.is_filled(code)),
    constraint contact_statuses_color_check check (color ~ '^#[0-9A-Fa-f]{6}$')
);
comment on table contact_statuses is 'The stages a tenant moves its contacts through.';
comment on column contact_statuses.is_default is 'Given to new contacts; at most one per tenant.';
comment on column contact_statuses.is_final is 'Contacts are done with when they get here.';
comment on constraint contact_statuses_name_check on contact_statuses is 'The name must not be empty.';
comment on constraint contact_statuses_code_check on contact_statuses is 'The code must not be empty.';
comment on constraint contact_statuses_color_check on contact_statuses is 'A color has the form #1A2B3C.';

call app.soft_deletable('contact_statuses');
create unique index contact_statuses_code_key on contact_statuses (tenant_id, code) where deleted_at is null;
comment on index contact_statuses_code_key is 'Another status has this code.';

call app.protect('contact_statuses');
call app.versioned('contact_statuses');
call app.single_default('contact_statuses');

-- Custom fields ------------------------------------------------------------------------------------------------------

create function app.is_option_list(options jsonb) returns boolean
language sql immutable parallel safe
as $$
    select case
        when options is null then null
        when jsonb_typeof(options) <> 'array' then false
        else (
            select count(*) > 0
                and count(*) = count(distinct item)
                and bool_and(jsonb_typeof(item) = 'string' and item #>> '{}' ~ '\S')
            from jsonb_array_elements(options) as item
        )
    end
$$;
comment on function app.is_option_list(jsonb) is 'A JSON array of different texts, at least one.';

create table custom_fields (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    field_name text not null,
    field_label text not null,
    field_type text not null,
    required boolean not null default false,
    options jsonb,
    display_order integer not null default 0,
    constraint custom_fields_pkey primary key (tenant_id, id),
    constraint custom_fields_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint custom_fields_field_name_key unique (tenant_id, field_name),
    constraint custom_fields_field_name_check check (field_name ~ '^[A-Za-z][A-Za-z0-9_]{0,62}$'),
    constraint custom_fields_field_label_check check (app.is_filled(field_label)),
    constraint custom_fields_field_type_check check (
        field_type in (
            'TEXT', 'NUMBER', 'BOOLEAN', 'DATE', 'DATETIME', 'SELECT', 'MULTI_SELECT', 'URL', 'EMAIL', 'PHONE'
        )
    ),
    constraint custom_fields_options_check check (
        case
            when field_type in ('SELECT', 'MULTI_SELECT') then options is not null and app.is_option_list(options)
            else options is null
        end
    )
);
comment on table custom_fields is 'The keys that contacts.attributes may have, per tenant.';
comment on column custom_fields.field_name is 'The key.';
comment on column custom_fields.options is 'For SELECT and MULTI_SELECT: the texts to choose from, a JSON array.';
comment on constraint custom_fields_field_name_key on custom_fields is 'Another custom field has this name.';
comment on constraint custom_fields_field_name_check on custom_fields is
    'A field name starts with a letter and has up to 63 letters, digits and underscores.';
comment on constraint custom_fields_field_label_check on custom_fields is 'The label must not be empty.';
comment on constraint custom_fields_options_check on custom_fields is
    'SELECT and MULTI_SELECT fields need a list of different texts as options; other types have none.';

call app.protect('custom_fields');
call app.versioned('custom_fields');

-- Contacts -----------------------------------------------------------------------------------------------------------

create table contacts (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    display_name text not null,
    display_name_folded text collate "C" not null generated always as (app.fold(display_name)) stored,
    first_name text,
    last_name text,
    phone text,
    email text,
    address text,
    national_id text,
    attributes jsonb not null,
    lead_score integer not null default 0,
    nurture_status text not null default 'NEW',
    last_contacted_at timestamptz,
    is_active boolean not null default true,
    status_id uuid,
    owner_id uuid,
    constraint contacts_pkey primary key (tenant_id, id),
    constraint contacts_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint contacts_status_id_fkey foreign key (tenant_id, status_id)
        references contact_statuses on delete set null (status_id),
    constraint contacts_owner_id_fkey foreign key (tenant_id, owner_id) references users on delete set null (owner_id),
    constraint contacts_display_name_check check (app.is_filled(display_name)),
    constraint contacts_phone_check check (app.is_phone(phone)),
    constraint contacts_email_check check (app.is_email(email)),
    constraint contacts_nurture_status_check check (nurture_status in ('NEW', 'HOT', 'WARM', 'COLD'))
);
comment on table contacts is 'A person or company the business talks to.';
comment on column contacts.display_name is 'Filled from first and last name, else phone or e-mail, unless given.';
comment on column contacts.display_name_folded is
    'For search: LIKE cannot use an index under row-level security, a range over this column can.';
comment on column contacts.phone is 'E.164.';
comment on column contacts.national_id is 'Such as the Spanish DNI or NIE.';
comment on column contacts.attributes is
    'Values of custom_fields by field_name. No default on purpose: left out, a new contact gets {} and nothing is '
    'required of it (somebody unknown writes in); whatever is written is checked.';
comment on column contacts.last_contacted_at is 'Moves forward with interactions, outbound messages, completed calls.';
comment on constraint contacts_display_name_check on contacts is 'The display name must not be empty.';
comment on constraint contacts_phone_check on contacts is 'A phone number has the form +34600111222.';
comment on constraint contacts_email_check on contacts is 'This is not an e-mail address.';

call app.soft_deletable('contacts');
create unique index contacts_phone_key on contacts (tenant_id, phone) where phone is not null and deleted_at is null;
comment on index contacts_phone_key is 'Another contact has this phone number.';
create unique index contacts_email_key on contacts (tenant_id, lower(email))
    where email is not null and deleted_at is null;
comment on index contacts_email_key is 'Another contact has this e-mail address.';
create index contacts_status_id_idx on contacts (tenant_id, status_id);
create index contacts_owner_id_idx on contacts (tenant_id, owner_id);
create index contacts_display_name_folded_idx on contacts (tenant_id, display_name_folded, id);
create index contacts_created_at_idx on contacts (tenant_id, created_at desc, id desc);
create index contacts_lead_score_idx on contacts (tenant_id, lead_score desc, id desc);
create index contacts_nurture_status_idx on contacts (tenant_id, nurture_status);
create index contacts_last_contacted_at_idx on contacts (tenant_id, last_contacted_at desc nulls last, id desc);

call app.protect('contacts');
call app.versioned('contacts', ignored => '{last_contacted_at}');
call app.living_references('contacts', '{"status_id": "contact_statuses", "owner_id": "users"}');

create function app.contacts_display_name() returns trigger
language plpgsql
as $$
begin
    -- A name that was made up from the other fields follows them; one that a person chose stays.
    if not coalesce(app.is_filled(new.display_name), false)
        or tg_op = 'UPDATE'
            and new.display_name = old.display_name
            and old.display_name = coalesce(app.joined_name(old.first_name, old.last_name), old.phone, old.email)
    then
        new.display_name := coalesce(app.joined_name(new.first_name, new.last_name), new.phone, new.email);
    end if;
    if new.display_name is null then
        perform app.refuse(
            'VALIDATION', 'display_name', 'A contact needs a name, a phone number or an e-mail address.'
        );
    end if;
    return new;
end
$$;
create trigger contacts_display_name before insert or update of display_name, first_name, last_name, phone, email
    on contacts for each row execute function app.contacts_display_name();

create function app.contacts_default_status() returns trigger
language plpgsql
as $$
begin
    select id
    into new.status_id
    from contact_statuses
    where tenant_id = new.tenant_id and is_default and is_active and deleted_at is null;
    return new;
end
$$;
create trigger contacts_default_status before insert on contacts
    for each row when (new.status_id is null) execute function app.contacts_default_status();

create function app.contacted(tenant uuid, contact uuid, moment timestamptz) returns void
language sql
as $$
    update contacts
    set last_contacted_at = moment
    where tenant_id = tenant and id = contact and (last_contacted_at is null or last_contacted_at < moment)
$$;
comment on function app.contacted(uuid, uuid, timestamptz) is 'Moves contacts.last_contacted_at forward, never back.';

-- Attributes ---------------------------------------------------------------------------------------------------------

create function app.fits_custom_field(field_type text, options jsonb, value jsonb) returns boolean
language plpgsql immutable parallel safe
as $$
declare
    words constant text := value #>> '{}';
begin
    if field_type in ('NUMBER', 'BOOLEAN') then
        return jsonb_typeof(value) = lower(field_type);
    end if;
    if field_type = 'MULTI_SELECT' then
        return jsonb_typeof(value) = 'array'
            and options @> value
            and jsonb_array_length(value) = (select count(distinct item) from jsonb_array_elements(value) as item);
    end if;
    if jsonb_typeof(value) <> 'string' then
        return false;
    end if;
    -- The patterns come before the casts because a cast takes 'tomorrow' and 'infinity', too.
    case field_type
        when 'TEXT' then return true;
        when 'SELECT' then return options ? words;
        when 'URL' then return app.is_url(words);
        when 'EMAIL' then return app.is_email(words);
        when 'PHONE' then return app.is_phone(words);
        when 'DATE' then
            return words ~ '^\d{4}-\d{2}-\d{2}$' and words::date is not null;
        when 'DATETIME' then
            return words ~ '^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$'
                and words::timestamptz is not null;
    end case;
exception
    when datetime_field_overflow or invalid_datetime_format or invalid_time_zone_displacement_value then
        return false;
end
$$;

create function app.contacts_attributes() returns trigger
language plpgsql
as $$
declare
    field custom_fields;
    value jsonb;
    unknown jsonb := new.attributes;
    surplus text;
begin
    if new.attributes is null and tg_op = 'INSERT' then
        new.attributes := '{}';
        return new;
    end if;
    if new.attributes is null or jsonb_typeof(new.attributes) <> 'object' then
        perform app.refuse('VALIDATION', 'attributes', 'Attributes are a JSON object.');
    end if;
    for field in select * from custom_fields where tenant_id = new.tenant_id order by display_order, field_name loop
        value := new.attributes -> field.field_name;
        unknown := unknown - field.field_name;
        if value is null or value in ('null', '""', '[]') then
            if field.required then
                perform app.refuse(
                    'VALIDATION', 'attributes', format('The attribute %s is required.', field.field_name),
                    jsonb_build_object('key', field.field_name, 'expected', field.field_type)
                );
            end if;
        elsif not app.fits_custom_field(field.field_type, field.options, value) then
            perform app.refuse(
                'VALIDATION', 'attributes',
                case
                    when field.options is null
                    then format('The attribute %s is not a valid %s.', field.field_name, field.field_type)
                    else format('The attribute %s has a value that is not among its options.', field.field_name)
                end,
                jsonb_strip_nulls(jsonb_build_object(
                    'key', field.field_name, 'expected', field.field_type, 'options', field.options
                ))
            );
        end if;
    end loop;
    if unknown <> '{}' then
        surplus := (select min(key) from jsonb_object_keys(unknown) as key);
        perform app.refuse(
            'VALIDATION', 'attributes', format('There is no custom field %s.', surplus),
            jsonb_build_object('key', surplus)
        );
    end if;
    return new;
end
$$;
create trigger contacts_attributes_new before insert on contacts
    for each row execute function app.contacts_attributes();
create trigger contacts_attributes_changed before update of attributes on contacts
    for each row when (old.attributes is distinct from new.attributes) execute function app.contacts_attributes();

-- History of statuses ------------------------------------------------------------------------------------------------

create table contact_status_history (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    created_at timestamptz not null default now(),
    contact_id uuid not null,
    from_status_id uuid,
    to_status_id uuid,
    changed_by_id uuid,
    reason text,
    changed_at timestamptz not null default now(),
    constraint contact_status_history_pkey primary key (tenant_id, id),
    constraint contact_status_history_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint contact_status_history_contact_id_fkey foreign key (tenant_id, contact_id)
        references contacts on delete cascade,
    constraint contact_status_history_from_status_id_fkey foreign key (tenant_id, from_status_id)
        references contact_statuses on delete set null (from_status_id),
    constraint contact_status_history_to_status_id_fkey foreign key (tenant_id, to_status_id)
        references contact_statuses on delete set null (to_status_id),
    constraint contact_status_history_changed_by_id_fkey foreign key (tenant_id, changed_by_id)
        references users on delete set null (changed_by_id)
);
comment on table contact_status_history is 'Each change of contacts.status_id, written by a trigger.';
comment on column contact_status_history.reason is 'What the setting app.reason of the transaction said, if anything.';
create index contact_status_history_contact_id_idx on contact_status_history (tenant_id, contact_id, changed_at desc);
create index contact_status_history_from_status_id_idx on contact_status_history (tenant_id, from_status_id);
create index contact_status_history_to_status_id_idx on contact_status_history (tenant_id, to_status_id);
create index contact_status_history_changed_by_id_idx on contact_status_history (tenant_id, changed_by_id);

call app.protect_append_only('contact_status_history');

create function app.contacts_status_history() returns trigger
language plpgsql
as $$
declare
    -- Null when the status is being purged right now; then there is nothing to point at.
    from_id constant uuid := (
        select id from contact_statuses where tenant_id = old.tenant_id and id = old.status_id
    );
begin
    if from_id is null and new.status_id is null then
        return null;
    end if;
    insert into contact_status_history (tenant_id, contact_id, from_status_id, to_status_id, changed_by_id, reason)
    values (
        new.tenant_id, new.id, from_id, new.status_id, app.acting_user(new.tenant_id),
        nullif(current_setting('app.reason', true), '')
    );
    return null;
end
$$;
create trigger contacts_status_history after update on contacts
    for each row when (old.status_id is distinct from new.status_id) execute function app.contacts_status_history();
