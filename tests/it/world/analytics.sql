-- The world of the tests, part analytics: rows of both businesses; comes after world.sql and before end.sql, which gives what triggers have stamped a fixed time.
set session_replication_role = replica;
-- What triggers have measured was stamped with the present moment.
truncate analytics_events;
insert into analytics_events (id, tenant_id, created_at, user_id, entity_type, entity_id, metric_type, value, text_value, occurred_at) values
    (pg_temp.id('saw1'), pg_temp.id('casas'), '2026-02-10T10:00Z', pg_temp.id('max'), 'Property', 'property_' || pg_temp.id('casa1'), 'VIEW', 1, null, '2026-02-10T10:00Z'),
    (pg_temp.id('saw2'), pg_temp.id('casas'), '2026-02-10T11:00Z', null, 'Property', 'property_' || pg_temp.id('casa1'), 'VIEW', 2, null, '2026-02-10T11:00Z'),
    (pg_temp.id('saw3'), pg_temp.id('casas'), '2026-02-11T10:00Z', null, 'Property', 'property_' || pg_temp.id('casa1'), 'INQUIRY', 1, null, '2026-02-11T10:00Z'),
    (pg_temp.id('saw4'), pg_temp.id('cars'), '2026-02-11T10:00Z', pg_temp.id('ana'), 'Tenant', null, 'SATISFACTION', null, 'muy contenta', '2026-02-11T10:00Z');
insert into dashboard_metrics (id, tenant_id, created_at, updated_at, metric, day, dimension, value, refreshed_at) values
    (pg_temp.id('tay1'), pg_temp.id('casas'), '2026-02-12T00:00Z', '2026-02-12T00:00Z', 'PROPERTY_VIEWS', '2026-02-10', null, 3, '2026-02-12T00:00Z'),
    (pg_temp.id('tay2'), pg_temp.id('cars'), '2026-02-12T00:00Z', '2026-02-12T00:00Z', 'SALES_COUNT', '2026-01-21', null, 1, '2026-02-12T00:00Z');
-- What has changed since is counted when a test asks for it.
delete from stale_figures;
reset session_replication_role;
