-- inbox: what comes in from providers. Credentials of the business, payloads as they came, addresses of contacts,
-- messages of every kind, and reports about messages that are not known yet.

-- Credentials --------------------------------------------------------------------------------------------------------

create table tenant_credentials (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    whatsapp_credentials bytea,
    whatsapp_set_at timestamptz,
    calls_credentials bytea,
    calls_set_at timestamptz,
    conversations_credentials bytea,
    conversations_set_at timestamptz,
    encryption_version integer not null default 1,
    constraint tenant_credentials_pkey primary key (tenant_id, id),
    constraint tenant_credentials_tenant_id_key unique (tenant_id),
    constraint tenant_credentials_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint tenant_credentials_whatsapp_set_at_check check (
        (whatsapp_credentials is null) = (whatsapp_set_at is null)
    ),
    constraint tenant_credentials_calls_set_at_check check ((calls_credentials is null) = (calls_set_at is null)),
    constraint tenant_credentials_conversations_set_at_check check (
        (conversations_credentials is null) = (conversations_set_at is null)
    )
);
comment on table tenant_credentials is
    'What a tenant gave us to speak with its providers; exactly one row per tenant, made with it.';
comment on column tenant_credentials.whatsapp_credentials is
    'Sealed: JSON with appSecret, verifyToken, accessToken, phoneNumberId, businessAccountId, apiBaseUrl.';
comment on column tenant_credentials.calls_credentials is 'Sealed: JSON as the telephone provider wants it.';
comment on column tenant_credentials.conversations_credentials is
    'Sealed: JSON with signingSecret, for the channels without a webhook of their own.';
comment on column tenant_credentials.encryption_version is
    'Rises whenever one of the values is sealed with another key.';
comment on constraint tenant_credentials_tenant_id_key on tenant_credentials is
    'This tenant already has its credentials.';
comment on constraint tenant_credentials_whatsapp_set_at_check on tenant_credentials is
    'Credentials and the time at which they were set belong together.';
comment on constraint tenant_credentials_calls_set_at_check on tenant_credentials is
    'Credentials and the time at which they were set belong together.';
comment on constraint tenant_credentials_conversations_set_at_check on tenant_credentials is
    'Credentials and the time at which they were set belong together.';

call app.protect(
    'tenant_credentials', hidden => '{whatsapp_credentials, calls_credentials, conversations_credentials}'
);
-- Sealing anew is no change of what the row says.
call app.versioned(
    'tenant_credentials',
    ignored => '{whatsapp_credentials, calls_credentials, conversations_credentials, encryption_version}'
);
call app.audited(
    'tenant_credentials', 'TenantCredentials', '{"update": "tenant_credentials.changed"}',
    ignored => '{whatsapp_credentials, calls_credentials, conversations_credentials, encryption_version}'
);
call app.logged('tenant_credentials', entity => 'tenant_credentials');

create function app.sealing_key(value bytea) returns bytea
language sql immutable strict parallel safe
as $$
    -- Format, length of the key's id, the id: what is the same in all values of one key.
    select case when octet_length(value) > 2 then substring(value for 2 + get_byte(value, 1)) end
$$;
comment on function app.sealing_key(bytea) is 'How a sealed value begins: it tells the key, and nothing of the value.';

create function app.tenant_credentials_resealed() returns trigger
language plpgsql
as $$
begin
    if app.sealing_key(old.whatsapp_credentials) <> app.sealing_key(new.whatsapp_credentials)
        or app.sealing_key(old.calls_credentials) <> app.sealing_key(new.calls_credentials)
        or app.sealing_key(old.conversations_credentials) <> app.sealing_key(new.conversations_credentials)
    then
        new.encryption_version := old.encryption_version + 1;
    end if;
    return new;
end
$$;
create trigger tenant_credentials_resealed
    before update of whatsapp_credentials, calls_credentials, conversations_credentials on tenant_credentials
    for each row execute function app.tenant_credentials_resealed();

create function app.tenants_make_credentials() returns trigger
language plpgsql
as $$
begin
    insert into tenant_credentials (tenant_id) values (new.id);
    return null;
end
$$;
create trigger tenants_make_credentials after insert on tenants
    for each row execute function app.tenants_make_credentials();

do $$
declare
    acting constant text := coalesce(current_setting('app.tenant_id', true), '');
    tenant uuid;
begin
    for tenant in select id from tenants loop
        perform set_config('app.tenant_id', tenant::text, true);
        insert into tenant_credentials (tenant_id) values (tenant);
    end loop;
    perform set_config('app.tenant_id', acting, true);
end
$$;

-- Payloads -----------------------------------------------------------------------------------------------------------

create table inbound_payloads (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    created_at timestamptz not null default now(),
    source text not null,
    channel text not null,
    content_hash bytea not null,
    body bytea not null,
    processed_at timestamptz,
    outcome jsonb,
    constraint inbound_payloads_pkey primary key (tenant_id, id),
    constraint inbound_payloads_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint inbound_payloads_source_channel_content_hash_key unique (tenant_id, source, channel, content_hash),
    constraint inbound_payloads_source_check check (source in ('WHATSAPP', 'GENERIC')),
    constraint inbound_payloads_channel_check check (
        channel in ('WHATSAPP', 'CALL', 'SMS', 'EMAIL', 'WEB_CHAT', 'INSTAGRAM', 'MESSENGER')
    ),
    constraint inbound_payloads_content_hash_check check (octet_length(content_hash) = 32),
    constraint inbound_payloads_processed_at_check check ((processed_at is null) = (outcome is null))
);
comment on table inbound_payloads is
    'What providers sent, as it came, stored before they are told that it arrived. A job of kind inbound_payload works '
    'through each; afterwards they stay for some time.';
comment on column inbound_payloads.source is 'Which webhook it came to, and so of which form it is.';
comment on column inbound_payloads.content_hash is 'SHA-256 of the body: what is sent again is stored once.';
comment on column inbound_payloads.body is 'The bytes that were signed.';
comment on column inbound_payloads.outcome is 'Counts of what was found in it, and codes of what was not understood.';
create index inbound_payloads_processed_at_idx on inbound_payloads (tenant_id, processed_at)
    where processed_at is not null;

call app.protect('inbound_payloads', hidden => '{content_hash, body}');
call app.fixed('inbound_payloads', '{source, channel, content_hash, body}');

create policy owner_directory on inbound_payloads for select to current_user using (true);

-- Addresses ----------------------------------------------------------------------------------------------------------

create table contact_addresses (
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    channel text not null,
    address text not null,
    contact_id uuid,
    created_at timestamptz not null default now(),
    constraint contact_addresses_pkey primary key (tenant_id, channel, address),
    constraint contact_addresses_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint contact_addresses_contact_id_fkey foreign key (tenant_id, contact_id)
        references contacts on delete set null (contact_id),
    constraint contact_addresses_channel_check check (
        channel in ('WHATSAPP', 'CALL', 'SMS', 'EMAIL', 'WEB_CHAT', 'INSTAGRAM', 'MESSENGER')
    ),
    constraint contact_addresses_address_check check (length(address) between 1 and 512)
);
comment on table contact_addresses is
    'From where contacts write: ids that providers give them. A row is taken before its contact is looked for, so that '
    'messages of somebody unknown that come at the same moment make one contact.';
comment on column contact_addresses.address is
    'On WHATSAPP the number as WhatsApp writes it, or the id that it gives somebody who hides the number.';
comment on column contact_addresses.contact_id is 'Null while the contact is being made, and after it was purged.';
create index contact_addresses_contact_id_idx on contact_addresses (tenant_id, contact_id, channel, created_at desc);

call app.protect('contact_addresses');

create function app.contact_address(contact uuid, channel text) returns text
language sql stable
as $$
    select coalesce(
        (
            select a.address
            from contact_addresses a
            where a.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
              and a.contact_id = contact_address.contact
              and a.channel = contact_address.channel
            order by a.created_at desc, a.address
            limit 1
        ),
        (
            select case contact_address.channel
                when 'WHATSAPP' then p.phone
                when 'SMS' then p.phone
                when 'CALL' then p.phone
                when 'EMAIL' then p.email
            end
            from contacts p
            where p.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
              and p.id = contact_address.contact
        )
    )
$$;
comment on function app.contact_address(uuid, text) is
    'Where to reach a contact on a channel: the address that it used there, else the phone number or e-mail address.';

create function app.contact_of(
    channel text, addresses text[], phones text[], email text, name text
) returns uuid
language plpgsql
as $$
#variable_conflict use_variable
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    found_id uuid;
begin
    -- In one order for everybody, so that two who know several addresses do not wait for each other.
    insert into contact_addresses (tenant_id, channel, address)
    select tenant, channel, a from unnest(addresses) as a group by a order by a
    on conflict on constraint contact_addresses_pkey do nothing;
    -- From here on, whoever else writes from one of them waits.
    perform from contact_addresses c
    where c.tenant_id = tenant and c.channel = channel and c.address = any (addresses)
    order by c.address
    for update;

    select c.contact_id
    into found_id
    from contact_addresses c
    join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id and p.deleted_at is null
    where c.tenant_id = tenant and c.channel = channel and c.address = any (addresses)
    order by array_position(addresses, c.address)
    limit 1;
    while found_id is null loop
        select p.id
        into found_id
        from contacts p
        where p.tenant_id = tenant
          and p.deleted_at is null
          and (p.phone = any (phones) or lower(p.email) = lower(email))
        order by array_position(phones, p.phone) nulls last, p.id
        limit 1;
        exit when found_id is not null;
        insert into contacts (tenant_id, display_name, phone, email)
        values (tenant, coalesce(name, phones[1], email, addresses[1]), phones[1], email)
        on conflict do nothing
        returning id into found_id;
        -- Else somebody was faster, and the next round finds what they made.
    end loop;

    -- A deleted contact keeps nothing that would lead new messages to it.
    update contact_addresses c
    set contact_id = found_id
    where c.tenant_id = tenant
      and c.channel = channel
      and c.address = any (addresses)
      and c.contact_id is distinct from found_id
      and not exists (
          select from contacts p where p.tenant_id = tenant and p.id = c.contact_id and p.deleted_at is null
      );
    return found_id;
end
$$;
comment on function app.contact_of(text, text[], text[], text, text) is
    'The contact that writes from these addresses of a channel, made when there is none that lives. phones: the number '
    'and other ways to write it, the one to store first.';

create function app.conversation_of(contact uuid, channel text) returns uuid
language plpgsql
as $$
#variable_conflict use_variable
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    found_id uuid;
begin
    loop
        -- The lock that the message's trigger takes anyway, and nobody archives it meanwhile.
        select c.id
        into found_id
        from conversations c
        where c.tenant_id = tenant and c.contact_id = contact and c.channel = channel and c.status <> 'ARCHIVED'
        for no key update;
        exit when found_id is not null;
        insert into conversations (tenant_id, contact_id, channel)
        values (tenant, contact, channel)
        on conflict do nothing
        returning id into found_id;
        exit when found_id is not null;
    end loop;
    return found_id;
end
$$;
comment on function app.conversation_of(uuid, text) is
    'The conversation with a contact on a channel that is not archived, made when there is none. Locked until the end '
    'of the transaction.';

-- Messages of every kind ---------------------------------------------------------------------------------------------

alter table messages add column provider_kind text;
alter table messages add column payload jsonb;
comment on column messages.provider_kind is 'What the provider calls this kind of message, such as button.';
comment on column messages.payload is
    'What there is besides text and file: location, contacts, buttons, media ids, reactions. docs/inbound-webhooks.md '
    'lists the keys.';
alter table messages add constraint messages_payload_check check (jsonb_typeof(payload) = 'object');
comment on constraint messages_payload_check on messages is 'The payload of a message is a JSON object.';

alter table messages drop constraint messages_content_type_check;
alter table messages add constraint messages_content_type_check check (
    content_type in (
        'TEXT', 'IMAGE', 'AUDIO', 'VIDEO', 'DOCUMENT', 'STICKER', 'LOCATION', 'CONTACT_CARD', 'TEMPLATE',
        'INTERACTIVE', 'SYSTEM', 'UNSUPPORTED'
    )
);
alter table messages add constraint messages_content_type_sender_type_check check (
    content_type <> 'UNSUPPORTED' or sender_type = 'CONTACT'
);
comment on constraint messages_content_type_sender_type_check on messages is
    'Only what a contact sent can be of a kind that is not supported.';
-- A file that only the provider has so far is named by its id there.
alter table messages drop constraint messages_content_type_file_url_file_type_check;
alter table messages add constraint messages_content_type_file_url_file_type_check check (
    case
        when content_type in ('IMAGE', 'AUDIO', 'VIDEO', 'DOCUMENT', 'STICKER')
        then file_type is not null and (file_url is not null or coalesce(payload ? 'media', false))
        when content_type = 'TEXT' then file_url is null and file_type is null
        else (file_url is null) = (file_type is null)
    end
);
comment on constraint messages_content_type_file_url_file_type_check on messages is
    'A media message needs the address and the type of its file; a text message has neither.';
call app.name_partition_parts('messages');
call app.versioned('messages');
call app.logged('messages');
