-- inbox: how what comes in is written down. Each function is one statement of the worker that works through a payload;
-- doing it twice changes nothing.

-- Reports that come before their message -----------------------------------------------------------------------------

create table parked_reports (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    created_at timestamptz not null default now(),
    channel text not null,
    provider_id text not null,
    kind text not null,
    value text,
    occurred_at timestamptz not null,
    code text,
    detail text,
    constraint parked_reports_pkey primary key (tenant_id, id),
    constraint parked_reports_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint parked_reports_provider_id_channel_kind_value_occurred_at_key
        unique nulls not distinct (tenant_id, provider_id, channel, kind, value, occurred_at),
    constraint parked_reports_kind_check check (kind in ('STATUS', 'REACTION'))
);
comment on table parked_reports is
    'What a provider says about a message that has not got its provider id yet. Applied and removed by triggers on '
    'messages, in the transaction in which it gets the id; what nobody ever claims is removed after some time.';
comment on column parked_reports.value is 'The status, or the emoji; null for a reaction that was taken back.';
comment on column parked_reports.occurred_at is 'When it happened, as the provider says.';
comment on column parked_reports.code is 'The provider''s number of what went wrong.';
comment on column parked_reports.detail is 'What went wrong, in the provider''s words.';
create index parked_reports_created_at_idx on parked_reports (tenant_id, created_at);

call app.protect('parked_reports');
create policy owner_directory on parked_reports for select to current_user using (true);

create function app.bare_provider_id(channel text, provider_id text) returns text
language sql immutable parallel safe
as $$
    select case
        when starts_with(provider_id, lower(channel) || ':') then substr(provider_id, length(channel) + 2)
        else provider_id
    end
$$;
comment on function app.bare_provider_id(text, text) is
    'The id of a message without the channel in front. Ids of WhatsApp are unique in the world; those of other '
    'providers are stored as sms:<id>, because each of them may count from 1.';

create function app.lock_provider_message(tenant uuid, channel text, provider_id text) returns void
language sql
as $$
    select pg_advisory_xact_lock(hashtextextended(
        concat_ws('/', tenant, channel, app.bare_provider_id(channel, provider_id)), 7310
    ))
$$;
comment on function app.lock_provider_message(uuid, text, text) is
    'Whoever parks a report and whoever makes its message known take turns: otherwise each could miss the other.';

create function app.apply_provider_event(
    tenant uuid, message uuid, kind text, value text, occurred_at timestamptz, code text, detail text
) returns boolean
language plpgsql
as $$
#variable_conflict use_variable
declare
    was record;
    steps text[];
    step text;
begin
    select m.delivery_status, m.sender_type, coalesce(m.payload, '{}') as payload
    into was
    from messages m
    where m.tenant_id = tenant and m.id = message
    for no key update;
    if kind = 'REACTION' then
        -- Times are whole seconds: of two in one second the one that comes later counts.
        if exists (
            select from jsonb_array_elements(was.payload -> 'reactions') as r
            where r ->> 'by' = 'CONTACT'
              and ((r ->> 'at')::timestamptz > occurred_at
                   or (r ->> 'at')::timestamptz = occurred_at and r ->> 'emoji' is not distinct from value)
        ) then
            return false;
        end if;
        update messages m
        set payload = was.payload || jsonb_build_object('reactions', coalesce(
                (select jsonb_agg(r) from jsonb_array_elements(was.payload -> 'reactions') as r where r ->> 'by' <> 'CONTACT'),
                '[]'
            ) || jsonb_build_object('by', 'CONTACT', 'emoji', value, 'at', occurred_at))
        where m.tenant_id = tenant and m.id = message;
        return true;
    end if;
    -- A status is about what the business sent.
    if was.sender_type = 'CONTACT' then
        return false;
    end if;
    if value = 'DELETED' then
        update messages m
        set payload = was.payload || jsonb_build_object('deletedAt', occurred_at)
        where m.tenant_id = tenant and m.id = message and not was.payload ? 'deletedAt';
        return found;
    end if;
    -- Whoever has read it has got it, also when nobody told us: every step of a way is a step that the rules allow.
    steps := case was.delivery_status || ' ' || value
        when 'QUEUED SENT' then '{SENT}'
        when 'QUEUED DELIVERED' then '{SENT, DELIVERED}'
        when 'QUEUED READ' then '{SENT, READ}'
        when 'QUEUED FAILED' then '{FAILED}'
        when 'SENT DELIVERED' then '{DELIVERED}'
        when 'SENT READ' then '{READ}'
        when 'SENT FAILED' then '{FAILED}'
        when 'DELIVERED READ' then '{READ}'
        else '{}'
    end;
    foreach step in array steps loop
        update messages m
        set delivery_status = step,
            sent_at = case step when 'SENT' then occurred_at else m.sent_at end,
            delivered_at = case step when 'DELIVERED' then occurred_at else m.delivered_at end,
            read_at = case step when 'READ' then occurred_at else m.read_at end,
            failed_at = case step when 'FAILED' then occurred_at else m.failed_at end,
            error_message = case step when 'FAILED' then nullif(concat_ws(': ', code, detail), '') else m.error_message end
        where m.tenant_id = tenant and m.id = message;
    end loop;
    return steps <> '{}';
end
$$;
comment on function app.apply_provider_event(uuid, uuid, text, text, timestamptz, text, text) is
    'Writes down what a provider says about a message. False when that is known already, or older than what is known.';

create function app.provider_event(
    channel text, provider_id text, kind text, value text, occurred_at timestamptz, code text, detail text
) returns text
language plpgsql
as $$
#variable_conflict use_variable
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    bare_id constant text := app.bare_provider_id(channel, provider_id);
    scope constant text := app.widen_scope();
    found_id uuid;
    result text;
begin
    perform app.lock_provider_message(tenant, channel, bare_id);
    select m.id
    into found_id
    from messages m
    join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id and c.channel = channel
    where m.tenant_id = tenant and m.provider_message_id in (bare_id, lower(channel) || ':' || bare_id);
    if found_id is not null then
        result := case
            when app.apply_provider_event(tenant, found_id, kind, value, occurred_at, code, detail) then 'APPLIED'
            else 'IGNORED'
        end;
    else
        insert into parked_reports (tenant_id, channel, provider_id, kind, value, occurred_at, code, detail)
        values (tenant, channel, bare_id, kind, value, occurred_at, code, detail)
        on conflict do nothing;
        result := case when found then 'PARKED' else 'IGNORED' end;
    end if;
    perform set_config('app.scope', scope, true);
    return result;
end
$$;
comment on function app.provider_event(text, text, text, text, timestamptz, text, text) is
    'What a provider says about the message that has this id there: APPLIED, IGNORED (known, or older than what is '
    'known), or PARKED until there is such a message.';

create function app.claim_parked_events(tenant uuid, message uuid, channel text, provider_id text) returns void
language plpgsql
as $$
#variable_conflict use_variable
declare
    parked record;
begin
    for parked in
        with claimed as (
            delete from parked_reports p
            where p.tenant_id = tenant
              and p.provider_id = app.bare_provider_id(channel, provider_id)
              and p.channel = channel
            returning p.*
        )
        select * from claimed order by claimed.occurred_at, claimed.id
    loop
        perform app.apply_provider_event(
            tenant, message, parked.kind, parked.value, parked.occurred_at, parked.code, parked.detail
        );
    end loop;
end
$$;

create function app.messages_provider_known() returns trigger
language plpgsql
as $$
declare
    its_channel constant text := (
        select channel from conversations where tenant_id = new.tenant_id and id = new.conversation_id
    );
begin
    perform app.lock_provider_message(new.tenant_id, its_channel, new.provider_message_id);
    perform app.claim_parked_events(new.tenant_id, new.id, its_channel, new.provider_message_id);
    return null;
end
$$;
create trigger messages_provider_known after update of provider_message_id on messages
    for each row when (
        new.provider_message_id is not null and old.provider_message_id is distinct from new.provider_message_id
    ) execute function app.messages_provider_known();

create function app.messages_provider_known_new() returns trigger
language plpgsql
as $$
declare
    known record;
begin
    -- Without the lock, as history is loaded by the thousand; app.receive_message has taken it before.
    for known in
        select i.tenant_id, i.id, c.channel, i.provider_message_id
        from inserted i
        join conversations c on c.tenant_id = i.tenant_id and c.id = i.conversation_id
        join parked_reports p
            on p.tenant_id = i.tenant_id
            and p.provider_id = app.bare_provider_id(c.channel, i.provider_message_id)
            and p.channel = c.channel
        where i.provider_message_id is not null
        group by i.tenant_id, i.id, c.channel, i.provider_message_id
    loop
        perform app.claim_parked_events(known.tenant_id, known.id, known.channel, known.provider_message_id);
    end loop;
    return null;
end
$$;
create trigger messages_provider_known_new after insert on messages
    referencing new table as inserted
    for each statement execute function app.messages_provider_known_new();

-- Messages -----------------------------------------------------------------------------------------------------------

create function app.receive_message(
    new_id uuid,
    channel text,
    contact uuid,
    addresses text[],
    phones text[],
    email text,
    name text,
    sender_type text,
    provider_id text,
    provider_kind text,
    content_type text,
    content text,
    file_url text,
    file_type text,
    payload jsonb,
    sent_at timestamptz
) returns text
language plpgsql
as $$
#variable_conflict use_variable
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    scope constant text := app.widen_scope();
    result text := 'KNOWN';
begin
    -- Nobody is made for a message that is here already, whose contact may have been deleted since.
    if not exists (select from messages m where m.tenant_id = tenant and m.provider_message_id = provider_id) then
        contact := coalesce(contact, app.contact_of(channel, addresses, phones, email, name));
        perform app.lock_provider_message(tenant, channel, provider_id);
        insert into messages (
            tenant_id, id, created_at, conversation_id, sender_type, provider_message_id, provider_kind, content_type,
            content, file_url, file_type, payload, delivery_status
        ) values (
            tenant, new_id, least(sent_at, clock_timestamp()), app.conversation_of(contact, channel), sender_type,
            provider_id, provider_kind, content_type, content, file_url, file_type, nullif(payload, '{}'), 'DELIVERED'
        )
        on conflict do nothing;
        result := case when found then 'NEW' else 'KNOWN' end;
    end if;
    perform set_config('app.scope', scope, true);
    return result;
end
$$;
comment on function app.receive_message(
    uuid, text, uuid, text[], text[], text, text, text, text, text, text, text, text, text, jsonb, timestamptz
) is
    'Writes down a message that came in: NEW, or KNOWN when it is here already. contact: null to find or make the one '
    'that writes from these addresses.';

create function app.change_address(
    channel text, old_address text, new_address text, old_phones text[], new_phones text[]
) returns uuid
language plpgsql
as $$
#variable_conflict use_variable
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    scope constant text := app.widen_scope();
    moved uuid;
begin
    insert into contact_addresses (tenant_id, channel, address)
    select tenant, channel, a from unnest(array[old_address, new_address]) as a group by a order by a
    on conflict on constraint contact_addresses_pkey do nothing;
    perform from contact_addresses c
    where c.tenant_id = tenant and c.channel = channel and c.address in (old_address, new_address)
    order by c.address
    for update;

    select p.id
    into moved
    from contacts p
    left join contact_addresses c
        on c.tenant_id = p.tenant_id and c.contact_id = p.id and c.channel = channel and c.address = old_address
    where p.tenant_id = tenant
      and p.deleted_at is null
      and (c.contact_id is not null or p.phone = any (old_phones))
    order by c.contact_id is null, p.id
    limit 1;
    if moved is not null then
        -- Whoever has written from the new number already is a contact of that number: people put the two together.
        update contact_addresses c
        set contact_id = moved
        where c.tenant_id = tenant
          and c.channel = channel
          and c.address = new_address
          and not exists (
              select from contacts p where p.tenant_id = tenant and p.id = c.contact_id and p.deleted_at is null
          );
        -- The old number will be somebody else's.
        delete from contact_addresses c
        where c.tenant_id = tenant and c.channel = channel and c.address = old_address;
        begin
            update contacts p
            set phone = new_phones[1]
            where p.tenant_id = tenant and p.id = moved and p.phone = any (old_phones) and new_phones[1] is not null;
        exception
            when unique_violation then
                null;
        end;
    end if;
    perform set_config('app.scope', scope, true);
    return moved;
end
$$;
comment on function app.change_address(text, text, text, text[], text[]) is
    'A contact writes from another address from now on. Its id; null when nobody is known at the old one. The phone '
    'number goes along unless another contact has the new one.';

-- Templates ----------------------------------------------------------------------------------------------------------

alter table whatsapp_templates add column status_reported_at timestamptz;
comment on column whatsapp_templates.status_reported_at is
    'When WhatsApp decided what status says, as far as it told us: older news do not take its place.';
call app.versioned('whatsapp_templates', ignored => '{status_reported_at}');
call app.logged('whatsapp_templates');

create function app.report_template(
    provider_id text, name text, language text, wanted text, reported_at timestamptz
) returns text
language plpgsql
as $$
#variable_conflict use_variable
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    found_template whatsapp_templates;
    steps text[];
    step text;
begin
    select t.*
    into found_template
    from whatsapp_templates t
    where t.tenant_id = tenant
      and (t.provider_template_id = provider_id
           or t.provider_template_id is null
               and t.name = name
               and lower(replace(t.language, '-', '_')) = lower(replace(language, '-', '_')))
    order by t.provider_template_id is null
    limit 1
    for no key update;
    if found_template.id is null then
        return 'UNKNOWN';
    end if;
    if found_template.status_reported_at > reported_at then
        return 'IGNORED';
    end if;
    -- Decisions that we were not told of are made up for, step by step.
    steps := case found_template.status || ' ' || wanted
        when 'PENDING APPROVED' then '{APPROVED}'
        when 'PENDING REJECTED' then '{REJECTED}'
        when 'PENDING PAUSED' then '{APPROVED, PAUSED}'
        when 'PENDING DISABLED' then '{APPROVED, DISABLED}'
        when 'APPROVED PAUSED' then '{PAUSED}'
        when 'APPROVED DISABLED' then '{DISABLED}'
        when 'PAUSED APPROVED' then '{APPROVED}'
        when 'PAUSED DISABLED' then '{DISABLED}'
        when 'REJECTED PENDING' then '{PENDING}'
        when 'REJECTED APPROVED' then '{PENDING, APPROVED}'
        when 'REJECTED PAUSED' then '{PENDING, APPROVED, PAUSED}'
        when 'REJECTED DISABLED' then '{PENDING, APPROVED, DISABLED}'
        else '{}'
    end;
    foreach step in array steps loop
        update whatsapp_templates t set status = step where t.tenant_id = tenant and t.id = found_template.id;
    end loop;
    update whatsapp_templates t
    set status_reported_at = reported_at,
        provider_template_id = coalesce(t.provider_template_id, provider_id)
    where t.tenant_id = tenant and t.id = found_template.id;
    return case when steps = '{}' then 'IGNORED' else 'APPLIED' end;
end
$$;
comment on function app.report_template(text, text, text, text, timestamptz) is
    'What WhatsApp says about a template: APPLIED, IGNORED (known, older than what is known, or a way that does not '
    'exist), or UNKNOWN when there is no such template here.';

-- Retention ----------------------------------------------------------------------------------------------------------

create function app.tenants_with_old_inbound(kept interval) returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select t.id
    from public.tenants t
    where exists (select from public.inbound_payloads p where p.tenant_id = t.id and p.processed_at < now() - kept)
       or exists (select from public.parked_reports e where e.tenant_id = t.id and e.created_at < now() - kept)
$$;
comment on function app.tenants_with_old_inbound(interval) is
    'Tenants with payloads that were processed longer ago than this, or reports that nobody claimed for so long.';
revoke execute on function app.tenants_with_old_inbound(interval) from public;
grant execute on function app.tenants_with_old_inbound(interval) to mostrador_api;
