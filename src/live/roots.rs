//! The root fields of the subscription type.
//!
//! # One more root field
//!
//! A root field whose events come from elsewhere than the log, such as who is typing, is a [`RootField`] with
//! [`Feed::Signals`], listed in `graphql::subscription`. Everything from the client's document to the finished JSON is
//! done here: its type is put into the schema, selections of it are planned, rows in its events are loaded with the
//! rights of each class of viewers, and rights are checked again when they change. What is left to do:
//!
//! - describe its types as [`entity::events::EventType`]s, and the field as a `static` [`RootField`];
//! - give its events as [`entity::events::Event`]s, with one value for each field of the type: a row is
//!   `Value::Row(model.by_name("User")?.index, id)`;
//! - implement [`SignalSource`](super::SignalSource), whose stream of events a subscription reads, and hand it to
//!   [`Live::hear`](super::Live::hear) where the gateway is made.

use async_graphql::registry::{MetaEnumValue, MetaField, MetaInputValue, MetaType, Registry};
use entity::events::{EventRoot, register};
use entity::model::Model;
use entity::schema::field_requires;

use super::types::{CHANGE_EVENT, CONVERSATION_EVENT, INBOX_ASSIGNMENTS, INBOX_EVENT, LEAVE_REASONS};

/// A root field of the subscription type.
#[derive(Debug)]
pub struct RootField {
    /// GraphQL name.
    pub name: &'static str,
    /// GraphQL description.
    pub doc: &'static str,
    /// Its arguments.
    pub arguments: &'static [Argument],
    /// What it gives.
    pub root: EventRoot,
    /// The entity that must be visible to the viewer, by its GraphQL name.
    pub about: Option<&'static str>,
    /// Where its events come from.
    pub feed: Feed,
}

/// An argument of a root field.
#[derive(Debug)]
pub struct Argument {
    /// GraphQL name.
    pub name: &'static str,
    /// GraphQL type.
    pub ty: &'static str,
    /// GraphQL description.
    pub doc: &'static str,
}

/// Where events come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    /// The log: what happens in the conversation `conversationId`.
    Conversation,
    /// The log: messages that are added to the conversation `conversationId`.
    Messages,
    /// The log: what happens to the conversations of a view.
    Inbox,
    /// The log: everything.
    Changes,
    /// The [`SignalSource`](super::SignalSource). The key is the value of this argument, the ID of a
    /// [`RootField::about`]; without one, there is one feed for the tenant.
    Signals(Option<&'static str>),
    /// The same for what is stored: events may begin behind the position `after`, and none is left out. The key is the
    /// value of this argument.
    Stored(&'static str),
}

const AFTER: Argument = Argument {
    name: "after",
    ty: "String",
    doc: "Begin right behind this cursor: that of an event, or an `eventCursor` that was selected in a query. Without \
          it, begin now.",
};

const CONVERSATION: Argument = Argument { name: "conversationId", ty: "ID!", doc: "The conversation." };

/// What holds for every subscription to the log.
macro_rules! contract {
    ($($what:literal)*) => {
        concat!(
            $($what,)*
            "\n\nDelivery: changes come in the order in which they were committed, each once per cursor. Go on behind the \
             cursor of the last event that you have handled, after whatever has happened: nothing is lost and nothing \
             comes twice, for as long as the log is kept (RESYNC_REQUIRED after that: query everything anew). Objects are \
             shown as they are when the event is sent, to you and in your selection, so they may be newer than the change. \
             Events of types of which you select nothing but `__typename` are not sent. Who reads too slowly gets a StreamGap as the last \
             event. When your rights change, they are checked again: the subscription goes on with the new ones, or ends \
             with the error FORBIDDEN or UNAUTHENTICATED."
        )
    };
}

/// The root fields whose events come from the log.
pub static OF_THE_LOG: [RootField; 4] = [
    RootField {
        name: "conversationEvents",
        doc: contract!(
            "What happens in one conversation: messages and notes, their changes, and those of the conversation itself."
        ),
        arguments: &[CONVERSATION, AFTER],
        root: EventRoot::Union(&CONVERSATION_EVENT),
        about: Some("Conversation"),
        feed: Feed::Conversation,
    },
    RootField {
        name: "inboxEvents",
        doc: contract!(
            "What happens to the conversations of a view of the inbox: which come into view, change, are given to \
             somebody, and leave it; and how many conversations wait for what."
        ),
        arguments: &[
            Argument {
                name: "filter",
                ty: "InboxEventFilter",
                doc: "Which conversations are in view. Without it, all of them.",
            },
            AFTER,
        ],
        root: EventRoot::Union(&INBOX_EVENT),
        about: Some("Conversation"),
        feed: Feed::Inbox,
    },
    RootField {
        name: "changes",
        doc: contract!(
            "Every change to the objects that you may see. For clients that keep a copy; the query `changes` gives the \
             same in pages."
        ),
        arguments: &[
            Argument {
                name: "types",
                ty: "[EntityType!]",
                doc: "Only changes to objects of these types. Without it, of all types that you may see.",
            },
            AFTER,
        ],
        root: EventRoot::Union(&CHANGE_EVENT),
        about: None,
        feed: Feed::Changes,
    },
    RootField {
        name: "messageAdded",
        doc: "Messages that are added to one conversation, each once, in order. It ends with the error STREAM_GAP, whose \
              extension `cursor` says where to go on, when you read too slowly. `conversationEvents` tells more, and the \
              cursor of each event.",
        arguments: &[CONVERSATION, AFTER],
        root: EventRoot::Row("Message"),
        about: Some("Conversation"),
        feed: Feed::Messages,
    },
];

/// Adds the types of root fields, and gives the fields themselves. Types that are there already stay as they are.
pub fn register_roots<'r>(
    roots: impl IntoIterator<Item = &'r RootField>,
    model: &Model,
    registry: &mut Registry,
) -> Vec<MetaField> {
    let kinds = [
        ("CREATED", "It is new."),
        ("UPDATED", "It has changed, or was restored."),
        ("DELETED", "It is gone, or hidden as deleted."),
        ("NO_LONGER_VISIBLE", "You may not see it any more."),
    ];
    choice(registry, "ChangeKind", "What has happened to an object.", &kinds);
    let docs = model
        .entities()
        .iter()
        .map(|entity| (entity.decl.prefix.to_ascii_uppercase(), format!("Objects of the type {}.", entity.decl.name)));
    let docs: Vec<(String, String)> = docs.collect();
    let values: Vec<(&str, &str)> = docs.iter().map(|(value, doc)| (value.as_str(), doc.as_str())).collect();
    choice(registry, "EntityType", "The type of an object, as in its ID.", &values);
    choice(registry, "LeaveReason", "Why a conversation has left a view.", &LEAVE_REASONS);
    choice(registry, "InboxAssignment", "Whose conversations are in view.", &INBOX_ASSIGNMENTS);
    let filter = [
        ("statuses", "[ConversationStatus!]", "In one of these states."),
        ("channels", "[Channel!]", "On one of these channels."),
        ("assignment", "InboxAssignment", "Whose they are to answer."),
        ("assignedToId", "ID", "This user's to answer."),
    ];
    registry.types.insert(
        "InboxEventFilter".to_owned(),
        MetaType::InputObject {
            name: "InboxEventFilter".to_owned(),
            description: Some(
                "Which conversations are in view. All conditions that are given must hold; an empty list is matched by \
                 nothing."
                    .to_owned(),
            ),
            input_fields: filter.into_iter().map(|(name, ty, doc)| (name.to_owned(), input(name, ty, doc))).collect(),
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            rust_typename: None,
            oneof: false,
            directive_invocations: Vec::new(),
        },
    );
    let fields = roots.into_iter().map(|root| {
        register(&root.root, registry);
        let mut field = MetaField::new(root.name, format!("{}!", root.root.type_name()));
        field.description = Some(root.doc.to_owned());
        field.args = root
            .arguments
            .iter()
            .map(|argument| (argument.name.to_owned(), input(argument.name, argument.ty, argument.doc)))
            .collect();
        match root.about.and_then(|name| model.by_name(name)) {
            Some(entity) => field_requires(field, entity.decl.needs.read),
            None => field,
        }
    });
    fields.collect()
}

fn input(name: &str, ty: &str, doc: &str) -> MetaInputValue {
    let mut value = MetaInputValue::new(name, ty);
    value.description = Some(doc.to_owned());
    value
}

fn choice(registry: &mut Registry, name: &str, doc: &str, values: &[(&str, &str)]) {
    if registry.types.contains_key(name) {
        return;
    }
    let values = values.iter().map(|(value, doc)| {
        let mut meta = MetaEnumValue::new(*value);
        meta.description = Some((*doc).to_owned());
        ((*value).to_owned(), meta)
    });
    registry.types.insert(
        name.to_owned(),
        MetaType::Enum {
            name: name.to_owned(),
            description: Some(doc.to_owned()),
            enum_values: values.collect(),
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            rust_typename: None,
            directive_invocations: Vec::new(),
            requires_scopes: Vec::new(),
        },
    );
}
