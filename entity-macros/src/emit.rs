//! Emits a declaration as data.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::declaration::{Declaration, FieldAttr, LinkAttr, Member, MemberKind, RelationAttr};

pub(crate) fn emit(declaration: &Declaration) -> TokenStream {
    let (item, columns) = (structure(declaration), columns(declaration));
    let Declaration { name, doc, table, prefix, plural, .. } = declaration;
    let ident = &declaration.item.ident;
    let table_name = table.to_string();
    let flag = |name: &str| declaration.has(name);
    let (soft_delete, append_only, global, child_only) =
        (flag("soft_delete"), flag("append_only"), flag("global"), flag("child_only"));
    let (create, update, delete) = (!flag("no_create"), !flag("no_update"), !flag("no_delete"));
    let fields = declaration.members.iter().filter_map(|member| field(declaration, member));
    let relations = declaration.members.iter().filter_map(|member| relation(declaration, member));
    let links = declaration.members.iter().filter_map(link);
    let unions = unions(declaration);
    let actions = actions(declaration);
    let column_names = columns.iter().map(|(_, name, _)| name);
    let decoded = columns.iter().enumerate().map(|(index, (ident, _, sql_type))| {
        quote!(#ident: rows.decode::<#sql_type, _>(row, #index)?)
    });
    quote! {
        #item

        impl ::entity::declare::Entity for #ident {
            fn decl() -> &'static ::entity::declare::EntityDecl {
                use ::entity::declare::*;
                static DECL: EntityDecl = EntityDecl {
                    name: #name, plural: #plural, table: #table_name, prefix: #prefix, doc: #doc,
                    soft_delete: #soft_delete, append_only: #append_only, global: #global, child_only: #child_only,
                    writes: Writes { create: #create, update: #update, delete: #delete },
                    fields: &[#(#fields,)*],
                    relations: &[#(#relations,)*],
                    links: &[#(#links,)*],
                    unions: &[#(#unions,)*],
                    actions: &[#(#actions,)*],
                };
                &DECL
            }

            const COLUMNS: &'static [&'static str] = &[#(#column_names,)*];

            fn decode(rows: &::entity::rows::Rows, row: usize) -> Result<Self, ::entity::rows::DecodeError> {
                Ok(Self { #(#decoded,)* })
            }
        }
    }
}

/// The struct itself: stored columns only, with the id.
fn structure(declaration: &Declaration) -> TokenStream {
    let mut item = declaration.item.clone();
    let stored = declaration.members.iter().filter(|member| is_stored(member)).map(|member| &member.field);
    let (attrs, vis, ident) = (std::mem::take(&mut item.attrs), &item.vis, &item.ident);
    quote! {
        #(#attrs)*
        #[derive(Debug, Clone, PartialEq)]
        #vis struct #ident {
            /// Primary key, together with the tenant.
            pub id: ::uuid::Uuid,
            #(#stored,)*
        }
    }
}

fn is_stored(member: &Member) -> bool {
    match &member.kind {
        MemberKind::Scalar(attr) => attr.sql.is_none(),
        MemberKind::One { .. } => true,
        MemberKind::Many { .. } => false,
    }
}

/// Struct field, column name and SQL type of everything that is decoded.
fn columns(declaration: &Declaration) -> Vec<(syn::Ident, TokenStream, TokenStream)> {
    let table = &declaration.table;
    let mut out = vec![(format_ident!("id"), quote!("id"), quote!(::diesel::sql_types::Uuid))];
    for member in declaration.members.iter().filter(|member| is_stored(member)) {
        let column = column(member);
        out.push((
            member.ident.clone(),
            quote!(<::tables::#table::#column as ::diesel::Column>::NAME),
            quote!(<::tables::#table::#column as ::diesel::Expression>::SqlType),
        ));
    }
    out
}

fn column(member: &Member) -> syn::Ident {
    match &member.kind {
        MemberKind::One { .. } => format_ident!("{}_id", member.ident, span = member.ident.span()),
        _ => member.ident.clone(),
    }
}

fn input(accepted: bool, required: bool) -> TokenStream {
    match (accepted, required) {
        (false, _) => quote!(Input::No),
        (true, false) => quote!(Input::Optional),
        (true, true) => quote!(Input::Required),
    }
}

fn field(declaration: &Declaration, member: &Member) -> Option<TokenStream> {
    let MemberKind::Scalar(attr) = &member.kind else { return None };
    let Member { name, doc, field, .. } = member;
    let (table, column_ident, ty) = (&declaration.table, column(member), &field.ty);
    let column_name = match attr.sql {
        Some(_) => quote!(#name),
        None => quote!(<::tables::#table::#column_ident as ::diesel::Column>::NAME),
    };
    let sql = attr.sql.as_ref().map_or_else(|| quote!(None), |sql| quote!(Some(#sql)));
    let (create, update) = inputs(declaration, attr);
    let (filter, order, folded) = (!attr.has("no_filter"), !attr.has("no_order"), attr.has("folded"));
    let transition = attr.transition.as_ref().map_or_else(
        || quote!(None),
        |mutation| {
            let with = &attr.with;
            quote!(Some(TransitionDecl { mutation: #mutation, with: &[#(#with,)*] }))
        },
    );
    Some(quote! {
        FieldDecl {
            name: #name, column: #column_name, sql: #sql, doc: #doc,
            ty: <#ty as ::entity::kind::Scalar>::TYPE,
            filter: #filter, order: #order, create: #create, update: #update, folded: #folded,
            transition: #transition,
        }
    })
}

fn inputs(declaration: &Declaration, attr: &FieldAttr) -> (TokenStream, TokenStream) {
    let writable = !attr.has("read_only") && attr.sql.is_none() && attr.transition.is_none();
    let needed = attr.has("required") || !(attr.nullable || attr.has("default"));
    let changeable = writable && !attr.has("create_only") && !declaration.has("append_only");
    (input(writable, needed), input(changeable, false))
}

fn relation(declaration: &Declaration, member: &Member) -> Option<TokenStream> {
    let MemberKind::One { target, nullable, attr } = &member.kind else { return None };
    let Member { name, doc, .. } = member;
    let (table, column_ident) = (&declaration.table, column(member));
    let writable = !attr.has("read_only");
    let create = input(writable, attr.has("required") || !nullable);
    let update = input(writable && !attr.has("create_only") && !declaration.has("append_only"), false);
    let inverse = inverse(attr);
    Some(quote! {
        RelationDecl {
            name: #name, column: <::tables::#table::#column_ident as ::diesel::Column>::NAME, doc: #doc,
            target: <#target as ::entity::declare::Entity>::decl, nullable: #nullable,
            inverse: #inverse, create: #create, update: #update,
        }
    })
}

fn inverse(attr: &RelationAttr) -> TokenStream {
    match (&attr.inverse, &attr.doc) {
        (Some(name), Some(doc)) => {
            let one = attr.has("one");
            quote!(Some(InverseDecl { name: #name, doc: #doc, one: #one }))
        }
        _ => quote!(None),
    }
}

fn link(member: &Member) -> Option<TokenStream> {
    let MemberKind::Many { target, attr } = &member.kind else { return None };
    let Member { name, doc, .. } = member;
    let LinkAttr { through, here, there, inverse, doc: inverse_doc, add, remove } = attr;
    let through_name = through.to_string();
    Some(quote! {
        LinkDecl {
            name: #name, doc: #doc, table: #through_name,
            here: <::tables::#through::#here as ::diesel::Column>::NAME,
            there: <::tables::#through::#there as ::diesel::Column>::NAME,
            target: <#target as ::entity::declare::Entity>::decl,
            inverse: #inverse, inverse_doc: #inverse_doc, add: #add, remove: #remove,
        }
    })
}

fn unions(declaration: &Declaration) -> Vec<TokenStream> {
    let emit = |union: &crate::declaration::UnionAttr| {
        let crate::declaration::UnionAttr { name, type_name, doc, nullable, branches } = union;
        let branches = branches.iter().map(|(path, when)| {
            let when = when.as_ref().map_or_else(|| quote!(None), |when| quote!(Some(#when)));
            quote!(BranchDecl { path: &[#(#path,)*], when: #when })
        });
        quote!(UnionDecl { name: #name, type_name: #type_name, doc: #doc, nullable: #nullable, branches: &[#(#branches,)*] })
    };
    declaration.unions.iter().map(emit).collect()
}

fn actions(declaration: &Declaration) -> Vec<TokenStream> {
    let table = &declaration.table;
    let emit = |action: &crate::declaration::ActionAttr| {
        let crate::declaration::ActionAttr { mutation, doc, set, inputs } = action;
        let set = set.iter().map(|(column, value)| quote!((<::tables::#table::#column as ::diesel::Column>::NAME, #value)));
        let inputs = inputs.iter().map(|(name, required)| {
            let need = input(true, *required);
            quote!((#name, #need))
        });
        quote!(ActionDecl { mutation: #mutation, doc: #doc, set: &[#(#set,)*], inputs: &[#(#inputs,)*] })
    };
    declaration.actions.iter().map(emit).collect()
}
