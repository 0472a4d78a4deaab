-- An event is of a row that its writer sees, or of none: otherwise figures would be about rows of others.

create function app.analytics_events_entity_exists() returns trigger
language plpgsql
as $$
declare
    target regclass;
    row_key constant uuid := right(new.entity_id, 36)::uuid;
    is_there boolean := false;
begin
    -- The prefix of an ID is what the change log calls the rows of a table.
    select t.tgrelid into target
    from pg_trigger t
    where t.tgparentid = 0
      and t.tgname like '%\_logged'
      and (string_to_array(encode(t.tgargs, 'escape'), '\000'))[1] = left(new.entity_id, -37)
    limit 1;
    if target is not null then
        execute format(
            'select exists (select from %s where %I = $1 and id = $2)',
            target, case when target = 'tenants'::regclass then 'id' else 'tenant_id' end
        )
        into is_there
        using new.tenant_id, row_key;
    end if;
    if not is_there then
        perform app.refuse('NOT_FOUND', 'entity_id', 'There is no object with this ID.');
    end if;
    return new;
end
$$;
create trigger analytics_events_entity_exists before insert on analytics_events
    for each row
    when (
        pg_trigger_depth() = 0
        and new.entity_id ~ '^[a-z_]+_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
    )
    execute function app.analytics_events_entity_exists();
