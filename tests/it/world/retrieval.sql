-- The world of the tests, part retrieval: rows of both businesses; comes after world.sql and before end.sql, which gives what triggers have stamped a fixed time.

-- Without triggers, which queue jobs; what they count stands here.
set session_replication_role = replica;

insert into rag_documents (id, tenant_id, created_at, updated_at, user_id, file_id, title, source, source_url, content, tags, indexed, indexed_at, index_error, vector_ids, chunk_count) values
    (pg_temp.id('d0c1'), pg_temp.id('cars'), '2026-01-20T09:00Z', '2026-01-20T09:00Z', pg_temp.id('ana'), null, 'Garantía', 'PASTE', null, 'La garantía dura dos años.', '{ventas,legal}', true, '2026-01-20T09:00Z', null, array[pg_temp.id('part1')::text], 1),
    (pg_temp.id('d0c2'), pg_temp.id('cars'), '2026-01-21T09:00Z', '2026-01-21T09:00Z', pg_temp.id('jan'), pg_temp.id('paper'), 'Contrato', 'FILE', null, null, '{legal}', false, null, 'FILE_GONE', '{}', 0),
    (pg_temp.id('d0c3'), pg_temp.id('cars'), '2026-01-22T09:00Z', '2026-01-22T09:00Z', pg_temp.id('ana'), null, 'Tarifas', 'URL', 'https://autos.test/tarifas', null, '{}', false, null, 'PAGE_UNAVAILABLE', '{}', 0),
    (pg_temp.id('casad0c'), pg_temp.id('casas'), '2026-01-20T09:00Z', '2026-01-20T09:00Z', pg_temp.id('eva'), null, 'Notaría', 'PASTE', null, 'La notaría pide la nota simple.', '{legal}', true, '2026-01-20T09:00Z', null, array[pg_temp.id('casapart')::text], 1);

insert into rag_chunks (id, tenant_id, created_at, user_id, document_id, ordinal, content, model, embedding) values
    (pg_temp.id('part1'), pg_temp.id('cars'), '2026-01-20T09:00Z', pg_temp.id('ana'), pg_temp.id('d0c1'), 1, 'La garantía dura dos años.', 'world', '{0.6,0.8}'),
    (pg_temp.id('casapart'), pg_temp.id('casas'), '2026-01-20T09:00Z', pg_temp.id('eva'), pg_temp.id('casad0c'), 1, 'La notaría pide la nota simple.', 'world', '{0.8,0.6}');

insert into rag_settings (id, tenant_id, created_at, updated_at, user_id, top_k, threshold, collections) values
    (pg_temp.id('fnd1'), pg_temp.id('cars'), '2026-01-20T08:00Z', '2026-01-20T08:00Z', pg_temp.id('ana'), 3, 0.2, '{}'),
    (pg_temp.id('casafnd'), pg_temp.id('casas'), '2026-01-20T08:00Z', '2026-01-20T08:00Z', pg_temp.id('eva'), 5, 0.7, '{legal}');

reset session_replication_role;
