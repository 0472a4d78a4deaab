drop trigger conversations_wake on conversations;
drop function app.conversations_wake();
drop trigger conversations_rested on conversations;
drop function app.conversations_rested();
drop trigger conversations_assignment on conversations;
drop trigger conversations_assigned on conversations;
drop function app.conversations_assignment();

drop trigger conversations_version on conversations;
alter table conversations
    drop column first_reply_at,
    drop column waiting_since,
    drop column snoozed_until,
    drop column assignment_reason,
    drop column assigned_at;
call app.versioned(
    'conversations',
    ignored => '{unread_count, last_message_at, last_message_preview, whatsapp_24h_expires_at}'
);
call app.logged('conversations', 'conversation', routing => '{status,assigned_to_id,channel}');
