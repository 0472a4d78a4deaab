-- inbox: what agents do with conversations: who has one and why, sleeping until later, who waits since when.

alter table conversations
    add column assigned_at timestamptz,
    add column assignment_reason text,
    add column snoozed_until timestamptz,
    add column waiting_since timestamptz,
    add column first_reply_at timestamptz,
    add constraint conversations_assignment_reason_check check (app.is_filled(assignment_reason)),
    add constraint conversations_status_snoozed_until_check check (snoozed_until is null or status = 'PENDING');
comment on column conversations.assigned_at is 'Since when the user has it; null when nobody does. Kept by a trigger.';
comment on column conversations.assignment_reason is 'Why the user has it, in words; null when nobody said.';
comment on column conversations.snoozed_until is
    'When it opens by itself; infinity: only when the contact writes. Null when it does not sleep.';
comment on column conversations.waiting_since is
    'Time of the contact''s oldest message that nobody has answered; null when there is none. Kept by triggers.';
comment on column conversations.first_reply_at is
    'Time of the first answer to a message of the contact, by a user or an assistant. Kept by triggers.';
comment on constraint conversations_assignment_reason_check on conversations is 'The reason must not be empty.';
comment on constraint conversations_status_snoozed_until_check on conversations is
    'Only a pending conversation can be snoozed.';

-- The queue from which agents take the next one: whoever waits longest comes first.
create index conversations_waiting_since_idx on conversations (tenant_id, waiting_since, created_at, id)
    where status = 'OPEN' and assigned_to_id is null;
-- Sleeping ones, of which there are few.
create index conversations_snoozed_until_idx on conversations (tenant_id, snoozed_until) where snoozed_until is not null;

call app.versioned(
    'conversations',
    ignored => '{unread_count, last_message_at, last_message_preview, whatsapp_24h_expires_at, assigned_at, waiting_since, first_reply_at}'
);

-- Assignment ---------------------------------------------------------------------------------------------------------

create function app.conversations_assignment() returns trigger
language plpgsql
as $$
begin
    if new.assigned_to_id is null then
        new.assigned_at := null;
        new.assignment_reason := null;
    elsif tg_op = 'INSERT' then
        new.assigned_at := coalesce(new.assigned_at, now());
    elsif new.assigned_at is not distinct from old.assigned_at then
        -- Whoever gives a reason sets the time as well; of other writers an old reason would stay behind.
        new.assigned_at := now();
        if new.assignment_reason is not distinct from old.assignment_reason then
            new.assignment_reason := null;
        end if;
    end if;
    return new;
end
$$;
create trigger conversations_assigned before insert on conversations
    for each row when (new.assigned_to_id is not null) execute function app.conversations_assignment();
create trigger conversations_assignment before update of assigned_to_id on conversations
    for each row when (old.assigned_to_id is distinct from new.assigned_to_id or new.assigned_to_id is null)
    execute function app.conversations_assignment();

-- Sleeping and waiting -----------------------------------------------------------------------------------------------

create function app.conversations_rested() returns trigger
language plpgsql
as $$
begin
    if new.status <> 'PENDING' then
        new.snoozed_until := null;
    end if;
    -- Settled: nobody waits any more.
    if new.status in ('RESOLVED', 'ARCHIVED') then
        new.waiting_since := null;
    end if;
    return new;
end
$$;
-- Not "update of": triggers that move the state are held to it as well.
create trigger conversations_rested before update on conversations
    for each row when (old.status is distinct from new.status) execute function app.conversations_rested();

create function app.conversations_wake() returns trigger
language plpgsql
as $$
begin
    -- The job looks again: one that was snoozed anew, or opened meanwhile, it leaves alone.
    perform app.enqueue_job(
        kind => 'wake_conversation',
        payload => jsonb_build_object('conversation_id', new.id),
        run_at => new.snoozed_until,
        tenant => new.tenant_id
    );
    return null;
end
$$;
create trigger conversations_wake after insert or update of snoozed_until on conversations
    for each row when (new.snoozed_until < 'infinity') execute function app.conversations_wake();

-- Watchers of queues hear of them by these columns.
call app.logged('conversations', 'conversation', routing => '{status,assigned_to_id,channel,snoozed_until}');
