drop table appointments;
drop function app.appointments_place();
drop function app.appointments_living_references();
drop table locations;
drop function app.locations_timezone();
drop function app.is_open(jsonb, text, timestamptz, integer);
drop function app.is_operating_hours(jsonb);
drop function app.minutes_of_day(text);
