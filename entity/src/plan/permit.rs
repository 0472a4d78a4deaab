//! Which right is missing first, and where.
//!
//! The planner refuses whatever the viewer may not see, wherever it meets it, next to errors in the arguments. When it
//! has refused something, this walk over the selection in the order of the document finds what to tell: a missing right
//! before anything else, so that nobody learns from other errors what they may not ask. It never runs for a request
//! that is answered, and what it would miss is still refused.

use async_graphql::parser::types::{Field, SelectionSet};
use async_graphql::{PathSegment, Positioned, Value};

use super::Planner;
use super::collect::{Collected, selection_sets};
use crate::access::Right;
use crate::model::{EntityModel, Member};

/// A right that is missing.
#[derive(Debug, Clone, PartialEq)]
pub struct MissingRight {
    /// The right.
    pub right: Right,
    /// The field that needs it, below the root field. Pages have no indices here: there are no rows yet.
    pub path: Vec<PathSegment>,
}

/// Looks for the first missing right.
pub struct RightsWalk<'p, 'a> {
    planner: &'p Planner<'a>,
    path: Vec<PathSegment>,
}

/// The first missing right ends the walk.
type Walk = Result<(), MissingRight>;

impl<'p, 'a> RightsWalk<'p, 'a> {
    /// A walk over one root field.
    #[must_use]
    pub fn new(planner: &'p Planner<'a>) -> Self {
        Self { planner, path: Vec::new() }
    }

    /// What the place that was reached needs.
    ///
    /// # Errors
    /// The right is missing.
    pub fn need(&self, right: Right) -> Walk {
        if self.planner.rights.allows(right) { Ok(()) } else { Err(MissingRight { right, path: self.path.clone() }) }
    }

    /// Walks on below a response key.
    ///
    /// # Errors
    /// The first missing right.
    pub fn below(&mut self, key: &str, walk: impl FnOnce(&mut Self) -> Walk) -> Walk {
        self.path.push(PathSegment::Field(key.to_owned()));
        walk(self)?;
        self.path.pop();
        Ok(())
    }

    /// A connection with its arguments.
    ///
    /// # Errors
    /// The first missing right.
    pub fn connection(&mut self, entity: &'static EntityModel, fields: &[&'a Positioned<Field>]) -> Walk {
        self.need(entity.decl.needs.read)?;
        if let Some(field) = fields.first() {
            let argument = |name: &str| self.planner.document.argument(&field.node, name);
            if matches!(argument("includeDeleted"), Some(Value::Boolean(true))) {
                self.need(entity.decl.needs.include_deleted)?;
            }
            if let Some(filter) = argument("filter") {
                self.filter(entity, &filter)?;
            }
        }
        let name = entity.decl.name;
        for (key, fields) in self.collect(&format!("{name}Connection"), None, &selection_sets(fields)) {
            self.below(key, |walk| match fields[0].node.name.node.as_str() {
                "nodes" => walk.object(entity, &selection_sets(&fields)),
                "edges" => walk.edges(entity, &selection_sets(&fields)),
                _ => Ok(()),
            })?;
        }
        Ok(())
    }

    fn edges(&mut self, entity: &'static EntityModel, sets: &[&'a SelectionSet]) -> Walk {
        for (key, fields) in self.collect(&format!("{}Edge", entity.decl.name), None, sets) {
            if fields[0].node.name.node == "node" {
                self.below(key, |walk| walk.object(entity, &selection_sets(&fields)))?;
            }
        }
        Ok(())
    }

    /// What hangs on an object that itself may be seen.
    ///
    /// # Errors
    /// The first missing right.
    pub fn object(&mut self, entity: &'static EntityModel, sets: &[&'a SelectionSet]) -> Walk {
        let model = self.planner.model;
        for (key, fields) in self.collect(entity.decl.name, Some(&entity.abstracts), sets) {
            let sets = selection_sets(&fields);
            self.below(key, |walk| match entity.members.get(fields[0].node.name.node.as_str()) {
                Some(Member::One(one)) => {
                    let target = model.entity(one.target);
                    walk.need(target.decl.needs.read)?;
                    walk.object(target, &sets)
                }
                Some(Member::Many(many)) => walk.connection(model.entity(many.target), &fields),
                Some(Member::Union(union)) => union.branches.iter().try_for_each(|branch| {
                    let target = branch.path.iter().fold(entity, |at, step| match at.members.get(step) {
                        Some(Member::One(one)) => model.entity(one.target),
                        _ => at,
                    });
                    let selected = walk.collect(target.decl.name, Some(&target.abstracts), &sets);
                    if selected.iter().any(|(_, fields)| fields[0].node.name.node != "__typename") {
                        walk.need(target.decl.needs.read)?;
                    }
                    walk.object(target, &sets)
                }),
                _ => Ok(()),
            })?;
        }
        Ok(())
    }

    /// Relations in a filter, as far as it has the form of one; what is wrong with it the planner says.
    fn filter(&self, entity: &'static EntityModel, value: &Value) -> Walk {
        let entries = match value {
            Value::Object(entries) => entries,
            Value::List(items) => return items.iter().try_for_each(|item| self.filter(entity, item)),
            _ => return Ok(()),
        };
        let model = self.planner.model;
        for (name, value) in entries.iter().filter(|(_, value)| **value != Value::Null) {
            match (name.as_str(), entity.members.get(name.as_str())) {
                ("and" | "or" | "not", _) => self.filter(entity, value)?,
                (_, Some(Member::One(one))) => {
                    let target = model.entity(one.target);
                    self.need(target.decl.needs.read)?;
                    self.filter(target, value)?;
                }
                (_, Some(Member::Many(many))) => {
                    let target = model.entity(many.target);
                    self.need(target.decl.needs.read)?;
                    if let Value::Object(quantified) = value {
                        quantified.values().try_for_each(|value| self.filter(target, value))?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The fields that are selected of a type. An unknown fragment, which validation has refused, selects nothing.
    pub fn collect(&self, type_name: &str, abstracts: Option<&[&str]>, sets: &[&'a SelectionSet]) -> Collected<'a> {
        self.planner.document.collect(type_name, abstracts, sets).unwrap_or_default()
    }
}
