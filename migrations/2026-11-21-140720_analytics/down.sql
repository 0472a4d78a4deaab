do $$
declare
    counted record;
begin
    for counted in
        select tgname, tgrelid::regclass as target
        from pg_trigger
        where not tgisinternal and tgfoid = 'app.dashboard_stale()'::regprocedure
    loop
        execute format('drop trigger %I on %s', counted.tgname, counted.target);
    end loop;
end
$$;
drop index conversations_created_at_idx;
drop function app.tenants_with_stale_figures();
drop function app.refresh_figures(uuid);
drop function app.dashboard_figures(uuid, text, date, date);
drop trigger tenants_recounted on tenants;
drop function app.tenants_recounted();
drop procedure app.counted(regclass, text[], name, text[]);
drop function app.dashboard_stale();
drop trigger analytics_events_counted on analytics_events;
drop function app.analytics_events_counted();
drop function app.mark_stale(uuid, text[], timestamptz[]);
drop function app.local_day(uuid, timestamptz);
drop table stale_figures;
drop table dashboard_metrics;
drop function app.dashboard_metrics_logged();
drop view property_performance;
drop trigger properties_measured on properties;
drop function app.properties_measured();
drop trigger property_interests_measured on property_interests;
drop function app.property_interests_measured();
drop function app.measure_property(uuid, uuid, text, numeric, text, timestamptz);
delete from app.monthly_tables where table_name = 'analytics_events';
drop table analytics_events;
drop function app.analytics_events_logged();
drop function app.analytics_events_living_references();
