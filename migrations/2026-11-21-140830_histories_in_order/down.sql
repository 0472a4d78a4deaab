alter table logistics_status_changes alter column changed_at set default now();
alter table inventory_movements alter column movement_date set default now();
alter table lead_activities alter column occurred_at set default now();
alter table contact_status_history alter column changed_at set default now();
