//! Connections to other systems. Tokens are sealed, and come out of no API.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use crate::identity::User;
use crate::values::SecretState;

/// The other system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum IntegrationProvider {
    /// Google's mail.
    Gmail,
    /// Google's calendar.
    GoogleCalendar,
    /// Notion.
    Notion,
    /// Slack.
    Slack,
    /// GitHub.
    Github,
    /// HubSpot.
    Hubspot,
    /// The transport management system of the business.
    Tms,
    /// The supply and logistics chain system of the business.
    Slc,
    /// Any other.
    Other,
}

impl IntegrationProvider {
    /// As it stands in the database and in the configuration.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gmail => "GMAIL",
            Self::GoogleCalendar => "GOOGLE_CALENDAR",
            Self::Notion => "NOTION",
            Self::Slack => "SLACK",
            Self::Github => "GITHUB",
            Self::Hubspot => "HUBSPOT",
            Self::Tms => "TMS",
            Self::Slc => "SLC",
            Self::Other => "OTHER",
        }
    }
}

/// A connection to another system: one's own, or, without a user, that of the whole business. One sees one's own; who has
/// ADMIN on INTEGRATIONS sees those of the business as well. After three failures in a row it is switched off and says so
/// in `alertedAt`.
#[entity(table = integrations, process = ACCOUNT, no_create)]
#[action(
    mutation = "disconnectIntegration",
    doc = "Forgets the tokens of a connection, which ends it. Its settings and logs stay, so it can be connected again; \
           `deleteIntegration` removes them as well. What was allowed at the provider stays allowed there until it is \
           taken back there.",
    set(
        access_token = "null",
        refresh_token = "null",
        connected_at = "null",
        expires_at = "null",
        is_active = "false"
    )
)]
pub struct Integration {
    /// The other system; there is one connection to each of a user, and of the business.
    #[field(read_only)]
    pub provider: IntegrationProvider,
    /// Whether an access token is stored. It is never shown.
    #[field(sql = "case when {t}.access_token is null then 'NOT_SET' else 'SET' end", no_filter, no_order)]
    pub access_token: SecretState,
    /// Whether a refresh token is stored, with which access tokens are renewed. It is never shown.
    #[field(sql = "case when {t}.refresh_token is null then 'NOT_SET' else 'SET' end", no_filter, no_order)]
    pub refresh_token: SecretState,
    /// What the provider allows, as it says it: words separated by spaces. Null when it does not say.
    #[field(read_only)]
    pub scopes: Option<String>,
    /// When a person gave the present tokens; null while it is not connected.
    #[field(read_only)]
    pub connected_at: Option<DateTime<Utc>>,
    /// When the access token expires; it is renewed before. Null for never.
    #[field(read_only)]
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether it is used. Switching it on again forgets its failures.
    pub is_active: bool,
    /// When it was last synchronized with success, in whole or in part; null for never.
    #[field(read_only)]
    pub last_sync_at: Option<DateTime<Utc>>,
    /// How many attempts in a row, to synchronize or to renew the token, have failed.
    #[field(read_only)]
    pub consecutive_failures: i32,
    /// Why the last attempt failed, as a code such as `CODE_REFUSED` or `UNAVAILABLE`; null once one has succeeded.
    #[field(read_only)]
    pub last_failure: Option<String>,
    /// When three attempts in a row had failed, for which it was switched off; null while all is well. Show it to whoever
    /// it belongs to: connecting it again, or switching it on, clears it.
    #[field(read_only)]
    pub alerted_at: Option<DateTime<Utc>>,
    /// Whose it is; null for the whole business.
    #[belongs_to(read_only, inverse = "integrations", doc = "The user's own connections to other systems.")]
    pub user: Option<Ref<User>>,
}
