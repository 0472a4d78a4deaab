drop function app.first_unread(uuid, uuid, uuid);
drop table conversation_reads;
drop function app.conversation_reads_conversation_id_logged();
