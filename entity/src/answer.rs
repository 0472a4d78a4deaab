//! Writes loaded rows as JSON, in the order of the selection.

use async_graphql::{Name, PathSegment};

use crate::access::{Right, Rights};
use crate::kind::write_text;
use crate::late::{LateError, write_made};
use crate::model::Model;
use crate::plan::abilities::{Abilities, AbilitiesField, Ability, AbilityField};
use crate::plan::collect::Collected;
use crate::plan::{Connection, EdgeField, Lookup, Node, NodeField, PageField, Shape};
use crate::run::Loaded;

/// A non-null field had no value: its parent becomes null.
pub struct Missing;

/// A statement's rows with what was selected in it.
#[derive(Clone, Copy)]
struct At<'p> {
    shape: &'p Shape,
    loaded: &'p Loaded,
}

impl At<'_> {
    fn has(self, node: &Node, row: usize) -> bool {
        node.presence.is_none_or(|column| self.loaded.rows.cell(row, column).is_some())
    }
}

/// The JSON text of a root field, and the errors met on the way.
#[derive(Debug, Default)]
pub struct Answer {
    /// JSON text.
    pub json: String,
    /// Paths, below the root field, of non-null relations whose row is not visible.
    pub missing: Vec<Vec<PathSegment>>,
    /// Paths, below the root field, of late fields that have no answer, and why.
    pub refused: Vec<(Vec<PathSegment>, LateError)>,
    /// Of a mutation: the inputs, as paths, for which its payload says FORBIDDEN.
    pub forbidden: Vec<Vec<String>>,
    path: Vec<PathSegment>,
}

impl Answer {
    fn key(&mut self, first: &mut bool, key: &Name) {
        if !*first {
            self.json.push(',');
        }
        *first = false;
        // Response keys are GraphQL names: nothing to escape.
        self.json.push('"');
        self.json.push_str(key.as_str());
        self.json.push_str("\":");
    }

    fn quoted(&mut self, plain: &str) {
        self.json.push('"');
        self.json.push_str(plain);
        self.json.push('"');
    }

    fn flag(&mut self, value: bool) {
        self.json.push_str(if value { "true" } else { "false" });
    }

    /// Writes a root connection.
    ///
    /// # Errors
    /// [`Missing`] when the connection itself becomes null.
    pub fn root_connection(&mut self, plan: &Connection, loaded: &Loaded) -> Result<(), Missing> {
        self.page(plan, loaded, (0, loaded.rows.len()), loaded.count)
    }

    /// Writes the rows of a look-up with this id, or null.
    ///
    /// # Errors
    /// [`Missing`] when the object cannot be written.
    pub fn looked_up(&mut self, plan: &Lookup, loaded: &Loaded, row: usize) -> Result<(), Missing> {
        self.object(&plan.node, At { shape: &plan.shape, loaded }, row)
    }

    /// The row of a look-up with this id.
    #[must_use]
    pub fn row_of(loaded: &Loaded, id: uuid::Uuid) -> Option<usize> {
        (0..loaded.rows.len()).find(|row| loaded.rows.uuid(*row, 0) == Some(id))
    }

    /// Writes rights as `viewer.permissions`, in order of the codes.
    pub fn permissions(&mut self, model: &Model, rights: Rights, wanted: &Collected<'_>) {
        let mut all: Vec<Right> = rights.iter(model.processes).collect();
        all.sort_by_key(|right| (right.process.code, right.action));
        self.json.push('[');
        for (index, right) in all.into_iter().enumerate() {
            self.json.push_str(if index > 0 { ",{" } else { "{" });
            let mut first = true;
            for (key, fields) in wanted {
                self.key(&mut first, key);
                match fields[0].node.name.node.as_str() {
                    "process" => self.quoted(right.process.code),
                    "action" => self.quoted(right.action.as_str()),
                    _ => self.quoted("ViewerPermission"),
                }
            }
            self.json.push('}');
        }
        self.json.push(']');
    }

    fn page(&mut self, plan: &Connection, loaded: &Loaded, span: (usize, usize), count: i64) -> Result<(), Missing> {
        let (start, found) = span;
        let shown = found.min(plan.limit);
        let more = found > plan.limit;
        let at = At { shape: &plan.shape, loaded };
        // Backward pages are read from the end and shown in order.
        let row_at = |index: usize| if plan.backward { start + shown - 1 - index } else { start + index };
        self.json.push('{');
        let mut first = true;
        for (key, field) in &plan.fields {
            self.key(&mut first, key);
            match field {
                PageField::Typename(name) => self.quoted(name),
                PageField::TotalCount => self.json.push_str(&count.to_string()),
                PageField::PageInfo(wanted) => self.page_info(plan, loaded, wanted, shown, more, &row_at),
                PageField::Nodes(node) => {
                    self.list(key, shown, |answer, index| answer.object(node, at, row_at(index)))?
                }
                PageField::Edges(fields) => {
                    self.list(key, shown, |answer, index| answer.edge(plan, fields, at, row_at(index)))?;
                }
            }
        }
        self.json.push('}');
        Ok(())
    }

    fn list(
        &mut self,
        key: &Name,
        length: usize,
        mut item: impl FnMut(&mut Self, usize) -> Result<(), Missing>,
    ) -> Result<(), Missing> {
        self.path.push(PathSegment::Field(key.to_string()));
        self.json.push('[');
        for index in 0..length {
            if index > 0 {
                self.json.push(',');
            }
            self.path.push(PathSegment::Index(index));
            item(self, index)?;
            self.path.pop();
        }
        self.json.push(']');
        self.path.pop();
        Ok(())
    }

    fn page_info(
        &mut self,
        plan: &Connection,
        loaded: &Loaded,
        wanted: &[(Name, String)],
        shown: usize,
        more: bool,
        row_at: &dyn Fn(usize) -> usize,
    ) {
        self.json.push('{');
        let mut first = true;
        for (key, name) in wanted {
            self.key(&mut first, key);
            match name.as_str() {
                "hasNextPage" => self.flag(if plan.backward { plan.from.is_some() } else { more }),
                "hasPreviousPage" => self.flag(if plan.backward { more } else { plan.from.is_some() }),
                "startCursor" | "endCursor" if shown == 0 => self.json.push_str("null"),
                "startCursor" => {
                    plan.ordering.write_cursor(&loaded.rows, row_at(0), &plan.cursor_columns, &mut self.json)
                }
                "endCursor" => {
                    plan.ordering.write_cursor(&loaded.rows, row_at(shown - 1), &plan.cursor_columns, &mut self.json)
                }
                _ => self.quoted("PageInfo"),
            }
        }
        self.json.push('}');
    }

    fn edge(&mut self, plan: &Connection, fields: &[(Name, EdgeField)], at: At<'_>, row: usize) -> Result<(), Missing> {
        self.json.push('{');
        let mut first = true;
        for (key, field) in fields {
            self.key(&mut first, key);
            match field {
                EdgeField::Typename(name) => self.quoted(name),
                EdgeField::Cursor => {
                    plan.ordering.write_cursor(&at.loaded.rows, row, &plan.cursor_columns, &mut self.json)
                }
                EdgeField::Node(node) => {
                    self.path.push(PathSegment::Field(key.to_string()));
                    self.object(node, at, row)?;
                    self.path.pop();
                }
            }
        }
        self.json.push('}');
        Ok(())
    }

    fn object(&mut self, node: &Node, at: At<'_>, row: usize) -> Result<(), Missing> {
        self.json.push('{');
        let mut first = true;
        for (key, field) in &node.fields {
            self.key(&mut first, key);
            match field {
                NodeField::Typename => self.quoted(node.type_name),
                NodeField::Cell { column, kind, nullable } => match at.loaded.rows.cell(row, *column) {
                    Some(bytes) => kind.write(bytes, &mut self.json),
                    None if *nullable => self.json.push_str("null"),
                    None => return self.missing(key),
                },
                NodeField::Late { index, nullable, object } => {
                    let answer = at.loaded.late.get(*index).and_then(|answers| answers.get(&row));
                    match answer {
                        Some(Ok(value)) if *nullable || !value.is_null() => {
                            let object = object.as_ref().map(|(decl, selection)| (*decl, selection));
                            write_made(value, object, &mut self.json);
                        }
                        Some(Err(why)) => {
                            let mut path = self.path.clone();
                            path.push(PathSegment::Field(key.to_string()));
                            self.refused.push((path, why.clone()));
                            if !*nullable {
                                return Err(Missing);
                            }
                            self.json.push_str("null");
                        }
                        None if *nullable => self.json.push_str("null"),
                        _ => return self.missing(key),
                    }
                }
                NodeField::Abilities(abilities) => self.abilities(abilities, at, row),
                NodeField::One { node, nullable } => self.related(key, node, *nullable, at, row)?,
                NodeField::Union { nodes, nullable } => match nodes.iter().find(|node| at.has(node, row)) {
                    Some(node) => self.related(key, node, *nullable, at, row)?,
                    None if *nullable => self.json.push_str("null"),
                    None => return self.missing(key),
                },
                NodeField::Many(index) => {
                    // The planner made one plan and the runner one result for each index.
                    let (Some(many), Some(loaded)) = (at.shape.many.get(*index), at.loaded.many.get(*index)) else {
                        return self.missing(key);
                    };
                    let page = at.loaded.rows.uuid(row, many.parent).and_then(|id| loaded.keys.get(&id)).copied();
                    let span = page.and_then(|page| loaded.spans.get(page)).copied().unwrap_or_default();
                    let count = page.and_then(|page| loaded.counts.get(page)).copied().unwrap_or_default();
                    self.path.push(PathSegment::Field(key.to_string()));
                    self.page(&many.connection, &loaded.loaded, span, count)?;
                    self.path.pop();
                }
            }
        }
        self.json.push('}');
        Ok(())
    }

    fn abilities(&mut self, abilities: &Abilities, at: At<'_>, row: usize) {
        self.json.push('{');
        let mut first = true;
        for (key, field) in &abilities.fields {
            self.key(&mut first, key);
            match field {
                AbilitiesField::Typename => self.quoted(&abilities.type_name),
                AbilitiesField::Ability(ability) => self.ability(ability, at, row),
            }
        }
        self.json.push('}');
    }

    fn ability(&mut self, ability: &Ability, at: At<'_>, row: usize) {
        let reason = ability.reason(&at.loaded.rows, row);
        self.json.push('{');
        let mut first = true;
        for (key, field) in &ability.fields {
            self.key(&mut first, key);
            match (field, reason) {
                (AbilityField::Typename, _) => self.quoted("Ability"),
                (AbilityField::Allowed, _) => self.flag(reason.is_none()),
                (AbilityField::Reason, Some(reason)) => write_text(reason, &mut self.json),
                (AbilityField::Reason, None) => self.json.push_str("null"),
            }
        }
        self.json.push('}');
    }

    fn missing(&mut self, key: &Name) -> Result<(), Missing> {
        let mut path = self.path.clone();
        path.push(PathSegment::Field(key.to_string()));
        self.missing.push(path);
        Err(Missing)
    }

    fn related(&mut self, key: &Name, node: &Node, nullable: bool, at: At<'_>, row: usize) -> Result<(), Missing> {
        if !at.has(node, row) {
            if nullable {
                self.json.push_str("null");
                return Ok(());
            }
            return self.missing(key);
        }
        let (length, depth) = (self.json.len(), self.path.len());
        self.path.push(PathSegment::Field(key.to_string()));
        match self.object(node, at, row) {
            Err(Missing) if nullable => {
                self.json.truncate(length);
                self.path.truncate(depth);
                self.json.push_str("null");
                Ok(())
            }
            outcome => {
                self.path.truncate(depth);
                outcome
            }
        }
    }
}
