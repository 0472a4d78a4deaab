//! Inbox: what is said with contacts, on every channel, in writing and by phone.

mod ai_lock;
mod call;
mod canned_reply;
mod channel;
mod claim_next_conversation;
mod conversation;
mod conversation_tag;
mod hold_ai_lock;
mod inputs;
mod internal_note;
mod mark_conversation_read;
mod merge_conversations;
mod message;
mod render_canned_reply;
mod render_whatsapp_template;
mod send_message;
mod snooze_conversation;
mod wake_conversation;
mod whatsapp_template;

use std::sync::Arc;

use entity::Entity;
use entity::declare::{EntityDecl, VerbDecl};

use crate::jobs::JobKind;

pub use ai_lock::AiLock;
pub use call::Call;
pub use canned_reply::CannedReply;
pub use channel::Channel;
pub use conversation::Conversation;
pub use conversation_tag::ConversationTag;
pub use internal_note::InternalNote;
pub use message::{ContentType, Message};
pub use whatsapp_template::WhatsappTemplate;

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![
        Conversation::decl(),
        Message::decl(),
        InternalNote::decl(),
        ConversationTag::decl(),
        WhatsappTemplate::decl(),
        CannedReply::decl(),
        Call::decl(),
        AiLock::decl(),
    ]
}

/// The verbs of this domain.
pub fn verbs() -> Vec<&'static VerbDecl> {
    vec![
        &send_message::SEND_MESSAGE,
        &hold_ai_lock::ACQUIRE_AI_LOCK,
        &hold_ai_lock::RENEW_AI_LOCK,
        &hold_ai_lock::RELEASE_AI_LOCK,
        &mark_conversation_read::MARK_CONVERSATION_READ,
        &mark_conversation_read::MARK_CONVERSATION_UNREAD,
        &claim_next_conversation::CLAIM_NEXT_CONVERSATION,
        &snooze_conversation::SNOOZE_CONVERSATION,
        &merge_conversations::MERGE_CONVERSATIONS,
        &internal_note::CREATE_INTERNAL_NOTE,
        &render_whatsapp_template::RENDER_WHATSAPP_TEMPLATE,
        &render_canned_reply::RENDER_CANNED_REPLY,
    ]
}

/// The kinds of jobs of this domain.
#[must_use]
pub fn job_kinds() -> Vec<Arc<dyn JobKind>> {
    vec![Arc::new(wake_conversation::WakeConversation)]
}
