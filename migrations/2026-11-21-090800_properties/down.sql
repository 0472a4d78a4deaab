drop table property_interests;
drop function app.property_interests_living_references();
drop table market_analyses;
drop function app.market_analyses_living_references();
drop table media;
drop function app.media_living_references();

-- The triggers name the column, so they go before it and come back without it.
drop trigger tasks_version on tasks;
drop trigger tasks_living_references on tasks;
alter table tasks drop column property_id;
call app.versioned('tasks');
call app.living_references('tasks', '{"owner_id": "users", "contact_id": "contacts"}');

drop table properties;
drop function app.properties_living_references();
