-- Histories say what a row went through, in order, also when several write at once. The time of a transaction is that of
-- its beginning: who began first and waited for the other's lock would stand before what it follows. The clock is read
-- while the row is held.

alter table contact_status_history alter column changed_at set default clock_timestamp();
alter table lead_activities alter column occurred_at set default clock_timestamp();
alter table inventory_movements alter column movement_date set default clock_timestamp();
alter table logistics_status_changes alter column changed_at set default clock_timestamp();
