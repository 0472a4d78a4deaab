//! The subscription root: its place in the schema, and the way of one subscription to where its events are made.
//!
//! async-graphql validates a document once; the events themselves never pass through it (see [`crate::live`]).

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;

use async_graphql::parser::types::{Field, OperationDefinition};
use async_graphql::registry::{MetaType, Registry};
use async_graphql::{Context, Name, Positioned, Request, Response, ServerError, SubscriptionType, Value, Variables};
use bytes::Bytes;
use entity::plan::coded;
use entity::plan::collect::Document;
use entity::roots::Schema as _;
use futures_util::stream::{self, BoxStream, Stream, StreamExt};

use super::documents;
use super::live_caller::LiveCaller;
use super::schema::{self, Mostrador, Schema};
use crate::access::Viewer;
use crate::assistants::OF_REPLIES;
use crate::live::roots::{OF_THE_LOG, RootField, register_roots};
use crate::live::signals::OF_SIGNALS;
use crate::live::{Ask, Live, Operation};

/// Every root field of the subscription type.
fn roots() -> impl Iterator<Item = &'static RootField> {
    OF_THE_LOG.iter().chain(&OF_SIGNALS).chain(&OF_REPLIES)
}

/// Everything that can be subscribed to.
#[derive(Clone, Copy, Default)]
pub struct Subscription;

impl SubscriptionType for Subscription {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("Subscription")
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_subscription_type::<Self, _>(|registry| {
            let fields = register_roots(roots(), Mostrador::model(), registry);
            MetaType::Object {
                name: Self::type_name().into_owned(),
                description: Some(
                    "Everything that can be subscribed to. One subscription has one root field.".to_owned(),
                ),
                fields: fields.into_iter().map(|field| (field.name.clone(), field)).collect(),
                cache_control: Default::default(),
                extends: false,
                shareable: false,
                resolvable: true,
                keys: None,
                visible: None,
                inaccessible: false,
                interface_object: false,
                tags: Vec::new(),
                is_subscription: true,
                rust_typename: Some(std::any::type_name::<Self>()),
                directive_invocations: Vec::new(),
                requires_scopes: Vec::new(),
            }
        })
    }

    /// Reached only by what is valid, see [`validate`]; says so and nothing else.
    fn create_field_stream<'a>(
        &'a self,
        _: &'a Context<'_>,
    ) -> Option<Pin<Box<dyn Stream<Item = Response> + Send + 'a>>> {
        Some(stream::once(async { Response::new(Value::Null) }).boxed())
    }
}

/// One subscription operation.
pub(super) struct Asked<'a> {
    pub(super) text: &'a str,
    pub(super) document: &'a documents::Document,
    pub(super) operation: &'a Positioned<OperationDefinition>,
    pub(super) operation_name: Option<&'a str>,
    pub(super) variables: &'a Variables,
}

impl<'a> Asked<'a> {
    /// Validates the document by async-graphql, unless it is known to be valid.
    pub(super) async fn validate(&self, schema: &Schema) -> Result<(), Vec<ServerError>> {
        let conforms = schema::input_types().conform(&self.operation.node, self.variables);
        if self.document.is_valid() && conforms {
            return Ok(());
        }
        let mut request = Request::new("").variables(self.variables.clone());
        request.operation_name = self.operation_name.map(ToOwned::to_owned);
        request.set_parsed_query((**self.document).clone());
        // What validation refuses comes alone and at once.
        let first = schema.execute_stream(request).next().await;
        match first {
            Some(response) if !response.errors.is_empty() => Err(response.errors),
            _ => {
                if self.document.operations.iter().count() == 1 {
                    self.document.mark_valid();
                }
                Ok(())
            }
        }
    }

    /// Begins the subscription in the name of a viewer.
    pub(super) async fn begin(
        self,
        live: &Live,
        viewer: Arc<Viewer>,
        caller: LiveCaller,
    ) -> Result<BoxStream<'static, Bytes>, ServerError> {
        let (root, field) = self.only_field()?;
        let operation = Operation {
            text: self.text,
            name: self.operation_name,
            operation: self.operation,
            fragments: &self.document.fragments,
            variables: self.variables,
        };
        let who = Arc::new(move || caller.identity());
        live.subscribe(Ask { root, field, operation, viewer, who }).await
    }

    /// A subscription has one root field (specification, section 5.2.4.1).
    fn only_field(&self) -> Result<(&'static RootField, &'a Positioned<Field>), ServerError> {
        let document =
            Document { fragments: &self.document.fragments, variables: self.variables, operation: self.operation };
        let pos = self.operation.pos;
        let sets = [&self.operation.node.selection_set.node];
        let collected = document.collect("Subscription", None, &sets).map_err(|why| why.at(pos))?;
        let many = || coded("VALIDATION", "A subscription selects exactly one field.", Some(pos));
        let mut collected: Vec<(&Name, Vec<&Positioned<Field>>)> = collected;
        let Some((_, fields)) = collected.pop().filter(|_| collected.is_empty()) else { return Err(many()) };
        let field = fields.first().copied().ok_or_else(many)?;
        // Validation knows the names.
        let root = roots().find(|root| root.name == field.node.name.node).ok_or_else(many)?;
        Ok((root, field))
    }
}
