-- Many rows of one tenant, so that the planner has a reason to use an index. Triggers do not run meanwhile.
set session_replication_role = replica;
insert into users (tenant_id, email, display_name, role, subscription_tier)
select t.id, 'user' || n || '@volume.test', 'User ' || n, 'USER', case n % 50 when 0 then 'ENTERPRISE' else 'FREE' end
from (select id from tenants where not is_platform order by id limit 1) t, generate_series(1, 4000) n;
insert into sessions (tenant_id, user_id, session_token_hash, refresh_token_hash, expires_at)
select u.tenant_id, u.id, sha256(convert_to('s' || u.id, 'utf8')), sha256(convert_to('r' || u.id, 'utf8')), now() + interval '1 day'
from users u where u.email like '%@volume.test';
insert into tasks (tenant_id, title, owner_id, status, category, due_date)
select u.tenant_id, 'Task', u.id, case when substr(u.email, 5, 2) = '77' then 'FAILED' else 'COMPLETED' end, 'GENERAL',
       now() - make_interval(mins => (random() * 1000000)::integer)
from users u, generate_series(1, 3) where u.email like '%@volume.test';
insert into properties (tenant_id, title, property_type, price, currency, bedrooms, location, status)
select t.id, 'Home', 'HOUSE', 100000 + n, 'EUR', n % 6, 'Town ' || n % 40, case n % 20 when 0 then 'UNDER_OFFER' else 'SOLD' end
from (select id from tenants where not is_platform order by id limit 1) t, generate_series(1, 12000) n;
insert into chat_sessions (tenant_id, user_id)
select u.tenant_id, u.id from users u, generate_series(1, 3) where u.email like '%@volume.test';
insert into chat_threads (tenant_id, session_id, user_id) select s.tenant_id, s.id, s.user_id from chat_sessions s;
insert into chat_messages (tenant_id, thread_id, user_id, role, content)
select t.tenant_id, t.id, t.user_id, 'USER', 'Hola' from chat_threads t, generate_series(1, 3);
insert into artifacts (tenant_id, user_id, name, type, content) select s.tenant_id, s.user_id, 'Plan', 'MARKDOWN', 'x' from chat_sessions s;
insert into stored_files (tenant_id, user_id, filename, original_name, storage_path, mime_type, size, checksum, access_level, usage_context)
select u.tenant_id, u.id, 'a', 'a', u.id || '/' || n, 'text/plain', 1, encode(sha256(convert_to(n::text, 'utf8')), 'hex'), 'PRIVATE',
       case n when 1 then 'HEALTH' else 'GENERAL' end
from users u, generate_series(1, 5) n where u.email like '%@volume.test';
set session_replication_role = origin;
analyze;
