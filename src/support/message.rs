//! What is said about tickets.

use entity::{Ref, entity};
use serde_json::Value;

use super::SupportTicket;
use crate::identity::User;

/// Something said about a ticket by the user, by the staff or by an assistant. What was said stays as it is.
#[entity(table = support_messages, process = SUPPORT, no_update, no_delete)]
pub struct SupportMessage {
    /// What is said, at most 20000 characters.
    pub content: String,
    /// Whether somebody of the staff says it: anybody but the user of the ticket.
    #[field(read_only)]
    pub is_staff: bool,
    /// Whether an assistant says it.
    #[field(read_only)]
    pub is_ai: bool,
    /// What is attached: a list of 1 to 20 objects `{ name, url or fileId, … }` with whatever else is to be known of
    /// each, such as `mimeType` and `size` in bytes. `url` is https, `fileId` the ID of a StoredFile. Null for nothing.
    pub attachments: Option<Value>,
    /// About which ticket.
    #[belongs_to(inverse = "messages", doc = "What was said about the ticket.")]
    pub ticket: Ref<SupportTicket>,
    /// Who says it; null for an assistant, for staff of the platform, and when that user no longer exists.
    #[belongs_to(read_only, inverse = "supportMessages", doc = "What the user said about tickets.")]
    pub author: Option<Ref<User>>,
}
