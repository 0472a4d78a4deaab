-- The world of the tests, part logistics_work: rows of both businesses; comes after world.sql and before end.sql, which gives what triggers have stamped a fixed time.

-- Bulk requests that stopped, so that no job is queued for them. Connections have a sealed key, which nobody could open:
-- there are none.
insert into bulk_requests (id, tenant_id, created_at, updated_at, created_by_id, status, total_vehicles, processed_vehicles, error_message, request) values
    (pg_temp.id('bvrk1'), pg_temp.id('cars'), '2026-02-06T09:00Z', '2026-02-06T09:05Z', pg_temp.id('ana'), 'FAILED', 52, 50, 'Row 51 (VSSZZZKLZPR000051): There is no active dealership with this BUNO code, code or name.', '{"type": "TRANSPORT"}'),
    (pg_temp.id('casabvrk'), pg_temp.id('casas'), '2026-02-06T09:00Z', '2026-02-06T09:05Z', pg_temp.id('eva'), 'FAILED', 51, 50, 'Row 51 (VSSZZZKLZPR000061): There is no service with this code or name.', '{"type": "SERVICE"}');
insert into bulk_request_items (id, tenant_id, created_at, updated_at, bulk_request_id, row_number, vin, make, model, origin, destination, payload) values
    (pg_temp.id('rest1'), pg_temp.id('cars'), '2026-02-06T09:00Z', '2026-02-06T09:00Z', pg_temp.id('bvrk1'), 51, 'VSSZZZKLZPR000051', 'SEAT', 'Ibiza', '10001', 'nowhere', '{"license_plate": "5678 LMN"}'),
    (pg_temp.id('rest2'), pg_temp.id('cars'), '2026-02-06T09:00Z', '2026-02-06T09:00Z', pg_temp.id('bvrk1'), 52, 'VSSZZZKLZPR000052', 'SEAT', 'Arona', '10001', 'SEV', null),
    (pg_temp.id('casarest'), pg_temp.id('casas'), '2026-02-06T09:00Z', '2026-02-06T09:00Z', pg_temp.id('casabvrk'), 51, 'VSSZZZKLZPR000061', 'SEAT', 'Arona', '20001', null, '{"service": "LAVADO"}');
