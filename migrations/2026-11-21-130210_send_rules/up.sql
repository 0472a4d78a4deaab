-- inbox: what may be sent. A message is written once per intention of a client; free text reaches WhatsApp for 24 hours
-- after the contact wrote; after that, and whenever one likes, approved templates do.

alter table messages
    add column client_message_id uuid,
    add column template_variables jsonb,
    add constraint messages_template_variables_check check (jsonb_typeof(template_variables) = 'object');
comment on column messages.client_message_id is
    'Made up by the client that sent it: the same one again is the same message, for ever.';
comment on column messages.template_variables is
    'For a TEMPLATE: what its variables stand for, as {"name": "Marta"}; content is the text with them filled in.';
comment on constraint messages_template_variables_check on messages is
    'Values of variables are given as an object: name and value.';

create unique index messages_conversation_id_client_message_id_key
    on messages (tenant_id, conversation_id, client_message_id) where client_message_id is not null;
comment on index messages_conversation_id_client_message_id_key is
    'There is already a message with this ID of the client in this conversation.';
call app.name_partition_parts('messages');
call app.versioned('messages');

-- Templates ----------------------------------------------------------------------------------------------------------

create function app.template_gaps(variables jsonb, body text) returns table (place bigint, name text)
language sql immutable
as $$
    -- {{1}} is the first of the variables; a gap that none of them is for goes by what stands in it.
    select g.place,
           case
               when g.said ~ '^[1-9]\d{0,2}$' and jsonb_typeof(variables) = 'array'
               then coalesce(variables ->> (g.said::integer - 1), g.said)
               else g.said
           end
    from (
        select m.place, btrim(m.found[1]) as said
        from regexp_matches(body, '\{\{([^{}]*)\}\}', 'g') with ordinality as m (found, place)
    ) g
$$;
comment on function app.template_gaps(jsonb, text) is 'The gaps {{…}} of a text in their order, with the variable of each.';

create function app.template_text(template whatsapp_templates) returns text
language sql immutable
as $$
    select concat_ws(E'\n\n', template.header_text, template.body_text, template.footer_text)
$$;

create function app.missing_variables(template whatsapp_templates, given jsonb) returns text[]
language sql immutable
as $$
    select coalesce(array_agg(w.name order by w.place), '{}')
    from (
        select name, min(place) as place
        from (
            select v.name, v.place
            from jsonb_array_elements_text(
                case jsonb_typeof(template.variables) when 'array' then template.variables else '[]' end
            ) with ordinality as v (name, place)
            union all
            select g.name, 1000 + g.place
            from app.template_gaps(template.variables, app.template_text(template)) g
        ) named
        group by name
    ) w
    where not coalesce(app.is_filled(given ->> w.name), false)
$$;
comment on function app.missing_variables(whatsapp_templates, jsonb) is
    'The variables of a template, listed or found in its text, for which no value or a blank one is given.';

create function app.fill_template(template whatsapp_templates, given jsonb) returns text
language sql immutable
as $$
    -- Text and gaps by turns, so that a value which looks like a gap stays as it is.
    select string_agg(t.said || coalesce(given ->> g.name, ''), '' order by t.place)
    from regexp_split_to_table(app.template_text(template), '\{\{[^{}]*\}\}') with ordinality as t (said, place)
    left join app.template_gaps(template.variables, app.template_text(template)) g using (place)
$$;
comment on function app.fill_template(whatsapp_templates, jsonb) is
    'What a contact reads of a template: header, text and footer with these values in the gaps.';

-- A message on its way out -------------------------------------------------------------------------------------------

create function app.messages_sendable() returns trigger
language plpgsql
as $$
declare
    reach record;
    template whatsapp_templates;
    missing text[];
begin
    select c.channel, c.whatsapp_24h_expires_at into reach
    from conversations c
    where c.tenant_id = new.tenant_id and c.id = new.conversation_id;
    -- A conversation that is not there is left to the foreign key.
    if not found then
        return new;
    end if;
    if new.content_type = 'TEMPLATE' then
        if reach.channel <> 'WHATSAPP' then
            perform app.refuse('VALIDATION', 'template_id', 'Templates can be sent on WhatsApp only.');
        end if;
        if new.template_id is null then
            perform app.refuse('VALIDATION', 'template_id', 'Say which template is to be sent.');
        end if;
        select * into template from whatsapp_templates w where w.tenant_id = new.tenant_id and w.id = new.template_id;
        if template.id is null then
            return new;
        end if;
        if template.status <> 'APPROVED' then
            perform app.refuse(
                'VALIDATION', 'template_id', 'WhatsApp has not approved this template, or not for now.',
                jsonb_build_object('status', template.status)
            );
        end if;
        missing := app.missing_variables(template, new.template_variables);
        if missing <> '{}' then
            perform app.refuse(
                'VALIDATION', 'template_variables',
                format('These variables of the template need a value: %s.', array_to_string(missing, ', ')),
                jsonb_build_object('missing', missing)
            );
        end if;
        new.content := app.fill_template(template, new.template_variables);
    elsif reach.channel = 'WHATSAPP' and coalesce(reach.whatsapp_24h_expires_at <= now(), true) then
        perform app.refuse(
            'WINDOW_CLOSED', 'conversation_id',
            'The contact has not written in the last 24 hours: WhatsApp takes only a template now.',
            jsonb_build_object('closedAt', reach.whatsapp_24h_expires_at)
        );
    end if;
    return new;
end
$$;
comment on function app.messages_sendable() is
    'Holds what is QUEUED to be sent to WhatsApp''s rules. The window is open until 24 hours after the contact''s newest '
    'message, that moment excluded. Messages that went out elsewhere (SENT and on) are history and come in as they are.';
-- SYSTEM remarks do not reach the contact.
create trigger messages_sendable before insert on messages
    for each row when (
        new.delivery_status = 'QUEUED' and new.sender_type <> 'CONTACT' and new.content_type <> 'SYSTEM'
    )
    execute function app.messages_sendable();
create trigger messages_sendable_again before update of delivery_status on messages
    for each row when (
        new.delivery_status = 'QUEUED' and old.delivery_status <> 'QUEUED'
        and new.sender_type <> 'CONTACT' and new.content_type <> 'SYSTEM'
    )
    execute function app.messages_sendable();

call app.logged('messages', 'message', parent => 'conversation_id');
