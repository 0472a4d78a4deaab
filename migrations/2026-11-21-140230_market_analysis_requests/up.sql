-- Market analyses that were asked for: a job completes them from comparable properties.

alter table market_analyses
    add column ai_request_id uuid,
    add constraint market_analyses_ai_request_id_fkey foreign key (tenant_id, ai_request_id)
        references ai_requests on delete set null (ai_request_id);
comment on column market_analyses.ai_request_id is 'By what it was asked for; null when somebody wrote it down.';
create unique index market_analyses_ai_request_id_key on market_analyses (tenant_id, ai_request_id);
comment on index market_analyses_ai_request_id_key is 'This request already has an analysis.';
call app.versioned('market_analyses');
call app.logged('market_analyses');

-- What comparisons look for: the same kind of property.
create index properties_property_type_idx on properties (tenant_id, property_type, currency, id);
create index sales_completed_property_idx on sales (tenant_id, property_id, sale_date desc)
    where property_id is not null and status in ('COMPLETED', 'DELIVERED');
