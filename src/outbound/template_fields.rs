//! What is filled into a template of WhatsApp: the gaps of its texts, in the form that the Cloud API wants.
//!
//! A gap is `{{1}}`, the first of the template's variables, or `{{name}}`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The parameters for the gaps of a text, each gap once: numbered ones in the order of their numbers, named ones by name.
/// `names` are the template's variables, `values` what they stand for.
pub(super) fn parameters(text: &str, names: &[String], values: &Value) -> Vec<Value> {
    let said =
        |name: &str| values.get(name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let mut numbered = BTreeMap::new();
    let mut named = Vec::new();
    for gap in gaps(text) {
        match gap.parse::<usize>() {
            Ok(number) if number > 0 => {
                let name = names.get(number - 1).map_or(gap, String::as_str);
                numbered.insert(number, json!({ "type": "text", "text": said(name).unwrap_or_default() }));
            }
            _ => {
                let parameter = json!({ "type": "text", "parameter_name": gap, "text": said(gap).unwrap_or_default() });
                if !named.contains(&parameter) {
                    named.push(parameter);
                }
            }
        }
    }
    numbered.into_values().chain(named).collect()
}

/// What stands between `{{` and `}}`, as `app.template_gaps` finds it.
fn gaps(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let (_, after) = rest.split_once("{{")?;
            let end = after.find(['{', '}'])?;
            let (gap, tail) = after.split_at(end);
            if let Some(tail) = tail.strip_prefix("}}") {
                rest = tail;
                return Some(gap.trim());
            }
            rest = tail;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn numbered_gaps_take_the_variables_in_order_each_once() {
        let values = json!({ "name": "Marta", "car": "Ibiza" });
        assert_eq!(
            parameters("{{2}} for {{1}}, {{ 1 }}!", &names(&["name", "car"]), &values),
            [json!({ "type": "text", "text": "Marta" }), json!({ "type": "text", "text": "Ibiza" })]
        );
    }

    #[test]
    fn named_gaps_are_named() {
        assert_eq!(
            parameters("Hi {{name}}, {{name}}: {{day}}", &names(&["name"]), &json!({ "name": "Jo", "day": 3 })),
            [
                json!({ "type": "text", "parameter_name": "name", "text": "Jo" }),
                json!({ "type": "text", "parameter_name": "day", "text": "3" })
            ]
        );
    }

    #[test]
    fn half_a_gap_is_text() {
        for text in ["", "{{", "{{a", "{{a}", "}}{{", "{a}}", "{{a{b}}"] {
            assert_eq!(parameters(text, &[], &json!({})), Vec::<Value>::new(), "{text}");
        }
        assert_eq!(gaps("{{{x}}").collect::<Vec<_>>(), Vec::<&str>::new());
        assert_eq!(gaps("{{a{{b}}").collect::<Vec<_>>(), ["b"]);
    }
}
