//! All declarations, linked: relations in both directions, names resolved, columns as SQL.
//!
//! Built once at start and leaked, so that plans can hold plain references. What rustc cannot see about declarations
//! (names in texts, names that clash) is found here, so that a program with a mistake does not start.

mod checks;
mod members;
mod names;
#[cfg(test)]
mod tests;
mod verbs;

use std::collections::HashMap;

use indexmap::IndexMap;

pub use self::members::{ManyMember, ManyPath, Member, OneMember, ScalarMember};
pub(crate) use self::names::{camel, capital, lower_first, words};
pub use self::verbs::{RootQuery, Verb, VerbKind};
use crate::access::{ProcessDecl, Right, Rights};
use crate::declare::{EntityDecl, UnionDecl, VerbDecl};
use crate::kind::Kind;
use crate::roots::MadeQuery;

/// The whole schema of entities.
#[derive(Debug)]
pub struct Model {
    entities: Vec<EntityModel>,
    by_name: HashMap<&'static str, usize>,
    by_prefix: HashMap<&'static str, usize>,
    by_table: HashMap<&'static str, usize>,
    /// The catalogue of processes, parents first.
    pub processes: &'static [&'static ProcessDecl],
    /// Root fields of the query type.
    pub queries: IndexMap<String, RootQuery>,
    /// Root fields of the mutation type.
    pub mutations: IndexMap<String, Verb>,
}

/// One linked entity.
#[derive(Debug)]
pub struct EntityModel {
    /// What was declared.
    pub decl: &'static EntityDecl,
    /// Position in the model.
    pub index: usize,
    /// Every GraphQL field of the object.
    pub members: IndexMap<&'static str, Member>,
    /// The interfaces and unions that the object type belongs to: fragments may be written on them as well.
    pub abstracts: Vec<&'static str>,
    /// The mutations that are about one row of it, under their names in `viewerCan`.
    pub verbs: IndexMap<String, String>,
}

/// A mistake in the declarations as a whole, found at start and in every test.
#[derive(Debug, PartialEq, Eq)]
pub struct ModelError(pub String);

impl std::fmt::Display for ModelError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for ModelError {}

impl Model {
    /// Links declarations.
    ///
    /// # Errors
    /// Names that clash or point nowhere.
    pub fn link(
        processes: &'static [&'static ProcessDecl],
        decls: &[&'static EntityDecl],
        declared: &[&'static VerbDecl],
    ) -> Result<&'static Self, ModelError> {
        Self::link_with(processes, decls, declared, &[])
    }

    /// The same, with root queries that the program makes.
    ///
    /// # Errors
    /// Names that clash or point nowhere.
    pub fn link_with(
        processes: &'static [&'static ProcessDecl],
        decls: &[&'static EntityDecl],
        declared: &[&'static VerbDecl],
        made: &[&'static MadeQuery],
    ) -> Result<&'static Self, ModelError> {
        let mut model = Self {
            processes,
            entities: Vec::new(),
            by_name: HashMap::new(),
            by_prefix: HashMap::new(),
            by_table: HashMap::new(),
            queries: IndexMap::new(),
            mutations: IndexMap::new(),
        };
        for (index, decl) in decls.iter().enumerate() {
            for (map, key, what) in [
                (&mut model.by_name, decl.name, "name"),
                (&mut model.by_prefix, decl.prefix, "ID prefix"),
                (&mut model.by_table, decl.table, "table"),
            ] {
                if let Some(other) = map.insert(key, index) {
                    let (one, other) = (decls[other].name, decl.name);
                    return Err(ModelError(format!("two entities have the {what} {key}: {one} and {other}")));
                }
            }
            let (members, verbs) = (IndexMap::new(), IndexMap::new());
            model.entities.push(EntityModel { decl, index, members, abstracts: vec!["Node"], verbs });
        }
        for index in 0..decls.len() {
            model.own_members(index)?;
        }
        for index in 0..decls.len() {
            model.inverse_members(index)?;
        }
        model.check()?;
        model.note_unions();
        model.roots(made)?;
        model.verbs(declared)?;
        model.check_rights()?;
        model.note_verbs();
        Ok(Box::leak(Box::new(model)))
    }

    /// All entities, in order of declaration.
    #[must_use]
    pub fn entities(&self) -> &[EntityModel] {
        &self.entities
    }

    /// The entity at a position.
    #[must_use]
    pub fn entity(&self, index: usize) -> &EntityModel {
        &self.entities[index]
    }

    /// The entity with this GraphQL name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&EntityModel> {
        self.by_name.get(name).map(|index| &self.entities[*index])
    }

    /// The entity with this ID prefix.
    #[must_use]
    pub fn by_prefix(&self, prefix: &str) -> Option<&EntityModel> {
        self.by_prefix.get(prefix).map(|index| &self.entities[*index])
    }

    /// The entity over this table.
    #[must_use]
    pub fn by_table(&self, table: &str) -> Option<&EntityModel> {
        self.by_table.get(table).map(|index| &self.entities[*index])
    }

    /// Notes at each entity the unions it belongs to, and at each union whether it leads to rows that not everybody
    /// sees: it may be null then, like a relation that does. Their branches have been checked.
    fn note_unions(&mut self) {
        let (mut notes, mut hidden) = (Vec::new(), Vec::new());
        for (index, entity) in self.entities.iter().enumerate() {
            for union in entity.decl.unions {
                let mut narrowed = false;
                for branch in union.branches {
                    let end = branch.path.iter().fold(index, |at, step| match self.entities[at].members.get(step) {
                        Some(Member::One(one)) => {
                            narrowed |= self.entities[one.target].decl.writable.is_some();
                            one.target
                        }
                        _ => at,
                    });
                    notes.push((end, union.type_name));
                }
                if narrowed {
                    hidden.push((index, union));
                }
            }
        }
        for (end, union) in notes {
            let abstracts = &mut self.entities[end].abstracts;
            if !abstracts.contains(&union) {
                abstracts.push(union);
            }
        }
        for (index, union) in hidden {
            let doc = maybe_unseen(union.doc).leak();
            let seen = Box::leak(Box::new(UnionDecl { nullable: true, doc, ..*union }));
            self.entities[index].members.insert(union.name, Member::Union(seen));
        }
    }

    /// Notes at each entity the mutations that are about one row of it.
    fn note_verbs(&mut self) {
        for verb in self.mutations.values() {
            let entity = &mut self.entities[verb.entity];
            let name = match verb.kind {
                VerbKind::Create => continue,
                VerbKind::Declared(declared) if !takes_id(declared, entity.decl.prefix) => continue,
                VerbKind::Update => "update",
                VerbKind::Delete => "delete",
                VerbKind::Restore => "restore",
                VerbKind::Purge => "purge",
                _ => &verb.name,
            };
            entity.verbs.insert(name.to_owned(), verb.name.clone());
        }
    }

    fn position(&self, decl: &EntityDecl, from: &str) -> Result<usize, ModelError> {
        self.by_name
            .get(decl.name)
            .copied()
            .ok_or_else(|| ModelError(format!("{from} refers to {}, which is not in the list of entities", decl.name)))
    }

    fn add(&mut self, index: usize, name: &'static str, member: Member, by: &str) -> Result<(), ModelError> {
        let entity = &mut self.entities[index];
        if name == "viewerCan" || entity.members.insert(name, member).is_some() {
            return Err(ModelError(format!("{}.{name} is declared twice, the second time by {by}", entity.decl.name)));
        }
        Ok(())
    }
}

/// The description of a way to a row under row rules: a key may point to one that the viewer does not see. The way is
/// null then, while the row that it starts from stays visible.
pub(crate) fn maybe_unseen(doc: &str) -> String {
    format!("{doc} Null when you may not see it.")
}

/// Whether a verb takes the ID of a row of its own entity.
fn takes_id(verb: &VerbDecl, prefix: &str) -> bool {
    verb.inputs.iter().any(|input| input.name == "id" && matches!(input.ty.kind, Kind::Id(known) if known == prefix))
}

impl EntityModel {
    /// The scalar member with this GraphQL name.
    #[must_use]
    pub fn scalar(&self, name: &str) -> Option<&ScalarMember> {
        match self.members.get(name) {
            Some(Member::Scalar(member)) => Some(member),
            _ => None,
        }
    }

    /// The scalar member over this column.
    #[must_use]
    pub fn by_column(&self, column: &str) -> Option<&ScalarMember> {
        self.scalars().find(|member| member.column == Some(column))
    }

    /// All scalar members.
    pub fn scalars(&self) -> impl Iterator<Item = &ScalarMember> {
        self.members.values().filter_map(|member| if let Member::Scalar(scalar) = member { Some(scalar) } else { None })
    }
}
