drop function app.clear_closed_tenants(integer, integer);
drop view app.clearings;
drop function app.clear_rows();

create or replace trigger sales_delete before delete on sales
    for each row when (old.status in ('COMPLETED', 'DELIVERED')) execute function app.refuse_delete_of_done_sale();
create or replace trigger conversation_tags_system before update or delete on conversation_tags
    for each row when (old.is_system) execute function app.refuse_system_tag_change();
create or replace trigger roles_rights before update of is_default or delete on roles
    for each row execute function app.roles_rights();
drop trigger audit_logs_append_only on audit_logs;
create trigger audit_logs_append_only before update or delete on audit_logs
    for each row execute function app.audit_logs_append_only();
drop trigger tenants_audit_delete on tenants;
create trigger tenants_audit_delete before delete on tenants
    for each row execute function app.audit_change('Tenant', 'id', '{
    "insert": "tenant.created", "update": "tenant.changed", "delete": "tenant.purged",
    "columns": {"status": {"ACTIVE": "tenant.activated", "SUSPENDED": "tenant.suspended", "CLOSED": "tenant.closed"}}
}', '{}', '{}', '');
drop function app.is_being_cleared(uuid);

drop trigger tenants_closed on tenants;
drop function app.tenants_closed();
drop trigger tenants_version on tenants;
alter table tenants drop column closed_at, drop column clearing_since;
call app.versioned('tenants');
call app.logged('tenants');
