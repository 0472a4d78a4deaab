-- The world of the tests, part artifacts: rows of both businesses; comes after world.sql and before end.sql, which gives what triggers have stamped a fixed time.

-- Without triggers, which number versions.
set session_replication_role = replica;

insert into artifacts (id, tenant_id, version, created_at, updated_at, user_id, agent_id, thread_id, message_id, parent_id, content_file_id, name, type, content, is_public, share_token_hash, metadata) values
    (pg_temp.id('art1'), pg_temp.id('cars'), 1, '2026-02-10T09:03Z', '2026-02-10T09:03Z', pg_temp.id('ana'), pg_temp.id('ask1'), pg_temp.id('chat5'), pg_temp.id('chat5b'), null, null, 'Oferta para Marta', 'MARKDOWN', '# Oferta', false, null, '{"language": "es", "words": 1}'),
    (pg_temp.id('art2'), pg_temp.id('cars'), 2, '2026-02-10T09:05Z', '2026-02-10T09:05Z', pg_temp.id('ana'), pg_temp.id('ask1'), pg_temp.id('chat5'), null, pg_temp.id('art1'), null, 'Oferta para Marta', 'MARKDOWN', '# Oferta con entrega', true, sha256('artifact share 1'), '{"language": "es", "words": 3}'),
    (pg_temp.id('art3'), pg_temp.id('cars'), 1, '2026-02-11T09:03Z', '2026-02-11T09:03Z', pg_temp.id('jan'), null, null, null, null, null, 'Turnos', 'TABLE', E'day,who\nMon,Jan', false, null, '{"columns": ["day", "who"]}'),
    (pg_temp.id('art4'), pg_temp.id('cars'), 1, '2026-02-12T09:00Z', '2026-02-12T09:00Z', pg_temp.id('jan'), null, null, null, null, pg_temp.id('paper'), 'Contrato', 'IMAGE', null, false, null, '{}'),
    (pg_temp.id('casaart'), pg_temp.id('casas'), 1, '2026-02-10T09:03Z', '2026-02-10T09:03Z', pg_temp.id('eva'), pg_temp.id('casaask'), pg_temp.id('casachat5'), pg_temp.id('casachat5b'), null, null, 'Tasación', 'JSON', '{"price": 240000}', true, sha256('artifact share 2'), '{"schema": "valuation"}');

reset session_replication_role;
