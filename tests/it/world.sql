-- The world in which the scripts play: two businesses, a few people, a handful of rows of every table.
--
-- Every row has a name, and `pg_temp.id` makes its key so that the global ID ends in the name: pg_temp.id('marta') is
-- what the API shows as contact_000000000000000000000marta. A name has digits and lower case letters other than
-- i, l, o and u. The order of the keys is by length, then by letter.
--
-- All times are fixed and lie in the first months of 2026. What triggers stamp with the present moment is put right at
-- the end, so that nothing in the world depends on when it was made.

create function pg_temp.id(name text) returns uuid
language sql immutable
as $$
    -- Five bits a letter, as in a global ID; then four bits a digit, as in a UUID. Any other name gives null.
    with letters as (
        select lpad(
                   string_agg(
                       (strpos('0123456789abcdefghjkmnpqrstvwxyz', letter) - 1)::bit(5)::text, '' order by place
                   ),
                   128, '0'
               ) as bits
        from unnest(string_to_array(name, null)) with ordinality as spelled (letter, place)
        where name ~ '^[0-9a-hjkmnp-tv-z]{1,25}$'
    )
    select string_agg(to_hex(substr(bits, digit * 4 + 1, 4)::bit(4)::integer), '' order by digit)::uuid
    from letters, generate_series(0, 31) as digit
$$;

-- Two businesses and their people -----------------------------------------------------------------------------------

insert into tenants (id, created_at, updated_at, name, email, status, slug, default_currency, timezone) values
    (pg_temp.id('cars'), '2026-01-01T08:00Z', '2026-01-01T08:00Z', 'Autos del Sur', 'hola@autos.test', 'ACTIVE', 'autos', 'EUR', 'Europe/Madrid'),
    (pg_temp.id('casas'), '2026-01-01T08:00Z', '2026-01-01T08:00Z', 'Casas Norte', 'hola@casas.test', 'ACTIVE', 'casas', 'USD', 'America/Bogota');
-- … and the people who run the platform.
insert into tenants (id, created_at, updated_at, name, email, status, slug, default_currency, timezone, is_platform) values
    (pg_temp.id('base'), '2026-01-01T08:00Z', '2026-01-01T08:00Z', 'Mostrador', 'hola@platform.test', 'ACTIVE', 'platform', 'EUR', 'Europe/Madrid', true);

-- Settings and credentials came with the tenants. The key is no column that raises the version.
update tenant_settings set id = pg_temp.id('settn'), created_at = '2026-01-01T08:00Z', updated_at = '2026-01-01T08:00Z',
    whatsapp_enabled = true, calls_enabled = true, appointments_enabled = true;
update tenant_credentials set id = pg_temp.id('keys'), created_at = '2026-01-01T08:00Z', updated_at = '2026-01-01T08:00Z';

-- Everybody's password is "correct horse battery staple", hashed as cheaply as can be.
alter table users alter column password_hash
    set default '$argon2id$v=19$m=8,t=1,p=1$bW9zdHJhZG9yLXdvcmxkIQ$6+lbm5XYr9MRj499CpUYWvAGRFfilDWU8/B1ExazeTU';
insert into users (id, tenant_id, created_at, updated_at, email, first_name, last_name, display_name, phone, role, is_active, subscription_tier, is_first_login) values
    (pg_temp.id('ana'), pg_temp.id('cars'), '2026-01-01T08:01Z', '2026-01-01T08:01Z', 'ana@autos.test', 'Ana', 'Molina', 'Ana Molina', '+34600000101', 'ADMIN', true, 'PRO', false),
    (pg_temp.id('jan'), pg_temp.id('cars'), '2026-01-01T08:02Z', '2026-01-01T08:02Z', 'jan@autos.test', 'Jan', 'Vives', 'Jan Vives', '+34600000102', 'AGENT', true, 'FREE', false),
    (pg_temp.id('peter'), pg_temp.id('cars'), '2026-01-01T08:03Z', '2026-01-01T08:03Z', 'peter@autos.test', 'Peter', 'Gone', 'Peter Gone', null, 'AGENT', false, 'FREE', false),
    (pg_temp.id('eva'), pg_temp.id('casas'), '2026-01-01T08:01Z', '2026-01-01T08:01Z', 'eva@casas.test', 'Eva', 'Romero', 'Eva Romero', '+573000000101', 'ADMIN', true, 'BASIC', false),
    (pg_temp.id('max'), pg_temp.id('casas'), '2026-01-01T08:02Z', '2026-01-01T08:02Z', 'max@casas.test', 'Max', 'Sanz', 'Max Sanz', null, 'AGENT', true, 'FREE', false),
    (pg_temp.id('vera'), pg_temp.id('base'), '2026-01-01T08:01Z', '2026-01-01T08:01Z', 'vera@platform.test', 'Vera', 'Duarte', 'Vera Duarte', null, 'SUPER_ADMIN', true, 'FREE', false);
alter table users alter column password_hash drop default;

insert into sessions (id, tenant_id, created_at, updated_at, user_id, session_token_hash, refresh_token_hash, ip_address, user_agent, expires_at, last_used_at) values
    (pg_temp.id('tab1'), pg_temp.id('cars'), '2026-03-02T08:00Z', '2026-03-02T08:00Z', pg_temp.id('ana'), sha256('session 1'), sha256('refresh 1'), '203.0.113.7', 'Firefox', '2026-04-01T08:00Z', '2026-03-02T09:00Z'),
    (pg_temp.id('tab2'), pg_temp.id('casas'), '2026-03-02T08:00Z', '2026-03-02T08:00Z', pg_temp.id('eva'), sha256('session 2'), sha256('refresh 2'), null, null, '2026-04-01T08:00Z', '2026-03-02T09:00Z');

insert into oauth_accounts (id, tenant_id, created_at, updated_at, user_id, provider, provider_account_id) values
    (pg_temp.id('key1'), pg_temp.id('cars'), '2026-01-01T08:03Z', '2026-01-01T08:03Z', pg_temp.id('ana'), 'google', '10769150350006150715113082367'),
    (pg_temp.id('key2'), pg_temp.id('casas'), '2026-01-01T08:03Z', '2026-01-01T08:03Z', pg_temp.id('eva'), 'google', '21481113380006150715113082367');

-- Contacts ------------------------------------------------------------------------------------------------------------

insert into contact_statuses (id, tenant_id, created_at, updated_at, name, code, color, description, display_order, is_default, is_final) values
    (pg_temp.id('fresh'), pg_temp.id('cars'), '2026-01-01T08:10Z', '2026-01-01T08:10Z', 'Nuevo', 'NEW', '#3366FF', 'Todavía sin atender', 1, true, false),
    (pg_temp.id('warm'), pg_temp.id('cars'), '2026-01-01T08:11Z', '2026-01-01T08:11Z', 'En conversación', 'TALKING', null, null, 2, false, false),
    (pg_temp.id('past'), pg_temp.id('cars'), '2026-01-01T08:12Z', '2026-01-01T08:12Z', 'Cliente', 'CUSTOMER', '#00AA55', null, 3, false, true),
    (pg_temp.id('casafresh'), pg_temp.id('casas'), '2026-01-01T08:10Z', '2026-01-01T08:10Z', 'Nuevo', 'NEW', null, null, 1, true, false);

insert into custom_fields (id, tenant_id, created_at, updated_at, field_name, field_label, field_type, options, display_order) values
    (pg_temp.id('want'), pg_temp.id('cars'), '2026-01-01T08:20Z', '2026-01-01T08:20Z', 'interest', 'Interés', 'SELECT', '["buy", "sell", "rent"]', 1),
    (pg_temp.id('extras'), pg_temp.id('cars'), '2026-01-01T08:21Z', '2026-01-01T08:21Z', 'extras', 'Extras', 'MULTI_SELECT', '["towbar", "sunroof", "camera"]', 2),
    (pg_temp.id('seats'), pg_temp.id('cars'), '2026-01-01T08:22Z', '2026-01-01T08:22Z', 'seats', 'Plazas', 'NUMBER', null, 3),
    (pg_temp.id('remark'), pg_temp.id('cars'), '2026-01-01T08:23Z', '2026-01-01T08:23Z', 'remark', 'Observación', 'TEXT', null, 4);

insert into contacts (id, tenant_id, created_at, updated_at, display_name, first_name, last_name, phone, email, address, attributes, lead_score, nurture_status, status_id, owner_id) values
    (pg_temp.id('marta'), pg_temp.id('cars'), '2026-01-10T10:00Z', '2026-01-10T10:00Z', 'Marta Ruiz', 'Marta', 'Ruiz', '+34600000001', 'marta@example.com', 'Calle Feria 1, Sevilla', '{"interest": "buy", "seats": 5}', 80, 'HOT', pg_temp.id('warm'), pg_temp.id('jan')),
    (pg_temp.id('agata'), pg_temp.id('cars'), '2026-01-11T10:00Z', '2026-01-11T10:00Z', 'Ágata Núñez', 'Ágata', 'Núñez', '+34600000002', null, null, '{"interest": "sell"}', 40, 'WARM', pg_temp.id('fresh'), pg_temp.id('ana')),
    (pg_temp.id('german'), pg_temp.id('cars'), '2026-01-12T10:00Z', '2026-01-12T10:00Z', 'Germán Peña', 'Germán', 'Peña', null, 'german@example.com', null, '{}', 40, 'NEW', null, null),
    (pg_temp.id('bernat'), pg_temp.id('cars'), '2026-01-13T10:00Z', '2026-01-13T10:00Z', 'Bernat Ferrer', 'Bernat', 'Ferrer', '+34600000004', 'bernat@example.com', null, '{"interest": "buy", "extras": ["towbar", "camera"], "seats": 7}', 10, 'COLD', pg_temp.id('past'), pg_temp.id('jan')),
    (pg_temp.id('esteban'), pg_temp.id('cars'), '2026-01-14T10:00Z', '2026-01-14T10:00Z', 'Esteban Olvidado', 'Esteban', 'Olvidado', '+34600000005', 'esteban@example.com', null, '{}', 0, 'NEW', pg_temp.id('fresh'), null),
    (pg_temp.id('carmen'), pg_temp.id('casas'), '2026-01-10T10:00Z', '2026-01-10T10:00Z', 'Carmen Díaz', 'Carmen', 'Díaz', '+573000000001', 'carmen@example.com', null, '{}', 60, 'HOT', pg_temp.id('casafresh'), pg_temp.id('eva')),
    -- The same phone number as Marta: unique within a business only.
    (pg_temp.id('andres'), pg_temp.id('casas'), '2026-01-11T10:00Z', '2026-01-11T10:00Z', 'Andrés Gil', 'Andrés', 'Gil', '+34600000001', null, null, '{}', 20, 'NEW', pg_temp.id('casafresh'), null);

insert into contact_status_history (id, tenant_id, created_at, contact_id, from_status_id, to_status_id, changed_by_id, reason, changed_at) values
    (pg_temp.id('m0ve1'), pg_temp.id('cars'), '2026-01-20T10:00Z', pg_temp.id('marta'), pg_temp.id('fresh'), pg_temp.id('warm'), pg_temp.id('jan'), 'Answered', '2026-01-20T10:00Z');

insert into leads (id, tenant_id, created_at, updated_at, contact_id, assigned_to_id, source, status, priority, budget_min, budget_max, currency, preferences) values
    (pg_temp.id('want1'), pg_temp.id('cars'), '2026-01-15T10:00Z', '2026-01-15T10:00Z', pg_temp.id('marta'), pg_temp.id('jan'), 'WEBSITE', 'QUALIFIED', 'HIGH', 15000, 22000, 'EUR', 'Compacto, gasolina'),
    (pg_temp.id('want2'), pg_temp.id('cars'), '2026-01-16T10:00Z', '2026-01-16T10:00Z', pg_temp.id('agata'), null, 'WALK_IN', 'NEW', 'NORMAL', null, null, 'EUR', null),
    (pg_temp.id('want3'), pg_temp.id('casas'), '2026-01-16T10:00Z', '2026-01-16T10:00Z', pg_temp.id('carmen'), pg_temp.id('max'), 'MARKETPLACE', 'CONTACTED', 'NORMAL', null, 250000, 'USD', 'Tres habitaciones');

insert into lead_activities (id, tenant_id, created_at, lead_id, user_id, activity_type, description, occurred_at) values
    (pg_temp.id('step1'), pg_temp.id('cars'), '2026-01-18T10:00Z', pg_temp.id('want1'), pg_temp.id('jan'), 'CALL', 'Le interesa el León', '2026-01-18T10:00Z');

insert into interactions (id, tenant_id, created_at, updated_at, contact_id, user_id, type, notes, occurred_at, outcome) values
    (pg_temp.id('met1'), pg_temp.id('cars'), '2026-01-22T17:00Z', '2026-01-22T17:00Z', pg_temp.id('marta'), pg_temp.id('jan'), 'MEETING', 'Vino a ver el León', '2026-01-22T16:00Z', 'Prueba de conducción pedida');

-- Real estate: what appointments, tasks and sales may be about ---------------------------------------------------------

insert into properties (id, tenant_id, created_at, updated_at, owner_id, title, address, location, property_type, bedrooms, bathrooms, size_sqft, price, currency) values
    (pg_temp.id('casa1'), pg_temp.id('casas'), '2026-01-05T10:00Z', '2026-01-05T10:00Z', pg_temp.id('max'), 'Casa con jardín', 'Carrera 7 # 80-12', 'Chapinero', 'HOUSE', 4, 3, 2400, 320000, 'USD'),
    (pg_temp.id('apt2'), pg_temp.id('casas'), '2026-01-06T10:00Z', '2026-01-06T10:00Z', pg_temp.id('eva'), 'Ático luminoso', 'Calle 93 # 11-20', 'El Chicó', 'APARTMENT', 2, 2, 980, 210000, 'USD'),
    (pg_temp.id('apt3'), pg_temp.id('casas'), '2026-01-07T10:00Z', '2026-01-07T10:00Z', null, 'Estudio céntrico', null, 'La Candelaria', 'APARTMENT', null, 1, 430, 700, 'USD');

insert into media (id, tenant_id, created_at, updated_at, property_id, url, type, metadata, uploaded_at) values
    (pg_temp.id('fr0nt1'), pg_temp.id('casas'), '2026-01-05T11:00Z', '2026-01-05T11:00Z', pg_temp.id('casa1'), 'https://img.casas.test/casa1.jpg', 'IMAGE', '{"caption": "Fachada", "width": 1200}', '2026-01-05T11:00Z');

insert into market_analyses (id, tenant_id, created_at, updated_at, property_id, suggested_price, currency, market_position, confidence, comps, recommendations, completed_at) values
    (pg_temp.id('cma1'), pg_temp.id('casas'), '2026-01-08T10:00Z', '2026-01-08T10:00Z', pg_temp.id('casa1'), 310000, 'USD', 'ABOVE', 0.82, '[{"address": "Carrera 7 # 82-01", "price": 305000}]', 'Bajar un 3 %', '2026-01-09T10:00Z'),
    (pg_temp.id('cma2'), pg_temp.id('casas'), '2026-02-08T10:00Z', '2026-02-08T10:00Z', pg_temp.id('apt2'), null, 'USD', null, null, null, null, null);

insert into property_interests (id, tenant_id, created_at, updated_at, contact_id, property_id, notes) values
    (pg_temp.id('heart1'), pg_temp.id('casas'), '2026-01-17T10:00Z', '2026-01-17T10:00Z', pg_temp.id('carmen'), pg_temp.id('casa1'), 'Le gusta el jardín');

insert into tasks (id, tenant_id, created_at, updated_at, owner_id, contact_id, property_id, title, status, priority, category, due_date, progress) values
    (pg_temp.id('task1'), pg_temp.id('cars'), '2026-02-01T10:00Z', '2026-02-01T10:00Z', pg_temp.id('jan'), pg_temp.id('marta'), null, 'Llamar a Marta', 'PENDING', 'HIGH', 'CALL', '2026-03-03T10:00Z', 0),
    (pg_temp.id('task2'), pg_temp.id('cars'), '2026-02-02T10:00Z', '2026-02-02T10:00Z', pg_temp.id('ana'), null, null, 'Renovar el seguro', 'PROCESSING', 'NORMAL', 'PAPERWORK', null, 40),
    (pg_temp.id('task3'), pg_temp.id('casas'), '2026-02-02T10:00Z', '2026-02-02T10:00Z', pg_temp.id('max'), pg_temp.id('carmen'), pg_temp.id('casa1'), 'Enseñar la casa', 'PENDING', 'NORMAL', 'VIEWING', '2026-03-05T15:00Z', 0);

-- The inbox -----------------------------------------------------------------------------------------------------------

insert into whatsapp_templates (id, tenant_id, created_at, updated_at, provider_template_id, name, language, category, status, body_text, variables) values
    (pg_temp.id('greet'), pg_temp.id('cars'), '2026-01-02T10:00Z', '2026-01-02T10:00Z', 'wa-1001', 'saludo', 'es', 'UTILITY', 'APPROVED', 'Hola {{1}}, ¿en qué podemos ayudarle?', '["name"]'),
    (pg_temp.id('sa1e'), pg_temp.id('cars'), '2026-01-03T10:00Z', '2026-01-03T10:00Z', null, 'rebajas', 'es', 'MARKETING', 'PENDING', 'Rebajas hasta el {{1}}', '["date"]');

insert into conversation_tags (id, tenant_id, created_at, updated_at, name, color, icon, is_system) values
    (pg_temp.id('best'), pg_temp.id('cars'), '2026-01-02T10:00Z', '2026-01-02T10:00Z', 'Importante', '#FF0000', 'star', false),
    (pg_temp.id('spam'), pg_temp.id('cars'), '2026-01-01T08:00Z', '2026-01-01T08:00Z', 'Spam', null, null, true);

insert into conversations (id, tenant_id, created_at, updated_at, contact_id, assigned_to_id, channel, status) values
    (pg_temp.id('chat1'), pg_temp.id('cars'), '2026-02-10T09:00Z', '2026-02-10T09:00Z', pg_temp.id('marta'), pg_temp.id('jan'), 'WHATSAPP', 'OPEN'),
    (pg_temp.id('chat2'), pg_temp.id('cars'), '2026-02-11T09:00Z', '2026-02-11T09:00Z', pg_temp.id('german'), null, 'EMAIL', 'RESOLVED'),
    (pg_temp.id('chat3'), pg_temp.id('cars'), '2026-02-12T09:00Z', '2026-02-12T09:00Z', pg_temp.id('bernat'), pg_temp.id('ana'), 'WEB_CHAT', 'ARCHIVED'),
    (pg_temp.id('chat4'), pg_temp.id('casas'), '2026-02-10T09:00Z', '2026-02-10T09:00Z', pg_temp.id('carmen'), pg_temp.id('max'), 'WHATSAPP', 'OPEN');

insert into conversation_tag_links (tenant_id, conversation_id, tag_id, created_at) values
    (pg_temp.id('cars'), pg_temp.id('chat1'), pg_temp.id('best'), '2026-02-10T09:05Z');

insert into messages (id, tenant_id, created_at, updated_at, conversation_id, sender_type, sender_user_id, content, delivery_status, provider_message_id) values
    (pg_temp.id('msg1'), pg_temp.id('cars'), '2026-02-10T09:00Z', '2026-02-10T09:00Z', pg_temp.id('chat1'), 'CONTACT', null, '¿Sigue disponible el León?', 'READ', 'wamid-1'),
    (pg_temp.id('msg2'), pg_temp.id('cars'), '2026-02-10T09:05Z', '2026-02-10T09:05Z', pg_temp.id('chat1'), 'USER', pg_temp.id('jan'), 'Sí, ¿quiere probarlo?', 'DELIVERED', 'wamid-2'),
    (pg_temp.id('msg3'), pg_temp.id('cars'), '2026-02-10T09:10Z', '2026-02-10T09:10Z', pg_temp.id('chat1'), 'CONTACT', null, 'Sí, el lunes por la mañana', 'DELIVERED', 'wamid-3'),
    (pg_temp.id('msg4'), pg_temp.id('cars'), '2026-02-11T09:00Z', '2026-02-11T09:00Z', pg_temp.id('chat2'), 'CONTACT', null, 'Gracias por todo', 'READ', null),
    (pg_temp.id('msg5'), pg_temp.id('cars'), '2026-02-11T09:01Z', '2026-02-11T09:01Z', pg_temp.id('chat2'), 'SYSTEM', null, 'Encuesta enviada', 'SENT', null),
    (pg_temp.id('msg6'), pg_temp.id('casas'), '2026-02-10T09:00Z', '2026-02-10T09:00Z', pg_temp.id('chat4'), 'CONTACT', null, 'Quiero ver la casa', 'DELIVERED', 'wamid-1');

insert into internal_notes (id, tenant_id, created_at, updated_at, conversation_id, author_id, body) values
    (pg_temp.id('n0te1'), pg_temp.id('cars'), '2026-02-10T09:06Z', '2026-02-10T09:06Z', pg_temp.id('chat1'), pg_temp.id('ana'), 'Tiene prisa: su coche pasa la ITV en marzo'),
    (pg_temp.id('n0te2'), pg_temp.id('casas'), '2026-02-10T09:06Z', '2026-02-10T09:06Z', pg_temp.id('chat4'), pg_temp.id('max'), 'Busca con jardín');

insert into internal_note_mentions (tenant_id, note_id, user_id, created_at) values
    (pg_temp.id('cars'), pg_temp.id('n0te1'), pg_temp.id('jan'), '2026-02-10T09:06Z');

insert into calls (id, tenant_id, created_at, updated_at, contact_id, agent_id, type, state, called_at, duration_seconds, summary, call_sid) values
    (pg_temp.id('rang1'), pg_temp.id('cars'), '2026-02-05T10:00Z', '2026-02-05T10:00Z', pg_temp.id('marta'), pg_temp.id('jan'), 'OUTBOUND', 'COMPLETED', '2026-02-05T10:00Z', 185, 'Pregunta por la garantía', 'CA-1'),
    (pg_temp.id('rang2'), pg_temp.id('cars'), '2026-02-06T10:00Z', '2026-02-06T10:00Z', pg_temp.id('agata'), null, 'INBOUND', 'QUEUED', '2026-02-06T10:00Z', null, null, null);

insert into ai_locks (id, tenant_id, created_at, updated_at, resource_type, resource_id, locked_by, acquired_at, expires_at) values
    (pg_temp.id('grab1'), pg_temp.id('cars'), '2026-02-10T09:10Z', '2026-02-10T09:10Z', 'CONVERSATION', pg_temp.id('chat1'), 'worker-1', '2026-02-10T09:10Z', '2026-02-10T09:15Z');

-- Campaigns -----------------------------------------------------------------------------------------------------------

insert into campaigns (id, tenant_id, created_at, updated_at, created_by_id, template_id, name, channel, status, audience, scheduled_for, completed_at) values
    (pg_temp.id('draft1'), pg_temp.id('cars'), '2026-02-20T10:00Z', '2026-02-20T10:00Z', pg_temp.id('ana'), pg_temp.id('sa1e'), 'Rebajas de marzo', 'WHATSAPP', 'DRAFT', '{"nurtureStatus": {"eq": "HOT"}}', null, null),
    (pg_temp.id('sent1'), pg_temp.id('cars'), '2026-01-25T10:00Z', '2026-01-25T10:00Z', pg_temp.id('ana'), pg_temp.id('greet'), 'Saludo de año nuevo', 'WHATSAPP', 'COMPLETED', null, null, '2026-01-26T10:00Z');

insert into campaign_batches (id, tenant_id, created_at, updated_at, campaign_id, batch_number, total_batches, contacts, status, processed_at, error_message, attempts) values
    (pg_temp.id('batch1'), pg_temp.id('cars'), '2026-01-26T09:00Z', '2026-01-26T09:00Z', pg_temp.id('sent1'), 1, 2, '[{"phone": "+34600000001", "name": "Marta Ruiz"}, {"phone": "+34600000002", "name": "Ágata Núñez"}]', 'SENT', '2026-01-26T09:30Z', null, 1),
    (pg_temp.id('batch2'), pg_temp.id('cars'), '2026-01-26T09:00Z', '2026-01-26T09:00Z', pg_temp.id('sent1'), 2, 2, '[{"phone": "+34600000004", "name": "Bernat Ferrer"}]', 'FAILED', '2026-01-26T10:00Z', 'HTTP 502', 3);

-- The calendar --------------------------------------------------------------------------------------------------------

insert into locations (id, tenant_id, created_at, updated_at, name, code, address_line1, city, country, latitude, longitude, timezone, is_default, operating_hours) values
    (pg_temp.id('centre'), pg_temp.id('cars'), '2026-01-02T10:00Z', '2026-01-02T10:00Z', 'Sevilla Centro', 'SVQ', 'Avenida de la Constitución 10', 'Sevilla', 'ES', 37.386, -5.993, 'Europe/Madrid', true, '{"mon": [["09:00", "14:00"], ["16:00", "20:00"]], "tue": [["09:00", "20:00"]], "wed": [["09:00", "20:00"]], "thu": [["09:00", "20:00"]], "fri": [["09:00", "15:00"]]}'),
    (pg_temp.id('annex'), pg_temp.id('cars'), '2026-01-03T10:00Z', '2026-01-03T10:00Z', 'Almacén', 'ALM', null, 'Dos Hermanas', 'ES', null, null, 'Europe/Madrid', false, null);

insert into appointments (id, tenant_id, created_at, updated_at, contact_id, agent_id, location_id, call_id, type, scheduled_at, duration_minutes, timezone, status, title, call_phone_number) values
    (pg_temp.id('test1'), pg_temp.id('cars'), '2026-02-10T09:20Z', '2026-02-10T09:20Z', pg_temp.id('marta'), pg_temp.id('jan'), pg_temp.id('centre'), null, 'IN_PERSON', '2026-03-09T10:00Z', 60, 'Europe/Madrid', 'SCHEDULED', 'Probar el León', null),
    (pg_temp.id('ph0ne1'), pg_temp.id('cars'), '2026-02-04T09:20Z', '2026-02-04T09:20Z', pg_temp.id('marta'), pg_temp.id('jan'), null, pg_temp.id('rang1'), 'CALL', '2026-02-05T10:00Z', 15, 'Europe/Madrid', 'COMPLETED', 'Llamada sobre la garantía', '+34600000001');

-- The stock -----------------------------------------------------------------------------------------------------------

insert into brands (id, tenant_id, created_at, updated_at, name) values
    (pg_temp.id('seat'), pg_temp.id('cars'), '2026-01-02T10:00Z', '2026-01-02T10:00Z', 'SEAT'),
    (pg_temp.id('vw'), pg_temp.id('cars'), '2026-01-02T10:01Z', '2026-01-02T10:01Z', 'Volkswagen');

insert into engine_types (id, tenant_id, created_at, updated_at, code, description, translation) values
    (pg_temp.id('gas'), pg_temp.id('cars'), '2026-01-02T10:00Z', '2026-01-02T10:00Z', 'G', 'Gasolina', 'Petrol'),
    (pg_temp.id('steam'), pg_temp.id('cars'), '2026-01-02T10:01Z', '2026-01-02T10:01Z', 'V', 'Vapor', 'Steam');

insert into vehicles (id, tenant_id, created_at, updated_at, brand_id, engine_type_id, vin, make, model, year, color, price, currency, mileage, fuel_type, transmission, status, features) values
    (pg_temp.id('seat'), pg_temp.id('cars'), '2026-01-08T10:00Z', '2026-01-08T10:00Z', pg_temp.id('seat'), pg_temp.id('gas'), 'VSSZZZKLZPR000001', 'SEAT', 'León', 2023, 'rojo', 19900, 'EUR', 21000, 'GASOLINE', 'MANUAL', 'AVAILABLE', '["Apple CarPlay", "cámara"]'),
    (pg_temp.id('megane'), pg_temp.id('cars'), '2026-01-09T10:00Z', '2026-01-09T10:00Z', null, null, 'VF1RFB00X57000002', 'Renault', 'Mégane', 2020, 'azul', 13500, 'EUR', 64000, 'DIESEL', 'MANUAL', 'AVAILABLE', null),
    (pg_temp.id('passat'), pg_temp.id('cars'), '2026-01-09T11:00Z', '2026-01-09T11:00Z', pg_temp.id('vw'), null, 'WVWZZZ3CZJE000003', 'Volkswagen', 'Passat', 2018, 'gris', 15900, 'EUR', 98000, 'DIESEL', 'AUTOMATIC', 'AVAILABLE', null),
    (pg_temp.id('e208'), pg_temp.id('cars'), '2026-01-12T11:00Z', '2026-01-12T11:00Z', null, null, 'VR3UHZKXZLT000004', 'Peugeot', 'e-208', 2022, null, 17250.50, 'EUR', 30500, 'ELECTRIC', 'AUTOMATIC', 'MAINTENANCE', null);

-- Sales: the first of each business is open and holds its item, the second is done ------------------------------------

insert into sales (id, tenant_id, created_at, updated_at, contact_id, vehicle_id, property_id, salesperson_id, deal_type, sale_price, currency, down_payment, financing_type, status, sale_date, delivery_date, notes) values
    (pg_temp.id('dea11'), pg_temp.id('cars'), '2026-02-15T10:00Z', '2026-02-15T10:00Z', pg_temp.id('agata'), pg_temp.id('megane'), null, pg_temp.id('jan'), 'SALE', 13000, 'EUR', 2000, 'LOAN', 'PENDING', null, null, null),
    (pg_temp.id('dea12'), pg_temp.id('cars'), '2026-01-20T10:00Z', '2026-01-20T10:00Z', pg_temp.id('bernat'), pg_temp.id('passat'), null, pg_temp.id('jan'), 'SALE', 15500, 'EUR', null, 'CASH', 'DELIVERED', '2026-01-21T10:00Z', '2026-01-28T10:00Z', 'Con juego de ruedas'),
    (pg_temp.id('dea13'), pg_temp.id('casas'), '2026-02-16T10:00Z', '2026-02-16T10:00Z', pg_temp.id('carmen'), null, pg_temp.id('apt2'), pg_temp.id('max'), 'SALE', 205000, 'USD', 40000, 'MORTGAGE', 'PENDING', null, null, null),
    (pg_temp.id('dea14'), pg_temp.id('casas'), '2026-01-18T10:00Z', '2026-01-18T10:00Z', pg_temp.id('andres'), null, pg_temp.id('apt3'), pg_temp.id('eva'), 'RENTAL', 700, 'USD', null, 'OTHER', 'COMPLETED', '2026-01-19T10:00Z', null, null);

-- Teams and shares ----------------------------------------------------------------------------------------------------

insert into user_groups (id, tenant_id, created_at, updated_at, name) values
    (pg_temp.id('band1'), pg_temp.id('cars'), '2026-01-02T08:00Z', '2026-01-02T08:00Z', 'Ventas'),
    (pg_temp.id('band2'), pg_temp.id('casas'), '2026-01-02T08:00Z', '2026-01-02T08:00Z', 'Ventas');

insert into user_settings (id, tenant_id, created_at, updated_at, user_id, default_model, temperature, max_tokens, rag_enabled) values
    (pg_temp.id('pref1'), pg_temp.id('cars'), '2026-01-02T08:01Z', '2026-01-02T08:01Z', pg_temp.id('ana'), 'thorough', 0.7, 4000, true),
    (pg_temp.id('pref2'), pg_temp.id('casas'), '2026-01-02T08:01Z', '2026-01-02T08:01Z', pg_temp.id('eva'), null, null, null, false);

insert into teams (id, tenant_id, created_at, updated_at, parent_id, name, kind) values
    (pg_temp.id('h0me1'), pg_temp.id('cars'), '2026-01-02T08:02Z', '2026-01-02T08:02Z', null, 'Autos del Sur', 'BROKERAGE'),
    (pg_temp.id('desk1'), pg_temp.id('cars'), '2026-01-02T08:03Z', '2026-01-02T08:03Z', pg_temp.id('h0me1'), 'Exposición', 'TEAM'),
    (pg_temp.id('desk2'), pg_temp.id('casas'), '2026-01-02T08:03Z', '2026-01-02T08:03Z', null, 'Chapinero', 'TEAM');

insert into team_members (id, tenant_id, created_at, updated_at, team_id, user_id, member_role) values
    (pg_temp.id('mate1'), pg_temp.id('cars'), '2026-01-02T08:04Z', '2026-01-02T08:04Z', pg_temp.id('h0me1'), pg_temp.id('ana'), 'OWNER'),
    (pg_temp.id('mate2'), pg_temp.id('cars'), '2026-01-02T08:05Z', '2026-01-02T08:05Z', pg_temp.id('desk1'), pg_temp.id('jan'), 'MEMBER'),
    (pg_temp.id('mate3'), pg_temp.id('casas'), '2026-01-02T08:04Z', '2026-01-02T08:04Z', pg_temp.id('desk2'), pg_temp.id('max'), 'MANAGER');

insert into canned_replies (id, tenant_id, created_at, updated_at, scope, owner_id, team_id, short_code, content) values
    (pg_temp.id('say1'), pg_temp.id('cars'), '2026-01-05T10:00Z', '2026-01-05T10:00Z', 'TENANT', null, null, 'hola', 'Hola {{contact.firstName}}, soy {{agent.firstName}} de {{business.name}}.'),
    (pg_temp.id('say2'), pg_temp.id('cars'), '2026-01-06T10:00Z', '2026-01-06T10:00Z', 'TEAM', null, pg_temp.id('desk1'), 'cita', '¿Cuándo le viene bien, {{contact.displayName}}?'),
    (pg_temp.id('say3'), pg_temp.id('cars'), '2026-01-07T10:00Z', '2026-01-07T10:00Z', 'MINE', pg_temp.id('jan'), null, 'gracias', 'Gracias, {{contact.firstName}} {{contact.lastName}}.'),
    (pg_temp.id('say4'), pg_temp.id('casas'), '2026-01-05T10:00Z', '2026-01-05T10:00Z', 'TENANT', null, null, 'hola', 'Hola {{contact.firstName}}.');

insert into resource_shares (id, tenant_id, created_at, updated_at, resource_type, resource_id, team_id, user_id, access) values
    (pg_temp.id('share1'), pg_temp.id('cars'), '2026-02-03T10:00Z', '2026-02-03T10:00Z', 'CONTACT', pg_temp.id('agata'), null, pg_temp.id('jan'), 'READ'),
    (pg_temp.id('share2'), pg_temp.id('cars'), '2026-02-03T10:01Z', '2026-02-03T10:01Z', 'LEAD', pg_temp.id('want2'), pg_temp.id('desk1'), null, 'WRITE'),
    (pg_temp.id('share3'), pg_temp.id('casas'), '2026-02-03T10:00Z', '2026-02-03T10:00Z', 'PROPERTY', pg_temp.id('apt2'), null, pg_temp.id('max'), 'READ');

-- What was deleted ----------------------------------------------------------------------------------------------------

update users set deleted_at = '2026-02-01T10:00Z', deleted_by_id = pg_temp.id('ana') where id = pg_temp.id('peter');
update contacts set deleted_at = '2026-02-01T10:00Z', deleted_by_id = pg_temp.id('ana') where id = pg_temp.id('esteban');
update engine_types set deleted_at = '2026-02-01T10:00Z', deleted_by_id = pg_temp.id('ana') where id = pg_temp.id('steam');
