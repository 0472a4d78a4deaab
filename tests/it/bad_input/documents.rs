//! Documents that are bombs: deep, wide, circular, or growing when they are expanded.

use std::fmt::Write;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Hostile;

/// A guard against the exponential, not a measure: an honest answer takes milliseconds.
const SOON: Duration = Duration::from_secs(20);

const DEEP: usize = 10_000;

fn nested(open: &str, middle: &str, close: &str, depth: usize) -> String {
    format!("{}{middle}{}", open.repeat(depth), close.repeat(depth))
}

/// A chain or a tree of fragments: each spreads the next one `times` times.
fn fragments(count: usize, times: usize) -> String {
    let mut text = String::from("{ contacts { nodes { ...F0 } } }\n");
    for number in 0..count {
        let spread = format!("...F{} ", number + 1).repeat(times);
        let _ = writeln!(text, "fragment F{number} on Contact {{ {spread} }}");
    }
    let _ = write!(text, "fragment F{count} on Contact {{ id }}");
    text
}

async fn refused(hostile: &Hostile, what: &str, query: &str, codes: &[&str]) {
    let started = Instant::now();
    let answer = hostile.ask(query, json!({})).await;
    assert!(started.elapsed() < SOON, "{what} took {:?}", started.elapsed());
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{what}: {answer:#?}");
    assert!(codes.contains(&answer.code()), "{what}: {answer:#?}");
    assert!(answer.json.get("data").is_none(), "{what}: {answer:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_levels_are_refused_wherever_they_are() {
    let hostile = Hostile::new().await;
    let in_filter = |literal: String| format!("{{ contacts(filter: {literal}) {{ totalCount }} }}");
    for (what, query) in [
        ("selections", nested("{contacts{nodes", "{id}", "}}", DEEP)),
        ("selections without an end", "{a".repeat(DEEP)),
        ("ends without a selection", "}".repeat(DEEP)),
        ("lists", in_filter(nested("[", "1", "]", DEEP))),
        ("objects", in_filter(nested("{not:", "{}", "}", DEEP))),
        ("lists in a default value", format!("query Q($a: [Int] = {}) {{ __typename }}", nested("[", "1", "]", DEEP))),
        ("list types of a variable", format!("query Q($a: {}) {{ __typename }}", nested("[", "Int", "]", DEEP))),
        ("inline fragments", nested("{... on Query", "{__typename}", "}", DEEP)),
        ("arguments", nested("{a(b:{c:", "1", "})}", DEEP)),
        ("a chain of fragments", fragments(DEEP, 1)),
        ("brackets of all kinds", "{[(".repeat(DEEP)),
    ] {
        let codes =
            ["NESTING_LIMIT", "DEPTH_LIMIT", "FRAGMENT_LIMIT", "TOKEN_LIMIT", "SIZE_LIMIT", "GRAPHQL_PARSE_FAILED"];
        refused(&hostile, what, &query, &codes).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_grows_when_it_is_expanded_is_refused_before() {
    let hostile = Hostile::new().await;
    let codes = [
        "FIELD_LIMIT",
        "FRAGMENT_LIMIT",
        "FRAGMENT_CYCLE",
        "ALIAS_LIMIT",
        "ROOT_FIELD_LIMIT",
        "TOKEN_LIMIT",
        "DEPTH_LIMIT",
        "COST_LIMIT",
    ];
    let aliases =
        |count: usize, field: &str| (0..count).map(|number| format!("a{number}: {field} ")).collect::<String>();
    for (what, query) in [
        ("fragments that double", fragments(20, 2)),
        ("fragments that grow tenfold", fragments(12, 10)),
        ("a fragment in itself", "{ contacts { nodes { ...F } } } fragment F on Contact { ...F }".into()),
        ("a circle of fragments", "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }".into()),
        ("a circle below a field", "{ ...A } fragment A on Query { contacts { nodes { owner { ...B } } } } \
            fragment B on User { ownedContacts { nodes { owner { ...B } } } }".into()),
        ("aliases", format!("{{ {} }}", aliases(1000, "__typename"))),
        ("aliases of a list", format!("{{ {} }}", aliases(1000, "contacts(first: 250) { totalCount }"))),
        ("aliases below", format!("{{ contacts {{ nodes {{ {} }} }} }}", aliases(1000, "displayName"))),
        ("the same field", format!("{{ {} }}", "__typename ".repeat(14_000))),
        ("the same object", format!("{{ contacts {{ nodes {{ {} }} }} }}", "owner { id } ".repeat(2_500))),
        ("pages of pages", "{ contacts(first: 250) { nodes { conversations(first: 250) { nodes { messages(first: 250) { nodes { id } } } } } } }".into()),
        ("lists inside each other", nested("{ contacts { nodes { owner ", "{ id }", "} } }", 1).replace(
            "{ id }",
            &nested("{ ownedContacts(first: 100) { nodes { owner ", "{ id }", "} } }", 5),
        )),
        ("directives", format!("{{ __typename {} }}", "@include(if: true) ".repeat(4_000))),
        ("variables", format!("query Q({}) {{ __typename }}", (0..5_000).map(|number| format!("$v{number}: Int ")).collect::<String>())),
        ("operations", (0..4_000).map(|number| format!("query Q{number} {{ __typename }} ")).collect::<String>()),
    ] {
        let started = Instant::now();
        let answer = hostile.ask(&query, json!({})).await;
        assert!(started.elapsed() < SOON, "{what} took {:?}", started.elapsed());
        let other = ["GRAPHQL_VALIDATION_FAILED", "OPERATION_NAME_REQUIRED"];
        assert!(codes.contains(&answer.code()) || other.contains(&answer.code()), "{what}: {:.2000}", format!("{answer:#?}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn introspection_inside_introspection_stays_small() {
    let hostile = Hostile::new().await;
    for (step, root) in [
        // Names of types nest by way of lists and non-nulls, so a step leads back to an object by one of these.
        (("{ type { fields ", "} }"), "__schema { types { fields "),
        (("{ type { ofType { fields ", "} } }"), "__schema { types { fields "),
        (("{ type { ofType { ofType { ofType { fields ", "} } } } }"), "__schema { types { fields "),
        (("{ args { type { ofType { inputFields { type { fields ", "} } } } } }"), "__schema { types { fields "),
        // Without a word of `types`, and over the types of introspection itself.
        (("{ type { fields ", "} }"), "__schema { mutationType { fields "),
        (("{ type { ofType { fields ", "} } }"), "__type(name: \"__Type\") { x: ofType { name } fields "),
    ] {
        let ends = root.matches('{').count() - root.matches('}').count();
        for depth in 1..8 {
            let inner = nested(step.0, "{ name }", step.1, depth);
            let query = format!("{{ {root} {inner} {} }}", "}".repeat(ends));
            introspected(&hostile, &query).await;
        }
    }
    // By every way at once; fragments keep the text short.
    let every_way = |root: &str, levels: usize| {
        let mut query = root.to_owned();
        for level in 0..levels {
            let next = format!("...F{}", level + 1);
            let _ =
                write!(query, " fragment F{level} on __Type {{ fields {{ type {{ {next} ofType {{ {next} }} }} }} }}");
        }
        query + &format!(" fragment F{levels} on __Type {{ name }}")
    };
    for levels in 2..7 {
        let code = introspected(&hostile, &every_way("{ __schema { types { ...F0 } } }", levels)).await;
        assert!(levels < 4 || code == "COST_LIMIT", "{levels} levels: {code}");
    }
    // One type is less than all; but its name may stand in a variable, and be asked for thirty times.
    let thirty: String = (0..30).map(|number| format!("a{number}: __type(name: $t) {{ ...F0 }} ")).collect();
    let answer =
        hostile.ask(&every_way(&format!("query Q($t: String!) {{ {thirty} }}"), 5), json!({ "t": "User" })).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "COST_LIMIT"));
    // As wide as it is deep: everything again and again, under other names or the same.
    let types = "types { kind fields { name description args { name description type { name } } } }";
    for again in [
        (0..30).map(|number| format!("a{number}: {types} ")).collect::<String>(),
        format!("{types} ").repeat(30),
        format!("types {{ {} }}", "__typename ".repeat(3_500)),
        format!("types {{ {} }}", "fields { __typename } ".repeat(1_500)),
    ] {
        let query = format!("{{ __schema {{ {again} }} }}");
        assert_eq!(introspected(&hostile, &query).await, "COST_LIMIT", "{again:.100}");
    }
    let roots: String = (0..50).map(|number| format!("a{number}: __schema {{ {types} }} ")).collect();
    assert_eq!(introspected(&hostile, &format!("{{ {roots} }}")).await, "COST_LIMIT");
    let spread = format!("{{ {} }} fragment F on Query {{ __schema {{ {types} }} }}", "...F ".repeat(40));
    assert_eq!(introspected(&hostile, &spread).await, "COST_LIMIT");
}

/// Asks for an introspection: the answer is as small as the limit says, or there is none, and this is the code.
async fn introspected(hostile: &Hostile, query: &str) -> String {
    let started = Instant::now();
    let answer = hostile.ask(query, json!({})).await;
    let (took, size) = (started.elapsed(), answer.json.to_string().len());
    assert!(took < SOON, "{query:.200} took {took:?}");
    assert!(size < 10 << 20, "{query:.200} gave {size} bytes");
    if answer.json.get("data").is_some() {
        assert_eq!(answer.json.get("errors"), None, "{query:.200}");
        return String::new();
    }
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query:.200}: {answer:#?}");
    assert!(["COST_LIMIT", "DEPTH_LIMIT"].contains(&answer.code()), "{query:.200}: {answer:#?}");
    assert!(answer.json["errors"][0]["locations"][0]["line"].is_number(), "{answer:#?}");
    answer.code().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn nested_variables_are_read_to_a_limit_only() {
    let hostile = Hostile::new().await;
    let query = "query Q($f: ContactFilter) { contacts(filter: $f) { totalCount } }";
    let deep = |depth: usize| {
        let mut filter = json!({ "displayName": { "eq": "x" } });
        for _ in 0..depth {
            filter = json!({ "not": filter });
        }
        filter
    };
    let answer = hostile.ask(query, json!({ "f": deep(5) })).await;
    assert_eq!(answer.json.get("errors"), None, "{answer:#?}");
    for depth in [20, 60, 100, 118] {
        let answer = hostile.ask(query, json!({ "f": deep(depth) })).await;
        assert_eq!(answer.code(), "FILTER_DEPTH_LIMIT", "{depth}: {answer:#?}");
    }
    let answer = hostile.ask(query, json!({ "f": deep(1_000) })).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "BAD_REQUEST"));
    // A column that takes any JSON takes it as deep as JSON is read.
    let create = "mutation M($i: CreateAppointmentInput!) { createAppointment(input: $i) { errors { code } } }";
    let mut deep = json!(1);
    for _ in 0..110 {
        deep = json!([deep]);
    }
    let input = json!({ "contactId": "contact_00000000000000000000000000", "durationMinutes": 5, "title": "x", "type": "VIDEO",
        "scheduledAt": "2026-05-05T10:00:00Z", "metadata": deep });
    let answer = hostile.ask(create, json!({ "i": input })).await;
    assert_ne!(answer.json["data"]["createAppointment"]["errors"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_means_nothing_is_refused_with_its_place() {
    let hostile = Hostile::new().await;
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ contacts( }", "GRAPHQL_PARSE_FAILED"),
        ("query query query", "GRAPHQL_PARSE_FAILED"),
        ("{ contacts(first: 007) { totalCount } }", "GRAPHQL_PARSE_FAILED"),
        ("{ a: \"text\" }", "GRAPHQL_PARSE_FAILED"),
        ("\u{202e}{ __typename }", "GRAPHQL_PARSE_FAILED"),
        ("{ contacts(filter: {displayName: {eq: \"\"\"no end}}) { totalCount } }", "GRAPHQL_PARSE_FAILED"),
        ("type Query { a: Int }", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ contacts { nodes { nothing } } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ contacts }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ contacts(nothing: 1) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ contact { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ contacts(filter: {nothing: 1}) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ contacts(orderBy: [{field: NOTHING}]) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ("query Q($a: Nothing) { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        ("query Q($a: Int) { contacts(first: $b) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...Nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ contacts @nothing { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ node(id: \"x\") { ... on Nothing { id } } }", "GRAPHQL_VALIDATION_FAILED"),
        ("mutation { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { nothing }", "SUBSCRIPTION_TRANSPORT"),
        ("query A { __typename } query B { __typename }", "OPERATION_NAME_REQUIRED"),
        ("query A { __typename } query A { __typename }", "GRAPHQL_PARSE_FAILED"),
    ] {
        let answer = hostile.ask(query, Value::Null).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, code), "{query}: {answer:#?}");
        assert!(answer.json.get("data").is_none(), "{query}: {answer:#?}");
    }
}
