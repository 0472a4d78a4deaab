-- Rules of logistics: codes, where requests start and how they move, what they may name and who may name it, and what
-- follows from each move. A rule about lists and rights of a user is about the user of the transaction (app.user_id);
-- where nobody is set, as for psql and workers, there is nobody to ask.

-- Codes --------------------------------------------------------------------------------------------------------------

create table logistics_request_numbers (
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    last_number bigint not null,
    constraint logistics_request_numbers_pkey primary key (tenant_id),
    constraint logistics_request_numbers_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint logistics_request_numbers_last_number_check check (last_number > 0)
);
comment on table logistics_request_numbers is 'The number in the newest code of each tenant.';
comment on constraint logistics_request_numbers_last_number_check on logistics_request_numbers is
    'Requests are numbered from 1.';
call app.protect('logistics_request_numbers');

create function app.next_logistics_code(tenant uuid) returns text
language plpgsql
as $$
declare
    next_code text;
begin
    loop
        -- Whoever is next waits until this transaction has ended: a number that was not used is given again.
        insert into logistics_request_numbers as n (tenant_id, last_number)
        values (tenant, 1)
        on conflict (tenant_id) do update set last_number = n.last_number + 1
        returning 'LR-' || lpad(n.last_number::text, greatest(6, length(n.last_number::text)), '0') into next_code;
        -- An import may have brought it along. The owner of the index sees it, whoever may see the row.
        exit when not app.is_logistics_code(tenant, next_code);
    end loop;
    return next_code;
end
$$;

create function app.is_logistics_code(tenant uuid, wanted text) returns boolean
language plpgsql
as $$
declare
    scope constant text := app.widen_logistics();
    is_used boolean;
begin
    select exists (select from logistics_requests where tenant_id = tenant and code = wanted) into is_used;
    perform set_config('app.scope', scope, true);
    return is_used;
end
$$;
comment on function app.is_logistics_code(uuid, text) is 'Whether a request has this code, whoever may see it.';
comment on function app.next_logistics_code(uuid) is
    'The next code of a request of this tenant: LR-000001 and so on, without gaps, one after the other.';

-- Requests -----------------------------------------------------------------------------------------------------------

create function app.logistics_requests_start() returns trigger
language plpgsql
as $$
declare
    acts constant boolean := app.acting_user(new.tenant_id) is not null;
    hst hst_codes;
begin
    if new.hst_code_id is not null then
        select * into hst from hst_codes where tenant_id = new.tenant_id and id = new.hst_code_id;
        if not found then
            perform app.refuse('VALIDATION', 'hst_code_id', 'There is no HST code with this ID.');
        end if;
        if acts and not new.hst_code_id = any (app.logistics_list('hst_codes')) then
            perform app.refuse('VALIDATION', 'hst_code_id', 'This HST code is not among those that you may name.');
        end if;
        if hst.blocks_services and new.type in ('SERVICE', 'MIXED') then
            perform app.refuse(
                'VALIDATION', 'hst_code_id', 'No services can be asked for with this HST code, only transports.'
            );
        end if;
    end if;
    -- Imports bring codes and states along; users do not.
    if acts then
        new.status := 'PENDING';
        new.completed_at := null;
        new.code := null;
    end if;
    if new.status = 'PENDING' and new.type in ('TRANSPORT', 'MIXED') and hst.requires_transport_validation then
        new.status := 'PENDING_VALIDATION';
    end if;
    if new.status in ('REGISTERED', 'CANCELLED', 'VALIDATION_CANCELLED') then
        new.completed_at := coalesce(new.completed_at, now());
    end if;
    new.code := coalesce(new.code, app.next_logistics_code(new.tenant_id));
    return new;
end
$$;
create trigger logistics_requests_start before insert on logistics_requests
    for each row execute function app.logistics_requests_start();

create function app.check_billing_account(
    tenant uuid, account_id uuid, field text, systems text[], sentence text
) returns void
language plpgsql
as $$
declare
    account billing_accounts;
begin
    select * into account from billing_accounts where tenant_id = tenant and id = account_id;
    if not found then
        perform app.refuse('VALIDATION', field, 'There is no billing account with this ID.');
    end if;
    if app.acting_user(tenant) is not null and not account_id = any (app.logistics_list('billing_accounts')) then
        perform app.refuse('VALIDATION', field, 'This billing account is not among those that you may name.');
    end if;
    if not account.is_active then
        perform app.refuse('VALIDATION', field, 'This billing account is not in use any more.');
    end if;
    if account.type <> all (systems) then
        perform app.refuse('VALIDATION', field, sentence, jsonb_build_object('type', account.type, 'allowed', systems));
    end if;
end
$$;

create function app.logistics_requests_accounts() returns trigger
language plpgsql
as $$
begin
    if new.billing_account_id is not null
        and (tg_op = 'INSERT' or new.billing_account_id is distinct from old.billing_account_id)
    then
        -- Services are charged to SLC, transports to TMS. Of a mixed request the transports may have their own.
        perform app.check_billing_account(
            new.tenant_id, new.billing_account_id, 'billing_account_id',
            case
                when new.type = 'SERVICE' then '{SLC, BOTH}'::text[]
                when new.type = 'TRANSPORT' then '{TMS, BOTH}'
                when new.tms_billing_account_id is not null then '{SLC, BOTH}'
                else '{BOTH}'
            end,
            case new.type
                when 'SERVICE' then 'Services are charged to an account of SLC, or of both.'
                when 'TRANSPORT' then 'Transports are charged to an account of TMS, or of both.'
                else 'Services and transports together need an account of both, or a second one for TMS.'
            end
        );
    end if;
    if new.tms_billing_account_id is not null
        and (tg_op = 'INSERT' or new.tms_billing_account_id is distinct from old.tms_billing_account_id)
    then
        perform app.check_billing_account(
            new.tenant_id, new.tms_billing_account_id, 'tms_billing_account_id', '{TMS, BOTH}',
            'This has to be an account of TMS, or of both.'
        );
    end if;
    return new;
end
$$;
create trigger logistics_requests_accounts
    before insert or update of billing_account_id, tms_billing_account_id on logistics_requests
    for each row execute function app.logistics_requests_accounts();

create function app.logistics_requests_complete() returns trigger
language plpgsql
as $$
begin
    if new.status in ('CANCELLED', 'VALIDATION_CANCELLED') then
        new.completed_at := now();
    elsif new.status = 'REGISTERED' then
        -- Still registered, when a cancellation was refused.
        new.completed_at := case old.status when 'PENDING_CANCELLATION' then old.completed_at end;
        new.completed_at := coalesce(new.completed_at, now());
    end if;
    return new;
end
$$;
create trigger logistics_requests_complete before update on logistics_requests
    for each row when (old.status is distinct from new.status) execute function app.logistics_requests_complete();

create function app.logistics_requests_moved() returns trigger
language plpgsql
as $$
declare
    scope constant text := app.widen_logistics();
    was constant text := case tg_op when 'UPDATE' then old.status end;
begin
    insert into logistics_status_changes (tenant_id, request_id, previous_status, new_status, changed_by_id)
    values (new.tenant_id, new.id, was, new.status, app.acting_user(new.tenant_id));
    if tg_op = 'UPDATE' then
        update logistics_request_lines
        set status = new.status
        where tenant_id = new.tenant_id and request_id = new.id and deleted_at is null;
        update ownership_transfers set status = new.status
        where tenant_id = new.tenant_id and request_id = new.id and status = was;
        update sub_allocations set status = new.status
        where tenant_id = new.tenant_id and request_id = new.id and status = was;
    end if;
    perform set_config('app.scope', scope, true);
    return null;
end
$$;
-- What was made earlier is an import, which brings its history along.
create trigger logistics_requests_began after insert on logistics_requests
    for each row when (new.created_at >= transaction_timestamp()) execute function app.logistics_requests_moved();
create trigger logistics_requests_moved after update on logistics_requests
    for each row when (old.status is distinct from new.status) execute function app.logistics_requests_moved();

create function app.logistics_requests_passed_on() returns trigger
language plpgsql
as $$
declare
    scope constant text := app.widen_logistics();
begin
    update logistics_request_lines
    set requested_by_id = new.created_by_id
    where tenant_id = new.tenant_id and request_id = new.id;
    perform set_config('app.scope', scope, true);
    return null;
end
$$;
create trigger logistics_requests_passed_on after update on logistics_requests
    for each row when (old.created_by_id is distinct from new.created_by_id)
    execute function app.logistics_requests_passed_on();

-- Lines --------------------------------------------------------------------------------------------------------------

create function app.brand_of(tenant uuid, words text) returns uuid
language sql stable
as $$
    select b.id
    from brands b
    where b.tenant_id = tenant and starts_with(lower(words) || ' ', lower(b.name) || ' ')
    order by length(b.name) desc
    limit 1
$$;
comment on function app.brand_of(uuid, text) is 'The brand with whose name a text such as "BMW X1" begins.';

create function app.logistics_request_lines_complete() returns trigger
language plpgsql
as $$
declare
    acts constant boolean := app.acting_user(new.tenant_id) is not null;
    -- So that whoever sends many lines is told of which one it is said.
    facts constant jsonb := jsonb_build_object('vin', new.vin);
    request logistics_requests;
    service service_types;
    vehicle vehicles;
begin
    -- Not while the request moves: a line has the state of its request.
    select * into request from logistics_requests
    where tenant_id = new.tenant_id and id = new.request_id
    for share;
    if not found then
        perform app.refuse('NOT_FOUND', 'request_id', 'There is no logistics request with this ID.', facts);
    end if;
    if tg_op = 'INSERT' and acts and request.status not in ('PENDING', 'PENDING_VALIDATION', 'ERROR') then
        perform app.refuse(
            'CONFLICT', 'request_id', format('A request that is %s takes no more vehicles.', request.status),
            facts || jsonb_build_object('status', request.status)
        );
    end if;
    new.status := request.status;
    new.requested_by_id := request.created_by_id;

    if new.deleted_at is null and exists (
        select from logistics_request_lines l
        where l.tenant_id = new.tenant_id and l.request_id = new.request_id and l.vin = new.vin
          and l.id <> new.id and l.deleted_at is null
    ) then
        perform app.refuse('VALIDATION', 'vin', 'The vehicle is in this request already.', facts);
    end if;

    -- What is done with the vehicle.
    if new.service_type_id is null and new.service_code is not null
        or tg_op = 'UPDATE'
        and new.service_code is distinct from old.service_code
        and new.service_type_id is not distinct from old.service_type_id
    then
        select id into new.service_type_id from service_types
        where tenant_id = new.tenant_id and service_code = new.service_code and deleted_at is null;
        if new.service_type_id is null and new.service_code is not null then
            perform app.refuse('VALIDATION', 'service_code', 'There is no service with this code.', facts);
        end if;
    end if;
    if new.service_type_id is not null then
        select * into service from service_types where tenant_id = new.tenant_id and id = new.service_type_id;
        if not found then
            perform app.refuse('VALIDATION', 'service_type_id', 'There is no service with this ID.', facts);
        end if;
        if acts
            and (tg_op = 'INSERT' or new.service_type_id is distinct from old.service_type_id)
            and not app.logistics_opens('service_types')
            and not new.service_type_id = any (app.logistics_list('service_types'))
        then
            perform app.refuse(
                'VALIDATION', 'service_type_id', 'This service is not among those that you may ask for.', facts
            );
        end if;
        new.service_code := service.service_code;
    elsif request.type in ('SERVICE', 'MIXED') then
        perform app.refuse(
            'VALIDATION', 'service_type_id', 'This request is for a service, so each vehicle needs one.', facts
        );
    else
        new.service_code := null;
    end if;

    -- Where it goes.
    if new.origin_dealership_id is not null and not exists (
        select from dealerships where tenant_id = new.tenant_id and id = new.origin_dealership_id
    ) then
        perform app.refuse('VALIDATION', 'origin_dealership_id', 'There is no dealership with this ID.', facts);
    end if;
    if new.destination_dealership_id is not null and not exists (
        select from dealerships where tenant_id = new.tenant_id and id = new.destination_dealership_id
    ) then
        perform app.refuse('VALIDATION', 'destination_dealership_id', 'There is no dealership with this ID.', facts);
    end if;
    if new.ad_hoc_address_id is not null then
        if not exists (
            select from ad_hoc_addresses where tenant_id = new.tenant_id and id = new.ad_hoc_address_id
        ) then
            perform app.refuse('VALIDATION', 'ad_hoc_address_id', 'There is no ad hoc address with this ID.', facts);
        end if;
        if acts
            and (tg_op = 'INSERT' or new.ad_hoc_address_id is distinct from old.ad_hoc_address_id)
            and not exists (
                select from logistics_profiles p
                where p.tenant_id = new.tenant_id and p.user_id = app.acting_user(new.tenant_id)
                  and p.can_use_ad_hoc_address
            )
        then
            perform app.refuse(
                'FORBIDDEN', 'ad_hoc_address_id', 'You may move vehicles between dealerships only.', facts
            );
        end if;
    end if;
    if request.type in ('TRANSPORT', 'MIXED')
        and num_nonnulls(new.origin_dealership_id, new.destination_dealership_id, new.ad_hoc_address_id) < 2
    then
        perform app.refuse(
            'VALIDATION',
            case when new.origin_dealership_id is null then 'origin_dealership_id' else 'destination_dealership_id' end,
            'A transport has two ends: two dealerships, or a dealership and an ad hoc address.', facts
        );
    end if;
    -- Both CHECKs once more, with the vehicle.
    if new.origin_dealership_id = new.destination_dealership_id then
        perform app.refuse(
            'VALIDATION', 'destination_dealership_id', 'A vehicle goes to another place than where it comes from.',
            facts
        );
    end if;
    if num_nonnulls(new.origin_dealership_id, new.destination_dealership_id, new.ad_hoc_address_id) = 3 then
        perform app.refuse(
            'VALIDATION', 'ad_hoc_address_id',
            'An ad hoc address stands for one side only, so it cannot be named beside two dealerships.', facts
        );
    end if;

    -- As whom it is asked for.
    if acts and new.slc_client_code is not null
        and (tg_op = 'INSERT' or new.slc_client_code is distinct from old.slc_client_code)
    then
        perform app.check_external_client(new.tenant_id, 'SLC', new.slc_client_code, 'slc_client_code', facts);
    end if;
    if acts and new.tms_client_code is not null
        and (tg_op = 'INSERT' or new.tms_client_code is distinct from old.tms_client_code)
    then
        perform app.check_external_client(new.tenant_id, 'TMS', new.tms_client_code, 'tms_client_code', facts);
    end if;

    -- Which vehicle it is.
    if tg_op = 'INSERT' or new.vin is distinct from old.vin then
        select * into vehicle from vehicles
        where tenant_id = new.tenant_id and vin = new.vin and deleted_at is null;
        new.vehicle_id := vehicle.id;
        new.make_model := coalesce(new.make_model, vehicle.make || ' ' || vehicle.model);
        new.brand_id := coalesce(vehicle.brand_id, new.brand_id);
    elsif new.brand_id is distinct from old.brand_id and new.vehicle_id is not null then
        select * into vehicle from vehicles where tenant_id = new.tenant_id and id = new.vehicle_id;
        new.brand_id := coalesce(vehicle.brand_id, new.brand_id);
    end if;
    if new.brand_id is null and (tg_op = 'INSERT' or new.make_model is distinct from old.make_model) then
        new.brand_id := app.brand_of(new.tenant_id, new.make_model);
    end if;

    if tg_op = 'UPDATE' and acts and not app.sees_logistics_line(new) then
        perform app.refuse(
            'FORBIDDEN', null,
            'You would not see this vehicle any more: keep a dealership, the brand and the service among yours.',
            facts
        );
    end if;
    return new;
end
$$;
create trigger logistics_request_lines_complete before insert or update of
    vin, service_type_id, service_code, origin_dealership_id, destination_dealership_id, ad_hoc_address_id,
    slc_client_code, tms_client_code, make_model, brand_id, deleted_at
    on logistics_request_lines
    for each row when (pg_trigger_depth() = 0) execute function app.logistics_request_lines_complete();

create function app.check_external_client(
    tenant uuid, of_system text, client_code text, field text, facts jsonb
) returns void
language plpgsql
as $$
begin
    if not exists (
        select from external_clients c
        where c.tenant_id = tenant and c.system = of_system and c.code = client_code
          and c.id = any (app.logistics_list('external_clients'))
    ) then
        perform app.refuse(
            'VALIDATION', field, format('This client of %s is not among those that you may name.', of_system), facts
        );
    end if;
end
$$;

create function app.logistics_request_lines_status() returns trigger
language plpgsql
as $$
begin
    perform app.refuse('VALIDATION', 'status', 'A line has the state of its request: move the request.');
    return null;
end
$$;
create trigger logistics_request_lines_status before update of status on logistics_request_lines
    for each row when (pg_trigger_depth() = 0 and old.status is distinct from new.status)
    execute function app.logistics_request_lines_status();

create function app.vehicles_in_logistics() returns trigger
language plpgsql
as $$
declare
    scope constant text := app.widen_logistics();
begin
    if tg_op = 'UPDATE' and new.vin <> old.vin then
        update logistics_request_lines set vehicle_id = null
        where tenant_id = new.tenant_id and vehicle_id = new.id and vin <> new.vin;
    end if;
    -- A line keeps the vehicle that it has, also when that was deleted.
    update logistics_request_lines
    set vehicle_id = new.id, brand_id = coalesce(new.brand_id, brand_id)
    where tenant_id = new.tenant_id and vin = new.vin
      and (vehicle_id is null and new.deleted_at is null
           or vehicle_id = new.id and brand_id is distinct from coalesce(new.brand_id, brand_id));
    perform set_config('app.scope', scope, true);
    return null;
end
$$;
create trigger vehicles_in_logistics after insert on vehicles
    for each row execute function app.vehicles_in_logistics();
create trigger vehicles_changed_in_logistics after update on vehicles
    for each row when (
        old.vin is distinct from new.vin
        or old.brand_id is distinct from new.brand_id
        or (old.deleted_at is null) is distinct from (new.deleted_at is null)
    ) execute function app.vehicles_in_logistics();

-- Documents ----------------------------------------------------------------------------------------------------------

create function app.logistics_request_documents_path() returns trigger
language plpgsql
as $$
declare
    request logistics_requests;
    folder text;
begin
    select * into request from logistics_requests where tenant_id = new.tenant_id and id = new.request_id;
    if not found then
        perform app.refuse('NOT_FOUND', 'request_id', 'There is no logistics request with this ID.');
    end if;
    folder := initcap(request.type) || '/';
    -- A name is kept as it is, but leads nowhere else.
    new.storage_path := coalesce(
        new.storage_path, folder || request.code || '/' || new.id || '-' || translate(new.file_name, '/', '_')
    );
    if not starts_with(new.storage_path, folder) then
        perform app.refuse(
            'VALIDATION', 'storage_path', format('The papers of this request are kept under %s.', folder),
            jsonb_build_object('folder', folder)
        );
    end if;
    return new;
end
$$;
create trigger logistics_request_documents_path before insert or update of storage_path on logistics_request_documents
    for each row execute function app.logistics_request_documents_path();

-- Between dealers ----------------------------------------------------------------------------------------------------

call app.fixed('ownership_transfers', '{vin, dealer_code, origin_dealership_id, destination_dealership_id}');
call app.fixed('sub_allocations', '{vin, hst_code_id}');

create function app.ownership_transfers_code() returns trigger
language plpgsql
as $$
declare
    allows boolean;
begin
    select allows_transfer into allows from hst_codes
    where tenant_id = new.tenant_id and code = new.dealer_code and deleted_at is null;
    if allows is null then
        perform app.refuse('VALIDATION', 'dealer_code', 'There is no HST code that is written like this.');
    elsif not allows then
        perform app.refuse('VALIDATION', 'dealer_code', 'This HST code does not allow transfers.');
    end if;
    return new;
end
$$;
create trigger ownership_transfers_code before insert on ownership_transfers
    for each row when (new.dealer_code is not null) execute function app.ownership_transfers_code();

create function app.follow_logistics_request() returns trigger
language plpgsql
as $$
declare
    request logistics_requests;
begin
    select * into request from logistics_requests
    where tenant_id = new.tenant_id and id = new.request_id
    for share;
    if not found then
        perform app.refuse('NOT_FOUND', 'request_id', 'There is no logistics request with this ID.');
    end if;
    if not exists (
        select from logistics_request_lines l
        where l.tenant_id = new.tenant_id and l.request_id = new.request_id and l.vin = new.vin
          and l.deleted_at is null
    ) then
        perform app.refuse('VALIDATION', 'request_id', 'This vehicle is not in the request.');
    end if;
    if tg_op = 'INSERT' then
        new.status := request.status;
    end if;
    return new;
end
$$;
comment on function app.follow_logistics_request() is
    'What is linked with a request is about a vehicle of it, and begins in its state.';
create trigger ownership_transfers_request before insert or update of request_id on ownership_transfers
    for each row when (new.request_id is not null) execute function app.follow_logistics_request();
create trigger sub_allocations_request before insert or update of request_id on sub_allocations
    for each row when (new.request_id is not null) execute function app.follow_logistics_request();
