-- identity: what a business that was closed had is removed, for good, some time later. In rounds, each a transaction of its
-- own and of bounded size, so that it can be interrupted anywhere; at last the business itself goes. What its change log
-- says of it, keys without texts, goes with the days of the log.

alter table tenants add column closed_at timestamptz, add column clearing_since timestamptz;
comment on column tenants.closed_at is 'When the business was closed.';
comment on column tenants.clearing_since is
    'Since when its rows are being removed; null before. From then on rules that keep rows from being removed do not hold.';
alter table tenants add constraint tenants_clearing_since_check check (clearing_since is null or status = 'CLOSED');
comment on constraint tenants_clearing_since_check on tenants is 'Only what a closed business had is removed.';
update tenants set closed_at = updated_at where status = 'CLOSED';
-- Neither is anybody's to write but the functions' below.
revoke update (closed_at, clearing_since), insert (closed_at, clearing_since) on tenants from mostrador_api;
call app.versioned('tenants', ignored => '{closed_at, clearing_since}');
call app.logged('tenants');

create function app.tenants_closed() returns trigger
language plpgsql
as $$
begin
    new.closed_at := now();
    return new;
end
$$;
create trigger tenants_closed before update of status on tenants
    for each row when (new.status = 'CLOSED' and old.status <> 'CLOSED') execute function app.tenants_closed();

create function app.is_being_cleared(tenant uuid) returns boolean
language sql stable
as $$
    -- With its schema: no table of somebody's session stands in for it.
    select exists (select from public.tenants t where t.id = tenant and t.clearing_since is not null)
$$;
comment on function app.is_being_cleared(uuid) is 'Whether what a closed business had is being removed.';

-- Rules that would keep rows for ever, except while they are cleared away.
create or replace trigger sales_delete before delete on sales
    for each row when (old.status in ('COMPLETED', 'DELIVERED') and not app.is_being_cleared(old.tenant_id))
    execute function app.refuse_delete_of_done_sale();
create or replace trigger conversation_tags_system before update or delete on conversation_tags
    for each row when (old.is_system and not app.is_being_cleared(old.tenant_id))
    execute function app.refuse_system_tag_change();
create or replace trigger roles_rights before update of is_default or delete on roles
    for each row when (not app.is_being_cleared(old.tenant_id)) execute function app.roles_rights();
drop trigger audit_logs_append_only on audit_logs;
create trigger audit_logs_append_only before update or delete on audit_logs
    for each row when (not app.is_being_cleared(old.tenant_id)) execute function app.audit_logs_append_only();
drop trigger tenants_audit_delete on tenants;
create trigger tenants_audit_delete before delete on tenants
    for each row when (old.clearing_since is null)
    execute function app.audit_change('Tenant', 'id', '{"delete": "tenant.purged"}', '{}', '{}', '');

-- A statement about this view is answered by a trigger, and what a trigger does is nobody's statement: the rules that are
-- for what people do (pg_trigger_depth() = 0) do not stop it.
create view app.clearings as
    select t.id as tenant_id, 0 as most, 0 as removed from public.tenants t where t.clearing_since is not null;
comment on view app.clearings is 'Businesses whose rows are being removed. An update of `most` removes so many of them.';

create function app.clear_rows() returns trigger
language plpgsql
as $$
declare
    home constant uuid := old.tenant_id;
    room integer := new.most;
    count_removed integer;
    next_table record;
begin
    for next_table in
        select c.relname as name,
               exists (
                   select from pg_attribute a where a.attrelid = c.oid and a.attname = 'id' and not a.attisdropped
               ) as has_id
        from pg_constraint con
        join pg_class c on c.oid = con.conrelid
        where con.contype = 'f' and con.conparentid = 0 and con.confrelid = 'public.tenants'::regclass
          and c.relname <> 'audit_logs'
        -- What nothing refers to goes first.
        order by (
            select count(*) from pg_constraint r
            where r.contype = 'f' and r.conparentid = 0 and r.confrelid = c.oid and r.conrelid <> c.oid
        ), c.relname
    loop
        exit when room <= 0;
        begin
            execute case
                when next_table.has_id then format(
                    'delete from public.%1$I where tenant_id = $1 '
                    'and id in (select id from public.%1$I where tenant_id = $1 limit $2)', next_table.name
                )
                else format(
                    'delete from public.%1$I where tenant_id = $1 '
                    'and ctid = any (array(select ctid from public.%1$I where tenant_id = $1 limit $2))', next_table.name
                )
            end
            using home, room;
            get diagnostics count_removed = row_count;
            room := room - count_removed;
        exception when foreign_key_violation then
            -- Something refers to these rows: it is removed in a later round, and they after it.
            null;
        end;
    end loop;
    new.removed := new.most - room;
    if new.removed = 0 then
        -- Removing writes into the log, so that comes last.
        delete from public.audit_logs
        where tenant_id = home
          and id in (select id from public.audit_logs where tenant_id = home limit room);
        get diagnostics count_removed = row_count;
        new.removed := count_removed;
    end if;
    return new;
end
$$;
create trigger clearings_clear instead of update on app.clearings for each row execute function app.clear_rows();

create function app.clear_closed_tenants(days integer, most integer) returns integer
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    before constant text[] := array(
        select coalesce(current_setting(name, true), '')
        from unnest('{app.tenant_id, app.user_id, app.platform_user, app.scope}'::text[]) with ordinality as s (name, place)
        order by place
    );
    candidate uuid;
    closed public.tenants;
    count_removed integer := 0;
begin
    if days < 1 or most < 1 then
        raise exception 'a closed business is kept for a day at least, and some row is removed in each round';
    end if;
    for candidate in
        select t.id from public.tenants t
        where t.status = 'CLOSED' and not t.is_platform and t.closed_at < now() - make_interval(days => days)
        order by t.closed_at, t.id
    loop
        -- The one row of this table that may be written is that of the setting.
        perform set_config('app.tenant_id', candidate::text, true),
                set_config('app.user_id', '', true),
                set_config('app.platform_user', '', true),
                set_config('app.scope', 'records users logistics integrations support', true);
        -- Somebody else may be at it.
        select * into closed from public.tenants t where t.id = candidate for no key update skip locked;
        continue when not found;
        update public.tenants set clearing_since = now() where id = candidate and clearing_since is null;
        update app.clearings c set most = clear_closed_tenants.most where c.tenant_id = candidate
        returning c.removed into count_removed;
        if count_removed = 0 then
            delete from public.tenants where id = candidate;
            count_removed := 1;
            perform set_config('app.tenant_id', (select p.id from public.tenants p where p.is_platform)::text, true);
            perform app.audit('tenant.purged', 'Tenant', candidate, jsonb_build_object(
                'before', jsonb_build_object('name', closed.name, 'slug', closed.slug, 'closedAt', closed.closed_at)
            ));
        end if;
        exit;
    end loop;
    perform set_config('app.tenant_id', before[1], true),
            set_config('app.user_id', before[2], true),
            set_config('app.platform_user', before[3], true),
            set_config('app.scope', before[4], true);
    return count_removed;
end
$$;
comment on function app.clear_closed_tenants(integer, integer) is
    'Removes up to so many rows of a business that was closed more than so many days ago, and at last the business. How '
    'many rows; 0 when there is nothing to do. Several may call it at the same time.';
revoke execute on function app.clear_closed_tenants(integer, integer) from public;
grant execute on function app.clear_closed_tenants(integer, integer) to mostrador_api;
