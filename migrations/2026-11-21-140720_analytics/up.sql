-- analytics: what is measured, what it says of properties, and the figures of dashboards.

-- Events -------------------------------------------------------------------------------------------------------------

create table analytics_events (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    created_at timestamptz not null default now(),
    user_id uuid default nullif(current_setting('app.user_id', true), '')::uuid,
    entity_type text not null,
    entity_id text,
    metric_type text not null,
    value numeric(18, 4),
    text_value text,
    occurred_at timestamptz not null default now(),
    constraint analytics_events_pkey primary key (tenant_id, id),
    constraint analytics_events_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint analytics_events_user_id_fkey foreign key (tenant_id, user_id) references users on delete set null (user_id),
    constraint analytics_events_entity_type_check check (entity_type ~ '^[A-Z][A-Za-z]{0,59}$'),
    constraint analytics_events_entity_id_check check (entity_id ~ '^[a-z_]+_[0-9a-f-]{36}$'),
    constraint analytics_events_metric_type_check check (metric_type ~ '^[A-Z][A-Z0-9_]{0,59}$'),
    constraint analytics_events_text_value_check check (length(text_value) between 1 and 500),
    constraint analytics_events_value_text_value_check check (num_nonnulls(value, text_value) = 1)
) partition by range (id);
comment on table analytics_events is
    'Something that was measured, of a row or of the business. Append-only, one partition a month.';
comment on column analytics_events.user_id is 'Who was measured, or measured it; null for nobody in particular.';
comment on column analytics_events.entity_type is 'The GraphQL type of what was measured.';
comment on column analytics_events.entity_id is 'Which row of it, as <prefix of its IDs>_<uuid>; null for none.';
comment on column analytics_events.metric_type is
    'What was measured. Of a Property: VIEW, INQUIRY, LISTED, UNLISTED; others as the business likes.';
comment on column analytics_events.value is 'The measured number; or else text_value.';
comment on constraint analytics_events_entity_type_check on analytics_events is
    'The type of what is measured is a name such as Property.';
comment on constraint analytics_events_entity_id_check on analytics_events is 'This is not the ID of an object.';
comment on constraint analytics_events_metric_type_check on analytics_events is
    'A metric has 1 to 60 capital letters, digits and underscores.';
comment on constraint analytics_events_text_value_check on analytics_events is 'A text value has 1 to 500 characters.';
comment on constraint analytics_events_value_text_value_check on analytics_events is
    'An event has either a value or a text value.';
create index analytics_events_entity_type_entity_id_metric_type_idx
    on analytics_events (tenant_id, entity_type, entity_id, metric_type, id desc);
create index analytics_events_occurred_at_idx on analytics_events (tenant_id, occurred_at desc, id desc);
create index analytics_events_user_id_idx on analytics_events (tenant_id, user_id, id desc);

call app.protect_append_only('analytics_events');
call app.living_references('analytics_events', '{"user_id": "users"}');
call app.logged('analytics_events', 'analytics_event');
-- Two years can be compared, and this one stands beside them.
call app.monthly('analytics_events', kept => '37 months');

-- Properties ---------------------------------------------------------------------------------------------------------

create function app.measure_property(
    tenant uuid, property uuid, metric text, value numeric, text_value text, moment timestamptz default now()
) returns void
language sql
as $$
    insert into analytics_events (tenant_id, entity_type, entity_id, metric_type, value, text_value, occurred_at)
    values (tenant, 'Property', 'property_' || property, metric, value, text_value, moment)
$$;
comment on function app.measure_property(uuid, uuid, text, numeric, text, timestamptz) is
    'Notes an event of a property, for triggers.';

create function app.property_interests_measured() returns trigger
language plpgsql
as $$
begin
    perform app.measure_property(new.tenant_id, new.property_id, 'INQUIRY', 1, null, new.created_at);
    return null;
end
$$;
create trigger property_interests_measured after insert on property_interests
    for each row execute function app.property_interests_measured();

create function app.properties_measured() returns trigger
language plpgsql
as $$
begin
    perform app.measure_property(
        new.tenant_id, new.id, case when new.status in ('SOLD', 'RENTED') then 'UNLISTED' else 'LISTED' end, null,
        new.status
    );
    return null;
end
$$;
create trigger properties_measured after update of status on properties
    for each row when ((old.status in ('SOLD', 'RENTED')) <> (new.status in ('SOLD', 'RENTED')))
    execute function app.properties_measured();

create view property_performance with (security_invoker = true) as
select p.id, p.tenant_id, p.id as property_id, p.created_at,
       e.views,
       e.inquiries,
       (
           select count(*)::integer
           from tasks t
           where t.tenant_id = p.tenant_id and t.property_id = p.id and t.deleted_at is null
       ) as tasks,
       greatest(0, floor(extract(epoch from
           case when p.status in ('SOLD', 'RENTED') then coalesce(e.unlisted_at, p.updated_at) else now() end
               - coalesce(e.listed_at, p.created_at)
       ) / 86400))::integer as days_listed
from properties p
cross join lateral (
    -- Whoever measures may be wrong by far, and that must not keep anybody from reading.
    select greatest(0, least(coalesce(sum(a.value) filter (where a.metric_type = 'VIEW'), 0), 2147483647))::integer as views,
           greatest(0, least(coalesce(sum(a.value) filter (where a.metric_type = 'INQUIRY'), 0), 2147483647))::integer as inquiries,
           max(a.occurred_at) filter (where a.metric_type = 'LISTED') as listed_at,
           max(a.occurred_at) filter (where a.metric_type = 'UNLISTED') as unlisted_at
    from analytics_events a
    where a.tenant_id = p.tenant_id
      and a.entity_type = 'Property'
      and a.entity_id = 'property_' || p.id::text
      and a.metric_type in ('VIEW', 'INQUIRY', 'LISTED', 'UNLISTED')
) e;
comment on view property_performance is 'What was measured of each property, and how long it has been on offer.';
comment on column property_performance.id is 'Never null.';
comment on column property_performance.tenant_id is 'Never null.';
comment on column property_performance.property_id is 'Never null.';
comment on column property_performance.created_at is 'Never null.';
comment on column property_performance.views is 'Never null.';
comment on column property_performance.inquiries is 'Never null.';
comment on column property_performance.tasks is 'Never null.';
comment on column property_performance.days_listed is 'Never null.';
grant select on property_performance to mostrador_api, mostrador_readonly;

-- Figures ------------------------------------------------------------------------------------------------------------

create table dashboard_metrics (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    metric text not null,
    day date not null,
    dimension text,
    value numeric(18, 2) not null,
    refreshed_at timestamptz not null default now(),
    constraint dashboard_metrics_pkey primary key (tenant_id, id),
    constraint dashboard_metrics_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint dashboard_metrics_metric_day_dimension_key
        unique nulls not distinct (tenant_id, metric, day, dimension),
    constraint dashboard_metrics_metric_check check (
        metric in (
            'SALES_COUNT', 'SALES_AMOUNT', 'LEADS_BY_STATUS', 'CONVERSATIONS_OPEN', 'APPOINTMENTS_BY_STATUS',
            'CAMPAIGN_BATCHES', 'PROPERTY_VIEWS'
        )
    )
);
comment on table dashboard_metrics is
    'Figures of each day in the time zone of the business, rolled up from what app.dashboard_figures counts. No '
    'materialized view: those have no row-level security and are refreshed for all tenants at once.';
comment on column dashboard_metrics.dimension is
    'What the figure is broken down by: a state, a channel, a currency; null for nothing.';
comment on column dashboard_metrics.refreshed_at is 'When it was counted last.';
create index dashboard_metrics_day_idx on dashboard_metrics (tenant_id, day, metric, id);
call app.protect('dashboard_metrics');
call app.versioned('dashboard_metrics', ignored => '{refreshed_at}');
call app.fixed('dashboard_metrics', '{metric, day, dimension}');
call app.logged('dashboard_metrics', 'dashboard_metric', ignored => '{refreshed_at}');

create table stale_figures (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    metric text not null,
    day date,
    constraint stale_figures_pkey primary key (tenant_id, id),
    constraint stale_figures_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict
);
comment on table stale_figures is
    'Days whose figures are to be counted again, written by whatever changes them. Without a key on the day: writers of '
    'the same day would wait for each other.';
comment on column stale_figures.day is 'Null for all days.';
call app.protect('stale_figures');
create policy owner_directory on stale_figures for select to current_user using (true);

create function app.local_day(tenant uuid, moment timestamptz) returns date
language sql stable
as $$ select (moment at time zone t.timezone)::date from tenants t where t.id = tenant $$;
comment on function app.local_day(uuid, timestamptz) is 'The day in the time zone of a business.';

create function app.mark_stale(tenant uuid, metrics text[], moments timestamptz[]) returns void
language sql
as $$
    insert into stale_figures (tenant_id, metric, day)
    select distinct tenant, m.metric, app.local_day(tenant, d.moment)
    from unnest(metrics) as m (metric), unnest(moments) as d (moment)
    where d.moment is not null
$$;
comment on function app.mark_stale(uuid, text[], timestamptz[]) is
    'Has the figures of the days of these moments counted again.';

create function app.dashboard_stale() returns trigger
language plpgsql
as $$
declare
    metrics constant text[] := tg_argv[0]::text[];
    moment_column constant text := tg_argv[1];
    was constant jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
    becomes constant jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
begin
    perform app.mark_stale(
        (coalesce(becomes, was) ->> 'tenant_id')::uuid, metrics,
        array[was ->> moment_column, becomes ->> moment_column]::timestamptz[]
    );
    return null;
end
$$;
comment on function app.dashboard_stale() is
    'Trigger: the day of the row before and after has other figures. Arguments: metrics, column of the time.';

create procedure app.counted(target regclass, metrics text[], moment_column name, looked_at text[])
language plpgsql
as $$
declare
    name constant text := (select relname from pg_class where oid = target);
    arguments constant text := format('execute function app.dashboard_stale(%L, %L)', metrics, moment_column);
begin
    execute format(
        'create trigger %I after insert or delete on %s for each row %s', name || '_counted', target, arguments
    );
    execute format(
        'create trigger %I after update of %s on %s for each row when (%s) %s',
        name || '_recounted',
        (select string_agg(quote_ident(c), ', ') from unnest(looked_at) as c),
        target,
        (select string_agg(format('old.%1$I is distinct from new.%1$I', c), ' or ') from unnest(looked_at) as c),
        arguments
    );
end
$$;
comment on procedure app.counted(regclass, text[], name, text[]) is
    'Rows of the table make figures of dashboards: those of the day of moment_column are counted again when a row comes, '
    'goes, or one of looked_at changes.';

call app.counted('sales', '{SALES_COUNT,SALES_AMOUNT}', 'sale_date', '{status,sale_date,sale_price,currency,deleted_at}');
call app.counted('leads', '{LEADS_BY_STATUS}', 'created_at', '{status,deleted_at}');
call app.counted('conversations', '{CONVERSATIONS_OPEN}', 'created_at', '{status}');
call app.counted('appointments', '{APPOINTMENTS_BY_STATUS}', 'scheduled_at', '{status,scheduled_at,deleted_at}');
call app.counted('campaign_batches', '{CAMPAIGN_BATCHES}', 'scheduled_for', '{status,scheduled_for}');

create function app.analytics_events_counted() returns trigger
language plpgsql
as $$
begin
    perform app.mark_stale(e.tenant_id, '{PROPERTY_VIEWS}', array_agg(e.occurred_at))
    from (
        select distinct tenant_id, date_bin('15 minutes', occurred_at, timestamptz '2000-01-01Z') as occurred_at
        from added
        where entity_type = 'Property' and metric_type = 'VIEW'
    ) e
    group by e.tenant_id;
    return null;
end
$$;
create trigger analytics_events_counted after insert on analytics_events
    referencing new table as added for each statement execute function app.analytics_events_counted();

create function app.tenants_recounted() returns trigger
language plpgsql
as $$
begin
    insert into stale_figures (tenant_id, metric)
    select new.id, m
    from unnest('{SALES_COUNT,SALES_AMOUNT,LEADS_BY_STATUS,CONVERSATIONS_OPEN,APPOINTMENTS_BY_STATUS,CAMPAIGN_BATCHES,PROPERTY_VIEWS}'::text[]) m;
    return null;
end
$$;
comment on function app.tenants_recounted() is 'Another time zone has other days.';
create trigger tenants_recounted after update of timezone on tenants
    for each row when (old.timezone <> new.timezone) execute function app.tenants_recounted();

create function app.dashboard_figures(tenant uuid, wanted text, from_day date, to_day date)
returns table (day date, dimension text, value numeric)
language plpgsql stable
as $$
#variable_conflict use_column
declare
    zone constant text := (select t.timezone from tenants t where t.id = tenant);
    -- Whole days of the business, as moments, so that indexes are of use.
    begins constant timestamptz := coalesce(from_day::timestamp at time zone zone, '-infinity');
    ends constant timestamptz := coalesce((to_day + 1)::timestamp at time zone zone, 'infinity');
begin
    case wanted
        when 'SALES_COUNT' then
            return query
            select (s.sale_date at time zone zone)::date, null::text, count(*)::numeric
            from sales s
            where s.tenant_id = tenant and s.sale_date >= begins and s.sale_date < ends
              and s.status in ('COMPLETED', 'DELIVERED') and s.deleted_at is null
            group by 1;
        when 'SALES_AMOUNT' then
            return query
            select (s.sale_date at time zone zone)::date, s.currency::text, sum(s.sale_price)
            from sales s
            where s.tenant_id = tenant and s.sale_date >= begins and s.sale_date < ends
              and s.status in ('COMPLETED', 'DELIVERED') and s.deleted_at is null
            group by 1, 2;
        when 'LEADS_BY_STATUS' then
            return query
            select (l.created_at at time zone zone)::date, l.status, count(*)::numeric
            from leads l
            where l.tenant_id = tenant and l.created_at >= begins and l.created_at < ends and l.deleted_at is null
            group by 1, 2;
        when 'CONVERSATIONS_OPEN' then
            return query
            select (c.created_at at time zone zone)::date, c.channel, count(*)::numeric
            from conversations c
            where c.tenant_id = tenant and c.created_at >= begins and c.created_at < ends
              and c.status in ('OPEN', 'PENDING')
            group by 1, 2;
        when 'APPOINTMENTS_BY_STATUS' then
            return query
            select (a.scheduled_at at time zone zone)::date, a.status, count(*)::numeric
            from appointments a
            where a.tenant_id = tenant and a.scheduled_at >= begins and a.scheduled_at < ends and a.deleted_at is null
            group by 1, 2;
        when 'CAMPAIGN_BATCHES' then
            return query
            select (b.scheduled_for at time zone zone)::date, b.status, count(*)::numeric
            from campaign_batches b
            where b.tenant_id = tenant and b.scheduled_for >= begins and b.scheduled_for < ends
            group by 1, 2;
        when 'PROPERTY_VIEWS' then
            return query
            select (e.occurred_at at time zone zone)::date, null::text, sum(e.value)
            from analytics_events e
            where e.tenant_id = tenant and e.occurred_at >= begins and e.occurred_at < ends
              and e.entity_type = 'Property' and e.metric_type = 'VIEW' and e.value is not null
            group by 1;
    end case;
end
$$;
comment on function app.dashboard_figures(uuid, text, date, date) is
    'Counts the figures of a metric anew, from and to these days, null for all: what a figure is, it is by this function. '
    'SALES_COUNT and SALES_AMOUNT (by currency) are of the day of the deal; LEADS_BY_STATUS of the day a lead came, by the '
    'state it is in now; CONVERSATIONS_OPEN of the day one began, by channel, while it is open or pending; '
    'APPOINTMENTS_BY_STATUS and CAMPAIGN_BATCHES of the day they are for, by state; PROPERTY_VIEWS of the day.';

create function app.refresh_figures(tenant uuid) returns integer
language plpgsql
as $$
declare
    stale record;
    counted integer := 0;
begin
    -- One at a time for each tenant; who comes second finds the work done.
    if not pg_try_advisory_xact_lock(hashtextextended('app.refresh_figures ' || tenant, 0)) then
        return 0;
    end if;
    for stale in
        with taken as (
            delete from stale_figures s
            where s.tenant_id = tenant
              and s.id in (select f.id from stale_figures f where f.tenant_id = tenant order by f.id limit 10000)
            returning s.metric, s.day
        )
        select t.metric, null::date as day from taken t where t.day is null group by t.metric
        union all
        select t.metric, t.day from taken t
        where t.day is not null
          and not exists (select from taken w where w.metric = t.metric and w.day is null)
        group by t.metric, t.day
        order by 1, 2
    loop
        -- Each of these statements sees what was committed before it, so also what made the day stale.
        with figures as materialized (
            select f.day, f.dimension, f.value from app.dashboard_figures(tenant, stale.metric, stale.day, stale.day) f
        ), gone as (
            delete from dashboard_metrics m
            where m.tenant_id = tenant
              and m.metric = stale.metric
              and (stale.day is null or m.day = stale.day)
              and not exists (
                  select from figures f where f.day = m.day and f.dimension is not distinct from m.dimension
              )
        )
        insert into dashboard_metrics as m (tenant_id, metric, day, dimension, value, refreshed_at)
        select tenant, stale.metric, f.day, f.dimension, f.value, clock_timestamp()
        from figures f
        on conflict (tenant_id, metric, day, dimension) do update
            set value = excluded.value, refreshed_at = excluded.refreshed_at;
        counted := counted + 1;
    end loop;
    return counted;
end
$$;
comment on function app.refresh_figures(uuid) is
    'Counts the stale figures of a tenant again, and says how many days of a metric these were.';

create function app.tenants_with_stale_figures() returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select t.id
    from public.tenants t
    where t.status in ('TRIAL', 'ACTIVE')
      and exists (select from public.stale_figures s where s.tenant_id = t.id)
$$;
comment on function app.tenants_with_stale_figures() is 'Tenants whose dashboards are behind.';
revoke execute on function app.tenants_with_stale_figures() from public;
grant execute on function app.tenants_with_stale_figures() to mostrador_api;

create index conversations_created_at_idx on conversations (tenant_id, created_at);

-- What is there already is counted once.
do $$
declare
    acting constant text := coalesce(current_setting('app.tenant_id', true), '');
    tenant uuid;
begin
    for tenant in select id from tenants loop
        perform set_config('app.tenant_id', tenant::text, true);
        insert into stale_figures (tenant_id, metric)
        select tenant, m
        from unnest('{SALES_COUNT,SALES_AMOUNT,LEADS_BY_STATUS,CONVERSATIONS_OPEN,APPOINTMENTS_BY_STATUS,CAMPAIGN_BATCHES}'::text[]) m;
    end loop;
    perform set_config('app.tenant_id', acting, true);
end
$$;
