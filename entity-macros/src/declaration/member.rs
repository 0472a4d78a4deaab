//! The fields of a declaration: columns, computed fields, relations, links.

use syn::spanned::Spanned;
use syn::{Attribute, Field, GenericArgument, Ident, LitStr, PathArguments, Type};

use super::entries::{Entries, Known, Shape, Value};
use super::mistakes::Mistakes;
use crate::naming::{camel, doc};

/// A field of the struct.
pub(crate) struct Member {
    pub(crate) field: Field,
    pub(crate) ident: Ident,
    pub(crate) doc: String,
    pub(crate) name: String,
    pub(crate) kind: MemberKind,
}

pub(crate) enum MemberKind {
    /// A column or a computed value, with `#[field(…)]`.
    Scalar { attr: Entries, with: Vec<Ident> },
    /// A to-one relation, with `#[belongs_to(…)]`.
    One { target: Type, nullable: bool, attr: Entries },
    /// A many-to-many relation, with `#[link(…)]`.
    Many { target: Type, attr: LinkAttr },
}

pub(crate) struct LinkAttr {
    pub(crate) through: Ident,
    pub(crate) here: Ident,
    pub(crate) there: Ident,
    pub(crate) inverse: LitStr,
    pub(crate) doc: LitStr,
    pub(crate) add: LitStr,
    pub(crate) remove: LitStr,
    pub(crate) right: Option<(Option<Ident>, Ident)>,
}

const FIELD: &[Known] = &[
    ("read_only", Shape::Flag),
    ("create_only", Shape::Flag),
    ("default", Shape::Flag),
    ("required", Shape::Flag),
    ("no_filter", Shape::Flag),
    ("no_order", Shape::Flag),
    ("folded", Shape::Flag),
    ("name", Shape::Name),
    ("sql", Shape::Text),
    ("late", Shape::Path),
    ("early", Shape::Path),
    ("object", Shape::Path),
    ("transition", Shape::Name),
    ("with", Shape::List),
    ("right", Shape::Right),
];

const COMPUTED: &str = "a computed field is never written";
const LATE: &str = "what is made of the stored value is in no input";
const STATE: &str = "a state starts by its default and is moved by its mutation alone";
const UNWRITTEN: &str = "a read-only field is in no input";

/// What contradicts what: stays, goes, why.
const FIELD_CLASHES: &[(&str, &str, &str)] = &[
    ("sql", "read_only", COMPUTED),
    ("sql", "create_only", COMPUTED),
    ("sql", "default", COMPUTED),
    ("sql", "required", COMPUTED),
    ("sql", "folded", "only a column has a folded copy"),
    ("sql", "transition", COMPUTED),
    ("sql", "early", COMPUTED),
    ("object", "early", "objects are made, never given"),
    ("read_only", "early", UNWRITTEN),
    ("late", "folded", "only a plain column has a folded copy"),
    ("late", "transition", LATE),
    ("transition", "read_only", STATE),
    ("transition", "create_only", STATE),
    ("transition", "default", STATE),
    ("transition", "required", STATE),
    ("read_only", "create_only", UNWRITTEN),
    ("read_only", "default", UNWRITTEN),
    ("read_only", "required", UNWRITTEN),
    ("required", "default", "what must be given needs no default"),
];

const RELATION: &[Known] = &[
    ("inverse", Shape::Name),
    ("doc", Shape::Text),
    ("one", Shape::Flag),
    ("read_only", Shape::Flag),
    ("create_only", Shape::Flag),
    ("required", Shape::Flag),
];

const RELATION_CLASHES: &[(&str, &str, &str)] = &[
    ("read_only", "create_only", "a read-only relation is in no input"),
    ("read_only", "required", "a read-only relation is in no input"),
];

const LINK: &[Known] = &[
    ("through", Shape::Word),
    ("here", Shape::Word),
    ("there", Shape::Word),
    ("inverse", Shape::Name),
    ("doc", Shape::Text),
    ("add", Shape::Name),
    ("remove", Shape::Name),
    ("right", Shape::Right),
];

/// Removes and returns the attributes of this name.
pub(crate) fn taken(attributes: &mut Vec<Attribute>, name: &str) -> Vec<Attribute> {
    let (found, rest) = std::mem::take(attributes).into_iter().partition(|attribute| attribute.path().is_ident(name));
    *attributes = rest;
    found
}

fn single(field: &mut Field, name: &str, mistakes: &mut Mistakes) -> Option<Attribute> {
    let mut found = taken(&mut field.attrs, name).into_iter();
    let first = found.next();
    for second in found {
        mistakes.add(second.path().span(), format!("say it all in one #[{name}(…)]"));
    }
    first
}

/// Reads a field; none when it is no member at all, which is noted.
pub(crate) fn read(mut field: Field, mistakes: &mut Mistakes) -> Option<Member> {
    let ident = field.ident.clone()?;
    let text = ident.to_string();
    if let Some(word) = text.strip_prefix("r#") {
        mistakes
            .add(ident.span(), format!("write `{word}_`: Diesel's columns step out of the way of keywords like this"));
    }
    let description = doc(&field.attrs);
    if description.is_empty() {
        mistakes.add(ident.span(), "a field needs a doc comment: it is its GraphQL description");
    }
    let on_field = single(&mut field, "field", mistakes);
    let on_relation = single(&mut field, "belongs_to", mistakes);
    let on_link = single(&mut field, "link", mistakes);
    let (nullable, inner) = match argument_of(&field.ty, "Option") {
        Some(inner) => (true, inner),
        None => (false, field.ty.clone()),
    };
    let mut name = camel(&text);
    let kind = if let Some(target) = argument_of(&inner, "Ref") {
        misplaced(on_field, "is for columns; a relation takes #[belongs_to(…)]", mistakes);
        misplaced(on_link, "is for fields of type Many<…>", mistakes);
        MemberKind::One { target, nullable, attr: relation(on_relation.as_ref(), nullable, mistakes) }
    } else if let Some(target) = argument_of(&inner, "Many") {
        misplaced(on_field, "is for columns; Many<…> takes #[link(…)]", mistakes);
        misplaced(on_relation, "is for fields of type Ref<…>; Many<…> takes #[link(…)]", mistakes);
        if nullable {
            mistakes.add(field.ty.span(), "a connection is never null: write Many<…> without Option");
        }
        let Some(attribute) = on_link else {
            let needed = "say through which table: #[link(through = …, here = …, there = …, inverse = …, doc = …, add = …, remove = …)]";
            mistakes.add(ident.span(), needed);
            return None;
        };
        MemberKind::Many { target, attr: link(&attribute, mistakes)? }
    } else {
        misplaced(on_relation, "is for fields of type Ref<…> or Option<Ref<…>>", mistakes);
        misplaced(on_link, "is for fields of type Many<…>", mistakes);
        let attr = on_field.map(|attribute| Entries::of(&attribute, FIELD, mistakes)).unwrap_or_default();
        if let Some(given) = attr.text("name") {
            name = given.value();
        }
        let with = scalar(&attr, nullable, mistakes);
        MemberKind::Scalar { attr, with }
    };
    Some(Member { doc: description, name, ident, kind, field })
}

fn misplaced(attribute: Option<Attribute>, what: &str, mistakes: &mut Mistakes) {
    if let Some(attribute) = attribute {
        let name = attribute.path().get_ident().map(ToString::to_string).unwrap_or_default();
        mistakes.add(attribute.path().span(), format!("#[{name}(…)] {what}"));
    }
}

/// Checks `#[field(…)]`; returns the names in `with(…)`.
fn scalar(attr: &Entries, nullable: bool, mistakes: &mut Mistakes) -> Vec<Ident> {
    attr.clash(FIELD_CLASHES, mistakes);
    if let (Some(entry), false) = (attr.find("required"), nullable) {
        mistakes.add(entry.key.span(), "what is never null is required anyway; `required` is for Option<…>");
    }
    if let (Some(entry), true) = (attr.find("default"), nullable) {
        mistakes.add(entry.key.span(), "an Option<…> may be left out anyway: leave out `default`");
    }
    if let (Some(entry), false) = (attr.find("right"), attr.has("transition")) {
        mistakes.add(entry.key.span(), "`right` is what a transition needs: add transition = \"…\"");
    }
    if let (Some(entry), false) = (attr.find("object"), attr.has("late")) {
        mistakes.add(entry.key.span(), "objects are made late: add late = …");
    }
    if let (Some(entry), false) = (attr.find("early"), attr.has("late")) {
        mistakes.add(entry.key.span(), "what is stored in another form is read back by another: add late = …");
    }
    if attr.has("late") && !attr.has("early") {
        for key in ["create_only", "default", "required"] {
            if let Some(entry) = attr.find(key) {
                mistakes.add(entry.key.span(), format!("{LATE}: leave out `{key}`, or add early = …"));
            }
        }
    }
    let Some(list) = attr.find("with") else { return Vec::new() };
    if !attr.has("transition") {
        mistakes
            .add(list.key.span(), "`with` names what a transition may set besides the state: add transition = \"…\"");
    }
    let names = Entries::unchecked(attr.tokens("with").unwrap_or_default(), list.key.span(), mistakes);
    for entry in names.list.iter().filter(|entry| !matches!(entry.value, Value::None)) {
        mistakes.add(entry.key.span(), "only names stand in `with`");
    }
    names.list.into_iter().map(|entry| entry.key).collect()
}

fn relation(attribute: Option<&Attribute>, nullable: bool, mistakes: &mut Mistakes) -> Entries {
    let Some(attribute) = attribute else { return Entries::default() };
    let attr = Entries::of(attribute, RELATION, mistakes);
    attr.clash(RELATION_CLASHES, mistakes);
    match (attr.find("inverse"), attr.find("doc"), attr.find("one")) {
        (Some(inverse), None, _) => {
            mistakes.add(inverse.key.span(), "the way back needs a description as well: doc = \"…\"");
        }
        (None, Some(lonely), _) | (None, None, Some(lonely)) => {
            mistakes.add(lonely.key.span(), format!("`{}` is about the way back: add inverse = \"…\"", lonely.key));
        }
        _ => {}
    }
    if let (Some(entry), false) = (attr.find("required"), nullable) {
        mistakes.add(entry.key.span(), "a Ref<…> is required anyway; `required` is for Option<Ref<…>>");
    }
    attr
}

fn link(attribute: &Attribute, mistakes: &mut Mistakes) -> Option<LinkAttr> {
    let entries = Entries::of(attribute, LINK, mistakes);
    let names: Vec<_> = LINK.iter().map(|(name, _)| *name).filter(|name| *name != "right").collect();
    entries.need(&names, mistakes);
    Some(LinkAttr {
        through: entries.word("through")?,
        here: entries.word("here")?,
        there: entries.word("there")?,
        inverse: entries.text("inverse")?,
        doc: entries.text("doc")?,
        add: entries.text("add")?,
        remove: entries.text("remove")?,
        right: entries.right("right"),
    })
}

/// `T` of `Outer<T>`.
pub(crate) fn argument_of(ty: &Type, outer: &str) -> Option<Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == outer)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) => Some(inner.clone()),
        _ => None,
    }
}

impl Member {
    /// The name under which inputs know it: a relation is given by its key.
    pub(crate) fn input_name(&self) -> Option<String> {
        match &self.kind {
            MemberKind::Scalar { attr, .. } if attr.has("sql") || attr.has("late") && !attr.has("early") => None,
            MemberKind::Scalar { .. } => Some(self.name.clone()),
            MemberKind::One { .. } => Some(format!("{}Id", self.name)),
            MemberKind::Many { .. } => None,
        }
    }
}
