//! The inside of an attribute: `flag, key = word, key = "text", list(…)`.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Result, Token};

use super::mistakes::Mistakes;

/// What may follow a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `key`
    Flag,
    /// `key = word`
    Word,
    /// `key = ACTION` or `key = PROCESS::ACTION`
    Right,
    /// `key = "text"`
    Text,
    /// `key = "graphqlName"`
    Name,
    /// `key = some::PATH`
    Path,
    /// `key(…)`
    List,
}

/// What can be done with a process.
const ACTIONS: [&str; 5] = ["READ", "WRITE", "DELETE", "ADMIN", "MANAGE_USERS"];

/// A key that an attribute knows.
pub(crate) type Known = (&'static str, Shape);

/// One entry of an attribute.
pub(crate) struct Entry {
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

/// What follows a key.
pub(crate) enum Value {
    None,
    Word(Ident),
    /// `one::two`
    Pair(Ident, Ident),
    Text(LitStr),
    List(TokenStream),
    /// `one::two::three` and longer
    Path(syn::Path),
    /// Anything else after `=`; no key takes it.
    Other,
}

/// All entries of an attribute.
pub(crate) struct Entries {
    place: Span,
    pub(crate) list: Vec<Entry>,
}

impl Default for Entries {
    fn default() -> Self {
        Self { place: Span::call_site(), list: Vec::new() }
    }
}

fn words(path: &syn::Path) -> Value {
    if path.segments.iter().any(|segment| !segment.arguments.is_none()) {
        return Value::Other;
    }
    let mut words = path.segments.iter().map(|segment| segment.ident.clone());
    match (words.next(), words.next(), words.next()) {
        (Some(word), None, None) => Value::Word(word),
        (Some(one), Some(two), None) => Value::Pair(one, two),
        (Some(_), Some(_), Some(_)) => Value::Path(path.clone()),
        _ => Value::Other,
    }
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let key = input.call(Ident::parse_any)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            match input.parse()? {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Value::Text(text),
                Expr::Path(path) => words(&path.path),
                _ => Value::Other,
            }
        } else if input.peek(syn::token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            Value::List(content.parse()?)
        } else {
            Value::None
        };
        Ok(Self { key, value })
    }
}

impl Entries {
    /// The entries between the brackets of an attribute.
    pub(crate) fn of(attribute: &Attribute, known: &[Known], mistakes: &mut Mistakes) -> Self {
        let parsed = attribute.parse_args_with(|input: ParseStream<'_>| Self::parse(input, attribute.path().span()));
        let entries = mistakes.keep(parsed).unwrap_or_default();
        entries.check(known, mistakes);
        entries
    }

    /// The same from loose tokens; `place` is where something missing is reported.
    pub(crate) fn read(tokens: TokenStream, place: Span, known: &[Known], mistakes: &mut Mistakes) -> Self {
        let entries = Self::unchecked(tokens, place, mistakes);
        entries.check(known, mistakes);
        entries
    }

    /// Entries whose keys are names of the entity and not known here.
    pub(crate) fn unchecked(tokens: TokenStream, place: Span, mistakes: &mut Mistakes) -> Self {
        let parsed = (|input: ParseStream<'_>| Self::parse(input, place)).parse2(tokens);
        mistakes.keep(parsed).unwrap_or_default()
    }

    fn parse(input: ParseStream<'_>, place: Span) -> Result<Self> {
        let list = input.parse_terminated(Entry::parse, Token![,])?;
        Ok(Self { place, list: list.into_iter().collect() })
    }

    fn check(&self, known: &[Known], mistakes: &mut Mistakes) {
        for (index, Entry { key, value }) in self.list.iter().enumerate() {
            let Some((_, shape)) = known.iter().find(|(name, _)| key == name) else {
                let known: Vec<_> = known.iter().map(|(name, _)| *name).collect();
                mistakes.add(key.span(), format!("`{key}` is not known here; known are: {}", known.join(", ")));
                continue;
            };
            if self.list[..index].iter().any(|earlier| earlier.key == *key) {
                mistakes.add(key.span(), format!("`{key}` is said twice"));
            }
            match (shape, value) {
                (Shape::Flag, Value::None) | (Shape::Word, Value::Word(_)) | (Shape::List, Value::List(_)) => {}
                (Shape::Path, Value::Word(_) | Value::Pair(..) | Value::Path(_)) => {}
                (Shape::Right, Value::Word(action) | Value::Pair(_, action)) => {
                    if !ACTIONS.iter().any(|known| action == known) {
                        let known = ACTIONS.join(", ");
                        mistakes.add(action.span(), format!("`{action}` is no action; actions are: {known}"));
                    }
                }
                (Shape::Text | Shape::Name, Value::Text(text)) => {
                    if text.value().trim().is_empty() {
                        mistakes.add(text.span(), format!("`{key}` is empty"));
                    } else if *shape == Shape::Name && !is_graphql_name(&text.value()) {
                        mistakes.add(text.span(), format!("`{}` is not a GraphQL name in camelCase", text.value()));
                    }
                }
                (Shape::Flag, _) => mistakes.add(key.span(), format!("`{key}` takes no value")),
                (Shape::Path, _) => {
                    mistakes.add(key.span(), format!("write the path of a constant: {key} = crate::…"));
                }
                (Shape::Word, _) => mistakes.add(key.span(), format!("write a name without quotes: {key} = …")),
                (Shape::Right, _) => {
                    mistakes
                        .add(key.span(), format!("write an action, or process and action: {key} = CONTACTS::WRITE"));
                }
                (Shape::Text | Shape::Name, _) => {
                    mistakes.add(key.span(), format!("write a text in quotes: {key} = \"…\""))
                }
                (Shape::List, _) => mistakes.add(key.span(), format!("write a list in brackets: {key}(…)")),
            }
        }
    }

    /// Notes those of the keys that are missing, as one mistake.
    pub(crate) fn need(&self, keys: &[&str], mistakes: &mut Mistakes) {
        let missing: Vec<_> =
            keys.iter().filter(|key| self.find(key).is_none()).map(|key| format!("`{key}`")).collect();
        if !missing.is_empty() {
            let verb = if missing.len() == 1 { "is" } else { "are" };
            mistakes.add(self.place, format!("{} {verb} missing", missing.join(", ")));
        }
    }

    pub(crate) fn find(&self, key: &str) -> Option<&Entry> {
        self.list.iter().find(|entry| entry.key == key)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// The text of a key; none when it is missing or no text, which [`Entries::check`] has noted.
    pub(crate) fn text(&self, key: &str) -> Option<LitStr> {
        match &self.find(key)?.value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// The word of a key; none when it is missing or no word, which [`Entries::check`] has noted.
    pub(crate) fn word(&self, key: &str) -> Option<Ident> {
        match &self.find(key)?.value {
            Value::Word(word) => Some(word.clone()),
            _ => None,
        }
    }

    /// The path of a key; none when it is missing or no path, which [`Entries::check`] has noted.
    pub(crate) fn path(&self, key: &str) -> Option<TokenStream> {
        match &self.find(key)?.value {
            Value::Word(word) => Some(quote!(#word)),
            Value::Pair(one, two) => Some(quote!(#one::#two)),
            Value::Path(path) => Some(quote!(#path)),
            _ => None,
        }
    }

    /// The right of a key, as its process, if another one than the entity's, and its action.
    pub(crate) fn right(&self, key: &str) -> Option<(Option<Ident>, Ident)> {
        match &self.find(key)?.value {
            Value::Word(action) => Some((None, action.clone())),
            Value::Pair(process, action) => Some((Some(process.clone()), action.clone())),
            _ => None,
        }
    }

    /// The tokens of a list; none when it is missing or no list, which [`Entries::check`] has noted.
    pub(crate) fn tokens(&self, key: &str) -> Option<TokenStream> {
        match &self.find(key)?.value {
            Value::List(tokens) => Some(tokens.clone()),
            _ => None,
        }
    }

    /// Notes the first pair of keys that contradict each other, at the one to leave out.
    pub(crate) fn clash(&self, pairs: &[(&str, &str, &str)], mistakes: &mut Mistakes) {
        let found = pairs.iter().find_map(|(stays, goes, why)| Some((self.find(stays)?, self.find(goes)?, why)));
        if let Some((_, goes, why)) = found {
            mistakes.add(goes.key.span(), format!("{why}: leave out `{}`", goes.key));
        }
    }
}

fn is_graphql_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric())
}
