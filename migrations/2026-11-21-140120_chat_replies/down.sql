drop trigger jobs_chat_reply on jobs;
drop function app.jobs_chat_reply();
drop function app.end_chat_reply(uuid, uuid, jsonb);
drop trigger ai_requests_agent_again on ai_requests;
drop trigger ai_requests_agent on ai_requests;
drop function app.ai_requests_agent();
drop index ai_requests_thread_id_key;
