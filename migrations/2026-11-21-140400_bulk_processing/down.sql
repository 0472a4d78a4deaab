drop trigger jobs_bulk_request on jobs;
drop function app.jobs_bulk_request();
drop function app.bulk_request_still_queued(uuid, uuid);
drop function app.bulk_request_failed(uuid, uuid, text);
drop function app.process_bulk_block(uuid, uuid, uuid);
drop trigger bulk_request_items_removed on bulk_request_items;
drop function app.bulk_request_items_removed();
drop trigger bulk_requests_called_off on bulk_requests;
drop function app.bulk_requests_called_off();
drop trigger bulk_requests_settled on bulk_requests;
drop function app.bulk_requests_settled();
drop trigger bulk_requests_resumed on bulk_requests;
drop trigger bulk_requests_queued on bulk_requests;
drop function app.bulk_requests_queued();
drop function app.queue_bulk_request(uuid, uuid);
drop function app.check_bulk_request(uuid, uuid);
drop function app.bulk_vehicles(uuid, uuid, integer);
drop function app.place_logistics_request(uuid, jsonb, jsonb, uuid, uuid, boolean);
drop function app.violation(text, text, text);
drop function app.create_logistics_request(uuid, jsonb, jsonb, uuid, uuid);
drop function app.logistics_lines(uuid, jsonb);

drop trigger bulk_requests_request_fixed on bulk_requests;
drop trigger bulk_requests_version on bulk_requests;
alter table bulk_requests drop column request;
drop trigger bulk_requests_status_transition on bulk_requests;
-- A state that is no more.
update bulk_requests set status = 'FAILED', error_message = 'It was called off.' where status = 'CANCELLED';
alter table bulk_requests drop constraint bulk_requests_status_check;
call app.state_machine('bulk_requests', 'status', '{
    "STAGED": ["PROCESSING"],
    "PROCESSING": ["COMPLETED", "FAILED"],
    "FAILED": ["PROCESSING"],
    "COMPLETED": []
}');
call app.versioned('bulk_requests');
call app.logged('bulk_requests');
