use std::time::Instant;

use async_graphql::parser::parse_query;
use proptest::prelude::*;

use super::*;

fn size(text: &str) -> Size {
    measure(&parse_query(text).unwrap(), &Limits::default()).unwrap()
}

fn refusal(text: &str, limits: &Limits) -> (&'static str, usize, usize) {
    let error = measure(&parse_query(text).unwrap(), limits).unwrap_err();
    (error.code, error.position.line, error.position.column)
}

/// `{a...F0} fragment F0 on T {b...F1 ...F1}` and so on: 2^n fields from n lines.
fn bomb(fragments: usize) -> String {
    let mut text = "{a...F0}".to_owned();
    for number in 0..fragments {
        let next = number + 1;
        text += &format!("\nfragment F{number} on T {{b:c ...F{next} ...F{next}}}");
    }
    text + &format!("\nfragment F{fragments} on T {{b:c}}")
}

#[test]
fn fragments_are_expanded() {
    assert_eq!(
        size("{ x: a { b { c } } ...F ... on Q { d ... { e } } } fragment F on Q { f: g { h } }"),
        Size { depth: 3, fragment_depth: 2, root_fields: 4, fields: 7, aliases: 2 }
    );
}

#[test]
fn of_several_operations_each_counts_for_itself() {
    let size = size("query A { a b c } query B { d { e { f } } }");
    assert_eq!((size.root_fields, size.depth, size.fields), (3, 3, 3));
}

#[test]
fn each_limit_has_its_code_and_position() {
    let limits = Limits { depth: 3, fragment_depth: 2, aliases: 2, root_fields: 3, fields: 6, ..Limits::default() };
    for (text, expected) in [
        ("{a{b{c{d}}}}", (code::DEPTH_LIMIT, 1, 8)),
        ("{a{b{...F}}} fragment F on T {c{d}}", (code::DEPTH_LIMIT, 1, 33)),
        ("{x{...F} a{b{...F}}} fragment F on T {c{d}}", (code::DEPTH_LIMIT, 1, 14)),
        ("{...{...{...{a}}}}", (code::FRAGMENT_LIMIT, 1, 10)),
        ("{a:b\nc:d\ne:f}", (code::ALIAS_LIMIT, 3, 1)),
        ("{a b\n...F} fragment F on Q {c d}", (code::ROOT_FIELD_LIMIT, 2, 1)),
        ("{a{b c d}\n e{f g}}", (code::FIELD_LIMIT, 2, 2)),
        ("{a} fragment Unused on T {a:b c:d e:f}", (code::ALIAS_LIMIT, 1, 35)),
    ] {
        assert_eq!(refusal(text, &limits), expected, "{text}");
    }
}

#[test]
fn a_fragment_within_itself_is_refused() {
    for text in ["{...F} fragment F on T {a ...F}", "{a} fragment F on T {b{...G}} fragment G on T {c{...F}}"] {
        assert_eq!(refusal(text, &Limits::default()).0, code::FRAGMENT_CYCLE, "{text}");
    }
}

#[test]
fn an_unknown_fragment_is_left_to_validation() {
    assert_eq!(size("{a ...Nowhere}").fields, 1);
}

#[test]
fn fragments_that_double_each_other_are_counted_not_expanded() {
    let begin = Instant::now();
    let roomy = Limits { aliases: usize::MAX, root_fields: usize::MAX, ..Limits::default() };
    assert_eq!(refusal(&bomb(20), &roomy).0, code::FIELD_LIMIT);
    assert_eq!(refusal(&bomb(20), &Limits::default()).0, code::ROOT_FIELD_LIMIT);
    let unlimited = Limits { fields: usize::MAX, fragment_depth: usize::MAX, ..roomy };
    let size = measure(&parse_query(bomb(200)).unwrap(), &unlimited).unwrap();
    assert_eq!(size.fields, usize::MAX);
    assert!(begin.elapsed().as_millis() < 500);
}

#[test]
fn a_chain_of_a_thousand_fragments_ends_at_the_limit_without_a_stack_overflow() {
    let mut text = "{...F0}".to_owned();
    for number in 0..1000 {
        text += &format!("fragment F{number} on T {{...F{}}}", number + 1);
    }
    assert_eq!(refusal(&text, &Limits::default()).0, code::FRAGMENT_LIMIT);
}

/// A selection without fragments, for which the plain recursion below is the truth.
fn selections() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![Just("a".to_owned()), Just("x:a".to_owned())];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let several = prop::collection::vec(inner, 1..5).prop_map(|items| items.join(" "));
        prop_oneof![
            several.clone().prop_map(|items| format!("a{{{items}}}")),
            several.clone().prop_map(|items| format!("x:a{{{items}}}")),
            several.clone().prop_map(|items| format!("...{{{items}}}")),
            several,
        ]
    })
}

proptest! {
    #[test]
    fn what_is_counted_is_what_is_written(selection in selections()) {
        let text = format!("{{{selection}}}");
        let size = size(&text);
        prop_assert_eq!(size.fields, text.matches('a').count());
        prop_assert_eq!(size.aliases, text.matches('x').count());
    }

    #[test]
    fn moving_a_selection_into_a_fragment_changes_only_the_fragment_depth(
        selection in selections()
    ) {
        let plain = size(&format!("{{a{{{selection}}}}}"));
        let moved = size(&format!("{{a{{...F}}}} fragment F on T {{{selection}}}"));
        let fragment_depth = plain.fragment_depth + 1;
        prop_assert_eq!(moved, Size { fragment_depth, ..plain });
    }
}
