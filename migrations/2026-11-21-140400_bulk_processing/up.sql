-- logistics at work: how vehicles become requests, 1 to 50 at once and more in blocks of 50. A block, that is a request
-- with its lines and the end of its staged rows, is one transaction; so whoever is killed goes on exactly where it stood.

-- What a bulk request remembers ---------------------------------------------------------------------------------------

alter table bulk_requests add column request jsonb not null default '{}';
alter table bulk_requests add constraint bulk_requests_request_check check (jsonb_typeof(request) = 'object');
comment on column bulk_requests.request is
    'What all its requests have in common: columns of logistics_requests, such as type and hst_code_id.';
comment on constraint bulk_requests_request_check on bulk_requests is
    'What the requests have in common is a JSON object.';

-- Who has staged too much, or cannot mend a row, calls off what is left.
alter table bulk_requests drop constraint bulk_requests_status_check;
drop trigger bulk_requests_status_transition on bulk_requests;
call app.state_machine('bulk_requests', 'status', '{
    "STAGED": ["PROCESSING", "CANCELLED"],
    "PROCESSING": ["COMPLETED", "FAILED", "CANCELLED"],
    "FAILED": ["PROCESSING", "CANCELLED"],
    "COMPLETED": [],
    "CANCELLED": []
}');
call app.versioned('bulk_requests');
call app.fixed('bulk_requests', '{request}');
call app.logged('bulk_requests');

-- Vehicles as they were named, and the lines that they become ----------------------------------------------------------

create function app.logistics_lines(tenant uuid, vehicles jsonb)
returns table (row_number integer, vin text, line jsonb, field text, problem text)
language sql stable
as $$
    with given as (
        select g.*, min(g.row_number) over (partition by g.vin) as first_row
        from jsonb_to_recordset(vehicles) as g (
            row_number integer, vin text, make text, model text, license_plate text, origin text, destination text,
            service text, origin_dealership_id uuid, destination_dealership_id uuid, ad_hoc_address_id uuid,
            service_type_id uuid, tms_client_code text, slc_client_code text, carrier_code text
        )
    ),
    -- Each place and service is looked up once, however many vehicles name it: by BUNO code, else by code, else by name.
    named_dealerships as materialized (
        select distinct on (n.word) n.word, n.ids
        from (
            select a.word, a.rank, array_agg(a.id) as ids
            from (
                select d.buno_code as word, 1 as rank, d.id from dealerships d
                where d.tenant_id = tenant and d.deleted_at is null and d.is_active and d.buno_code is not null
                union all
                select d.code, 2, d.id from dealerships d
                where d.tenant_id = tenant and d.deleted_at is null and d.is_active and d.code is not null
                union all
                select d.name, 3, d.id from dealerships d
                where d.tenant_id = tenant and d.deleted_at is null and d.is_active
            ) a
            group by a.word, a.rank
        ) n
        order by n.word, n.rank
    ),
    named_services as materialized (
        select distinct on (n.word) n.word, n.ids
        from (
            select a.word, a.rank, array_agg(a.id) as ids
            from (
                select s.service_code as word, 1 as rank, s.id from service_types s
                where s.tenant_id = tenant and s.deleted_at is null and s.service_code is not null
                union all
                select s.name, 2, s.id from service_types s where s.tenant_id = tenant and s.deleted_at is null
            ) a
            group by a.word, a.rank
        ) n
        order by n.word, n.rank
    ),
    judged as (
        select g.*, o.ids as origins, d.ids as destinations, s.ids as services,
            case
                when g.vin is null or g.vin !~ '^[A-HJ-NPR-Z0-9]{17}$' then 'vin'
                when g.row_number > g.first_row then 'vin'
                when g.origin is not null and coalesce(cardinality(o.ids), 0) <> 1 then 'origin'
                when g.destination is not null and coalesce(cardinality(d.ids), 0) <> 1 then 'destination'
                when g.service is not null and coalesce(cardinality(s.ids), 0) <> 1 then 'service'
            end as wrong
        from given g
        left join named_dealerships o on o.word = g.origin
        left join named_dealerships d on d.word = g.destination
        left join named_services s on s.word = g.service
    )
    select j.row_number, j.vin,
        jsonb_strip_nulls(jsonb_build_object(
            'vin', j.vin,
            'make_model', nullif(concat_ws(' ', nullif(j.make, ''), nullif(j.model, '')), ''),
            'license_plate', j.license_plate,
            'origin_dealership_id', coalesce(j.origin_dealership_id, j.origins[1]),
            'destination_dealership_id', coalesce(j.destination_dealership_id, j.destinations[1]),
            'ad_hoc_address_id', j.ad_hoc_address_id,
            'service_type_id', coalesce(j.service_type_id, j.services[1]),
            'tms_client_code', j.tms_client_code,
            'slc_client_code', j.slc_client_code,
            'carrier_code', j.carrier_code
        )),
        j.wrong,
        case
            when j.wrong = 'vin' and j.row_number > j.first_row then format('The vehicle is in row %s already.', j.first_row)
            when j.wrong = 'vin' then 'A VIN has 17 characters: capital letters except I, O and Q, and digits.'
            when j.wrong = 'service' and j.services is null then 'There is no service with this code or name.'
            when j.wrong = 'service' then 'Several services are called like this; name it by its code.'
            when j.wrong = 'origin' and j.origins is null
                or j.wrong = 'destination' and j.destinations is null
            then 'There is no active dealership with this BUNO code, code or name.'
            when j.wrong is not null then 'Several dealerships are called like this; name it by its BUNO code.'
        end
    from judged j
$$;
comment on function app.logistics_lines(uuid, jsonb) is
    'Vehicles as people name them, a JSON list, as lines of a request: what is called by code or name is looked up. Where '
    'that fails, field and problem say why.';

-- Requests -------------------------------------------------------------------------------------------------------------

create function app.create_logistics_request(
    tenant uuid, header jsonb, lines jsonb, request uuid default app.uuid_v7(), bulk uuid default null
) returns uuid
language plpgsql
as $$
#variable_conflict use_column
begin
    insert into logistics_requests (
        id, tenant_id, created_by_id, bulk_request_id, type, billing_account_id, tms_billing_account_id, hst_code_id,
        rac_code, transport_shipping_type, is_dealer_transfer, comments
    )
    select create_logistics_request.request, create_logistics_request.tenant,
        nullif(current_setting('app.user_id', true), '')::uuid, create_logistics_request.bulk,
        h.type, h.billing_account_id, h.tms_billing_account_id, h.hst_code_id, h.rac_code, h.transport_shipping_type,
        coalesce(h.is_dealer_transfer, false), h.comments
    from jsonb_to_record(header) as h (
        type text, billing_account_id uuid, tms_billing_account_id uuid, hst_code_id uuid, rac_code text,
        transport_shipping_type integer, is_dealer_transfer boolean, comments text
    );
    insert into logistics_request_lines (
        tenant_id, request_id, vin, make_model, license_plate, origin_dealership_id, destination_dealership_id,
        ad_hoc_address_id, service_type_id, service_code, tms_client_code, slc_client_code, carrier_code
    )
    select create_logistics_request.tenant, create_logistics_request.request, l.vin, l.make_model, l.license_plate,
        l.origin_dealership_id, l.destination_dealership_id, l.ad_hoc_address_id, l.service_type_id, s.service_code,
        l.tms_client_code, l.slc_client_code, l.carrier_code
    from jsonb_array_elements(lines) with ordinality as e (line, place)
    cross join lateral jsonb_to_record(e.line) as l (
        vin text, make_model text, license_plate text, origin_dealership_id uuid, destination_dealership_id uuid,
        ad_hoc_address_id uuid, service_type_id uuid, tms_client_code text, slc_client_code text, carrier_code text
    )
    left join service_types s on s.tenant_id = create_logistics_request.tenant and s.id = l.service_type_id
    order by e.place;
    return create_logistics_request.request;
end
$$;
comment on function app.create_logistics_request(uuid, jsonb, jsonb, uuid, uuid) is
    'Makes one request with its lines, which are columns of the two tables as JSON. Their triggers refuse what is wrong.';

create function app.violation(state text, table_name text, constraint_name text, out field text, out sentence text)
language sql stable
as $$
    select
        (
            select a.attname
            from pg_constraint c
            join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[cardinality(c.conkey)]
            where c.conrelid = to_regclass(format('public.%I', table_name)) and c.conname = constraint_name
        ),
        coalesce(
            (
                select obj_description(c.oid, 'pg_constraint')
                from pg_constraint c
                where c.conrelid = to_regclass(format('public.%I', table_name)) and c.conname = constraint_name
                  and state <> '23503'
            ),
            obj_description(to_regclass(format('public.%I', constraint_name)), 'pg_class'),
            case
                when state = '23503' then 'This does not exist.'
                when state like '22%' then 'A value is too long, or of the wrong form.'
                else 'A value does not fit.'
            end
        )
$$;
comment on function app.violation(text, text, text) is
    'What a violated constraint says to people, and the column that it is about; for rows that are written many at once.';

create function app.place_logistics_request(
    tenant uuid, header jsonb, vehicles jsonb, request uuid, bulk uuid default null, is_trial boolean default false
)
returns table (row_number integer, vin text, field text, code text, problem text)
language plpgsql
as $$
#variable_conflict use_column
declare
    -- Problems that are told at most.
    most constant integer := 100;
    lines jsonb;
    one record;
    problems integer := 0;
    refused record;
begin
    return query
        select l.row_number, l.vin, l.field, 'VALIDATION', l.problem
        from app.logistics_lines(tenant, vehicles) l
        where l.problem is not null
        order by l.row_number
        limit most;
    if found then
        return;
    end if;
    select jsonb_agg(l.line || jsonb_build_object('row_number', l.row_number) order by l.row_number) into lines
    from app.logistics_lines(tenant, vehicles) l;
    begin
        perform app.create_logistics_request(tenant, header, lines, request, bulk);
        if is_trial then
            raise exception using errcode = 'MD002';
        end if;
        return;
    exception
        when sqlstate 'MD002' then
            return;
        when sqlstate 'MD001' or integrity_constraint_violation or data_exception then
            -- Of which row is it?
            null;
    end;
    -- What is wrong without any vehicle is no vehicle's fault; it is refused as it is.
    begin
        perform app.create_logistics_request(tenant, header, '[]', request, bulk);
        raise exception using errcode = 'MD002';
    exception
        when sqlstate 'MD002' then
            null;
    end;
    for one in select e.line from jsonb_array_elements(lines) as e (line) loop
        declare
            said_code text;
            said_column text;
            said_table text;
            said text;
            said_state text;
            sentence text;
        begin
            perform app.create_logistics_request(tenant, header, jsonb_build_array(one.line), request, bulk);
            raise exception using errcode = 'MD002';
        exception
            when sqlstate 'MD002' then
                null;
            when sqlstate 'MD001' or integrity_constraint_violation or data_exception then
                get stacked diagnostics
                    said_state = returned_sqlstate, said_code = constraint_name, said_column = column_name,
                    said_table = table_name, said = message_text;
                row_number := (one.line ->> 'row_number')::integer;
                vin := one.line ->> 'vin';
                if said_state = 'MD001' then
                    field := nullif(said_column, '');
                    code := said_code;
                    problem := said;
                else
                    select v.field, v.sentence into field, sentence
                    from app.violation(said_state, said_table, said_code) v;
                    field := coalesce(field, nullif(said_column, ''));
                    code := 'VALIDATION';
                    problem := sentence;
                end if;
                problems := problems + 1;
                return next;
        end;
        exit when problems >= most;
    end loop;
    if problems = 0 then
        -- Each fits alone, so it is how they are together; then it is refused as it is.
        perform app.create_logistics_request(tenant, header, lines, request, bulk);
        if is_trial then
            raise exception 'what was refused before is taken now';
        end if;
    end if;
end
$$;
comment on function app.place_logistics_request(uuid, jsonb, jsonb, uuid, uuid, boolean) is
    'Makes a request of vehicles as app.logistics_lines takes them, or writes nothing and says what is wrong with which '
    'row. What is wrong with the request itself is raised. A trial writes nothing in any case.';

-- Staging --------------------------------------------------------------------------------------------------------------

create function app.bulk_vehicles(tenant uuid, bulk uuid, most integer default null) returns jsonb
language sql stable
as $$
    select coalesce(jsonb_agg(v.vehicle order by v.row_number), '[]')
    from (
        select i.row_number,
            coalesce(i.payload, '{}') || jsonb_build_object(
                'row_number', i.row_number, 'vin', i.vin, 'make', i.make, 'model', i.model, 'origin', i.origin,
                'destination', i.destination
            ) as vehicle
        from bulk_request_items i
        where i.tenant_id = tenant and i.bulk_request_id = bulk
        order by i.row_number
        limit most
    ) v
$$;
comment on function app.bulk_vehicles(uuid, uuid, integer) is
    'The first staged rows of a bulk request, as app.logistics_lines takes them.';

create function app.check_bulk_request(tenant uuid, bulk uuid)
returns table (row_number integer, vin text, field text, code text, problem text)
language plpgsql
as $$
#variable_conflict use_column
declare
    header constant jsonb := (
        select b.request from bulk_requests b where b.tenant_id = tenant and b.id = bulk
    );
    vehicles constant jsonb := app.bulk_vehicles(tenant, bulk);
    block jsonb;
begin
    return query
        select l.row_number, l.vin, l.field, 'VALIDATION', l.problem
        from app.logistics_lines(tenant, vehicles) l
        where l.problem is not null
        order by l.row_number
        limit 100;
    if found then
        return;
    end if;
    -- Rules look at places, services and clients, and thousands of vehicles have few of these between them: one vehicle
    -- of each kind is tried, for as many kinds as fit into four requests.
    for block in
        select jsonb_agg(k.vehicle order by k.row_number)
        from (
            select d.vehicle, d.row_number, (row_number() over (order by d.row_number) - 1) / 50 as block
            from (
                select distinct on (e.vehicle - '{row_number,vin,model,license_plate}'::text[])
                    e.vehicle, (e.vehicle ->> 'row_number')::integer as row_number
                from jsonb_array_elements(vehicles) as e (vehicle)
                order by e.vehicle - '{row_number,vin,model,license_plate}'::text[],
                    (e.vehicle ->> 'row_number')::integer
            ) d
            order by d.row_number
            limit 200
        ) k
        group by k.block
        order by k.block
    loop
        return query
            select p.* from app.place_logistics_request(tenant, header, block, app.uuid_v7(), bulk, is_trial => true) p;
    end loop;
end
$$;
comment on function app.check_bulk_request(uuid, uuid) is
    'What is wrong with staged rows, as far as it can be told before their requests are made. What is wrong with the '
    'request that they share is raised.';

create function app.queue_bulk_request(tenant uuid, bulk uuid) returns uuid
language sql
as $$
    select app.enqueue_job(
        'process_bulk_request',
        jsonb_build_object('bulk_request_id', bulk),
        key => 'bulk_request:' || bulk,
        tenant => tenant
    )
$$;
comment on function app.queue_bulk_request(uuid, uuid) is
    'Queues the job that makes requests of staged rows, unless it is under way.';

create function app.bulk_requests_queued() returns trigger
language plpgsql
as $$
begin
    perform app.queue_bulk_request(new.tenant_id, new.id);
    return null;
end
$$;
create trigger bulk_requests_queued after insert on bulk_requests
    for each row when (new.status = 'STAGED') execute function app.bulk_requests_queued();
create trigger bulk_requests_resumed after update of status on bulk_requests
    for each row when (new.status = 'PROCESSING' and old.status = 'FAILED') execute function app.bulk_requests_queued();

create function app.bulk_requests_settled() returns trigger
language plpgsql
as $$
begin
    if new.status <> 'FAILED' then
        new.error_message := null;
    end if;
    return new;
end
$$;
create trigger bulk_requests_settled before update of status on bulk_requests
    for each row when (old.status = 'FAILED') execute function app.bulk_requests_settled();

create function app.bulk_requests_called_off() returns trigger
language plpgsql
as $$
begin
    delete from bulk_request_items where tenant_id = new.tenant_id and bulk_request_id = new.id;
    return null;
end
$$;
create trigger bulk_requests_called_off after update of status on bulk_requests
    for each row when (new.status = 'CANCELLED' and old.status <> 'CANCELLED')
    execute function app.bulk_requests_called_off();

-- Rows that somebody takes out are not waited for; those that a block takes have been processed, and those that are
-- called off with all others are still told by the total.
create function app.bulk_request_items_removed() returns trigger
language plpgsql
as $$
begin
    update bulk_requests b
    set total_vehicles = b.total_vehicles - g.removed
    from (select tenant_id, bulk_request_id, count(*)::integer as removed from gone group by 1, 2) g
    where b.tenant_id = g.tenant_id
      and b.id = g.bulk_request_id
      and b.status <> 'CANCELLED'
      and b.id::text <> coalesce(current_setting('app.bulk_block', true), '');
    return null;
end
$$;
create trigger bulk_request_items_removed after delete on bulk_request_items
    referencing old table as gone
    for each statement execute function app.bulk_request_items_removed();

-- Blocks ---------------------------------------------------------------------------------------------------------------

create function app.process_bulk_block(tenant uuid, bulk uuid, request uuid default app.uuid_v7()) returns text
language plpgsql
as $$
#variable_conflict use_column
declare
    block_size constant integer := 50;
    staged bulk_requests;
    vehicles jsonb;
    taken integer;
    problem record;
    sentence text;
begin
    -- One block of a bulk request at a time, whoever makes it.
    select b.* into staged from bulk_requests b where b.tenant_id = tenant and b.id = bulk for no key update;
    if not found or staged.status not in ('STAGED', 'PROCESSING') then
        return 'NOTHING';
    end if;
    -- In the name of who asked for it, so that the same rules hold and the same name stands in the history.
    if coalesce(current_setting('app.user_id', true), '') = '' and staged.created_by_id is not null then
        perform set_config('app.user_id', staged.created_by_id::text, true);
    end if;
    if staged.status = 'STAGED' then
        update bulk_requests b set status = 'PROCESSING' where b.tenant_id = tenant and b.id = bulk;
    end if;
    vehicles := app.bulk_vehicles(tenant, bulk, block_size);
    taken := jsonb_array_length(vehicles);
    if taken > 0 then
        begin
            select p.* into problem from app.place_logistics_request(tenant, staged.request, vehicles, request, bulk) p limit 1;
            if problem.problem is not null then
                sentence := format('Row %s (%s): %s', problem.row_number, problem.vin, problem.problem);
            end if;
        exception
            when sqlstate 'MD001' then
                sentence := sqlerrm;
            when integrity_constraint_violation or data_exception then
                declare
                    said_state text;
                    said_table text;
                    said_constraint text;
                begin
                    get stacked diagnostics
                        said_state = returned_sqlstate, said_table = table_name, said_constraint = constraint_name;
                    sentence := (app.violation(said_state, said_table, said_constraint)).sentence;
                end;
        end;
        if sentence is not null then
            update bulk_requests b
            set status = 'FAILED', error_message = sentence
            where b.tenant_id = tenant and b.id = bulk;
            return 'FAILED';
        end if;
        perform set_config('app.bulk_block', bulk::text, true);
        delete from bulk_request_items i
        where i.tenant_id = tenant
          and i.bulk_request_id = bulk
          and i.row_number <= (vehicles -> -1 ->> 'row_number')::integer;
        perform set_config('app.bulk_block', '', true);
    end if;
    update bulk_requests b
    set processed_vehicles = b.processed_vehicles + taken,
        status = case
            when exists (select from bulk_request_items i where i.tenant_id = tenant and i.bulk_request_id = bulk)
            then b.status
            else 'COMPLETED'
        end
    where b.tenant_id = tenant and b.id = bulk
    returning b.status into staged.status;
    return staged.status;
end
$$;
comment on function app.process_bulk_block(uuid, uuid, uuid) is
    'Makes one request of the first 50 staged rows and removes these; says how the bulk request stands: PROCESSING, '
    'COMPLETED or FAILED. NOTHING when it is not to be processed.';

-- Jobs end in nobody's name and in a narrow scope, and administrators call off jobs about what they may not see: what
-- follows is right whoever sees it.
create function app.bulk_request_failed(tenant uuid, bulk uuid, sentence text) returns void
language plpgsql
as $$
declare
    scope constant text := app.widen_logistics();
begin
    update bulk_requests b
    set status = 'PROCESSING'
    where b.tenant_id = bulk_request_failed.tenant and b.id = bulk and b.status = 'STAGED';
    update bulk_requests b
    set status = 'FAILED', error_message = sentence
    where b.tenant_id = bulk_request_failed.tenant and b.id = bulk and b.status = 'PROCESSING';
    perform set_config('app.scope', scope, true);
end
$$;
comment on function app.bulk_request_failed(uuid, uuid, text) is
    'A bulk request was given up for now; what is staged stays, and retryBulkRequest goes on with it.';

create function app.bulk_request_still_queued(tenant uuid, bulk uuid) returns void
language plpgsql
as $$
#variable_conflict use_variable
declare
    scope constant text := app.widen_logistics();
begin
    perform app.queue_bulk_request(b.tenant_id, b.id)
    from bulk_requests b
    where b.tenant_id = tenant and b.id = bulk and b.status in ('STAGED', 'PROCESSING');
    perform set_config('app.scope', scope, true);
end
$$;
comment on function app.bulk_request_still_queued(uuid, uuid) is
    'The last word of a job: what is left, or was taken up again meanwhile, needs another one.';

-- Whoever calls the job off or queues it again means the bulk request.
create function app.jobs_bulk_request() returns trigger
language plpgsql
as $$
declare
    bulk constant uuid := (new.payload ->> 'bulk_request_id')::uuid;
    scope constant text := app.widen_logistics();
begin
    if new.state = 'CANCELLED' then
        perform app.bulk_request_failed(new.tenant_id, bulk, 'Somebody called the work off; it can be taken up again.');
    else
        update bulk_requests set status = 'PROCESSING'
        where tenant_id = new.tenant_id and id = bulk and status = 'FAILED';
    end if;
    perform set_config('app.scope', scope, true);
    return null;
end
$$;
create trigger jobs_bulk_request after update of state on jobs
    for each row when (
        new.kind = 'process_bulk_request'
        and (new.state = 'CANCELLED' and old.state <> 'CANCELLED'
             or new.state = 'QUEUED' and old.state in ('DEAD', 'CANCELLED'))
    )
    execute function app.jobs_bulk_request();
