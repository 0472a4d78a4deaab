//! `#[derive(Choice)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Fields, Ident, Result};

use crate::declaration::Mistakes;
use crate::naming::{doc, screaming};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::new(input.ident.span(), "Choice is for enums: a choice is one word in a text column"));
    };
    let mut mistakes = Mistakes::default();
    let (ident, name, description) = (&input.ident, input.ident.to_string(), doc(&input.attrs));
    if description.is_empty() {
        mistakes.add(ident.span(), "an enum needs a doc comment: it is its GraphQL description");
    }
    if !input.generics.params.is_empty() {
        mistakes.add(input.generics.span(), "a choice has no type parameters and no lifetimes");
    }
    if data.variants.is_empty() {
        mistakes.add(ident.span(), "a choice needs a value to choose");
    }
    let (mut texts, mut docs, mut variants) = (Vec::new(), Vec::new(), Vec::new());
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            mistakes.add(variant.ident.span(), "a choice has no data: it is one word in a text column");
        }
        let description = doc(&variant.attrs);
        if description.is_empty() {
            mistakes.add(variant.ident.span(), "a value needs a doc comment: it is its GraphQL description");
        }
        texts.push(screaming(&variant.ident.to_string()));
        docs.push(description);
        variants.push(&variant.ident);
    }
    mistakes.finish()?;
    let bytes = texts.iter().map(|text| syn::LitByteStr::new(text.as_bytes(), ident.span()));
    let scalar = scalar(
        ident,
        quote! {{
            static CHOICE: ::entity::declare::ChoiceDecl = ::entity::declare::ChoiceDecl {
                name: #name, doc: #description, values: &[#((#texts, #docs),)*],
            };
            ::entity::kind::FieldType { kind: ::entity::kind::Kind::Choice(&CHOICE), nullable: false, normalize: None }
        }},
    );
    let from_sql = from_sql(
        ident,
        quote! {
            match bytes.as_bytes() {
                #(#bytes => Ok(Self::#variants),)*
                _ => Err(concat!("not a ", #name).into()),
            }
        },
    );
    Ok(quote! {
        impl #ident {
            /// The stored text.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { #(Self::#variants => #texts,)* }
            }
        }

        #scalar

        #from_sql
    })
}

/// What is emitted beside the errors, so that columns of this type do not complain as well.
pub(crate) fn placeholder(input: &DeriveInput) -> TokenStream {
    if !input.generics.params.is_empty() {
        return TokenStream::new();
    }
    let scalar = scalar(&input.ident, quote!(<String as ::entity::kind::Scalar>::TYPE));
    let from_sql = from_sql(
        &input.ident,
        quote!({
            let _ = bytes;
            ::core::unreachable!()
        }),
    );
    quote!(#scalar #from_sql)
}

fn scalar(ident: &Ident, ty: TokenStream) -> TokenStream {
    quote! {
        impl ::entity::kind::Scalar for #ident {
            const TYPE: ::entity::kind::FieldType = #ty;
        }
    }
}

fn from_sql(ident: &Ident, body: TokenStream) -> TokenStream {
    quote! {
        impl ::diesel::deserialize::FromSql<::diesel::sql_types::Text, ::diesel::pg::Pg> for #ident {
            fn from_sql(bytes: ::diesel::pg::PgValue<'_>) -> ::diesel::deserialize::Result<Self> {
                #body
            }
        }
    }
}
