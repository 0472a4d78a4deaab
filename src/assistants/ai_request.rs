//! What was asked of language models, and what came of it.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use super::{ChatMessage, ChatThread};
use crate::identity::User;

/// What something was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum AiRequestSource {
    /// A chat.
    Chat,
    /// A text to be used elsewhere.
    Content,
    /// A market analysis of a property.
    Cma,
    /// Work that goes on by itself, for instance a suggestion for a ticket.
    Workflow,
}

/// Who was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum AiProvider {
    /// OpenAI.
    Openai,
    /// Another service that speaks as OpenAI's does.
    Compatible,
    /// This program itself: a model for development that repeats what it is asked.
    Local,
}

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum AiRequestStatus {
    /// Waits for a worker.
    Queued,
    /// The model is answering.
    Processing,
    /// Answered.
    Completed,
    /// Not answered; `responsePayload` says why.
    Failed,
}

/// Something that was asked of a language model. Only the user for whom it was asked sees it.
#[entity(table = ai_requests, process = ASSISTANTS, no_create, no_update, no_delete)]
pub struct AiRequest {
    /// What for.
    pub source: AiRequestSource,
    /// Who was asked.
    pub provider: AiProvider,
    /// What was asked, a JSON object; of a chat without the texts, which stand in its messages.
    #[field(no_filter, no_order)]
    pub request_payload: serde_json::Value,
    /// What came of it, a JSON object: of a chat `model`, `finishReason`, `tokensInput`, `tokensOutput`, and when it FAILED
    /// `error` with `code` and `message`. Null until it has ended.
    #[field(no_filter, no_order)]
    pub response_payload: Option<serde_json::Value>,
    /// How far it has come.
    pub status: AiRequestStatus,
    /// When it became COMPLETED or FAILED; null before.
    pub completed_at: Option<DateTime<Utc>>,
    /// When the user asked for the answer to end where it is; null for never.
    pub stop_requested_at: Option<DateTime<Utc>>,
    /// For whom it was asked: always oneself.
    #[belongs_to(inverse = "aiRequests", doc = "What was asked of language models; empty for everybody else.")]
    pub user: Ref<User>,
    /// Of a chat, the talk; null for others, and when the talk was deleted.
    #[belongs_to(inverse = "aiRequests", doc = "What was asked of the model in this talk.")]
    pub thread: Option<Ref<ChatThread>>,
    /// Of a chat, the message that is answered; null for others, and when it was deleted.
    #[belongs_to(inverse = "aiRequests", doc = "The requests for an answer to this message.")]
    pub message: Option<Ref<ChatMessage>>,
    /// Of a chat, the answer; null for others, until it is complete, and when it was deleted.
    #[belongs_to(one, inverse = "aiRequest", doc = "The request that this message answers; null for other messages.")]
    pub reply: Option<Ref<ChatMessage>>,
}
