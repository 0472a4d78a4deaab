-- The world of the tests, part logistics: rows of both businesses; comes after world.sql and before end.sql, which gives what triggers have stamped a fixed time.

insert into billing_accounts (id, tenant_id, created_at, updated_at, name, code, is_active, type) values
    (pg_temp.id('acc1'), pg_temp.id('cars'), '2026-01-05T08:00Z', '2026-01-05T08:00Z', 'Todo', 'A-BOTH', true, 'BOTH'),
    (pg_temp.id('acc2'), pg_temp.id('cars'), '2026-01-05T08:01Z', '2026-01-05T08:01Z', 'Transportes', 'A-TMS', true, 'TMS'),
    (pg_temp.id('acc3'), pg_temp.id('cars'), '2026-01-05T08:02Z', '2026-01-05T08:02Z', 'Taller', 'A-SLC', true, 'SLC'),
    (pg_temp.id('acc4'), pg_temp.id('cars'), '2026-01-05T08:03Z', '2026-01-05T08:03Z', 'Antigua', 'A-OLD', false, 'BOTH'),
    (pg_temp.id('acc5'), pg_temp.id('cars'), '2026-01-05T08:04Z', '2026-01-05T08:04Z', 'Ajena', 'A-OTHER', true, 'BOTH'),
    (pg_temp.id('casaacc'), pg_temp.id('casas'), '2026-01-05T08:00Z', '2026-01-05T08:00Z', 'Todo', 'A-BOTH', true, 'BOTH');

insert into dealerships (id, tenant_id, created_at, updated_at, billing_account_id, name, buno_code, code, type, compound, full_address) values
    (pg_temp.id('madrd'), pg_temp.id('cars'), '2026-01-05T09:00Z', '2026-01-05T09:00Z', pg_temp.id('acc1'), 'Autos Madrid', '10001', 'MAD', 'DEALER', 'Coslada', 'Calle Mayor 1, 28001 Madrid'),
    (pg_temp.id('sev'), pg_temp.id('cars'), '2026-01-05T09:01Z', '2026-01-05T09:01Z', null, 'Autos Sevilla', '10002', 'SEV', 'DEALER', null, 'Avenida de la Paz 2, 41001 Sevilla'),
    (pg_temp.id('bcn'), pg_temp.id('cars'), '2026-01-05T09:02Z', '2026-01-05T09:02Z', null, 'Autos Barcelona', '10003', 'BCN', 'DEALER', null, 'Carrer Gran 3, 08001 Barcelona'),
    (pg_temp.id('casadea1'), pg_temp.id('casas'), '2026-01-05T09:00Z', '2026-01-05T09:00Z', null, 'Flota Bogotá', '20001', 'BOG', null, null, null),
    (pg_temp.id('casadea2'), pg_temp.id('casas'), '2026-01-05T09:01Z', '2026-01-05T09:01Z', null, 'Flota Cali', '20002', 'CAL', null, null, null);

insert into ad_hoc_addresses (id, tenant_id, created_at, updated_at, address, province, postal_code, contact_name, phone) values
    (pg_temp.id('shed'), pg_temp.id('cars'), '2026-01-05T09:10Z', '2026-01-05T09:10Z', 'Polígono Norte 7', 'Toledo', '45001', 'Taller Ruiz', '925 000 000'),
    (pg_temp.id('casashed'), pg_temp.id('casas'), '2026-01-05T09:10Z', '2026-01-05T09:10Z', 'Carrera 7', null, null, null, null);

insert into service_groups (id, tenant_id, created_at, updated_at, name) values
    (pg_temp.id('prep'), pg_temp.id('cars'), '2026-01-05T09:20Z', '2026-01-05T09:20Z', 'Preparación'),
    (pg_temp.id('casaprep'), pg_temp.id('casas'), '2026-01-05T09:20Z', '2026-01-05T09:20Z', 'Preparación');

insert into service_types (id, tenant_id, created_at, updated_at, group_id, name, service_code, annex_path, file_name, slc_service_id) values
    (pg_temp.id('pd1'), pg_temp.id('cars'), '2026-01-05T09:21Z', '2026-01-05T09:21Z', pg_temp.id('prep'), 'Inspección previa a la entrega', 'PDI', 'Anexos/pdi.pdf', 'pdi.pdf', 'S-100'),
    (pg_temp.id('pa1nt'), pg_temp.id('cars'), '2026-01-05T09:22Z', '2026-01-05T09:22Z', null, 'Pintura', 'PAINT', null, null, 'S-200'),
    (pg_temp.id('casapd1'), pg_temp.id('casas'), '2026-01-05T09:21Z', '2026-01-05T09:21Z', pg_temp.id('casaprep'), 'Revisión', 'REV', null, null, null);

insert into hst_codes (id, tenant_id, created_at, updated_at, name, code, allows_transfer, zone, blocks_services, requires_transport_validation, dual_ownership) values
    (pg_temp.id('hst1'), pg_temp.id('cars'), '2026-01-05T09:30Z', '2026-01-05T09:30Z', 'Centro', 'HST-1', true, 'CENTRO', false, false, false),
    (pg_temp.id('hst2'), pg_temp.id('cars'), '2026-01-05T09:31Z', '2026-01-05T09:31Z', 'Con validación', 'HST-K', false, null, false, true, true),
    (pg_temp.id('hst3'), pg_temp.id('cars'), '2026-01-05T09:32Z', '2026-01-05T09:32Z', 'Sin servicios', 'HST-B', false, null, true, false, false),
    (pg_temp.id('hst4'), pg_temp.id('cars'), '2026-01-05T09:33Z', '2026-01-05T09:33Z', 'De otros', 'HST-X', true, null, false, false, false),
    (pg_temp.id('casahst'), pg_temp.id('casas'), '2026-01-05T09:30Z', '2026-01-05T09:30Z', 'Todos', 'HST-1', true, null, false, false, false);

insert into carriers (id, tenant_id, created_at, updated_at, name, code) values
    (pg_temp.id('track'), pg_temp.id('cars'), '2026-01-05T09:40Z', '2026-01-05T09:40Z', 'Grúas Pérez', 'T-1'),
    (pg_temp.id('casatrack'), pg_temp.id('casas'), '2026-01-05T09:40Z', '2026-01-05T09:40Z', 'Transportes Andes', 'T-1');

insert into external_clients (id, tenant_id, created_at, updated_at, system, code, name) values
    (pg_temp.id('tms1'), pg_temp.id('cars'), '2026-01-05T09:50Z', '2026-01-05T09:50Z', 'TMS', 'TMS-77', 'Autos del Sur'),
    (pg_temp.id('s1c1'), pg_temp.id('cars'), '2026-01-05T09:51Z', '2026-01-05T09:51Z', 'SLC', 'SLC-77', 'Autos del Sur'),
    (pg_temp.id('s1c2'), pg_temp.id('cars'), '2026-01-05T09:52Z', '2026-01-05T09:52Z', 'SLC', 'SLC-88', 'Otra casa'),
    (pg_temp.id('casatms'), pg_temp.id('casas'), '2026-01-05T09:50Z', '2026-01-05T09:50Z', 'TMS', 'TMS-99', null);

-- Ana and Eva see all; Jan sees Seats that come from or go to Madrid for an inspection.
insert into logistics_profiles (id, tenant_id, created_at, updated_at, user_id, carrier_id, all_dealerships, all_brands, all_service_types, group_name, can_use_ad_hoc_address) values
    (pg_temp.id('pfana'), pg_temp.id('cars'), '2026-01-05T10:00Z', '2026-01-05T10:00Z', pg_temp.id('ana'), null, true, true, true, 'Dirección', true),
    (pg_temp.id('pfjan'), pg_temp.id('cars'), '2026-01-05T10:01Z', '2026-01-05T10:01Z', pg_temp.id('jan'), pg_temp.id('track'), false, false, false, 'Ventas', false),
    (pg_temp.id('pfeva'), pg_temp.id('casas'), '2026-01-05T10:00Z', '2026-01-05T10:00Z', pg_temp.id('eva'), null, true, true, true, null, true);
insert into logistics_profile_dealerships (tenant_id, created_at, profile_id, dealership_id) values
    (pg_temp.id('cars'), '2026-01-05T10:10Z', pg_temp.id('pfjan'), pg_temp.id('madrd')),
    (pg_temp.id('casas'), '2026-01-05T10:10Z', pg_temp.id('pfeva'), pg_temp.id('casadea1'));
insert into logistics_profile_brands (tenant_id, created_at, profile_id, brand_id) values
    (pg_temp.id('cars'), '2026-01-05T10:10Z', pg_temp.id('pfjan'), pg_temp.id('seat'));
insert into logistics_profile_service_types (tenant_id, created_at, profile_id, service_type_id) values
    (pg_temp.id('cars'), '2026-01-05T10:10Z', pg_temp.id('pfjan'), pg_temp.id('pd1')),
    (pg_temp.id('casas'), '2026-01-05T10:10Z', pg_temp.id('pfeva'), pg_temp.id('casapd1'));
insert into logistics_profile_external_clients (tenant_id, created_at, profile_id, external_client_id) values
    (pg_temp.id('cars'), '2026-01-05T10:10Z', pg_temp.id('pfana'), pg_temp.id('tms1')),
    (pg_temp.id('cars'), '2026-01-05T10:10Z', pg_temp.id('pfana'), pg_temp.id('s1c1')),
    (pg_temp.id('casas'), '2026-01-05T10:10Z', pg_temp.id('pfeva'), pg_temp.id('casatms'));
insert into logistics_profile_billing_accounts (tenant_id, created_at, profile_id, billing_account_id) values
    (pg_temp.id('cars'), '2026-01-05T10:10Z', pg_temp.id('pfana'), pg_temp.id('acc1')),
    (pg_temp.id('cars'), '2026-01-05T10:10Z', pg_temp.id('pfana'), pg_temp.id('acc2')),
    (pg_temp.id('cars'), '2026-01-05T10:10Z', pg_temp.id('pfana'), pg_temp.id('acc3')),
    (pg_temp.id('cars'), '2026-01-05T10:10Z', pg_temp.id('pfana'), pg_temp.id('acc4')),
    (pg_temp.id('casas'), '2026-01-05T10:10Z', pg_temp.id('pfeva'), pg_temp.id('casaacc'));
insert into logistics_profile_hst_codes (tenant_id, created_at, profile_id, hst_code_id) values
    (pg_temp.id('cars'), '2026-01-05T10:10Z', pg_temp.id('pfana'), pg_temp.id('hst1')),
    (pg_temp.id('cars'), '2026-01-05T10:10Z', pg_temp.id('pfana'), pg_temp.id('hst2')),
    (pg_temp.id('cars'), '2026-01-05T10:10Z', pg_temp.id('pfana'), pg_temp.id('hst3')),
    (pg_temp.id('casas'), '2026-01-05T10:10Z', pg_temp.id('pfeva'), pg_temp.id('casahst'));
-- The group of Jan has Barcelona, an account and a code.
insert into user_group_dealerships (tenant_id, created_at, group_id, dealership_id) values
    (pg_temp.id('cars'), '2026-01-05T10:20Z', pg_temp.id('band1'), pg_temp.id('bcn')),
    (pg_temp.id('casas'), '2026-01-05T10:20Z', pg_temp.id('band2'), pg_temp.id('casadea2'));
insert into user_group_billing_accounts (tenant_id, created_at, group_id, billing_account_id) values
    (pg_temp.id('cars'), '2026-01-05T10:20Z', pg_temp.id('band1'), pg_temp.id('acc1')),
    (pg_temp.id('casas'), '2026-01-05T10:20Z', pg_temp.id('band2'), pg_temp.id('casaacc'));
insert into user_group_hst_codes (tenant_id, created_at, group_id, hst_code_id) values
    (pg_temp.id('cars'), '2026-01-05T10:20Z', pg_temp.id('band1'), pg_temp.id('hst1')),
    (pg_temp.id('casas'), '2026-01-05T10:20Z', pg_temp.id('band2'), pg_temp.id('casahst'));

-- Requests: their codes are given in this order.
insert into logistics_requests (id, tenant_id, created_at, updated_at, created_by_id, billing_account_id, hst_code_id, type, status, completed_at, is_dealer_transfer, comments) values
    (pg_temp.id('req1'), pg_temp.id('cars'), '2026-02-02T09:00Z', '2026-02-02T09:00Z', pg_temp.id('ana'), pg_temp.id('acc1'), pg_temp.id('hst1'), 'MIXED', 'REGISTERED', '2026-02-03T09:00Z', false, 'Antes del viernes'),
    (pg_temp.id('req2'), pg_temp.id('cars'), '2026-02-04T09:00Z', '2026-02-04T09:00Z', pg_temp.id('ana'), null, pg_temp.id('hst2'), 'TRANSPORT', 'PENDING_VALIDATION', null, true, null),
    (pg_temp.id('casareq'), pg_temp.id('casas'), '2026-02-02T09:00Z', '2026-02-02T09:00Z', pg_temp.id('eva'), pg_temp.id('casaacc'), pg_temp.id('casahst'), 'SERVICE', 'PENDING', null, false, null);
insert into logistics_request_lines (id, tenant_id, created_at, updated_at, created_by_id, request_id, origin_dealership_id, destination_dealership_id, service_type_id, vin, make_model, license_plate) values
    (pg_temp.id('car1'), pg_temp.id('cars'), '2026-02-02T09:00Z', '2026-02-02T09:00Z', pg_temp.id('ana'), pg_temp.id('req1'), pg_temp.id('madrd'), pg_temp.id('sev'), pg_temp.id('pd1'), 'VSSZZZKLZPR000001', null, '1234 KLM'),
    (pg_temp.id('car2'), pg_temp.id('cars'), '2026-02-02T09:01Z', '2026-02-02T09:01Z', pg_temp.id('ana'), pg_temp.id('req1'), pg_temp.id('sev'), pg_temp.id('madrd'), pg_temp.id('pa1nt'), 'WVWZZZ3CZJE000003', null, null),
    (pg_temp.id('car3'), pg_temp.id('cars'), '2026-02-04T09:00Z', '2026-02-04T09:00Z', pg_temp.id('ana'), pg_temp.id('req2'), pg_temp.id('bcn'), pg_temp.id('sev'), null, 'VSSZZZKLZPR000009', 'SEAT Ibiza', null),
    (pg_temp.id('casacar'), pg_temp.id('casas'), '2026-02-02T09:00Z', '2026-02-02T09:00Z', pg_temp.id('eva'), pg_temp.id('casareq'), pg_temp.id('casadea1'), null, pg_temp.id('casapd1'), 'VSSZZZKLZPR000020', 'SEAT Arona', null);
insert into logistics_request_documents (id, tenant_id, created_at, updated_at, request_id, uploaded_by_id, file_name, storage_path, uploaded_at) values
    (pg_temp.id('paper1'), pg_temp.id('cars'), '2026-02-02T10:00Z', '2026-02-02T10:00Z', pg_temp.id('req1'), pg_temp.id('ana'), 'albarán.pdf', 'Mixed/LR-000001/albarán.pdf', '2026-02-02T10:00Z'),
    (pg_temp.id('casapaper'), pg_temp.id('casas'), '2026-02-02T10:00Z', '2026-02-02T10:00Z', pg_temp.id('casareq'), pg_temp.id('eva'), 'orden.pdf', 'Service/LR-000001/orden.pdf', '2026-02-02T10:00Z');

insert into ownership_transfers (id, tenant_id, created_at, updated_at, user_id, request_id, origin_dealership_id, destination_dealership_id, vin, dealer_code, requester_name, requested_at, status, compound) values
    (pg_temp.id('cede1'), pg_temp.id('cars'), '2026-02-05T09:00Z', '2026-02-05T09:00Z', pg_temp.id('ana'), null, pg_temp.id('madrd'), pg_temp.id('bcn'), 'VSSZZZKLZPR000001', 'HST-1', 'Ana Molina', '2026-02-05T09:00Z', 'PENDING', 'Coslada'),
    (pg_temp.id('casacede'), pg_temp.id('casas'), '2026-02-05T09:00Z', '2026-02-05T09:00Z', pg_temp.id('eva'), null, pg_temp.id('casadea1'), pg_temp.id('casadea2'), 'VSSZZZKLZPR000020', 'HST-1', null, '2026-02-05T09:00Z', 'PENDING', null);
insert into sub_allocations (id, tenant_id, created_at, updated_at, user_id, hst_code_id, vin, allocated_at, status) values
    (pg_temp.id('part1'), pg_temp.id('cars'), '2026-02-05T10:00Z', '2026-02-05T10:00Z', pg_temp.id('ana'), pg_temp.id('hst1'), 'WVWZZZ3CZJE000003', '2026-02-05T10:00Z', 'PENDING'),
    (pg_temp.id('casapart'), pg_temp.id('casas'), '2026-02-05T10:00Z', '2026-02-05T10:00Z', pg_temp.id('eva'), pg_temp.id('casahst'), 'VSSZZZKLZPR000020', '2026-02-05T10:00Z', 'PENDING');

insert into logistics_status_changes (id, tenant_id, created_at, request_id, changed_by_id, previous_status, new_status, changed_at) values
    (pg_temp.id('step1'), pg_temp.id('cars'), '2026-02-02T09:00Z', pg_temp.id('req1'), pg_temp.id('ana'), null, 'PENDING', '2026-02-02T09:00Z'),
    (pg_temp.id('step2'), pg_temp.id('cars'), '2026-02-02T15:00Z', pg_temp.id('req1'), pg_temp.id('ana'), 'PENDING', 'IN_PROGRESS', '2026-02-02T15:00Z'),
    (pg_temp.id('step3'), pg_temp.id('cars'), '2026-02-03T09:00Z', pg_temp.id('req1'), null, 'IN_PROGRESS', 'REGISTERED', '2026-02-03T09:00Z'),
    (pg_temp.id('step4'), pg_temp.id('cars'), '2026-02-04T09:00Z', pg_temp.id('req2'), pg_temp.id('ana'), null, 'PENDING_VALIDATION', '2026-02-04T09:00Z'),
    (pg_temp.id('casastep'), pg_temp.id('casas'), '2026-02-02T09:00Z', pg_temp.id('casareq'), pg_temp.id('eva'), null, 'PENDING', '2026-02-02T09:00Z');
