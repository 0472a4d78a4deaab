-- Who may change permissions: nobody gives away, or takes away, more than they have themselves; a tenant keeps an
-- administrator; and every gateway hears at once of what changed.
--
-- The first rule is about the user of the transaction (app.user_id). Where nobody is set, as for psql, workers and the
-- platform, there is nobody to compare with. Rows that other triggers write are the doing of whoever was checked before.

create function app.require_rights(
    tenant uuid, field text, message text, roles uuid[] default '{}', users uuid[] default '{}'
) returns void
language plpgsql
as $$
declare
    actor constant uuid := app.acting_user(tenant);
    beyond record;
begin
    if actor is null then
        return;
    end if;
    select wanted.process, wanted.action
    into beyond
    from (
        select r.process, r.action from app.role_rights(tenant, roles) r
        union
        select r.process, r.action
        from unnest(users) as u (id) cross join lateral app.user_rights(tenant, u.id) r
        where u.id <> actor
        except
        select r.process, r.action from app.user_rights(tenant, actor) r
    ) as wanted
    order by wanted.process, wanted.action
    limit 1;
    if found then
        perform app.refuse(
            'FORBIDDEN', field, message, jsonb_build_object('process', beyond.process, 'action', beyond.action)
        );
    end if;
end
$$;
comment on function app.require_rights(uuid, text, text, uuid[], uuid[]) is
    'Refuses unless the acting user has everything that these roles allow and these users may do. Facts: the first '
    'right that is missing.';

create function app.require_rights_of_kind(tenant uuid, user_role text, field text) returns void
language plpgsql
as $$
begin
    perform app.require_rights(
        tenant,
        field,
        format('You cannot make somebody %s: it allows more than you may do yourself.', user_role),
        roles => array(
            select r.id from roles r
            where r.tenant_id = tenant and (r.user_role = require_rights_of_kind.user_role or r.is_default)
        )
    );
end
$$;
comment on function app.require_rights_of_kind(uuid, text, text) is
    'Refuses unless the acting user has all rights that a new user of this coarse role gets. For invitations as well.';

-- Administrators -----------------------------------------------------------------------------------------------------

create function app.administers(tenant uuid, roles uuid[]) returns boolean
language sql stable
as $$
    select exists (
        select from app.role_rights(tenant, roles) r where r.process = 'ADMINISTRATION' and r.action = 'ADMIN'
    )
$$;
comment on function app.administers(uuid, uuid[]) is 'Whether these roles make an administrator.';

create function app.administers(tenant uuid, "user" uuid) returns boolean
language sql stable
as $$
    select exists (
        select
        from users u cross join lateral app.user_rights(tenant, u.id) r
        where u.tenant_id = tenant and u.id = "user" and u.is_active and u.deleted_at is null
          and r.process = 'ADMINISTRATION' and r.action = 'ADMIN'
    )
$$;
comment on function app.administers(uuid, uuid) is
    'Whether this user has ADMIN on ADMINISTRATION and can sign in, and so can help the others.';

create function app.keep_administrator(tenant uuid, field text, besides uuid default null) returns void
language plpgsql
as $$
begin
    -- One after the other: two administrators who remove each other would both be told that one is left.
    perform pg_advisory_xact_lock(hashtextextended('mostrador administrators of ' || tenant, 0));
    -- The grant itself first, because it leaves few users to compute the rights of.
    perform
    from role_permissions g
    join permissions p on p.id = g.permission_id and p.action = 'ADMIN'
    join processes on processes.id = p.process_id and processes.code = 'ADMINISTRATION'
    join user_roles a on a.tenant_id = g.tenant_id and a.role_id = g.role_id and a.user_id is distinct from besides
    where g.tenant_id = tenant and app.administers(tenant, a.user_id);
    if not found and exists (select from tenants t where t.id = tenant and t.status <> 'CLOSED') then
        perform app.refuse(
            'CONFLICT',
            field,
            'Nobody would be left to administer the business: make somebody else an administrator first.'
        );
    end if;
end
$$;
comment on function app.keep_administrator(uuid, text, uuid) is
    'Refuses when the tenant has no administrator, besides this user. Call it where an administrator loses something. '
    'Closed tenants need none.';

-- Users --------------------------------------------------------------------------------------------------------------

create function app.users_rights() returns trigger
language plpgsql
as $$
declare
    other_roles uuid[];
begin
    if tg_op <> 'INSERT' then
        -- Whoever can change the address or the password of an administrator can become one.
        perform app.require_rights(
            old.tenant_id, null, 'You cannot change this user, who may do more than you.', users => array[old.id]
        );
    end if;
    if tg_op = 'DELETE' then
        if app.administers(old.tenant_id, old.id) then
            perform app.keep_administrator(old.tenant_id, null, besides => old.id);
        end if;
        return old;
    end if;
    if tg_op = 'INSERT' or new.role <> old.role then
        perform app.require_rights_of_kind(new.tenant_id, new.role, 'role');
    end if;
    if tg_op = 'UPDATE' and app.administers(old.tenant_id, old.id) then
        if not new.is_active or new.deleted_at is not null then
            perform app.keep_administrator(
                old.tenant_id, case when not new.is_active then 'is_active' end, besides => old.id
            );
        elsif new.role <> old.role then
            other_roles := array(
                select r.id
                from roles r
                where r.tenant_id = new.tenant_id and r.user_role = new.role
                union all
                select a.role_id
                from user_roles a
                join roles r on r.tenant_id = a.tenant_id and r.id = a.role_id
                where a.tenant_id = new.tenant_id and a.user_id = new.id and r.user_role is null
            );
            if not app.administers(new.tenant_id, other_roles) then
                perform app.keep_administrator(new.tenant_id, 'role', besides => new.id);
            end if;
        end if;
    end if;
    return new;
end
$$;
create trigger users_rights before insert or delete or update of email, password_hash, role, is_active, deleted_at
    on users for each row execute function app.users_rights();

-- Roles --------------------------------------------------------------------------------------------------------------

create function app.roles_rights() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'DELETE' then
        if old.is_system then
            perform app.refuse(
                'FORBIDDEN', 'is_system', 'A system role cannot be deleted.', jsonb_build_object('name', old.name)
            );
        end if;
        return old;
    end if;
    if new.is_default and not old.is_default then
        perform app.require_rights(
            new.tenant_id,
            'is_default',
            'You cannot give this role to all new users: it allows more than you may do yourself.',
            roles => array[new.id]
        );
    end if;
    return new;
end
$$;
create trigger roles_rights before delete or update of is_default on roles
    for each row execute function app.roles_rights();

create function app.role_permissions_rights() returns trigger
language plpgsql
as $$
declare
    grant_row constant role_permissions := case tg_op when 'DELETE' then old else new end;
    wanted record;
begin
    select p.action, processes.code, processes.parent_id
    into wanted
    from permissions p
    join processes on processes.id = p.process_id
    where p.id = grant_row.permission_id;
    if tg_op = 'INSERT'
        and exists (
            select from processes platform
            where platform.code = 'PLATFORM' and (wanted.code = 'PLATFORM' or wanted.parent_id = platform.id)
        )
        and not exists (select from tenants t where t.id = new.tenant_id and t.is_platform)
    then
        perform app.refuse('VALIDATION', 'permission_id', 'Rights on the platform belong to the platform tenant.');
    end if;
    if pg_trigger_depth() = 1 then
        if app.acting_user(grant_row.tenant_id) is not null
            and not exists (
                select from app.user_rights(grant_row.tenant_id, app.acting_user(grant_row.tenant_id)) r
                where r.process = wanted.code and r.action = wanted.action
            )
        then
            perform app.refuse(
                'FORBIDDEN',
                'permission_id',
                'You cannot give or take away a permission that you do not have yourself.',
                jsonb_build_object('process', wanted.code, 'action', wanted.action)
            );
        end if;
        perform app.require_rights(
            grant_row.tenant_id,
            'role_id',
            'You cannot change this role: users who have it may do more than you.',
            roles => array(
                select distinct every_role.role_id
                from user_roles holder
                join user_roles every_role
                    on every_role.tenant_id = holder.tenant_id and every_role.user_id = holder.user_id
                where holder.tenant_id = grant_row.tenant_id and holder.role_id = grant_row.role_id
            )
        );
    end if;
    return grant_row;
end
$$;
create trigger role_permissions_rights before insert or delete on role_permissions
    for each row execute function app.role_permissions_rights();

create function app.role_permissions_keep_administrator() returns trigger
language plpgsql
as $$
begin
    perform
    from permissions p
    join processes on processes.id = p.process_id and processes.code = 'ADMINISTRATION'
    join user_roles a on a.tenant_id = old.tenant_id and a.role_id = old.role_id
    join users u on u.tenant_id = a.tenant_id and u.id = a.user_id and u.is_active and u.deleted_at is null
    where p.id = old.permission_id and p.action = 'ADMIN';
    if found then
        perform app.keep_administrator(old.tenant_id, null);
    end if;
    return null;
end
$$;
create trigger role_permissions_keep_administrator after delete on role_permissions
    for each row when (pg_trigger_depth() = 0) execute function app.role_permissions_keep_administrator();

-- Assignments --------------------------------------------------------------------------------------------------------

create function app.user_roles_rights() returns trigger
language plpgsql
as $$
declare
    assignment constant user_roles := case tg_op when 'DELETE' then old else new end;
    kind text;
begin
    select r.user_role into kind
    from roles r where r.tenant_id = assignment.tenant_id and r.id = assignment.role_id;
    if kind is not null
        and (tg_op = 'INSERT') is distinct from exists (
            select from users u
            where u.tenant_id = assignment.tenant_id and u.id = assignment.user_id and u.role = kind
        )
    then
        perform app.refuse(
            'VALIDATION',
            'role_id',
            format('This role goes with the users whose role is %s: change the role of the user instead.', kind),
            jsonb_build_object('userRole', kind)
        );
    end if;
    if tg_op = 'INSERT' then
        perform app.require_rights(
            new.tenant_id,
            'role_id',
            'You cannot give somebody this role: it allows more than you may do yourself.',
            roles => array[new.role_id]
        );
    end if;
    perform app.require_rights(
        assignment.tenant_id,
        'user_id',
        'You cannot change the roles of this user, who may do more than you.',
        users => array[assignment.user_id]
    );
    if tg_op = 'DELETE'
        and app.administers(old.tenant_id, old.user_id)
        and not app.administers(
            old.tenant_id,
            array(
                select a.role_id
                from user_roles a
                where a.tenant_id = old.tenant_id and a.user_id = old.user_id and a.role_id <> old.role_id
            )
        )
    then
        perform app.keep_administrator(old.tenant_id, null, besides => old.user_id);
    end if;
    return assignment;
end
$$;
create trigger user_roles_rights before insert or delete on user_roles
    for each row when (pg_trigger_depth() = 0) execute function app.user_roles_rights();

create function app.user_processes_rights() returns trigger
language plpgsql
as $$
declare
    row constant user_processes := case tg_op when 'DELETE' then old else new end;
begin
    if row.user_id = app.acting_user(row.tenant_id) then
        perform app.refuse('FORBIDDEN', 'user_id', 'Somebody else has to change what you are narrowed to.');
    end if;
    -- Before and after: a row more narrows or, when it is not the first, widens, and a row less does the opposite.
    perform app.require_rights(
        row.tenant_id,
        'user_id',
        'You cannot change what this user is narrowed to, who may do more than you or would.',
        users => array[row.user_id]
    );
    if tg_when = 'BEFORE' then
        return row;
    end if;
    if app.administers(
        row.tenant_id,
        array(select a.role_id from user_roles a where a.tenant_id = row.tenant_id and a.user_id = row.user_id)
    ) then
        perform app.keep_administrator(row.tenant_id, null);
    end if;
    return null;
end
$$;
create trigger user_processes_rights before insert or delete on user_processes
    for each row when (pg_trigger_depth() = 0) execute function app.user_processes_rights();
create trigger user_processes_rights_after after insert or delete on user_processes
    for each row when (pg_trigger_depth() = 0) execute function app.user_processes_rights();
