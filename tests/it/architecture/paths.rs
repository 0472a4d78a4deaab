//! The paths (`a::b::c`) that a Rust source names, comments and strings aside.
//!
//! Not a parser of Rust: it reads `use` trees and whatever looks like a path, which is all a dependency can hide in.

/// Every path of a source, its segments in order; `use` trees are written out.
pub(super) fn paths(source: &str) -> Vec<Vec<String>> {
    let tokens = tokens(&without_comments_and_strings(source));
    let mut paths = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        // `use<'a>` in a type says what it captures.
        if tokens[at] == "use" && tokens.get(at + 1).is_none_or(|next| next != "<") {
            at += 1;
            use_tree(&tokens, &mut at, &mut Vec::new(), &mut paths);
        } else if is_name(&tokens[at]) {
            let mut path = vec![tokens[at].clone()];
            while tokens.get(at + 1).is_some_and(|token| token == "::")
                && tokens.get(at + 2).is_some_and(|token| is_name(token))
            {
                path.push(tokens[at + 2].clone());
                at += 2;
            }
            at += 1;
            if path.len() > 1 {
                paths.push(path);
            }
        } else {
            at += 1;
        }
    }
    paths
}

/// One branch of a `use` declaration, up to its `;` or the comma or brace that ends it.
fn use_tree(tokens: &[String], at: &mut usize, prefix: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    let depth = prefix.len();
    while let Some(token) = tokens.get(*at) {
        match token.as_str() {
            "::" => *at += 1,
            "{" => {
                *at += 1;
                while tokens.get(*at).is_some_and(|token| token != "}") {
                    use_tree(tokens, at, prefix, paths);
                    if tokens.get(*at).is_some_and(|token| token == ",") {
                        *at += 1;
                    }
                }
                *at += 1;
                break;
            }
            "as" => *at += 2,
            "," | "}" | ";" => {
                paths.push(prefix.clone());
                break;
            }
            name => {
                prefix.push(name.to_owned());
                *at += 1;
            }
        }
    }
    prefix.truncate(depth);
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
}

fn tokens(source: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = if first.is_ascii_alphanumeric() || first == '_' {
            rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        if !first.is_whitespace() {
            tokens.push(rest[..length].to_owned());
        }
        rest = &rest[length..];
    }
    tokens
}

fn without_comments_and_strings(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            raw.find("\"#").map_or(rest.len(), |end| end + 5)
        } else if first == '"' {
            string_length(rest)
        } else if rest.starts_with("'\"'") {
            3
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        out.push(' ');
        rest = &rest[skipped..];
    }
    out
}

/// Length of the string literal at the start, its quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[test]
fn paths_are_found_in_use_trees_and_in_code() {
    let source = r##"
        //! [`not::this`]
        use crate::{calendar, crm::{Contact as Person, Lead}, db::Database};
        use std::fmt;
        fn f(x: axum::Router) -> super::Gone { "not::that"; crate::http::routes::router() /* nor::that */ }
    "##;
    let found: Vec<String> = paths(source).into_iter().map(|path| path.join("::")).collect();
    assert_eq!(
        found,
        [
            "crate::calendar",
            "crate::crm::Contact",
            "crate::crm::Lead",
            "crate::db::Database",
            "std::fmt",
            "axum::Router",
            "super::Gone",
            "crate::http::routes::router",
        ]
    );
}
