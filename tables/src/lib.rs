//! Diesel's view of the tables. Generated from the migrations by `tables/generate.sql`; do not edit.

diesel::table! {
    ad_hoc_addresses (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        address -> Text,
        province -> Nullable<Text>,
        postal_code -> Nullable<Text>,
        contact_name -> Nullable<Text>,
        phone -> Nullable<Text>,
    }
}

diesel::table! {
    ai_agent_permissions (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        agent_id -> Uuid,
        agent_created_by_id -> Uuid,
        granted_by_id -> Nullable<Uuid>,
        granted_at -> Timestamptz,
    }
}

diesel::table! {
    ai_agents (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        created_by_id -> Uuid,
        name -> Text,
        slug -> Text,
        category -> Nullable<Text>,
        model -> Text,
        system_prompt -> Nullable<Text>,
        config -> Jsonb,
        is_public -> Bool,
        is_active -> Bool,
        total_uses -> Integer,
    }
}

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
    ai_requests (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        source -> Text,
        provider -> Text,
        request_payload -> Jsonb,
        response_payload -> Nullable<Jsonb>,
        status -> Text,
        completed_at -> Nullable<Timestamptz>,
        thread_id -> Nullable<Uuid>,
        message_id -> Nullable<Uuid>,
        reply_id -> Nullable<Uuid>,
        reserved_tokens -> Integer,
        reply_begins_at -> Integer,
        stop_requested_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    allergies (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        profile_id -> Uuid,
        allergen -> Text,
        #[sql_name = "type"]
        type_ -> Text,
        severity -> Text,
        diagnosed_date -> Nullable<Date>,
        reaction -> Nullable<Text>,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    analytics_events (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        created_at -> Timestamptz,
        user_id -> Nullable<Uuid>,
        entity_type -> Text,
        entity_id -> Nullable<Text>,
        metric_type -> Text,
        value -> Nullable<Numeric>,
        text_value -> Nullable<Text>,
        occurred_at -> Timestamptz,
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
    artifacts (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        agent_id -> Nullable<Uuid>,
        thread_id -> Nullable<Uuid>,
        message_id -> Nullable<Uuid>,
        parent_id -> Nullable<Uuid>,
        first_version_id -> Uuid,
        content_file_id -> Nullable<Uuid>,
        name -> Text,
        #[sql_name = "type"]
        type_ -> Text,
        content -> Nullable<Text>,
        is_public -> Bool,
        share_token_hash -> Nullable<Binary>,
        metadata -> Jsonb,
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
    billing_accounts (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        name -> Text,
        code -> Nullable<Text>,
        is_active -> Bool,
        #[sql_name = "type"]
        type_ -> Text,
        secondary_account -> Nullable<Text>,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
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
    budgets (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        profile_id -> Uuid,
        name -> Text,
        category -> Text,
        amount -> Numeric,
        currency -> Text,
        period -> Text,
        start_date -> Date,
        end_date -> Nullable<Date>,
        alert_threshold -> Integer,
        is_active -> Bool,
    }
}

diesel::table! {
    bulk_request_items (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        bulk_request_id -> Uuid,
        row_number -> Integer,
        vin -> Text,
        make -> Nullable<Text>,
        model -> Nullable<Text>,
        origin -> Nullable<Text>,
        destination -> Nullable<Text>,
        payload -> Nullable<Jsonb>,
    }
}

diesel::table! {
    bulk_requests (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        created_by_id -> Nullable<Uuid>,
        status -> Text,
        total_vehicles -> Integer,
        processed_vehicles -> Integer,
        error_message -> Nullable<Text>,
        request -> Jsonb,
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
    carriers (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        name -> Text,
        code -> Nullable<Text>,
    }
}

diesel::table! {
    chat_messages (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        created_at -> Timestamptz,
        user_id -> Uuid,
        thread_id -> Uuid,
        role -> Text,
        content -> Text,
        tokens_input -> Integer,
        tokens_output -> Integer,
        metadata -> Nullable<Jsonb>,
        client_message_id -> Nullable<Uuid>,
        embedding -> Nullable<Array<Float>>,
        embedding_model -> Nullable<Text>,
    }
}

diesel::table! {
    chat_reply_chunks (tenant_id, request_id, ends_at) {
        tenant_id -> Uuid,
        request_id -> Uuid,
        ends_at -> Integer,
        user_id -> Uuid,
        created_at -> Timestamptz,
        begins_at -> Integer,
        kind -> Text,
        content -> Text,
    }
}

diesel::table! {
    chat_sessions (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        session_key -> Nullable<Text>,
        started_at -> Timestamptz,
        last_activity_at -> Timestamptz,
        metadata -> Nullable<Jsonb>,
    }
}

diesel::table! {
    chat_threads (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        session_id -> Uuid,
        agent_id -> Nullable<Uuid>,
        title -> Nullable<Text>,
        message_count -> Integer,
        token_count -> Integer,
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
    dashboard_metrics (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        metric -> Text,
        day -> Date,
        dimension -> Nullable<Text>,
        value -> Numeric,
        refreshed_at -> Timestamptz,
    }
}

diesel::table! {
    dealerships (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        billing_account_id -> Nullable<Uuid>,
        name -> Text,
        is_active -> Bool,
        buno_code -> Nullable<Text>,
        #[sql_name = "type"]
        type_ -> Nullable<Text>,
        code -> Nullable<Text>,
        channel -> Nullable<Text>,
        compound -> Nullable<Text>,
        full_address -> Nullable<Text>,
        tms_address_id -> Nullable<Text>,
        slc_address_id -> Nullable<Text>,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    debt_payments (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        debt_id -> Uuid,
        date -> Date,
        amount -> Numeric,
        principal_paid -> Numeric,
        interest_paid -> Numeric,
    }
}

diesel::table! {
    debts (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        profile_id -> Uuid,
        name -> Text,
        #[sql_name = "type"]
        type_ -> Text,
        account_number -> Nullable<Binary>,
        principal -> Numeric,
        balance -> Numeric,
        currency -> Text,
        interest_rate -> Numeric,
        monthly_payment -> Nullable<Numeric>,
        start_date -> Date,
        maturity_date -> Nullable<Date>,
        status -> Text,
        priority -> Nullable<Integer>,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
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
    external_clients (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        system -> Text,
        code -> Text,
        name -> Nullable<Text>,
    }
}

diesel::table! {
    file_access_logs (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        created_at -> Timestamptz,
        file_id -> Uuid,
        user_id -> Nullable<Uuid>,
        action -> Text,
        ip_address -> Nullable<Inet>,
        occurred_at -> Timestamptz,
    }
}

diesel::table! {
    file_discards (tenant_id, storage_path) {
        tenant_id -> Uuid,
        storage_path -> Text,
        discarded_at -> Timestamptz,
    }
}

diesel::table! {
    file_shares (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        file_id -> Uuid,
        shared_by_id -> Uuid,
        shared_with_id -> Nullable<Uuid>,
        share_token_hash -> Binary,
        share_type -> Text,
        password -> Nullable<Binary>,
        max_downloads -> Nullable<Integer>,
        download_count -> Integer,
        allow_download -> Bool,
        allow_view -> Bool,
        expires_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    file_uploads (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        folder_id -> Nullable<Uuid>,
        filename -> Text,
        storage_path -> Text,
        mime_type -> Text,
        size -> BigInt,
        checksum -> Text,
        access_level -> Text,
        usage_context -> Text,
        file_expires_at -> Nullable<Timestamptz>,
        expires_at -> Timestamptz,
        received_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    financial_accounts (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        profile_id -> Uuid,
        name -> Text,
        #[sql_name = "type"]
        type_ -> Text,
        balance -> Numeric,
        opening_balance -> Numeric,
        currency -> Text,
        is_active -> Bool,
        credit_limit -> Nullable<Numeric>,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    financial_profiles (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        currency -> Text,
        financial_goals -> Nullable<Jsonb>,
        ai_analysis -> Nullable<Jsonb>,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    financial_transactions (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        profile_id -> Uuid,
        account_id -> Nullable<Uuid>,
        from_account_id -> Nullable<Uuid>,
        to_account_id -> Nullable<Uuid>,
        recurring_payment_id -> Nullable<Uuid>,
        due_date -> Nullable<Date>,
        date -> Date,
        description -> Text,
        amount -> Numeric,
        currency -> Text,
        #[sql_name = "type"]
        type_ -> Text,
        category -> Text,
        subcategory -> Nullable<Text>,
        tags -> Nullable<Jsonb>,
        is_recurring -> Bool,
    }
}

diesel::table! {
    folders (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        parent_id -> Nullable<Uuid>,
        name -> Text,
        path -> Text,
        color -> Nullable<Text>,
    }
}

diesel::table! {
    health_measurements (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        profile_id -> Uuid,
        #[sql_name = "type"]
        type_ -> Text,
        value -> Jsonb,
        measured_at -> Timestamptz,
    }
}

diesel::table! {
    health_profiles (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        blood_type -> Nullable<Text>,
        height -> Nullable<Numeric>,
        weight -> Nullable<Numeric>,
        sex -> Nullable<Text>,
        emergency_contacts -> Nullable<Binary>,
        insurance_info -> Nullable<Binary>,
        encrypted_data -> Nullable<Binary>,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    hst_codes (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        name -> Nullable<Text>,
        code -> Text,
        allows_transfer -> Bool,
        zone -> Nullable<Text>,
        channel -> Nullable<Text>,
        blocks_services -> Bool,
        requires_transport_validation -> Bool,
        dual_ownership -> Bool,
        tms_address_id -> Nullable<Text>,
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
    integration_flows (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        created_at -> Timestamptz,
        state_hash -> Binary,
        provider -> Text,
        redirect_uri -> Text,
        user_id -> Uuid,
        is_of_tenant -> Bool,
        secrets -> Binary,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    integration_sync_settings (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        integration_id -> Uuid,
        is_enabled -> Bool,
        direction -> Text,
        interval_minutes -> Integer,
        field_mapping -> Nullable<Jsonb>,
        cursor -> Nullable<Text>,
        next_sync_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    integrations (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Nullable<Uuid>,
        provider -> Text,
        access_token -> Nullable<Binary>,
        refresh_token -> Nullable<Binary>,
        scopes -> Nullable<Text>,
        connected_at -> Nullable<Timestamptz>,
        expires_at -> Nullable<Timestamptz>,
        is_active -> Bool,
        last_sync_at -> Nullable<Timestamptz>,
        consecutive_failures -> Integer,
        last_failure -> Nullable<Text>,
        alerted_at -> Nullable<Timestamptz>,
        refresh_at -> Nullable<Timestamptz>,
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
    investments (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        profile_id -> Uuid,
        name -> Text,
        #[sql_name = "type"]
        type_ -> Text,
        symbol -> Nullable<Text>,
        quantity -> Numeric,
        purchase_price -> Numeric,
        current_price -> Numeric,
        currency -> Text,
        purchase_date -> Date,
        returns -> Numeric,
        returns_percentage -> Numeric,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
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
    logistics_connections (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        system -> Text,
        base_url -> Text,
        key_id -> Nullable<Text>,
        secret -> Binary,
        secret_set_at -> Timestamptz,
        is_active -> Bool,
    }
}

diesel::table! {
    logistics_profile_billing_accounts (tenant_id, profile_id, billing_account_id) {
        tenant_id -> Uuid,
        profile_id -> Uuid,
        billing_account_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    logistics_profile_brands (tenant_id, profile_id, brand_id) {
        tenant_id -> Uuid,
        profile_id -> Uuid,
        brand_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    logistics_profile_dealerships (tenant_id, profile_id, dealership_id) {
        tenant_id -> Uuid,
        profile_id -> Uuid,
        dealership_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    logistics_profile_external_clients (tenant_id, profile_id, external_client_id) {
        tenant_id -> Uuid,
        profile_id -> Uuid,
        external_client_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    logistics_profile_hst_codes (tenant_id, profile_id, hst_code_id) {
        tenant_id -> Uuid,
        profile_id -> Uuid,
        hst_code_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    logistics_profile_service_types (tenant_id, profile_id, service_type_id) {
        tenant_id -> Uuid,
        profile_id -> Uuid,
        service_type_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    logistics_profiles (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        carrier_id -> Nullable<Uuid>,
        all_dealerships -> Bool,
        all_brands -> Bool,
        all_service_types -> Bool,
        group_name -> Nullable<Text>,
        subgroup_name -> Nullable<Text>,
        external_id_3 -> Nullable<Text>,
        broker_id -> Nullable<Text>,
        can_use_ad_hoc_address -> Bool,
    }
}

diesel::table! {
    logistics_request_documents (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        request_id -> Uuid,
        uploaded_by_id -> Nullable<Uuid>,
        file_id -> Nullable<Uuid>,
        file_name -> Text,
        storage_path -> Text,
        uploaded_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    logistics_request_lines (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        request_id -> Uuid,
        created_by_id -> Nullable<Uuid>,
        requested_by_id -> Nullable<Uuid>,
        origin_dealership_id -> Nullable<Uuid>,
        destination_dealership_id -> Nullable<Uuid>,
        ad_hoc_address_id -> Nullable<Uuid>,
        service_type_id -> Nullable<Uuid>,
        vehicle_id -> Nullable<Uuid>,
        brand_id -> Nullable<Uuid>,
        service_code -> Nullable<Text>,
        vin -> Text,
        make_model -> Nullable<Text>,
        license_plate -> Nullable<Text>,
        status -> Text,
        slc_request_id -> Nullable<Text>,
        tms_request_id -> Nullable<Uuid>,
        tms_service_code -> Nullable<Uuid>,
        tms_origin -> Nullable<Text>,
        tms_destination -> Nullable<Text>,
        tms_model -> Nullable<Text>,
        slc_service -> Nullable<Text>,
        slc_client_code -> Nullable<Text>,
        tms_client_code -> Nullable<Text>,
        carrier_code -> Nullable<Text>,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
        tms_cancelled_at -> Nullable<Timestamptz>,
        slc_cancelled_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    logistics_request_numbers (tenant_id) {
        tenant_id -> Uuid,
        last_number -> BigInt,
    }
}

diesel::table! {
    logistics_requests (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        created_by_id -> Nullable<Uuid>,
        billing_account_id -> Nullable<Uuid>,
        tms_billing_account_id -> Nullable<Uuid>,
        hst_code_id -> Nullable<Uuid>,
        bulk_request_id -> Nullable<Uuid>,
        code -> Text,
        #[sql_name = "type"]
        type_ -> Text,
        status -> Text,
        completed_at -> Nullable<Timestamptz>,
        rac_code -> Nullable<Text>,
        transport_shipping_type -> Nullable<Integer>,
        is_dealer_transfer -> Bool,
        comments -> Nullable<Text>,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
        error_message -> Nullable<Text>,
    }
}

diesel::table! {
    logistics_status_changes (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        created_at -> Timestamptz,
        request_id -> Uuid,
        changed_by_id -> Nullable<Uuid>,
        previous_status -> Nullable<Text>,
        new_status -> Text,
        changed_at -> Timestamptz,
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
        ai_request_id -> Nullable<Uuid>,
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
    medical_appointments (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        profile_id -> Uuid,
        #[sql_name = "type"]
        type_ -> Text,
        specialty -> Nullable<Text>,
        scheduled_date -> Timestamptz,
        duration -> Nullable<Integer>,
        status -> Text,
        reason -> Nullable<Text>,
        results -> Nullable<Text>,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    medical_conditions (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        profile_id -> Uuid,
        name -> Text,
        #[sql_name = "type"]
        type_ -> Text,
        severity -> Text,
        diagnosed_date -> Nullable<Date>,
        status -> Text,
        treatment -> Nullable<Jsonb>,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    medication_logs (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        medication_id -> Uuid,
        scheduled_time -> Timestamptz,
        taken_time -> Nullable<Timestamptz>,
        status -> Text,
    }
}

diesel::table! {
    medications (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        profile_id -> Uuid,
        name -> Text,
        generic_name -> Nullable<Text>,
        dosage -> Text,
        frequency -> Text,
        start_date -> Date,
        end_date -> Nullable<Date>,
        reminder_enabled -> Bool,
        reminder_times -> Nullable<Jsonb>,
        is_active -> Bool,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
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
        sender_agent_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    model_prices (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        model -> Text,
        input_price -> Numeric,
        output_price -> Numeric,
    }
}

diesel::table! {
    monthly_usage (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        year -> Integer,
        month -> Integer,
        total_messages -> Integer,
        total_tokens -> BigInt,
        total_cost -> Numeric,
        agent_usage -> Jsonb,
        limit_messages -> Nullable<Integer>,
        limit_tokens -> Nullable<BigInt>,
        exceeded_limit -> Bool,
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
    ownership_transfers (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Nullable<Uuid>,
        request_id -> Nullable<Uuid>,
        origin_dealership_id -> Nullable<Uuid>,
        destination_dealership_id -> Nullable<Uuid>,
        vin -> Text,
        dealer_code -> Nullable<Text>,
        requester_name -> Nullable<Text>,
        requested_at -> Timestamptz,
        status -> Text,
        compound -> Nullable<Text>,
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
    property_performance (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        property_id -> Uuid,
        created_at -> Timestamptz,
        views -> Integer,
        inquiries -> Integer,
        tasks -> Integer,
        days_listed -> Integer,
    }
}

diesel::table! {
    rag_chunks (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        created_at -> Timestamptz,
        user_id -> Uuid,
        document_id -> Uuid,
        ordinal -> Integer,
        content -> Text,
        model -> Text,
        embedding -> Array<Float>,
    }
}

diesel::table! {
    rag_documents (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        file_id -> Nullable<Uuid>,
        title -> Text,
        source -> Text,
        source_url -> Nullable<Text>,
        content -> Nullable<Text>,
        tags -> Array<Text>,
        indexed -> Bool,
        indexed_at -> Nullable<Timestamptz>,
        index_error -> Nullable<Text>,
        index_round -> Integer,
        vector_ids -> Array<Text>,
        chunk_count -> Integer,
    }
}

diesel::table! {
    rag_settings (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        top_k -> Integer,
        threshold -> Numeric,
        collections -> Array<Text>,
    }
}

diesel::table! {
    recurring_payments (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        profile_id -> Uuid,
        account_id -> Nullable<Uuid>,
        name -> Text,
        amount -> Numeric,
        currency -> Text,
        frequency -> Text,
        category -> Text,
        next_due_date -> Date,
        anchor_date -> Date,
        auto_debit -> Bool,
        start_date -> Date,
        end_date -> Nullable<Date>,
        is_active -> Bool,
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
    service_groups (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        name -> Text,
    }
}

diesel::table! {
    service_types (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        group_id -> Nullable<Uuid>,
        name -> Text,
        service_code -> Nullable<Text>,
        annex_path -> Nullable<Text>,
        file_name -> Nullable<Text>,
        slc_service_id -> Nullable<Text>,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
        annex_id -> Nullable<Uuid>,
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
        refresh_salt -> Nullable<Binary>,
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
    stale_figures (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        metric -> Text,
        day -> Nullable<Date>,
    }
}

diesel::table! {
    storage_quotas (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        max_storage -> BigInt,
        max_file_size -> BigInt,
        max_files -> Integer,
        used_storage -> BigInt,
        file_count -> Integer,
        usage_breakdown -> Jsonb,
        reserved_storage -> BigInt,
        reserved_files -> Integer,
    }
}

diesel::table! {
    stored_files (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        folder_id -> Nullable<Uuid>,
        filename -> Text,
        original_name -> Text,
        storage_path -> Text,
        mime_type -> Text,
        size -> BigInt,
        checksum -> Text,
        access_level -> Text,
        usage_context -> Text,
        is_processed -> Bool,
        scan_status -> Text,
        expires_at -> Nullable<Timestamptz>,
        deleted_at -> Nullable<Timestamptz>,
        deleted_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    sub_allocations (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Nullable<Uuid>,
        hst_code_id -> Nullable<Uuid>,
        request_id -> Nullable<Uuid>,
        vin -> Text,
        allocated_at -> Timestamptz,
        status -> Text,
    }
}

diesel::table! {
    support_messages (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        ticket_id -> Uuid,
        author_id -> Nullable<Uuid>,
        content -> Text,
        is_staff -> Bool,
        is_ai -> Bool,
        attachments -> Nullable<Jsonb>,
    }
}

diesel::table! {
    support_ticket_numbers (tenant_id) {
        tenant_id -> Uuid,
        last_number -> BigInt,
    }
}

diesel::table! {
    support_tickets (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        ticket_number -> Text,
        user_id -> Uuid,
        assigned_to_id -> Nullable<Uuid>,
        title -> Text,
        description -> Text,
        category -> Text,
        priority -> Text,
        status -> Text,
        ai_suggestion -> Nullable<Text>,
        ai_resolved -> Bool,
        resolved_at -> Nullable<Timestamptz>,
        waiting_since -> Nullable<Timestamptz>,
        answer_due_at -> Nullable<Timestamptz>,
        escalated_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    sync_logs (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        integration_id -> Uuid,
        last_sync_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        items_synced -> Integer,
        status -> Text,
        error_message -> Nullable<Text>,
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
        whatsapp_tested_at -> Nullable<Timestamptz>,
        whatsapp_test_failure -> Nullable<Text>,
        calls_tested_at -> Nullable<Timestamptz>,
        calls_test_failure -> Nullable<Text>,
        conversations_tested_at -> Nullable<Timestamptz>,
        conversations_test_failure -> Nullable<Text>,
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
        ticket_answer_minutes_low -> Integer,
        ticket_answer_minutes_normal -> Integer,
        ticket_answer_minutes_high -> Integer,
        ticket_answer_minutes_urgent -> Integer,
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
        closed_at -> Nullable<Timestamptz>,
        clearing_since -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    usage_alerts (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        user_id -> Uuid,
        #[sql_name = "type"]
        type_ -> Text,
        threshold -> Integer,
        year -> Integer,
        month -> Integer,
        triggered -> Bool,
        triggered_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    usage_logs (tenant_id, id) {
        id -> Uuid,
        tenant_id -> Uuid,
        created_at -> Timestamptz,
        user_id -> Uuid,
        agent_id -> Nullable<Uuid>,
        thread_id -> Nullable<Uuid>,
        tokens_input -> Integer,
        tokens_output -> Integer,
        total_tokens -> Integer,
        model -> Text,
        cost_input -> Numeric,
        cost_output -> Numeric,
        total_cost -> Numeric,
        duration -> Nullable<Integer>,
        success -> Bool,
        occurred_at -> Timestamptz,
    }
}

diesel::table! {
    used_refresh_tokens (tenant_id, token_hash) {
        tenant_id -> Uuid,
        session_id -> Uuid,
        token_hash -> Binary,
        created_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
        device_hash -> Nullable<Binary>,
    }
}

diesel::table! {
    user_group_billing_accounts (tenant_id, group_id, billing_account_id) {
        tenant_id -> Uuid,
        group_id -> Uuid,
        billing_account_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    user_group_dealerships (tenant_id, group_id, dealership_id) {
        tenant_id -> Uuid,
        group_id -> Uuid,
        dealership_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    user_group_hst_codes (tenant_id, group_id, hst_code_id) {
        tenant_id -> Uuid,
        group_id -> Uuid,
        hst_code_id -> Uuid,
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
        email_lowered -> Text,
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
