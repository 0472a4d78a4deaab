-- The world of the tests, part integrations: rows of both businesses; comes after world.sql and before end.sql, which gives what triggers have stamped a fixed time.
set session_replication_role = replica;
-- None of them has a token: which key seals is the business of each test.
insert into integrations (id, tenant_id, created_at, updated_at, user_id, provider, scopes, is_active, last_sync_at, consecutive_failures, last_failure, alerted_at) values
    (pg_temp.id('cnect1'), pg_temp.id('cars'), '2026-02-01T08:00Z', '2026-02-10T08:00Z', null, 'HUBSPOT', 'contacts', false, '2026-02-09T08:00Z', 3, 'UNAVAILABLE', '2026-02-10T08:00Z'),
    (pg_temp.id('cnect2'), pg_temp.id('cars'), '2026-02-01T08:00Z', '2026-02-01T08:00Z', pg_temp.id('jan'), 'GOOGLE_CALENDAR', 'calendar', false, null, 0, null, null),
    (pg_temp.id('casacnect'), pg_temp.id('casas'), '2026-02-01T08:00Z', '2026-02-01T08:00Z', null, 'NOTION', null, false, null, 0, null, null);
insert into integration_sync_settings (id, tenant_id, created_at, updated_at, integration_id, is_enabled, direction, interval_minutes, field_mapping, cursor, next_sync_at) values
    (pg_temp.id('sync1'), pg_temp.id('cars'), '2026-02-01T08:00Z', '2026-02-01T08:00Z', pg_temp.id('cnect1'), true, 'BOTH', 60, '{"email": "email_address"}', null, '2026-02-10T09:00Z'),
    (pg_temp.id('casasync'), pg_temp.id('casas'), '2026-02-01T08:00Z', '2026-02-01T08:00Z', pg_temp.id('casacnect'), false, 'PULL', 1440, null, null, null);
insert into sync_logs (id, tenant_id, created_at, updated_at, integration_id, last_sync_at, finished_at, items_synced, status, error_message) values
    (pg_temp.id('ran1'), pg_temp.id('cars'), '2026-02-09T08:00Z', '2026-02-09T08:00Z', pg_temp.id('cnect1'), '2026-02-09T08:00Z', '2026-02-09T08:01Z', 12, 'SUCCESS', null),
    (pg_temp.id('ran2'), pg_temp.id('cars'), '2026-02-10T08:00Z', '2026-02-10T08:00Z', pg_temp.id('cnect1'), '2026-02-10T08:00Z', '2026-02-10T08:01Z', 0, 'FAILED', 'The other system does not answer as it should.'),
    (pg_temp.id('casaran'), pg_temp.id('casas'), '2026-02-09T08:00Z', '2026-02-09T08:00Z', pg_temp.id('casacnect'), '2026-02-09T08:00Z', '2026-02-09T08:01Z', 3, 'PARTIAL', '1 contacts do not fit or are known by nothing, and were left out.');
reset session_replication_role;
