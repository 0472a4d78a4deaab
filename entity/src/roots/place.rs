//! One root field of a request: what it selects, who asks, and how its answer and its errors are handed back.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::parser::types::Field;
use async_graphql::{Context, PathSegment, Pos, Positioned, ServerError, ServerResult, Value};
use async_graphql_value::RAW_VALUE_TOKEN;
use indexmap::IndexMap;

use super::Session;
use crate::answer::{Answer, Missing};
use crate::database::DbError;
use crate::model::Model;
use crate::plan::collect::Document;
use crate::plan::permit::{MissingRight, RightsWalk};
use crate::plan::{PlanError, Planner, coded};
use crate::run::Scope;

/// A root field of a request, and the errors for which its answer leaves room.
pub(super) struct Place<'a> {
    pub(super) item: &'a Positioned<Field>,
    pub(super) document: Document<'a>,
    pub(super) session: Option<&'a Arc<dyn Session>>,
    pub(super) answered: Option<&'a Answered>,
    pub(super) errors: Mutex<Vec<ServerError>>,
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
    pub(super) fn of(ctx: &Context<'a>) -> Self {
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

    pub(super) fn set_error_path(&self, error: ServerError) -> ServerError {
        let key = self.item.node.response_key().node.to_string();
        ServerError { path: vec![PathSegment::Field(key)], ..error }
    }

    /// What to tell about a plan that was refused: the first missing right in the order of the document, else the error
    /// itself. So nobody learns from errors in arguments what may not be asked.
    pub(super) fn refused<'p>(
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
    pub(super) fn placed(&self, error: ServerError) -> ServerError {
        if error.path.is_empty() { self.set_error_path(error) } else { error }
    }

    pub(super) fn add_error(&self, error: ServerError) {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner).push(error);
    }

    pub(super) fn into_errors(self) -> Vec<ServerError> {
        self.errors.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A root field with all fields that share its response key.
pub(super) struct RootField<'a> {
    pub(super) document: Document<'a>,
    pub(super) fields: Vec<&'a Positioned<Field>>,
    pub(super) session: &'a Arc<dyn Session>,
    only_field: bool,
}

impl<'a> RootField<'a> {
    /// `None` for a field that an earlier one with the same response key already answers.
    pub(super) fn new(place: &Place<'a>, root: &str) -> ServerResult<Option<Self>> {
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
        let session = place.session.filter(|session| session.answers(&place.item.node.name.node)).ok_or_else(|| {
            coded("UNAUTHENTICATED", "Sign in first: send an access token as `Authorization: Bearer …`.", Some(pos))
        })?;
        Ok(Some(Self { document, fields, session, only_field }))
    }

    pub(super) fn planner(&self, model: &'static Model) -> Planner<'a> {
        Planner { model, document: self.document, paging: self.session.paging(), rights: self.session.rights() }
    }

    pub(super) fn scope(&self, last: bool) -> Scope<'_> {
        Scope {
            statements: self.session.reads(),
            tenant: self.session.tenant(),
            last: last && self.only_field,
            lender: self.session.lender(),
        }
    }

    pub(super) fn argument(&self, name: &str) -> Option<Value> {
        self.fields.first().and_then(|field| self.document.argument(&field.node, name))
    }
}

/// Hands finished JSON to async-graphql, with the errors met on the way.
pub(super) fn finish(place: &Place<'_>, answer: Answer, whole: Result<(), Missing>) -> ServerResult<Value> {
    let message = "This object is not visible to you, and the field cannot be empty.";
    let refused =
        answer.refused.into_iter().map(|(path, why)| (path, coded(why.code, why.message, Some(place.item.pos))));
    let missing = answer.missing.into_iter().map(|path| (path, coded("FORBIDDEN", message, Some(place.item.pos))));
    for (path, error) in refused.chain(missing) {
        let mut error = place.set_error_path(error);
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
pub(super) fn fault(error: &DbError, place: &Place<'_>) -> ServerError {
    let (code, message) = code_and_sentence(error);
    ServerError { source: Some(Arc::new(error.clone())), ..coded(code, message, Some(place.item.pos)) }
}
