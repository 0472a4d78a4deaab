do $$
declare
    one record;
begin
    -- Each table has one function of its own, which no other trigger runs.
    for one in
        select t.tgname, t.tgrelid::regclass as target, t.tgfoid::regprocedure as run
        from pg_trigger t
        where not t.tgisinternal
          and t.tgparentid = 0
          and (t.tgname ~ '_logged$' or t.tgfoid = 'app.refuse_unlogged_truncate()'::regprocedure)
    loop
        execute format('drop trigger %I on %s', one.tgname, one.target);
        if one.run <> 'app.refuse_unlogged_truncate()'::regprocedure then
            execute format('drop function %s', one.run);
        end if;
    end loop;
end
$$;
drop procedure app.logged_link(regclass, name, regclass, text);
drop procedure app.logged(regclass, text, text, text[], text[]);
drop function app.logged_arguments(regclass);
drop function app.refuse_unlogged_truncate();
drop function app.drop_change_partitions(integer);
drop function app.all_changes_after(bigint, bigint, bigint, pg_snapshot, integer);
drop function app.changes_after(uuid, text[], uuid, bigint, bigint, bigint, pg_snapshot, integer);
drop function app.change_round_of(xid8);
drop function app.microseconds(timestamptz);
drop function app.take_change_round();
drop function app.open_change_log();
drop table app.change_rounds;
drop table app.change_log;
drop function app.make_change_partitions(integer);
drop table changes;
drop function app.changes_append_only();
drop sequence app.change_numbers;
