-- Tenants with mirrored data, made from the world of `world.sql` by the catalogue alone: no table and no column is named
-- here without need, so a table that is added tomorrow is filled tomorrow.
--
-- First the world's businesses become one prototype in which every table has at least two rows (three where rows are
-- hidden by `deleted_at`, one of them deleted) and every column a value somewhere, as far as the constraints let. Then
-- `attack.mirror` makes tenants of it: ids with a prefix of their own, texts and numbers with a mark of their own.
--
-- Triggers do not run meanwhile; CHECK, UNIQUE and NOT NULL do.

create schema attack;
set session_replication_role = replica;
select setseed(0.5);

create function attack.tables() returns setof name language sql as $$
    select c.relname
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname not in ('tenants')
    order by 1
$$;

-- The columns of a table that can be written, with the table that a key in them points to.
create function attack.columns(tbl name) returns table (
    col name, typ name, required boolean, has_default boolean, target name, is_global boolean
) language sql as $$
    select a.attname, t.typname, a.attnotnull, a.atthasdef, fk.relname, fk.is_global
    from pg_attribute a
    join pg_type t on t.oid = a.atttypid
    left join lateral (
        select r.relname, array_length(con.conkey, 1) = 1 as is_global
        from pg_constraint con
        join pg_class r on r.oid = con.confrelid
        -- A key of more columns leads where its ID says; the others are copies, see attack.copy.
        cross join lateral unnest(con.conkey, con.confkey) p(here, there)
        join pg_attribute f on f.attrelid = con.confrelid and f.attnum = p.there
        where con.conrelid = a.attrelid and con.contype = 'f' and p.here = a.attnum
          and (array_length(con.conkey, 1) = 1 or f.attname = 'id')
        order by con.conparentid, array_length(con.conkey, 1) limit 1
    ) fk on true
    where a.attrelid = ('public.' || quote_ident(tbl))::regclass and a.attnum > 0 and not a.attisdropped
      and a.attgenerated = ''
    order by a.attnum
$$;

-- Rows ---------------------------------------------------------------------------------------------------------------

-- Values to try in a column, the most fitting first; the literals of its CHECKs are among them.
create function attack.candidates(tenant uuid, tbl name, wanted name) returns text[] language plpgsql as $$
declare
    c record;
    found text[] := '{}';
begin
    select * into c from attack.columns(tbl) where col = wanted;
    if c.target is not null then
        execute format(
            'select array(select id::text from %I where %s order by created_at, id limit 12)',
            c.target, case when c.is_global then 'true' else format('tenant_id = %L and (to_jsonb(%I) ->> ''deleted_at'') is null', tenant, c.target) end
        ) into found;
        return found;
    end if;
    if c.typ in ('text', 'varchar', 'bpchar') then
        select coalesce(array_agg(distinct m[1]), '{}') into found
        from pg_constraint con
        cross join lateral regexp_matches(pg_get_constraintdef(con.oid), '''([A-Za-z0-9_./-]+)''::(?:text|bpchar)', 'g') m
        where con.contype = 'c' and con.conrelid = ('public.' || quote_ident(tbl))::regclass
          and (select attnum from pg_attribute a where a.attrelid = con.conrelid and a.attname = wanted) = any (con.conkey);
    end if;
    return found || case
        when c.typ = 'uuid' then array(select id::text from contacts where contacts.tenant_id = tenant order by id limit 4)
        when c.typ in ('int2', 'int4', 'int8') then '{7, 1, 0, 60, 100, 2020}'::text[]
        when c.typ in ('numeric', 'float8', 'float4') then '{7.5, 0.5, 100, 1, 0}'::text[]
        when c.typ = 'bool' then '{true, false}'::text[]
        when wanted ~ 'expire' then '{2026-03-20T10:00Z}'::text[]
        when c.typ = 'timestamptz' then '{2026-02-14T10:00Z, 2026-01-01T09:00Z, 2026-03-20T10:00Z}'::text[]
        when c.typ = 'date' then '{2026-02-14, 1990-05-05}'::text[]
        when c.typ = 'bytea' then array['\x' || encode(sha256(convert_to(tbl || wanted || random(), 'utf8')), 'hex')]
        when c.typ = 'jsonb' then array['{"probe": "probe"}', '["probe"]', '[]', '{}']
        when c.typ = '_text' then '{{probe}}'::text[]
        when c.typ = '_float4' then array['{0.5, 0.25}']
        when c.typ = 'inet' then '{203.0.113.9}'::text[]
        when wanted ~ 'phone' then '{+34600999001}'::text[]
        when wanted ~ 'mail' then '{probe@probe.example}'::text[]
        when wanted ~ 'url' then '{https://probe.example/x}'::text[]
        when wanted ~ 'color' then '{"#112233"}'::text[]
        when wanted ~ 'zone' then '{Europe/Madrid}'::text[]
        when wanted ~ 'currency' then '{EUR}'::text[]
        when wanted ~ 'country' then '{ES}'::text[]
        when wanted ~ 'lang|locale' then '{es}'::text[]
        else '{probe, PROBE, "{\"probe\": 1}", https://probe.example/x, 203.0.113.9, p}'::text[]
    end;
end
$$;

create function attack.try_insert(tbl name, content jsonb) returns void language plpgsql as $$
declare
    list constant text := (select string_agg(quote_ident(col), ', ') from attack.columns(tbl) where content ? col::text);
begin
    execute format('insert into %1$I (%2$s) select %2$s from jsonb_populate_record(null::%1$I, $1)', tbl, list) using content;
end
$$;

-- The columns that a constraint or unique index is about.
create function attack.columns_of(constraint_name text, tbl name) returns setof name language sql as $$
    select a.attname
    from pg_attribute a
    where a.attrelid = ('public.' || quote_ident(tbl))::regclass and a.attnum > 0 and a.attname not in ('tenant_id', 'id')
      and (
        exists (select from pg_constraint con where con.conname = constraint_name and con.conrelid = a.attrelid
                   and (a.attnum = any (con.conkey) or con.contype = 'x' and pg_get_constraintdef(con.oid) ~ ('\m' || a.attname || '\M')))
        or exists (select from pg_class i where i.relname = constraint_name and pg_get_indexdef(i.oid) ~ ('\m' || a.attname || '\M'))
      )
$$;

-- Inserts a row; what a constraint refuses is varied, all but one column, until it fits. Whether it did.
create function attack.add(tenant uuid, tbl name, start jsonb, kept name default '', rounds integer default 150)
returns boolean language plpgsql as $$
declare
    content jsonb := start;
    refused text;
    what text;
    c record;
    options text[];
    value text;
begin
    for round in 1 .. rounds loop
        begin
            perform attack.try_insert(tbl, content);
            return true;
        exception when check_violation or unique_violation or exclusion_violation or not_null_violation then
            get stacked diagnostics refused = constraint_name, what = column_name;
        end;
        for c in
            select k.* from attack.columns(tbl) k
            where (k.col in (select attack.columns_of(refused, tbl)) or k.col = what)
              and k.col not in ('deleted_at', 'deleted_by_id', kept)
            order by k.col
        loop
            options := attack.candidates(tenant, tbl, c.col);
            value := options[1 + floor(random() * coalesce(array_length(options, 1), 0))];
            if not c.required and random() < 0.4 then
                value := null;
            elsif c.typ = 'text' and c.target is null and refused ~ 'key' and random() < 0.8 then
                value := coalesce(content ->> c.col, value) || round;
            elsif c.typ in ('timestamptz') and random() < 0.5 then
                value := (coalesce(content ->> c.col, value)::timestamptz + make_interval(days => round))::text;
            elsif c.typ in ('int2', 'int4', 'int8') and random() < 0.5 then
                value := (floor(random() * 50) + 2)::text;
            end if;
            content := content || jsonb_build_object(
                c.col, case when c.typ = 'jsonb' then value::jsonb else to_jsonb(value) end
            );
        end loop;
    end loop;
    return false;
end
$$;

create function attack.new_id() returns uuid language sql volatile as $$
    select (
        '019c0000000' || '07' || substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15)
    )::uuid
$$;

-- A row of nothing but its table's demands.
create function attack.invent(tenant uuid, tbl name) returns boolean language plpgsql as $$
declare
    content jsonb := jsonb_build_object('tenant_id', tenant);
    c record;
    value text;
begin
    for c in select * from attack.columns(tbl) where required and col <> 'tenant_id' and (not has_default or col = 'id') loop
        value := case when c.col = 'id' then attack.new_id()::text else (attack.candidates(tenant, tbl, c.col))[1] end;
        content := content || jsonb_build_object(c.col, case when c.typ = 'jsonb' then value::jsonb else to_jsonb(value) end);
    end loop;
    for c in select * from attack.columns(tbl) where col in ('created_at', 'updated_at') loop
        content := content || jsonb_build_object(c.col, '2026-02-01T10:00Z');
    end loop;
    return attack.add(tenant, tbl, content);
end
$$;

-- A row like one that exists.
create function attack.clone(tenant uuid, tbl name, extra jsonb default '{}', kept name default '', rounds integer default 150)
returns boolean language plpgsql as $$
declare
    content jsonb;
begin
    execute format(
        'select to_jsonb(t) from %I t where tenant_id = $1 order by (to_jsonb(t) ->> ''deleted_at'') nulls first, to_jsonb(t) ->> ''created_at'', to_jsonb(t) ->> ''id'' limit 1', tbl
    ) into content using tenant;
    if content is null then
        return false;
    end if;
    if content ? 'id' then
        content := content || jsonb_build_object('id', attack.new_id());
    end if;
    if content ? 'deleted_at' then
        content := content || '{"deleted_at": null, "deleted_by_id": null}';
    end if;
    return attack.add(tenant, tbl, content || extra, kept, rounds);
end
$$;

-- The prototype ------------------------------------------------------------------------------------------------------

-- Moves what one tenant has to another; what would be there twice stays behind.
create procedure attack.merge(source uuid, destination uuid) language plpgsql as $$
declare
    t name;
    list text;
begin
    for t in select attack.tables() loop
        list := (select string_agg(quote_ident(col), ', ') from attack.columns(t) where col <> 'tenant_id');
        execute format(
            'insert into %1$I (tenant_id, %2$s) select $2, %2$s from %1$I where tenant_id = $1 on conflict do nothing', t, list
        ) using source, destination;
    end loop;
end
$$;

-- A key that leads nowhere leads to some row.
create procedure attack.mend(tenant uuid) language plpgsql as $$
declare
    t name;
    c record;
    broken record;
begin
    for t in select attack.tables() loop
        for c in select * from attack.columns(t) where target is not null and not is_global and target <> 'tenants' loop
            for broken in execute format(
                'select t.ctid, t.tableoid from %I t where t.tenant_id = $1 and t.%I is not null and not exists '
                '(select from %I r where r.tenant_id = $1 and r.id = t.%2$I)', t, c.col, c.target
            ) using tenant loop
                begin
                    execute format(
                        'update %s set %I = (select id from %I r where tenant_id = $1 order by created_at, id limit 1) where ctid = $2',
                        broken.tableoid::regclass, c.col, c.target
                    ) using tenant, broken.ctid;
                exception when integrity_constraint_violation then
                    execute format('delete from %s where ctid = $1', broken.tableoid::regclass) using broken.ctid;
                end;
            end loop;
        end loop;
    end loop;
end
$$;

-- What a row has a copy of, because a key of more than tenant and ID says so, is what it is where the key leads. A row
-- that cannot have it goes.
create procedure attack.copy(tenant uuid) language plpgsql as $$
declare
    k record;
    broken record;
begin
    -- As often as one copy can be the origin of another.
    for round in 1 .. 4 loop
        for k in
            select c.relname as tbl, r.relname as target,
                   max(h.attname::text) filter (where t.attname = 'id') as key,
                   string_agg(format('%I = r.%I', h.attname, t.attname), ', ') filter (where t.attname <> 'id') as copied,
                   string_agg(format('t.%I is distinct from r.%I', h.attname, t.attname), ' or ')
                       filter (where t.attname <> 'id') as differs
            from pg_constraint con
            join pg_class c on c.oid = con.conrelid and c.relnamespace = 'public'::regnamespace and not c.relispartition
            join pg_class r on r.oid = con.confrelid
            cross join lateral unnest(con.conkey, con.confkey) p(here, there)
            join pg_attribute h on h.attrelid = c.oid and h.attnum = p.here
            join pg_attribute t on t.attrelid = r.oid and t.attnum = p.there
            where con.contype = 'f' and con.conparentid = 0 and array_length(con.conkey, 1) > 2
              and h.attname <> 'tenant_id'
            group by con.oid, c.relname, r.relname
            having bool_or(t.attname = 'id')
            order by 1, 3
        loop
            for broken in execute format(
                'select t.ctid as here, t.tableoid as here_in, r.ctid as there, r.tableoid as there_in from %I t '
                'join %I r on r.tenant_id = t.tenant_id and r.id = t.%I where t.tenant_id = $1 and (%s)',
                k.tbl, k.target, k.key, k.differs
            ) using tenant loop
                begin
                    execute format(
                        'update %s t set %s from %s r where t.ctid = $1 and r.ctid = $2',
                        broken.here_in::regclass, k.copied, broken.there_in::regclass
                    ) using broken.here, broken.there;
                exception when integrity_constraint_violation then
                    execute format('delete from %s where ctid = $1', broken.here_in::regclass) using broken.here;
                end;
            end loop;
        end loop;
    end loop;
end
$$;

-- What only its user sees is the administrator's, who asks: else the attack would be on nothing. Policies say which
-- columns make a row somebody's own; what a scope opens is seen anyway.
create procedure attack.own(tenant uuid) language plpgsql as $$
declare
    -- As the stage chooses, by what the keys will be.
    administrator constant uuid := (
        select u.id from users u
        where u.tenant_id = tenant and u.role = 'ADMIN' and u.deleted_at is null
        order by exists (select from user_settings s where s.tenant_id = u.tenant_id and s.user_id = u.id) desc,
                 attack.there('019ca0a0a0a0', u.id)
        limit 1
    );
    c record;
    line record;
begin
    for c in
        select distinct t.relname as tbl, k.col
        from pg_policy p
        join pg_class t on t.oid = p.polrelid and not t.relispartition
        cross join lateral attack.columns(t.relname) k
        where t.relname in (select attack.tables()) and k.target = 'users'
          and pg_get_expr(p.polqual, p.polrelid) ~ 'app\.user_id'
          and pg_get_expr(p.polqual, p.polrelid) !~ '_scope|_opens'
          and pg_get_expr(p.polqual, p.polrelid) ~ ('\m' || k.col || '\M')
        order by 1, 2
    loop
        for line in execute format(
            'select t.ctid, t.tableoid from %I t where t.tenant_id = $1 and t.%I <> $2 '
            'order by to_jsonb(t) ->> ''created_at'', to_jsonb(t) ->> ''id''', c.tbl, c.col
        ) using tenant, administrator loop
            begin
                execute format('update %s set %I = $2 where ctid = $1', line.tableoid::regclass, c.col)
                using line.ctid, administrator;
            exception when integrity_constraint_violation then
                null;
            end;
        end loop;
    end loop;
    -- What there is one of for each user stays theirs; what hangs on it hangs on the administrator's.
    for c in
        select t.relname as tbl, k.col, k.target
        from pg_class t
        cross join lateral attack.columns(t.relname) k
        where t.relname in (select attack.tables())
          and exists (select from pg_policy p where p.polrelid = t.oid and p.polname = 'own_rows')
          and exists (
              select from pg_policy p join pg_class r on r.oid = p.polrelid
              where p.polname = 'own_rows' and r.relname = k.target and r.relnamespace = 'public'::regnamespace
          )
        order by 1, 2
    loop
        for line in execute format(
            'select t.ctid, t.tableoid from %I t join %I r on r.tenant_id = t.tenant_id and r.id = t.%I '
            'where t.tenant_id = $1 and t.user_id = $2 and r.user_id <> $2', c.tbl, c.target, c.col
        ) using tenant, administrator loop
            begin
                execute format(
                    'update %s set %I = (select id from %I r where r.tenant_id = $2 and r.user_id = $3 '
                    'order by (to_jsonb(r) ->> ''deleted_at'') nulls first, id limit 1) where ctid = $1',
                    line.tableoid::regclass, c.col, c.target
                ) using line.ctid, tenant, administrator;
            exception when integrity_constraint_violation then
                execute format('delete from %s where ctid = $1', line.tableoid::regclass) using line.ctid;
            end;
        end loop;
    end loop;
end
$$;

-- At least two rows in every table that may have two, and a deleted one where that is possible.
create procedure attack.grow(tenant uuid) language plpgsql as $$
declare
    t name;
    count_now integer;
    wanted integer;
    soft boolean;
begin
    for round in 1 .. 2 loop
        for t in select attack.tables() loop
            soft := exists (select from attack.columns(t) where col = 'deleted_at');
            wanted := case when soft then 3 else 2 end;
            loop
                execute format('select count(*) from %I t where tenant_id = $1 and (to_jsonb(t) ->> ''deleted_at'') is null', t)
                into count_now using tenant;
                exit when count_now >= wanted;
                exit when not (case count_now when 0 then attack.invent(tenant, t) else attack.clone(tenant, t) end);
            end loop;
        end loop;
    end loop;
    for t in select attack.tables() loop
        continue when not exists (select from attack.columns(t) where col = 'deleted_at');
        execute format('select count(*) from %I where tenant_id = $1 and deleted_at is not null', t) into count_now using tenant;
        if count_now = 0 then
            execute format(
                'update %1$I set deleted_at = ''2026-02-20T10:00Z'', '
                'deleted_by_id = (select id from users where tenant_id = $1 and deleted_at is null order by role, id limit 1) '
                'where tenant_id = $1 and id = (select id from %1$I where tenant_id = $1 order by created_at desc, id desc limit 1)', t
            ) using tenant;
        end if;
    end loop;
end
$$;

-- A value in two rows of every column that has none.
create procedure attack.fill(tenant uuid) language plpgsql as $$
declare
    t name;
    c record;
    filled integer;
    options text[];
    option text;
    line record;
begin
    for t in select attack.tables() loop
        for c in select * from attack.columns(t) where not required and col not in ('deleted_at', 'deleted_by_id') loop
            execute format('select count(*) from %I where tenant_id = $1 and %I is not null', t, c.col) into filled using tenant;
            continue when filled >= 2;
            options := attack.candidates(tenant, t, c.col);
            <<search>>
            for line in execute format(
                'select tableoid, ctid, to_jsonb(t) ->> ''id'' as id, %I is not null as is_filled from %I t where tenant_id = $1 '
                'order by to_jsonb(t) ->> ''created_at'', to_jsonb(t) ->> ''id'' limit 6', c.col, t
            ) using tenant loop
                foreach option in array options loop
                    begin
                        -- No row is its own parent.
                        continue when line.id = option or line.is_filled;
                        execute format('update %s set %I = %L where ctid = $1', line.tableoid::regclass, c.col, option)
                        using line.ctid;
                        filled := filled + 1;
                        exit search when filled >= 2;
                        exit;
                    exception when integrity_constraint_violation or data_exception or raise_exception then
                        null;
                    end;
                end loop;
            end loop;
            -- It goes with other columns only.
            if filled = 0 and options <> '{}' then
                perform attack.clone(
                    tenant, t,
                    jsonb_build_object(c.col, case when c.typ = 'jsonb' then options[1]::jsonb else to_jsonb(options[1]) end),
                    c.col, 60
                );
            end if;
        end loop;
    end loop;
end
$$;

-- A row for each of the tables that a key of several kinds can point to: each has a generated column with a key of its
-- own, which is what says so.
create procedure attack.each_kind(tenant uuid) language plpgsql as $$
declare
    g record;
    kind text;
    is_there boolean;
    pattern jsonb;
    destination text;
    new_row uuid;
begin
    for g in
        select c.relname as tbl, a.attname as col, r.relname as target
        from pg_attribute a
        join pg_class c on c.oid = a.attrelid and c.relnamespace = 'public'::regnamespace
        join pg_constraint con on con.conrelid = c.oid and con.contype = 'f' and a.attnum = any (con.conkey)
        join pg_class r on r.oid = con.confrelid
        where a.attgenerated <> '' and a.atttypid = 'uuid'::regtype and a.attname <> 'tenant_id'
          and exists (select from attack.columns(c.relname) k where k.col = 'resource_type')
        order by 1, 2
    loop
        execute format(
            'delete from %I t where tenant_id = $1 and %I is not null and not exists (select from %I r where r.tenant_id = $1 and r.id = t.%2$I)',
            g.tbl, g.col, g.target
        ) using tenant;
        execute format('select id::text from %I r where tenant_id = $1 and (to_jsonb(r) ->> ''deleted_at'') is null order by id limit 1', g.target)
        into destination using tenant;
        execute format('select to_jsonb(t) from %I t where tenant_id = $1 order by id limit 1', g.tbl) into pattern using tenant;
        foreach kind in array attack.candidates(tenant, g.tbl, 'resource_type') loop
            execute format('select exists (select from %I where tenant_id = $1 and %I is not null)', g.tbl, g.col)
            into is_there using tenant;
            exit when is_there;
            new_row := attack.new_id();
            begin
                perform attack.try_insert(
                    g.tbl, pattern || jsonb_build_object('id', new_row, 'resource_type', kind, 'resource_id', destination)
                );
                execute format('delete from %I where tenant_id = $1 and id = $2 and %I is null', g.tbl, g.col)
                using tenant, new_row;
            exception when integrity_constraint_violation then
                null;
            end;
        end loop;
    end loop;
end
$$;

-- Mirrors ------------------------------------------------------------------------------------------------------------

-- The id on another side: the prefix is twelve hexadecimal digits.
create function attack.there(prefix text, id uuid) returns uuid language sql immutable as $$
    select (prefix || '7' || substr(md5(id::text), 1, 3) || '8' || substr(md5(id::text), 4, 15))::uuid
$$;

create function attack.there(source text, destination text, id uuid) returns uuid language sql immutable as $$
    select case when replace(id::text, '-', '') like source || '%'
                then (destination || substr(replace(id::text, '-', ''), 13))::uuid else id end
$$;

-- Makes a tenant that has all that another has. The prefix of the source is null when its ids have none yet.
create procedure attack.mirror(source uuid, source_prefix text, destination uuid, prefix text, slug text) language plpgsql as $$
declare
    t name;
    list text;
    spelled text;
begin
    list := (select string_agg(quote_ident(col), ', ') from attack.columns('tenants') where col not in ('id', 'slug', 'name', 'email'));
    execute format(
        'insert into tenants (id, slug, name, email, %1$s) select $2, $3, $3, $3 || ''@'' || $3 || ''.example'', %1$s from tenants where id = $1', list
    ) using source, destination, slug;
    for t in select attack.tables() loop
        select string_agg(quote_ident(c.col), ', ' order by c.col),
               string_agg(
                   case
                       when c.typ = 'uuid' and c.is_global is distinct from true and source_prefix is null
                       then format('attack.there(%L, %I)', prefix, c.col)
                       when c.typ = 'uuid' and c.is_global is distinct from true
                       then format('attack.there(%L, %L, %I)', source_prefix, prefix, c.col)
                       when c.typ = 'text' and source_prefix is null
                       then format(
                           'case when %1$I ~ ''^[a-z_]+_[0-9a-f]{8}-[0-9a-f-]{27}$'' then regexp_replace(%1$I, ''_[^_]+$'', ''_'') || '
                           'attack.there(%2$L, substring(%1$I, ''_([^_]+)$'')::uuid) else %1$I end', c.col, prefix)
                       when c.typ = 'text'
                       then format(
                           'case when %1$I ~ ''^[a-z_]+_[0-9a-f]{8}-[0-9a-f-]{27}$'' then regexp_replace(%1$I, ''_[^_]+$'', ''_'') || '
                           'attack.there(%2$L, %3$L, substring(%1$I, ''_([^_]+)$'')::uuid) else %1$I end', c.col, source_prefix, prefix)
                       else quote_ident(c.col)
                   end, ', ' order by c.col)
        into list, spelled
        from attack.columns(t) c where c.col <> 'tenant_id';
        execute format('insert into %1$I (tenant_id, %2$s) select $2, %3$s from %1$I where tenant_id = $1', t, list, spelled)
        using source, destination;
    end loop;
end
$$;

-- Marks what a tenant has: texts and numbers, in the first of several ways that the constraints of the column take.
create procedure attack.mark(tenant uuid, mark text, number integer) language plpgsql as $$
declare
    t name;
    c record;
    way text;
    ways text[];
begin
    for t in select attack.tables() loop
        for c in select * from attack.columns(t) where target is null and col not in ('id', 'tenant_id', 'version') loop
            ways := case
                when c.typ = 'text' and c.col ~ 'mail$' then array['%2$L || %1$I']
                when c.typ = 'text' and c.col ~ '_id$|_type$|^action$|role$|^type$|timezone|language' then array['%1$I || %2$L']
                when c.typ = 'text' then array[
                    '%1$I || '' '' || %2$L', '%1$I || ''/'' || %2$L', '%2$L || %1$I', 'upper(%2$L) || ''_'' || %1$I',
                    'upper(%2$L) || substr(%1$I, 4)', 'regexp_replace(%1$I, ''^(\+..)\d{4}'', ''\1'' || %3$L)'
                ]
                when c.typ in ('int4', 'int8') then array['%1$I + %3$s0000', '%1$I + %3$s', '%1$I + 7']
                when c.typ = 'numeric' then array['%1$I + %3$s0000', '%1$I + %3$s', '%1$I + 0.07']
                when c.typ = 'float8' then array['%1$I + 0.0%3$s']
                when c.typ = 'jsonb' then array[
                    'case jsonb_typeof(%1$I) when ''object'' then %1$I || jsonb_build_object(%2$L, %2$L) '
                    'when ''array'' then %1$I || to_jsonb(%2$L::text) else %1$I end'
                ]
                when c.typ = 'bytea' then array['sha256(%1$I || %2$L::bytea)']
                else '{}'
            end;
            foreach way in array ways loop
                begin
                    execute format('update %I set ' || '%I = ' || format(way, c.col, mark, number) || ' where tenant_id = $1', t, c.col)
                    using tenant;
                    exit;
                exception when integrity_constraint_violation or data_exception or raise_exception or generated_always then
                    null;
                end;
            end loop;
        end loop;
    end loop;
end
$$;

create procedure attack.remove(tenant uuid) language plpgsql as $$
declare
    t name;
begin
    for t in select attack.tables() loop
        execute format('delete from %I where tenant_id = $1', t) using tenant;
    end loop;
    delete from tenants where id = tenant;
end
$$;

-- Everybody has a session of the same key as the user.
create procedure attack.open_sessions() language sql as $$
    insert into sessions (id, tenant_id, created_at, updated_at, user_id, session_token_hash, refresh_token_hash, expires_at, last_used_at)
    select u.id, u.tenant_id, '2026-03-01T08:00Z', '2026-03-01T08:00Z', u.id, sha256(convert_to('s' || u.tenant_id || u.id, 'utf8')),
           sha256(convert_to('r' || u.tenant_id || u.id, 'utf8')), '2026-12-31T08:00Z', '2026-03-01T08:00Z'
    from users u
    on conflict do nothing
$$;

-- Somebody of each kind, as the triggers would have them, and an employee who is narrowed to contacts.
create procedure attack.people(tenant uuid) language plpgsql as $$
declare
    pattern constant jsonb := (
        select to_jsonb(u) from users u where u.tenant_id = tenant and u.role = 'ADMIN' and u.deleted_at is null
        order by u.created_at, u.id limit 1
    );
    kind text;
begin
    foreach kind in array '{ADMIN, EMPLOYEE, AGENT, CLIENT, USER, NARROWED}'::text[] loop
        perform attack.try_insert('users', pattern || jsonb_build_object(
            'id', attack.there('019c00000000', md5(kind)::uuid), 'email', lower(kind) || '@people.example',
            'role', case kind when 'NARROWED' then 'EMPLOYEE' else kind end, 'display_name', kind, 'phone', null,
            'password_expires_at', null, 'is_first_login', false
        ));
    end loop;
    insert into user_processes (tenant_id, user_id, process_id)
    select tenant, u.id, p.id from users u, processes p
    where u.tenant_id = tenant and u.email = 'narrowed@people.example' and p.code = 'CRM';
end
$$;

-- Files came and went without the triggers that count them.
create procedure attack.count_files() language sql as $$
    update storage_quotas q
    set (used_storage, file_count, usage_breakdown) = (
            select coalesce(sum(c.bytes), 0), coalesce(sum(c.files), 0), coalesce(jsonb_object_agg(c.usage_context, c.bytes), '{}')
            from (
                select f.usage_context, sum(f.size) as bytes, count(*) as files
                from stored_files f
                where f.tenant_id = q.tenant_id and f.user_id = q.user_id and f.deleted_at is null
                group by 1
            ) c
        ),
        (reserved_storage, reserved_files) = (
            select coalesce(sum(p.size), 0), count(*)
            from file_uploads p
            where p.tenant_id = q.tenant_id and p.user_id = q.user_id
        )
$$;

-- One tenant alone, of all that the world has.
create procedure attack.alone() language plpgsql as $$
declare
    prototype uuid := (select id from tenants where slug = 'autos');
    other uuid := (select id from tenants where slug = 'casas');
begin
    call attack.merge(other, prototype);
    call attack.mend(prototype);
    call attack.grow(prototype);
    call attack.fill(prototype);
    call attack.mend(prototype);
    call attack.each_kind(prototype);
    -- Conversations that were merged into each other, which the triggers would have refused: following them has no end.
    update conversations c set merged_into_id = null
    where tenant_id = prototype
      and exists (select from conversations o where o.tenant_id = c.tenant_id and o.id = c.merged_into_id and o.merged_into_id is not null)
      and (status <> 'ARCHIVED' or merged_into_id = id);
    perform set_config('session_replication_role', 'origin', false);
    call attack.people(prototype);
    perform set_config('session_replication_role', 'replica', false);
    call attack.own(prototype);
    call attack.copy(prototype);
    call attack.mirror(prototype, null, '019ca0a0-a0a0-7000-8000-00000000000a', '019ca0a0a0a0', 'mirror');
    call attack.remove(prototype);
    call attack.remove(other);
    -- An administrator who is narrowed to one process would see little.
    delete from user_processes p using users u where u.tenant_id = p.tenant_id and u.id = p.user_id and u.role = 'ADMIN';
    call attack.open_sessions();
    call attack.count_files();
end
$$;

-- Beside it one with other ids, and one with the very same ids.
create procedure attack.others() language plpgsql as $$
declare
    own constant uuid := '019ca0a0-a0a0-7000-8000-00000000000a';
    foreign_one constant uuid := '019cb0b0-b0b0-7000-8000-00000000000b';
    twin constant uuid := '019cc0c0-c0c0-7000-8000-00000000000c';
begin
    call attack.mirror(own, '019ca0a0a0a0', foreign_one, '019cb0b0b0b0', 'zqb');
    call attack.mark(foreign_one, 'zqb', 7711);
    call attack.mirror(own, '019ca0a0a0a0', twin, '019ca0a0a0a0', 'zqc');
    call attack.mark(twin, 'zqc', 7722);
end
$$;
