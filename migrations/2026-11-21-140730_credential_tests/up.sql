-- inbox: credentials can be tried out without being read back.

alter table tenant_credentials
    add column whatsapp_tested_at timestamptz,
    add column whatsapp_test_failure text,
    add column calls_tested_at timestamptz,
    add column calls_test_failure text,
    add column conversations_tested_at timestamptz,
    add column conversations_test_failure text,
    -- Codes only: what a provider says may quote what was sent to it.
    add constraint tenant_credentials_whatsapp_test_failure_check check (
        whatsapp_test_failure is null or whatsapp_test_failure ~ '^[A-Z][A-Z0-9_]*$' and whatsapp_tested_at is not null
    ),
    add constraint tenant_credentials_calls_test_failure_check check (
        calls_test_failure is null or calls_test_failure ~ '^[A-Z][A-Z0-9_]*$' and calls_tested_at is not null
    ),
    add constraint tenant_credentials_conversations_test_failure_check check (
        conversations_test_failure is null or conversations_test_failure ~ '^[A-Z][A-Z0-9_]*$' and conversations_tested_at is not null
    );
comment on column tenant_credentials.whatsapp_tested_at is
    'When the present credentials were tried out last; null for never, also after other ones were set.';
comment on column tenant_credentials.whatsapp_test_failure is 'Why they did not work, as a code; null when they did.';

create function app.tenant_credentials_untested() returns trigger
language plpgsql
as $$
begin
    if new.whatsapp_set_at is distinct from old.whatsapp_set_at then
        new.whatsapp_tested_at := null;
        new.whatsapp_test_failure := null;
    end if;
    if new.calls_set_at is distinct from old.calls_set_at then
        new.calls_tested_at := null;
        new.calls_test_failure := null;
    end if;
    if new.conversations_set_at is distinct from old.conversations_set_at then
        new.conversations_tested_at := null;
        new.conversations_test_failure := null;
    end if;
    return new;
end
$$;
comment on function app.tenant_credentials_untested() is 'A test says nothing of other credentials.';
create trigger tenant_credentials_untested
    before update of whatsapp_set_at, calls_set_at, conversations_set_at on tenant_credentials
    for each row execute function app.tenant_credentials_untested();

call app.let_analysts_read(
    'tenant_credentials', '{whatsapp_credentials, calls_credentials, conversations_credentials}'
);
call app.versioned(
    'tenant_credentials',
    ignored => '{whatsapp_credentials, calls_credentials, conversations_credentials, encryption_version, '
        'whatsapp_tested_at, calls_tested_at, conversations_tested_at, '
        'whatsapp_test_failure, calls_test_failure, conversations_test_failure}'
);
call app.audited(
    'tenant_credentials', 'TenantCredentials', '{"update": "tenant_credentials.changed"}',
    ignored => '{whatsapp_credentials, calls_credentials, conversations_credentials, encryption_version, '
        'whatsapp_tested_at, calls_tested_at, conversations_tested_at, '
        'whatsapp_test_failure, calls_test_failure, conversations_test_failure}'
);
call app.logged('tenant_credentials');
