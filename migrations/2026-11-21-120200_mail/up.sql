-- Mail: the outbox. A mail is a row written in the transaction that is its reason; a worker of the gateway sends it.

create table emails (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    created_at timestamptz not null default now(),
    template text not null,
    reference uuid,
    to_address text not null,
    body bytea,
    status text not null default 'QUEUED',
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    expires_at timestamptz not null default now() + interval '7 days',
    lease uuid,
    last_error text,
    finished_at timestamptz,
    constraint emails_pkey primary key (tenant_id, id),
    constraint emails_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint emails_template_check check (template ~ '^[A-Z][A-Z_]*$'),
    constraint emails_to_address_check check (app.is_email(to_address)),
    constraint emails_body_check check (case status when 'SENT' then body is null when 'DEAD' then true else body is not null end),
    constraint emails_attempts_check check (attempts >= 0),
    constraint emails_lease_check check ((status = 'SENDING') = (lease is not null)),
    -- Codes only: a server's own words may quote the address or the text.
    constraint emails_last_error_check check (last_error ~ '^[A-Z][A-Z0-9_]*$'),
    constraint emails_finished_at_check check ((status in ('SENT', 'DEAD')) = (finished_at is not null))
);
comment on table emails is
    'The outbox. Mails that were sent stay for a while without their text; DEAD ones are given up and can be queued '
    'again by setting status = QUEUED, attempts = 0, next_attempt_at = now(), finished_at = null.';
comment on column emails.template is 'What the mail is for, such as INVITATION.';
comment on column emails.reference is
    'The row the mail is about, such as the invitation; a newer mail about it takes the place of one still queued.';
comment on column emails.body is
    'Sealed: subject and text, which hold tokens. Wiped once the mail is sent, or given up and expired.';
comment on column emails.next_attempt_at is 'When the mail may be taken; while it is SENDING, when its lease ends.';
comment on column emails.expires_at is 'When the mail is of no use any more; it is not sent after that.';
comment on column emails.lease is 'Whose turn it is: only who holds the lease may say what became of the mail.';
comment on column emails.last_error is 'Why the last attempt failed, as a code.';
comment on column emails.finished_at is 'When the mail was sent or given up.';

call app.protect('emails', hidden => '{body}');
call app.state_machine('emails', 'status', '{
    "QUEUED": ["SENDING", "DEAD"],
    "SENDING": ["SENT", "QUEUED", "DEAD"],
    "SENT": [],
    "DEAD": ["QUEUED"]
}');
call app.fixed('emails', '{template, to_address}');

create index emails_next_attempt_at_idx on emails (tenant_id, next_attempt_at) where status in ('QUEUED', 'SENDING');
create index emails_reference_idx on emails (tenant_id, reference) where status = 'QUEUED';
create index emails_finished_at_idx on emails (tenant_id, finished_at) where finished_at is not null;
create index emails_expires_at_idx on emails (tenant_id, expires_at) where status = 'DEAD' and body is not null;

-- A worker must know whose mail is due before it can act in the name of a tenant. The functions below run as the owner,
-- whom FORCE holds as well; they tell tenants, never mails.
create policy owner_directory on emails for select to current_user using (true);

create function app.tenants_with_due_mail() returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    -- From tenant to tenant over the index: the cost is that of the tenants with mail under way, not of their mails.
    with recursive pending (tenant_id) as (
        (select e.tenant_id from public.emails e where e.status in ('QUEUED', 'SENDING') order by e.tenant_id limit 1)
        union all
        select (select e.tenant_id from public.emails e
                where e.status in ('QUEUED', 'SENDING') and e.tenant_id > p.tenant_id order by e.tenant_id limit 1)
        from pending p where p.tenant_id is not null
    )
    select p.tenant_id
    from pending p
    where exists (
        select from public.emails e
        where e.tenant_id = p.tenant_id and e.status in ('QUEUED', 'SENDING') and e.next_attempt_at <= now()
    )
$$;
comment on function app.tenants_with_due_mail() is 'Tenants with a mail to send now.';

create function app.tenants_with_old_mail(kept interval) returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select t.id
    from public.tenants t
    where exists (select from public.emails e where e.tenant_id = t.id and e.finished_at < now() - kept)
       or exists (
           select from public.emails e
           where e.tenant_id = t.id and e.status = 'DEAD' and e.body is not null and e.expires_at <= now()
       )
$$;
comment on function app.tenants_with_old_mail(interval) is
    'Tenants with mails that were finished longer ago than this, or that hold text past its time.';

revoke execute on function app.tenants_with_due_mail(), app.tenants_with_old_mail(interval) from public;
grant execute on function app.tenants_with_due_mail(), app.tenants_with_old_mail(interval) to mostrador_api;
