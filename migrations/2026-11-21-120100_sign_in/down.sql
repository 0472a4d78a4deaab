drop trigger tenant_settings_password_age on tenant_settings;
drop function app.tenant_settings_password_age();
drop table sign_in_failures;
drop table used_refresh_tokens;

drop policy sessions_own on sessions;
drop trigger sessions_version on sessions;
alter table sessions drop column csrf_token_hash;
call app.versioned('sessions', ignored => '{last_used_at}');
comment on column sessions.session_token_hash is 'SHA-256 of the token.';
