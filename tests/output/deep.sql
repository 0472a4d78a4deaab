-- Written by `UPDATE_SNAPSHOTS=1 cargo test --test it plans`.

select t0.id, t0.display_name, t0.phone, t0.email, t0.last_contacted_at
  from contacts t0
  where t0.tenant_id = $1 and (t0.deleted_at is null and t0.owner_id = $2)
  order by t0.last_contacted_at desc nulls last, t0.id desc
  limit 21;

select t0.id, t0.channel, t0.status, t0.last_message_at, p.n
  from unnest($1) with ordinality p(id, n)
  cross join lateral (select t.*
    from conversations t
    where t.tenant_id = $2 and t.contact_id = p.id
    order by t.last_message_at desc nulls last, t.id desc
    limit 6) t0
  order by p.n, t0.last_message_at desc nulls last, t0.id desc;

select t0.id, t0.title, t0.type, t0.status, t0.scheduled_at, p.n
  from unnest($1) with ordinality p(id, n)
  cross join lateral (select t.*
    from appointments t
    where t.tenant_id = $2 and (t.deleted_at is null) and t.contact_id = p.id
    order by t.scheduled_at desc, t.id desc
    limit 4) t0
  order by p.n, t0.scheduled_at desc, t0.id desc;

select t0.id, t0.status, t0.sale_price, t0.currency, t0.sale_date, t1.id, t1.make, t1.model, t1.year, t1.price, p.n
  from unnest($1) with ordinality p(id, n)
  cross join lateral (select t.*
    from sales t
    where t.tenant_id = $2 and (t.deleted_at is null) and t.contact_id = p.id
    order by t.created_at desc, t.id desc
    limit 6) t0
  left join vehicles t1 on t1.tenant_id = t0.tenant_id and t1.id = t0.vehicle_id
  order by p.n, t0.created_at desc, t0.id desc;

select t0.id, t0.content, t0.sender_type, t0.delivery_status, t0.created_at, p.n
  from unnest($1) with ordinality p(id, n)
  cross join lateral (select t.*
    from messages t
    where t.tenant_id = $2 and t.conversation_id = p.id
    order by t.id desc
    limit 6) t0
  order by p.n, t0.id desc;
