-- identity: accounts at other providers that users sign in with, and sign-ins there that are under way.

create table oauth_accounts (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    provider text not null,
    provider_account_id text not null,
    access_token bytea,
    refresh_token bytea,
    constraint oauth_accounts_pkey primary key (tenant_id, id),
    constraint oauth_accounts_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint oauth_accounts_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint oauth_accounts_provider_provider_account_id_key unique (tenant_id, provider, provider_account_id),
    constraint oauth_accounts_provider_check check (provider ~ '^[a-z0-9-]{1,40}$'),
    constraint oauth_accounts_provider_account_id_check check (length(provider_account_id) between 1 and 255)
);
comment on table oauth_accounts is 'An account at another provider with which a user signs in.';
comment on column oauth_accounts.provider is 'The provider''s name in the configuration.';
comment on column oauth_accounts.provider_account_id is 'The provider''s own id of the person (sub), which never changes.';
comment on column oauth_accounts.access_token is 'Sealed: the provider''s token of the last sign-in.';
comment on column oauth_accounts.refresh_token is 'Sealed: the provider''s token, when it gave one.';
comment on constraint oauth_accounts_provider_provider_account_id_key on oauth_accounts is
    'This account is linked to a user already.';
comment on constraint oauth_accounts_provider_check on oauth_accounts is
    'The name of a provider has 1 to 40 lower case letters, digits and hyphens.';
comment on constraint oauth_accounts_provider_account_id_check on oauth_accounts is
    'The id of an account at a provider has 1 to 255 characters.';
create index oauth_accounts_user_id_idx on oauth_accounts (tenant_id, user_id, id);

call app.protect('oauth_accounts', hidden => '{access_token, refresh_token}');
-- Personal: nobody but the user, administrators and analysts included. The owner is not held by it, for the function
-- below and for mostrador rotate-keys.
create policy own_rows on oauth_accounts as restrictive to mostrador_api, mostrador_readonly
    using (user_id = (select nullif(current_setting('app.user_id', true), '')::uuid))
    with check (user_id = (select nullif(current_setting('app.user_id', true), '')::uuid));
call app.versioned('oauth_accounts', ignored => '{access_token, refresh_token}');
call app.fixed('oauth_accounts', '{user_id, provider, provider_account_id}');
call app.living_references('oauth_accounts', '{"user_id": "users"}');

create function app.user_of_oauth_account(wanted_provider text, wanted_account text)
    returns table (account_id uuid, user_id uuid)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select a.id, a.user_id
    from public.oauth_accounts a
    where a.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
      and a.provider = wanted_provider
      and a.provider_account_id = wanted_account
$$;
comment on function app.user_of_oauth_account(text, text) is
    'Whose account this is, in the tenant of the transaction: before somebody is signed in, nothing personal can be '
    'read.';
revoke execute on function app.user_of_oauth_account(text, text) from public;
grant execute on function app.user_of_oauth_account(text, text) to mostrador_api;

create table oauth_flows (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    created_at timestamptz not null default now(),
    state_hash bytea not null,
    browser_key_hash bytea not null,
    provider text not null,
    redirect_uri text not null,
    user_id uuid,
    secrets bytea not null,
    expires_at timestamptz not null,
    constraint oauth_flows_pkey primary key (tenant_id, id),
    constraint oauth_flows_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint oauth_flows_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint oauth_flows_state_hash_key unique (tenant_id, state_hash),
    constraint oauth_flows_state_hash_check check (octet_length(state_hash) = 32),
    constraint oauth_flows_browser_key_hash_check check (octet_length(browser_key_hash) = 32)
);
comment on table oauth_flows is
    'A sign-in at another provider that is under way: deleted when the person comes back, or some time after it expired.';
comment on column oauth_flows.state_hash is 'SHA-256 of what goes to the provider and comes back.';
comment on column oauth_flows.browser_key_hash is 'SHA-256 of what stays in the browser that began.';
comment on column oauth_flows.user_id is 'The user who links an account; null when somebody signs in.';
comment on column oauth_flows.secrets is 'Sealed: nonce and code verifier.';
comment on constraint oauth_flows_state_hash_key on oauth_flows is 'Another sign-in has this state.';
create index oauth_flows_user_id_idx on oauth_flows (tenant_id, user_id);
create index oauth_flows_expires_at_idx on oauth_flows (tenant_id, expires_at);

call app.protect('oauth_flows', hidden => '{state_hash, browser_key_hash, secrets}');
