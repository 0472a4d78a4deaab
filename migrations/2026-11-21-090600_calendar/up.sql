-- calendar: where and when contacts are met.

-- Operating hours ----------------------------------------------------------------------------------------------------

create function app.minutes_of_day(clock text) returns integer
language sql immutable parallel safe
as $$ select left(clock, 2)::integer * 60 + right(clock, 2)::integer $$;

create function app.is_operating_hours(hours jsonb) returns boolean
language plpgsql immutable parallel safe
as $$
declare
    day record;
    span jsonb;
    closed_since integer;
begin
    if hours is null or jsonb_typeof(hours) <> 'object' then
        return case when hours is not null then false end;
    end if;
    for day in select * from jsonb_each(hours) loop
        if day.key not in ('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun') or jsonb_typeof(day.value) <> 'array' then
            return false;
        end if;
        closed_since := 0;
        for span in select * from jsonb_array_elements(day.value) loop
            if jsonb_typeof(span) <> 'array'
                or jsonb_array_length(span) <> 2
                or coalesce(span ->> 0, '') !~ '^([01]\d|2[0-3]):[0-5]\d$'
                or coalesce(span ->> 1, '') !~ '^(([01]\d|2[0-3]):[0-5]\d|24:00)$'
                or app.minutes_of_day(span ->> 0) < closed_since
                or app.minutes_of_day(span ->> 1) <= app.minutes_of_day(span ->> 0)
            then
                return false;
            end if;
            closed_since := app.minutes_of_day(span ->> 1);
        end loop;
    end loop;
    return true;
end
$$;
comment on function app.is_operating_hours(jsonb) is
    '{"mon": [["09:00", "14:00"], ["16:00", "20:00"]], "sat": [["10:00", "14:00"]]}: per day mon to sun the spans in '
    'which it is open, in order, local time, ends up to 24:00. A day left out, or with [], is closed.';

create function app.is_open(hours jsonb, timezone text, starts_at timestamptz, minutes integer) returns boolean
language sql stable parallel safe
as $$
    select exists (
        select
        from (select starts_at at time zone timezone as moment) as local,
             jsonb_array_elements(hours -> (array['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'])[
                 extract(dow from local.moment)::integer + 1
             ]) as span
        where extract(epoch from local.moment::time) / 60 >= app.minutes_of_day(span ->> 0)
          and extract(epoch from local.moment::time) / 60 + minutes <= app.minutes_of_day(span ->> 1)
    )
$$;
comment on function app.is_open(jsonb, text, timestamptz, integer) is
    'Whether the whole time falls into one span of the operating hours.';

-- Locations ----------------------------------------------------------------------------------------------------------

create table locations (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    name text not null,
    code text not null,
    address_line1 text,
    city text,
    country text,
    latitude numeric(9, 6),
    longitude numeric(9, 6),
    phone text,
    email text,
    timezone text not null,
    is_active boolean not null default true,
    is_default boolean not null default false,
    operating_hours jsonb,
    constraint locations_pkey primary key (tenant_id, id),
    constraint locations_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint locations_name_check check (app.is_filled(name)),
    constraint locations_code_check check (app.is_filled(code)),
    constraint locations_latitude_check check (latitude between -90 and 90),
    constraint locations_longitude_check check (longitude between -180 and 180),
    constraint locations_phone_check check (app.is_phone(phone)),
    constraint locations_email_check check (app.is_email(email)),
    constraint locations_timezone_check check (app.is_timezone(timezone)),
    constraint locations_operating_hours_check check (app.is_operating_hours(operating_hours))
);
comment on table locations is 'A place of the business that contacts come to.';
comment on column locations.timezone is 'Left out, that of the tenant.';
comment on column locations.is_default is 'Taken by IN_PERSON appointments that name no place; at most one per tenant.';
comment on column locations.operating_hours is
    'Open hours per weekday in local time, {"mon": [["09:00", "14:00"], ["16:00", "20:00"]]}. Null: any time.';
comment on constraint locations_name_check on locations is 'The name must not be empty.';
comment on constraint locations_code_check on locations is 'The code must not be empty.';
comment on constraint locations_latitude_check on locations is 'A latitude goes from -90 to 90.';
comment on constraint locations_longitude_check on locations is 'A longitude goes from -180 to 180.';
comment on constraint locations_phone_check on locations is 'A phone number has the form +34600111222.';
comment on constraint locations_email_check on locations is 'This is not an e-mail address.';
comment on constraint locations_timezone_check on locations is
    'This is not the name of a time zone, such as Europe/Madrid.';
comment on constraint locations_operating_hours_check on locations is
    'Operating hours have the form {"mon": [["09:00", "14:00"], ["16:00", "20:00"]]}, days mon to sun, spans in order.';

call app.soft_deletable('locations');
create unique index locations_code_key on locations (tenant_id, code) where deleted_at is null;
comment on index locations_code_key is 'Another location has this code.';

call app.protect('locations');
call app.versioned('locations');
call app.single_default('locations');

create function app.locations_timezone() returns trigger
language plpgsql
as $$
begin
    select timezone into new.timezone from tenants where id = new.tenant_id;
    return new;
end
$$;
create trigger locations_timezone before insert on locations
    for each row when (new.timezone is null) execute function app.locations_timezone();

-- Appointments -------------------------------------------------------------------------------------------------------

create table appointments (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    contact_id uuid not null,
    agent_id uuid,
    location_id uuid,
    call_id uuid,
    type text not null,
    scheduled_at timestamptz not null,
    duration_minutes integer not null,
    ends_at timestamptz not null generated always as (app.minutes_after(scheduled_at, duration_minutes)) stored,
    timezone text not null,
    status text not null default 'SCHEDULED',
    title text not null,
    description text,
    customer_notes text,
    call_phone_number text,
    metadata jsonb,
    cancelled_reason text,
    constraint appointments_pkey primary key (tenant_id, id),
    constraint appointments_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint appointments_contact_id_fkey foreign key (tenant_id, contact_id) references contacts on delete cascade,
    constraint appointments_agent_id_fkey foreign key (tenant_id, agent_id)
        references users on delete set null (agent_id),
    constraint appointments_location_id_fkey foreign key (tenant_id, location_id)
        references locations on delete set null (location_id),
    constraint appointments_call_id_fkey foreign key (tenant_id, call_id) references calls on delete set null (call_id),
    constraint appointments_type_check check (type in ('IN_PERSON', 'CALL', 'VIDEO')),
    constraint appointments_duration_minutes_check check (duration_minutes between 1 and 43200),
    constraint appointments_timezone_check check (app.is_timezone(timezone)),
    constraint appointments_title_check check (app.is_filled(title)),
    constraint appointments_call_phone_number_check check (app.is_phone(call_phone_number)),
    constraint appointments_status_cancelled_reason_check check (
        status <> 'CANCELLED' or coalesce(app.is_filled(cancelled_reason), false)
    )
);
comment on table appointments is 'A meeting with a contact, in person, by phone or by video.';
comment on column appointments.ends_at is 'scheduled_at and the duration.';
comment on column appointments.timezone is 'Left out, that of the location, else of the tenant.';
comment on column appointments.location_id is 'IN_PERSON needs one; left out, the default location.';
comment on column appointments.call_phone_number is 'CALL needs one; left out, the phone number of the contact.';
comment on column appointments.call_id is 'The call that was made for it.';
comment on constraint appointments_duration_minutes_check on appointments is
    'An appointment takes at least a minute and at most 30 days.';
comment on constraint appointments_timezone_check on appointments is
    'This is not the name of a time zone, such as Europe/Madrid.';
comment on constraint appointments_title_check on appointments is 'The title must not be empty.';
comment on constraint appointments_call_phone_number_check on appointments is
    'A phone number has the form +34600111222.';
comment on constraint appointments_status_cancelled_reason_check on appointments is
    'A cancelled appointment needs a reason.';

call app.soft_deletable('appointments');
create unique index appointments_call_id_key on appointments (tenant_id, call_id)
    where call_id is not null and deleted_at is null;
comment on index appointments_call_id_key is 'This call already belongs to another appointment.';
create index appointments_call_id_idx on appointments (tenant_id, call_id) where call_id is not null;
create index appointments_scheduled_at_idx on appointments (tenant_id, scheduled_at, id);
create index appointments_agent_id_idx on appointments (tenant_id, agent_id, scheduled_at);
create index appointments_contact_id_idx on appointments (tenant_id, contact_id, scheduled_at);
create index appointments_status_idx on appointments (tenant_id, status, scheduled_at);
create index appointments_location_id_idx on appointments (tenant_id, location_id, scheduled_at);

alter table appointments add constraint appointments_agent_id_scheduled_at_ends_at_excl exclude using gist (
    tenant_id with =,
    agent_id with =,
    tstzrange(scheduled_at, ends_at) with &&
) where (status in ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS') and deleted_at is null);
comment on constraint appointments_agent_id_scheduled_at_ends_at_excl on appointments is
    'The agent already has an appointment at that time.';

call app.protect('appointments');
call app.state_machine('appointments', 'status', '{
    "SCHEDULED": ["CONFIRMED", "IN_PROGRESS", "COMPLETED", "CANCELLED", "NO_SHOW"],
    "CONFIRMED": ["SCHEDULED", "IN_PROGRESS", "COMPLETED", "CANCELLED", "NO_SHOW"],
    "IN_PROGRESS": ["COMPLETED", "CANCELLED"],
    "COMPLETED": [],
    "CANCELLED": [],
    "NO_SHOW": []
}');
call app.versioned('appointments');
call app.living_references(
    'appointments',
    '{"contact_id": "contacts", "agent_id": "users", "location_id": "locations"}'
);

create function app.appointments_place() returns trigger
language plpgsql
as $$
declare
    place locations;
begin
    if new.type = 'IN_PERSON' and new.location_id is null then
        select id
        into new.location_id
        from locations
        where tenant_id = new.tenant_id and is_default and is_active and deleted_at is null;
        if new.location_id is null then
            perform app.refuse(
                'VALIDATION', 'location_id', 'An appointment in person needs a location, and there is no default one.'
            );
        end if;
    end if;
    if new.type = 'CALL' and new.call_phone_number is null then
        select phone
        into new.call_phone_number
        from contacts
        where tenant_id = new.tenant_id and id = new.contact_id;
        if new.call_phone_number is null then
            perform app.refuse(
                'VALIDATION', 'call_phone_number', 'A call needs a phone number, and the contact has none.'
            );
        end if;
    end if;
    select * into place from locations where tenant_id = new.tenant_id and id = new.location_id;
    new.timezone := coalesce(new.timezone, place.timezone, (select timezone from tenants where id = new.tenant_id));
    -- What is over or cancelled is a record, not a booking.
    if new.status in ('SCHEDULED', 'CONFIRMED')
        and place.operating_hours is not null
        and (new.scheduled_at, new.duration_minutes, new.location_id)
            is distinct from (old.scheduled_at, old.duration_minutes, old.location_id)
        and not app.is_open(place.operating_hours, place.timezone, new.scheduled_at, new.duration_minutes)
    then
        perform app.refuse(
            'VALIDATION', 'scheduled_at', format('%s is closed at that time.', place.name),
            jsonb_build_object(
                'locationId', place.id,
                'localTime', to_char(new.scheduled_at at time zone place.timezone, 'YYYY-MM-DD"T"HH24:MI'),
                'timezone', place.timezone,
                'operatingHours', place.operating_hours
            )
        );
    end if;
    return new;
end
$$;
-- Not for a location that is set to null because it is being purged: what was booked there stays as it is.
create trigger appointments_place
    before insert or update of type, location_id, call_phone_number, scheduled_at, duration_minutes, timezone
    on appointments for each row when (pg_trigger_depth() = 0) execute function app.appointments_place();
