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
    doc = "Gives a conversation to a user, for a reason if there is one; `assignedToId` null takes it away from whoever has it.",
    set(assigned_at = "now()", assignment_reason = "null"),
    inputs(assigned_to_id, assignment_reason)
)]
#[action(
    mutation = "releaseConversation",
    doc = "Gives a conversation back: nobody has to answer it any more, and whoever claims the next one may get it.",
    set(assigned_to_id = "null")
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
    /// Number of messages from the contact that you have not read, at most 100. Before you have read or marked anything in
    /// the conversation it is `unreadCount`.
    #[field(
        sql = "coalesce((select (select count(*) from (select from messages m where m.tenant_id = r.tenant_id and m.conversation_id = r.conversation_id and m.sender_type = 'CONTACT' and m.id > coalesce(r.last_read_message_id, '00000000-0000-0000-0000-000000000000') limit 100) u)::integer from conversation_reads r where r.tenant_id = {t}.tenant_id and r.conversation_id = {t}.id and r.user_id = nullif(current_setting('app.user_id', true), '')::uuid), {t}.unread_count)",
        no_order
    )]
    pub my_unread_count: i32,
    /// Time of the newest message, from whichever side; null while there is none.
    #[field(read_only)]
    pub last_message_at: Option<DateTime<Utc>>,
    /// The first 120 characters of the newest message; null when it has no text.
    #[field(read_only)]
    pub last_message_preview: Option<String>,
    /// Time of the contact's oldest message that nobody has answered; null when nobody waits for an answer.
    #[field(read_only)]
    pub waiting_since: Option<DateTime<Utc>>,
    /// When a user or an assistant first answered the contact; null while nobody has.
    #[field(read_only)]
    pub first_reply_at: Option<DateTime<Utc>>,
    /// On WhatsApp, until when free text may be sent: 24 hours after the contact's newest message, that moment excluded.
    /// Null when the contact has not written yet, and on other channels.
    #[field(read_only)]
    pub whatsapp_24h_expires_at: Option<DateTime<Utc>>,
    /// Whether free text may be sent on WhatsApp now. False on other channels, which have no such limit.
    #[field(sql = "coalesce({t}.whatsapp_24h_expires_at > now(), false)", no_order)]
    pub is_whatsapp_window_open: bool,
    /// Whether it sleeps: it is PENDING until `snoozedUntil`, or until the contact writes.
    #[field(sql = "{t}.snoozed_until is not null", no_order)]
    pub is_snoozed: bool,
    /// When it opens by itself; null when it does not sleep, or only the contact can wake it.
    #[field(sql = "nullif({t}.snoozed_until, 'infinity')")]
    pub snoozed_until: Option<DateTime<Utc>>,
    /// Since when whoever has to answer has to; null when nobody was chosen.
    #[field(read_only)]
    pub assigned_at: Option<DateTime<Utc>>,
    /// Why this user has to answer, in words; null when nobody said.
    #[field(read_only)]
    pub assignment_reason: Option<String>,
    /// When it was merged into another one; null when it was not.
    #[field(read_only)]
    pub merged_at: Option<DateTime<Utc>>,
    /// With whom it is held.
    #[belongs_to(create_only, inverse = "conversations", doc = "What is said with the contact, by channel.")]
    pub contact: Ref<Contact>,
    /// The user who has to answer; null when nobody was chosen.
    #[belongs_to(inverse = "assignedConversations", doc = "Conversations in which the user has to answer.")]
    pub assigned_to: Option<Ref<User>>,
    /// The conversation that has what was said in this one; null when it was not merged.
    #[belongs_to(read_only, inverse = "mergedConversations", doc = "Conversations that were merged into this one.")]
    pub merged_into: Option<Ref<Conversation>>,
    /// Who merged it; null when it was not merged, or by no user of the business.
    #[belongs_to(read_only, inverse = "conversationMerges", doc = "Conversations that the user merged into others.")]
    pub merged_by: Option<Ref<User>>,
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
