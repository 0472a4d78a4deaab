//! Emits a declaration as data. What a plain column is, the engine's constructors say; only deviations are written out.
//!
//! Tokens that rustc may complain about (a column that does not exist, a type that does not fit) carry the place of
//! the field, so that the complaint stands there.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Fields, Ident, ItemStruct};

use crate::declaration::{ActionAttr, Declaration, Entries, LinkAttr, Member, MemberKind, UnionAttr, argument_of};
use crate::naming::camel;

pub(crate) fn emit(declaration: &Declaration) -> TokenStream {
    let Declaration { name, doc, table, process, prefix, plural, attr, members, .. } = declaration;
    let ident = &declaration.item.ident;
    let item = structure(&declaration.item, stored(members).map(|member| &member.field));
    let table_name = table.to_string();
    let flags =
        ["soft_delete", "append_only", "global", "child_only", "sensitive"].into_iter().filter(|flag| attr.has(flag));
    let flags = flags.map(|flag| format_ident!("{flag}"));
    let writes = writes(attr);
    let needs = needs(process, attr);
    let writable = attr.text("writable").map(|sql| quote!(writable: Some(#sql),));
    let order = declaration.order_by.iter().map(|(name, descending)| {
        let name = members.iter().find(|member| member.ident == *name).map(|member| member.name.as_str());
        quote!((#name, #descending))
    });
    let lists = [
        list("order_by", order),
        list("fields", members.iter().filter_map(|member| field(table, process, member))),
        list("relations", members.iter().filter_map(|member| relation(table, member))),
        list("links", members.iter().filter_map(|member| link(process, member))),
        list("unions", declaration.unions.iter().map(union)),
        list("actions", declaration.actions.iter().map(|attr| action(table, process, attr))),
    ];
    let decoded = stored(members).enumerate().map(|(index, member)| {
        let (ident, column, ty) = (&member.ident, column(member), &member.field.ty);
        let index = Literal::usize_unsuffixed(index + 1);
        quote_spanned!(place(ty)=> #ident: rows.decode::<::tables::#table::#column, #ty>(row, #index)?)
    });
    let process = process_path(process);
    quote! {
        #item

        impl ::entity::declare::Entity for #ident {
            fn decl() -> &'static ::entity::declare::EntityDecl {
                use ::entity::declare::*;
                static DECL: EntityDecl = EntityDecl {
                    #(#flags: true,)*
                    #needs
                    #writable
                    #writes
                    #(#lists)*
                    ..EntityDecl::over(#table_name, #name, #plural, #prefix, #doc, &#process)
                };
                &DECL
            }

            fn decode(rows: &::entity::rows::Rows, row: usize) -> Result<Self, ::entity::rows::DecodeError> {
                Ok(Self { id: rows.decode::<::tables::#table::id, ::uuid::Uuid>(row, 0)?, #(#decoded,)* })
            }
        }
    }
}

/// What is emitted beside the errors of a declaration, so that nothing else complains about a type that is not there.
pub(crate) fn placeholder(item: TokenStream) -> TokenStream {
    let Ok(item) = syn::parse2::<ItemStruct>(item.clone()) else { return item };
    let generic = !item.generics.params.is_empty();
    let fields = item.fields.iter().filter(|field| {
        let id = field.ident.as_ref().is_none_or(|ident| ident == "id");
        !generic && !id && argument_of(&field.ty, "Many").is_none()
    });
    let fields: Vec<_> = fields.cloned().map(|field| syn::Field { attrs: Vec::new(), ..field }).collect();
    let bare = ItemStruct { attrs: Vec::new(), ..item };
    let (ident, structure) = (&bare.ident, structure(&bare, fields.iter()));
    quote! {
        #structure

        impl ::entity::declare::Entity for #ident {
            fn decl() -> &'static ::entity::declare::EntityDecl { ::core::unreachable!() }
            fn decode(_: &::entity::rows::Rows, _: usize) -> Result<Self, ::entity::rows::DecodeError> { ::core::unreachable!() }
        }
    }
}

/// The struct itself: stored columns only, with the id.
fn structure<'f>(item: &ItemStruct, stored: impl Iterator<Item = &'f syn::Field>) -> TokenStream {
    debug_assert!(matches!(item.fields, Fields::Named(_) | Fields::Unnamed(_) | Fields::Unit));
    let ItemStruct { attrs, vis, ident, .. } = item;
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

/// Columns, then keys: the order of `EntityDecl::columns`.
fn stored(members: &[Member]) -> impl Iterator<Item = &Member> {
    let columns = members.iter().filter(
        |member| matches!(&member.kind, MemberKind::Scalar { attr, .. } if !attr.has("sql") && !attr.has("late")),
    );
    columns.chain(members.iter().filter(|member| matches!(member.kind, MemberKind::One { .. })))
}

/// The place of a type as rustc shows it, with the names visible at the macro.
fn place(of: &impl Spanned) -> Span {
    of.span().resolved_at(Span::call_site())
}

/// The column of a stored member.
fn column(member: &Member) -> Ident {
    match &member.kind {
        MemberKind::One { .. } => format_ident!("{}_id", member.ident, span = member.ident.span()),
        _ => member.ident.clone(),
    }
}

fn column_name(table: &Ident, member: &Member) -> TokenStream {
    name_of(table, &column(member))
}

fn name_of(table: &Ident, column: &Ident) -> TokenStream {
    quote_spanned!(place(column)=> <::tables::#table::#column as ::diesel::Column>::NAME)
}

/// `name: &[…],`, or nothing.
fn list(name: &str, items: impl Iterator<Item = TokenStream>) -> TokenStream {
    let (name, items) = (format_ident!("{name}"), items.collect::<Vec<_>>());
    if items.is_empty() { TokenStream::new() } else { quote!(#name: &[#(#items,)*],) }
}

/// `base`, or `Type { deviations, ..base }`.
fn deviating(name: &str, deviations: &[TokenStream], base: TokenStream) -> TokenStream {
    let name = format_ident!("{name}");
    if deviations.is_empty() { base } else { quote!(#name { #(#deviations,)* ..#base }) }
}

fn writes(attr: &Entries) -> TokenStream {
    let without = [("no_create", "create"), ("no_update", "update"), ("no_delete", "delete")];
    let without: Vec<_> = without.into_iter().filter(|(flag, _)| attr.has(flag)).map(|(_, verb)| verb).collect();
    let deviations: Vec<_> =
        without.iter().map(|verb| format_ident!("{verb}")).map(|verb| quote!(#verb: false)).collect();
    match without.len() {
        0 => TokenStream::new(),
        3 => quote!(writes: Writes { #(#deviations,)* },),
        _ => quote!(writes: Writes { #(#deviations,)* ..Writes::ALL },),
    }
}

/// A process of the catalogue, at its place.
fn process_path(process: &Ident) -> TokenStream {
    quote_spanned!(place(process)=> crate::processes::#process)
}

/// The right that was written, else `usual` on the entity's own process.
fn right(process: &Ident, written: Option<&(Option<Ident>, Ident)>, usual: &str) -> TokenStream {
    let (process, action) = match written {
        Some((other, action)) => (other.as_ref().unwrap_or(process), action.to_string()),
        None => (process, usual.to_owned()),
    };
    let (process, action) = (process_path(process), format_ident!("{}", action.to_lowercase()));
    quote!(#process.#action())
}

/// How the rights of the standard ways deviate from the rule.
fn needs(process: &Ident, attr: &Entries) -> TokenStream {
    let deviations = ["read", "create", "update", "delete", "include_deleted", "purge"].into_iter().filter_map(|way| {
        let (name, right) = (format_ident!("{way}"), right(process, Some(&attr.right(way)?), ""));
        Some(quote!(#name: #right,))
    });
    let deviations: Vec<_> = deviations.collect();
    if deviations.is_empty() {
        return TokenStream::new();
    }
    let process = process_path(process);
    quote!(needs: Needs { #(#deviations)* ..Needs::of(&#process) },)
}

fn field(table: &Ident, process: &Ident, member: &Member) -> Option<TokenStream> {
    let MemberKind::Scalar { attr, with } = &member.kind else { return None };
    let Member { name, doc, field, .. } = member;
    let ty = &field.ty;
    let ty = quote_spanned!(place(ty)=> <#ty as ::entity::kind::Scalar>::TYPE);
    let mut deviations = inputs(attr);
    let is_late = attr.has("late");
    if is_late {
        if !attr.has("early") && !attr.has("read_only") && !attr.has("sql") {
            deviations.extend([quote!(create: Input::No), quote!(update: Input::No)]);
        }
        deviations.extend([quote!(filter: false), quote!(order: false)]);
    }
    for key in ["late", "early", "object"] {
        let name = format_ident!("{key}");
        let reference = (key == "object").then(|| quote!(&));
        deviations.extend(attr.path(key).map(|path| quote!(#name: Some(#reference #path))));
    }
    for (flag, key) in [("no_filter", "filter"), ("no_order", "order")] {
        let key = format_ident!("{key}");
        deviations.extend((attr.has(flag) && !is_late).then(|| quote!(#key: false)));
    }
    deviations.extend(attr.has("folded").then(|| quote!(folded: true)));
    deviations.extend(attr.text("transition").map(|mutation| {
        let with = with.iter().map(|name| camel(&name.to_string()));
        let right = right(process, attr.right("right").as_ref(), "WRITE");
        quote!(transition: Some(TransitionDecl { mutation: #mutation, with: &[#(#with,)*], right: #right }))
    }));
    let base = match attr.text("sql") {
        Some(sql) => quote!(FieldDecl::computed(#name, #sql, #doc, #ty)),
        None => {
            let column = column_name(table, member);
            quote!(FieldDecl::column(#name, #column, #doc, #ty))
        }
    };
    Some(deviating("FieldDecl", &deviations, base))
}

/// How the inputs of a field or relation deviate from the rule.
fn inputs(attr: &Entries) -> Vec<TokenStream> {
    if attr.has("read_only") || attr.has("transition") {
        return vec![quote!(create: Input::No), quote!(update: Input::No)];
    }
    let flags = [
        ("default", quote!(create: Input::Optional)),
        ("required", quote!(create: Input::Required)),
        ("create_only", quote!(update: Input::No)),
    ];
    flags.into_iter().filter(|(flag, _)| attr.has(flag)).map(|(_, deviation)| deviation).collect()
}

fn relation(table: &Ident, member: &Member) -> Option<TokenStream> {
    let MemberKind::One { target, nullable, attr } = &member.kind else { return None };
    let (name, doc, column) = (&member.name, &member.doc, column_name(table, member));
    let mut deviations = inputs(attr);
    if let (Some(name), Some(doc)) = (attr.text("inverse"), attr.text("doc")) {
        let one = attr.has("one");
        deviations.push(quote!(inverse: Some(InverseDecl { name: #name, doc: #doc, one: #one })));
    }
    let constructor = if *nullable { quote!(optional) } else { quote!(required) };
    let target = entity(target);
    Some(deviating("RelationDecl", &deviations, quote!(RelationDecl::#constructor(#name, #column, #doc, #target))))
}

fn entity(target: &syn::Type) -> TokenStream {
    quote_spanned!(place(target)=> <#target as ::entity::declare::Entity>::decl)
}

fn link(process: &Ident, member: &Member) -> Option<TokenStream> {
    let MemberKind::Many { target, attr } = &member.kind else { return None };
    let Member { name, doc, .. } = member;
    let LinkAttr { through, here, there, inverse, doc: inverse_doc, add, remove, right: written } = attr;
    let right = right(process, written.as_ref(), "WRITE");
    let (table, here, there, target) =
        (through.to_string(), name_of(through, here), name_of(through, there), entity(target));
    Some(quote! {
        LinkDecl {
            name: #name, doc: #doc, table: #table, here: #here, there: #there, target: #target,
            inverse: #inverse, inverse_doc: #inverse_doc, add: #add, remove: #remove, right: #right,
        }
    })
}

fn union(attr: &UnionAttr) -> TokenStream {
    let UnionAttr { name, type_name, doc, nullable, branches } = attr;
    let (name, type_name) = (camel(&name.to_string()), type_name.to_string());
    let branches = branches.iter().map(|branch| {
        let path = branch.path.iter().map(|step| camel(&step.to_string()));
        let when = option(branch.when.as_ref());
        quote!(BranchDecl { path: &[#(#path,)*], when: #when })
    });
    quote!(UnionDecl { name: #name, type_name: #type_name, doc: #doc, nullable: #nullable, branches: &[#(#branches,)*] })
}

fn action(table: &Ident, process: &Ident, attr: &ActionAttr) -> TokenStream {
    let ActionAttr { mutation, doc, set, inputs, right: written } = attr;
    let right = right(process, written.as_ref(), "WRITE");
    let set = set.iter().map(|(column, value)| {
        let column = name_of(table, column);
        quote!((#column, #value))
    });
    let inputs = inputs.iter().map(|(name, required)| {
        let (name, need) = (camel(&name.to_string()), if *required { quote!(Required) } else { quote!(Optional) });
        quote!((#name, Input::#need))
    });
    quote!(ActionDecl { mutation: #mutation, doc: #doc, set: &[#(#set,)*], inputs: &[#(#inputs,)*], right: #right })
}

fn option(value: Option<&impl ToTokens>) -> TokenStream {
    value.map_or_else(|| quote!(None), |value| quote!(Some(#value)))
}
