alter policy tenant_isolation on changes
with check (pg_trigger_depth() > 0 and tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::uuid));
