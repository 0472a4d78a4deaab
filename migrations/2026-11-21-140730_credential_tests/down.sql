drop trigger tenant_credentials_version on tenant_credentials;
drop trigger tenant_credentials_untested on tenant_credentials;
drop function app.tenant_credentials_untested();
alter table tenant_credentials
    drop column whatsapp_tested_at,
    drop column whatsapp_test_failure,
    drop column calls_tested_at,
    drop column calls_test_failure,
    drop column conversations_tested_at,
    drop column conversations_test_failure;
call app.versioned(
    'tenant_credentials',
    ignored => '{whatsapp_credentials, calls_credentials, conversations_credentials, encryption_version}'
);
call app.audited(
    'tenant_credentials', 'TenantCredentials', '{"update": "tenant_credentials.changed"}',
    ignored => '{whatsapp_credentials, calls_credentials, conversations_credentials, encryption_version}'
);
call app.logged('tenant_credentials');
