-- support: tickets and what is said about them. Whoever asked sees the own tickets; who answers (the word "support" in
-- app.scope) sees all of them.

-- Settings -----------------------------------------------------------------------------------------------------------

alter table tenant_settings
    add column ticket_answer_minutes_low integer not null default 2880,
    add column ticket_answer_minutes_normal integer not null default 1440,
    add column ticket_answer_minutes_high integer not null default 240,
    add column ticket_answer_minutes_urgent integer not null default 60,
    add constraint tenant_settings_ticket_answer_minutes_low_check
        check (ticket_answer_minutes_low between 1 and 525600),
    add constraint tenant_settings_ticket_answer_minutes_normal_check
        check (ticket_answer_minutes_normal between 1 and 525600),
    add constraint tenant_settings_ticket_answer_minutes_high_check
        check (ticket_answer_minutes_high between 1 and 525600),
    add constraint tenant_settings_ticket_answer_minutes_urgent_check
        check (ticket_answer_minutes_urgent between 1 and 525600);
comment on column tenant_settings.ticket_answer_minutes_high is
    'Within so many minutes a ticket of this priority is answered; later it is escalated. Likewise URGENT; LOW and '
    'NORMAL are only shown to be late.';
comment on constraint tenant_settings_ticket_answer_minutes_low_check on tenant_settings is
    'A ticket is to be answered within 1 minute to 1 year.';
comment on constraint tenant_settings_ticket_answer_minutes_normal_check on tenant_settings is
    'A ticket is to be answered within 1 minute to 1 year.';
comment on constraint tenant_settings_ticket_answer_minutes_high_check on tenant_settings is
    'A ticket is to be answered within 1 minute to 1 year.';
comment on constraint tenant_settings_ticket_answer_minutes_urgent_check on tenant_settings is
    'A ticket is to be answered within 1 minute to 1 year.';
call app.versioned('tenant_settings');
call app.logged('tenant_settings');

-- Numbers ------------------------------------------------------------------------------------------------------------

create table support_ticket_numbers (
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    last_number bigint not null,
    constraint support_ticket_numbers_pkey primary key (tenant_id),
    constraint support_ticket_numbers_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict
);
comment on table support_ticket_numbers is
    'The last number that was given to a ticket. A row and no sequence: a ticket that is not stored after all gives its '
    'number back, so there are no gaps; until that is known, whoever else of the tenant makes a ticket waits.';
call app.isolate('support_ticket_numbers');

create function app.next_ticket_number(tenant uuid) returns bigint
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    given bigint;
begin
    insert into public.support_ticket_numbers as n (tenant_id, last_number) values (tenant, 1)
    on conflict (tenant_id) do update set last_number = n.last_number + 1
    returning last_number into given;
    return given;
end
$$;
comment on function app.next_ticket_number(uuid) is
    'The number of a new ticket, in the tenant of the transaction. Only the trigger of tickets has a use for it.';
revoke execute on function app.next_ticket_number(uuid) from public;
grant execute on function app.next_ticket_number(uuid) to mostrador_api;

-- Tickets ------------------------------------------------------------------------------------------------------------

create table support_tickets (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    ticket_number text not null,
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    assigned_to_id uuid,
    title text not null,
    description text not null,
    category text not null,
    priority text not null default 'NORMAL',
    status text not null default 'OPEN',
    ai_suggestion text,
    ai_resolved boolean not null default false,
    resolved_at timestamptz,
    waiting_since timestamptz default now(),
    answer_due_at timestamptz,
    escalated_at timestamptz,
    constraint support_tickets_pkey primary key (tenant_id, id),
    constraint support_tickets_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint support_tickets_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint support_tickets_assigned_to_id_fkey foreign key (tenant_id, assigned_to_id)
        references users on delete set null (assigned_to_id),
    constraint support_tickets_ticket_number_key unique (tenant_id, ticket_number),
    constraint support_tickets_ticket_number_check check (ticket_number ~ '^T-\d{6,18}$'),
    constraint support_tickets_title_check check (app.is_filled(title) and length(title) <= 200),
    constraint support_tickets_description_check check (app.is_filled(description) and length(description) <= 20000),
    constraint support_tickets_category_check check (
        category in ('ACCOUNT', 'BILLING', 'TECHNICAL', 'FEATURE_REQUEST', 'OTHER')
    ),
    constraint support_tickets_priority_check check (priority in ('LOW', 'NORMAL', 'HIGH', 'URGENT')),
    constraint support_tickets_ai_suggestion_check check (app.is_filled(ai_suggestion)),
    constraint support_tickets_ai_resolved_status_check check (
        not ai_resolved or (status in ('RESOLVED', 'CLOSED') and ai_suggestion is not null)
    ),
    constraint support_tickets_resolved_at_status_check check (
        (resolved_at is not null) = (status in ('RESOLVED', 'CLOSED'))
    ),
    constraint support_tickets_waiting_since_answer_due_at_check check (
        (waiting_since is null) = (answer_due_at is null)
    )
);
comment on table support_tickets is 'A question of a user to the people who support it.';
comment on column support_tickets.ticket_number is
    'T- and a number that counts the tickets of the tenant; see app.next_ticket_number.';
comment on column support_tickets.waiting_since is
    'Since when the user waits for an answer of the staff; null when nobody waits.';
comment on column support_tickets.answer_due_at is
    'Until when that answer is due, by the priority and the settings of the tenant; null when nobody waits.';
comment on column support_tickets.escalated_at is 'When nobody had answered in time; a ticket is escalated once.';
comment on constraint support_tickets_ticket_number_key on support_tickets is 'Another ticket has this number.';
comment on constraint support_tickets_ticket_number_check on support_tickets is
    'A ticket number is T- and six digits or more.';
comment on constraint support_tickets_title_check on support_tickets is 'A title has 1 to 200 characters.';
comment on constraint support_tickets_description_check on support_tickets is
    'A description has 1 to 20000 characters.';
comment on constraint support_tickets_ai_suggestion_check on support_tickets is 'A suggestion must not be empty.';
comment on constraint support_tickets_ai_resolved_status_check on support_tickets is
    'Only a ticket with a suggestion, resolved or closed, was resolved by the assistant.';
comment on constraint support_tickets_resolved_at_status_check on support_tickets is
    'The time at which it was resolved belongs to a resolved or closed ticket.';

create index support_tickets_status_idx on support_tickets (tenant_id, status, priority, id desc);
create index support_tickets_user_id_idx on support_tickets (tenant_id, user_id, id desc);
create index support_tickets_assigned_to_id_idx on support_tickets (tenant_id, assigned_to_id, id desc);
create index support_tickets_answer_due_at_idx on support_tickets (tenant_id, answer_due_at)
    where answer_due_at is not null;

call app.protect('support_tickets');
create policy support_tickets_seen on support_tickets as restrictive to mostrador_api using (
    (select app.in_scope('support'))
    or user_id = (select nullif(current_setting('app.user_id', true), '')::uuid)
);
call app.state_machine('support_tickets', 'status', '{
    "OPEN": ["IN_PROGRESS", "WAITING_ON_USER", "ESCALATED", "RESOLVED"],
    "IN_PROGRESS": ["WAITING_ON_USER", "ESCALATED", "RESOLVED"],
    "WAITING_ON_USER": ["IN_PROGRESS", "ESCALATED", "RESOLVED"],
    "ESCALATED": ["IN_PROGRESS", "RESOLVED"],
    "RESOLVED": ["CLOSED", "OPEN"],
    "CLOSED": []
}');
call app.fixed('support_tickets', '{ticket_number, user_id}');
call app.versioned('support_tickets');
call app.living_references('support_tickets', '{"user_id": "users", "assigned_to_id": "users"}');
call app.logged('support_tickets', 'support_ticket', routing => '{user_id,assigned_to_id,status}');

create function app.ticket_due(tenant uuid, priority text, since timestamptz) returns timestamptz
language sql stable
as $$
    select since + make_interval(mins => coalesce(
        (
            select case ticket_due.priority
                when 'LOW' then s.ticket_answer_minutes_low
                when 'HIGH' then s.ticket_answer_minutes_high
                when 'URGENT' then s.ticket_answer_minutes_urgent
                else s.ticket_answer_minutes_normal
            end
            from tenant_settings s
            where s.tenant_id = tenant
        ),
        1440
    ))
$$;
comment on function app.ticket_due(uuid, text, timestamptz) is
    'Until when somebody who waits since then is to be answered.';

create function app.support_tickets_made() returns trigger
language plpgsql
as $$
begin
    if new.user_id is null then
        perform app.refuse('VALIDATION', 'user_id', 'A ticket is of a user of the business.');
    end if;
    -- Counted last of all that is checked here, and whatever somebody brings along: numbers are the server's.
    new.ticket_number := 'T-' || lpad(app.next_ticket_number(new.tenant_id)::text, 6, '0');
    return new;
end
$$;
create trigger support_tickets_made before insert on support_tickets
    for each row execute function app.support_tickets_made();

create function app.support_tickets_clock() returns trigger
language plpgsql
as $$
begin
    if new.status in ('RESOLVED', 'CLOSED') then
        new.resolved_at := coalesce(new.resolved_at, now());
        new.waiting_since := null;
    else
        new.resolved_at := null;
        new.ai_resolved := false;
        if new.status = 'WAITING_ON_USER' then
            new.waiting_since := null;
        elsif tg_op = 'UPDATE' and old.status in ('RESOLVED', 'CLOSED', 'WAITING_ON_USER') then
            new.waiting_since := coalesce(new.waiting_since, now());
        end if;
    end if;
    new.answer_due_at := app.ticket_due(new.tenant_id, new.priority, new.waiting_since);
    if new.status = 'ESCALATED' then
        new.escalated_at := coalesce(new.escalated_at, now());
    end if;
    return new;
end
$$;
comment on function app.support_tickets_clock() is 'Who waits since when, and until when: it follows from the state.';
create trigger support_tickets_clock before insert or update of status, priority, waiting_since on support_tickets
    for each row execute function app.support_tickets_clock();

create function app.support_tickets_assigned() returns trigger
language plpgsql
as $$
begin
    if not exists (
        select
        from app.user_rights(new.tenant_id, new.assigned_to_id) r
        where r.process = 'SUPPORT' and r.action = 'ADMIN'
    ) then
        perform app.refuse(
            'VALIDATION', 'assigned_to_id', 'Tickets are assigned to who answers them: users with ADMIN on SUPPORT.'
        );
    end if;
    return new;
end
$$;
create trigger support_tickets_assigned before insert or update of assigned_to_id on support_tickets
    for each row when (new.assigned_to_id is not null and pg_trigger_depth() = 0)
    execute function app.support_tickets_assigned();

create function app.support_tickets_ask_assistant() returns trigger
language plpgsql
as $$
begin
    perform app.enqueue_job(
        'suggest_ticket_answer', jsonb_build_object('ticket_id', new.id),
        key => 'suggest_ticket_answer:' || new.id, tenant => new.tenant_id
    );
    return null;
end
$$;
create trigger support_tickets_ask_assistant after insert on support_tickets
    for each row when (new.ai_suggestion is null and new.status = 'OPEN')
    execute function app.support_tickets_ask_assistant();

-- Messages -----------------------------------------------------------------------------------------------------------

create function app.is_attachment_list(value jsonb) returns boolean
language sql immutable
as $$
    select value is null or (
        jsonb_typeof(value) = 'array'
        and jsonb_array_length(value) between 1 and 20
        and length(value::text) <= 16384
        and not exists (
            select
            from jsonb_array_elements(value) as e
            where jsonb_typeof(e) is distinct from 'object'
               or not coalesce(app.is_filled(e ->> 'name') and length(e ->> 'name') <= 255, false)
               or num_nonnulls(e ->> 'url', e ->> 'fileId') <> 1
               or not coalesce(app.is_https_url(e ->> 'url'), true)
        )
    )
$$;
comment on function app.is_attachment_list(jsonb) is
    'Whether it is a list of 1 to 20 attachments {name, url or fileId, …}, or null.';

create table support_messages (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    ticket_id uuid not null,
    author_id uuid default nullif(current_setting('app.user_id', true), '')::uuid,
    content text not null,
    is_staff boolean not null default false,
    is_ai boolean not null default false,
    attachments jsonb,
    constraint support_messages_pkey primary key (tenant_id, id),
    constraint support_messages_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint support_messages_ticket_id_fkey foreign key (tenant_id, ticket_id)
        references support_tickets on delete cascade,
    constraint support_messages_author_id_fkey foreign key (tenant_id, author_id)
        references users on delete set null (author_id),
    constraint support_messages_content_check check (app.is_filled(content) and length(content) <= 20000),
    constraint support_messages_is_ai_author_id_check check (not is_ai or (author_id is null and not is_staff)),
    constraint support_messages_attachments_check check (app.is_attachment_list(attachments))
);
comment on table support_messages is 'What the user, the staff or the assistant said about a ticket.';
comment on column support_messages.author_id is
    'Who wrote it; null for the assistant, for staff of the platform, and after that user was purged.';
comment on column support_messages.is_staff is
    'Written by somebody else than the user of the ticket; set by the server.';
comment on column support_messages.is_ai is 'Written by the assistant.';
comment on column support_messages.attachments is 'A list of {name, url or fileId, mimeType, size}; null for none.';
comment on constraint support_messages_content_check on support_messages is 'A message has 1 to 20000 characters.';
comment on constraint support_messages_is_ai_author_id_check on support_messages is
    'What the assistant says has no author and is not of the staff.';
comment on constraint support_messages_attachments_check on support_messages is
    'Attachments are a list of 1 to 20 objects, each with a name and either a url (https) or a fileId.';
create index support_messages_ticket_id_idx on support_messages (tenant_id, ticket_id, id);
create index support_messages_author_id_idx on support_messages (tenant_id, author_id, id desc);

call app.protect('support_messages');
create policy support_messages_seen on support_messages as restrictive to mostrador_api using (
    (select app.in_scope('support'))
    or exists (
        select from support_tickets t where t.tenant_id = support_messages.tenant_id and t.id = support_messages.ticket_id
    )
);
call app.versioned('support_messages');
call app.fixed('support_messages', '{ticket_id, content, is_staff, is_ai, attachments}');
call app.living_references('support_messages', '{"author_id": "users"}');
call app.logged('support_messages', 'support_message', parent => 'ticket_id');

create function app.support_messages_said() returns trigger
language plpgsql
as $$
declare
    ticket record;
begin
    -- The row is locked: a message and a change of state come one after the other.
    select t.user_id, t.status, t.waiting_since into ticket
    from support_tickets t
    where t.tenant_id = new.tenant_id and t.id = new.ticket_id
    for update;
    if not found then
        -- As the foreign key says it; the policy would say nothing.
        perform app.refuse('NOT_FOUND', 'ticket_id', 'There is no support ticket with this ID.');
    end if;
    if ticket.status = 'CLOSED' then
        perform app.refuse('INVALID_TRANSITION', 'ticket_id', 'This ticket is closed. Open a new one.');
    end if;
    if new.is_ai then
        new.author_id := null;
        return new;
    end if;
    new.is_staff := new.author_id is distinct from ticket.user_id;
    return new;
end
$$;
create trigger support_messages_said before insert on support_messages
    for each row execute function app.support_messages_said();

create function app.support_messages_answered() returns trigger
language plpgsql
as $$
begin
    -- What the staff says ends the wait; what the user says begins one, or goes on with one that has begun.
    if new.is_staff then
        update support_tickets t
        set waiting_since = null,
            status = case when t.status in ('OPEN', 'ESCALATED') then 'IN_PROGRESS' else t.status end
        where t.tenant_id = new.tenant_id and t.id = new.ticket_id;
    else
        update support_tickets t
        set waiting_since = coalesce(t.waiting_since, new.created_at),
            status = case t.status when 'RESOLVED' then 'OPEN' when 'WAITING_ON_USER' then 'IN_PROGRESS' else t.status end
        where t.tenant_id = new.tenant_id and t.id = new.ticket_id;
    end if;
    return null;
end
$$;
create trigger support_messages_answered after insert on support_messages
    for each row when (not new.is_ai) execute function app.support_messages_answered();

-- Escalation ---------------------------------------------------------------------------------------------------------

create policy owner_directory on support_tickets for select to current_user using (true);

create function app.tenants_with_late_tickets() returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select t.id
    from public.tenants t
    where t.status in ('TRIAL', 'ACTIVE')
      and exists (
          select
          from public.support_tickets s
          where s.tenant_id = t.id
            and s.answer_due_at <= now()
            and s.priority in ('HIGH', 'URGENT')
            and s.status in ('OPEN', 'IN_PROGRESS')
            and s.escalated_at is null
      )
$$;
comment on function app.tenants_with_late_tickets() is 'Tenants with a ticket to escalate.';
revoke execute on function app.tenants_with_late_tickets() from public;
grant execute on function app.tenants_with_late_tickets() to mostrador_api;
