-- The world of the tests, part assistants: rows of both businesses; comes after world.sql and before end.sql, which gives what triggers have stamped a fixed time.

-- Without triggers, because they queue jobs and count months of the present moment; what they count stands here.
set session_replication_role = replica;

insert into ai_agents (id, tenant_id, created_at, updated_at, created_by_id, name, slug, category, model, system_prompt, config, is_public, is_active, total_uses) values
    (pg_temp.id('ask1'), pg_temp.id('cars'), '2026-01-10T09:00Z', '2026-01-10T09:00Z', pg_temp.id('ana'), 'Vendedora', 'ventas', 'sales', 'local', 'Contesta en dos frases.', '{"temperature": 0.4, "max_tokens": 400, "tone": "warm"}', true, true, 1),
    (pg_temp.id('ask2'), pg_temp.id('cars'), '2026-01-11T09:00Z', '2026-01-11T09:00Z', pg_temp.id('ana'), 'Taller', 'taller', 'service', 'local', null, '{}', false, true, 1),
    (pg_temp.id('ask3'), pg_temp.id('cars'), '2026-01-12T09:00Z', '2026-01-12T09:00Z', pg_temp.id('ana'), 'Antiguo', 'antiguo', null, 'local', null, '{}', true, false, 0),
    (pg_temp.id('casaask'), pg_temp.id('casas'), '2026-01-10T09:00Z', '2026-01-10T09:00Z', pg_temp.id('eva'), 'Tasadora', 'tasadora', 'sales', 'local', null, '{}', false, true, 1);

insert into ai_agent_permissions (id, tenant_id, created_at, updated_at, user_id, agent_id, agent_created_by_id, granted_by_id, granted_at) values
    (pg_temp.id('pass1'), pg_temp.id('cars'), '2026-01-11T09:10Z', '2026-01-11T09:10Z', pg_temp.id('jan'), pg_temp.id('ask2'), pg_temp.id('ana'), pg_temp.id('ana'), '2026-01-11T09:10Z'),
    (pg_temp.id('casapass'), pg_temp.id('casas'), '2026-01-11T09:10Z', '2026-01-11T09:10Z', pg_temp.id('max'), pg_temp.id('casaask'), pg_temp.id('eva'), pg_temp.id('eva'), '2026-01-11T09:10Z');

insert into chat_sessions (id, tenant_id, created_at, updated_at, user_id, session_key, started_at, last_activity_at, metadata) values
    (pg_temp.id('sess1'), pg_temp.id('cars'), '2026-02-10T09:00Z', '2026-02-10T09:00Z', pg_temp.id('ana'), 'web-1', '2026-02-10T09:00Z', '2026-02-10T09:10Z', '{"page": "/stock", "extra": [1, 2]}'),
    (pg_temp.id('sess2'), pg_temp.id('cars'), '2026-02-11T09:00Z', '2026-02-11T09:00Z', pg_temp.id('jan'), null, '2026-02-11T09:00Z', '2026-02-11T09:02Z', null),
    (pg_temp.id('casasess'), pg_temp.id('casas'), '2026-02-10T09:00Z', '2026-02-10T09:00Z', pg_temp.id('eva'), 'web-1', '2026-02-10T09:00Z', '2026-02-10T09:02Z', null);

insert into chat_threads (id, tenant_id, created_at, updated_at, user_id, session_id, agent_id, title, message_count, token_count) values
    (pg_temp.id('chat5'), pg_temp.id('cars'), '2026-02-10T09:00Z', '2026-02-10T09:00Z', pg_temp.id('ana'), pg_temp.id('sess1'), pg_temp.id('ask1'), 'Oferta para Marta', 2, 42),
    (pg_temp.id('chat6'), pg_temp.id('cars'), '2026-02-10T09:09Z', '2026-02-10T09:09Z', pg_temp.id('ana'), pg_temp.id('sess1'), null, 'Garantía', 1, 0),
    (pg_temp.id('chat7'), pg_temp.id('cars'), '2026-02-11T09:00Z', '2026-02-11T09:00Z', pg_temp.id('jan'), pg_temp.id('sess2'), pg_temp.id('ask2'), 'Cita de taller', 2, 30),
    (pg_temp.id('casachat5'), pg_temp.id('casas'), '2026-02-10T09:00Z', '2026-02-10T09:00Z', pg_temp.id('eva'), pg_temp.id('casasess'), pg_temp.id('casaask'), 'Piso en el centro', 2, 20),
    (pg_temp.id('casachat6'), pg_temp.id('casas'), '2026-02-10T09:30Z', '2026-02-10T09:30Z', pg_temp.id('eva'), pg_temp.id('casasess'), null, 'Notaría', 1, 0);

insert into chat_messages (id, tenant_id, created_at, user_id, thread_id, role, content, tokens_input, tokens_output, metadata) values
    (pg_temp.id('chat5a'), pg_temp.id('cars'), '2026-02-10T09:01Z', pg_temp.id('ana'), pg_temp.id('chat5'), 'USER', '¿Qué oferta le hago a Marta?', 0, 0, null),
    (pg_temp.id('chat5b'), pg_temp.id('cars'), '2026-02-10T09:02Z', pg_temp.id('ana'), pg_temp.id('chat5'), 'ASSISTANT', 'Ofrécele la entrega gratis. Le gusta el color rojo.', 30, 12, '{"model": "local", "provider": "LOCAL", "finishReason": "STOP", "durationMs": 900}'),
    (pg_temp.id('chat6a'), pg_temp.id('cars'), '2026-02-10T09:10Z', pg_temp.id('ana'), pg_temp.id('chat6'), 'USER', '¿Cuánto dura la garantía?', 0, 0, null),
    (pg_temp.id('chat7a'), pg_temp.id('cars'), '2026-02-11T09:01Z', pg_temp.id('jan'), pg_temp.id('chat7'), 'USER', '¿Hay hueco el lunes?', 0, 0, null),
    (pg_temp.id('chat7b'), pg_temp.id('cars'), '2026-02-11T09:02Z', pg_temp.id('jan'), pg_temp.id('chat7'), 'ASSISTANT', 'Sí, a las diez.', 24, 6, '{"model": "local", "provider": "LOCAL", "finishReason": "STOP", "durationMs": 700}'),
    (pg_temp.id('casachat5a'), pg_temp.id('casas'), '2026-02-10T09:01Z', pg_temp.id('eva'), pg_temp.id('casachat5'), 'USER', '¿Cuánto vale el piso?', 0, 0, null),
    (pg_temp.id('casachat5b'), pg_temp.id('casas'), '2026-02-10T09:02Z', pg_temp.id('eva'), pg_temp.id('casachat5'), 'ASSISTANT', 'Unos 240.000.', 15, 5, null),
    (pg_temp.id('casachat6a'), pg_temp.id('casas'), '2026-02-10T09:31Z', pg_temp.id('eva'), pg_temp.id('casachat6'), 'USER', '¿Qué papeles pide la notaría?', 0, 0, null);
update users set total_messages = 3 where id in (pg_temp.id('ana'), pg_temp.id('eva'));
update users set total_messages = 2 where id = pg_temp.id('jan');

insert into ai_requests (id, tenant_id, created_at, updated_at, user_id, source, provider, request_payload, response_payload, status, completed_at, thread_id, message_id, reply_id, reserved_tokens) values
    (pg_temp.id('req1'), pg_temp.id('cars'), '2026-02-10T09:01Z', '2026-02-10T09:02Z', pg_temp.id('ana'), 'CHAT', 'LOCAL', '{"model": "local"}', '{"model": "local", "finishReason": "STOP", "tokensInput": 30, "tokensOutput": 12}', 'COMPLETED', '2026-02-10T09:02Z', pg_temp.id('chat5'), pg_temp.id('chat5a'), pg_temp.id('chat5b'), 400),
    (pg_temp.id('req2'), pg_temp.id('cars'), '2026-02-10T09:10Z', '2026-02-10T09:11Z', pg_temp.id('ana'), 'CHAT', 'LOCAL', '{"model": "local"}', '{"error": {"code": "MODEL_TIMED_OUT", "message": "The language model does not answer in time."}}', 'FAILED', '2026-02-10T09:11Z', pg_temp.id('chat6'), pg_temp.id('chat6a'), null, 1000),
    (pg_temp.id('req3'), pg_temp.id('cars'), '2026-02-11T09:01Z', '2026-02-11T09:01Z', pg_temp.id('jan'), 'CHAT', 'LOCAL', '{"model": "local"}', null, 'PROCESSING', null, pg_temp.id('chat7'), pg_temp.id('chat7a'), null, 1000),
    (pg_temp.id('casareq'), pg_temp.id('casas'), '2026-02-10T09:31Z', '2026-02-10T09:31Z', pg_temp.id('eva'), 'CHAT', 'LOCAL', '{"model": "local"}', null, 'PROCESSING', null, pg_temp.id('casachat6'), pg_temp.id('casachat6a'), null, 1000);

insert into chat_reply_chunks (tenant_id, request_id, user_id, created_at, begins_at, ends_at, kind, content) values
    (pg_temp.id('cars'), pg_temp.id('req3'), pg_temp.id('jan'), '2026-02-11T09:01Z', 0, 3, 'TEXT', 'Sí,'),
    (pg_temp.id('casas'), pg_temp.id('casareq'), pg_temp.id('eva'), '2026-02-10T09:31Z', 0, 3, 'TEXT', 'La ');

reset session_replication_role;
