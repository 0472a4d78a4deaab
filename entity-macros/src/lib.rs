//! The macros of the entity engine. They emit data and row decoding, never decisions.
//!
//! # `#[entity]`
//!
//! ```text
//! /// A tag for conversations.                        GraphQL description of the type
//! #[entity(table = conversation_tags)]
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
//!             name: "ConversationTag", plural: "conversationTags", table: "conversation_tags",
//!             prefix: "conversation_tag", doc: "A tag for conversations.", soft_delete: false, …
//!             fields: &[FieldDecl {
//!                 name: "name",
//!                 column: <::tables::conversation_tags::name as ::diesel::Column>::NAME,
//!                 doc: "Name as agents see it; unique.",
//!                 ty: <String as ::entity::kind::Scalar>::TYPE,
//!                 filter: true, order: true, create: Input::Required, update: Input::Optional, …
//!             }, …],
//!             relations: &[], links: &[], unions: &[], actions: &[],
//!         };
//!         &DECL
//!     }
//!     const COLUMNS: &'static [&'static str] = &["id", "name", "color", "is_system"];
//!     fn decode(rows: &Rows, row: usize) -> Result<Self, DecodeError> {
//!         Ok(Self { id: rows.decode::<::diesel::sql_types::Uuid, _>(row, 0usize)?,
//!                   name: rows.decode::<<::tables::conversation_tags::name as ::diesel::Expression>::SqlType, _>(row, 1usize)?, … })
//!     }
//! }
//! ```
//!
//! A column that does not exist, or a Rust type that does not fit the column's SQL type, does not compile.
//! The complete expansion of one entity is checked in as `entity-macros/tests/expansion.txt`.
//!
//! On the struct: `table` (required), `prefix`, `plural`, `soft_delete`, `append_only`, `global`, `child_only`,
//! `no_create`, `no_update`, `no_delete`; further attributes `#[union(…)]` and `#[action(…)]` below it.
//!
//! On fields: `#[field(…)]` with `read_only`, `create_only`, `default` (may be left out on create), `required`
//! (nullable, but needed on create), `no_filter`, `no_order`, `folded`, `name = "…"`, `sql = "…"` (computed; `{t}` is the row),
//! `transition = "mutation"` with `with(fields…)`. Fields of type `Ref<T>` or `Option<Ref<T>>` are to-one relations over
//! the column `<field>_id`; `#[belongs_to(inverse = "…", doc = "…", one, read_only, create_only, required)]` names the way
//! back. Fields of type `Many<T>` are many-to-many: `#[link(through = …, here = …, there = …, inverse = "…", doc = "…",
//! add = "…", remove = "…")]`.
//!
//! # `#[derive(Choice)]`
//!
//! Makes an enum a column type stored as SCREAMING_SNAKE text; variants' doc comments are the descriptions.

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
