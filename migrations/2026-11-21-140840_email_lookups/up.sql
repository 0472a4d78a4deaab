-- identity: who signs in is found by an index. lower() is not leakproof, so that under row-level security no index over it
-- is used: the address is kept in lower case beside the address.

alter table users add column email_lowered text collate "C" not null generated always as (lower(email)) stored;
comment on column users.email_lowered is 'The e-mail address in lower case, by which a user is found.';
create index users_email_lowered_idx on users (tenant_id, email_lowered) where deleted_at is null;
