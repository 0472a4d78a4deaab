drop function app.tenants_with_late_tickets();
drop table support_messages;
drop function app.support_messages_answered();
drop function app.support_messages_said();
drop function app.support_messages_logged();
drop function app.support_messages_living_references();
drop function app.is_attachment_list(jsonb);
drop table support_tickets;
drop function app.support_tickets_ask_assistant();
drop function app.support_tickets_assigned();
drop function app.support_tickets_clock();
drop function app.support_tickets_made();
drop function app.support_tickets_logged();
drop function app.support_tickets_living_references();
drop function app.ticket_due(uuid, text, timestamptz);
drop function app.next_ticket_number(uuid);
drop table support_ticket_numbers;

drop trigger tenant_settings_version on tenant_settings;
alter table tenant_settings
    drop column ticket_answer_minutes_low,
    drop column ticket_answer_minutes_normal,
    drop column ticket_answer_minutes_high,
    drop column ticket_answer_minutes_urgent;
call app.versioned('tenant_settings');
call app.logged('tenant_settings');
