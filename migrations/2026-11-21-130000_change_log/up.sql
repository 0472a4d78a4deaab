-- changes: what happened to every entity, written by triggers in the transaction of what happened, so that psql is no
-- exception; read in the order of commits. ARCHITECTURE.md says how the order comes about without a writer ever waiting.

create sequence app.change_numbers;
comment on sequence app.change_numbers is
    'Numbers of changes. Not cached: who changes a row after another one has the higher number.';
grant usage on sequence app.change_numbers to mostrador_api;

create table changes (
    seq bigint not null default nextval('app.change_numbers'),
    xid xid8 not null default pg_current_xact_id(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    written_on date not null default (now() at time zone 'UTC')::date,
    entity text not null,
    row_id uuid not null,
    kind text not null,
    columns text[],
    parent_id uuid,
    routing jsonb,
    before jsonb,
    user_id uuid default nullif(current_setting('app.user_id', true), '')::uuid,
    mutation text default nullif(current_setting('app.mutation', true), ''),
    client_message_id uuid
) partition by range (written_on);
comment on table changes is
    'What was written to rows of entities, one row for each. Append-only, one partition a day; old days are dropped. '
    'Its order is (round, seq): see app.change_rounds. Without keys to other tables, because each of them would cost '
    'every write of the system.';
comment on column changes.seq is 'Order within one transaction, and among the changes of one row.';
comment on column changes.xid is 'The transaction.';
comment on column changes.written_on is 'The day, in UTC, on which the transaction began.';
comment on column changes.entity is 'The type of the row, as the prefix of its IDs.';
comment on column changes.kind is 'INSERT, UPDATE or DELETE; DELETE also when the row is hidden by deleted_at.';
comment on column changes.columns is 'Of an UPDATE: the columns that changed, and relations whose links did.';
comment on column changes.parent_id is 'The row that it is part of: of a message, its conversation.';
comment on column changes.routing is 'Afterwards: the columns that say whom the row concerns.';
comment on column changes.before is 'Of an UPDATE, those of routing that changed, as they were; of a DELETE, all.';
comment on column changes.user_id is 'Who did it; null for nobody in particular and for staff of the platform.';
comment on column changes.mutation is 'The mutation that did it, or the worker; null for psql.';
comment on column changes.client_message_id is 'Of a message: the id that its sender gave it.';

create index changes_tenant_id_xid_seq_idx on changes (tenant_id, xid, seq);
create index changes_xid_seq_idx on changes (xid, seq);

alter table changes enable row level security;
alter table changes force row level security;
-- The log is written by triggers only. They run as whoever writes, because changing roles costs more than the insert.
create policy tenant_isolation on changes
    using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::uuid))
    with check (
        pg_trigger_depth() > 0 and tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::uuid)
    );
-- The owner's functions write for the platform, and read for all watchers of a gateway together.
create policy owner_directory on changes for select to current_user using (true);
create policy owner_writes on changes for insert to current_user with check (pg_trigger_depth() > 0);
grant select, insert on changes to mostrador_api;

create function app.changes_append_only() returns trigger
language plpgsql
as $$
begin
    perform app.refuse('FORBIDDEN', null, 'The change log is kept as it was written.');
    return null;
end
$$;
create trigger changes_append_only before update or delete on changes
    for each row execute function app.changes_append_only();

-- A day without a partition of its own must not stop anybody from writing.
create table changes_rest partition of changes default;
call app.isolate('changes_rest');

-- Partitions ---------------------------------------------------------------------------------------------------------

create function app.make_change_partitions(days integer default 3) returns integer
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
-- It waits for whoever reads the table, and others may wait behind it: better to give up and come again.
set lock_timeout = '500ms'
as $$
declare
    today constant date := (now() at time zone 'UTC')::date;
    made integer := 0;
    one_day date;
    partition_name text;
begin
    for ahead in 0 .. greatest(0, least(days, 30)) loop
        one_day := today + ahead;
        partition_name := 'changes_' || to_char(one_day, 'YYYY_MM_DD');
        continue when to_regclass('public.' || partition_name) is not null;
        -- Several gateways start at the same moment.
        perform pg_advisory_xact_lock(hashtextextended('app.make_change_partitions', 0));
        continue when to_regclass('public.' || partition_name) is not null;
        -- The day began without a partition: its rows stay together in the rest.
        continue when exists (select from public.changes where written_on = one_day);
        -- Attached rather than created in place, because that lets others write meanwhile.
        execute format('create table public.%I (like public.changes including all)', partition_name);
        call app.isolate(format('public.%I', partition_name)::regclass);
        execute format(
            'alter table public.changes attach partition public.%I for values from (%L) to (%L)',
            partition_name, one_day, one_day + 1
        );
        made := made + 1;
    end loop;
    return made;
end
$$;
comment on function app.make_change_partitions(integer) is
    'Makes the partitions of today and so many days ahead, and says how many were missing. Gateways call it when they '
    'start and every hour.';
revoke execute on function app.make_change_partitions(integer) from public;
grant execute on function app.make_change_partitions(integer) to mostrador_api;

-- Order --------------------------------------------------------------------------------------------------------------

create table app.change_log (
    id uuid not null default gen_random_uuid(),
    system_identifier bigint not null,
    database_oid oid not null,
    constraint change_log_pkey primary key (id)
);
comment on table app.change_log is
    'Which log this is: one row. Transactions are numbered by the server, so the log of a restored or copied database '
    'begins anew, and cursors of the other one are not valid here.';

create table app.change_rounds (
    id bigint not null,
    snapshot pg_snapshot not null,
    taken_at timestamptz not null default clock_timestamp(),
    constraint change_rounds_pkey primary key (id)
);
comment on table app.change_rounds is
    'Moments of the log, numbered without gaps: a change belongs to the first round whose snapshot shows it. So a '
    'transaction that commits late is behind what was committed before, and no writer ever waits for a round.';
create index change_rounds_xmax_idx on app.change_rounds (pg_snapshot_xmax(snapshot), id);
grant select on app.change_log, app.change_rounds to mostrador_api;

create function app.open_change_log() returns uuid
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    server constant bigint := (select system_identifier from pg_control_system());
    here constant oid := (select oid from pg_database where datname = current_database());
    found uuid;
    last_round bigint;
begin
    select id into found from app.change_log where system_identifier = server and database_oid = here;
    if found is not null then
        return found;
    end if;
    -- Numbers of transactions in here are another server's, or another database's under the same name of a log.
    last_round := coalesce((select max(id) from app.change_rounds), 0);
    truncate public.changes;
    delete from app.change_rounds;
    delete from app.change_log;
    insert into app.change_rounds (id, snapshot) values (last_round + 1, pg_current_snapshot());
    insert into app.change_log (system_identifier, database_oid) values (server, here) returning id into found;
    return found;
end
$$;
comment on function app.open_change_log() is 'The id of this log, which is begun anew when it came from elsewhere.';
revoke execute on function app.open_change_log() from public;

create function app.take_change_round(out round bigint, out is_new boolean)
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    last_round app.change_rounds;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'rounds are taken in read committed, where each statement sees what was committed before it';
    end if;
    -- One at a time, and until the commit, so that each round shows all that the one before shows.
    perform pg_advisory_xact_lock(hashtextextended('app.take_change_round', 0));
    perform app.open_change_log();
    select * into last_round from app.change_rounds order by id desc limit 1;
    -- One statement, so that what it looks at is exactly what its snapshot shows.
    insert into app.change_rounds (id, snapshot)
    select last_round.id + 1, pg_current_snapshot()
    where exists (select from public.changes where xid >= pg_snapshot_xmax(last_round.snapshot))
       or exists (
           select from public.changes where xid = any (array(select pg_snapshot_xip(last_round.snapshot)))
       )
    returning id into round;
    is_new := round is not null;
    round := coalesce(round, last_round.id);
end
$$;
comment on function app.take_change_round() is
    'Numbers what was committed since the last round, when that is anything, and says which round is the last one now. '
    'Waits for other rounds only. It comes first in its transaction, which commits.';
revoke execute on function app.take_change_round() from public;
grant execute on function app.take_change_round() to mostrador_api;

create function app.microseconds(moment timestamptz) returns bigint
language sql immutable strict parallel safe
as $$ select (extract(epoch from moment) * 1000000)::bigint $$;
comment on function app.microseconds(timestamptz) is 'Since 1970. Tells apart rounds of one number when a backup came between.';

create function app.change_round_of(change xid8) returns bigint
language plpgsql stable
as $$
declare
    low bigint;
    high bigint;
    middle bigint;
begin
    select id into low from app.change_rounds
    where pg_snapshot_xmax(snapshot) > change
    order by pg_snapshot_xmax(snapshot), id
    limit 1;
    if low is null or (select pg_visible_in_snapshot(change, snapshot) from app.change_rounds where id = low) then
        return low;
    end if;
    -- It was under way then. What one round shows all later ones show, and rounds have no gaps.
    high := (select max(id) from app.change_rounds) + 1;
    while high - low > 1 loop
        middle := low + (high - low) / 2;
        if (select pg_visible_in_snapshot(change, snapshot) from app.change_rounds where id = middle) then
            high := middle;
        else
            low := middle;
        end if;
    end loop;
    return case when high <= (select max(id) from app.change_rounds) then high end;
end
$$;
comment on function app.change_round_of(xid8) is
    'The round to which the changes of a transaction belong; null while it has none.';

-- Reading ------------------------------------------------------------------------------------------------------------

-- One text for the log of a tenant and that of all, because they need different indexes.
do $make$
declare
    reader constant text := $reader$
create function app.%1$I(
    %2$sfrom_round bigint,
    from_moment bigint,
    from_seq bigint,
    seen pg_snapshot,
    page integer
)
returns table (
    log uuid, head bigint, round bigint, moment bigint, snapshot text, base text, seq bigint, xid bigint, tenant_id uuid,
    entity text, row_id uuid, kind text, columns jsonb, parent_id uuid, routing jsonb, before jsonb, user_id uuid,
    mutation text, client_message_id uuid
)
language plpgsql stable %3$s
as $body$
#variable_conflict use_column
declare
    head_round app.change_rounds;
    last_round app.change_rounds;
    base pg_snapshot;
    reach xid8;
begin
    log := (select l.id from app.change_log l);
    select * into head_round from app.change_rounds r order by r.id desc limit 1;
    head := head_round.id;
    -- A position within a round is behind all that the round before shows.
    select b.snapshot into base
    from app.change_rounds b, app.change_rounds r
    where b.id = from_round - case when from_seq < 9223372036854775807 then 1 else 0 end
      and r.id = from_round
      and app.microseconds(r.taken_at) = from_moment;
    if base is null then
        return next;
        return;
    end if;

    -- How far one page can reach: up to the round after which there are enough changes.
    last_round := head_round;
    if head_round.id > from_round + 1 then
        select c.xid into reach
        from public.changes c
        where %4$s c.xid >= pg_snapshot_xmax(base) and c.xid < pg_snapshot_xmax(head_round.snapshot)
        order by c.xid
        offset page
        limit 1;
        if found then
            select * into last_round from app.change_rounds r
            where pg_snapshot_xmax(r.snapshot) > reach
            order by pg_snapshot_xmax(r.snapshot), r.id
            limit 1;
        end if;
    end if;
    round := last_round.id;
    moment := app.microseconds(last_round.taken_at);
    snapshot := last_round.snapshot::text;
    return next;

    return query
    with recursive near as materialized (
        select c.xid, c.written_on
        from public.changes c
        where %4$s c.xid >= pg_snapshot_xmax(base) and c.xid < pg_snapshot_xmax(last_round.snapshot)
        order by c.xid
        limit page + 1
    ),
    -- The rest of the last round, transaction by transaction, because each may be large.
    further (xid, written_on) as (
        (select n.xid, n.written_on from near n order by n.xid desc limit 1)
        union all
        select d.xid, d.written_on
        from further f
        cross join lateral (
            select c.xid, c.written_on
            from public.changes c
            where %4$s c.xid > f.xid and c.xid < pg_snapshot_xmax(last_round.snapshot)
            order by c.xid
            limit 1
        ) d
    ),
    candidates as (
        select n.xid, n.written_on from near n
        union
        select f.xid, f.written_on from further f
        union
        -- Under way then, over by now.
        select x.xid, d.written_on
        from pg_snapshot_xip(base) as x (xid)
        cross join lateral (
            select c.written_on from public.changes c where %4$s c.xid = x.xid limit 1
        ) d
    ),
    placed as materialized (
        select k.xid, k.written_on,
               case when pg_visible_in_snapshot(k.xid, r.snapshot) then r.id else app.change_round_of(k.xid) end as id
        from candidates k
        cross join lateral (
            select o.id, o.snapshot
            from app.change_rounds o
            where pg_snapshot_xmax(o.snapshot) > k.xid and o.id > from_round - (from_seq < 9223372036854775807)::integer
            order by pg_snapshot_xmax(o.snapshot), o.id
            limit 1
        ) r
        where pg_visible_in_snapshot(k.xid, last_round.snapshot)
          and (seen is null or not pg_visible_in_snapshot(k.xid, seen))
    )
    select null::uuid, null::bigint, p.id, app.microseconds(r.taken_at),
           case when lag(p.id) over by_place is distinct from p.id then r.snapshot::text end,
           case when lag(p.id) over by_place is distinct from p.id then b.snapshot::text end,
           c.seq, p.xid::text::bigint, c.tenant_id, c.entity, c.row_id, c.kind, to_jsonb(c.columns), c.parent_id,
           c.routing, c.before, c.user_id, c.mutation, c.client_message_id
    from placed p
    join app.change_rounds r on r.id = p.id
    join app.change_rounds b on b.id = p.id - 1
    cross join lateral (
        select c.*
        from public.changes c
        where %4$s c.written_on = p.written_on and c.xid = p.xid
          and c.seq > case when p.id = from_round then from_seq else 0 end
        order by c.seq
        limit page + 1
    ) c
    window by_place as (order by p.id, c.seq)
    order by p.id, c.seq
    limit page + 1;
end
$body$
$reader$;
begin
    execute format(
        reader, 'changes_after', 'tenant uuid, wanted text[], part_of uuid, ', '',
        'c.tenant_id = tenant and (wanted is null or c.entity = any (wanted)) '
        'and (part_of is null or c.parent_id = part_of or c.row_id = part_of) and'
    );
    execute format(
        reader, 'all_changes_after', '', 'security definer set search_path = pg_catalog, public, pg_temp', ''
    );
end
$make$;
comment on function app.changes_after(uuid, text[], uuid, bigint, bigint, bigint, pg_snapshot, integer) is
    'The changes of a tenant behind a position, in their order, one more than the page when there are more; only of '
    'wanted entities, and only rows that are part of another one (or are it), when that is said. The first row is about '
    'the log: its id, its last round, and the round up to which the page reaches, null for a position that is not known '
    'or not any more. seen: changes that this snapshot shows are left out. A seq of 9223372036854775807 is the round''s end.';
comment on function app.all_changes_after(bigint, bigint, bigint, pg_snapshot, integer) is
    'The same for all tenants together: what a gateway hands on to those who watch.';
revoke execute on function app.all_changes_after(bigint, bigint, bigint, pg_snapshot, integer) from public;
grant execute on function app.all_changes_after(bigint, bigint, bigint, pg_snapshot, integer) to mostrador_api;

-- Retention ----------------------------------------------------------------------------------------------------------

create function app.drop_change_partitions(kept_days integer) returns integer
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
-- Writers wait behind it while it waits for writers: a long transaction must not stop them.
set lock_timeout = '100ms'
as $$
declare
    first_kept constant date := (now() at time zone 'UTC')::date - kept_days;
    old_day record;
    newest xid8;
    base bigint;
    dropped integer := 0;
begin
    if kept_days < 1 then
        raise exception 'the change log is kept for a day at least, not for %', kept_days;
    end if;
    for old_day in
        select c.relname as partition_name, to_date(right(c.relname, 10), 'YYYY_MM_DD') as day
        from pg_inherits i
        join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'public.changes'::regclass
          and c.relname ~ '^changes_\d{4}_\d\d_\d\d$'
          and to_date(right(c.relname, 10), 'YYYY_MM_DD') < first_kept
        order by c.relname
    loop
        -- From here on nobody writes to it, and what was written is committed or gone.
        execute format('lock table only public.changes, public.%I in access exclusive mode', old_day.partition_name);
        -- Of the table itself, because partitions show their rows to nobody.
        newest := (select xid from public.changes where written_on = old_day.day order by xid desc limit 1);
        if newest is not null then
            -- Positions from the first round on that shows the whole day have all behind them that is still there.
            select r.id into base
            from app.change_rounds r
            where pg_snapshot_xmax(r.snapshot) > newest
              and not exists (
                  select
                  from pg_snapshot_xip(r.snapshot) as x (xid)
                  where x.xid <= newest
                    and exists (select from public.changes c where c.written_on = old_day.day and c.xid = x.xid)
              )
            order by r.id
            limit 1;
            exit when not found;
            delete from app.change_rounds where id < base;
        end if;
        execute format('drop table public.%I', old_day.partition_name);
        dropped := dropped + 1;
    end loop;
    return dropped;
end
$$;
comment on function app.drop_change_partitions(integer) is
    'Retention: drops the days before the last so many, with the rounds that nobody can read from any more, and says how '
    'many. A day whose last transactions have no round yet stays.';
revoke execute on function app.drop_change_partitions(integer) from public;
grant execute on function app.drop_change_partitions(integer) to mostrador_api;

-- What migrations call -----------------------------------------------------------------------------------------------

create function app.refuse_unlogged_truncate() returns trigger
language plpgsql
as $$
begin
    raise exception 'changes of % are logged row by row: delete the rows instead', tg_table_name;
end
$$;

create function app.logged_arguments(target regclass) returns text[]
language sql stable
as $$
    select string_to_array(encode(tgargs, 'escape'), '\000')
    from pg_trigger
    where tgrelid = target and tgname = (select relname from pg_class where oid = target) || '_logged'
$$;
comment on function app.logged_arguments(regclass) is
    'What app.logged was told about a table: entity, parent, routing, ignored. Null when its changes are not logged.';

create procedure app.logged(
    target regclass,
    entity text default null,
    parent text default null,
    routing text[] default '{}',
    ignored text[] default '{}'
)
language plpgsql
as $$
declare
    name constant text := (select relname from pg_class where oid = target);
    function_name constant text := name || '_logged';
    told constant text[] := app.logged_arguments(target);
    tenant constant text := case when name = 'tenants' then 'id' else 'tenant_id' end;
    known text[];
    compared text;
    changed_kind text := '''UPDATE''';
    columns text := '';
    of_new text := '';
    of_old text := '';
    of_update text := '';
    routes text;
    routes_before text;
begin
    if entity is null then
        if told is null then
            raise exception 'what rows of % are was never said', target;
        end if;
        entity := told[1];
        parent := nullif(told[2], '');
        routing := told[3]::text[];
        ignored := told[4]::text[];
    end if;
    select array_agg(attname::text order by attnum) into known
    from pg_attribute
    where attrelid = target and attnum > 0 and not attisdropped;
    if not known @> (routing || ignored || array_remove(array[parent], null)) then
        raise exception '% lacks one of the columns % % %', target, parent, routing, ignored;
    end if;

    select string_agg(
               format('case when old.%1$I is distinct from new.%1$I then %1$L end', attname),
               E',\n            ' order by attnum
           )
    into compared
    from pg_attribute
    where attrelid = target
      and attnum > 0
      and not attisdropped
      and attgenerated = ''
      and attname <> all (array['id', 'tenant_id', 'created_at', 'updated_at', 'version'] || ignored);

    if 'deleted_at' = any (known) then
        changed_kind := 'case when new.deleted_at is null then ''UPDATE'' else ''DELETE'' end';
    end if;
    if parent is not null then
        columns := columns || ', parent_id';
        of_new := of_new || format(', new.%I', parent);
        of_old := of_old || format(', old.%I', parent);
    end if;
    if 'client_message_id' = any (known) then
        columns := columns || ', client_message_id';
        of_new := of_new || ', new.client_message_id';
        of_old := of_old || ', old.client_message_id';
    end if;
    of_update := of_new;
    if routing <> '{}' then
        select format('jsonb_build_object(%s)', string_agg(format('%1$L, new.%1$I', c), ', ')),
               string_agg(
                   format(
                       'case when old.%1$I is distinct from new.%1$I then jsonb_build_object(%1$L, old.%1$I) '
                       'else ''{}'' end', c
                   ), E'\n                || '
               )
        into routes, routes_before
        from unnest(routing) as c;
        of_new := of_new || ', ' || routes;
        of_update := of_update || ', ' || routes || format(
            E',\n            case when changed && %L::text[] then\n                %s\n            end',
            routing, routes_before
        );
        of_old := of_old || ', ' || replace(routes, 'new.', 'old.');
    end if;

    execute format(
        $function$
create or replace function app.%1$I() returns trigger
language plpgsql
as $body$
declare
    changed text[];
begin
    if tg_op = 'UPDATE' then
        changed := array_remove(array[
            %2$s
        ]::text[], null);
        if changed <> '{}' then
            insert into public.changes (tenant_id, entity, row_id, kind, columns%3$s)
            values (new.%8$I, %7$L, new.id, %9$s, changed%4$s);
        end if;
    elsif tg_op = 'INSERT' then
        insert into public.changes (tenant_id, entity, row_id, kind%10$s)
        values (new.%8$I, %7$L, new.id, 'INSERT'%5$s);
    else
        insert into public.changes (tenant_id, entity, row_id, kind%11$s)
        values (old.%8$I, %7$L, old.id, 'DELETE'%6$s);
    end if;
    return null;
end
$body$
$function$,
        function_name, coalesce(compared, ''),
        columns || case when routes is null then '' else ', routing, before' end,
        of_update, of_new, of_old, entity, tenant, changed_kind,
        columns || case when routes is null then '' else ', routing' end,
        columns || case when routes is null then '' else ', before' end
    );
    execute format(
        'create or replace trigger %I after insert or update or delete on %s '
        'for each row execute function app.%I(%L, %L, %L, %L)',
        function_name, target, function_name, entity, coalesce(parent, ''), routing, ignored
    );
    execute format(
        'create or replace trigger %I before truncate on %s '
        'for each statement execute function app.refuse_unlogged_truncate()',
        name || '_logged_truncate', target
    );
end
$$;
comment on procedure app.logged(regclass, text, text, text[], text[]) is
    'Makes each change of a row a row of changes. entity: the prefix of its IDs; parent: the column with the row it is '
    'part of; routing: columns that say whom a row concerns, whose values are kept; ignored: columns of no interest. '
    'Makes a function app.<table>_logged, which down.sql drops. After adding a column call it again with the table alone.';

create procedure app.logged_link(target regclass, key name, parent regclass, relation text)
language plpgsql
as $$
declare
    name constant text := (select relname from pg_class where oid = target);
    function_name constant text := format('%s_%s_logged', name, key);
begin
    if app.logged_arguments(parent) is null then
        raise exception 'changes of % are not logged', parent;
    end if;
    execute format(
        $function$
create or replace function app.%1$I() returns trigger
language plpgsql
as $body$
declare
    link record;
begin
    link := case when tg_op = 'DELETE' then old else new end;
    -- Of a parent that is going away itself there is nothing more to say.
    insert into public.changes (tenant_id, entity, row_id, kind, columns, routing)
    select p.tenant_id, told.arguments[1], p.id, 'UPDATE', array[%2$L], nullif((
               select coalesce(jsonb_object_agg(e.key, e.value), '{}')
               from jsonb_each(to_jsonb(p)) as e
               where e.key = any (told.arguments[3]::text[])
           ), '{}')
    from %3$s p, app.logged_arguments(%4$L) as told (arguments)
    where p.tenant_id = link.tenant_id and p.id = link.%5$I;
    return null;
end
$body$
$function$,
        function_name, relation, parent, parent::text, key
    );
    execute format(
        'create or replace trigger %I after insert or delete on %s for each row execute function app.%I()',
        function_name, target, function_name
    );
end
$$;
comment on procedure app.logged_link(regclass, name, regclass, text) is
    'Makes a new or removed row of a join table an UPDATE of the row that its key names, with the name of the relation '
    'among the columns. Makes a function app.<table>_<key>_logged, which down.sql drops. The parent is logged already.';

-- The entities of before; later migrations call app.logged for theirs ------------------------------------------------

call app.logged('tenants', 'tenant');
call app.logged('tenant_settings', 'tenant_settings');
call app.logged('users', 'user');
call app.logged('user_settings', 'user_settings', parent => 'user_id', routing => '{user_id}');
call app.logged('user_groups', 'user_group');
call app.logged('sessions', 'session', parent => 'user_id', routing => '{user_id}');
call app.logged('oauth_accounts', 'oauth_account', parent => 'user_id', routing => '{user_id}');
call app.logged('verification_tokens', 'verification_token', parent => 'user_id');
call app.logged('invitations', 'invitation');
call app.logged('roles', 'role');
call app.logged('role_permissions', 'role_grant', parent => 'role_id');
call app.logged('user_roles', 'role_assignment', parent => 'user_id');
call app.logged('teams', 'team');
call app.logged('team_members', 'team_member', parent => 'team_id');
call app.logged('resource_shares', 'resource_share');
call app.logged('audit_logs', 'audit_log');

call app.logged('contacts', 'contact');
call app.logged('contact_statuses', 'contact_status');
call app.logged('contact_status_history', 'contact_status_change', parent => 'contact_id');
call app.logged('custom_fields', 'custom_field');
call app.logged('interactions', 'interaction', parent => 'contact_id');
call app.logged('leads', 'lead', parent => 'contact_id');
call app.logged('lead_activities', 'lead_activity', parent => 'lead_id');
call app.logged('tasks', 'task');

call app.logged('conversations', 'conversation', routing => '{status,assigned_to_id,channel}');
call app.logged('conversation_tags', 'conversation_tag');
call app.logged('messages', 'message', parent => 'conversation_id');
call app.logged('whatsapp_templates', 'whatsapp_template');
call app.logged('calls', 'call', parent => 'contact_id');
call app.logged('ai_locks', 'ai_lock', parent => 'resource_id');

call app.logged('campaigns', 'campaign');
call app.logged('campaign_batches', 'campaign_batch', parent => 'campaign_id');
call app.logged('appointments', 'appointment', parent => 'contact_id');
call app.logged('locations', 'location');

call app.logged('brands', 'brand');
call app.logged('engine_types', 'engine_type');
call app.logged('vehicles', 'vehicle');
call app.logged('inventory_movements', 'inventory_movement', parent => 'vehicle_id');
call app.logged('sales', 'sale', parent => 'contact_id');
call app.logged('properties', 'property');
call app.logged('property_interests', 'property_interest', parent => 'property_id');
call app.logged('market_analyses', 'market_analysis', parent => 'property_id');
call app.logged('media', 'media', parent => 'property_id');

call app.logged_link('conversation_tag_links', 'conversation_id', 'conversations', 'tags');
call app.logged_link('user_processes', 'user_id', 'users', 'processes');
call app.logged_link('user_roles', 'user_id', 'users', 'roles');
-- Who is given a record, or loses it, hears of the record.
call app.logged_link('resource_shares', 'contact_id', 'contacts', 'shares');
call app.logged_link('resource_shares', 'lead_id', 'leads', 'shares');
call app.logged_link('resource_shares', 'task_id', 'tasks', 'shares');
call app.logged_link('resource_shares', 'property_id', 'properties', 'shares');

do $$
begin
    perform app.make_change_partitions();
    perform app.open_change_log();
end
$$;
