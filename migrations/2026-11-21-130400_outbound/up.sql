-- inbox: messages on their way out. Where they go, when each step was, why one could not be delivered, and the job that
-- sends it.

-- Webhooks -----------------------------------------------------------------------------------------------------------

create table webhooks (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    channel text not null,
    url text not null,
    secret bytea not null,
    secret_set_at timestamptz not null default now(),
    is_active boolean not null default true,
    constraint webhooks_pkey primary key (tenant_id, id),
    constraint webhooks_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint webhooks_channel_key unique (tenant_id, channel),
    constraint webhooks_channel_check check (
        channel in ('WHATSAPP', 'CALLS', 'CONVERSATIONS', 'APPOINTMENTS', 'CAMPAIGNS')
    ),
    constraint webhooks_url_check check (
        length(url) <= 2000
        and (
            url ~* '^https://[^\s/?#@]+(/\S*|\?\S*)?$'
            or url ~* '^http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/\S*|\?\S*)?$'
        )
    )
);
comment on table webhooks is 'Where to tell a business''s own systems what there is to do: one address for each channel.';
comment on column webhooks.secret is 'Sealed: the key with which what is sent there is signed.';
comment on column webhooks.secret_set_at is 'Since when that is the key: sealing it anew is no change, another key is one.';
comment on constraint webhooks_channel_key on webhooks is 'There is already a webhook for this channel.';
comment on constraint webhooks_url_check on webhooks is
    'A webhook has an https:// address without a user in it; http:// is for this machine alone.';

call app.protect('webhooks', hidden => '{secret}');
-- Sealing anew is no change of what the row says.
call app.versioned('webhooks', ignored => '{secret}');
call app.fixed('webhooks', '{channel}');
call app.audited(
    'webhooks', 'Webhook',
    '{"insert": "webhook.created", "update": "webhook.changed", "delete": "webhook.removed"}',
    ignored => '{secret}'
);
call app.logged('webhooks', 'webhook', ignored => '{secret}');

-- Why a message could not be delivered -------------------------------------------------------------------------------

create function app.message_failure(
    code text, out category text, out is_retryable boolean, out sentence text
)
language sql immutable
as $$
    select f.category, f.is_retryable, f.sentence
    from (values
        ('^WINDOW_CLOSED$|^WHATSAPP_131047$', 'WINDOW_CLOSED', false,
         'The contact has not written in the last 24 hours: WhatsApp takes only a template now.'),
        ('^NO_ADDRESS$', 'RECIPIENT', false, 'Nothing is known of how to reach the contact on this channel.'),
        ('^WHATSAPP_(131026|131030|131021|131045|131050|131049)$', 'RECIPIENT', false,
         'WhatsApp does not deliver to this contact: the number has no WhatsApp, or does not want this message.'),
        ('^TEMPLATE_NOT_APPROVED$|^WHATSAPP_(132015|132016)$', 'TEMPLATE', false,
         'WhatsApp has not approved this template, or not for now.'),
        ('^WHATSAPP_132\d+$', 'TEMPLATE', false, 'WhatsApp does not take this template as it was filled in.'),
        ('^NOT_SUPPORTED$', 'CONTENT', false, 'This kind of message cannot be sent on this channel.'),
        ('^WHATSAPP_(100|131008|131009|131051|131052|131053|131055)$', 'CONTENT', false,
         'WhatsApp does not take what is in this message.'),
        ('^WHATSAPP_(4|80007|130429|131048|131056|133016)$', 'LIMIT', true,
         'More was sent than WhatsApp takes in so short a time.'),
        ('^WHATSAPP_(0|3|10|190|2\d\d|131005|131031|131042|368|33|133\d+|HTTP_401|HTTP_403)$', 'CREDENTIALS', true,
         'WhatsApp does not accept the account of the business; somebody has to look at its credentials.'),
        ('^CREDENTIALS$', 'CREDENTIALS', true, 'The credentials of this channel cannot be used; set them again.'),
        ('^CHANNEL_NOT_CONNECTED$', 'CONFIGURATION', true, 'Nothing is connected that sends messages of this channel.'),
        ('^ADDRESS_REFUSED$', 'CONFIGURATION', true, 'The address to which this channel sends may not be called.'),
        ('^WEBHOOK_HTTP_40[13]$', 'CREDENTIALS', true, 'The webhook of this channel does not accept our signature.'),
        ('^WEBHOOK_HTTP_(3\d\d|404|405|410)$', 'CONFIGURATION', true, 'There is no webhook at the address of this channel.'),
        ('^(WEBHOOK|WHATSAPP)_HTTP_(429)$', 'LIMIT', true, 'More was sent than the provider takes in so short a time.'),
        ('^(WEBHOOK|WHATSAPP)_HTTP_5\d\d$|^WHATSAPP_(1|2|131000|131016)$', 'PROVIDER', true,
         'The provider had a failure of its own, again and again.'),
        ('^WEBHOOK_HTTP_4\d\d$|^WHATSAPP_HTTP_4\d\d$', 'CONTENT', false, 'The provider does not take this message.'),
        ('^(TIMEOUT|NETWORK|TLS|WHATSAPP_ANSWER)$', 'NETWORK', true,
         'The provider could not be reached, or did not answer, again and again.'),
        ('^EXPIRED$', 'PROVIDER', true, 'The message could not be sent for a day and was given up.'),
        ('^CANCELLED$', 'CANCELLED', true, 'Sending was called off.'),
        ('', 'PROVIDER', true, 'The message could not be sent.')
    ) as f (pattern, category, is_retryable, sentence)
    where code ~ f.pattern
    limit 1
$$;
comment on function app.message_failure(text) is
    'What a code of messages.failure_code means: of what kind, whether trying again can help, and a sentence. The first '
    'pattern that fits counts. WHATSAPP_<n> are the error numbers of the Cloud API.';

-- Steps --------------------------------------------------------------------------------------------------------------

alter table messages
    add column queued_at timestamptz,
    add column sent_at timestamptz,
    add column delivered_at timestamptz,
    add column read_at timestamptz,
    add column failed_at timestamptz,
    add column failure_code text,
    add column failure_category text,
    add column is_retryable boolean,
    add constraint messages_failure_code_check check (failure_code ~ '^[A-Z][A-Z0-9_]{0,99}$'),
    add constraint messages_failure_category_check check (
        failure_category in (
            'WINDOW_CLOSED', 'RECIPIENT', 'TEMPLATE', 'CONTENT', 'LIMIT', 'CREDENTIALS', 'CONFIGURATION', 'PROVIDER',
            'NETWORK', 'CANCELLED'
        )
    );
comment on column messages.queued_at is 'When it was last queued to be sent; null of inbound ones and of history.';
comment on column messages.sent_at is 'When the provider took it.';
comment on column messages.failure_code is 'Why it is FAILED: app.message_failure says what it means.';
call app.name_partition_parts('messages');
call app.versioned('messages');
call app.logged('messages');

create function app.messages_queued() returns trigger
language plpgsql
as $$
begin
    new.queued_at := now();
    return new;
end
$$;
create trigger messages_queued before insert on messages
    for each row when (
        new.delivery_status = 'QUEUED' and new.sender_type <> 'CONTACT' and new.content_type <> 'SYSTEM'
    )
    execute function app.messages_queued();

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
    failure record;
begin
    if not allowed ? new.delivery_status then
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
        new.failure_code := old.failure_code;
        return new;
    end if;
    -- Whoever writes a time of its own, such as the provider's, knows better.
    case new.delivery_status
        when 'QUEUED' then
            new.queued_at := now();
            new.sent_at := null;
            new.failed_at := null;
            new.error_message := null;
            new.failure_code := null;
            new.failure_category := null;
            new.is_retryable := null;
            -- It will get another one; what is still said about the old one is not about this attempt.
            new.provider_message_id := null;
        when 'SENT' then
            new.sent_at := coalesce(nullif(new.sent_at, old.sent_at), now());
        when 'DELIVERED' then
            new.delivered_at := coalesce(nullif(new.delivered_at, old.delivered_at), now());
        when 'READ' then
            new.read_at := coalesce(nullif(new.read_at, old.read_at), now());
        when 'FAILED' then
            new.failed_at := coalesce(nullif(new.failed_at, old.failed_at), now());
            -- Reports of WhatsApp begin with the number of the error.
            new.failure_code := coalesce(
                new.failure_code,
                (
                    select 'WHATSAPP_' || substring(new.error_message from '^(\d{1,6})(?::|$)')
                    from conversations c
                    where c.tenant_id = new.tenant_id and c.id = new.conversation_id and c.channel = 'WHATSAPP'
                ),
                'PROVIDER'
            );
            select * into failure from app.message_failure(new.failure_code);
            new.failure_category := failure.category;
            new.is_retryable := failure.is_retryable;
            new.error_message := coalesce(new.error_message, failure.sentence);
    end case;
    return new;
end
$$;

-- The job ------------------------------------------------------------------------------------------------------------

create function app.queue_message(tenant uuid, message uuid, conversation uuid) returns uuid
language sql
as $$
    select app.enqueue_job(
        'send_message',
        jsonb_build_object('message_id', message),
        key => 'send_message:' || message,
        lane => 'conversation:' || conversation,
        tenant => tenant
    )
$$;
comment on function app.queue_message(uuid, uuid, uuid) is
    'Queues the job that sends a message, unless it is under way. Messages of a conversation are sent in their order.';

create function app.messages_outbound() returns trigger
language plpgsql
as $$
begin
    -- After messages_inserted, which has locked the conversation: so the jobs of a conversation are in the order in which
    -- its messages are committed.
    perform app.queue_message(m.tenant_id, m.id, m.conversation_id)
    from (
        select i.tenant_id, i.id, i.conversation_id
        from inserted i
        where i.delivery_status = 'QUEUED' and i.sender_type <> 'CONTACT' and i.content_type <> 'SYSTEM'
        order by i.created_at, i.id
    ) m;
    return null;
end
$$;
create trigger messages_outbound after insert on messages
    referencing new table as inserted
    for each statement execute function app.messages_outbound();

create function app.messages_outbound_again() returns trigger
language plpgsql
as $$
begin
    perform app.queue_message(new.tenant_id, new.id, new.conversation_id);
    return null;
end
$$;
create trigger messages_outbound_again after update of delivery_status on messages
    for each row when (
        new.delivery_status = 'QUEUED' and old.delivery_status = 'FAILED'
        and new.sender_type <> 'CONTACT' and new.content_type <> 'SYSTEM'
    )
    execute function app.messages_outbound_again();

create function app.message_sent(tenant uuid, message uuid, provider_id text) returns void
language plpgsql
as $$
#variable_conflict use_variable
begin
    update messages m
    set delivery_status = 'SENT',
        -- A provider that gives one id twice must not keep us from knowing that it took this one.
        provider_message_id = case
            when not exists (
                select from messages o
                where o.tenant_id = tenant and o.provider_message_id = provider_id and o.id <> message
            ) then provider_id
        end
    where m.tenant_id = tenant and m.id = message and m.delivery_status = 'QUEUED';
end
$$;
comment on function app.message_sent(uuid, uuid, text) is
    'A provider took a message. Whoever has said more of it meanwhile has the last word.';

create function app.message_failed(tenant uuid, message uuid, code text) returns void
language sql
as $$
    update messages m
    set delivery_status = 'FAILED', failure_code = code, error_message = null
    where m.tenant_id = tenant and m.id = message and m.delivery_status = 'QUEUED'
$$;
comment on function app.message_failed(uuid, uuid, text) is 'A message was given up.';

create function app.message_still_queued(tenant uuid, message uuid) returns void
language sql
as $$
    select app.queue_message(m.tenant_id, m.id, m.conversation_id)
    from messages m
    where m.tenant_id = tenant and m.id = message and m.delivery_status = 'QUEUED'
$$;
comment on function app.message_still_queued(uuid, uuid) is
    'The last word of a job that had nothing to send: a message that was queued again meanwhile needs another one.';

create function app.adopt_provider_id(
    message uuid, channel text, provider_id text, occurred_at timestamptz
) returns boolean
language plpgsql
as $$
#variable_conflict use_variable
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
begin
    -- Times of reports are whole seconds. One from before it was queued is about an earlier attempt.
    update messages m
    set provider_message_id = provider_id
    from conversations c
    where m.tenant_id = tenant
      and m.id = message
      and m.sender_type <> 'CONTACT'
      and m.provider_message_id is null
      and occurred_at >= date_trunc('second', m.queued_at)
      and c.tenant_id = m.tenant_id
      and c.id = m.conversation_id
      and c.channel = channel
      and not exists (
          select from messages o where o.tenant_id = tenant and o.provider_message_id = provider_id
      );
    return found;
end
$$;
comment on function app.adopt_provider_id(uuid, text, text, timestamptz) is
    'A report gives our own id back: the message has this id at the provider, also when its answer never reached us. So '
    'the message counts as sent, and the job that would send it again finds nothing to do.';

-- Whoever calls a job off or queues it again means the message.
create function app.jobs_send_message() returns trigger
language plpgsql
as $$
declare
    message constant uuid := (new.payload ->> 'message_id')::uuid;
begin
    if new.state = 'CANCELLED' then
        perform app.message_failed(new.tenant_id, message, 'CANCELLED');
    else
        update messages
        set delivery_status = 'QUEUED'
        where tenant_id = new.tenant_id and id = message and delivery_status = 'FAILED';
    end if;
    return null;
end
$$;
create trigger jobs_send_message after update of state on jobs
    for each row when (
        new.kind = 'send_message'
        and (new.state = 'CANCELLED' and old.state <> 'CANCELLED'
             or new.state = 'QUEUED' and old.state in ('DEAD', 'CANCELLED'))
    )
    execute function app.jobs_send_message();
