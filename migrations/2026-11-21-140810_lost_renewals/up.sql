-- identity: a session survives that the answer to its renewal was lost. The next refresh token follows from the one that
-- was shown and from a random salt kept with the session, so that whoever shows the same token again right away gets the
-- same successor. Neither is stored: the token is known as a hash, and the salt alone gives nothing.

alter table sessions add column refresh_salt bytea;
alter table sessions add constraint sessions_refresh_salt_check check (octet_length(refresh_salt) = 32);
comment on column sessions.refresh_salt is
    'What the present refresh token was made with, beside the one before. Null: the session was not renewed yet.';
comment on constraint sessions_refresh_salt_check on sessions is 'A salt has 32 bytes.';
call app.versioned(
    'sessions',
    ignored => '{last_used_at, session_token_hash, refresh_token_hash, refresh_salt, csrf_token_hash, expires_at}'
);
call app.logged('sessions');

alter table used_refresh_tokens
    add column used_at timestamptz,
    add column device_hash bytea,
    add constraint used_refresh_tokens_device_hash_check check (octet_length(device_hash) = 32);
comment on column used_refresh_tokens.used_at is 'When it was exchanged.';
comment on column used_refresh_tokens.device_hash is 'SHA-256 of what the client called itself then.';
comment on constraint used_refresh_tokens_device_hash_check on used_refresh_tokens is 'A hash has 32 bytes.';
