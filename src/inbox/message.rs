//! Messages: the largest table. What a message does to its conversation and contact, the database does.

use chrono::{DateTime, Utc};
use entity::{AnyId, Choice, Ref, entity};
use uuid::Uuid;

use super::{Conversation, WhatsappTemplate};
use crate::assistants::AiAgent;
use crate::identity::User;

/// Which kind of thing sent a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum SenderType {
    /// The contact: an inbound message.
    Contact,
    /// A user of the business.
    User,
    /// An assistant.
    AiAgent,
    /// The system itself.
    System,
}

/// What a message consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum ContentType {
    /// Text, without a file.
    Text,
    /// A picture.
    Image,
    /// A sound, for instance a voice message.
    Audio,
    /// A film.
    Video,
    /// A document.
    Document,
    /// A sticker.
    Sticker,
    /// A place on the map.
    Location,
    /// Somebody's name and number.
    ContactCard,
    /// A template with its variables filled in.
    Template,
    /// Buttons or a list to choose from.
    Interactive,
    /// A remark of the system that does not reach the contact.
    System,
    /// Something that came in and is of a kind that is not known here; `payload` has it as it came.
    Unsupported,
}

/// How far a message has come. Events that a provider sends too late are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum DeliveryStatus {
    /// Waiting to be sent.
    Queued,
    /// Handed to the provider.
    Sent,
    /// Arrived; every inbound message starts here.
    Delivered,
    /// Read.
    Read,
    /// Could not be delivered.
    Failed,
}

/// Of what kind the reason is for which a message could not be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum FailureCategory {
    /// WhatsApp takes only a template now.
    WindowClosed,
    /// The contact cannot be reached, or does not want it.
    Recipient,
    /// The template is not approved, or filled in wrongly.
    Template,
    /// What is in the message cannot be sent.
    Content,
    /// More was sent than the provider takes.
    Limit,
    /// The provider does not accept the account of the business.
    Credentials,
    /// The channel is not connected, or to a wrong address.
    Configuration,
    /// The provider had a failure of its own.
    Provider,
    /// The provider could not be reached.
    Network,
    /// Somebody called it off.
    Cancelled,
}

/// One message of a conversation. `createdAt` is its time.
#[entity(table = messages, process = CONVERSATIONS, no_create, no_update, no_delete)]
#[union(
    name = sender,
    of = MessageSender,
    nullable,
    doc = "Who sent the message; null for the system, and when the sender no longer exists or may not be seen by you.",
    branches(
        sender_user if "{t}.sender_type = 'USER'",
        sender_agent if "{t}.sender_type = 'AI_AGENT'",
        conversation.contact if "{t}.sender_type = 'CONTACT'"
    )
)]
pub struct Message {
    /// The text, of a file its caption; null for none.
    pub content: Option<String>,
    /// What the message consists of.
    pub content_type: ContentType,
    /// Which kind of thing sent the message.
    pub sender_type: SenderType,
    /// ID of whoever sent the message: a user, an agent or the contact; null for the system.
    #[field(
        sql = "case {t}.sender_type when 'USER' then 'user_' || {t}.sender_user_id when 'AI_AGENT' then 'ai_agent_' || {t}.sender_agent_id when 'CONTACT' then 'contact_' || (select c.contact_id from conversations c where c.tenant_id = {t}.tenant_id and c.id = {t}.conversation_id) end"
    )]
    pub sender_id: Option<AnyId>,
    /// How far the message has come; of an inbound one, whether somebody of the business has read it.
    #[field(transition = "changeMessageDeliveryStatus", with(provider_message_id, error_message))]
    pub delivery_status: DeliveryStatus,
    /// Web address of the file; there for IMAGE, AUDIO, VIDEO, DOCUMENT and STICKER, null for TEXT.
    pub file_url: Option<String>,
    /// Media type of the file, for instance image/jpeg; null when there is no file.
    pub file_type: Option<String>,
    /// ID that the client made up which sent it; unique in the conversation. Null for messages that came otherwise.
    pub client_message_id: Option<Uuid>,
    /// For TEMPLATE, what its variables stand for: `{"name": "Marta"}`; null otherwise.
    pub template_variables: Option<serde_json::Value>,
    /// ID at the provider; unique, so that an event that comes twice adds one message.
    pub provider_message_id: Option<String>,
    /// What the provider calls the kind of message, for instance button; null for messages that did not come from one.
    pub provider_kind: Option<String>,
    /// What there is besides text and file, a JSON object: `location`, `contacts`, `interactive`, `button`, `order`,
    /// `media` (a file that only the provider has so far), `replyTo`, `reactions`, `referral`, `raw`; null for nothing.
    pub payload: Option<serde_json::Value>,
    /// Why the message could not be delivered; null while nothing went wrong.
    pub error_message: Option<String>,
    /// Why it is FAILED, as a code, for instance WHATSAPP_131026 or TIMEOUT; null while it is not.
    #[field(read_only)]
    pub failure_code: Option<String>,
    /// Of what kind that reason is; null while it is not FAILED.
    #[field(read_only)]
    pub failure_category: Option<FailureCategory>,
    /// Whether `retryMessage` can help, perhaps after somebody has put something right; null while it is not FAILED.
    #[field(read_only)]
    pub is_retryable: Option<bool>,
    /// When it was queued to be sent, the last time; null of messages of contacts and of history.
    #[field(read_only)]
    pub queued_at: Option<DateTime<Utc>>,
    /// When the provider took it; null when that is not known.
    #[field(read_only)]
    pub sent_at: Option<DateTime<Utc>>,
    /// When it arrived at the contact; null when that is not known.
    #[field(read_only)]
    pub delivered_at: Option<DateTime<Utc>>,
    /// When it was read, by the contact or, of the contact's messages, by the business; null when that is not known.
    #[field(read_only)]
    pub read_at: Option<DateTime<Utc>>,
    /// When it failed; null while it is not FAILED.
    #[field(read_only)]
    pub failed_at: Option<DateTime<Utc>>,
    /// The conversation.
    #[belongs_to(inverse = "messages", doc = "What was said.")]
    pub conversation: Ref<Conversation>,
    /// The user who sent the message; null when the sender is no user.
    #[belongs_to(inverse = "sentMessages", doc = "Messages that the user sent.")]
    pub sender_user: Option<Ref<User>>,
    /// The agent that sent the message; null when the sender is no agent, or one that you do not see.
    #[belongs_to(inverse = "sentMessages", doc = "Messages that the agent sent.")]
    pub sender_agent: Option<Ref<AiAgent>>,
    /// The template that was filled in; null for none.
    #[belongs_to(inverse = "messages", doc = "Messages made from the template.")]
    pub template: Option<Ref<WhatsappTemplate>>,
}
