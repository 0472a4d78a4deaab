//! The mutation root: a field is planned here and written where the session says.

use std::any::Any;

use async_graphql::{PathSegment, ServerResult, Value};
use uuid::Uuid;

use super::place::{Place, RootField, fault, finish};
use crate::answer::Answer;
use crate::database::{DbError, Statements};
use crate::declare::EntityDecl;
use crate::model::{Model, Verb};
use crate::plan::PlanError;
use crate::plan::collect::selection_sets;
use crate::run::{Lent, Scope};
use crate::write::{Draft, Outcome, PayloadPlan, Writer, perform, plan_payload, read_draft, walk_payload};

/// A planned mutation.
#[derive(Debug)]
pub struct WriteJob {
    model: &'static Model,
    verb: &'static Verb,
    draft: Result<Draft, Outcome>,
    payload: PayloadPlan,
}

impl WriteJob {
    /// The entity that is written.
    #[must_use]
    pub fn entity(&self) -> &'static EntityDecl {
        self.model.entity(self.verb.entity).decl
    }

    /// The name of the mutation.
    #[must_use]
    pub fn mutation(&self) -> &'static str {
        &self.verb.name
    }

    /// Performs the mutation in an open transaction and reads its payload there.
    ///
    /// # Errors
    /// What the database said, where that is not the user's to put right; the transaction must then be rolled back.
    /// After [`DbError::Conflict`] the job may be run again, in another transaction.
    pub async fn run(
        &mut self,
        statements: &dyn Statements,
        tenant: Uuid,
        user: Uuid,
        new_id: Uuid,
        services: &(dyn Any + Send + Sync),
    ) -> Result<Answer, DbError> {
        let outcome = match &self.draft {
            Err(refused) => refused.clone(),
            Ok(draft) => {
                perform(Writer { statements, model: self.model, tenant, user, new_id, services }, self.verb, draft)
                    .await?
            }
        };
        self.payload.answer(Scope { statements, tenant, last: false, lender: &Lent(services) }, &outcome).await
    }
}

pub(super) async fn mutation_field(model: &'static Model, place: &Place<'_>) -> ServerResult<Value> {
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
    let sensitive = payload.sensitive();
    if !sensitive.is_empty() {
        field.session.lender().reading(&sensitive);
    }
    let job = WriteJob { model, verb, draft: read_draft(model, verb, &input), payload };
    let mut answer = field.session.write(job).await.map_err(|error| fault(&error, place))?;
    for input in std::mem::take(&mut answer.forbidden) {
        let mut error = place.set_error_path(PlanError::forbidden(verb.right).at(pos));
        error.path.extend(input.into_iter().map(PathSegment::Field));
        field.session.refused(error);
    }
    finish(place, answer, Ok(()))
}
