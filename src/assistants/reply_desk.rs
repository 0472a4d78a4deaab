//! What the worker of an answer reads and writes, in the name of the user whose chat it is.
//!
//! Every write asks first whether the answer is still this worker's: the request is PROCESSING, and the attempt began at
//! the same position.

use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use serde_json::{Value, json};
use uuid::Uuid;

use super::inputs::broken;
use super::reply_pen::{Pen, Said};
use super::reply_prompt::messages_of;
use super::settings::{Ask, settings_of};
use crate::models::{PromptMessage, Provider, Tokens};
use crate::usage::Call;
use crate::work::Tenancy;

/// How often, and how long apart, the end of an answer is written when the database is away: to forget it means to pay
/// for it twice.
const CONCLUSIONS: (u32, Duration) = (50, Duration::from_millis(200));

/// A request that is to be answered.
pub(super) struct Desk {
    /// In the name of the user.
    pub(super) tenancy: Tenancy,
    pub(super) key: Key,
}

/// Which request, whose, and where.
#[derive(Clone, Copy)]
pub(super) struct Key {
    pub(super) tenant: Uuid,
    pub(super) user: Uuid,
    pub(super) request: Uuid,
}

/// What is to be done.
pub(super) struct Begun {
    pub(super) thread: Uuid,
    pub(super) ask: Ask,
    pub(super) messages: Vec<PromptMessage>,
    /// The position at which this attempt begins.
    pub(super) begins_at: i32,
}

/// What came of keeping pieces.
pub(super) enum Flushed {
    GoesOn { has_news: bool },
    Stop,
    Lost,
}

/// What an answer took.
pub(super) struct Spent {
    pub(super) agent: Option<Uuid>,
    pub(super) thread: Uuid,
    pub(super) model: String,
    pub(super) provider: Provider,
    pub(super) tokens: Tokens,
    pub(super) is_estimated: bool,
    pub(super) duration: Duration,
    /// The id of its row among the logs of usage.
    pub(super) log_id: Uuid,
}

impl Spent {
    fn log(&self, key: Key, is_success: bool) -> Sql {
        let call = Call {
            id: self.log_id,
            tenant: key.tenant,
            user: key.user,
            agent: self.agent,
            thread: Some(self.thread),
            model: &self.model,
            tokens: self.tokens,
            duration: Some(self.duration),
            is_success,
        };
        call.log()
    }
}

fn count(tokens: u32) -> i32 {
    i32::try_from(tokens).unwrap_or(i32::MAX)
}

impl Key {
    /// The row.
    fn row<'s>(&self, sql: &'s mut Sql) -> &'s mut Sql {
        sql.push(" where tenant_id = ").bind(Bind::Uuid(self.tenant)).push(" and id = ").bind(Bind::Uuid(self.request))
    }

    /// The row, as long as this attempt is the one that writes it.
    fn ours<'s>(&self, sql: &'s mut Sql, begins_at: i32) -> &'s mut Sql {
        self.row(sql).push(" and status = 'PROCESSING' and reply_begins_at = ").bind(Bind::Int(begins_at))
    }

    /// Ends the request without an answer.
    fn failed(&self, code: &str, message: &str) -> Sql {
        let payload = json!({ "error": { "code": code, "message": message } });
        let mut sql = Sql::new();
        sql.push("select app.end_chat_reply(").bind(Bind::Uuid(self.tenant)).push(", ").bind(Bind::Uuid(self.request));
        sql.push(", ").bind(Bind::Json(payload)).push(")");
        sql
    }

    async fn begin(self, tx: &dyn Statements) -> Result<Option<Begun>, DbError> {
        let mut sql = Sql::new();
        sql.push("select status, thread_id, message_id, stop_requested_at is not null from ai_requests");
        self.row(&mut sql).push(" for no key update");
        let rows = tx.rows(sql, false).await?;
        let status = rows.text(0, 0).unwrap_or_default();
        if rows.is_empty() || !matches!(status.as_str(), "QUEUED" | "PROCESSING") {
            return Ok(None);
        }
        if rows.is_true(0, 3) {
            let stopped = self.failed("STOPPED", "The answer was stopped.");
            return tx.rows(stopped, false).await.map(|_| None);
        }
        let (Some(thread), Some(message)) = (rows.uuid(0, 1), rows.uuid(0, 2)) else {
            return tx.rows(self.failed("TALK_GONE", "The talk is gone."), false).await.map(|_| None);
        };
        // What another worker has handed out is void, so this attempt begins behind all of it.
        let mut sql = Sql::new();
        sql.push("with gone as (delete from chat_reply_chunks where tenant_id = ").bind(Bind::Uuid(self.tenant));
        sql.push(" and request_id = ").bind(Bind::Uuid(self.request)).push(" returning ends_at) ");
        sql.push("update ai_requests set status = 'PROCESSING', reply_begins_at = case status when 'QUEUED' then ");
        sql.push("reply_begins_at else 1 + greatest(reply_begins_at, (select max(ends_at) from gone)) end");
        self.row(&mut sql).push(" returning reply_begins_at");
        let rows = tx.rows(sql, false).await?;
        let begins_at: i32 = rows.decode::<tables::ai_requests::reply_begins_at, _>(0, 0).map_err(broken)?;
        let Some(mut ask) = settings_of(tx, self.tenant, thread, false).await? else { return Ok(None) };
        let messages = messages_of(tx, self.tenant, thread, message, ask.instructions.take()).await?;
        Ok(Some(Begun { thread, ask, messages, begins_at }))
    }
}

impl Desk {
    /// Takes the request; `None` when there is nothing to do any more.
    pub(super) async fn begin(&self) -> Result<Option<Begun>, DbError> {
        let key = self.key;
        self.tenancy.write(key.tenant, move |tx| async move { key.begin(tx).await }.boxed()).await
    }

    /// Keeps what was said since the last time.
    pub(super) async fn flush(&self, pen: &mut Pen) -> Result<Flushed, DbError> {
        let has_news = pen.has_news();
        let (mut begins, mut ends, mut kinds, mut contents) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for chunk in pen.news() {
            ends.push(chunk.ends_at);
            begins.push(chunk.ends_at - chunk.said.length());
            let (kind, content) = match &chunk.said {
                Said::Text(text) => ("TEXT", text.clone()),
                Said::ToolCall(call) => ("TOOL_CALL", json!(call).to_string()),
            };
            kinds.push(kind.to_owned());
            contents.push(content);
        }
        let key = self.key;
        let mut sql = Sql::new();
        sql.push("with request as (select stop_requested_at is not null as is_stopped from ai_requests");
        key.ours(&mut sql, pen.begins_at).push(" for share), kept as (insert into chat_reply_chunks ");
        sql.push("(tenant_id, request_id, user_id, begins_at, ends_at, kind, content) select ");
        for value in [key.tenant, key.request, key.user] {
            sql.bind(Bind::Uuid(value)).push(", ");
        }
        sql.push("said.begins_at, said.ends_at, said.kind, said.content from request, unnest(")
            .bind(Bind::Ints(begins));
        sql.push(", ").bind(Bind::Ints(ends)).push(", ").bind(Bind::Texts(kinds)).push(", ");
        sql.bind(Bind::Texts(contents)).push(") as said (begins_at, ends_at, kind, content)) ");
        sql.push("select is_stopped from request");
        let rows = self.tenancy.write(key.tenant, move |tx| async move { tx.rows(sql, false).await }.boxed()).await?;
        if rows.is_empty() {
            return Ok(Flushed::Lost);
        }
        pen.kept();
        Ok(if rows.is_true(0, 0) { Flushed::Stop } else { Flushed::GoesOn { has_news } })
    }

    /// Makes the answer a message, logs what it took and completes the request, all at once.
    pub(super) async fn finish(
        &self,
        pen: &Pen,
        reason: &'static str,
        spent: &Spent,
        reply: Uuid,
    ) -> Result<(), DbError> {
        let key = self.key;
        let mut metadata = json!({
            "model": spent.model,
            "provider": spent.provider.word(),
            "finishReason": reason,
            "durationMs": i64::try_from(spent.duration.as_millis()).unwrap_or(i64::MAX),
        });
        if !pen.calls.is_empty() {
            metadata["toolCalls"] = json!(pen.calls);
        }
        if spent.is_estimated {
            metadata["tokensEstimated"] = Value::Bool(true);
        }
        let response = json!({
            "model": spent.model,
            "finishReason": reason,
            "tokensInput": spent.tokens.input,
            "tokensOutput": spent.tokens.output,
        });
        let mut message = Sql::new();
        message.push("insert into chat_messages (id, tenant_id, user_id, thread_id, role, content, tokens_input, ");
        message.push("tokens_output, metadata) values (").bind(Bind::Uuid(reply));
        for value in [key.tenant, key.user, spent.thread] {
            message.push(", ").bind(Bind::Uuid(value));
        }
        message.push(", 'ASSISTANT', ").bind(Bind::Text(pen.content.clone()));
        message.push(", ").bind(Bind::Int(count(spent.tokens.input)));
        message.push(", ").bind(Bind::Int(count(spent.tokens.output)));
        message.push(", ").bind(Bind::Json(metadata)).push(") returning id");
        let mut complete = Sql::new();
        complete.push("with gone as (delete from chat_reply_chunks where tenant_id = ").bind(Bind::Uuid(key.tenant));
        complete.push(" and request_id = ").bind(Bind::Uuid(key.request));
        complete.push(") update ai_requests set status = 'COMPLETED', reply_id = ").bind(Bind::Uuid(reply));
        complete.push(", response_payload = ").bind(Bind::Json(response));
        key.ours(&mut complete, pen.begins_at).push(" returning id");
        self.conclude(pen, vec![message, spent.log(key, true), complete]).await
    }

    /// Ends the request without an answer; logs what was spent.
    pub(super) async fn fail(
        &self,
        pen: &Pen,
        code: &str,
        message: &str,
        spent: Option<&Spent>,
    ) -> Result<(), DbError> {
        let log = spent.map(|spent| spent.log(self.key, false));
        self.conclude(pen, log.into_iter().chain([self.key.failed(code, message)]).collect()).await
    }

    /// Writes all of it, or nothing when the answer is not ours any more.
    async fn conclude(&self, pen: &Pen, statements: Vec<Sql>) -> Result<(), DbError> {
        let mut ours = Sql::new();
        ours.push("select id from ai_requests");
        self.key.ours(&mut ours, pen.begins_at).push(" for no key update");
        let mut tries = 0;
        loop {
            let (ours, statements) = (ours.clone(), statements.clone());
            let written = self.tenancy.write(self.key.tenant, move |tx| {
                async move {
                    if tx.rows(ours, false).await?.is_empty() {
                        return Ok(());
                    }
                    for sql in statements {
                        tx.rows(sql, false).await?;
                    }
                    Ok(())
                }
                .boxed()
            });
            match written.await {
                Err(DbError::Unavailable(_) | DbError::TimedOut | DbError::Conflict) if tries < CONCLUSIONS.0 => {
                    tries += 1;
                    tokio::time::sleep(CONCLUSIONS.1).await;
                }
                written => return written,
            }
        }
    }
}
