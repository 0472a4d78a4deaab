//! Vectors from services that speak as OpenAI's does: `POST /embeddings`.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::embedder::normalise;
use super::https::Https;
use super::{Embedder, Embeddings, ModelError, ModelSettings, Tokens};

/// Texts of one call.
const TEXTS_AT_ONCE: usize = 64;

/// Largest answer: 64 vectors of 3072 numbers in text.
const MAX_BODY_BYTES: usize = 16 << 20;

/// A service for vectors.
#[derive(Clone, Debug)]
pub struct OpenAiEmbedder {
    https: Https,
    url: Url,
    model: String,
    dimensions: usize,
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Item {
    index: usize,
    embedding: Vec<f32>,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: u32,
}

impl OpenAiEmbedder {
    /// Over the address and key of a service.
    ///
    /// # Errors
    /// A sentence, when this system cannot call any.
    pub fn new(settings: &ModelSettings) -> Result<Self, String> {
        Ok(Self {
            https: Https::new(settings.key.as_ref(), settings.timeout)?,
            url: settings.operation("embeddings")?,
            model: settings.embedding_model.clone().unwrap_or_default(),
            dimensions: settings.embedding_dimensions,
        })
    }

    async fn some(&self, texts: &[String]) -> Result<Embeddings, ModelError> {
        // An empty text is refused by most services.
        let input: Vec<&str> = texts.iter().map(|text| if text.trim().is_empty() { "-" } else { text }).collect();
        let body = json!({ "model": self.model, "input": input, "encoding_format": "float" });
        let response = self.https.post(&self.url, "application/json", body.to_string().into()).await?;
        let body = self.https.whole(response.into_body(), MAX_BODY_BYTES).await?;
        let answer: Answer = serde_json::from_slice(&body).map_err(|_| ModelError::Malformed)?;
        let mut vectors = vec![Vec::new(); texts.len()];
        for Item { index, mut embedding } in answer.data {
            let is_right = embedding.len() == self.dimensions && embedding.iter().all(|value| value.is_finite());
            let place = vectors.get_mut(index).filter(|place| is_right && place.is_empty());
            normalise(&mut embedding);
            *place.ok_or(ModelError::Malformed)? = embedding;
        }
        if vectors.iter().any(Vec::is_empty) {
            return Err(ModelError::Malformed);
        }
        let estimated = || texts.iter().map(|text| Tokens::estimated(text)).fold(0, u32::saturating_add);
        Ok(Embeddings { vectors, tokens: answer.usage.map_or_else(estimated, |usage| usage.prompt_tokens) })
    }
}

impl Embedder for OpenAiEmbedder {
    fn name(&self) -> &str {
        &self.model
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Embeddings, ModelError>> {
        async move {
            let mut all = Embeddings { vectors: Vec::with_capacity(texts.len()), tokens: 0 };
            for some in texts.chunks(TEXTS_AT_ONCE) {
                let more = self.some(some).await?;
                all.vectors.extend(more.vectors);
                all.tokens = all.tokens.saturating_add(more.tokens);
            }
            Ok(all)
        }
        .boxed()
    }
}
