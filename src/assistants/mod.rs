//! Assistants: agents, the chats with them, and what is asked of language models.
//!
//! Chats are personal: row-level security shows them to their user alone. The way of an answer:
//!
//! | file | |
//! |---|---|
//! | `send_chat_message` | stores what the user says, and asks for an answer |
//! | `end_reply` | stops an answer, or asks once more |
//! | `reply_job`, `reply_desk` | the worker that lets the model answer, and what it writes |
//! | `reply_prompt`, `settings` | what the model is told, and how it is to answer |
//! | `reply_pen` | texts, calls of tools and their positions |
//! | `reply_events`, `reply_feed` | the subscription that tells of it |

mod ai_agent;
mod ai_request;
mod chat_session;
mod end_reply;
mod inputs;
mod permit_agent;
mod reply_desk;
mod reply_events;
mod reply_feed;
mod reply_job;
mod reply_pen;
mod reply_prompt;
mod send_chat_message;
mod settings;

use entity::Entity;
use entity::declare::{EntityDecl, VerbDecl};
use entity::roots::MadeQuery;

pub use ai_agent::{AiAgent, AiAgentPermission};
pub use ai_request::{AiProvider, AiRequest, AiRequestSource, AiRequestStatus};
pub use chat_session::{ChatMessage, ChatRole, ChatSession, ChatThread};
pub use reply_events::{CHAT_REPLY, OF_REPLIES};
pub use reply_feed::ReplySource;
pub use reply_job::ChatReply;

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![
        AiAgent::decl(),
        AiAgentPermission::decl(),
        ChatSession::decl(),
        ChatThread::decl(),
        ChatMessage::decl(),
        AiRequest::decl(),
    ]
}

/// The verbs of this domain.
pub fn verbs() -> Vec<&'static VerbDecl> {
    vec![
        &permit_agent::GRANT_AGENT,
        &permit_agent::REVOKE_AGENT,
        &send_chat_message::SEND_CHAT_MESSAGE,
        &end_reply::STOP_CHAT_REPLY,
        &end_reply::RETRY_CHAT_REPLY,
    ]
}

/// The queries of this domain that are more than rows of an entity.
pub fn queries() -> Vec<&'static MadeQuery> {
    vec![]
}
