-- The triggers name the column, so they go before it and come back without it.
drop trigger contacts_version on contacts;
drop trigger contacts_living_references on contacts;
alter table contacts drop column team_id;
call app.versioned('contacts', ignored => '{last_contacted_at}');
call app.living_references('contacts', '{"status_id": "contact_statuses", "owner_id": "users"}');

drop table team_members;
drop function app.team_members_living_references();
drop table teams;
drop function app.teams_parent();
drop function app.teams_living_references();
