-- What a migration calls for its tables (see migrations/README.md), and the trigger functions shared by many tables.

-- Isolation --------------------------------------------------------------------------------------------------------

create procedure app.isolate(target regclass)
language plpgsql
as $$
begin
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format(
        'create policy tenant_isolation on %s '
        'using (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::uuid)) '
        'with check (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::uuid))',
        target
    );
end
$$;
comment on procedure app.isolate(regclass) is
    'Row-level security by tenant, forced on the owner too. Called by protect; alone only for partitions.';

create procedure app.let_analysts_read(target regclass, hidden text[])
language plpgsql
as $$
declare
    visible text;
begin
    if hidden = '{}' then
        execute format('grant select on %s to mostrador_readonly', target);
        return;
    end if;
    select string_agg(quote_ident(attname), ', ' order by attnum)
    into visible
    from pg_attribute
    where attrelid = target and attnum > 0 and not attisdropped and attname <> all (hidden);
    execute format('grant select (%s) on %s to mostrador_readonly', visible, target);
end
$$;
comment on procedure app.let_analysts_read(regclass, text[]) is
    'Grants analysts every column but the hidden ones. With hidden columns, call it again after adding one.';

create procedure app.protect(target regclass, hidden text[] default '{}')
language plpgsql
as $$
declare
    part regclass;
begin
    call app.isolate(target);
    execute format('grant select, insert, update, delete on %s to mostrador_api', target);
    call app.let_analysts_read(target, hidden);
    -- Partitions get no grants: everybody goes through the parent, where the statement triggers are.
    for part in select inhrelid::regclass from pg_inherits where inhparent = target loop
        call app.isolate(part);
    end loop;
end
$$;
comment on procedure app.protect(regclass, text[]) is
    'Isolation and grants for a tenant table. hidden: columns that analysts may not read.';

create function app.refuse_append_only_change() returns trigger
language plpgsql
as $$
begin
    perform app.refuse(
        'FORBIDDEN', null, format('This %s is kept as it was written.', app.singular(tg_table_name))
    );
    return null;
end
$$;

create procedure app.protect_append_only(target regclass, hidden text[] default '{}')
language plpgsql
as $$
declare
    name constant text := (select relname from pg_class where oid = target);
begin
    call app.isolate(target);
    execute format('grant select, insert on %s to mostrador_api', target);
    call app.let_analysts_read(target, hidden);
    -- The grant stops the API. The trigger stops everybody else, except foreign key actions: CASCADE and SET NULL
    -- run inside a trigger, a statement of a person does not.
    execute format(
        'create trigger %I before update or delete on %s for each row when (pg_trigger_depth() = 0) '
        'execute function app.refuse_append_only_change()',
        name || '_append_only', target
    );
end
$$;
comment on procedure app.protect_append_only(regclass, text[]) is
    'protect for tables whose rows never change: no UPDATE and no DELETE, except by actions of foreign keys.';

create procedure app.name_partition_parts(target regclass)
language plpgsql
as $$
declare
    parent_name constant text := (select relname from pg_class where oid = target);
    part record;
begin
    for part in
        select child.relname as index_name,
               leaf.relname || substr(parent.relname, length(parent_name) + 1) as wanted,
               obj_description(parent.oid, 'pg_class') as said
        from pg_inherits i
        join pg_index leaf_index on leaf_index.indrelid = i.inhrelid
        join pg_class leaf on leaf.oid = i.inhrelid
        join pg_class child on child.oid = leaf_index.indexrelid
        join pg_inherits above on above.inhrelid = child.oid
        join pg_class parent on parent.oid = above.inhparent
        where i.inhparent = target
    loop
        if part.index_name <> part.wanted then
            execute format('alter index %I rename to %I', part.index_name, part.wanted);
        end if;
        if part.said is not null then
            execute format('comment on index %I is %L', part.wanted, part.said);
        end if;
    end loop;
    for part in
        select i.inhrelid::regclass as leaf, c.conname, obj_description(c.oid, 'pg_constraint') as said
        from pg_inherits i
        join pg_constraint c on c.conrelid = target and c.contype = 'c'
        where i.inhparent = target and obj_description(c.oid, 'pg_constraint') is not null
    loop
        execute format('comment on constraint %I on %s is %L', part.conname, part.leaf, part.said);
    end loop;
end
$$;
comment on procedure app.name_partition_parts(regclass) is
    'PostgreSQL reports a violation under the names of the partition: gives its indexes names that follow those of '
    'the parent (messages_0_provider_message_id_key), and copies the sentences for people. Call it last.';

-- Version ----------------------------------------------------------------------------------------------------------

create function app.bump_version() returns trigger
language plpgsql
as $$
begin
    new.version := old.version + 1;
    new.updated_at := now();
    return new;
end
$$;

create procedure app.versioned(target regclass, ignored text[] default '{}')
language plpgsql
as $$
declare
    name constant text := (select relname from pg_class where oid = target);
    columns text;
    changes text;
begin
    if exists (
        select from unnest(ignored) as i (column_name)
        where not exists (
            select from pg_attribute where attrelid = target and attname = i.column_name and not attisdropped
        )
    ) then
        raise exception '% lacks a column of the ignored %', target, ignored;
    end if;
    select string_agg(quote_ident(attname), ', ' order by attnum),
           string_agg(format('old.%1$I is distinct from new.%1$I', attname), ' or ' order by attnum)
    into columns, changes
    from pg_attribute
    where attrelid = target
      and attnum > 0
      and not attisdropped
      and attgenerated = ''
      and attname <> all (array['id', 'tenant_id', 'created_at', 'updated_at', 'version'] || ignored);
    -- The condition is spelled out because NEW.* as a whole is not allowed beside generated columns.
    execute format(
        'create or replace trigger %I before update of %s on %s for each row when (%s) '
        'execute function app.bump_version()',
        name || '_version', columns, target, changes
    );
end
$$;
comment on procedure app.versioned(regclass, text[]) is
    'A change of any column but the ignored ones (counters kept by triggers) raises version and updated_at. '
    'A soft delete counts. Call it again after adding a column.';

-- Soft delete ------------------------------------------------------------------------------------------------------

create procedure app.soft_deletable(target regclass)
language plpgsql
as $$
declare
    name constant text := (select relname from pg_class where oid = target);
begin
    execute format('alter table %s add column deleted_at timestamptz, add column deleted_by_id uuid', target);
    execute format(
        'alter table %s add constraint %I foreign key (tenant_id, deleted_by_id) references users '
        'on delete set null (deleted_by_id)',
        target, name || '_deleted_by_id_fkey'
    );
    execute format(
        'create index %I on %s (tenant_id, deleted_by_id) where deleted_by_id is not null',
        name || '_deleted_by_id_idx', target
    );
end
$$;
comment on procedure app.soft_deletable(regclass) is
    'Adds deleted_at and deleted_by_id. The unique indexes of the table must say "where deleted_at is null".';

create procedure app.living_references(target regclass, refs jsonb)
language plpgsql
as $$
declare
    name constant text := (select relname from pg_class where oid = target);
    function_name constant text := name || '_living_references';
    checks text;
    columns text;
begin
    select string_agg(
               format(
                   $check$
    if new.%1$I is not null and new.%1$I is distinct from old.%1$I then
        perform from %2$I where tenant_id = new.tenant_id and id = new.%1$I and deleted_at is not null;
        if found then
            perform app.refuse(
                'VALIDATION', %1$L, %3$L, jsonb_build_object('id', new.%1$I)
            );
        end if;
    end if;$check$,
                   key, value, format('This %s was deleted and cannot be chosen.', app.singular(value))
               ), '' order by key
           ),
           string_agg(quote_ident(key), ', ' order by key)
    into checks, columns
    from jsonb_each_text(refs);
    execute format(
        $function$
create or replace function app.%I() returns trigger
language plpgsql
as $body$
begin%s
    return new;
end
$body$
$function$,
        function_name, checks
    );
    -- Only what a person writes is checked: rows that other triggers write (histories) follow existing rows.
    execute format(
        'create or replace trigger %I before insert or update of %s on %s for each row '
        'when (pg_trigger_depth() = 0) execute function app.%I()',
        function_name, columns, target, function_name
    );
end
$$;
comment on procedure app.living_references(regclass, jsonb) is
    'References that may not newly point to a soft-deleted row: {"contact_id": "contacts", ...}. Makes a function '
    'app.<table>_living_references (down.sql drops it), so that its plans are cached.';

-- States -----------------------------------------------------------------------------------------------------------

create function app.enforce_transition() returns trigger
language plpgsql
as $$
declare
    state_column constant text := tg_argv[0];
    was constant text := to_jsonb(old) ->> state_column;
    becomes constant text := to_jsonb(new) ->> state_column;
    allowed constant jsonb := tg_argv[1]::jsonb -> was;
begin
    -- A value that is no state at all is left to the CHECK.
    if not allowed ? becomes and tg_argv[1]::jsonb ? becomes then
        perform app.refuse(
            'INVALID_TRANSITION',
            state_column,
            format('This %s cannot go from %s to %s.', app.singular(tg_table_name), was, becomes),
            jsonb_build_object('from', was, 'to', becomes, 'allowed', allowed)
        );
    end if;
    return new;
end
$$;

create procedure app.state_machine(target regclass, state_column name, transitions jsonb)
language plpgsql
as $$
declare
    name constant text := (select relname from pg_class where oid = target);
begin
    if exists (
        select
        from jsonb_each(transitions) as t, jsonb_array_elements_text(t.value) as next_state
        where not transitions ? next_state
    ) then
        raise exception '% names a state without a row of its own', transitions;
    end if;
    execute format(
        'alter table %s add constraint %I check (%I in (%s))',
        target, format('%s_%s_check', name, state_column), state_column,
        (select string_agg(quote_literal(state), ', ') from jsonb_object_keys(transitions) as state)
    );
    -- Not "update of": a trigger that changes the state on the way is held to the rules as well.
    execute format(
        'create trigger %I before update on %s for each row when (old.%I is distinct from new.%I) '
        'execute function app.enforce_transition(%L, %L)',
        format('%s_%s_transition', name, state_column), target, state_column, state_column, state_column, transitions
    );
end
$$;
comment on procedure app.state_machine(regclass, name, jsonb) is
    'The states of a column and the moves between them, {"FROM": ["TO", ...], ...}: makes the CHECK and the trigger '
    'that answers INVALID_TRANSITION. New rows may start anywhere (imports); the same state again is no move.';
