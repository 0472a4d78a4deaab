//! Values of the right type that no honest client sends: the largest, the smallest, the odd and the endless.

use std::collections::HashMap;

use axum::http::StatusCode;
use entity::id::format_id;
use entity::kind::Kind;
use entity::model::{ScalarMember, VerbKind};
use entity::plan::filter::OPERATORS;
use entity::roots::Schema;
use mostrador::graphql::schema::Mostrador;
use serde_json::{Map, Value, json};

use super::Hostile;
use crate::app::TestApp;
use crate::samples::{inputs, least};

/// Text that does not compress, as a key of an index would have to.
fn noise(length: usize) -> String {
    let mut state = 0x2026_u64;
    let letters = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + ((state >> 33) % 26) as u8)
    });
    letters.take(length).collect()
}

/// Values that a reader of this kind may take or refuse, but must not stumble over.
fn extremes(kind: Kind) -> Vec<Value> {
    match kind {
        Kind::Text => vec![
            json!(""),
            json!(" \t\n"),
            json!("\u{0}"),
            json!("a\u{0}b"),
            json!("\u{202e}\u{fffd}\u{ffff}\u{1f3ce}\u{fe0f}"),
            json!("'; drop table contacts; -- %_\\ {t} $1"),
            json!(noise(9_000)),
            json!(noise(300_000)),
        ],
        Kind::Int => vec![json!(i32::MAX), json!(i32::MIN), json!(0), json!(-1)],
        Kind::BigInt => vec![json!(i64::MAX.to_string()), json!(i64::MIN.to_string()), json!("-0")],
        Kind::Decimal => vec![
            json!("79228162514264337593543950335"),
            json!("-79228162514264337593543950335"),
            json!("0.0000000000000000000000000001"),
            json!("999999999999.995"),
            json!("1e28"),
            json!("-0"),
            json!("1e-40"),
            json!("1e-2147483648"),
            json!("1e2147483647"),
            json!(1e28),
            json!(" 1"),
        ],
        Kind::Float => vec![json!(f64::MAX), json!(f64::MIN_POSITIVE), json!(-0.0)],
        Kind::DateTime => vec![
            json!("0001-01-01T00:00:00Z"),
            json!("9999-12-31T23:59:59.999999999Z"),
            json!("2026-06-30T23:59:60Z"),
            json!("2026-01-01T00:00:00.123456789+23:59"),
            json!("0000-01-01T00:00:00Z"),
        ],
        Kind::Date => vec![json!("0001-01-01"), json!("9999-12-31")],
        Kind::Json => vec![
            json!("x"),
            json!(1e308),
            json!([]),
            json!({ "": "" }),
            json!({ "a\u{0}": 1 }),
            json!({ "a": ["\u{0}"] }),
            json!({ "key": noise(300_000) }),
            json!(vec![json!([[[]]]); 5_000]),
            json!({ "$serde_json::private::RawValue": "x" }),
        ],
        Kind::Currency => vec![json!("XXX"), json!("ZZZ"), json!("\u{0}\u{0}\u{0}")],
        Kind::Bool | Kind::Choice(_) | Kind::Id(_) | Kind::AnyId | Kind::Uuid | Kind::List(_) => Vec::new(),
    }
}

/// A living row of the tenant for each type, by prefix.
async fn own_ids(app: &TestApp) -> HashMap<&'static str, String> {
    let mut found = HashMap::new();
    for entity in Mostrador::model().entities() {
        let mut sql = format!("select t.id from {} t where true", entity.decl.table);
        if !entity.decl.global {
            sql += " and t.tenant_id = (select id from tenants where slug = 'autos')";
        }
        if entity.decl.soft_delete {
            sql += " and t.deleted_at is null";
        }
        sql += " order by t.id limit 1";
        if let Ok(id) = app.cell(&sql).await.parse() {
            found.insert(entity.decl.prefix, format_id(entity.decl.prefix, id));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_of_the_right_type_makes_a_mutation_stumble() {
    let hostile = Hostile::new().await;
    let model = Mostrador::model();
    let ids = own_ids(&hostile.app).await;
    let id = |prefix: &str| json!(ids.get(prefix));
    for (name, verb) in &model.mutations {
        let query = format!(
            "mutation M($input: {}Input!) {{ {name}(input: $input) {{ errors {{ code message path existingId details }} }} }}",
            name[..1].to_uppercase() + &name[1..]
        );
        // An update reads and writes as a create does.
        let created = matches!(verb.kind, VerbKind::Update)
            && model.mutations.contains_key(&name.replacen("update", "create", 1));
        for field in inputs(model, verb).into_iter().filter(|_| !created) {
            for value in extremes(field.ty.kind) {
                let mut input = least(model, verb, &id);
                input.insert(field.name.clone(), value.clone());
                let answer = hostile.ask_as_one_who_may(verb, &query, json!({ "input": input })).await;
                let taken = answer.json["data"][name]["errors"] == json!([]);
                let has_nul = value.to_string().contains("\\u0000");
                assert!(!(taken && has_nul), "{name}.{} took a NUL", field.name);
            }
        }
        for (field, value) in [
            ("idempotencyKey", json!("")),
            ("idempotencyKey", json!("a\u{0}b")),
            ("idempotencyKey", json!(noise(201))),
            ("idempotencyKey", json!(noise(500_000))),
            ("idempotencyKey", json!("\u{1f3ce}".repeat(200))),
            ("expectedVersion", json!(i32::MIN)),
            ("expectedVersion", json!(i32::MAX)),
        ] {
            let mut input = least(model, verb, &id);
            input.insert(field.to_owned(), value);
            // Some have no version, and say so.
            hostile.ask_as_one_who_may(verb, &query, json!({ "input": input })).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_of_the_right_type_makes_a_filter_stumble() {
    let hostile = Hostile::new().await;
    let model = Mostrador::model();
    for entity in model.entities().iter().filter(|entity| !entity.decl.child_only) {
        let list = entity.decl.plural;
        let query = format!(
            "query Q($f: {}Filter) {{ {list}(filter: $f, first: 2) {{ totalCount nodes {{ id }} }} }}",
            entity.decl.name
        );
        for member in entity.scalars().filter(|member| member.filter) {
            for value in extremes(member.ty.kind) {
                for filter in filters(member, &value) {
                    let answer = hostile.ask(&query, json!({ "f": filter })).await;
                    let has_nul = value.to_string().contains("\\u0000");
                    assert!(!has_nul || !answer.code().is_empty(), "{list}.{} looked for a NUL", member.name);
                }
            }
        }
    }
}

/// All operators of a field, and a key as hostile as the value where there is one.
fn filters(member: &ScalarMember, value: &Value) -> Vec<Value> {
    if matches!(member.ty.kind, Kind::Json) {
        return vec![
            json!({ member.name: [{ "key": "x", "eq": value }] }),
            json!({ member.name: [{ "key": "x", "in": [value] }] }),
            json!({ member.name: [{ "key": "x", "lt": value, "gte": value }] }),
            json!({ member.name: [{ "key": "a\u{0}", "isNull": true }] }),
        ];
    }
    let operators: Map<String, Value> = OPERATORS
        .iter()
        .filter(|operator| (operator.exists)(member.ty.kind))
        .map(|operator| {
            let value = if operator.list { json!([value, value]) } else { value.clone() };
            (operator.name.to_owned(), value)
        })
        .collect();
    vec![json!({ member.name: operators })]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_none_is_refused_wherever_it_stands() {
    let hostile = Hostile::new().await;
    let user = own_ids(&hostile.app).await["user"].clone();
    for id in [
        String::new(),
        " ".into(),
        "0".into(),
        "contact".into(),
        "contact_".into(),
        "_00000000000000000000000000".into(),
        "contact_8zzzzzzzzzzzzzzzzzzzzzzzzz".into(),
        "contact_0000000000000000000000000u".into(),
        "contact_00000000000000000000000000x".into(),
        "CONTACT_00000000000000000000000000".into(),
        "nothing_00000000000000000000000000".into(),
        "contact_00000000000000000000000\u{0}00".into(),
        "contact_é0000000000000000000000000".into(),
        "{01890a5d-ac96-774b-bcce-b302099a8057}".into(),
        "01890a5d-ac96-774b-bcce-b302099a805".into(),
        "01890a5d_ac96_774b_bcce_b302099a8057".into(),
        "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057".into(),
        "' or true --".into(),
        "\u{202e}".into(),
        noise(500_000),
        user,
    ] {
        for query in [
            "query Q($id: ID!) { contact(id: $id) { id } }",
            "query Q($id: ID!) { contacts(filter: {id: {eq: $id}}) { totalCount } }",
            "query Q($id: ID!) { contacts(filter: {ownerId: {in: [$id]}, owner: {id: {ne: $id}}}) { totalCount } }",
            "mutation Q($id: ID!) { updateContact(input: {id: $id}) { errors { code message path } } }",
            "mutation Q($id: ID!) { createLead(input: {contactId: $id, title: \"x\"}) { errors { code message path } } }",
            "query Q($id: ID!) { node(id: $id) { id } }",
            "query Q($id: ID!) { nodes(ids: [$id]) { id } }",
        ] {
            if id.starts_with("user_") && (query.contains("node") || query.contains("ownerId")) {
                continue;
            }
            let answer = hostile.ask(query, json!({ "id": id })).await;
            let user_errors = answer.json["data"].as_object().into_iter().flatten();
            let mut user_errors = user_errors.filter_map(|(_, payload)| payload["errors"][0]["code"].as_str());
            assert!(!answer.code().is_empty() || user_errors.next().is_some(), "{query} with {id:.60}: {answer:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_is_none_is_refused() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
    let hostile = Hostile::new().await;
    let page =
        hostile.ask("{ contacts(first: 1, orderBy: [{field: DISPLAY_NAME}]) { edges { cursor } } }", json!({})).await;
    let cursor = page.json["data"]["contacts"]["edges"][0]["cursor"].as_str().unwrap().to_owned();
    let parts: Vec<Value> = serde_json::from_slice(&BASE64.decode(&cursor).unwrap()).unwrap();
    let with = |values: Vec<Value>| BASE64.encode(json!(values).to_string());
    let query =
        "query Q($c: String!) { contacts(first: 2, after: $c, orderBy: [{field: DISPLAY_NAME}]) { nodes { id } } }";
    assert_eq!(hostile.ask(query, json!({ "c": cursor })).await.code(), "");
    for bad in [
        String::new(),
        "x".into(),
        "\u{0}".into(),
        cursor[..cursor.len() - 3].to_owned(),
        format!("{cursor}AAAA"),
        cursor.to_uppercase(),
        with(vec![]),
        with(vec![parts[0].clone()]),
        with(vec![parts[0].clone(), json!("x\u{0}"), parts[2].clone()]),
        with(vec![parts[0].clone(), json!({}), parts[2].clone()]),
        with(vec![parts[0].clone(), Value::Null, parts[2].clone()]),
        with(vec![parts[0].clone(), parts[1].clone(), json!("not an id")]),
        with(vec![parts[0].clone(), parts[1].clone(), parts[2].clone(), json!(1)]),
        with(vec![json!("other"), parts[1].clone(), parts[2].clone()]),
        BASE64.encode("{}"),
        BASE64.encode([0xff, 0xfe]),
        BASE64.encode("[".repeat(10_000)),
        noise(500_000),
    ] {
        let answer = hostile.ask(query, json!({ "c": bad })).await;
        assert_eq!(answer.code(), "INVALID_CURSOR", "{bad:.80}: {answer:#?}");
    }
    // A cursor of another ordering is none of this list.
    let other =
        "query Q($c: String!) { contacts(first: 2, after: $c, orderBy: [{field: LEAD_SCORE}]) { nodes { id } } }";
    assert_eq!(hostile.ask(other, json!({ "c": cursor })).await.code(), "INVALID_CURSOR");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_lists_have_bounds() {
    let hostile = Hostile::new().await;
    for (arguments, code) in [
        ("first: 251", "PAGE_LIMIT"),
        ("first: 2147483647", "PAGE_LIMIT"),
        ("first: -1", "PAGE_LIMIT"),
        ("last: -2147483648", "PAGE_LIMIT"),
        ("first: 1, last: 1", "VALIDATION"),
        ("first: 99999999999999999999", "GRAPHQL_VALIDATION_FAILED"),
        ("first: 1e3", "GRAPHQL_VALIDATION_FAILED"),
        ("first: 1.5", "GRAPHQL_VALIDATION_FAILED"),
        ("first: 1e400", "GRAPHQL_PARSE_FAILED"),
        ("first: \"1\"", "GRAPHQL_VALIDATION_FAILED"),
        ("orderBy: [{field: ID}, {field: ID}]", "VALIDATION"),
    ] {
        let answer = hostile.ask(&format!("{{ contacts({arguments}) {{ nodes {{ id }} }} }}"), json!({})).await;
        let page_or_value = code == "PAGE_LIMIT" && answer.code() == "VALIDATION";
        assert!(answer.code() == code || page_or_value, "{arguments}: {answer:#?}");
    }
    let ids: Vec<String> = (0..20_000).map(|number| format_id("contact", uuid::Uuid::from_u128(number))).collect();
    for (query, count, code) in [
        ("query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }", 251, "PAGE_LIMIT"),
        ("query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }", 20_000, "PAGE_LIMIT"),
        ("query Q($ids: [ID!]!) { contacts(filter: {id: {in: $ids}}) { totalCount } }", 1_001, "LIST_LIMIT"),
        ("query Q($ids: [ID!]!) { contacts(filter: {id: {notIn: $ids}}) { totalCount } }", 20_000, "LIST_LIMIT"),
    ] {
        let answer = hostile.ask(query, json!({ "ids": ids[..count] })).await;
        assert_eq!(answer.code(), code, "{query} with {count}: {answer:#?}");
    }
    let many: Vec<Value> = (0..5_000).map(|_| json!({ "displayName": { "contains": "x" } })).collect();
    let answer = hostile
        .ask("query Q($f: ContactFilter) { contacts(filter: $f) { totalCount } }", json!({ "f": { "or": many } }))
        .await;
    assert!(answer.status == StatusCode::OK || !answer.code().is_empty());
}
