-- The functions as they were before there were scopes to widen.
create or replace function app.messages_inserted() returns trigger
language plpgsql
as $$
begin
    -- An inbound message that arrives already READ is history being imported: it neither counts nor reopens.
    update conversations c
    set unread_count = c.unread_count + m.unread,
        last_message_at = greatest(c.last_message_at, m.newest_at),
        last_message_preview = case
            when c.last_message_at > m.newest_at then c.last_message_preview
            else m.newest_preview
        end,
        whatsapp_24h_expires_at = case
            when c.channel = 'WHATSAPP' then greatest(c.whatsapp_24h_expires_at, m.inbound_at + interval '24 hours')
            else c.whatsapp_24h_expires_at
        end,
        status = case when m.unread > 0 and c.status in ('PENDING', 'RESOLVED') then 'OPEN' else c.status end
    from (
        select tenant_id,
               conversation_id,
               count(*) filter (where sender_type = 'CONTACT' and delivery_status <> 'READ') as unread,
               max(created_at) filter (where sender_type = 'CONTACT') as inbound_at,
               max(created_at) as newest_at,
               (array_agg(left(content, 120) order by created_at desc, id desc))[1] as newest_preview
        from inserted
        group by tenant_id, conversation_id
    ) m
    where c.tenant_id = m.tenant_id and c.id = m.conversation_id;

    -- Notes of the system inside a conversation do not reach the contact.
    update contacts p
    set last_contacted_at = m.outbound_at
    from (
        select c.tenant_id, c.contact_id, max(i.created_at) as outbound_at
        from inserted i
        join conversations c on c.tenant_id = i.tenant_id and c.id = i.conversation_id
        where i.sender_type <> 'CONTACT' and i.content_type <> 'SYSTEM'
        group by c.tenant_id, c.contact_id
    ) m
    where p.tenant_id = m.tenant_id
      and p.id = m.contact_id
      and (p.last_contacted_at is null or p.last_contacted_at < m.outbound_at);
    return null;
end
$$;

create or replace function app.lead_activities_last_contact() returns trigger
language plpgsql
as $$
begin
    update leads
    set last_contact_at = new.occurred_at
    where tenant_id = new.tenant_id
      and id = new.lead_id
      and (last_contact_at is null or last_contact_at < new.occurred_at);
    return null;
end
$$;

create or replace function app.sales_move_item() returns trigger
language plpgsql
as $$
declare
    -- A sale that is cancelled or deleted holds nothing; DELIVERED is over as well, but keeps what it did.
    held constant boolean := tg_op <> 'INSERT' and old.status <> 'CANCELLED' and old.deleted_at is null;
    holds constant boolean := tg_op <> 'DELETE' and new.status <> 'CANCELLED' and new.deleted_at is null;
    same_item constant boolean := tg_op = 'UPDATE'
        and (old.vehicle_id, old.property_id) is not distinct from (new.vehicle_id, new.property_id);
begin
    if held and not (holds and same_item) then
        perform app.free_item(old);
    end if;
    if not holds or held and same_item and old.status = new.status then
        return null;
    end if;
    if new.vehicle_id is not null then
        perform app.move_vehicle(new, opening => not (held and same_item));
    else
        perform app.move_property(new, opening => not (held and same_item));
    end if;
    return null;
end
$$;

-- Its language changes back, and a comment stays with a function that is replaced.
create or replace function app.contacted(tenant uuid, contact uuid, moment timestamptz) returns void
language sql
as $$
    update contacts
    set last_contacted_at = moment
    where tenant_id = tenant and id = contact and (last_contacted_at is null or last_contacted_at < moment)
$$;

drop trigger leads_contact_id_visible on leads;
drop trigger lead_activities_lead_id_visible on lead_activities;
drop trigger interactions_contact_id_visible on interactions;
drop trigger tasks_contact_id_visible on tasks;
drop trigger tasks_property_id_visible on tasks;
drop trigger conversations_contact_id_visible on conversations;
drop trigger calls_contact_id_visible on calls;
drop trigger appointments_contact_id_visible on appointments;
drop trigger sales_contact_id_visible on sales;
drop trigger sales_property_id_visible on sales;
drop trigger media_property_id_visible on media;
drop trigger market_analyses_property_id_visible on market_analyses;
drop trigger property_interests_contact_id_visible on property_interests;
drop trigger property_interests_property_id_visible on property_interests;
drop procedure app.visible_references(regclass, jsonb);
drop function app.refuse_hidden_reference();

drop policy part_of_contacts on contact_status_history;
drop policy part_of_contacts on interactions;
drop policy part_of_leads on lead_activities;
drop policy part_of_properties on media;
drop policy part_of_properties on market_analyses;
drop policy part_of_contacts on property_interests;
drop policy part_of_properties on property_interests;
drop procedure app.part_of_record(regclass, name, regclass);

drop table resource_shares;
drop function app.resource_shares_record();
drop function app.resource_shares_living_references();
drop function app.may_change(text, uuid);

drop policy records_select on contacts;
drop policy records_insert on contacts;
drop policy records_update on contacts;
drop policy records_delete on contacts;
drop trigger contacts_new_in_circle on contacts;
drop trigger contacts_kept_in_circle on contacts;
drop policy records_select on leads;
drop policy records_insert on leads;
drop policy records_update on leads;
drop policy records_delete on leads;
drop trigger leads_new_in_circle on leads;
drop trigger leads_kept_in_circle on leads;
drop policy records_select on tasks;
drop policy records_insert on tasks;
drop policy records_update on tasks;
drop policy records_delete on tasks;
drop trigger tasks_new_in_circle on tasks;
drop trigger tasks_kept_in_circle on tasks;
drop policy records_select on properties;
drop policy records_insert on properties;
drop policy records_update on properties;
drop policy records_delete on properties;
drop trigger properties_new_in_circle on properties;
drop trigger properties_kept_in_circle on properties;

drop procedure app.narrow_records(regclass, text, name, name);
drop function app.keep_in_circle();
drop function app.widen_scope();
drop function app.may_write_record(text, uuid, uuid, uuid);
drop function app.shared_records(text, text);
drop function app.circle();
drop function app.teams_around();
drop function app.my_teams();
drop function app.narrowed();
