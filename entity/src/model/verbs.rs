//! Root fields: queries and mutations.

use indexmap::IndexMap;

use super::names::{capital, lower_first, words};
use super::{Model, ModelError};
use crate::access::Right;
use crate::declare::{ActionDecl, FieldDecl, LinkDecl, Needs, TransitionDecl, VerbDecl};
use crate::roots::MadeQuery;

/// A root query field.
#[derive(Debug, Clone, Copy)]
pub enum RootQuery {
    /// `contact(id)`.
    ById(usize),
    /// `contacts(…)`.
    List(usize),
    /// `node(id)`.
    Node,
    /// `nodes(ids)`.
    Nodes,
    /// `viewer`.
    Viewer,
    /// One that the program makes.
    Made(&'static MadeQuery),
}

impl RootQuery {
    /// Whether null is an answer.
    pub(crate) fn is_nullable(&self) -> bool {
        match self {
            Self::ById(_) | Self::Node => true,
            Self::List(_) | Self::Nodes | Self::Viewer => false,
            Self::Made(query) => !query.ty.ends_with('!'),
        }
    }
}

/// A mutation.
#[derive(Debug)]
pub struct Verb {
    /// GraphQL name.
    pub name: String,
    /// GraphQL description.
    pub doc: String,
    /// Entity that is written, and returned in the payload.
    pub entity: usize,
    /// The right it needs.
    pub right: Right,
    /// What it does.
    pub kind: VerbKind,
}

impl VerbKind {
    /// The right that a verb of an entity needs.
    fn right(self, needs: &Needs) -> Right {
        match self {
            Self::Create => needs.create,
            Self::Update => needs.update,
            Self::Delete | Self::Restore => needs.delete,
            Self::Purge => needs.purge,
            Self::Transition(_, transition) => transition.right,
            Self::Action(action) => action.right,
            Self::Link(link, _) | Self::Unlink(link, _) => link.right,
            Self::Declared(verb) => verb.right,
        }
    }
}

/// What a mutation does.
#[derive(Debug, Clone, Copy)]
pub enum VerbKind {
    /// Inserts a row.
    Create,
    /// Changes columns of a row.
    Update,
    /// Soft-deletes or removes a row.
    Delete,
    /// Undoes a soft delete.
    Restore,
    /// Removes a soft-deleted row for good. `app.purge` in the database does it, because it writes that down first.
    Purge,
    /// Moves a state column.
    Transition(&'static FieldDecl, &'static TransitionDecl),
    /// A declared verb.
    Action(&'static ActionDecl),
    /// Adds a row to a join table.
    Link(&'static LinkDecl, usize),
    /// Removes a row from a join table.
    Unlink(&'static LinkDecl, usize),
    /// A function of the domain.
    Declared(&'static VerbDecl),
}

impl Model {
    pub(super) fn roots(&mut self, made: &[&'static MadeQuery]) -> Result<(), ModelError> {
        let mut queries: IndexMap<String, RootQuery> =
            [("node", RootQuery::Node), ("nodes", RootQuery::Nodes), ("viewer", RootQuery::Viewer)]
                .into_iter()
                .map(|(name, root)| (name.to_owned(), root))
                .collect();
        for entity in &self.entities {
            if entity.decl.child_only {
                continue;
            }
            for (name, root) in [
                (lower_first(entity.decl.name), RootQuery::ById(entity.index)),
                (entity.decl.plural.to_owned(), RootQuery::List(entity.index)),
            ] {
                if queries.insert(name.clone(), root).is_some() {
                    let hint = "#[entity(plural = …)] gives a list another name";
                    return Err(ModelError(format!(
                        "two root queries are called {name}, one of them of {}; {hint}",
                        entity.decl.name
                    )));
                }
            }
        }
        for query in made {
            if queries.insert(query.name.to_owned(), RootQuery::Made(query)).is_some() {
                return Err(ModelError(format!("two root queries are called {}", query.name)));
            }
        }
        self.queries = queries;
        Ok(())
    }

    pub(super) fn verbs(&mut self, declared: &[&'static VerbDecl]) -> Result<(), ModelError> {
        let mut verbs: Vec<(String, String, usize, VerbKind)> = Vec::new();
        for entity in &self.entities {
            let (decl, index) = (entity.decl, entity.index);
            let name = decl.name;
            let mut push = |verb: String, doc: String, kind| verbs.push((verb, doc, index, kind));
            if decl.writes.create {
                push(format!("create{name}"), format!("Creates a {}.", words(name)), VerbKind::Create);
            }
            if decl.writes.update && !decl.append_only {
                let doc = format!("Changes the given fields of a {}; fields left out stay as they are.", words(name));
                push(format!("update{name}"), doc, VerbKind::Update);
            }
            if decl.writes.delete && !decl.append_only {
                let doc = if decl.soft_delete {
                    format!("Deletes a {}. It can be restored; what refers to it stays readable.", words(name))
                } else {
                    format!("Removes a {} for good.", words(name))
                };
                push(format!("delete{name}"), doc, VerbKind::Delete);
                if decl.soft_delete {
                    push(
                        format!("restore{name}"),
                        format!("Undoes the deletion of a {}.", words(name)),
                        VerbKind::Restore,
                    );
                    let doc = format!(
                        "Removes a deleted {} for good, with all that belongs to it; this cannot be undone. The audit log \
                         keeps what it was.",
                        words(name)
                    );
                    push(format!("purge{name}"), doc, VerbKind::Purge);
                }
            }
            for field in decl.fields {
                let Some(transition) = &field.transition else { continue };
                let doc = format!(
                    "Moves the {} of a {}. A move that is not allowed gives INVALID_TRANSITION, which names both states.",
                    words(&capital(field.name)),
                    words(name)
                );
                push(transition.mutation.to_owned(), doc, VerbKind::Transition(field, transition));
            }
            for action in decl.actions {
                push(action.mutation.to_owned(), action.doc.to_owned(), VerbKind::Action(action));
            }
            for link in decl.links {
                let target = self.position((link.target)(), name)?;
                let other = words((link.target)().name);
                push(
                    link.add.to_owned(),
                    format!("Adds a {other} to a {}. Adding it twice changes nothing.", words(name)),
                    VerbKind::Link(link, target),
                );
                push(
                    link.remove.to_owned(),
                    format!("Takes a {other} from a {}.", words(name)),
                    VerbKind::Unlink(link, target),
                );
            }
        }
        for verb in declared {
            let entity = self.position((verb.entity)(), verb.mutation)?;
            self.check_inputs(verb)?;
            verbs.push((verb.mutation.to_owned(), verb.doc.to_owned(), entity, VerbKind::Declared(verb)));
        }
        for (name, doc, entity, kind) in verbs {
            let decl = self.entities[entity].decl;
            let (of, right) = (decl.name, kind.right(&decl.needs));
            let verb = Verb { name: name.clone(), doc, entity, right, kind };
            if let Some(other) = self.mutations.insert(name, verb) {
                let called = other.name;
                let other = self.entities[other.entity].decl.name;
                return Err(ModelError(format!("two mutations are called {called}: of {other} and of {of}")));
            }
        }
        Ok(())
    }
}
