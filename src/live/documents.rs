//! Documents that need no rows.

use async_graphql::{Name, ServerError, Value as ConstValue};
use bytes::Bytes;
use entity::events::{Event, EventRows};
use serde_json::{Value, json};

use super::selection::Group;

/// An event without rows.
pub(super) fn of_event(group: &Group, event: &Event) -> Bytes {
    let plan = &group.plan;
    Bytes::from(plan.events.document(&plan.selection.key, event, &EventRows::default()))
}

/// An error as a client sees it.
pub(super) fn error(code: &str, message: &str) -> Value {
    json!({ "message": message, "extensions": { "code": code } })
}

/// An error in the place of a root field.
pub(super) fn of_error(key: &Name, error: &Value) -> Bytes {
    let mut error = error.clone();
    if error.get("path").is_none() {
        error["path"] = json!([key.as_str()]);
    }
    Bytes::from(json!({ "data": null, "errors": [error] }).to_string())
}

/// An error of GraphQL as the last document of a subscription.
pub(super) fn of_server_error(key: &Name, error: &ServerError) -> Bytes {
    let extension = |name| error.extensions.as_ref().and_then(|extensions| extensions.get(name)).cloned();
    let code = match extension("code") {
        Some(ConstValue::String(code)) => code,
        _ => "INTERNAL".to_owned(),
    };
    let mut shown = self::error(&code, &error.message);
    if let Some(requires) = extension("requires").and_then(|requires| requires.into_json().ok()) {
        shown["extensions"]["requires"] = requires;
    }
    if !error.path.is_empty() {
        shown["path"] = serde_json::to_value(&error.path).unwrap_or_default();
    }
    of_error(key, &shown)
}
