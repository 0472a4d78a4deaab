use serde_json::json;

use super::*;

fn subscribe(text: &str) -> (String, Parameters) {
    match parse(text).unwrap() {
        ClientMessage::Subscribe { id, parameters } => (id.into(), *parameters),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_kind_of_message_is_read() {
    assert_eq!(parse(r#"{"type":"connection_init"}"#), Ok(ClientMessage::Init(None)));
    assert_eq!(parse(r#" {"type":"connection_init","payload":null} "#), Ok(ClientMessage::Init(None)));
    let payload = json!({ "a": 1 });
    assert_eq!(parse(r#"{"payload":{"a":1},"type":"ping"}"#), Ok(ClientMessage::Ping(payload.as_object().cloned())));
    assert_eq!(parse(r#"{"type":"pong","extra":[]}"#), Ok(ClientMessage::Pong(None)));
    assert_eq!(parse(r#"{"\u0074ype":"complete","id":"\u0031"}"#), Ok(ClientMessage::Complete { id: "1".into() }));
    let (id, parameters) = subscribe(
        r#"{"id":"a","type":"subscribe","payload":{"query":"{a}","operationName":null,"variables":{"b":1}}}"#,
    );
    assert_eq!((id.as_str(), parameters.query.as_str(), parameters.operation_name), ("a", "{a}", None));
    assert_eq!(parameters.variables, json!({ "b": 1 }).as_object().cloned());
}

#[test]
fn whatever_is_no_message_is_refused_without_being_quoted() {
    let long = format!(r#"{{"type":"complete","id":"{}"}}"#, "secret".repeat(40));
    for bad in [
        "",
        "secret",
        "null",
        "[]",
        r#"["ping",null,null]"#,
        r#"{"id":"secret"}"#,
        r#"{"type":1}"#,
        r#"{"type":"secret"}"#,
        r#"{"type":"ping","payload":"secret"}"#,
        r#"{"type":"ping","payload":[1]}"#,
        r#"{"type":"ping","type":"pong"}"#,
        r#"{"type":"ping"}{"type":"ping"}"#,
        r#"{"type":"complete"}"#,
        r#"{"type":"complete","id":""}"#,
        r#"{"type":"complete","id":7}"#,
        &long,
        r#"{"type":"subscribe","id":"1"}"#,
        r#"{"type":"subscribe","id":"1","payload":{}}"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":["secret"]}}"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":"secret"}}"#,
        r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
    ] {
        let problem = parse(bad).unwrap_err();
        assert!(!problem.contains("secret"), "{bad}: {problem}");
    }
}

#[test]
fn messages_are_written_with_ids_that_need_escaping() {
    let text = |message: Vec<u8>| String::from_utf8(message).unwrap();
    assert_eq!(text(next("1", b"{}")), r#"{"id":"1","type":"next","payload":{}}"#);
    assert_eq!(text(error("\"", b"[]")), r#"{"id":"\"","type":"error","payload":[]}"#);
    assert_eq!(text(complete("ñ\n")), r#"{"id":"ñ\n","type":"complete"}"#);
    assert_eq!(signal("ping", &json!({ "code": "X" })), r#"{"type":"ping","payload":{"code":"X"}}"#);
    assert_eq!(errors_of(br#"{"errors":[{"message":"no"}]}"#), br#"[{"message":"no"}]"#);
    assert!(errors_of(b"?").starts_with(b"[{"));
}
