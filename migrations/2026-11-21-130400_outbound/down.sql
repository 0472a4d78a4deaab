drop trigger jobs_send_message on jobs;
drop trigger messages_outbound_again on messages;
drop trigger messages_outbound on messages;
drop trigger messages_queued on messages;
drop function app.jobs_send_message();
drop function app.adopt_provider_id(uuid, text, text, timestamptz);
drop function app.message_still_queued(uuid, uuid);
drop function app.message_failed(uuid, uuid, text);
drop function app.message_sent(uuid, uuid, text);
drop function app.messages_outbound_again();
drop function app.messages_outbound();
drop function app.queue_message(uuid, uuid, uuid);
drop function app.messages_queued();
create or replace function app.messages_delivery() returns trigger
language plpgsql
as $$
declare
    allowed constant jsonb := '{
        "QUEUED": ["SENT", "FAILED"],
        "SENT": ["DELIVERED", "READ", "FAILED"],
        "DELIVERED": ["READ"],
        "READ": [],
        "FAILED": ["QUEUED"]
    }'::jsonb -> old.delivery_status;
begin
    if allowed ? new.delivery_status then
        return new;
    end if;
    if old.delivery_status = 'QUEUED' and new.delivery_status in ('DELIVERED', 'READ') then
        perform app.refuse(
            'INVALID_TRANSITION', 'delivery_status',
            format('This message cannot go from %s to %s.', old.delivery_status, new.delivery_status),
            jsonb_build_object('from', old.delivery_status, 'to', new.delivery_status, 'allowed', allowed)
        );
    end if;
    -- Providers send events late and out of order: one that would go back is ignored, its error included.
    new.delivery_status := old.delivery_status;
    new.error_message := old.error_message;
    return new;
end
$$;

drop trigger messages_version on messages;
alter table messages
    drop column is_retryable,
    drop column failure_category,
    drop column failure_code,
    drop column failed_at,
    drop column read_at,
    drop column delivered_at,
    drop column sent_at,
    drop column queued_at;
call app.versioned('messages');
call app.logged('messages');
drop function app.message_failure(text);

drop table webhooks;
drop function app.webhooks_logged();
