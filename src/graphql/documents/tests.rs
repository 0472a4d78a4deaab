use super::*;

fn documents() -> Documents {
    Documents::new(Limits::default(), 64 * 1024)
}

fn refused(text: &str) -> DocumentError {
    documents().get_or_parse(text).unwrap_err()
}

#[test]
fn a_document_is_parsed_once() {
    let documents = documents();
    let first = documents.get_or_parse("{ a }").unwrap();
    let second = documents.get_or_parse("{ a }").unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    documents.get_or_parse("{ b }").unwrap();
    assert_eq!(documents.len(), 2);
}

#[test]
fn what_is_refused_is_not_kept() {
    let documents = documents();
    for text in ["{", &"{a".repeat(10_000), "{a{...F}} fragment F on T {b ...F}"] {
        for _ in 0..2 {
            assert!(documents.get_or_parse(text).is_err());
        }
    }
    assert!(documents.is_empty());
}

#[test]
fn the_cache_is_bounded_by_the_memory_of_the_documents() {
    let documents = documents();
    for number in 0..10_000 {
        documents.get_or_parse(&format!("{{ field{number} }}")).unwrap();
    }
    // Three tokens each, so about 700 bytes.
    assert!((40..=100).contains(&documents.len()), "{} documents", documents.len());
    // Larger than the whole cache: run, but not kept.
    let large = format!("{{ a }} #{}", "x".repeat(100_000));
    let before = documents.len();
    documents.get_or_parse(&large).unwrap();
    assert!(documents.len() <= before);
}

#[test]
fn a_document_seen_often_survives_a_flood_of_others() {
    let documents = documents();
    let kept = documents.get_or_parse("{ inbox }").unwrap();
    for number in 0..5_000 {
        documents.get_or_parse(&format!("{{ flood{number} }}")).unwrap();
        documents.get_or_parse("{ inbox }").unwrap();
    }
    assert!(Arc::ptr_eq(&kept, &documents.get_or_parse("{ inbox }").unwrap()));
}

#[test]
fn a_cache_without_room_still_answers() {
    let documents = Documents::new(Limits::default(), 0);
    documents.get_or_parse("{ a }").unwrap();
    assert!(documents.is_empty());
}

#[test]
fn mistakes_are_told_in_one_line_with_their_place() {
    for (text, message, line, column) in [
        ("{", "Syntax error: expected selection.", 1, 2),
        ("{ a(x: ) }", "Syntax error: expected value.", 1, 8),
        ("query { a }\n}", "Syntax error: expected the end or executable definition.", 2, 1),
        ("", "Syntax error: expected executable definition.", 1, 1),
        ("query A {a} query A {b}", "Syntax error: operation A is defined twice.", 1, 13),
        ("{a\0}", "Syntax error: this character cannot stand here.", 1, 3),
    ] {
        let error = refused(text);
        assert_eq!(error.code, code::GRAPHQL_PARSE_FAILED);
        assert_eq!(error.message, message, "{text}");
        assert_eq!(error.positions[0], Pos { line, column }, "{text}");
    }
}

#[test]
fn the_error_document_carries_code_and_place() {
    let error: ServerError = refused("{a(x:\"").into();
    let json = serde_json::to_value(&error).unwrap();
    assert_eq!(json["extensions"]["code"], "GRAPHQL_PARSE_FAILED");
    assert_eq!(json["locations"], serde_json::json!([{"line": 1, "column": 6}]));
}
