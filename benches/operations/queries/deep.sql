-- $1 tenant, $2 owner of the contacts
select json_build_object('data', json_build_object('contacts', json_build_object('nodes', (
    select coalesce(json_agg(json_build_object(
        'id', p.id, 'displayName', p.display_name, 'phone', p.phone, 'email', p.email,
        'lastContactedAt', p.last_contacted_at,
        'conversations', json_build_object('nodes', conversations.nodes),
        'appointments', json_build_object('nodes', appointments.nodes),
        'sales', json_build_object('nodes', sales.nodes)
    ) order by p.last_contacted_at desc nulls last, p.id desc), '[]')
    from (
        select *
        from contacts
        where tenant_id = $1 and owner_id = $2 and deleted_at is null
        order by last_contacted_at desc nulls last, id desc
        limit 20
    ) p
    cross join lateral (
        select coalesce(json_agg(json_build_object(
            'id', c.id, 'channel', c.channel, 'status', c.status, 'lastMessageAt', c.last_message_at,
            'messages', json_build_object('nodes', messages.nodes)
        ) order by c.last_message_at desc nulls last, c.id desc), '[]') as nodes
        from (
            select *
            from conversations
            where tenant_id = $1 and contact_id = p.id
            order by last_message_at desc nulls last, id desc
            limit 5
        ) c
        cross join lateral (
            select coalesce(json_agg(json_build_object(
                'id', m.id, 'content', m.content, 'senderType', m.sender_type, 'deliveryStatus', m.delivery_status,
                'createdAt', m.created_at
            ) order by m.id), '[]') as nodes
            from (
                select *
                from messages
                where tenant_id = $1 and conversation_id = c.id
                order by id desc
                limit 5
            ) m
        ) messages
    ) conversations
    cross join lateral (
        select coalesce(json_agg(json_build_object(
            'id', a.id, 'title', a.title, 'type', a.type, 'status', a.status, 'scheduledAt', a.scheduled_at
        ) order by a.scheduled_at desc, a.id desc), '[]') as nodes
        from (
            select *
            from appointments
            where tenant_id = $1 and contact_id = p.id and deleted_at is null
            order by scheduled_at desc, id desc
            limit 3
        ) a
    ) appointments
    cross join lateral (
        select coalesce(json_agg(json_build_object(
            'id', s.id, 'status', s.status, 'salePrice', s.sale_price, 'currency', s.currency, 'saleDate', s.sale_date,
            'vehicle', case when v.id is not null then json_build_object(
                'id', v.id, 'make', v.make, 'model', v.model, 'year', v.year, 'price', v.price
            ) end
        ) order by s.created_at desc, s.id desc), '[]') as nodes
        from (
            select *
            from sales
            where tenant_id = $1 and contact_id = p.id and deleted_at is null
            order by created_at desc, id desc
            limit 5
        ) s
        left join vehicles v on v.tenant_id = s.tenant_id and v.id = s.vehicle_id
    ) sales
))))::text
