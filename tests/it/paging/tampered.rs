//! Cursors that no list gave out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::model::EntityModel;
use entity::plan::order::enum_name;
use serde_json::{Value, json};

use super::lists;
use crate::app::TestClient;
use crate::oracle::crowd::{MANY, crowd};
use crate::oracle::rng::Tape;
use crate::oracle::{Stage, for_tapes};

/// Values that fit somewhere and nowhere else.
const PARTS: [&str; 22] = [
    "null",
    "0",
    "-1",
    "99999999999",
    "9223372036854775808",
    "1e308",
    "0.1",
    "true",
    "[]",
    "{}",
    "\"\"",
    "\"x\"",
    "\"\\u0000\"",
    "\"NaN\"",
    "\"Infinity\"",
    "\"9999-12-31T23:59:60Z\"",
    "\"-4712-01-01T00:00:00Z\"",
    "\"0000-01-01\"",
    "\"OPEN\"",
    "\"79228162514264337593543950335.5\"",
    "\"contact_01h455vb4pex5vsknk084sn02q\"",
    "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]",
];

/// The code of the error, if there is one.
async fn code(client: &TestClient, entity: &EntityModel, order: &str, cursor: &str) -> Option<String> {
    let list = entity.decl.plural;
    let query =
        format!("query ($at: String!) {{ {list}(first: 2, after: $at, orderBy: [{order}]) {{ edges {{ cursor }} }} }}");
    let reply = client.measured(&query, json!({ "at": cursor })).await.json;
    let error = reply.get("errors")?;
    Some(error[0]["extensions"]["code"].as_str().unwrap_or("none").to_owned())
}

/// A cursor of a list; `None` where there is nothing to see: personal rows may all be others'.
async fn real(client: &TestClient, entity: &EntityModel, order: &str) -> Option<String> {
    let list = entity.decl.plural;
    let query = format!("{{ {list}(first: 2, orderBy: [{order}]) {{ pageInfo {{ endCursor }} }} }}");
    client.data(&query, json!({})).await[list]["pageInfo"]["endCursor"].as_str().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_another_ordering_or_list_is_refused() {
    let stage = Stage::of(&crowd().await, MANY).await;
    for entity in lists() {
        let orders = [
            "{field: CREATED_AT}",
            "{field: CREATED_AT, direction: DESC}",
            "{field: CREATED_AT}, {field: ID, direction: DESC}",
            "{field: ID}",
        ];
        for order in orders {
            let Some(cursor) = real(&stage.client, entity, order).await else { break };
            for other in orders {
                let refused = code(&stage.client, entity, other, &cursor).await;
                let expected = (order != other).then_some("INVALID_CURSOR");
                assert_eq!(refused.as_deref(), expected, "{}: {order} for {other}", entity.decl.name);
            }
            let list = lists().into_iter().find(|other| other.index != entity.index).unwrap();
            let refused = code(&stage.client, list, order, &cursor).await;
            assert_eq!(refused.as_deref(), Some("INVALID_CURSOR"), "{} for {}", entity.decl.name, list.decl.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tampered_cursor_is_refused_or_a_place_in_the_list() {
    let stage = Stage::of(&crowd().await, MANY).await;
    for_tapes(250, async |tape| {
        let mut tape = Tape::new(tape);
        let entity = tape.of(&lists());
        let sortable: Vec<_> = entity.scalars().filter(|member| member.order).collect();
        let order = format!("{{field: {}}}", enum_name(tape.of(&sortable).name));
        let Some(cursor) = real(&stage.client, entity, &order).await else { return Ok(()) };
        let tampered = tamper(&cursor, &mut tape);
        match code(&stage.client, entity, &order, &tampered).await.as_deref() {
            None | Some("INVALID_CURSOR") => Ok(()),
            Some(other) => {
                let plain = URL_SAFE_NO_PAD.decode(&tampered).unwrap_or_default();
                Err(format!(
                    "{} by {order}: {other} for {tampered}\n{}",
                    entity.decl.name,
                    String::from_utf8_lossy(&plain)
                ))
            }
        }
    });
}

/// Changes a cursor in one of many ways.
fn tamper(cursor: &str, tape: &mut Tape<'_>) -> String {
    let mut plain = URL_SAFE_NO_PAD.decode(cursor).unwrap();
    match tape.below(6) {
        0 => {
            let Ok(Value::Array(mut parts)) = serde_json::from_slice(&plain) else { panic!("{cursor} is not a list") };
            let index = tape.below(parts.len());
            parts[index] = serde_json::from_str(tape.of(&PARTS)).unwrap();
            plain = Value::Array(parts).to_string().into_bytes();
        }
        1 => plain.truncate(tape.below(plain.len())),
        2 => {
            let index = tape.below(plain.len());
            plain[index] ^= 1 << tape.below(8);
        }
        3 => plain = (0..tape.below(40)).map(|_| tape.below(256) as u8).collect(),
        4 => {
            let mut text = cursor.to_owned();
            text.insert(tape.below(text.len()), tape.of(&['=', 'A', '*', 'é', ' ', '\0']));
            return text;
        }
        _ => plain.extend_from_slice(tape.of(&[&b",1]"[..], b" ", b"\0", b"[]"])),
    }
    URL_SAFE_NO_PAD.encode(plain)
}
