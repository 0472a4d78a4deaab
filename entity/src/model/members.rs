//! The fields of each entity: its own, those that every entity has, and the ways back of others' relations.

use super::{Model, ModelError};
use crate::declare::{EntityDecl, FieldDecl, Input, RelationDecl, UnionDecl};
use crate::kind::{FieldType, Kind};

/// Who declares a field, for messages.
const OWN: &str = "the entity itself";
const ENGINE: &str = "the engine";

fn way_back(from: &EntityDecl, relation: &str) -> String {
    format!("the way back of {}.{relation}", from.name)
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
    /// The declaration of a late field.
    pub late: Option<&'static FieldDecl>,
    /// The declaration of an early field.
    pub early: Option<&'static FieldDecl>,
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
    /// Whether there may be no row, or none that the viewer sees.
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

impl Model {
    pub(super) fn own_members(&mut self, index: usize) -> Result<(), ModelError> {
        let decl = self.entities[index].decl;
        let id = base("id", "id", Kind::Id(decl.prefix), false, "Global ID.");
        self.add(index, "id", Member::Scalar(id), ENGINE)?;
        for field in decl.fields {
            self.add(index, field.name, Member::Scalar(declared(field)), OWN)?;
        }
        for relation in decl.relations {
            let target = self.position((relation.target)(), decl.name)?;
            let key: &'static str = format!("{}Id", relation.name).leak();
            let prefix = self.entities[target].decl.prefix;
            self.add(index, key, Member::Scalar(relation_key(key, relation, prefix)), OWN)?;
            let one = OneMember {
                name: relation.name,
                doc: relation.doc,
                target,
                here: relation.column,
                there: "id",
                nullable: relation.nullable || self.entities[target].decl.writable.is_some(),
            };
            self.add(index, relation.name, Member::One(one), OWN)?;
        }
        for link in decl.links {
            let target = self.position((link.target)(), decl.name)?;
            let path = ManyPath::Through { table: link.table, here: link.here, there: link.there };
            self.add(index, link.name, Member::Many(ManyMember { name: link.name, doc: link.doc, target, path }), OWN)?;
        }
        for union in decl.unions {
            self.add(index, union.name, Member::Union(union), OWN)?;
        }
        self.base_members(index, decl)
    }

    fn base_members(&mut self, index: usize, decl: &'static EntityDecl) -> Result<(), ModelError> {
        let declared = decl.relations.iter().any(|relation| relation.name == "tenant");
        if !decl.global && !declared {
            let key = base("tenantId", "tenant_id", Kind::Id("tenant"), false, "ID of the tenant that owns the row.");
            self.add(index, "tenantId", Member::Scalar(ScalarMember { filter: false, order: false, ..key }), ENGINE)?;
            if let Some(target) = self.by_name.get("Tenant").copied() {
                let doc = "The tenant that owns the row.";
                let one = OneMember { name: "tenant", doc, target, here: "tenant_id", there: "id", nullable: false };
                self.add(index, "tenant", Member::One(one), ENGINE)?;
            }
        }
        if decl.soft_delete {
            let doc = "When the row was deleted; null while it is not.";
            self.add(
                index,
                "deletedAt",
                Member::Scalar(base("deletedAt", "deleted_at", Kind::DateTime, true, doc)),
                ENGINE,
            )?;
            if let Some(target) = self.by_name.get("User").copied() {
                let prefix = self.entities[target].decl.prefix;
                let doc = "ID of the user who deleted the row.";
                let key = base("deletedById", "deleted_by_id", Kind::Id(prefix), true, doc);
                self.add(index, "deletedById", Member::Scalar(key), ENGINE)?;
                let doc = "The user who deleted the row.";
                let one =
                    OneMember { name: "deletedBy", doc, target, here: "deleted_by_id", there: "id", nullable: true };
                self.add(index, "deletedBy", Member::One(one), ENGINE)?;
            }
        }
        let created = base("createdAt", "created_at", Kind::DateTime, false, "When the row was made.");
        self.add(index, "createdAt", Member::Scalar(created), ENGINE)?;
        if !decl.append_only {
            let updated = base("updatedAt", "updated_at", Kind::DateTime, false, "When the row was last changed.");
            self.add(index, "updatedAt", Member::Scalar(updated), ENGINE)?;
            let doc = "Goes up by one with each change; give it back as `expectedVersion` to notice changes by others.";
            let version = base("version", "version", Kind::Int, false, doc);
            // An entity may say what else its versions are.
            if decl.fields.iter().all(|field| field.name != "version") {
                self.add(index, "version", Member::Scalar(ScalarMember { order: false, ..version }), ENGINE)?;
            }
        }
        Ok(())
    }

    pub(super) fn inverse_members(&mut self, index: usize) -> Result<(), ModelError> {
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
            self.add(target, inverse.name, member, &way_back(decl, relation.name))?;
        }
        for link in decl.links {
            let target = self.position((link.target)(), decl.name)?;
            let path = ManyPath::Through { table: link.table, here: link.there, there: link.here };
            let member = ManyMember { name: link.inverse, doc: link.inverse_doc, target: index, path };
            self.add(target, link.inverse, Member::Many(member), &way_back(decl, link.name))?;
        }
        Ok(())
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
        late: None,
        early: None,
    }
}

fn declared(field: &'static FieldDecl) -> ScalarMember {
    ScalarMember {
        name: field.name,
        sql: field.sql.map_or_else(|| format!("{{t}}.{}", field.column), |sql| format!("({sql})")),
        column: if field.sql.is_some() { None } else { Some(field.column) },
        ty: field.ty,
        doc: field.doc,
        // A computed key would be compared without an index.
        filter: field.filter && !(matches!(field.ty.kind, Kind::AnyId) && field.sql.is_some()),
        order: field.order && !matches!(field.ty.kind, Kind::Json | Kind::AnyId | Kind::Uuid),
        create: field.create,
        update: field.update,
        folded: field.folded,
        late: field.late.map(|_| field),
        early: field.early.map(|_| field),
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
