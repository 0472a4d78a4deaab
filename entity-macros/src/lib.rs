//! The macros of the entity engine. They emit data and row decoding, never decisions.
//!
//! # `#[entity]`
//!
//! ```text
//! /// A tag for conversations.                        GraphQL description of the type
//! #[entity(table = conversation_tags, process = CONVERSATIONS)]
//! pub struct ConversationTag {
//!     /// Name as agents see it; unique.              GraphQL description of the field
//!     pub name: String,
//!     /// Colour as #RRGGBB.
//!     pub color: Option<String>,
//!     /// Made by the system: cannot be changed or deleted.
//!     #[field(read_only)]
//!     pub is_system: bool,
//! }
//! ```
//!
//! becomes the struct (with `id`, without attributes) and
//!
//! ```text
//! impl ::entity::declare::Entity for ConversationTag {
//!     fn decl() -> &'static EntityDecl {
//!         static DECL: EntityDecl = EntityDecl {
//!             fields: &[
//!                 FieldDecl::column(
//!                     "name",
//!                     <::tables::conversation_tags::name as ::diesel::Column>::NAME,
//!                     "Name as agents see it; unique.",
//!                     <String as ::entity::kind::Scalar>::TYPE,
//!                 ),
//!                 …
//!                 FieldDecl { create: Input::No, update: Input::No, ..FieldDecl::column("isSystem", …) },
//!             ],
//!             ..EntityDecl::over(
//!                 "conversation_tags", "ConversationTag", "conversationTags", "conversation_tag", "A tag …",
//!                 &crate::processes::CONVERSATIONS,
//!             )
//!         };
//!         &DECL
//!     }
//!     fn decode(rows: &Rows, row: usize) -> Result<Self, DecodeError> {
//!         Ok(Self {
//!             id: rows.decode::<::tables::conversation_tags::id, ::uuid::Uuid>(row, 0)?,
//!             name: rows.decode::<::tables::conversation_tags::name, String>(row, 1)?,
//!             …
//!         })
//!     }
//! }
//! ```
//!
//! What a plain column can do (filter, order, create, update) is said by the engine's constructors; only what deviates
//! is written out. The complete expansion of one real entity is checked in as `entity-macros/tests/expansion.txt`.
//!
//! ## On the struct
//!
//! | `#[entity(…)]` | |
//! |---|---|
//! | `table = conversation_tags` | needed |
//! | `process = CONVERSATIONS` | needed: one of `crate::processes`, on which one must have rights |
//! | `create = ADMIN`, `update = USERS::ADMIN` | the right that it needs, on this or another process; also `read`, `delete`, `include_deleted`, `purge`; else READ, WRITE, DELETE and ADMIN |
//! | `writable = "app.may_write({t}.id)"` | SQL that is true for rows that the viewer may change, where row rules let see more |
//! | `order_by(occurred_at = desc)` | of lists that are asked for without `orderBy`; else in order of creation |
//! | `prefix = "tag"` | of IDs; else the type's name in snake_case |
//! | `plural = "tags"` | the list query; else the table's name in camelCase |
//! | `soft_delete` | rows are hidden by `deleted_at` and can be restored |
//! | `append_only` | rows never change: no `version`, no update, no delete |
//! | `global` | no tenant column |
//! | `child_only` | no root queries |
//! | `sensitive` | the session is told of every operation that reads its rows, and writes that down |
//! | `no_create`, `no_update`, `no_delete` | without this standard mutation |
//!
//! Below it, any number of times:
//! `#[action(mutation = "cancelSale", doc = "…", set(status = "'CANCELLED'"), inputs(reason = required, notes), right = ADMIN)]`,
//! a verb that is one UPDATE (it needs WRITE when it does not say), and
//! `#[union(name = sender, of = MessageSender, nullable, doc = "…", branches(user if "{t}.kind = 'USER'", conversation.contact))]`,
//! a field whose type is one of several entities, reached over relations; the first branch with a row is the value.
//!
//! ## On fields
//!
//! Every field needs a doc comment: it is the GraphQL description. Three kinds, by type:
//!
//! | type | attribute | |
//! |---|---|---|
//! | `Ref<T>`, `Option<Ref<T>>` | `#[belongs_to(…)]` | a to-one relation over the column `<field>_id`, which is also readable as `<field>Id` |
//! | | `inverse = "…", doc = "…"` | the way back: a connection on `T` |
//! | | `one` | … which is an object, since a unique key allows one row at most |
//! | | `read_only`, `create_only`, `required` | as below |
//! | `Many<T>` | `#[link(through = …, here = …, there = …, inverse = "…", doc = "…", add = "…", remove = "…")]` | many-to-many over a join table, with its two mutations, which need WRITE or the `right = …` |
//! | anything else | `#[field(…)]` | a column of this name |
//! | | `read_only` | in no input |
//! | | `create_only` | not in `updateX` |
//! | | `default` | never null, but may be left out on create |
//! | | `required` | nullable, but needed on create |
//! | | `no_filter`, `no_order` | not in filters, not in orders |
//! | | `folded` | has a column `<field>_folded`, which makes prefix search indexed |
//! | | `name = "…"` | another GraphQL name |
//! | | `sql = "…"` | no column but computed; `{t}` is the row |
//! | | `late = crate::health::OPEN_JSON` | the answer is made in Rust of the stored value (of the column, or of `sql`), for all rows of a statement at once; in no filter, order or typed row, and in no input without `early` |
//! | | `early = crate::health::SEAL_JSON` | the stored value is made in Rust of the input; goes with `late` |
//! | | `object = crate::finance::INSTALLMENT` | the late answer is made of objects (`ObjectDecl`) instead of the field's type, which then only says whether it is null |
//! | | `transition = "changeX", with(a, b_id)` | a state: moved by this mutation alone, which may set the others as well; it needs WRITE or the `right = …` |
//!
//! A late field is a constant of the type `entity::late::LateFn`:
//!
//! ```text
//! pub const OPEN_JSON: LateFn = |late| open(late).boxed();
//!
//! async fn open(late: Late<'_>) -> Result<Vec<LateAnswer>, DbError> {
//!     let keys = &late.lent::<Services>()?.keys;
//!     late.rows.iter().map(|row| …row.id, row.stored…).collect()
//! }
//! ```
//!
//! An `Err` for a row is an error at that row's field, with its code; an `Err` for all ends the root field. Null is never
//! asked for. The function runs no statements.
//!
//! # `#[derive(Choice)]`
//!
//! Makes an enum a column type stored as SCREAMING_SNAKE text; the values' doc comments are their descriptions.
//!
//! # What mistakes look like
//!
//! Each one is reported once, all of a declaration together, at the field or attribute:
//!
//! ```text
//! error: `readonly` is not known here; known are: read_only, create_only, default, required, no_filter, …
//!   --> src/properties/media.rs:30:13
//!    |
//! 30 |     #[field(readonly)]
//!    |             ^^^^^^^^
//! ```
//!
//! What only rustc knows points at the field as well: a column that the table does not have, a type that cannot hold it,
//! a relation to something that is no entity.
//!
//! ```text
//! error[E0425]: cannot find type `storage_kee` in module `::tables::media`
//!   --> src/properties/media.rs:25:9
//!    |
//! 25 |     pub storage_kee: Option<String>,
//!    |         ^^^^^^^^^^^ help: a struct with a similar name exists: `storage_key`
//!
//! error[E0277]: cannot deserialize a value of the database type `Nullable<Text>` as `String`
//!   --> src/properties/media.rs:23:14
//!    |
//! 23 |     pub url: String,
//!    |              ^^^^^^
//! ```
//!
//! Names across entities (ways back that clash, a relation to an entity that no list holds) are found by
//! `entity::model::Model::link`, at start and in every test.

mod choice;
mod declaration;
mod emit;
mod naming;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;
use quote::quote;

/// Declares an entity; see the crate's documentation.
#[proc_macro_attribute]
pub fn entity(attributes: TokenStream, item: TokenStream) -> TokenStream {
    expand_entity(attributes.into(), item.into()).into()
}

/// Makes an enum a column type; see the crate's documentation.
#[proc_macro_derive(Choice)]
pub fn choice(item: TokenStream) -> TokenStream {
    expand_choice(item.into()).into()
}

fn expand_entity(attributes: proc_macro2::TokenStream, item: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    match declaration::parse(attributes, item.clone()) {
        Ok(declaration) => emit::emit(&declaration),
        Err(error) => {
            let (errors, rest) = (error.to_compile_error(), emit::placeholder(item));
            quote!(#errors #rest)
        }
    }
}

fn expand_choice(item: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let input = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    choice::expand(&input).unwrap_or_else(|error| {
        let (errors, rest) = (error.to_compile_error(), choice::placeholder(&input));
        quote!(#errors #rest)
    })
}
