-- The world of the tests, part usage: rows of both businesses; comes after world.sql and before end.sql, which gives what triggers have stamped a fixed time.

-- Without triggers, because alerts go off at the present moment; what they sum up stands here.
set session_replication_role = replica;

insert into model_prices (id, tenant_id, created_at, updated_at, model, input_price, output_price) values
    (pg_temp.id('rate1'), pg_temp.id('cars'), '2026-01-05T09:00Z', '2026-01-05T09:00Z', 'local', 2, 10),
    (pg_temp.id('casarate'), pg_temp.id('casas'), '2026-01-05T09:00Z', '2026-01-05T09:00Z', 'local', 1.5, 6);

insert into usage_logs (id, tenant_id, created_at, user_id, agent_id, thread_id, tokens_input, tokens_output, model, cost_input, cost_output, duration, success, occurred_at) values
    (pg_temp.id('vse1'), pg_temp.id('cars'), '2026-02-10T09:02Z', pg_temp.id('ana'), pg_temp.id('ask1'), pg_temp.id('chat5'), 30, 12, 'local', 0.000060, 0.000120, 900, true, '2026-02-10T09:02Z'),
    (pg_temp.id('vse2'), pg_temp.id('cars'), '2026-02-11T09:02Z', pg_temp.id('jan'), pg_temp.id('ask2'), pg_temp.id('chat7'), 24, 6, 'local', 0.000048, 0.000060, 700, true, '2026-02-11T09:02Z'),
    (pg_temp.id('casavse'), pg_temp.id('casas'), '2026-02-10T09:02Z', pg_temp.id('eva'), pg_temp.id('casaask'), pg_temp.id('casachat5'), 15, 5, 'local', 0.000023, 0.000030, 600, true, '2026-02-10T09:02Z');
update users set total_tokens_used = 42 where id = pg_temp.id('ana');
update users set total_tokens_used = 30 where id = pg_temp.id('jan');
update users set total_tokens_used = 20 where id = pg_temp.id('eva');

insert into monthly_usage (id, tenant_id, created_at, updated_at, user_id, year, month, total_messages, total_tokens, total_cost, agent_usage, limit_messages, limit_tokens) values
    (pg_temp.id('mnth1'), pg_temp.id('cars'), '2026-02-10T09:02Z', '2026-02-10T09:02Z', pg_temp.id('ana'), 2026, 2, 1, 42, 0.000180, '{"ventas": {"tokens": 42, "messages": 1}}', null, null),
    (pg_temp.id('mnth2'), pg_temp.id('cars'), '2026-02-11T09:02Z', '2026-02-11T09:02Z', pg_temp.id('jan'), 2026, 2, 1, 30, 0.000108, '{"taller": {"tokens": 30, "messages": 1}}', 200, 36),
    (pg_temp.id('casamnth'), pg_temp.id('casas'), '2026-02-10T09:02Z', '2026-02-10T09:02Z', pg_temp.id('eva'), 2026, 2, 1, 20, 0.000053, '{"tasadora": {"tokens": 20, "messages": 1}}', 1, null);

insert into usage_alerts (id, tenant_id, created_at, updated_at, user_id, type, threshold, year, month, triggered, triggered_at) values
    (pg_temp.id('near1'), pg_temp.id('cars'), '2026-02-11T09:02Z', '2026-02-11T09:02Z', pg_temp.id('jan'), 'TOKENS', 80, 2026, 2, true, '2026-02-11T09:02Z'),
    (pg_temp.id('casanear1'), pg_temp.id('casas'), '2026-02-10T09:02Z', '2026-02-10T09:02Z', pg_temp.id('eva'), 'MESSAGES', 80, 2026, 2, true, '2026-02-10T09:02Z'),
    (pg_temp.id('casanear2'), pg_temp.id('casas'), '2026-02-10T09:02Z', '2026-02-10T09:02Z', pg_temp.id('eva'), 'MESSAGES', 90, 2026, 2, true, '2026-02-10T09:02Z'),
    (pg_temp.id('casanear3'), pg_temp.id('casas'), '2026-02-10T09:02Z', '2026-02-10T09:02Z', pg_temp.id('eva'), 'MESSAGES', 100, 2026, 2, true, '2026-02-10T09:02Z');

reset session_replication_role;
