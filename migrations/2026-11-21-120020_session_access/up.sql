-- What a gateway knows of a session before it answers: loaded with one statement, kept in memory, and dropped when a
-- notification on the channel mostrador_access says that something changed.

create function app.in_scope(word text) returns boolean
language sql stable parallel safe
as $$
    select coalesce(word = any (string_to_array(current_setting('app.scope', true), ' ')), false)
$$;
comment on function app.in_scope(text) is
    'Whether the transaction may see more than the user''s own rows of a kind. app.scope holds words: "records" for all '
    'contacts, leads, tasks and properties, "users" for what other users keep to themselves, such as sessions. Without '
    'the setting nothing is in scope. In policies write (select app.in_scope(''records'')), which runs once.';

create function app.session_access(tenant uuid, session uuid) returns table (
    user_id uuid,
    role text,
    is_usable boolean,
    tenant_status text,
    is_platform boolean,
    expires_at timestamptz,
    is_first_login boolean,
    password_expires_at timestamptz,
    record_sharing boolean,
    rights text
)
language sql stable
as $$
    select u.id, u.role, s.is_active and u.is_active and u.deleted_at is null, t.status, t.is_platform, s.expires_at,
           u.is_first_login, u.password_expires_at, coalesce(settings.record_sharing, true),
           (select string_agg(r.process || ':' || r.action, ' ') from app.user_rights(tenant, u.id) r)
    from sessions s
    join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
    join tenants t on t.id = s.tenant_id
    left join tenant_settings settings on settings.tenant_id = s.tenant_id
    where s.tenant_id = tenant and s.id = session
$$;
comment on function app.session_access(uuid, uuid) is
    'Everything that decides what a session may do, in one row; no row when there is no such session. rights: words of '
    'the form PROCESS:ACTION. What depends on the time (expires_at, password_expires_at) is for the reader to compare.';

-- Notifications ------------------------------------------------------------------------------------------------------
-- Such writes are rare, so the lock that NOTIFY takes at commit is affordable. Equal messages of a transaction are sent
-- once. The message is a tenant, or a tenant and a session, or * for everything.

create function app.notify_tenant_access() returns trigger
language plpgsql
as $$
begin
    perform pg_notify('mostrador_access', (case tg_op when 'DELETE' then old else new end).tenant_id::text);
    return null;
end
$$;
comment on function app.notify_tenant_access() is 'Says that what sessions of a tenant may do has changed.';

create function app.notify_session_access() returns trigger
language plpgsql
as $$
begin
    perform pg_notify('mostrador_access', old.tenant_id || ' ' || old.id);
    return null;
end
$$;
comment on function app.notify_session_access() is 'Says that a session may have ended.';

create function app.notify_all_access() returns trigger
language plpgsql
as $$
begin
    perform pg_notify('mostrador_access', '*');
    return null;
end
$$;
comment on function app.notify_all_access() is 'Says that what sessions may do has changed everywhere.';

create trigger users_notify_access
    after delete or update of role, is_active, deleted_at, is_first_login, password_expires_at on users
    for each row execute function app.notify_tenant_access();
create trigger tenants_notify_access after update of status, is_platform on tenants
    for each row when (old.status <> new.status or old.is_platform <> new.is_platform)
    execute function app.notify_tenant_access();
create trigger tenant_settings_notify_access after update of record_sharing on tenant_settings
    for each row when (old.record_sharing <> new.record_sharing) execute function app.notify_tenant_access();
create trigger role_permissions_notify_access after insert or delete or update on role_permissions
    for each row execute function app.notify_tenant_access();
create trigger user_roles_notify_access after insert or delete or update on user_roles
    for each row execute function app.notify_tenant_access();
create trigger user_processes_notify_access after insert or delete or update on user_processes
    for each row execute function app.notify_tenant_access();
-- A session that is renewed lives longer; who remembers the earlier end asks again when it has come.
create trigger sessions_notify_access after update of is_active, expires_at on sessions
    for each row when (old.is_active and not new.is_active or new.expires_at < old.expires_at)
    execute function app.notify_session_access();
create trigger sessions_notify_end after delete on sessions
    for each row execute function app.notify_session_access();
create trigger processes_notify_access after insert or delete or update or truncate on processes
    for each statement execute function app.notify_all_access();
create trigger permissions_notify_access after insert or delete or update or truncate on permissions
    for each statement execute function app.notify_all_access();
