-- Tables that only grow, one partition a month: a UUIDv7 begins with its time, so the ranges are of ids. One way for all
-- of them to make months ahead and to drop those that are over; a worker of every gateway calls it.

create table app.monthly_tables (
    table_name name not null,
    months_ahead integer not null,
    kept interval,
    constraint monthly_tables_pkey primary key (table_name),
    constraint monthly_tables_months_ahead_check check (months_ahead between 1 and 24),
    constraint monthly_tables_kept_check check (kept >= interval '1 month')
);
comment on table app.monthly_tables is 'The tables with one partition a month, and how long each of them is kept.';
comment on column app.monthly_tables.months_ahead is 'So many months after this one have their partition already.';
comment on column app.monthly_tables.kept is
    'A month that ended longer ago than this is dropped by the worker; null for none: then dropping is the owner''s.';

create procedure app.make_monthly_partition(target name, partition_name name, bounds text)
language plpgsql
as $$
declare
    guard text;
begin
    execute format('create table public.%I partition of public.%I %s', partition_name, target, bounds);
    call app.isolate(format('public.%I', partition_name)::regclass);
    -- A trigger for statements is not inherited.
    for guard in
        select replace(
                   pg_get_triggerdef(oid), format(' ON public.%I ', target), format(' ON public.%I ', partition_name)
               )
        from pg_trigger
        where tgrelid = format('public.%I', target)::regclass and not tgisinternal and tgtype & 32 <> 0
    loop
        execute guard;
    end loop;
    call app.name_partition_parts(format('public.%I', target)::regclass);
end
$$;
comment on procedure app.make_monthly_partition(name, name, text) is
    'One partition, as safe as its table: isolated, and held against TRUNCATE where the table is.';

create function app.make_monthly_partitions(target name, months integer) returns integer
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
-- It waits for whoever reads the table, and everybody else waits behind it: better to give up and come again.
set lock_timeout = '2s'
as $$
declare
    this_month constant timestamp := date_trunc('month', now() at time zone 'UTC');
    begins timestamp;
    partition_name name;
    made integer := 0;
begin
    for ahead in 0 .. greatest(0, least(months, 24)) loop
        begins := this_month + make_interval(months => ahead);
        partition_name := target || '_' || to_char(begins, 'YYYY_MM');
        continue when to_regclass(format('public.%I', partition_name)) is not null;
        -- Several gateways start at the same moment.
        perform pg_advisory_xact_lock(hashtextextended('app.make_monthly_partitions', 0));
        continue when to_regclass(format('public.%I', partition_name)) is not null;
        call app.make_monthly_partition(target, partition_name, format(
            'for values from (%L) to (%L)',
            app.first_uuid_of(begins at time zone 'UTC'),
            app.first_uuid_of((begins + interval '1 month') at time zone 'UTC')
        ));
        made := made + 1;
    end loop;
    return made;
end
$$;
comment on function app.make_monthly_partitions(name, integer) is
    'Makes the partitions of this month and so many months ahead, and says how many were missing.';
revoke execute on function app.make_monthly_partitions(name, integer) from public;

create function app.drop_monthly_partitions(target name, kept interval) returns setof text
language plpgsql
set lock_timeout = '2s'
as $$
declare
    old_partition name;
begin
    for old_partition in
        select c.relname
        from pg_inherits i
        join pg_class c on c.oid = i.inhrelid
        where i.inhparent = format('public.%I', target)::regclass
          and c.relname ~ ('^' || target || '_\d{4}_\d\d$')
          and to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= now() at time zone 'UTC' - kept
        order by c.relname
    loop
        execute format('drop table public.%I', old_partition);
        return next old_partition::text;
    end loop;
end
$$;
comment on function app.drop_monthly_partitions(name, interval) is
    'Retention: drops the months that ended longer ago than this, and says which.';
revoke execute on function app.drop_monthly_partitions(name, interval) from public;

create function app.monthly_table_names() returns setof text
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$ select table_name::text from app.monthly_tables order by table_name $$;
comment on function app.monthly_table_names() is 'The tables with one partition a month.';
revoke execute on function app.monthly_table_names() from public;
grant execute on function app.monthly_table_names() to mostrador_api;

create function app.keep_monthly_partitions(target text, out made integer, out dropped integer)
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
set lock_timeout = '2s'
as $$
declare
    wanted app.monthly_tables;
begin
    select * into strict wanted from app.monthly_tables where table_name = target;
    made := app.make_monthly_partitions(wanted.table_name, wanted.months_ahead);
    dropped := 0;
    if wanted.kept is not null then
        select count(*) into dropped from app.drop_monthly_partitions(wanted.table_name, wanted.kept);
    end if;
end
$$;
comment on function app.keep_monthly_partitions(text) is
    'Makes the months to come of one of app.monthly_tables and drops those that are over. A worker of every gateway '
    'calls it when it starts and once a day; without a partition for the present month nothing can be written.';
revoke execute on function app.keep_monthly_partitions(text) from public;
grant execute on function app.keep_monthly_partitions(text) to mostrador_api;

create procedure app.monthly(target regclass, months_ahead integer default 4, kept interval default null)
language plpgsql
as $$
declare
    name constant name := (select relname from pg_class where oid = target);
begin
    insert into app.monthly_tables (table_name, months_ahead, kept) values (name, months_ahead, kept);
    -- Rows with older ids are history that is brought along.
    call app.make_monthly_partition(
        name, name || '_past',
        format('for values from (minvalue) to (%L)', app.first_uuid_of(date_trunc('month', now(), 'UTC')))
    );
    perform app.make_monthly_partitions(name, months_ahead);
end
$$;
comment on procedure app.monthly(regclass, integer, interval) is
    'For a table made with "partition by range (id)", after its indexes, app.protect… and triggers: its partitions, and '
    'a place among app.monthly_tables, from which down.sql deletes it.';

-- People know the table, and not its months.
create or replace function app.refuse_append_only_change() returns trigger
language plpgsql
as $$
begin
    perform app.refuse(
        'FORBIDDEN', null,
        format(
            'This %s is kept as it was written.',
            app.singular(regexp_replace(tg_table_name, '_(past|\d{4}_\d\d)$', ''))
        )
    );
    return null;
end
$$;

-- The audit log had a way of its own.
insert into app.monthly_tables (table_name, months_ahead, kept) values ('audit_logs', 4, null);

create or replace function app.make_audit_partitions(months integer default 4) returns integer
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
set lock_timeout = '2s'
as $$
begin
    return app.make_monthly_partitions('audit_logs', months);
end
$$;

create or replace function app.drop_audit_partitions(kept interval) returns setof text
language plpgsql
as $$
begin
    if kept < interval '1 year' then
        raise exception 'the audit log is kept for a year at least, not for %', kept;
    end if;
    return query select app.drop_monthly_partitions('audit_logs', kept);
end
$$;

drop procedure app.make_audit_partition(text, text);
