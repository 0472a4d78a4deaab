//! Root fields of the query type that are not the model's: the program that uses the engine makes their answers.
//!
//! They read the operation's own snapshot like all others, so what they say fits what stands beside them.

use async_graphql::parser::types::SelectionSet;
use async_graphql::registry::Registry;
use async_graphql::{PathSegment, ServerError, ServerResult, Value};
use futures_util::future::BoxFuture;

use super::Session;
use super::place::{Place, RootField, fault, finish};
use crate::answer::Answer;
use crate::database::DbError;
use crate::late::LateError;
use crate::model::Model;
use crate::plan::collect::{Document, selection_sets};
use crate::plan::permit::{MissingRight, RightsWalk};
use crate::plan::{PlanError, Planner, coded};
use crate::run::Scope;

/// A root field of the query type that the program makes.
#[derive(Debug)]
pub struct MadeQuery {
    /// GraphQL name.
    pub name: &'static str,
    /// GraphQL type. A field that may be null is null when it fails, and leaves its neighbours alone.
    pub ty: &'static str,
    /// GraphQL description.
    pub doc: &'static str,
    /// Its arguments.
    pub arguments: &'static [MadeArgument],
    /// Adds the types that it needs and nobody else has.
    pub register: fn(&Model, &mut Registry),
    /// Makes the answer.
    pub resolve: for<'f> fn(MadeField<'f>) -> BoxFuture<'f, ServerResult<MadeAnswer>>,
}

/// The answer to such a field.
#[derive(Debug, Default)]
pub struct MadeAnswer {
    /// Finished JSON.
    pub json: String,
    /// Paths, below the field, of what cannot be null and is not visible; null stands for what is around it.
    pub missing: Vec<Vec<PathSegment>>,
    /// Paths, below the field, of late fields that have no answer, and why.
    pub refused: Vec<(Vec<PathSegment>, LateError)>,
}

/// An argument of such a field.
#[derive(Debug)]
pub struct MadeArgument {
    /// GraphQL name.
    pub name: &'static str,
    /// GraphQL type.
    pub ty: &'static str,
    /// Its default, as in the schema.
    pub default: Option<&'static str>,
    /// GraphQL description.
    pub doc: &'static str,
}

/// Such a field in a request.
pub struct MadeField<'f> {
    /// The model.
    pub model: &'static Model,
    place: &'f Place<'f>,
    field: &'f RootField<'f>,
}

impl<'f> MadeField<'f> {
    /// Who asks.
    #[must_use]
    pub fn session(&self) -> &'f dyn Session {
        self.field.session.as_ref()
    }

    /// The value of an argument.
    #[must_use]
    pub fn argument(&self, name: &str) -> Option<Value> {
        self.field.argument(name)
    }

    /// Plans what is selected of entities.
    #[must_use]
    pub fn planner(&self) -> Planner<'f> {
        self.field.planner(self.model)
    }

    /// The whole document.
    #[must_use]
    pub fn document(&self) -> Document<'f> {
        self.field.document
    }

    /// What is selected below the field.
    #[must_use]
    pub fn selection(&self) -> Vec<&'f SelectionSet> {
        selection_sets(&self.field.fields)
    }

    /// Where statements run. `last` says that nothing of this field follows.
    #[must_use]
    pub fn scope(&self, last: bool) -> Scope<'f> {
        self.field.scope(last)
    }

    /// An error of the field itself.
    #[must_use]
    pub fn error(&self, code: &str, message: impl Into<String>) -> ServerError {
        coded(code, message, Some(self.place.item.pos))
    }

    /// What to tell about arguments or a selection that were refused, whatever the rights.
    #[must_use]
    pub fn refusal(&self, error: PlanError) -> ServerError {
        error.at(self.place.item.pos)
    }

    /// What to tell about a plan that was refused: the first right that `walk` finds missing, else the error itself.
    #[must_use]
    pub fn refused<'p>(
        &self,
        planner: &'p Planner<'f>,
        error: PlanError,
        walk: impl FnOnce(&mut RightsWalk<'p, 'f>) -> Result<(), MissingRight>,
    ) -> ServerError {
        self.place.refused(planner, error, walk)
    }

    /// What the database said, as the client sees it.
    #[must_use]
    pub fn fault(&self, error: &DbError) -> ServerError {
        fault(error, self.place)
    }
}

pub(super) async fn made(
    model: &'static Model,
    place: &Place<'_>,
    field: &RootField<'_>,
    query: &'static MadeQuery,
) -> ServerResult<Value> {
    let mut answer = Answer::default();
    let made = (query.resolve)(MadeField { model, place, field }).await?;
    (answer.json, answer.missing, answer.refused) = (made.json, made.missing, made.refused);
    finish(place, answer, Ok(()))
}
