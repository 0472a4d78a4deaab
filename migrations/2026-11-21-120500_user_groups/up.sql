-- identity: what users set for themselves, and groups of users whose lists add to each member's own.

-- Personal data ------------------------------------------------------------------------------------------------------

create procedure app.personal(target regclass)
language plpgsql
as $$
begin
    execute format(
        'create policy own_rows on %s as restrictive to mostrador_api, mostrador_readonly '
        'using (user_id = (select nullif(current_setting(''app.user_id'', true), '''')::uuid)) '
        'with check (user_id = (select nullif(current_setting(''app.user_id'', true), '''')::uuid))',
        target
    );
end
$$;
comment on procedure app.personal(regclass) is
    'For a table with user_id: whoever is not that user, administrators and analysts included, sees and writes no row. '
    'Call it after protect.';

create table user_settings (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    default_model text,
    temperature numeric(3, 2),
    max_tokens integer,
    rag_enabled boolean not null default true,
    constraint user_settings_pkey primary key (tenant_id, id),
    constraint user_settings_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint user_settings_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint user_settings_user_id_key unique (tenant_id, user_id),
    constraint user_settings_default_model_check check (app.is_filled(default_model)),
    constraint user_settings_temperature_check check (temperature between 0 and 2),
    constraint user_settings_max_tokens_check check (max_tokens > 0)
);
comment on table user_settings is 'What a user has chosen for work with assistants; at most one row per user.';
comment on column user_settings.temperature is 'How freely an assistant writes, 0 to 2. Null: as the assistant has it.';
comment on column user_settings.max_tokens is 'Longest answer, in tokens. Null: as the assistant has it.';
comment on column user_settings.rag_enabled is 'Whether assistants may look things up in the user''s documents.';
comment on constraint user_settings_user_id_key on user_settings is 'You already have settings.';
comment on constraint user_settings_default_model_check on user_settings is 'The name of a model must not be empty.';
comment on constraint user_settings_temperature_check on user_settings is 'A temperature goes from 0 to 2.';
comment on constraint user_settings_max_tokens_check on user_settings is 'An answer has at least one token.';

call app.protect('user_settings');
call app.personal('user_settings');
call app.versioned('user_settings');
call app.fixed('user_settings', '{user_id}');

-- Groups -------------------------------------------------------------------------------------------------------------

create table user_groups (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    name text not null,
    is_active boolean not null default true,
    constraint user_groups_pkey primary key (tenant_id, id),
    constraint user_groups_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint user_groups_name_check check (app.is_filled(name))
);
comment on table user_groups is 'Users who work with the same dealerships and accounts.';
comment on constraint user_groups_name_check on user_groups is 'The name must not be empty.';

call app.soft_deletable('user_groups');
create index user_groups_name_idx on user_groups (tenant_id, name, id);

call app.protect('user_groups');
call app.versioned('user_groups');

alter table users
    add column group_id uuid,
    add constraint users_group_id_fkey foreign key (tenant_id, group_id)
        references user_groups on delete set null (group_id);
comment on column users.group_id is 'The group whose lists are added to the user''s own.';
create index users_group_id_idx on users (tenant_id, group_id);
grant select (group_id) on users to mostrador_readonly;
call app.living_references('users', '{"group_id": "user_groups"}');
call app.versioned('users', ignored => '{total_messages, total_tokens_used, last_login_at}');
