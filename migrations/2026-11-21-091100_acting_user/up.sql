-- Whoever writes a note, an activity, a movement or a campaign is its author unless somebody else is named.
-- A default, not a trigger: an explicit null ("nobody in particular") stays null.
alter table campaigns alter column created_by_id set default nullif(current_setting('app.user_id', true), '')::uuid;
alter table interactions alter column user_id set default nullif(current_setting('app.user_id', true), '')::uuid;
alter table lead_activities alter column user_id set default nullif(current_setting('app.user_id', true), '')::uuid;
alter table inventory_movements alter column user_id set default nullif(current_setting('app.user_id', true), '')::uuid;
