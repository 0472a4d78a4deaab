//! Conversations: what is said with one contact on one channel. Counters and previews are kept by the database.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use super::{Channel, ConversationTag};
use crate::crm::Contact;
use crate::identity::User;

/// What a conversation is waiting for. A message from the contact opens one that is pending or resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum ConversationStatus {
    /// Somebody has to answer.
    Open,
    /// Waiting for the contact or for something else.
    Pending,
    /// Nothing is left to do.
    Resolved,
    /// Put away for good; the contact's next message starts another conversation.
    Archived,
}

/// What is said with one contact on one channel. A contact has at most one on each that is not archived.
#[entity(table = conversations, process = CONVERSATIONS)]
#[action(
    mutation = "assignConversation",
    doc = "Gives a conversation to a user; `assignedToId` null takes it away from whoever has it.",
    inputs(assigned_to_id)
)]
#[action(mutation = "resolveConversation", doc = "Marks a conversation as settled.", set(status = "'RESOLVED'"))]
#[action(mutation = "archiveConversation", doc = "Puts a conversation away for good.", set(status = "'ARCHIVED'"))]
pub struct Conversation {
    /// The channel on which it is held.
    #[field(create_only)]
    pub channel: Channel,
    /// What the conversation is waiting for.
    #[field(transition = "changeConversationStatus", with(assigned_to_id))]
    pub status: ConversationStatus,
    /// Number of messages from the contact that nobody has read.
    #[field(read_only)]
    pub unread_count: i32,
    /// Time of the newest message, from whichever side; null while there is none.
    #[field(read_only)]
    pub last_message_at: Option<DateTime<Utc>>,
    /// The first 120 characters of the newest message; null when it has no text.
    #[field(read_only)]
    pub last_message_preview: Option<String>,
    /// On WhatsApp, until when free text may be sent: 24 hours after the contact's newest message. Null when the
    /// contact has not written yet, and on other channels.
    #[field(read_only)]
    pub whatsapp_24h_expires_at: Option<DateTime<Utc>>,
    /// Whether free text may be sent on WhatsApp now. False on other channels, which have no such limit.
    #[field(sql = "coalesce({t}.whatsapp_24h_expires_at > now(), false)", no_order)]
    pub is_whatsapp_window_open: bool,
    /// With whom it is held.
    #[belongs_to(create_only, inverse = "conversations", doc = "What is said with the contact, by channel.")]
    pub contact: Ref<Contact>,
    /// The user who has to answer; null when nobody was chosen.
    #[belongs_to(inverse = "assignedConversations", doc = "Conversations in which the user has to answer.")]
    pub assigned_to: Option<Ref<User>>,
    /// The conversation's tags.
    #[link(
        through = conversation_tag_links,
        here = conversation_id,
        there = tag_id,
        inverse = "conversations",
        doc = "Conversations that carry the tag.",
        add = "addConversationTag",
        remove = "removeConversationTag"
    )]
    pub tags: Many<ConversationTag>,
}
