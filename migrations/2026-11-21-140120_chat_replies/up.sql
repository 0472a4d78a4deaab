-- assistants: rules for answers in chats: who may ask, one at a time, and none is forgotten.

create unique index ai_requests_thread_id_key on ai_requests (tenant_id, thread_id)
    where thread_id is not null and status in ('QUEUED', 'PROCESSING');
comment on index ai_requests_thread_id_key is 'An answer is being written in this talk: wait for it, or stop it.';

create function app.ai_requests_agent() returns trigger
language plpgsql
as $$
declare
    asked record;
begin
    -- It may have been switched off, or the permission taken away, since the talk began.
    select a.id, a.is_active into asked
    from chat_threads t
    join ai_agents a on a.tenant_id = t.tenant_id and a.id = t.agent_id
    where t.tenant_id = new.tenant_id and t.id = new.thread_id;
    if not found then
        return new;
    end if;
    if not app.may_use_agent(new.tenant_id, new.user_id, asked.id) then
        perform app.refuse('NOT_FOUND', 'thread_id', 'You may not use the agent of this talk any more.');
    end if;
    if not asked.is_active then
        perform app.refuse('VALIDATION', 'thread_id', 'The agent of this talk is switched off.');
    end if;
    return new;
end
$$;
create trigger ai_requests_agent before insert on ai_requests
    for each row when (new.thread_id is not null and new.status = 'QUEUED')
    execute function app.ai_requests_agent();
create trigger ai_requests_agent_again before update of status on ai_requests
    for each row when (new.thread_id is not null and old.status = 'FAILED' and new.status = 'QUEUED')
    execute function app.ai_requests_agent();

create function app.end_chat_reply(tenant uuid, request uuid, payload jsonb) returns void
language plpgsql
as $$
begin
    -- Positions of another attempt come behind all that were handed out.
    update ai_requests r
    set status = 'FAILED',
        response_payload = payload,
        reply_begins_at = 1 + greatest(
            r.reply_begins_at,
            (select max(c.ends_at) from chat_reply_chunks c where c.tenant_id = tenant and c.request_id = r.id)
        )
    where r.tenant_id = tenant and r.id = request and r.status in ('QUEUED', 'PROCESSING');
    delete from chat_reply_chunks c where c.tenant_id = tenant and c.request_id = request;
end
$$;
comment on function app.end_chat_reply(uuid, uuid, jsonb) is
    'An answer of a chat that will not come: the request is FAILED, and what there was of it is gone.';

create function app.jobs_chat_reply() returns trigger
language plpgsql
as $$
declare
    before constant text := current_setting('app.user_id', true);
begin
    -- Chats are personal: only in the name of their user is there something to end.
    perform set_config('app.user_id', coalesce(new.payload ->> 'user_id', ''), true);
    perform app.end_chat_reply(
        new.tenant_id,
        (new.payload ->> 'request_id')::uuid,
        jsonb_build_object('error', jsonb_build_object(
            'code', case new.state when 'CANCELLED' then 'CANCELLED' else coalesce(new.last_error, 'GIVEN_UP') end,
            'message', 'No answer could be written.'
        ))
    );
    perform set_config('app.user_id', coalesce(before, ''), true);
    return null;
end
$$;
comment on function app.jobs_chat_reply() is 'Whoever waits for an answer is told when nobody will write it any more.';
create trigger jobs_chat_reply after update of state on jobs
    for each row when (new.kind = 'chat_reply' and new.state in ('DEAD', 'CANCELLED') and new.state <> old.state)
    execute function app.jobs_chat_reply();
