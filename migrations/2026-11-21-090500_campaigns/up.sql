-- campaigns: messages to many contacts, cut into batches.

create table campaigns (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    created_by_id uuid,
    template_id uuid,
    name text not null,
    channel text not null,
    status text not null default 'DRAFT',
    total_contacts integer not null default 0,
    total_batches integer not null default 0,
    batches_sent integer not null default 0,
    batches_failed integer not null default 0,
    audience jsonb,
    scheduled_for timestamptz,
    completed_at timestamptz,
    constraint campaigns_pkey primary key (tenant_id, id),
    constraint campaigns_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint campaigns_created_by_id_fkey foreign key (tenant_id, created_by_id)
        references users on delete set null (created_by_id),
    constraint campaigns_template_id_fkey foreign key (tenant_id, template_id)
        references whatsapp_templates on delete set null (template_id),
    constraint campaigns_name_check check (app.is_filled(name)),
    constraint campaigns_channel_check check (
        channel in ('WHATSAPP', 'CALL', 'SMS', 'EMAIL', 'WEB_CHAT', 'INSTAGRAM', 'MESSENGER')
    ),
    constraint campaigns_total_contacts_check check (total_contacts >= 0),
    constraint campaigns_batches_sent_check check (batches_sent >= 0),
    constraint campaigns_batches_failed_check check (batches_failed >= 0),
    constraint campaigns_batches_sent_batches_failed_total_batches_check check (
        batches_sent + batches_failed <= total_batches
    )
);
comment on table campaigns is 'One message to many contacts.';
comment on column campaigns.total_contacts is 'Contacts in all batches; kept by triggers on campaign_batches.';
comment on column campaigns.total_batches is 'Kept by triggers on campaign_batches.';
comment on column campaigns.batches_sent is 'Batches in SENT; kept by triggers on campaign_batches.';
comment on column campaigns.batches_failed is 'Batches in FAILED; kept by triggers on campaign_batches.';
comment on column campaigns.audience is 'The filter that chooses the contacts at launch.';
comment on column campaigns.completed_at is 'When it became COMPLETED or FAILED.';
comment on constraint campaigns_name_check on campaigns is 'The name must not be empty.';
comment on constraint campaigns_batches_sent_batches_failed_total_batches_check on campaigns is
    'More batches are finished than there are.';

call app.soft_deletable('campaigns');
create index campaigns_status_idx on campaigns (tenant_id, status);
create index campaigns_created_by_id_idx on campaigns (tenant_id, created_by_id);
create index campaigns_template_id_idx on campaigns (tenant_id, template_id);
create index campaigns_created_at_idx on campaigns (tenant_id, created_at desc, id desc);

call app.protect('campaigns');
call app.state_machine('campaigns', 'status', '{
    "DRAFT": ["SCHEDULED", "RUNNING", "CANCELLED"],
    "SCHEDULED": ["DRAFT", "RUNNING", "CANCELLED"],
    "RUNNING": ["PAUSED", "COMPLETED", "FAILED", "CANCELLED"],
    "PAUSED": ["RUNNING", "CANCELLED"],
    "COMPLETED": [],
    "FAILED": [],
    "CANCELLED": []
}');
call app.versioned('campaigns', ignored => '{total_contacts, total_batches, batches_sent, batches_failed}');
call app.living_references('campaigns', '{"created_by_id": "users"}');

create table campaign_batches (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    campaign_id uuid not null,
    batch_number integer not null,
    total_batches integer not null,
    contacts jsonb not null,
    status text not null default 'PENDING',
    webhook_url text,
    webhook_payload jsonb,
    scheduled_for timestamptz,
    processed_at timestamptz,
    error_message text,
    attempts integer not null default 0,
    constraint campaign_batches_pkey primary key (tenant_id, id),
    constraint campaign_batches_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint campaign_batches_campaign_id_fkey foreign key (tenant_id, campaign_id)
        references campaigns on delete cascade,
    constraint campaign_batches_campaign_id_batch_number_key unique (tenant_id, campaign_id, batch_number),
    constraint campaign_batches_batch_number_total_batches_check check (batch_number between 1 and total_batches),
    constraint campaign_batches_contacts_check check (jsonb_typeof(contacts) = 'array'),
    constraint campaign_batches_webhook_url_check check (app.is_url(webhook_url)),
    constraint campaign_batches_attempts_check check (attempts >= 0)
);
comment on table campaign_batches is 'A part of a campaign that a worker sends in one go.';
comment on column campaign_batches.total_batches is 'How many batches the launch cut.';
comment on column campaign_batches.contacts is 'A JSON array of {id, phone, name, variables}, as they were at launch.';
comment on column campaign_batches.scheduled_for is 'Not sent before this time; null: at once.';
comment on column campaign_batches.processed_at is 'When it became SENT or FAILED; kept by a trigger.';
comment on constraint campaign_batches_campaign_id_batch_number_key on campaign_batches is
    'The campaign already has a batch with this number.';
comment on constraint campaign_batches_batch_number_total_batches_check on campaign_batches is
    'Batches are numbered from 1 to their total.';
comment on constraint campaign_batches_contacts_check on campaign_batches is 'The contacts of a batch are a list.';
comment on constraint campaign_batches_webhook_url_check on campaign_batches is 'This is not a web address.';
create index campaign_batches_scheduled_for_idx on campaign_batches (tenant_id, scheduled_for)
    where status = 'PENDING';

call app.protect('campaign_batches');
call app.state_machine('campaign_batches', 'status', '{
    "PENDING": ["PROCESSING", "CANCELLED"],
    "PROCESSING": ["SENT", "FAILED"],
    "FAILED": ["PENDING"],
    "SENT": [],
    "CANCELLED": []
}');
call app.versioned('campaign_batches', ignored => '{attempts}');
call app.fixed('campaign_batches', '{campaign_id, contacts}');
call app.living_references('campaign_batches', '{"campaign_id": "campaigns"}');

create function app.campaign_batches_processed_at() returns trigger
language plpgsql
as $$
begin
    new.processed_at := case when new.status in ('SENT', 'FAILED') then now() end;
    return new;
end
$$;
create trigger campaign_batches_processed_at before update of status on campaign_batches
    for each row when (
        old.status is distinct from new.status and old.processed_at is not distinct from new.processed_at
    )
    execute function app.campaign_batches_processed_at();

-- Counters -----------------------------------------------------------------------------------------------------------

create function app.campaign_batches_inserted() returns trigger
language plpgsql
as $$
begin
    update campaigns c
    set total_batches = c.total_batches + b.batches,
        total_contacts = c.total_contacts + b.contacts,
        batches_sent = c.batches_sent + b.sent,
        batches_failed = c.batches_failed + b.failed
    from (
        select tenant_id,
               campaign_id,
               count(*) as batches,
               sum(jsonb_array_length(contacts)) as contacts,
               count(*) filter (where status = 'SENT') as sent,
               count(*) filter (where status = 'FAILED') as failed
        from inserted
        group by tenant_id, campaign_id
    ) b
    where c.tenant_id = b.tenant_id and c.id = b.campaign_id;
    return null;
end
$$;
create trigger campaign_batches_inserted after insert on campaign_batches
    referencing new table as inserted
    for each statement execute function app.campaign_batches_inserted();

create function app.campaign_batches_updated() returns trigger
language plpgsql
as $$
begin
    update campaigns c
    set batches_sent = c.batches_sent + b.sent,
        batches_failed = c.batches_failed + b.failed
    from (
        select n.tenant_id,
               n.campaign_id,
               sum((n.status = 'SENT')::integer - (o.status = 'SENT')::integer) as sent,
               sum((n.status = 'FAILED')::integer - (o.status = 'FAILED')::integer) as failed
        from was o
        join becomes n on n.tenant_id = o.tenant_id and n.id = o.id
        where n.status <> o.status
        group by n.tenant_id, n.campaign_id
    ) b
    where c.tenant_id = b.tenant_id and c.id = b.campaign_id and (b.sent <> 0 or b.failed <> 0);

    -- A statement of its own, so that of two workers who finish at the same moment the later one sees both.
    update campaigns c
    set status = case when c.batches_sent = 0 then 'FAILED' else 'COMPLETED' end
    where c.status = 'RUNNING'
      and c.batches_sent + c.batches_failed = c.total_batches
      and (c.tenant_id, c.id) in (select tenant_id, campaign_id from becomes);
    return null;
end
$$;
create trigger campaign_batches_updated after update on campaign_batches
    referencing old table as was new table as becomes
    for each statement execute function app.campaign_batches_updated();

create function app.campaign_batches_deleted() returns trigger
language plpgsql
as $$
begin
    update campaigns c
    set total_batches = c.total_batches - b.batches,
        total_contacts = c.total_contacts - b.contacts,
        batches_sent = c.batches_sent - b.sent,
        batches_failed = c.batches_failed - b.failed
    from (
        select tenant_id,
               campaign_id,
               count(*) as batches,
               sum(jsonb_array_length(contacts)) as contacts,
               count(*) filter (where status = 'SENT') as sent,
               count(*) filter (where status = 'FAILED') as failed
        from deleted
        group by tenant_id, campaign_id
    ) b
    where c.tenant_id = b.tenant_id and c.id = b.campaign_id;
    return null;
end
$$;
create trigger campaign_batches_deleted after delete on campaign_batches
    referencing old table as deleted
    for each statement execute function app.campaign_batches_deleted();

-- What the status of a campaign entails ------------------------------------------------------------------------------

create function app.campaigns_status() returns trigger
language plpgsql
as $$
begin
    -- Batches in flight may have finished the campaign while it was paused.
    if new.status = 'RUNNING' and new.total_batches > 0
        and new.batches_sent + new.batches_failed = new.total_batches
    then
        update campaigns
        set status = case when batches_sent = 0 then 'FAILED' else 'COMPLETED' end
        where tenant_id = new.tenant_id and id = new.id;
    elsif new.status = 'CANCELLED' then
        update campaign_batches
        set status = 'CANCELLED'
        where tenant_id = new.tenant_id and campaign_id = new.id and status = 'PENDING';
    end if;
    return null;
end
$$;
create trigger campaigns_status after update on campaigns
    for each row when (old.status <> new.status and new.status in ('RUNNING', 'CANCELLED'))
    execute function app.campaigns_status();

create function app.campaigns_completed_at() returns trigger
language plpgsql
as $$
begin
    new.completed_at := now();
    return new;
end
$$;
create trigger campaigns_completed_at before insert or update on campaigns
    for each row when (new.status in ('COMPLETED', 'FAILED') and new.completed_at is null)
    execute function app.campaigns_completed_at();
