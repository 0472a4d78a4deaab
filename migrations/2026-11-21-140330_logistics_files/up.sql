-- Papers of logistics as files: those of a request, and the annex that describes a service.

alter table logistics_request_documents
    add constraint logistics_request_documents_file_id_fkey foreign key (tenant_id, file_id)
        references stored_files on delete set null (file_id);
call app.living_references('logistics_request_documents', '{"file_id": "stored_files"}');
-- Foreign keys look past row-level security, and files are their users' own.
create trigger logistics_request_documents_file before insert or update of file_id on logistics_request_documents
    for each row when (pg_trigger_depth() = 0) execute function app.refuse_hidden_reference('file_id', 'stored_files');

alter table service_types
    add column annex_id uuid,
    add constraint service_types_annex_id_fkey foreign key (tenant_id, annex_id)
        references stored_files on delete set null (annex_id);
comment on column service_types.annex_id is 'The document that describes the service, to be downloaded.';
create index service_types_annex_id_idx on service_types (tenant_id, annex_id) where annex_id is not null;
call app.versioned('service_types');
call app.logged('service_types');
call app.living_references('service_types', '{"annex_id": "stored_files"}');
create trigger service_types_annex before insert or update of annex_id on service_types
    for each row when (pg_trigger_depth() = 0) execute function app.refuse_hidden_reference('annex_id', 'stored_files');
