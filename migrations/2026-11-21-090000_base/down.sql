-- Without CASCADE on purpose: what a later migration left behind makes this fail.
-- The roles stay, because other databases of the cluster may use them.

drop function app.refuse(text, text, text, jsonb);
drop function app.is_timezone(text);
drop function app.is_currency(text);
drop function app.is_https_url(text);
drop function app.is_url(text);
drop function app.is_phone(text);
drop function app.is_email(text);
drop function app.is_filled(text);
drop function app.minutes_after(timestamptz, integer);
drop function app.singular(text);
drop function app.fold(text);
drop function app.uuid_v7();
drop schema app;

revoke usage on schema public from mostrador_api, mostrador_readonly;

do $$
begin
    if to_regclass('public.__diesel_schema_migrations') is not null then
        revoke select on public.__diesel_schema_migrations from mostrador_api, mostrador_readonly;
    end if;
end
$$;

drop extension btree_gist;
drop extension pg_trgm;
drop extension unaccent;
