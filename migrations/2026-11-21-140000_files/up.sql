-- files: what users store, in folders of their own, within a quota; who looked at it, and with whom it is shared. The
-- bytes are elsewhere, under stored_files.storage_path; rows say what they are.

-- Folders ------------------------------------------------------------------------------------------------------------

create table folders (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    parent_id uuid,
    name text not null,
    path text not null default '',
    color text,
    constraint folders_pkey primary key (tenant_id, id),
    constraint folders_user_id_id_key unique (tenant_id, user_id, id),
    constraint folders_user_id_path_key unique (tenant_id, user_id, path),
    constraint folders_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint folders_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint folders_user_id_parent_id_fkey foreign key (tenant_id, user_id, parent_id)
        references folders (tenant_id, user_id, id) on delete cascade,
    constraint folders_name_check check (
        app.is_filled(name) and name not in ('.', '..') and name !~ '[/\x01-\x1f\x7f]' and length(name) <= 100
    ),
    constraint folders_path_check check (octet_length(path) <= 2000),
    constraint folders_color_check check (color ~ '^#[0-9A-Fa-f]{6}$')
);
comment on table folders is 'Folders of a user, inside each other. Only their user sees them.';
comment on column folders.path is 'The names from the outermost folder to this one, each behind a slash. Kept by triggers.';
comment on constraint folders_user_id_id_key on folders is 'There is already such a folder.';
comment on constraint folders_user_id_path_key on folders is 'There is already a folder of this name here.';
comment on constraint folders_name_check on folders is
    'The name of a folder has 1 to 100 characters, without slashes and line breaks, and is not a dot.';
comment on constraint folders_path_check on folders is 'These folders are too deep inside each other.';
comment on constraint folders_color_check on folders is 'A colour is written as #RRGGBB.';
create index folders_parent_id_idx on folders (tenant_id, parent_id, user_id, id);

call app.protect('folders');
call app.personal('folders');
-- That a folder above was renamed is no change of this one that somebody could have missed.
call app.versioned('folders', ignored => '{path}');
call app.fixed('folders', '{user_id}');
call app.logged('folders', 'folder', parent => 'parent_id', routing => '{user_id}');

create function app.lock_folders(tenant text, owner text) returns void
language sql
as $$
    select pg_advisory_xact_lock(hashtextextended('app.folders ' || coalesce(tenant, '') || ' ' || coalesce(owner, ''), 0))
$$;
comment on function app.lock_folders(text, text) is
    'Whoever changes the tree of a user''s folders does so alone, until the end of the transaction.';

create function app.folders_alone() returns trigger
language plpgsql
as $$
begin
    -- Before any row is locked, so that two who move folders into each other wait here and not for each other.
    perform app.lock_folders(current_setting('app.tenant_id', true), current_setting('app.user_id', true));
    return null;
end
$$;
create trigger folders_alone before insert or update of name, parent_id on folders
    for each statement when (pg_trigger_depth() = 0) execute function app.folders_alone();

create function app.folders_path() returns trigger
language plpgsql
as $$
declare
    above text;
begin
    -- For those who write in nobody's name.
    perform app.lock_folders(new.tenant_id::text, new.user_id::text);
    if new.parent_id is null then
        new.path := '/' || new.name;
        return new;
    end if;
    select path into above
    from folders
    where tenant_id = new.tenant_id and user_id = new.user_id and id = new.parent_id;
    if tg_op = 'UPDATE' and (new.parent_id = new.id or starts_with(above, old.path || '/')) then
        perform app.refuse('VALIDATION', 'parent_id', 'A folder cannot be inside itself.');
    end if;
    -- A folder that does not exist is left to the foreign key.
    new.path := coalesce(above, '') || '/' || new.name;
    return new;
end
$$;
create trigger folders_path before insert or update of name, parent_id on folders
    for each row execute function app.folders_path();

create function app.folders_path_kept() returns trigger
language plpgsql
as $$
begin
    perform app.refuse('VALIDATION', 'path', 'The path of a folder follows from its name and from where it is.');
    return null;
end
$$;
create trigger folders_path_kept before update of path on folders
    for each row when (pg_trigger_depth() = 0 and old.path is distinct from new.path)
    execute function app.folders_path_kept();

create function app.folders_below() returns trigger
language plpgsql
as $$
begin
    update folders f
    set path = new.path || substr(f.path, length(old.path) + 1)
    where f.tenant_id = new.tenant_id
      and f.user_id = new.user_id
      and starts_with(f.path, old.path || '/');
    return null;
end
$$;
create trigger folders_below after update of name, parent_id on folders
    for each row when (old.path is distinct from new.path) execute function app.folders_below();

-- Quotas -------------------------------------------------------------------------------------------------------------

create table storage_quotas (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    max_storage bigint not null default 5368709120,
    max_file_size bigint not null default 104857600,
    max_files integer not null default 10000,
    used_storage bigint not null default 0,
    file_count integer not null default 0,
    usage_breakdown jsonb not null default '{}',
    reserved_storage bigint not null default 0,
    reserved_files integer not null default 0,
    constraint storage_quotas_pkey primary key (tenant_id, id),
    constraint storage_quotas_user_id_key unique (tenant_id, user_id),
    constraint storage_quotas_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint storage_quotas_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint storage_quotas_max_storage_check check (max_storage >= 0),
    constraint storage_quotas_max_file_size_check check (max_file_size >= 0),
    constraint storage_quotas_max_files_check check (max_files >= 0),
    constraint storage_quotas_used_storage_check check (used_storage >= 0 and reserved_storage >= 0),
    constraint storage_quotas_file_count_check check (file_count >= 0 and reserved_files >= 0),
    constraint storage_quotas_usage_breakdown_check check (jsonb_typeof(usage_breakdown) = 'object')
);
comment on table storage_quotas is
    'How much a user may store and how much there is. Made with the first file; until then the defaults hold.';
comment on column storage_quotas.max_storage is 'Bytes of all files together. As all limits, set by administrators.';
comment on column storage_quotas.used_storage is 'Bytes of the files that are not deleted; kept by triggers, as file_count.';
comment on column storage_quotas.usage_breakdown is 'used_storage by usage_context.';
comment on column storage_quotas.reserved_storage is 'Bytes that uploads on their way were promised.';
comment on constraint storage_quotas_user_id_key on storage_quotas is 'This user has a quota already.';
comment on constraint storage_quotas_max_storage_check on storage_quotas is 'A limit is not negative.';
comment on constraint storage_quotas_max_file_size_check on storage_quotas is 'A limit is not negative.';
comment on constraint storage_quotas_max_files_check on storage_quotas is 'A limit is not negative.';
comment on constraint storage_quotas_used_storage_check on storage_quotas is 'Used storage is not negative.';
comment on constraint storage_quotas_file_count_check on storage_quotas is 'A number of files is not negative.';

call app.protect('storage_quotas');
call app.personal('storage_quotas');
call app.versioned(
    'storage_quotas',
    ignored => '{used_storage, file_count, usage_breakdown, reserved_storage, reserved_files}'
);
call app.fixed('storage_quotas', '{user_id}');
call app.logged('storage_quotas', 'storage_quota', parent => 'user_id', routing => '{user_id}');
-- Whoever stores files does not set the limits.
revoke insert, update, delete on storage_quotas from mostrador_api;
grant insert (id, tenant_id, user_id) on storage_quotas to mostrador_api;
grant update (used_storage, file_count, usage_breakdown, reserved_storage, reserved_files)
    on storage_quotas to mostrador_api;

create function app.charge_storage(
    tenant uuid,
    owner uuid,
    stored_bytes bigint default 0,
    stored_count integer default 0,
    breakdown jsonb default '{}',
    reserved_bytes bigint default 0,
    reserved_count integer default 0,
    largest bigint default 0
) returns void
language plpgsql
as $$
declare
    quota storage_quotas;
    context record;
begin
    if stored_bytes + reserved_bytes > 0 or stored_count + reserved_count > 0 then
        insert into storage_quotas (tenant_id, user_id) values (tenant, owner)
        on conflict (tenant_id, user_id) do nothing;
    end if;
    -- The row is locked until the end of the transaction, so nobody can go past a limit beside somebody else.
    select * into quota from storage_quotas q where q.tenant_id = tenant and q.user_id = owner for no key update;
    if not found then
        -- The user is being purged.
        return;
    end if;
    for context in select key, value::bigint as bytes from jsonb_each_text(breakdown) loop
        quota.usage_breakdown := quota.usage_breakdown || jsonb_build_object(
            context.key, coalesce((quota.usage_breakdown ->> context.key)::bigint, 0) + context.bytes
        );
        if quota.usage_breakdown -> context.key = '0' then
            quota.usage_breakdown := quota.usage_breakdown - context.key;
        end if;
    end loop;
    update storage_quotas q
    set used_storage = q.used_storage + stored_bytes,
        file_count = q.file_count + stored_count,
        usage_breakdown = quota.usage_breakdown,
        reserved_storage = q.reserved_storage + reserved_bytes,
        reserved_files = q.reserved_files + reserved_count
    where q.tenant_id = tenant and q.user_id = owner
    returning * into quota;
    if largest > quota.max_file_size then
        perform app.refuse(
            'QUOTA_EXCEEDED', 'size', format('A file may have %s bytes at most.', quota.max_file_size),
            jsonb_build_object('limit', 'maxFileSize', 'maximum', quota.max_file_size::text)
        );
    end if;
    if stored_bytes + reserved_bytes > 0 and quota.used_storage + quota.reserved_storage > quota.max_storage then
        perform app.refuse(
            'QUOTA_EXCEEDED', 'size',
            format('All files together may have %s bytes at most.', quota.max_storage),
            jsonb_build_object(
                'limit', 'maxStorage', 'maximum', quota.max_storage::text,
                'used', (quota.used_storage - stored_bytes)::text,
                'reserved', (quota.reserved_storage - reserved_bytes)::text
            )
        );
    end if;
    if stored_count + reserved_count > 0 and quota.file_count + quota.reserved_files > quota.max_files then
        perform app.refuse(
            'QUOTA_EXCEEDED', 'size', format('You may have %s files at most.', quota.max_files),
            jsonb_build_object('limit', 'maxFiles', 'maximum', quota.max_files)
        );
    end if;
end
$$;
comment on function app.charge_storage(uuid, uuid, bigint, integer, jsonb, bigint, integer, bigint) is
    'Adds to what a user has stored and was promised, and refuses what would go past a limit. breakdown: bytes by usage '
    'context; largest: the size of the file that comes, when one does.';

create function app.set_storage_quota(
    whose uuid, storage bigint default null, file_size bigint default null, files integer default null
) returns uuid
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    found_id uuid;
begin
    if app.acting_user(tenant) is not null
        and not exists (
            select from app.user_rights(tenant, app.acting_user(tenant)) r
            where r.process = 'FILES' and r.action = 'ADMIN'
        )
    then
        perform app.refuse('FORBIDDEN', 'user_id', 'Only administrators of files set quotas.');
    end if;
    perform from users u where u.tenant_id = tenant and u.id = whose and u.deleted_at is null;
    if not found then
        perform app.refuse('NOT_FOUND', 'user_id', 'There is no user with this ID.');
    end if;
    insert into storage_quotas (tenant_id, user_id) values (tenant, whose)
    on conflict (tenant_id, user_id) do nothing;
    update storage_quotas q
    set max_storage = coalesce(storage, q.max_storage),
        max_file_size = coalesce(file_size, q.max_file_size),
        max_files = coalesce(files, q.max_files)
    where q.tenant_id = tenant and q.user_id = whose
    returning q.id into found_id;
    return found_id;
end
$$;
comment on function app.set_storage_quota(uuid, bigint, bigint, integer) is
    'Sets limits of a user; null leaves one as it is. For administrators, who do not see what the user has stored.';
revoke execute on function app.set_storage_quota(uuid, bigint, bigint, integer) from public;
grant execute on function app.set_storage_quota(uuid, bigint, bigint, integer) to mostrador_api;

-- Files --------------------------------------------------------------------------------------------------------------

create table stored_files (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    folder_id uuid,
    filename text not null,
    original_name text not null,
    storage_path text not null,
    mime_type text not null,
    size bigint not null,
    checksum text not null,
    access_level text not null default 'PRIVATE',
    usage_context text not null default 'GENERAL',
    is_processed boolean not null default false,
    scan_status text not null default 'PENDING',
    expires_at timestamptz,
    constraint stored_files_pkey primary key (tenant_id, id),
    constraint stored_files_user_id_id_key unique (tenant_id, user_id, id),
    constraint stored_files_storage_path_key unique (tenant_id, storage_path),
    constraint stored_files_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint stored_files_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint stored_files_user_id_folder_id_fkey foreign key (tenant_id, user_id, folder_id)
        references folders (tenant_id, user_id, id) on delete set null (folder_id),
    constraint stored_files_filename_check check (
        app.is_filled(filename) and filename not in ('.', '..') and filename !~ '[/\x01-\x1f\x7f]'
        and octet_length(filename) <= 255
    ),
    constraint stored_files_original_name_check check (app.is_filled(original_name)),
    constraint stored_files_storage_path_check check (storage_path ~ '^[a-z0-9/_-]+$'),
    constraint stored_files_mime_type_check check (mime_type ~ '^[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*$'),
    constraint stored_files_size_check check (size > 0),
    constraint stored_files_checksum_check check (checksum ~ '^[0-9a-f]{64}$'),
    constraint stored_files_access_level_check check (access_level in ('PRIVATE', 'SHARED', 'TENANT', 'PUBLIC')),
    constraint stored_files_usage_context_check check (
        usage_context in (
            'THEME', 'AVATAR', 'HEALTH', 'FINANCE', 'CHAT', 'ARTIFACT', 'RAG', 'DOCUMENT', 'GENERAL'
        )
    ),
    constraint stored_files_access_level_usage_context_check check (
        access_level = 'PRIVATE' or usage_context not in ('HEALTH', 'FINANCE')
    )
);
comment on table stored_files is
    'What was stored. Seen by its user, and by others as far as access_level says; not at all once it has expired.';
comment on column stored_files.storage_path is 'Where the bytes are. Never shown.';
comment on column stored_files.checksum is 'SHA-256 of the bytes, in hexadecimal digits.';
comment on column stored_files.access_level is
    'PRIVATE: its user alone, and shares do not open. SHARED: also whom it is shared with. TENANT: everybody in the '
    'business. PUBLIC: everybody who has its address.';
comment on column stored_files.is_processed is 'Whether all is done that comes after an upload; kept by a trigger.';
comment on constraint stored_files_user_id_id_key on stored_files is 'There is already such a file.';
comment on constraint stored_files_storage_path_key on stored_files is 'These bytes belong to another file.';
comment on constraint stored_files_filename_check on stored_files is
    'The name of a file has 1 to 255 bytes, without slashes and line breaks, and is not a dot.';
comment on constraint stored_files_original_name_check on stored_files is 'The name must not be empty.';
comment on constraint stored_files_mime_type_check on stored_files is 'A type is written as image/png, in lower case.';
comment on constraint stored_files_size_check on stored_files is 'A file has at least one byte.';
comment on constraint stored_files_checksum_check on stored_files is
    'A checksum is the SHA-256 of the file: 64 hexadecimal digits in lower case.';
comment on constraint stored_files_access_level_check on stored_files is 'There is no such access level.';
comment on constraint stored_files_usage_context_check on stored_files is 'There is no such usage context.';
comment on constraint stored_files_access_level_usage_context_check on stored_files is
    'Files about health and finance are private.';

call app.soft_deletable('stored_files');
create unique index stored_files_user_id_checksum_key on stored_files (tenant_id, user_id, checksum)
    where deleted_at is null;
comment on index stored_files_user_id_checksum_key is 'You have stored this content already.';
create index stored_files_user_id_usage_context_idx on stored_files (tenant_id, user_id, usage_context, id desc)
    where deleted_at is null;
create index stored_files_user_id_idx on stored_files (tenant_id, user_id, id desc);
create index stored_files_folder_id_idx on stored_files (tenant_id, folder_id, user_id, id desc);
create index stored_files_expires_at_idx on stored_files (tenant_id, expires_at) where expires_at is not null;
create index stored_files_deleted_at_idx on stored_files (tenant_id, deleted_at) where deleted_at is not null;

call app.protect('stored_files', hidden => '{storage_path}');
call app.state_machine('stored_files', 'scan_status', '{
    "PENDING": ["CLEAN", "INFECTED", "FAILED"],
    "FAILED": ["PENDING"],
    "CLEAN": [],
    "INFECTED": []
}');
call app.fixed('stored_files', '{user_id, original_name, storage_path, mime_type, size, checksum}');
call app.versioned('stored_files');
call app.logged(
    'stored_files', 'stored_file', routing => '{user_id,access_level}', ignored => '{storage_path}'
);

-- Shares -------------------------------------------------------------------------------------------------------------

create table file_shares (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    file_id uuid not null,
    shared_by_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    shared_with_id uuid,
    share_token_hash bytea not null,
    share_type text not null,
    password bytea,
    max_downloads integer,
    download_count integer not null default 0,
    allow_download boolean not null default true,
    allow_view boolean not null default true,
    expires_at timestamptz,
    constraint file_shares_pkey primary key (tenant_id, id),
    constraint file_shares_share_token_hash_key unique (tenant_id, share_token_hash),
    constraint file_shares_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    -- Nobody shares what is somebody else's.
    constraint file_shares_shared_by_id_file_id_fkey foreign key (tenant_id, shared_by_id, file_id)
        references stored_files (tenant_id, user_id, id) on delete cascade,
    constraint file_shares_shared_by_id_fkey foreign key (tenant_id, shared_by_id) references users on delete cascade,
    constraint file_shares_shared_with_id_fkey foreign key (tenant_id, shared_with_id) references users
        on delete cascade,
    constraint file_shares_share_token_hash_check check (octet_length(share_token_hash) = 32),
    constraint file_shares_share_type_check check (share_type in ('LINK', 'PASSWORD', 'USER')),
    constraint file_shares_share_type_password_check check ((share_type = 'PASSWORD') = (password is not null)),
    constraint file_shares_share_type_shared_with_id_check check (
        (share_type = 'USER') = (shared_with_id is not null)
    ),
    constraint file_shares_max_downloads_check check (max_downloads > 0),
    constraint file_shares_download_count_check check (download_count >= 0 and download_count <= max_downloads),
    constraint file_shares_allow_download_allow_view_check check (allow_download or allow_view),
    constraint file_shares_shared_with_id_shared_by_id_check check (shared_with_id <> shared_by_id)
);
comment on table file_shares is 'A file, opened to somebody else: by its address, by address and password, or to one user.';
comment on column file_shares.share_token_hash is 'SHA-256 of the token, which was shown once.';
comment on column file_shares.password is 'Sealed: the Argon2id hash of the password.';
comment on column file_shares.download_count is 'How often the file was opened over this share, to be kept or to be viewed.';
comment on constraint file_shares_share_token_hash_key on file_shares is 'There is already such a share.';
comment on constraint file_shares_share_type_check on file_shares is 'There is no such type of share.';
comment on constraint file_shares_share_type_password_check on file_shares is
    'A share of the type PASSWORD has a password, and no other has.';
comment on constraint file_shares_share_type_shared_with_id_check on file_shares is
    'A share of the type USER names the user, and no other does.';
comment on constraint file_shares_max_downloads_check on file_shares is 'The number of downloads is at least one.';
comment on constraint file_shares_download_count_check on file_shares is
    'It was opened more often already than it may be.';
comment on constraint file_shares_allow_download_allow_view_check on file_shares is
    'A share allows to view the file, to download it, or both.';
comment on constraint file_shares_shared_with_id_shared_by_id_check on file_shares is
    'A file is shared with somebody else.';
create unique index file_shares_file_id_shared_with_id_key on file_shares (tenant_id, file_id, shared_with_id)
    where shared_with_id is not null;
comment on index file_shares_file_id_shared_with_id_key is 'The file is shared with this user already.';
create index file_shares_file_id_idx on file_shares (tenant_id, file_id, shared_by_id, id desc);
create index file_shares_shared_by_id_idx on file_shares (tenant_id, shared_by_id, id desc);
create index file_shares_shared_with_id_idx on file_shares (tenant_id, shared_with_id, id desc)
    where shared_with_id is not null;

call app.protect('file_shares', hidden => '{share_token_hash, password}');
-- Sealing anew is no change of what the row says.
call app.versioned('file_shares', ignored => '{download_count, password}');
call app.fixed('file_shares', '{file_id, shared_by_id, shared_with_id, share_type}');
call app.living_references('file_shares', '{"file_id": "stored_files", "shared_with_id": "users"}');
call app.logged(
    'file_shares', 'file_share',
    parent => 'file_id', routing => '{shared_by_id,shared_with_id}', ignored => '{share_token_hash,password}'
);

-- Uploads on their way -----------------------------------------------------------------------------------------------

create table file_uploads (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    folder_id uuid,
    filename text not null,
    storage_path text not null,
    mime_type text not null,
    size bigint not null,
    checksum text not null,
    access_level text not null default 'PRIVATE',
    usage_context text not null default 'GENERAL',
    file_expires_at timestamptz,
    expires_at timestamptz not null,
    received_at timestamptz,
    constraint file_uploads_pkey primary key (tenant_id, id),
    constraint file_uploads_storage_path_key unique (tenant_id, storage_path),
    constraint file_uploads_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint file_uploads_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint file_uploads_user_id_folder_id_fkey foreign key (tenant_id, user_id, folder_id)
        references folders (tenant_id, user_id, id) on delete set null (folder_id),
    constraint file_uploads_filename_check check (
        app.is_filled(filename) and filename not in ('.', '..') and filename !~ '[/\x01-\x1f\x7f]'
        and octet_length(filename) <= 255
    ),
    constraint file_uploads_storage_path_check check (storage_path ~ '^[a-z0-9/_-]+$'),
    constraint file_uploads_mime_type_check check (mime_type ~ '^[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*$'),
    constraint file_uploads_size_check check (size > 0),
    constraint file_uploads_checksum_check check (checksum ~ '^[0-9a-f]{64}$'),
    constraint file_uploads_access_level_check check (access_level in ('PRIVATE', 'SHARED', 'TENANT', 'PUBLIC')),
    constraint file_uploads_usage_context_check check (
        usage_context in (
            'THEME', 'AVATAR', 'HEALTH', 'FINANCE', 'CHAT', 'ARTIFACT', 'RAG', 'DOCUMENT', 'GENERAL'
        )
    ),
    constraint file_uploads_access_level_usage_context_check check (
        access_level = 'PRIVATE' or usage_context not in ('HEALTH', 'FINANCE')
    )
);
comment on table file_uploads is
    'Files that were announced: their room is reserved, their bytes come or have come, and confirmUpload makes files of '
    'them, with the same id. Those that nobody confirms are taken away after expires_at.';
comment on column file_uploads.received_at is 'When the bytes were there, checked against size, checksum and type.';
comment on constraint file_uploads_storage_path_key on file_uploads is 'These bytes belong to another upload.';
comment on constraint file_uploads_filename_check on file_uploads is
    'The name of a file has 1 to 255 bytes, without slashes and line breaks, and is not a dot.';
comment on constraint file_uploads_mime_type_check on file_uploads is 'A type is written as image/png, in lower case.';
comment on constraint file_uploads_size_check on file_uploads is 'A file has at least one byte.';
comment on constraint file_uploads_checksum_check on file_uploads is
    'A checksum is the SHA-256 of the file: 64 hexadecimal digits in lower case.';
comment on constraint file_uploads_access_level_check on file_uploads is 'There is no such access level.';
comment on constraint file_uploads_usage_context_check on file_uploads is 'There is no such usage context.';
comment on constraint file_uploads_access_level_usage_context_check on file_uploads is
    'Files about health and finance are private.';
create index file_uploads_user_id_idx on file_uploads (tenant_id, user_id, id desc);
create index file_uploads_folder_id_idx on file_uploads (tenant_id, folder_id, user_id);
create index file_uploads_expires_at_idx on file_uploads (tenant_id, expires_at);

call app.protect('file_uploads', hidden => '{storage_path}');
call app.personal('file_uploads');
call app.versioned('file_uploads');
call app.fixed('file_uploads', '{user_id, filename, storage_path, mime_type, size, checksum}');
call app.logged('file_uploads', 'file_upload', routing => '{user_id}', ignored => '{storage_path}');

-- Bytes without a row ------------------------------------------------------------------------------------------------

create table file_discards (
    tenant_id uuid not null,
    storage_path text not null,
    discarded_at timestamptz not null default now(),
    constraint file_discards_pkey primary key (tenant_id, storage_path),
    constraint file_discards_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict
);
comment on table file_discards is
    'Bytes whose row is gone: a worker deletes them, and then the row here. Written in the transaction that took the row.';
call app.isolate('file_discards');
grant select, insert, delete on file_discards to mostrador_api;

-- The log of access --------------------------------------------------------------------------------------------------

create table file_access_logs (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    created_at timestamptz not null default now(),
    file_id uuid not null,
    user_id uuid default nullif(current_setting('app.user_id', true), '')::uuid,
    action text not null,
    ip_address inet default nullif(current_setting('app.client_address', true), '')::inet,
    occurred_at timestamptz not null default now(),
    constraint file_access_logs_pkey primary key (tenant_id, id),
    constraint file_access_logs_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint file_access_logs_file_id_fkey foreign key (tenant_id, file_id) references stored_files
        on delete cascade,
    constraint file_access_logs_user_id_fkey foreign key (tenant_id, user_id) references users
        on delete set null (user_id),
    constraint file_access_logs_action_check check (
        action in ('UPLOAD', 'VIEW', 'DOWNLOAD', 'UPDATE', 'SHARE', 'DELETE', 'RESTORE')
    )
) partition by range (id);
comment on table file_access_logs is
    'Who did what with a file, and from where. Append-only; one partition a month, because a UUIDv7 begins with its time.';
comment on column file_access_logs.user_id is 'Null for somebody without an account, and after that user was purged.';
comment on column file_access_logs.ip_address is 'From where; null when that is not known, as for psql.';
create index file_access_logs_file_id_idx on file_access_logs (tenant_id, file_id, occurred_at desc, id desc);
create index file_access_logs_user_id_idx on file_access_logs (tenant_id, user_id, id desc);

call app.protect_append_only('file_access_logs');
call app.logged('file_access_logs', 'file_access_log', parent => 'file_id');
call app.monthly('file_access_logs', kept => interval '1 year');

-- Who sees what ------------------------------------------------------------------------------------------------------

create function app.files_shared_with_me() returns uuid[]
language plpgsql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    me constant uuid := nullif(current_setting('app.user_id', true), '')::uuid;
begin
    return array(
        select s.file_id
        from file_shares s
        where s.tenant_id = tenant
          and s.shared_with_id = me
          and (s.expires_at is null or s.expires_at > now())
    );
end
$$;
comment on function app.files_shared_with_me() is
    'The files that were shared with the user of this transaction. Runs as the owner, because the policy of file_shares '
    'asks that of stored_files, which asks this.';
revoke execute on function app.files_shared_with_me() from public;
grant execute on function app.files_shared_with_me() to mostrador_api;

create policy seen_files on stored_files as restrictive for select to mostrador_api, mostrador_readonly using (
    (expires_at is null or expires_at > now())
    and (
        user_id = (select nullif(current_setting('app.user_id', true), '')::uuid)
        or deleted_at is null
        and (
            access_level in ('TENANT', 'PUBLIC')
            and (select nullif(current_setting('app.user_id', true), '')) is not null
            or access_level = 'SHARED' and id = any ((select app.files_shared_with_me())::uuid[])
        )
    )
);
create policy own_files_insert on stored_files as restrictive for insert to mostrador_api
    with check (user_id = (select nullif(current_setting('app.user_id', true), '')::uuid));
create policy own_files_update on stored_files as restrictive for update to mostrador_api
    using (user_id = (select nullif(current_setting('app.user_id', true), '')::uuid))
    with check (user_id = (select nullif(current_setting('app.user_id', true), '')::uuid));
create policy own_files_delete on stored_files as restrictive for delete to mostrador_api
    using (user_id = (select nullif(current_setting('app.user_id', true), '')::uuid));
-- What a scan has found nobody else says, and where the bytes are nobody changes.
revoke update on stored_files from mostrador_api;
grant update (filename, folder_id, access_level, usage_context, expires_at, deleted_at, deleted_by_id)
    on stored_files to mostrador_api;
-- Analysts call no functions of the owner, and have no files.
revoke select on stored_files, file_shares, file_uploads, folders, storage_quotas, file_access_logs
    from mostrador_readonly;

create policy seen_shares on file_shares as restrictive for select to mostrador_api using (
    (select nullif(current_setting('app.user_id', true), '')::uuid) in (shared_by_id, shared_with_id)
    and exists (select from stored_files f where f.tenant_id = file_shares.tenant_id and f.id = file_shares.file_id)
);
create policy own_shares_insert on file_shares as restrictive for insert to mostrador_api
    with check (shared_by_id = (select nullif(current_setting('app.user_id', true), '')::uuid));
create policy own_shares_update on file_shares as restrictive for update to mostrador_api
    using (shared_by_id = (select nullif(current_setting('app.user_id', true), '')::uuid))
    with check (shared_by_id = (select nullif(current_setting('app.user_id', true), '')::uuid));
create policy own_shares_delete on file_shares as restrictive for delete to mostrador_api
    using (shared_by_id = (select nullif(current_setting('app.user_id', true), '')::uuid));
-- Uses are counted by app.use_file_share alone.
revoke update on file_shares from mostrador_api;
grant update (password, max_downloads, allow_download, allow_view, expires_at) on file_shares to mostrador_api;

create policy own_file_access on file_access_logs as restrictive for select to mostrador_api using (
    exists (
        select
        from stored_files f
        where f.tenant_id = file_access_logs.tenant_id
          and f.id = file_access_logs.file_id
          and f.user_id = (select nullif(current_setting('app.user_id', true), '')::uuid)
    )
);
-- Written by triggers, so that nobody can say what somebody else is said to have done.
create policy written_by_triggers on file_access_logs as restrictive for insert to mostrador_api
    with check (pg_trigger_depth() > 0);

-- What a file costs, and what it is allowed to be --------------------------------------------------------------------

create function app.stored_files_content() returns trigger
language plpgsql
as $$
declare
    existing uuid;
begin
    if new.deleted_at is not null or tg_op = 'UPDATE' and old.deleted_at is null then
        return new;
    end if;
    -- One after another for each owner, so that the second of two sees the first.
    perform app.charge_storage(new.tenant_id, new.user_id);
    select f.id into existing
    from stored_files f
    where f.tenant_id = new.tenant_id
      and f.user_id = new.user_id
      and f.checksum = new.checksum
      and f.deleted_at is null
      and f.id <> new.id;
    if existing is not null then
        perform app.refuse(
            'CONFLICT', 'checksum', 'You have stored this content already.',
            jsonb_build_object('storedFileId', existing)
        );
    end if;
    return new;
end
$$;
create trigger stored_files_content before insert or update of deleted_at on stored_files
    for each row execute function app.stored_files_content();

create function app.file_uploads_content() returns trigger
language plpgsql
as $$
declare
    existing uuid;
begin
    select f.id into existing
    from stored_files f
    where f.tenant_id = new.tenant_id
      and f.user_id = new.user_id
      and f.checksum = new.checksum
      and f.deleted_at is null;
    if existing is not null then
        perform app.refuse(
            'CONFLICT', 'checksum', 'You have stored this content already.',
            jsonb_build_object('storedFileId', existing)
        );
    end if;
    return new;
end
$$;
create trigger file_uploads_content before insert on file_uploads
    for each row execute function app.file_uploads_content();

create function app.stored_files_storage() returns trigger
language plpgsql
as $$
declare
    was constant boolean := tg_op <> 'INSERT' and old.deleted_at is null;
    becomes constant boolean := tg_op <> 'DELETE' and new.deleted_at is null;
begin
    if was and becomes then
        perform app.charge_storage(
            new.tenant_id, new.user_id,
            breakdown => jsonb_build_object(old.usage_context, -old.size, new.usage_context, new.size)
        );
    elsif becomes then
        perform app.charge_storage(
            new.tenant_id, new.user_id, new.size, 1, jsonb_build_object(new.usage_context, new.size),
            largest => new.size
        );
    elsif was then
        perform app.charge_storage(
            old.tenant_id, old.user_id, -old.size, -1, jsonb_build_object(old.usage_context, -old.size)
        );
    end if;
    return null;
end
$$;
create trigger stored_files_storage after insert or delete on stored_files
    for each row execute function app.stored_files_storage();
create trigger stored_files_storage_moved after update of deleted_at, usage_context on stored_files
    for each row when (
        (old.deleted_at is null) is distinct from (new.deleted_at is null)
        or new.deleted_at is null and old.usage_context <> new.usage_context
    )
    execute function app.stored_files_storage();

create function app.file_uploads_storage() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'INSERT' then
        perform app.charge_storage(
            new.tenant_id, new.user_id, reserved_bytes => new.size, reserved_count => 1, largest => new.size
        );
    else
        perform app.charge_storage(
            old.tenant_id, old.user_id, reserved_bytes => -old.size, reserved_count => -1
        );
    end if;
    return null;
end
$$;
create trigger file_uploads_storage after insert or delete on file_uploads
    for each row execute function app.file_uploads_storage();

create function app.stored_files_expiry() returns trigger
language plpgsql
as $$
begin
    perform app.refuse('VALIDATION', tg_argv[0], 'This moment has passed.');
    return null;
end
$$;
comment on function app.stored_files_expiry() is 'For a WHEN that found the moment of an expiry in the past.';
create trigger stored_files_expiry before insert or update of expires_at on stored_files
    for each row when (new.expires_at <= now()) execute function app.stored_files_expiry('expires_at');
create trigger file_uploads_expiry before insert on file_uploads
    for each row when (new.file_expires_at <= now()) execute function app.stored_files_expiry('file_expires_at');
create trigger file_shares_expiry before insert or update of expires_at on file_shares
    for each row when (new.expires_at <= now()) execute function app.stored_files_expiry('expires_at');

create function app.stored_files_scan() returns trigger
language plpgsql
as $$
begin
    new.is_processed := new.scan_status in ('CLEAN', 'INFECTED');
    return new;
end
$$;
create trigger stored_files_scan before insert or update of scan_status on stored_files
    for each row execute function app.stored_files_scan();

create function app.stored_files_to_scan() returns trigger
language plpgsql
as $$
begin
    perform app.enqueue_job(
        'scan_file', jsonb_build_object('file_id', new.id), key => 'scan_file:' || new.id, tenant => new.tenant_id
    );
    return null;
end
$$;
create trigger stored_files_to_scan after insert or update of scan_status on stored_files
    for each row when (new.scan_status = 'PENDING') execute function app.stored_files_to_scan();

create function app.discard_file() returns trigger
language plpgsql
as $$
begin
    insert into file_discards (tenant_id, storage_path) values (old.tenant_id, old.storage_path)
    on conflict (tenant_id, storage_path) do nothing;
    return null;
end
$$;
create trigger stored_files_discard after delete on stored_files
    for each row execute function app.discard_file();
create trigger file_uploads_discard after delete on file_uploads
    for each row execute function app.discard_file();

create function app.stored_files_keep() returns trigger
language plpgsql
as $$
begin
    delete from file_discards d where d.tenant_id = new.tenant_id and d.storage_path = new.storage_path;
    return null;
end
$$;
comment on function app.stored_files_keep() is 'The upload is gone and its bytes are now those of a file.';
create trigger stored_files_keep after insert on stored_files
    for each row execute function app.stored_files_keep();

-- Shares open what is clean ------------------------------------------------------------------------------------------

create function app.file_shares_file() returns trigger
language plpgsql
as $$
declare
    file stored_files;
begin
    select * into file
    from stored_files f
    where f.tenant_id = new.tenant_id and f.user_id = new.shared_by_id and f.id = new.file_id;
    if not found then
        -- The foreign key says the same, but comes behind the policies, which have no sentence.
        perform app.refuse('NOT_FOUND', 'file_id', 'There is no stored file of yours with this ID.');
    end if;
    if file.scan_status <> 'CLEAN' then
        perform app.refuse(
            'VALIDATION', 'file_id',
            'Only files that were looked through for viruses and found clean can be shared.',
            jsonb_build_object('scanStatus', file.scan_status)
        );
    end if;
    if file.access_level = 'PRIVATE' then
        update stored_files set access_level = 'SHARED' where tenant_id = file.tenant_id and id = file.id;
    end if;
    return new;
end
$$;
create trigger file_shares_file before insert on file_shares
    for each row execute function app.file_shares_file();

-- The log of access --------------------------------------------------------------------------------------------------

create function app.stored_files_access() returns trigger
language plpgsql
as $$
begin
    -- Files that are brought along from elsewhere were stored when they were stored.
    insert into file_access_logs (tenant_id, file_id, occurred_at, action)
    values (
        new.tenant_id, new.id, case tg_op when 'INSERT' then least(new.created_at, now()) else now() end,
        case
            when tg_op = 'INSERT' then 'UPLOAD'
            when old.deleted_at is null and new.deleted_at is not null then 'DELETE'
            when old.deleted_at is not null and new.deleted_at is null then 'RESTORE'
            else 'UPDATE'
        end
    );
    return null;
end
$$;
create trigger stored_files_access after insert on stored_files
    for each row execute function app.stored_files_access();
create trigger stored_files_access_changed
    after update of filename, folder_id, access_level, usage_context, expires_at, deleted_at on stored_files
    for each row when (
        (old.filename, old.folder_id, old.access_level, old.usage_context, old.expires_at, old.deleted_at is null)
        is distinct from
        (new.filename, new.folder_id, new.access_level, new.usage_context, new.expires_at, new.deleted_at is null)
    )
    execute function app.stored_files_access();

create function app.file_shares_access() returns trigger
language plpgsql
as $$
begin
    insert into file_access_logs (tenant_id, file_id, occurred_at, action)
    values (new.tenant_id, new.file_id, least(new.created_at, now()), 'SHARE');
    return null;
end
$$;
create trigger file_shares_access after insert on file_shares
    for each row execute function app.file_shares_access();

create function app.note_file_access(file uuid, action text, is_part boolean default false) returns void
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    -- Only what no trigger sees.
    if action not in ('VIEW', 'DOWNLOAD') then
        raise exception 'nobody notes a % by hand', action;
    end if;
    insert into public.file_access_logs (tenant_id, file_id, action)
    select f.tenant_id, f.id, note_file_access.action
    from public.stored_files f
    where f.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid and f.id = file
      -- A film is fetched in hundreds of parts, and a download goes on after a break: that is one time.
      and not (note_file_access.is_part and exists (
          select
          from public.file_access_logs l
          where l.tenant_id = f.tenant_id
            and l.file_id = f.id
            and l.action = note_file_access.action
            and l.user_id is not distinct from nullif(current_setting('app.user_id', true), '')::uuid
            and l.ip_address is not distinct from nullif(current_setting('app.client_address', true), '')::inet
            and l.occurred_at > now() - interval '1 hour'
      ));
end
$$;
comment on function app.note_file_access(uuid, text, boolean) is
    'Writes down that a file was viewed or downloaded, by the user and from the address of the settings; of parts behind '
    'the beginning only the first in an hour.';
revoke execute on function app.note_file_access(uuid, text, boolean) from public;
grant execute on function app.note_file_access(uuid, text, boolean) to mostrador_api;

-- Without an account -------------------------------------------------------------------------------------------------

create function app.file_share_by_token(token_hash bytea) returns table (
    id uuid, file_id uuid, share_type text, password bytea, shared_with_id uuid, allow_view boolean, allow_download boolean
)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select s.id, s.file_id, s.share_type, s.password, s.shared_with_id, s.allow_view, s.allow_download
    from public.file_shares s
    where s.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
      and s.share_token_hash = file_share_by_token.token_hash
$$;
comment on function app.file_share_by_token(bytea) is
    'The share with this token, for whoever has the token: what is needed to check the password.';
revoke execute on function app.file_share_by_token(bytea) from public;
grant execute on function app.file_share_by_token(bytea) to mostrador_api;

create function app.shared_file(share uuid, action text) returns table (
    file_id uuid, filename text, mime_type text, size bigint, checksum text, storage_path text
)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select f.id, f.filename, f.mime_type, f.size, f.checksum, f.storage_path
    from public.file_shares s
    join public.stored_files f on f.tenant_id = s.tenant_id and f.id = s.file_id
    join public.users u on u.tenant_id = s.tenant_id and u.id = s.shared_by_id
    join public.tenants t on t.id = s.tenant_id and t.status in ('TRIAL', 'ACTIVE')
    where s.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
      and s.id = share
      and case shared_file.action when 'VIEW' then s.allow_view when 'DOWNLOAD' then s.allow_download else false end
      and (s.expires_at is null or s.expires_at > now())
      and (f.expires_at is null or f.expires_at > now())
      and f.deleted_at is null
      and f.scan_status = 'CLEAN'
      and f.access_level <> 'PRIVATE'
      and u.is_active
      and u.deleted_at is null
$$;
comment on function app.shared_file(uuid, text) is
    'What a share opens to be viewed or downloaded; no row when it opens nothing, or not that way, or not any more.';
revoke execute on function app.shared_file(uuid, text) from public;
grant execute on function app.shared_file(uuid, text) to mostrador_api;

create function app.use_file_share(share uuid, action text) returns text
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    file uuid;
begin
    select f.file_id into file from app.shared_file(share, action) f;
    if file is null then
        return 'CLOSED';
    end if;
    -- One statement: of any number that come at once, each sees what the one before has counted.
    update public.file_shares s
    set download_count = s.download_count + 1
    where s.tenant_id = tenant
      and s.id = share
      and (s.max_downloads is null or s.download_count < s.max_downloads)
      and case action when 'VIEW' then s.allow_view else s.allow_download end
      and (s.expires_at is null or s.expires_at > now());
    if not found then
        return 'USED_UP';
    end if;
    perform app.note_file_access(file, action);
    return 'OPEN';
end
$$;
comment on function app.use_file_share(uuid, text) is
    'Counts one use of a share and writes it down. OPEN, or why not: CLOSED, USED_UP.';
revoke execute on function app.use_file_share(uuid, text) from public;
grant execute on function app.use_file_share(uuid, text) to mostrador_api;

create function app.public_file(file uuid) returns table (
    filename text, mime_type text, size bigint, checksum text, storage_path text
)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select f.filename, f.mime_type, f.size, f.checksum, f.storage_path
    from public.stored_files f
    join public.tenants t on t.id = f.tenant_id and t.status in ('TRIAL', 'ACTIVE')
    where f.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
      and f.id = file
      and f.access_level = 'PUBLIC'
      and f.scan_status = 'CLEAN'
      and f.deleted_at is null
      and (f.expires_at is null or f.expires_at > now())
$$;
comment on function app.public_file(uuid) is 'A file that everybody may read who has its address.';
revoke execute on function app.public_file(uuid) from public;
grant execute on function app.public_file(uuid) to mostrador_api;

-- Work in nobody's name ----------------------------------------------------------------------------------------------

create function app.file_to_scan(file uuid) returns table (storage_path text, size bigint)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select f.storage_path, f.size
    from public.stored_files f
    where f.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
      and f.id = file
      and f.scan_status = 'PENDING'
$$;
comment on function app.file_to_scan(uuid) is 'Where the bytes are of a file that waits for its scan; no row for others.';
revoke execute on function app.file_to_scan(uuid) from public;
grant execute on function app.file_to_scan(uuid) to mostrador_api;

create function app.file_scanned(file uuid, verdict text) returns void
language sql security definer
set search_path = pg_catalog, public, pg_temp
as $$
    update public.stored_files f
    set scan_status = verdict
    where f.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
      and f.id = file
      and f.scan_status = 'PENDING'
      and verdict in ('CLEAN', 'INFECTED', 'FAILED')
$$;
comment on function app.file_scanned(uuid, text) is 'What a scan of a file has found: CLEAN, INFECTED or FAILED.';
revoke execute on function app.file_scanned(uuid, text) from public;
grant execute on function app.file_scanned(uuid, text) to mostrador_api;

create function app.rescan_file(file uuid) returns uuid
language sql security definer
set search_path = pg_catalog, public, pg_temp
as $$
    update public.stored_files f
    set scan_status = 'PENDING'
    where f.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
      and f.user_id = nullif(current_setting('app.user_id', true), '')::uuid
      and f.id = file
      and f.deleted_at is null
    returning f.id
$$;
comment on function app.rescan_file(uuid) is 'A user has a file looked through again.';
revoke execute on function app.rescan_file(uuid) from public;
grant execute on function app.rescan_file(uuid) to mostrador_api;

create function app.files_awaiting_scan(most integer) returns integer
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    file record;
    queued integer := 0;
begin
    for file in
        select f.id
        from public.stored_files f
        where f.tenant_id = tenant
          and f.scan_status = 'PENDING'
          and f.deleted_at is null
          and not exists (
              select from public.jobs j
              where j.tenant_id = tenant and j.key = 'scan_file:' || f.id and j.state in ('QUEUED', 'RUNNING')
          )
        order by f.id
        limit most
    loop
        perform app.enqueue_job(
            'scan_file', jsonb_build_object('file_id', file.id), key => 'scan_file:' || file.id, tenant => tenant
        );
        queued := queued + 1;
    end loop;
    return queued;
end
$$;
comment on function app.files_awaiting_scan(integer) is
    'Queues the scan of files that wait for one without a job: they came while there was no scanner. Says how many.';
revoke execute on function app.files_awaiting_scan(integer) from public;
grant execute on function app.files_awaiting_scan(integer) to mostrador_api;
create index stored_files_scan_status_idx on stored_files (tenant_id, id) where scan_status = 'PENDING';

create function app.drop_lapsed_files(owner uuid, kept interval) returns integer
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    dropped integer;
    uploads integer;
begin
    delete from public.stored_files f
    where f.tenant_id = tenant
      and (owner is null or f.user_id = owner)
      and (f.expires_at <= now() or f.deleted_at <= now() - greatest(kept, interval '1 day'));
    get diagnostics dropped = row_count;
    delete from public.file_uploads u
    where u.tenant_id = tenant and (owner is null or u.user_id = owner) and u.expires_at <= now();
    get diagnostics uploads = row_count;
    return dropped + uploads;
end
$$;
comment on function app.drop_lapsed_files(uuid, interval) is
    'Removes what is over: files that have expired or were deleted that long ago, and uploads that nobody confirmed in '
    'time; of one user, or of all. Triggers give back their room and have their bytes deleted.';
revoke execute on function app.drop_lapsed_files(uuid, interval) from public;
grant execute on function app.drop_lapsed_files(uuid, interval) to mostrador_api;

create function app.known_file_paths(paths text[]) returns setof text
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select p.path
    from unnest(paths) as p (path)
    where exists (
              select from public.stored_files f
              where f.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid and f.storage_path = p.path
          )
       or exists (
              select from public.file_uploads u
              where u.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid and u.storage_path = p.path
          )
$$;
comment on function app.known_file_paths(text[]) is 'Which of these bytes belong to a file or to an upload.';
revoke execute on function app.known_file_paths(text[]) from public;
grant execute on function app.known_file_paths(text[]) to mostrador_api;

create policy owner_directory on stored_files for select to current_user using (true);
create policy owner_directory on file_uploads for select to current_user using (true);
create policy owner_directory on file_discards for select to current_user using (true);

create function app.tenants_with_file_work(kept interval, is_scanning boolean) returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select t.id
    from public.tenants t
    where exists (select from public.file_discards d where d.tenant_id = t.id)
       or exists (select from public.file_uploads u where u.tenant_id = t.id and u.expires_at <= now())
       or exists (select from public.stored_files f where f.tenant_id = t.id and f.expires_at <= now())
       or exists (
              select from public.stored_files f
              where f.tenant_id = t.id and f.deleted_at <= now() - greatest(kept, interval '1 day')
          )
       or is_scanning and exists (
              select from public.stored_files f
              where f.tenant_id = t.id and f.scan_status = 'PENDING' and f.deleted_at is null
          )
$$;
comment on function app.tenants_with_file_work(interval, boolean) is
    'Tenants with bytes to delete, with files and uploads whose time is over, or, if scans are made, with files that '
    'wait for one.';
revoke execute on function app.tenants_with_file_work(interval, boolean) from public;
grant execute on function app.tenants_with_file_work(interval, boolean) to mostrador_api;
