//! Chats with assistants: a sitting, its threads, and what was said in them. Seen by nobody but the user.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};
use uuid::Uuid;

use super::AiAgent;
use crate::identity::User;

/// A sitting with assistants: threads that belong together. Only its user sees it.
#[entity(table = chat_sessions, process = ASSISTANTS, order_by(last_activity_at = desc))]
pub struct ChatSession {
    /// What another program calls it; unique in the business. Null for none.
    pub session_key: Option<String>,
    /// When it began; now when it is not given.
    #[field(default)]
    pub started_at: DateTime<Utc>,
    /// Time of the newest message in any of its threads; at first, when it began.
    #[field(read_only)]
    pub last_activity_at: DateTime<Utc>,
    /// Anything that the client wants to keep with it; null for nothing.
    #[field(no_filter, no_order)]
    pub metadata: Option<serde_json::Value>,
    /// Whose it is: always one's own.
    #[belongs_to(read_only, inverse = "chatSessions", doc = "Sittings with assistants; empty for everybody else.")]
    pub user: Ref<User>,
}

/// One talk with an agent, or with a model alone. Only its user sees it.
#[entity(table = chat_threads, process = ASSISTANTS)]
pub struct ChatThread {
    /// What it is about; made from the first message when nobody gives one. Null before that.
    pub title: Option<String>,
    /// Number of its messages.
    #[field(read_only)]
    pub message_count: i32,
    /// Tokens of all its messages, read and written.
    #[field(read_only)]
    pub token_count: i32,
    /// The sitting that it belongs to.
    #[belongs_to(create_only, inverse = "threads", doc = "Talks of this sitting.")]
    pub session: Ref<ChatSession>,
    /// Who answers; null for a model without instructions. Must be switched on, and yours to use.
    #[belongs_to(create_only, inverse = "threads", doc = "Your talks with the agent.")]
    pub agent: Option<Ref<AiAgent>>,
    /// Whose it is: always one's own.
    #[belongs_to(read_only, inverse = "chatThreads", doc = "Talks with assistants; empty for everybody else.")]
    pub user: Ref<User>,
}

/// Who says something in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum ChatRole {
    /// Instructions.
    System,
    /// The user.
    User,
    /// The assistant.
    Assistant,
    /// A tool that the assistant wanted to be used.
    Tool,
}

/// One message of a chat, kept as it was written. Only its user sees it.
#[entity(table = chat_messages, process = ASSISTANTS, append_only, no_create)]
pub struct ChatMessage {
    /// Who says it.
    pub role: ChatRole,
    /// What is said. Empty for an ASSISTANT that only wants tools to be used.
    #[field(no_order)]
    pub content: String,
    /// Tokens that the model read for it; 0 for what no model wrote.
    pub tokens_input: i32,
    /// Tokens that the model wrote; 0 for what no model wrote.
    pub tokens_output: i32,
    /// What else is known of it, a JSON object: of an ASSISTANT `model`, `provider`, `finishReason`, `durationMs`,
    /// `toolCalls` (each with `id`, `name`, `arguments`, and `at`, its position in the answer) and `tokensEstimated`; of a
    /// TOOL `toolCallId`. Null for nothing.
    #[field(no_filter, no_order)]
    pub metadata: Option<serde_json::Value>,
    /// ID that the client made up which sent it; unique in the thread. Null for messages that came otherwise.
    pub client_message_id: Option<Uuid>,
    /// Where it stands among messages by its meaning; null until that is computed.
    #[field(no_filter, no_order)]
    pub embedding: Option<Vec<f32>>,
    /// The talk.
    #[belongs_to(inverse = "messages", doc = "What was said.")]
    pub thread: Ref<ChatThread>,
}
