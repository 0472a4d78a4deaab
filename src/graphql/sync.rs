//! Root queries of the change log: the place of a query's own snapshot in it, and what has changed since a place.

use async_graphql::ServerResult;
use async_graphql::registry::Registry;
use entity::events::object_type;
use entity::kind::write_text;
use entity::model::Model;
use entity::roots::{MadeAnswer, MadeArgument, MadeField, MadeQuery};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::session::Session;
use crate::changes::LogError;
use crate::live::CHANGE_PAGE;
use crate::live::roots::register_roots;

/// Both.
pub(super) static QUERIES: [&MadeQuery; 2] = [&EVENT_CURSOR, &CHANGES];

static EVENT_CURSOR: MadeQuery = MadeQuery {
    name: "eventCursor",
    ty: "String!",
    doc: "The place of this query's snapshot in the change log. All that stands beside it in the same query is as it was \
          there; continue from it with `changes(after:)` or a subscription, and you miss nothing and get nothing twice.",
    arguments: &[],
    register: |_, _| (),
    resolve: event_cursor,
};

static CHANGES: MadeQuery = MadeQuery {
    name: "changes",
    ty: "ChangePage!",
    doc: "What has changed since a cursor, in the order in which it was committed, for clients that keep a copy: apply \
          each change, keep `endCursor`, and go on while `hasMore`. Objects are as they are now, in the snapshot of this \
          query, so one may be newer than the change that it stands beside; its later changes still come. Objects that \
          are gone come as DELETED, those that you may not see any more as NO_LONGER_VISIBLE; DELETED may also name an \
          object that you never saw. The log is kept for some days; behind an older cursor the answer is \
          RESYNC_REQUIRED: load everything again, with `eventCursor`. So do when your own rights or teams have changed.",
    arguments: &[
        MadeArgument {
            name: "types",
            ty: "[EntityType!]",
            default: None,
            doc: "Only changes to objects of these types. Without it, of all types that you may see.",
        },
        MadeArgument {
            name: "after",
            ty: "String!",
            default: None,
            doc: "Begin right behind this cursor: an `eventCursor`, an `endCursor`, or that of a change or an event.",
        },
        MadeArgument { name: "first", ty: "Int", default: Some("100"), doc: "At most so many, 500 at most." },
    ],
    register: change_types,
    resolve: changes,
};

fn change_types(model: &Model, registry: &mut Registry) {
    register_roots([], model, registry);
    object_type(&CHANGE_PAGE, registry);
}

fn event_cursor(field: MadeField<'_>) -> BoxFuture<'_, ServerResult<MadeAnswer>> {
    async move {
        let scope = field.scope(true);
        let cursor = match session(&field)?.shared().changes.here(scope.statements, scope.last).await {
            Ok(cursor) => cursor,
            Err(LogError::Database(error)) => return Err(field.fault(&error)),
            // Nothing is read from a cursor here.
            Err(other) => return Err(field.error("INTERNAL", other.to_string())),
        };
        let mut answer = MadeAnswer::default();
        write_text(&cursor.to_string(), &mut answer.json);
        Ok(answer)
    }
    .boxed()
}

fn changes(field: MadeField<'_>) -> BoxFuture<'_, ServerResult<MadeAnswer>> {
    async move {
        let session = session(&field)?;
        session.live().sync(&field, session.viewer()).await
    }
    .boxed()
}

fn session<'f>(field: &MadeField<'f>) -> ServerResult<&'f Session> {
    let session = field.session().services().downcast_ref();
    // The gateway has no other sessions.
    session.ok_or_else(|| field.error("INTERNAL", "Something went wrong on our side."))
}
