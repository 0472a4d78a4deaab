-- Ground floor: the schema for functions, extensions, roles, ids, text folding and checks of single values.

create schema app;
comment on schema app is 'Functions and helper procedures of Mostrador; tables live in public.';

create extension if not exists unaccent with schema public;
create extension if not exists pg_trgm with schema public;
create extension if not exists btree_gist with schema public;

-- Roles belong to the cluster, and several databases may migrate at the same moment: losing that race is fine.
do $$
declare
    wanted record;
begin
    for wanted in
        select *
        from (values
            ('mostrador_api', 'login nosuperuser nobypassrls nocreatedb nocreaterole'),
            ('mostrador_readonly', 'nologin nosuperuser nobypassrls nocreatedb nocreaterole')
        ) as roles (name, options)
    loop
        if not exists (select from pg_roles where rolname = wanted.name) then
            begin
                execute format('create role %I %s', wanted.name, wanted.options);
            exception
                when duplicate_object or unique_violation then
                    null;
                when insufficient_privilege then
                    raise exception 'role % is missing and % may not create it', wanted.name, current_user
                        using hint = format('As a superuser: create role %I %s;', wanted.name, wanted.options);
            end;
        end if;
    end loop;
end
$$;

grant usage on schema public, app to mostrador_api, mostrador_readonly;

-- Lets a gateway that only holds the API role see whether migrations are pending.
do $$
begin
    if to_regclass('public.__diesel_schema_migrations') is not null then
        grant select on public.__diesel_schema_migrations to mostrador_api, mostrador_readonly;
    end if;
end
$$;

-- Ids and text ---------------------------------------------------------------------------------------------------

create function app.uuid_v7() returns uuid
language sql volatile parallel safe
as $$
    -- 48 bits of milliseconds, the version, 12 bits of the fraction of that millisecond; the rest, variant
    -- included, comes from a version 4 UUID.
    select (
        overlay(
            lpad(to_hex(floor(extract(epoch from clock_timestamp()) * 4096000)::bigint), 15, '0')
            placing '7' from 13 for 0
        ) || substr(gen_random_uuid()::text, 19)
    )::uuid
$$;
comment on function app.uuid_v7() is
    'A new UUIDv7 (RFC 9562, method 3): sorts by time down to about a quarter of a microsecond.';

create function app.fold(value text) returns text
language sql immutable strict parallel safe
as $$
    select lower(public.unaccent('public.unaccent'::regdictionary, normalize(value, nfkc)))
$$;
comment on function app.fold(text) is
    'Lower case without accents, the form in which text is searched. Immutable as long as nobody edits the '
    'unaccent rules; whoever does must rebuild the *_folded columns.';

create function app.singular(table_name text) returns text
language sql immutable strict parallel safe
as $$
    select replace(
        case
            when table_name ~ 'ies$' then regexp_replace(table_name, 'ies$', 'y')
            when table_name ~ 'yses$' then regexp_replace(table_name, 'yses$', 'ysis')
            when table_name ~ '(us|ss|ch|x)es$' then regexp_replace(table_name, 'es$', '')
            else regexp_replace(table_name, 's$', '')
        end,
        '_', ' '
    )
$$;
comment on function app.singular(text) is 'engine_types → engine type: how a message for people names a row.';

create function app.minutes_after(moment timestamptz, minutes integer) returns timestamptz
language sql immutable strict parallel safe
as $$
    select moment + make_interval(mins => minutes)
$$;
comment on function app.minutes_after(timestamptz, integer) is
    'Immutable, unlike timestamptz + interval in general: minutes do not depend on the time zone.';

-- Checks of single values: true or false for a value, null for null, so that a CHECK lets null through -------------

create function app.is_filled(value text) returns boolean
language sql immutable parallel safe
as $$ select value ~ '\S' $$;

create function app.is_email(value text) returns boolean
language sql immutable parallel safe
as $$ select value ~ '^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$' and length(value) <= 254 $$;

create function app.is_phone(value text) returns boolean
language sql immutable parallel safe
as $$ select value ~ '^\+[1-9]\d{6,14}$' $$;
comment on function app.is_phone(text) is 'E.164: a plus sign, the country code, 7 to 15 digits in all.';

create function app.is_url(value text) returns boolean
language sql immutable parallel safe
as $$ select value ~* '^https?://[^\s/?#]+\S*$' $$;

create function app.is_https_url(value text) returns boolean
language sql immutable parallel safe
as $$ select value ~* '^https://[^\s/?#]+\S*$' $$;

create function app.is_currency(value text) returns boolean
language sql immutable parallel safe
as $$
    select value in (
        'AED', 'AFN', 'ALL', 'AMD', 'ANG', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BGN', 'BHD',
        'BIF', 'BMD', 'BND', 'BOB', 'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHF', 'CLF', 'CLP',
        'CNY', 'COP', 'CRC', 'CUP', 'CVE', 'CZK', 'DJF', 'DKK', 'DOP', 'DZD', 'EGP', 'ERN', 'ETB', 'EUR', 'FJD',
        'FKP', 'GBP', 'GEL', 'GHS', 'GIP', 'GMD', 'GNF', 'GTQ', 'GYD', 'HKD', 'HNL', 'HTG', 'HUF', 'IDR', 'ILS',
        'INR', 'IQD', 'IRR', 'ISK', 'JMD', 'JOD', 'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD',
        'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL', 'LYD', 'MAD', 'MDL', 'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU',
        'MUR', 'MVR', 'MWK', 'MXN', 'MYR', 'MZN', 'NAD', 'NGN', 'NIO', 'NOK', 'NPR', 'NZD', 'OMR', 'PAB', 'PEN',
        'PGK', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR', 'RON', 'RSD', 'RUB', 'RWF', 'SAR', 'SBD', 'SCR', 'SDG', 'SEK',
        'SGD', 'SHP', 'SLE', 'SOS', 'SRD', 'SSP', 'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT', 'TND', 'TOP',
        'TRY', 'TTD', 'TWD', 'TZS', 'UAH', 'UGX', 'USD', 'UYU', 'UZS', 'VED', 'VES', 'VND', 'VUV', 'WST', 'XAF',
        'XCD', 'XCG', 'XOF', 'XPF', 'YER', 'ZAR', 'ZMW', 'ZWG'
    )
$$;
comment on function app.is_currency(text) is 'A code of ISO 4217 that is, or recently was, money.';

create function app.is_timezone(value text) returns boolean
language plpgsql immutable parallel safe
as $$
begin
    -- The pattern keeps out abbreviations and POSIX rules ("CET", "FOO+3"), which at time zone would take.
    if value !~ '^(UTC|Etc/GMT[+-]\d{1,2}|([A-Za-z_]+/)+[A-Za-z_-]+)$' then
        return false;
    end if;
    perform timestamptz 'epoch' at time zone value;
    return value is not null or null;
exception
    when invalid_parameter_value then
        return false;
end
$$;
comment on function app.is_timezone(text) is 'A name of the IANA time zone database, such as Europe/Madrid.';

-- Refusals ---------------------------------------------------------------------------------------------------------

create function app.refuse(code text, field text, message text, facts jsonb default '{}') returns void
language plpgsql
as $$
begin
    raise exception using
        errcode = 'MD001',
        constraint = code,
        column = coalesce(field, ''),
        message = message,
        detail = coalesce(facts, '{}')::text;
end
$$;
comment on function app.refuse(text, text, text, jsonb) is
    'Ends the statement with an error for the user. The gateway reads errcode MD001, CONSTRAINT = code '
    '(VALIDATION, CONFLICT, NOT_FOUND, INVALID_TRANSITION, WINDOW_CLOSED, QUOTA_EXCEEDED, FORBIDDEN), COLUMN = '
    'field, MESSAGE = a sentence for people, DETAIL = facts as JSON.';
