-- health: one's own records. Nobody else sees a row, whatever the role: not administrators, not staff of the platform,
-- not analysts. Each change is written down in the audit log without its values; reading is written down by the gateway.

-- What personal tables call ------------------------------------------------------------------------------------------

create procedure app.owned_through(target regclass, key name, parent regclass)
language plpgsql
as $$
declare
    name constant text := (select relname from pg_class where oid = target);
    function_name constant text := name || '_owner';
begin
    execute format(
        $function$
create or replace function app.%1$I() returns trigger
language plpgsql
as $body$
declare
    owner uuid;
begin
    select p.user_id into owner from %2$s p where p.tenant_id = new.tenant_id and p.id = new.%3$I;
    -- What belongs to somebody else is not there, and neither is what row-level security hides.
    if owner is null or owner <> coalesce(new.user_id, owner) then
        perform app.refuse('NOT_FOUND', %4$L, %5$L);
    end if;
    new.user_id := owner;
    return new;
end
$body$
$function$,
        function_name, parent, key, key, format('There is no %s with this ID.', app.singular(parent::text))
    );
    execute format(
        'create or replace trigger %I before insert on %s for each row execute function app.%I()',
        function_name, target, function_name
    );
    call app.fixed(target, array[key::text, 'user_id']);
end
$$;
comment on procedure app.owned_through(regclass, name, regclass) is
    'For a personal table whose rows are part of those of another: user_id is the one of the row that the key names, and '
    'both stay as they are. Makes a function app.<table>_owner, which down.sql drops.';

create procedure app.audited_unseen(target regclass, target_type text, actions json)
language plpgsql
as $$
declare
    unseen constant text[] := (
        select array_agg(attname::text)
        from pg_attribute
        where attrelid = target and attnum > 0 and not attisdropped and attname not in ('id', 'tenant_id', 'user_id')
    );
begin
    call app.audited(target, target_type, actions, hidden => unseen);
end
$$;
comment on procedure app.audited_unseen(regclass, text, json) is
    'audited for what is personal: who did what to which row, without a value. Call it again after adding a column.';

create function app.is_text_list(list jsonb) returns boolean
language sql immutable parallel safe
as $$
    select case jsonb_typeof(list)
        when 'array' then not exists (
            select from jsonb_array_elements(list) as e
            where jsonb_typeof(e) <> 'string' or not app.is_filled(e #>> '{}')
        )
        else list is null and null
    end
$$;
comment on function app.is_text_list(jsonb) is 'A JSON array of texts, none of them empty.';

create function app.is_clock_list(list jsonb) returns boolean
language sql immutable parallel safe
as $$
    select case jsonb_typeof(list)
        when 'array' then jsonb_array_length(list) between 1 and 48
            and (select count(distinct e) = count(*) and bool_and(jsonb_typeof(e) = 'string')
                     and bool_and(e #>> '{}' ~ '^([01]\d|2[0-3]):[0-5]\d$')
                 from jsonb_array_elements(list) as e)
        else list is null and null
    end
$$;
comment on function app.is_clock_list(jsonb) is 'A JSON array of different times of day, HH:MM, at least one.';

-- Profiles -----------------------------------------------------------------------------------------------------------

create table health_profiles (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    blood_type text,
    height numeric(5, 1),
    weight numeric(5, 1),
    sex text,
    emergency_contacts bytea,
    insurance_info bytea,
    encrypted_data bytea,
    constraint health_profiles_pkey primary key (tenant_id, id),
    constraint health_profiles_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint health_profiles_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint health_profiles_blood_type_check check (
        blood_type in (
            'A_POSITIVE', 'A_NEGATIVE', 'B_POSITIVE', 'B_NEGATIVE', 'AB_POSITIVE', 'AB_NEGATIVE', 'O_POSITIVE',
            'O_NEGATIVE'
        )
    ),
    constraint health_profiles_height_check check (height > 0 and height <= 300),
    constraint health_profiles_weight_check check (weight > 0 and weight <= 1000),
    constraint health_profiles_sex_check check (sex in ('FEMALE', 'MALE', 'INTERSEX', 'UNDISCLOSED'))
);
comment on table health_profiles is 'A user''s health record; at most one row per user that is not deleted.';
comment on column health_profiles.height is 'In centimetres.';
comment on column health_profiles.weight is 'In kilograms.';
comment on column health_profiles.emergency_contacts is 'Sealed: JSON.';
comment on column health_profiles.insurance_info is 'Sealed: JSON.';
comment on column health_profiles.encrypted_data is 'Sealed: JSON, whatever else the user keeps here.';
comment on constraint health_profiles_height_check on health_profiles is
    'A height is greater than zero, and 300 centimetres at most.';
comment on constraint health_profiles_weight_check on health_profiles is
    'A weight is greater than zero, and 1000 kilograms at most.';

call app.soft_deletable('health_profiles');
create unique index health_profiles_user_id_key on health_profiles (tenant_id, user_id) where deleted_at is null;
comment on index health_profiles_user_id_key is 'You already have a health profile.';
create index health_profiles_user_id_idx on health_profiles (tenant_id, user_id, id);

call app.protect('health_profiles', hidden => '{emergency_contacts, insurance_info, encrypted_data}');
call app.personal('health_profiles');
-- Sealing anew is no change of what the row says; what a user seals is.
call app.versioned('health_profiles', ignored => '{emergency_contacts, insurance_info, encrypted_data}');
create trigger health_profiles_sealed before update of emergency_contacts, insurance_info, encrypted_data
    on health_profiles for each row when (
        nullif(current_setting('app.user_id', true), '') is not null
        and (old.emergency_contacts, old.insurance_info, old.encrypted_data)
            is distinct from (new.emergency_contacts, new.insurance_info, new.encrypted_data)
    ) execute function app.bump_version();
call app.fixed('health_profiles', '{user_id}');
call app.logged('health_profiles', entity => 'health_profile', parent => 'user_id', routing => '{user_id}');

-- Conditions and allergies -------------------------------------------------------------------------------------------

create table medical_conditions (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    profile_id uuid not null,
    name text not null,
    type text not null,
    severity text not null,
    diagnosed_date date,
    status text not null default 'ACTIVE',
    treatment jsonb,
    constraint medical_conditions_pkey primary key (tenant_id, id),
    constraint medical_conditions_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint medical_conditions_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint medical_conditions_profile_id_fkey foreign key (tenant_id, profile_id)
        references health_profiles on delete cascade,
    constraint medical_conditions_name_check check (app.is_filled(name)),
    constraint medical_conditions_type_check check (type in ('CHRONIC', 'ACUTE', 'GENETIC', 'MENTAL', 'OTHER')),
    constraint medical_conditions_severity_check check (
        severity in ('MILD', 'MODERATE', 'SEVERE', 'LIFE_THREATENING')
    ),
    constraint medical_conditions_treatment_check check (jsonb_typeof(treatment) = 'object')
);
comment on table medical_conditions is 'An illness or another condition of a user.';
comment on constraint medical_conditions_name_check on medical_conditions is 'The name must not be empty.';
comment on constraint medical_conditions_treatment_check on medical_conditions is 'A treatment is a JSON object.';

call app.soft_deletable('medical_conditions');
create index medical_conditions_user_id_idx on medical_conditions (tenant_id, user_id, id);
create index medical_conditions_profile_id_idx on medical_conditions (tenant_id, profile_id, id);

call app.protect('medical_conditions');
call app.personal('medical_conditions');
call app.owned_through('medical_conditions', 'profile_id', 'health_profiles');
call app.state_machine('medical_conditions', 'status', '{
    "ACTIVE": ["MANAGED", "IN_REMISSION", "RESOLVED"],
    "MANAGED": ["ACTIVE", "IN_REMISSION", "RESOLVED"],
    "IN_REMISSION": ["ACTIVE", "RESOLVED"],
    "RESOLVED": ["ACTIVE"]
}');
call app.versioned('medical_conditions');
call app.living_references('medical_conditions', '{"profile_id": "health_profiles"}');
call app.logged('medical_conditions', entity => 'medical_condition', parent => 'profile_id', routing => '{user_id}');

create table allergies (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    profile_id uuid not null,
    allergen text not null,
    type text not null,
    severity text not null,
    diagnosed_date date,
    reaction text,
    constraint allergies_pkey primary key (tenant_id, id),
    constraint allergies_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint allergies_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint allergies_profile_id_fkey foreign key (tenant_id, profile_id)
        references health_profiles on delete cascade,
    constraint allergies_allergen_check check (app.is_filled(allergen)),
    constraint allergies_type_check check (type in ('FOOD', 'DRUG', 'ENVIRONMENTAL', 'OTHER')),
    constraint allergies_severity_check check (severity in ('MILD', 'MODERATE', 'SEVERE', 'LIFE_THREATENING')),
    constraint allergies_reaction_check check (app.is_filled(reaction))
);
comment on table allergies is 'What a user does not tolerate.';
comment on constraint allergies_allergen_check on allergies is 'The allergen must not be empty.';
comment on constraint allergies_reaction_check on allergies is 'A reaction must not be empty; leave it out instead.';

call app.soft_deletable('allergies');
create index allergies_user_id_idx on allergies (tenant_id, user_id, id);
create index allergies_profile_id_idx on allergies (tenant_id, profile_id, id);

call app.protect('allergies');
call app.personal('allergies');
call app.owned_through('allergies', 'profile_id', 'health_profiles');
call app.versioned('allergies');
call app.living_references('allergies', '{"profile_id": "health_profiles"}');
call app.logged('allergies', entity => 'allergy', parent => 'profile_id', routing => '{user_id}');

-- Medication ---------------------------------------------------------------------------------------------------------

create table medications (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    profile_id uuid not null,
    name text not null,
    generic_name text,
    dosage text not null,
    frequency text not null,
    start_date date not null,
    end_date date,
    reminder_enabled boolean not null default false,
    reminder_times jsonb,
    is_active boolean not null default true,
    constraint medications_pkey primary key (tenant_id, id),
    constraint medications_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint medications_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint medications_profile_id_fkey foreign key (tenant_id, profile_id)
        references health_profiles on delete cascade,
    constraint medications_name_check check (app.is_filled(name)),
    constraint medications_generic_name_check check (app.is_filled(generic_name)),
    constraint medications_dosage_check check (app.is_filled(dosage)),
    constraint medications_frequency_check check (app.is_filled(frequency)),
    constraint medications_end_date_check check (end_date >= start_date),
    constraint medications_reminder_times_check check (app.is_clock_list(reminder_times)),
    constraint medications_reminder_enabled_check check (not reminder_enabled or reminder_times is not null)
);
comment on table medications is 'A medicine that a user takes.';
comment on column medications.reminder_times is 'JSON array of HH:MM, in the time zone of the tenant.';
comment on constraint medications_name_check on medications is 'The name must not be empty.';
comment on constraint medications_generic_name_check on medications is
    'A generic name must not be empty; leave it out instead.';
comment on constraint medications_dosage_check on medications is 'The dosage must not be empty.';
comment on constraint medications_frequency_check on medications is 'The frequency must not be empty.';
comment on constraint medications_end_date_check on medications is 'The last day is not before the first.';
comment on constraint medications_reminder_times_check on medications is
    'Reminders have 1 to 48 different times of day, such as ["08:00", "20:30"].';
comment on constraint medications_reminder_enabled_check on medications is 'Reminders need times of day.';

call app.soft_deletable('medications');
create index medications_user_id_idx on medications (tenant_id, user_id, id);
create index medications_profile_id_idx on medications (tenant_id, profile_id, id);

call app.protect('medications');
call app.personal('medications');
call app.owned_through('medications', 'profile_id', 'health_profiles');
call app.versioned('medications');
call app.living_references('medications', '{"profile_id": "health_profiles"}');
call app.logged('medications', entity => 'medication', parent => 'profile_id', routing => '{user_id}');

create table medication_logs (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    medication_id uuid not null,
    scheduled_time timestamptz not null,
    taken_time timestamptz,
    status text not null,
    constraint medication_logs_pkey primary key (tenant_id, id),
    constraint medication_logs_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint medication_logs_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint medication_logs_medication_id_fkey foreign key (tenant_id, medication_id)
        references medications on delete cascade,
    constraint medication_logs_medication_id_scheduled_time_key unique (tenant_id, medication_id, scheduled_time),
    constraint medication_logs_status_check check (status in ('TAKEN', 'SKIPPED', 'DELAYED')),
    constraint medication_logs_taken_time_check check ((status = 'SKIPPED') = (taken_time is null))
);
comment on table medication_logs is 'Whether a dose was taken.';
comment on column medication_logs.scheduled_time is 'When the dose was due.';
comment on constraint medication_logs_medication_id_scheduled_time_key on medication_logs is
    'What became of this dose is written down already.';
comment on constraint medication_logs_taken_time_check on medication_logs is
    'A dose that was taken, in time or late, has a time at which it was; one that was skipped has none.';
create index medication_logs_user_id_idx on medication_logs (tenant_id, user_id, id);

call app.protect('medication_logs');
call app.personal('medication_logs');
call app.owned_through('medication_logs', 'medication_id', 'medications');
call app.versioned('medication_logs');
call app.living_references('medication_logs', '{"medication_id": "medications"}');
call app.logged('medication_logs', entity => 'medication_log', parent => 'medication_id', routing => '{user_id}');
-- Adherence follows from the logs: whoever watches a medication hears of it.
call app.logged_link('medication_logs', 'medication_id', 'medications', 'adherence');
create trigger medication_logs_adherence_logged after update of status on medication_logs
    for each row when (old.status is distinct from new.status)
    execute function app.medication_logs_medication_id_logged();

-- Appointments with doctors ------------------------------------------------------------------------------------------

create table medical_appointments (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    profile_id uuid not null,
    type text not null,
    specialty text,
    scheduled_date timestamptz not null,
    duration integer,
    status text not null default 'SCHEDULED',
    reason text,
    results text,
    constraint medical_appointments_pkey primary key (tenant_id, id),
    constraint medical_appointments_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint medical_appointments_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint medical_appointments_profile_id_fkey foreign key (tenant_id, profile_id)
        references health_profiles on delete cascade,
    constraint medical_appointments_type_check check (
        type in ('CHECKUP', 'SPECIALIST', 'FOLLOW_UP', 'LAB', 'EMERGENCY', 'OTHER')
    ),
    constraint medical_appointments_specialty_check check (app.is_filled(specialty)),
    constraint medical_appointments_duration_check check (duration between 1 and 1440)
);
comment on table medical_appointments is 'An appointment of a user with a doctor; no part of the calendar of the business.';
comment on column medical_appointments.duration is 'In minutes.';
comment on constraint medical_appointments_specialty_check on medical_appointments is
    'A specialty must not be empty; leave it out instead.';
comment on constraint medical_appointments_duration_check on medical_appointments is
    'A duration goes from 1 to 1440 minutes.';

call app.soft_deletable('medical_appointments');
create index medical_appointments_user_id_idx on medical_appointments (tenant_id, user_id, scheduled_date, id);
create index medical_appointments_profile_id_idx on medical_appointments (tenant_id, profile_id, scheduled_date, id);

call app.protect('medical_appointments');
call app.personal('medical_appointments');
call app.owned_through('medical_appointments', 'profile_id', 'health_profiles');
call app.state_machine('medical_appointments', 'status', '{
    "SCHEDULED": ["CONFIRMED", "IN_PROGRESS", "COMPLETED", "CANCELLED", "NO_SHOW"],
    "CONFIRMED": ["SCHEDULED", "IN_PROGRESS", "COMPLETED", "CANCELLED", "NO_SHOW"],
    "IN_PROGRESS": ["COMPLETED", "CANCELLED"],
    "COMPLETED": [],
    "CANCELLED": [],
    "NO_SHOW": []
}');
call app.versioned('medical_appointments');
call app.living_references('medical_appointments', '{"profile_id": "health_profiles"}');
call app.logged('medical_appointments', entity => 'medical_appointment', parent => 'profile_id', routing => '{user_id}');

-- Measurements -------------------------------------------------------------------------------------------------------

create table health_measurements (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    profile_id uuid not null,
    type text not null,
    value jsonb not null,
    measured_at timestamptz not null default now(),
    constraint health_measurements_pkey primary key (tenant_id, id),
    constraint health_measurements_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint health_measurements_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint health_measurements_profile_id_fkey foreign key (tenant_id, profile_id)
        references health_profiles on delete cascade,
    constraint health_measurements_type_check check (
        type in (
            'WEIGHT', 'HEIGHT', 'BLOOD_PRESSURE', 'GLUCOSE', 'HEART_RATE', 'TEMPERATURE', 'OXYGEN_SATURATION', 'OTHER'
        )
    ),
    constraint health_measurements_value_check check (jsonb_typeof(value) = 'object')
);
comment on table health_measurements is 'A measured value. Its form depends on the type, see app.measurement_parts.';
comment on constraint health_measurements_value_check on health_measurements is 'A measured value is a JSON object.';
create index health_measurements_user_id_idx on health_measurements (tenant_id, user_id, type, measured_at desc, id desc);
create index health_measurements_profile_id_idx on health_measurements (tenant_id, profile_id, measured_at desc, id desc);

call app.protect('health_measurements');
call app.personal('health_measurements');
call app.owned_through('health_measurements', 'profile_id', 'health_profiles');
call app.versioned('health_measurements');
call app.living_references('health_measurements', '{"profile_id": "health_profiles"}');
call app.logged('health_measurements', entity => 'health_measurement', parent => 'profile_id', routing => '{user_id}');

create function app.measurement_parts(measured text)
    returns table (part text, lowest numeric, highest numeric, is_needed boolean)
language sql immutable parallel safe
as $$
    select p.part, p.lowest, p.highest, p.is_needed
    from (values
        ('WEIGHT', 'kilograms', 0.1, 1000, true),
        ('HEIGHT', 'centimetres', 10, 300, true),
        ('BLOOD_PRESSURE', 'systolic', 20, 350, true),
        ('BLOOD_PRESSURE', 'diastolic', 10, 250, true),
        ('BLOOD_PRESSURE', 'pulse', 10, 400, false),
        ('GLUCOSE', 'milligramsPerDecilitre', 5, 2000, true),
        ('HEART_RATE', 'beatsPerMinute', 10, 400, true),
        ('TEMPERATURE', 'celsius', 20, 46, true),
        ('OXYGEN_SATURATION', 'percent', 0, 100, true)
    ) as p (measured, part, lowest, highest, is_needed)
    where p.measured = measurement_parts.measured
$$;
comment on function app.measurement_parts(text) is
    'What a measured value of this type is made of: numbers, each with its limits. None for OTHER, which is free.';

create function app.measurement_mistake(measured text, value jsonb) returns text
language plpgsql immutable
as $$
declare
    form constant text := (
        select string_agg(
                   format('"%s" from %s to %s', p.part, trim_scale(p.lowest), trim_scale(p.highest))
                       || case when p.is_needed then '' else ' if known' end,
                   ', '
               )
        from app.measurement_parts(measured) as p
    );
    said constant text := format('A %s is a JSON object of numbers: %s.', replace(lower(measured), '_', ' '), form);
begin
    if form is null then
        return case when value = '{}' then 'A measured value must not be empty.' end;
    end if;
    if exists (
        select
        from jsonb_each(value) as e
        full join app.measurement_parts(measured) as p on p.part = e.key
        where p.part is null
           or e.key is null and p.is_needed
           or e.key is not null and jsonb_typeof(e.value) <> 'number'
    ) then
        return said;
    end if;
    if exists (
        select
        from jsonb_each(value) as e
        join app.measurement_parts(measured) as p on p.part = e.key
        where (e.value #>> '{}')::numeric not between p.lowest and p.highest
    ) then
        return said;
    end if;
    if measured = 'BLOOD_PRESSURE' and (value ->> 'systolic')::numeric <= (value ->> 'diastolic')::numeric then
        return 'The systolic pressure is higher than the diastolic one.';
    end if;
    return null;
end
$$;
comment on function app.measurement_mistake(text, jsonb) is
    'Why a value is none of this type, as a sentence for people; null when it is one.';

create function app.health_measurements_shape() returns trigger
language plpgsql
as $$
declare
    mistake text;
begin
    -- What is no object at all, or of no known type, is left to the CHECKs.
    if jsonb_typeof(new.value) = 'object' then
        mistake := app.measurement_mistake(new.type, new.value);
        if mistake is not null then
            perform app.refuse('VALIDATION', 'value', mistake);
        end if;
    end if;
    return new;
end
$$;
create trigger health_measurements_shape before insert or update of type, value on health_measurements
    for each row execute function app.health_measurements_shape();

-- Changes are written down, without values ---------------------------------------------------------------------------

do $$
declare
    sensitive record;
    actions json;
begin
    for sensitive in
        select *
        from (values
            ('health_profiles', 'HealthProfile', true),
            ('medical_conditions', 'MedicalCondition', true),
            ('allergies', 'Allergy', true),
            ('medications', 'Medication', true),
            ('medication_logs', 'MedicationLog', false),
            ('medical_appointments', 'MedicalAppointment', true),
            ('health_measurements', 'HealthMeasurement', false)
        ) as t (name, target_type, is_soft)
    loop
        actions := case
            when sensitive.is_soft then
                '{"insert": "health_record.created", "update": "health_record.changed", '
                '"delete": "health_record.purged", "columns": {"deleted_at": {"null": "health_record.restored", '
                '"*": "health_record.deleted"}}}'
            else
                '{"insert": "health_record.created", "update": "health_record.changed", '
                '"delete": "health_record.deleted"}'
        end;
        call app.audited_unseen(sensitive.name::regclass, sensitive.target_type, actions);
        -- What analysts read nobody writes down.
        execute format('revoke all on %I from mostrador_readonly', sensitive.name);
    end loop;
end
$$;
