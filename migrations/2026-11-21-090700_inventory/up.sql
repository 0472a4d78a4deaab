-- inventory: vehicles with their catalogues and the record of their movements.

-- Catalogues ---------------------------------------------------------------------------------------------------------

create table brands (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    name text not null,
    constraint brands_pkey primary key (tenant_id, id),
    constraint brands_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint brands_name_check check (app.is_filled(name))
);
comment on table brands is 'Makers of vehicles.';
comment on constraint brands_name_check on brands is 'The name must not be empty.';
create unique index brands_name_key on brands (tenant_id, lower(name));
comment on index brands_name_key is 'There is already a brand with this name.';

call app.protect('brands');
call app.versioned('brands');

create table engine_types (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    code text not null,
    description text,
    translation text,
    constraint engine_types_pkey primary key (tenant_id, id),
    constraint engine_types_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint engine_types_code_check check (app.is_filled(code))
);
comment on table engine_types is 'Kinds of drive, as the logistics portal codes them.';
comment on column engine_types.translation is 'The description in the other language.';
comment on constraint engine_types_code_check on engine_types is 'The code must not be empty.';
call app.soft_deletable('engine_types');
create unique index engine_types_code_key on engine_types (tenant_id, code) where deleted_at is null;
comment on index engine_types_code_key is 'Another engine type has this code.';

call app.protect('engine_types');
call app.versioned('engine_types');

-- Vehicles -----------------------------------------------------------------------------------------------------------

create table vehicles (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    brand_id uuid,
    engine_type_id uuid,
    vin text not null,
    make text not null,
    make_folded text collate "C" not null generated always as (app.fold(make)) stored,
    model text not null,
    model_folded text collate "C" not null generated always as (app.fold(model)) stored,
    year integer not null,
    color text,
    price numeric(14, 2) not null,
    currency char(3) not null,
    mileage integer not null default 0,
    fuel_type text not null,
    transmission text not null,
    description text,
    status text not null default 'AVAILABLE',
    features jsonb,
    images jsonb,
    constraint vehicles_pkey primary key (tenant_id, id),
    constraint vehicles_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint vehicles_brand_id_fkey foreign key (tenant_id, brand_id) references brands on delete set null (brand_id),
    constraint vehicles_engine_type_id_fkey foreign key (tenant_id, engine_type_id)
        references engine_types on delete set null (engine_type_id),
    constraint vehicles_vin_check check (vin ~ '^[A-HJ-NPR-Z0-9]{17}$'),
    constraint vehicles_make_check check (app.is_filled(make)),
    constraint vehicles_model_check check (app.is_filled(model)),
    constraint vehicles_year_check check (year between 1886 and 2100),
    constraint vehicles_price_check check (price >= 0),
    constraint vehicles_mileage_check check (mileage >= 0),
    constraint vehicles_fuel_type_check check (
        fuel_type in (
            'GASOLINE', 'DIESEL', 'HYBRID', 'PLUG_IN_HYBRID', 'ELECTRIC', 'LPG', 'CNG', 'HYDROGEN', 'OTHER'
        )
    ),
    constraint vehicles_transmission_check check (transmission in ('MANUAL', 'AUTOMATIC', 'SEMI_AUTOMATIC', 'CVT'))
);
comment on table vehicles is 'A vehicle of the stock.';
comment on column vehicles.vin is 'Vehicle identification number: 17 characters without I, O and Q.';
comment on column vehicles.make_folded is 'For search, see contacts.display_name_folded.';
comment on column vehicles.model_folded is 'For search, see contacts.display_name_folded.';
comment on column vehicles.mileage is 'Kilometres.';
comment on column vehicles.status is 'Moved by sales, too; each change writes an inventory movement.';
comment on constraint vehicles_vin_check on vehicles is
    'A VIN has 17 characters: capital letters except I, O and Q, and digits.';
comment on constraint vehicles_make_check on vehicles is 'The make must not be empty.';
comment on constraint vehicles_model_check on vehicles is 'The model must not be empty.';
comment on constraint vehicles_year_check on vehicles is 'A year goes from 1886 to 2100.';
comment on constraint vehicles_price_check on vehicles is 'A price is not negative.';
comment on constraint vehicles_mileage_check on vehicles is 'A mileage is not negative.';

call app.soft_deletable('vehicles');
create unique index vehicles_vin_key on vehicles (tenant_id, vin) where deleted_at is null;
comment on index vehicles_vin_key is 'Another vehicle has this VIN.';
create index vehicles_brand_id_idx on vehicles (tenant_id, brand_id);
create index vehicles_engine_type_id_idx on vehicles (tenant_id, engine_type_id);
create index vehicles_status_make_model_idx on vehicles (tenant_id, status, make, model);
create index vehicles_status_price_idx on vehicles (tenant_id, status, price);
create index vehicles_year_idx on vehicles (tenant_id, year);
create index vehicles_make_folded_idx on vehicles (tenant_id, make_folded, id);
create index vehicles_model_folded_idx on vehicles (tenant_id, model_folded, id);

call app.protect('vehicles');
call app.currency_of_tenant('vehicles');
call app.state_machine('vehicles', 'status', '{
    "IN_TRANSIT": ["AVAILABLE"],
    "AVAILABLE": ["RESERVED", "SOLD", "MAINTENANCE", "IN_TRANSIT", "WITHDRAWN"],
    "RESERVED": ["AVAILABLE", "SOLD"],
    "SOLD": ["DELIVERED", "AVAILABLE"],
    "DELIVERED": ["AVAILABLE"],
    "MAINTENANCE": ["AVAILABLE", "WITHDRAWN"],
    "WITHDRAWN": ["AVAILABLE"]
}');
call app.versioned('vehicles');
call app.living_references('vehicles', '{"engine_type_id": "engine_types"}');

-- Movements ----------------------------------------------------------------------------------------------------------

create table inventory_movements (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    created_at timestamptz not null default now(),
    vehicle_id uuid not null,
    user_id uuid,
    movement_type text not null,
    movement_date timestamptz not null default now(),
    notes text,
    constraint inventory_movements_pkey primary key (tenant_id, id),
    constraint inventory_movements_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint inventory_movements_vehicle_id_fkey foreign key (tenant_id, vehicle_id)
        references vehicles on delete cascade,
    constraint inventory_movements_user_id_fkey foreign key (tenant_id, user_id)
        references users on delete set null (user_id),
    constraint inventory_movements_movement_type_check check (
        movement_type in (
            'INBOUND', 'OUTBOUND', 'TRANSFER', 'RESERVATION', 'RELEASE', 'SALE', 'DELIVERY', 'RETURN',
            'MAINTENANCE_IN', 'MAINTENANCE_OUT', 'WITHDRAWAL', 'ADJUSTMENT'
        )
    )
);
comment on table inventory_movements is 'What happened to a vehicle; changes of its status are written by a trigger.';
create index inventory_movements_vehicle_id_idx on inventory_movements (tenant_id, vehicle_id, movement_date desc);
create index inventory_movements_user_id_idx on inventory_movements (tenant_id, user_id);

call app.protect_append_only('inventory_movements');
call app.living_references('inventory_movements', '{"vehicle_id": "vehicles", "user_id": "users"}');

create function app.vehicles_movement() returns trigger
language plpgsql
as $$
begin
    insert into inventory_movements (tenant_id, vehicle_id, user_id, movement_type, notes)
    values (
        new.tenant_id, new.id, app.acting_user(new.tenant_id),
        case
            when new.status = 'RESERVED' then 'RESERVATION'
            when new.status = 'SOLD' then 'SALE'
            when new.status = 'DELIVERED' then 'DELIVERY'
            when new.status = 'MAINTENANCE' then 'MAINTENANCE_IN'
            when new.status = 'WITHDRAWN' then 'WITHDRAWAL'
            when new.status = 'IN_TRANSIT' then 'TRANSFER'
            when old.status = 'IN_TRANSIT' then 'INBOUND'
            when old.status in ('RESERVED', 'SOLD') then 'RELEASE'
            when old.status = 'DELIVERED' then 'RETURN'
            when old.status = 'MAINTENANCE' then 'MAINTENANCE_OUT'
            else 'ADJUSTMENT'
        end,
        coalesce(nullif(current_setting('app.reason', true), ''), format('%s → %s', old.status, new.status))
    );
    return null;
end
$$;
create trigger vehicles_movement after update on vehicles
    for each row when (old.status is distinct from new.status) execute function app.vehicles_movement();
