create or replace function app.refuse_append_only_change() returns trigger
language plpgsql
as $$
begin
    perform app.refuse(
        'FORBIDDEN', null, format('This %s is kept as it was written.', app.singular(tg_table_name))
    );
    return null;
end
$$;

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

create or replace function app.make_audit_partitions(months integer default 4) returns integer
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

create or replace function app.drop_audit_partitions(kept interval) returns setof text
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

drop procedure app.monthly(regclass, integer, interval);
drop function app.keep_monthly_partitions(text);
drop function app.monthly_table_names();
drop function app.drop_monthly_partitions(name, interval);
drop function app.make_monthly_partitions(name, integer);
drop procedure app.make_monthly_partition(name, name, text);
drop table app.monthly_tables;
