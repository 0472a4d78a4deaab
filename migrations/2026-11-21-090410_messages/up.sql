-- inbox: messages, the largest table. What it does to conversations and contacts runs once per statement, not per row,
-- so that loading many is fast.

create table messages (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    conversation_id uuid not null,
    sender_type text not null,
    sender_user_id uuid,
    content text,
    content_type text not null default 'TEXT',
    delivery_status text not null default 'QUEUED',
    file_url text,
    file_type text,
    provider_message_id text,
    error_message text,
    template_id uuid,
    constraint messages_pkey primary key (tenant_id, id),
    constraint messages_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint messages_conversation_id_fkey foreign key (tenant_id, conversation_id)
        references conversations on delete cascade,
    constraint messages_sender_user_id_fkey foreign key (tenant_id, sender_user_id)
        references users on delete set null (sender_user_id),
    constraint messages_template_id_fkey foreign key (tenant_id, template_id)
        references whatsapp_templates on delete set null (template_id),
    constraint messages_sender_type_check check (sender_type in ('CONTACT', 'USER', 'AI_AGENT', 'SYSTEM')),
    constraint messages_sender_type_sender_user_id_check check (sender_user_id is null or sender_type = 'USER'),
    constraint messages_content_type_check check (
        content_type in (
            'TEXT', 'IMAGE', 'AUDIO', 'VIDEO', 'DOCUMENT', 'STICKER', 'LOCATION', 'CONTACT_CARD', 'TEMPLATE',
            'INTERACTIVE', 'SYSTEM'
        )
    ),
    constraint messages_content_content_type_check check (content_type <> 'TEXT' or coalesce(content, '') <> ''),
    constraint messages_delivery_status_check check (
        delivery_status in ('QUEUED', 'SENT', 'DELIVERED', 'READ', 'FAILED')
    ),
    constraint messages_content_type_file_url_file_type_check check (
        case
            when content_type in ('IMAGE', 'AUDIO', 'VIDEO', 'DOCUMENT', 'STICKER')
            then file_url is not null and file_type is not null
            when content_type = 'TEXT' then file_url is null and file_type is null
            else (file_url is null) = (file_type is null)
        end
    ),
    constraint messages_file_url_check check (app.is_url(file_url))
) partition by hash (tenant_id);
create table messages_0 partition of messages for values with (modulus 4, remainder 0);
create table messages_1 partition of messages for values with (modulus 4, remainder 1);
create table messages_2 partition of messages for values with (modulus 4, remainder 2);
create table messages_3 partition of messages for values with (modulus 4, remainder 3);
comment on table messages is 'One message of a conversation. created_at is its time.';
comment on column messages.sender_user_id is
    'For sender_type USER: who wrote it; left out, the user of the transaction. Null only after that user was purged.';
comment on column messages.delivery_status is
    'An inbound message starts DELIVERED and becomes READ; only one that is not READ yet counts as unread.';
comment on column messages.file_type is 'Media type, such as image/jpeg.';
comment on column messages.provider_message_id is 'A webhook that comes twice adds one message.';
comment on constraint messages_sender_type_sender_user_id_check on messages is
    'Only a message of sender type USER has a user as its sender.';
comment on constraint messages_content_content_type_check on messages is 'A text message needs a text.';
comment on constraint messages_content_type_file_url_file_type_check on messages is
    'A media message needs the address and the type of its file; a text message has neither.';
comment on constraint messages_file_url_check on messages is 'This is not a web address.';

create unique index messages_provider_message_id_key on messages (tenant_id, provider_message_id)
    where provider_message_id is not null;
comment on index messages_provider_message_id_key is 'This message of the provider is already here.';
create index messages_conversation_id_idx on messages (tenant_id, conversation_id, id desc);
create index messages_sender_user_id_idx on messages (tenant_id, sender_user_id) where sender_user_id is not null;
create index messages_template_id_idx on messages (tenant_id, template_id) where template_id is not null;

call app.name_partition_parts('messages');
call app.protect('messages');
call app.versioned('messages');
call app.fixed('messages', '{conversation_id, sender_type, created_at}');

-- One row ------------------------------------------------------------------------------------------------------------

create function app.messages_inbound_delivered() returns trigger
language plpgsql
as $$
begin
    new.delivery_status := 'DELIVERED';
    return new;
end
$$;
create trigger messages_inbound_delivered before insert on messages
    for each row when (new.sender_type = 'CONTACT' and new.delivery_status = 'QUEUED')
    execute function app.messages_inbound_delivered();

create function app.messages_sender() returns trigger
language plpgsql
as $$
begin
    new.sender_user_id := app.acting_user(new.tenant_id);
    if new.sender_user_id is null then
        perform app.refuse('VALIDATION', 'sender_user_id', 'A message of sender type USER needs its user.');
    end if;
    return new;
end
$$;
create trigger messages_sender before insert on messages
    for each row when (new.sender_type = 'USER' and new.sender_user_id is null)
    execute function app.messages_sender();

create function app.messages_delivery() returns trigger
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
create trigger messages_delivery before update of delivery_status on messages
    for each row when (old.delivery_status is distinct from new.delivery_status)
    execute function app.messages_delivery();

-- A statement --------------------------------------------------------------------------------------------------------

create function app.messages_inserted() returns trigger
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
create trigger messages_inserted after insert on messages
    referencing new table as inserted
    for each statement execute function app.messages_inserted();

create function app.messages_living_references() returns trigger
language plpgsql
as $$
declare
    deleted_id constant uuid := (
        select u.id
        from inserted i
        join users u on u.tenant_id = i.tenant_id and u.id = i.sender_user_id
        where u.deleted_at is not null
        limit 1
    );
begin
    if deleted_id is not null then
        perform app.refuse(
            'VALIDATION', 'sender_user_id', 'This user was deleted and cannot be chosen.',
            jsonb_build_object('id', deleted_id)
        );
    end if;
    return null;
end
$$;
create trigger messages_living_references after insert on messages
    referencing new table as inserted
    for each statement when (pg_trigger_depth() = 0) execute function app.messages_living_references();

create function app.messages_updated() returns trigger
language plpgsql
as $$
begin
    update conversations c
    set unread_count = greatest(c.unread_count - m.read, 0)
    from (
        select n.tenant_id, n.conversation_id, count(*) as read
        from was o
        join becomes n on n.tenant_id = o.tenant_id and n.id = o.id
        where n.sender_type = 'CONTACT' and n.delivery_status = 'READ' and o.delivery_status <> 'READ'
        group by n.tenant_id, n.conversation_id
    ) m
    where c.tenant_id = m.tenant_id and c.id = m.conversation_id and c.unread_count > 0;

    update conversations c
    set last_message_preview = left(n.content, 120)
    from was o
    join becomes n on n.tenant_id = o.tenant_id and n.id = o.id
    where o.content is distinct from n.content
      and c.tenant_id = n.tenant_id
      and c.id = n.conversation_id
      and n.id = (
          select m.id
          from messages m
          where m.tenant_id = c.tenant_id and m.conversation_id = c.id and m.created_at = c.last_message_at
          order by m.id desc
          limit 1
      );
    return null;
end
$$;
create trigger messages_updated after update on messages
    referencing old table as was new table as becomes
    for each statement execute function app.messages_updated();

create function app.messages_deleted() returns trigger
language plpgsql
as $$
begin
    -- When the conversation itself is being deleted, the join finds nothing and nothing happens.
    update conversations c
    set unread_count = greatest(c.unread_count - m.unread, 0),
        last_message_at = m.created_at,
        last_message_preview = left(m.content, 120)
    from (
        select d.tenant_id, d.conversation_id, d.unread, newest.created_at, newest.content
        from (
            select tenant_id,
                   conversation_id,
                   count(*) filter (where sender_type = 'CONTACT' and delivery_status <> 'READ') as unread
            from deleted
            group by tenant_id, conversation_id
        ) d
        left join lateral (
            select r.created_at, r.content
            from messages r
            where r.tenant_id = d.tenant_id and r.conversation_id = d.conversation_id
            order by r.created_at desc, r.id desc
            limit 1
        ) newest on true
    ) m
    where c.tenant_id = m.tenant_id and c.id = m.conversation_id;
    return null;
end
$$;
create trigger messages_deleted after delete on messages
    referencing old table as deleted
    for each statement execute function app.messages_deleted();
