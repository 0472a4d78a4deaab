//! Diesel's view of the tables. Generated from the migrations by `tables/generate.sql`; do not edit.

diesel::table! {
    ai_locks (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        resource_type -> Text,
        resource_id -> Uuid,
        locked_by -> Text,
        acquired_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    appointments (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        contact_id -> Uuid,
        agent_id -> Nullable<Uuid>,
        location_id -> Nullable<Uuid>,
        call_id -> Nullable<Uuid>,
        #[sql_name = "type"]
        type_ -> Text,
        scheduled_at -> Timestamptz,
        duration_minutes -> Integer,
        ends_at -> Timestamptz,
        timezone -> Text,
        status -> Text,
        title -> Text,
        description -> Nullable<Text>,
        customer_notes -> Nullable<Text>,
        call_phone_number -> Nullable<Text>,
        metadata -> Nullable<Jsonb>,
        cancelled_reason -> Nullable<Text>,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    audit_logs (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        created_at -> Timestamptz,
        occurred_at -> Timestamptz,
        action -> Text,
        target_type -> Text,
        target_id -> Nullable<Text>,
        actor_id -> Nullable<Uuid>,
        session_id -> Nullable<Uuid>,
        details -> Jsonb,
    }
}

diesel::table! {
    brands (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        name -> Text,
    }
}

diesel::table! {
    calls (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        contact_id -> Uuid,
        agent_id -> Nullable<Uuid>,
        #[sql_name = "type"]
        type_ -> Text,
        state -> Text,
        called_at -> Timestamptz,
        duration_seconds -> Nullable<Integer>,
        transcript -> Nullable<Text>,
        summary -> Nullable<Text>,
        audio_url -> Nullable<Text>,
        call_sid -> Nullable<Text>,
        metadata -> Nullable<Jsonb>,
    }
}

diesel::table! {
    campaign_batches (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        campaign_id -> Uuid,
        batch_number -> Integer,
        total_batches -> Integer,
        contacts -> Jsonb,
        status -> Text,
        webhook_url -> Nullable<Text>,
        webhook_payload -> Nullable<Jsonb>,
        scheduled_for -> Nullable<Timestamptz>,
        processed_at -> Nullable<Timestamptz>,
        error_message -> Nullable<Text>,
        attempts -> Integer,
    }
}

diesel::table! {
    campaigns (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        created_by_id -> Nullable<Uuid>,
        template_id -> Nullable<Uuid>,
        name -> Text,
        channel -> Text,
        status -> Text,
        total_contacts -> Integer,
        total_batches -> Integer,
        batches_sent -> Integer,
        batches_failed -> Integer,
        audience -> Nullable<Jsonb>,
        scheduled_for -> Nullable<Timestamptz>,
        completed_at -> Nullable<Timestamptz>,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    canned_replies (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        scope -> Text,
        owner_id -> Nullable<Uuid>,
        team_id -> Nullable<Uuid>,
        short_code -> Text,
        content -> Text,
    }
}

diesel::table! {
    contact_addresses (tenant_id, channel, address) {
        tenant_id -> Uuid,
        channel -> Text,
        address -> Text,
        contact_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    contact_status_history (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        created_at -> Timestamptz,
        contact_id -> Uuid,
        from_status_id -> Nullable<Uuid>,
        to_status_id -> Nullable<Uuid>,
        changed_by_id -> Nullable<Uuid>,
        reason -> Nullable<Text>,
        changed_at -> Timestamptz,
    }
}

diesel::table! {
    contact_statuses (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        name -> Text,
        code -> Text,
        color -> Nullable<Text>,
        description -> Nullable<Text>,
        display_order -> Integer,
        is_default -> Bool,
        is_final -> Bool,
        is_active -> Bool,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    contact_timeline (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        contact_id -> Uuid,
        occurred_at -> Timestamptz,
        kind -> Text,
        created_at -> Timestamptz,
        interaction_id -> Nullable<Uuid>,
        lead_activity_id -> Nullable<Uuid>,
        message_id -> Nullable<Uuid>,
        call_id -> Nullable<Uuid>,
        appointment_id -> Nullable<Uuid>,
        sale_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    contacts (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        display_name -> Text,
        first_name -> Nullable<Text>,
        last_name -> Nullable<Text>,
        phone -> Nullable<Text>,
        email -> Nullable<Text>,
        address -> Nullable<Text>,
        national_id -> Nullable<Text>,
        attributes -> Jsonb,
        lead_score -> Integer,
        nurture_status -> Text,
        last_contacted_at -> Nullable<Timestamptz>,
        is_active -> Bool,
        status_id -> Nullable<Uuid>,
        owner_id -> Nullable<Uuid>,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
        team_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    conversation_reads (tenant_id, conversation_id, user_id) {
        tenant_id -> Uuid,
        conversation_id -> Uuid,
        user_id -> Uuid,
        created_at -> Timestamptz,
        last_read_message_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    conversation_tag_links (tenant_id, conversation_id, tag_id) {
        tenant_id -> Uuid,
        conversation_id -> Uuid,
        tag_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    conversation_tags (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        name -> Text,
        color -> Nullable<Text>,
        icon -> Nullable<Text>,
        is_system -> Bool,
    }
}

diesel::table! {
    conversations (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        contact_id -> Uuid,
        assigned_to_id -> Nullable<Uuid>,
        channel -> Text,
        status -> Text,
        unread_count -> Integer,
        last_message_at -> Nullable<Timestamptz>,
        last_message_preview -> Nullable<Text>,
        whatsapp_24h_expires_at -> Nullable<Timestamptz>,
        assigned_at -> Nullable<Timestamptz>,
        assignment_reason -> Nullable<Text>,
        snoozed_until -> Nullable<Timestamptz>,
        waiting_since -> Nullable<Timestamptz>,
        first_reply_at -> Nullable<Timestamptz>,
        merged_into_id -> Nullable<Uuid>,
        merged_at -> Nullable<Timestamptz>,
        merged_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    custom_fields (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        field_name -> Text,
        field_label -> Text,
        field_type -> Text,
        required -> Bool,
        options -> Nullable<Jsonb>,
        display_order -> Integer,
    }
}

diesel::table! {
    emails (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        created_at -> Timestamptz,
        template -> Text,
        reference -> Nullable<Uuid>,
        to_address -> Text,
        body -> Nullable<Binary>,
        status -> Text,
        attempts -> Integer,
        next_attempt_at -> Timestamptz,
        expires_at -> Timestamptz,
        lease -> Nullable<Uuid>,
        last_error -> Nullable<Text>,
        finished_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    engine_types (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        code -> Text,
        description -> Nullable<Text>,
        translation -> Nullable<Text>,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    idempotency_keys (tenant_id, user_id, key) {
        tenant_id -> Uuid,
        user_id -> Uuid,
        key -> Text,
        operation -> Text,
        input_hash -> Binary,
        outcome -> Nullable<Jsonb>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    inbound_payloads (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        created_at -> Timestamptz,
        source -> Text,
        channel -> Text,
        content_hash -> Binary,
        body -> Binary,
        processed_at -> Nullable<Timestamptz>,
        outcome -> Nullable<Jsonb>,
    }
}

diesel::table! {
    interactions (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        contact_id -> Uuid,
        user_id -> Nullable<Uuid>,
        #[sql_name = "type"]
        type_ -> Text,
        notes -> Nullable<Text>,
        occurred_at -> Timestamptz,
        outcome -> Nullable<Text>,
    }
}

diesel::table! {
    internal_note_mentions (tenant_id, note_id, user_id) {
        tenant_id -> Uuid,
        note_id -> Uuid,
        user_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    internal_notes (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        conversation_id -> Uuid,
        author_id -> Nullable<Uuid>,
        body -> Text,
    }
}

diesel::table! {
    inventory_movements (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        created_at -> Timestamptz,
        vehicle_id -> Uuid,
        user_id -> Nullable<Uuid>,
        movement_type -> Text,
        movement_date -> Timestamptz,
        notes -> Nullable<Text>,
    }
}

diesel::table! {
    invitations (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        email -> Text,
        role -> Text,
        token_hash -> Binary,
        status -> Text,
        expires_at -> Timestamptz,
        invited_by_id -> Nullable<Uuid>,
        accepted_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    jobs (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        ordinal -> BigInt,
        kind -> Text,
        payload -> Jsonb,
        key -> Nullable<Text>,
        lane -> Nullable<Text>,
        state -> Text,
        run_at -> Timestamptz,
        attempts -> Integer,
        lease -> Nullable<Uuid>,
        started_at -> Nullable<Timestamptz>,
        finished_at -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
    }
}

diesel::table! {
    lead_activities (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        created_at -> Timestamptz,
        lead_id -> Uuid,
        user_id -> Nullable<Uuid>,
        activity_type -> Text,
        description -> Nullable<Text>,
        occurred_at -> Timestamptz,
        metadata -> Nullable<Jsonb>,
    }
}

diesel::table! {
    leads (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        contact_id -> Uuid,
        assigned_to_id -> Nullable<Uuid>,
        source -> Text,
        status -> Text,
        priority -> Text,
        budget_min -> Nullable<Numeric>,
        budget_max -> Nullable<Numeric>,
        currency -> Text,
        preferences -> Nullable<Text>,
        notes -> Nullable<Text>,
        last_contact_at -> Nullable<Timestamptz>,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    locations (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        name -> Text,
        code -> Text,
        address_line1 -> Nullable<Text>,
        city -> Nullable<Text>,
        country -> Nullable<Text>,
        latitude -> Nullable<Numeric>,
        longitude -> Nullable<Numeric>,
        phone -> Nullable<Text>,
        email -> Nullable<Text>,
        timezone -> Text,
        is_active -> Bool,
        is_default -> Bool,
        operating_hours -> Nullable<Jsonb>,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    market_analyses (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        property_id -> Uuid,
        suggested_price -> Nullable<Numeric>,
        currency -> Text,
        market_position -> Nullable<Text>,
        confidence -> Nullable<Numeric>,
        comps -> Nullable<Jsonb>,
        recommendations -> Nullable<Text>,
        completed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    media (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        property_id -> Uuid,
        url -> Nullable<Text>,
        storage_key -> Nullable<Text>,
        #[sql_name = "type"]
        type_ -> Text,
        metadata -> Nullable<Jsonb>,
        uploaded_at -> Timestamptz,
    }
}

diesel::table! {
    messages (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        conversation_id -> Uuid,
        sender_type -> Text,
        sender_user_id -> Nullable<Uuid>,
        content -> Nullable<Text>,
        content_type -> Text,
        delivery_status -> Text,
        file_url -> Nullable<Text>,
        file_type -> Nullable<Text>,
        provider_message_id -> Nullable<Text>,
        error_message -> Nullable<Text>,
        template_id -> Nullable<Uuid>,
        client_message_id -> Nullable<Uuid>,
        template_variables -> Nullable<Jsonb>,
        provider_kind -> Nullable<Text>,
        payload -> Nullable<Jsonb>,
        queued_at -> Nullable<Timestamptz>,
        sent_at -> Nullable<Timestamptz>,
        delivered_at -> Nullable<Timestamptz>,
        read_at -> Nullable<Timestamptz>,
        failed_at -> Nullable<Timestamptz>,
        failure_code -> Nullable<Text>,
        failure_category -> Nullable<Text>,
        is_retryable -> Nullable<Bool>,
    }
}

diesel::table! {
    oauth_accounts (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        provider -> Text,
        provider_account_id -> Text,
        access_token -> Nullable<Binary>,
        refresh_token -> Nullable<Binary>,
    }
}

diesel::table! {
    oauth_flows (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        created_at -> Timestamptz,
        state_hash -> Binary,
        browser_key_hash -> Binary,
        provider -> Text,
        redirect_uri -> Text,
        user_id -> Nullable<Uuid>,
        secrets -> Binary,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    parked_reports (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        created_at -> Timestamptz,
        channel -> Text,
        provider_id -> Text,
        kind -> Text,
        value -> Nullable<Text>,
        occurred_at -> Timestamptz,
        code -> Nullable<Text>,
        detail -> Nullable<Text>,
    }
}

diesel::table! {
    permissions (id) {
        id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        process_id -> Uuid,
        action -> Text,
        name -> Text,
        abbreviation -> Nullable<Text>,
        description -> Nullable<Text>,
    }
}

diesel::table! {
    processes (id) {
        id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        name -> Text,
        code -> Text,
        route -> Nullable<Text>,
        is_personal -> Bool,
        parent_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    properties (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        owner_id -> Nullable<Uuid>,
        title -> Text,
        address -> Nullable<Text>,
        location -> Nullable<Text>,
        property_type -> Text,
        bedrooms -> Nullable<Integer>,
        bathrooms -> Nullable<Integer>,
        size_sqft -> Nullable<Integer>,
        price -> Numeric,
        currency -> Text,
        status -> Text,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    property_interests (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        contact_id -> Uuid,
        property_id -> Uuid,
        notes -> Nullable<Text>,
    }
}

diesel::table! {
    resource_shares (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        resource_type -> Text,
        resource_id -> Uuid,
        team_id -> Nullable<Uuid>,
        user_id -> Nullable<Uuid>,
        access -> Text,
        contact_id -> Nullable<Uuid>,
        lead_id -> Nullable<Uuid>,
        task_id -> Nullable<Uuid>,
        property_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    role_permissions (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        role_id -> Uuid,
        permission_id -> Uuid,
        process_id -> Uuid,
    }
}

diesel::table! {
    roles (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        name -> Text,
        description -> Nullable<Text>,
        sort_order -> Nullable<Integer>,
        is_default -> Bool,
        is_system -> Bool,
        user_role -> Nullable<Text>,
    }
}

diesel::table! {
    sales (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        contact_id -> Uuid,
        vehicle_id -> Nullable<Uuid>,
        property_id -> Nullable<Uuid>,
        salesperson_id -> Nullable<Uuid>,
        deal_type -> Text,
        sale_price -> Numeric,
        currency -> Text,
        down_payment -> Nullable<Numeric>,
        financing_type -> Text,
        status -> Text,
        sale_date -> Nullable<Timestamptz>,
        delivery_date -> Nullable<Timestamptz>,
        notes -> Nullable<Text>,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    sessions (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        session_token_hash -> Binary,
        refresh_token_hash -> Binary,
        ip_address -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        expires_at -> Timestamptz,
        is_active -> Bool,
        last_used_at -> Timestamptz,
        csrf_token_hash -> Nullable<Binary>,
    }
}

diesel::table! {
    sign_in_failures (tenant_id, kind, subject_hash) {
        tenant_id -> Uuid,
        kind -> Text,
        subject_hash -> Binary,
        failures -> Integer,
        first_failed_at -> Timestamptz,
        last_failed_at -> Timestamptz,
    }
}

diesel::table! {
    tasks (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        owner_id -> Nullable<Uuid>,
        contact_id -> Nullable<Uuid>,
        title -> Text,
        description -> Nullable<Text>,
        status -> Text,
        priority -> Text,
        category -> Text,
        due_date -> Nullable<Timestamptz>,
        progress -> Integer,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
        property_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    team_members (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        team_id -> Uuid,
        user_id -> Uuid,
        member_role -> Text,
    }
}

diesel::table! {
    teams (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        parent_id -> Nullable<Uuid>,
        name -> Text,
        kind -> Text,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    tenant_credentials (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        whatsapp_credentials -> Nullable<Binary>,
        whatsapp_set_at -> Nullable<Timestamptz>,
        calls_credentials -> Nullable<Binary>,
        calls_set_at -> Nullable<Timestamptz>,
        conversations_credentials -> Nullable<Binary>,
        conversations_set_at -> Nullable<Timestamptz>,
        encryption_version -> Integer,
    }
}

diesel::table! {
    tenant_settings (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        whatsapp_enabled -> Bool,
        whatsapp_webhook -> Nullable<Text>,
        calls_enabled -> Bool,
        calls_webhook -> Nullable<Text>,
        calls_phone_number -> Nullable<Text>,
        appointments_enabled -> Bool,
        appointments_webhook -> Nullable<Text>,
        campaign_batch_size -> Integer,
        password_max_age_days -> Nullable<Integer>,
        usage_retention_days -> Integer,
        record_sharing -> Bool,
    }
}

diesel::table! {
    tenants (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        name -> Text,
        email -> Text,
        status -> Text,
        slug -> Text,
        default_currency -> Text,
        timezone -> Text,
        is_platform -> Bool,
    }
}

diesel::table! {
    used_refresh_tokens (tenant_id, token_hash) {
        tenant_id -> Uuid,
        session_id -> Uuid,
        token_hash -> Binary,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    user_groups (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        name -> Text,
        is_active -> Bool,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    user_processes (tenant_id, user_id, process_id) {
        tenant_id -> Uuid,
        user_id -> Uuid,
        process_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    user_roles (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        role_id -> Uuid,
    }
}

diesel::table! {
    user_settings (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        default_model -> Nullable<Text>,
        temperature -> Nullable<Numeric>,
        max_tokens -> Nullable<Integer>,
        rag_enabled -> Bool,
    }
}

diesel::table! {
    users (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        email -> Text,
        password_hash -> Nullable<Text>,
        first_name -> Nullable<Text>,
        last_name -> Nullable<Text>,
        display_name -> Text,
        phone -> Nullable<Text>,
        role -> Text,
        is_active -> Bool,
        subscription_tier -> Text,
        total_messages -> Integer,
        total_tokens_used -> BigInt,
        is_first_login -> Bool,
        password_expires_at -> Nullable<Timestamptz>,
        last_login_at -> Nullable<Timestamptz>,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
        email_verified_at -> Nullable<Timestamptz>,
        group_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    vehicles (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        brand_id -> Nullable<Uuid>,
        engine_type_id -> Nullable<Uuid>,
        vin -> Text,
        make -> Text,
        model -> Text,
        year -> Integer,
        color -> Nullable<Text>,
        price -> Numeric,
        currency -> Text,
        mileage -> Integer,
        fuel_type -> Text,
        transmission -> Text,
        description -> Nullable<Text>,
        status -> Text,
        features -> Nullable<Jsonb>,
        images -> Nullable<Jsonb>,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    verification_tokens (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        identifier -> Text,
        purpose -> Text,
        locale -> Text,
        token_hash -> Nullable<Binary>,
        expires_at -> Timestamptz,
        consumed_at -> Nullable<Timestamptz>,
        user_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    webhooks (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        channel -> Text,
        url -> Text,
        secret -> Binary,
        secret_set_at -> Timestamptz,
        is_active -> Bool,
    }
}

diesel::table! {
    whatsapp_templates (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        provider_template_id -> Nullable<Text>,
        name -> Text,
        language -> Text,
        category -> Text,
        status -> Text,
        header_text -> Nullable<Text>,
        body_text -> Text,
        footer_text -> Nullable<Text>,
        variables -> Jsonb,
        status_reported_at -> Nullable<Timestamptz>,
    }
}
