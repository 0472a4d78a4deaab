//! `viewer`: who asks.

use async_graphql::{ServerResult, Value};
use futures_util::future::try_join_all;

use super::place::{Place, RootField, fault, finish};
use crate::answer::Answer;
use crate::model::Model;
use crate::plan::collect::{Collected, selection_sets};
use crate::plan::{Lookup, coded};
use crate::run::run_lookup;

pub(super) async fn viewer(model: &'static Model, place: &Place<'_>, field: &RootField<'_>) -> ServerResult<Value> {
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
