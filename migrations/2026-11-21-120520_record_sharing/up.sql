-- Record sharing. Who does not have `records` in scope (agents and clients, where the tenant has switched it on) sees of
-- contacts, leads, tasks and properties only what is their own, their team's, or shared with them. Written as
-- restrictive policies, so that lists, counts, filters and relations obey by themselves. They hold for the API alone:
-- the owner of the tables and analysts see a tenant as a whole.

-- Shares -------------------------------------------------------------------------------------------------------------

create table resource_shares (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    resource_type text not null,
    resource_id uuid not null,
    team_id uuid,
    user_id uuid,
    access text not null default 'READ',
    contact_id uuid generated always as (case resource_type when 'CONTACT' then resource_id end) stored,
    lead_id uuid generated always as (case resource_type when 'LEAD' then resource_id end) stored,
    task_id uuid generated always as (case resource_type when 'TASK' then resource_id end) stored,
    property_id uuid generated always as (case resource_type when 'PROPERTY' then resource_id end) stored,
    constraint resource_shares_pkey primary key (tenant_id, id),
    constraint resource_shares_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint resource_shares_team_id_fkey foreign key (tenant_id, team_id) references teams on delete cascade,
    constraint resource_shares_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint resource_shares_contact_id_fkey foreign key (tenant_id, contact_id) references contacts
        on delete cascade,
    constraint resource_shares_lead_id_fkey foreign key (tenant_id, lead_id) references leads on delete cascade,
    constraint resource_shares_task_id_fkey foreign key (tenant_id, task_id) references tasks on delete cascade,
    constraint resource_shares_property_id_fkey foreign key (tenant_id, property_id) references properties
        on delete cascade,
    constraint resource_shares_resource_type_check check (resource_type in ('CONTACT', 'PROPERTY', 'LEAD', 'TASK')),
    constraint resource_shares_access_check check (access in ('READ', 'WRITE')),
    constraint resource_shares_team_id_user_id_check check (num_nonnulls(team_id, user_id) = 1)
);
comment on table resource_shares is 'One record of somebody, shown to one more user or team.';
comment on column resource_shares.resource_id is
    'The record. One of contact_id, lead_id, task_id and property_id repeats it, so that foreign keys can watch over it.';
comment on column resource_shares.team_id is 'Shown to its members and to those of the teams inside it.';
comment on column resource_shares.access is 'WRITE lets them change the record, and share it further.';
comment on constraint resource_shares_resource_type_check on resource_shares is 'Records of this kind cannot be shared.';
comment on constraint resource_shares_access_check on resource_shares is 'A share gives READ or WRITE.';
comment on constraint resource_shares_team_id_user_id_check on resource_shares is
    'A share is with one user or with one team.';
create unique index resource_shares_resource_type_resource_id_team_id_key
    on resource_shares (tenant_id, resource_type, resource_id, team_id) where team_id is not null;
comment on index resource_shares_resource_type_resource_id_team_id_key is 'This team has a share of it already.';
create unique index resource_shares_resource_type_resource_id_user_id_key
    on resource_shares (tenant_id, resource_type, resource_id, user_id) where user_id is not null;
comment on index resource_shares_resource_type_resource_id_user_id_key is 'This user has a share of it already.';
create index resource_shares_team_id_idx on resource_shares (tenant_id, team_id) where team_id is not null;
create index resource_shares_user_id_idx on resource_shares (tenant_id, user_id) where user_id is not null;
create index resource_shares_contact_id_idx on resource_shares (tenant_id, contact_id) where contact_id is not null;
create index resource_shares_lead_id_idx on resource_shares (tenant_id, lead_id) where lead_id is not null;
create index resource_shares_task_id_idx on resource_shares (tenant_id, task_id) where task_id is not null;
create index resource_shares_property_id_idx on resource_shares (tenant_id, property_id) where property_id is not null;

call app.protect('resource_shares');
call app.versioned('resource_shares');
call app.fixed('resource_shares', '{resource_type, resource_id, team_id, user_id}');
call app.living_references('resource_shares', '{"team_id": "teams", "user_id": "users"}');

-- Who sees what ------------------------------------------------------------------------------------------------------

create function app.narrowed() returns boolean
language sql stable
as $$
    select not app.in_scope('records')
        and row_security_active('public.contacts')
        and pg_has_role('mostrador_api', 'usage')
$$;
comment on function app.narrowed() is
    'Whether the policies of record sharing hold for this session: as the API, without records in its scope.';

create function app.my_teams() returns uuid[]
language plpgsql stable
as $$
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    me constant uuid := nullif(current_setting('app.user_id', true), '')::uuid;
begin
    return array(
        with recursive mine (id) as (
            select t.id
            from team_members m
            join teams t on t.tenant_id = m.tenant_id and t.id = m.team_id and t.deleted_at is null
            where m.tenant_id = tenant and m.user_id = me
            union
            select t.id from mine join teams t on t.tenant_id = tenant and t.parent_id = mine.id and t.deleted_at is null
        )
        select id from mine
    );
end
$$;
comment on function app.my_teams() is 'The teams that the user of this transaction is in, and all teams inside them.';

create function app.circle() returns uuid[]
language plpgsql stable
as $$
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    me constant uuid := nullif(current_setting('app.user_id', true), '')::uuid;
begin
    return array(
        select me where me is not null
        union
        select m.user_id from team_members m where m.tenant_id = tenant and m.team_id = any (app.my_teams())
    );
end
$$;
comment on function app.circle() is
    'The user of this transaction and the members of app.my_teams(): what is theirs, this user sees and changes.';

create function app.teams_around() returns uuid[]
language plpgsql stable
as $$
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    me constant uuid := nullif(current_setting('app.user_id', true), '')::uuid;
begin
    return array(
        with recursive around (id, parent_id) as (
            select t.id, t.parent_id
            from team_members m
            join teams t on t.tenant_id = m.tenant_id and t.id = m.team_id and t.deleted_at is null
            where m.tenant_id = tenant and m.user_id = me
            union
            select t.id, t.parent_id
            from around join teams t on t.tenant_id = tenant and t.id = around.parent_id and t.deleted_at is null
        )
        select id from around
    );
end
$$;
comment on function app.teams_around() is
    'The teams that the user of this transaction is in, and all teams that these are inside of: what is shared with one '
    'of them is shared with this user.';

create function app.shared_records(kind text, least_access text) returns uuid[]
language plpgsql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    me constant uuid := nullif(current_setting('app.user_id', true), '')::uuid;
begin
    return array(
        select s.resource_id
        from resource_shares s
        where s.tenant_id = tenant
          and s.resource_type = kind
          and (least_access = 'READ' or s.access = 'WRITE')
          and s.user_id = me
        union
        select s.resource_id
        from resource_shares s
        where s.tenant_id = tenant
          and s.resource_type = kind
          and (least_access = 'READ' or s.access = 'WRITE')
          and s.team_id = any (app.teams_around())
    );
end
$$;
comment on function app.shared_records(text, text) is
    'The records of a kind that were shared with the user of this transaction, or with a team that the user is in, '
    'directly or inside of another. least_access READ: all of them; WRITE: those that may be changed. Runs as the '
    'owner, because the policy of resource_shares asks the policies of records, and those ask this.';
revoke execute on function app.shared_records(text, text) from public;
grant execute on function app.shared_records(text, text) to mostrador_api;

create function app.may_write_record(kind text, record uuid, owner uuid, team uuid default null) returns boolean
language sql stable
as $$
    select app.in_scope('records')
        or coalesce(owner = any (app.circle()), false)
        or coalesce(team = any (app.my_teams()), false)
        or record = any (app.shared_records(kind, 'WRITE'))
$$;
comment on function app.may_write_record(text, uuid, uuid, uuid) is
    'Whether the user of this transaction may change the record of this kind, owner and team.';

create function app.widen_scope() returns text
language plpgsql
as $$
declare
    before constant text := coalesce(current_setting('app.scope', true), '');
begin
    if not app.in_scope('records') then
        perform set_config('app.scope', before || ' records', true);
    end if;
    return before;
end
$$;
comment on function app.widen_scope() is
    'For triggers that keep other rows right, such as counters, whoever may see these: adds records to the scope of the '
    'transaction and returns the scope before, to be set again with set_config(''app.scope'', …, true).';

-- Records ------------------------------------------------------------------------------------------------------------

create procedure app.narrow_records(target regclass, kind text, owner_column name, team_column name default null)
language plpgsql
as $$
declare
    name constant text := (select relname from pg_class where oid = target);
    own constant text := format(
        '(select app.in_scope(''records'')) or %I = any ((select app.circle())::uuid[])', owner_column
    ) || case
        when team_column is null then ''
        else format(' or %I = any ((select app.my_teams())::uuid[])', team_column)
    end;
    shared constant text := ' or id = any ((select app.shared_records(%L, %L))::uuid[])';
    changes constant text := (
        select string_agg(format('old.%1$I is distinct from new.%1$I', changing), ' or ')
        from unnest(array_remove(array[owner_column, team_column], null)) as changing
    );
begin
    -- Each argument of "or" is reached only when those before it are not true: who sees all pays for the first alone.
    execute format(
        'create policy records_select on %s as restrictive for select to mostrador_api using (%s)',
        target, own || format(shared, kind, 'READ')
    );
    execute format(
        'create policy records_insert on %s as restrictive for insert to mostrador_api with check (%s)', target, own
    );
    execute format(
        'create policy records_update on %s as restrictive for update to mostrador_api using (%s)',
        target, own || format(shared, kind, 'WRITE')
    );
    execute format(
        'create policy records_delete on %s as restrictive for delete to mostrador_api using (%s)',
        target, own || format(shared, kind, 'WRITE')
    );
    execute format(
        'create trigger %I before insert on %s for each row when (app.in_scope(''records'') is not true) '
        'execute function app.keep_in_circle(%L)',
        name || '_new_in_circle', target, concat_ws(' ', owner_column, team_column)
    );
    execute format(
        'create trigger %I before update on %s for each row when ((%s) and app.in_scope(''records'') is not true) '
        'execute function app.keep_in_circle(%L)',
        name || '_kept_in_circle', target, changes, concat_ws(' ', owner_column, team_column)
    );
end
$$;
comment on procedure app.narrow_records(regclass, text, name, name) is
    'Puts a table under record sharing: kind as in resource_shares.resource_type, the column of the user whose record '
    'it is, and that of the team if there is one.';

create function app.keep_in_circle() returns trigger
language plpgsql
as $$
declare
    owner_column constant text := split_part(tg_argv[0], ' ', 1);
    team_column constant text := split_part(tg_argv[0], ' ', 2);
    becomes constant jsonb := to_jsonb(new);
    owner constant uuid := becomes ->> owner_column;
    team constant uuid := becomes ->> team_column;
    circle uuid[];
    teams uuid[];
    was jsonb;
begin
    if not app.narrowed() then
        return new;
    end if;
    circle := app.circle();
    teams := app.my_teams();
    if tg_op = 'INSERT' and owner is null and team is null then
        return jsonb_populate_record(new, jsonb_build_object(owner_column, app.acting_user(new.tenant_id)));
    end if;
    if tg_op = 'UPDATE' then
        was := to_jsonb(old);
        if not coalesce((was ->> owner_column)::uuid = any (circle), false)
            and not coalesce((was ->> team_column)::uuid = any (teams), false)
        then
            perform app.refuse('FORBIDDEN', owner_column, 'Only the owner, or somebody of the same team, can pass this on.');
        end if;
    end if;
    if owner <> all (circle) and owner is distinct from (was ->> owner_column)::uuid then
        perform app.refuse('FORBIDDEN', owner_column, 'This can only be for yourself or for somebody of your team.');
    end if;
    if team <> all (teams) and team is distinct from (was ->> team_column)::uuid then
        perform app.refuse('FORBIDDEN', team_column, 'This can only be for a team of yours.');
    end if;
    if not coalesce(owner = any (circle), false) and not coalesce(team = any (teams), false) then
        perform app.refuse('FORBIDDEN', owner_column, 'This can only be for yourself or for somebody of your team.');
    end if;
    return new;
end
$$;
comment on function app.keep_in_circle() is
    'For whom the policies narrow: what they make is theirs unless they name somebody of their team, and they pass on '
    'only what is theirs, and only within their team. The policies refuse the same, without a sentence.';

call app.narrow_records('contacts', 'CONTACT', 'owner_id', 'team_id');
call app.narrow_records('leads', 'LEAD', 'assigned_to_id');
call app.narrow_records('tasks', 'TASK', 'owner_id');
call app.narrow_records('properties', 'PROPERTY', 'owner_id');

-- Shares of records ---------------------------------------------------------------------------------------------------

create function app.may_change(kind text, record uuid) returns boolean
language plpgsql stable
as $$
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
begin
    return case kind
        when 'CONTACT' then exists (
            select from contacts r
            where r.tenant_id = tenant and r.id = record and app.may_write_record(kind, r.id, r.owner_id, r.team_id)
        )
        when 'LEAD' then exists (
            select from leads r
            where r.tenant_id = tenant and r.id = record and app.may_write_record(kind, r.id, r.assigned_to_id)
        )
        when 'TASK' then exists (
            select from tasks r
            where r.tenant_id = tenant and r.id = record and app.may_write_record(kind, r.id, r.owner_id)
        )
        when 'PROPERTY' then exists (
            select from properties r
            where r.tenant_id = tenant and r.id = record and app.may_write_record(kind, r.id, r.owner_id)
        )
        else false
    end;
end
$$;
comment on function app.may_change(text, uuid) is
    'Whether the user of this transaction may change this record; false for one that does not exist.';

create policy shares_select on resource_shares as restrictive for select to mostrador_api using (
    (select app.in_scope('records'))
    or user_id = (select nullif(current_setting('app.user_id', true), '')::uuid)
    or team_id = any ((select app.teams_around())::uuid[])
    or app.may_change(resource_type, resource_id)
);
create policy shares_insert on resource_shares as restrictive for insert to mostrador_api
    with check ((select app.in_scope('records')) or app.may_change(resource_type, resource_id));
create policy shares_update on resource_shares as restrictive for update to mostrador_api
    using ((select app.in_scope('records')) or app.may_change(resource_type, resource_id));
create policy shares_delete on resource_shares as restrictive for delete to mostrador_api
    using ((select app.in_scope('records')) or app.may_change(resource_type, resource_id));

create function app.resource_shares_record() returns trigger
language plpgsql
as $$
declare
    target constant text := case new.resource_type
        when 'CONTACT' then 'contacts'
        when 'LEAD' then 'leads'
        when 'TASK' then 'tasks'
        when 'PROPERTY' then 'properties'
    end;
    is_deleted boolean;
    is_visible boolean;
begin
    -- Another type is left to the CHECK.
    if target is null then
        return new;
    end if;
    -- Locking takes the right to change it.
    execute format('select deleted_at is not null from %I where tenant_id = $1 and id = $2 for key share', target)
        into is_deleted using new.tenant_id, new.resource_id;
    if is_deleted is null then
        execute format('select exists (select from %I where tenant_id = $1 and id = $2)', target)
            into is_visible using new.tenant_id, new.resource_id;
        if is_visible then
            perform app.refuse('FORBIDDEN', 'resource_id', 'It was shared with you to read, not to share it further.');
        end if;
        perform app.refuse(
            'NOT_FOUND', 'resource_id', format('There is no %s with this ID.', lower(new.resource_type))
        );
    elsif is_deleted then
        perform app.refuse(
            'VALIDATION', 'resource_id', format('This %s was deleted and cannot be chosen.', lower(new.resource_type))
        );
    end if;
    return new;
end
$$;
create trigger resource_shares_record before insert on resource_shares
    for each row execute function app.resource_shares_record();

-- What belongs to a record follows it ---------------------------------------------------------------------------------

create procedure app.part_of_record(target regclass, key_column name, records regclass)
language plpgsql
as $$
begin
    execute format(
        'create policy %1$I on %2$s as restrictive to mostrador_api using ('
        '(select app.in_scope(''records'')) '
        'or exists (select from %3$s r where r.tenant_id = %2$s.tenant_id and r.id = %2$s.%4$I))',
        'part_of_' || records, target, records, key_column
    );
end
$$;
comment on procedure app.part_of_record(regclass, name, regclass) is
    'Rows that say something about a record are seen and changed only by who sees the record.';

call app.part_of_record('contact_status_history', 'contact_id', 'contacts');
call app.part_of_record('interactions', 'contact_id', 'contacts');
call app.part_of_record('lead_activities', 'lead_id', 'leads');
call app.part_of_record('media', 'property_id', 'properties');
call app.part_of_record('market_analyses', 'property_id', 'properties');
call app.part_of_record('property_interests', 'contact_id', 'contacts');
call app.part_of_record('property_interests', 'property_id', 'properties');

-- Foreign keys look past row-level security: without this, an id that was guessed or remembered could be referred to.
create function app.refuse_hidden_reference() returns trigger
language plpgsql
as $$
declare
    key_column constant text := tg_argv[0];
    key constant uuid := to_jsonb(new) ->> key_column;
    is_visible boolean;
begin
    if key is null or tg_op = 'UPDATE' and key = (to_jsonb(old) ->> key_column)::uuid then
        return new;
    end if;
    execute format('select exists (select from %I where tenant_id = $1 and id = $2)', tg_argv[1])
        into is_visible using new.tenant_id, key;
    if not is_visible then
        -- Exactly as for a row that does not exist.
        raise exception using
            errcode = 'foreign_key_violation',
            schema = tg_table_schema,
            table = tg_table_name,
            constraint = format('%s_%s_fkey', tg_table_name, key_column),
            message = format(
                'insert or update on table "%s" violates foreign key constraint "%1$s_%s_fkey"', tg_table_name, key_column
            ),
            detail = format(
                'Key (tenant_id, %s)=(%s, %s) is not present in table "%s".', key_column, new.tenant_id, key, tg_argv[1]
            );
    end if;
    return new;
end
$$;

create procedure app.visible_references(target regclass, refs jsonb)
language plpgsql
as $$
declare
    name constant text := (select relname from pg_class where oid = target);
    ref record;
begin
    for ref in select key, value from jsonb_each_text(refs) loop
        execute format(
            'create trigger %I before insert or update of %I on %s for each row '
            'when (pg_trigger_depth() = 0 and app.in_scope(''records'') is not true) '
            'execute function app.refuse_hidden_reference(%L, %L)',
            format('%s_%s_visible', name, ref.key), ref.key, target, ref.key, ref.value
        );
    end loop;
end
$$;
comment on procedure app.visible_references(regclass, jsonb) is
    'References to records, {"contact_id": "contacts", …}: one that the user does not see answers as one that does not '
    'exist.';

call app.visible_references('leads', '{"contact_id": "contacts"}');
call app.visible_references('lead_activities', '{"lead_id": "leads"}');
call app.visible_references('interactions', '{"contact_id": "contacts"}');
call app.visible_references('tasks', '{"contact_id": "contacts", "property_id": "properties"}');
call app.visible_references('conversations', '{"contact_id": "contacts"}');
call app.visible_references('calls', '{"contact_id": "contacts"}');
call app.visible_references('appointments', '{"contact_id": "contacts"}');
call app.visible_references('sales', '{"contact_id": "contacts", "property_id": "properties"}');
call app.visible_references('media', '{"property_id": "properties"}');
call app.visible_references('market_analyses', '{"property_id": "properties"}');
call app.visible_references('property_interests', '{"contact_id": "contacts", "property_id": "properties"}');

-- What the database keeps right, it keeps right whoever writes ---------------------------------------------------------

create or replace function app.contacted(tenant uuid, contact uuid, moment timestamptz) returns void
language plpgsql
as $$
declare
    scope constant text := app.widen_scope();
begin
    update contacts
    set last_contacted_at = moment
    where tenant_id = tenant and id = contact and (last_contacted_at is null or last_contacted_at < moment);
    perform set_config('app.scope', scope, true);
end
$$;

create or replace function app.messages_inserted() returns trigger
language plpgsql
as $$
declare
    scope constant text := app.widen_scope();
begin
    -- An inbound message that arrives already READ is history being imported: it neither counts nor reopens.
    update conversations c
    set unread_count = c.unread_count + m.unread,
        last_message_at = greatest(c.last_message_at, m.newest_at),
        last_message_preview = case
            when c.last_message_at > m.newest_at then c.last_message_preview
            else m.newest_preview
        end,
        whatsapp_24h_expires_at = case
            when c.channel = 'WHATSAPP' then greatest(c.whatsapp_24h_expires_at, m.inbound_at + interval '24 hours')
            else c.whatsapp_24h_expires_at
        end,
        status = case when m.unread > 0 and c.status in ('PENDING', 'RESOLVED') then 'OPEN' else c.status end
    from (
        select tenant_id,
               conversation_id,
               count(*) filter (where sender_type = 'CONTACT' and delivery_status <> 'READ') as unread,
               max(created_at) filter (where sender_type = 'CONTACT') as inbound_at,
               max(created_at) as newest_at,
               (array_agg(left(content, 120) order by created_at desc, id desc))[1] as newest_preview
        from inserted
        group by tenant_id, conversation_id
    ) m
    where c.tenant_id = m.tenant_id and c.id = m.conversation_id;

    -- Notes of the system inside a conversation do not reach the contact.
    update contacts p
    set last_contacted_at = m.outbound_at
    from (
        select c.tenant_id, c.contact_id, max(i.created_at) as outbound_at
        from inserted i
        join conversations c on c.tenant_id = i.tenant_id and c.id = i.conversation_id
        where i.sender_type <> 'CONTACT' and i.content_type <> 'SYSTEM'
        group by c.tenant_id, c.contact_id
    ) m
    where p.tenant_id = m.tenant_id
      and p.id = m.contact_id
      and (p.last_contacted_at is null or p.last_contacted_at < m.outbound_at);
    perform set_config('app.scope', scope, true);
    return null;
end
$$;

create or replace function app.lead_activities_last_contact() returns trigger
language plpgsql
as $$
declare
    scope constant text := app.widen_scope();
begin
    update leads
    set last_contact_at = new.occurred_at
    where tenant_id = new.tenant_id
      and id = new.lead_id
      and (last_contact_at is null or last_contact_at < new.occurred_at);
    perform set_config('app.scope', scope, true);
    return null;
end
$$;

create or replace function app.sales_move_item() returns trigger
language plpgsql
as $$
declare
    scope constant text := app.widen_scope();
    -- A sale that is cancelled or deleted holds nothing; DELIVERED is over as well, but keeps what it did.
    held constant boolean := tg_op <> 'INSERT' and old.status <> 'CANCELLED' and old.deleted_at is null;
    holds constant boolean := tg_op <> 'DELETE' and new.status <> 'CANCELLED' and new.deleted_at is null;
    same_item constant boolean := tg_op = 'UPDATE'
        and (old.vehicle_id, old.property_id) is not distinct from (new.vehicle_id, new.property_id);
begin
    if held and not (holds and same_item) then
        perform app.free_item(old);
    end if;
    if holds and not (held and same_item and old.status = new.status) then
        if new.vehicle_id is not null then
            perform app.move_vehicle(new, opening => not (held and same_item));
        else
            perform app.move_property(new, opening => not (held and same_item));
        end if;
    end if;
    perform set_config('app.scope', scope, true);
    return null;
end
$$;
