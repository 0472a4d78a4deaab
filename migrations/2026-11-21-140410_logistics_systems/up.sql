-- logistics at work: TMS, which has vehicles carried, and SLC, which has work done on them. Where a business reaches them,
-- the jobs that register and cancel requests there, and what came of it.

-- Where they are ------------------------------------------------------------------------------------------------------

create table logistics_connections (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    system text not null,
    base_url text not null,
    key_id text,
    secret bytea not null,
    secret_set_at timestamptz not null default now(),
    is_active boolean not null default true,
    constraint logistics_connections_pkey primary key (tenant_id, id),
    constraint logistics_connections_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint logistics_connections_system_key unique (tenant_id, system),
    constraint logistics_connections_system_check check (system in ('TMS', 'SLC')),
    constraint logistics_connections_base_url_check check (
        length(base_url) <= 2000
        and (
            base_url ~* '^https://[^\s/?#@]+(/[^\s?#]*)?$'
            or base_url ~* '^http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/[^\s?#]*)?$'
        )
    ),
    constraint logistics_connections_key_id_check check (key_id ~ '^[!-~]{1,200}$')
);
comment on table logistics_connections is
    'How the TMS and the SLC of a business are reached. Without one, somebody registers its requests by hand.';
comment on column logistics_connections.key_id is 'As whom we introduce ourselves; what the other side wants to read.';
comment on column logistics_connections.secret is 'Sealed: the key with which calls are signed.';
comment on column logistics_connections.secret_set_at is
    'Since when that is the key: sealing it anew is no change, another key is one.';
comment on constraint logistics_connections_system_key on logistics_connections is
    'This system is connected already.';
comment on constraint logistics_connections_system_check on logistics_connections is 'A connection is to TMS or to SLC.';
comment on constraint logistics_connections_base_url_check on logistics_connections is
    'A system has an https:// address without a user, a question mark or a fragment in it; http:// is for this machine alone.';
comment on constraint logistics_connections_key_id_check on logistics_connections is
    'The name of a key has 1 to 200 visible characters of ASCII, no spaces.';

call app.protect('logistics_connections', hidden => '{secret}');
-- Sealing anew is no change of what the row says.
call app.versioned('logistics_connections', ignored => '{secret}');
call app.fixed('logistics_connections', '{system}');
call app.audited(
    'logistics_connections', 'LogisticsConnection',
    '{"insert": "logistics_connection.created", "update": "logistics_connection.changed", '
    '"delete": "logistics_connection.removed"}',
    ignored => '{secret}'
);
call app.logged('logistics_connections', 'logistics_connection', ignored => '{secret}');

-- What came of it -----------------------------------------------------------------------------------------------------

alter table logistics_requests add column error_message text;
alter table logistics_requests add constraint logistics_requests_error_message_check
    check (app.is_filled(error_message));
comment on column logistics_requests.error_message is
    'Why TMS or SLC did not take the request, or did not take it back; nothing is quoted of what they said but codes.';
comment on constraint logistics_requests_error_message_check on logistics_requests is
    'A reason must not be empty.';
call app.versioned('logistics_requests');
call app.logged('logistics_requests');

alter table logistics_request_lines
    add column tms_cancelled_at timestamptz,
    add column slc_cancelled_at timestamptz;
comment on column logistics_request_lines.tms_cancelled_at is 'When TMS took it back.';
comment on column logistics_request_lines.slc_cancelled_at is 'When SLC took it back.';
call app.versioned('logistics_request_lines', ignored => '{requested_by_id}');
call app.logged('logistics_request_lines');

create function app.logistics_requests_settled() returns trigger
language plpgsql
as $$
begin
    -- A reason is that of the present state, unless whoever moves the request says another one.
    if new.error_message is not distinct from old.error_message then
        new.error_message := null;
    end if;
    return new;
end
$$;
create trigger logistics_requests_settled before update on logistics_requests
    for each row when (new.status is distinct from old.status and old.error_message is not null)
    execute function app.logistics_requests_settled();

-- Which systems a request needs ---------------------------------------------------------------------------------------

create function app.logistics_systems(type text) returns text[]
language sql immutable strict parallel safe
as $$
    select case type when 'TRANSPORT' then '{TMS}' when 'SERVICE' then '{SLC}' else '{TMS,SLC}' end::text[]
$$;
comment on function app.logistics_systems(text) is 'The systems that a request of this type goes to.';

create function app.is_logistics_connected(tenant uuid, type text) returns boolean
language sql stable
as $$
    select count(*) = cardinality(app.logistics_systems(type))
    from logistics_connections c
    where c.tenant_id = tenant and c.is_active and c.system = any (app.logistics_systems(type))
$$;
comment on function app.is_logistics_connected(uuid, text) is
    'Whether requests of this type are registered by the program: all systems that they go to are connected.';

-- Registering ---------------------------------------------------------------------------------------------------------

create function app.queue_registration(tenant uuid, request uuid) returns uuid
language sql
as $$
    select app.enqueue_job(
        'register_logistics_request',
        jsonb_build_object('logistics_request_id', request),
        key => 'register_logistics_request:' || request,
        lane => 'logistics_request:' || request,
        tenant => tenant
    )
$$;
comment on function app.queue_registration(uuid, uuid) is
    'Queues the job that registers a request with its systems, unless it is under way.';

create function app.logistics_requests_registration() returns trigger
language plpgsql
as $$
begin
    if app.is_logistics_connected(new.tenant_id, new.type) then
        perform app.queue_registration(new.tenant_id, new.id);
    end if;
    return null;
end
$$;
create trigger logistics_requests_registration after insert on logistics_requests
    for each row when (new.status = 'PENDING') execute function app.logistics_requests_registration();
create trigger logistics_requests_registration_again after update of status on logistics_requests
    for each row when (new.status = 'PENDING' and old.status <> 'PENDING')
    execute function app.logistics_requests_registration();

-- Jobs begin and end in nobody's name and some in a narrow scope, people cancel requests of which they see a part, and
-- administrators call off jobs about what they may not see: from here on things are right whoever sees them.

create function app.start_registration(tenant uuid, request uuid) returns boolean
language plpgsql
as $$
#variable_conflict use_variable
declare
    scope constant text := app.widen_logistics();
    is_begun boolean;
begin
    update logistics_requests r
    set status = 'IN_PROGRESS'
    where r.tenant_id = tenant and r.id = request and r.status = 'PENDING' and r.deleted_at is null
      and app.is_logistics_connected(r.tenant_id, r.type);
    select exists (
        select from logistics_requests r
        where r.tenant_id = tenant and r.id = request and r.status = 'IN_PROGRESS' and r.deleted_at is null
    ) into is_begun;
    perform set_config('app.scope', scope, true);
    return is_begun;
end
$$;
comment on function app.start_registration(uuid, uuid) is
    'A worker begins to register a request, or goes on with it; false when it is not to be registered.';

create function app.finish_registration(tenant uuid, request uuid, problem text) returns void
language plpgsql
as $$
#variable_conflict use_variable
declare
    scope constant text := app.widen_logistics();
begin
    update logistics_requests r
    set status = case when problem is null then 'REGISTERED' else 'ERROR' end, error_message = problem
    where r.tenant_id = tenant and r.id = request and r.status = 'IN_PROGRESS';
    perform set_config('app.scope', scope, true);
end
$$;
comment on function app.finish_registration(uuid, uuid, text) is
    'All vehicles of a request are registered; or not all of them can be, for this reason.';

create function app.registration_still_queued(tenant uuid, request uuid) returns void
language plpgsql
as $$
#variable_conflict use_variable
declare
    scope constant text := app.widen_logistics();
begin
    perform app.queue_registration(r.tenant_id, r.id)
    from logistics_requests r
    where r.tenant_id = tenant and r.id = request and r.status = 'PENDING' and r.deleted_at is null
      and app.is_logistics_connected(r.tenant_id, r.type);
    perform set_config('app.scope', scope, true);
end
$$;
comment on function app.registration_still_queued(uuid, uuid) is
    'The last word of a job: a request that is to be registered again meanwhile needs another one.';

-- Cancelling ----------------------------------------------------------------------------------------------------------

create function app.missing_cancellation_code(
    request logistics_requests, needs_all boolean, out vin text, out field text
)
language sql stable
as $$
    select l.vin,
        case
            when l.in_tms and l.tms_client_code is null then 'tms_client_code'
            when l.in_tms and l.carrier_code is null then 'carrier_code'
            else 'slc_client_code'
        end
    from (
        select l.*,
            'TMS' = any (app.logistics_systems(request.type))
            and l.tms_cancelled_at is null and (needs_all or l.tms_request_id is not null) as in_tms,
            'SLC' = any (app.logistics_systems(request.type))
            and l.slc_cancelled_at is null and (needs_all or l.slc_request_id is not null) as in_slc
        from logistics_request_lines l
        where l.tenant_id = request.tenant_id and l.request_id = request.id and l.deleted_at is null
    ) l
    where l.in_tms and (l.tms_client_code is null or l.carrier_code is null)
       or l.in_slc and l.slc_client_code is null
    order by l.id
    limit 1
$$;
comment on function app.missing_cancellation_code(logistics_requests, boolean) is
    'A vehicle of a request that lacks a code which its systems need to cancel it. needs_all: also of those that no system '
    'has, as far as we know.';

create function app.logistics_requests_cancellation_codes() returns trigger
language plpgsql
as $$
declare
    -- What was never registered is cancelled by saying so; only what some other system has needs its codes.
    needs_all constant boolean := new.status = 'PENDING_CANCELLATION';
    scope text;
    missing record;
    vehicle text;
begin
    select m.vin, m.field into missing from app.missing_cancellation_code(new, needs_all) m;
    vehicle := 'the vehicle ' || missing.vin;
    if missing.field is null then
        -- There may be vehicles that whoever cancels does not see.
        scope := app.widen_logistics();
        select m.vin, m.field into missing from app.missing_cancellation_code(new, needs_all) m;
        perform set_config('app.scope', scope, true);
        vehicle := 'a vehicle of somebody else';
    end if;
    if missing.field is not null then
        perform app.refuse(
            'VALIDATION', missing.field,
            format(
                case missing.field
                    when 'tms_client_code' then 'TMS cancels nothing without its client code, which %s lacks.'
                    when 'carrier_code' then 'TMS cancels nothing without the code of the carrier, which %s lacks.'
                    else 'SLC cancels nothing without its client code, which %s lacks.'
                end, vehicle
            )
        );
    end if;
    return new;
end
$$;
create trigger logistics_requests_cancellation_codes before update on logistics_requests
    for each row when (
        new.status is distinct from old.status
        and (new.status = 'PENDING_CANCELLATION' or new.status = 'CANCELLED' and old.status in ('PENDING', 'ERROR'))
    )
    execute function app.logistics_requests_cancellation_codes();

create function app.queue_cancellation(tenant uuid, request uuid) returns uuid
language sql
as $$
    select app.enqueue_job(
        'cancel_logistics_request',
        jsonb_build_object('logistics_request_id', request),
        key => 'cancel_logistics_request:' || request,
        lane => 'logistics_request:' || request,
        tenant => tenant
    )
$$;
comment on function app.queue_cancellation(uuid, uuid) is
    'Queues the job that takes a request back from its systems, unless it is under way.';

create function app.logistics_requests_cancellation() returns trigger
language plpgsql
as $$
declare
    scope constant text := app.widen_logistics();
    is_anywhere boolean := new.status = 'PENDING_CANCELLATION';
begin
    if not is_anywhere then
        select exists (
            select from logistics_request_lines l
            where l.tenant_id = new.tenant_id and l.request_id = new.id
              and (l.tms_request_id is not null and l.tms_cancelled_at is null
                   or l.slc_request_id is not null and l.slc_cancelled_at is null)
        ) into is_anywhere;
    end if;
    perform set_config('app.scope', scope, true);
    if is_anywhere and app.is_logistics_connected(new.tenant_id, new.type) then
        perform app.queue_cancellation(new.tenant_id, new.id);
        -- A job that waits for its next attempt to register would make this one wait.
        update jobs
        set run_at = now()
        where tenant_id = new.tenant_id and lane = 'logistics_request:' || new.id and state = 'QUEUED' and run_at > now();
    end if;
    return null;
end
$$;
create trigger logistics_requests_cancellation after update of status on logistics_requests
    for each row when (
        new.status is distinct from old.status
        and (new.status = 'PENDING_CANCELLATION' or new.status = 'CANCELLED' and old.status in ('PENDING', 'ERROR'))
    )
    execute function app.logistics_requests_cancellation();

create function app.finish_cancellation(tenant uuid, request uuid, problem text) returns void
language plpgsql
as $$
#variable_conflict use_variable
declare
    scope constant text := app.widen_logistics();
begin
    update logistics_requests r
    set status = case when problem is null then 'CANCELLED' else 'REGISTERED' end, error_message = problem
    where r.tenant_id = tenant and r.id = request and r.status = 'PENDING_CANCELLATION';
    if not found and problem is not null then
        -- It was cancelled here before it was asked for there, because not all of it had been taken.
        update logistics_requests r
        set error_message = problem
        where r.tenant_id = tenant and r.id = request and r.status = 'CANCELLED';
    end if;
    perform set_config('app.scope', scope, true);
end
$$;
comment on function app.finish_cancellation(uuid, uuid, text) is
    'The systems have taken a request back; or not all of it, for this reason, and then it is registered as before.';

create function app.cancellation_still_queued(tenant uuid, request uuid) returns void
language plpgsql
as $$
#variable_conflict use_variable
declare
    scope constant text := app.widen_logistics();
begin
    perform app.queue_cancellation(r.tenant_id, r.id)
    from logistics_requests r
    where r.tenant_id = tenant and r.id = request and r.status = 'PENDING_CANCELLATION'
      and app.is_logistics_connected(r.tenant_id, r.type);
    perform set_config('app.scope', scope, true);
end
$$;
comment on function app.cancellation_still_queued(uuid, uuid) is
    'The last word of a job: a request that is to be cancelled once more meanwhile needs another one.';

-- Whoever calls a job off or queues it again means the request.
create function app.jobs_logistics_request() returns trigger
language plpgsql
as $$
declare
    request constant uuid := (new.payload ->> 'logistics_request_id')::uuid;
    called_off constant text := 'Somebody called the work off; it can be taken up again.';
    scope constant text := app.widen_logistics();
begin
    if new.kind = 'register_logistics_request' then
        if new.state = 'CANCELLED' then
            perform app.finish_registration(new.tenant_id, request, called_off);
        else
            update logistics_requests set status = 'PENDING'
            where tenant_id = new.tenant_id and id = request and status = 'ERROR' and deleted_at is null;
        end if;
    elsif new.state = 'CANCELLED' then
        perform app.finish_cancellation(new.tenant_id, request, called_off);
    else
        update logistics_requests set status = 'PENDING_CANCELLATION'
        where tenant_id = new.tenant_id and id = request and status = 'REGISTERED' and deleted_at is null;
    end if;
    perform set_config('app.scope', scope, true);
    return null;
end
$$;
create trigger jobs_logistics_request after update of state on jobs
    for each row when (
        new.kind in ('register_logistics_request', 'cancel_logistics_request')
        and (new.state = 'CANCELLED' and old.state <> 'CANCELLED'
             or new.state = 'QUEUED' and old.state in ('DEAD', 'CANCELLED'))
    )
    execute function app.jobs_logistics_request();
