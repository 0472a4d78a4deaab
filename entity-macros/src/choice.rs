//! `#[derive(Choice)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields};

use crate::naming::{doc, screaming};

pub(crate) fn expand(item: TokenStream) -> Result<TokenStream, Error> {
    let input: DeriveInput = syn::parse2(item)?;
    let Data::Enum(data) = &input.data else {
        return Err(Error::new_spanned(&input.ident, "Choice is for enums"));
    };
    let mut values = Vec::new();
    let mut variants = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(Error::new_spanned(variant, "a choice has no data: it is one word in a text column"));
        }
        values.push((screaming(&variant.ident.to_string()), doc(&variant.attrs)));
        variants.push(&variant.ident);
    }
    let (ident, name, description) = (&input.ident, input.ident.to_string(), doc(&input.attrs));
    if description.is_empty() {
        return Err(Error::new_spanned(ident, "an enum needs a doc comment: it is its GraphQL description"));
    }
    let (texts, docs): (Vec<_>, Vec<_>) = values.into_iter().unzip();
    Ok(quote! {
        impl #ident {
            /// The stored text.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { #(Self::#variants => #texts,)* }
            }
        }

        impl ::entity::kind::Scalar for #ident {
            const TYPE: ::entity::kind::FieldType = {
                static CHOICE: ::entity::declare::ChoiceDecl = ::entity::declare::ChoiceDecl {
                    name: #name, doc: #description, values: &[#((#texts, #docs),)*],
                };
                ::entity::kind::FieldType { kind: ::entity::kind::Kind::Choice(&CHOICE), nullable: false, normalize: None }
            };
        }

        impl ::diesel::deserialize::FromSql<::diesel::sql_types::Text, ::diesel::pg::Pg> for #ident {
            fn from_sql(bytes: ::diesel::pg::PgValue<'_>) -> ::diesel::deserialize::Result<Self> {
                match bytes.as_bytes() {
                    #(value if value == #texts.as_bytes() => Ok(Self::#variants),)*
                    _ => Err(concat!("not a ", #name).into()),
                }
            }
        }
    })
}
