do $$
declare
    audited record;
begin
    for audited in
        select tgname, tgrelid::regclass as target
        from pg_trigger
        where not tgisinternal
          and tgrelid in (
              'user_groups'::regclass, 'teams'::regclass, 'team_members'::regclass, 'resource_shares'::regclass
          )
          and tgfoid in ('app.audit_change()'::regprocedure, 'app.refuse_unaudited_truncate()'::regprocedure)
    loop
        execute format('drop trigger %I on %s', audited.tgname, audited.target);
    end loop;
end
$$;
drop function app.describe_team_member(jsonb);
