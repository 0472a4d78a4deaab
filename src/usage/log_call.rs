//! The one way in which calls of language models are logged. What follows from a row (costs, sums, counters, alerts) the
//! database does, in the same transaction.

use std::time::Duration;

use entity::sql::{Bind, NullOf, Sql};
use uuid::Uuid;

use crate::models::Tokens;

/// One call of a language model that was answered, or broke off after something was said.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// The id of the row, a UUIDv7 of now.
    pub id: Uuid,
    /// Where.
    pub tenant: Uuid,
    /// For whom; the transaction acts for this user.
    pub user: Uuid,
    /// With which agent.
    pub agent: Option<Uuid>,
    /// In which chat of that user.
    pub thread: Option<Uuid>,
    /// Which model.
    pub model: &'a str,
    /// What it took.
    pub tokens: Tokens,
    /// How long it took.
    pub duration: Option<Duration>,
    /// Whether it came to its end.
    pub is_success: bool,
}

impl Call<'_> {
    /// The statement that logs it. Messages of the same transaction come first, so that everybody locks counters in one
    /// order.
    #[must_use]
    pub fn log(&self) -> Sql {
        let count = |tokens: u32| Bind::Int(i32::try_from(tokens).unwrap_or(i32::MAX));
        let maybe = |id: Option<Uuid>| id.map_or(Bind::Null(NullOf::Uuid), Bind::Uuid);
        let milliseconds = self.duration.map(|duration| i32::try_from(duration.as_millis()).unwrap_or(i32::MAX));
        let mut sql = Sql::new();
        sql.push(
            "insert into usage_logs (id, tenant_id, user_id, agent_id, thread_id, model, tokens_input, tokens_output, ",
        );
        sql.push("duration, success) values (").bind(Bind::Uuid(self.id));
        let values = [
            Bind::Uuid(self.tenant),
            Bind::Uuid(self.user),
            maybe(self.agent),
            maybe(self.thread),
            Bind::Text(self.model.to_owned()),
            count(self.tokens.input),
            count(self.tokens.output),
            milliseconds.map_or(Bind::Null(NullOf::Int), Bind::Int),
            Bind::Bool(self.is_success),
        ];
        for value in values {
            sql.push(", ").bind(value);
        }
        sql.push(") returning id");
        sql
    }
}
