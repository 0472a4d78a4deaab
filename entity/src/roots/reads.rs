//! The query root: lists, rows by ID, nodes of any type.

use std::sync::{Arc, Mutex};

use async_graphql::parser::types::SelectionSet;
use async_graphql::{PathSegment, ServerError, ServerResult, Value};
use futures_util::future::try_join_all;
use indexmap::IndexMap;
use uuid::Uuid;

use super::Session;
use super::made::made;
use super::place::{Place, RootField, fault, finish};
use super::viewer::viewer;
use crate::answer::Answer;
use crate::id::{parse_id, split_id};
use crate::kind::{Kind, shorten, spoken};
use crate::model::{EntityModel, Model, RootQuery};
use crate::plan::collect::{Document, selection_sets};
use crate::plan::{Lookup, PlanError, Planner, coded};
use crate::run::{run_connection, run_lookup};
use crate::sql::Bind;

/// Most IDs that `nodes` takes.
const MAX_NODES: usize = 250;

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

pub(super) async fn query_field(model: &'static Model, place: &Place<'_>) -> ServerResult<Value> {
    let name = place.item.node.name.node.as_str();
    let Some(root) = model.queries.get(name) else { return Ok(Value::Null) };
    match (resolve(model, place, root).await, root) {
        // A nullable field that fails is null and leaves its neighbours alone.
        (Err(error), root) if root.is_nullable() => {
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
        RootQuery::Made(query) => made(model, place, &field, query).await,
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
