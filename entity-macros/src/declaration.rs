//! Parses a declaration. Every mistake is one error at the place of the mistake.

use proc_macro2::TokenStream;
use syn::meta::ParseNestedMeta;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Field, Fields, GenericArgument, Ident, ItemStruct, LitStr, PathArguments, Result, Token, Type};

use crate::naming::{camel, doc, snake};

/// A parsed declaration.
pub(crate) struct Declaration {
    pub(crate) item: ItemStruct,
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) table: Ident,
    pub(crate) prefix: String,
    pub(crate) plural: String,
    pub(crate) flags: Vec<String>,
    pub(crate) members: Vec<Member>,
    pub(crate) unions: Vec<UnionAttr>,
    pub(crate) actions: Vec<ActionAttr>,
}

impl Declaration {
    pub(crate) fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|known| known == flag)
    }
}

/// A field of the struct.
pub(crate) struct Member {
    pub(crate) field: Field,
    pub(crate) ident: Ident,
    pub(crate) doc: String,
    pub(crate) name: String,
    pub(crate) kind: MemberKind,
}

pub(crate) enum MemberKind {
    Scalar(FieldAttr),
    One { target: Type, nullable: bool, attr: RelationAttr },
    Many { target: Type, attr: LinkAttr },
}

#[derive(Default)]
pub(crate) struct FieldAttr {
    pub(crate) flags: Vec<String>,
    pub(crate) sql: Option<LitStr>,
    pub(crate) transition: Option<LitStr>,
    pub(crate) with: Vec<String>,
    pub(crate) nullable: bool,
}

impl FieldAttr {
    pub(crate) fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|known| known == flag)
    }
}

#[derive(Default)]
pub(crate) struct RelationAttr {
    pub(crate) flags: Vec<String>,
    pub(crate) inverse: Option<LitStr>,
    pub(crate) doc: Option<LitStr>,
}

impl RelationAttr {
    pub(crate) fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|known| known == flag)
    }
}

pub(crate) struct LinkAttr {
    pub(crate) through: Ident,
    pub(crate) here: Ident,
    pub(crate) there: Ident,
    pub(crate) inverse: LitStr,
    pub(crate) doc: LitStr,
    pub(crate) add: LitStr,
    pub(crate) remove: LitStr,
}

pub(crate) struct UnionAttr {
    pub(crate) name: String,
    pub(crate) type_name: String,
    pub(crate) doc: LitStr,
    pub(crate) nullable: bool,
    pub(crate) branches: Vec<(Vec<String>, Option<LitStr>)>,
}

pub(crate) struct ActionAttr {
    pub(crate) mutation: String,
    pub(crate) doc: LitStr,
    pub(crate) set: Vec<(Ident, LitStr)>,
    pub(crate) inputs: Vec<(String, bool)>,
}

const ENTITY_FLAGS: &[&str] =
    &["soft_delete", "append_only", "global", "child_only", "no_create", "no_update", "no_delete"];
const FIELD_FLAGS: &[&str] =
    &["read_only", "create_only", "default", "required", "no_filter", "no_order", "folded"];
const RELATION_FLAGS: &[&str] = &["one", "read_only", "create_only", "required"];

pub(crate) fn parse(attributes: TokenStream, item: TokenStream) -> Result<Declaration> {
    let mut item: ItemStruct = syn::parse2(item)?;
    let name = item.ident.to_string();
    let (mut table, mut prefix, mut plural, mut flags) = (None, None, None, Vec::new());
    let parser = syn::meta::parser(|meta| {
        if meta.path.is_ident("table") {
            table = Some(meta.value()?.parse::<Ident>()?);
        } else if meta.path.is_ident("prefix") {
            prefix = Some(meta.value()?.parse::<LitStr>()?.value());
        } else if meta.path.is_ident("plural") {
            plural = Some(meta.value()?.parse::<LitStr>()?.value());
        } else {
            flags.push(known_flag(&meta, ENTITY_FLAGS)?);
        }
        Ok(())
    });
    parser.parse2(attributes)?;
    let table = table.ok_or_else(|| Error::new(item.ident.span(), "say which table: #[entity(table = …)]"))?;
    let description = doc(&item.attrs);
    if description.is_empty() {
        return Err(Error::new(item.ident.span(), "an entity needs a doc comment: it is its GraphQL description"));
    }
    let unions = taken(&mut item.attrs, "union").iter().map(|attr| attr.parse_args_with(parse_union)).collect::<Result<_>>()?;
    let actions = taken(&mut item.attrs, "action").iter().map(|attr| attr.parse_args_with(parse_action)).collect::<Result<_>>()?;
    let Fields::Named(fields) = &mut item.fields else {
        return Err(Error::new(item.ident.span(), "an entity is a struct with named fields"));
    };
    let members = std::mem::take(&mut fields.named).into_iter().map(member).collect::<Result<_>>()?;
    Ok(Declaration {
        plural: plural.unwrap_or_else(|| camel(&table.to_string())),
        prefix: prefix.unwrap_or_else(|| snake(&name)),
        doc: description,
        name,
        table,
        flags,
        members,
        unions,
        actions,
        item,
    })
}

fn known_flag(meta: &ParseNestedMeta<'_>, known: &[&str]) -> Result<String> {
    let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
    if known.contains(&name.as_str()) {
        return Ok(name);
    }
    Err(meta.error(format!("`{name}` is not known here; known are: {}", known.join(", "))))
}

/// Removes and returns the attributes of this name.
fn taken(attributes: &mut Vec<Attribute>, name: &str) -> Vec<Attribute> {
    let (found, rest) = std::mem::take(attributes).into_iter().partition(|attribute| attribute.path().is_ident(name));
    *attributes = rest;
    found
}

fn member(mut field: Field) -> Result<Member> {
    let Some(ident) = field.ident.clone() else { return Err(Error::new(field.span(), "a field needs a name")) };
    let description = doc(&field.attrs);
    if description.is_empty() {
        return Err(Error::new(ident.span(), "a field needs a doc comment: it is its GraphQL description"));
    }
    let mut name = camel(&ident.to_string());
    let fields = taken(&mut field.attrs, "field");
    let belongs_to = taken(&mut field.attrs, "belongs_to");
    let links = taken(&mut field.attrs, "link");
    let (nullable, inner) = match argument_of(&field.ty, "Option") {
        Some(inner) => (true, inner),
        None => (false, field.ty.clone()),
    };
    let misplaced = |attributes: &[Attribute], needed: &str| match attributes.first() {
        Some(attribute) => Err(Error::new(attribute.span(), format!("this attribute is for fields of type {needed}"))),
        None => Ok(()),
    };
    let kind = if let Some(target) = argument_of(&inner, "Ref") {
        misplaced(&links, "Many<…>")?;
        misplaced(&fields, "a column; relations take #[belongs_to(…)]")?;
        let mut attr = RelationAttr::default();
        for attribute in &belongs_to {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("inverse") {
                    attr.inverse = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("doc") {
                    attr.doc = Some(meta.value()?.parse()?);
                } else {
                    attr.flags.push(known_flag(&meta, RELATION_FLAGS)?);
                }
                Ok(())
            })?;
        }
        if let (Some(inverse), None) = (&attr.inverse, &attr.doc) {
            return Err(Error::new(inverse.span(), "the way back needs a description as well: doc = \"…\""));
        }
        MemberKind::One { target, nullable, attr }
    } else if let Some(target) = argument_of(&inner, "Many") {
        misplaced(&belongs_to, "Ref<…>")?;
        let Some(attribute) = links.first() else {
            return Err(Error::new(ident.span(), "say through which table: #[link(through = …, here = …, there = …, …)]"));
        };
        MemberKind::Many { target, attr: attribute.parse_args_with(parse_link)? }
    } else {
        misplaced(&belongs_to, "Ref<…> or Option<Ref<…>>")?;
        misplaced(&links, "Many<…>")?;
        let mut attr = FieldAttr { nullable, ..FieldAttr::default() };
        for attribute in &fields {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("sql") {
                    attr.sql = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("name") {
                    name = meta.value()?.parse::<LitStr>()?.value();
                } else if meta.path.is_ident("transition") {
                    attr.transition = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("with") {
                    meta.parse_nested_meta(|inner| {
                        attr.with.push(camel(&inner.path.require_ident()?.to_string()));
                        Ok(())
                    })?;
                } else {
                    attr.flags.push(known_flag(&meta, FIELD_FLAGS)?);
                }
                Ok(())
            })?;
        }
        MemberKind::Scalar(attr)
    };
    Ok(Member { doc: description, name, ident, kind, field })
}

/// `T` of `Outer<T>`.
fn argument_of(ty: &Type, outer: &str) -> Option<Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == outer)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) => Some(inner.clone()),
        _ => None,
    }
}

/// `key = value` pairs, `flag`s and `group(…)`s of an attribute with required keys.
struct Entries {
    place: proc_macro2::Span,
    pairs: Vec<(Ident, TokenStream)>,
}

impl Parse for Entries {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let place = input.span();
        let mut pairs = Vec::new();
        while !input.is_empty() {
            let key = input.call(<Ident as syn::ext::IdentExt>::parse_any)?;
            let value = if input.peek(Token![=]) {
                input.parse::<Token![=]>()?;
                let value: syn::Expr = input.parse()?;
                quote::quote!(#value)
            } else if input.peek(syn::token::Paren) {
                let content;
                syn::parenthesized!(content in input);
                content.parse()?
            } else {
                TokenStream::new()
            };
            pairs.push((key, value));
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(Self { place, pairs })
    }
}

impl Entries {
    fn find(&self, key: &str) -> Option<&TokenStream> {
        self.pairs.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    fn need<T: Parse>(&self, key: &str) -> Result<T> {
        let value = self.find(key).ok_or_else(|| Error::new(self.place, format!("`{key}` is missing")))?;
        syn::parse2(value.clone())
    }

    fn only(&self, known: &[&str]) -> Result<()> {
        match self.pairs.iter().find(|(key, _)| !known.contains(&key.to_string().as_str())) {
            Some((key, _)) => Err(Error::new(key.span(), format!("`{key}` is not known here; known are: {}", known.join(", ")))),
            None => Ok(()),
        }
    }
}

fn parse_link(input: ParseStream<'_>) -> Result<LinkAttr> {
    let entries: Entries = input.parse()?;
    entries.only(&["through", "here", "there", "inverse", "doc", "add", "remove"])?;
    Ok(LinkAttr {
        through: entries.need("through")?,
        here: entries.need("here")?,
        there: entries.need("there")?,
        inverse: entries.need("inverse")?,
        doc: entries.need("doc")?,
        add: entries.need("add")?,
        remove: entries.need("remove")?,
    })
}

fn parse_union(input: ParseStream<'_>) -> Result<UnionAttr> {
    let entries: Entries = input.parse()?;
    entries.only(&["name", "of", "doc", "nullable", "branches"])?;
    let branches = |input: ParseStream<'_>| Punctuated::<Branch, Token![,]>::parse_terminated(input);
    let branches = branches.parse2(entries.need::<TokenStream>("branches")?)?;
    Ok(UnionAttr {
        name: camel(&entries.need::<Ident>("name")?.to_string()),
        type_name: entries.need::<Ident>("of")?.to_string(),
        doc: entries.need("doc")?,
        nullable: entries.find("nullable").is_some(),
        branches: branches.into_iter().map(|branch| (branch.path, branch.when)).collect(),
    })
}

/// `conversation.contact if "sql"`.
struct Branch {
    path: Vec<String>,
    when: Option<LitStr>,
}

impl Parse for Branch {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let steps = Punctuated::<Ident, Token![.]>::parse_separated_nonempty(input)?;
        let when = if input.peek(Token![if]) {
            input.parse::<Token![if]>()?;
            Some(input.parse()?)
        } else {
            None
        };
        Ok(Self { path: steps.iter().map(|step| camel(&step.to_string())).collect(), when })
    }
}

fn parse_action(input: ParseStream<'_>) -> Result<ActionAttr> {
    let entries: Entries = input.parse()?;
    entries.only(&["mutation", "doc", "set", "inputs"])?;
    let mut set = Vec::new();
    if let Some(tokens) = entries.find("set") {
        let assignments: Entries = syn::parse2(tokens.clone())?;
        for (column, value) in assignments.pairs {
            set.push((column, syn::parse2(value)?));
        }
    }
    let mut inputs = Vec::new();
    if let Some(tokens) = entries.find("inputs") {
        let names: Entries = syn::parse2(tokens.clone())?;
        for (name, value) in names.pairs {
            inputs.push((camel(&name.to_string()), value.to_string() == "required"));
        }
    }
    Ok(ActionAttr { mutation: entries.need::<LitStr>("mutation")?.value(), doc: entries.need("doc")?, set, inputs })
}
