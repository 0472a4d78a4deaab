-- integrations: connections to other systems, of a user or of the whole tenant; when they are synchronized, and what
-- came of it.

-- Connections --------------------------------------------------------------------------------------------------------

create table integrations (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid,
    provider text not null,
    access_token bytea,
    refresh_token bytea,
    scopes text,
    connected_at timestamptz,
    expires_at timestamptz,
    is_active boolean not null default true,
    last_sync_at timestamptz,
    consecutive_failures integer not null default 0,
    last_failure text,
    alerted_at timestamptz,
    refresh_at timestamptz,
    constraint integrations_pkey primary key (tenant_id, id),
    constraint integrations_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint integrations_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint integrations_user_id_provider_key unique nulls not distinct (tenant_id, user_id, provider),
    constraint integrations_provider_check check (
        provider in ('GMAIL', 'GOOGLE_CALENDAR', 'NOTION', 'SLACK', 'GITHUB', 'HUBSPOT', 'TMS', 'SLC', 'OTHER')
    ),
    constraint integrations_scopes_check check (app.is_filled(scopes) and length(scopes) <= 2000),
    constraint integrations_access_token_connected_at_check check ((access_token is null) = (connected_at is null)),
    constraint integrations_refresh_token_access_token_check check (refresh_token is null or access_token is not null),
    constraint integrations_is_active_access_token_check check (not is_active or access_token is not null),
    constraint integrations_consecutive_failures_check check (consecutive_failures >= 0),
    -- Codes only: what another system says may quote what was sent to it.
    constraint integrations_last_failure_check check (last_failure ~ '^[A-Z][A-Z0-9_]*$')
);
comment on table integrations is 'A connection to another system: of a user, or, without one, of the whole tenant.';
comment on column integrations.access_token is 'Sealed: what opens the other system.';
comment on column integrations.refresh_token is 'Sealed: with what a new access token is got.';
comment on column integrations.connected_at is
    'When the present tokens were given by a person; null when there are none.';
comment on column integrations.last_failure is 'Why the last attempt failed, as a code; null once one has succeeded.';
comment on column integrations.alerted_at is
    'When three attempts in a row had failed and the connection was switched off.';
comment on column integrations.refresh_at is
    'Until when somebody is getting new tokens, as a lease; null or past for nobody. In it, at most one gateway asks.';
comment on constraint integrations_user_id_provider_key on integrations is
    'There is already a connection to this provider.';
comment on constraint integrations_scopes_check on integrations is 'Scopes have 1 to 2000 characters.';
comment on constraint integrations_is_active_access_token_check on integrations is
    'A connection without credentials cannot be switched on. Connect it again.';
create index integrations_user_id_idx on integrations (tenant_id, user_id, id);
create index integrations_expires_at_idx on integrations (tenant_id, expires_at)
    where is_active and refresh_token is not null;

call app.protect('integrations', hidden => '{access_token, refresh_token}');
-- One's own, and, for who administers connections, those of the business; not those of others, whatever the role. The
-- workers that refresh and synchronize see every one.
create policy integrations_own on integrations as restrictive to mostrador_api using (
    user_id = (select nullif(current_setting('app.user_id', true), '')::uuid)
    or (user_id is null and (select app.in_scope('integrations')))
    or (select app.in_scope('every_integration'))
);
call app.versioned('integrations', ignored => '{access_token, refresh_token, last_sync_at, refresh_at, expires_at}');
call app.fixed('integrations', '{user_id, provider}');
call app.living_references('integrations', '{"user_id": "users"}');
call app.logged(
    'integrations', 'integration', parent => 'user_id', routing => '{user_id}',
    ignored => '{access_token, refresh_token, refresh_at}'
);
call app.audited('integrations', 'Integration', '{
    "insert": "integration.created", "delete": "integration.disconnected",
    "columns": {
        "alerted_at": {"null": "integration.recovered", "*": "integration.failed"},
        "connected_at": {"null": "integration.disconnected", "*": "integration.connected"},
        "is_active": {"true": "integration.activated", "false": "integration.deactivated"}
    }
}', ignored => '{last_sync_at, refresh_at, expires_at, consecutive_failures, last_failure}');

create function app.integrations_health() returns trigger
language plpgsql
as $$
begin
    if new.consecutive_failures >= 3 and old.consecutive_failures < 3 and new.is_active then
        new.is_active := false;
        new.alerted_at := now();
    elsif new.connected_at is distinct from old.connected_at or new.is_active and not old.is_active then
        -- Somebody has put it right, or says so.
        new.consecutive_failures := 0;
        new.last_failure := null;
        new.alerted_at := null;
        new.refresh_at := null;
    elsif new.consecutive_failures = 0 then
        new.last_failure := null;
    end if;
    return new;
end
$$;
comment on function app.integrations_health() is
    'Three failures in a row switch a connection off and say so; connecting it again, or switching it on, forgets them.';
create trigger integrations_health before update on integrations
    for each row execute function app.integrations_health();

create policy owner_directory on integrations for select to current_user using (true);

create function app.tenants_with_expiring_integrations(ahead interval) returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select t.id
    from public.tenants t
    where t.status in ('TRIAL', 'ACTIVE')
      and exists (
          select
          from public.integrations i
          where i.tenant_id = t.id
            and i.is_active
            and i.refresh_token is not null
            and i.expires_at <= now() + ahead
            and coalesce(i.refresh_at <= now(), true)
      )
$$;
comment on function app.tenants_with_expiring_integrations(interval) is
    'Tenants with a connection whose access token expires so soon.';

-- On the way to a provider -------------------------------------------------------------------------------------------

create table integration_flows (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    created_at timestamptz not null default now(),
    state_hash bytea not null,
    provider text not null,
    redirect_uri text not null,
    user_id uuid not null,
    is_of_tenant boolean not null,
    secrets bytea not null,
    expires_at timestamptz not null,
    constraint integration_flows_pkey primary key (tenant_id, id),
    constraint integration_flows_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint integration_flows_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint integration_flows_state_hash_key unique (tenant_id, state_hash),
    constraint integration_flows_state_hash_check check (octet_length(state_hash) = 32)
);
comment on table integration_flows is
    'A user on the way to a provider, to allow us in: deleted when the user comes back, or some time after it expired.';
comment on column integration_flows.state_hash is 'SHA-256 of what goes to the provider and comes back.';
comment on column integration_flows.user_id is 'Who went, and alone may come back.';
comment on column integration_flows.is_of_tenant is 'Whether the connection will be that of the whole tenant.';
comment on column integration_flows.secrets is 'Sealed: the code verifier.';
create index integration_flows_user_id_idx on integration_flows (tenant_id, user_id);
create index integration_flows_expires_at_idx on integration_flows (tenant_id, expires_at);
call app.protect('integration_flows', hidden => '{state_hash, secrets}');

-- Synchronization ----------------------------------------------------------------------------------------------------

create table integration_sync_settings (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    integration_id uuid not null,
    is_enabled boolean not null default true,
    direction text not null default 'PULL',
    interval_minutes integer not null default 60,
    field_mapping jsonb,
    cursor text,
    next_sync_at timestamptz,
    constraint integration_sync_settings_pkey primary key (tenant_id, id),
    constraint integration_sync_settings_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint integration_sync_settings_integration_id_fkey foreign key (tenant_id, integration_id)
        references integrations on delete cascade,
    constraint integration_sync_settings_integration_id_key unique (tenant_id, integration_id),
    constraint integration_sync_settings_direction_check check (direction in ('PULL', 'PUSH', 'BOTH')),
    constraint integration_sync_settings_interval_minutes_check check (interval_minutes between 5 and 43200),
    constraint integration_sync_settings_field_mapping_check check (
        field_mapping is null
        or jsonb_typeof(field_mapping) = 'object'
            and not jsonb_path_exists(field_mapping, '$.* ? (@.type() != "string")')
            and length(field_mapping::text) <= 8192
    ),
    constraint integration_sync_settings_cursor_check check (length(cursor) between 1 and 4096),
    constraint integration_sync_settings_next_sync_at_check check (not is_enabled or next_sync_at is not null)
);
comment on table integration_sync_settings is 'When and how a connection is synchronized; at most one row each.';
comment on column integration_sync_settings.field_mapping is
    'Our field → the name of the other system''s field, as {"email": "email_address"}; null for the same names.';
comment on column integration_sync_settings.cursor is
    'The place reached by the last sync, as the other system and we wrote it down.';
comment on column integration_sync_settings.next_sync_at is 'When the next sync begins; null while it is switched off.';
comment on constraint integration_sync_settings_integration_id_key on integration_sync_settings is
    'This connection has its sync settings already.';
comment on constraint integration_sync_settings_direction_check on integration_sync_settings is
    'A sync goes in the direction PULL, PUSH or BOTH.';
comment on constraint integration_sync_settings_interval_minutes_check on integration_sync_settings is
    'The interval of a sync has 5 to 43200 minutes (30 days).';
comment on constraint integration_sync_settings_field_mapping_check on integration_sync_settings is
    'A field mapping is an object whose values are names of fields, 8192 characters at most.';
comment on constraint integration_sync_settings_cursor_check on integration_sync_settings is
    'A cursor has 1 to 4096 characters.';
comment on constraint integration_sync_settings_next_sync_at_check on integration_sync_settings is
    'A sync that is switched on has a time at which it begins.';
create index integration_sync_settings_next_sync_at_idx on integration_sync_settings (tenant_id, next_sync_at)
    where is_enabled;

call app.protect('integration_sync_settings');
create policy integration_sync_settings_own on integration_sync_settings as restrictive to mostrador_api using (
    exists (
        select
        from integrations i
        where i.tenant_id = integration_sync_settings.tenant_id and i.id = integration_sync_settings.integration_id
    )
);
call app.fixed('integration_sync_settings', '{integration_id}');
call app.versioned('integration_sync_settings', ignored => '{cursor, next_sync_at}');
call app.logged('integration_sync_settings', 'integration_sync_settings', parent => 'integration_id');

create function app.integration_sync_settings_next() returns trigger
language plpgsql
as $$
begin
    if not new.is_enabled then
        new.next_sync_at := null;
    elsif tg_op = 'INSERT' or not old.is_enabled then
        new.next_sync_at := coalesce(new.next_sync_at, now());
    elsif new.interval_minutes <> old.interval_minutes then
        new.next_sync_at := least(old.next_sync_at, now() + make_interval(mins => new.interval_minutes));
    end if;
    return new;
end
$$;
create function app.integration_sync_settings_connection() returns trigger
language plpgsql
as $$
begin
    -- The policy would refuse it without a sentence, and before the foreign key is asked.
    if not exists (select from integrations i where i.tenant_id = new.tenant_id and i.id = new.integration_id) then
        perform app.refuse('NOT_FOUND', 'integration_id', 'There is no integration with this ID.');
    end if;
    return new;
end
$$;
create trigger integration_sync_settings_connection before insert on integration_sync_settings
    for each row execute function app.integration_sync_settings_connection();

create trigger integration_sync_settings_next
    before insert or update of is_enabled, interval_minutes on integration_sync_settings
    for each row execute function app.integration_sync_settings_next();

create policy owner_directory on integration_sync_settings for select to current_user using (true);

create function app.tenants_with_due_syncs() returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select t.id
    from public.tenants t
    where t.status in ('TRIAL', 'ACTIVE')
      and exists (
          select
          from public.integration_sync_settings s
          join public.integrations i on i.tenant_id = s.tenant_id and i.id = s.integration_id and i.is_active
          where s.tenant_id = t.id and s.is_enabled and s.next_sync_at <= now()
      )
$$;
comment on function app.tenants_with_due_syncs() is 'Tenants with a connection to synchronize now.';

create function app.queue_due_syncs(tenant uuid) returns integer
language plpgsql
as $$
declare
    due uuid;
    queued integer := 0;
begin
    for due in
        update integration_sync_settings s
        set next_sync_at = now() + make_interval(mins => s.interval_minutes)
        from integrations i
        where s.tenant_id = tenant
          and s.is_enabled
          and s.next_sync_at <= now()
          and i.tenant_id = s.tenant_id
          and i.id = s.integration_id
          and i.is_active
        returning s.integration_id
    loop
        -- One that is still under way is not begun a second time.
        perform app.enqueue_job(
            'sync_integration', jsonb_build_object('integration_id', due), key => 'sync_integration:' || due,
            tenant => tenant
        );
        queued := queued + 1;
    end loop;
    return queued;
end
$$;
comment on function app.queue_due_syncs(uuid) is
    'Queues the syncs of a tenant whose time has come and sets the next time, so that each interval has one.';

create table sync_logs (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    integration_id uuid not null,
    last_sync_at timestamptz not null default now(),
    finished_at timestamptz,
    items_synced integer not null default 0,
    status text not null default 'RUNNING',
    error_message text,
    constraint sync_logs_pkey primary key (tenant_id, id),
    constraint sync_logs_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint sync_logs_integration_id_fkey foreign key (tenant_id, integration_id)
        references integrations on delete cascade,
    constraint sync_logs_items_synced_check check (items_synced >= 0),
    constraint sync_logs_status_finished_at_check check ((status = 'RUNNING') = (finished_at is null)),
    constraint sync_logs_last_sync_at_finished_at_check check (finished_at >= last_sync_at),
    constraint sync_logs_status_error_message_check check ((error_message is not null) = (status in ('PARTIAL', 'FAILED')))
);
comment on table sync_logs is 'What came of each sync: one row for each, which is never changed once it is over.';
comment on column sync_logs.last_sync_at is 'When it began.';
comment on column sync_logs.error_message is
    'In words of ours: what another system says may quote what was sent to it.';
create index sync_logs_integration_id_idx on sync_logs (tenant_id, integration_id, id desc);

call app.protect('sync_logs');
create policy sync_logs_own on sync_logs as restrictive to mostrador_api using (
    exists (
        select from integrations i where i.tenant_id = sync_logs.tenant_id and i.id = sync_logs.integration_id
    )
);
call app.state_machine('sync_logs', 'status', '{
    "RUNNING": ["SUCCESS", "PARTIAL", "FAILED"],
    "SUCCESS": [],
    "PARTIAL": [],
    "FAILED": []
}');
call app.fixed('sync_logs', '{integration_id, last_sync_at}');
call app.versioned('sync_logs', ignored => '{items_synced}');
call app.logged('sync_logs', 'sync_log', parent => 'integration_id');

create function app.sync_logs_over() returns trigger
language plpgsql
as $$
begin
    perform app.refuse('FORBIDDEN', null, 'The log of a sync is kept as it was written.');
    return null;
end
$$;
create trigger sync_logs_over before update on sync_logs
    for each row when (old.finished_at is not null) execute function app.sync_logs_over();

create function app.integrations_parts_gone() returns trigger
language plpgsql
as $$
begin
    insert into public.changes (tenant_id, entity, row_id, kind, parent_id, before)
    select old.tenant_id, p.entity, p.id, 'DELETE', old.id, jsonb_build_object('user_id', old.user_id)
    from (
        select 'integration_sync_settings' as entity, s.id
        from integration_sync_settings s
        where s.tenant_id = old.tenant_id and s.integration_id = old.id
        union all
        select 'sync_log', l.id from sync_logs l where l.tenant_id = old.tenant_id and l.integration_id = old.id
    ) p;
    return old;
end
$$;
comment on function app.integrations_parts_gone() is
    'What belongs to a connection goes with it. Whose it was is told while it is known: when the key removes the rows, '
    'nobody can say it any more, so what the log writes then is told to nobody.';
create trigger integrations_parts_gone before delete on integrations
    for each row execute function app.integrations_parts_gone();

create function app.integration_sync_settings_gone() returns trigger
language plpgsql
as $$
begin
    -- Together with the connection there is none any more, and the trigger above has told it.
    insert into public.changes (tenant_id, entity, row_id, kind, parent_id, before)
    select old.tenant_id, 'integration_sync_settings', old.id, 'DELETE', i.id, jsonb_build_object('user_id', i.user_id)
    from integrations i
    where i.tenant_id = old.tenant_id and i.id = old.integration_id;
    return old;
end
$$;
comment on function app.integration_sync_settings_gone() is 'As app.integrations_parts_gone, of settings removed alone.';
create trigger integration_sync_settings_gone before delete on integration_sync_settings
    for each row execute function app.integration_sync_settings_gone();

revoke execute on function
    app.tenants_with_expiring_integrations(interval), app.tenants_with_due_syncs()
    from public;
grant execute on function
    app.tenants_with_expiring_integrations(interval), app.tenants_with_due_syncs()
    to mostrador_api;
