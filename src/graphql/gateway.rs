//! The way of one operation: parse (or find) the document, check the token, open a session, execute, write the answer.

use std::any::Any;
use std::sync::Arc;

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::{Pos, Positioned, Request, ServerError, Value, Variables};
use async_graphql_value::RAW_VALUE_TOKEN;
use bytes::Bytes;
use entity::database::DbError;
use entity::plan::coded;
use entity::plan::collect::Document;
use entity::roots::{self, Schema as _};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::admission::{self, admit};
use super::credentials::{Unidentified, identify, prove};
use super::denials::Denials;
use super::documents::{self, DocumentError, Documents};
use super::introspection;
use super::limits::code;
use super::nobody::Nobody;
use super::schema::{self, Schema};
use super::service::{
    Answer, AnswerKind, Call, Credentials, GraphqlService, Identified, LiveCaller, OperationKind, OperationSummary,
    RequestId, Subscribed,
};
use super::session::Session;
use super::sources::Sources;
use super::subscription;
use crate::db::Counters;
use crate::live::{Live, LiveParts, LiveSettings};
use crate::request::{RequestContext, Services};

/// Errors shown of one operation; a document with thousands of unknown fields is told about the first.
const MAX_ERRORS: usize = 100;

/// What a gateway is made of.
pub struct GatewayParts {
    /// The schema.
    pub schema: Schema,
    /// Parsed documents.
    pub documents: Documents,
    /// What all requests share; verbs find it as their services.
    pub services: Arc<Services>,
}

/// Executes GraphQL operations.
#[derive(Clone)]
pub struct Gateway(Arc<GatewayParts>, Arc<Denials>, Live);

impl Gateway {
    /// A gateway of these parts.
    pub fn new(parts: GatewayParts) -> Self {
        Self::with_live(parts, LiveSettings::default())
    }

    /// The same, with other bounds of subscriptions than usual.
    pub fn with_live(parts: GatewayParts, settings: LiveSettings) -> Self {
        let services = &parts.services;
        let live = Live::new(LiveParts {
            database: services.database.clone(),
            log: Arc::clone(&services.changes),
            access: Arc::clone(&services.access),
            clock: Arc::clone(&services.clock),
            model: schema::Mostrador::model(),
            lent: Arc::clone(services) as Arc<dyn Any + Send + Sync>,
            settings,
        });
        live.hear(Arc::new(Sources::new(services)));
        Self(Arc::new(parts), Arc::default(), live)
    }

    /// Its subscriptions.
    pub fn live(&self) -> &Live {
        &self.2
    }

    /// Begins a subscription.
    async fn begin(self, call: Call, caller: LiveCaller) -> Result<Subscribed, Answer> {
        let parts = &self.0;
        let summary = OperationSummary::default();
        let document = parts
            .documents
            .get_or_parse(&call.query)
            .map_err(|error| refuse(&call.request_id, summary.clone(), vec![parse_error(error)]))?;
        let chosen = choose(&document, call.operation_name.as_deref())
            .map_err(|error| refuse(&call.request_id, summary, vec![error]))?;
        let identity = caller.identity();
        let summary = OperationSummary {
            operation_name: chosen.name.clone(),
            operation_kind: Some(chosen.kind),
            tenant: Some(identity.tenant_id.to_string()),
            ..OperationSummary::default()
        };
        let refused = |errors| refuse(&call.request_id, summary.clone(), errors);
        if chosen.kind != OperationKind::Subscription {
            return Err(refused(vec![coded("VALIDATION", "This is no subscription.", None)]));
        }
        let admitted = admit(&parts.services, &identity, &document, &chosen.operation.node).await;
        let unidentified =
            |Unidentified { kind, code, message }| Answer { kind, ..refused(vec![coded(code, message, None)]) };
        let message = "Sign in first.".to_owned();
        let nobody = Unidentified { kind: AnswerKind::Unauthenticated, code: "UNAUTHENTICATED", message };
        let viewer = admitted.map_err(unidentified)?.ok_or(nobody).map_err(unidentified)?;
        let variables = call
            .variables
            .clone()
            .map_or_else(Variables::default, |map| Variables::from_json(serde_json::Value::Object(map)));
        let missing = super::variables::missing(schema::input_types(), &chosen.operation.node, &variables);
        if !missing.is_empty() {
            return Err(refused(missing));
        }
        let asked = subscription::Asked {
            text: &call.query,
            document: &document,
            operation: chosen.operation,
            operation_name: call.operation_name.as_deref(),
            variables: &variables,
        };
        asked.validate(&parts.schema).await.map_err(refused)?;
        match asked.begin(&self.2, Arc::clone(&viewer), caller).await {
            Ok(events) => Ok(Subscribed { events, summary }),
            Err(error) => {
                let errors = vec![error];
                self.1.note(&parts.services, &viewer, call.request_id.as_str(), errors.iter()).await;
                Err(answer(&call.request_id, summary, AnswerKind::Executed, Some(&Value::Null), errors))
            }
        }
    }

    async fn run(self, call: Call) -> Answer {
        let parts = &self.0;
        let document = match parts.documents.get_or_parse(&call.query) {
            Ok(document) => document,
            Err(error) => return refuse(&call.request_id, OperationSummary::default(), vec![parse_error(error)]),
        };
        let chosen = match choose(&document, call.operation_name.as_deref()) {
            Ok(chosen) => chosen,
            Err(error) => return refuse(&call.request_id, OperationSummary::default(), vec![error]),
        };
        let summary = OperationSummary {
            operation_name: chosen.name.clone(),
            operation_kind: Some(chosen.kind),
            ..OperationSummary::default()
        };
        if call.queries_only && chosen.kind != OperationKind::Query {
            let error = coded("MUTATION_OVER_GET", "Only queries may be sent by GET; send this by POST.", None);
            return Answer { kind: AnswerKind::MutationOverGet, ..refuse(&call.request_id, summary, vec![error]) };
        }
        if chosen.kind == OperationKind::Subscription {
            let message = "Subscriptions need a connection that stays open: a WebSocket, or text/event-stream.";
            return refuse(&call.request_id, summary, vec![coded("SUBSCRIPTION_TRANSPORT", message, None)]);
        }
        let operation = &chosen.operation.node;
        let admitted = match identify(&parts.services.tokens, &call, operation) {
            Ok(Some(identity)) => {
                let viewer = admit(&parts.services, &identity, &document, operation).await;
                viewer.map(|viewer| viewer.map(|viewer| (identity, viewer)))
            }
            Ok(None) => Ok(None),
            Err(refused) => Err(refused),
        };
        let (identity, viewer) = match admitted {
            Ok(admitted) => admitted.unzip(),
            Err(Unidentified { kind, code, message }) => {
                return Answer { kind, ..refuse(&call.request_id, summary, vec![coded(code, message, None)]) };
            }
        };
        let variables = call
            .variables
            .clone()
            .map_or_else(Variables::default, |map| Variables::from_json(serde_json::Value::Object(map)));
        let missing = super::variables::missing(schema::input_types(), &chosen.operation.node, &variables);
        if !missing.is_empty() {
            return refuse(&call.request_id, summary, missing);
        }
        let counters = Arc::new(Counters::default());
        let session = viewer.as_ref().map(|viewer| {
            let (services, live) = (Arc::clone(&parts.services), self.2.clone());
            let session = Session::new(services, live, Arc::clone(viewer), Arc::clone(&counters));
            Arc::new(session.at_address(call.caller.address))
        });
        // Queries do without: what it is for are mutations of accounts.
        let context = (chosen.kind == OperationKind::Mutation).then(|| {
            let (services, caller) = (Arc::clone(&parts.services), call.caller.clone());
            Arc::new(RequestContext::new(services, (identity, viewer.clone()), caller, Arc::clone(&counters)))
        });
        let asked = Asked { document: &document, chosen: &chosen, operation_name: call.operation_name.as_deref() };
        let mut response = self.execute(asked, variables, session.as_ref(), context.as_ref()).await;
        if let Some(session) = &session
            && let Err(error) = session.note_reading(call.operation_name.as_deref(), call.request_id.as_str()).await
        {
            // Nobody reads what is sensitive unseen.
            response = Response { data: Value::Null, errors: vec![unread(&error)], is_refusal: false };
        }
        if let (Some(session), Some(viewer)) = (&session, &viewer) {
            session.finish();
            let refused = session.take_refused();
            let refused = response.errors.iter().chain(&refused);
            self.1.note(&parts.services, viewer, call.request_id.as_str(), refused).await;
        }
        let summary = OperationSummary {
            tenant: identity.map(|identity| identity.tenant_id.to_string()),
            statements: counters.statements(),
            rows: counters.rows(),
            ..summary
        };
        if response.is_refusal {
            return refuse(&call.request_id, summary, response.errors);
        }
        let answer = answer(&call.request_id, summary, AnswerKind::Executed, Some(&response.data), response.errors);
        Answer { cookies: context.map(|context| context.take_cookies()).unwrap_or_default(), ..answer }
    }

    /// Executes the operation: past async-graphql when its document was valid before, which halves what the gateway
    /// itself takes for a small query.
    async fn execute(
        &self,
        asked: Asked<'_>,
        variables: Variables,
        session: Option<&Arc<Session>>,
        context: Option<&Arc<RequestContext>>,
    ) -> Response {
        let Asked { document, chosen, operation_name } = asked;
        let session = session.map(|session| Arc::clone(session) as Arc<dyn roots::Session>);
        let session = match session {
            None if chosen.kind == OperationKind::Query => {
                Some(Arc::new(Nobody::new(Arc::clone(&self.0.services))) as Arc<dyn roots::Session>)
            }
            session => session,
        };
        if chosen.kind == OperationKind::Query {
            let parts = Document { fragments: &document.fragments, variables: &variables, operation: chosen.operation };
            if document.is_valid() && schema::input_types().conform(&chosen.operation.node, &variables) {
                let executed = roots::execute_query(schema::Mostrador::model(), parts, session.as_ref()).await;
                if let Some(roots::Executed { data, errors }) = executed {
                    return Response { data, errors, is_refusal: false };
                }
            }
            if let Err(error) = introspection::check(parts) {
                return Response { data: Value::Null, errors: vec![error], is_refusal: true };
            }
        }
        let mut request = Request::new("").variables(variables).data(roots::Answered::default());
        request.operation_name = operation_name.map(ToOwned::to_owned);
        request.set_parsed_query((**document).clone());
        if let Some(session) = session {
            request = request.data(session);
        }
        if let Some(context) = context {
            request = request.data(Arc::clone(context));
        }
        let response = self.0.schema.execute(request).await;
        // What validation refuses has no path: nothing was executed, so there is no `data`.
        let is_refusal = response.data == Value::Null
            && !response.errors.is_empty()
            && response.errors.iter().all(|error| error.path.is_empty());
        // Validation looks at the arguments of the chosen operation only, so of several it says nothing.
        if !is_refusal && document.operations.iter().count() == 1 {
            document.mark_valid();
        }
        Response { data: response.data, errors: response.errors, is_refusal }
    }
}

/// What is to be executed.
#[derive(Clone, Copy)]
struct Asked<'a> {
    document: &'a documents::Document,
    chosen: &'a Chosen<'a>,
    operation_name: Option<&'a str>,
}

/// What stands for an answer that may not be given.
fn unread(error: &DbError) -> ServerError {
    let (code, message) = roots::code_and_sentence(error);
    ServerError { source: Some(Arc::new(error.clone())), ..coded(code, message, None) }
}

/// What came of it.
struct Response {
    data: Value,
    errors: Vec<ServerError>,
    /// Nothing was executed.
    is_refusal: bool,
}

impl GraphqlService for Gateway {
    fn execute(&self, call: Call) -> BoxFuture<'static, Answer> {
        self.clone().run(call).boxed()
    }

    fn is_subscription(&self, call: &Call) -> bool {
        // Parsed anew only when it is refused: otherwise it is kept for the execution that follows.
        self.0.documents.get_or_parse(&call.query).is_ok_and(|document| {
            let chosen = choose(&document, call.operation_name.as_deref());
            chosen.is_ok_and(|chosen| chosen.kind == OperationKind::Subscription)
        })
    }

    fn identify(&self, credentials: Credentials) -> BoxFuture<'static, Result<Identified, Answer>> {
        let services = Arc::clone(&self.0.services);
        async move {
            let Credentials { bearer, caller, request_id } = credentials;
            let refused = |Unidentified { kind, code, message }| {
                let errors = vec![coded(code, message, None)];
                Answer { kind, ..refuse(&request_id, OperationSummary::default(), errors) }
            };
            let identity = prove(&services.tokens, bearer.as_deref(), &caller).map_err(refused)?;
            let identity = identity.ok_or_else(|| {
                let message = "Sign in first.".to_owned();
                refused(Unidentified { kind: AnswerKind::Unauthenticated, code: "UNAUTHENTICATED", message })
            })?;
            services.access.viewer(&identity).await.map_err(|error| refused(admission::refused(&error)))?;
            let expires_in = (identity.expires_at - services.clock.now()).to_std().unwrap_or_default();
            Ok(Identified { identity, expires_in })
        }
        .boxed()
    }

    fn subscribe(&self, call: Call, caller: LiveCaller) -> BoxFuture<'static, Result<Subscribed, Answer>> {
        self.clone().begin(call, caller).boxed()
    }

    fn ready(&self) -> BoxFuture<'static, Result<(), String>> {
        let database = self.0.services.database.clone();
        async move { database.ping().await.map_err(|_| "The database does not answer.".to_owned()) }.boxed()
    }
}

struct Chosen<'d> {
    operation: &'d Positioned<OperationDefinition>,
    name: Option<String>,
    kind: OperationKind,
}

/// The operation to run: the named one, or the only one.
fn choose<'d>(document: &'d ExecutableDocument, name: Option<&str>) -> Result<Chosen<'d>, ServerError> {
    let (name, operation) = match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => (None, operation),
        (DocumentOperations::Single(_), Some(name)) => return Err(no_operation(name)),
        (DocumentOperations::Multiple(operations), Some(name)) => {
            (Some(name.to_owned()), operations.get(name).ok_or_else(|| no_operation(name))?)
        }
        (DocumentOperations::Multiple(operations), None) => {
            let mut all = operations.iter();
            match (all.next(), all.next()) {
                (Some((name, operation)), None) => (Some(name.to_string()), operation),
                _ => {
                    let message = "The document has several operations; say which one with operationName.";
                    return Err(coded("OPERATION_NAME_REQUIRED", message, None));
                }
            }
        }
    };
    let kind = match operation.node.ty {
        OperationType::Query => OperationKind::Query,
        OperationType::Mutation => OperationKind::Mutation,
        OperationType::Subscription => OperationKind::Subscription,
    };
    Ok(Chosen { operation, name, kind })
}

fn no_operation(name: &str) -> ServerError {
    coded("UNKNOWN_OPERATION", format!("The document has no operation called \"{name}\"."), None)
}

fn parse_error(error: DocumentError) -> ServerError {
    let mut positions = error.positions.into_iter();
    let mut server_error = coded(error.code, error.message, positions.next());
    server_error.locations.extend(positions);
    server_error
}

fn refuse(request_id: &RequestId, summary: OperationSummary, errors: Vec<ServerError>) -> Answer {
    answer(request_id, summary, AnswerKind::RequestError, None, errors)
}

/// Writes the document. The engine's finished JSON goes in as it is.
fn answer(
    request_id: &RequestId,
    mut summary: OperationSummary,
    kind: AnswerKind,
    data: Option<&Value>,
    mut errors: Vec<ServerError>,
) -> Answer {
    // Root fields end in any order; their errors come in that of the document.
    errors.sort_by_key(|error| error.locations.first().map(|place| (place.line, place.column)));
    let mut out = String::with_capacity(4096);
    out.push('{');
    if let Some(data) = data {
        out.push_str("\"data\":");
        write_data(data, &mut out);
    }
    if !errors.is_empty() {
        out.push_str(if data.is_some() { ",\"errors\":[" } else { "\"errors\":[" });
        summary.errors = u32::try_from(errors.len()).unwrap_or(u32::MAX);
        for (index, error) in errors.iter().take(MAX_ERRORS).enumerate() {
            if index > 0 {
                out.push(',');
            }
            let code = code_of(error);
            if !summary.codes.contains(&code) {
                summary.codes.push(code);
            }
            if matches!(code, "INTERNAL" | "UNAVAILABLE") {
                log_fault(error, code, request_id);
            }
            write_error(error, code, request_id, &mut out);
        }
        out.push(']');
    }
    out.push('}');
    let kind = match (kind, summary.codes.as_slice()) {
        (AnswerKind::Executed, ["UNAVAILABLE"]) => AnswerKind::Unavailable,
        (AnswerKind::Executed, ["RATE_LIMITED"]) => {
            AnswerKind::RateLimited(errors.iter().filter_map(retry_after).max().unwrap_or(1))
        }
        (kind, _) => kind,
    };
    Answer { body: Bytes::from(out), kind, summary, cookies: Vec::new() }
}

/// After how many seconds an attempt makes sense again, where an error says so.
fn retry_after(error: &ServerError) -> Option<u32> {
    match error.extensions.as_ref().and_then(|extensions| extensions.get("retryAfter")) {
        Some(Value::Number(seconds)) => seconds.as_u64().map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX)),
        _ => None,
    }
}

/// What the client is not told. Without it nobody could find out what went wrong.
fn log_fault(error: &ServerError, code: &str, request_id: &RequestId) {
    let reason = match error.source.as_ref().and_then(|source| source.downcast_ref::<DbError>()) {
        Some(DbError::Fault(reason) | DbError::Unavailable(reason)) => reason.clone(),
        Some(other) => format!("{other:?}"),
        None => error.message.clone(),
    };
    let request_id = request_id.as_str();
    tracing::error!(target: "mostrador::request", code, request.id = request_id, reason, "an operation failed");
}

fn write_data(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(raw)) = map.get(RAW_VALUE_TOKEN) {
                return out.push_str(raw);
            }
            out.push('{');
            for (index, (key, value)) in map.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                entity::kind::write_text(key, out);
                out.push(':');
                write_data(value, out);
            }
            out.push('}');
        }
        // A value of a GraphQL answer is JSON.
        other => out.push_str(&serde_json::to_string(other).unwrap_or_else(|_| "null".into())),
    }
}

fn write_error(error: &ServerError, code: &'static str, request_id: &RequestId, out: &mut String) {
    let locations: Vec<_> = error
        .locations
        .iter()
        .map(|Pos { line, column }| serde_json::json!({ "line": line, "column": column }))
        .collect();
    let mut json = serde_json::json!({
        "message": error.message,
        "extensions": { "code": code, "requestId": request_id.as_str() },
    });
    if let Some(seconds) = retry_after(error) {
        json["extensions"]["retryAfter"] = seconds.into();
    }
    // What a FORBIDDEN would need.
    if let Some(requires) = error.extensions.as_ref().and_then(|extensions| extensions.get("requires")) {
        json["extensions"]["requires"] = requires.clone().into_json().unwrap_or_default();
    }
    if let serde_json::Value::Object(map) = &mut json {
        if !locations.is_empty() {
            map.insert("locations".into(), locations.into());
        }
        if !error.path.is_empty() {
            map.insert("path".into(), serde_json::to_value(&error.path).unwrap_or_default());
        }
    }
    out.push_str(&json.to_string());
}

/// Codes from a closed list, because they label metrics.
fn code_of(error: &ServerError) -> &'static str {
    let text = match error.extensions.as_ref().and_then(|extensions| extensions.get("code")) {
        Some(Value::String(code)) => code.as_str(),
        // Only async-graphql's own validation makes errors without a code.
        _ => return "GRAPHQL_VALIDATION_FAILED",
    };
    CODES.iter().find(|known| **known == text).copied().unwrap_or("INTERNAL")
}

/// Every `extensions.code` of an answer.
const CODES: [&str; 32] = [
    // Before anything runs.
    code::GRAPHQL_PARSE_FAILED,
    code::SIZE_LIMIT,
    code::TOKEN_LIMIT,
    code::NESTING_LIMIT,
    code::DEPTH_LIMIT,
    code::FRAGMENT_LIMIT,
    code::FRAGMENT_CYCLE,
    code::ALIAS_LIMIT,
    code::ROOT_FIELD_LIMIT,
    code::FIELD_LIMIT,
    "MUTATION_OVER_GET",
    "SUBSCRIPTION_TRANSPORT",
    "OPERATION_NAME_REQUIRED",
    "UNKNOWN_OPERATION",
    "UNAUTHENTICATED",
    // What was asked for.
    "VALIDATION",
    "INVALID_ID",
    "INVALID_CURSOR",
    "RESYNC_REQUIRED",
    "INVALID_TRANSITION",
    "COST_LIMIT",
    "PAGE_LIMIT",
    "LIST_LIMIT",
    "FILTER_DEPTH_LIMIT",
    "NOT_FOUND",
    "FORBIDDEN",
    "PASSWORD_CHANGE_REQUIRED",
    // What happened.
    "CONFLICT",
    "RATE_LIMITED",
    "TIMEOUT",
    "UNAVAILABLE",
    "INTERNAL",
];
