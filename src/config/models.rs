//! Settings of language models.

use std::time::Duration;

use clap::Args;
use url::Url;

use super::value::{number, web_address};
use super::{Config, ConfigError};
use crate::models::{ApiKey, ModelSettings};

/// Which language models answer, and where they are.
#[derive(Args, Clone, Debug)]
pub struct ModelsSettings {
    /// Where the API of a service of language models begins that speaks as OpenAI's does, as
    /// `https://api.openai.com/v1`. Without it, a local one that only repeats what it is asked answers in development,
    /// and none in production.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = web_address)]
    pub model_url: Option<Url>,

    /// Key of that service; without it, none is sent.
    #[arg(long, env, global = true, hide_env_values = true)]
    pub model_api_key: Option<ApiKey>,

    /// Name of the model that answers chats when nobody chose one. Required with MODEL_URL.
    #[arg(long, env, global = true, hide_env_values = true)]
    pub model_name: Option<String>,

    /// Name of the model of that service that makes texts into vectors. Without it, they are made here, by words and not
    /// by meaning.
    #[arg(long, env, global = true, hide_env_values = true)]
    pub embedding_model: Option<String>,

    /// How many numbers the vectors of EMBEDDING_MODEL have.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<8, 4_096>, default_value = "1536")]
    pub embedding_dimensions: u64,

    /// How long to wait for the beginning of an answer of that service, and for each further piece, in milliseconds.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<100, 600_000>,
        default_value = "60000")]
    pub model_timeout_ms: u64,
}

impl ModelsSettings {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let wrong = |variable, problem: &str| Err(ConfigError { variable, problem: problem.to_owned() });
        match &self.model_url {
            Some(_) if self.model_name.is_none() => wrong("MODEL_NAME", "is required with MODEL_URL"),
            None if self.model_api_key.is_some() => wrong("MODEL_API_KEY", "makes no sense without MODEL_URL"),
            None if self.embedding_model.is_some() => wrong("EMBEDDING_MODEL", "makes no sense without MODEL_URL"),
            _ => Ok(()),
        }
    }
}

impl Config {
    /// The service of language models; `None` when none is named.
    pub fn model_service(&self) -> Option<ModelSettings> {
        let settings = &self.models;
        Some(ModelSettings {
            url: settings.model_url.clone()?,
            key: settings.model_api_key.clone(),
            chat_model: settings.model_name.clone()?,
            embedding_model: settings.embedding_model.clone(),
            embedding_dimensions: usize::try_from(settings.embedding_dimensions).unwrap_or(usize::MAX),
            timeout: Duration::from_millis(settings.model_timeout_ms),
        })
    }
}
