//! The audit log.
//!
//! Triggers on sensitive tables write it (`app.audited` in the migrations), and `app.audit` writes what no trigger sees:
//! both in the transaction of what they write down. [`ACTIONS`] is the closed list of what there is; a test holds the
//! migrations and the code to it.

use chrono::{DateTime, Utc};
use entity::{AnyId, Ref, entity};

use crate::identity::User;

/// Every action, with what it says. Purges of what is not sensitive by itself are `<type>.purged`, for instance
/// `contact.purged`.
pub const ACTIONS: &[(&str, &str)] = &[
    // Getting in.
    ("session.started", "Somebody signed in; details say how and from where."),
    ("session.refused", "A sign-in was refused; details say why."),
    ("session.ended", "A session was signed out, revoked, or ended because its user or password changed."),
    ("session.reused", "A refresh token was used twice; its session was ended."),
    // Being refused.
    ("access.denied", "A right was missing; details say which, and at which fields."),
    ("access.suppressed", "More refusals of a session than are written down one by one; details say how many."),
    // What is personal and sensitive. Values are never shown.
    ("health.read", "A user read health data of their own; details say of which types."),
    ("health_record.created", "Health data was entered."),
    ("health_record.changed", "Health data was changed."),
    ("health_record.deleted", "Health data was deleted."),
    ("health_record.restored", "Deleted health data was restored."),
    ("health_record.purged", "Health data was removed for good."),
    ("financial_record.purged", "A profile, account, debt or investment was removed for good."),
    // Users.
    ("user.created", "A user was made."),
    ("user.changed", "Something of a user was changed."),
    ("user.email_changed", "The address with which a user signs in was changed."),
    ("user.password_changed", "A user's password was changed; which it was or is, is not told."),
    ("user.password_reset", "A user chose a new password with a link from a mail; details say from where."),
    ("user.reset_link_made", "An operator made a link with which a user sets a password."),
    ("user.role_changed", "The coarse role of a user was changed."),
    ("user.activated", "A user may sign in again."),
    ("user.deactivated", "A user may not sign in any more."),
    ("user.deleted", "A user was deleted."),
    ("user.restored", "The deletion of a user was undone."),
    ("user.purged", "A user was removed for good, with personal data."),
    // Rights.
    ("role.created", "A role was made."),
    ("role.changed", "Name or kind of a role was changed."),
    ("role.purged", "A role was removed."),
    ("role.granted", "A role got a permission."),
    ("role.revoked", "A role lost a permission."),
    ("user.role_assigned", "A user got a role."),
    ("user.role_removed", "A user lost a role."),
    ("user.narrowed", "A user was narrowed to a process."),
    ("user.widened", "A user is no longer narrowed to a process."),
    // Invitations and accounts elsewhere.
    ("invitation.created", "Somebody was invited."),
    ("invitation.changed", "An invitation was changed."),
    ("invitation.resent", "An invitation got a new token."),
    ("invitation.accepted", "An invitation was accepted."),
    ("invitation.revoked", "An invitation was taken back."),
    ("invitation.expired", "The time of an invitation was over."),
    ("invitation.purged", "An invitation was removed."),
    ("oauth_account.connected", "A user can sign in by an account elsewhere."),
    ("oauth_account.disconnected", "A user cannot sign in by that account any more."),
    ("integration.created", "Somebody began to connect another system."),
    ("integration.connected", "Another system was connected, for the first time or anew."),
    ("integration.disconnected", "The tokens of a connection were forgotten, or the connection was removed."),
    ("integration.activated", "A connection was switched on."),
    ("integration.deactivated", "A connection was switched off."),
    ("integration.failed", "A connection failed three times in a row and was switched off."),
    ("integration.recovered", "A connection that had failed works again, or somebody says so."),
    // Teams and shared records.
    ("team.created", "A team was made."),
    ("team.changed", "A team was changed."),
    ("team.deleted", "A team was deleted."),
    ("team.restored", "The deletion of a team was undone."),
    ("team.purged", "A team was removed for good."),
    ("team.member_added", "A user joined a team."),
    ("team.member_changed", "The role of a member was changed."),
    ("team.member_removed", "A user left a team."),
    ("user_group.created", "A group of users was made."),
    ("user_group.changed", "A group of users was changed."),
    ("user_group.deleted", "A group of users was deleted."),
    ("user_group.restored", "The deletion of a group of users was undone."),
    ("user_group.purged", "A group of users was removed for good."),
    ("resource_share.created", "A record was shared."),
    ("resource_share.changed", "What a share allows was changed."),
    ("resource_share.removed", "A record is no longer shared."),
    // The business.
    ("tenant.created", "A business was made."),
    ("tenant.changed", "Something of a business was changed."),
    ("tenant.activated", "A business may use the system, for the first time or again."),
    ("tenant.suspended", "A business was closed for now."),
    ("tenant.closed", "A business was closed for good."),
    ("tenant.purged", "A business was removed."),
    ("tenant.entered", "Somebody of the platform began to act in a business; details say who and why."),
    ("tenant_settings.changed", "Settings of a business were changed."),
    ("tenant_credentials.changed", "Credentials for a provider of the business were set or taken away."),
    ("webhook.created", "An address was set that is called for a channel."),
    ("webhook.changed", "Something of a webhook was changed."),
    ("webhook.removed", "A webhook was removed."),
    ("logistics_connection.created", "TMS or SLC was connected."),
    ("logistics_connection.changed", "Something of the connection to TMS or SLC was changed."),
    ("logistics_connection.removed", "The connection to TMS or SLC was removed."),
];

/// Something sensitive that was done. Nobody can change or remove it.
#[entity(table = audit_logs, process = AUDIT, append_only, no_create, order_by(occurred_at = desc))]
pub struct AuditLog {
    /// What was done, as `<noun>.<what happened to it>`: `user.role_changed`, `role.granted`, `session.started`,
    /// `access.denied`, `tenant.suspended`, `contact.purged` and so on.
    #[field(read_only)]
    pub action: String,
    /// The type of what it was done to, for instance User.
    #[field(read_only)]
    pub target_type: String,
    /// What it was done to; null when there is no such row. It may be gone by now.
    #[field(read_only)]
    pub target_id: Option<AnyId>,
    /// Values `before` and `after` (of changed fields only), the e-mail address of the `actor`, the `reason` where one
    /// was given, and what helps to understand it. `secretsChanged` names secrets that changed; secrets themselves are
    /// never here. For what platform staff did, `platformStaff` says who it was.
    #[field(read_only)]
    pub details: serde_json::Value,
    /// When it was done.
    #[field(read_only)]
    pub occurred_at: DateTime<Utc>,
    /// The session in which it was done; null outside of one. It may be gone by now.
    #[field(sql = "'session_' || {t}.session_id")]
    pub session_id: Option<AnyId>,
    /// Who did it; null for platform staff, for programs, and when that user was removed for good.
    #[belongs_to(read_only, inverse = "auditLogs", doc = "What sensitive things the user did.")]
    pub actor: Option<Ref<User>>,
}
