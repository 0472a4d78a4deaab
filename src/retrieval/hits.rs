//! What searches answer: hits, each with how well it fits and the row that was found, resolved as the client selects.

use async_graphql::parser::types::SelectionSet;
use async_graphql::{PathSegment, ServerError, ServerResult, Value};
use entity::database::DbError;
use entity::events::{Event, EventPlan, EventRoot, EventRows, EventType, Wanted, plan_events, walk_events};
use entity::plan::Planner;
use entity::roots::{MadeAnswer, MadeField};

use crate::models::ModelError;
use crate::processes::ASSISTANTS;
use crate::request::Services;

/// Most characters of a question.
const MAX_QUESTION: usize = 2000;

/// A list of hits that is to be made.
pub(super) struct HitList<'m, 'f> {
    field: &'m MadeField<'f>,
    plan: EventPlan,
}

impl<'m, 'f> HitList<'m, 'f> {
    /// Plans what is selected of hits of this type.
    pub(super) fn plan(field: &'m MadeField<'f>, ty: &'static EventType) -> ServerResult<Self> {
        let planner: Planner<'f> = field.planner();
        let root = EventRoot::Object(ty);
        let sets: Vec<&'f SelectionSet> = field.selection();
        let plan = planner.allow(ASSISTANTS.read()).and_then(|()| plan_events(&planner, &root, &[], &sets));
        let plan = plan.map_err(|why| {
            field.refused(&planner, why, |walk| {
                walk.need(ASSISTANTS.read())?;
                walk_events(walk, &planner, &root, &[], &sets)
            })
        })?;
        Ok(Self { field, plan })
    }

    /// The position of an entity in the model.
    pub(super) fn entity(&self, name: &str) -> ServerResult<usize> {
        let entity = self.field.model.by_name(name).map(|entity| entity.index);
        entity.ok_or_else(|| self.fault(&DbError::Fault(format!("{name} is no entity"))))
    }

    /// What the gateway lends.
    pub(super) fn services(&self) -> ServerResult<&'m Services> {
        let services = self.field.session().lender().lent().downcast_ref();
        services.ok_or_else(|| self.fault(&DbError::Fault("the gateway lends no services".into())))
    }

    /// The question that is asked.
    pub(super) fn question(&self, name: &str) -> ServerResult<String> {
        let refuse = |message: &str| Err(self.field.error("VALIDATION", format!("`{name}` {message}")));
        match self.field.argument(name) {
            Some(Value::String(text)) if text.contains('\0') => refuse("contains a NUL character."),
            Some(Value::String(text)) if text.chars().count() > MAX_QUESTION => refuse("has 2000 characters at most."),
            Some(Value::String(text)) if !text.trim().is_empty() => Ok(text),
            _ => refuse("must not be empty."),
        }
    }

    /// A number of hits, from 1 on.
    pub(super) fn count(&self, name: &str, usual: i32, most: i32) -> ServerResult<i32> {
        let Some(Value::Number(number)) = self.field.argument(name) else { return Ok(usual) };
        match number.as_i64().and_then(|number| i32::try_from(number).ok()) {
            Some(number) if (1..=most).contains(&number) => Ok(number),
            _ => Err(self.field.error("PAGE_LIMIT", format!("`{name}` goes from 1 to {most}."))),
        }
    }

    /// Writes the hits, with the rows that they name.
    pub(super) async fn answer(&self, hits: &[Event]) -> ServerResult<MadeAnswer> {
        let mut wanted = Wanted::default();
        hits.iter().for_each(|hit| self.plan.want(hit, &mut wanted));
        let rows = if wanted.is_empty() {
            EventRows::default()
        } else {
            let loaded = EventRows::load(self.field.scope(true), &self.plan, &wanted).await;
            loaded.map_err(|error| self.fault(&error))?
        };
        let mut answer = MadeAnswer::default();
        answer.json.push('[');
        for (index, hit) in hits.iter().enumerate() {
            answer.json.push_str(if index > 0 { "," } else { "" });
            self.plan.value(hit, &rows, vec![PathSegment::Index(index)], &mut answer);
        }
        answer.json.push(']');
        Ok(answer)
    }

    /// What the database said, as the client sees it.
    pub(super) fn fault(&self, error: &DbError) -> ServerError {
        self.field.fault(error)
    }

    /// What the model that compares meanings said, as the client sees it.
    pub(super) fn no_model(&self, error: ModelError) -> ServerError {
        self.field.error("UNAVAILABLE", error.to_string())
    }
}

/// A finite number as JSON.
pub(super) fn number(value: f64) -> entity::events::Value {
    entity::events::Value::Json(serde_json::json!(value).to_string())
}
