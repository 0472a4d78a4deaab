//! Signals as clients see them: the subscriptions to who types and who is there, and the mutations that say so.
//!
//! What holds is known to [`crate::signals`]; here it gets its GraphQL types, and who may see and say it.

pub mod mutations;
mod source;
mod types;

pub use mutations::{PresenceStatus, SignalMutation};
pub use source::Source;

use entity::events::EventRoot;

use self::types::{CONVERSATION_SIGNAL, PRESENCE_SIGNAL};
use super::roots::{Argument, Feed, RootField};

/// The name of the root field of a conversation.
const ROOM: &str = "conversationSignals";
/// The name of the root field of a tenant.
const CROWD: &str = "presence";

/// The root fields whose events are true only now.
pub static OF_SIGNALS: [RootField; 2] = [
    RootField {
        name: ROOM,
        doc: "Who has a conversation open, who is answering, who types. First what holds now, then what changes; nothing \
              of it is ever sent again, so there is no cursor. As long as you are subscribed, you have the conversation \
              open yourself. What a client or a gateway has said that is gone ends by itself: typing after 6 seconds, \
              having it open after 15. Who reads slowly gets the latest, and not every step.",
        arguments: &[Argument { name: "conversationId", ty: "ID!", doc: "The conversation." }],
        root: EventRoot::Union(&CONVERSATION_SIGNAL),
        about: Some("Conversation"),
        feed: Feed::Signals(Some("conversationId")),
    },
    RootField {
        name: CROWD,
        doc: "Who of the business is there. First everybody who is, then those whose status changes; nothing of it is ever \
              sent again, so there is no cursor. As long as you are subscribed, you are there yourself; `setPresence` says \
              how. Who reads slowly gets the latest, and not every step. Needs READ on CONVERSATIONS.",
        arguments: &[],
        root: EventRoot::Object(&PRESENCE_SIGNAL),
        about: Some("Conversation"),
        feed: Feed::Signals(None),
    },
];
