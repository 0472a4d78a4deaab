//! The payload of a mutation: the object read back through the same plans as any query, and the errors.

use async_graphql::Name;
use async_graphql::parser::types::SelectionSet;
use uuid::Uuid;

use super::{Outcome, Secret, UserError};
use crate::answer::{Answer, Missing};
use crate::database::DbError;
use crate::declare::EntityDecl;
use crate::id::format_id;
use crate::kind::write_text;
use crate::model::{EntityModel, Verb, VerbKind};
use crate::plan::collect::selection_sets;
use crate::plan::permit::{MissingRight, RightsWalk};
use crate::plan::{Lookup, PlanError, Planner};
use crate::run::{Loaded, Scope, run_lookup};
use crate::schema::payload_name;

/// A planned payload.
#[derive(Debug)]
pub struct PayloadPlan {
    type_name: String,
    prefix: &'static str,
    fields: Vec<(Name, PayloadField)>,
}

#[derive(Debug)]
enum PayloadField {
    Typename,
    Object(Box<Lookup>),
    DeletedId,
    Secret,
    Errors(Vec<(Name, String)>),
}

/// Plans a payload.
///
/// # Errors
/// Arguments inside the selection that do not fit.
pub fn plan_payload<'a>(
    planner: &Planner<'a>,
    entity: &'static EntityModel,
    verb: &Verb,
    sets: &[&'a SelectionSet],
) -> Result<PayloadPlan, PlanError> {
    let type_name = payload_name(verb);
    let mut fields = Vec::new();
    for (key, selected) in planner.document.collect(&type_name, None, sets)? {
        let sets = selection_sets(&selected);
        let field = match selected[0].node.name.node.as_str() {
            "__typename" => PayloadField::Typename,
            "deletedId" => PayloadField::DeletedId,
            name if secret(verb) == Some(name) => PayloadField::Secret,
            "errors" => {
                let wanted = planner.document.collect("UserError", None, &sets)?;
                PayloadField::Errors(
                    wanted
                        .into_iter()
                        .map(|(key, fields)| (key.clone(), fields[0].node.name.node.to_string()))
                        .collect(),
                )
            }
            _ => {
                let deleted = shows_deleted(planner, entity, verb);
                PayloadField::Object(Box::new(planner.lookup(entity, Vec::new(), deleted, &sets)?))
            }
        };
        fields.push((key.clone(), field));
    }
    Ok(PayloadPlan { type_name, prefix: entity.decl.prefix, fields })
}

/// Who deletes and restores sees what became of it; all others see deleted rows as everywhere.
fn shows_deleted(planner: &Planner<'_>, entity: &EntityModel, verb: &Verb) -> bool {
    matches!(verb.kind, VerbKind::Delete | VerbKind::Restore)
        || planner.rights.allows(entity.decl.needs.include_deleted)
}

/// The name of the verb's secret.
fn secret(verb: &Verb) -> Option<&'static str> {
    match verb.kind {
        VerbKind::Declared(declared) => declared.secret.map(|secret| secret.name),
        _ => None,
    }
}

/// The first right that the selection of a payload needs and the viewer does not have.
///
/// # Errors
/// That right.
pub fn walk_payload<'a>(
    walk: &mut RightsWalk<'_, 'a>,
    entity: &'static EntityModel,
    verb: &Verb,
    sets: &[&'a SelectionSet],
) -> Result<(), MissingRight> {
    for (key, selected) in walk.collect(&payload_name(verb), None, sets) {
        let name = selected[0].node.name.node.as_str();
        if !matches!(name, "__typename" | "deletedId" | "errors") && secret(verb) != Some(name) {
            walk.below(key, |walk| {
                walk.need(entity.decl.needs.read)?;
                walk.object(entity, &selection_sets(&selected))
            })?;
        }
    }
    Ok(())
}

impl PayloadPlan {
    /// The sensitive entities that it shows.
    #[must_use]
    pub fn sensitive(&self) -> Vec<&'static EntityDecl> {
        let objects = self.fields.iter().filter_map(|(_, field)| match field {
            PayloadField::Object(lookup) => Some(lookup.sensitive()),
            _ => None,
        });
        objects.flatten().collect()
    }

    /// Reads what the payload shows, in the transaction of the write, and writes it as JSON.
    ///
    /// # Errors
    /// What the database said.
    pub async fn answer(&mut self, scope: Scope<'_>, outcome: &Outcome) -> Result<Answer, DbError> {
        let mut loaded: Vec<Option<Loaded>> = Vec::new();
        for (_, field) in &mut self.fields {
            loaded.push(match (field, outcome.id) {
                (PayloadField::Object(lookup), Some(id)) => {
                    lookup.ids = vec![id];
                    Some(run_lookup(scope, lookup).await?)
                }
                _ => None,
            });
        }
        let forbidden = outcome.errors.iter().filter(|error| error.code == "FORBIDDEN");
        let mut answer = Answer::default();
        answer.forbidden.extend(forbidden.map(|error| error.path.clone()));
        answer.json.push('{');
        for (index, (key, field)) in self.fields.iter().enumerate() {
            if index > 0 {
                answer.json.push(',');
            }
            write_text(key, &mut answer.json);
            answer.json.push(':');
            match field {
                PayloadField::Typename => write_text(&self.type_name, &mut answer.json),
                PayloadField::DeletedId => self.deleted_id(outcome, &mut answer.json),
                PayloadField::Secret => match &outcome.secret {
                    Some(Secret(text)) => write_text(text, &mut answer.json),
                    None => answer.json.push_str("null"),
                },
                PayloadField::Errors(wanted) => write_errors(&outcome.errors, wanted, &mut answer.json),
                PayloadField::Object(lookup) => {
                    object(&mut answer, lookup, loaded.get(index).and_then(Option::as_ref), outcome.id)
                }
            }
        }
        answer.json.push('}');
        Ok(answer)
    }

    fn deleted_id(&self, outcome: &Outcome, out: &mut String) {
        match outcome.id.filter(|_| outcome.errors.is_empty()) {
            Some(id) => write_text(&format_id(self.prefix, id), out),
            None => out.push_str("null"),
        }
    }
}

fn object(answer: &mut Answer, lookup: &Lookup, loaded: Option<&Loaded>, id: Option<Uuid>) {
    let found = loaded.zip(id).and_then(|(loaded, id)| Some((loaded, Answer::row_of(loaded, id)?)));
    let Some((loaded, row)) = found else { return answer.json.push_str("null") };
    let length = answer.json.len();
    if let Err(Missing) = answer.looked_up(lookup, loaded, row) {
        answer.json.truncate(length);
        answer.json.push_str("null");
    }
}

fn write_errors(errors: &[UserError], wanted: &[(Name, String)], out: &mut String) {
    out.push('[');
    for (index, error) in errors.iter().enumerate() {
        out.push_str(if index > 0 { ",{" } else { "{" });
        let json = error.to_json();
        for (index, (key, name)) in wanted.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            write_text(key, out);
            out.push(':');
            match json.get(name) {
                Some(value) => out.push_str(&value.to_string()),
                None => write_text("UserError", out),
            }
        }
        out.push('}');
    }
    out.push(']');
}
