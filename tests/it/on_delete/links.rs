//! Which rows go with the row they belong to, and which only lose it.

use std::fmt;

/// What becomes of the child when its parent is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It goes as well.
    Cascade,
    /// It stays, without the link.
    SetNull,
}

use Fate::{Cascade, SetNull};

/// A column of a child that names its parent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) parent: &'static str,
    pub(super) child: &'static str,
    pub(super) column: &'static str,
    pub(super) fate: Fate,
    /// Whether the source's table of deletions has it; the others are drawn as keys or ours.
    pub(super) is_drawn: bool,
    /// SQL about child `c` and parent `p`: that the child does not go with the parent over another link.
    pub(super) besides: &'static str,
}

impl fmt::Display for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} → {}.{}", self.parent, self.child, self.column)
    }
}

const fn drawn(parent: &'static str, child: &'static str, column: &'static str, fate: Fate) -> Link {
    Link { parent, child, column, fate, is_drawn: true, besides: "" }
}

const fn more(parent: &'static str, child: &'static str, column: &'static str, fate: Fate) -> Link {
    Link { parent, child, column, fate, is_drawn: false, besides: "" }
}

const fn apart(
    parent: &'static str,
    child: &'static str,
    column: &'static str,
    fate: Fate,
    besides: &'static str,
) -> Link {
    Link { parent, child, column, fate, is_drawn: false, besides }
}

/// The links.
pub(super) const LINKS: &[Link] = &[
    // One to one.
    drawn("users", "user_settings", "user_id", Cascade),
    drawn("users", "health_profiles", "user_id", Cascade),
    drawn("users", "financial_profiles", "user_id", Cascade),
    drawn("users", "storage_quotas", "user_id", Cascade),
    drawn("users", "rag_settings", "user_id", Cascade),
    // One to many.
    drawn("users", "oauth_accounts", "user_id", Cascade),
    drawn("users", "sessions", "user_id", Cascade),
    // Public ones are handed to an administrator before.
    Link { besides: "not c.is_public", ..drawn("users", "ai_agents", "created_by_id", Cascade) },
    drawn("users", "chat_sessions", "user_id", Cascade),
    drawn("users", "artifacts", "user_id", Cascade),
    drawn("users", "rag_documents", "user_id", Cascade),
    drawn("users", "integrations", "user_id", Cascade),
    drawn("users", "stored_files", "user_id", Cascade),
    drawn("users", "folders", "user_id", Cascade),
    drawn("ai_agents", "chat_threads", "agent_id", Cascade),
    drawn("ai_agents", "usage_logs", "agent_id", Cascade),
    drawn("ai_agents", "artifacts", "agent_id", Cascade),
    drawn("chat_sessions", "chat_threads", "session_id", Cascade),
    drawn("chat_threads", "chat_messages", "thread_id", Cascade),
    // A message of the thread goes with it, and is emptied as well.
    Link {
        besides: "not exists (select from chat_messages m where m.id = c.message_id and m.thread_id = p.id)",
        ..drawn("chat_threads", "artifacts", "thread_id", SetNull)
    },
    drawn("artifacts", "artifacts", "parent_id", SetNull),
    drawn("integrations", "sync_logs", "integration_id", Cascade),
    drawn("folders", "stored_files", "folder_id", SetNull),
    drawn("folders", "folders", "parent_id", Cascade),
    drawn("stored_files", "file_access_logs", "file_id", Cascade),
    drawn("stored_files", "file_shares", "file_id", Cascade),
    drawn("health_profiles", "medical_conditions", "profile_id", Cascade),
    drawn("health_profiles", "medications", "profile_id", Cascade),
    drawn("health_profiles", "allergies", "profile_id", Cascade),
    drawn("health_profiles", "medical_appointments", "profile_id", Cascade),
    drawn("health_profiles", "health_measurements", "profile_id", Cascade),
    drawn("medications", "medication_logs", "medication_id", Cascade),
    drawn("financial_profiles", "financial_accounts", "profile_id", Cascade),
    drawn("financial_profiles", "financial_transactions", "profile_id", Cascade),
    drawn("financial_profiles", "budgets", "profile_id", Cascade),
    drawn("financial_profiles", "debts", "profile_id", Cascade),
    drawn("financial_profiles", "investments", "profile_id", Cascade),
    drawn("financial_profiles", "recurring_payments", "profile_id", Cascade),
    drawn("financial_accounts", "financial_transactions", "account_id", SetNull),
    drawn("debts", "debt_payments", "debt_id", Cascade),
    // Many to many, and keys without an action of their own.
    more("users", "ai_agent_permissions", "user_id", Cascade),
    more("ai_agents", "ai_agent_permissions", "agent_id", Cascade),
    apart(
        "users",
        "ai_agent_permissions",
        "granted_by_id",
        SetNull,
        "c.user_id <> p.id and not exists (select from ai_agents a where a.id = c.agent_id and a.created_by_id = p.id)",
    ),
    more("users", "invitations", "invited_by_id", SetNull),
    more("users", "audit_logs", "actor_id", SetNull),
    more("users", "usage_logs", "user_id", Cascade),
    more("chat_threads", "usage_logs", "thread_id", SetNull),
    more("users", "monthly_usage", "user_id", Cascade),
    more("users", "usage_alerts", "user_id", Cascade),
    apart(
        "users",
        "file_access_logs",
        "user_id",
        SetNull,
        "not exists (select from stored_files f where f.id = c.file_id and f.user_id = p.id)",
    ),
    more("users", "file_shares", "shared_by_id", Cascade),
    more("users", "support_tickets", "user_id", Cascade),
    apart("users", "support_tickets", "assigned_to_id", SetNull, "c.user_id <> p.id"),
    more("support_tickets", "support_messages", "ticket_id", Cascade),
    apart(
        "users",
        "support_messages",
        "author_id",
        SetNull,
        "not exists (select from support_tickets t where t.id = c.ticket_id and t.user_id = p.id)",
    ),
    more("financial_accounts", "financial_transactions", "from_account_id", SetNull),
    more("financial_accounts", "financial_transactions", "to_account_id", SetNull),
    more("financial_accounts", "recurring_payments", "account_id", SetNull),
];
