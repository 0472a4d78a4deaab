//! A model that is no model: it repeats what it was asked, always in the same words. Development and tests need nothing
//! else to see answers stream, tools used and tokens counted.
//!
//! A message of the form `/tool stock {"make": "Seat"}` makes it want the tool `stock` to be used, when there are tools.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::{ChatModel, End, EndReason, ModelError, Piece, Prompt, Provider, Role, Tokens, ToolCall};

/// How many words of the question it repeats.
const REPEATED_WORDS: usize = 40;

/// Repeats what it was asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalModel {
    /// How long it takes for one word; nothing by default.
    pub pace: Duration,
}

impl ChatModel for LocalModel {
    fn provider(&self) -> Provider {
        Provider::Local
    }

    fn default_model(&self) -> &str {
        "local"
    }

    fn answer(&self, prompt: Prompt) -> BoxStream<'static, Result<Piece, ModelError>> {
        let pace = self.pace;
        stream::iter(pieces(&prompt))
            .then(move |piece| async move {
                if !pace.is_zero() {
                    tokio::time::sleep(pace).await;
                }
                Ok(piece)
            })
            .boxed()
    }
}

/// Words, as it counts tokens.
fn count(text: &str) -> u32 {
    u32::try_from(text.split_whitespace().count()).unwrap_or(u32::MAX)
}

fn pieces(prompt: &Prompt) -> Vec<Piece> {
    let input = prompt.messages.iter().map(|message| count(&message.content)).fold(0, u32::saturating_add);
    let last = prompt.messages.last();
    let end = |reason, output| Piece::End(End { reason, tokens: Some(Tokens { input, output }) });
    if let Some(call) = last.filter(|_| !prompt.tools.is_empty()).and_then(|message| tool_call(&message.content)) {
        let output = count(&call.arguments);
        return vec![Piece::ToolCall(call), end(EndReason::ToolCalls, output)];
    }
    let text = match last {
        Some(message) if message.role == Role::Tool => format!("The tool says: {}", first_words(&message.content)),
        Some(message) => format!("You said: {}", first_words(&message.content)),
        None => "You said nothing.".to_owned(),
    };
    let mut words: Vec<String> = text.split_inclusive(' ').map(ToOwned::to_owned).collect();
    let most = prompt.max_tokens.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
    let reason = if words.len() > most { EndReason::Length } else { EndReason::Stop };
    words.truncate(most);
    let output = u32::try_from(words.len()).unwrap_or(u32::MAX);
    words.into_iter().map(Piece::Text).chain([end(reason, output)]).collect()
}

fn first_words(text: &str) -> String {
    let mut words = text.split_whitespace();
    let mut first = words.by_ref().take(REPEATED_WORDS).collect::<Vec<_>>().join(" ");
    if words.next().is_some() {
        first.push_str(" …");
    }
    first
}

fn tool_call(text: &str) -> Option<ToolCall> {
    let (name, arguments) = text.strip_prefix("/tool ")?.split_once(' ')?;
    Some(ToolCall { id: "call_0".to_owned(), name: name.to_owned(), arguments: arguments.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{PromptMessage, whole_answer};

    #[tokio::test]
    async fn it_repeats_what_it_was_asked() {
        let answer = whole_answer(&LocalModel::default(), Prompt::question("Be kind.", "Hola,  ¿qué tal?")).await;
        let answer = answer.unwrap();
        assert_eq!(answer.text, "You said: Hola, ¿qué tal?");
        assert_eq!(answer.tokens, Tokens { input: 5, output: 5 });
        assert_eq!(answer.reason, EndReason::Stop);
    }

    #[tokio::test]
    async fn it_uses_tools_and_stops_in_time() {
        let message = PromptMessage::new(Role::User, "/tool stock {\"make\": \"Seat\"}");
        let mut prompt = Prompt { messages: vec![message], max_tokens: Some(2), ..Prompt::default() };
        assert_eq!(whole_answer(&LocalModel::default(), prompt.clone()).await.unwrap().text, "You said: ");
        prompt.tools.push(serde_json::json!({ "type": "function", "function": { "name": "stock" } }));
        let answer = whole_answer(&LocalModel::default(), prompt).await.unwrap();
        assert_eq!(answer.tool_calls[0].name, "stock");
        assert_eq!(answer.tool_calls[0].arguments, "{\"make\": \"Seat\"}");
    }
}
