-- Written by `UPDATE_SNAPSHOTS=1 cargo test --test it plans`.

select t0.id, t0.status, t0.deal_type, t0.sale_price, t0.currency, t0.financing_type, t0.sale_date, t0.delivery_date, t1.id, t1.display_name, t1.phone, t2.id, t2.make, t2.model, t2.year, t2.price, t3.id, t3.display_name
  from (select t.*
    from sales t
    where t.tenant_id = $1 and (t.deleted_at is null)
    order by t.sale_date desc nulls last, t.id desc
    limit 101) t0
  left join contacts t1 on t1.tenant_id = t0.tenant_id and t1.id = t0.contact_id
  left join vehicles t2 on t2.tenant_id = t0.tenant_id and t2.id = t0.vehicle_id
  left join users t3 on t3.tenant_id = t0.tenant_id and t3.id = t0.salesperson_id
  order by t0.sale_date desc nulls last, t0.id desc;
