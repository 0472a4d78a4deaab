//! What calls of language models took.

use chrono::{DateTime, Utc};
use entity::{Ref, entity};
use rust_decimal::Decimal;

use crate::assistants::{AiAgent, ChatThread};
use crate::identity::User;

/// One call of a language model. You see your own; those who administer users see all. Kept for a year.
#[entity(table = usage_logs, process = USAGE, append_only, no_create)]
pub struct UsageLog {
    /// Tokens that the model read.
    pub tokens_input: i32,
    /// Tokens that it wrote.
    pub tokens_output: i32,
    /// Both together.
    pub total_tokens: i32,
    /// Name of the model.
    pub model: String,
    /// What reading cost, in US dollars, by the price of the model at that time.
    pub cost_input: Decimal,
    /// What writing cost, in US dollars, by the price of the model at that time.
    pub cost_output: Decimal,
    /// Both together.
    pub total_cost: Decimal,
    /// How long it took until the end of the answer, in milliseconds; null when that is not known.
    pub duration: Option<i32>,
    /// Whether the answer came to its end.
    pub success: bool,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// For whom.
    #[belongs_to(inverse = "usageLogs", doc = "Calls of language models for the user, as far as you see them.")]
    pub user: Ref<User>,
    /// The agent that was used; null for none, or for one that you do not see.
    #[belongs_to(inverse = "usageLogs", doc = "Calls of its language model, as far as you see them.")]
    pub agent: Option<Ref<AiAgent>>,
    /// The chat that it was for; null for none, for one that was deleted, and for chats of others.
    #[belongs_to(inverse = "usageLogs", doc = "Calls of the language model in this talk.")]
    pub thread: Option<Ref<ChatThread>>,
}
