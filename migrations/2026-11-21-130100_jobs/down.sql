drop table jobs;
drop function app.jobs_logged();
drop function app.enqueue_job(text, jsonb, timestamptz, text, text, uuid);
drop function app.tenants_with_old_jobs(interval);
drop function app.tenants_with_due_jobs();
