//! The job that writes an answer in a chat.
//!
//! What the model says is kept in pieces, some ten times a second, so that whoever watches gets it from any gateway, and
//! from any position after a lost connection. At its end the pieces become one message, in the transaction in which usage
//! is logged and the request becomes COMPLETED. That transaction is the worker's own and not the job's, so that watchers
//! can be woken as soon as it is committed; a worker that comes later finds the request ended and does nothing.
//!
//! A worker that dies in the middle is followed by another one, which begins the answer anew at higher positions. Who lost
//! its turn notices when it wants to write, and writes nothing.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use entity::database::{DbError, Statements};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior, interval};
use uuid::Uuid;

use super::reply_desk::{Begun, Desk, Flushed, Key, Spent};
use super::reply_pen::Pen;
use crate::bus::{Bus, Topic};
use crate::ids::SharedIds;
use crate::jobs::{Effects, Job, JobError, JobKind, NewJob, Policy};
use crate::models::{End, ModelError, Models, Piece, Prompt, Tokens};
use crate::work::Tenancy;

/// The kind, as in `app.jobs_chat_reply`.
const KIND: &str = "chat_reply";

/// How often pieces are kept.
const BEAT: Duration = Duration::from_millis(80);

/// Beats after which the worker looks whether it is to stop although there is nothing to keep.
const QUIET_BEATS: u32 = 6;

/// Beats in a row in which pieces could not be kept, after which the attempt is given up.
const MOST_FAILED_BEATS: u32 = 100;

/// Queues the work for a request.
pub(super) async fn queue(
    statements: &dyn Statements,
    tenant: Uuid,
    user: Uuid,
    thread: Uuid,
    request: Uuid,
) -> Result<(), DbError> {
    let payload = json!({ "request_id": request, "user_id": user });
    let job = NewJob { lane: Some(format!("chat {thread}")), ..NewJob::new(KIND, payload) };
    job.enqueue(statements, tenant).await.map(drop)
}

/// Writes answers.
pub struct ChatReply {
    tenancy: Tenancy,
    models: Models,
    bus: Arc<dyn Bus>,
    ids: SharedIds,
}

/// How the model came to its end.
enum Ended {
    Said(End),
    /// The user wants no more.
    Stopped,
    /// It became longer than a message may be.
    TooLong,
    Failed(ModelError),
    /// Somebody else writes it now, or nobody is to write it any more.
    Lost,
}

impl ChatReply {
    /// Writes what these models say.
    #[must_use]
    pub fn new(tenancy: &Tenancy, models: Models, bus: Arc<dyn Bus>, ids: SharedIds) -> Self {
        Self { tenancy: tenancy.clone(), models, bus, ids }
    }

    async fn reply(&self, job: &Job) -> Result<Effects, JobError> {
        let (request, user) = (job.payload_id("request_id")?, job.payload_id("user_id")?);
        let key = Key { tenant: job.tenant, user, request };
        let desk = Desk { tenancy: self.tenancy.clone().of_user(user), key };
        let begun = desk.begin().await?;
        self.wake(request);
        let Some(Begun { thread, ask, messages, begins_at }) = begun else { return Ok(Effects::none()) };
        let prompt = Prompt {
            model: ask.model.clone().unwrap_or_else(|| self.models.chat.default_model().to_owned()),
            messages,
            temperature: ask.temperature,
            max_tokens: ask.max_tokens.and_then(|most| u32::try_from(most).ok()),
            tools: ask.tools,
        };
        let (model, read) = (prompt.model.clone(), prompt.estimated_tokens());
        let mut pen = Pen::new(begins_at);
        let began = Instant::now();
        let ended = self.write(&desk, &mut pen, prompt).await?;
        let spent = |tokens: Option<Tokens>, pen: &Pen| Spent {
            agent: ask.agent,
            thread,
            model: model.clone(),
            provider: self.models.chat.provider(),
            is_estimated: tokens.is_none(),
            tokens: tokens.unwrap_or(Tokens { input: read, output: pen.estimated_tokens() }),
            duration: began.elapsed(),
            log_id: self.ids.next(),
        };
        let done = match ended {
            Ended::Lost => Ok(()),
            Ended::Said(End { reason, tokens }) => {
                let spent = spent(tokens, &pen);
                desk.finish(&pen, reason.word(), &spent, self.ids.next()).await
            }
            Ended::TooLong => {
                let spent = spent(None, &pen);
                desk.finish(&pen, "LENGTH", &spent, self.ids.next()).await
            }
            Ended::Stopped if pen.is_empty() => {
                desk.fail(&pen, "STOPPED", "The answer was stopped before it began.", None).await
            }
            Ended::Stopped => {
                let spent = spent(None, &pen);
                desk.finish(&pen, "STOPPED", &spent, self.ids.next()).await
            }
            // Nobody has seen anything yet, so it can simply be asked again.
            Ended::Failed(error)
                if error.is_passing() && pen.is_empty() && job.attempt < self.policy().most_attempts =>
            {
                let after = if let ModelError::Busy { after } = error { after } else { None };
                return Err(JobError::Retry { code: error.code().to_owned(), after });
            }
            Ended::Failed(error) => {
                let spent = (!pen.is_empty()).then(|| spent(None, &pen));
                desk.fail(&pen, error.code(), &error.to_string(), spent.as_ref()).await
            }
        };
        done?;
        self.wake(request);
        Ok(Effects::none())
    }

    /// Lets the model answer, and keeps what it says.
    async fn write(&self, desk: &Desk, pen: &mut Pen, prompt: Prompt) -> Result<Ended, JobError> {
        let mut pieces = self.models.chat.answer(prompt);
        let mut beats = interval(BEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut quiet, mut failed) = (0, 0);
        loop {
            tokio::select! {
                piece = pieces.next() => match piece {
                    Some(Ok(Piece::Text(text))) => {
                        if !pen.text(&text) {
                            return Ok(Ended::TooLong);
                        }
                    }
                    Some(Ok(Piece::ToolCall(call))) => pen.tool_call(call),
                    Some(Ok(Piece::End(end))) => return Ok(Ended::Said(end)),
                    Some(Err(error)) => return Ok(Ended::Failed(error)),
                    None => return Ok(Ended::Failed(ModelError::CutOff)),
                },
                _ = beats.tick() => {
                    quiet += 1;
                    if !pen.has_news() && quiet < QUIET_BEATS {
                        continue;
                    }
                    quiet = 0;
                    match desk.flush(pen).await {
                        Ok(Flushed::GoesOn { has_news }) => {
                            failed = 0;
                            if has_news {
                                self.wake(desk.key.request);
                            }
                        }
                        Ok(Flushed::Stop) => return Ok(Ended::Stopped),
                        Ok(Flushed::Lost) => return Ok(Ended::Lost),
                        // The next beat tries again; what was said waits.
                        Err(DbError::Unavailable(_) | DbError::TimedOut | DbError::Conflict)
                            if failed < MOST_FAILED_BEATS => failed += 1,
                        Err(error) => return Err(error.into()),
                    }
                }
            }
        }
    }

    /// Tells whoever watches that there is something. Nobody depends on it: they look from time to time as well.
    fn wake(&self, request: Uuid) {
        if let Err(unsaid) = self.bus.publish(Topic::Replies, Bytes::copy_from_slice(request.as_bytes())) {
            tracing::debug!(%unsaid, "watchers of an answer were not woken");
        }
    }
}

impl JobKind for ChatReply {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn policy(&self) -> Policy {
        Policy {
            most_attempts: 4,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(30),
            time_limit: Duration::from_secs(600),
        }
    }

    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Effects, JobError>> {
        self.reply(job).boxed()
    }
}
