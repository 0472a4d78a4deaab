-- retrieval: documents that are found by meaning. A document is cut into chunks; each has an embedding, by which it is
-- compared with a question.

create function app.signature(embedding real[]) returns bit varying
language sql immutable strict parallel safe
as $$
    select string_agg(
               case when x > t.bound then '10' when x < -t.bound then '01' else '00' end, '' order by place
           )::bit varying
    from unnest(embedding) with ordinality as v (x, place),
         (select 0.75 * sqrt(avg(y * y)) as bound from unnest(embedding) as y) t
$$;
comment on function app.signature(real[]) is
    'An embedding in two bits for each number: clearly above zero, clearly below, or neither. Embeddings whose signatures '
    'differ in few bits are near each other; this finds candidates where there is no pgvector.';

create table rag_documents (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    file_id uuid,
    title text not null,
    source text not null,
    source_url text,
    content text,
    tags text[] not null default '{}',
    indexed boolean not null default false,
    indexed_at timestamptz,
    index_error text,
    index_round integer not null default 1,
    vector_ids text[] not null default '{}',
    chunk_count integer not null default 0,
    constraint rag_documents_pkey primary key (tenant_id, id),
    constraint rag_documents_id_user_id_key unique (tenant_id, id, user_id),
    constraint rag_documents_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint rag_documents_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint rag_documents_user_id_file_id_fkey foreign key (tenant_id, user_id, file_id)
        references stored_files (tenant_id, user_id, id) on delete set null (file_id),
    constraint rag_documents_title_check check (app.is_filled(title)),
    constraint rag_documents_source_check check (source in ('FILE', 'PASTE', 'URL', 'MCP', 'SYSTEM')),
    constraint rag_documents_source_url_check check (app.is_https_url(source_url) and length(source_url) <= 2000),
    constraint rag_documents_source_source_url_check check (source <> 'URL' or source_url is not null),
    constraint rag_documents_source_file_id_check check (source = 'FILE' or file_id is null),
    constraint rag_documents_source_content_check check (
        case source when 'FILE' then content is null when 'URL' then true else app.is_filled(content) end
    ),
    constraint rag_documents_content_check check (length(content) <= 2000000),
    constraint rag_documents_tags_check check (
        cardinality(tags) <= 50 and array_position(tags, null) is null and not ('' = any (tags))
    ),
    constraint rag_documents_indexed_check check (indexed = (indexed_at is not null)),
    constraint rag_documents_index_error_check check (
        index_error is null or index_error ~ '^[A-Z][A-Z_]*$' and not indexed
    ),
    constraint rag_documents_chunk_count_check check (chunk_count >= 0)
);
comment on table rag_documents is 'A text of a user in which assistants may look things up.';
comment on column rag_documents.content is 'The text itself, unless it is in a file or at an address.';
comment on column rag_documents.index_error is 'Why it could not be indexed, as a code.';
comment on column rag_documents.index_round is 'Goes up with each new text; what was read for an earlier round is not kept.';
comment on column rag_documents.vector_ids is 'What the store of vectors calls its chunks, in their order. By a trigger.';
comment on column rag_documents.chunk_count is 'By a trigger.';
comment on constraint rag_documents_id_user_id_key on rag_documents is 'There is already a document with this ID.';
comment on constraint rag_documents_title_check on rag_documents is 'The title must not be empty.';
comment on constraint rag_documents_source_url_check on rag_documents is
    'This is not a web address that begins with https and has 2000 characters at most.';
comment on constraint rag_documents_source_source_url_check on rag_documents is
    'A document from the web needs its address.';
comment on constraint rag_documents_source_file_id_check on rag_documents is
    'Only a document whose source is FILE has a file.';
comment on constraint rag_documents_source_content_check on rag_documents is
    'The text is needed; only that of a file or a web page is fetched.';
comment on constraint rag_documents_content_check on rag_documents is 'A text has 2000000 characters at most.';
comment on constraint rag_documents_tags_check on rag_documents is 'There are 50 tags at most, none of them empty.';
comment on constraint rag_documents_chunk_count_check on rag_documents is 'A number of chunks is not negative.';

create index rag_documents_user_id_idx on rag_documents (tenant_id, user_id, id desc);
create index rag_documents_file_id_idx on rag_documents (tenant_id, file_id, user_id, id desc);

call app.protect('rag_documents');
call app.personal('rag_documents');
call app.versioned(
    'rag_documents', ignored => '{indexed, indexed_at, index_error, index_round, vector_ids, chunk_count}'
);
call app.fixed('rag_documents', '{user_id, source}');
call app.living_references('rag_documents', '{"file_id": "stored_files"}');
call app.logged(
    'rag_documents', 'rag_document', parent => 'user_id', routing => '{user_id}', ignored => '{index_round}'
);

-- Indexing -----------------------------------------------------------------------------------------------------------

create function app.rag_documents_changed() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'INSERT' then
        -- A file that is purged later leaves its document behind.
        if new.source = 'FILE' and new.file_id is null then
            perform app.refuse('VALIDATION', 'file_id', 'A document from a file needs the file.');
        end if;
    else
        new.index_round := old.index_round + 1;
    end if;
    new.indexed := false;
    new.indexed_at := null;
    new.index_error := null;
    return new;
end
$$;
create trigger rag_documents_changed before insert on rag_documents
    for each row execute function app.rag_documents_changed();
create trigger rag_documents_changed_update before update on rag_documents
    for each row when (
        old.content is distinct from new.content
        or old.source_url is distinct from new.source_url
        or old.index_round <> new.index_round
        or old.file_id is distinct from new.file_id and new.file_id is not null
    )
    execute function app.rag_documents_changed();

create function app.rag_documents_queued() returns trigger
language plpgsql
as $$
begin
    perform app.enqueue_job(
        'index_document',
        jsonb_build_object('documentId', new.id, 'userId', new.user_id, 'round', new.index_round),
        lane => 'index_document:' || new.id,
        tenant => new.tenant_id
    );
    return null;
end
$$;
comment on function app.rag_documents_queued() is 'A new text is indexed without being asked.';
create trigger rag_documents_queued after insert on rag_documents
    for each row execute function app.rag_documents_queued();
-- Not "of index_round": another trigger has raised it, which that would not see.
create trigger rag_documents_queued_update after update on rag_documents
    for each row when (old.index_round <> new.index_round) execute function app.rag_documents_queued();

create table rag_chunks (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    created_at timestamptz not null default now(),
    user_id uuid not null,
    document_id uuid not null,
    ordinal integer not null,
    content text not null,
    model text not null,
    embedding real[] not null,
    signature bit varying generated always as (app.signature(embedding)) stored,
    constraint rag_chunks_pkey primary key (tenant_id, id),
    constraint rag_chunks_document_id_ordinal_key unique (tenant_id, document_id, ordinal),
    constraint rag_chunks_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint rag_chunks_document_id_user_id_fkey foreign key (tenant_id, document_id, user_id)
        references rag_documents (tenant_id, id, user_id) on delete cascade,
    constraint rag_chunks_ordinal_check check (ordinal >= 1),
    constraint rag_chunks_content_check check (app.is_filled(content)),
    constraint rag_chunks_embedding_check check (
        cardinality(embedding) between 1 and 8192 and array_ndims(embedding) = 1
        and array_position(embedding, null) is null
    )
);
comment on table rag_chunks is 'A passage of a document, with where it stands among others by meaning.';
comment on column rag_chunks.ordinal is 'Its place in the document, from 1.';
comment on column rag_chunks.model is 'Which model made the embedding; those of different models cannot be compared.';
comment on constraint rag_chunks_document_id_ordinal_key on rag_chunks is 'The document has a chunk at this place.';
comment on constraint rag_chunks_ordinal_check on rag_chunks is 'Chunks are numbered from 1.';
comment on constraint rag_chunks_content_check on rag_chunks is 'A chunk has a text.';
comment on constraint rag_chunks_embedding_check on rag_chunks is 'An embedding is a list of 1 to 8192 numbers.';
-- Compressing numbers gains nothing.
alter table rag_chunks alter column embedding set storage external;
create index rag_chunks_document_id_idx on rag_chunks (tenant_id, document_id, user_id, ordinal);
-- All that the choice of candidates needs is in the index.
create index rag_chunks_signature_idx on rag_chunks (tenant_id, user_id, model) include (id, document_id, signature);

call app.protect('rag_chunks');
call app.personal('rag_chunks');

create function app.rag_chunks_counted() returns trigger
language plpgsql
as $$
begin
    -- Locked first: the statement after this one sees what whoever held the row has written.
    perform
    from rag_documents d
    where (d.tenant_id, d.id) in (select t.tenant_id, t.document_id from touched t)
    order by d.tenant_id, d.id
    for no key update;
    update rag_documents d
    set chunk_count = c.chunks, vector_ids = c.ids
    from (
        select touched.tenant_id, touched.document_id, count(k.id) as chunks,
               coalesce(array_agg(k.id::text order by k.ordinal) filter (where k.id is not null), '{}') as ids
        from (select distinct t.tenant_id, t.document_id from touched t) touched
        left join rag_chunks k on k.tenant_id = touched.tenant_id and k.document_id = touched.document_id
        group by touched.tenant_id, touched.document_id
    ) c
    where d.tenant_id = c.tenant_id and d.id = c.document_id
      and (d.chunk_count, d.vector_ids) is distinct from (c.chunks::integer, c.ids);
    return null;
end
$$;
comment on function app.rag_chunks_counted() is 'Keeps chunk_count and vector_ids of documents.';
create trigger rag_chunks_counted_insert after insert on rag_chunks
    referencing new table as touched
    for each statement execute function app.rag_chunks_counted();
create trigger rag_chunks_counted_delete after delete on rag_chunks
    referencing old table as touched
    for each statement execute function app.rag_chunks_counted();

create function app.rag_chunks_kept() returns trigger
language plpgsql
as $$
begin
    perform app.refuse('FORBIDDEN', null, 'Chunks are made anew and not changed.');
    return null;
end
$$;
create trigger rag_chunks_kept before update on rag_chunks
    for each row execute function app.rag_chunks_kept();

-- Settings -----------------------------------------------------------------------------------------------------------

create table rag_settings (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    top_k integer not null default 5,
    threshold numeric(4, 3) not null default 0.7,
    collections text[] not null default '{}',
    constraint rag_settings_pkey primary key (tenant_id, id),
    constraint rag_settings_user_id_key unique (tenant_id, user_id),
    constraint rag_settings_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint rag_settings_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint rag_settings_top_k_check check (top_k between 1 and 50),
    constraint rag_settings_threshold_check check (threshold between 0 and 1),
    constraint rag_settings_collections_check check (
        cardinality(collections) <= 50 and array_position(collections, null) is null and not ('' = any (collections))
    )
);
comment on table rag_settings is 'How a user wants documents to be searched; at most one row per user.';
comment on column rag_settings.collections is 'Tags of the documents that are searched; all documents when there are none.';
comment on constraint rag_settings_user_id_key on rag_settings is 'You already have settings.';
comment on constraint rag_settings_top_k_check on rag_settings is 'A search gives 1 to 50 passages.';
comment on constraint rag_settings_threshold_check on rag_settings is 'A threshold goes from 0 to 1.';
comment on constraint rag_settings_collections_check on rag_settings is
    'There are 50 collections at most, none of them empty.';

call app.protect('rag_settings');
call app.personal('rag_settings');
call app.versioned('rag_settings');
call app.fixed('rag_settings', '{user_id}');
call app.logged('rag_settings', 'rag_settings', parent => 'user_id', routing => '{user_id}');
