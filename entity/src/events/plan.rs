//! What a client has selected of events, and which rows that takes.

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::parser::types::SelectionSet;
use uuid::Uuid;

use super::{Event, EventRoot, EventType, FieldOf, Presence, ROW, Value};
use crate::declare::EntityDecl;
use crate::model::EntityModel;
use crate::plan::collect::{Collected, selection_sets};
use crate::plan::permit::{MissingRight, RightsWalk};
use crate::plan::{Lookup, PlanError, Planner};

/// What is selected of the events of a root field. Owned, and the same for all viewers with the same rights.
#[derive(Debug)]
pub struct EventPlan {
    pub(super) objects: Vec<(&'static EventType, ObjectPlan)>,
    pub(super) lookups: Vec<Lookup>,
    /// The look-up of a root field that is a row.
    pub(super) row: Option<usize>,
    /// The look-ups that only say whether a row is visible, by the entity's position.
    subjects: HashMap<usize, usize>,
    /// The same for rows that were deleted and are still there.
    departed: HashMap<usize, usize>,
    /// Nothing but `__typename` is selected of any type.
    is_bare: bool,
}

/// What is selected of one type.
#[derive(Debug)]
pub(super) struct ObjectPlan {
    pub(super) name: &'static str,
    pub(super) fields: Vec<(Name, FieldPlan)>,
}

/// A field of the selection; `value` is its position in the type.
#[derive(Debug)]
pub(super) enum FieldPlan {
    Typename,
    Leaf { value: usize },
    Row { value: usize, lookup: usize, presence: Presence },
    Node { value: usize, lookups: HashMap<usize, usize> },
    Object { value: usize, plan: ObjectPlan },
}

/// The rows that events take: keys by look-up.
#[derive(Debug, Default, Clone)]
pub struct Wanted(pub(super) HashMap<usize, Vec<Uuid>>);

impl Wanted {
    /// Adds a row, once.
    pub fn add(&mut self, lookup: usize, id: Uuid) {
        let ids = self.0.entry(lookup).or_default();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }

    /// Whether nothing is wanted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The look-ups of which rows are wanted.
    pub fn lookups(&self) -> impl Iterator<Item = usize> {
        self.0.keys().copied()
    }

    /// Adds what somebody else wants.
    pub fn extend(&mut self, other: &Self) {
        for (lookup, ids) in &other.0 {
            ids.iter().for_each(|id| self.add(*lookup, *id));
        }
    }
}

impl EventPlan {
    /// Whether anything is selected of events of this type. Others need not be sent.
    ///
    /// `__typename` alone is nothing, because clients add it everywhere; unless nothing else is selected of any type.
    #[must_use]
    pub fn selects(&self, ty: &EventType) -> bool {
        if std::ptr::eq(ty, &ROW) {
            return self.row.is_some();
        }
        self.object(ty).is_some_and(|plan| plan.has_values() || self.is_bare && !plan.fields.is_empty())
    }

    /// The look-ups of rows.
    #[must_use]
    pub fn lookups(&self) -> &[Lookup] {
        &self.lookups
    }

    /// The sensitive entities of which events show more than the key.
    #[must_use]
    pub fn sensitive(&self) -> Vec<&'static EntityDecl> {
        self.lookups.iter().flat_map(Lookup::sensitive_beyond_key).collect()
    }

    /// The look-up that says whether the row that an event is about is visible: that of a selected field, where there is
    /// one. `None` for an entity that may not be seen at all.
    #[must_use]
    pub fn subject(&self, event: &Event, entity: usize) -> Option<usize> {
        if self.row.is_some() && std::ptr::eq(event.ty, &ROW) {
            return self.row;
        }
        let selected =
            self.object(event.ty).into_iter().flat_map(|plan| &plan.fields).find_map(|(_, field)| match field {
                FieldPlan::Row { lookup, .. } if self.lookups[*lookup].entity.index == entity => Some(*lookup),
                FieldPlan::Node { lookups, .. } => lookups.get(&entity).copied(),
                _ => None,
            });
        selected.or_else(|| self.subjects.get(&entity).copied())
    }

    /// The look-up that says whether a row of an entity is visible, whatever is selected.
    #[must_use]
    pub fn seen(&self, entity: usize) -> Option<usize> {
        self.subjects.get(&entity).copied()
    }

    /// The look-up that says whether a row is visible, or would be had it not been deleted; `None` where rows do not stay.
    #[must_use]
    pub fn departed(&self, entity: usize) -> Option<usize> {
        self.departed.get(&entity).copied()
    }

    /// Adds the rows that an event takes.
    pub fn want(&self, event: &Event, wanted: &mut Wanted) {
        if let (Some(lookup), [Value::Row(_, id)]) = (self.row, event.values.as_slice()) {
            wanted.add(lookup, *id);
        } else if let Some(plan) = self.object(event.ty) {
            plan.want(event, wanted);
        }
    }

    pub(super) fn object(&self, ty: &EventType) -> Option<&ObjectPlan> {
        self.objects.iter().find(|(known, _)| std::ptr::eq(*known, ty)).map(|(_, plan)| plan)
    }
}

impl ObjectPlan {
    fn has_values(&self) -> bool {
        self.fields.iter().any(|(_, field)| !matches!(field, FieldPlan::Typename))
    }

    fn want(&self, event: &Event, wanted: &mut Wanted) {
        for (_, field) in &self.fields {
            match field {
                FieldPlan::Typename | FieldPlan::Leaf { .. } => {}
                FieldPlan::Row { value, lookup, .. } => {
                    if let Some(Value::Row(_, id)) = event.values.get(*value) {
                        wanted.add(*lookup, *id);
                    }
                }
                FieldPlan::Node { value, lookups } => {
                    if let Some(Value::Row(entity, id)) = event.values.get(*value)
                        && let Some(lookup) = lookups.get(entity)
                    {
                        wanted.add(*lookup, *id);
                    }
                }
                FieldPlan::Object { value, plan } => match event.values.get(*value) {
                    Some(Value::Object(inner)) => plan.want(inner, wanted),
                    Some(Value::Objects(all)) => all.iter().for_each(|inner| plan.want(inner, wanted)),
                    _ => {}
                },
            }
        }
    }
}

/// Plans a root field's selection. `seen` are the entities whose rows its events may be about.
///
/// # Errors
/// A right that is missing, arguments that do not fit, or a limit that is passed.
pub fn plan_events<'a>(
    planner: &Planner<'a>,
    root: &EventRoot,
    seen: &[&'static EntityModel],
    sets: &[&'a SelectionSet],
) -> Result<EventPlan, PlanError> {
    let mut planning = Planning { planner, seen, lookups: Vec::new() };
    let (mut objects, mut row) = (Vec::new(), None);
    match root {
        EventRoot::Row(name) => row = Some(planning.lookup(entity(planner, name)?, sets)?),
        EventRoot::Object(ty) => objects.push((*ty, planning.object(ty, None, sets)?)),
        EventRoot::Union(union) => {
            for ty in union.members {
                objects.push((*ty, planning.object(ty, Some(union.name), sets)?));
            }
        }
    }
    let (mut subjects, mut departed) = (HashMap::new(), HashMap::new());
    for entity in seen {
        subjects.insert(entity.index, planning.lookup(entity, &[])?);
        if entity.decl.soft_delete {
            planning.lookups.push(planner.lookup(entity, Vec::new(), true, &[])?);
            departed.insert(entity.index, planning.lookups.len() - 1);
        }
    }
    let is_bare = !objects.iter().any(|(_, plan)| plan.has_values());
    Ok(EventPlan { objects, lookups: planning.lookups, row, subjects, departed, is_bare })
}

fn entity(planner: &Planner<'_>, name: &str) -> Result<&'static EntityModel, PlanError> {
    planner.model.by_name(name).ok_or_else(|| PlanError::input(format!("There is no type {name}.")))
}

struct Planning<'p, 'a> {
    planner: &'p Planner<'a>,
    seen: &'p [&'static EntityModel],
    lookups: Vec<Lookup>,
}

impl<'a> Planning<'_, 'a> {
    /// Rows that were deleted are gone.
    fn lookup(&mut self, entity: &'static EntityModel, sets: &[&'a SelectionSet]) -> Result<usize, PlanError> {
        let plan = self.planner.lookup(entity, Vec::new(), false, sets)?;
        self.lookups.push(plan);
        Ok(self.lookups.len() - 1)
    }

    fn object(
        &mut self,
        ty: &'static EventType,
        union: Option<&'static str>,
        sets: &[&'a SelectionSet],
    ) -> Result<ObjectPlan, PlanError> {
        let abstracts: Vec<&str> = union.into_iter().collect();
        let mut fields = Vec::new();
        for (key, selected) in self.planner.document.collect(ty.name, Some(&abstracts), sets)? {
            fields.push((key.clone(), self.field(ty, &selected)?));
        }
        Ok(ObjectPlan { name: ty.name, fields })
    }

    fn field(
        &mut self,
        ty: &'static EventType,
        selected: &[&'a async_graphql::Positioned<async_graphql::parser::types::Field>],
    ) -> Result<FieldPlan, PlanError> {
        let name = selected.first().map(|field| field.node.name.node.as_str()).unwrap_or_default();
        let Some((value, field)) = ty.fields.iter().enumerate().find(|(_, field)| field.name == name) else {
            if name == "__typename" {
                return Ok(FieldPlan::Typename);
            }
            return Err(PlanError::input(format!("{} has no field {name}.", ty.name)));
        };
        let sets = selection_sets(selected);
        Ok(match field.ty {
            FieldOf::Leaf(_) => FieldPlan::Leaf { value },
            FieldOf::Row(name, presence) => {
                FieldPlan::Row { value, lookup: self.lookup(entity(self.planner, name)?, &sets)?, presence }
            }
            FieldOf::Node => {
                let mut lookups = HashMap::new();
                for entity in self.seen {
                    lookups.insert(entity.index, self.lookup(entity, &sets)?);
                }
                FieldPlan::Node { value, lookups }
            }
            FieldOf::Object(of, _) | FieldOf::Objects(of) => {
                FieldPlan::Object { value, plan: self.object(of, None, &sets)? }
            }
        })
    }
}

/// Looks for the first right that a root field's selection lacks, as [`RightsWalk`] does for entities.
///
/// # Errors
/// The first missing right.
pub fn walk_events<'a>(
    walk: &mut RightsWalk<'_, 'a>,
    planner: &Planner<'a>,
    root: &EventRoot,
    seen: &[&'static EntityModel],
    sets: &[&'a SelectionSet],
) -> Result<(), MissingRight> {
    match root {
        EventRoot::Row(name) => match planner.model.by_name(name) {
            Some(entity) => {
                walk.need(entity.decl.needs.read)?;
                walk.object(entity, sets)
            }
            None => Ok(()),
        },
        EventRoot::Object(ty) => walk_object(walk, planner, ty, None, seen, sets),
        EventRoot::Union(union) => {
            let name = Some(union.name);
            union.members.iter().try_for_each(|ty| walk_object(walk, planner, ty, name, seen, sets))
        }
    }
}

fn walk_object<'a>(
    walk: &mut RightsWalk<'_, 'a>,
    planner: &Planner<'a>,
    ty: &'static EventType,
    union: Option<&'static str>,
    seen: &[&'static EntityModel],
    sets: &[&'a SelectionSet],
) -> Result<(), MissingRight> {
    let abstracts: Vec<&str> = union.into_iter().collect();
    let collected: Collected<'a> = walk.collect(ty.name, Some(&abstracts), sets);
    for (key, selected) in collected {
        let name = selected.first().map(|field| field.node.name.node.as_str()).unwrap_or_default();
        let Some(field) = ty.fields.iter().find(|field| field.name == name) else { continue };
        let sets = selection_sets(&selected);
        walk.below(key, |walk| match field.ty {
            FieldOf::Leaf(_) => Ok(()),
            FieldOf::Row(name, _) => match planner.model.by_name(name) {
                Some(entity) => {
                    walk.need(entity.decl.needs.read)?;
                    walk.object(entity, &sets)
                }
                None => Ok(()),
            },
            FieldOf::Node => seen.iter().try_for_each(|entity| {
                walk.need(entity.decl.needs.read)?;
                walk.object(entity, &sets)
            }),
            FieldOf::Object(of, _) | FieldOf::Objects(of) => walk_object(walk, planner, of, None, seen, &sets),
        })?;
    }
    Ok(())
}
