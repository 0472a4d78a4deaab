//! The way to language models: chats that are answered in pieces, and texts made into vectors.
//!
//! [`ChatModel`] and [`Embedder`] are what the rest of the program knows. Behind them is any service that speaks as
//! OpenAI's does ([`OpenAi`]), or the local ones ([`LocalModel`], [`LocalEmbedder`]), which need no network and always
//! answer the same: for development and tests. Nobody here knows who asks, what it costs, or what may be asked.
//!
//! Texts that are sent, and what comes back, are in no log and in no error; neither is the key of the service.

mod embedder;
mod error;
mod https;
mod local;
mod local_embedder;
mod none;
mod openai;
mod openai_chunk;
mod openai_embedder;
mod prompt;
mod settings;
mod sse;

use std::fmt;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;

pub use embedder::{Embedder, Embeddings};
pub use error::ModelError;
pub use local::LocalModel;
pub use local_embedder::LocalEmbedder;
pub use none::NoModel;
pub use openai::OpenAi;
pub use openai_embedder::OpenAiEmbedder;
pub use prompt::{Prompt, PromptMessage, Role};
pub use settings::{ApiKey, ModelSettings};

/// Answers chats.
pub trait ChatModel: fmt::Debug + Send + Sync + 'static {
    /// Who answers.
    fn provider(&self) -> Provider;

    /// The model that answers when nobody chose one.
    fn default_model(&self) -> &str;

    /// Answers piece by piece. The last item is [`Piece::End`] or an error, and nothing comes after it; a stream that is
    /// dropped is not paid for any longer.
    fn answer(&self, prompt: Prompt) -> BoxStream<'static, Result<Piece, ModelError>>;
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// OpenAI itself.
    OpenAi,
    /// Another service that speaks as OpenAI's does.
    Compatible,
    /// This program.
    Local,
}

impl Provider {
    /// As it stands in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::OpenAi => "OPENAI",
            Self::Compatible => "COMPATIBLE",
            Self::Local => "LOCAL",
        }
    }
}

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Some more text; never empty.
    Text(String),
    /// The model wants a tool to be used; whole.
    ToolCall(ToolCall),
    /// The answer is complete.
    End(End),
}

/// That a model wants a tool to be used.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ToolCall {
    /// What the model calls this use of the tool; the result names it.
    pub id: String,
    /// Which tool.
    pub name: String,
    /// With which arguments: JSON as the model wrote it, which may not be valid.
    pub arguments: String,
}

/// The end of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Why it ended.
    pub reason: EndReason,
    /// What it took; `None` when the service does not say.
    pub tokens: Option<Tokens>,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// All was said.
    Stop,
    /// It became too long.
    Length,
    /// Tools are to be used first.
    ToolCalls,
    /// The service kept something back.
    Filtered,
}

impl EndReason {
    /// As it is kept with the answer.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stop => "STOP",
            Self::Length => "LENGTH",
            Self::ToolCalls => "TOOL_CALLS",
            Self::Filtered => "FILTERED",
        }
    }
}

/// What an answer took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Read.
    pub input: u32,
    /// Written.
    pub output: u32,
}

impl Tokens {
    /// About how many tokens a text has, when nobody says: four bytes each, which is a little much for Spanish and English.
    #[must_use]
    pub fn estimated(text: &str) -> u32 {
        u32::try_from(text.len().div_ceil(4)).unwrap_or(u32::MAX)
    }
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The text.
    pub text: String,
    /// The tools that are to be used.
    pub tool_calls: Vec<ToolCall>,
    /// How it ended.
    pub reason: EndReason,
    /// What it took, estimated when the service does not say.
    pub tokens: Tokens,
}

/// Waits for a whole answer.
///
/// # Errors
/// Why there is none; a part of one counts as none.
pub async fn whole_answer(model: &dyn ChatModel, prompt: Prompt) -> Result<Answer, ModelError> {
    let input = prompt.estimated_tokens();
    let mut pieces = model.answer(prompt);
    let (mut text, mut tool_calls) = (String::new(), Vec::new());
    while let Some(piece) = pieces.next().await {
        match piece? {
            Piece::Text(more) => text.push_str(&more),
            Piece::ToolCall(call) => tool_calls.push(call),
            Piece::End(End { reason, tokens }) => {
                let tokens = tokens.unwrap_or_else(|| Tokens { input, output: Tokens::estimated(&text) });
                return Ok(Answer { text, tool_calls, reason, tokens });
            }
        }
    }
    Err(ModelError::CutOff)
}

/// The models of this installation. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Models {
    /// Answers chats.
    pub chat: Arc<dyn ChatModel>,
    /// Makes texts into vectors.
    pub embedder: Arc<dyn Embedder>,
}

impl Models {
    /// Those that need no network.
    #[must_use]
    pub fn local() -> Self {
        Self { chat: Arc::new(LocalModel::default()), embedder: Arc::new(LocalEmbedder) }
    }

    /// No model for chats; vectors are made here.
    #[must_use]
    pub fn none() -> Self {
        Self { chat: Arc::new(NoModel), embedder: Arc::new(LocalEmbedder) }
    }

    /// Those of a service.
    ///
    /// # Errors
    /// A sentence, when this system cannot call any.
    pub fn of(settings: &ModelSettings) -> Result<Self, String> {
        let embedder: Arc<dyn Embedder> = match &settings.embedding_model {
            Some(_) => Arc::new(OpenAiEmbedder::new(settings)?),
            None => Arc::new(LocalEmbedder),
        };
        Ok(Self { chat: Arc::new(OpenAi::new(settings)?), embedder })
    }
}
