use std::time::Instant;

use async_graphql::parser::parse_query;
use proptest::prelude::*;

use super::*;

fn size(text: &str) -> TextSize {
    scan(text, &Limits::default()).unwrap()
}

fn refusal(text: &str, limits: &Limits) -> (&'static str, Pos) {
    let error = scan(text, limits).unwrap_err();
    (error.code, error.position)
}

const NONE: Limits = Limits {
    bytes: usize::MAX,
    tokens: usize::MAX,
    nesting: usize::MAX,
    depth: usize::MAX,
    fragment_depth: usize::MAX,
    aliases: usize::MAX,
    root_fields: usize::MAX,
    fields: usize::MAX,
};

#[test]
fn tokens_are_counted_as_the_parser_sees_them() {
    for (text, tokens) in [
        ("", 0),
        ("{ a }", 3),
        ("query Q($x: [Int!]! = [1, 2]) @d { a: b(x: $x) ...F }", 32),
        ("# only { a comment\n{a}", 3),
        ("# a comment ends with \r{a}", 3),
        (r#"{a(s:"{[(")}"#, 8),
        (r#"{a(s:"\"{")}"#, 8),
        (r#"{a(s:"""{ " "" \""" {""")}"#, 8),
        (r#"{a(s:"")}"#, 8),
        ("-1 0 1.5 1e3 1.5E-3 -0.1e+1", 6),
        ("007 1.x", 6),
        ("1-2-3", 3),
        ("truefalse nullable truth", 6),
        ("\u{feff}{a}", 3),
    ] {
        assert_eq!(size(text).tokens, tokens, "{text}");
    }
}

#[test]
fn nesting_counts_brackets_of_any_kind() {
    assert_eq!(size("{a(x:[{y:1}]){b}}").nesting, 4);
    assert_eq!(size("}}}{}").nesting, 1);
}

#[test]
fn each_limit_has_its_code_and_position() {
    let limits = Limits { bytes: 40, tokens: 6, nesting: 2, ..Limits::default() };
    let at = |line, column| Pos { line, column };
    assert_eq!(refusal(&" ".repeat(41), &limits), (code::SIZE_LIMIT, at(1, 1)));
    assert_eq!(refusal("{a\nb c d e f}", &limits), (code::TOKEN_LIMIT, at(2, 9)));
    assert_eq!(refusal("{\n ñ{{", &limits).0, code::GRAPHQL_PARSE_FAILED);
    assert_eq!(refusal("{a\n#é\n{b {c}}}", &limits), (code::NESTING_LIMIT, at(3, 4)));
}

#[test]
fn what_cannot_stand_in_a_document_is_a_syntax_error() {
    for text in ["{a\0}", "{ñ}", "%", "{a(s:\"x)}", "{a(s:\"x\ny\")}", "\"\"\" x \\\"\"\"", "\"\\"] {
        assert_eq!(refusal(text, &NONE).0, code::GRAPHQL_PARSE_FAILED, "{text:?}");
        assert!(parse_query(text).is_err(), "{text:?}");
    }
}

#[test]
fn ten_thousand_brackets_are_refused_at_once() {
    let text = "{a".repeat(10_000);
    let begin = Instant::now();
    assert_eq!(refusal(&text, &Limits::default()).0, code::NESTING_LIMIT);
    assert!(begin.elapsed().as_millis() < 10);
}

#[test]
fn the_parser_survives_whatever_passes() {
    let limits = Limits::default();
    let deep = limits.nesting;
    for text in [
        format!("{}{}", "{a".repeat(deep), "}".repeat(deep)),
        format!("{{a(x:{}{})}}", "[".repeat(deep - 2), "]".repeat(deep - 2)),
        format!("{{a(x:{}1{})}}", "{x:".repeat(deep - 2), "}".repeat(deep - 2)),
        format!("query($x:{}Int{}){{a}}", "[".repeat(deep - 1), "]".repeat(deep - 1)),
        "{a".repeat(deep),
        format!("{{{}}}", "a ".repeat(limits.tokens - 2)),
        format!("{{a(x:[{}])}}", "1 ".repeat(limits.tokens - 10)),
    ] {
        scan(&text, &limits).unwrap();
        // Whether it parses is not the point; that it returns is.
        let _ = parse_query(&text);
    }
}

/// Counts the leaves of a list as the parser made them.
fn parsed_values(text: &str) -> Option<usize> {
    let document = parse_query(text).ok()?;
    let (_, operation) = document.operations.iter().next()?;
    let item = operation.node.selection_set.node.items.first()?;
    let async_graphql::parser::types::Selection::Field(field) = &item.node else {
        return None;
    };
    match field.node.arguments.first()?.1.node.clone().into_const()? {
        async_graphql::Value::List(values) => Some(values.len()),
        _ => None,
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = scan(&text, &NONE);
    }

    #[test]
    fn it_never_counts_less_than_the_parser_makes(
        values in "([0-9eE.+-]|true|false|null|[a-f]|\"x\"|\"\"| ){0,40}"
    ) {
        let text = format!("{{a(x:[{values}])}}");
        if let (Some(parsed), Ok(size)) = (parsed_values(&text), scan(&text, &NONE)) {
            // Brackets, braces, names and the colon around the values are 9 tokens.
            prop_assert!(parsed + 9 <= size.tokens, "{}", text);
        }
    }
}
