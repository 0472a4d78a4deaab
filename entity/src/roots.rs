//! The query and mutation roots: where async-graphql hands a field over to the engine.
//!
//! async-graphql parses, validates and resolves the root; below a root field the engine answers by itself, with
//! finished JSON. Fields that share a response key are merged here, because the JSON cannot be merged afterwards.

use std::any::Any;
use std::borrow::Cow;
use std::collections::HashSet;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::parser::types::{Field, SelectionSet};
use async_graphql::registry::{MetaType, MetaTypeId, Registry};
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ObjectType, OutputType, PathSegment, Pos, Positioned, ServerError,
    ServerResult, Value, resolver_utils,
};
use async_graphql_value::RAW_VALUE_TOKEN;
use futures_util::future::{BoxFuture, try_join_all};
use indexmap::IndexMap;
use uuid::Uuid;

use crate::access::Rights;
use crate::answer::{Answer, Missing};
use crate::database::{DbError, Statements};
use crate::declare::EntityDecl;
use crate::id::{parse_id, split_id};
use crate::kind::{Kind, shorten, spoken};
use crate::model::{EntityModel, Model, RootQuery};
use crate::plan::collect::{Collected, Document, selection_sets};
use crate::plan::permit::{MissingRight, RightsWalk};
use crate::plan::{Lookup, Paging, PlanError, Planner, coded};
use crate::run::{Scope, run_connection, run_lookup};
use crate::schema;
use crate::sql::Bind;
use crate::write::{Draft, Outcome, PayloadPlan, Writer, perform, plan_payload, read_draft, walk_payload};

/// Most IDs that `nodes` takes.
const MAX_NODES: usize = 250;

/// Gives the roots their model; async-graphql asks types, not values, for their schema.
pub trait Schema: Send + Sync + 'static {
    /// The linked model.
    fn model() -> &'static Model;
}

/// What a signed-in request brings along; put into the request's data as `Arc<dyn Session>`.
pub trait Session: Send + Sync {
    /// The tenant.
    fn tenant(&self) -> Uuid;
    /// The user.
    fn user(&self) -> Uuid;
    /// Whether the user is one of another tenant and only acts in this one.
    fn is_guest(&self) -> bool {
        false
    }
    /// What the user may do.
    fn rights(&self) -> Rights;
    /// Page sizes.
    fn paging(&self) -> Paging;
    /// The snapshot that all reads of the operation share.
    fn reads(&self) -> &dyn Statements;
    /// Runs a write in a transaction of its own, to its end even when the caller goes away.
    fn write(&self, job: WriteJob) -> BoxFuture<'_, Result<Answer, DbError>>;
}

/// A planned mutation.
#[derive(Debug)]
pub struct WriteJob {
    model: &'static Model,
    verb: &'static crate::model::Verb,
    draft: Result<Draft, Outcome>,
    payload: PayloadPlan,
}

impl WriteJob {
    /// The entity that is written.
    #[must_use]
    pub fn entity(&self) -> &'static EntityDecl {
        self.model.entity(self.verb.entity).decl
    }

    /// Whether the input was refused before anything reached the database.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.draft.is_err()
    }

    /// Performs the mutation in an open transaction and reads its payload there.
    ///
    /// # Errors
    /// What the database said, where that is not the user's to put right; the transaction must then be rolled back.
    pub async fn run(
        mut self,
        statements: &dyn Statements,
        tenant: Uuid,
        user: Uuid,
        new_id: Uuid,
        services: &(dyn Any + Send + Sync),
    ) -> Result<Answer, DbError> {
        let outcome = match &self.draft {
            Err(refused) => refused.clone(),
            Ok(draft) => {
                perform(Writer { statements, model: self.model, tenant, user, new_id, services }, self.verb, draft).await?
            }
        };
        self.payload.answer(Scope { statements, tenant, last: false }, &outcome).await
    }
}

/// The query root of a model.
pub struct EntityQuery<S>(PhantomData<S>);

/// The mutation root of a model.
pub struct EntityMutation<S>(PhantomData<S>);

impl<S> Default for EntityQuery<S> {
    fn default() -> Self {
        Self(PhantomData)
    }
}
impl<S> Default for EntityMutation<S> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

fn root_type(
    name: &str,
    doc: &str,
    fields: IndexMap<String, async_graphql::registry::MetaField>,
    rust: &'static str,
) -> MetaType {
    MetaType::Object {
        name: name.to_owned(),
        description: Some(doc.to_owned()),
        fields,
        cache_control: Default::default(),
        extends: false,
        shareable: false,
        resolvable: true,
        keys: None,
        visible: None,
        inaccessible: false,
        interface_object: false,
        tags: Vec::new(),
        is_subscription: false,
        rust_typename: Some(rust),
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

macro_rules! root {
    ($root:ident, $name:literal, $doc:literal, $known:ident, $fields:path, $resolve:path, $run:path) => {
        impl<S: Schema> OutputType for $root<S> {
            fn type_name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }

            fn create_type_info(registry: &mut Registry) -> String {
                registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
                    schema::register(S::model(), registry);
                    root_type($name, $doc, $fields(S::model()), std::any::type_name::<Self>())
                })
            }

            async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _field: &Positioned<Field>) -> ServerResult<Value> {
                $run(ctx, self).await
            }
        }

        impl<S: Schema> ContainerType for $root<S> {
            /// `None` for a field that is not the model's: another part of the root may know it.
            async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
                if !S::model().$known.contains_key(ctx.item.node.name.node.as_str()) {
                    return Ok(None);
                }
                let place = Place::of(ctx);
                let outcome = $resolve(S::model(), &place).await.map_err(|error| place.placed(error));
                for error in place.into_errors() {
                    ctx.add_error(error);
                }
                outcome.map(Some)
            }
        }

        impl<S: Schema> ObjectType for $root<S> {}
    };
}

root!(
    EntityQuery,
    "Query",
    "Everything that can be read.",
    queries,
    schema::query_fields,
    query_field,
    resolver_utils::resolve_container
);
root!(
    EntityMutation,
    // A part of the root `Mutation`, beside mutations that write no entity.
    "EntityMutation",
    "The mutations of the entities.",
    mutations,
    schema::mutation_fields,
    mutation_field,
    resolver_utils::resolve_container_serial
);

/// A root field of a request, and the errors for which its answer leaves room.
struct Place<'a> {
    item: &'a Positioned<Field>,
    document: Document<'a>,
    session: Option<&'a Arc<dyn Session>>,
    answered: Option<&'a Answered>,
    errors: Mutex<Vec<ServerError>>,
}

/// The root fields that have been answered; put into the request's data. async-graphql resolves a field once for every
/// spread of a fragment that it stands in, and a mutation must not run twice.
#[derive(Debug, Default)]
pub struct Answered(Mutex<HashSet<Pos>>);

impl Answered {
    /// Whether this field is answered for the first time. Its place in the text tells it from all others.
    pub fn is_first(&self, field: &Positioned<Field>) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(field.pos)
    }
}

impl<'a> Place<'a> {
    fn of(ctx: &Context<'a>) -> Self {
        let document = Document {
            fragments: &ctx.query_env.fragments,
            variables: &ctx.query_env.variables,
            operation: &ctx.query_env.operation,
        };
        Self {
            item: ctx.item,
            document,
            session: ctx.data_opt::<Arc<dyn Session>>(),
            answered: ctx.data_opt::<Answered>(),
            errors: Mutex::default(),
        }
    }

    fn set_error_path(&self, error: ServerError) -> ServerError {
        let key = self.item.node.response_key().node.to_string();
        ServerError { path: vec![PathSegment::Field(key)], ..error }
    }

    /// What to tell about a plan that was refused: the first missing right in the order of the document, else the error
    /// itself. So nobody learns from errors in arguments what may not be asked.
    fn refused<'p>(
        &self,
        planner: &'p Planner<'a>,
        error: PlanError,
        walk: impl FnOnce(&mut RightsWalk<'p, 'a>) -> Result<(), MissingRight>,
    ) -> ServerError {
        match walk(&mut RightsWalk::new(planner)) {
            Ok(()) => error.at(self.item.pos),
            Err(MissingRight { right, path }) => {
                let mut error = self.set_error_path(PlanError::forbidden(right).at(self.item.pos));
                error.path.extend(path);
                error
            }
        }
    }

    /// Gives an error the path of the root field, unless it already names a place below it.
    fn placed(&self, error: ServerError) -> ServerError {
        if error.path.is_empty() { self.set_error_path(error) } else { error }
    }

    fn add_error(&self, error: ServerError) {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner).push(error);
    }

    fn into_errors(self) -> Vec<ServerError> {
        self.errors.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a query came to.
pub struct Executed {
    /// The answer's `data`, in which finished JSON stands as it does in async-graphql's values; null when a field that
    /// cannot be null failed.
    pub data: Value,
    /// The errors met on the way.
    pub errors: Vec<ServerError>,
}

/// Executes a query of a valid document, whose variables have values of their types, past async-graphql.
///
/// The answer is the same. What async-graphql does before and after it is half of a small query's cost: validating
/// anew and copying the document, and a walk over all types of the schema for each root field.
///
/// `None` when the query selects something that only async-graphql answers, such as the schema itself.
pub async fn execute_query(
    model: &'static Model,
    document: Document<'_>,
    session: Option<&Arc<dyn Session>>,
) -> Option<Executed> {
    let collected = document.collect("Query", None, &[&document.operation.node.selection_set.node]).ok()?;
    let mut places = Vec::with_capacity(collected.len());
    for (_, fields) in &collected {
        let item = fields.first().filter(|field| model.queries.contains_key(field.node.name.node.as_str()))?;
        places.push(Place { item, document, session, answered: None, errors: Mutex::default() });
    }
    let outcome = try_join_all(
        places.iter().map(|place| async move { query_field(model, place).await.map_err(|error| place.placed(error)) }),
    )
    .await;
    let met = places.into_iter().flat_map(Place::into_errors);
    Some(match outcome {
        Ok(values) => {
            let keys = collected.into_iter().map(|(key, _)| key.clone());
            Executed { data: Value::Object(keys.zip(values).collect()), errors: met.collect() }
        }
        Err(error) => Executed { data: Value::Null, errors: std::iter::once(error).chain(met).collect() },
    })
}

/// A root field with all fields that share its response key.
struct RootField<'a> {
    document: Document<'a>,
    fields: Vec<&'a Positioned<Field>>,
    session: &'a Arc<dyn Session>,
    only_field: bool,
}

impl<'a> RootField<'a> {
    /// `None` for a field that an earlier one with the same response key already answers.
    fn new(place: &Place<'a>, root: &str) -> ServerResult<Option<Self>> {
        let pos = place.item.pos;
        let document = place.document;
        let collected =
            document.collect(root, None, &[&document.operation.node.selection_set.node]).map_err(|why| why.at(pos))?;
        let only_field = collected.len() == 1;
        let key = &place.item.node.response_key().node;
        let fields =
            collected.into_iter().find(|(known, _)| *known == key).map(|(_, fields)| fields).unwrap_or_default();
        if fields.first().is_none_or(|first| !std::ptr::eq(*first, place.item))
            || place.answered.is_some_and(|answered| !answered.is_first(place.item))
        {
            return Ok(None);
        }
        let session = place.session.ok_or_else(|| {
            coded("UNAUTHENTICATED", "Sign in first: send an access token as `Authorization: Bearer …`.", Some(pos))
        })?;
        Ok(Some(Self { document, fields, session, only_field }))
    }

    fn planner(&self, model: &'static Model) -> Planner<'a> {
        Planner { model, document: self.document, paging: self.session.paging(), rights: self.session.rights() }
    }

    fn scope(&self, last: bool) -> Scope<'_> {
        Scope { statements: self.session.reads(), tenant: self.session.tenant(), last: last && self.only_field }
    }

    fn argument(&self, name: &str) -> Option<Value> {
        self.fields.first().and_then(|field| self.document.argument(&field.node, name))
    }
}

async fn query_field(model: &'static Model, place: &Place<'_>) -> ServerResult<Value> {
    let name = place.item.node.name.node.as_str();
    let Some(root) = model.queries.get(name) else { return Ok(Value::Null) };
    match (resolve(model, place, root).await, root) {
        // A nullable field that fails is null and leaves its neighbours alone.
        (Err(error), RootQuery::ById(_) | RootQuery::Node) => {
            place.add_error(place.placed(error));
            Ok(Value::Null)
        }
        (outcome, _) => outcome,
    }
}

async fn resolve(model: &'static Model, place: &Place<'_>, root: &RootQuery) -> ServerResult<Value> {
    let Some(field) = RootField::new(place, "Query")? else { return Ok(Value::Null) };
    match root {
        RootQuery::List(index) => list(model, place, &field, model.entity(*index)).await,
        RootQuery::ById(index) => {
            let deleted = field.argument("includeDeleted") == Some(Value::Boolean(true));
            let found = read_id(model.entity(*index), field.argument("id").as_ref());
            by_id(model, place, &field, model.entity(*index), found, Some(deleted)).await
        }
        RootQuery::Node => {
            let wanted = typed_id(model, field.argument("id").as_ref()).map_err(|why| why.at(place.item.pos))?;
            by_id(model, place, &field, wanted.0, Ok(wanted.1), None).await
        }
        RootQuery::Nodes => nodes(model, place, &field).await,
        RootQuery::Viewer => viewer(model, place, &field).await,
    }
}

async fn list(
    model: &'static Model,
    place: &Place<'_>,
    field: &RootField<'_>,
    entity: &'static EntityModel,
) -> ServerResult<Value> {
    let planner = field.planner(model);
    let plan = planner
        .connection(entity, &field.fields, 1)
        .map_err(|why| place.refused(&planner, why, |walk| walk.connection(entity, &field.fields)))?;
    let loaded = run_connection(field.scope(true), &plan).await.map_err(|error| fault(&error, place))?;
    let mut answer = Answer::default();
    let whole = answer.root_connection(&plan, &loaded);
    finish(place, answer, whole)
}

/// One row. `deleted` says whether deleted ones were asked for; nobody asked, then those are shown to whom may see them.
async fn by_id(
    model: &'static Model,
    place: &Place<'_>,
    field: &RootField<'_>,
    entity: &'static EntityModel,
    id: Result<Uuid, PlanError>,
    deleted: Option<bool>,
) -> ServerResult<Value> {
    let planner = field.planner(model);
    let needs = &entity.decl.needs;
    let sets = selection_sets(&field.fields);
    let plan = match (id, deleted) {
        (Err(why), _) => Err(why),
        (Ok(id), None) => planner.lookup(entity, vec![id], planner.rights.allows(needs.include_deleted), &sets),
        (Ok(id), Some(false)) => planner.lookup(entity, vec![id], false, &sets),
        (Ok(id), Some(true)) => {
            planner.allow(needs.include_deleted).and_then(|()| planner.lookup(entity, vec![id], true, &sets))
        }
    };
    let plan = plan.map_err(|why| {
        place.refused(&planner, why, |walk| {
            walk.need(needs.read)?;
            if deleted == Some(true) {
                walk.need(needs.include_deleted)?;
            }
            walk.object(entity, &sets)
        })
    })?;
    let loaded = run_lookup(field.scope(true), &plan).await.map_err(|error| fault(&error, place))?;
    if loaded.rows.is_empty() {
        place.add_error(place.set_error_path(not_found(entity, place)));
        return Ok(Value::Null);
    }
    let mut answer = Answer::default();
    let whole = answer.looked_up(&plan, &loaded, 0);
    finish(place, answer, whole)
}

fn not_found(entity: &EntityModel, place: &Place<'_>) -> ServerError {
    coded("NOT_FOUND", format!("There is no {} with this ID.", spoken(entity.decl.prefix)), Some(place.item.pos))
}

/// `nodes(ids)`: one statement for each type that occurs.
async fn nodes(model: &'static Model, place: &Place<'_>, field: &RootField<'_>) -> ServerResult<Value> {
    let pos = place.item.pos;
    let ids = match field.argument("ids") {
        Some(Value::List(ids)) => ids,
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let wanted: Vec<_> = ids.iter().map(|id| typed_id(model, Some(id)).map_err(|why| why.at(pos))).collect();
    let mut by_type: IndexMap<usize, Vec<Uuid>> = IndexMap::new();
    for (entity, id) in wanted.iter().flatten() {
        let ids = by_type.entry(entity.index).or_default();
        if !ids.contains(id) {
            ids.push(*id);
        }
    }
    let planner = field.planner(model);
    let sets = selection_sets(&field.fields);
    let types: Vec<usize> = by_type.keys().copied().collect();
    let plans = plan_nodes(&planner, ids.len(), by_type, &sets).map_err(|why| {
        place.refused(&planner, why, |walk| {
            types.iter().map(|index| model.entity(*index)).try_for_each(|entity| {
                walk.need(entity.decl.needs.read)?;
                walk.object(entity, &sets)
            })
        })
    })?;
    let scope = field.scope(plans.len() == 1);
    let loaded =
        try_join_all(plans.iter().map(|plan| run_lookup(scope, plan))).await.map_err(|error| fault(&error, place))?;
    let mut answer = Answer::default();
    answer.json.push('[');
    for (index, wanted) in wanted.into_iter().enumerate() {
        if index > 0 {
            answer.json.push(',');
        }
        let length = answer.json.len();
        let whole = wanted.and_then(|(entity, id)| {
            let found = plans.iter().zip(&loaded).find(|(plan, _)| plan.entity.index == entity.index);
            let row = found.and_then(|(plan, loaded)| Some((plan, loaded, Answer::row_of(loaded, id)?)));
            let (plan, loaded, row) = row.ok_or_else(|| not_found(entity, place))?;
            Ok(answer.looked_up(plan, loaded, row))
        });
        let is_written = matches!(whole, Ok(Ok(())));
        if let Err(error) = whole {
            let mut error = place.set_error_path(error);
            error.path.push(PathSegment::Index(index));
            place.add_error(error);
        }
        if !is_written {
            answer.json.truncate(length);
            answer.json.push_str("null");
        }
    }
    answer.json.push(']');
    finish(place, answer, Ok(()))
}

fn plan_nodes<'a>(
    planner: &Planner<'a>,
    count: usize,
    by_type: IndexMap<usize, Vec<Uuid>>,
    sets: &[&'a SelectionSet],
) -> Result<Vec<Lookup>, PlanError> {
    if count > MAX_NODES {
        return Err(PlanError::limit("PAGE_LIMIT", format!("nodes takes {MAX_NODES} IDs at most.")));
    }
    let plan = |(index, ids)| {
        let entity = planner.model.entity(index);
        planner.lookup(entity, ids, planner.rights.allows(entity.decl.needs.include_deleted), sets)
    };
    by_type.into_iter().map(plan).collect()
}

async fn viewer(model: &'static Model, place: &Place<'_>, field: &RootField<'_>) -> ServerResult<Value> {
    let pos = place.item.pos;
    let planner = field.planner(model);
    let collected =
        field.document.collect("Viewer", None, &selection_sets(&field.fields)).map_err(|why| why.at(pos))?;
    let mut parts: Vec<(&async_graphql::Name, ViewerPart)> = Vec::new();
    for (key, fields) in &collected {
        let sets = selection_sets(fields);
        let own = |name: &str, id| -> ServerResult<ViewerPart<'_>> {
            let Some(entity) = model.by_name(name) else { return Ok(ViewerPart::Typename) };
            let plan = planner.own(entity, vec![id], true, &sets).map_err(|why| {
                place.refused(&planner, why, |walk| walk.below(key, |walk| walk.object(entity, &sets)))
            })?;
            Ok(ViewerPart::Row(Box::new(plan)))
        };
        parts.push((
            key,
            match fields[0].node.name.node.as_str() {
                "user" => own("User", field.session.user())?,
                "tenant" => own("Tenant", field.session.tenant())?,
                "permissions" => ViewerPart::Permissions(
                    field.document.collect("ViewerPermission", None, &sets).map_err(|why| why.at(pos))?,
                ),
                _ => ViewerPart::Typename,
            },
        ));
    }
    let rows = parts.iter().filter(|(_, part)| matches!(part, ViewerPart::Row(_))).count();
    let scope = field.scope(rows == 1);
    let loaded = try_join_all(parts.iter().map(|(_, part)| async move {
        match part {
            ViewerPart::Row(plan) => run_lookup(scope, plan).await.map(Some),
            _ => Ok(None),
        }
    }))
    .await
    .map_err(|error| fault(&error, place))?;
    let mut answer = Answer::default();
    answer.json.push('{');
    for (index, ((key, part), loaded)) in parts.iter().zip(&loaded).enumerate() {
        answer.json.push_str(if index > 0 { ",\"" } else { "\"" });
        answer.json.push_str(key.as_str());
        answer.json.push_str("\":");
        match (part, loaded) {
            (ViewerPart::Row(plan), Some(loaded)) if !loaded.rows.is_empty() => {
                let whole = answer.looked_up(plan, loaded, 0);
                if whole.is_err() {
                    return finish(place, answer, whole);
                }
            }
            (ViewerPart::Row(_), _) if field.session.is_guest() => {
                let message = "You act in this business and are no user of it: ask for its `tenant` alone.";
                return Err(coded("NOT_FOUND", message, Some(pos)));
            }
            // The token is valid, but its user or tenant is gone.
            (ViewerPart::Row(_), _) => {
                return Err(coded("UNAUTHENTICATED", "This account no longer exists.", Some(pos)));
            }
            (ViewerPart::Permissions(wanted), _) => answer.permissions(model, planner.rights, wanted),
            (ViewerPart::Typename, _) => answer.json.push_str("\"Viewer\""),
        }
    }
    answer.json.push('}');
    finish(place, answer, Ok(()))
}

/// A field of `viewer`.
enum ViewerPart<'a> {
    Typename,
    Row(Box<Lookup>),
    Permissions(Collected<'a>),
}

async fn mutation_field(model: &'static Model, place: &Place<'_>) -> ServerResult<Value> {
    let pos = place.item.pos;
    let Some(verb) = model.mutations.get(place.item.node.name.node.as_str()) else { return Ok(Value::Null) };
    let Some(field) = RootField::new(place, "Mutation")? else { return Ok(Value::Null) };
    let planner = field.planner(model);
    let (entity, sets) = (model.entity(verb.entity), selection_sets(&field.fields));
    let payload =
        planner.allow(verb.right).and_then(|()| plan_payload(&planner, entity, verb, &sets)).map_err(|why| {
            place.refused(&planner, why, |walk| {
                walk.need(verb.right)?;
                walk_payload(walk, entity, verb, &sets)
            })
        })?;
    let input = field.argument("input").unwrap_or_default();
    // async-graphql lets anything pass for an input object that comes in a variable.
    if !matches!(input, Value::Object(_)) {
        return Err(PlanError::input("An input object is needed.").under("input").at(pos));
    }
    let job = WriteJob { model, verb, draft: read_draft(model, verb, &input), payload };
    let answer = field.session.write(job).await.map_err(|error| fault(&error, place))?;
    finish(place, answer, Ok(()))
}

/// Hands finished JSON to async-graphql, with the errors met on the way.
fn finish(place: &Place<'_>, answer: Answer, whole: Result<(), Missing>) -> ServerResult<Value> {
    let message = "This object is not visible to you, and the field cannot be empty.";
    for path in answer.missing {
        let mut error = place.set_error_path(coded("FORBIDDEN", message, Some(place.item.pos)));
        error.path.extend(path);
        if whole.is_err() {
            return Err(error);
        }
        place.add_error(error);
    }
    let mut raw = IndexMap::with_capacity(1);
    raw.insert(async_graphql::Name::new(RAW_VALUE_TOKEN), Value::String(answer.json));
    Ok(Value::Object(raw))
}

/// A database error as the client sees it: a code and a sentence, never SQL.
#[must_use]
pub fn code_and_sentence(error: &DbError) -> (&str, &str) {
    match error {
        DbError::Unavailable(_) => ("UNAVAILABLE", "The database cannot be reached right now; try again in a moment."),
        DbError::TimedOut => ("TIMEOUT", "This took too long and was stopped; ask for less, or filter more."),
        DbError::Conflict => ("CONFLICT", "Someone else wrote the same rows at the same moment; try again."),
        DbError::Refused(refusal) => (refusal.code.as_str(), refusal.message.as_str()),
        DbError::TooLarge => ("VALIDATION", "A value is too large."),
        DbError::Constraint { .. } | DbError::Fault(_) => {
            ("INTERNAL", "Something went wrong on our side; the request ID helps us to find out what.")
        }
    }
}

/// The error with its source: the database's own words are for the log.
fn fault(error: &DbError, place: &Place<'_>) -> ServerError {
    let (code, message) = code_and_sentence(error);
    ServerError { source: Some(Arc::new(error.clone())), ..coded(code, message, Some(place.item.pos)) }
}

fn read_id(entity: &EntityModel, value: Option<&Value>) -> Result<Uuid, PlanError> {
    match value.map(|value| Kind::Id(entity.decl.prefix).read(value)) {
        Some(Ok(Bind::Uuid(id))) => Ok(id),
        Some(Err(message)) => Err(PlanError::new("INVALID_ID", message)),
        _ => Err(PlanError::new("INVALID_ID", "An ID is needed.")),
    }
}

/// An ID that names its type.
fn typed_id(model: &'static Model, value: Option<&Value>) -> Result<(&'static EntityModel, Uuid), PlanError> {
    let invalid = |message: String| PlanError::new("INVALID_ID", message);
    let Some(Value::String(text)) = value else { return Err(invalid("An ID is needed.".into())) };
    match split_id(text) {
        Some((Some(prefix), _)) => {
            let entity =
                model.by_prefix(prefix).ok_or_else(|| invalid(format!("There is no type \"{}\".", shorten(prefix))))?;
            let id = parse_id(prefix, text).map_err(|_| invalid("This is not an ID.".into()))?;
            Ok((entity, id))
        }
        Some((None, _)) => Err(invalid("A raw UUID does not name its type; use a global ID here.".into())),
        None => Err(invalid(format!("\"{}\" is not an ID.", shorten(text)))),
    }
}
