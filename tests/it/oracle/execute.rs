//! A plain executor: resolves an operation field by field over a tenant's rows in memory, as the GraphQL specification
//! tells it, without any thought for speed.

use std::collections::{BTreeSet, HashMap};

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Value};
use async_graphql_value::Value as Literal;
use entity::id::split_id;
use entity::model::{EntityModel, Member, RootQuery};
use uuid::Uuid;

use super::condition::{SortKey, in_order, matches, sort_keys};
use super::crowd::model;
use super::world::{Row, World, shown};

/// Rows of a page when nothing else is asked for.
const DEFAULT_FIRST: usize = 25;

/// What an operation should come to.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) data: Value,
    /// Response paths that end in a NOT_FOUND.
    pub(crate) not_found: Vec<String>,
    /// The statements that it takes: one for each place of the operation for which rows are read.
    pub(crate) statements: BTreeSet<String>,
}

/// Executes an operation.
pub(crate) fn execute(world: &World, user: Uuid, query: &str, variables: &HashMap<String, Value>) -> Expected {
    let document = parse_query(query).unwrap_or_else(|error| panic!("{query}\n{error}"));
    let operation = &document.operations.iter().next().unwrap().1.node;
    let mut run = Run {
        world,
        user,
        document: &document,
        operation,
        variables,
        not_found: Vec::new(),
        statements: BTreeSet::new(),
    };
    let data = run.root(&operation.selection_set.node);
    Expected { data, not_found: run.not_found, statements: run.statements }
}

struct Run<'a> {
    world: &'a World,
    user: Uuid,
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a HashMap<String, Value>,
    not_found: Vec<String>,
    statements: BTreeSet<String>,
}

type Fields<'a> = Vec<&'a Field>;

/// A page of a connection.
struct Page<'p, 'a> {
    entity: &'static EntityModel,
    keys: &'p [SortKey],
    rows: &'p [&'a Row],
    size: usize,
    backward: bool,
    /// There are rows beyond the page.
    more: bool,
}

impl<'a> Run<'a> {
    fn root(&mut self, set: &'a SelectionSet) -> Value {
        let mut data = IndexMap::new();
        for (key, fields) in self.collect("Query", &[set]) {
            let value = match fields[0].name.node.as_str() {
                "__typename" => Value::String("Query".to_owned()),
                name => self.root_field(key.as_str(), &model().queries[name], &fields),
            };
            data.insert(key, value);
        }
        Value::Object(data)
    }

    fn root_field(&mut self, key: &str, root: &RootQuery, fields: &Fields<'a>) -> Value {
        let world = self.world;
        match root {
            RootQuery::List(index) => {
                let entity = model().entity(*index);
                let rows = world.rows(entity).iter().collect();
                self.connection(entity, rows, fields, key)
            }
            RootQuery::ById(index) => {
                let entity = model().entity(*index);
                let deleted = self.argument(fields[0], "includeDeleted") == Some(Value::Boolean(true));
                let id = self.argument(fields[0], "id").unwrap();
                self.found(entity, &id, deleted, fields, key, key)
            }
            RootQuery::Node => {
                let id = self.argument(fields[0], "id").unwrap();
                self.found(typed(&id), &id, true, fields, key, key)
            }
            RootQuery::Nodes => {
                let Some(Value::List(ids)) = self.argument(fields[0], "ids") else { panic!("nodes without ids") };
                let found = ids.iter().enumerate().map(|(index, id)| {
                    let entity = typed(id);
                    self.found(
                        entity,
                        id,
                        true,
                        fields,
                        &format!("{key}:{}", entity.decl.name),
                        &format!("{key}.{index}"),
                    )
                });
                Value::List(found.collect())
            }
            RootQuery::Viewer => {
                let mut out = IndexMap::new();
                for (inner, fields) in self.collect("Viewer", &sets(fields)) {
                    let (name, id) = match fields[0].name.node.as_str() {
                        "user" => ("User", self.user),
                        "tenant" => ("Tenant", world.tenant),
                        _ => {
                            out.insert(inner, Value::String("Viewer".to_owned()));
                            continue;
                        }
                    };
                    let entity = model().by_name(name).unwrap();
                    let place = format!("{key}.{inner}");
                    self.statements.insert(place.clone());
                    let object = self.object(entity, world.row(entity, id).unwrap(), &sets(&fields), &place);
                    out.insert(inner, object);
                }
                Value::Object(out)
            }
            RootQuery::Made(query) => panic!("{} is not generated", query.name),
        }
    }

    /// An object by its ID.
    fn found(
        &mut self,
        entity: &'static EntityModel,
        id: &Value,
        deleted: bool,
        fields: &Fields<'a>,
        place: &str,
        path: &str,
    ) -> Value {
        let Value::String(id) = id else { panic!("{id} is no ID") };
        let id = split_id(id).unwrap().1;
        self.statements.insert(place.to_owned());
        match self.world.row(entity, id).filter(|row| deleted || !row.is_deleted()) {
            Some(row) => self.object(entity, row, &sets(fields), place),
            None => {
                self.not_found.push(path.to_owned());
                Value::Null
            }
        }
    }

    fn connection(
        &mut self,
        entity: &'static EntityModel,
        rows: Vec<&'a Row>,
        fields: &Fields<'a>,
        place: &str,
    ) -> Value {
        let field = fields[0];
        let deleted = self.argument(field, "includeDeleted") == Some(Value::Boolean(true));
        let filter = self.argument(field, "filter").unwrap_or_default();
        let order = sort_keys(entity, self.argument(field, "orderBy").filter(|order| *order != Value::Null).as_ref());
        let (size, backward) = match (self.argument(field, "first"), self.argument(field, "last")) {
            (Some(Value::Number(first)), _) => (first.as_u64().unwrap() as usize, false),
            (_, Some(Value::Number(last))) => (last.as_u64().unwrap() as usize, true),
            _ => (DEFAULT_FIRST, false),
        };
        let mut rows = rows;
        rows.retain(|row| (deleted || !row.is_deleted()) && matches(self.world, entity, row, &filter));
        rows.sort_by(|a, b| in_order(&order, a, b));
        let total = rows.len();
        let shown = if backward { &rows[total.saturating_sub(size)..] } else { &rows[..size.min(total)] };
        let page = Page { entity, keys: &order, rows: shown, size, backward, more: total > size };
        let name = entity.decl.name;
        let mut out = IndexMap::new();
        for (key, fields) in self.collect(&format!("{name}Connection"), &sets(fields)) {
            let value = match fields[0].name.node.as_str() {
                "totalCount" => {
                    self.statements.insert(format!("{place}#count"));
                    Value::Number(total.into())
                }
                "pageInfo" => self.page_info(&fields, &page, place),
                "nodes" => {
                    self.read_rows(place, size);
                    let inner = format!("{place}.{key}");
                    Value::List(shown.iter().map(|row| self.object(entity, row, &sets(&fields), &inner)).collect())
                }
                "edges" => {
                    self.read_rows(place, size);
                    let inner = format!("{place}.{key}");
                    Value::List(shown.iter().map(|row| self.edge(&page, row, &fields, &inner)).collect())
                }
                _ => Value::String(format!("{name}Connection")),
            };
            out.insert(key, value);
        }
        Value::Object(out)
    }

    fn read_rows(&mut self, place: &str, size: usize) {
        if size > 0 {
            self.statements.insert(place.to_owned());
        }
    }

    fn page_info(&mut self, fields: &Fields<'a>, page: &Page<'_, 'a>, place: &str) -> Value {
        let mut out = IndexMap::new();
        for (key, fields) in self.collect("PageInfo", &sets(fields)) {
            let end = |row: Option<&&Row>| row.map_or(Value::Null, |row| cursor(page.entity, page.keys, row));
            let name = fields[0].name.node.as_str();
            // Whether there is more cannot be known without looking, not even of a page of no rows.
            let looks = name == if page.backward { "hasPreviousPage" } else { "hasNextPage" };
            self.read_rows(
                place,
                if looks {
                    1
                } else if name == "__typename" {
                    0
                } else {
                    page.size
                },
            );
            let value = match name {
                "hasNextPage" => Value::Boolean(page.more && !page.backward),
                "hasPreviousPage" => Value::Boolean(page.more && page.backward),
                "startCursor" => end(page.rows.first()),
                "endCursor" => end(page.rows.last()),
                _ => Value::String("PageInfo".to_owned()),
            };
            out.insert(key, value);
        }
        Value::Object(out)
    }

    fn edge(&mut self, page: &Page<'_, 'a>, row: &'a Row, fields: &Fields<'a>, place: &str) -> Value {
        let name = format!("{}Edge", page.entity.decl.name);
        let mut out = IndexMap::new();
        for (key, fields) in self.collect(&name, &sets(fields)) {
            let value = match fields[0].name.node.as_str() {
                "cursor" => cursor(page.entity, page.keys, row),
                "node" => self.object(page.entity, row, &sets(&fields), &format!("{place}.{key}")),
                _ => Value::String(name.clone()),
            };
            out.insert(key, value);
        }
        Value::Object(out)
    }

    fn object(
        &mut self,
        entity: &'static EntityModel,
        row: &'a Row,
        sets_of: &[&'a SelectionSet],
        place: &str,
    ) -> Value {
        let mut out = IndexMap::new();
        for (key, fields) in self.collect(entity.decl.name, sets_of) {
            let name = fields[0].name.node.as_str();
            let inner = format!("{place}.{key}");
            let value = match entity.members.get(name) {
                Some(Member::Scalar(member)) => shown(member.ty.kind, row.cell(member.name)),
                Some(Member::One(one)) => match self.world.one(entity, row, one) {
                    Some(there) => self.object(model().entity(one.target), there, &sets(&fields), &inner),
                    None => Value::Null,
                },
                Some(Member::Many(many)) => {
                    let rows = self.world.many(row, many);
                    self.connection(model().entity(many.target), rows, &fields, &inner)
                }
                Some(Member::Union(_)) => self.union(entity, row, name, &fields, &inner),
                None => Value::String(entity.decl.name.to_owned()),
            };
            out.insert(key, value);
        }
        Value::Object(out)
    }

    /// The first branch whose row exists.
    fn union(
        &mut self,
        entity: &'static EntityModel,
        row: &'a Row,
        name: &str,
        fields: &Fields<'a>,
        place: &str,
    ) -> Value {
        let union = entity.decl.unions.iter().find(|union| union.name == name).unwrap();
        for (index, branch) in union.branches.iter().enumerate() {
            let start = row.branch_applies(union.name, index).then_some((entity, row));
            let end = branch.path.iter().fold(start, |at, step| {
                let (entity, row) = at?;
                let Some(Member::One(one)) = entity.members.get(step) else { panic!("{step} is no relation") };
                Some((model().entity(one.target), self.world.one(entity, row, one)?))
            });
            if let Some((entity, row)) = end {
                return self.object(entity, row, &sets(fields), &format!("{place}:{index}"));
            }
        }
        Value::Null
    }

    /// CollectFields of the specification, section 6.3.2.
    fn collect(&self, type_name: &str, sets: &[&'a SelectionSet]) -> IndexMap<Name, Fields<'a>> {
        let mut grouped: IndexMap<Name, Fields<'a>> = IndexMap::new();
        for set in sets {
            for selection in &set.items {
                match &selection.node {
                    Selection::Field(field) if self.is_included(&field.node.directives) => {
                        grouped.entry(field.node.response_key().node.clone()).or_default().push(&field.node);
                    }
                    Selection::FragmentSpread(spread) if self.is_included(&spread.node.directives) => {
                        let fragment = &self.document.fragments[&spread.node.fragment_name.node].node;
                        if applies(&fragment.type_condition.node.on.node, type_name) {
                            self.merge(&mut grouped, type_name, &fragment.selection_set.node);
                        }
                    }
                    Selection::InlineFragment(fragment) if self.is_included(&fragment.node.directives) => {
                        let condition = fragment.node.type_condition.as_ref();
                        if condition.is_none_or(|condition| applies(&condition.node.on.node, type_name)) {
                            self.merge(&mut grouped, type_name, &fragment.node.selection_set.node);
                        }
                    }
                    _ => {}
                }
            }
        }
        grouped
    }

    fn merge(&self, grouped: &mut IndexMap<Name, Fields<'a>>, type_name: &str, set: &'a SelectionSet) {
        for (key, fields) in self.collect(type_name, &[set]) {
            grouped.entry(key).or_default().extend(fields);
        }
    }

    fn is_included(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().all(|directive| {
            let condition = directive.node.get_argument("if").map(|value| self.value(&value.node));
            match directive.node.name.node.as_str() {
                "skip" => condition != Some(Some(Value::Boolean(true))),
                "include" => condition == Some(Some(Value::Boolean(true))),
                _ => true,
            }
        })
    }

    fn argument(&self, field: &Field, name: &str) -> Option<Value> {
        field.get_argument(name).and_then(|value| self.value(&value.node))
    }

    fn value(&self, literal: &Literal) -> Option<Value> {
        let given = |name: &Name| {
            let definitions = self.operation.variable_definitions.iter();
            let definition =
                definitions.map(|definition| &definition.node).find(|definition| definition.name.node == *name)?;
            let default = definition.default_value.as_ref().map(|value| value.node.clone());
            self.variables.get(name.as_str()).cloned().or(default)
        };
        if let Literal::Variable(name) = literal {
            return given(name);
        }
        Some(literal.clone().into_const_with(|name| Ok::<_, ()>(given(&name).unwrap_or_default())).unwrap())
    }
}

fn sets<'a>(fields: &Fields<'a>) -> Vec<&'a SelectionSet> {
    fields.iter().map(|field| &field.selection_set.node).collect()
}

/// Whether a fragment on a type applies to an object of another.
fn applies(condition: &str, type_name: &str) -> bool {
    let entity = model().by_name(type_name);
    condition == type_name
        || (condition == "Node" && entity.is_some())
        || model().entities().iter().any(|owner| {
            owner.decl.unions.iter().filter(|union| union.type_name == condition).any(|union| {
                union.branches.iter().any(|branch| {
                    let end = branch.path.iter().fold(owner, |at, step| match at.members.get(step) {
                        Some(Member::One(one)) => model().entity(one.target),
                        _ => panic!("{step} is no relation"),
                    });
                    end.decl.name == type_name
                })
            })
        })
}

fn typed(id: &Value) -> &'static EntityModel {
    let Value::String(text) = id else { panic!("{id} is no ID") };
    model().by_prefix(split_id(text).unwrap().0.unwrap()).unwrap()
}

/// How a cursor is compared: by the values of the sort keys.
fn cursor(entity: &EntityModel, keys: &[SortKey], row: &Row) -> Value {
    let values = keys.iter().map(|key| shown(entity.scalar(key.name).unwrap().ty.kind, key.value(row).as_ref()));
    Value::List(values.collect())
}
