-- The world of the tests, part support: rows of both businesses; comes after world.sql and before end.sql, which gives what triggers have stamped a fixed time.
set session_replication_role = replica;
insert into support_ticket_numbers (tenant_id, last_number) values (pg_temp.id('cars'), 3), (pg_temp.id('casas'), 1);
insert into support_tickets (id, tenant_id, created_at, updated_at, ticket_number, user_id, assigned_to_id, title, description, category, priority, status, ai_suggestion, ai_resolved, resolved_at, waiting_since, answer_due_at, escalated_at) values
    (pg_temp.id('ask1'), pg_temp.id('cars'), '2026-03-01T08:00Z', '2026-03-01T08:00Z', 'T-000001', pg_temp.id('jan'), null, 'No puedo exportar', 'El botón de exportar contactos no hace nada.', 'TECHNICAL', 'NORMAL', 'OPEN', 'Pruebe con otro navegador.', false, null, '2026-03-01T08:00Z', '2026-03-02T08:00Z', null),
    (pg_temp.id('ask2'), pg_temp.id('cars'), '2026-02-20T08:00Z', '2026-02-20T09:00Z', 'T-000002', pg_temp.id('jan'), pg_temp.id('ana'), 'Factura de enero', 'Falta el número de IVA.', 'BILLING', 'LOW', 'RESOLVED', null, false, '2026-02-20T09:00Z', null, null, null),
    (pg_temp.id('ask3'), pg_temp.id('cars'), '2026-03-02T08:00Z', '2026-03-02T08:00Z', 'T-000003', pg_temp.id('ana'), null, 'Nadie puede entrar', 'Desde las ocho nadie puede entrar.', 'ACCOUNT', 'URGENT', 'IN_PROGRESS', null, false, null, '2026-03-02T08:00Z', '2026-03-02T09:00Z', null),
    (pg_temp.id('casaask1'), pg_temp.id('casas'), '2026-03-01T08:00Z', '2026-03-01T08:00Z', 'T-000001', pg_temp.id('max'), null, 'Calendario compartido', '¿Se puede compartir el calendario?', 'FEATURE_REQUEST', 'NORMAL', 'OPEN', 'Sí, desde los ajustes.', false, null, '2026-03-01T08:00Z', '2026-03-02T08:00Z', null);
insert into support_messages (id, tenant_id, created_at, updated_at, ticket_id, author_id, content, is_staff, is_ai, attachments) values
    (pg_temp.id('say1'), pg_temp.id('cars'), '2026-03-01T08:01Z', '2026-03-01T08:01Z', pg_temp.id('ask1'), null, 'Pruebe con otro navegador.', false, true, null),
    (pg_temp.id('say2'), pg_temp.id('cars'), '2026-02-20T08:30Z', '2026-02-20T08:30Z', pg_temp.id('ask2'), pg_temp.id('ana'), 'La hemos corregido, va adjunta.', true, false, '[{"name": "factura.pdf", "url": "https://files.autos.test/factura.pdf", "mimeType": "application/pdf", "size": 48213}]'),
    (pg_temp.id('casasay1'), pg_temp.id('casas'), '2026-03-01T08:01Z', '2026-03-01T08:01Z', pg_temp.id('casaask1'), null, 'Sí, desde los ajustes.', false, true, null);
reset session_replication_role;
