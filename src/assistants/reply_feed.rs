//! The events of `chatReply`: read from the database, from any position, whenever the bus says that there is more, and
//! from time to time in case it could not.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use entity::database::DbError;
use entity::events::{Event, Value};
use entity::model::Model;
use entity::rows::Rows;
use entity::sql::{Bind, Sql};
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use serde_json::Value as Json;
use uuid::Uuid;

use super::inputs::broken;
use super::reply_events::{END, ERROR, RESTARTED, TOKENS, TOOL_CALL};
use super::reply_pen::{Chunk, PlacedCall, Said, behind, cut};
use crate::bus::{Bus, Ears, Heard, Topic};
use crate::db::Database;
use crate::live::{SignalAsk, SignalSource};
use crate::models::ToolCall;
use crate::work::Tenancy;

/// How long nobody looks when the bus says nothing.
const REST: Duration = Duration::from_secs(1);

/// How long to wait after the database did not answer.
const PAUSE: Duration = Duration::from_millis(250);

/// Most pieces that are read at once.
const MOST_CHUNKS: i32 = 1_000;

/// Gives the events of answers.
pub struct ReplySource {
    tenancy: Tenancy,
    bus: Arc<dyn Bus>,
    /// Where messages and requests stand in the model.
    rows: Places,
}

#[derive(Clone, Copy, Debug)]
struct Places {
    messages: usize,
    requests: usize,
}

impl ReplySource {
    /// Over this database and bus.
    #[must_use]
    pub fn new(database: Database, bus: Arc<dyn Bus>, model: &Model) -> Self {
        let place = |name| model.by_name(name).map_or(0, |entity| entity.index);
        let rows = Places { messages: place("ChatMessage"), requests: place("AiRequest") };
        Self { tenancy: Tenancy::new(database), bus, rows }
    }
}

impl SignalSource for ReplySource {
    fn open(&self, ask: SignalAsk) -> BoxStream<'static, Event> {
        let Some(request) = ask.key else { return stream::empty().boxed() };
        let watch = Watch {
            tenancy: self.tenancy.clone().of_user(ask.viewer.user),
            tenant: ask.viewer.tenant,
            request,
            // Before the first look, so that nothing happens in between.
            ears: self.bus.subscribe(),
            teller: Teller { request, rows: self.rows, position: ask.after },
            ready: VecDeque::new(),
            is_over: false,
        };
        stream::unfold(watch, |mut watch| async move {
            let event = watch.next().await?;
            Some((event, watch))
        })
        .boxed()
    }
}

/// Somebody who watches an answer.
struct Watch {
    tenancy: Tenancy,
    tenant: Uuid,
    request: Uuid,
    ears: Ears,
    teller: Teller,
    ready: VecDeque<Event>,
    is_over: bool,
}

impl Watch {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.is_over {
                return None;
            }
            match self.look().await {
                Ok(Some(state)) => self.is_over = self.teller.tell(state, &mut self.ready),
                // It was deleted.
                Ok(None) => self.is_over = true,
                Err(DbError::Unavailable(_) | DbError::TimedOut | DbError::Conflict) => {
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
                Err(error) => {
                    tracing::error!(request = %self.request, ?error, "an answer could not be read");
                    self.is_over = true;
                }
            }
            if self.ready.is_empty() && !self.is_over {
                let _ = tokio::time::timeout(REST, woken(&mut self.ears, self.request)).await;
            }
        }
    }

    /// How the request stands, in one statement, so that all of it is of one moment.
    async fn look(&self) -> Result<Option<State>, DbError> {
        let mut sql = Sql::new();
        sql.push("select r.status, r.reply_begins_at, r.response_payload, r.reply_id, m.content, m.metadata, (select ");
        sql.push(
            "jsonb_agg(jsonb_build_array(c.ends_at, c.kind, c.content) order by c.ends_at) from (select p.ends_at, ",
        );
        sql.push("p.kind, p.content from chat_reply_chunks p where p.tenant_id = ").bind(Bind::Uuid(self.tenant));
        sql.push(" and p.request_id = ").bind(Bind::Uuid(self.request)).push(" and p.ends_at > ");
        sql.bind(Bind::Int(self.teller.position.unwrap_or(0))).push(" order by p.ends_at limit ");
        sql.bind(Bind::Int(MOST_CHUNKS)).push(") c) from ai_requests r left join chat_messages m on ");
        sql.push("m.tenant_id = r.tenant_id and m.id = r.reply_id where r.tenant_id = ").bind(Bind::Uuid(self.tenant));
        sql.push(" and r.id = ").bind(Bind::Uuid(self.request));
        let rows = self.tenancy.read(self.tenant, sql).await?;
        if rows.is_empty() { Ok(None) } else { State::read(&rows).map(Some) }
    }
}

/// Waits until somebody says that there is more of this answer, or that something may have been missed.
async fn woken(ears: &mut Ears, request: Uuid) {
    loop {
        match ears.next().await {
            Some(Heard::Message(Topic::Replies, about)) if *about == *request.as_bytes() => {
                // Whatever else was said by now, one look answers it.
                while let Some(Some(_)) = ears.next().now_or_never() {}
                return;
            }
            Some(Heard::Message(..)) => {}
            Some(Heard::Connected | Heard::Lost) => return,
            // Without a bus the rest is short enough.
            None => return std::future::pending().await,
        }
    }
}

/// How a request stands.
#[derive(Debug, Default)]
struct State {
    status: String,
    begins_at: i32,
    response: Json,
    reply: Option<Uuid>,
    content: String,
    calls: Vec<PlacedCall>,
    chunks: Vec<Chunk>,
}

impl State {
    fn read(rows: &Rows) -> Result<Self, DbError> {
        let json = |cell| rows.decode::<tables::ai_requests::response_payload, Option<Json>>(0, cell).map_err(broken);
        let metadata = json(5)?.unwrap_or_default();
        let calls = metadata.get("toolCalls").cloned().unwrap_or_default();
        let chunks = json(6)?.unwrap_or_default();
        Ok(Self {
            status: rows.text(0, 0).unwrap_or_default(),
            begins_at: rows.decode::<tables::ai_requests::reply_begins_at, _>(0, 1).map_err(broken)?,
            response: json(2)?.unwrap_or_default(),
            reply: rows.uuid(0, 3),
            content: rows.text(0, 4).unwrap_or_default(),
            calls: serde_json::from_value(calls).unwrap_or_default(),
            chunks: chunks.as_array().into_iter().flatten().filter_map(chunk).collect(),
        })
    }
}

fn chunk(json: &Json) -> Option<Chunk> {
    let ends_at = i32::try_from(json.get(0)?.as_i64()?).ok()?;
    let content = json.get(2)?.as_str()?;
    let said = match json.get(1)?.as_str()? {
        "TEXT" => Said::Text(content.to_owned()),
        _ => Said::ToolCall(serde_json::from_str(content).ok()?),
    };
    Some(Chunk { ends_at, said })
}

/// Tells somebody who has been told everything up to a position.
#[derive(Debug)]
struct Teller {
    request: Uuid,
    rows: Places,
    /// `None`: nothing was told.
    position: Option<i32>,
}

impl Teller {
    /// What is new; whether nothing more will come.
    fn tell(&mut self, state: State, events: &mut VecDeque<Event>) -> bool {
        let begins_at = state.begins_at;
        if state.status == "FAILED" {
            let part = |name: &str| {
                let text = state.response.pointer(name).and_then(Json::as_str);
                Value::text(text.unwrap_or(if name == "/error/code" { "FAILED" } else { "There is no answer." }))
            };
            let values = vec![Value::number(begins_at.into()), part("/error/code"), part("/error/message")];
            events.push_back(Event { ty: &ERROR, values });
            return true;
        }
        let told = self.position.unwrap_or(begins_at);
        if told < begins_at {
            // Offsets of an attempt that is void.
            events.push_back(Event { ty: &RESTARTED, values: vec![Value::number(begins_at.into())] });
        }
        let told = told.max(begins_at);
        self.position = Some(told);
        let is_complete = state.status == "COMPLETED";
        let chunks: Vec<Chunk> = if is_complete {
            let whole = behind(&state.content, &state.calls, told - begins_at).into_iter();
            whole.map(|chunk| Chunk { ends_at: chunk.ends_at + begins_at, ..chunk }).collect()
        } else {
            state.chunks.into_iter().filter_map(|chunk| cut(chunk, told)).collect()
        };
        for Chunk { ends_at, said } in joined(chunks) {
            self.position = Some(ends_at);
            let offset = Value::number(ends_at.into());
            events.push_back(match said {
                Said::Text(text) => Event { ty: &TOKENS, values: vec![offset, Value::text(&text)] },
                Said::ToolCall(ToolCall { id, name, arguments }) => Event {
                    ty: &TOOL_CALL,
                    values: vec![offset, Value::text(&id), Value::text(&name), Value::text(&arguments)],
                },
            });
        }
        if is_complete {
            let reason = state.response.get("finishReason").and_then(Json::as_str).unwrap_or("STOP");
            let values = vec![
                Value::number(self.position.unwrap_or(begins_at).into()),
                Value::text(reason),
                state.reply.map_or(Value::Null, |reply| Value::Row(self.rows.messages, reply)),
                Value::Row(self.rows.requests, self.request),
            ];
            events.push_back(Event { ty: &END, values });
        }
        is_complete
    }
}

/// Texts that follow each other become one.
fn joined(chunks: Vec<Chunk>) -> Vec<Chunk> {
    let mut joined: Vec<Chunk> = Vec::with_capacity(chunks.len());
    for chunk in chunks {
        match (joined.last_mut(), &chunk.said) {
            (Some(Chunk { ends_at, said: Said::Text(last) }), Said::Text(text)) => {
                last.push_str(text);
                *ends_at = chunk.ends_at;
            }
            _ => joined.push(chunk),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(ends_at: i32, text: &str) -> Chunk {
        Chunk { ends_at, said: Said::Text(text.to_owned()) }
    }

    fn teller(position: Option<i32>) -> Teller {
        Teller { request: Uuid::from_u128(7), rows: Places { messages: 1, requests: 2 }, position }
    }

    /// The types and offsets of what is told, with the texts.
    fn told(teller: &mut Teller, state: State) -> (Vec<String>, bool) {
        let mut events = VecDeque::new();
        let is_over = teller.tell(state, &mut events);
        let tell = |event: Event| {
            let part = |value: Option<&Value>| match value {
                Some(Value::Json(json)) => json.clone(),
                _ => String::new(),
            };
            format!("{} {} {}", &event.ty.name[9..], part(event.values.first()), part(event.values.get(1)))
        };
        (events.into_iter().map(tell).collect(), is_over)
    }

    fn going(begins_at: i32, chunks: Vec<Chunk>) -> State {
        State { status: "PROCESSING".to_owned(), begins_at, chunks, ..State::default() }
    }

    #[test]
    fn who_begins_late_hears_all_of_it_and_who_goes_on_only_the_rest() {
        let chunks = || vec![text(2, "Ho"), text(6, "la, ")];
        let (events, is_over) = told(&mut teller(None), going(0, chunks()));
        assert_eq!((events, is_over), (vec!["Tokens 6 \"Hola, \"".to_owned()], false));
        let (events, _) = told(&mut teller(Some(3)), going(0, chunks()));
        assert_eq!(events, ["Tokens 6 \"a, \""]);
        assert_eq!(told(&mut teller(Some(6)), going(0, chunks())).0, Vec::<String>::new());
    }

    #[test]
    fn a_second_attempt_makes_the_first_one_void_for_whoever_heard_of_it() {
        let chunks = || vec![text(8, "Ho")];
        assert_eq!(told(&mut teller(Some(3)), going(6, chunks())).0, ["Restarted 6 ", "Tokens 8 \"Ho\""]);
        assert_eq!(told(&mut teller(None), going(6, chunks())).0, ["Tokens 8 \"Ho\""]);
    }

    #[test]
    fn the_end_comes_behind_what_was_missed() {
        let complete = || State {
            status: "COMPLETED".to_owned(),
            begins_at: 6,
            response: serde_json::json!({ "finishReason": "STOP" }),
            reply: Some(Uuid::from_u128(9)),
            content: "Hola, ¿qué tal?".to_owned(),
            ..State::default()
        };
        let (events, is_over) = told(&mut teller(Some(12)), complete());
        assert_eq!((events, is_over), (vec!["Tokens 21 \"¿qué tal?\"".to_owned(), "End 21 \"STOP\"".to_owned()], true));
        assert_eq!(told(&mut teller(Some(21)), complete()).0, ["End 21 \"STOP\""]);
    }

    #[test]
    fn a_failure_is_told_with_its_code() {
        let failed = State {
            status: "FAILED".to_owned(),
            response: serde_json::json!({ "error": { "code": "MODEL_BUSY", "message": "…" } }),
            ..State::default()
        };
        assert_eq!(told(&mut teller(Some(3)), failed), (vec!["Error 0 \"MODEL_BUSY\"".to_owned()], true));
    }
}
