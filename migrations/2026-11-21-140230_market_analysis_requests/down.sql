drop index sales_completed_property_idx;
drop index properties_property_type_idx;
drop trigger market_analyses_version on market_analyses;
alter table market_analyses drop column ai_request_id;
call app.versioned('market_analyses');
call app.logged('market_analyses');
