//! Values to attack with: those of B's rows, as B sees them.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::types::{Kind, Ref, Types};
use crate::app::TestClient;

/// Rows as their tenant sees them, by type.
pub(super) struct Rows(HashMap<String, Vec<Map<String, Value>>>);

impl Rows {
    /// No rows.
    pub(super) fn none() -> Self {
        Self(HashMap::new())
    }

    /// Reads every row with these IDs.
    pub(super) async fn read(types: &Types, client: &TestClient, ids: &HashMap<&'static str, Vec<String>>) -> Self {
        let mut rows: HashMap<String, Vec<Map<String, Value>>> = HashMap::new();
        for node in types.nodes() {
            // Which prefix belongs to which type is not in the schema, so every ID is asked for.
            let Some(ids) = ids.get(prefix_of(&node.name).as_str()) else { continue };
            let query = format!(
                "query Q($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {} {{ {} }} }} }}",
                node.name,
                types.leaves(node)
            );
            let reply = client.measured(&query, json!({ "ids": ids })).await;
            let found = reply.json["data"]["nodes"].as_array().cloned().unwrap_or_default();
            rows.insert(node.name.clone(), found.into_iter().filter_map(|row| row.as_object().cloned()).collect());
        }
        Self(rows)
    }

    pub(super) fn of(&self, ty: &str) -> &[Map<String, Value>] {
        self.0.get(ty).map_or(&[], Vec::as_slice)
    }

    /// The values of a field that are not null, each once.
    pub(super) fn values(&self, ty: &str, field: &str) -> Vec<Value> {
        let mut values: Vec<Value> = Vec::new();
        for row in self.of(ty) {
            match row.get(field) {
                None | Some(Value::Null) => {}
                Some(value) if values.contains(value) => {}
                Some(value) => values.push(value.clone()),
            }
        }
        values
    }
}

/// `ContactStatus` → `contact_status`.
pub(super) fn prefix_of(ty: &str) -> String {
    super::stage::model().by_name(ty).map(|entity| entity.decl.prefix.to_owned()).unwrap_or_default()
}

/// A value that fits a type, of nobody.
pub(super) fn sample(types: &Types, name: &str, ty: &Ref) -> Value {
    let declared = types.of(&ty.name);
    let one = match (declared.kind, ty.name.as_str()) {
        (Kind::Enum, _) => json!(declared.values[0]),
        (Kind::Input, _) => {
            let required = declared.inputs.iter().filter(|input| input.ty.is_required());
            required.map(|input| (input.name.clone(), sample(types, &input.name, &input.ty))).collect()
        }
        (_, "ID") => json!("019cd0d0-d0d0-7000-8000-00000000dead"),
        (_, "Int") => json!(30),
        (_, "BigInt") => json!("30"),
        (_, "Decimal") => json!("10.00"),
        (_, "Float") => json!(1.5),
        (_, "Boolean") => json!(false),
        (_, "DateTime") => json!("2026-06-02T09:00:00Z"),
        (_, "Date") => json!("2026-06-02"),
        (_, "JSON") => json!({}),
        (_, "CurrencyCode") => json!("EUR"),
        _ => match name.to_lowercase() {
            name if name.contains("phone") => json!("+34699000111"),
            name if name.contains("mail") => json!("attack@attack.example"),
            name if name.contains("url") || name.contains("uri") => json!("https://attack.example/x"),
            name if name.contains("color") => json!("#112233"),
            name if name.contains("timezone") => json!("Europe/Madrid"),
            name if name == "vin" => json!("WVWZZZ1JZXW000001"),
            _ => json!("attack"),
        },
    };
    if ty.is_list { json!([one]) } else { one }
}
