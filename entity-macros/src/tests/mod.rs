//! Tests of the macros: what they say about mistakes, and what they expand to.

mod choices;
mod entities;
mod expansion;
mod fields;

use proc_macro2::TokenStream;
use quote::ToTokens;

use crate::{choice, declaration};

/// What is wrong with an entity: `line:column underlined — sentence` for each mistake, with lines counted from the
/// first one of the source that is not empty.
fn mistakes(source: &str) -> Vec<String> {
    let source = source.trim_start_matches('\n');
    let tokens: TokenStream = source.parse().unwrap();
    let mut item: syn::Item = syn::parse2(tokens).unwrap();
    let attributes = match &mut item {
        syn::Item::Struct(item) => &mut item.attrs,
        syn::Item::Enum(item) => &mut item.attrs,
        _ => panic!("neither a struct nor an enum"),
    };
    let position = attributes.iter().position(|attribute| attribute.path().is_ident("entity")).unwrap();
    let arguments = match attributes.remove(position).meta {
        syn::Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    };
    declaration::parse(arguments, item.into_token_stream()).err().map_or_else(Vec::new, |error| shown(source, error))
}

/// The same for an enum with `#[derive(Choice)]`.
fn choice_mistakes(source: &str) -> Vec<String> {
    let source = source.trim_start_matches('\n');
    let input = syn::parse_str(source).unwrap();
    choice::expand(&input).err().map_or_else(Vec::new, |error| shown(source, error))
}

fn shown(source: &str, error: syn::Error) -> Vec<String> {
    let lines: Vec<_> = source.lines().collect();
    let show = |error: syn::Error| {
        let (start, end) = (error.span().start(), error.span().end());
        let line = lines[start.line - 1];
        let end = if end.line == start.line { end.column } else { line.chars().count() };
        let underlined: String = line.chars().skip(start.column).take(end - start.column).collect();
        format!("{}:{} {underlined} — {error}", start.line, start.column + 1)
    };
    error.into_iter().map(show).collect()
}

/// Asserts that the only mistake of a source is this one.
#[track_caller]
fn says(source: &str, expected: &str) {
    assert_eq!(mistakes(source), [expected], "{source}");
}
