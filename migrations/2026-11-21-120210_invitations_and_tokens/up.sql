-- Invitations, and the tokens that prove that somebody reads the mail of an address.

-- Proven addresses ---------------------------------------------------------------------------------------------------

alter table users add column email_verified_at timestamptz;
comment on column users.email_verified_at is
    'When somebody proved to read the mail of this address; null for not yet. A new address starts anew.';

create function app.users_email_verified() returns trigger
language plpgsql
as $$
begin
    new.email_verified_at := null;
    return new;
end
$$;
create trigger users_email_verified before update of email on users
    for each row when (lower(old.email) is distinct from lower(new.email)
                       and old.email_verified_at is not distinct from new.email_verified_at)
    execute function app.users_email_verified();

call app.versioned('users', ignored => '{total_messages, total_tokens_used, last_login_at}');
call app.let_analysts_read('users', '{password_hash}');

-- Invitations --------------------------------------------------------------------------------------------------------

create table invitations (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    email text not null,
    role text not null,
    token_hash bytea not null,
    status text not null default 'PENDING',
    expires_at timestamptz not null default now() + interval '7 days',
    -- Platform staff who act here are no users of this tenant.
    invited_by_id uuid default app.acting_user(nullif(current_setting('app.tenant_id', true), '')::uuid),
    accepted_by_id uuid,
    constraint invitations_pkey primary key (tenant_id, id),
    constraint invitations_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint invitations_invited_by_id_fkey foreign key (tenant_id, invited_by_id) references users
        on delete set null (invited_by_id),
    constraint invitations_accepted_by_id_fkey foreign key (tenant_id, accepted_by_id) references users
        on delete set null (accepted_by_id),
    constraint invitations_token_hash_key unique (tenant_id, token_hash),
    constraint invitations_token_hash_check check (octet_length(token_hash) = 32),
    constraint invitations_email_check check (app.is_email(email)),
    constraint invitations_role_check check (role in ('SUPER_ADMIN', 'ADMIN', 'EMPLOYEE', 'AGENT', 'CLIENT', 'USER')),
    constraint invitations_accepted_by_id_check check (accepted_by_id is null or status = 'ACCEPTED')
);
comment on table invitations is
    'An offer to become a user, sent by mail. Its token has the form <tenant id>.<32 random bytes>; only its hash is stored.';
comment on column invitations.token_hash is 'SHA-256 of the token.';
comment on column invitations.role is 'The role of the user that accepting makes.';
comment on constraint invitations_token_hash_key on invitations is 'Another invitation has this token.';
comment on constraint invitations_email_check on invitations is 'This is not an e-mail address.';
comment on constraint invitations_accepted_by_id_check on invitations is
    'Only an accepted invitation has become a user.';

create unique index invitations_email_key on invitations (tenant_id, lower(email)) where status = 'PENDING';
comment on index invitations_email_key is
    'This address has an invitation that is still open; resend or revoke that one.';
create index invitations_invited_by_id_idx on invitations (tenant_id, invited_by_id);
-- At most one: who was made by an invitation cannot accept another.
create unique index invitations_accepted_by_id_key on invitations (tenant_id, accepted_by_id)
    where accepted_by_id is not null;
comment on index invitations_accepted_by_id_key is 'This user has accepted another invitation.';
create index invitations_expires_at_idx on invitations (tenant_id, expires_at) where status = 'PENDING';

call app.protect('invitations', hidden => '{token_hash}');
call app.state_machine('invitations', 'status', '{
    "PENDING": ["ACCEPTED", "REVOKED", "EXPIRED"],
    "ACCEPTED": [],
    "REVOKED": [],
    "EXPIRED": []
}');
call app.fixed('invitations', '{email, role}');
call app.versioned('invitations');
call app.living_references('invitations', '{"invited_by_id": "users"}');

-- Who may offer what -------------------------------------------------------------------------------------------------

create function app.invitation_stands(tenant uuid, inviter uuid, invited_role text) returns boolean
language sql stable
as $$
    select inviter is null
        or exists (
            select from users where tenant_id = tenant and id = inviter and is_active and deleted_at is null
        )
        and not exists (
            select r.process, r.action
            from app.role_rights(
                tenant,
                array(select id from roles where tenant_id = tenant and (user_role = invited_role or is_default))
            ) r
            except
            select r.process, r.action from app.user_rights(tenant, inviter) r
        )
$$;
comment on function app.invitation_stands(uuid, uuid, text) is
    'Whether the one who invited still has all that a new user of this role gets. Nobody: the owner, or platform staff.';

create function app.invitations_offer() returns trigger
language plpgsql
as $$
begin
    if new.role = 'SUPER_ADMIN' and not exists (select from tenants where id = new.tenant_id and is_platform) then
        perform app.refuse('VALIDATION', 'role', 'A SUPER_ADMIN belongs to the platform tenant.');
    end if;
    perform app.require_rights_of_kind(new.tenant_id, new.role, 'role');
    if exists (
        select from users
        where tenant_id = new.tenant_id and lower(email) = lower(new.email) and deleted_at is null
    ) then
        perform app.refuse('CONFLICT', 'email', 'Another user has this e-mail address.');
    end if;
    -- An invitation whose time is over does not stand in the way of a new one.
    update invitations set status = 'EXPIRED'
    where tenant_id = new.tenant_id and lower(email) = lower(new.email) and status = 'PENDING' and expires_at <= now();
    return new;
end
$$;
create trigger invitations_offer before insert on invitations
    for each row when (new.status = 'PENDING') execute function app.invitations_offer();

create function app.invitations_renew() returns trigger
language plpgsql
as $$
begin
    if old.status <> 'PENDING' then
        perform app.refuse(
            'INVALID_TRANSITION', 'status', format('This invitation is %s and cannot be sent again.', old.status),
            jsonb_build_object('from', old.status)
        );
    end if;
    perform app.require_rights_of_kind(new.tenant_id, new.role, 'role');
    return new;
end
$$;
create trigger invitations_renew before update of token_hash on invitations
    for each row when (old.token_hash is distinct from new.token_hash) execute function app.invitations_renew();

create function app.invitations_accept() returns trigger
language plpgsql
as $$
begin
    if old.expires_at <= now() then
        perform app.refuse('VALIDATION', 'token', 'This invitation has expired; ask for a new one.');
    end if;
    -- Else whoever loses an office could come back through an invitation sent in time.
    if not app.invitation_stands(new.tenant_id, new.invited_by_id, new.role) then
        perform app.refuse(
            'VALIDATION', 'token', 'Whoever invited you may not do so any more; ask for a new invitation.'
        );
    end if;
    return new;
end
$$;
create trigger invitations_accept before update of status on invitations
    for each row when (old.status = 'PENDING' and new.status = 'ACCEPTED') execute function app.invitations_accept();

create function app.invitations_withdraw_mail() returns trigger
language plpgsql
as $$
begin
    -- Its link is dead: it need not be sent any more.
    update emails
    set status = 'DEAD', finished_at = now(), last_error = 'SUPERSEDED', body = null
    where tenant_id = new.tenant_id and reference = new.id and status = 'QUEUED';
    return null;
end
$$;
create trigger invitations_withdraw_mail after update of status, token_hash on invitations
    for each row when (old.status <> new.status or old.token_hash <> new.token_hash)
    execute function app.invitations_withdraw_mail();

-- Tokens that prove an address ---------------------------------------------------------------------------------------

create table verification_tokens (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    identifier text not null,
    purpose text not null,
    locale text not null default 'en',
    token_hash bytea,
    expires_at timestamptz not null default now() + interval '1 hour',
    consumed_at timestamptz,
    user_id uuid,
    constraint verification_tokens_pkey primary key (tenant_id, id),
    constraint verification_tokens_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint verification_tokens_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint verification_tokens_token_hash_key unique (tenant_id, token_hash),
    constraint verification_tokens_token_hash_check check (octet_length(token_hash) = 32),
    constraint verification_tokens_identifier_check check (app.is_email(identifier)),
    constraint verification_tokens_purpose_check
        check (purpose in ('EMAIL_VERIFICATION', 'PASSWORD_RESET', 'MAGIC_LINK')),
    constraint verification_tokens_locale_check check (locale in ('en', 'es')),
    -- A token belongs to somebody; what was only asked for, to nobody yet.
    constraint verification_tokens_user_id_check check (token_hash is null or user_id is not null),
    constraint verification_tokens_consumed_at_check check (consumed_at is null or token_hash is not null)
);
comment on table verification_tokens is
    'One-time tokens sent by mail. A request is a row without token: whoever asks learns nothing, because nobody looks '
    'for the account before a worker does, which then makes the token or removes the row.';
comment on column verification_tokens.identifier is 'The address that was asked for; the token is void once the user has another.';
comment on column verification_tokens.token_hash is 'SHA-256 of the token; null while it is only asked for.';
comment on column verification_tokens.locale is 'Language of the mail.';
comment on constraint verification_tokens_token_hash_key on verification_tokens is 'Another token has this value.';
comment on constraint verification_tokens_identifier_check on verification_tokens is 'This is not an e-mail address.';
comment on constraint verification_tokens_user_id_check on verification_tokens is 'A token belongs to a user.';
comment on constraint verification_tokens_consumed_at_check on verification_tokens is
    'What is no token yet cannot have been used.';

create index verification_tokens_user_id_idx on verification_tokens (tenant_id, user_id, purpose, created_at);
create index verification_tokens_created_at_idx on verification_tokens (tenant_id, created_at) where token_hash is null;
create index verification_tokens_expires_at_idx on verification_tokens (tenant_id, expires_at);

call app.protect('verification_tokens', hidden => '{token_hash}');
call app.fixed('verification_tokens', '{identifier, purpose}');
call app.versioned('verification_tokens');
call app.living_references('verification_tokens', '{"user_id": "users"}');

create function app.verification_tokens_single_use() returns trigger
language plpgsql
as $$
begin
    perform app.refuse('VALIDATION', 'consumed_at', 'This token has been used.');
    return null;
end
$$;
create trigger verification_tokens_single_use before update of consumed_at, token_hash on verification_tokens
    for each row when (old.consumed_at is not null
                       and (new.consumed_at, new.token_hash) is distinct from (old.consumed_at, old.token_hash))
    execute function app.verification_tokens_single_use();

create function app.users_void_tokens() returns trigger
language plpgsql
as $$
begin
    -- Who knew how to get in by mail may be the one the new password is to keep out.
    update verification_tokens set consumed_at = now()
    where tenant_id = new.tenant_id and user_id = new.id and purpose in ('PASSWORD_RESET', 'MAGIC_LINK')
      and token_hash is not null and consumed_at is null;
    return null;
end
$$;
create trigger users_void_tokens after update of password_hash on users
    for each row when (old.password_hash is distinct from new.password_hash) execute function app.users_void_tokens();

-- What workers must know before they can act in the name of a tenant: tenants, never rows. The functions run as the
-- owner, whom FORCE holds as well.
create policy owner_directory on invitations for select to current_user using (true);
create policy owner_directory on verification_tokens for select to current_user using (true);

create function app.tenants_with_token_requests() returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    with recursive asked (tenant_id) as (
        (select v.tenant_id from public.verification_tokens v where v.token_hash is null order by v.tenant_id limit 1)
        union all
        select (select v.tenant_id from public.verification_tokens v
                where v.token_hash is null and v.tenant_id > a.tenant_id order by v.tenant_id limit 1)
        from asked a where a.tenant_id is not null
    )
    select a.tenant_id from asked a where a.tenant_id is not null
$$;
comment on function app.tenants_with_token_requests() is 'Tenants in which somebody has asked for a token by mail.';

create function app.tenants_with_lapsed_tokens(kept interval) returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select t.id
    from public.tenants t
    where exists (
              select from public.invitations i
              where i.tenant_id = t.id and i.status = 'PENDING' and i.expires_at <= now()
          )
       or exists (
              select from public.verification_tokens v where v.tenant_id = t.id and v.expires_at < now() - kept
          )
$$;
comment on function app.tenants_with_lapsed_tokens(interval) is
    'Tenants with invitations whose time is over, or with tokens that expired longer ago than this.';

revoke execute on function app.tenants_with_token_requests(), app.tenants_with_lapsed_tokens(interval) from public;
grant execute on function app.tenants_with_token_requests(), app.tenants_with_lapsed_tokens(interval) to mostrador_api;
