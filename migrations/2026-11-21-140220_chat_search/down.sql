drop procedure app.index_vectors(integer);
drop function app.near_chat_messages(real[], text, integer, uuid);
drop function app.near_chunks(real[], text, text[], integer);
drop function app.inner_product(real[], real[]);

drop trigger chat_messages_to_embed on chat_messages;
drop function app.chat_messages_to_embed();
create or replace function app.chat_messages_append_only() returns trigger
language plpgsql
as $$
begin
    -- The embedding is computed from what is kept; all else is.
    if tg_op = 'UPDATE' then
        new.embedding := coalesce(new.embedding, old.embedding);
        old.embedding := new.embedding;
        if new is not distinct from old then
            return new;
        end if;
    end if;
    perform app.refuse('FORBIDDEN', null, 'This chat message is kept as it was written.');
    return null;
end
$$;
alter table chat_messages drop column search, drop column embedding_model, drop column signature;
alter table chat_messages drop constraint chat_messages_embedding_check;
call app.logged(
    'chat_messages', 'chat_message', parent => 'thread_id', routing => '{user_id}', ignored => '{embedding}'
);
drop function app.search_query(text);
drop function app.search_words(text);
