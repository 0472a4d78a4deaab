-- The world of the tests, part health: rows of both businesses; comes after world.sql and before end.sql, which gives what triggers have stamped a fixed time.

insert into health_profiles (id, tenant_id, created_at, updated_at, user_id, blood_type, height, weight, sex) values
    (pg_temp.id('hprf1'), pg_temp.id('cars'), '2026-01-10T08:00Z', '2026-01-10T08:00Z', pg_temp.id('jan'), 'O_POSITIVE', 182.5, 81.0, 'MALE'),
    (pg_temp.id('casahp'), pg_temp.id('casas'), '2026-01-10T08:00Z', '2026-01-10T08:00Z', pg_temp.id('eva'), 'AB_NEGATIVE', 168.0, 61.5, 'FEMALE');

insert into medical_conditions (id, tenant_id, created_at, updated_at, user_id, profile_id, name, type, severity, diagnosed_date, status, treatment) values
    (pg_temp.id('asthma'), pg_temp.id('cars'), '2026-01-10T08:05Z', '2026-01-10T08:05Z', pg_temp.id('jan'), pg_temp.id('hprf1'), 'Asma', 'CHRONIC', 'MODERATE', '2009-04-02', 'MANAGED', '{"inhaler": "salbutamol"}'),
    (pg_temp.id('casaasthma'), pg_temp.id('casas'), '2026-01-10T08:05Z', '2026-01-10T08:05Z', pg_temp.id('eva'), pg_temp.id('casahp'), 'Migraña', 'CHRONIC', 'MILD', null, 'ACTIVE', null);

insert into allergies (id, tenant_id, created_at, updated_at, user_id, profile_id, allergen, type, severity, diagnosed_date, reaction) values
    (pg_temp.id('nvts'), pg_temp.id('cars'), '2026-01-10T08:06Z', '2026-01-10T08:06Z', pg_temp.id('jan'), pg_temp.id('hprf1'), 'Frutos secos', 'FOOD', 'SEVERE', '1999-06-01', 'Urticaria'),
    (pg_temp.id('casanvts'), pg_temp.id('casas'), '2026-01-10T08:06Z', '2026-01-10T08:06Z', pg_temp.id('eva'), pg_temp.id('casahp'), 'Polen', 'ENVIRONMENTAL', 'MILD', null, null);

insert into medications (id, tenant_id, created_at, updated_at, user_id, profile_id, name, generic_name, dosage, frequency, start_date, end_date, reminder_enabled, reminder_times, is_active) values
    (pg_temp.id('spray'), pg_temp.id('cars'), '2026-01-10T08:07Z', '2026-01-10T08:07Z', pg_temp.id('jan'), pg_temp.id('hprf1'), 'Ventolin', 'salbutamol', '100 µg', 'Dos veces al día', '2026-01-10', null, true, '["08:00", "20:30"]', true),
    (pg_temp.id('casaspray'), pg_temp.id('casas'), '2026-01-10T08:07Z', '2026-01-10T08:07Z', pg_temp.id('eva'), pg_temp.id('casahp'), 'Ibuprofeno', null, '400 mg', 'Si hace falta', '2026-01-10', '2026-12-31', false, null, true);

insert into medication_logs (id, tenant_id, created_at, updated_at, user_id, medication_id, scheduled_time, taken_time, status) values
    (pg_temp.id('dse1'), pg_temp.id('cars'), '2026-03-01T07:01Z', '2026-03-01T07:01Z', pg_temp.id('jan'), pg_temp.id('spray'), '2026-03-01T07:00Z', '2026-03-01T07:01Z', 'TAKEN'),
    (pg_temp.id('dse2'), pg_temp.id('cars'), '2026-03-01T20:00Z', '2026-03-01T20:00Z', pg_temp.id('jan'), pg_temp.id('spray'), '2026-03-01T19:30Z', null, 'SKIPPED'),
    (pg_temp.id('casadse'), pg_temp.id('casas'), '2026-03-01T20:00Z', '2026-03-01T20:00Z', pg_temp.id('eva'), pg_temp.id('casaspray'), '2026-03-01T19:30Z', '2026-03-01T21:00Z', 'DELAYED');

insert into medical_appointments (id, tenant_id, created_at, updated_at, user_id, profile_id, type, specialty, scheduled_date, duration, status, reason, results) values
    (pg_temp.id('ter1'), pg_temp.id('cars'), '2026-02-20T08:00Z', '2026-02-20T08:00Z', pg_temp.id('jan'), pg_temp.id('hprf1'), 'SPECIALIST', 'Neumología', '2026-03-02T15:30Z', 30, 'CONFIRMED', 'Revisión anual', null),
    (pg_temp.id('casater'), pg_temp.id('casas'), '2026-02-20T08:00Z', '2026-02-20T08:00Z', pg_temp.id('eva'), pg_temp.id('casahp'), 'LAB', null, '2026-02-25T13:00Z', null, 'COMPLETED', null, 'Todo bien');

insert into health_measurements (id, tenant_id, created_at, updated_at, user_id, profile_id, type, value, measured_at) values
    (pg_temp.id('press1'), pg_temp.id('cars'), '2026-02-28T07:10Z', '2026-02-28T07:10Z', pg_temp.id('jan'), pg_temp.id('hprf1'), 'BLOOD_PRESSURE', '{"systolic": 124, "diastolic": 79, "pulse": 61}', '2026-02-28T07:10Z'),
    (pg_temp.id('casapress'), pg_temp.id('casas'), '2026-02-28T07:10Z', '2026-02-28T07:10Z', pg_temp.id('eva'), pg_temp.id('casahp'), 'WEIGHT', '{"kilograms": 61.5}', '2026-02-28T07:10Z');
