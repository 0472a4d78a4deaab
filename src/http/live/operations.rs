//! The operations that run over one connection.
//!
//! Each is a task until it is answered or its subscription has begun, so that it gets on, and gives back what it holds,
//! also while the client reads nothing. From then on it is a document or a stream that waits to be asked.

use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use tokio::task::JoinHandle;

use super::record::Record;
use crate::http::error_document::Refusal;
use crate::http::service::{Answer, AnswerKind, Call, LiveCaller, Subscribed};
use crate::http::state::HttpState;

/// How many operations of a connection may be tasks, or documents that wait to be sent: what a client that reads nothing
/// can make us keep is so many answers.
const MAX_ANSWERS: usize = 8;

/// The operations of a connection.
#[derive(Default)]
pub(super) struct Operations {
    running: Vec<Operation>,
    /// The one to ask first next time, so that none keeps the others from their turn.
    turn: usize,
}

struct Operation {
    id: Box<str>,
    state: State,
    record: Box<Record>,
}

enum State {
    Starting(Task),
    Answered(Bytes),
    Refused(Bytes),
    Streaming(BoxStream<'static, Bytes>),
    Ended,
}

/// What an operation has to say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A document with data.
    Next(Bytes),
    /// A document without data: nothing began, and nothing follows.
    Refused(Bytes),
    /// That nothing follows.
    Complete,
}

/// What came of starting an operation.
pub(super) enum Started {
    /// The only answer.
    Answered(Answer),
    /// A subscription.
    Subscribed(Subscribed),
}

impl Operations {
    /// Whether an id is in use.
    pub(super) fn contains(&self, id: &str) -> bool {
        self.running.iter().any(|operation| *operation.id == *id)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    /// Whether as many wait for an answer, or wait to be sent, as may.
    pub(super) fn is_busy(&self) -> bool {
        self.running.iter().filter(|operation| operation.is_answering()).count() >= MAX_ANSWERS
    }

    /// Whether none waits for its answer, or has one that is not sent.
    pub(super) fn are_answered(&self) -> bool {
        !self.running.iter().any(Operation::is_answering)
    }

    /// Starts an operation in a task of its own.
    pub(super) fn start(
        &mut self,
        state: &HttpState,
        id: Box<str>,
        call: Call,
        caller: impl FnOnce() -> LiveCaller,
        record: Record,
    ) {
        let task = Task(tokio::spawn(start(state, call, caller)));
        self.running.push(Operation { id, state: State::Starting(task), record: Box::new(record) });
    }

    /// Adds an operation that was started elsewhere.
    pub(super) fn add(&mut self, id: Box<str>, started: Started, record: Record) {
        let mut operation = Operation { id, state: State::Ended, record: Box::new(record) };
        operation.settle(started);
        self.running.push(operation);
    }

    /// Ends an operation without a word; nothing happens when there is none.
    pub(super) fn stop(&mut self, id: &str) {
        self.running.retain(|operation| *operation.id != *id);
    }

    /// Ends all subscriptions without a word.
    pub(super) fn stop_subscriptions(&mut self) {
        self.running.retain(Operation::is_answering);
    }

    /// Ends all without a word; gives their ids.
    pub(super) fn stop_all(&mut self) -> Vec<Box<str>> {
        self.running.drain(..).map(|operation| operation.id).collect()
    }

    /// The next thing that one of them has to say. Pending for ever while there is none.
    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<(Box<str>, Event)> {
        let count = self.running.len();
        for offset in 0..count {
            let index = (self.turn + offset) % count;
            let Some(operation) = self.running.get_mut(index) else { continue };
            if let Poll::Ready(event) = operation.poll(context) {
                self.turn = index + 1;
                let id = match event {
                    Event::Next(_) => operation.id.clone(),
                    Event::Refused(_) | Event::Complete => self.running.swap_remove(index).id,
                };
                return Poll::Ready((id, event));
            }
        }
        Poll::Pending
    }
}

impl Operation {
    fn is_answering(&self) -> bool {
        !matches!(self.state, State::Streaming(_))
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        loop {
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Starting(mut task) => match task.poll(context) {
                    Poll::Ready(Some(started)) => self.settle(started),
                    Poll::Ready(None) => {
                        let message = "Something went wrong on our side; the request id helps us to find it.";
                        let answer = Refusal::Internal.answer(AnswerKind::Internal, message, &self.record.request_id);
                        self.settle(Started::Answered(answer));
                    }
                    Poll::Pending => {
                        self.state = State::Starting(task);
                        return Poll::Pending;
                    }
                },
                State::Answered(document) => {
                    self.record.event();
                    return Poll::Ready(Event::Next(document));
                }
                State::Refused(document) => return Poll::Ready(Event::Refused(document)),
                State::Streaming(mut events) => {
                    let next = events.poll_next_unpin(context);
                    let Poll::Ready(Some(document)) = next else {
                        if next.is_ready() {
                            return Poll::Ready(Event::Complete);
                        }
                        self.state = State::Streaming(events);
                        return Poll::Pending;
                    };
                    self.state = State::Streaming(events);
                    self.record.event();
                    return Poll::Ready(Event::Next(document));
                }
                State::Ended => return Poll::Ready(Event::Complete),
            }
        }
    }

    fn settle(&mut self, started: Started) {
        self.state = match started {
            Started::Answered(mut answer) => {
                self.record.answered(&mut answer);
                if has_data(&answer) { State::Answered(answer.body) } else { State::Refused(answer.body) }
            }
            Started::Subscribed(Subscribed { events, summary }) => {
                self.record.subscribed(summary);
                State::Streaming(events)
            }
        };
    }
}

/// Whether anything was executed: such a document begins with its data.
fn has_data(answer: &Answer) -> bool {
    answer.kind == AnswerKind::Executed || answer.body.starts_with(br#"{"data":"#)
}

/// Runs an operation to its answer, or to the beginning of its subscription, for as long as a request may take.
pub(super) fn start(state: &HttpState, call: Call, caller: impl FnOnce() -> LiveCaller) -> BoxFuture<'static, Started> {
    let limit = state.settings().request_timeout;
    let request_id = call.request_id.clone();
    let service = state.service();
    let job = if service.is_subscription(&call) {
        let begun = service.subscribe(call, caller());
        begun.map(|begun| begun.map_or_else(Started::Answered, Started::Subscribed)).left_future()
    } else {
        service.execute(call).map(Started::Answered).right_future()
    };
    async move {
        tokio::time::timeout(limit, job).await.unwrap_or_else(|_| {
            let message = format!("The operation took longer than {} ms.", limit.as_millis());
            Started::Answered(Refusal::Timeout.answer(AnswerKind::Unavailable, &message, &request_id))
        })
    }
    .boxed()
}

/// A task that ends with whoever waits for it.
struct Task(JoinHandle<Started>);

impl Task {
    /// What it came to; `None` when it panicked.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Started>> {
        std::pin::Pin::new(&mut self.0).poll(context).map(|ended| match ended {
            Ok(started) => Some(started),
            Err(error) => {
                if error.is_panic() {
                    tracing::error!(target: "mostrador::request", "an operation of an open connection panicked");
                }
                None
            }
        })
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
