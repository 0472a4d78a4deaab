-- Who sees what of logistics. A line is seen by whoever asked for it, and by whoever has its dealership (of origin or
-- of destination), its brand and its service type in scope; a request by whoever made it or sees one of its lines; and
-- what belongs to a request by whoever sees the request. The scope is what the profile of a user says, and the lists of
-- the user's group. Written as restrictive policies over columns of the row and lists that are computed once for each
-- statement. They hold for the API alone: the owner of the tables and analysts see a tenant as a whole.

create function app.logistics_opens(dimension text) returns boolean
language plpgsql stable
as $$
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    me constant uuid := nullif(current_setting('app.user_id', true), '')::uuid;
begin
    -- Triggers that keep other rows right; workers and staff of the platform, who are no user of the tenant.
    if app.in_scope('logistics') or me is null and app.in_scope('records') then
        return true;
    end if;
    return coalesce((
        select case dimension
            when 'dealerships' then p.all_dealerships
            when 'brands' then p.all_brands
            when 'service_types' then p.all_service_types
            when 'everything' then p.all_dealerships and p.all_brands and p.all_service_types
        end
        from logistics_profiles p
        where p.tenant_id = tenant and p.user_id = me
    ), false);
end
$$;
comment on function app.logistics_opens(text) is
    'Whether the user of this transaction has all dealerships, brands or service_types in scope, whatever the lists '
    'say; everything: all three.';

create function app.logistics_list(dimension text) returns uuid[]
language plpgsql stable
as $$
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    me constant uuid := nullif(current_setting('app.user_id', true), '')::uuid;
    own_list uuid;
    group_list uuid;
begin
    -- A group that is not in use, or was deleted, gives nothing.
    select p.id, g.id into own_list, group_list
    from users u
    left join logistics_profiles p on p.tenant_id = u.tenant_id and p.user_id = u.id
    left join user_groups g
        on g.tenant_id = u.tenant_id and g.id = u.group_id and g.is_active and g.deleted_at is null
    where u.tenant_id = tenant and u.id = me;
    return case dimension
        when 'dealerships' then array(
            select l.dealership_id from logistics_profile_dealerships l
            where l.tenant_id = tenant and l.profile_id = own_list
            union
            select l.dealership_id from user_group_dealerships l
            where l.tenant_id = tenant and l.group_id = group_list
        )
        when 'brands' then array(
            select l.brand_id from logistics_profile_brands l where l.tenant_id = tenant and l.profile_id = own_list
        )
        when 'service_types' then array(
            select l.service_type_id from logistics_profile_service_types l
            where l.tenant_id = tenant and l.profile_id = own_list
        )
        when 'external_clients' then array(
            select l.external_client_id from logistics_profile_external_clients l
            where l.tenant_id = tenant and l.profile_id = own_list
        )
        when 'billing_accounts' then array(
            select l.billing_account_id from logistics_profile_billing_accounts l
            where l.tenant_id = tenant and l.profile_id = own_list
            union
            select l.billing_account_id from user_group_billing_accounts l
            where l.tenant_id = tenant and l.group_id = group_list
        )
        when 'hst_codes' then array(
            select l.hst_code_id from logistics_profile_hst_codes l
            where l.tenant_id = tenant and l.profile_id = own_list
            union
            select l.hst_code_id from user_group_hst_codes l where l.tenant_id = tenant and l.group_id = group_list
        )
        else '{}'
    end;
end
$$;
comment on function app.logistics_list(text) is
    'The dealerships, brands, service_types, external_clients, billing_accounts or hst_codes in the lists of the user '
    'of this transaction and of the user''s group. Empty for nothing.';

create function app.widen_logistics() returns text
language plpgsql
as $$
declare
    before constant text := coalesce(current_setting('app.scope', true), '');
begin
    if not app.in_scope('logistics') then
        perform set_config('app.scope', btrim(before || ' logistics'), true);
    end if;
    return before;
end
$$;
comment on function app.widen_logistics() is
    'As app.widen_scope, for rows of logistics: for triggers that keep rows right which the user may not see. Returns '
    'the scope before, to be set again.';

create function app.sees_logistics_line(line logistics_request_lines) returns boolean
language plpgsql stable
as $$
declare
    me constant uuid := nullif(current_setting('app.user_id', true), '')::uuid;
begin
    return app.logistics_opens('everything')
        or coalesce(line.requested_by_id = me, false)
        or coalesce(line.created_by_id = me, false)
        or (
            app.logistics_opens('dealerships')
            or coalesce(line.origin_dealership_id = any (app.logistics_list('dealerships')), false)
            or coalesce(line.destination_dealership_id = any (app.logistics_list('dealerships')), false)
        )
        and (app.logistics_opens('brands') or coalesce(line.brand_id = any (app.logistics_list('brands')), false))
        and (
            app.logistics_opens('service_types')
            or coalesce(line.service_type_id = any (app.logistics_list('service_types')), false)
        );
end
$$;
comment on function app.sees_logistics_line(logistics_request_lines) is
    'What the policy of lines says, for a row that is not written yet.';

create policy logistics_scope on logistics_request_lines as restrictive to mostrador_api using (
    (select app.logistics_opens('everything'))
    or requested_by_id = (select nullif(current_setting('app.user_id', true), '')::uuid)
    or created_by_id = (select nullif(current_setting('app.user_id', true), '')::uuid)
    or (
        (select app.logistics_opens('dealerships'))
        or origin_dealership_id = any ((select app.logistics_list('dealerships'))::uuid[])
        or destination_dealership_id = any ((select app.logistics_list('dealerships'))::uuid[])
    )
    and ((select app.logistics_opens('brands')) or brand_id = any ((select app.logistics_list('brands'))::uuid[]))
    and (
        (select app.logistics_opens('service_types'))
        or service_type_id = any ((select app.logistics_list('service_types'))::uuid[])
    )
);

-- Which lines there are is decided by their own policy. Asked row by row, with limit rather than exists, because the
-- planner turns exists into a table of all lines that are seen, which a page of fifty need not wait for: with 100,000
-- lines, 1 to 30 ms in place of 100.
create policy logistics_scope on logistics_requests as restrictive to mostrador_api using (
    (select app.logistics_opens('everything'))
    or created_by_id = (select nullif(current_setting('app.user_id', true), '')::uuid)
    or (
        select true
        from logistics_request_lines l
        where l.tenant_id = logistics_requests.tenant_id
          and l.request_id = logistics_requests.id
          and l.deleted_at is null
        limit 1
    )
);

create policy logistics_scope on logistics_request_documents as restrictive to mostrador_api using (
    (select app.logistics_opens('everything'))
    or (
        select true
        from logistics_requests r
        where r.tenant_id = logistics_request_documents.tenant_id and r.id = logistics_request_documents.request_id
        limit 1
    )
);
create policy logistics_scope on logistics_status_changes as restrictive to mostrador_api using (
    (select app.logistics_opens('everything'))
    or (
        select true
        from logistics_requests r
        where r.tenant_id = logistics_status_changes.tenant_id and r.id = logistics_status_changes.request_id
        limit 1
    )
);

create policy logistics_scope on bulk_requests as restrictive to mostrador_api using (
    (select app.logistics_opens('everything'))
    or created_by_id = (select nullif(current_setting('app.user_id', true), '')::uuid)
);
create policy logistics_scope on bulk_request_items as restrictive to mostrador_api using (
    (select app.logistics_opens('everything'))
    or (
        select true
        from bulk_requests b
        where b.tenant_id = bulk_request_items.tenant_id and b.id = bulk_request_items.bulk_request_id
        limit 1
    )
);

-- A transfer has two dealerships and nothing of the other two; a sub-allocation has an HST code.
create policy logistics_scope on ownership_transfers as restrictive to mostrador_api using (
    (select app.logistics_opens('dealerships'))
    or user_id = (select nullif(current_setting('app.user_id', true), '')::uuid)
    or origin_dealership_id = any ((select app.logistics_list('dealerships'))::uuid[])
    or destination_dealership_id = any ((select app.logistics_list('dealerships'))::uuid[])
);
create policy logistics_scope on sub_allocations as restrictive to mostrador_api using (
    (select app.logistics_opens('everything'))
    or user_id = (select nullif(current_setting('app.user_id', true), '')::uuid)
    or hst_code_id = any ((select app.logistics_list('hst_codes'))::uuid[])
);
