//! Mutations of accounts, which are no entity's: the same attack as on all others.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::ask::ask;
use super::stage::{A, PREFIXES, counterpart, model};
use super::types::Input;
use super::writes::{Attack, input_of, prefixes};
use crate::app::TestClient;

impl Attack<'_> {
    /// Some end the session, so each request has a session of its own.
    pub(super) async fn accounts(&mut self) {
        let mutations = self.types.of("Mutation").fields.iter();
        let names: Vec<String> = mutations
            .filter(|field| !model().mutations.contains_key(&field.name))
            .map(|field| field.name.clone())
            .collect();
        let user = self.stage.person_id("ADMIN");
        for (number, name) in names.iter().enumerate() {
            let mutation = self.types.of("Mutation").field(name).unwrap();
            let query = self.document(mutation);
            let ids: Vec<&Input> = input_of(self.types, mutation)
                .map(|ty| ty.inputs.iter().filter(|input| input.ty.name == "ID").collect())
                .unwrap_or_default();
            let mut inputs = vec![match input_of(self.types, mutation) {
                Some(ty) => ty.inputs.iter().map(|input| (input.name.clone(), self.of_a(mutation, input))).collect(),
                None => Map::new(),
            }];
            for input in ids {
                self.ids.insert(format!("{name}.{}", input.name));
                for prefix in prefixes(name, &input.name) {
                    for id in
                        [&self.stage.foreign[prefix][0], &counterpart(&self.stage.foreign[prefix][0], PREFIXES[2])]
                    {
                        let mut given = inputs[0].clone();
                        given.insert(input.name.clone(), json!(id));
                        inputs.push(given);
                    }
                }
            }
            let mut clients: Vec<[TestClient; 2]> = Vec::new();
            for place in 0..inputs.len() {
                let session =
                    Uuid::from_u128(0x019c_a0a0_a0a0_7000_8000_0000_00ff_0000 + (number * 100 + place) as u128);
                let sql = format!(
                    "insert into sessions (id, tenant_id, user_id, session_token_hash, refresh_token_hash, expires_at) \
                     values ('{session}', '{A}', '{user}', sha256('s{session}'), sha256('r{session}'), '2026-12-31')"
                );
                self.stage.alone.sql(&sql).await;
                self.stage.both.sql(&sql).await;
                clients.push([&self.stage.alone, &self.stage.both].map(|app| app.client_in(A, user, session)));
            }
            let mut answers = Vec::new();
            for (input, [alone, both]) in inputs.iter().zip(&clients) {
                let variables = json!({ "input": input });
                let one = ask(alone, &query, &variables).await;
                let other = ask(both, &query, &variables).await;
                self.findings.asked += 1;
                if one != other {
                    self.findings.add(format!(
                        "another tenant changes the answer of {name}: {variables}\n{}\n{}",
                        one.text(),
                        other.text()
                    ));
                }
                if other.is_executed() {
                    self.coverage.note(&query, &variables);
                } else {
                    self.findings.add(format!("an attack that makes no sense: {query}\n{variables}\n{}", other.text()));
                }
                let id = input.values().filter_map(Value::as_str).find(|text| text.contains("_01k")).unwrap_or("none");
                answers.push(other.without(id));
            }
            // Of each pair one is B's and one is nobody's.
            for pair in answers[1..].chunks(2) {
                if pair[0] != pair[1] {
                    self.findings.add(format!("{name} tells a row of B from nobody's:\n{pair:?}"));
                }
            }
        }
    }
}
