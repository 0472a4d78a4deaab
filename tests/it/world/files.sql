-- The world of the tests, part files: rows of both businesses; comes after world.sql and before end.sql, which gives what triggers have stamped a fixed time.

-- Without triggers, which would queue scans and write the log with the present moment; what they keep is written here.
set session_replication_role = replica;

insert into folders (id, tenant_id, created_at, updated_at, user_id, parent_id, name, path, color) values
    (pg_temp.id('dra'), pg_temp.id('cars'), '2026-01-12T08:00Z', '2026-01-12T08:00Z', pg_temp.id('jan'), null, 'Papeles', '/Papeles', '#336699'),
    (pg_temp.id('drb'), pg_temp.id('cars'), '2026-01-12T08:01Z', '2026-01-12T08:01Z', pg_temp.id('jan'), pg_temp.id('dra'), '2026', '/Papeles/2026', null),
    (pg_temp.id('drc'), pg_temp.id('cars'), '2026-01-12T08:02Z', '2026-01-12T08:02Z', pg_temp.id('ana'), null, 'Marca', '/Marca', null),
    (pg_temp.id('casadr'), pg_temp.id('casas'), '2026-01-12T08:00Z', '2026-01-12T08:00Z', pg_temp.id('eva'), null, 'Escrituras', '/Escrituras', null);

insert into stored_files (id, tenant_id, created_at, updated_at, user_id, folder_id, filename, original_name, storage_path, mime_type, size, checksum, access_level, usage_context, is_processed, scan_status) values
    (pg_temp.id('paper'), pg_temp.id('cars'), '2026-01-12T09:00Z', '2026-01-12T09:00Z', pg_temp.id('jan'), pg_temp.id('drb'), 'contrato.pdf', 'Contrato firmado.pdf', 'files/world/paper', 'application/pdf', 48213, repeat('a1', 32), 'PRIVATE', 'DOCUMENT', true, 'CLEAN'),
    (pg_temp.id('xray'), pg_temp.id('cars'), '2026-01-13T09:00Z', '2026-01-13T09:00Z', pg_temp.id('jan'), null, 'radiografía.png', 'radiografía.png', 'files/world/xray', 'image/png', 350112, repeat('b2', 32), 'PRIVATE', 'HEALTH', true, 'CLEAN'),
    (pg_temp.id('brand'), pg_temp.id('cars'), '2026-01-14T09:00Z', '2026-01-14T09:00Z', pg_temp.id('ana'), pg_temp.id('drc'), 'marca.png', 'marca.png', 'files/world/brand', 'image/png', 20480, repeat('c3', 32), 'TENANT', 'THEME', true, 'CLEAN'),
    (pg_temp.id('0ffer'), pg_temp.id('cars'), '2026-01-15T09:00Z', '2026-01-15T09:00Z', pg_temp.id('ana'), null, 'oferta.pdf', 'oferta.pdf', 'files/world/offer', 'application/pdf', 9000, repeat('d4', 32), 'SHARED', 'GENERAL', true, 'CLEAN'),
    (pg_temp.id('w0rm'), pg_temp.id('cars'), '2026-01-16T09:00Z', '2026-01-16T09:00Z', pg_temp.id('ana'), null, 'factura.exe', 'factura.exe', 'files/world/worm', 'application/octet-stream', 68, repeat('e5', 32), 'PRIVATE', 'GENERAL', true, 'INFECTED'),
    (pg_temp.id('casapaper'), pg_temp.id('casas'), '2026-01-12T09:00Z', '2026-01-12T09:00Z', pg_temp.id('eva'), pg_temp.id('casadr'), 'escritura.pdf', 'escritura.pdf', 'files/world/casapaper', 'application/pdf', 77000, repeat('a1', 32), 'PRIVATE', 'DOCUMENT', true, 'CLEAN');

insert into storage_quotas (id, tenant_id, created_at, updated_at, user_id, used_storage, file_count, usage_breakdown, reserved_storage, reserved_files) values
    (pg_temp.id('qta1'), pg_temp.id('cars'), '2026-01-12T09:00Z', '2026-01-12T09:00Z', pg_temp.id('jan'), 398325, 2, '{"DOCUMENT": 48213, "HEALTH": 350112}', 1234, 1),
    (pg_temp.id('qta2'), pg_temp.id('cars'), '2026-01-14T09:00Z', '2026-01-14T09:00Z', pg_temp.id('ana'), 29548, 3, '{"THEME": 20480, "GENERAL": 9068}', 0, 0),
    (pg_temp.id('casaqta'), pg_temp.id('casas'), '2026-01-12T09:00Z', '2026-01-12T09:00Z', pg_temp.id('eva'), 77000, 1, '{"DOCUMENT": 77000}', 99, 1);

insert into file_uploads (id, tenant_id, created_at, updated_at, user_id, folder_id, filename, storage_path, mime_type, size, checksum, access_level, usage_context, expires_at) values
    (pg_temp.id('send1'), pg_temp.id('cars'), '2026-03-01T09:00Z', '2026-03-01T09:00Z', pg_temp.id('jan'), pg_temp.id('dra'), 'nota.txt', 'files/world/send1', 'text/plain', 1234, repeat('f6', 32), 'PRIVATE', 'GENERAL', '2026-03-01T10:00Z'),
    (pg_temp.id('casasend'), pg_temp.id('casas'), '2026-03-01T09:00Z', '2026-03-01T09:00Z', pg_temp.id('eva'), null, 'plano.png', 'files/world/casasend', 'image/png', 99, repeat('f6', 32), 'PRIVATE', 'GENERAL', '2026-03-01T10:00Z');

insert into file_shares (id, tenant_id, created_at, updated_at, file_id, shared_by_id, shared_with_id, share_token_hash, share_type, max_downloads, download_count) values
    (pg_temp.id('gve1'), pg_temp.id('cars'), '2026-01-15T10:00Z', '2026-01-15T10:00Z', pg_temp.id('0ffer'), pg_temp.id('ana'), pg_temp.id('jan'), sha256('file share 1'), 'USER', null, 0),
    (pg_temp.id('gve2'), pg_temp.id('cars'), '2026-01-15T11:00Z', '2026-01-15T11:00Z', pg_temp.id('0ffer'), pg_temp.id('ana'), null, sha256('file share 2'), 'LINK', 3, 1),
    (pg_temp.id('casagve'), pg_temp.id('casas'), '2026-01-15T10:00Z', '2026-01-15T10:00Z', pg_temp.id('casapaper'), pg_temp.id('eva'), null, sha256('file share 3'), 'LINK', null, 0);

insert into file_access_logs (id, tenant_id, created_at, file_id, user_id, action, ip_address, occurred_at) values
    (pg_temp.id('at1'), pg_temp.id('cars'), '2026-01-12T09:00Z', pg_temp.id('paper'), pg_temp.id('jan'), 'UPLOAD', '203.0.113.7', '2026-01-12T09:00Z'),
    (pg_temp.id('at2'), pg_temp.id('cars'), '2026-01-15T12:00Z', pg_temp.id('0ffer'), pg_temp.id('jan'), 'DOWNLOAD', '203.0.113.8', '2026-01-15T12:00Z'),
    (pg_temp.id('at3'), pg_temp.id('cars'), '2026-01-15T13:00Z', pg_temp.id('0ffer'), null, 'DOWNLOAD', '2001:db8::7', '2026-01-15T13:00Z'),
    (pg_temp.id('casaat'), pg_temp.id('casas'), '2026-01-12T09:00Z', pg_temp.id('casapaper'), pg_temp.id('eva'), 'UPLOAD', null, '2026-01-12T09:00Z');

reset session_replication_role;
