//! The subscription `chatReply`, as the schema describes it.

use entity::events::{EventField, EventRoot, EventType, EventUnion, FieldOf, Presence};

use crate::live::roots::{Argument, Feed, RootField};

/// The name of the root field.
pub const CHAT_REPLY: &str = "chatReply";

const fn leaf(name: &'static str, ty: &'static str, doc: &'static str) -> EventField {
    EventField { name, doc, ty: FieldOf::Leaf(ty) }
}

const OFFSET: EventField = leaf(
    "offset",
    "Int!",
    "Where the answer stands behind this event: give the last one that you have handled as `after` to go on there.",
);

/// Some more text.
pub(super) static TOKENS: EventType = EventType {
    name: "ChatReplyTokens",
    doc: "Some more of the text, to be put behind what came before.",
    fields: &[OFFSET, leaf("text", "String!", "The text; never empty.")],
};

/// The call of a tool.
pub(super) static TOOL_CALL: EventType = EventType {
    name: "ChatReplyToolCall",
    doc: "The assistant wants a tool to be used. When the answer has ended, send the result with `sendChatMessage` and this \
          `callId`.",
    fields: &[
        OFFSET,
        leaf("callId", "String!", "What the model calls this use of the tool."),
        leaf("name", "String!", "Which tool."),
        leaf("arguments", "String!", "With which arguments: JSON as the model wrote it, which may not be valid."),
    ],
};

/// Begin anew.
pub(super) static RESTARTED: EventType = EventType {
    name: "ChatReplyRestarted",
    doc: "The answer begins anew, because the worker that wrote it is gone: what came before is void.",
    fields: &[OFFSET],
};

/// The end.
pub(super) static END: EventType = EventType {
    name: "ChatReplyEnd",
    doc: "The answer is complete. The last event.",
    fields: &[
        OFFSET,
        leaf(
            "finishReason",
            "String!",
            "STOP: all was said; LENGTH: it became too long; TOOL_CALLS: tools are to be used first; FILTERED: the service \
             kept something back; STOPPED: by `stopChatReply`.",
        ),
        EventField {
            name: "message",
            doc: "The answer as a message; null when it was deleted meanwhile.",
            ty: FieldOf::Row("ChatMessage", Presence::Optional),
        },
        EventField {
            name: "aiRequest",
            doc: "The request, which is COMPLETED; null when it is gone meanwhile.",
            ty: FieldOf::Row("AiRequest", Presence::Optional),
        },
    ],
};

/// No answer.
pub(super) static ERROR: EventType = EventType {
    name: "ChatReplyError",
    doc: "There will be no answer: what came of it is void, and the request is FAILED. The last event. `retryChatReply` asks \
          once more.",
    fields: &[
        OFFSET,
        leaf(
            "code",
            "String!",
            "Why: MODEL_NOT_CONFIGURED, MODEL_UNREACHABLE, MODEL_TIMED_OUT, MODEL_BUSY, MODEL_UNAVAILABLE, MODEL_CUT_OFF, \
             MODEL_MALFORMED, MODEL_CREDENTIALS, MODEL_UNKNOWN, MODEL_REJECTED, STOPPED, CANCELLED, TALK_GONE, or the code \
             of a worker that gave up, such as TOO_MANY_ATTEMPTS.",
        ),
        leaf("message", "String!", "A sentence for people."),
    ],
};

static CHAT_REPLY_EVENT: EventUnion = EventUnion {
    name: "ChatReplyEvent",
    doc: "What happens to an answer in a chat.",
    members: &[&TOKENS, &TOOL_CALL, &RESTARTED, &END, &ERROR],
};

/// The root fields of this domain.
pub static OF_REPLIES: [RootField; 1] = [RootField {
    name: CHAT_REPLY,
    doc: "The answer to a chat message, while it is written: texts, calls of tools, and how it ends. Without `after` it comes \
          from its beginning, however late you subscribe. After a lost connection go on behind the `offset` of the last event \
          that you have handled, at any gateway: nothing is lost and nothing comes twice; the same holds after the end. The \
          subscription ends with a ChatReplyEnd or a ChatReplyError. Only for the user whose chat it is.",
    arguments: &[
        Argument { name: "aiRequestId", ty: "ID!", doc: "The request for the answer, as `sendChatMessage` gives it." },
        Argument {
            name: "after",
            ty: "Int",
            doc: "Begin behind this offset, of an event of the same request. Without it, from the beginning.",
        },
    ],
    root: EventRoot::Union(&CHAT_REPLY_EVENT),
    about: Some("AiRequest"),
    feed: Feed::Stored("aiRequestId"),
}];
