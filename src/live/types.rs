//! The types of what subscriptions to the log send, as the schema describes them.

use entity::events::{EventField, EventType, EventUnion, FieldOf, Presence};

const fn leaf(name: &'static str, ty: &'static str, doc: &'static str) -> EventField {
    EventField { name, doc, ty: FieldOf::Leaf(ty) }
}

const fn row(name: &'static str, entity: &'static str, doc: &'static str) -> EventField {
    EventField { name, doc, ty: FieldOf::Row(entity, Presence::Required) }
}

const CURSOR: EventField =
    leaf("cursor", "String!", "Where this event stands. Give it as `after` to go on right behind it.");
const COMMITTED_AT: EventField = leaf("committedAt", "DateTime!", "When the change became visible to others.");
const USER_ID: EventField = leaf("userId", "ID", "Who made the change; null when it was no user.");
const MUTATION: EventField =
    leaf("mutation", "String", "The mutation that made the change; null when it was made by something else.");
const CHANGED_FIELDS: EventField =
    leaf("changedFields", "[String!]!", "The fields of the object that have changed; empty when that is not known.");

/// What every event of the log begins with, in this order, and then its own fields.
macro_rules! of_the_log {
    ($(#[doc = $doc:literal] $name:ident = $graphql:literal [$($field:expr),* $(,)?];)*) => {
        $(
            #[doc = $doc]
            pub static $name: EventType = EventType {
                name: $graphql,
                doc: $doc.trim_ascii(),
                fields: &[CURSOR, COMMITTED_AT, USER_ID, MUTATION, $($field),*],
            };
        )*
    };
}

of_the_log! {
    /// A message was added to the conversation.
    MESSAGE_ADDED = "MessageAdded" [
        leaf(
            "clientMessageId",
            "ID",
            "What the sending client called the message; replace what you show for it by the message."
        ),
        row("message", "Message", "The message, as it is now."),
    ];
    /// A message has changed, for instance because it was delivered.
    MESSAGE_CHANGED = "MessageChanged" [
        CHANGED_FIELDS,
        row("message", "Message", "The message, as it is now."),
    ];
    /// An internal note was added to the conversation.
    NOTE_ADDED = "NoteAdded" [row("note", "InternalNote", "The note, as it is now.")];
    /// An internal note has changed.
    NOTE_CHANGED = "NoteChanged" [
        CHANGED_FIELDS,
        row("note", "InternalNote", "The note, as it is now."),
    ];
    /// An internal note was removed.
    NOTE_REMOVED = "NoteRemoved" [leaf("noteId", "ID!", "The note that is gone.")];
    /// The conversation itself has changed: its state, who answers, its tags, its counters.
    CONVERSATION_CHANGED = "ConversationChanged" [
        CHANGED_FIELDS,
        row("conversation", "Conversation", "The conversation, as it is now."),
    ];
    /// An object is gone, or is not visible to you any more.
    NO_LONGER_VISIBLE = "NoLongerVisible" [leaf("id", "ID!", "The object.")];
    /// A conversation has come into view: it is new, or it matches the filter now.
    CONVERSATION_ENTERED = "ConversationEntered" [
        row("conversation", "Conversation", "The conversation, as it is now."),
    ];
    /// A conversation in view was given to somebody, or taken away.
    CONVERSATION_ASSIGNED = "ConversationAssigned" [
        leaf("previousAssignedToId", "ID", "Who had to answer before; null for nobody."),
        row("conversation", "Conversation", "The conversation, as it is now."),
    ];
    /// A conversation has left the view.
    CONVERSATION_LEFT = "ConversationLeft" [
        leaf("conversationId", "ID!", "The conversation."),
        leaf("reason", "LeaveReason!", "Why it has left the view."),
    ];
}

/// How many conversations wait for what.
pub static INBOX_COUNTS: EventType = EventType {
    name: "InboxCounts",
    doc: "How many conversations wait for what, of all that you may see, whatever the filter.",
    fields: &[
        leaf("open", "Int!", "Conversations that somebody has to answer."),
        leaf("pending", "Int!", "Conversations that wait for something, and are not snoozed."),
        leaf("snoozed", "Int!", "Conversations that are snoozed: put off until later."),
        leaf("mine", "Int!", "Conversations, open or pending and not snoozed, that are yours to answer."),
        leaf("unassigned", "Int!", "Conversations, open or pending and not snoozed, that are nobody's to answer."),
        leaf("unread", "Int!", "Conversations, open or pending or snoozed, with messages that nobody has read."),
    ],
};

/// The counts have changed.
pub static INBOX_COUNTS_CHANGED: EventType = EventType {
    name: "InboxCountsChanged",
    doc: "The counts, once at the beginning and then when they have changed; several changes may be told as one.",
    fields: &[
        leaf("cursor", "String!", "Counts are no part of the log; going on behind this cursor loses nothing."),
        EventField {
            name: "counts",
            doc: "The counts as they are now.",
            ty: FieldOf::Object(&INBOX_COUNTS, Presence::Required),
        },
    ],
};

/// The past has been sent.
pub static STREAM_READY: EventType = EventType {
    name: "StreamReady",
    doc: "What had happened since `after` has been sent; from here on events come as they happen.",
    fields: &[
        leaf("cursor", "String!", "Everything up to here was sent."),
        leaf("replayed", "Int!", "How many events were sent of what had happened before."),
    ],
};

/// The stream lives.
pub static STREAM_HEARTBEAT: EventType = EventType {
    name: "StreamHeartbeat",
    doc: "A sign of life, every 20 seconds. Keep its cursor: then going on stays cheap also where little happens.",
    fields: &[
        leaf("cursor", "String!", "Everything up to here was sent."),
        leaf("at", "DateTime!", "The server's time."),
    ],
};

/// The buffer was full.
pub static STREAM_GAP: EventType = EventType {
    name: "StreamGap",
    doc: "You have read too slowly, and what came next was not kept for you. The subscription ends with this. Subscribe \
          again with `after: cursor`: nothing is lost.",
    fields: &[leaf("cursor", "String!", "Everything up to here was sent.")],
};

/// A change of the log, of any entity.
pub static CHANGE: EventType = EventType {
    name: "Change",
    doc: "A change to an object.",
    fields: &[
        CURSOR,
        COMMITTED_AT,
        leaf("kind", "ChangeKind!", "What has happened to it."),
        leaf("type", "EntityType!", "Its type."),
        leaf("id", "ID!", "The object."),
        CHANGED_FIELDS,
        USER_ID,
        MUTATION,
        leaf("clientMessageId", "ID", "What the sending client called the message, of a message."),
        EventField {
            name: "node",
            doc: "The object as it is now, which may be newer than the change; null when it is gone.",
            ty: FieldOf::Node,
        },
    ],
};

/// Events of one conversation.
pub static CONVERSATION_EVENT: EventUnion = EventUnion {
    name: "ConversationEvent",
    doc: "Something that happened in a conversation, or to the stream that tells of it.",
    members: &[
        &MESSAGE_ADDED,
        &MESSAGE_CHANGED,
        &NOTE_ADDED,
        &NOTE_CHANGED,
        &NOTE_REMOVED,
        &CONVERSATION_CHANGED,
        &NO_LONGER_VISIBLE,
        &STREAM_READY,
        &STREAM_HEARTBEAT,
        &STREAM_GAP,
    ],
};

/// Events of a view of the inbox.
pub static INBOX_EVENT: EventUnion = EventUnion {
    name: "InboxEvent",
    doc: "Something that happened to the conversations in view, or to the stream that tells of it.",
    members: &[
        &CONVERSATION_ENTERED,
        &CONVERSATION_CHANGED,
        &CONVERSATION_ASSIGNED,
        &CONVERSATION_LEFT,
        &INBOX_COUNTS_CHANGED,
        &STREAM_READY,
        &STREAM_HEARTBEAT,
        &STREAM_GAP,
    ],
};

/// Events of the whole log.
pub static CHANGE_EVENT: EventUnion = EventUnion {
    name: "ChangeEvent",
    doc: "A change, or something that happened to the stream that tells of it.",
    members: &[&CHANGE, &STREAM_READY, &STREAM_HEARTBEAT, &STREAM_GAP],
};

/// Values and descriptions of `LeaveReason`.
pub const LEAVE_REASONS: [(&str, &str); 3] = [
    ("FILTER", "It does not match the filter any more."),
    ("DELETED", "It is gone."),
    ("NO_LONGER_VISIBLE", "You may not see it any more."),
];

/// Values and descriptions of `InboxAssignment`.
pub const INBOX_ASSIGNMENTS: [(&str, &str); 3] = [
    ("MINE", "Those that are the viewer's to answer."),
    ("UNASSIGNED", "Those that are nobody's to answer."),
    ("ALL", "All of them."),
];
