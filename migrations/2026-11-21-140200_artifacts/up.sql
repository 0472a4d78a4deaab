-- artifacts: what assistants make and people keep. Each row is one version, which stays as it was made.

create table artifacts (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    agent_id uuid,
    thread_id uuid,
    message_id uuid,
    parent_id uuid,
    first_version_id uuid not null generated always as (coalesce(parent_id, id)) stored,
    content_file_id uuid,
    name text not null,
    type text not null,
    content text,
    is_public boolean not null default false,
    share_token_hash bytea,
    metadata jsonb not null default '{}',
    constraint artifacts_pkey primary key (tenant_id, id),
    constraint artifacts_id_user_id_key unique (tenant_id, id, user_id),
    constraint artifacts_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint artifacts_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint artifacts_agent_id_fkey foreign key (tenant_id, agent_id) references ai_agents on delete cascade,
    constraint artifacts_thread_id_user_id_fkey foreign key (tenant_id, thread_id, user_id)
        references chat_threads (tenant_id, id, user_id) on delete set null (thread_id),
    constraint artifacts_message_id_fkey foreign key (tenant_id, message_id)
        references chat_messages on delete set null (message_id),
    constraint artifacts_parent_id_user_id_fkey foreign key (tenant_id, parent_id, user_id)
        references artifacts (tenant_id, id, user_id) on delete set null (parent_id),
    -- Follows from parent_id, so it is looked at when all is done that a delete does.
    constraint artifacts_first_version_id_fkey foreign key (tenant_id, first_version_id)
        references artifacts deferrable initially deferred,
    constraint artifacts_user_id_content_file_id_fkey foreign key (tenant_id, user_id, content_file_id)
        references stored_files (tenant_id, user_id, id) on delete set null (content_file_id),
    constraint artifacts_parent_id_version_key unique (tenant_id, parent_id, version),
    constraint artifacts_share_token_hash_key unique (tenant_id, share_token_hash),
    constraint artifacts_version_check check (version >= 1),
    constraint artifacts_parent_id_version_check check (parent_id is null or version > 1),
    constraint artifacts_name_check check (app.is_filled(name)),
    constraint artifacts_type_check check (
        type in ('CODE', 'JSON', 'HTML', 'MARKDOWN', 'DIAGRAM', 'IMAGE', 'TABLE')
    ),
    constraint artifacts_content_check check (octet_length(content) <= 1048576),
    constraint artifacts_content_content_file_id_check check (content is null or content_file_id is null),
    constraint artifacts_share_token_hash_check check (octet_length(share_token_hash) = 32),
    constraint artifacts_is_public_share_token_hash_check check (is_public = (share_token_hash is not null)),
    constraint artifacts_metadata_check check (jsonb_typeof(metadata) = 'object')
);
comment on table artifacts is 'One version of something that an assistant made or a person keeps. Its contents never change.';
comment on column artifacts.version is 'Of this artifact, from 1: counted here and not by changes of the row.';
comment on column artifacts.parent_id is 'The first version; null for that one itself, and when it was removed.';
comment on column artifacts.content is 'Up to 1 MB; what is longer is in a file.';
comment on column artifacts.share_token_hash is 'SHA-256 of the token that opens it without signing in.';
comment on column artifacts.metadata is 'Facts about this version, by type: the language of code, the columns of a table.';
comment on constraint artifacts_id_user_id_key on artifacts is 'There is already an artifact with this ID.';
comment on constraint artifacts_parent_id_version_key on artifacts is 'This artifact already has a version with this number.';
comment on constraint artifacts_share_token_hash_key on artifacts is 'This token already opens another artifact.';
comment on constraint artifacts_version_check on artifacts is 'Versions are numbered from 1.';
comment on constraint artifacts_parent_id_version_check on artifacts is 'The first version has no parent.';
comment on constraint artifacts_name_check on artifacts is 'The name must not be empty.';
comment on constraint artifacts_content_check on artifacts is
    'Content of more than 1 MB (1048576 bytes) is kept in a file.';
comment on constraint artifacts_content_content_file_id_check on artifacts is
    'Content is either in the artifact or in a file, not in both.';
comment on constraint artifacts_is_public_share_token_hash_check on artifacts is
    'An artifact is public as long as there is a token that opens it.';
comment on constraint artifacts_metadata_check on artifacts is 'Metadata is a JSON object.';

create index artifacts_user_id_idx on artifacts (tenant_id, user_id, created_at desc, id desc);
create index artifacts_agent_id_idx on artifacts (tenant_id, agent_id, id desc);
create index artifacts_thread_id_idx on artifacts (tenant_id, thread_id, user_id, id desc);
create index artifacts_message_id_idx on artifacts (tenant_id, message_id, id desc);
create index artifacts_content_file_id_idx on artifacts (tenant_id, content_file_id, user_id, id desc);
create index artifacts_first_version_id_idx on artifacts (tenant_id, first_version_id, id);
create index artifacts_parent_id_idx on artifacts (tenant_id, parent_id, user_id, version, id);

call app.protect('artifacts', hidden => '{share_token_hash}');
call app.personal('artifacts');
call app.fixed('artifacts', '{user_id, version, type, content, metadata}');
call app.logged('artifacts', 'artifact', parent => 'user_id', routing => '{user_id}');
call app.living_references('artifacts', '{"content_file_id": "stored_files"}');

create function app.artifacts_sources() returns trigger
language plpgsql
as $$
begin
    if new.agent_id is not null and not app.may_use_agent(new.tenant_id, new.user_id, new.agent_id) then
        perform app.refuse('NOT_FOUND', 'agent_id', 'There is no agent with this ID.');
    end if;
    if new.message_id is not null
        and not exists (
            select from chat_messages m
            where m.tenant_id = new.tenant_id and m.id = new.message_id and m.user_id = new.user_id
        )
    then
        perform app.refuse('NOT_FOUND', 'message_id', 'There is no chat message with this ID.');
    end if;
    if new.content_file_id is not null
        and exists (
            select from stored_files f
            where f.tenant_id = new.tenant_id and f.id = new.content_file_id and f.size > 8388608
        )
    then
        perform app.refuse('VALIDATION', 'content_file_id', 'Content has 8 MB at most.');
    end if;
    return new;
end
$$;
comment on function app.artifacts_sources() is
    'What somebody else has may not be named, as if it were not there; and content is no film.';
create trigger artifacts_sources before insert on artifacts
    for each row execute function app.artifacts_sources();
create trigger artifacts_sources_update before update of agent_id, message_id, content_file_id on artifacts
    for each row when (
        pg_trigger_depth() = 0
        and (old.agent_id, old.message_id, old.content_file_id)
            is distinct from (new.agent_id, new.message_id, new.content_file_id)
    )
    execute function app.artifacts_sources();

-- What changes of a version is its name, and who may see it. `version` counts the artifact's versions, so that this is
-- no matter of app.versioned.
create function app.artifacts_touched() returns trigger
language plpgsql
as $$
begin
    new.updated_at := now();
    return new;
end
$$;
create trigger artifacts_touched before update of name, is_public, share_token_hash on artifacts
    for each row when (
        (old.name, old.is_public, old.share_token_hash) is distinct from (new.name, new.is_public, new.share_token_hash)
    )
    execute function app.artifacts_touched();

-- Versions -----------------------------------------------------------------------------------------------------------

create function app.artifacts_numbered() returns trigger
language plpgsql
as $$
declare
    first_version record;
begin
    -- Locked, so that two new versions at once get two numbers.
    select a.id, a.parent_id, a.user_id, a.type into first_version
    from artifacts a
    where a.tenant_id = new.tenant_id
      and a.id = coalesce(
          (select p.parent_id from artifacts p where p.tenant_id = new.tenant_id and p.id = new.parent_id), new.parent_id
      )
    for no key update;
    if not found or first_version.user_id <> new.user_id then
        perform app.refuse('NOT_FOUND', 'parent_id', 'There is no artifact with this ID.');
    end if;
    if first_version.type <> new.type then
        perform app.refuse(
            'VALIDATION', 'type', 'All versions of an artifact have the same type.',
            jsonb_build_object('type', first_version.type)
        );
    end if;
    new.parent_id := first_version.id;
    new.version := 1 + (
        select max(a.version)
        from artifacts a
        where a.tenant_id = new.tenant_id and (a.id = first_version.id or a.parent_id = first_version.id)
    );
    -- Lists are in order of creation, that is of ids: who has waited for another version comes after it.
    if exists (
        select from artifacts a
        where a.tenant_id = new.tenant_id and a.parent_id = first_version.id and a.id > new.id
    ) then
        new.id := app.uuid_v7();
    end if;
    return new;
end
$$;
comment on function app.artifacts_numbered() is
    'A version hangs on the first one, whichever it was made from, and has the next number.';
create trigger artifacts_numbered before insert on artifacts
    for each row when (new.parent_id is not null) execute function app.artifacts_numbered();

-- Sharing ------------------------------------------------------------------------------------------------------------

create function app.shared_artifact(token_hash bytea)
returns table (
    name text, type text, version integer, metadata jsonb, created_at timestamptz, content text, storage_path text
)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select a.name, a.type, a.version, a.metadata, a.created_at, a.content, f.storage_path
    from public.artifacts a
    join public.tenants t on t.id = a.tenant_id and t.status in ('TRIAL', 'ACTIVE')
    join public.users u on u.tenant_id = a.tenant_id and u.id = a.user_id and u.is_active and u.deleted_at is null
    left join public.stored_files f
        on f.tenant_id = a.tenant_id and f.id = a.content_file_id and f.deleted_at is null
            and f.scan_status <> 'INFECTED'
    where a.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
      and a.share_token_hash = token_hash
      and a.is_public
$$;
comment on function app.shared_artifact(bytea) is
    'The artifact that a token opens, in the tenant of the transaction, for whoever has the token: nobody need be signed '
    'in. At most one row, and none when the business is closed or the owner has left.';
revoke execute on function app.shared_artifact(bytea) from public;
grant execute on function app.shared_artifact(bytea) to mostrador_api;
