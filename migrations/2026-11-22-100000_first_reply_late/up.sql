-- When somebody first answered is right whoever commits first. A message carries the time at which its transaction began,
-- so that of a contact may become visible after its answer has, and either may stand before what has been counted. Where
-- that was missed so far, the next answer mends it.

-- Volatile: it sees what was committed while its caller waited for the conversation, which the caller's own snapshot does
-- not show.
alter function app.first_reply(uuid, uuid) volatile;

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
                when (m.reply_at is not null or c.last_message_at > m.first_inbound_at)
                 and (c.first_reply_at is null or c.first_reply_at > m.oldest_at)
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
                   min(i.created_at) as oldest_at,
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
