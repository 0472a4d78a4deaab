-- crm, second half: what is done with contacts. Leads and their activities, interactions, tasks.

-- Leads --------------------------------------------------------------------------------------------------------------

create table leads (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    contact_id uuid not null,
    assigned_to_id uuid,
    source text not null,
    status text not null default 'NEW',
    priority text not null default 'NORMAL',
    budget_min numeric(14, 2),
    budget_max numeric(14, 2),
    currency char(3) not null,
    preferences text,
    notes text,
    last_contact_at timestamptz,
    constraint leads_pkey primary key (tenant_id, id),
    constraint leads_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint leads_contact_id_fkey foreign key (tenant_id, contact_id) references contacts on delete cascade,
    constraint leads_assigned_to_id_fkey foreign key (tenant_id, assigned_to_id)
        references users on delete set null (assigned_to_id),
    constraint leads_source_check check (
        source in (
            'WEBSITE', 'WALK_IN', 'REFERRAL', 'PHONE', 'WHATSAPP', 'EMAIL', 'SOCIAL_MEDIA', 'CAMPAIGN', 'MARKETPLACE',
            'OTHER'
        )
    ),
    constraint leads_priority_check check (priority in ('LOW', 'NORMAL', 'HIGH', 'URGENT')),
    constraint leads_budget_min_check check (budget_min >= 0),
    constraint leads_budget_max_check check (budget_max >= 0),
    constraint leads_budget_min_budget_max_check check (budget_min <= budget_max)
);
comment on table leads is 'A chance to sell something to a contact.';
comment on column leads.last_contact_at is 'Moves forward with activities that are a contact with the person.';
comment on constraint leads_budget_min_check on leads is 'A budget is not negative.';
comment on constraint leads_budget_max_check on leads is 'A budget is not negative.';
comment on constraint leads_budget_min_budget_max_check on leads is
    'The lower end of the budget is above its upper end.';

call app.soft_deletable('leads');
create index leads_contact_id_idx on leads (tenant_id, contact_id);
create index leads_assigned_to_id_idx on leads (tenant_id, assigned_to_id, status);
create index leads_status_idx on leads (tenant_id, status, priority);
create index leads_created_at_idx on leads (tenant_id, created_at desc, id desc);

call app.protect('leads');
call app.currency_of_tenant('leads');
call app.state_machine('leads', 'status', '{
    "NEW": ["CONTACTED", "QUALIFIED", "NEGOTIATION", "WON", "LOST"],
    "CONTACTED": ["QUALIFIED", "NEGOTIATION", "WON", "LOST"],
    "QUALIFIED": ["NEGOTIATION", "WON", "LOST"],
    "NEGOTIATION": ["WON", "LOST"],
    "WON": [],
    "LOST": ["NEW"]
}');
call app.versioned('leads', ignored => '{last_contact_at}');
call app.living_references('leads', '{"contact_id": "contacts", "assigned_to_id": "users"}');

create table lead_activities (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    created_at timestamptz not null default now(),
    lead_id uuid not null,
    user_id uuid,
    activity_type text not null,
    description text,
    occurred_at timestamptz not null default now(),
    metadata jsonb,
    constraint lead_activities_pkey primary key (tenant_id, id),
    constraint lead_activities_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint lead_activities_lead_id_fkey foreign key (tenant_id, lead_id) references leads on delete cascade,
    constraint lead_activities_user_id_fkey foreign key (tenant_id, user_id)
        references users on delete set null (user_id),
    constraint lead_activities_activity_type_check check (
        activity_type in (
            'CALL', 'EMAIL', 'MEETING', 'NOTE', 'WHATSAPP', 'TEST_DRIVE', 'VIEWING', 'STATUS_CHANGE', 'OTHER'
        )
    )
);
comment on table lead_activities is 'What was done for a lead; changes of its status are written by a trigger.';
comment on column lead_activities.metadata is 'For STATUS_CHANGE: from and to.';
create index lead_activities_lead_id_idx on lead_activities (tenant_id, lead_id, occurred_at desc);
create index lead_activities_user_id_idx on lead_activities (tenant_id, user_id);

call app.protect_append_only('lead_activities');
call app.living_references('lead_activities', '{"lead_id": "leads", "user_id": "users"}');

create function app.leads_status_activity() returns trigger
language plpgsql
as $$
begin
    insert into lead_activities (tenant_id, lead_id, user_id, activity_type, description, metadata)
    values (
        new.tenant_id, new.id, app.acting_user(new.tenant_id), 'STATUS_CHANGE',
        nullif(current_setting('app.reason', true), ''),
        jsonb_build_object('from', old.status, 'to', new.status)
    );
    return null;
end
$$;
create trigger leads_status_activity after update on leads
    for each row when (old.status is distinct from new.status) execute function app.leads_status_activity();

create function app.lead_activities_last_contact() returns trigger
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
create trigger lead_activities_last_contact after insert on lead_activities
    for each row when (new.activity_type in ('CALL', 'EMAIL', 'MEETING', 'WHATSAPP', 'TEST_DRIVE', 'VIEWING'))
    execute function app.lead_activities_last_contact();

-- Interactions -------------------------------------------------------------------------------------------------------

create table interactions (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    contact_id uuid not null,
    user_id uuid,
    type text not null,
    notes text,
    occurred_at timestamptz not null default now(),
    outcome text,
    constraint interactions_pkey primary key (tenant_id, id),
    constraint interactions_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint interactions_contact_id_fkey foreign key (tenant_id, contact_id) references contacts on delete cascade,
    constraint interactions_user_id_fkey foreign key (tenant_id, user_id) references users on delete set null (user_id),
    constraint interactions_type_check check (type in ('EMAIL', 'CALL', 'MEETING', 'NOTE'))
);
comment on table interactions is 'A touch with a contact that somebody wrote down.';
create index interactions_contact_id_idx on interactions (tenant_id, contact_id, occurred_at desc);
create index interactions_user_id_idx on interactions (tenant_id, user_id);

call app.protect('interactions');
call app.versioned('interactions');
call app.living_references('interactions', '{"contact_id": "contacts", "user_id": "users"}');

create function app.interactions_contacted() returns trigger
language plpgsql
as $$
begin
    perform app.contacted(new.tenant_id, new.contact_id, new.occurred_at);
    return null;
end
$$;
create trigger interactions_contacted after insert or update of contact_id, occurred_at on interactions
    for each row execute function app.interactions_contacted();

-- Tasks --------------------------------------------------------------------------------------------------------------

create table tasks (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    owner_id uuid,
    contact_id uuid,
    title text not null,
    description text,
    status text not null default 'PENDING',
    priority text not null default 'NORMAL',
    category text not null default 'GENERAL',
    due_date timestamptz,
    progress integer not null default 0,
    constraint tasks_pkey primary key (tenant_id, id),
    constraint tasks_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint tasks_owner_id_fkey foreign key (tenant_id, owner_id) references users on delete set null (owner_id),
    constraint tasks_contact_id_fkey foreign key (tenant_id, contact_id)
        references contacts on delete set null (contact_id),
    constraint tasks_title_check check (app.is_filled(title)),
    constraint tasks_priority_check check (priority in ('LOW', 'NORMAL', 'HIGH', 'URGENT')),
    constraint tasks_category_check check (
        category in ('FOLLOW_UP', 'CALL', 'VIEWING', 'PAPERWORK', 'MARKETING', 'ANALYSIS', 'GENERAL')
    ),
    constraint tasks_progress_check check (progress between 0 and 100)
);
comment on table tasks is 'Something a user has to do, perhaps for a contact or a property.';
comment on column tasks.owner_id is 'Given with every new task; null only after its user was purged.';
comment on column tasks.progress is 'Per cent. COMPLETED makes it 100; 100 does not complete a task.';
comment on constraint tasks_title_check on tasks is 'The title must not be empty.';
comment on constraint tasks_progress_check on tasks is 'Progress goes from 0 to 100.';

call app.soft_deletable('tasks');
create index tasks_owner_id_idx on tasks (tenant_id, owner_id);
create index tasks_contact_id_idx on tasks (tenant_id, contact_id);
create index tasks_status_idx on tasks (tenant_id, status);
create index tasks_due_date_idx on tasks (tenant_id, due_date, id);

call app.protect('tasks');
call app.state_machine('tasks', 'status', '{
    "PENDING": ["PROCESSING", "COMPLETED", "FAILED"],
    "PROCESSING": ["PENDING", "COMPLETED", "FAILED"],
    "FAILED": ["PENDING"],
    "COMPLETED": ["PENDING"]
}');
call app.versioned('tasks');
call app.living_references('tasks', '{"owner_id": "users", "contact_id": "contacts"}');

create function app.tasks_progress() returns trigger
language plpgsql
as $$
begin
    -- A value out of range is left to the CHECK.
    if new.progress between 0 and 99 or new.progress is null then
        new.progress := 100;
    end if;
    return new;
end
$$;
create trigger tasks_progress before insert or update on tasks
    for each row when (new.status = 'COMPLETED') execute function app.tasks_progress();
