//! Root queries of the change log: the place of a query's own snapshot in it, and what has changed since a place.

use async_graphql::registry::Registry;
use async_graphql::{ServerError, ServerResult};
use entity::kind::write_text;
use entity::model::Model;
use entity::roots::{MadeField, MadeQuery};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::changes::LogError;
use crate::request::Services;

/// `eventCursor`.
pub(super) static EVENT_CURSOR: MadeQuery = MadeQuery {
    name: "eventCursor",
    ty: "String!",
    doc: "The place of this query's snapshot in the change log. All that stands beside it in the same query is as it was \
          there; continue from it with `changes(after:)` or a subscription, and you miss nothing and get nothing twice.",
    arguments: &[],
    register: no_types,
    resolve: event_cursor,
};

fn no_types(_: &Model, _: &mut Registry) {}

fn event_cursor(field: MadeField<'_>) -> BoxFuture<'_, ServerResult<String>> {
    async move {
        let scope = field.scope(true);
        let log = &services(&field)?.changes;
        let cursor = log.here(scope.statements, scope.last).await.map_err(|error| log_error(&field, error))?;
        let mut json = String::new();
        write_text(&cursor.to_string(), &mut json);
        Ok(json)
    }
    .boxed()
}

fn services<'f>(field: &MadeField<'f>) -> ServerResult<&'f Services> {
    let services = field.session().services().downcast_ref();
    // The gateway's sessions have them.
    services.ok_or_else(|| field.error("INTERNAL", "Something went wrong on our side."))
}

/// What a client is told when it cannot read from a cursor.
fn log_error(field: &MadeField<'_>, error: LogError) -> ServerError {
    match error {
        LogError::Invalid => field.error("INVALID_CURSOR", "This is not a cursor of the change log."),
        LogError::ResyncRequired => {
            field.error("RESYNC_REQUIRED", "What has changed since then is not kept any more: load everything again.")
        }
        LogError::Database(error) => field.fault(&error),
    }
}
