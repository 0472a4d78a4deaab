//! All declarations, linked: relations in both directions, names resolved, columns as SQL.
//!
//! Built once at start and leaked, so that plans can hold plain references.

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::declare::{ActionDecl, EntityDecl, FieldDecl, Input, LinkDecl, RelationDecl, TransitionDecl, UnionDecl, VerbDecl};
use crate::kind::{FieldType, Kind};

/// The whole schema of entities.
#[derive(Debug)]
pub struct Model {
    entities: Vec<EntityModel>,
    by_name: HashMap<&'static str, usize>,
    by_prefix: HashMap<&'static str, usize>,
    by_table: HashMap<&'static str, usize>,
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
}

/// A field of an entity's object type.
#[derive(Debug)]
pub enum Member {
    /// A column or computed value.
    Scalar(ScalarMember),
    /// A to-one relation, over a key here or a unique key there.
    One(OneMember),
    /// A connection.
    Many(ManyMember),
    /// One of several entities.
    Union(&'static UnionDecl),
}

/// A column or computed value.
#[derive(Debug)]
pub struct ScalarMember {
    /// GraphQL name.
    pub name: &'static str,
    /// SQL over the alias `{t}`.
    pub sql: String,
    /// Column name; none when computed.
    pub column: Option<&'static str>,
    /// Type.
    pub ty: FieldType,
    /// GraphQL description.
    pub doc: &'static str,
    /// May be filtered on.
    pub filter: bool,
    /// May be ordered by.
    pub order: bool,
    /// In create and update inputs.
    pub create: Input,
    /// In update inputs.
    pub update: Input,
    /// See [`FieldDecl::folded`].
    pub folded: bool,
}

/// A to-one relation.
#[derive(Debug)]
pub struct OneMember {
    /// GraphQL name.
    pub name: &'static str,
    /// GraphQL description.
    pub doc: &'static str,
    /// Entity at the other end.
    pub target: usize,
    /// Column of this table that is compared.
    pub here: &'static str,
    /// Column of the target that is compared.
    pub there: &'static str,
    /// Whether there may be no row.
    pub nullable: bool,
}

/// A to-many relation.
#[derive(Debug)]
pub struct ManyMember {
    /// GraphQL name.
    pub name: &'static str,
    /// GraphQL description.
    pub doc: &'static str,
    /// Entity at the other end.
    pub target: usize,
    /// How its rows are found.
    pub path: ManyPath,
}

/// How the rows of a to-many relation are found.
#[derive(Debug, Clone, Copy)]
pub enum ManyPath {
    /// A key column of the target.
    Key {
        /// The column.
        column: &'static str,
    },
    /// A join table.
    Through {
        /// The join table.
        table: &'static str,
        /// Its column that points to the parent.
        here: &'static str,
        /// Its column that points to the target.
        there: &'static str,
    },
}

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
    /// What it does.
    pub kind: VerbKind,
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
    pub fn link(decls: &[&'static EntityDecl], declared: &[&'static VerbDecl]) -> Result<&'static Self, ModelError> {
        let mut model = Self {
            entities: Vec::new(),
            by_name: HashMap::new(),
            by_prefix: HashMap::new(),
            by_table: HashMap::new(),
            queries: IndexMap::new(),
            mutations: IndexMap::new(),
        };
        for (index, decl) in decls.iter().enumerate() {
            for (map, key) in
                [(&mut model.by_name, decl.name), (&mut model.by_prefix, decl.prefix), (&mut model.by_table, decl.table)]
            {
                if map.insert(key, index).is_some() {
                    return Err(ModelError(format!("two entities are called {key}")));
                }
            }
            model.entities.push(EntityModel { decl, index, members: IndexMap::new() });
        }
        for index in 0..decls.len() {
            model.own_members(index)?;
        }
        for index in 0..decls.len() {
            model.inverse_members(index)?;
        }
        model.roots()?;
        model.verbs(declared)?;
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

    fn position(&self, decl: &EntityDecl, from: &str) -> Result<usize, ModelError> {
        self.by_name
            .get(decl.name)
            .copied()
            .ok_or_else(|| ModelError(format!("{from} refers to {}, which is not in the list of entities", decl.name)))
    }

    fn add(&mut self, index: usize, name: &'static str, member: Member) -> Result<(), ModelError> {
        let entity = &mut self.entities[index];
        if entity.members.insert(name, member).is_some() {
            return Err(ModelError(format!("{}.{name} is declared twice", entity.decl.name)));
        }
        Ok(())
    }

    fn own_members(&mut self, index: usize) -> Result<(), ModelError> {
        let decl = self.entities[index].decl;
        let id = base("id", "id", Kind::Id(decl.prefix), false, "Global ID.");
        self.add(index, "id", Member::Scalar(id))?;
        for field in decl.fields {
            self.add(index, field.name, Member::Scalar(declared(field)))?;
        }
        for relation in decl.relations {
            let target = self.position((relation.target)(), decl.name)?;
            let key: &'static str = format!("{}Id", relation.name).leak();
            let prefix = self.entities[target].decl.prefix;
            self.add(index, key, Member::Scalar(relation_key(key, relation, prefix)))?;
            let one = OneMember {
                name: relation.name,
                doc: relation.doc,
                target,
                here: relation.column,
                there: "id",
                nullable: relation.nullable,
            };
            self.add(index, relation.name, Member::One(one))?;
        }
        for link in decl.links {
            let target = self.position((link.target)(), decl.name)?;
            let path = ManyPath::Through { table: link.table, here: link.here, there: link.there };
            self.add(index, link.name, Member::Many(ManyMember { name: link.name, doc: link.doc, target, path }))?;
        }
        for union in decl.unions {
            self.add(index, union.name, Member::Union(union))?;
        }
        self.base_members(index, decl)
    }

    fn base_members(&mut self, index: usize, decl: &'static EntityDecl) -> Result<(), ModelError> {
        let declared = decl.relations.iter().any(|relation| relation.name == "tenant");
        if !decl.global && !declared {
            let key = base("tenantId", "tenant_id", Kind::Id("tenant"), false, "ID of the tenant that owns the row.");
            self.add(index, "tenantId", Member::Scalar(ScalarMember { filter: false, order: false, ..key }))?;
            if let Some(target) = self.by_name.get("Tenant").copied() {
                let doc = "The tenant that owns the row.";
                let one = OneMember { name: "tenant", doc, target, here: "tenant_id", there: "id", nullable: false };
                self.add(index, "tenant", Member::One(one))?;
            }
        }
        if decl.soft_delete {
            let doc = "When the row was deleted; null while it is not.";
            self.add(index, "deletedAt", Member::Scalar(base("deletedAt", "deleted_at", Kind::DateTime, true, doc)))?;
            if let Some(target) = self.by_name.get("User").copied() {
                let prefix = self.entities[target].decl.prefix;
                let doc = "ID of the user who deleted the row.";
                let key = base("deletedById", "deleted_by_id", Kind::Id(prefix), true, doc);
                self.add(index, "deletedById", Member::Scalar(key))?;
                let doc = "The user who deleted the row.";
                let one = OneMember { name: "deletedBy", doc, target, here: "deleted_by_id", there: "id", nullable: true };
                self.add(index, "deletedBy", Member::One(one))?;
            }
        }
        let created = base("createdAt", "created_at", Kind::DateTime, false, "When the row was made.");
        self.add(index, "createdAt", Member::Scalar(created))?;
        if !decl.append_only {
            let updated = base("updatedAt", "updated_at", Kind::DateTime, false, "When the row was last changed.");
            self.add(index, "updatedAt", Member::Scalar(updated))?;
            let doc = "Goes up by one with each change; give it back as `expectedVersion` to notice changes by others.";
            let version = base("version", "version", Kind::Int, false, doc);
            self.add(index, "version", Member::Scalar(ScalarMember { order: false, ..version }))?;
        }
        Ok(())
    }

    fn inverse_members(&mut self, index: usize) -> Result<(), ModelError> {
        let decl = self.entities[index].decl;
        for relation in decl.relations {
            let Some(inverse) = &relation.inverse else { continue };
            let target = self.position((relation.target)(), decl.name)?;
            let member = if inverse.one {
                Member::One(OneMember {
                    name: inverse.name,
                    doc: inverse.doc,
                    target: index,
                    here: "id",
                    there: relation.column,
                    nullable: true,
                })
            } else {
                let path = ManyPath::Key { column: relation.column };
                Member::Many(ManyMember { name: inverse.name, doc: inverse.doc, target: index, path })
            };
            self.add(target, inverse.name, member)?;
        }
        for link in decl.links {
            let target = self.position((link.target)(), decl.name)?;
            let path = ManyPath::Through { table: link.table, here: link.there, there: link.here };
            let member = ManyMember { name: link.inverse, doc: link.inverse_doc, target: index, path };
            self.add(target, link.inverse, Member::Many(member))?;
        }
        Ok(())
    }

    fn roots(&mut self) -> Result<(), ModelError> {
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
                    return Err(ModelError(format!("two root queries are called {name}")));
                }
            }
        }
        self.queries = queries;
        Ok(())
    }

    fn verbs(&mut self, declared: &[&'static VerbDecl]) -> Result<(), ModelError> {
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
                    push(format!("restore{name}"), format!("Undoes the deletion of a {}.", words(name)), VerbKind::Restore);
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
                let target = self.by_name.get((link.target)().name).copied().unwrap_or(index);
                let other = words((link.target)().name);
                push(link.add.to_owned(), format!("Adds a {other} to a {}. Adding it twice changes nothing.", words(name)), VerbKind::Link(link, target));
                push(link.remove.to_owned(), format!("Takes a {other} from a {}.", words(name)), VerbKind::Unlink(link, target));
            }
        }
        for verb in declared {
            let entity = self.position((verb.entity)(), verb.mutation)?;
            verbs.push((verb.mutation.to_owned(), verb.doc.to_owned(), entity, VerbKind::Declared(verb)));
        }
        for (name, doc, entity, kind) in verbs {
            if self.mutations.insert(name.clone(), Verb { name: name.clone(), doc, entity, kind }).is_some() {
                return Err(ModelError(format!("two mutations are called {name}")));
            }
        }
        Ok(())
    }
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

fn base(name: &'static str, column: &'static str, kind: Kind, nullable: bool, doc: &'static str) -> ScalarMember {
    ScalarMember {
        name,
        sql: format!("{{t}}.{column}"),
        column: Some(column),
        ty: FieldType { kind, nullable, normalize: None },
        doc,
        filter: true,
        order: true,
        create: Input::No,
        update: Input::No,
        folded: false,
    }
}

fn declared(field: &'static FieldDecl) -> ScalarMember {
    ScalarMember {
        name: field.name,
        sql: field.sql.map_or_else(|| format!("{{t}}.{}", field.column), |sql| format!("({sql})")),
        column: if field.sql.is_some() { None } else { Some(field.column) },
        ty: field.ty,
        doc: field.doc,
        filter: field.filter && !matches!(field.ty.kind, Kind::AnyId),
        order: field.order && !matches!(field.ty.kind, Kind::Json | Kind::AnyId),
        create: field.create,
        update: field.update,
        folded: field.folded,
    }
}

fn relation_key(name: &'static str, relation: &'static RelationDecl, prefix: &'static str) -> ScalarMember {
    let doc: &'static str = format!("ID of `{}`.", relation.name).leak();
    ScalarMember {
        create: relation.create,
        update: relation.update,
        order: false,
        ..base(name, relation.column, Kind::Id(prefix), relation.nullable, doc)
    }
}

/// `WhatsappTemplate` as a person says it: `WhatsApp`-like casing is not guessed, only words are split.
pub(crate) fn words(name: &str) -> String {
    let mut out = String::new();
    for (index, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            out.push(' ');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

pub(crate) fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}

pub(crate) fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}
