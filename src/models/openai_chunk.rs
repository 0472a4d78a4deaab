//! One event of a streamed answer, as services send it, and what it adds.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{End, EndReason, ModelError, Piece, Tokens, ToolCall};

/// Most tools that one answer may want to be used, and the longest arguments of one.
const MAX_TOOL_CALLS: usize = 64;
const MAX_ARGUMENT_BYTES: usize = 256 * 1024;

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(default)]
    error: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: u32,
    #[serde(default)]
    delta: Delta,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Delta {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<CallDelta>>,
}

#[derive(Deserialize)]
struct CallDelta {
    #[serde(default)]
    index: usize,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    function: Option<FunctionDelta>,
}

#[derive(Deserialize)]
struct FunctionDelta {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    arguments: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
struct Usage {
    prompt_tokens: u32,
    #[serde(default)]
    completion_tokens: u32,
}

/// What has come of an answer that is not handed on yet.
#[derive(Debug, Default)]
pub(super) struct Reading {
    calls: BTreeMap<usize, ToolCall>,
    reason: Option<EndReason>,
    tokens: Option<Tokens>,
}

impl Reading {
    /// What one event adds. The mark `[DONE]` ends the answer.
    pub(super) fn read(&mut self, data: &str) -> Result<Vec<Piece>, ModelError> {
        if data.trim() == "[DONE]" {
            // A service that says nothing else has said all.
            self.reason.get_or_insert(EndReason::Stop);
            return self.finish();
        }
        let chunk: Chunk = serde_json::from_str(data).map_err(|_| ModelError::Malformed)?;
        if chunk.error.is_some() {
            return Err(ModelError::Unavailable);
        }
        if let Some(usage) = chunk.usage {
            self.tokens = Some(Tokens { input: usage.prompt_tokens, output: usage.completion_tokens });
        }
        let mut pieces = Vec::new();
        // Other choices were not asked for.
        for choice in chunk.choices.into_iter().filter(|choice| choice.index == 0) {
            if let Some(text) = choice.delta.content.filter(|text| !text.is_empty()) {
                pieces.push(Piece::Text(text));
            }
            for call in choice.delta.tool_calls.unwrap_or_default() {
                self.add_to_call(call)?;
            }
            if let Some(reason) = choice.finish_reason {
                self.reason = Some(match reason.as_str() {
                    "length" => EndReason::Length,
                    "tool_calls" | "function_call" => EndReason::ToolCalls,
                    "content_filter" => EndReason::Filtered,
                    _ => EndReason::Stop,
                });
            }
        }
        Ok(pieces)
    }

    /// What is left when nothing more comes: the tools and the end, or that the end is missing.
    pub(super) fn finish(&mut self) -> Result<Vec<Piece>, ModelError> {
        let reason = self.reason.take().ok_or(ModelError::CutOff)?;
        let calls = std::mem::take(&mut self.calls).into_values();
        let mut pieces = Vec::new();
        for (place, mut call) in calls.enumerate() {
            if call.name.is_empty() {
                return Err(ModelError::Malformed);
            }
            if call.id.is_empty() {
                call.id = format!("call_{place}");
            }
            pieces.push(Piece::ToolCall(call));
        }
        pieces.push(Piece::End(End { reason, tokens: self.tokens.take() }));
        Ok(pieces)
    }

    fn add_to_call(&mut self, delta: CallDelta) -> Result<(), ModelError> {
        let is_new = !self.calls.contains_key(&delta.index);
        if is_new && self.calls.len() >= MAX_TOOL_CALLS {
            return Err(ModelError::Malformed);
        }
        let call = self.calls.entry(delta.index).or_insert_with(|| ToolCall {
            id: String::new(),
            name: String::new(),
            arguments: String::new(),
        });
        if let Some(id) = delta.id.filter(|id| !id.is_empty()) {
            call.id = id;
        }
        if let Some(function) = delta.function {
            call.name.push_str(&function.name.unwrap_or_default());
            call.arguments.push_str(&function.arguments.unwrap_or_default());
        }
        if call.arguments.len() > MAX_ARGUMENT_BYTES || call.name.len() > 256 || call.id.len() > 256 {
            return Err(ModelError::Malformed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(events: &[&str]) -> Result<Vec<Piece>, ModelError> {
        let mut reading = Reading::default();
        let mut pieces = Vec::new();
        for event in events {
            pieces.extend(reading.read(event)?);
        }
        if !matches!(pieces.last(), Some(Piece::End(_))) {
            pieces.extend(reading.finish()?);
        }
        Ok(pieces)
    }

    #[test]
    fn a_text_comes_in_pieces_and_ends_with_what_it_took() {
        let pieces = read(&[
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"Ho"}}],"usage":null}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"la"}},{"index":1,"delta":{"content":"no"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
            r#"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}"#,
            "[DONE]",
        ]);
        let end = End { reason: EndReason::Stop, tokens: Some(Tokens { input: 7, output: 2 }) };
        assert_eq!(pieces.unwrap(), [Piece::Text("Ho".into()), Piece::Text("la".into()), Piece::End(end)]);
    }

    #[test]
    fn tools_are_put_together_from_their_parts() {
        let pieces = read(&[
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"stock","arguments":""}}]}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"index":1,"id":"c2","function":{"name":"price","arguments":"{}"}}]}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"make\":"}}]}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"Seat\"}"}}]}}]}"#,
            r#"{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}"#,
        ]);
        let call = |id: &str, name: &str, arguments: &str| {
            Piece::ToolCall(ToolCall { id: id.into(), name: name.into(), arguments: arguments.into() })
        };
        assert_eq!(
            pieces.unwrap(),
            [
                call("c1", "stock", r#"{"make":"Seat"}"#),
                call("c2", "price", "{}"),
                Piece::End(End { reason: EndReason::ToolCalls, tokens: None })
            ]
        );
    }

    #[test]
    fn an_answer_without_an_end_is_cut_off() {
        assert_eq!(read(&[r#"{"choices":[{"delta":{"content":"Ho"}}]}"#]), Err(ModelError::CutOff));
    }

    #[test]
    fn failures_within_the_stream_are_failures() {
        assert_eq!(read(&[r#"{"error":{"message":"overloaded"}}"#]), Err(ModelError::Unavailable));
        assert_eq!(read(&["{\"choices\":[{"]), Err(ModelError::Malformed));
        assert_eq!(read(&["<html>"]), Err(ModelError::Malformed));
    }
}
