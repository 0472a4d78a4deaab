-- inbox: notes of colleagues about a conversation. A table of their own: what is sent to contacts is read from messages,
-- so a note cannot be among it.

create table internal_notes (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    conversation_id uuid not null,
    author_id uuid default nullif(current_setting('app.user_id', true), '')::uuid,
    body text not null,
    constraint internal_notes_pkey primary key (tenant_id, id),
    constraint internal_notes_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint internal_notes_conversation_id_fkey foreign key (tenant_id, conversation_id)
        references conversations on delete cascade,
    constraint internal_notes_author_id_fkey foreign key (tenant_id, author_id)
        references users on delete set null (author_id),
    constraint internal_notes_body_check check (app.is_filled(body))
);
comment on table internal_notes is 'What colleagues write about a conversation. Never leaves the business.';
comment on column internal_notes.author_id is 'Who wrote it; null only after that user was purged.';
comment on constraint internal_notes_body_check on internal_notes is 'A note must not be empty.';
create index internal_notes_conversation_id_idx on internal_notes (tenant_id, conversation_id, id desc);
create index internal_notes_author_id_idx on internal_notes (tenant_id, author_id, id desc);

call app.protect('internal_notes');
call app.versioned('internal_notes');
call app.living_references('internal_notes', '{"author_id": "users"}');

create table internal_note_mentions (
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    note_id uuid not null,
    user_id uuid not null,
    created_at timestamptz not null default now(),
    constraint internal_note_mentions_pkey primary key (tenant_id, note_id, user_id),
    constraint internal_note_mentions_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint internal_note_mentions_note_id_fkey foreign key (tenant_id, note_id)
        references internal_notes on delete cascade,
    constraint internal_note_mentions_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade
);
comment on table internal_note_mentions is 'Whom a note names, so that they look at it.';
comment on constraint internal_note_mentions_pkey on internal_note_mentions is 'The note already mentions this user.';
create index internal_note_mentions_user_id_idx on internal_note_mentions (tenant_id, user_id, note_id);

call app.protect('internal_note_mentions');
call app.living_references('internal_note_mentions', '{"user_id": "users"}');

call app.logged('internal_notes', 'internal_note', parent => 'conversation_id');
call app.logged_link('internal_note_mentions', 'note_id', 'internal_notes', 'mentions');
