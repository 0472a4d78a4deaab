-- What must hold between the rows of a tenant, whoever wrote them: counters equal what they count, histories end where
-- the row stands, nothing of the past lies ahead. Gives one row for each rule that is broken: the rule, and how many
-- rows break it. Row-level security decides which tenant is looked at.
with found (rule, broken) as (
    select 'unread_count is the number of inbound messages not READ', count(*)
    from conversations c
    where unread_count <> (
        select count(*) from messages m
        where m.tenant_id = c.tenant_id and m.conversation_id = c.id
          and m.sender_type = 'CONTACT' and m.delivery_status <> 'READ'
    )
    union all
    select 'last_message_at and the preview are those of the newest message', count(*)
    from conversations c
    left join lateral (
        select m.created_at, left(m.content, 120) as preview from messages m
        where m.tenant_id = c.tenant_id and m.conversation_id = c.id
        order by m.created_at desc, m.id desc limit 1
    ) newest on true
    where (c.last_message_at, c.last_message_preview) is distinct from (newest.created_at, newest.preview)
    union all
    select 'whatsapp_24h_expires_at is a day after the newest inbound message', count(*)
    from conversations c
    where whatsapp_24h_expires_at is distinct from (
        select max(m.created_at) + interval '24 hours' from messages m
        where m.tenant_id = c.tenant_id and m.conversation_id = c.id
          and m.sender_type = 'CONTACT' and c.channel = 'WHATSAPP'
    )
    union all
    select 'first_reply_at is when somebody first wrote after the contact did', count(*)
    from conversations c
    where first_reply_at is distinct from (
        select min(o.created_at) from messages o
        where o.tenant_id = c.tenant_id and o.conversation_id = c.id
          and o.sender_type in ('USER', 'AI_AGENT') and o.content_type <> 'SYSTEM'
          and o.created_at > (
              select min(i.created_at) from messages i
              where i.tenant_id = c.tenant_id and i.conversation_id = c.id and i.sender_type = 'CONTACT'
          )
    )
    union all
    select 'nobody waits where all is settled, and nobody without having written', count(*)
    from conversations c
    where waiting_since is not null
      and (status in ('RESOLVED', 'ARCHIVED') or not exists (
          select from messages m
          where m.tenant_id = c.tenant_id and m.conversation_id = c.id
            and m.sender_type = 'CONTACT' and m.created_at = c.waiting_since
      ))
    union all
    select 'a merged conversation is archived and empty', count(*)
    from conversations c
    where merged_into_id is not null
      and (status <> 'ARCHIVED' or exists (
          select from messages m where m.tenant_id = c.tenant_id and m.conversation_id = c.id
      ))
    union all
    select 'ids of messages sort by time', count(*)
    from (
        select created_at <= lag(created_at) over (partition by tenant_id, conversation_id order by id) as back
        from messages
    ) m
    where back
    union all
    select 'last_contacted_at is the latest of messages out, interactions, completed calls', count(*)
    from contacts p
    where last_contacted_at is distinct from greatest(
        (
            select max(m.created_at) from conversations c
            join messages m on m.tenant_id = c.tenant_id and m.conversation_id = c.id
            where c.tenant_id = p.tenant_id and c.contact_id = p.id
              and m.sender_type <> 'CONTACT' and m.content_type <> 'SYSTEM'
        ),
        (select max(i.occurred_at) from interactions i where i.tenant_id = p.tenant_id and i.contact_id = p.id),
        (
            select max(l.called_at) from calls l
            where l.tenant_id = p.tenant_id and l.contact_id = p.id and l.state = 'COMPLETED'
        )
    )
    union all
    select 'the history of statuses ends in the contact''s status', count(*)
    from contacts p
    where status_id is distinct from coalesce(
        (
            select h.to_status_id from contact_status_history h
            where h.tenant_id = p.tenant_id and h.contact_id = p.id order by h.changed_at desc limit 1
        ),
        (select s.id from contact_statuses s where s.tenant_id = p.tenant_id and s.is_default)
    )
    union all
    select 'the activities of a lead end in its status', count(*)
    from leads l
    where status <> coalesce(
        (
            select a.metadata ->> 'to' from lead_activities a
            where a.tenant_id = l.tenant_id and a.lead_id = l.id and a.activity_type = 'STATUS_CHANGE'
            order by a.occurred_at desc, a.id desc limit 1
        ),
        'NEW'
    )
    union all
    select 'last_contact_at is the latest activity with the person', count(*)
    from leads l
    where last_contact_at is distinct from (
        select max(a.occurred_at) from lead_activities a
        where a.tenant_id = l.tenant_id and a.lead_id = l.id
          and a.activity_type in ('CALL', 'EMAIL', 'MEETING', 'WHATSAPP', 'TEST_DRIVE', 'VIEWING')
    )
    union all
    select 'the counters of a campaign count its batches', count(*)
    from campaigns c
    cross join lateral (
        select count(*) as batches, coalesce(sum(jsonb_array_length(b.contacts)), 0) as contacts,
               count(*) filter (where b.status = 'SENT') as sent, count(*) filter (where b.status = 'FAILED') as failed
        from campaign_batches b where b.tenant_id = c.tenant_id and b.campaign_id = c.id
    ) b
    where c.total_batches <> b.batches or c.total_contacts <> b.contacts
       or c.batches_sent <> b.sent or c.batches_failed <> b.failed
    union all
    select 'a vehicle stands where its live sale puts it', count(*)
    from vehicles v
    left join sales s on s.tenant_id = v.tenant_id and s.vehicle_id = v.id and s.status <> 'CANCELLED'
    where case s.status
        when 'DELIVERED' then v.status <> 'DELIVERED'
        when 'COMPLETED' then v.status <> 'SOLD'
        when 'APPROVED' then v.status <> 'RESERVED'
        when 'PENDING' then v.status <> 'RESERVED'
        else v.status in ('RESERVED', 'SOLD', 'DELIVERED')
    end
    union all
    select 'a property stands where its live sale puts it', count(*)
    from properties p
    left join sales s on s.tenant_id = p.tenant_id and s.property_id = p.id and s.status <> 'CANCELLED'
    where p.status <> case
        when s.id is null then 'ACTIVE'
        when s.status in ('PENDING', 'APPROVED') then 'UNDER_OFFER'
        when s.deal_type = 'RENTAL' then 'RENTED'
        else 'SOLD'
    end
    union all
    select 'the movements of a vehicle end in its status', count(*)
    from vehicles v
    where status is distinct from (
        select case m.movement_type
            when 'INBOUND' then 'AVAILABLE'
            when 'RELEASE' then 'AVAILABLE'
            when 'RETURN' then 'AVAILABLE'
            when 'MAINTENANCE_OUT' then 'AVAILABLE'
            when 'ADJUSTMENT' then 'AVAILABLE'
            when 'RESERVATION' then 'RESERVED'
            when 'SALE' then 'SOLD'
            when 'DELIVERY' then 'DELIVERED'
            when 'MAINTENANCE_IN' then 'MAINTENANCE'
            when 'WITHDRAWAL' then 'WITHDRAWN'
            when 'TRANSFER' then 'IN_TRANSIT'
        end
        from inventory_movements m
        where m.tenant_id = v.tenant_id and m.vehicle_id = v.id
        order by m.movement_date desc, m.id desc limit 1
    )
    union all
    select 'what happened with a contact happened after they appeared', count(*)
    from contacts p
    where exists (select from conversations c where c.tenant_id = p.tenant_id and c.contact_id = p.id and c.created_at < p.created_at)
       or exists (select from sales s where s.tenant_id = p.tenant_id and s.contact_id = p.id and s.created_at < p.created_at)
       or exists (select from calls l where l.tenant_id = p.tenant_id and l.contact_id = p.id and l.called_at < p.created_at)
       or exists (select from interactions i where i.tenant_id = p.tenant_id and i.contact_id = p.id and i.occurred_at < p.created_at)
    union all
    select 'appointments of the past do not wait, those ahead are not over', count(*)
    from appointments
    where status in ('SCHEDULED', 'CONFIRMED') and scheduled_at < now() - interval '1 hour'
       or status in ('COMPLETED', 'NO_SHOW', 'IN_PROGRESS') and scheduled_at > now()
    union all
    select 'nothing of the past lies ahead', (
        select count(*) from messages where created_at > now()
    ) + (
        select count(*) from contacts where created_at > now()
    ) + (
        select count(*) from sales where greatest(created_at, sale_date, delivery_date) > now()
    ) + (
        select count(*) from lead_activities where occurred_at > now()
    )
)
select rule, broken from found where broken > 0 order by rule
