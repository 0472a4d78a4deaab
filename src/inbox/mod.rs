//! Inbox: what is said with contacts, on every channel, in writing and by phone.

mod ai_lock;
mod call;
mod channel;
mod conversation;
mod conversation_tag;
mod mark_conversation_read;
mod message;
mod send_message;
mod whatsapp_template;

use entity::Entity;
use entity::declare::{EntityDecl, VerbDecl};

pub use ai_lock::AiLock;
pub use call::Call;
pub use channel::Channel;
pub use conversation::Conversation;
pub use conversation_tag::ConversationTag;
pub use message::Message;
pub use whatsapp_template::WhatsappTemplate;

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![
        Conversation::decl(),
        Message::decl(),
        ConversationTag::decl(),
        WhatsappTemplate::decl(),
        Call::decl(),
        AiLock::decl(),
    ]
}

/// The verbs of this domain.
pub fn verbs() -> Vec<&'static VerbDecl> {
    vec![&send_message::SEND_MESSAGE, &mark_conversation_read::MARK_CONVERSATION_READ]
}
