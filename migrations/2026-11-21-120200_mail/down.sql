drop table emails;
drop function app.tenants_with_old_mail(interval);
drop function app.tenants_with_due_mail();
