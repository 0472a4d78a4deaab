//! The complete expansion of one real file, as text: what an entity costs can be read there.

use std::path::Path;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Item;

use crate::{expand_choice, expand_entity};

/// The file that is expanded: an enum, a plain, a computed and a renamed column, a relation.
const SOURCE: &str = "../src/properties/media.rs";
const SNAPSHOT: &str = "tests/expansion.txt";

#[test]
fn the_expansion_of_a_real_entity_is_what_the_snapshot_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = std::fs::read_to_string(root.join(SOURCE)).unwrap();
    let expanded = expand(&source);
    let snapshot = root.join(SNAPSHOT);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&snapshot, &expanded).unwrap();
    }
    let known = std::fs::read_to_string(&snapshot).unwrap_or_default();
    assert!(expanded == known, "the expansion has changed; UPDATE_SNAPSHOTS=1 rewrites {SNAPSHOT}:\n{expanded}");
}

#[test]
fn an_expansion_decides_nothing() {
    let known = include_str!("../../tests/expansion.txt");
    for word in ["if ", "else", "for (", "while", "loop", "fn new", "async"] {
        let found = known
            .lines()
            .find(|line| line.contains(word) && !line.trim_start().starts_with("//") && !line.contains('"'));
        assert_eq!(found, None, "decisions belong into the engine, where they are written once");
    }
    assert!(known.lines().count() < 160, "an expansion is data that fits on two screens");
}

#[test]
fn a_declaration_with_mistakes_still_leaves_a_type_behind() {
    let attributes = "table = tags, process = CRM, unknown".parse().unwrap();
    let item = "pub struct Tag { #[field(oops)] pub name: String, pub tags: Many<Tag> }".parse().unwrap();
    let items = syn::parse2::<syn::File>(expand_entity(attributes, item)).unwrap().items;
    let errors = items.iter().filter(|item| matches!(item, Item::Macro(_))).count();
    let Some(Item::Struct(tag)) = items.iter().find(|item| matches!(item, Item::Struct(_))) else {
        panic!("no struct")
    };
    let fields: Vec<_> = tag.fields.iter().filter_map(|field| field.ident.as_ref()).map(ToString::to_string).collect();
    assert_eq!(fields, ["id", "name"], "the helper attributes and the connection are gone");
    assert_eq!(errors, 6, "unknown, struct doc, two field docs, oops, link");
    assert!(items.iter().any(|item| matches!(item, Item::Impl(_))), "it is an entity for those who name it");
}

/// Expands the macros of a file as rustc would, and leaves the rest out.
fn expand(source: &str) -> String {
    let file = syn::parse_file(source).unwrap();
    let mut tokens = TokenStream::new();
    for item in file.items {
        match item {
            Item::Enum(item) => {
                let expansion = expand_choice(item.to_token_stream());
                tokens.extend(item.to_token_stream());
                tokens.extend(expansion);
            }
            Item::Struct(mut item) => {
                let position = item.attrs.iter().position(|attribute| attribute.path().is_ident("entity")).unwrap();
                let arguments = item.attrs.remove(position).meta.require_list().unwrap().tokens.clone();
                tokens.extend(expand_entity(arguments, item.to_token_stream()));
            }
            Item::Use(_) => {}
            other => panic!("{SOURCE} holds something else: {}", other.to_token_stream()),
        }
    }
    let pretty = prettyplease::unparse(&syn::parse2(tokens).unwrap());
    format!("// What rustc sees of {}, without its imports.\n\n{pretty}", SOURCE.trim_start_matches("../"))
}
