drop trigger conversation_reads_follow_merge on conversation_reads;
drop trigger conversation_tag_links_follow_merge on conversation_tag_links;
drop trigger internal_notes_follow_merge on internal_notes;
drop function app.follow_merge();
drop trigger conversations_merged on conversations;
drop function app.conversations_merged();
drop trigger conversations_merge on conversations;
drop function app.conversations_merge();
drop trigger messages_conversation_id_fixed on messages;
drop function app.messages_conversation_id_fixed();
call app.fixed('messages', '{conversation_id}');

-- The functions as they were before conversations were merged.
create or replace function app.messages_inserted() returns trigger
language plpgsql
as $$
declare
    scope constant text := app.widen_scope();
begin
    -- An inbound message that arrives already READ is history being imported: it neither counts nor reopens.
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
        status = case when m.unread > 0 and c.status in ('PENDING', 'RESOLVED') then 'OPEN' else c.status end
    from (
        select tenant_id,
               conversation_id,
               count(*) filter (where sender_type = 'CONTACT' and delivery_status <> 'READ') as unread,
               max(created_at) filter (where sender_type = 'CONTACT') as inbound_at,
               max(created_at) as newest_at,
               (array_agg(left(content, 120) order by created_at desc, id desc))[1] as newest_preview
        from inserted
        group by tenant_id, conversation_id
    ) m
    where c.tenant_id = m.tenant_id and c.id = m.conversation_id;

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
        where n.sender_type = 'CONTACT' and n.delivery_status = 'READ' and o.delivery_status <> 'READ'
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
    return null;
end
$$;

drop function app.recount_conversation(uuid, uuid, boolean);
drop function app.first_reply(uuid, uuid);

drop trigger conversations_version on conversations;
alter table conversations drop column merged_by_id, drop column merged_at, drop column merged_into_id;
call app.versioned(
    'conversations',
    ignored => '{unread_count, last_message_at, last_message_preview, whatsapp_24h_expires_at, assigned_at, waiting_since, first_reply_at}'
);
call app.logged('conversations');
