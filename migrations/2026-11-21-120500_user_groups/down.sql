-- The triggers name the column, so they go before it; the version comes back without it.
drop trigger users_version on users;
drop trigger users_living_references on users;
drop function app.users_living_references();
alter table users drop column group_id;
call app.versioned('users', ignored => '{total_messages, total_tokens_used, last_login_at}');

drop table user_groups;
drop table user_settings;
drop procedure app.personal(regclass);
