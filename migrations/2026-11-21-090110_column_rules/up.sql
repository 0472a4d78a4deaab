-- Helpers for single columns that several tables have: fixed ones, currency, is_default.

create function app.refuse_fixed_change() returns trigger
language plpgsql
as $$
begin
    perform app.refuse(
        'VALIDATION',
        tg_argv[0],
        format('The %s of this %s cannot be changed.', replace(tg_argv[0], '_', ' '), tg_argv[1])
    );
    return null;
end
$$;

create procedure app.fixed(target regclass, columns text[])
language plpgsql
as $$
declare
    name constant text := (select relname from pg_class where oid = target);
    fixed_column text;
begin
    foreach fixed_column in array columns loop
        execute format(
            'create trigger %I before update of %I on %s for each row when (old.%I is distinct from new.%I) '
            'execute function app.refuse_fixed_change(%L, %L)',
            format('%s_%s_fixed', name, fixed_column), fixed_column, target, fixed_column, fixed_column,
            fixed_column, app.singular(name)
        );
    end loop;
end
$$;
comment on procedure app.fixed(regclass, text[]) is 'Columns that keep the value of the insert.';

create function app.fill_currency() returns trigger
language plpgsql
as $$
begin
    select default_currency into new.currency from tenants where id = new.tenant_id;
    return new;
end
$$;

create procedure app.currency_of_tenant(target regclass)
language plpgsql
as $$
declare
    name constant text := (select relname from pg_class where oid = target);
begin
    execute format(
        'alter table %s add constraint %I check (app.is_currency(currency))', target, name || '_currency_check'
    );
    execute format(
        'comment on constraint %I on %s is ''This is not the code of a currency, such as EUR.''',
        name || '_currency_check', target
    );
    execute format(
        'create trigger %I before insert on %s for each row when (new.currency is null) '
        'execute function app.fill_currency()',
        name || '_currency', target
    );
end
$$;
comment on procedure app.currency_of_tenant(regclass) is
    'For a table with a column currency: checks the code, and takes the default of the tenant when none is given.';

create function app.clear_other_default() returns trigger
language plpgsql
as $$
begin
    execute format(
        'update %I set is_default = false where tenant_id = $1 and id <> $2 and is_default and deleted_at is null',
        tg_table_name
    ) using new.tenant_id, new.id;
    return new;
end
$$;

create function app.yield_default() returns trigger
language plpgsql
as $$
begin
    execute format(
        'select not exists (select from %I where tenant_id = $1 and id <> $2 and is_default and deleted_at is null)',
        tg_table_name
    ) into new.is_default using new.tenant_id, new.id;
    return new;
end
$$;

create procedure app.single_default(target regclass)
language plpgsql
as $$
declare
    name constant text := (select relname from pg_class where oid = target);
begin
    execute format(
        'create unique index %I on %s (tenant_id) where is_default and deleted_at is null',
        name || '_is_default_key', target
    );
    execute format('comment on index %I is ''There is already a default.''', name || '_is_default_key');
    execute format(
        'create trigger %I before insert or update of is_default on %s for each row '
        'when (new.is_default and new.deleted_at is null) execute function app.clear_other_default()',
        name || '_single_default', target
    );
    execute format(
        'create trigger %I before update of deleted_at on %s for each row '
        'when (old.deleted_at is not null and new.deleted_at is null and new.is_default) '
        'execute function app.yield_default()',
        name || '_restored_default', target
    );
end
$$;
comment on procedure app.single_default(regclass) is
    'For a soft-deletable table with is_default: at most one per tenant. The newest choice clears the older; '
    'a row that is restored while another is the default comes back without being it.';
