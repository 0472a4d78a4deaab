-- identity: teams, which may lie inside each other, their members, and the contacts that belong to a team.

create table teams (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    parent_id uuid,
    name text not null,
    kind text not null default 'TEAM',
    constraint teams_pkey primary key (tenant_id, id),
    constraint teams_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint teams_parent_id_fkey foreign key (tenant_id, parent_id) references teams on delete set null (parent_id),
    constraint teams_name_check check (app.is_filled(name)),
    constraint teams_kind_check check (kind in ('TEAM', 'BROKERAGE'))
);
comment on table teams is 'Users who work together. Members of a team see what the teams inside it see.';
comment on column teams.parent_id is 'The team that this one is inside of; never, over any number of steps, itself.';
comment on constraint teams_name_check on teams is 'The name must not be empty.';
comment on constraint teams_kind_check on teams is 'There is no such kind of team.';

call app.soft_deletable('teams');
create unique index teams_name_key on teams (tenant_id, lower(name)) where deleted_at is null;
comment on index teams_name_key is 'Another team has this name.';
create index teams_parent_id_idx on teams (tenant_id, parent_id);

call app.protect('teams');
call app.versioned('teams');
call app.living_references('teams', '{"parent_id": "teams"}');

create function app.teams_parent() returns trigger
language plpgsql
as $$
begin
    -- Two moves at the same moment could close a circle that neither of them sees.
    perform pg_advisory_xact_lock(hashtextextended('teams ' || new.tenant_id, 0));
    if exists (
        with recursive above (id, parent_id) as (
            select id, parent_id from teams where tenant_id = new.tenant_id and id = new.parent_id
            union
            select t.id, t.parent_id from above join teams t on t.tenant_id = new.tenant_id and t.id = above.parent_id
        )
        select from above where id = new.id
    ) then
        perform app.refuse('VALIDATION', 'parent_id', 'A team cannot be inside itself.');
    end if;
    return new;
end
$$;
create trigger teams_parent before insert or update of parent_id on teams
    for each row when (new.parent_id is not null) execute function app.teams_parent();

-- Members ------------------------------------------------------------------------------------------------------------

create table team_members (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    team_id uuid not null,
    user_id uuid not null,
    member_role text not null default 'MEMBER',
    constraint team_members_pkey primary key (tenant_id, id),
    constraint team_members_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint team_members_team_id_fkey foreign key (tenant_id, team_id) references teams on delete cascade,
    constraint team_members_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint team_members_team_id_user_id_key unique (tenant_id, team_id, user_id),
    constraint team_members_member_role_check check (member_role in ('OWNER', 'MANAGER', 'MEMBER'))
);
comment on table team_members is 'Who is in which team.';
comment on column team_members.member_role is 'What the user is there; says nothing about what may be seen.';
comment on constraint team_members_team_id_user_id_key on team_members is 'The user is a member of this team already.';
comment on constraint team_members_member_role_check on team_members is 'There is no such role in a team.';
create index team_members_user_id_idx on team_members (tenant_id, user_id);

call app.protect('team_members');
call app.versioned('team_members');
call app.fixed('team_members', '{team_id, user_id}');
call app.living_references('team_members', '{"team_id": "teams", "user_id": "users"}');

-- Contacts of a team -------------------------------------------------------------------------------------------------

alter table contacts
    add column team_id uuid,
    add constraint contacts_team_id_fkey foreign key (tenant_id, team_id) references teams on delete set null (team_id);
comment on column contacts.team_id is 'The team that looks after the contact, beside or instead of an owner.';
create index contacts_team_id_idx on contacts (tenant_id, team_id) where team_id is not null;
call app.versioned('contacts', ignored => '{last_contacted_at}');
call app.living_references('contacts', '{"status_id": "contact_statuses", "owner_id": "users", "team_id": "teams"}');
