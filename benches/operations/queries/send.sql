-- $1 tenant, $2 user, $3 conversation, $4 text
insert into messages (tenant_id, conversation_id, sender_type, sender_user_id, content)
values ($1, $3, 'USER', $2, $4)
returning json_build_object('data', json_build_object('sendMessage', json_build_object(
    'message', json_build_object(
        'id', id, 'content', content, 'contentType', content_type, 'senderType', sender_type,
        'deliveryStatus', delivery_status, 'createdAt', created_at
    ),
    'errors', json_build_array()
)))::text
