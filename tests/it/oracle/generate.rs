//! Random operations, made from the model: fields, relations, connections with arguments, aliases, fields that are
//! merged, fragments, directives, variables.
//!
//! Every alias of a field with arguments or a selection is used once, so that two fields with one response key are
//! always the same field, as validation wants it. Beside two fields that are merged on purpose, that is.

use std::collections::HashMap;
use std::fmt::Write as _;

use async_graphql::Value;
use entity::id::format_id;
use entity::model::{EntityModel, Member, RootQuery};

use super::arguments;
use super::crowd::model;
use super::rng::Tape;
use super::world::World;

/// Connections in each other.
const MAX_DEPTH: usize = 4;
/// Objects in each other.
const MAX_LEVEL: usize = 7;
/// Fields of one operation.
const MAX_FIELDS: usize = 90;
/// Aliases, variables and fragments of one operation.
const MAX_NAMES: usize = 140;
/// Rows that a connection may come to, all parents together.
const MAX_ROWS: usize = 2_000;

/// What may stand in an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Anything.
    Full,
    /// The same for every tenant and without anything that leaves rows out: lists without IDs, filters, empty pages
    /// and directives.
    Lists,
}

/// A random operation.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) query: String,
    pub(crate) variables: HashMap<String, Value>,
    /// The most statements that it may take: one for each root and each to-many field, and one for each total.
    pub(crate) bound: usize,
}

/// Makes the operation that a tape tells.
pub(crate) fn operation(world: &World, tape: &[u16], style: Style) -> Operation {
    let mut made = Maker {
        world,
        tape: Tape::new(tape),
        style,
        names: 0,
        fields: 0,
        bound: 0,
        fragments: String::new(),
        variables: HashMap::new(),
        definitions: Vec::new(),
    };
    let mut body = String::new();
    for _ in 0..=made.tape.below(3) {
        made.root(&mut body);
    }
    let Maker { fragments, variables, definitions, bound, .. } = made;
    let definitions = if definitions.is_empty() { String::new() } else { format!(" ({})", definitions.join(", ")) };
    Operation { query: format!("query Random{definitions} {{{body} }}{fragments}"), variables, bound }
}

struct Maker<'w, 't> {
    world: &'w World,
    tape: Tape<'t>,
    style: Style,
    names: usize,
    fields: usize,
    bound: usize,
    fragments: String,
    variables: HashMap<String, Value>,
    definitions: Vec<String>,
}

/// Where in an operation a selection stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    depth: usize,
    level: usize,
    /// Rows that the selection may be resolved for.
    rows: usize,
}

impl Maker<'_, '_> {
    fn name(&mut self) -> String {
        self.names += 1;
        format!("n{}", self.names)
    }

    fn entity(&mut self) -> &'static EntityModel {
        model().entity(self.tape.below(model().entities().len()))
    }

    fn root(&mut self, out: &mut String) {
        let lists = self.style == Style::Lists;
        let roots = model().queries.iter().filter(|(_, root)| match root {
            RootQuery::List(_) => true,
            // What the log says depends on more than the rows.
            RootQuery::Made(_) => false,
            _ => !lists,
        });
        let roots: Vec<_> = roots.collect();
        let (name, root) = self.tape.of(&roots);
        let alias = self.name();
        let place = Place { depth: 0, level: 0, rows: 1 };
        self.bound += 1;
        match root {
            RootQuery::List(index) => {
                self.bound -= 1;
                let entity = model().entity(*index);
                self.connection(&alias, name, entity, place, out);
            }
            RootQuery::ById(index) => {
                let entity = model().entity(*index);
                let id = self.id(entity);
                let deleted = if entity.decl.soft_delete { ", includeDeleted: true" } else { "" };
                let _ = write!(out, " {alias}: {name}(id: \"{id}\"{deleted})");
                self.object(entity, place, out);
            }
            RootQuery::Node => {
                let entity = self.entity();
                let id = self.id(entity);
                let _ = write!(out, " {alias}: node(id: \"{id}\") {{ id __typename ... on {}", entity.decl.name);
                self.object(entity, place, out);
                out.push_str(" }");
            }
            RootQuery::Nodes => {
                let picked: Vec<_> = (0..=self.tape.below(3)).map(|_| self.entity()).collect();
                let ids: Vec<_> = picked.iter().map(|entity| format!("\"{}\"", self.id(entity))).collect();
                let _ = write!(out, " {alias}: nodes(ids: [{}]) {{ id", ids.join(", "));
                let mut types: Vec<&EntityModel> = Vec::new();
                for entity in picked {
                    if !types.iter().any(|known| known.index == entity.index) {
                        types.push(entity);
                        let _ = write!(out, " ... on {}", entity.decl.name);
                        self.branch(entity, Place { rows: 3, ..place }, out);
                    }
                }
                self.bound += types.len() - 1;
                out.push_str(" }");
            }
            RootQuery::Viewer => {
                self.bound += 1;
                let [user, tenant] = ["User", "Tenant"].map(|name| model().by_name(name).unwrap());
                let _ = write!(out, " {alias}: viewer {{ __typename user");
                self.object(user, place, out);
                out.push_str(" tenant");
                self.object(tenant, place, out);
                out.push_str(" }");
            }
            RootQuery::Made(query) => panic!("{} is not generated", query.name),
        }
    }

    /// An ID, now and then of no row.
    fn id(&mut self, entity: &EntityModel) -> String {
        let rows = self.world.rows(entity);
        let id = if rows.is_empty() || self.style == Style::Full && self.tape.one_in(12) {
            uuid::Uuid::from_u128(42)
        } else {
            rows[self.tape.below(rows.len())].id
        };
        format_id(entity.decl.prefix, id)
    }

    fn connection(&mut self, alias: &str, name: &str, entity: &EntityModel, place: Place, out: &mut String) {
        let (head, inner) = self.head(alias, name, entity, place);
        // Now and then twice: the two are merged.
        for _ in 0..=usize::from(self.tape.one_in(6)) {
            out.push_str(&head);
            self.page(entity, inner, out);
        }
    }

    /// A connection up to its braces, and the place in them.
    fn head(&mut self, alias: &str, name: &str, entity: &EntityModel, place: Place) -> (String, Place) {
        let mut out = format!(" {alias}: {name}");
        self.fields += 1;
        let mut args = Vec::new();
        let most = (MAX_ROWS / place.rows).clamp(1, 6);
        let rows = match self.tape.below(8) {
            7 if place.depth == 0 => 25,
            6 if self.style == Style::Full => {
                args.push("first: 0".to_owned());
                1
            }
            choice => {
                let side = if choice % 2 == 0 { "first" } else { "last" };
                let size = 1 + self.tape.below(most);
                args.push(self.size(side, size));
                size
            }
        };
        if self.tape.one_in(3) {
            args.push(format!("orderBy: {}", arguments::order(entity, &mut self.tape)));
        }
        if self.style == Style::Full && self.tape.one_in(3) {
            args.push(format!("filter: {}", arguments::filter(self.world, entity, &mut self.tape, 2)));
        }
        if entity.decl.soft_delete && self.tape.one_in(4) {
            args.push("includeDeleted: true".to_owned());
        }
        if !args.is_empty() {
            let _ = write!(out, "({})", args.join(", "));
        }
        self.directive(&mut out);
        self.bound += 1;
        (out, Place { depth: place.depth + 1, rows: place.rows * rows, ..place })
    }

    fn page(&mut self, entity: &EntityModel, inner: Place, out: &mut String) {
        let mut body = String::new();
        for _ in 0..=self.tape.below(3) {
            match self.tape.below(5) {
                0 | 1 => {
                    let alias = self.name();
                    let _ = write!(body, " {alias}: nodes");
                    self.object(entity, inner, &mut body);
                }
                2 => {
                    let (edges, node) = (self.name(), self.name());
                    let _ = write!(body, " {edges}: edges {{ cursor __typename {node}: node");
                    self.object(entity, inner, &mut body);
                    body.push_str(" }");
                }
                3 => body.push_str(" pageInfo { hasNextPage endCursor hasPreviousPage startCursor __typename }"),
                _ => {
                    self.bound += 1;
                    let alias = self.name();
                    let _ = write!(body, " {alias}: totalCount __typename");
                }
            }
        }
        if self.tape.one_in(6) {
            let _ = write!(out, " {{ ... on {}Connection {{{body} }} }}", entity.decl.name);
        } else {
            let _ = write!(out, " {{{body} }}");
        }
    }

    /// A page size, now and then as a variable, with a value or with a default.
    fn size(&mut self, side: &str, size: usize) -> String {
        if !self.tape.one_in(8) {
            return format!("{side}: {size}");
        }
        let name = self.name();
        if self.tape.one_in(2) {
            self.definitions.push(format!("${name}: Int = {size}"));
        } else {
            self.definitions.push(format!("${name}: Int"));
            self.variables.insert(name.clone(), Value::Number(size.into()));
        }
        format!("{side}: ${name}")
    }

    /// The selection of an object, in braces.
    fn object(&mut self, entity: &EntityModel, place: Place, out: &mut String) {
        out.push_str(" {");
        self.selection(entity, place, false, out);
        out.push_str(" }");
    }

    /// The same for one of several types, whose fields must not be taken for each other.
    fn branch(&mut self, entity: &EntityModel, place: Place, out: &mut String) {
        out.push_str(" {");
        self.selection(entity, place, true, out);
        out.push_str(" }");
    }

    fn selection(&mut self, entity: &EntityModel, place: Place, apart: bool, out: &mut String) {
        let place = Place { level: place.level + 1, ..place };
        // What is made of the stored value is not what is stored.
        let is_made = |member: &Member| matches!(member, Member::Scalar(scalar) if scalar.late.is_some());
        let members: Vec<_> = entity.members.iter().filter(|(_, member)| !is_made(member)).collect();
        let count = 1 + self.tape.below(6);
        for _ in 0..count {
            let (name, member) = self.tape.of(&members);
            self.fields += 1;
            let full = self.fields > MAX_FIELDS || self.names > MAX_NAMES || place.level > MAX_LEVEL;
            match member {
                Member::Scalar(_) => {
                    let alias = if apart || self.tape.one_in(4) { format!("{}: ", self.name()) } else { String::new() };
                    let _ = write!(out, " {alias}{name}");
                    self.directive(out);
                }
                Member::One(one) if !full => {
                    let alias = self.name();
                    let target = model().entity(one.target);
                    for _ in 0..=usize::from(self.tape.one_in(4)) {
                        // Twice: the two are merged.
                        let _ = write!(out, " {alias}: {name}");
                        self.object(target, place, out);
                    }
                }
                Member::Many(many) if !full && place.depth < MAX_DEPTH => {
                    let alias = self.name();
                    self.connection(&alias, name, model().entity(many.target), place, out);
                }
                Member::Union(_) if !full => self.union(entity, name, place, out),
                _ => {
                    let alias = self.name();
                    let _ = write!(out, " {alias}: id");
                }
            }
            // Not without end: 32 levels are the most that a document may have.
            if place.level <= MAX_LEVEL + 2 && self.tape.one_in(9) && !self.tape.is_empty() {
                self.fragment(entity, place, apart, out);
            }
        }
    }

    fn union(&mut self, entity: &EntityModel, name: &str, place: Place, out: &mut String) {
        let union = entity.decl.unions.iter().find(|union| union.name == name).unwrap();
        let alias = self.name();
        let _ = write!(out, " {alias}: {name} {{ __typename");
        let mut body = String::new();
        for branch in union.branches.iter().take(1 + self.tape.below(union.branches.len())) {
            let end = branch.path.iter().fold(entity, |at, step| match at.members.get(step) {
                Some(Member::One(one)) => model().entity(one.target),
                _ => panic!("{step} is no relation"),
            });
            let _ = write!(body, " ... on {}", end.decl.name);
            self.branch(end, place, &mut body);
        }
        match self.tape.below(4) {
            1 => {
                let _ = write!(out, " ... on Node {{ id }} ... on {} {{{body} }} }}", union.type_name);
            }
            2 => {
                let fragment = self.name();
                let _ = write!(out, " ...{fragment} }}");
                let _ = write!(self.fragments, " fragment {fragment} on {} {{{body} }}", union.type_name);
            }
            _ => {
                let _ = write!(out, "{body} }}");
            }
        }
    }

    /// A selection of the same object in a fragment.
    fn fragment(&mut self, entity: &EntityModel, place: Place, apart: bool, out: &mut String) {
        let mut body = String::new();
        self.selection(entity, place, apart, &mut body);
        let name = entity.decl.name;
        match self.tape.below(4) {
            0 => {
                let _ = write!(out, " ... {{{body} }}");
            }
            1 => {
                let _ = write!(out, " ... on Node {{ ... on {name} {{{body} }} }}");
            }
            2 => {
                let _ = write!(out, " ... on {name}");
                self.directive(out);
                let _ = write!(out, " {{{body} }}");
            }
            _ => {
                let fragment = self.name();
                let _ = write!(self.fragments, " fragment {fragment} on {name} {{{body} }}");
                let _ = write!(out, " ...{fragment}");
                self.directive(out);
            }
        }
    }

    /// Now and then `@skip` or `@include`, with a literal or a variable.
    fn directive(&mut self, out: &mut String) {
        if self.style == Style::Lists || !self.tape.one_in(10) {
            return;
        }
        let directive = self.tape.of(&["include", "skip"]);
        let flag = self.tape.one_in(2);
        if self.tape.one_in(2) {
            let name = self.name();
            self.definitions.push(format!("${name}: Boolean!"));
            self.variables.insert(name.clone(), Value::Boolean(flag));
            let _ = write!(out, " @{directive}(if: ${name})");
        } else {
            let _ = write!(out, " @{directive}(if: {flag})");
        }
    }
}
