drop trigger users_void_tokens on users;
drop function app.users_void_tokens();
drop table verification_tokens;
drop function app.verification_tokens_single_use();
drop function app.verification_tokens_living_references();
drop function app.tenants_with_lapsed_tokens(interval);
drop function app.tenants_with_token_requests();
drop table invitations;
drop function app.invitations_withdraw_mail();
drop function app.invitations_accept();
drop function app.invitations_renew();
drop function app.invitations_offer();
drop function app.invitations_living_references();
drop function app.invitation_stands(uuid, uuid, text);

-- The triggers name the column, so they go before it and come back without it.
drop trigger users_email_verified on users;
drop function app.users_email_verified();
drop trigger users_version on users;
alter table users drop column email_verified_at;
call app.versioned('users', ignored => '{total_messages, total_tokens_used, last_login_at}');
