drop trigger messages_sendable_again on messages;
drop trigger messages_sendable on messages;
drop function app.messages_sendable();
drop function app.fill_template(whatsapp_templates, jsonb);
drop function app.missing_variables(whatsapp_templates, jsonb);
drop function app.template_text(whatsapp_templates);
drop function app.template_gaps(jsonb, text);

drop trigger messages_version on messages;
alter table messages drop column template_variables, drop column client_message_id;
call app.versioned('messages');
call app.logged('messages');
