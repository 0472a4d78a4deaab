//! Measures a parsed document with its fragments expanded.
//!
//! Each fragment is measured once and its size added wherever it is spread, so the work is linear
//! in the text while the numbers may be exponential. Recursion goes no deeper than the limits on
//! depth and fragments allow, because a branch that passes them is not followed.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, FragmentDefinition, Selection, SelectionSet};
use async_graphql::{Name, Pos, Positioned};

use super::{LimitError, Limits, code};

/// The size of a selection, fragments expanded. Counts stop at their type's maximum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// The most fields inside each other.
    pub depth: usize,
    /// The most fragments inside each other.
    pub fragment_depth: usize,
    /// Fields of the selection itself, without those below.
    pub root_fields: usize,
    /// All fields.
    pub fields: usize,
    /// All aliases.
    pub aliases: usize,
}

/// Checks every operation and every fragment of a document; a fragment that no operation uses is
/// validated all the same and costs as much. Returns the largest operation's size, field by field.
///
/// # Errors
/// The first limit passed, with the place where it was; or a fragment that contains itself.
/// Unknown fragments count nothing, because validation refuses them by name.
pub fn measure(document: &ExecutableDocument, limits: &Limits) -> Result<Size, LimitError> {
    let mut measuring =
        Measuring { limits, fragments: &document.fragments, known: HashMap::with_capacity(document.fragments.len()) };
    let mut largest = Size::default();
    for (_, operation) in document.operations.iter() {
        let place = Place { is_root: true, ..Place::default() };
        let size = measuring.selection(&operation.node.selection_set.node, place)?;
        largest = Size {
            depth: largest.depth.max(size.depth),
            fragment_depth: largest.fragment_depth.max(size.fragment_depth),
            root_fields: largest.root_fields.max(size.root_fields),
            fields: largest.fields.max(size.fields),
            aliases: largest.aliases.max(size.aliases),
        };
    }
    for (name, fragment) in &document.fragments {
        measuring.fragment(name, fragment, fragment.pos, Place::default())?;
    }
    Ok(largest)
}

/// Where in the expanded document a selection stands.
#[derive(Clone, Copy, Default)]
struct Place {
    /// Fields around it.
    depth: usize,
    /// Fragments around it.
    fragment_depth: usize,
    /// Whether its fields are fields of the operation.
    is_root: bool,
}

enum Known {
    /// Being measured further up: to meet it again means a cycle.
    Open,
    Measured(Size),
}

struct Measuring<'a> {
    limits: &'a Limits,
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    known: HashMap<&'a str, Known>,
}

impl<'a> Measuring<'a> {
    fn selection(&mut self, set: &'a SelectionSet, place: Place) -> Result<Size, LimitError> {
        let mut total = Size::default();
        for item in &set.items {
            let size = match &item.node {
                Selection::Field(field) => {
                    let depth = place.depth + 1;
                    self.check_depth(depth, item.pos)?;
                    let inner = Place { depth, is_root: false, ..place };
                    let below = self.selection(&field.node.selection_set.node, inner)?;
                    let is_alias = field.node.alias.is_some();
                    Size {
                        depth: below.depth + 1,
                        fragment_depth: below.fragment_depth,
                        root_fields: 1,
                        fields: below.fields.saturating_add(1),
                        aliases: below.aliases.saturating_add(usize::from(is_alias)),
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let inner = self.enter_fragment(place, item.pos)?;
                    let size = self.selection(&fragment.node.selection_set.node, inner)?;
                    Size { fragment_depth: size.fragment_depth + 1, ..size }
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    let Some((name, fragment)) = self.fragments.get_key_value(name) else {
                        continue;
                    };
                    let inner = self.enter_fragment(place, item.pos)?;
                    let size = self.fragment(name, fragment, item.pos, inner)?;
                    Size { fragment_depth: size.fragment_depth + 1, ..size }
                }
            };
            total = Size {
                depth: total.depth.max(size.depth),
                fragment_depth: total.fragment_depth.max(size.fragment_depth),
                root_fields: total.root_fields.saturating_add(size.root_fields),
                fields: total.fields.saturating_add(size.fields),
                aliases: total.aliases.saturating_add(size.aliases),
            };
            self.check_counts(&total, place.is_root, item.pos)?;
        }
        Ok(total)
    }

    /// The size of a fragment that is spread at `place`.
    fn fragment(
        &mut self,
        name: &'a Name,
        fragment: &'a Positioned<FragmentDefinition>,
        spread_at: Pos,
        place: Place,
    ) -> Result<Size, LimitError> {
        match self.known.get(name.as_str()) {
            Some(Known::Open) => {
                return Err(LimitError {
                    code: code::FRAGMENT_CYCLE,
                    message: format!("The fragment {name} contains itself."),
                    position: spread_at,
                });
            }
            Some(&Known::Measured(size)) => {
                self.check_depth(place.depth + size.depth, spread_at)?;
                self.check_fragment_depth(place.fragment_depth + size.fragment_depth, spread_at)?;
                return Ok(size);
            }
            None => {}
        }
        self.known.insert(name, Known::Open);
        let size = self.selection(&fragment.node.selection_set.node, place)?;
        self.known.insert(name, Known::Measured(size));
        Ok(size)
    }

    fn enter_fragment(&self, place: Place, at: Pos) -> Result<Place, LimitError> {
        let fragment_depth = place.fragment_depth + 1;
        self.check_fragment_depth(fragment_depth, at)?;
        Ok(Place { fragment_depth, ..place })
    }

    fn check_depth(&self, depth: usize, at: Pos) -> Result<(), LimitError> {
        within(depth, self.limits.depth, code::DEPTH_LIMIT, at, |limit| {
            format!("Fields may be nested at most {limit} deep.")
        })
    }

    fn check_fragment_depth(&self, depth: usize, at: Pos) -> Result<(), LimitError> {
        let limit = self.limits.fragment_depth;
        within(depth, limit, code::FRAGMENT_LIMIT, at, |limit| format!("Fragments may be nested at most {limit} deep."))
    }

    fn check_counts(&self, size: &Size, is_root: bool, at: Pos) -> Result<(), LimitError> {
        if is_root {
            let limit = self.limits.root_fields;
            within(size.root_fields, limit, code::ROOT_FIELD_LIMIT, at, |limit| {
                format!("An operation may have at most {limit} fields at its root.")
            })?;
        }
        within(size.aliases, self.limits.aliases, code::ALIAS_LIMIT, at, |limit| {
            format!("An operation may have at most {limit} aliases.")
        })?;
        within(size.fields, self.limits.fields, code::FIELD_LIMIT, at, |limit| {
            format!("An operation may have at most {limit} fields.")
        })
    }
}

fn within(
    count: usize,
    limit: usize,
    code: &'static str,
    position: Pos,
    message: impl FnOnce(usize) -> String,
) -> Result<(), LimitError> {
    if count <= limit {
        return Ok(());
    }
    Err(LimitError { code, message: message(limit), position })
}

#[cfg(test)]
mod tests;
