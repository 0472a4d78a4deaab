-- Permissions: processes × actions, given to roles, which are given to users. What follows from them is computed in
-- one place, app.user_rights. Who may change them comes with permission_rules.

-- The catalogue: global, because it describes the program and not a business ------------------------------------------

create function app.catalogue_id(place integer, name text) returns uuid
language sql immutable strict parallel safe
as $$
    -- A UUIDv7 of 2026-01-01T00:00:00Z: its place in the catalogue orders it, its name makes it unlike any other.
    select format(
        '019b76da-a800-7%s-8%s-%s', lpad(to_hex(place), 3, '0'), substr(md5(name), 1, 3), substr(md5(name), 4, 12)
    )::uuid
$$;
comment on function app.catalogue_id(integer, text) is
    'The id of a built-in row, the same in every installation. place: 0 to 4095.';

create table processes (
    id uuid not null,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    name text not null,
    code text not null,
    route text,
    is_personal boolean not null default false,
    parent_id uuid,
    constraint processes_pkey primary key (id),
    constraint processes_code_key unique (code),
    constraint processes_parent_id_fkey foreign key (parent_id) references processes on delete restrict,
    constraint processes_name_check check (app.is_filled(name)),
    constraint processes_code_check check (code ~ '^[A-Z][A-Z_]*$'),
    constraint processes_parent_id_check check (parent_id <> id)
);
comment on table processes is 'The parts of the system that rights are given for. Global; the program declares the same.';
comment on column processes.is_personal is
    'One''s own things: everybody who is signed in may READ, WRITE and DELETE, without a grant.';
comment on constraint processes_code_key on processes is 'Another process has this code.';
comment on constraint processes_name_check on processes is 'The name must not be empty.';
comment on constraint processes_code_check on processes is 'A code has capital letters and underscores.';
comment on constraint processes_parent_id_check on processes is 'A process is not its own parent.';
create index processes_parent_id_idx on processes (parent_id);
call app.versioned('processes');
grant select on processes to mostrador_api, mostrador_readonly;

create table permissions (
    id uuid not null,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    process_id uuid not null,
    action text not null,
    name text not null,
    abbreviation text,
    description text,
    constraint permissions_pkey primary key (id),
    constraint permissions_name_key unique (name),
    constraint permissions_process_id_action_key unique (process_id, action),
    constraint permissions_process_id_fkey foreign key (process_id) references processes on delete restrict,
    constraint permissions_action_check check (action in ('READ', 'WRITE', 'DELETE', 'ADMIN', 'MANAGE_USERS')),
    constraint permissions_name_check check (app.is_filled(name)),
    constraint permissions_abbreviation_check check (length(abbreviation) between 1 and 10)
);
comment on table permissions is 'An action on a process: what a role can be given. Global.';
comment on constraint permissions_name_key on permissions is 'Another permission has this name.';
comment on constraint permissions_process_id_action_key on permissions is
    'There is already a permission for this action on this process.';
comment on constraint permissions_name_check on permissions is 'The name must not be empty.';
comment on constraint permissions_abbreviation_check on permissions is 'An abbreviation has 1 to 10 characters.';
call app.versioned('permissions');
call app.fixed('permissions', '{process_id, action}');
grant select on permissions to mostrador_api, mostrador_readonly;

create procedure app.add_process(place integer, code text, name text, route text, parent text)
language plpgsql
as $$
declare
    new_id constant uuid := app.catalogue_id(place, code);
begin
    -- With the date of their ids, because these rows are the same in every installation.
    insert into processes (id, created_at, updated_at, code, name, route, is_personal, parent_id)
    values (
        new_id, '2026-01-01T00:00Z', '2026-01-01T00:00Z', code, name, route, code = 'ACCOUNT',
        (select p.id from processes p where p.code = parent)
    );
    insert into permissions (id, created_at, updated_at, process_id, action, name, abbreviation, description)
    select app.catalogue_id(place * 8 + a.number, code || '.' || a.action), '2026-01-01T00:00Z', '2026-01-01T00:00Z',
           new_id, a.action, lower(code || '.' || a.action), a.abbreviation, format(a.description, name)
    from (values
        (0, 'READ', 'VER', 'See what belongs to %s.'),
        (1, 'WRITE', 'EDIT', 'Make and change what belongs to %s; implies READ.'),
        (2, 'DELETE', 'BORRAR', 'Delete and restore what belongs to %s.'),
        (3, 'ADMIN', 'ADMIN', 'Set up %s and see what was deleted; implies all other actions.'),
        (4, 'MANAGE_USERS', 'USUARIO', 'Manage the users of %s.')
    ) as a (number, action, abbreviation, description);
end
$$;
comment on procedure app.add_process(integer, text, text, text, text) is
    'Adds a process to the catalogue, with a permission for each action. place: 0 to 511, its order among all; the '
    'parent is named by its code. The program declares the same list.';

call app.add_process(10, 'CRM', 'Customers', '/crm', null);
call app.add_process(11, 'CONTACTS', 'Contacts', '/crm/contacts', 'CRM');
call app.add_process(12, 'LEADS', 'Leads', '/crm/leads', 'CRM');
call app.add_process(13, 'TASKS', 'Tasks', '/crm/tasks', 'CRM');
call app.add_process(20, 'INBOX', 'Inbox', '/inbox', null);
call app.add_process(21, 'CONVERSATIONS', 'Conversations', '/inbox/conversations', 'INBOX');
call app.add_process(22, 'CALLS', 'Calls', '/inbox/calls', 'INBOX');
call app.add_process(23, 'TEMPLATES', 'Templates', '/inbox/templates', 'INBOX');
call app.add_process(30, 'CAMPAIGNS', 'Campaigns', '/campaigns', null);
call app.add_process(40, 'CALENDAR', 'Calendar', '/calendar', null);
call app.add_process(50, 'INVENTORY', 'Inventory', '/inventory', null);
call app.add_process(60, 'SALES', 'Sales', '/sales', null);
call app.add_process(70, 'PROPERTIES', 'Properties', '/properties', null);
call app.add_process(80, 'LOGISTICS', 'Logistics', '/logistics', null);
call app.add_process(81, 'TRANSPORT_REQUESTS', 'Transport requests', '/logistics/requests', 'LOGISTICS');
call app.add_process(82, 'DEALER_TRANSFERS', 'Dealer transfers', '/logistics/transfers', 'LOGISTICS');
call app.add_process(90, 'ASSISTANTS', 'Assistants', '/assistants', null);
call app.add_process(100, 'FILES', 'Files', '/files', null);
call app.add_process(110, 'FINANCE', 'Finance', '/finance', null);
call app.add_process(120, 'HEALTH', 'Health', '/health', null);
call app.add_process(130, 'USAGE', 'Usage', '/usage', null);
call app.add_process(140, 'ANALYTICS', 'Analytics', '/analytics', null);
call app.add_process(150, 'SUPPORT', 'Support', '/support', null);
call app.add_process(160, 'INTEGRATIONS', 'Integrations', '/integrations', null);
call app.add_process(170, 'ADMINISTRATION', 'Administration', '/administration', null);
call app.add_process(171, 'USERS', 'Users', '/administration/users', 'ADMINISTRATION');
call app.add_process(172, 'ROLES', 'Roles', '/administration/roles', 'ADMINISTRATION');
call app.add_process(173, 'SETTINGS', 'Settings', '/administration/settings', 'ADMINISTRATION');
call app.add_process(174, 'AUDIT', 'Audit', '/administration/audit', 'ADMINISTRATION');
call app.add_process(180, 'ACCOUNT', 'Account', '/account', null);
call app.add_process(190, 'PLATFORM', 'Platform', '/platform', null);
call app.add_process(191, 'TENANTS', 'Tenants', '/platform/tenants', 'PLATFORM');

-- Roles --------------------------------------------------------------------------------------------------------------

create table roles (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    name text not null,
    description text,
    sort_order integer,
    is_default boolean not null default false,
    is_system boolean not null default false,
    user_role text,
    constraint roles_pkey primary key (tenant_id, id),
    constraint roles_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint roles_name_check check (app.is_filled(name)),
    constraint roles_user_role_check
        check (user_role in ('SUPER_ADMIN', 'ADMIN', 'EMPLOYEE', 'AGENT', 'CLIENT', 'USER')),
    constraint roles_is_system_check check (is_system or user_role is null),
    constraint roles_is_default_check check (not is_default or user_role is null)
);
comment on table roles is 'What a group of users may do: a name for a set of permissions.';
comment on column roles.is_default is 'New users get it.';
comment on column roles.is_system is 'Made with the tenant; cannot be deleted.';
comment on column roles.user_role is 'The coarse role whose users have this role, by a trigger on users.';
comment on constraint roles_name_check on roles is 'The name must not be empty.';
comment on constraint roles_user_role_check on roles is 'There is no such kind of user.';
comment on constraint roles_is_system_check on roles is 'Only a system role belongs to a kind of user.';
comment on constraint roles_is_default_check on roles is
    'A role that belongs to a kind of user goes to the users of this kind; it cannot be a default.';
create unique index roles_name_key on roles (tenant_id, lower(name));
comment on index roles_name_key is 'Another role has this name.';
create unique index roles_user_role_key on roles (tenant_id, user_role) where user_role is not null;
comment on index roles_user_role_key is 'This kind of user has a role already.';

call app.protect('roles');
call app.versioned('roles');
call app.fixed('roles', '{is_system, user_role}');

create table role_permissions (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    role_id uuid not null,
    permission_id uuid not null,
    process_id uuid not null,
    constraint role_permissions_pkey primary key (tenant_id, id),
    constraint role_permissions_role_id_permission_id_key unique (tenant_id, role_id, permission_id),
    constraint role_permissions_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint role_permissions_role_id_fkey foreign key (tenant_id, role_id) references roles on delete cascade,
    constraint role_permissions_permission_id_fkey foreign key (permission_id) references permissions
        on delete cascade,
    constraint role_permissions_process_id_fkey foreign key (process_id) references processes on delete restrict
);
comment on table role_permissions is
    'What roles are given. WRITE implies READ, ADMIN implies all actions, a process covers its children.';
comment on column role_permissions.process_id is 'The process of the permission, kept by a trigger.';
comment on constraint role_permissions_role_id_permission_id_key on role_permissions is
    'The role has this permission already.';
create index role_permissions_permission_id_idx on role_permissions (tenant_id, permission_id);
create index role_permissions_process_id_idx on role_permissions (tenant_id, process_id);

create function app.role_permissions_process() returns trigger
language plpgsql
as $$
begin
    select process_id into new.process_id from permissions where id = new.permission_id;
    if not found then
        perform app.refuse('NOT_FOUND', 'permission_id', 'There is no permission with this ID.');
    end if;
    return new;
end
$$;
create trigger role_permissions_process before insert on role_permissions
    for each row execute function app.role_permissions_process();

call app.protect('role_permissions');
call app.versioned('role_permissions');
call app.fixed('role_permissions', '{role_id, permission_id, process_id}');

create table user_roles (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null,
    role_id uuid not null,
    constraint user_roles_pkey primary key (tenant_id, id),
    constraint user_roles_user_id_role_id_key unique (tenant_id, user_id, role_id),
    constraint user_roles_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint user_roles_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint user_roles_role_id_fkey foreign key (tenant_id, role_id) references roles on delete restrict
);
comment on table user_roles is 'Which users have which roles. That of the coarse role of a user is kept by a trigger.';
comment on constraint user_roles_user_id_role_id_key on user_roles is 'The user has this role already.';
create index user_roles_role_id_idx on user_roles (tenant_id, role_id);

call app.protect('user_roles');
call app.versioned('user_roles');
call app.fixed('user_roles', '{user_id, role_id}');
call app.living_references('user_roles', '{"user_id": "users"}');

create table user_processes (
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    user_id uuid not null,
    process_id uuid not null,
    created_at timestamptz not null default now(),
    constraint user_processes_pkey primary key (tenant_id, user_id, process_id),
    constraint user_processes_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint user_processes_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint user_processes_process_id_fkey foreign key (process_id) references processes on delete restrict
);
comment on table user_processes is
    'The processes to which a user is narrowed, whatever the roles say. A user without rows is not narrowed.';
create index user_processes_process_id_idx on user_processes (tenant_id, process_id);

call app.protect('user_processes');
call app.living_references('user_processes', '{"user_id": "users"}');

-- What follows from all that ------------------------------------------------------------------------------------------

create function app.role_rights(tenant uuid, roles uuid[]) returns table (process text, action text)
language sql stable
as $$
    with recursive covered (process_id, action) as (
        select p.process_id, implied.action
        from role_permissions g
        join permissions p on p.id = g.permission_id
        cross join lateral unnest(
            case p.action
                when 'ADMIN' then '{READ, WRITE, DELETE, ADMIN, MANAGE_USERS}'::text[]
                when 'WRITE' then '{READ, WRITE}'::text[]
                else array[p.action]
            end
        ) as implied (action)
        where g.tenant_id = tenant and g.role_id = any (roles)
        union
        select child.id, covered.action from covered join processes child on child.parent_id = covered.process_id
    )
    select p.code, covered.action from covered join processes p on p.id = covered.process_id
$$;
comment on function app.role_rights(uuid, uuid[]) is
    'What these roles allow together: grants with all that they imply (WRITE has READ, ADMIN has all) and cover (the '
    'children of a process).';

create function app.user_rights(tenant uuid, "user" uuid) returns table (process text, action text)
language sql stable
as $$
    with recursive narrowed (process_id) as (
        select n.process_id from user_processes n where n.tenant_id = tenant and n.user_id = "user"
        union
        select child.id from narrowed join processes child on child.parent_id = narrowed.process_id
    )
    select r.process, r.action
    from app.role_rights(
        tenant, array(select a.role_id from user_roles a where a.tenant_id = tenant and a.user_id = "user")
    ) r
    join processes p on p.code = r.process
    where p.is_personal or not exists (select from narrowed) or p.id in (select process_id from narrowed)
    union
    select p.code, own.action
    from processes p
    cross join unnest('{READ, WRITE, DELETE}'::text[]) as own (action)
    where p.is_personal and exists (select from users u where u.tenant_id = tenant and u.id = "user")
$$;
comment on function app.user_rights(uuid, uuid) is
    'What a user may do: the one place where rights are computed. What the roles allow, narrowed to user_processes '
    'where there are any, and what everybody may do with personal processes.';

-- Roles that come with a tenant ---------------------------------------------------------------------------------------

create function app.make_default_roles(tenant uuid) returns void
language sql
as $$
    with wanted (user_role, place, name, description) as (
        values
            ('SUPER_ADMIN', 1, 'Platform administrator', 'Runs the platform and all businesses on it.'),
            ('ADMIN', 2, 'Administrator', 'Runs the business: may do everything but read what is personal.'),
            ('EMPLOYEE', 3, 'Employee', 'Works in all departments; does not administer.'),
            ('AGENT', 4, 'Agent', 'Talks to customers and sells.'),
            ('CLIENT', 5, 'Client', 'A customer with a login: sees what is on offer and asks for help.'),
            ('USER', 6, 'User', 'Has assistants, files and records of their own.')
    ), made as (
        insert into roles (tenant_id, name, description, sort_order, is_system, user_role)
        select tenant, w.name, w.description, w.place, true, w.user_role
        from wanted w
        where (w.user_role <> 'SUPER_ADMIN' or exists (select from tenants t where t.id = tenant and t.is_platform))
          and not exists (select from roles r where r.tenant_id = tenant and r.user_role = w.user_role)
        order by w.place
        returning id, user_role
    ), matrix (user_roles, actions, processes) as (
        values
            (
                '{SUPER_ADMIN}', '{ADMIN}', '{PLATFORM}'
            ),
            (
                '{SUPER_ADMIN, ADMIN}', '{ADMIN}',
                '{CRM, INBOX, CAMPAIGNS, CALENDAR, INVENTORY, SALES, PROPERTIES, LOGISTICS, ASSISTANTS, FILES, USAGE, '
                'ANALYTICS, SUPPORT, INTEGRATIONS, ADMINISTRATION}'
            ),
            -- One's own records: row-level security shows them to nobody else, whatever the role.
            (
                '{SUPER_ADMIN, ADMIN, EMPLOYEE, AGENT, CLIENT, USER}', '{WRITE, DELETE}', '{FINANCE, HEALTH}'
            ),
            (
                '{EMPLOYEE}', '{WRITE, DELETE}',
                '{CRM, INBOX, CAMPAIGNS, CALENDAR, INVENTORY, SALES, PROPERTIES, LOGISTICS, ASSISTANTS, FILES, SUPPORT}'
            ),
            ('{EMPLOYEE}', '{READ}', '{USAGE, ANALYTICS, INTEGRATIONS, USERS, SETTINGS}'),
            ('{AGENT}', '{WRITE}', '{CRM, INBOX, CALENDAR, SALES, PROPERTIES, ASSISTANTS, FILES, SUPPORT}'),
            ('{AGENT}', '{DELETE}', '{TASKS, CALENDAR, ASSISTANTS, FILES}'),
            ('{AGENT}', '{READ}', '{CAMPAIGNS, INVENTORY, LOGISTICS, USAGE, USERS, SETTINGS}'),
            ('{CLIENT}', '{WRITE}', '{SUPPORT}'),
            ('{CLIENT}', '{READ}', '{INVENTORY, PROPERTIES}'),
            ('{USER}', '{WRITE, DELETE}', '{ASSISTANTS, FILES}'),
            ('{USER}', '{WRITE}', '{SUPPORT}'),
            ('{USER}', '{READ}', '{USAGE}')
    )
    insert into role_permissions (tenant_id, role_id, permission_id)
    select tenant, made.id, p.id
    from matrix m
    join made on made.user_role = any (m.user_roles::text[])
    join processes on processes.code = any (m.processes::text[])
    join permissions p on p.process_id = processes.id and p.action = any (m.actions::text[])
$$;
comment on function app.make_default_roles(uuid) is
    'Makes the system role of each kind of user that the tenant lacks, with its permissions. Existing roles stay as '
    'they are.';

create function app.make_logistics_roles(tenant uuid) returns void
language sql
as $$
    with matrix (name, place, description, process, action) as (
        values
            ('ADMIN_VER', 11, 'Sees how the business is set up.', 'ADMINISTRATION', 'READ'),
            ('ADMIN_EDIT', 12, 'Sets the business up.', 'ADMINISTRATION', 'WRITE'),
            ('USU_VER', 13, 'Sees users.', 'USERS', 'READ'),
            ('USU_EDIT', 14, 'Makes and changes users.', 'USERS', 'WRITE'),
            ('USU_EDIT', 14, 'Makes and changes users.', 'USERS', 'MANAGE_USERS'),
            ('SOTRA_VER', 15, 'Sees transport requests.', 'TRANSPORT_REQUESTS', 'READ'),
            ('SOTRA_EDIT', 16, 'Makes and changes transport requests.', 'TRANSPORT_REQUESTS', 'WRITE'),
            ('TRASIEG_VER', 17, 'Sees transfers between dealers.', 'DEALER_TRANSFERS', 'READ'),
            ('TRASIEG_EDIT', 18, 'Makes and changes transfers between dealers.', 'DEALER_TRANSFERS', 'WRITE'),
            ('ROLPER_VER', 19, 'Sees roles and permissions.', 'ROLES', 'READ'),
            ('ROLPER_EDIT', 20, 'Changes roles and permissions, and who has them.', 'ROLES', 'WRITE'),
            ('ROLPER_EDIT', 20, 'Changes roles and permissions, and who has them.', 'ROLES', 'MANAGE_USERS')
    ), made as (
        insert into roles (tenant_id, name, description, sort_order)
        select distinct tenant, m.name, m.description, m.place
        from matrix m
        where not exists (select from roles r where r.tenant_id = tenant and lower(r.name) = lower(m.name))
        order by m.place
        returning id, name
    )
    insert into role_permissions (tenant_id, role_id, permission_id)
    select tenant, made.id, p.id
    from made
    join matrix m on m.name = made.name
    join processes on processes.code = m.process
    join permissions p on p.process_id = processes.id and p.action = m.action
$$;
comment on function app.make_logistics_roles(uuid) is
    'The ten usual roles of a business that moves vehicles, two for each module: seeing and editing. Existing roles of '
    'these names stay as they are.';

create function app.tenants_make_roles() returns trigger
language plpgsql
as $$
begin
    perform app.make_default_roles(new.id);
    return null;
end
$$;
create trigger tenants_make_roles after insert or update of is_platform on tenants
    for each row execute function app.tenants_make_roles();

create function app.users_assign_roles() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'UPDATE' then
        if new.role = old.role then
            return null;
        end if;
        delete from user_roles a using roles r
        where a.tenant_id = new.tenant_id and a.user_id = new.id
          and r.tenant_id = new.tenant_id and r.id = a.role_id and r.user_role <> new.role;
    end if;
    insert into user_roles (tenant_id, user_id, role_id)
    select new.tenant_id, new.id, r.id
    from roles r
    where r.tenant_id = new.tenant_id and (r.user_role = new.role or tg_op = 'INSERT' and r.is_default)
    on conflict (tenant_id, user_id, role_id) do nothing;
    return null;
end
$$;
create trigger users_assign_roles after insert or update of role on users
    for each row execute function app.users_assign_roles();

-- Tenants and users of before.
do $$
declare
    tenant uuid;
    acting constant text := coalesce(current_setting('app.tenant_id', true), '');
begin
    for tenant in select id from tenants loop
        perform set_config('app.tenant_id', tenant::text, true);
        perform app.make_default_roles(tenant);
        insert into user_roles (tenant_id, user_id, role_id)
        select u.tenant_id, u.id, r.id
        from users u
        join roles r on r.tenant_id = u.tenant_id and r.user_role = u.role
        where u.tenant_id = tenant;
    end loop;
    perform set_config('app.tenant_id', acting, true);
end
$$;
