//! Plans one statement per level: a page of an entity (or a look-up by key) with its to-one relations joined.

use async_graphql::parser::types::{Field, SelectionSet};
use async_graphql::{Name, Positioned, Value};
use uuid::Uuid;

use super::PlanError;
use super::abilities::abilities;
use super::collect::{Collected, Document, selection_sets};
use super::cond::Cond;
use super::filter::{live, read_filter};
use super::order::Ordering;
use super::tree::{Connection, EdgeField, Lookup, Many, Node, NodeField, PageField, Shape};
use crate::access::{Right, Rights};
use crate::declare::{EntityDecl, FieldDecl, UnionDecl};
use crate::late::LateColumn;
use crate::model::{EntityModel, Member, Model, OneMember, ScalarMember};
use crate::sql::Bind;

/// Page sizes and the budget of one operation.
#[derive(Debug, Clone, Copy)]
pub struct Paging {
    /// Rows of a page when neither `first` nor `last` is given.
    pub default_first: usize,
    /// Largest page.
    pub max_first: usize,
    /// Most rows one operation may ask for, all levels multiplied out.
    pub max_rows: usize,
}

impl Default for Paging {
    fn default() -> Self {
        Self { default_first: 25, max_first: 250, max_rows: 100_000 }
    }
}

impl Shape {
    /// The position of a value over `{t}`, selected once. A search is cheaper than a hash at the usual dozen of columns.
    pub(super) fn column(&mut self, template: &str, alias: &str) -> usize {
        let sql = match template.strip_prefix("{t}") {
            // Nearly always it is one column.
            Some(rest) if !rest.contains('{') => [alias, rest].concat(),
            _ => template.replace("{t}", alias),
        };
        self.columns.iter().position(|known| *known == sql).unwrap_or_else(|| {
            self.columns.push(sql);
            self.columns.len() - 1
        })
    }

    /// The alias of a joined table; the same join is made once.
    fn join(
        &mut self,
        target: &'static EntityDecl,
        from: &str,
        one: &OneMember,
        living: bool,
        when: Option<&str>,
    ) -> String {
        let (table, here, there) = (target.table, one.here, one.there);
        let key = format!("{from}|{table}|{here}|{there}|{}", when.unwrap_or_default());
        if let Some(alias) = self.join_index.get(&key) {
            return alias.clone();
        }
        if target.sensitive {
            self.sensitive.push(target);
        }
        let alias = format!("t{}", self.joins.len() + 1);
        let tenant = if target.global { String::new() } else { format!("{alias}.tenant_id = {from}.tenant_id and ") };
        let when = when.map_or_else(String::new, |when| format!(" and ({})", when.replace("{t}", from)));
        let living = if living { format!(" and {alias}.deleted_at is null") } else { String::new() };
        self.joins.push(format!("left join {table} {alias} on {tenant}{alias}.{there} = {from}.{here}{living}{when}"));
        self.join_index.insert(key, alias.clone());
        alias
    }
}

/// Plans selections of one request.
pub struct Planner<'a> {
    /// The schema.
    pub model: &'static Model,
    /// Fragments and variables.
    pub document: Document<'a>,
    /// Page sizes.
    pub paging: Paging,
    /// What the viewer may do. Nothing is joined, listed or filtered by that the viewer may not see.
    pub rights: Rights,
}

impl<'a> Planner<'a> {
    /// Nothing, or FORBIDDEN.
    ///
    /// # Errors
    /// The viewer does not have this right.
    pub fn allow(&self, right: Right) -> Result<(), PlanError> {
        if self.rights.allows(right) { Ok(()) } else { Err(PlanError::forbidden(right)) }
    }

    /// Plans rows found by key.
    ///
    /// # Errors
    /// A right that is missing, arguments that do not fit, or a limit that is passed.
    pub fn lookup(
        &self,
        entity: &'static EntityModel,
        ids: Vec<Uuid>,
        include_deleted: bool,
        sets: &[&'a SelectionSet],
    ) -> Result<Lookup, PlanError> {
        self.allow(entity.decl.needs.read)?;
        self.own(entity, ids, include_deleted, sets)
    }

    /// Plans rows that the viewer may see without a right, because they are who asks. What hangs on them needs the
    /// rights it always needs.
    ///
    /// # Errors
    /// As [`Planner::lookup`].
    pub fn own(
        &self,
        entity: &'static EntityModel,
        ids: Vec<Uuid>,
        include_deleted: bool,
        sets: &[&'a SelectionSet],
    ) -> Result<Lookup, PlanError> {
        let mut shape = Shape::default();
        shape.column("{t}.id", "t0");
        let factor = ids.len().max(1);
        let node = self.node(entity, "t0", None, sets, &mut shape, factor)?;
        Ok(Lookup { entity, shape, ids, include_deleted, node })
    }

    /// Plans a connection field with its arguments.
    ///
    /// # Errors
    /// A right that is missing, arguments that do not fit, or a limit that is passed.
    pub fn connection(
        &self,
        entity: &'static EntityModel,
        fields: &[&'a Positioned<Field>],
        factor: usize,
    ) -> Result<Connection, PlanError> {
        let Some(field) = fields.first() else { return Err(PlanError::input("Nothing is selected.")) };
        self.allow(entity.decl.needs.read)?;
        let argument = |name: &str| self.document.argument(&field.node, name).filter(|value| *value != Value::Null);
        let (limit, backward) = self.page_size(argument("first"), argument("last"))?;
        let rows = factor.saturating_mul(limit);
        if rows > self.paging.max_rows {
            let message = format!(
                "This operation could return {rows} rows; {} is the most. Ask for smaller pages.",
                self.paging.max_rows
            );
            return Err(PlanError::limit("COST_LIMIT", message));
        }
        let ordering = Ordering::read(entity, argument("orderBy").as_ref())?;
        let from = self.cursor(&ordering, argument("after"), argument("before"), backward)?;
        let filter = match argument("filter") {
            Some(value) => read_filter(self.model, &self.rights, entity, &value).map_err(|why| why.under("filter"))?,
            None => Cond::TRUE,
        };
        let mut conds = Vec::new();
        if matches!(argument("includeDeleted"), Some(Value::Boolean(true))) {
            self.allow(entity.decl.needs.include_deleted)?;
        } else if entity.decl.soft_delete {
            conds.push(live(entity));
        }
        if !filter.is_true() {
            conds.push(filter);
        }
        let mut plan = Connection {
            entity,
            shape: Shape::default(),
            cond: Cond::And(conds),
            ordering,
            cursor_columns: Vec::new(),
            limit,
            backward,
            from,
            wants_rows: false,
            wants_more: false,
            wants_count: false,
            fields: Vec::new(),
        };
        self.page_fields(&mut plan, &selection_sets(fields), rows)?;
        Ok(plan)
    }

    fn page_size(&self, first: Option<Value>, last: Option<Value>) -> Result<(usize, bool), PlanError> {
        let (value, name, backward) = match (first, last) {
            (Some(_), Some(_)) => return Err(PlanError::input("Give first or last, not both.")),
            (None, None) => return Ok((self.paging.default_first, false)),
            (Some(value), None) => (value, "first", false),
            (None, Some(value)) => (value, "last", true),
        };
        let max = self.paging.max_first;
        match &value {
            Value::Number(number) => match number.as_u64() {
                Some(size) if size <= max as u64 => Ok((size as usize, backward)),
                Some(_) => Err(PlanError::limit("PAGE_LIMIT", format!("{name} is {max} at most."))),
                None => Err(PlanError::input(format!("{name} is a whole number from 0 to {max}."))),
            },
            _ => Err(PlanError::input(format!("{name} is a whole number from 0 to {max}."))),
        }
    }

    fn cursor(
        &self,
        ordering: &Ordering,
        after: Option<Value>,
        before: Option<Value>,
        backward: bool,
    ) -> Result<Option<Vec<Option<Bind>>>, PlanError> {
        let value = match (after, before, backward) {
            (None, None, _) => return Ok(None),
            (Some(value), None, false) | (None, Some(value), true) => value,
            _ => return Err(PlanError::input("after goes with first, before goes with last.")),
        };
        match value {
            Value::String(text) => ordering.read_cursor(&text).map(Some),
            _ => Err(PlanError::cursor("A cursor is a string.")),
        }
    }

    fn page_fields(&self, plan: &mut Connection, sets: &[&'a SelectionSet], rows: usize) -> Result<(), PlanError> {
        let type_name = format!("{}Connection", plan.entity.decl.name);
        for (key, fields) in self.document.collect(&type_name, None, sets)? {
            let planned = match fields[0].node.name.node.as_str() {
                "__typename" => PageField::Typename(type_name.clone()),
                "nodes" => {
                    plan.wants_rows = true;
                    PageField::Nodes(self.node(
                        plan.entity,
                        "t0",
                        None,
                        &selection_sets(&fields),
                        &mut plan.shape,
                        rows,
                    )?)
                }
                "edges" => {
                    plan.wants_rows = true;
                    PageField::Edges(self.edge_fields(plan, &selection_sets(&fields), rows)?)
                }
                "pageInfo" => {
                    let mut wanted = Vec::new();
                    for (key, fields) in self.document.collect("PageInfo", None, &selection_sets(&fields))? {
                        let name = fields[0].node.name.node.to_string();
                        plan.wants_rows |= name != "__typename";
                        plan.wants_more |= name == if plan.backward { "hasPreviousPage" } else { "hasNextPage" };
                        if name.ends_with("Cursor") {
                            select_cursor(plan);
                        }
                        wanted.push((key.clone(), name));
                    }
                    PageField::PageInfo(wanted)
                }
                "totalCount" => {
                    plan.wants_count = true;
                    PageField::TotalCount
                }
                other => return Err(PlanError::input(format!("{type_name} has no field {other}."))),
            };
            plan.fields.push((key.clone(), planned));
        }
        if plan.wants_rows && plan.shape.columns.is_empty() {
            plan.shape.column("{t}.id", "t0");
        }
        Ok(())
    }

    fn edge_fields(
        &self,
        plan: &mut Connection,
        sets: &[&'a SelectionSet],
        rows: usize,
    ) -> Result<Vec<(Name, EdgeField)>, PlanError> {
        let type_name = format!("{}Edge", plan.entity.decl.name);
        let mut out = Vec::new();
        for (key, fields) in self.document.collect(&type_name, None, sets)? {
            let planned = match fields[0].node.name.node.as_str() {
                "__typename" => EdgeField::Typename(type_name.clone()),
                "cursor" => {
                    select_cursor(plan);
                    EdgeField::Cursor
                }
                "node" => EdgeField::Node(self.node(
                    plan.entity,
                    "t0",
                    None,
                    &selection_sets(&fields),
                    &mut plan.shape,
                    rows,
                )?),
                other => return Err(PlanError::input(format!("{type_name} has no field {other}."))),
            };
            out.push((key.clone(), planned));
        }
        Ok(out)
    }

    fn node(
        &self,
        entity: &'static EntityModel,
        alias: &str,
        presence: Option<usize>,
        sets: &[&'a SelectionSet],
        shape: &mut Shape,
        rows: usize,
    ) -> Result<Node, PlanError> {
        let collected = self.document.collect(entity.decl.name, Some(&entity.abstracts), sets)?;
        let fields = self.node_fields(entity, alias, collected, shape, rows)?;
        Ok(Node { type_name: entity.decl.name, presence, fields })
    }

    fn node_fields(
        &self,
        entity: &'static EntityModel,
        alias: &str,
        collected: Collected<'a>,
        shape: &mut Shape,
        rows: usize,
    ) -> Result<Vec<(Name, NodeField)>, PlanError> {
        let mut out = Vec::with_capacity(collected.len());
        for (key, fields) in collected {
            let name = fields[0].node.name.node.as_str();
            let planned = match entity.members.get(name) {
                None if name == "__typename" => NodeField::Typename,
                None if name == "viewerCan" => {
                    NodeField::Abilities(abilities(self, entity, alias, &selection_sets(&fields), shape)?)
                }
                None => return Err(PlanError::input(format!("{} has no field {name}.", entity.decl.name))),
                Some(Member::Scalar(ScalarMember { late: Some(late), sql, ty, .. })) => {
                    self.late(entity.decl, late, (sql, ty.nullable), &fields, alias, shape)?
                }
                Some(Member::Scalar(member)) => NodeField::Cell {
                    column: shape.column(&member.sql, alias),
                    kind: member.ty.kind,
                    nullable: member.ty.nullable,
                },
                Some(Member::One(one)) => {
                    let target = self.model.entity(one.target);
                    self.allow(target.decl.needs.read)?;
                    let alias = self.join(one, target, alias, None, shape);
                    NodeField::One {
                        node: self.joined(target, &alias, &selection_sets(&fields), shape, rows)?,
                        nullable: one.nullable,
                    }
                }
                Some(Member::Many(many)) => {
                    let parent = shape.column("{t}.id", alias);
                    let connection = self.connection(self.model.entity(many.target), &fields, rows)?;
                    shape.many.push(Many { parent, path: many.path, connection });
                    NodeField::Many(shape.many.len() - 1)
                }
                Some(Member::Union(union)) => NodeField::Union {
                    nodes: self.union(entity, union, alias, &selection_sets(&fields), shape, rows)?,
                    nullable: union.nullable,
                },
            };
            out.push((key.clone(), planned));
        }
        Ok(out)
    }

    /// A field whose answer is made of what is stored.
    fn late(
        &self,
        entity: &'static EntityDecl,
        field: &'static FieldDecl,
        (sql, nullable): (&str, bool),
        selected: &[&'a Positioned<Field>],
        alias: &str,
        shape: &mut Shape,
    ) -> Result<NodeField, PlanError> {
        let Some(make) = field.late else { return Err(PlanError::input(format!("{} is not made.", field.name))) };
        let (id, stored) = (shape.column("{t}.id", alias), shape.column(sql, alias));
        let known = |late: &LateColumn| std::ptr::eq(late.field, field) && late.stored == stored;
        let index = shape.late.iter().position(known).unwrap_or_else(|| {
            shape.late.push(LateColumn { entity, field, make, id, stored });
            shape.late.len() - 1
        });
        let object = match field.object {
            None => None,
            Some(object) => {
                let collected = self.document.collect(object.name, None, &selection_sets(selected))?;
                let selection = collected.into_iter().map(|(key, fields)| {
                    let name = fields[0].node.name.node.as_str();
                    (key.clone(), object.fields.iter().map(|(known, ..)| *known).find(|known| *known == name))
                });
                Some((object, selection.collect()))
            }
        };
        Ok(NodeField::Late { index, nullable, object })
    }

    fn join(
        &self,
        one: &OneMember,
        target: &'static EntityModel,
        from: &str,
        when: Option<&str>,
        shape: &mut Shape,
    ) -> String {
        // The way back over a unique key: the key is unique among living rows only.
        let living = one.there != "id" && target.decl.soft_delete;
        shape.join(target.decl, from, one, living, when)
    }

    fn joined(
        &self,
        target: &'static EntityModel,
        alias: &str,
        sets: &[&'a SelectionSet],
        shape: &mut Shape,
        rows: usize,
    ) -> Result<Node, PlanError> {
        let presence = shape.column("{t}.id", alias);
        self.node(target, alias, Some(presence), sets, shape, rows)
    }

    fn union(
        &self,
        entity: &'static EntityModel,
        union: &'static UnionDecl,
        alias: &str,
        sets: &[&'a SelectionSet],
        shape: &mut Shape,
        rows: usize,
    ) -> Result<Vec<Node>, PlanError> {
        let mut nodes = Vec::new();
        for branch in union.branches {
            let (mut target, mut from) = (entity, alias.to_owned());
            for (step, name) in branch.path.iter().enumerate() {
                let Some(Member::One(one)) = target.members.get(name) else {
                    return Err(PlanError::input(format!("{} has no relation {name}.", target.decl.name)));
                };
                target = self.model.entity(one.target);
                from = self.join(one, target, &from, if step == 0 { branch.when } else { None }, shape);
            }
            let node = self.joined(target, &from, sets, shape, rows)?;
            if node.fields.iter().any(|(_, field)| !matches!(field, NodeField::Typename)) {
                self.allow(target.decl.needs.read)?;
            }
            nodes.push(node);
        }
        Ok(nodes)
    }
}

/// Selects the sort keys, so that cursors can be written.
fn select_cursor(plan: &mut Connection) {
    if plan.cursor_columns.is_empty() {
        for key in &plan.ordering.keys {
            let index = plan.shape.column(&key.sql, "t0");
            plan.cursor_columns.push(index);
        }
    }
}
