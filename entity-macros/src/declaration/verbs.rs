//! The attributes below `#[entity]`: `#[union(…)]` and `#[action(…)]`.

use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Ident, LitStr, Result, Token};

use super::entries::{Entries, Known, Shape, Value};
use super::mistakes::Mistakes;

/// A field whose type is one of several entities.
pub(crate) struct UnionAttr {
    pub(crate) name: Ident,
    pub(crate) type_name: Ident,
    pub(crate) doc: LitStr,
    pub(crate) nullable: bool,
    pub(crate) branches: Vec<Branch>,
}

/// `conversation.contact if "sql"`.
pub(crate) struct Branch {
    pub(crate) path: Vec<Ident>,
    pub(crate) when: Option<LitStr>,
}

/// A verb that is one UPDATE.
pub(crate) struct ActionAttr {
    pub(crate) mutation: LitStr,
    pub(crate) doc: LitStr,
    pub(crate) set: Vec<(Ident, LitStr)>,
    /// Names, with whether each must be given.
    pub(crate) inputs: Vec<(Ident, bool)>,
    pub(crate) right: Option<(Option<Ident>, Ident)>,
}

const UNION: &[Known] = &[
    ("name", Shape::Word),
    ("of", Shape::Word),
    ("doc", Shape::Text),
    ("nullable", Shape::Flag),
    ("branches", Shape::List),
];

const ACTION: &[Known] = &[
    ("mutation", Shape::Name),
    ("doc", Shape::Text),
    ("right", Shape::Right),
    ("set", Shape::List),
    ("inputs", Shape::List),
];

impl Parse for Branch {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let path = Punctuated::<Ident, Token![.]>::parse_separated_nonempty(input)?.into_iter().collect();
        let when = if input.parse::<Option<Token![if]>>()?.is_some() { Some(input.parse()?) } else { None };
        Ok(Self { path, when })
    }
}

pub(crate) fn union(attribute: &Attribute, mistakes: &mut Mistakes) -> Option<UnionAttr> {
    let entries = Entries::of(attribute, UNION, mistakes);
    entries.need(&["name", "of", "doc", "branches"], mistakes);
    let branches = Punctuated::<Branch, Token![,]>::parse_terminated.parse2(entries.tokens("branches")?);
    let branches: Vec<_> = mistakes.keep(branches)?.into_iter().collect();
    if branches.len() < 2 {
        mistakes.add(attribute.path().span(), "a union has two branches or more");
    }
    Some(UnionAttr {
        name: entries.word("name")?,
        type_name: entries.word("of")?,
        doc: entries.text("doc")?,
        nullable: entries.has("nullable"),
        branches,
    })
}

pub(crate) fn action(attribute: &Attribute, mistakes: &mut Mistakes) -> Option<ActionAttr> {
    let entries = Entries::of(attribute, ACTION, mistakes);
    entries.need(&["mutation", "doc"], mistakes);
    let place = attribute.path().span();
    let mut set = Vec::new();
    for entry in Entries::unchecked(entries.tokens("set").unwrap_or_default(), place, mistakes).list {
        match entry.value {
            Value::Text(value) => set.push((entry.key, value)),
            _ => mistakes.add(entry.key.span(), format!("say what it becomes, as SQL: {} = \"…\"", entry.key)),
        }
    }
    let mut inputs = Vec::new();
    for entry in Entries::unchecked(entries.tokens("inputs").unwrap_or_default(), place, mistakes).list {
        match &entry.value {
            Value::None => inputs.push((entry.key, false)),
            Value::Word(word) if word == "required" => inputs.push((entry.key, true)),
            _ => mistakes.add(entry.key.span(), format!("write `{0}` or `{0} = required`", entry.key)),
        }
    }
    if !entries.has("set") && !entries.has("inputs") {
        mistakes.add(place, "an action changes something: set(column = \"sql\") or inputs(…)");
    }
    let right = entries.right("right");
    Some(ActionAttr { mutation: entries.text("mutation")?, doc: entries.text("doc")?, set, inputs, right })
}
