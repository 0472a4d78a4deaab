drop index users_email_lowered_idx;
alter table users drop column email_lowered;
