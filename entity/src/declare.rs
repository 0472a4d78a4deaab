//! What a declaration is made of: plain data, written by the `#[entity]` macro and read by the engine.
//!
//! Nothing here decides anything. A type of this module may be read top to bottom as the list of what one entity
//! can say about itself.

use diesel::deserialize::FromSql;
use diesel::pg::{Pg, PgValue};
use futures_util::future::BoxFuture;

use crate::access::{ProcessDecl, Right};
use crate::database::DbError;
use crate::kind::FieldType;
use crate::late::{EarlyFn, LateFn};
use crate::sql::Bind;
use crate::write::{Outcome, Writer};

/// One entity: a table, the GraphQL object over it, and everything that follows from them.
#[derive(Debug)]
pub struct EntityDecl {
    /// GraphQL type name, for instance `Contact`.
    pub name: &'static str,
    /// Name of the root list query in camelCase, for instance `contacts`.
    pub plural: &'static str,
    /// Table name.
    pub table: &'static str,
    /// Type prefix of global IDs, for instance `contact`.
    pub prefix: &'static str,
    /// GraphQL description.
    pub doc: &'static str,
    /// The process that its rows belong to.
    pub process: &'static ProcessDecl,
    /// The rights that the standard ways to its rows need.
    pub needs: Needs,
    /// SQL over the row `{t}`: whether the viewer may change it, where row rules let see more than change.
    pub writable: Option<&'static str>,
    /// The order of its lists when none is asked for: fields, each with whether the largest comes first. Without any,
    /// rows come in order of creation.
    pub order_by: &'static [(&'static str, bool)],
    /// Rows are hidden by `deleted_at` instead of removed, and can be restored.
    pub soft_delete: bool,
    /// Rows never change: no `version`, no update and no delete.
    pub append_only: bool,
    /// The table has no tenant column; only `Tenant` itself and built-in catalogues.
    pub global: bool,
    /// Hangs on its parent only: no root queries.
    pub child_only: bool,
    /// The session is told whenever its rows are read, see [`crate::run::Lender::reading`].
    pub sensitive: bool,
    /// Which of the standard mutations exist.
    pub writes: Writes,
    /// Columns and computed fields, in the order of the schema.
    pub fields: &'static [FieldDecl],
    /// To-one relations whose key this table holds.
    pub relations: &'static [RelationDecl],
    /// Many-to-many relations through a join table.
    pub links: &'static [LinkDecl],
    /// Fields whose type is one of several entities.
    pub unions: &'static [UnionDecl],
    /// Verbs that are an update of this row with a name of its own.
    pub actions: &'static [ActionDecl],
}

impl EntityDecl {
    /// An entity without members that has all standard mutations; what is different is written over it.
    #[must_use]
    pub const fn over(
        table: &'static str,
        name: &'static str,
        plural: &'static str,
        prefix: &'static str,
        doc: &'static str,
        process: &'static ProcessDecl,
    ) -> Self {
        Self {
            name,
            plural,
            table,
            prefix,
            doc,
            process,
            needs: Needs::of(process),
            writable: None,
            order_by: &[],
            soft_delete: false,
            append_only: false,
            global: false,
            child_only: false,
            sensitive: false,
            writes: Writes::ALL,
            fields: &[],
            relations: &[],
            links: &[],
            unions: &[],
            actions: &[],
        }
    }

    /// The columns that a typed row is made of: the id, the stored fields, the keys of relations.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        let fields = self.fields.iter().filter(|field| field.is_stored()).map(|field| field.column);
        std::iter::once("id").chain(fields).chain(self.relations.iter().map(|relation| relation.column))
    }
}

/// The rights that the standard ways to an entity's rows need.
#[derive(Debug, Clone, Copy)]
pub struct Needs {
    /// To see rows, and to filter others by them.
    pub read: Right,
    /// `createX`.
    pub create: Right,
    /// `updateX`.
    pub update: Right,
    /// `deleteX` and `restoreX`.
    pub delete: Right,
    /// To see rows that were deleted.
    pub include_deleted: Right,
    /// `purgeX`, where deletion is soft.
    pub purge: Right,
}

impl Needs {
    /// What is usual: READ, WRITE, DELETE, and ADMIN for what was deleted, to see it and to remove it for good.
    #[must_use]
    pub const fn of(process: &'static ProcessDecl) -> Self {
        Self {
            read: process.read(),
            create: process.write(),
            update: process.write(),
            delete: process.delete(),
            include_deleted: process.admin(),
            purge: process.admin(),
        }
    }
}

/// Which of the standard mutations an entity has.
#[derive(Debug, Clone, Copy)]
pub struct Writes {
    /// `createX`.
    pub create: bool,
    /// `updateX`.
    pub update: bool,
    /// `deleteX`, and `restoreX` and `purgeX` where deletion is soft.
    pub delete: bool,
}

impl Writes {
    /// All of them.
    pub const ALL: Self = Self { create: true, update: true, delete: true };
}

/// Whether a field stands in an input object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Not accepted.
    No,
    /// May be left out; the database's default or null applies.
    Optional,
    /// Must be given.
    Required,
}

/// One column or computed field.
#[derive(Debug)]
pub struct FieldDecl {
    /// GraphQL name.
    pub name: &'static str,
    /// Column name; for computed fields a name for messages only.
    pub column: &'static str,
    /// SQL expression of a computed field; `{t}` stands for the row.
    pub sql: Option<&'static str>,
    /// GraphQL description.
    pub doc: &'static str,
    /// Type, nullability and input normalisation.
    pub ty: FieldType,
    /// May be filtered on.
    pub filter: bool,
    /// May be ordered by.
    pub order: bool,
    /// In `createX`.
    pub create: Input,
    /// In `updateX`.
    pub update: Input,
    /// A stored column `<column>_folded` exists, lower-cased and without accents, which makes prefix search indexed.
    pub folded: bool,
    /// Name of the mutation that moves this state; such a field is in no other input.
    pub transition: Option<TransitionDecl>,
    /// Makes the answer of what is stored, see [`crate::late`]. Such a field is in no filter and no order.
    pub late: Option<LateFn>,
    /// Makes what is stored of the input.
    pub early: Option<EarlyFn>,
    /// The objects that a late field is made of, in place of its type.
    pub object: Option<&'static ObjectDecl>,
}

impl FieldDecl {
    /// A plain column: for filters, orders and inputs; needed on create unless null is a value.
    #[must_use]
    pub const fn column(name: &'static str, column: &'static str, doc: &'static str, ty: FieldType) -> Self {
        Self {
            name,
            column,
            sql: None,
            doc,
            ty,
            filter: true,
            order: true,
            create: if ty.nullable { Input::Optional } else { Input::Required },
            update: Input::Optional,
            folded: false,
            transition: None,
            late: None,
            early: None,
            object: None,
        }
    }

    /// A computed field: for filters and orders.
    #[must_use]
    pub const fn computed(name: &'static str, sql: &'static str, doc: &'static str, ty: FieldType) -> Self {
        Self { sql: Some(sql), create: Input::No, update: Input::No, ..Self::column(name, name, doc, ty) }
    }
}

impl FieldDecl {
    /// Whether a typed row holds it: a column whose stored value is what it means.
    #[must_use]
    pub const fn is_stored(&self) -> bool {
        self.sql.is_none() && self.late.is_none()
    }
}

/// A GraphQL object that a late field is made of.
#[derive(Debug)]
pub struct ObjectDecl {
    /// GraphQL type name.
    pub name: &'static str,
    /// GraphQL description.
    pub doc: &'static str,
    /// Whether the field is a list of them.
    pub is_list: bool,
    /// Its fields: name, description, type. Their values are JSON as their types are written.
    pub fields: &'static [(&'static str, &'static str, FieldType)],
}

/// The mutation that changes a state column.
#[derive(Debug, Clone, Copy)]
pub struct TransitionDecl {
    /// Mutation name, for instance `changeSaleStatus`.
    pub mutation: &'static str,
    /// Further fields of the entity that may be set in the same move.
    pub with: &'static [&'static str],
    /// The right it needs.
    pub right: Right,
}

/// A to-one relation.
#[derive(Debug)]
pub struct RelationDecl {
    /// GraphQL name; the key is also readable as `<name>Id`.
    pub name: &'static str,
    /// Key column.
    pub column: &'static str,
    /// GraphQL description.
    pub doc: &'static str,
    /// The entity at the other end.
    pub target: fn() -> &'static EntityDecl,
    /// Whether the key may be null.
    pub nullable: bool,
    /// The field of the other type that leads back.
    pub inverse: Option<InverseDecl>,
    /// In `createX`.
    pub create: Input,
    /// In `updateX`.
    pub update: Input,
}

impl RelationDecl {
    /// A relation whose key is never null: needed on create, without a way back.
    #[must_use]
    pub const fn required(
        name: &'static str,
        column: &'static str,
        doc: &'static str,
        target: fn() -> &'static EntityDecl,
    ) -> Self {
        let (create, update) = (Input::Required, Input::Optional);
        Self { name, column, doc, target, nullable: false, inverse: None, create, update }
    }

    /// A relation whose key may be null, without a way back.
    #[must_use]
    pub const fn optional(
        name: &'static str,
        column: &'static str,
        doc: &'static str,
        target: fn() -> &'static EntityDecl,
    ) -> Self {
        Self { nullable: true, create: Input::Optional, ..Self::required(name, column, doc, target) }
    }
}

/// The other end of a to-one relation.
#[derive(Debug)]
pub struct InverseDecl {
    /// GraphQL name on the target type.
    pub name: &'static str,
    /// GraphQL description.
    pub doc: &'static str,
    /// At most one row points back (a unique key), so the field is an object, not a connection.
    pub one: bool,
}

/// A many-to-many relation through a join table of two keys.
#[derive(Debug)]
pub struct LinkDecl {
    /// GraphQL name on this type.
    pub name: &'static str,
    /// GraphQL description.
    pub doc: &'static str,
    /// Join table.
    pub table: &'static str,
    /// Its column that points here.
    pub here: &'static str,
    /// Its column that points to the target.
    pub there: &'static str,
    /// The entity at the other end.
    pub target: fn() -> &'static EntityDecl,
    /// GraphQL name of the way back on the target type.
    pub inverse: &'static str,
    /// Description of the way back.
    pub inverse_doc: &'static str,
    /// Mutation that adds a link.
    pub add: &'static str,
    /// Mutation that removes a link.
    pub remove: &'static str,
    /// The right that both mutations need.
    pub right: Right,
}

/// A field whose type is one of several entities, each reached over to-one relations.
#[derive(Debug)]
pub struct UnionDecl {
    /// GraphQL field name.
    pub name: &'static str,
    /// GraphQL union name.
    pub type_name: &'static str,
    /// GraphQL description.
    pub doc: &'static str,
    /// Whether there may be no row at all.
    pub nullable: bool,
    /// The first branch whose row exists is the value.
    pub branches: &'static [BranchDecl],
}

/// One alternative of a union field.
#[derive(Debug)]
pub struct BranchDecl {
    /// Names of to-one relations to follow.
    pub path: &'static [&'static str],
    /// SQL condition on the starting row (`{t}`); none when the key alone decides.
    pub when: Option<&'static str>,
}

/// A verb that is one UPDATE: fixed assignments plus a few inputs.
#[derive(Debug)]
pub struct ActionDecl {
    /// Mutation name, for instance `cancelAppointment`.
    pub mutation: &'static str,
    /// GraphQL description.
    pub doc: &'static str,
    /// Column and SQL expression (`{t}` is not available; plain SQL of constants).
    pub set: &'static [(&'static str, &'static str)],
    /// Fields of the entity taken as input, with whether each must be given.
    pub inputs: &'static [(&'static str, Input)],
    /// The right it needs.
    pub right: Right,
}

/// A verb in Rust: a mutation whose writing is a function of the domain.
///
/// Everything around it is the engine's: reading the input, the idempotency key, the transaction and its savepoint,
/// user errors from what the database refuses, the payload.
pub struct VerbDecl {
    /// Mutation name, for instance `sendMessage`.
    pub mutation: &'static str,
    /// GraphQL description.
    pub doc: &'static str,
    /// The entity in the payload.
    pub entity: fn() -> &'static EntityDecl,
    /// The right it needs.
    pub right: Right,
    /// Inputs besides `idempotencyKey`.
    pub inputs: &'static [InputDecl],
    /// What the payload shows once and the database never has, such as the token of an invitation.
    pub secret: Option<SecretDecl>,
    /// Writes, and says which row to show.
    pub run: VerbFn,
}

/// What a verb runs.
pub type VerbFn = for<'a> fn(Writer<'a>, &'a Arguments) -> BoxFuture<'a, Result<Outcome, DbError>>;

impl std::fmt::Debug for VerbDecl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.mutation)
    }
}

/// A secret that a verb makes: a nullable text in its payload, taken from [`Outcome::secret`]. A repeated idempotency
/// key does not give it again.
#[derive(Debug, Clone, Copy)]
pub struct SecretDecl {
    /// GraphQL name in the payload.
    pub name: &'static str,
    /// GraphQL description.
    pub doc: &'static str,
}

/// One input of a verb.
#[derive(Debug)]
pub struct InputDecl {
    /// GraphQL name.
    pub name: &'static str,
    /// GraphQL description.
    pub doc: &'static str,
    /// Type and normalisation.
    pub ty: FieldType,
    /// Whether it must be given.
    pub need: Input,
}

/// The inputs of a verb, read and checked.
#[derive(Debug, Clone, Default)]
pub struct Arguments(pub Vec<(&'static str, Bind)>);

impl Arguments {
    /// The value of an input; none when it was left out or null.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Bind> {
        self.0.iter().find(|(known, value)| *known == name && !matches!(value, Bind::Null(_))).map(|(_, value)| value)
    }

    /// The text of an input; none when it was left out or null.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Bind::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The value of a required ID. Reading the input has made sure that it is there.
    #[must_use]
    pub fn id(&self, name: &str) -> uuid::Uuid {
        match self.get(name) {
            Some(Bind::Uuid(id)) => *id,
            _ => uuid::Uuid::nil(),
        }
    }
}

/// An enum stored as text with a CHECK.
#[derive(Debug)]
pub struct ChoiceDecl {
    /// GraphQL enum name.
    pub name: &'static str,
    /// GraphQL description.
    pub doc: &'static str,
    /// Values in SCREAMING_SNAKE with their descriptions.
    pub values: &'static [(&'static str, &'static str)],
}

/// A type declared with `#[entity]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an entity",
    label = "no entity",
    note = "Ref<…> and Many<…> name a struct that is declared with #[entity(table = …)]"
)]
pub trait Entity: Sized + Send + Sync + 'static {
    /// The declaration.
    fn decl() -> &'static EntityDecl;
    /// Reads one row that was selected with [`EntityDecl::columns`].
    ///
    /// # Errors
    /// When a cell does not hold what the declaration says.
    fn decode(rows: &crate::rows::Rows, row: usize) -> Result<Self, crate::rows::DecodeError>;
}

/// The key of a row of another entity.
pub struct Ref<T> {
    /// The other row's id.
    pub id: uuid::Uuid,
    of: std::marker::PhantomData<fn() -> T>,
}

impl<T> Ref<T> {
    /// The key of this row; does not check whether it exists.
    #[must_use]
    pub const fn to(id: uuid::Uuid) -> Self {
        Self { id, of: std::marker::PhantomData }
    }
}

impl<T> Clone for Ref<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Ref<T> {}
impl<T> PartialEq for Ref<T> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}
impl<T> std::fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ref({})", self.id)
    }
}

impl<T> FromSql<diesel::sql_types::Uuid, Pg> for Ref<T> {
    fn from_sql(bytes: PgValue<'_>) -> diesel::deserialize::Result<Self> {
        <uuid::Uuid as FromSql<diesel::sql_types::Uuid, Pg>>::from_sql(bytes).map(Self::to)
    }
}
