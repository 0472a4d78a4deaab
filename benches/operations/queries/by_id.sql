-- $1 tenant, $2 contact
select json_build_object('data', json_build_object('contact', (
    select json_build_object(
        'id', id, 'displayName', display_name, 'phone', phone, 'email', email, 'nurtureStatus', nurture_status,
        'leadScore', lead_score, 'isActive', is_active, 'createdAt', created_at
    )
    from contacts
    where tenant_id = $1 and id = $2 and deleted_at is null
)))::text
