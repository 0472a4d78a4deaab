//! What payloads of mutations hold that are written by hand, under the types that the engine registers.

use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerResult, Value,
    resolver_utils,
};

use chrono::{DateTime, Utc};

use super::UserError;

/// A moment, as `DateTime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub DateTime<Utc>);

/// The scalar comes with the model.
impl OutputType for Moment {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("DateTime")
    }

    fn create_type_info(_: &mut Registry) -> String {
        Self::qualified_type_name()
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        // PostgreSQL's epoch, 2000-01-01, is what moments of rows are counted from.
        const EPOCH: i64 = 946_684_800_000_000;
        let mut text = String::with_capacity(27);
        crate::time::write_timestamp(self.0.timestamp_micros() - EPOCH, &mut text);
        Ok(Value::String(text))
    }
}

impl OutputType for UserError {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("UserError")
    }

    /// The type comes with the model, which every schema has that knows user errors.
    fn create_type_info(_: &mut Registry) -> String {
        Self::qualified_type_name()
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolver_utils::resolve_container(ctx, self).await
    }
}

impl ContainerType for UserError {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let texts = |texts: &[String]| Value::List(texts.iter().map(|text| Value::String(text.clone())).collect());
        Ok(Some(match ctx.item.node.name.node.as_str() {
            "code" => Value::Enum(async_graphql::Name::new(&self.code)),
            "message" => Value::String(self.message.clone()),
            "path" => texts(&self.path),
            "existingId" => self.existing_id.clone().map_or(Value::Null, Value::String),
            "details" => Value::from_json(self.details.clone()).unwrap_or_default(),
            _ => return Ok(None),
        }))
    }
}

impl ObjectType for UserError {}
