-- identity: channels that a business has switched off refuse what people want to begin on them. What providers bring,
-- and what is moved in from elsewhere, is written in nobody's name and still comes in; what has begun can be ended.

create function app.refuse_switched_off(tenant uuid, channel text, field text) returns void
language plpgsql
as $$
declare
    is_on boolean;
begin
    if coalesce(current_setting('app.user_id', true), '') = ''
        and coalesce(current_setting('app.platform_user', true), '') = '' then
        return;
    end if;
    select case channel
               when 'WHATSAPP' then s.whatsapp_enabled
               when 'CALL' then s.calls_enabled
               when 'APPOINTMENT' then s.appointments_enabled
           end
    into is_on
    from tenant_settings s
    where s.tenant_id = tenant;
    if not is_on then
        perform app.refuse(
            'FORBIDDEN', field,
            case channel
                when 'WHATSAPP' then 'The business has switched WhatsApp off.'
                when 'CALL' then 'The business has switched calls off.'
                else 'The business has switched appointments off.'
            end,
            jsonb_build_object('channel', channel)
        );
    end if;
end
$$;
comment on function app.refuse_switched_off(uuid, text, text) is
    'Refuses what a person begins on a channel that the settings of the business have switched off: WHATSAPP, CALL or '
    'APPOINTMENT. Other channels have no switch.';

create function app.conversations_switched_on() returns trigger
language plpgsql
as $$
begin
    perform app.refuse_switched_off(new.tenant_id, new.channel, 'channel');
    return new;
end
$$;
create trigger conversations_switched_on before insert on conversations
    for each row when (new.channel in ('WHATSAPP', 'CALL')) execute function app.conversations_switched_on();

create function app.messages_switched_on() returns trigger
language plpgsql
as $$
declare
    channel constant text := (
        select c.channel from conversations c where c.tenant_id = new.tenant_id and c.id = new.conversation_id
    );
begin
    perform app.refuse_switched_off(new.tenant_id, channel, 'conversation_id');
    return new;
end
$$;
comment on function app.messages_switched_on() is 'What is to be sent over a channel that is off is not queued.';
-- SYSTEM remarks do not reach the contact.
create trigger messages_switched_on before insert on messages
    for each row when (
        new.delivery_status = 'QUEUED' and new.sender_type <> 'CONTACT' and new.content_type <> 'SYSTEM'
    )
    execute function app.messages_switched_on();
create trigger messages_switched_on_again before update of delivery_status on messages
    for each row when (
        new.delivery_status = 'QUEUED' and old.delivery_status <> 'QUEUED'
        and new.sender_type <> 'CONTACT' and new.content_type <> 'SYSTEM'
    )
    execute function app.messages_switched_on();

create function app.campaigns_switched_on() returns trigger
language plpgsql
as $$
begin
    perform app.refuse_switched_off(new.tenant_id, new.channel, 'channel');
    return new;
end
$$;
create trigger campaigns_switched_on before insert or update of channel, status on campaigns
    for each row when (new.channel in ('WHATSAPP', 'CALL') and new.status in ('DRAFT', 'SCHEDULED', 'RUNNING'))
    execute function app.campaigns_switched_on();

create function app.calls_switched_on() returns trigger
language plpgsql
as $$
begin
    perform app.refuse_switched_off(new.tenant_id, 'CALL', null);
    return new;
end
$$;
create trigger calls_switched_on before insert or update of state on calls
    for each row when (new.state in ('QUEUED', 'RINGING', 'IN_PROGRESS')) execute function app.calls_switched_on();

create function app.appointments_switched_on() returns trigger
language plpgsql
as $$
begin
    perform app.refuse_switched_off(new.tenant_id, 'APPOINTMENT', null);
    return new;
end
$$;
create trigger appointments_switched_on before insert on appointments
    for each row execute function app.appointments_switched_on();
create trigger appointments_switched_on_again before update of scheduled_at, status, deleted_at on appointments
    for each row when (
        new.deleted_at is null and new.status in ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS')
        and (new.scheduled_at, new.status, new.deleted_at) is distinct from (old.scheduled_at, old.status, old.deleted_at)
    )
    execute function app.appointments_switched_on();
