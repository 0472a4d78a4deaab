-- identity: how businesses come, rest and go, and how the people who run the platform get into one of them.
--
-- Whoever calls these functions acts in the platform tenant: app.tenant_id is that tenant, and app.user_id an active
-- SUPER_ADMIN of it. The functions run as the owner and check that themselves.

create function app.is_platform_staff() returns boolean
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select exists (
        select
        from public.tenants t
        join public.users u on u.tenant_id = t.id
        where t.id = nullif(current_setting('app.tenant_id', true), '')::uuid
          and t.is_platform
          and t.status in ('TRIAL', 'ACTIVE')
          and u.id = nullif(current_setting('app.user_id', true), '')::uuid
          and u.role = 'SUPER_ADMIN'
          and u.is_active
          and u.deleted_at is null
    )
$$;
comment on function app.is_platform_staff() is
    'Whether the transaction is one of somebody who runs the platform, at home in the platform tenant.';
revoke execute on function app.is_platform_staff() from public;
grant execute on function app.is_platform_staff() to mostrador_api;

create function app.require_platform_staff() returns void
language plpgsql
as $$
begin
    if not app.is_platform_staff() then
        perform app.refuse('FORBIDDEN', null, 'Only those who run the platform may do this.');
    end if;
end
$$;
revoke execute on function app.require_platform_staff() from public;

-- They see all businesses: the rows of this one table, nothing of what belongs to them.
create policy platform_staff on tenants for select to mostrador_api using ((select app.is_platform_staff()));
-- A business keeps its name and its address right by itself; its state and its slug are for the platform.
revoke update (status, slug) on tenants from mostrador_api;

-- What a new business finds ------------------------------------------------------------------------------------------

create function app.make_default_catalogues(tenant uuid) returns void
language plpgsql
as $$
begin
    insert into contact_statuses (tenant_id, code, name, description, color, display_order, is_default, is_final)
    values
        (tenant, 'NEW', 'New', 'We have not answered yet.', '#4C8DFF', 1, true, false),
        (tenant, 'CONTACTED', 'Contacted', 'We have talked.', '#19B5C9', 2, false, false),
        (tenant, 'QUALIFIED', 'Qualified', 'We know what they want and can spend.', '#F2A93B', 3, false, false),
        (tenant, 'NEGOTIATING', 'Negotiating', 'There is an open deal.', '#A463F2', 4, false, false),
        (tenant, 'CUSTOMER', 'Customer', 'Has bought or rented.', '#2FA84F', 5, false, true),
        (tenant, 'LOST', 'Lost', 'Has decided against it.', '#8A8F98', 6, false, true);
    insert into conversation_tags (tenant_id, name, color, icon, is_system)
    values (tenant, 'Urgent', '#D64545', 'alert', true);
    insert into engine_types (tenant_id, code, description, translation)
    values
        (tenant, 'GAS', 'Petrol', 'Gasolina'),
        (tenant, 'DSL', 'Diesel', 'Diésel'),
        (tenant, 'HEV', 'Hybrid', 'Híbrido'),
        (tenant, 'PHEV', 'Plug-in hybrid', 'Híbrido enchufable'),
        (tenant, 'BEV', 'Electric', 'Eléctrico'),
        (tenant, 'GLP', 'Liquefied petroleum gas', 'Gas licuado (GLP)'),
        (tenant, 'GNC', 'Compressed natural gas', 'Gas natural comprimido'),
        (tenant, 'FCEV', 'Hydrogen fuel cell', 'Pila de combustible');
end
$$;
comment on function app.make_default_catalogues(uuid) is
    'States of contacts, labels and kinds of drive with which a business begins; it changes them as it likes.';

-- From making to closing ---------------------------------------------------------------------------------------------

create function app.enter_tenant(tenant uuid) returns void
language plpgsql
as $$
begin
    -- From here on the transaction writes in the other tenant, in the name of the staff.
    perform set_config('app.platform_user', current_setting('app.user_id', true), true),
            set_config('app.tenant_id', tenant::text, true);
end
$$;
create function app.leave_tenant(home text) returns void
language plpgsql
as $$
begin
    perform set_config('app.tenant_id', home, true), set_config('app.platform_user', '', true);
end
$$;
comment on function app.enter_tenant(uuid) is 'Goes into another tenant within a function of the owner.';
comment on function app.leave_tenant(text) is 'Comes back from app.enter_tenant.';
revoke execute on function app.enter_tenant(uuid), app.leave_tenant(text) from public;

create function app.create_tenant(
    new_id uuid, new_name text, new_email text, new_slug text, new_currency text, new_timezone text
) returns uuid
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    home constant text := current_setting('app.tenant_id', true);
begin
    perform app.require_platform_staff();
    perform app.enter_tenant(new_id);
    insert into public.tenants (id, name, email, slug, default_currency, timezone)
    values (new_id, new_name, new_email, new_slug, new_currency, new_timezone);
    perform app.make_default_catalogues(new_id);
    perform app.leave_tenant(home);
    -- The business reads this in its own log as well, where the trigger has written it.
    perform app.audit('tenant.created', 'Tenant', new_id, jsonb_build_object(
        'after', jsonb_build_object('name', new_name, 'slug', new_slug)
    ));
    return new_id;
end
$$;
comment on function app.create_tenant(uuid, text, text, text, text, text) is
    'Makes a business on trial, with settings, roles and catalogues. For platform staff.';
revoke execute on function app.create_tenant(uuid, text, text, text, text, text) from public;
grant execute on function app.create_tenant(uuid, text, text, text, text, text) to mostrador_api;

create function app.change_tenant_status(tenant uuid, from_statuses text[], new_status text, reason text) returns uuid
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    home constant text := current_setting('app.tenant_id', true);
    reason_before constant text := coalesce(current_setting('app.reason', true), '');
    was public.tenants;
begin
    perform app.require_platform_staff();
    if not coalesce(app.is_filled(reason), false) then
        perform app.refuse('VALIDATION', 'reason', 'Say why: the business reads it in its audit log.');
    end if;
    select * into was from public.tenants where id = tenant;
    if not found then
        return null;
    end if;
    if was.is_platform then
        perform app.refuse('VALIDATION', 'id', 'The platform itself stays open.');
    end if;
    perform app.enter_tenant(tenant);
    perform set_config('app.reason', coalesce(reason, ''), true);
    -- Waits for whoever changes it at this moment.
    select * into was from public.tenants where id = tenant for no key update;
    if was.status = any (from_statuses) or was.status = new_status then
        update public.tenants set status = new_status where id = tenant;
    else
        perform app.refuse(
            'INVALID_TRANSITION', 'status',
            format('This business cannot go from %s to %s in this way.', was.status, new_status),
            jsonb_build_object('from', was.status, 'to', new_status)
        );
    end if;
    perform app.leave_tenant(home);
    if was.status <> new_status then
        perform app.audit(
            case new_status
                when 'ACTIVE' then 'tenant.activated'
                when 'SUSPENDED' then 'tenant.suspended'
                else 'tenant.closed'
            end,
            'Tenant', tenant,
            jsonb_build_object(
                'before', jsonb_build_object('status', was.status), 'after', jsonb_build_object('status', new_status)
            )
        );
    end if;
    perform set_config('app.reason', reason_before, true);
    return tenant;
end
$$;
comment on function app.change_tenant_status(uuid, text[], text, text) is
    'Moves the state of a business, from one of these. Null when there is no such business. The same state again '
    'changes nothing. For platform staff.';
revoke execute on function app.change_tenant_status(uuid, text[], text, text) from public;
grant execute on function app.change_tenant_status(uuid, text[], text, text) to mostrador_api;

create function app.act_in_tenant(tenant uuid, reason text) returns uuid
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    home constant text := current_setting('app.tenant_id', true);
    reason_before constant text := coalesce(current_setting('app.reason', true), '');
    found_name text;
begin
    perform app.require_platform_staff();
    if not coalesce(app.is_filled(reason), false) then
        perform app.refuse('VALIDATION', 'reason', 'Say why: the business reads it in its audit log.');
    end if;
    select name into found_name from public.tenants where id = tenant;
    if not found then
        return null;
    end if;
    if tenant::text = home then
        perform app.refuse('VALIDATION', 'id', 'You are at home in this business.');
    end if;
    perform set_config('app.reason', reason, true);
    perform app.audit('tenant.entered', 'Tenant', tenant, jsonb_build_object('tenant', found_name));
    perform app.enter_tenant(tenant);
    perform app.audit('tenant.entered', 'Tenant', tenant, '{}');
    perform app.leave_tenant(home);
    perform set_config('app.reason', reason_before, true);
    return tenant;
end
$$;
comment on function app.act_in_tenant(uuid, text) is
    'Writes into both audit logs that somebody of the platform begins to act in a business, and why. The id of the '
    'business; null when there is none. For platform staff; without this row nobody gets a token for the business.';
revoke execute on function app.act_in_tenant(uuid, text) from public;
grant execute on function app.act_in_tenant(uuid, text) to mostrador_api;
