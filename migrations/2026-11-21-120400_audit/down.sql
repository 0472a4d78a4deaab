do $$
declare
    audited record;
begin
    for audited in
        select tgname, tgrelid::regclass as target
        from pg_trigger
        where not tgisinternal
          and tgfoid in ('app.audit_change()'::regprocedure, 'app.refuse_unaudited_truncate()'::regprocedure)
    loop
        execute format('drop trigger %I on %s', audited.tgname, audited.target);
    end loop;
end
$$;
drop function app.describe_user_process(jsonb);
drop function app.describe_user_role(jsonb);
drop function app.describe_role_grant(jsonb);
drop function app.purge(regclass, text, uuid, integer);
drop procedure app.audited(regclass, text, json, text, text[], text[], text);
drop function app.refuse_unaudited_truncate();
drop function app.audit_change();
drop function app.audit_action(json, jsonb, jsonb);
drop function app.audit(text, text, uuid, jsonb);
drop function app.write_audit(uuid, text, text, uuid, jsonb);
drop function app.platform_staff(uuid);
drop function app.audited_values(regclass, text[], jsonb);
drop function app.audited_columns(regclass, text[]);
drop function app.camel_case(text);
drop function app.without_secrets(jsonb);
drop function app.is_secret_name(text);
drop function app.drop_audit_partitions(interval);
drop function app.make_audit_partitions(integer);
drop procedure app.make_audit_partition(text, text);
drop function app.first_uuid_of(timestamptz);
drop table audit_logs;
drop function app.audit_logs_append_only();
