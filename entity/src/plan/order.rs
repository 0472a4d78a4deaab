//! Ordering and the keyset cursors that follow from it.
//!
//! A cursor carries every sort key and ends in the primary key, knows where nulls stand, and does not depend on the
//! selection. It begins with a short fingerprint of the ordering, so that a cursor of another ordering is refused
//! instead of giving wrong pages.

use async_graphql::Value;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::PlanError;
use super::cond::Cond;
use crate::kind::Kind;
use crate::model::{EntityModel, ScalarMember};
use crate::rows::Rows;
use crate::sql::{Bind, Sql};

/// One sort key.
#[derive(Debug, Clone)]
pub struct OrderKey {
    /// SQL over `{t}`.
    pub sql: String,
    /// GraphQL name of the field.
    pub name: &'static str,
    /// Column type.
    pub kind: Kind,
    /// Whether nulls occur.
    pub nullable: bool,
    /// Largest first.
    pub descending: bool,
    /// Nulls before all values.
    pub nulls_first: bool,
}

/// A complete ordering: the wanted keys, then the primary key.
#[derive(Debug, Clone)]
pub struct Ordering {
    /// The keys; the last one is the primary key.
    pub keys: Vec<OrderKey>,
}

impl Ordering {
    /// Reads `orderBy` and completes it with the primary key. Without any, the entity's own order holds, which is that
    /// of creation where nothing else is declared.
    ///
    /// # Errors
    /// A field that cannot be ordered by.
    pub fn read(entity: &'static EntityModel, value: Option<&Value>) -> Result<Self, PlanError> {
        let mut keys: Vec<OrderKey> = Vec::new();
        let list = match value {
            None | Some(Value::Null) => &[][..],
            Some(Value::List(items)) => items.as_slice(),
            Some(one) => std::slice::from_ref(one),
        };
        for item in list {
            let Value::Object(entries) = item else {
                return Err(PlanError::input("An object is needed here.").under("orderBy"));
            };
            let name = |key: &str| match entries.get(key) {
                Some(Value::Enum(name)) => Some(name.as_str()),
                Some(Value::String(name)) => Some(name.as_str()),
                _ => None,
            };
            let wanted = name("field").unwrap_or_default();
            let member = entity
                .scalars()
                .find(|member| member.order && enum_name(member.name) == wanted)
                .ok_or_else(|| PlanError::input(format!("A {} cannot be ordered by {wanted}.", entity.decl.name)))?;
            let descending = name("direction") == Some("DESC");
            if keys.iter().any(|key| key.name == member.name) {
                return Err(PlanError::input(format!("{wanted} stands twice in orderBy.")));
            }
            keys.push(key(member, descending, name("nulls") == Some("FIRST")));
        }
        if keys.is_empty() {
            let usual = entity.decl.order_by.iter();
            keys.extend(usual.filter_map(|(name, descending)| Some(key(entity.scalar(name)?, *descending, false))));
        }
        if !keys.iter().any(|key| key.name == "id") {
            let descending = keys.last().is_some_and(|key| key.descending);
            keys.extend(entity.scalar("id").map(|member| key(member, descending, false)));
        }
        Ok(Self { keys })
    }

    /// Appends `order by` keys over an alias, reversed when paging backward.
    pub fn render(&self, alias: &str, backward: bool, sql: &mut Sql) {
        for (index, key) in self.keys.iter().enumerate() {
            if index > 0 {
                sql.push(", ");
            }
            sql.push_with(&key.sql, alias);
            sql.push(if key.descending != backward { " desc" } else { "" });
            if key.nullable {
                sql.push(if key.nulls_first != backward { " nulls first" } else { " nulls last" });
            }
        }
    }

    fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for key in &self.keys {
            hash.update(key.name.as_bytes());
            hash.update([u8::from(key.descending), u8::from(key.nulls_first), 0]);
        }
        URL_SAFE_NO_PAD.encode(&hash.finalize()[..3])
    }

    /// Appends the cursor of a row as a JSON string; `columns` are the positions of the sort keys in the row.
    pub fn write_cursor(&self, rows: &Rows, row: usize, columns: &[usize], out: &mut String) {
        let mut plain = String::with_capacity(96);
        plain.push_str("[\"");
        plain.push_str(&self.fingerprint());
        plain.push('"');
        for (key, column) in self.keys.iter().zip(columns) {
            plain.push(',');
            match rows.cell(row, *column) {
                Some(bytes) => key.kind.write(bytes, &mut plain),
                None => plain.push_str("null"),
            }
        }
        plain.push(']');
        out.push('"');
        URL_SAFE_NO_PAD.encode_string(plain, out);
        out.push('"');
    }

    /// Reads a cursor that this ordering made.
    ///
    /// # Errors
    /// INVALID_CURSOR for anything else.
    pub fn read_cursor(&self, cursor: &str) -> Result<Vec<Option<Bind>>, PlanError> {
        let invalid =
            || PlanError::cursor("This cursor is not one of this list; cursors belong to one ordering of one list.");
        let plain = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| invalid())?;
        let parts: Vec<serde_json::Value> = serde_json::from_slice(&plain).map_err(|_| invalid())?;
        let Some((fingerprint, values)) = parts.split_first() else { return Err(invalid()) };
        if fingerprint.as_str() != Some(&self.fingerprint()) || values.len() != self.keys.len() {
            return Err(invalid());
        }
        let mut binds = Vec::with_capacity(values.len());
        for (key, value) in self.keys.iter().zip(values) {
            binds.push(match value {
                serde_json::Value::Null if key.nullable => None,
                other => {
                    let value = Value::from_json(other.clone()).map_err(|_| invalid())?;
                    Some(key.kind.read(&value).map_err(|_| invalid())?)
                }
            });
        }
        Ok(binds)
    }

    /// The condition that a row stands after (or, backward, before) a cursor.
    #[must_use]
    pub fn beyond(&self, values: &[Option<Bind>], backward: bool) -> Cond {
        if let Some(cond) = self.row_comparison(values, backward) {
            return cond;
        }
        let mut choices = Vec::new();
        let mut equal: Vec<Cond> = Vec::new();
        for (key, value) in self.keys.iter().zip(values) {
            let (greater, nulls_follow) = (key.descending == backward, key.nulls_first == backward);
            let further = match value {
                Some(value) => {
                    let compared = Cond::Compare(key.sql.clone(), if greater { ">" } else { "<" }, value.clone());
                    if key.nullable && nulls_follow {
                        Some(Cond::Or(vec![compared, Cond::Null(key.sql.clone(), true)]))
                    } else {
                        Some(compared)
                    }
                }
                None if nulls_follow => None,
                None => Some(Cond::Null(key.sql.clone(), false)),
            };
            if let Some(further) = further {
                let mut all = equal.clone();
                all.push(further);
                choices.push(Cond::And(all));
            }
            equal.push(match value {
                Some(value) => Cond::Compare(key.sql.clone(), "=", value.clone()),
                None => Cond::Null(key.sql.clone(), true),
            });
        }
        Cond::Or(choices)
    }

    /// `(a, b, id) > (…)`, which an index can answer, when no key has nulls and all run the same way.
    fn row_comparison(&self, values: &[Option<Bind>], backward: bool) -> Option<Cond> {
        let first = self.keys.first()?;
        if self.keys.iter().any(|key| key.nullable || key.descending != first.descending) {
            return None;
        }
        let left: Vec<&str> = self.keys.iter().map(|key| key.sql.as_str()).collect();
        let right = vec!["{v}"; left.len()];
        let op = if first.descending == backward { ">" } else { "<" };
        let text = format!("({}) {op} ({})", left.join(", "), right.join(", "));
        Some(Cond::Raw(text, values.iter().flatten().cloned().collect()))
    }
}

fn key(member: &ScalarMember, descending: bool, nulls_first: bool) -> OrderKey {
    // As people sort: neither case nor accents matter, and an index over the stored column answers it. The database's
    // own collation may be C, which puts Ágata behind Zoe.
    let sql = match (member.folded, member.column) {
        (true, Some(column)) => format!("{{t}}.{column}_folded"),
        _ => member.sql.clone(),
    };
    OrderKey { sql, name: member.name, kind: member.ty.kind, nullable: member.ty.nullable, descending, nulls_first }
}

/// `lastMessageAt` as an enum value, `LAST_MESSAGE_AT`.
#[must_use]
pub fn enum_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut last_lower = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && last_lower {
            out.push('_');
        }
        last_lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        out.push(letter.to_ascii_uppercase());
    }
    out
}
