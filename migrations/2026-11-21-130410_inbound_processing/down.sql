drop function app.tenants_with_old_inbound(interval);
drop function app.report_template(text, text, text, text, timestamptz);
drop trigger whatsapp_templates_version on whatsapp_templates;
alter table whatsapp_templates drop column status_reported_at;
call app.versioned('whatsapp_templates');
call app.logged('whatsapp_templates');
drop function app.change_address(text, text, text, text[], text[]);
drop function app.receive_message(
    uuid, text, uuid, text[], text[], text, text, text, text, text, text, text, text, text, jsonb, timestamptz
);
drop trigger messages_provider_known_new on messages;
drop function app.messages_provider_known_new();
drop trigger messages_provider_known on messages;
drop function app.messages_provider_known();
drop function app.claim_parked_events(uuid, uuid, text, text);
drop function app.provider_event(text, text, text, text, timestamptz, text, text);
drop function app.apply_provider_event(uuid, uuid, text, text, timestamptz, text, text);
drop function app.lock_provider_message(uuid, text, text);
drop function app.bare_provider_id(text, text);
drop table parked_reports;
