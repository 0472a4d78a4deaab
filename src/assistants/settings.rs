//! How an answer in a talk is to be written: what the agent says, and what its user has chosen over it.

use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use serde_json::Value;
use uuid::Uuid;

use super::inputs::broken;

/// What an answer may take when nobody says, for the limit of the month.
const USUAL_TOKENS: i32 = 1_000;

/// How an answer is to be written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ask {
    /// The agent; `None` for a model alone.
    pub(super) agent: Option<Uuid>,
    /// Which model; `None` for that of the installation.
    pub(super) model: Option<String>,
    /// What the model is told before the talk.
    pub(super) instructions: Option<String>,
    pub(super) temperature: Option<f64>,
    pub(super) max_tokens: Option<i32>,
    /// As the service of the model takes them.
    pub(super) tools: Vec<Value>,
}

impl Ask {
    /// How many tokens count as used until the answer is there.
    pub(super) fn reserved_tokens(&self) -> i32 {
        self.max_tokens.unwrap_or(USUAL_TOKENS)
    }
}

/// How an answer in this talk is to be written; `None` when there is no such talk for whoever acts. A locked talk gets no
/// other message until the end of the transaction.
pub(super) async fn settings_of(
    statements: &dyn Statements,
    tenant: Uuid,
    thread: Uuid,
    is_locked: bool,
) -> Result<Option<Ask>, DbError> {
    let mut sql = Sql::new();
    sql.push(
        "select a.id, a.model, a.system_prompt, coalesce(a.config, '{}'), s.default_model, s.temperature, s.max_tokens",
    );
    sql.push(" from chat_threads t left join ai_agents a on a.tenant_id = t.tenant_id and a.id = t.agent_id");
    sql.push(" left join user_settings s on s.tenant_id = t.tenant_id and s.user_id = t.user_id");
    sql.push(" where t.tenant_id = ").bind(Bind::Uuid(tenant)).push(" and t.id = ").bind(Bind::Uuid(thread));
    if is_locked {
        // The lock that the triggers of messages take.
        sql.push(" for no key update of t");
    }
    let rows = statements.rows(sql, false).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let config: Value = rows.decode::<tables::ai_agents::config, _>(0, 3).map_err(broken)?;
    let own: Option<rust_decimal::Decimal> =
        rows.decode::<tables::user_settings::temperature, _>(0, 5).map_err(broken)?;
    let own_temperature = own.and_then(|value| value.to_string().parse().ok());
    let own_max: Option<i32> = rows.decode::<tables::user_settings::max_tokens, _>(0, 6).map_err(broken)?;
    let configured_max = config.get("max_tokens").and_then(Value::as_f64).map(|most| most as i32);
    Ok(Some(Ask {
        agent: rows.uuid(0, 0),
        model: rows.text(0, 1).or_else(|| rows.text(0, 4)),
        instructions: rows.text(0, 2),
        temperature: own_temperature.or_else(|| config.get("temperature").and_then(Value::as_f64)),
        max_tokens: own_max.or(configured_max),
        tools: config.get("tools").and_then(Value::as_array).cloned().unwrap_or_default(),
    }))
}
