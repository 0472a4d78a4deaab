-- audit: who did what. Written by triggers on sensitive tables and through app.audit, in the transaction of what is
-- written down; never changed afterwards.

create table audit_logs (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    created_at timestamptz not null default now(),
    occurred_at timestamptz not null default now(),
    action text not null,
    target_type text not null,
    target_id text,
    actor_id uuid,
    session_id uuid,
    details jsonb not null default '{}',
    constraint audit_logs_pkey primary key (tenant_id, id),
    constraint audit_logs_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint audit_logs_actor_id_fkey foreign key (tenant_id, actor_id) references users
        on delete set null (actor_id),
    constraint audit_logs_action_check check (action ~ '^[a-z_]+\.[a-z_]+$'),
    constraint audit_logs_target_type_check check (target_type ~ '^[A-Z][A-Za-z]*$'),
    constraint audit_logs_target_id_check check (target_id ~ '^[a-z_]+_[0-9a-f-]{36}$'),
    constraint audit_logs_details_check check (jsonb_typeof(details) = 'object')
) partition by range (id);
comment on table audit_logs is
    'What was done to what is sensitive: sign-ins, rights, refused access, purges. Append-only. One partition a month, '
    'because a UUIDv7 begins with its time; app.drop_audit_partitions takes away old ones.';
comment on column audit_logs.action is '<noun>.<what happened to it>; src/audit/audit_log.rs lists them.';
comment on column audit_logs.target_type is 'The GraphQL type of the row that it was done to.';
comment on column audit_logs.target_id is 'That row as <prefix of its IDs>_<uuid>; null when there is no row.';
comment on column audit_logs.actor_id is
    'The user who did it; null for platform staff, for psql, and after that user was purged. details keeps who it was.';
comment on column audit_logs.session_id is 'The session in which it was done, when one was set. It may be gone by now.';
comment on column audit_logs.details is 'Values before and after, the actor, the reason; no secret.';

create index audit_logs_occurred_at_idx on audit_logs (tenant_id, occurred_at desc, id desc);
create index audit_logs_target_id_idx on audit_logs (tenant_id, target_id, occurred_at desc, id desc);
create index audit_logs_actor_id_idx on audit_logs (tenant_id, actor_id, occurred_at desc, id desc);

-- Nobody has the right to insert, not even the role of the API: that would be a way to write down what somebody else
-- is said to have done. Analysts have no business here.
call app.isolate('audit_logs');
grant select on audit_logs to mostrador_api;

create function app.audit_logs_append_only() returns trigger
language plpgsql
as $$
begin
    -- The one change there is: the foreign key lets go of an actor who is purged.
    if tg_op = 'UPDATE'
        and pg_trigger_depth() > 1
        and new.actor_id is null
        and to_jsonb(new) = to_jsonb(old) || '{"actor_id": null}'
    then
        return new;
    end if;
    perform app.refuse('FORBIDDEN', null, 'The audit log is kept as it was written.');
    return null;
end
$$;
create trigger audit_logs_append_only before update or delete on audit_logs
    for each row execute function app.audit_logs_append_only();
create trigger audit_logs_kept before truncate on audit_logs
    for each statement execute function app.audit_logs_append_only();

-- Partitions ---------------------------------------------------------------------------------------------------------

create function app.first_uuid_of(moment timestamptz) returns uuid
language sql immutable strict parallel safe
as $$
    select rpad(lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0'), 32, '0')::uuid
$$;
comment on function app.first_uuid_of(timestamptz) is 'The smallest UUIDv7 of this moment.';

create procedure app.make_audit_partition(partition_name text, bounds text)
language plpgsql
as $$
begin
    execute format('create table public.%I partition of public.audit_logs %s', partition_name, bounds);
    call app.isolate(format('public.%I', partition_name)::regclass);
    -- A trigger for statements is not inherited.
    execute format(
        'create trigger audit_logs_kept before truncate on public.%I '
        'for each statement execute function app.audit_logs_append_only()',
        partition_name
    );
    call app.name_partition_parts('public.audit_logs');
end
$$;

create function app.make_audit_partitions(months integer default 4) returns integer
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
-- It waits for whoever reads the table, and everybody else waits behind it: better to give up and come again.
set lock_timeout = '2s'
as $$
declare
    this_month constant timestamptz := date_trunc('month', now(), 'UTC');
    begins timestamptz;
    partition_name text;
    made integer := 0;
begin
    for ahead in 0 .. greatest(0, least(months, 24)) loop
        begins := (this_month at time zone 'UTC' + make_interval(months => ahead)) at time zone 'UTC';
        partition_name := 'audit_logs_' || to_char(begins at time zone 'UTC', 'YYYY_MM');
        continue when to_regclass('public.' || partition_name) is not null;
        -- Several gateways start at the same moment.
        perform pg_advisory_xact_lock(hashtextextended('app.make_audit_partitions', 0));
        continue when to_regclass('public.' || partition_name) is not null;
        call app.make_audit_partition(partition_name, format(
            'for values from (%L) to (%L)',
            app.first_uuid_of(begins),
            app.first_uuid_of((begins at time zone 'UTC' + interval '1 month') at time zone 'UTC')
        ));
        made := made + 1;
    end loop;
    return made;
end
$$;
comment on function app.make_audit_partitions(integer) is
    'Makes the partitions of this month and so many months ahead, and says how many were missing. Gateways call it '
    'when they start and once a day; without a partition for the present month nothing sensitive can be written.';
revoke execute on function app.make_audit_partitions(integer) from public;
grant execute on function app.make_audit_partitions(integer) to mostrador_api;

create function app.drop_audit_partitions(kept interval) returns setof text
language plpgsql
as $$
declare
    old_partition record;
begin
    if kept < interval '1 year' then
        raise exception 'the audit log is kept for a year at least, not for %', kept;
    end if;
    for old_partition in
        select c.relname
        from pg_inherits i
        join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'public.audit_logs'::regclass
          and c.relname ~ '^audit_logs_\d{4}_\d\d$'
          and to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= now() at time zone 'UTC' - kept
        order by c.relname
    loop
        execute format('drop table public.%I', old_partition.relname);
        return next old_partition.relname;
    end loop;
end
$$;
comment on function app.drop_audit_partitions(interval) is
    'Retention, for the owner: drops the months that ended longer ago than this, and says which.';
revoke execute on function app.drop_audit_partitions(interval) from public;

-- Rows with older ids are history that is brought along.
do $$
begin
    call app.make_audit_partition(
        'audit_logs_past',
        format('for values from (minvalue) to (%L)', app.first_uuid_of(date_trunc('month', now(), 'UTC')))
    );
    perform app.make_audit_partitions();
end
$$;

-- Without secrets ----------------------------------------------------------------------------------------------------

create function app.is_secret_name(name text) returns boolean
language sql immutable strict parallel safe
as $$ select name ~* '(password|secret|token|hash|sealed|ciphertext)$' $$;
comment on function app.is_secret_name(text) is 'Whether a column or a key of JSON holds a secret, going by its name.';

create function app.without_secrets(value jsonb) returns jsonb
language plpgsql immutable
as $$
begin
    return case jsonb_typeof(value)
        when 'object' then (
            select coalesce(jsonb_object_agg(e.key, app.without_secrets(e.value)), '{}')
            from jsonb_each(value) as e
            where not app.is_secret_name(e.key)
        )
        when 'array' then (
            select coalesce(jsonb_agg(app.without_secrets(e.value) order by e.ordinality), '[]')
            from jsonb_array_elements(value) with ordinality as e
        )
        else value
    end;
end
$$;
comment on function app.without_secrets(jsonb) is 'The value without the keys that name a secret, at any depth.';

create function app.camel_case(name text) returns text
language sql immutable strict parallel safe
as $$
    select string_agg(case when ordinality = 1 then part else initcap(part) end, '' order by ordinality)
    from unnest(string_to_array(name, '_')) with ordinality as parts (part, ordinality)
$$;
comment on function app.camel_case(text) is 'first_name → firstName: a column as the API calls it.';

create function app.audited_columns(target regclass, hidden text[]) returns text[]
language sql stable
as $$
    select array_agg(attname::text order by attnum)
    from pg_catalog.pg_attribute
    where attrelid = target
      and attnum > 0
      and not attisdropped
      and attgenerated = ''
      and atttypid <> 'bytea'::regtype
      and not app.is_secret_name(attname)
      and attname <> all (array['id', 'tenant_id', 'version', 'updated_at'] || hidden)
$$;
comment on function app.audited_columns(regclass, text[]) is
    'The columns of a table whose values may stand in the audit log. Bytes are hashes or sealed.';

create function app.audited_values(target regclass, hidden text[], whole jsonb) returns jsonb
language sql stable
as $$
    select coalesce(jsonb_object_agg(app.camel_case(e.key), e.value), '{}')
    from jsonb_each(whole) as e
    where e.key = any (app.audited_columns(target, hidden)) and e.value <> 'null'
$$;
comment on function app.audited_values(regclass, text[], jsonb) is 'A whole row as it may stand in the audit log.';

-- Writing ------------------------------------------------------------------------------------------------------------

create function app.platform_staff(staff uuid) returns jsonb
language plpgsql
as $$
declare
    tenant constant text := coalesce(current_setting('app.tenant_id', true), '');
    found jsonb;
begin
    -- The owner, too, sees the users of one tenant at a time.
    perform set_config('app.tenant_id', (select id::text from public.tenants where is_platform), true);
    select jsonb_build_object('id', u.id, 'email', u.email) into found from public.users u where u.id = staff;
    perform set_config('app.tenant_id', tenant, true);
    return coalesce(found, jsonb_build_object('id', staff));
end
$$;
comment on function app.platform_staff(uuid) is
    'Who acts in another tenant, for details. Only for functions of the owner.';
revoke execute on function app.platform_staff(uuid) from public;

create function app.write_audit(
    tenant uuid, new_action text, new_target_type text, new_target_id uuid, new_details jsonb
) returns void
language plpgsql
as $$
declare
    staff constant uuid := nullif(current_setting('app.platform_user', true), '')::uuid;
    -- IDs of an OauthAccount begin with oauth_account.
    prefix constant text := lower(regexp_replace(new_target_type, '(?<=[a-z])([A-Z])', '_\1', 'g'));
    reason constant text := nullif(current_setting('app.reason', true), '');
    actor record;
    who jsonb;
begin
    select u.id, u.email into actor
    from public.users u
    where u.tenant_id = tenant
      and u.id = nullif(current_setting('app.user_id', true), '')::uuid
      and staff is null;
    who := case
        when staff is not null then jsonb_build_object('platformStaff', app.platform_staff(staff))
        when actor.id is not null then jsonb_build_object('actor', jsonb_build_object('email', actor.email))
        else jsonb_build_object('actor', jsonb_build_object('databaseRole', session_user))
    end;
    insert into public.audit_logs (
        tenant_id, action, target_type, target_id, actor_id, session_id, details
    ) values (
        tenant, new_action, new_target_type, prefix || '_' || new_target_id, actor.id,
        nullif(current_setting('app.session_id', true), '')::uuid,
        app.without_secrets(coalesce(new_details, '{}')) - '{actor,platformStaff}'::text[]
            || case when reason is null then '{}' else jsonb_build_object('reason', reason) end
            || who
    );
end
$$;
comment on function app.write_audit(uuid, text, text, uuid, jsonb) is
    'Writes a row, with the actor from the settings. Only for functions of the owner, which see to the tenant.';
revoke execute on function app.write_audit(uuid, text, text, uuid, jsonb) from public;

create function app.audit(action text, target_type text, target_id uuid, details jsonb default '{}') returns void
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    if nullif(current_setting('app.tenant_id', true), '') is null then
        raise exception 'the audit log needs a tenant: set app.tenant_id';
    end if;
    perform app.write_audit(current_setting('app.tenant_id')::uuid, action, target_type, target_id, details);
end
$$;
comment on function app.audit(text, text, uuid, jsonb) is
    'Writes down in the audit log what no trigger sees: a sign-in, a refusal. In the running transaction; tenant and '
    'actor are those of its settings, so nobody can write in the name of somebody else.';
revoke execute on function app.audit(text, text, uuid, jsonb) from public;
grant execute on function app.audit(text, text, uuid, jsonb) to mostrador_api;

-- Sensitive tables ---------------------------------------------------------------------------------------------------

create function app.audit_action(actions json, was jsonb, becomes jsonb) returns text
language plpgsql immutable
as $$
declare
    rule record;
begin
    for rule in select key, value from json_each(actions -> 'columns') loop
        if was -> rule.key is distinct from becomes -> rule.key then
            if json_typeof(rule.value) = 'string' then
                return rule.value #>> '{}';
            end if;
            if coalesce(rule.value ->> coalesce(becomes ->> rule.key, 'null'), rule.value ->> '*') is not null then
                return coalesce(rule.value ->> coalesce(becomes ->> rule.key, 'null'), rule.value ->> '*');
            end if;
        end if;
    end loop;
    return actions ->> 'update';
end
$$;
comment on function app.audit_action(json, jsonb, jsonb) is
    'What a change is called: by the first column that changed and has a name for it, else the name of any update.';

create function app.audit_change() returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    target_type constant text := tg_argv[0];
    target_column constant text := tg_argv[1];
    actions constant json := tg_argv[2]::json;
    hidden constant text[] := tg_argv[3]::text[];
    ignored constant text[] := tg_argv[4]::text[];
    describe constant text := tg_argv[5];
    tenant_before constant text := coalesce(current_setting('app.tenant_id', true), '');
    was jsonb;
    becomes jsonb;
    one jsonb;
    changed text[];
    shown text[];
    action text;
    details jsonb;
    about jsonb;
begin
    if tg_op <> 'INSERT' then
        was := to_jsonb(old);
    end if;
    if tg_op <> 'DELETE' then
        becomes := to_jsonb(new);
    end if;
    one := coalesce(becomes, was);
    if tg_op = 'UPDATE' then
        select array_agg(e.key order by e.key) into changed
        from jsonb_each(becomes) as e
        where was -> e.key is distinct from e.value and e.key <> all (array['version', 'updated_at'] || ignored);
        if changed is not null then
            action := app.audit_action(actions, was, becomes);
        end if;
    else
        action := actions ->> lower(tg_op);
    end if;
    if action is null then
        return case when tg_op = 'DELETE' then old else new end;
    end if;
    -- Somebody with psql writes rows of any tenant, or of several.
    perform set_config('app.tenant_id', one ->> 'tenant_id', true);
    case tg_op
        when 'INSERT' then
            details := jsonb_build_object('after', app.audited_values(tg_relid, hidden, becomes));
        when 'DELETE' then
            details := jsonb_build_object('before', app.audited_values(tg_relid, hidden, was));
        else
            shown := app.audited_columns(tg_relid, hidden);
            select jsonb_build_object(
                       'before', coalesce(jsonb_object_agg(app.camel_case(c), was -> c), '{}'),
                       'after', coalesce(jsonb_object_agg(app.camel_case(c), becomes -> c), '{}')
                   )
            into details
            from unnest(changed) as c
            where c = any (shown);
            -- That a password changed is worth knowing, what it was is nobody's business.
            if exists (select from unnest(changed) as c where app.is_secret_name(c)) then
                details := details || jsonb_build_object('secretsChanged', (
                    select jsonb_agg(app.camel_case(regexp_replace(c, '_hash$', '')) order by c)
                    from unnest(changed) as c
                    where app.is_secret_name(c)
                ));
            end if;
    end case;
    if describe <> '' then
        execute format('select app.%I($1)', describe) into about using one;
        details := details || jsonb_build_object('about', about);
    end if;
    perform app.write_audit(
        (one ->> 'tenant_id')::uuid, action, target_type, (one ->> target_column)::uuid, details
    );
    perform set_config('app.tenant_id', tenant_before, true);
    return case when tg_op = 'DELETE' then old else new end;
end
$$;
comment on function app.audit_change() is
    'Writes down a change of a sensitive table, whoever makes it and by which way. Made by app.audited.';

create function app.refuse_unaudited_truncate() returns trigger
language plpgsql
as $$
begin
    raise exception 'rows of % are audited one by one: delete them instead', tg_table_name;
end
$$;

create procedure app.audited(
    target regclass,
    target_type text,
    actions json,
    target_column text default 'id',
    hidden text[] default '{}',
    ignored text[] default '{}',
    describe text default ''
)
language plpgsql
as $$
declare
    name constant text := (select relname from pg_class where oid = target);
    arguments constant text := format(
        'execute function app.audit_change(%L, %L, %L, %L, %L, %L)',
        target_type, target_column, actions, hidden, ignored, describe
    );
begin
    if actions ->> 'insert' is not null then
        execute format(
            'create or replace trigger %I after insert on %s for each row %s',
            name || '_audit_insert', target, arguments
        );
    end if;
    if actions ->> 'update' is not null or actions -> 'columns' is not null then
        execute format(
            'create or replace trigger %I after update on %s '
            'for each row when (old.* is distinct from new.*) %s',
            name || '_audit_update', target, arguments
        );
    end if;
    if actions ->> 'delete' is not null then
        -- Before: what the log says of a row that is purged is written while it is still there.
        execute format(
            'create or replace trigger %I before delete on %s for each row %s',
            name || '_audit_delete', target, arguments
        );
    end if;
    execute format(
        'create or replace trigger %I before truncate on %s '
        'for each statement execute function app.refuse_unaudited_truncate()',
        name || '_audit_truncate', target
    );
end
$$;
comment on procedure app.audited(regclass, text, json, text, text[], text[], text) is
    'Makes a table a sensitive one: each change of a row is one row of audit_logs. actions names them: '
    '{"insert": "team.created", "update": "team.changed", "delete": "team.purged", "columns": {"status": {"SOLD": '
    '"car.sold"}, "deleted_at": {"null": "team.restored", "*": "team.deleted"}}}; without a name there is no row. '
    'target_column: of a join table, the row that it is about. hidden: columns never shown, besides bytes and names '
    'that say secret. ignored: counters. describe: a function app.<name>(row jsonb) returns jsonb, for "about".';

-- Purging ------------------------------------------------------------------------------------------------------------

create function app.purge(target regclass, target_type text, row_id uuid, expected_version integer default null)
returns uuid
language plpgsql
as $$
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    name constant text := (select relname from pg_class where oid = target);
    was jsonb;
begin
    execute format(
        'select to_jsonb(t) from %s t where t.tenant_id = $1 and t.id = $2 and t.deleted_at is not null '
        'and ($3 is null or t.version = $3) for update',
        target
    ) into was using tenant, row_id, expected_version;
    if was is null then
        return null;
    end if;
    -- A sensitive table writes it down by itself.
    if not exists (
        select from pg_trigger where tgrelid = target and tgname = name || '_audit_delete'
    ) then
        perform app.audit(
            replace(app.singular(name), ' ', '_') || '.purged', target_type, row_id,
            jsonb_build_object('before', app.audited_values(target, '{}', was))
        );
    end if;
    execute format('delete from %s where tenant_id = $1 and id = $2', target) using tenant, row_id;
    return row_id;
end
$$;
comment on function app.purge(regclass, text, uuid, integer) is
    'Removes a soft-deleted row for good, and writes that down first. The id; null when there is no such row, it is '
    'not deleted, or it has another version. Runs as whoever calls it.';

-- The sensitive tables of before; later migrations call app.audited for theirs ----------------------------------------

create function app.describe_role_grant(one jsonb) returns jsonb
language sql stable
as $$
    select jsonb_build_object('role', r.name, 'process', p.resource, 'action', p.action)
    from (
        select permissions.id, permissions.action, processes.code as resource
        from public.permissions join public.processes on processes.id = permissions.process_id
    ) p
    left join public.roles r on r.tenant_id = (one ->> 'tenant_id')::uuid and r.id = (one ->> 'role_id')::uuid
    where p.id = (one ->> 'permission_id')::uuid
$$;

create function app.describe_user_role(one jsonb) returns jsonb
language sql stable
as $$
    select jsonb_build_object('user', u.email, 'role', r.name)
    from (select (one ->> 'tenant_id')::uuid as tenant_id) t
    left join public.users u on u.tenant_id = t.tenant_id and u.id = (one ->> 'user_id')::uuid
    left join public.roles r on r.tenant_id = t.tenant_id and r.id = (one ->> 'role_id')::uuid
$$;

create function app.describe_user_process(one jsonb) returns jsonb
language sql stable
as $$
    select jsonb_build_object('user', u.email, 'process', p.code)
    from public.processes p
    left join public.users u on u.tenant_id = (one ->> 'tenant_id')::uuid and u.id = (one ->> 'user_id')::uuid
    where p.id = (one ->> 'process_id')::uuid
$$;

call app.audited('tenants', 'Tenant', '{
    "insert": "tenant.created", "update": "tenant.changed", "delete": "tenant.purged",
    "columns": {"status": {"ACTIVE": "tenant.activated", "SUSPENDED": "tenant.suspended", "CLOSED": "tenant.closed"}}
}');
call app.audited('tenant_settings', 'TenantSettings', '{"update": "tenant_settings.changed"}');
call app.audited('users', 'User', '{
    "insert": "user.created", "update": "user.changed", "delete": "user.purged",
    "columns": {
        "deleted_at": {"null": "user.restored", "*": "user.deleted"},
        "role": "user.role_changed",
        "is_active": {"true": "user.activated", "false": "user.deactivated"},
        "email": "user.email_changed",
        "password_hash": "user.password_changed"
    }
}', ignored => '{total_messages, total_tokens_used, last_login_at, deleted_by_id}');
call app.audited('sessions', 'Session', '{"columns": {"is_active": {"false": "session.ended"}}}');
call app.audited('roles', 'Role', '{
    "insert": "role.created", "update": "role.changed", "delete": "role.purged"
}');
call app.audited('role_permissions', 'Role', '{
    "insert": "role.granted", "update": "role.granted", "delete": "role.revoked"
}', target_column => 'role_id', describe => 'describe_role_grant');
call app.audited('user_roles', 'User', '{
    "insert": "user.role_assigned", "update": "user.role_assigned", "delete": "user.role_removed"
}', target_column => 'user_id', describe => 'describe_user_role');
call app.audited('user_processes', 'User', '{
    "insert": "user.narrowed", "update": "user.narrowed", "delete": "user.widened"
}', target_column => 'user_id', describe => 'describe_user_process');
call app.audited('invitations', 'Invitation', '{
    "insert": "invitation.created", "update": "invitation.changed", "delete": "invitation.purged",
    "columns": {
        "status": {
            "ACCEPTED": "invitation.accepted", "REVOKED": "invitation.revoked", "EXPIRED": "invitation.expired"
        },
        "token_hash": "invitation.resent"
    }
}');
call app.audited('oauth_accounts', 'OauthAccount', '{
    "insert": "oauth_account.connected", "delete": "oauth_account.disconnected"
}', hidden => '{provider_account_id}');
