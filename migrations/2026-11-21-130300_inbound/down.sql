-- What only a later version understands becomes a text that says so.
drop trigger messages_version on messages;
do $$
declare
    acting constant text := coalesce(current_setting('app.tenant_id', true), '');
    tenant uuid;
begin
    for tenant in select id from tenants loop
        perform set_config('app.tenant_id', tenant::text, true);
        update messages
        set content = coalesce(nullif(content, ''), provider_kind, content_type), content_type = 'TEXT', file_type = null
        where tenant_id = tenant
          and (content_type = 'UNSUPPORTED'
               or content_type in ('IMAGE', 'AUDIO', 'VIDEO', 'DOCUMENT', 'STICKER') and file_url is null);
    end loop;
    perform set_config('app.tenant_id', acting, true);
end
$$;
alter table messages drop constraint messages_content_type_file_url_file_type_check;
alter table messages drop constraint messages_content_type_sender_type_check;
alter table messages drop constraint messages_content_type_check;
alter table messages drop column payload;
alter table messages drop column provider_kind;
alter table messages add constraint messages_content_type_check check (
    content_type in (
        'TEXT', 'IMAGE', 'AUDIO', 'VIDEO', 'DOCUMENT', 'STICKER', 'LOCATION', 'CONTACT_CARD', 'TEMPLATE',
        'INTERACTIVE', 'SYSTEM'
    )
);
alter table messages add constraint messages_content_type_file_url_file_type_check check (
    case
        when content_type in ('IMAGE', 'AUDIO', 'VIDEO', 'DOCUMENT', 'STICKER')
        then file_url is not null and file_type is not null
        when content_type = 'TEXT' then file_url is null and file_type is null
        else (file_url is null) = (file_type is null)
    end
);
comment on constraint messages_content_type_file_url_file_type_check on messages is
    'A media message needs the address and the type of its file; a text message has neither.';
call app.name_partition_parts('messages');
call app.versioned('messages');
call app.logged('messages');

drop function app.conversation_of(uuid, text);
drop function app.contact_of(text, text[], text[], text, text);
drop function app.contact_address(uuid, text);
drop table contact_addresses;
drop table inbound_payloads;
drop trigger tenants_make_credentials on tenants;
drop function app.tenants_make_credentials();
drop table tenant_credentials;
drop function app.tenant_credentials_logged();
drop function app.tenant_credentials_resealed();
drop function app.sealing_key(bytea);
