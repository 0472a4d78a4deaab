-- sales: deals over one vehicle or one property, which they move with them.

create table sales (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    contact_id uuid not null,
    vehicle_id uuid,
    property_id uuid,
    salesperson_id uuid,
    deal_type text not null default 'SALE',
    sale_price numeric(14, 2) not null,
    currency char(3) not null,
    down_payment numeric(14, 2),
    financing_type text not null,
    status text not null default 'PENDING',
    sale_date timestamptz,
    delivery_date timestamptz,
    notes text,
    constraint sales_pkey primary key (tenant_id, id),
    constraint sales_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint sales_contact_id_fkey foreign key (tenant_id, contact_id) references contacts on delete restrict,
    constraint sales_vehicle_id_fkey foreign key (tenant_id, vehicle_id) references vehicles on delete restrict,
    constraint sales_property_id_fkey foreign key (tenant_id, property_id) references properties on delete restrict,
    constraint sales_salesperson_id_fkey foreign key (tenant_id, salesperson_id)
        references users on delete set null (salesperson_id),
    constraint sales_vehicle_id_property_id_check check (num_nonnulls(vehicle_id, property_id) = 1),
    constraint sales_deal_type_check check (deal_type in ('SALE', 'RENTAL')),
    constraint sales_deal_type_property_id_check check (deal_type <> 'RENTAL' or property_id is not null),
    constraint sales_sale_price_check check (sale_price >= 0),
    constraint sales_down_payment_sale_price_check check (down_payment between 0 and sale_price),
    constraint sales_financing_type_check check (
        financing_type in ('CASH', 'LOAN', 'LEASING', 'RENTING', 'MORTGAGE', 'OTHER')
    ),
    constraint sales_sale_date_delivery_date_check check (delivery_date >= sale_date)
);
comment on table sales is 'A deal with a contact over one vehicle or one property.';
comment on column sales.sale_date is 'When it became COMPLETED.';
comment on column sales.delivery_date is 'When it became DELIVERED.';
comment on constraint sales_contact_id_fkey on sales is 'The contact has sales, so it cannot be removed.';
comment on constraint sales_vehicle_id_fkey on sales is 'The vehicle has sales, so it cannot be removed.';
comment on constraint sales_property_id_fkey on sales is 'The property has sales, so it cannot be removed.';
comment on constraint sales_vehicle_id_property_id_check on sales is
    'A sale is of one vehicle or one property.';
comment on constraint sales_deal_type_property_id_check on sales is 'Only a property can be rented out.';
comment on constraint sales_sale_price_check on sales is 'A price is not negative.';
comment on constraint sales_down_payment_sale_price_check on sales is
    'The down payment lies between zero and the price.';
comment on constraint sales_sale_date_delivery_date_check on sales is 'The delivery is not before the sale.';

call app.soft_deletable('sales');
create unique index sales_vehicle_id_key on sales (tenant_id, vehicle_id)
    where status in ('PENDING', 'APPROVED', 'COMPLETED') and deleted_at is null;
comment on index sales_vehicle_id_key is 'There is already an open sale of this vehicle.';
create unique index sales_property_id_key on sales (tenant_id, property_id)
    where status in ('PENDING', 'APPROVED', 'COMPLETED') and deleted_at is null;
comment on index sales_property_id_key is 'There is already an open sale of this property.';
create index sales_contact_id_idx on sales (tenant_id, contact_id);
create index sales_vehicle_id_idx on sales (tenant_id, vehicle_id) where vehicle_id is not null;
create index sales_property_id_idx on sales (tenant_id, property_id) where property_id is not null;
create index sales_salesperson_id_idx on sales (tenant_id, salesperson_id, sale_date desc nulls last, id desc);
create index sales_status_idx on sales (tenant_id, status, sale_date desc nulls last, id desc);
create index sales_sale_date_idx on sales (tenant_id, sale_date desc nulls last, id desc);

call app.protect('sales');
call app.currency_of_tenant('sales');
call app.state_machine('sales', 'status', '{
    "PENDING": ["APPROVED", "COMPLETED", "CANCELLED"],
    "APPROVED": ["COMPLETED", "CANCELLED"],
    "COMPLETED": ["DELIVERED", "CANCELLED"],
    "DELIVERED": [],
    "CANCELLED": []
}');
call app.versioned('sales');
call app.living_references(
    'sales',
    '{"contact_id": "contacts", "vehicle_id": "vehicles", "property_id": "properties", "salesperson_id": "users"}'
);

create function app.sales_dates() returns trigger
language plpgsql
as $$
begin
    new.sale_date := coalesce(new.sale_date, least(new.delivery_date, now()));
    if new.status = 'DELIVERED' then
        new.delivery_date := coalesce(new.delivery_date, greatest(new.sale_date, now()));
    end if;
    return new;
end
$$;
create trigger sales_dates before insert or update on sales
    for each row when (new.status in ('COMPLETED', 'DELIVERED')) execute function app.sales_dates();

-- What is done stays -------------------------------------------------------------------------------------------------

create function app.refuse_delete_of_done_sale() returns trigger
language plpgsql
as $$
begin
    perform app.refuse(
        'VALIDATION', 'status', format('A sale that is %s cannot be deleted.', old.status),
        jsonb_build_object('status', old.status)
    );
    return null;
end
$$;
create trigger sales_delete before delete on sales
    for each row when (old.status in ('COMPLETED', 'DELIVERED')) execute function app.refuse_delete_of_done_sale();
create trigger sales_soft_delete before update on sales
    for each row when (
        old.deleted_at is null and new.deleted_at is not null and new.status in ('COMPLETED', 'DELIVERED')
    )
    execute function app.refuse_delete_of_done_sale();

create function app.refuse_other_item() returns trigger
language plpgsql
as $$
begin
    perform app.refuse(
        'VALIDATION',
        case
            when old.vehicle_id is distinct from new.vehicle_id then 'vehicle_id'
            when old.property_id is distinct from new.property_id then 'property_id'
            else 'deal_type'
        end,
        format('A sale that is %s keeps what it is about.', old.status),
        jsonb_build_object('status', old.status)
    );
    return null;
end
$$;
create trigger sales_item_fixed before update of vehicle_id, property_id, deal_type on sales
    for each row when (
        old.status not in ('PENDING', 'APPROVED')
        and (old.vehicle_id, old.property_id, old.deal_type)
            is distinct from (new.vehicle_id, new.property_id, new.deal_type)
    )
    execute function app.refuse_other_item();

-- The item moves with its sale ---------------------------------------------------------------------------------------

create function app.free_item(sale sales) returns void
language sql
as $$
    update vehicles
    set status = 'AVAILABLE'
    where tenant_id = sale.tenant_id and id = sale.vehicle_id and status in ('RESERVED', 'SOLD');
    update properties
    set status = 'ACTIVE'
    where tenant_id = sale.tenant_id and id = sale.property_id and status in ('UNDER_OFFER', 'SOLD', 'RENTED')
$$;
comment on function app.free_item(sales) is 'Gives back what a sale held, unless somebody moved it on meanwhile.';

create function app.move_vehicle(sale sales, opening boolean) returns void
language plpgsql
as $$
declare
    -- The lock makes a second sale of the vehicle wait, and then see that it is taken.
    is_now text := (
        select status from vehicles where tenant_id = sale.tenant_id and id = sale.vehicle_id for no key update
    );
    becomes constant text := case sale.status
        when 'COMPLETED' then 'SOLD'
        when 'DELIVERED' then 'DELIVERED'
        else 'RESERVED'
    end;
begin
    if opening and becomes = 'RESERVED' and is_now <> 'AVAILABLE' then
        perform app.refuse(
            'VALIDATION', 'vehicle_id', format('The vehicle is not available, it is %s.', is_now),
            jsonb_build_object('vehicleId', sale.vehicle_id, 'status', is_now)
        );
    end if;
    -- An imported sale that is done already may find its vehicle where it belongs, or still at the start.
    if becomes = 'DELIVERED' and is_now in ('AVAILABLE', 'RESERVED') then
        update vehicles set status = 'SOLD' where tenant_id = sale.tenant_id and id = sale.vehicle_id;
    end if;
    update vehicles
    set status = becomes
    where tenant_id = sale.tenant_id and id = sale.vehicle_id and status <> becomes;
end
$$;

create function app.move_property(sale sales, opening boolean) returns void
language plpgsql
as $$
declare
    is_now constant text := (
        select status from properties where tenant_id = sale.tenant_id and id = sale.property_id for no key update
    );
    becomes constant text := case
        when sale.status not in ('COMPLETED', 'DELIVERED') then 'UNDER_OFFER'
        when sale.deal_type = 'RENTAL' then 'RENTED'
        else 'SOLD'
    end;
begin
    if opening and becomes = 'UNDER_OFFER' and is_now not in ('ACTIVE', 'UNDER_OFFER') then
        perform app.refuse(
            'VALIDATION', 'property_id', format('The property is not on offer, it is %s.', is_now),
            jsonb_build_object('propertyId', sale.property_id, 'status', is_now)
        );
    end if;
    update properties
    set status = becomes
    where tenant_id = sale.tenant_id and id = sale.property_id and status <> becomes;
end
$$;

create function app.sales_move_item() returns trigger
language plpgsql
as $$
declare
    -- A sale that is cancelled or deleted holds nothing; DELIVERED is over as well, but keeps what it did.
    held constant boolean := tg_op <> 'INSERT' and old.status <> 'CANCELLED' and old.deleted_at is null;
    holds constant boolean := tg_op <> 'DELETE' and new.status <> 'CANCELLED' and new.deleted_at is null;
    same_item constant boolean := tg_op = 'UPDATE'
        and (old.vehicle_id, old.property_id) is not distinct from (new.vehicle_id, new.property_id);
begin
    if held and not (holds and same_item) then
        perform app.free_item(old);
    end if;
    if not holds or held and same_item and old.status = new.status then
        return null;
    end if;
    if new.vehicle_id is not null then
        perform app.move_vehicle(new, opening => not (held and same_item));
    else
        perform app.move_property(new, opening => not (held and same_item));
    end if;
    return null;
end
$$;
create trigger sales_move_item after insert or delete or update of status, vehicle_id, property_id, deleted_at on sales
    for each row execute function app.sales_move_item();
