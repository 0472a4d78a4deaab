-- inbox: conversations with their tags, templates, calls, locks of AI workers. Messages come next.

-- Conversations ------------------------------------------------------------------------------------------------------

create table conversations (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    contact_id uuid not null,
    assigned_to_id uuid,
    channel text not null,
    status text not null default 'OPEN',
    unread_count integer not null default 0,
    last_message_at timestamptz,
    last_message_preview text,
    whatsapp_24h_expires_at timestamptz,
    constraint conversations_pkey primary key (tenant_id, id),
    constraint conversations_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint conversations_contact_id_fkey foreign key (tenant_id, contact_id) references contacts on delete cascade,
    constraint conversations_assigned_to_id_fkey foreign key (tenant_id, assigned_to_id)
        references users on delete set null (assigned_to_id),
    constraint conversations_channel_check check (
        channel in ('WHATSAPP', 'CALL', 'SMS', 'EMAIL', 'WEB_CHAT', 'INSTAGRAM', 'MESSENGER')
    ),
    constraint conversations_unread_count_check check (unread_count >= 0)
);
comment on table conversations is 'What is said with one contact on one channel.';
comment on column conversations.unread_count is 'Inbound messages that are not READ; kept by triggers on messages.';
comment on column conversations.last_message_at is 'Time of the newest message, in or out; kept by triggers.';
comment on column conversations.last_message_preview is
    'The first 120 characters of the newest message; null when that one has no text. Kept by triggers.';
comment on column conversations.whatsapp_24h_expires_at is
    'On WHATSAPP, 24 hours after the newest inbound message: until then free text may be sent. Kept by triggers.';
comment on constraint conversations_unread_count_check on conversations is 'A count is not negative.';

create unique index conversations_contact_id_channel_key on conversations (tenant_id, contact_id, channel)
    where status <> 'ARCHIVED';
comment on index conversations_contact_id_channel_key is
    'This contact already has a conversation on this channel that is not archived.';
-- The unique index leaves out the archived ones.
create index conversations_contact_id_idx on conversations (tenant_id, contact_id);
-- Lists put nulls last and break ties by id in the direction of the last key, so the indexes do.
create index conversations_status_idx on conversations (tenant_id, status, last_message_at desc nulls last, id desc);
create index conversations_assigned_to_id_idx
    on conversations (tenant_id, assigned_to_id, status, last_message_at desc nulls last, id desc);

call app.protect('conversations');
call app.state_machine('conversations', 'status', '{
    "OPEN": ["PENDING", "RESOLVED", "ARCHIVED"],
    "PENDING": ["OPEN", "RESOLVED", "ARCHIVED"],
    "RESOLVED": ["OPEN", "ARCHIVED"],
    "ARCHIVED": []
}');
call app.versioned(
    'conversations',
    ignored => '{unread_count, last_message_at, last_message_preview, whatsapp_24h_expires_at}'
);
call app.living_references('conversations', '{"contact_id": "contacts", "assigned_to_id": "users"}');

-- Tags ---------------------------------------------------------------------------------------------------------------

create table conversation_tags (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    name text not null,
    color text,
    icon text,
    is_system boolean not null default false,
    constraint conversation_tags_pkey primary key (tenant_id, id),
    constraint conversation_tags_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint conversation_tags_name_check check (app.is_filled(name)),
    constraint conversation_tags_color_check check (color ~ '^#[0-9A-Fa-f]{6}$')
);
comment on table conversation_tags is 'Labels for conversations.';
comment on column conversation_tags.is_system is 'Comes with the product; cannot be changed or deleted.';
comment on constraint conversation_tags_name_check on conversation_tags is 'The name must not be empty.';
comment on constraint conversation_tags_color_check on conversation_tags is 'A color has the form #1A2B3C.';
create unique index conversation_tags_name_key on conversation_tags (tenant_id, lower(name));
comment on index conversation_tags_name_key is 'Another tag has this name.';

call app.protect('conversation_tags');
call app.versioned('conversation_tags');

create function app.refuse_system_tag_change() returns trigger
language plpgsql
as $$
begin
    perform app.refuse(
        'FORBIDDEN', 'is_system', 'A system tag cannot be changed or deleted.', jsonb_build_object('name', old.name)
    );
    return null;
end
$$;
create trigger conversation_tags_system before update or delete on conversation_tags
    for each row when (old.is_system) execute function app.refuse_system_tag_change();

create table conversation_tag_links (
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    conversation_id uuid not null,
    tag_id uuid not null,
    created_at timestamptz not null default now(),
    constraint conversation_tag_links_pkey primary key (tenant_id, conversation_id, tag_id),
    constraint conversation_tag_links_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint conversation_tag_links_conversation_id_fkey foreign key (tenant_id, conversation_id)
        references conversations on delete cascade,
    constraint conversation_tag_links_tag_id_fkey foreign key (tenant_id, tag_id)
        references conversation_tags on delete cascade
);
comment on table conversation_tag_links is 'Which conversation carries which tag.';
comment on constraint conversation_tag_links_pkey on conversation_tag_links is 'The conversation already has this tag.';
create index conversation_tag_links_tag_id_idx on conversation_tag_links (tenant_id, tag_id, conversation_id);

call app.protect('conversation_tag_links');

-- WhatsApp templates -------------------------------------------------------------------------------------------------

create table whatsapp_templates (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    provider_template_id text,
    name text not null,
    language text not null,
    category text not null,
    status text not null default 'PENDING',
    header_text text,
    body_text text not null,
    footer_text text,
    variables jsonb not null default '[]',
    constraint whatsapp_templates_pkey primary key (tenant_id, id),
    constraint whatsapp_templates_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint whatsapp_templates_name_language_key unique (tenant_id, name, language),
    constraint whatsapp_templates_provider_template_id_key unique (tenant_id, provider_template_id),
    constraint whatsapp_templates_name_check check (app.is_filled(name)),
    constraint whatsapp_templates_language_check check (app.is_filled(language)),
    constraint whatsapp_templates_category_check check (category in ('MARKETING', 'UTILITY', 'AUTHENTICATION')),
    constraint whatsapp_templates_body_text_check check (app.is_filled(body_text))
);
comment on table whatsapp_templates is 'Texts that WhatsApp has to approve; they may be sent at any time.';
comment on column whatsapp_templates.language is 'As WhatsApp writes it, such as es or es_MX.';
comment on column whatsapp_templates.variables is 'What is to be filled in, in the order of the text.';
comment on constraint whatsapp_templates_name_language_key on whatsapp_templates is
    'There is already a template with this name in this language.';
comment on constraint whatsapp_templates_provider_template_id_key on whatsapp_templates is
    'Another template has this id at the provider.';
comment on constraint whatsapp_templates_name_check on whatsapp_templates is 'The name must not be empty.';
comment on constraint whatsapp_templates_language_check on whatsapp_templates is 'The language must not be empty.';
comment on constraint whatsapp_templates_body_text_check on whatsapp_templates is 'The text must not be empty.';

call app.protect('whatsapp_templates');
call app.state_machine('whatsapp_templates', 'status', '{
    "PENDING": ["APPROVED", "REJECTED"],
    "APPROVED": ["PAUSED", "DISABLED"],
    "PAUSED": ["APPROVED", "DISABLED"],
    "REJECTED": ["PENDING"],
    "DISABLED": []
}');
call app.versioned('whatsapp_templates');

-- Calls --------------------------------------------------------------------------------------------------------------

create table calls (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    contact_id uuid not null,
    agent_id uuid,
    type text not null,
    state text not null default 'QUEUED',
    called_at timestamptz not null default now(),
    duration_seconds integer,
    transcript text,
    summary text,
    audio_url text,
    call_sid text,
    metadata jsonb,
    constraint calls_pkey primary key (tenant_id, id),
    constraint calls_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint calls_contact_id_fkey foreign key (tenant_id, contact_id) references contacts on delete cascade,
    constraint calls_agent_id_fkey foreign key (tenant_id, agent_id) references users on delete set null (agent_id),
    constraint calls_call_sid_key unique (tenant_id, call_sid),
    constraint calls_type_check check (type in ('INBOUND', 'OUTBOUND')),
    constraint calls_duration_seconds_check check (duration_seconds >= 0),
    constraint calls_audio_url_check check (app.is_url(audio_url))
);
comment on table calls is 'A phone call with a contact.';
comment on column calls.call_sid is 'Its id at the telephone provider.';
comment on constraint calls_call_sid_key on calls is 'This call of the provider is already here.';
comment on constraint calls_duration_seconds_check on calls is 'A duration is not negative.';
comment on constraint calls_audio_url_check on calls is 'This is not a web address.';
create index calls_contact_id_idx on calls (tenant_id, contact_id, called_at desc);
create index calls_agent_id_idx on calls (tenant_id, agent_id, called_at desc);
create index calls_called_at_idx on calls (tenant_id, called_at desc, id desc);

call app.protect('calls');
call app.state_machine('calls', 'state', '{
    "QUEUED": ["RINGING", "FAILED", "CANCELLED"],
    "RINGING": ["IN_PROGRESS", "NO_ANSWER", "BUSY", "FAILED", "CANCELLED"],
    "IN_PROGRESS": ["COMPLETED", "FAILED"],
    "COMPLETED": [],
    "NO_ANSWER": [],
    "BUSY": [],
    "FAILED": [],
    "CANCELLED": []
}');
call app.versioned('calls');
call app.living_references('calls', '{"contact_id": "contacts", "agent_id": "users"}');

create function app.calls_contacted() returns trigger
language plpgsql
as $$
begin
    perform app.contacted(new.tenant_id, new.contact_id, new.called_at);
    return null;
end
$$;
create trigger calls_contacted after insert or update of state, called_at, contact_id on calls
    for each row when (new.state = 'COMPLETED') execute function app.calls_contacted();

-- Locks of AI workers ------------------------------------------------------------------------------------------------

create table ai_locks (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    resource_type text not null,
    resource_id uuid not null,
    locked_by text not null,
    acquired_at timestamptz not null default now(),
    expires_at timestamptz not null,
    constraint ai_locks_pkey primary key (tenant_id, id),
    constraint ai_locks_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint ai_locks_resource_type_resource_id_key unique (tenant_id, resource_type, resource_id),
    constraint ai_locks_resource_type_check check (app.is_filled(resource_type)),
    constraint ai_locks_locked_by_check check (app.is_filled(locked_by)),
    constraint ai_locks_acquired_at_expires_at_check check (expires_at > acquired_at)
);
comment on table ai_locks is 'Which AI worker handles a row at the moment; one at a time.';
comment on column ai_locks.resource_type is 'Kind of row, such as CONVERSATION.';
comment on column ai_locks.locked_by is 'Name of the worker; only this one releases the lock before it expires.';
comment on constraint ai_locks_resource_type_resource_id_key on ai_locks is 'Another worker holds this lock.';
comment on constraint ai_locks_resource_type_check on ai_locks is 'The kind of resource must not be empty.';
comment on constraint ai_locks_locked_by_check on ai_locks is 'The name of the worker must not be empty.';
comment on constraint ai_locks_acquired_at_expires_at_check on ai_locks is 'A lock expires after it was acquired.';

call app.protect('ai_locks');
call app.versioned('ai_locks');

create function app.refuse_live_lock() returns trigger
language plpgsql
as $$
begin
    perform app.refuse(
        'CONFLICT', 'locked_by', 'Another worker holds this lock.',
        jsonb_build_object('lockedBy', old.locked_by, 'expiresAt', old.expires_at)
    );
    return null;
end
$$;
create trigger ai_locks_takeover before update of locked_by on ai_locks
    for each row when (old.locked_by <> new.locked_by and old.expires_at > clock_timestamp())
    execute function app.refuse_live_lock();
