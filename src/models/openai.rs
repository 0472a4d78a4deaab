//! Chats with services that speak as OpenAI's does: `POST /chat/completions` with `stream`.

use std::collections::VecDeque;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use hyper::body::Incoming;
use serde_json::{Value, json};
use url::Url;

use super::https::Https;
use super::openai_chunk::Reading;
use super::sse::Events;
use super::{ChatModel, ModelError, ModelSettings, Piece, Prompt, PromptMessage, Provider};

/// A service for chats.
#[derive(Clone, Debug)]
pub struct OpenAi {
    https: Https,
    url: Url,
    model: String,
    provider: Provider,
}

impl OpenAi {
    /// Over its address and key.
    ///
    /// # Errors
    /// A sentence, when this system cannot call any.
    pub fn new(settings: &ModelSettings) -> Result<Self, String> {
        let is_openai = settings.url.host_str() == Some("api.openai.com");
        Ok(Self {
            https: Https::new(settings.key.as_ref(), settings.timeout)?,
            url: settings.operation("chat/completions")?,
            model: settings.chat_model.clone(),
            provider: if is_openai { Provider::OpenAi } else { Provider::Compatible },
        })
    }

    fn body(&self, prompt: &Prompt) -> Bytes {
        let model = if prompt.model.is_empty() { &self.model } else { &prompt.model };
        let mut body = json!({
            "model": model,
            "messages": prompt.messages.iter().map(message).collect::<Vec<_>>(),
            "stream": true,
            "stream_options": { "include_usage": true },
        });
        if let Some(temperature) = prompt.temperature {
            body["temperature"] = json!(temperature);
        }
        if let Some(most) = prompt.max_tokens {
            // OpenAI's newer models know only the new name, others only the old one.
            let name = if self.provider == Provider::OpenAi { "max_completion_tokens" } else { "max_tokens" };
            body[name] = json!(most);
        }
        if !prompt.tools.is_empty() {
            body["tools"] = Value::Array(prompt.tools.clone());
        }
        body.to_string().into()
    }
}

fn message(message: &PromptMessage) -> Value {
    let mut value = json!({ "role": message.role.word(), "content": message.content });
    if !message.tool_calls.is_empty() {
        let calls = message.tool_calls.iter().map(|call| {
            json!({
                "id": call.id,
                "type": "function",
                "function": { "name": call.name, "arguments": call.arguments },
            })
        });
        value["tool_calls"] = calls.collect();
    }
    if let Some(id) = &message.tool_call_id {
        value["tool_call_id"] = json!(id);
    }
    value
}

impl ChatModel for OpenAi {
    fn provider(&self) -> Provider {
        self.provider
    }

    fn default_model(&self) -> &str {
        &self.model
    }

    fn answer(&self, prompt: Prompt) -> BoxStream<'static, Result<Piece, ModelError>> {
        let asked = Stage::Asked { model: self.clone(), body: self.body(&prompt) };
        stream::unfold((asked, VecDeque::new()), |(stage, mut ready)| async move {
            let mut stage = stage;
            loop {
                if let Some(piece) = ready.pop_front() {
                    // Whatever a service sends behind the end is not for us.
                    let stage = if matches!(piece, Piece::End(_)) { Stage::Over } else { stage };
                    return Some((Ok(piece), (stage, ready)));
                }
                stage = match stage {
                    Stage::Over => return None,
                    Stage::Failed(error) => return Some((Err(error), (Stage::Over, ready))),
                    // What came before a failure is handed on first.
                    going => going.step(&mut ready).await.unwrap_or_else(Stage::Failed),
                };
            }
        })
        .boxed()
    }
}

/// How far an answer has come.
enum Stage {
    Asked { model: OpenAi, body: Bytes },
    Reading { https: Https, body: Incoming, events: Events, reading: Reading },
    Failed(ModelError),
    Over,
}

impl Stage {
    /// Goes on by one step, which may give some pieces.
    async fn step(self, ready: &mut VecDeque<Piece>) -> Result<Self, ModelError> {
        match self {
            Self::Asked { model, body } => {
                let response = model.https.post(&model.url, "text/event-stream", body).await?;
                let (https, body) = (model.https, response.into_body());
                Ok(Self::Reading { https, body, events: Events::default(), reading: Reading::default() })
            }
            Self::Reading { https, mut body, mut events, mut reading } => {
                let Some(bytes) = https.next(&mut body).await? else {
                    if let Some(data) = events.finish()? {
                        ready.extend(reading.read(&data)?);
                    }
                    if !matches!(ready.back(), Some(Piece::End(_))) {
                        ready.extend(reading.finish()?);
                    }
                    return Ok(Self::Over);
                };
                for data in events.feed(&bytes)? {
                    ready.extend(reading.read(&data)?);
                }
                Ok(Self::Reading { https, body, events, reading })
            }
            over => Ok(over),
        }
    }
}
