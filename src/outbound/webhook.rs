//! Webhooks: where to tell a business's own systems what there is to do. Making one, and its secret, is in
//! `webhook_secret.rs`.

use chrono::{DateTime, Utc};
use entity::{Choice, entity};

/// What a webhook is told about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum WebhookChannel {
    /// Messages to be sent on WhatsApp. It comes before the credentials for WhatsApp's own API.
    Whatsapp,
    /// Messages to be sent in conversations of the channel CALL.
    Calls,
    /// Messages to be sent on all channels that have no other way out.
    Conversations,
    /// Appointments.
    Appointments,
    /// Campaigns.
    Campaigns,
}

/// An address of a system of the business that is called when there is something to do. What is sent there is signed
/// and, until it is taken, sent again.
#[entity(table = webhooks, process = INTEGRATIONS, no_create, update = ADMIN, delete = ADMIN)]
pub struct Webhook {
    /// What it is told about; there is one webhook for each.
    #[field(read_only)]
    pub channel: WebhookChannel,
    /// The address; https, and on this machine also http.
    pub url: String,
    /// Since when calls are signed with the present secret.
    #[field(read_only)]
    pub secret_set_at: DateTime<Utc>,
    /// Whether it is called. What would be sent there meanwhile takes another way, or cannot be sent.
    pub is_active: bool,
}
