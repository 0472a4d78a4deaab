-- inbox: replies that are written once and used often.

create function app.canned_reply_variables() returns text[]
language sql immutable
as $$
    select '{contact.firstName, contact.lastName, contact.displayName, agent.firstName, agent.lastName, agent.displayName, business.name}'::text[]
$$;
comment on function app.canned_reply_variables() is 'What may stand in the gaps {{…}} of a canned reply.';

create table canned_replies (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    scope text not null default 'MINE',
    owner_id uuid,
    team_id uuid,
    short_code text not null,
    short_code_folded text collate "C" not null generated always as (app.fold(short_code)) stored,
    content text not null,
    constraint canned_replies_pkey primary key (tenant_id, id),
    constraint canned_replies_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint canned_replies_owner_id_fkey foreign key (tenant_id, owner_id) references users on delete cascade,
    constraint canned_replies_team_id_fkey foreign key (tenant_id, team_id) references teams on delete cascade,
    constraint canned_replies_scope_check check (scope in ('MINE', 'TEAM', 'TENANT')),
    constraint canned_replies_scope_owner_id_team_id_check
        check ((scope = 'MINE') = (owner_id is not null) and (scope = 'TEAM') = (team_id is not null)),
    constraint canned_replies_short_code_check check (short_code ~ '^\S{1,40}$'),
    constraint canned_replies_content_check check (app.is_filled(content))
);
comment on table canned_replies is 'Texts that agents use again and again, found by a short code.';
comment on column canned_replies.owner_id is 'Whose it is, in scope MINE.';
comment on column canned_replies.team_id is 'Which team it is for, in scope TEAM.';
comment on constraint canned_replies_scope_owner_id_team_id_check on canned_replies is
    'A reply of scope TEAM names its team; others name none.';
comment on constraint canned_replies_short_code_check on canned_replies is
    'A short code has 1 to 40 characters and no spaces.';
comment on constraint canned_replies_content_check on canned_replies is 'The text must not be empty.';

create unique index canned_replies_owner_id_short_code_key on canned_replies (tenant_id, owner_id, lower(short_code))
    where scope = 'MINE';
comment on index canned_replies_owner_id_short_code_key is 'You already have a reply with this short code.';
create unique index canned_replies_team_id_short_code_key on canned_replies (tenant_id, team_id, lower(short_code))
    where scope = 'TEAM';
comment on index canned_replies_team_id_short_code_key is 'The team already has a reply with this short code.';
create unique index canned_replies_short_code_key on canned_replies (tenant_id, lower(short_code)) where scope = 'TENANT';
comment on index canned_replies_short_code_key is 'The business already has a reply with this short code.';
create index canned_replies_short_code_folded_idx on canned_replies (tenant_id, short_code_folded, id);
create index canned_replies_owner_id_idx on canned_replies (tenant_id, owner_id);
create index canned_replies_team_id_idx on canned_replies (tenant_id, team_id);

call app.protect('canned_replies');
-- One's own, those of the teams that one is in and of the teams around them, and everybody's.
create policy canned_replies_scope on canned_replies as restrictive to mostrador_api using (
    scope = 'TENANT'
    or owner_id = (select nullif(current_setting('app.user_id', true), '')::uuid)
    or team_id = any ((select app.teams_around())::uuid[])
);
call app.versioned('canned_replies');
call app.fixed('canned_replies', '{scope, owner_id, team_id}');
call app.living_references('canned_replies', '{"team_id": "teams"}');
call app.logged('canned_replies', 'canned_reply', routing => '{scope,owner_id,team_id}');

create function app.canned_replies_owner() returns trigger
language plpgsql
as $$
begin
    new.owner_id := app.acting_user(new.tenant_id);
    return new;
end
$$;
create trigger canned_replies_owner before insert on canned_replies
    for each row when (new.scope = 'MINE' and new.owner_id is null) execute function app.canned_replies_owner();

create function app.canned_replies_team() returns trigger
language plpgsql
as $$
begin
    -- The policy would refuse it without a sentence.
    if new.team_id is null then
        perform app.refuse('VALIDATION', 'team_id', 'A reply of scope TEAM names its team.');
    end if;
    -- The policy refuses it as well, without a sentence; as an id of nobody, because it may be one.
    if pg_has_role('mostrador_api', 'usage')
        and row_security_active('public.canned_replies')
        and new.team_id <> all (app.teams_around())
    then
        perform app.refuse('NOT_FOUND', 'team_id', 'You are in no team with this ID.');
    end if;
    return new;
end
$$;
create trigger canned_replies_team before insert on canned_replies
    for each row when (new.scope = 'TEAM') execute function app.canned_replies_team();

create function app.canned_replies_content() returns trigger
language plpgsql
as $$
declare
    unknown constant text[] := array(
        select distinct g.name
        from app.template_gaps('[]', new.content) g
        where g.name <> all (app.canned_reply_variables())
    );
begin
    if unknown <> '{}' then
        perform app.refuse(
            'VALIDATION', 'content',
            format('Nothing is known to put in the place of %s.', '{{' || array_to_string(unknown, '}}, {{') || '}}'),
            jsonb_build_object('unknown', unknown, 'known', app.canned_reply_variables())
        );
    end if;
    return new;
end
$$;
create trigger canned_replies_content before insert or update of content on canned_replies
    for each row execute function app.canned_replies_content();
