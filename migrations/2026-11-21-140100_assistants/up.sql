-- assistants: agents and who may use them, the chats of users, and what was asked of language models.
--
-- Chats are personal: each row has a copy of its user, held right by keys to the row it is part of, so that the policy
-- needs no join. Whoever writes messages and usage in one transaction writes the messages first (see migrations of
-- usage): thread, session, user, month, agent is the order in which counters are locked.

-- Agents -------------------------------------------------------------------------------------------------------------

create function app.is_agent_config(value jsonb) returns boolean
language sql immutable parallel safe
as $$
    select jsonb_typeof(value) = 'object'
       and (not value ? 'temperature' or value @? '$.temperature ? (@ >= 0 && @ <= 2)')
       and (not value ? 'max_tokens' or value @? '$.max_tokens ? (@ >= 1 && @ <= 1000000 && @.floor() == @)')
       and (not value ? 'tools' or jsonb_typeof(value -> 'tools') = 'array')
$$;

create table ai_agents (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    created_by_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    name text not null,
    slug text not null,
    category text,
    model text not null,
    system_prompt text,
    config jsonb not null default '{}',
    is_public boolean not null default false,
    is_active boolean not null default true,
    total_uses integer not null default 0,
    constraint ai_agents_pkey primary key (tenant_id, id),
    constraint ai_agents_id_created_by_id_key unique (tenant_id, id, created_by_id),
    constraint ai_agents_slug_key unique (tenant_id, slug),
    constraint ai_agents_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint ai_agents_created_by_id_fkey foreign key (tenant_id, created_by_id) references users on delete cascade,
    constraint ai_agents_name_check check (app.is_filled(name)),
    constraint ai_agents_slug_check check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) between 2 and 63),
    constraint ai_agents_category_check check (app.is_filled(category)),
    constraint ai_agents_model_check check (app.is_filled(model)),
    constraint ai_agents_config_check check (app.is_agent_config(config)),
    constraint ai_agents_total_uses_check check (total_uses >= 0)
);
comment on table ai_agents is 'An assistant: a model with instructions. Agents are switched off, not deleted.';
comment on column ai_agents.slug is 'What addresses and sums of usage call it; does not change.';
comment on column ai_agents.config is
    'temperature (0 to 2), max_tokens (of an answer), tools (as the model takes them); other keys are kept.';
comment on column ai_agents.is_public is 'Whether everybody in the business may use it, else who is permitted to.';
comment on column ai_agents.total_uses is 'Calls of the model, by a trigger on usage_logs. Goes up only.';
comment on constraint ai_agents_id_created_by_id_key on ai_agents is 'There is already an agent with this ID.';
comment on constraint ai_agents_slug_key on ai_agents is 'Another agent has this slug.';
comment on constraint ai_agents_name_check on ai_agents is 'The name must not be empty.';
comment on constraint ai_agents_slug_check on ai_agents is
    'A slug has 2 to 63 characters: lower case letters, digits, and single hyphens between them.';
comment on constraint ai_agents_category_check on ai_agents is 'The category must not be empty.';
comment on constraint ai_agents_model_check on ai_agents is 'The name of a model must not be empty.';
comment on constraint ai_agents_config_check on ai_agents is
    'The configuration is an object; temperature goes from 0 to 2, max_tokens is a whole number from 1, tools is a list.';
comment on constraint ai_agents_total_uses_check on ai_agents is 'A number of uses is not negative.';
create index ai_agents_created_by_id_idx on ai_agents (tenant_id, created_by_id, id desc);
create index ai_agents_category_idx on ai_agents (tenant_id, category, id desc);
create index ai_agents_total_uses_idx on ai_agents (tenant_id, total_uses desc, id desc);

create table ai_agent_permissions (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null,
    agent_id uuid not null,
    agent_created_by_id uuid not null,
    granted_by_id uuid default nullif(current_setting('app.user_id', true), '')::uuid,
    granted_at timestamptz not null default now(),
    constraint ai_agent_permissions_pkey primary key (tenant_id, id),
    constraint ai_agent_permissions_user_id_agent_id_key unique (tenant_id, user_id, agent_id),
    constraint ai_agent_permissions_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint ai_agent_permissions_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint ai_agent_permissions_agent_id_agent_created_by_id_fkey
        foreign key (tenant_id, agent_id, agent_created_by_id) references ai_agents (tenant_id, id, created_by_id)
        on update cascade on delete cascade,
    constraint ai_agent_permissions_granted_by_id_fkey foreign key (tenant_id, granted_by_id)
        references users on delete set null (granted_by_id)
);
comment on table ai_agent_permissions is 'Who besides its maker may use an agent that is not public.';
comment on column ai_agent_permissions.agent_created_by_id is
    'The maker of the agent, kept by a key: the policies of the two tables need not ask each other.';
comment on constraint ai_agent_permissions_user_id_agent_id_key on ai_agent_permissions is
    'The user may use this agent already.';
create index ai_agent_permissions_agent_id_idx
    on ai_agent_permissions (tenant_id, agent_id, agent_created_by_id, id desc);
create index ai_agent_permissions_granted_by_id_idx
    on ai_agent_permissions (tenant_id, granted_by_id) where granted_by_id is not null;

create function app.ai_agent_permissions_maker() returns trigger
language plpgsql
as $$
declare
    actor constant uuid := app.acting_user(new.tenant_id);
begin
    select a.created_by_id into new.agent_created_by_id
    from ai_agents a
    where a.tenant_id = new.tenant_id and a.id = new.agent_id;
    if not found or not app.may_use_agent(new.tenant_id, coalesce(actor, new.agent_created_by_id), new.agent_id) then
        perform app.refuse('NOT_FOUND', 'agent_id', 'There is no agent with this ID.');
    end if;
    if actor <> new.agent_created_by_id then
        perform app.refuse('FORBIDDEN', 'agent_id', 'Only the maker of an agent can permit others to use it.');
    end if;
    return new;
end
$$;
create trigger ai_agent_permissions_maker before insert on ai_agent_permissions
    for each row execute function app.ai_agent_permissions_maker();

call app.protect('ai_agents');
call app.versioned('ai_agents', ignored => '{total_uses}');
call app.fixed('ai_agents', '{slug}');
call app.living_references('ai_agents', '{"created_by_id": "users"}');
call app.logged('ai_agents', 'ai_agent');

call app.protect('ai_agent_permissions');
call app.versioned('ai_agent_permissions');
call app.fixed('ai_agent_permissions', '{user_id, agent_id}');
call app.living_references('ai_agent_permissions', '{"user_id": "users"}');
call app.logged(
    'ai_agent_permissions', 'ai_agent_permission', parent => 'agent_id', routing => '{user_id, agent_created_by_id}'
);

-- Triggers see all: they ask for the user whom a row is about, and count for whoever writes.
create policy permissions_own on ai_agent_permissions as restrictive to mostrador_api
    using (user_id = (select nullif(current_setting('app.user_id', true), '')::uuid)
           or agent_created_by_id = (select nullif(current_setting('app.user_id', true), '')::uuid)
           or (select pg_trigger_depth() > 0))
    with check (agent_created_by_id = (select nullif(current_setting('app.user_id', true), '')::uuid)
                or (select pg_trigger_depth() > 0));

-- Who may change an agent that all see, a trigger says.
create policy agents_usable on ai_agents as restrictive to mostrador_api
    using (
        is_public
        or (select pg_trigger_depth() > 0)
        or created_by_id = (select nullif(current_setting('app.user_id', true), '')::uuid)
        or id in (
            select p.agent_id
            from ai_agent_permissions p
            where p.tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::uuid)
              and p.user_id = (select nullif(current_setting('app.user_id', true), '')::uuid)
        )
    );

create function app.may_use_agent(tenant uuid, "user" uuid, agent uuid) returns boolean
language sql stable
as $$
    select exists (
        select
        from ai_agents a
        where a.tenant_id = tenant
          and a.id = agent
          and (
              a.is_public
              or a.created_by_id = "user"
              or exists (
                  select from ai_agent_permissions p
                  where p.tenant_id = tenant and p.user_id = "user" and p.agent_id = agent
              )
          )
    )
$$;
comment on function app.may_use_agent(uuid, uuid, uuid) is
    'Whether this user may use this agent: it is public, made by the user, or the user was permitted to.';

create function app.ai_agent_permissions_guard() returns trigger
language plpgsql
as $$
begin
    if app.acting_user(old.tenant_id) <> old.agent_created_by_id then
        perform app.refuse('FORBIDDEN', 'agent_id', 'Only the maker of an agent can say who may use it.');
    end if;
    return case tg_op when 'DELETE' then old else new end;
end
$$;
create trigger ai_agent_permissions_guard before update or delete on ai_agent_permissions
    for each row when (pg_trigger_depth() = 0) execute function app.ai_agent_permissions_guard();

create function app.may_change_agent(tenant uuid, maker uuid, is_public boolean) returns boolean
language sql stable
as $$
    select app.acting_user(tenant) is null
        or app.acting_user(tenant) = maker
        or is_public and exists (
            select from app.user_rights(tenant, app.acting_user(tenant)) r
            where r.process = 'ASSISTANTS' and r.action = 'ADMIN'
        )
$$;
comment on function app.may_change_agent(uuid, uuid, boolean) is
    'Whether whoever acts may change an agent: its maker, and of a public one those with ADMIN on ASSISTANTS.';

create function app.ai_agents_guard() returns trigger
language plpgsql
as $$
begin
    if not app.may_change_agent(old.tenant_id, old.created_by_id, old.is_public) then
        perform app.refuse('FORBIDDEN', null, 'Only its maker can change this agent.');
    end if;
    return case tg_op when 'DELETE' then old else new end;
end
$$;
-- Counting is the doing of a trigger.
create trigger ai_agents_guard before update or delete on ai_agents
    for each row when (pg_trigger_depth() = 0) execute function app.ai_agents_guard();

create function app.users_hand_over_agents() returns trigger
language plpgsql
as $$
declare
    heir uuid;
begin
    if not exists (
        select from ai_agents a where a.tenant_id = old.tenant_id and a.created_by_id = old.id and a.is_public
    ) then
        return old;
    end if;
    select u.id into heir
    from users u
    where u.tenant_id = old.tenant_id and u.id <> old.id and u.is_active and u.deleted_at is null
      and app.administers(u.tenant_id, u.id)
    order by u.id
    limit 1;
    if heir is not null then
        update ai_agents set created_by_id = heir
        where tenant_id = old.tenant_id and created_by_id = old.id and is_public;
    end if;
    return old;
end
$$;
comment on function app.users_hand_over_agents() is
    'Public agents are everybody''s: when their maker is purged, the administrator who is here longest gets them.';
create trigger users_hand_over_agents before delete on users
    for each row execute function app.users_hand_over_agents();

-- Chats --------------------------------------------------------------------------------------------------------------

create table chat_sessions (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    session_key text,
    started_at timestamptz not null default now(),
    last_activity_at timestamptz not null default now(),
    metadata jsonb,
    constraint chat_sessions_pkey primary key (tenant_id, id),
    constraint chat_sessions_id_user_id_key unique (tenant_id, id, user_id),
    constraint chat_sessions_session_key_key unique (tenant_id, session_key),
    constraint chat_sessions_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint chat_sessions_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint chat_sessions_session_key_check check (app.is_filled(session_key) and length(session_key) <= 200)
);
comment on table chat_sessions is 'A sitting of a user with assistants: threads that belong together.';
comment on column chat_sessions.session_key is 'What another program calls it; unique in the business.';
comment on column chat_sessions.last_activity_at is 'Time of the newest message, by a trigger.';
comment on constraint chat_sessions_id_user_id_key on chat_sessions is 'There is already a session with this ID.';
comment on constraint chat_sessions_session_key_key on chat_sessions is 'Another session has this key.';
comment on constraint chat_sessions_session_key_check on chat_sessions is
    'The key of a session has 1 to 200 characters.';
create index chat_sessions_user_id_idx on chat_sessions (tenant_id, user_id, last_activity_at desc, id desc);

call app.protect('chat_sessions');
call app.personal('chat_sessions');
call app.versioned('chat_sessions', ignored => '{last_activity_at}');
call app.fixed('chat_sessions', '{user_id}');
call app.logged('chat_sessions', 'chat_session', parent => 'user_id', routing => '{user_id}');

create table chat_threads (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    session_id uuid not null,
    agent_id uuid,
    title text,
    message_count integer not null default 0,
    token_count integer not null default 0,
    constraint chat_threads_pkey primary key (tenant_id, id),
    constraint chat_threads_id_user_id_key unique (tenant_id, id, user_id),
    constraint chat_threads_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint chat_threads_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint chat_threads_session_id_user_id_fkey foreign key (tenant_id, session_id, user_id)
        references chat_sessions (tenant_id, id, user_id) on delete cascade,
    constraint chat_threads_agent_id_fkey foreign key (tenant_id, agent_id) references ai_agents on delete cascade,
    constraint chat_threads_title_check check (app.is_filled(title)),
    constraint chat_threads_message_count_check check (message_count >= 0),
    constraint chat_threads_token_count_check check (token_count >= 0)
);
comment on table chat_threads is 'One talk of a user with an agent, or with a model alone.';
comment on column chat_threads.title is 'Made from the first message when nobody gives one.';
comment on column chat_threads.message_count is 'By a trigger on chat_messages.';
comment on column chat_threads.token_count is 'Read and written, of all its messages; by a trigger on chat_messages.';
comment on constraint chat_threads_id_user_id_key on chat_threads is 'There is already a thread with this ID.';
comment on constraint chat_threads_title_check on chat_threads is 'The title must not be empty.';
comment on constraint chat_threads_message_count_check on chat_threads is 'A number of messages is not negative.';
comment on constraint chat_threads_token_count_check on chat_threads is 'A number of tokens is not negative.';
create index chat_threads_session_id_idx on chat_threads (tenant_id, session_id, agent_id, id desc);
create index chat_threads_agent_id_idx on chat_threads (tenant_id, agent_id, id desc);
create index chat_threads_user_id_idx on chat_threads (tenant_id, user_id, id desc);

create function app.chat_threads_agent() returns trigger
language plpgsql
as $$
begin
    if not app.may_use_agent(new.tenant_id, new.user_id, new.agent_id) then
        perform app.refuse('NOT_FOUND', 'agent_id', 'There is no agent with this ID.');
    end if;
    if not (select a.is_active from ai_agents a where a.tenant_id = new.tenant_id and a.id = new.agent_id) then
        perform app.refuse('VALIDATION', 'agent_id', 'This agent is switched off.');
    end if;
    return new;
end
$$;
create trigger chat_threads_agent before insert on chat_threads
    for each row when (new.agent_id is not null) execute function app.chat_threads_agent();

call app.protect('chat_threads');
call app.personal('chat_threads');
call app.versioned('chat_threads', ignored => '{message_count, token_count}');
call app.fixed('chat_threads', '{user_id, session_id, agent_id}');
call app.logged('chat_threads', 'chat_thread', parent => 'session_id', routing => '{user_id}');

create table chat_messages (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    created_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    thread_id uuid not null,
    role text not null,
    content text not null,
    tokens_input integer not null default 0,
    tokens_output integer not null default 0,
    metadata jsonb,
    client_message_id uuid,
    embedding real[],
    constraint chat_messages_pkey primary key (tenant_id, id),
    constraint chat_messages_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint chat_messages_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint chat_messages_thread_id_user_id_fkey foreign key (tenant_id, thread_id, user_id)
        references chat_threads (tenant_id, id, user_id) on delete cascade,
    constraint chat_messages_role_check check (role in ('SYSTEM', 'USER', 'ASSISTANT', 'TOOL')),
    constraint chat_messages_content_role_check check (role in ('ASSISTANT', 'TOOL') or app.is_filled(content)),
    constraint chat_messages_tokens_input_check check (tokens_input >= 0),
    constraint chat_messages_tokens_output_check check (tokens_output >= 0)
) partition by hash (tenant_id);
create table chat_messages_0 partition of chat_messages for values with (modulus 4, remainder 0);
create table chat_messages_1 partition of chat_messages for values with (modulus 4, remainder 1);
create table chat_messages_2 partition of chat_messages for values with (modulus 4, remainder 2);
create table chat_messages_3 partition of chat_messages for values with (modulus 4, remainder 3);
comment on table chat_messages is 'One message of a chat, kept as it was written. Its embedding comes later.';
comment on column chat_messages.tokens_input is 'What the model read for it.';
comment on column chat_messages.tokens_output is 'What the model wrote.';
comment on column chat_messages.client_message_id is 'What the client that sent it called it; unique in the thread.';
comment on column chat_messages.embedding is 'Where it stands among other messages by meaning. Null: not computed yet.';
comment on constraint chat_messages_role_check on chat_messages is
    'The role of a message is SYSTEM, USER, ASSISTANT or TOOL.';
comment on constraint chat_messages_content_role_check on chat_messages is 'A message needs a text.';
comment on constraint chat_messages_tokens_input_check on chat_messages is 'A number of tokens is not negative.';
comment on constraint chat_messages_tokens_output_check on chat_messages is 'A number of tokens is not negative.';
create index chat_messages_thread_id_idx on chat_messages (tenant_id, thread_id, id desc);
create index chat_messages_user_id_idx on chat_messages (tenant_id, user_id, id desc);
create unique index chat_messages_thread_id_client_message_id_key
    on chat_messages (tenant_id, thread_id, client_message_id) where client_message_id is not null;
comment on index chat_messages_thread_id_client_message_id_key is 'This message was sent already.';

call app.name_partition_parts('chat_messages');
call app.isolate('chat_messages');
call app.isolate('chat_messages_0');
call app.isolate('chat_messages_1');
call app.isolate('chat_messages_2');
call app.isolate('chat_messages_3');
call app.personal('chat_messages');
grant select, insert, update (embedding) on chat_messages to mostrador_api;
call app.let_analysts_read('chat_messages', '{}');
call app.logged(
    'chat_messages', 'chat_message', parent => 'thread_id', routing => '{user_id}', ignored => '{embedding}'
);

create function app.chat_messages_append_only() returns trigger
language plpgsql
as $$
begin
    -- The embedding is computed from what is kept; all else is.
    if tg_op = 'UPDATE' then
        new.embedding := coalesce(new.embedding, old.embedding);
        old.embedding := new.embedding;
        if new is not distinct from old then
            return new;
        end if;
    end if;
    perform app.refuse('FORBIDDEN', null, 'This chat message is kept as it was written.');
    return null;
end
$$;
create trigger chat_messages_append_only before update or delete on chat_messages
    for each row when (pg_trigger_depth() = 0) execute function app.chat_messages_append_only();

create function app.title_of(content text) returns text
language sql immutable strict parallel safe
as $$
    select case
        when length(line) <= 60 then line
        -- The last word is left out when it would be cut, unless that left next to nothing.
        else coalesce(substring(left(line, 60) from '^(.{20,})\s\S*$'), left(line, 59)) || '…'
    end
    from (select btrim(regexp_replace(content, '\s+', ' ', 'g'))) as folded (line)
$$;
comment on function app.title_of(text) is 'The beginning of a text in one line of at most 61 characters.';

create function app.chat_messages_inserted() returns trigger
language plpgsql
as $$
begin
    -- Who counts locks in one order, whatever the order of the rows: threads, sessions, users, each by id.
    perform
    from chat_threads t
    where (t.tenant_id, t.id) in (select i.tenant_id, i.thread_id from inserted i)
    order by t.tenant_id, t.id
    for no key update;
    update chat_threads t
    set message_count = t.message_count + m.messages,
        token_count = t.token_count + m.tokens,
        title = coalesce(t.title, app.title_of(m.first_words))
    from (
        select tenant_id, thread_id, count(*) as messages, sum(tokens_input + tokens_output) as tokens,
               (array_agg(content order by id) filter (where role = 'USER'))[1] as first_words
        from inserted
        group by tenant_id, thread_id
    ) m
    where t.tenant_id = m.tenant_id and t.id = m.thread_id;

    perform
    from chat_sessions s
    where (s.tenant_id, s.id) in (
        select t.tenant_id, t.session_id
        from inserted i
        join chat_threads t on t.tenant_id = i.tenant_id and t.id = i.thread_id
    )
    order by s.tenant_id, s.id
    for no key update;
    update chat_sessions s
    set last_activity_at = m.newest_at
    from (
        select t.tenant_id, t.session_id, max(i.created_at) as newest_at
        from inserted i
        join chat_threads t on t.tenant_id = i.tenant_id and t.id = i.thread_id
        group by t.tenant_id, t.session_id
    ) m
    where s.tenant_id = m.tenant_id and s.id = m.session_id and s.last_activity_at < m.newest_at;

    perform
    from users u
    where (u.tenant_id, u.id) in (select i.tenant_id, i.user_id from inserted i)
    order by u.tenant_id, u.id
    for no key update;
    update users u
    set total_messages = u.total_messages + m.messages
    from (select tenant_id, user_id, count(*) as messages from inserted group by tenant_id, user_id) m
    where u.tenant_id = m.tenant_id and u.id = m.user_id;
    return null;
end
$$;
create trigger chat_messages_inserted after insert on chat_messages
    referencing new table as inserted
    for each statement execute function app.chat_messages_inserted();

create function app.chat_messages_deleted() returns trigger
language plpgsql
as $$
begin
    -- When the thread itself is being deleted, there is nothing to find. What a user has written stays counted.
    update chat_threads t
    set message_count = t.message_count - m.messages, token_count = t.token_count - m.tokens
    from (
        select tenant_id, thread_id, count(*) as messages, sum(tokens_input + tokens_output) as tokens
        from deleted
        group by tenant_id, thread_id
    ) m
    where t.tenant_id = m.tenant_id and t.id = m.thread_id;
    return null;
end
$$;
create trigger chat_messages_deleted after delete on chat_messages
    referencing old table as deleted
    for each statement execute function app.chat_messages_deleted();

-- Requests to models -------------------------------------------------------------------------------------------------

create table ai_requests (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    source text not null,
    provider text not null,
    request_payload jsonb not null,
    response_payload jsonb,
    status text not null default 'QUEUED',
    completed_at timestamptz,
    thread_id uuid,
    message_id uuid,
    reply_id uuid,
    reserved_tokens integer not null default 0,
    reply_begins_at integer not null default 0,
    stop_requested_at timestamptz,
    constraint ai_requests_pkey primary key (tenant_id, id),
    constraint ai_requests_id_user_id_key unique (tenant_id, id, user_id),
    constraint ai_requests_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint ai_requests_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint ai_requests_thread_id_user_id_fkey foreign key (tenant_id, thread_id, user_id)
        references chat_threads (tenant_id, id, user_id) on delete set null (thread_id),
    constraint ai_requests_message_id_fkey foreign key (tenant_id, message_id)
        references chat_messages on delete set null (message_id),
    constraint ai_requests_reply_id_fkey foreign key (tenant_id, reply_id)
        references chat_messages on delete set null (reply_id),
    constraint ai_requests_source_check check (source in ('CHAT', 'CONTENT', 'CMA', 'WORKFLOW')),
    constraint ai_requests_provider_check check (provider in ('OPENAI', 'COMPATIBLE', 'LOCAL')),
    constraint ai_requests_reserved_tokens_check check (reserved_tokens >= 0),
    constraint ai_requests_reply_begins_at_check check (reply_begins_at >= 0)
);
comment on table ai_requests is 'Something that was asked of a language model, and what came of it.';
comment on column ai_requests.provider is 'COMPATIBLE: another service that speaks as OpenAI''s does.';
comment on column ai_requests.completed_at is 'When it became COMPLETED or FAILED, by a trigger.';
comment on column ai_requests.message_id is 'Of a chat: what is to be answered.';
comment on column ai_requests.reply_id is 'Of a chat: the answer.';
comment on column ai_requests.reserved_tokens is
    'How much the answer may take; counts against the limit of the month until the request has ended.';
comment on column ai_requests.reply_begins_at is
    'At which position the present attempt of a streamed answer began: positions never go back.';
comment on column ai_requests.stop_requested_at is 'When the user asked for the answer to end where it is.';
comment on constraint ai_requests_id_user_id_key on ai_requests is 'There is already a request with this ID.';
comment on constraint ai_requests_reserved_tokens_check on ai_requests is 'A number of tokens is not negative.';
comment on constraint ai_requests_reply_begins_at_check on ai_requests is 'A position is not negative.';
create index ai_requests_user_id_idx on ai_requests (tenant_id, user_id, created_at desc, id desc);
create index ai_requests_status_idx on ai_requests (tenant_id, status, id desc);
create index ai_requests_thread_id_idx on ai_requests (tenant_id, thread_id, id desc) where thread_id is not null;
create index ai_requests_message_id_idx on ai_requests (tenant_id, message_id) where message_id is not null;
create unique index ai_requests_reply_id_key on ai_requests (tenant_id, reply_id);
comment on index ai_requests_reply_id_key is 'This message answers another request.';
create index ai_requests_open_idx on ai_requests (tenant_id, user_id) where status in ('QUEUED', 'PROCESSING');

create function app.ai_requests_ended() returns trigger
language plpgsql
as $$
begin
    new.completed_at := case
        when new.status not in ('COMPLETED', 'FAILED') then null
        when tg_op = 'UPDATE' then now()
        else coalesce(new.completed_at, now())
    end;
    return new;
end
$$;
create trigger ai_requests_ended_update before update of status on ai_requests
    for each row when (old.status is distinct from new.status) execute function app.ai_requests_ended();
create trigger ai_requests_ended before insert on ai_requests
    for each row execute function app.ai_requests_ended();

call app.protect('ai_requests');
call app.personal('ai_requests');
call app.state_machine('ai_requests', 'status', '{
    "QUEUED": ["PROCESSING", "FAILED"],
    "PROCESSING": ["COMPLETED", "FAILED"],
    "FAILED": ["QUEUED"],
    "COMPLETED": []
}');
call app.versioned('ai_requests', ignored => '{reserved_tokens, reply_begins_at}');
call app.fixed('ai_requests', '{user_id, source}');
call app.logged(
    'ai_requests', 'ai_request', parent => 'user_id', routing => '{user_id}',
    ignored => '{reserved_tokens,reply_begins_at}'
);

-- Answers under way --------------------------------------------------------------------------------------------------

create table chat_reply_chunks (
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    request_id uuid not null,
    ends_at integer not null,
    user_id uuid not null,
    created_at timestamptz not null default now(),
    begins_at integer not null,
    kind text not null,
    content text not null,
    constraint chat_reply_chunks_pkey primary key (tenant_id, request_id, ends_at),
    constraint chat_reply_chunks_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint chat_reply_chunks_request_id_user_id_fkey foreign key (tenant_id, request_id, user_id)
        references ai_requests (tenant_id, id, user_id) on delete cascade,
    constraint chat_reply_chunks_kind_check check (kind in ('TEXT', 'TOOL_CALL')),
    constraint chat_reply_chunks_begins_at_ends_at_kind_check check (
        begins_at >= 0 and ends_at - begins_at = case kind when 'TEXT' then length(content) else 1 end
    )
);
comment on table chat_reply_chunks is
    'Pieces of an answer while it is being written, for whoever watches, from any gateway. When the answer has ended it '
    'is a message, and these go.';
comment on column chat_reply_chunks.begins_at is 'Position of its first character; a call of a tool takes one position.';
comment on column chat_reply_chunks.content is 'Text, or the call of a tool as a JSON object: id, name, arguments.';
comment on constraint chat_reply_chunks_begins_at_ends_at_kind_check on chat_reply_chunks is
    'A piece takes as many positions as it has characters.';

call app.protect('chat_reply_chunks');
call app.personal('chat_reply_chunks');

-- Messages of assistants in the inbox --------------------------------------------------------------------------------

alter table messages add column sender_agent_id uuid;
alter table messages
    add constraint messages_sender_agent_id_fkey foreign key (tenant_id, sender_agent_id)
        references ai_agents on delete set null (sender_agent_id),
    add constraint messages_sender_type_sender_agent_id_check
        check (sender_agent_id is null or sender_type = 'AI_AGENT');
comment on column messages.sender_agent_id is
    'For sender_type AI_AGENT: which one; null when it is not known or no longer there.';
comment on constraint messages_sender_type_sender_agent_id_check on messages is
    'Only a message of sender type AI_AGENT has an agent as its sender.';
create index messages_sender_agent_id_idx on messages (tenant_id, sender_agent_id, id desc)
    where sender_agent_id is not null;
call app.name_partition_parts('messages');
call app.versioned('messages');
call app.logged('messages');
