-- Search by words, English and Spanish at once, in chats; and by meaning, in chats and documents. Everybody finds the
-- own ones only: all of it runs under row-level security.

-- Words --------------------------------------------------------------------------------------------------------------

create function app.search_words(content text) returns tsvector
language sql immutable strict parallel safe
as $$
    select to_tsvector('pg_catalog.spanish', content)
        || to_tsvector('pg_catalog.spanish', app.fold(content))
        || to_tsvector('pg_catalog.english', app.fold(content))
$$;
comment on function app.search_words(text) is
    'The stems of a text that may be Spanish or English. Spanish twice, because accents change what a stem is and people '
    'leave them out when they search.';

create function app.search_query(question text) returns tsquery
language sql immutable strict parallel safe
as $$
    -- A text must fit in one of the languages; what is excluded must be in none of them.
    select coalesce(fits && !! unfit, fits, !! unfit)
    from (
        select case
                   when app.is_filled(wanted) then
                       websearch_to_tsquery('pg_catalog.spanish', wanted)
                       || websearch_to_tsquery('pg_catalog.spanish', app.fold(wanted))
                       || websearch_to_tsquery('pg_catalog.english', app.fold(wanted))
               end as fits,
               websearch_to_tsquery('pg_catalog.spanish', excluded)
               || websearch_to_tsquery('pg_catalog.spanish', app.fold(excluded))
               || websearch_to_tsquery('pg_catalog.english', app.fold(excluded)) as unfit
        from (
            select regexp_replace(question, '(^|\s)-("[^"]*"|\S+)', ' ', 'g') as wanted,
                   (
                       select string_agg(part[2], ' or ')
                       from regexp_matches(question, '(^|\s)-("[^"]*"|\S+)', 'g') as part
                   ) as excluded
        ) parts
    ) queries
$$;
comment on function app.search_query(text) is
    'What a person types: words, "phrases in quotes", or, and - in front of what must not occur. One language suffices.';

-- Stored and without a GIN index. `@@` is not leakproof, so under row-level security such an index would only serve a
-- function of the owner that is not held by the policies, and would look at all chats. Under the policies, the index over
-- the user gives the own messages: 20,000 of them take 20 ms, 100,000 take 100; making the words anew took 4.8 s.
alter table chat_messages
    add column search tsvector generated always as (app.search_words(left(content, 100000))) stored,
    add column embedding_model text,
    add column signature bit varying generated always as (app.signature(embedding)) stored,
    add constraint chat_messages_embedding_check check (
        cardinality(embedding) between 1 and 8192 and array_ndims(embedding) = 1
        and array_position(embedding, null) is null
    ),
    add constraint chat_messages_embedding_embedding_model_check check (
        (embedding is null) = (embedding_model is null)
    );
comment on column chat_messages.search is 'Its words, for searches. Of a very long message the beginning.';
comment on column chat_messages.embedding_model is
    'Which model made the embedding; those of different models cannot be compared.';
comment on constraint chat_messages_embedding_check on chat_messages is 'An embedding is a list of 1 to 8192 numbers.';
comment on constraint chat_messages_embedding_embedding_model_check on chat_messages is
    'An embedding comes with the name of its model.';
-- All that the choice of candidates needs is in the index.
create index chat_messages_signature_idx on chat_messages (tenant_id, user_id, embedding_model)
    include (id, signature) where embedding_model is not null;
create index chat_messages_unembedded_idx on chat_messages (tenant_id, user_id, id) where embedding_model is null;
call app.name_partition_parts('chat_messages');
grant update (embedding, embedding_model) on chat_messages to mostrador_api;
call app.logged(
    'chat_messages', 'chat_message', parent => 'thread_id', routing => '{user_id}',
    ignored => '{embedding,embedding_model}'
);

create or replace function app.chat_messages_append_only() returns trigger
language plpgsql
as $$
begin
    -- What is computed from what is kept may change; nothing else.
    if tg_op = 'UPDATE' and new.embedding is not null then
        old.embedding := new.embedding;
        old.embedding_model := new.embedding_model;
        old.search := new.search;
        old.signature := new.signature;
        if new is not distinct from old then
            return new;
        end if;
    end if;
    perform app.refuse('FORBIDDEN', null, 'This chat message is kept as it was written.');
    return null;
end
$$;

create function app.chat_messages_to_embed() returns trigger
language plpgsql
as $$
begin
    -- Without a key: a job that is under way may not see these messages, and one that finds nothing to do costs little.
    perform app.enqueue_job(
        'embed_chat_messages', jsonb_build_object('userId', i.user_id), tenant => i.tenant_id
    )
    from (
        select distinct tenant_id, user_id
        from inserted
        where embedding_model is null and role <> 'SYSTEM' and app.is_filled(content)
    ) i;
    return null;
end
$$;
create trigger chat_messages_to_embed after insert on chat_messages
    referencing new table as inserted
    for each statement execute function app.chat_messages_to_embed();

-- Meaning ------------------------------------------------------------------------------------------------------------

create function app.inner_product(one real[], other real[]) returns double precision
language sql immutable strict parallel safe
as $$
    select coalesce(sum(x::double precision * y), 0) from unnest(one, other) as v (x, y)
$$;
comment on function app.inner_product(real[], real[]) is
    'Of embeddings, which have the length 1, the cosine of their angle: 1 for the same meaning.';

-- Two ways to the nearest. The portable one compares signatures, which all stand in an index, and computes the angles of
-- the best 400 (or twenty times what is wanted): 25 ms for 40,000 embeddings of 256 numbers, and 99.7 % of the nearest ten
-- among 3,000 (97 % with 200). With pgvector and an HNSW index, see app.index_vectors, 1 ms. pgvector without such an index
-- takes 110 ms, and is not used.

create function app.near_chunks(question real[], question_model text, collections text[], most integer)
returns table (id uuid, score double precision)
language plpgsql stable
as $$
#variable_conflict use_column
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    me constant uuid := nullif(current_setting('app.user_id', true), '')::uuid;
    dimensions constant integer := cardinality(question);
    nearest uuid[];
    scores double precision[];
begin
    if to_regclass(format('public.rag_chunks_embedding_%s_idx', dimensions)) is not null then
        -- Goes on until enough of the neighbours are the user's own.
        perform set_config('hnsw.iterative_scan', 'strict_order', true);
        execute format(
            $query$
            select array_agg(n.id order by n.distance, n.id), array_agg(1 - n.distance order by n.distance, n.id)
            from (
                select c.id, c.embedding::vector(%1$s) <=> $1::vector(%1$s) as distance
                from rag_chunks c
                where c.tenant_id = $2 and c.user_id = $3 and c.model = $4 and cardinality(c.embedding) = %1$s
                  and ($5 = '{}' or c.document_id in (
                      select d.id from rag_documents d where d.tenant_id = $2 and d.user_id = $3 and d.tags && $5
                  ))
                order by c.embedding::vector(%1$s) <=> $1::vector(%1$s)
                limit $6
            ) n
            $query$,
            dimensions
        ) into nearest, scores using question, tenant, me, question_model, collections, most;
        -- It gives up when the neighbours are too many others'.
        if cardinality(nearest) = most then
            return query select n.id, n.score from unnest(nearest, scores) as n (id, score);
            return;
        end if;
    end if;
    return query
        with candidates as materialized (
            select c.id
            from rag_chunks c
            where c.tenant_id = tenant and c.user_id = me and c.model = question_model
              and length(c.signature) = 2 * dimensions
              and (collections = '{}' or c.document_id in (
                  select d.id
                  from rag_documents d
                  where d.tenant_id = tenant and d.user_id = me and d.tags && collections
              ))
            order by bit_count(c.signature # (select app.signature(question))), c.id
            limit greatest(400, 20 * most)
        )
        select c.id, app.inner_product(c.embedding, question)
        from rag_chunks c
        where c.tenant_id = tenant and c.id = any (array(select n.id from candidates n))
        order by 2 desc, 1
        limit most;
end
$$;
comment on function app.near_chunks(real[], text, text[], integer) is
    'The chunks of the user that are nearest to a question whose embedding was made by this model, the nearest first; of '
    'documents with one of these tags, or of all when there is none.';

create function app.near_chat_messages(question real[], question_model text, most integer, besides uuid default null)
returns table (id uuid, score double precision)
language plpgsql stable
as $$
#variable_conflict use_column
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    me constant uuid := nullif(current_setting('app.user_id', true), '')::uuid;
    dimensions constant integer := cardinality(question);
    nearest uuid[];
    scores double precision[];
begin
    if to_regclass(format('public.chat_messages_embedding_%s_idx', dimensions)) is not null then
        perform set_config('hnsw.iterative_scan', 'strict_order', true);
        execute format(
            $query$
            select array_agg(n.id order by n.distance, n.id), array_agg(1 - n.distance order by n.distance, n.id)
            from (
                select m.id, m.embedding::vector(%1$s) <=> $1::vector(%1$s) as distance
                from chat_messages m
                where m.tenant_id = $2 and m.user_id = $3 and m.embedding_model = $4
                  and cardinality(m.embedding) = %1$s and m.id is distinct from $5
                order by m.embedding::vector(%1$s) <=> $1::vector(%1$s)
                limit $6
            ) n
            $query$,
            dimensions
        ) into nearest, scores using question, tenant, me, question_model, besides, most;
        if cardinality(nearest) = most then
            return query select n.id, n.score from unnest(nearest, scores) as n (id, score);
            return;
        end if;
    end if;
    return query
        with candidates as materialized (
            select m.id
            from chat_messages m
            where m.tenant_id = tenant and m.user_id = me and m.embedding_model = question_model
              and length(m.signature) = 2 * dimensions and m.id is distinct from besides
            order by bit_count(m.signature # (select app.signature(question))), m.id
            limit greatest(400, 20 * most)
        )
        select m.id, app.inner_product(m.embedding, question)
        from chat_messages m
        where m.tenant_id = tenant and m.id = any (array(select n.id from candidates n))
        order by 2 desc, 1
        limit most;
end
$$;
comment on function app.near_chat_messages(real[], text, integer, uuid) is
    'The messages of the user''s chats that are nearest to a question, the nearest first, apart from one.';

create procedure app.index_vectors(dimensions integer)
language plpgsql
as $$
declare
    target regclass;
    name text;
begin
    if to_regtype('vector') is null then
        return;
    end if;
    if dimensions is null or dimensions not between 1 and 2000 then
        raise notice 'pgvector indexes embeddings of up to 2000 numbers, not of %: the portable search is used', dimensions;
        return;
    end if;
    foreach target in array '{rag_chunks, chat_messages}'::regclass[] loop
        name := (select relname from pg_class where oid = target);
        -- Only embeddings of this length are in it; those of another model have another.
        execute format(
            'create index if not exists %I on %s using hnsw ((embedding::vector(%s)) vector_cosine_ops) '
            'where cardinality(embedding) = %3$s',
            format('%s_embedding_%s_idx', name, dimensions), target, dimensions
        );
        call app.name_partition_parts(target);
    end loop;
end
$$;
comment on procedure app.index_vectors(integer) is
    'Where the extension vector is installed: makes the indexes by which embeddings of this length are found, if they are '
    'missing. For the owner; the gateway calls it after migrations. While it works on large tables, these are not written.';
