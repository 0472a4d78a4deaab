-- $1 tenant, $2 status, $3 prefix, $4 and $5 folded name and id of the last contact of page 2
with found as (
    select id, display_name, display_name_folded, phone, email, lead_score, created_at
    from contacts
    where tenant_id = $1
      and status_id = $2
      and display_name_folded >= app.fold($3) collate "C"
      and display_name_folded < (app.fold($3) || chr(1114111)) collate "C"
      and deleted_at is null
), page as (
    select *
    from found
    where (display_name_folded, id) > ($4 collate "C", $5)
    order by display_name_folded, id
    limit 26
), shown as (
    select * from page order by display_name_folded, id limit 25
)
select json_build_object('data', json_build_object('contacts', json_build_object(
    'totalCount', (select count(*) from found),
    'pageInfo', json_build_object(
        'hasNextPage', (select count(*) > 25 from page),
        'endCursor', (
            select encode(convert_to(json_build_array(display_name_folded, id)::text, 'utf8'), 'base64')
            from shown
            order by display_name_folded desc, id desc
            limit 1
        )
    ),
    'nodes', (
        select coalesce(json_agg(json_build_object(
            'id', id, 'displayName', display_name, 'phone', phone, 'email', email, 'leadScore', lead_score,
            'createdAt', created_at
        ) order by display_name_folded, id), '[]')
        from shown
    )
)))::text
