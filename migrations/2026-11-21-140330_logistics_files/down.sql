drop trigger service_types_annex on service_types;
drop trigger service_types_living_references on service_types;
drop function app.service_types_living_references();
drop trigger service_types_version on service_types;
alter table service_types drop column annex_id;
call app.versioned('service_types');
call app.logged('service_types');

drop trigger logistics_request_documents_file on logistics_request_documents;
drop trigger logistics_request_documents_living_references on logistics_request_documents;
drop function app.logistics_request_documents_living_references();
alter table logistics_request_documents drop constraint logistics_request_documents_file_id_fkey;
