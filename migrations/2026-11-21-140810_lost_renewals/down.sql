alter table used_refresh_tokens drop column used_at, drop column device_hash;

drop trigger sessions_version on sessions;
alter table sessions drop column refresh_salt;
call app.versioned(
    'sessions', ignored => '{last_used_at, session_token_hash, refresh_token_hash, csrf_token_hash, expires_at}'
);
call app.logged('sessions');
