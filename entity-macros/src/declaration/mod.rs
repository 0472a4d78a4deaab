//! Parses a declaration. Every mistake is one error at the place of the mistake.

mod entries;
mod member;
mod mistakes;
mod verbs;

use proc_macro2::TokenStream;
use syn::spanned::Spanned;
use syn::{Error, Field, Fields, Ident, Item, ItemStruct, Result};

pub(crate) use self::entries::Entries;
use self::entries::{Entry, Known, Shape, Value};
use self::member::taken;
pub(crate) use self::member::{LinkAttr, Member, MemberKind, argument_of};
pub(crate) use self::mistakes::Mistakes;
pub(crate) use self::verbs::{ActionAttr, UnionAttr};
use crate::naming::{camel, doc, snake};

/// A parsed declaration.
pub(crate) struct Declaration {
    pub(crate) item: ItemStruct,
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) table: Ident,
    pub(crate) process: Ident,
    /// Fields, with whether the largest comes first.
    pub(crate) order_by: Vec<(Ident, bool)>,
    pub(crate) prefix: String,
    pub(crate) plural: String,
    pub(crate) attr: Entries,
    pub(crate) members: Vec<Member>,
    pub(crate) unions: Vec<UnionAttr>,
    pub(crate) actions: Vec<ActionAttr>,
}

const ENTITY: &[Known] = &[
    ("table", Shape::Word),
    ("process", Shape::Word),
    ("read", Shape::Right),
    ("create", Shape::Right),
    ("update", Shape::Right),
    ("delete", Shape::Right),
    ("include_deleted", Shape::Right),
    ("purge", Shape::Right),
    ("writable", Shape::Text),
    ("order_by", Shape::List),
    ("prefix", Shape::Text),
    ("plural", Shape::Name),
    ("soft_delete", Shape::Flag),
    ("append_only", Shape::Flag),
    ("global", Shape::Flag),
    ("child_only", Shape::Flag),
    ("sensitive", Shape::Flag),
    ("no_create", Shape::Flag),
    ("no_update", Shape::Flag),
    ("no_delete", Shape::Flag),
];

const UNCHANGING: &str = "append-only rows never change";

const ABSENT: &str = "a mutation that is not there needs no right";

/// What contradicts what: stays, goes, why.
const CLASHES: &[(&str, &str, &str)] = &[
    ("append_only", "soft_delete", UNCHANGING),
    ("append_only", "no_update", UNCHANGING),
    ("append_only", "no_delete", UNCHANGING),
    ("append_only", "update", UNCHANGING),
    ("append_only", "delete", UNCHANGING),
    ("no_create", "create", ABSENT),
    ("no_update", "update", ABSENT),
    ("no_delete", "delete", ABSENT),
];

/// Whether the engine adds this field by itself.
fn is_added(field: &Ident, attr: &Entries) -> bool {
    match field.to_string().as_str() {
        "id" | "created_at" => true,
        "updated_at" => !attr.has("append_only"),
        // Rows that are not updated may count versions of something else.
        "version" => !attr.has("append_only") && !attr.has("no_update"),
        "deleted_at" | "deleted_by" => attr.has("soft_delete"),
        _ => false,
    }
}

/// Reads a declaration.
///
/// # Errors
/// All mistakes, each at its place.
pub(crate) fn parse(attributes: TokenStream, item: TokenStream) -> Result<Declaration> {
    let mut item = match syn::parse2(item)? {
        Item::Struct(item) => item,
        Item::Enum(item) => {
            let message = "an entity is a struct; an enum becomes a column type by #[derive(Choice)]";
            return Err(Error::new(item.ident.span(), message));
        }
        other => return Err(Error::new(other.span(), "an entity is a struct")),
    };
    let mut mistakes = Mistakes::default();
    let name = item.ident.to_string();
    let attr = Entries::read(attributes, item.ident.span(), ENTITY, &mut mistakes);
    attr.clash(CLASHES, &mut mistakes);
    if !attr.has("table") {
        mistakes.add(item.ident.span(), "say which table: #[entity(table = …)]");
    }
    if !attr.has("process") {
        let message = "say to which process its rows belong: #[entity(process = …)], one of src/processes.rs";
        mistakes.add(item.ident.span(), message);
    }
    if let (Some(entry), false) = (attr.find("include_deleted"), attr.has("soft_delete")) {
        mistakes.add(entry.key.span(), "without soft_delete no deleted row is left to see");
    }
    let order_by = order_by(&attr, &mut mistakes);
    let prefix = attr.text("prefix").map_or_else(|| snake(&name), |given| given.value());
    if let (Some(given), false) = (attr.text("prefix"), is_prefix(&prefix)) {
        mistakes.add(given.span(), "an ID's prefix is 1 to 63 letters a–z, with _ in between");
    }
    let description = doc(&item.attrs);
    if description.is_empty() {
        mistakes.add(item.ident.span(), "an entity needs a doc comment: it is its GraphQL description");
    }
    if !item.generics.params.is_empty() {
        mistakes.add(item.generics.span(), "an entity is one table: it has no type parameters and no lifetimes");
    }
    let unions: Vec<_> =
        taken(&mut item.attrs, "union").iter().filter_map(|attribute| verbs::union(attribute, &mut mistakes)).collect();
    let actions: Vec<_> = taken(&mut item.attrs, "action")
        .iter()
        .filter_map(|attribute| verbs::action(attribute, &mut mistakes))
        .collect();
    let fields: Vec<Field> = if let Fields::Named(fields) = &mut item.fields {
        std::mem::take(&mut fields.named).into_iter().collect()
    } else {
        mistakes.add(item.ident.span(), "an entity is a struct with named fields");
        Vec::new()
    };
    let count = fields.len();
    let members: Vec<Member> = fields.into_iter().filter_map(|field| member::read(field, &mut mistakes)).collect();
    for member in &members {
        if is_added(&member.ident, &attr) {
            mistakes.add(member.ident.span(), format!("the engine adds `{}` by itself: leave it out", member.ident));
        }
    }
    // A field that could not be read would be reported a second time, as unknown.
    if members.len() == count {
        names(&members, &unions, &actions, &order_by, &mut mistakes);
    }
    mistakes.finish()?;
    let (Some(table), Some(process)) = (attr.word("table"), attr.word("process")) else {
        return Err(Error::new(item.ident.span(), "say which table and which process"));
    };
    let plural = attr.text("plural").map_or_else(|| camel(&table.to_string()), |given| given.value());
    Ok(Declaration {
        item,
        name,
        doc: description,
        table,
        process,
        order_by,
        prefix,
        plural,
        attr,
        members,
        unions,
        actions,
    })
}

/// The names in `order_by(…)`.
fn order_by(attr: &Entries, mistakes: &mut Mistakes) -> Vec<(Ident, bool)> {
    let Some(list) = attr.find("order_by") else { return Vec::new() };
    let entries = Entries::unchecked(attr.tokens("order_by").unwrap_or_default(), list.key.span(), mistakes);
    let mut order = Vec::new();
    for Entry { key, value } in entries.list {
        match value {
            Value::None => order.push((key, false)),
            Value::Word(word) if word == "desc" => order.push((key, true)),
            _ => mistakes.add(key.span(), format!("write `{key}` or `{key} = desc`")),
        }
    }
    order
}

/// Checks that names in lists are members. Paths that leave the entity are checked when the model is linked.
fn names(
    members: &[Member],
    unions: &[UnionAttr],
    actions: &[ActionAttr],
    order_by: &[(Ident, bool)],
    mistakes: &mut Mistakes,
) {
    for (name, _) in order_by {
        if !members.iter().any(|member| member.ident == *name && matches!(member.kind, MemberKind::Scalar { .. })) {
            mistakes.add(name.span(), format!("`{name}` is no column of this entity"));
        }
    }
    let inputs: Vec<_> = members.iter().filter_map(Member::input_name).collect();
    let mut input = |name: &Ident| {
        if !inputs.contains(&camel(&name.to_string())) {
            mistakes.add(
                name.span(),
                format!("`{name}` is no column of this entity; a relation is named by its key, for instance owner_id"),
            );
        }
    };
    for member in members {
        if let MemberKind::Scalar { with, .. } = &member.kind {
            with.iter().for_each(&mut input);
        }
    }
    actions.iter().flat_map(|action| &action.inputs).for_each(|(name, _)| input(name));
    let firsts = unions.iter().flat_map(|union| &union.branches).filter_map(|branch| branch.path.first());
    for first in firsts {
        if !members.iter().any(|member| member.ident == *first && matches!(member.kind, MemberKind::One { .. })) {
            mistakes.add(first.span(), format!("`{first}` is no Ref<…> of this entity"));
        }
    }
}

/// As TypeID wants it.
fn is_prefix(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        && !text.starts_with('_')
        && !text.ends_with('_')
}
