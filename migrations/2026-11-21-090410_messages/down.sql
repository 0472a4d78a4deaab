drop table messages;
drop function app.messages_deleted();
drop function app.messages_updated();
drop function app.messages_living_references();
drop function app.messages_inserted();
drop function app.messages_delivery();
drop function app.messages_sender();
drop function app.messages_inbound_delivered();
