//! From what was said in a talk to what the model is asked.

use std::collections::HashSet;

use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use serde_json::Value;
use uuid::Uuid;

use super::inputs::broken;
use crate::models::{PromptMessage, Role, Tokens, ToolCall};

/// Most messages that the model is told again.
const MOST_MESSAGES: i32 = 60;

/// About how many tokens they have at most; the last message is told whatever its length.
const MOST_TOKENS: u32 = 24_000;

/// The messages of a talk up to one of them, the oldest first, with the instructions in front.
pub(super) async fn messages_of(
    statements: &dyn Statements,
    tenant: Uuid,
    thread: Uuid,
    last: Uuid,
    instructions: Option<String>,
) -> Result<Vec<PromptMessage>, DbError> {
    let mut sql = Sql::new();
    sql.push("select role, content, metadata from chat_messages where tenant_id = ").bind(Bind::Uuid(tenant));
    sql.push(" and thread_id = ").bind(Bind::Uuid(thread)).push(" and id <= ").bind(Bind::Uuid(last));
    sql.push(" order by id desc limit ").bind(Bind::Int(MOST_MESSAGES));
    let rows = statements.rows(sql, false).await?;
    let mut messages = Vec::with_capacity(rows.len() + 1);
    for row in 0..rows.len() {
        let role = rows.text(row, 0).and_then(|word| Role::of(&word)).unwrap_or(Role::User);
        let metadata: Option<Value> = rows.decode::<tables::chat_messages::metadata, _>(row, 2).map_err(broken)?;
        let metadata = metadata.unwrap_or_default();
        let calls = metadata.get("toolCalls").cloned().unwrap_or_default();
        messages.push(PromptMessage {
            role,
            content: rows.text(row, 1).unwrap_or_default(),
            tool_calls: serde_json::from_value(calls).unwrap_or_default(),
            tool_call_id: metadata.get("toolCallId").and_then(Value::as_str).map(ToOwned::to_owned),
        });
    }
    Ok(in_order(messages, instructions))
}

/// From the newest first, without limits, to what the model can take.
fn in_order(newest_first: Vec<PromptMessage>, instructions: Option<String>) -> Vec<PromptMessage> {
    let mut tokens = 0_u32;
    let mut messages = Vec::with_capacity(newest_first.len() + 1);
    for message in newest_first {
        tokens = tokens.saturating_add(Tokens::estimated(&message.content));
        if tokens > MOST_TOKENS && !messages.is_empty() {
            break;
        }
        messages.push(message);
    }
    messages.reverse();
    let mut messages = with_matching_tools(messages);
    if let Some(instructions) = instructions.filter(|text| !text.trim().is_empty()) {
        messages.insert(0, PromptMessage::new(Role::System, instructions));
    }
    messages
}

/// Services refuse calls of tools without their results, and the other way round: what has lost its other half is left
/// out.
fn with_matching_tools(messages: Vec<PromptMessage>) -> Vec<PromptMessage> {
    let called: HashSet<String> =
        messages.iter().flat_map(|message| message.tool_calls.iter().map(|call| call.id.clone())).collect();
    let answered: HashSet<String> = messages.iter().filter_map(|message| message.tool_call_id.clone()).collect();
    let mut kept = Vec::with_capacity(messages.len());
    for mut message in messages {
        message.tool_calls.retain(|call: &ToolCall| answered.contains(&call.id));
        let is_lost = match message.role {
            Role::Tool => message.tool_call_id.as_ref().is_none_or(|id| !called.contains(id)),
            _ => message.content.is_empty() && message.tool_calls.is_empty(),
        };
        if !is_lost {
            kept.push(message);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(id: &str) -> PromptMessage {
        PromptMessage { tool_call_id: Some(id.to_owned()), ..PromptMessage::new(Role::Tool, "three") }
    }

    fn calling(id: &str) -> PromptMessage {
        let call = ToolCall { id: id.to_owned(), name: "stock".to_owned(), arguments: "{}".to_owned() };
        PromptMessage { tool_calls: vec![call], ..PromptMessage::new(Role::Assistant, "") }
    }

    #[test]
    fn the_model_is_told_what_was_said_in_order_behind_its_instructions() {
        let newest_first = vec![PromptMessage::new(Role::User, "second"), PromptMessage::new(Role::User, "first")];
        let told: Vec<String> =
            in_order(newest_first, Some("Be kind.".to_owned())).into_iter().map(|message| message.content).collect();
        assert_eq!(told, ["Be kind.", "first", "second"]);
    }

    #[test]
    fn the_oldest_are_left_out_when_it_becomes_too_much() {
        let long = "palabra ".repeat(10_000);
        let newest_first: Vec<_> = (0..5).map(|_| PromptMessage::new(Role::User, long.clone())).collect();
        assert_eq!(in_order(newest_first, None).len(), 1);
    }

    #[test]
    fn tools_without_their_other_half_are_left_out() {
        let talk = vec![tool("gone"), calling("c1"), tool("c1"), calling("c2"), PromptMessage::new(Role::User, "?")];
        let kept = with_matching_tools(talk);
        assert_eq!(kept, [calling("c1"), tool("c1"), PromptMessage::new(Role::User, "?")]);
    }
}
