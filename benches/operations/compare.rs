//! Whether both servers say the same: the same rows with the same values, whatever the spelling of ids, times and
//! amounts.

use chrono::{DateTime, Utc};
use entity::id::split_id;
use serde_json::Value;

use crate::Outcome;
use crate::http::Connection;
use crate::operation::Operation;
use crate::servers::Servers;
use crate::variants::Requests;

/// Most variants that are compared.
const COMPARED: usize = 200;

/// What was found.
pub(crate) struct Answers {
    /// How many variants were compared.
    pub(crate) compared: usize,
    /// Mean size of the gateway's answers, in bytes.
    pub(crate) bytes: usize,
}

/// Asks both servers the same, and compares the answers.
///
/// # Errors
/// The first place where they differ.
pub(crate) async fn check(operation: &Operation, requests: &Requests, servers: &Servers) -> Outcome<Answers> {
    let mut gateway = Connection::open(servers.gateway.address).await?;
    let mut other = Connection::open(servers.other.address).await?;
    let mut answers = Answers { compared: 0, bytes: 0 };
    for (ours, theirs) in requests.gateway.iter().zip(&requests.other).take(COMPARED) {
        let ours = gateway.exchange(ours).await?;
        answers.bytes += ours.len();
        let ours: Value = serde_json::from_slice(ours)?;
        let theirs: Value = serde_json::from_slice(other.exchange(theirs).await?)?;
        if let Err(difference) = same(&ours, &theirs, operation.own_values) {
            return Err(format!("{}: the answers differ {difference}\n{ours}\n{theirs}", operation.name).into());
        }
        answers.compared += 1;
    }
    answers.bytes /= answers.compared.max(1);
    Ok(answers)
}

/// `Err` says where they differ.
fn same(ours: &Value, theirs: &Value, own_values: &[&str]) -> Result<(), String> {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            if !ours.keys().eq(theirs.keys()) {
                return Err("in their keys".to_owned());
            }
            for (key, value) in ours {
                let other = &theirs[key];
                let is_own = own_values.contains(&key.as_str()) && value.is_string() && other.is_string();
                if !is_own {
                    same(value, other, own_values).map_err(|place| format!("{place} at {key}"))?;
                }
            }
            Ok(())
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            ours.iter().zip(theirs).enumerate().try_for_each(|(index, (ours, theirs))| {
                same(ours, theirs, own_values).map_err(|place| format!("{place} at {index}"))
            })
        }
        _ if plain(ours) == plain(theirs) => Ok(()),
        _ => Err(format!("({ours} and {theirs})")),
    }
}

/// A scalar in one spelling.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => {
            if let Some((Some(_), id)) = split_id(text) {
                id.to_string()
            } else if let Ok(time) = DateTime::parse_from_rfc3339(text) {
                time.with_timezone(&Utc).to_string()
            } else if let Ok(amount) = text.parse::<f64>() {
                amount.to_string()
            } else {
                text.clone()
            }
        }
        Value::Number(number) => number.as_f64().unwrap_or_default().to_string(),
        other => other.to_string(),
    }
}
