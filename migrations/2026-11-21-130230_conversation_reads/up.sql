-- inbox: how far each agent has read. The position is a message: no clock of a machine is asked.

create table conversation_reads (
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    conversation_id uuid not null,
    user_id uuid not null,
    created_at timestamptz not null default now(),
    last_read_message_id uuid,
    constraint conversation_reads_pkey primary key (tenant_id, conversation_id, user_id),
    constraint conversation_reads_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint conversation_reads_conversation_id_fkey foreign key (tenant_id, conversation_id)
        references conversations on delete cascade,
    constraint conversation_reads_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade
);
comment on table conversation_reads is
    'How far a user has read a conversation. Without a row it is as far as anybody has (messages that are READ).';
comment on column conversation_reads.last_read_message_id is
    'The messages up to this id are read; null: none. A position, not a reference: the message may be gone.';
create index conversation_reads_user_id_idx on conversation_reads (tenant_id, user_id, conversation_id);

call app.protect('conversation_reads');
-- A marker that moves changes what its user sees of the conversation.
call app.logged_link('conversation_reads', 'conversation_id', 'conversations', 'my_unread_count');
create trigger conversation_reads_moved after update on conversation_reads
    for each row when (old.last_read_message_id is distinct from new.last_read_message_id)
    execute function app.conversation_reads_conversation_id_logged();

create function app.first_unread(tenant uuid, conversation uuid, reader uuid) returns uuid
language sql stable
as $$
    select m.id
    from messages m
    left join conversation_reads r on r.tenant_id = tenant and r.conversation_id = conversation and r.user_id = reader
    where m.tenant_id = tenant
      and m.conversation_id = conversation
      and m.sender_type = 'CONTACT'
      and case
          when r.user_id is null then m.delivery_status <> 'READ'
          else r.last_read_message_id is null or m.id > r.last_read_message_id
      end
    order by m.id
    limit 1
$$;
comment on function app.first_unread(uuid, uuid, uuid) is
    'The oldest message of the contact that this user has not read; null when there is none.';
