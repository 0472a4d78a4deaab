-- inbox: two conversations with one contact on one channel become one. The one that is archived gives everything to the
-- other and stays, empty, to say so. It is an update of one column, so psql merges as the API does.

alter table conversations
    add column merged_into_id uuid,
    add column merged_at timestamptz,
    add column merged_by_id uuid,
    add constraint conversations_merged_into_id_fkey foreign key (tenant_id, merged_into_id)
        references conversations on delete set null (merged_into_id),
    add constraint conversations_merged_by_id_fkey foreign key (tenant_id, merged_by_id)
        references users on delete set null (merged_by_id);
comment on column conversations.merged_into_id is 'The conversation that has what was said here.';
comment on column conversations.merged_by_id is 'Who merged them; null when no user of the business did.';
create index conversations_merged_into_id_idx on conversations (tenant_id, merged_into_id) where merged_into_id is not null;
create index conversations_merged_by_id_idx on conversations (tenant_id, merged_by_id) where merged_by_id is not null;

call app.versioned(
    'conversations',
    ignored => '{unread_count, last_message_at, last_message_preview, whatsapp_24h_expires_at, assigned_at, waiting_since, first_reply_at}'
);
call app.logged('conversations');

-- What messages do to conversations ----------------------------------------------------------------------------------

create function app.first_reply(tenant uuid, conversation uuid) returns timestamptz
language sql stable
as $$
    select min(o.created_at)
    from messages o
    where o.tenant_id = tenant
      and o.conversation_id = conversation
      and o.sender_type in ('USER', 'AI_AGENT')
      and o.content_type <> 'SYSTEM'
      and o.created_at > (
          select min(i.created_at)
          from messages i
          where i.tenant_id = tenant and i.conversation_id = conversation and i.sender_type = 'CONTACT'
      )
$$;
comment on function app.first_reply(uuid, uuid) is
    'When a user or an assistant first wrote into a conversation after its contact did; null when nobody has.';

create or replace function app.messages_inserted() returns trigger
language plpgsql
as $$
declare
    scope constant text := app.widen_scope();
    is_merged boolean;
begin
    -- In the order in which merging locks them: then nobody waits in a circle.
    if (select count(distinct conversation_id) > 1 from inserted) then
        perform
        from conversations c
        where (c.tenant_id, c.id) in (select tenant_id, conversation_id from inserted)
        order by c.status <> 'ARCHIVED', c.id
        for no key update;
    end if;
    -- An inbound message that arrives already READ is history being imported: it neither counts nor reopens.
    with counted as (
        update conversations c
        set unread_count = c.unread_count + m.unread,
            last_message_at = greatest(c.last_message_at, m.newest_at),
            last_message_preview = case
                when c.last_message_at > m.newest_at then c.last_message_preview
                else m.newest_preview
            end,
            whatsapp_24h_expires_at = case
                when c.channel = 'WHATSAPP' then greatest(c.whatsapp_24h_expires_at, m.inbound_at + interval '24 hours')
                else c.whatsapp_24h_expires_at
            end,
            status = case when m.unread > 0 and c.status in ('PENDING', 'RESOLVED') then 'OPEN' else c.status end,
            waiting_since = case
                when c.status = 'ARCHIVED' or c.status = 'RESOLVED' and m.unread = 0 then null
                -- Answered; whoever wrote after the answer waits anew.
                when m.reply_at is not null
                then least(case when c.waiting_since > m.reply_at then c.waiting_since end, m.after_reply_at)
                else least(c.waiting_since, m.first_inbound_at)
            end,
            first_reply_at = case
                when c.first_reply_at is null and m.reply_at is not null
                then app.first_reply(c.tenant_id, c.id)
                else c.first_reply_at
            end
        from (
            select i.tenant_id,
                   i.conversation_id,
                   count(*) filter (where i.sender_type = 'CONTACT' and i.delivery_status <> 'READ') as unread,
                   max(i.created_at) filter (where i.sender_type = 'CONTACT') as inbound_at,
                   min(i.created_at) filter (where i.sender_type = 'CONTACT') as first_inbound_at,
                   min(i.created_at) filter (
                       where i.sender_type = 'CONTACT' and (r.at is null or i.created_at > r.at)
                   ) as after_reply_at,
                   r.at as reply_at,
                   max(i.created_at) as newest_at,
                   (array_agg(left(i.content, 120) order by i.created_at desc, i.id desc))[1] as newest_preview
            from inserted i
            left join (
                select tenant_id, conversation_id, max(created_at) as at
                from inserted
                where sender_type in ('USER', 'AI_AGENT') and content_type <> 'SYSTEM'
                group by tenant_id, conversation_id
            ) r using (tenant_id, conversation_id)
            group by i.tenant_id, i.conversation_id, r.at
        ) m
        where c.tenant_id = m.tenant_id and c.id = m.conversation_id
        returning c.merged_into_id
    )
    select coalesce(bool_or(merged_into_id is not null), false) into is_merged from counted;

    -- Ids are made before rows are committed, so one may come that is older than what somebody has read up to. Nobody
    -- has read it: their markers go back behind it.
    update conversation_reads r
    set last_read_message_id = (
            select m.id
            from messages m
            where m.tenant_id = r.tenant_id and m.conversation_id = r.conversation_id and m.id < late.first_id
            order by m.id desc
            limit 1
        )
    from (
        select tenant_id, conversation_id, (array_agg(id order by id))[1] as first_id
        from inserted
        where sender_type = 'CONTACT' and delivery_status <> 'READ'
        group by tenant_id, conversation_id
    ) late
    where r.tenant_id = late.tenant_id
      and r.conversation_id = late.conversation_id
      and r.last_read_message_id > late.first_id;

    -- Notes of the system inside a conversation do not reach the contact.
    update contacts p
    set last_contacted_at = m.outbound_at
    from (
        select c.tenant_id, c.contact_id, max(i.created_at) as outbound_at
        from inserted i
        join conversations c on c.tenant_id = i.tenant_id and c.id = i.conversation_id
        where i.sender_type <> 'CONTACT' and i.content_type <> 'SYSTEM'
        group by c.tenant_id, c.contact_id
    ) m
    where p.tenant_id = m.tenant_id
      and p.id = m.contact_id
      and (p.last_contacted_at is null or p.last_contacted_at < m.outbound_at);

    -- Whoever waited for a merge, to write into the conversation that is merged now, writes into the other one. That
    -- one may be merged by the time it is our turn.
    while is_merged and exists (
        select
        from inserted i
        join messages m on m.tenant_id = i.tenant_id and m.id = i.id
        join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
        where c.merged_into_id is not null
    ) loop
        update messages m
        set conversation_id = c.merged_into_id
        from inserted i, conversations c
        where m.tenant_id = i.tenant_id
          and m.id = i.id
          and c.tenant_id = m.tenant_id
          and c.id = m.conversation_id
          and c.merged_into_id is not null;
    end loop;
    perform set_config('app.scope', scope, true);
    return null;
end
$$;

create or replace function app.messages_updated() returns trigger
language plpgsql
as $$
begin
    update conversations c
    set unread_count = greatest(c.unread_count - m.read, 0)
    from (
        select n.tenant_id, n.conversation_id, count(*) as read
        from was o
        join becomes n on n.tenant_id = o.tenant_id and n.id = o.id
        where n.sender_type = 'CONTACT'
          and n.delivery_status = 'READ'
          and o.delivery_status <> 'READ'
          and n.conversation_id = o.conversation_id
        group by n.tenant_id, n.conversation_id
    ) m
    where c.tenant_id = m.tenant_id and c.id = m.conversation_id and c.unread_count > 0;

    update conversations c
    set last_message_preview = left(n.content, 120)
    from was o
    join becomes n on n.tenant_id = o.tenant_id and n.id = o.id
    where o.content is distinct from n.content
      and c.tenant_id = n.tenant_id
      and c.id = n.conversation_id
      and n.id = (
          select m.id
          from messages m
          where m.tenant_id = c.tenant_id and m.conversation_id = c.id and m.created_at = c.last_message_at
          order by m.id desc
          limit 1
      );

    -- Messages that were moved by a merge: both ends are counted anew.
    perform app.recount_conversation(moved.tenant_id, moved.id, moved.came)
    from (
        select ends.tenant_id, ends.id, bool_or(ends.came) as came
        from was o
        join becomes n on n.tenant_id = o.tenant_id and n.id = o.id and n.conversation_id <> o.conversation_id
        cross join lateral (
            values
                (o.tenant_id, o.conversation_id, false),
                (n.tenant_id, n.conversation_id, n.sender_type = 'CONTACT' and n.delivery_status <> 'READ')
        ) as ends (tenant_id, id, came)
        group by ends.tenant_id, ends.id
        order by ends.id
    ) moved;
    return null;
end
$$;

create function app.recount_conversation(tenant uuid, conversation uuid, is_news boolean) returns void
language sql
as $$
    update conversations c
    set unread_count = m.unread,
        last_message_at = newest.created_at,
        last_message_preview = left(newest.content, 120),
        whatsapp_24h_expires_at = case when c.channel = 'WHATSAPP' then m.inbound_at + interval '24 hours' end,
        status = case when is_news and c.status in ('PENDING', 'RESOLVED') then 'OPEN' else c.status end,
        waiting_since = case
            when c.status = 'ARCHIVED' or c.status = 'RESOLVED' and not is_news then null
            else (
                select min(w.created_at)
                from messages w
                where w.tenant_id = tenant
                  and w.conversation_id = conversation
                  and w.sender_type = 'CONTACT'
                  and (m.reply_at is null or w.created_at > m.reply_at)
            )
        end,
        first_reply_at = app.first_reply(tenant, conversation)
    from (
        select count(*) filter (where sender_type = 'CONTACT' and delivery_status <> 'READ') as unread,
               max(created_at) filter (where sender_type = 'CONTACT') as inbound_at,
               max(created_at) filter (
                   where sender_type in ('USER', 'AI_AGENT') and content_type <> 'SYSTEM'
               ) as reply_at
        from messages
        where tenant_id = tenant and conversation_id = conversation
    ) m
    left join lateral (
        select r.created_at, r.content
        from messages r
        where r.tenant_id = tenant and r.conversation_id = conversation
        order by r.created_at desc, r.id desc
        limit 1
    ) newest on true
    where c.tenant_id = tenant and c.id = conversation
$$;
comment on function app.recount_conversation(uuid, uuid, boolean) is
    'Makes all that is counted of a conversation''s messages right. is_news: unread ones have come in, which open it.';

-- A message stays in its conversation unless that is merged.
drop trigger messages_conversation_id_fixed on messages;
create function app.messages_conversation_id_fixed() returns trigger
language plpgsql
as $$
begin
    perform
    from conversations
    where tenant_id = old.tenant_id and id = old.conversation_id and merged_into_id = new.conversation_id;
    if not found then
        perform app.refuse('VALIDATION', 'conversation_id', 'The conversation id of this message cannot be changed.');
    end if;
    return new;
end
$$;
create trigger messages_conversation_id_fixed before update of conversation_id on messages
    for each row when (old.conversation_id is distinct from new.conversation_id)
    execute function app.messages_conversation_id_fixed();

-- Merging ------------------------------------------------------------------------------------------------------------

create function app.conversations_merge() returns trigger
language plpgsql
as $$
declare
    into_one conversations;
begin
    if new.merged_into_id = new.id then
        perform app.refuse('VALIDATION', 'merged_into_id', 'A conversation cannot be merged into itself.');
    end if;
    -- As new messages lock it: for the stronger lock one would wait as long as messages keep coming.
    select * into into_one
    from conversations
    where tenant_id = new.tenant_id and id = new.merged_into_id
    for no key update;
    -- Left to the foreign key.
    if not found then
        return new;
    end if;
    if tg_op = 'UPDATE' and old.merged_into_id is not null then
        perform app.refuse(
            'CONFLICT', 'merged_into_id', 'This conversation was merged into another one before.',
            jsonb_build_object('conversationId', old.merged_into_id)
        );
    end if;
    if into_one.merged_into_id is not null then
        perform app.refuse(
            'CONFLICT', 'merged_into_id', 'The other conversation was itself merged into another one.',
            jsonb_build_object('conversationId', into_one.merged_into_id)
        );
    end if;
    if (into_one.contact_id, into_one.channel) is distinct from (new.contact_id, new.channel) then
        perform app.refuse(
            'VALIDATION', 'merged_into_id', 'Only conversations with the same contact on the same channel can be merged.'
        );
    end if;
    if into_one.status = 'ARCHIVED' and new.status <> 'ARCHIVED' then
        perform app.refuse(
            'VALIDATION', 'merged_into_id', 'The other conversation is archived: merge that one into this one.'
        );
    end if;
    new.status := 'ARCHIVED';
    new.snoozed_until := null;
    new.merged_at := now();
    new.merged_by_id := app.acting_user(new.tenant_id);
    return new;
end
$$;
create trigger conversations_merge before update of merged_into_id on conversations
    for each row when (new.merged_into_id is not null and old.merged_into_id is distinct from new.merged_into_id)
    execute function app.conversations_merge();

create function app.conversations_merged() returns trigger
language plpgsql
as $$
begin
    -- How far who has read of both: up to the first message that is unread in either.
    insert into conversation_reads (tenant_id, conversation_id, user_id, last_read_message_id)
    select new.tenant_id, new.merged_into_id, reader.user_id, (
               select m.id
               from messages m
               where m.tenant_id = new.tenant_id
                 and m.conversation_id in (new.id, new.merged_into_id)
                 and (reader.unread_id is null or m.id < reader.unread_id)
               order by m.id desc
               limit 1
           )
    from (
        select u.user_id, least(
                   app.first_unread(new.tenant_id, new.id, u.user_id),
                   app.first_unread(new.tenant_id, new.merged_into_id, u.user_id)
               ) as unread_id
        from (
            select distinct user_id
            from conversation_reads
            where tenant_id = new.tenant_id and conversation_id in (new.id, new.merged_into_id)
        ) u
    ) reader
    on conflict (tenant_id, conversation_id, user_id)
        do update set last_read_message_id = excluded.last_read_message_id;
    delete from conversation_reads where tenant_id = new.tenant_id and conversation_id = new.id;

    -- Should a client have used one id in both, the message that stays where it was keeps it.
    update messages m
    set conversation_id = new.merged_into_id,
        client_message_id = case
            when not exists (
                select from messages o
                where o.tenant_id = m.tenant_id
                  and o.conversation_id = new.merged_into_id
                  and o.client_message_id = m.client_message_id
            ) then m.client_message_id
        end
    where m.tenant_id = new.tenant_id and m.conversation_id = new.id;

    update internal_notes
    set conversation_id = new.merged_into_id
    where tenant_id = new.tenant_id and conversation_id = new.id;

    insert into conversation_tag_links (tenant_id, conversation_id, tag_id)
    select tenant_id, new.merged_into_id, tag_id
    from conversation_tag_links
    where tenant_id = new.tenant_id and conversation_id = new.id
    on conflict do nothing;
    delete from conversation_tag_links where tenant_id = new.tenant_id and conversation_id = new.id;
    return null;
end
$$;
create trigger conversations_merged after update of merged_into_id on conversations
    for each row when (new.merged_into_id is not null and old.merged_into_id is distinct from new.merged_into_id)
    execute function app.conversations_merged();

-- Notes and tags for a conversation that is being merged wait, and go where the rest went.
create function app.follow_merge() returns trigger
language plpgsql
as $$
declare
    next_id uuid;
begin
    loop
        select merged_into_id into next_id
        from conversations
        where tenant_id = new.tenant_id and id = new.conversation_id
        for no key update;
        exit when next_id is null;
        new.conversation_id := next_id;
    end loop;
    return new;
end
$$;
create trigger internal_notes_follow_merge before insert on internal_notes
    for each row execute function app.follow_merge();
create trigger conversation_tag_links_follow_merge before insert on conversation_tag_links
    for each row execute function app.follow_merge();
create trigger conversation_reads_follow_merge before insert on conversation_reads
    for each row execute function app.follow_merge();
