-- $1 tenant
select json_build_object('data', json_build_object('conversations', json_build_object('nodes', (
    select coalesce(json_agg(json_build_object(
        'id', c.id, 'channel', c.channel, 'status', c.status, 'unreadCount', c.unread_count,
        'lastMessageAt', c.last_message_at, 'lastMessagePreview', c.last_message_preview,
        'contact', json_build_object('id', p.id, 'displayName', p.display_name, 'phone', p.phone),
        'assignedTo', case when u.id is not null then json_build_object('id', u.id, 'displayName', u.display_name) end,
        'tags', json_build_object('nodes', tags.nodes),
        'messages', json_build_object('nodes', messages.nodes)
    ) order by c.last_message_at desc nulls last, c.id desc), '[]')
    from (
        select *
        from conversations
        where tenant_id = $1 and status = 'OPEN'
        order by last_message_at desc nulls last, id desc
        limit 25
    ) c
    join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
    left join users u on u.tenant_id = c.tenant_id and u.id = c.assigned_to_id
    cross join lateral (
        select coalesce(json_agg(json_build_object('id', g.id, 'name', g.name, 'color', g.color) order by g.id), '[]') as nodes
        from conversation_tag_links l
        join conversation_tags g on g.tenant_id = l.tenant_id and g.id = l.tag_id
        where l.tenant_id = $1 and l.conversation_id = c.id
    ) tags
    cross join lateral (
        select coalesce(json_agg(json_build_object(
            'id', m.id, 'content', m.content, 'contentType', m.content_type, 'senderType', m.sender_type,
            'deliveryStatus', m.delivery_status, 'createdAt', m.created_at,
            'sender', case m.sender_type
                when 'USER' then
                    json_build_object('__typename', 'User', 'id', s.id, 'displayName', s.display_name)
                when 'CONTACT' then
                    json_build_object('__typename', 'Contact', 'id', p.id, 'displayName', p.display_name)
            end
        ) order by m.id), '[]') as nodes
        from (
            select *
            from messages
            where tenant_id = $1 and conversation_id = c.id
            order by id desc
            limit 5
        ) m
        left join users s on s.tenant_id = m.tenant_id and s.id = m.sender_user_id
    ) messages
))))::text
