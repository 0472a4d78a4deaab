//! The types of what subscriptions to signals send, as the schema describes them.

use entity::events::{EventField, EventType, EventUnion, FieldOf, Presence};

const fn leaf(name: &'static str, ty: &'static str, doc: &'static str) -> EventField {
    EventField { name, doc, ty: FieldOf::Leaf(ty) }
}

const USER_ID: EventField = leaf("userId", "ID!", "The user.");
const USER: EventField = EventField {
    name: "user",
    doc: "Who; null when you may not see them, as somebody of the platform's staff.",
    ty: FieldOf::Row("User", Presence::Optional),
};

/// Somebody types, or does no more.
pub(super) static TYPING_CHANGED: EventType = EventType {
    name: "TypingChanged",
    doc: "Somebody begins to type, goes on, or stops.",
    fields: &[
        USER_ID,
        USER,
        leaf("isTyping", "Boolean!", "Whether they type."),
        leaf(
            "expiresAt",
            "DateTime",
            "Until when they type unless they say it again; then this event comes with `isTyping: false`. Null when they \
             do not.",
        ),
    ],
};

/// Somebody at a conversation.
pub(super) static CONVERSATION_VIEWER: EventType =
    EventType { name: "ConversationViewer", doc: "Somebody at a conversation.", fields: &[USER_ID, USER] };

/// Who is at a conversation has changed.
pub(super) static VIEWERS_CHANGED: EventType = EventType {
    name: "ViewersChanged",
    doc: "Who is at the conversation, all of them: at the beginning, and whenever that changes.",
    fields: &[
        EventField {
            name: "viewers",
            doc: "Who has it open, you included.",
            ty: FieldOf::Objects(&CONVERSATION_VIEWER),
        },
        EventField {
            name: "answering",
            doc: "Who types or has typed in the last half minute: they are writing an answer.",
            ty: FieldOf::Objects(&CONVERSATION_VIEWER),
        },
    ],
};

/// What is true of a conversation only now.
pub(super) static CONVERSATION_SIGNAL: EventUnion = EventUnion {
    name: "ConversationSignal",
    doc: "Something about a conversation that is true only now.",
    members: &[&TYPING_CHANGED, &VIEWERS_CHANGED],
};

/// Somebody and how they are there.
pub(super) static USER_PRESENCE: EventType = EventType {
    name: "UserPresence",
    doc: "Somebody, and how they are there.",
    fields: &[USER_ID, USER, leaf("status", "PresenceStatus!", "How they are there.")],
};

/// Who is there.
pub(super) static PRESENCE_SIGNAL: EventType = EventType {
    name: "PresenceSignal",
    doc: "Who is there, or what has changed of that.",
    fields: &[
        leaf("isSnapshot", "Boolean!", "Whether these are all who are there; otherwise, those who have changed."),
        EventField {
            name: "users",
            doc: "Who. Everybody else is as you know them, or OFFLINE.",
            ty: FieldOf::Objects(&USER_PRESENCE),
        },
    ],
};
