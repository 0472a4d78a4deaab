drop trigger analytics_events_entity_exists on analytics_events;
drop function app.analytics_events_entity_exists();
