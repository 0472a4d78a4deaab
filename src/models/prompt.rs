//! What a model is asked.

use super::{Tokens, ToolCall};

/// What a model is asked: everything that was said, the oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prompt {
    /// Which model; empty for [`ChatModel::default_model`](super::ChatModel::default_model).
    pub model: String,
    /// What was said.
    pub messages: Vec<PromptMessage>,
    /// How freely it writes, from 0 to 2; `None` as the model does by itself.
    pub temperature: Option<f64>,
    /// Longest answer.
    pub max_tokens: Option<u32>,
    /// The tools that it may want to be used, as the service takes them.
    pub tools: Vec<serde_json::Value>,
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq)]
pub struct PromptMessage {
    /// By whom.
    pub role: Role,
    /// The text; may be empty when tools are to be used.
    pub content: String,
    /// Of the model: which tools it wanted to be used.
    pub tool_calls: Vec<ToolCall>,
    /// Of a tool: which use of it this is the result of.
    pub tool_call_id: Option<String>,
}

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Whoever made the assistant.
    System,
    /// Who asks.
    User,
    /// The model.
    Assistant,
    /// A tool.
    Tool,
}

impl Role {
    /// As services call it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }

    /// From its word in the database.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "SYSTEM" => Some(Self::System),
            "USER" => Some(Self::User),
            "ASSISTANT" => Some(Self::Assistant),
            "TOOL" => Some(Self::Tool),
            _ => None,
        }
    }
}

impl PromptMessage {
    /// A text.
    #[must_use]
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into(), tool_calls: Vec::new(), tool_call_id: None }
    }
}

impl Prompt {
    /// One question with instructions, to the model of this installation.
    #[must_use]
    pub fn question(instructions: impl Into<String>, question: impl Into<String>) -> Self {
        Self {
            messages: vec![PromptMessage::new(Role::System, instructions), PromptMessage::new(Role::User, question)],
            ..Self::default()
        }
    }

    /// About how many tokens it has.
    #[must_use]
    pub fn estimated_tokens(&self) -> u32 {
        let of = |message: &PromptMessage| {
            let calls = message.tool_calls.iter().map(|call| Tokens::estimated(&call.arguments));
            Tokens::estimated(&message.content).saturating_add(calls.sum())
        };
        self.messages.iter().map(of).fold(0, u32::saturating_add)
    }
}
