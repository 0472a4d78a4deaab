use serde_json::json;

use super::*;

fn json_error(body: &str) -> String {
    from_json(body.as_bytes()).unwrap_err()
}

#[test]
fn all_four_parameters_are_read() {
    let parameters =
        from_json(br#"{"query":"{a}","operationName":"A","variables":{"x":[1]},"extensions":{"e":null}}"#).unwrap();
    assert_eq!(parameters.query, "{a}");
    assert_eq!(parameters.operation_name.as_deref(), Some("A"));
    assert_eq!(Value::Object(parameters.variables.unwrap()), json!({"x": [1]}));
    assert_eq!(Value::Object(parameters.extensions.unwrap()), json!({"e": null}));
}

#[test]
fn null_and_absent_are_the_same_and_unknown_parameters_are_ignored() {
    let expected = Parameters { query: "{a}".into(), ..Parameters::default() };
    for body in [
        r#"{"query":"{a}"}"#,
        r#"{"query":"{a}","variables":null,"operationName":null,"extensions":null}"#,
        r#"{"query":"{a}","operationName":""}"#,
        r#" {"id":{"deep":[1,2]},"query":"{a}","qeury":1}"#,
    ] {
        assert_eq!(from_json(body.as_bytes()).as_ref(), Ok(&expected), "{body}");
    }
}

#[test]
fn each_mistake_gets_its_sentence() {
    for (body, expected) in [
        ("", "The body is not valid JSON (line 1, column 0)."),
        (r#"{ "not a JSON"#, "The body is not valid JSON (line 1, column 13)."),
        ("{}", "The parameter query is missing."),
        (r#"{"query":null}"#, "The parameter query is missing."),
        (r#"{"query":1}"#, "The parameter query must be a string."),
        (r#"{"query":"{a}","operationName":[]}"#, "The parameter operationName must be a string."),
        (r#"{"query":"{a}","variables":"{}"}"#, "The parameter variables must be an object."),
        (r#"{"query":"{a}","extensions":false}"#, "The parameter extensions must be an object."),
        (r#"{"query":"{a}","query":"{b}"}"#, "The parameter query is given twice."),
        (r#"{"variables":null,"variables":{}}"#, "The parameter variables is given twice."),
        (r#"[{"query":"{a}"}]"#, "Batches are not accepted; send one operation per request."),
        (r#"{"query":"{a}"} x"#, "The body is not valid JSON (line 1, column 17)."),
    ] {
        assert_eq!(json_error(body), expected, "{body}");
    }
}

#[test]
fn a_body_that_is_no_object_is_refused_without_being_quoted() {
    for body in ["12345", "\"secret\"", "true", "null"] {
        let error = json_error(body);
        assert_eq!(error, "The body must be a JSON object with the key \"query\".");
    }
}

#[test]
fn invalid_utf_8_is_refused() {
    assert_eq!(from_json(b"{\"query\":\"\xff\"}").unwrap_err(), "The body is not valid UTF-8.");
    assert_eq!(from_query_string("query=%FF").unwrap_err(), "The query string is not valid UTF-8.");
}

#[test]
fn deep_json_is_refused_without_a_stack_overflow() {
    let deep = "[".repeat(100_000);
    assert!(json_error(&format!(r#"{{"query":"{{a}}","variables":{{"x":{deep}"#)).contains("JSON"));
    assert!(json_error(&format!(r#"{{"query":"{{a}}","unknown":{deep}"#)).contains("JSON"));
}

#[test]
fn a_query_string_is_read() {
    let parameters = from_query_string(
        "query=query+A(%24x%3A+Int)+%7B+a+%7D&operationName=A&variables=%7B%22x%22%3A%22a%2Bb%22%7D&utm=1",
    )
    .unwrap();
    assert_eq!(parameters.query, "query A($x: Int) { a }");
    assert_eq!(parameters.operation_name.as_deref(), Some("A"));
    assert_eq!(Value::Object(parameters.variables.unwrap()), json!({"x": "a+b"}));
    assert_eq!(parameters.extensions, None);
}

#[test]
fn mistakes_in_a_query_string_get_their_sentence() {
    for (query, expected) in [
        ("", "The parameter query is missing."),
        ("variables=%7B%7D", "The parameter query is missing."),
        ("query=%7Ba%7D&query=%7Bb%7D", "The parameter query is given twice."),
        ("query=%7Ba%7D&variables=1", "The parameter variables must be a JSON object."),
        ("query=%7Ba%7D&extensions=%5B%5D", "The parameter extensions must be a JSON object."),
    ] {
        assert_eq!(from_query_string(query).unwrap_err(), expected, "{query}");
    }
}

proptest::proptest! {
    #[test]
    fn no_body_and_no_query_string_makes_it_panic(bytes: Vec<u8>, text in ".{0,200}") {
        let _ = from_json(&bytes);
        let _ = from_query_string(&text);
    }

    #[test]
    fn what_was_encoded_is_read_back(query in ".{1,100}") {
        let encoded: String =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("query", &query).finish();
        proptest::prop_assert_eq!(from_query_string(&encoded).unwrap().query, query);
    }
}
