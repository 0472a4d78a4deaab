-- $1 tenant
select json_build_object('data', json_build_object('sales', json_build_object('nodes', (
    select coalesce(json_agg(json_build_object(
        'id', s.id, 'status', s.status, 'dealType', s.deal_type, 'salePrice', s.sale_price, 'currency', s.currency,
        'financingType', s.financing_type, 'saleDate', s.sale_date, 'deliveryDate', s.delivery_date,
        'contact', json_build_object('id', p.id, 'displayName', p.display_name, 'phone', p.phone),
        'vehicle', case when v.id is not null then json_build_object(
            'id', v.id, 'make', v.make, 'model', v.model, 'year', v.year, 'price', v.price
        ) end,
        'salesperson', case when u.id is not null then json_build_object('id', u.id, 'displayName', u.display_name) end
    ) order by s.sale_date desc nulls last, s.id desc), '[]')
    from (
        select *
        from sales
        where tenant_id = $1 and deleted_at is null
        order by sale_date desc nulls last, id desc
        limit 100
    ) s
    join contacts p on p.tenant_id = s.tenant_id and p.id = s.contact_id
    left join vehicles v on v.tenant_id = s.tenant_id and v.id = s.vehicle_id
    left join users u on u.tenant_id = s.tenant_id and u.id = s.salesperson_id
))))::text
