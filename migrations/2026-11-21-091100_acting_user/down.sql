alter table inventory_movements alter column user_id drop default;
alter table lead_activities alter column user_id drop default;
alter table interactions alter column user_id drop default;
alter table campaigns alter column created_by_id drop default;
