-- A contact's history as one list: interactions, lead activities, messages, calls, appointments and sales.
-- The view runs with the rights of whoever reads it, so the row-level security of each table holds.
create view contact_timeline with (security_invoker = true) as
select i.id, i.tenant_id, i.contact_id, i.occurred_at, 'INTERACTION' as kind, i.created_at,
       i.id as interaction_id, null::uuid as lead_activity_id, null::uuid as message_id,
       null::uuid as call_id, null::uuid as appointment_id, null::uuid as sale_id
  from interactions i
union all
select a.id, a.tenant_id, l.contact_id, a.occurred_at, 'LEAD_ACTIVITY', a.created_at,
       null, a.id, null, null, null, null
  from lead_activities a
  join leads l on l.tenant_id = a.tenant_id and l.id = a.lead_id and l.deleted_at is null
union all
select m.id, m.tenant_id, c.contact_id, m.created_at, 'MESSAGE', m.created_at,
       null, null, m.id, null, null, null
  from messages m
  join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
union all
select c.id, c.tenant_id, c.contact_id, c.called_at, 'CALL', c.created_at,
       null, null, null, c.id, null, null
  from calls c
union all
select a.id, a.tenant_id, a.contact_id, a.scheduled_at, 'APPOINTMENT', a.created_at,
       null, null, null, null, a.id, null
  from appointments a
 where a.deleted_at is null
union all
select s.id, s.tenant_id, s.contact_id, coalesce(s.sale_date, s.created_at), 'SALE', s.created_at,
       null, null, null, null, null, s.id
  from sales s
 where s.deleted_at is null;

comment on view contact_timeline is 'Everything that happened with a contact, one row for each event.';
-- Views do not know which of their columns are never null; `tables/generate.sql` reads it here.
comment on column contact_timeline.id is 'Never null.';
comment on column contact_timeline.tenant_id is 'Never null.';
comment on column contact_timeline.contact_id is 'Never null.';
comment on column contact_timeline.occurred_at is 'Never null.';
comment on column contact_timeline.kind is 'Never null.';
comment on column contact_timeline.created_at is 'Never null.';

grant select on contact_timeline to mostrador_api, mostrador_readonly;
