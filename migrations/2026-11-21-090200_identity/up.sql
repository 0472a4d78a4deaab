-- identity: tenants with their settings, users, sessions, and the keys that make mutations repeatable.
-- Groups, roles, invitations and the rest of identity come with later migrations.

-- Tenants: the one table here without a tenant of its own -----------------------------------------------------------

create table tenants (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null generated always as (id) stored,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    name text not null,
    email text not null,
    status text not null default 'TRIAL',
    slug text not null,
    default_currency char(3) not null,
    timezone text not null,
    is_platform boolean not null default false,
    constraint tenants_pkey primary key (id),
    constraint tenants_slug_key unique (slug),
    constraint tenants_name_check check (app.is_filled(name)),
    constraint tenants_email_check check (app.is_email(email)),
    constraint tenants_slug_check check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) between 2 and 63),
    constraint tenants_default_currency_check check (app.is_currency(default_currency)),
    constraint tenants_timezone_check check (app.is_timezone(timezone))
);
comment on table tenants is
    'A business that uses Mostrador. Global: its policy compares id. An owner that is no superuser must set '
    'app.tenant_id to the new id before it inserts one.';
comment on column tenants.tenant_id is 'Equal to id, so that a tenant can be read by (tenant_id, id) like all else.';
comment on column tenants.slug is 'What people type to say where they sign in.';
comment on column tenants.is_platform is 'The tenant of the staff that runs this installation.';
comment on constraint tenants_slug_key on tenants is 'Another business already uses this slug.';
comment on constraint tenants_name_check on tenants is 'The name must not be empty.';
comment on constraint tenants_email_check on tenants is 'This is not an e-mail address.';
comment on constraint tenants_slug_check on tenants is
    'A slug has 2 to 63 characters: lower case letters, digits, and single hyphens between them.';
comment on constraint tenants_default_currency_check on tenants is 'This is not the code of a currency, such as EUR.';
comment on constraint tenants_timezone_check on tenants is
    'This is not the name of a time zone, such as Europe/Madrid.';

create unique index tenants_is_platform_key on tenants (is_platform) where is_platform;
comment on index tenants_is_platform_key is 'There is already a platform tenant.';

call app.state_machine('tenants', 'status', '{
    "TRIAL": ["ACTIVE", "SUSPENDED", "CLOSED"],
    "ACTIVE": ["SUSPENDED", "CLOSED"],
    "SUSPENDED": ["ACTIVE", "CLOSED"],
    "CLOSED": []
}');
call app.versioned('tenants');

alter table tenants enable row level security;
alter table tenants force row level security;
create policy tenant_isolation on tenants
    using (id = (select nullif(current_setting('app.tenant_id', true), '')::uuid))
    with check (id = (select nullif(current_setting('app.tenant_id', true), '')::uuid));
-- FORCE holds for the owner too, but app.tenant_by_slug runs as the owner before any tenant is known.
create policy owner_directory on tenants for select to current_user using (true);
grant select, update (name, email, status, slug, default_currency, timezone) on tenants to mostrador_api;
grant select on tenants to mostrador_readonly;

create function app.tenant_by_slug(wanted text) returns table (id uuid, status text)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select t.id, t.status from public.tenants t where t.slug = wanted
$$;
comment on function app.tenant_by_slug(text) is 'The one look-up that is possible before a tenant is known.';
revoke execute on function app.tenant_by_slug(text) from public;
grant execute on function app.tenant_by_slug(text) to mostrador_api;

-- Settings -----------------------------------------------------------------------------------------------------------

create table tenant_settings (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    whatsapp_enabled boolean not null default false,
    whatsapp_webhook text,
    calls_enabled boolean not null default false,
    calls_webhook text,
    calls_phone_number text,
    appointments_enabled boolean not null default false,
    appointments_webhook text,
    campaign_batch_size integer not null default 50,
    password_max_age_days integer,
    usage_retention_days integer not null default 365,
    record_sharing boolean not null default false,
    constraint tenant_settings_pkey primary key (tenant_id, id),
    constraint tenant_settings_tenant_id_key unique (tenant_id),
    constraint tenant_settings_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint tenant_settings_whatsapp_webhook_check check (app.is_https_url(whatsapp_webhook)),
    constraint tenant_settings_calls_webhook_check check (app.is_https_url(calls_webhook)),
    constraint tenant_settings_calls_phone_number_check check (app.is_phone(calls_phone_number)),
    constraint tenant_settings_appointments_webhook_check check (app.is_https_url(appointments_webhook)),
    constraint tenant_settings_campaign_batch_size_check check (campaign_batch_size between 1 and 10000),
    constraint tenant_settings_password_max_age_days_check check (password_max_age_days > 0),
    constraint tenant_settings_usage_retention_days_check check (usage_retention_days > 0)
);
comment on table tenant_settings is 'What a tenant has switched on; exactly one row per tenant, made with it.';
comment on column tenant_settings.campaign_batch_size is 'Contacts per batch of a campaign.';
comment on column tenant_settings.password_max_age_days is 'Null: passwords do not expire.';
comment on column tenant_settings.record_sharing is
    'Whether agents and clients see only records of their own, of their team, or shared with them.';
comment on constraint tenant_settings_tenant_id_key on tenant_settings is 'This tenant already has its settings.';
comment on constraint tenant_settings_whatsapp_webhook_check on tenant_settings is 'A webhook is an https:// address.';
comment on constraint tenant_settings_calls_webhook_check on tenant_settings is 'A webhook is an https:// address.';
comment on constraint tenant_settings_appointments_webhook_check on tenant_settings is
    'A webhook is an https:// address.';
comment on constraint tenant_settings_calls_phone_number_check on tenant_settings is
    'A phone number has the form +34600111222.';
comment on constraint tenant_settings_campaign_batch_size_check on tenant_settings is
    'A batch holds between 1 and 10000 contacts.';
comment on constraint tenant_settings_password_max_age_days_check on tenant_settings is
    'The age of a password is at least one day.';
comment on constraint tenant_settings_usage_retention_days_check on tenant_settings is
    'Usage is kept for at least one day.';

call app.protect('tenant_settings');
call app.versioned('tenant_settings');

create function app.tenants_make_settings() returns trigger
language plpgsql
as $$
begin
    insert into tenant_settings (tenant_id) values (new.id);
    return null;
end
$$;
create trigger tenants_make_settings after insert on tenants for each row execute function app.tenants_make_settings();

-- Users --------------------------------------------------------------------------------------------------------------

create table users (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    email text not null,
    password_hash text,
    first_name text,
    last_name text,
    display_name text not null,
    phone text,
    role text not null default 'USER',
    is_active boolean not null default true,
    subscription_tier text not null default 'FREE',
    total_messages integer not null default 0,
    total_tokens_used bigint not null default 0,
    is_first_login boolean not null default true,
    password_expires_at timestamptz,
    last_login_at timestamptz,
    constraint users_pkey primary key (tenant_id, id),
    constraint users_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint users_email_check check (app.is_email(email)),
    constraint users_display_name_check check (app.is_filled(display_name)),
    constraint users_phone_check check (app.is_phone(phone)),
    constraint users_role_check check (role in ('SUPER_ADMIN', 'ADMIN', 'EMPLOYEE', 'AGENT', 'CLIENT', 'USER')),
    constraint users_subscription_tier_check check (subscription_tier in ('FREE', 'BASIC', 'PRO', 'ENTERPRISE')),
    constraint users_total_messages_check check (total_messages >= 0),
    constraint users_total_tokens_used_check check (total_tokens_used >= 0)
);
comment on table users is 'A person who signs in: staff of the business, or a client with access.';
comment on column users.password_hash is 'Argon2id, never read by the API''s types. Null: cannot sign in by password.';
comment on column users.role is 'The coarse kind of user.';
comment on constraint users_email_check on users is 'This is not an e-mail address.';
comment on constraint users_display_name_check on users is 'The display name must not be empty.';
comment on constraint users_phone_check on users is 'A phone number has the form +34600111222.';

call app.soft_deletable('users');
create unique index users_email_key on users (tenant_id, lower(email)) where deleted_at is null;
comment on index users_email_key is 'Another user has this e-mail address.';
create index users_subscription_tier_idx on users (tenant_id, subscription_tier);
create index users_role_idx on users (tenant_id, role);

call app.protect('users', hidden => '{password_hash}');
call app.versioned('users', ignored => '{total_messages, total_tokens_used, last_login_at}');

create function app.joined_name(first_name text, last_name text) returns text
language sql immutable parallel safe
as $$
    select nullif(btrim(concat_ws(' ', nullif(btrim(first_name), ''), nullif(btrim(last_name), ''))), '')
$$;
comment on function app.joined_name(text, text) is 'First and last name in one; null when both are empty.';

create function app.users_display_name() returns trigger
language plpgsql
as $$
begin
    -- A name that was made up from the other fields follows them; one that a person chose stays.
    if not coalesce(app.is_filled(new.display_name), false)
        or tg_op = 'UPDATE'
            and new.display_name = old.display_name
            and old.display_name = coalesce(app.joined_name(old.first_name, old.last_name), old.email)
    then
        new.display_name := coalesce(app.joined_name(new.first_name, new.last_name), new.email);
    end if;
    return new;
end
$$;
create trigger users_display_name before insert or update of display_name, first_name, last_name, email on users
    for each row execute function app.users_display_name();

create function app.users_super_admin() returns trigger
language plpgsql
as $$
begin
    if not exists (select from tenants where id = new.tenant_id and is_platform) then
        perform app.refuse('VALIDATION', 'role', 'A SUPER_ADMIN belongs to the platform tenant.');
    end if;
    return new;
end
$$;
create trigger users_super_admin before insert or update of role on users
    for each row when (new.role = 'SUPER_ADMIN') execute function app.users_super_admin();

create function app.acting_user(tenant uuid) returns uuid
language sql stable
as $$
    select id from users where tenant_id = tenant and id = nullif(current_setting('app.user_id', true), '')::uuid
$$;
comment on function app.acting_user(uuid) is
    'The user of this transaction (setting app.user_id), or null: nobody is set, or somebody of another tenant acts.';

-- Sessions -----------------------------------------------------------------------------------------------------------

create table sessions (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null,
    session_token_hash bytea not null,
    refresh_token_hash bytea not null,
    ip_address text,
    user_agent text,
    expires_at timestamptz not null,
    is_active boolean not null default true,
    last_used_at timestamptz not null default now(),
    constraint sessions_pkey primary key (tenant_id, id),
    constraint sessions_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint sessions_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint sessions_session_token_hash_key unique (tenant_id, session_token_hash),
    constraint sessions_refresh_token_hash_key unique (tenant_id, refresh_token_hash),
    constraint sessions_session_token_hash_check check (octet_length(session_token_hash) = 32),
    constraint sessions_refresh_token_hash_check check (octet_length(refresh_token_hash) = 32)
);
comment on table sessions is 'A sign-in. Tokens have the form <tenant id>.<32 random bytes>; only hashes are stored.';
comment on column sessions.session_token_hash is 'SHA-256 of the token.';
comment on column sessions.refresh_token_hash is 'SHA-256 of the token.';
comment on column sessions.is_active is 'False after log-out, a change of the password, or a refresh token used twice.';
comment on constraint sessions_session_token_hash_key on sessions is 'Another session has this token.';
comment on constraint sessions_refresh_token_hash_key on sessions is 'Another session has this token.';
create index sessions_user_id_idx on sessions (tenant_id, user_id);

call app.protect('sessions', hidden => '{session_token_hash, refresh_token_hash}');
call app.versioned('sessions', ignored => '{last_used_at}');
call app.living_references('sessions', '{"user_id": "users"}');

-- Idempotency --------------------------------------------------------------------------------------------------------

create table idempotency_keys (
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    user_id uuid not null,
    key text not null,
    operation text not null,
    input_hash bytea not null,
    outcome jsonb,
    created_at timestamptz not null default now(),
    constraint idempotency_keys_pkey primary key (tenant_id, user_id, key),
    constraint idempotency_keys_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint idempotency_keys_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint idempotency_keys_key_check check (length(key) between 1 and 255)
);
comment on table idempotency_keys is
    'The outcome of a mutation under a key the client chose, written in the same transaction.';
comment on column idempotency_keys.input_hash is 'Tells a repetition from another request under the same key.';
comment on constraint idempotency_keys_key_check on idempotency_keys is
    'An idempotency key has 1 to 255 characters.';
create index idempotency_keys_created_at_idx on idempotency_keys (tenant_id, created_at);

call app.protect('idempotency_keys', hidden => '{input_hash, outcome}');
