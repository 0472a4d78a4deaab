-- Written by `UPDATE_SNAPSHOTS=1 cargo test --test it plans`.

select t0.id
  from contacts t0
  where t0.tenant_id = $1 and t0.id = $2 and t0.deleted_at is null;

select t0.id, p.n
  from unnest($1) with ordinality p(id, n)
  cross join lateral (select t.*
    from conversations t
    where t.tenant_id = $2 and t.contact_id = p.id
    order by t.id
    limit 26) t0
  order by p.n, t0.id;

select t0.id, t0.content, p.n
  from unnest($1) with ordinality p(id, n)
  cross join lateral (select t.*
    from messages t
    where t.tenant_id = $2 and t.conversation_id = p.id
    order by t.id desc
    limit 51) t0
  order by p.n, t0.id desc;

select (select count(*)
    from messages t
    where t.tenant_id = $1 and t.conversation_id = p.id)
  from unnest($2) with ordinality p(id, n)
  order by p.n;
