//! The columns that hold sealed values. `mostrador rotate-keys` walks this list; a test compares it with the catalogue,
//! where the comment of a sealed column begins with `Sealed:`.

/// A sealed column. Its table has the columns `tenant_id` and `id`; the column is `bytea`, null for no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedColumn {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
}

/// All of them.
pub const SEALED: &[SealedColumn] = &[
    SealedColumn { table: "debts", column: "account_number" },
    SealedColumn { table: "emails", column: "body" },
    SealedColumn { table: "health_profiles", column: "emergency_contacts" },
    SealedColumn { table: "health_profiles", column: "insurance_info" },
    SealedColumn { table: "health_profiles", column: "encrypted_data" },
    SealedColumn { table: "integration_flows", column: "secrets" },
    SealedColumn { table: "integrations", column: "access_token" },
    SealedColumn { table: "integrations", column: "refresh_token" },
    SealedColumn { table: "logistics_connections", column: "secret" },
    SealedColumn { table: "file_shares", column: "password" },
    SealedColumn { table: "oauth_accounts", column: "access_token" },
    SealedColumn { table: "oauth_accounts", column: "refresh_token" },
    SealedColumn { table: "oauth_flows", column: "secrets" },
    SealedColumn { table: "tenant_credentials", column: "whatsapp_credentials" },
    SealedColumn { table: "tenant_credentials", column: "calls_credentials" },
    SealedColumn { table: "tenant_credentials", column: "conversations_credentials" },
    SealedColumn { table: "webhooks", column: "secret" },
];
