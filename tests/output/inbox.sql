-- Written by `UPDATE_SNAPSHOTS=1 cargo test --test it plans`.

select t0.id, t0.channel, t0.status, t0.unread_count, t0.last_message_at, t0.last_message_preview, t1.id, t1.display_name, t1.phone, t2.id, t2.display_name
  from (select t.*
    from conversations t
    where t.tenant_id = $1 and (t.status = $2)
    order by t.last_message_at desc nulls last, t.id desc
    limit 26) t0
  left join contacts t1 on t1.tenant_id = t0.tenant_id and t1.id = t0.contact_id
  left join users t2 on t2.tenant_id = t0.tenant_id and t2.id = t0.assigned_to_id
  order by t0.last_message_at desc nulls last, t0.id desc;

select t0.id, t0.name, t0.color, p.n
  from unnest($1) with ordinality p(id, n)
  cross join lateral (select t.*
    from conversation_tags t
    join conversation_tag_links l on l.tenant_id = t.tenant_id and l.tag_id = t.id and l.tenant_id = $2 and l.conversation_id = p.id
    where t.tenant_id = $3
    order by t.id
    limit 26) t0
  order by p.n, t0.id;

select t0.id, t0.content, t0.content_type, t0.sender_type, t0.delivery_status, t0.created_at, t1.id, t1.display_name, t2.id, t4.id, t4.display_name, p.n
  from unnest($1) with ordinality p(id, n)
  cross join lateral (select t.*
    from messages t
    where t.tenant_id = $2 and t.conversation_id = p.id
    order by t.id desc
    limit 6) t0
  left join users t1 on t1.tenant_id = t0.tenant_id and t1.id = t0.sender_user_id and (t0.sender_type = 'USER')
  left join ai_agents t2 on t2.tenant_id = t0.tenant_id and t2.id = t0.sender_agent_id and (t0.sender_type = 'AI_AGENT')
  left join conversations t3 on t3.tenant_id = t0.tenant_id and t3.id = t0.conversation_id and (t0.sender_type = 'CONTACT')
  left join contacts t4 on t4.tenant_id = t3.tenant_id and t4.id = t3.contact_id
  order by p.n, t0.id desc;
