-- Signing in: whose sessions are whose, refresh tokens that were used, and how often somebody guessed.

-- Sessions -----------------------------------------------------------------------------------------------------------

alter table sessions add column csrf_token_hash bytea;
alter table sessions add constraint sessions_csrf_token_hash_check check (octet_length(csrf_token_hash) = 32);
comment on column sessions.csrf_token_hash is
    'SHA-256 of what a page must repeat in x-csrf-token when the tokens come as cookies. Null: they may not.';
comment on column sessions.session_token_hash is 'SHA-256 of the access token that was given last.';
comment on constraint sessions_csrf_token_hash_check on sessions is 'A hash has 32 bytes.';

-- A session that is renewed is still the same.
call app.versioned(
    'sessions', ignored => '{last_used_at, session_token_hash, refresh_token_hash, csrf_token_hash, expires_at}'
);

-- Where somebody is signed in is personal: only those see it whose job it is.
create policy sessions_own on sessions as restrictive
    using (user_id = (select nullif(current_setting('app.user_id', true), '')::uuid)
           or (select app.in_scope('users')))
    with check (user_id = (select nullif(current_setting('app.user_id', true), '')::uuid)
                or (select app.in_scope('users')));

-- Used refresh tokens ------------------------------------------------------------------------------------------------

create table used_refresh_tokens (
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    session_id uuid not null,
    token_hash bytea not null,
    created_at timestamptz not null default now(),
    constraint used_refresh_tokens_pkey primary key (tenant_id, token_hash),
    constraint used_refresh_tokens_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint used_refresh_tokens_session_id_fkey foreign key (tenant_id, session_id) references sessions
        on delete cascade,
    constraint used_refresh_tokens_token_hash_check check (octet_length(token_hash) = 32)
);
comment on table used_refresh_tokens is
    'Refresh tokens that were exchanged for new ones. Whoever shows one again has stolen it, or was robbed: its session '
    'ends. Rows go with their session.';
comment on column used_refresh_tokens.token_hash is 'SHA-256 of the token.';
create index used_refresh_tokens_session_id_idx on used_refresh_tokens (tenant_id, session_id);
call app.protect_append_only('used_refresh_tokens', hidden => '{token_hash}');

-- Failures -----------------------------------------------------------------------------------------------------------

create table sign_in_failures (
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    kind text not null,
    subject_hash bytea not null,
    failures integer not null,
    first_failed_at timestamptz not null,
    last_failed_at timestamptz not null,
    constraint sign_in_failures_pkey primary key (tenant_id, kind, subject_hash),
    constraint sign_in_failures_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint sign_in_failures_kind_check check (kind in ('ACCOUNT', 'ADDRESS')),
    constraint sign_in_failures_subject_hash_check check (octet_length(subject_hash) = 32),
    constraint sign_in_failures_failures_check check (failures > 0)
);
comment on table sign_in_failures is
    'Refused sign-ins within one window of time, so that all gateways together allow no more than one alone would.';
comment on column sign_in_failures.subject_hash is
    'SHA-256 of the account''s e-mail address, known here or not, or of the client''s address.';
comment on column sign_in_failures.first_failed_at is 'Beginning of the window.';
create index sign_in_failures_last_failed_at_idx on sign_in_failures (tenant_id, last_failed_at);
call app.protect('sign_in_failures', hidden => '{subject_hash}');

-- Age of passwords ---------------------------------------------------------------------------------------------------

create function app.tenant_settings_password_age() returns trigger
language plpgsql
as $$
begin
    update users
    set password_expires_at = case
            when new.password_max_age_days is null then null
            -- Nobody is locked out by a rule that did not exist yesterday.
            when old.password_max_age_days is null then now() + make_interval(days => new.password_max_age_days)
            else password_expires_at + make_interval(days => new.password_max_age_days - old.password_max_age_days)
        end
    where tenant_id = new.tenant_id and deleted_at is null and password_hash is not null;
    return null;
end
$$;
create trigger tenant_settings_password_age after update of password_max_age_days on tenant_settings
    for each row when (old.password_max_age_days is distinct from new.password_max_age_days)
    execute function app.tenant_settings_password_age();
