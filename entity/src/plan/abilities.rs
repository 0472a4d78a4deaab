//! `viewerCan`: which verbs the viewer may use on an object, and why not.
//!
//! Rights are known at planning, so most of it is constant. What a row adds costs no statement: whether it is deleted,
//! and, where row rules let see more than change, the declared expression, both selected beside its other columns.

use async_graphql::Name;
use async_graphql::parser::types::SelectionSet;

use super::collect::selection_sets;
use super::{PlanError, Planner, Shape};
use crate::model::{EntityModel, Verb, VerbKind, words};
use crate::rows::Rows;
use crate::schema::abilities_name;

/// `viewerCan` as it was selected.
#[derive(Debug)]
pub struct Abilities {
    /// GraphQL type.
    pub type_name: String,
    /// Fields in the order of the selection.
    pub fields: Vec<(Name, AbilitiesField)>,
}

/// A field of `viewerCan`.
#[derive(Debug)]
pub enum AbilitiesField {
    /// `__typename`.
    Typename,
    /// A verb.
    Ability(Ability),
}

/// Whether a verb may be used, as it was selected.
#[derive(Debug)]
pub struct Ability {
    /// What is asked, in the order of the selection.
    pub fields: Vec<(Name, AbilityField)>,
    /// Reasons against it, the most telling first.
    obstacles: Vec<Obstacle>,
}

/// A field of an `Ability`.
#[derive(Debug, Clone, Copy)]
pub enum AbilityField {
    /// `__typename`.
    Typename,
    /// `allowed`.
    Allowed,
    /// `reason`.
    Reason,
}

/// A reason against a verb.
#[derive(Debug)]
struct Obstacle {
    stands: When,
    reason: String,
}

/// When a reason holds; columns are positions in the row.
#[derive(Debug, Clone, Copy)]
enum When {
    Always,
    NotNull(usize),
    Null(usize),
    NotTrue(usize),
}

impl Ability {
    /// The first reason against it for this row; none when it may be used.
    #[must_use]
    pub fn reason(&self, rows: &Rows, row: usize) -> Option<&str> {
        let stands = |obstacle: &&Obstacle| match obstacle.stands {
            When::Always => true,
            When::NotNull(column) => rows.cell(row, column).is_some(),
            When::Null(column) => rows.cell(row, column).is_none(),
            When::NotTrue(column) => !rows.is_true(row, column),
        };
        self.obstacles.iter().find(stands).map(|obstacle| obstacle.reason.as_str())
    }
}

pub(super) fn abilities<'a>(
    planner: &Planner<'a>,
    entity: &'static EntityModel,
    alias: &str,
    sets: &[&'a SelectionSet],
    shape: &mut Shape,
) -> Result<Abilities, PlanError> {
    let type_name = abilities_name(entity);
    let mut fields = Vec::new();
    for (key, selected) in planner.document.collect(&type_name, None, sets)? {
        let name = selected[0].node.name.node.as_str();
        let verb = entity.verbs.get(name).and_then(|mutation| planner.model.mutations.get(mutation));
        let planned = match verb {
            None if name == "__typename" => AbilitiesField::Typename,
            None => return Err(PlanError::input(format!("{type_name} has no field {name}."))),
            Some(verb) => {
                let mut wanted = Vec::new();
                for (key, asked) in planner.document.collect("Ability", None, &selection_sets(&selected))? {
                    let field = match asked[0].node.name.node.as_str() {
                        "allowed" => AbilityField::Allowed,
                        "reason" => AbilityField::Reason,
                        _ => AbilityField::Typename,
                    };
                    wanted.push((key.clone(), field));
                }
                let obstacles = obstacles(planner, entity, verb, alias, shape);
                AbilitiesField::Ability(Ability { fields: wanted, obstacles })
            }
        };
        fields.push((key.clone(), planned));
    }
    Ok(Abilities { type_name, fields })
}

fn obstacles(
    planner: &Planner<'_>,
    entity: &'static EntityModel,
    verb: &Verb,
    alias: &str,
    shape: &mut Shape,
) -> Vec<Obstacle> {
    if !planner.rights.allows(verb.right) {
        return vec![Obstacle { stands: When::Always, reason: verb.right.refusal() }];
    }
    let name = words(entity.decl.name);
    let mut obstacles = Vec::new();
    if entity.decl.soft_delete {
        let deleted_at = shape.column("{t}.deleted_at", alias);
        obstacles.push(match verb.kind {
            VerbKind::Restore | VerbKind::Purge => {
                Obstacle { stands: When::Null(deleted_at), reason: format!("This {name} is not deleted.") }
            }
            _ => Obstacle {
                stands: When::NotNull(deleted_at),
                reason: format!("This {name} was deleted; restore it first."),
            },
        });
    }
    if let Some(writable) = entity.decl.writable {
        let writable = shape.column(&format!("({writable})"), alias);
        obstacles.push(Obstacle { stands: When::NotTrue(writable), reason: read_only(&name) });
    }
    obstacles
}

/// What is said of a row that may be seen, but not changed.
pub(crate) fn read_only(name: &str) -> String {
    format!("You may see this {name}, but not change it: it is not yours and not shared with you for changes.")
}
