//! The body of a response that stays open: what its operations have to say, as events.
//!
//! The server's HTTP layer asks for more when the client has read enough; until then nothing is asked of the operations.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::super::connections::{Ending, Phase, Seat};
use super::super::operations::{Event, Operations, Started};
use super::super::record::Record;
use super::frame;
use super::single::{Command, Reservation};
use crate::http::error_document::Refusal;
use crate::http::observe::Opened;
use crate::http::service::{Answer, AnswerKind, Renewal, RequestId};
use crate::http::state::HttpState;
use crate::telemetry::live::{Counted, Transport};

/// After which silence a comment is sent, so that nobody on the way takes the stream for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Proxies of the nginx kind would collect the events otherwise.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// A stream of events.
pub(super) struct EventStream {
    state: HttpState,
    operations: Operations,
    origin: Origin,
    /// When the token ends; never for a stream that is over with its answer.
    ends_at: Option<Instant>,
    ending: Option<Ending>,
    is_ending: bool,
    /// What is to be sent before anything else.
    outbox: VecDeque<Bytes>,
    quiet_until: Instant,
    /// How it ended, once it has.
    reason: Option<&'static str>,
    _seat: Option<Seat>,
    _counted: Counted,
}

/// Where operations come from.
enum Origin {
    /// There is one, and it is there. What it runs under lasts as long as the stream.
    Alone { _renewal: Option<Renewal> },
    /// Other requests bring them.
    Requests(Arc<Reservation>, mpsc::Receiver<Command>),
}

/// What happens next.
enum Happening {
    Operation(Box<str>, Event),
    Command(Command),
    Time,
    Phase(Phase),
}

impl EventStream {
    /// Of an operation that has one answer.
    pub(super) fn of_answer(state: &HttpState, answer: Answer, record: Record) -> Self {
        let mut stream = Self::new(state, Origin::Alone { _renewal: None }, None);
        stream.operations.add("".into(), Started::Answered(answer), record);
        stream
    }

    /// Of one operation, for as long as its token works.
    pub(super) fn of_operation(
        state: &HttpState,
        started: Started,
        record: Record,
        renewal: Renewal,
        ends_at: Instant,
        place: (Seat, Ending),
    ) -> Self {
        let mut stream = Self::new(state, Origin::Alone { _renewal: Some(renewal) }, Some(place));
        stream.ends_at = Some(ends_at);
        stream.operations.add("".into(), started, record);
        stream
    }

    /// Of what other requests start, for as long as their token works.
    pub(super) fn of_requests(
        state: &HttpState,
        reservation: Arc<Reservation>,
        commands: mpsc::Receiver<Command>,
        place: (Seat, Ending),
    ) -> Self {
        let ends_at = reservation.ends_at();
        let mut stream = Self::new(state, Origin::Requests(reservation, commands), Some(place));
        stream.ends_at = Some(ends_at);
        stream
    }

    fn new(state: &HttpState, origin: Origin, place: Option<(Seat, Ending)>) -> Self {
        let (seat, ending) = place.unzip();
        Self {
            state: state.clone(),
            operations: Operations::default(),
            origin,
            ends_at: None,
            // It must hear that this node stops also when that was said before it began.
            is_ending: ending.as_ref().is_some_and(|ending| ending.phase() != Phase::Open),
            ending,
            // The head of the response goes out with the first bytes of its body.
            outbox: VecDeque::from([Bytes::from_static(frame::KEEP_ALIVE)]),
            quiet_until: Instant::now() + KEEP_ALIVE,
            reason: None,
            _seat: seat,
            _counted: state.metrics().live().connection(Transport::Sse),
        }
    }

    /// The response whose body this is.
    pub(super) fn into_response(self) -> Response {
        let body = stream::unfold(self, |mut events| async move {
            let frame = events.next().await?;
            Some((Ok::<_, Infallible>(frame), events))
        });
        let mut response = Response::new(Body::from_stream(body));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
        response.extensions_mut().insert(Opened);
        response
    }

    /// The next bytes of the body; `None` at its end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(frame) = self.outbox.pop_front() {
                self.quiet_until = Instant::now() + KEEP_ALIVE;
                return Some(frame);
            }
            if self.reason.is_some() {
                return None;
            }
            if self.is_ending && self.operations.are_answered() {
                self.end("restart");
                let delay = crate::http::live::reconnect_delay(&self.state);
                self.outbox.push_back(frame::retry(delay.as_millis()));
                continue;
            }
            match self.happening().await {
                Happening::Operation(id, event) => self.tell(&id, event),
                Happening::Command(command) => self.obey(command),
                Happening::Time => self.look_at_the_clock(),
                Happening::Phase(Phase::Open) => {}
                Happening::Phase(Phase::Closing) => {
                    self.is_ending = true;
                    self.operations.stop_subscriptions();
                }
                Happening::Phase(Phase::CutOff) => self.end("cut_off"),
            }
        }
    }

    async fn happening(&mut self) -> Happening {
        let Self { operations, origin, ending, quiet_until, ends_at, .. } = self;
        let alarm = ends_at.map_or(*quiet_until, |ends_at| ends_at.min(*quiet_until));
        let phase = async {
            match ending {
                Some(ending) => ending.changed().await,
                None => std::future::pending().await,
            }
        };
        let command = async {
            match origin {
                Origin::Requests(_, commands) => commands.recv().await,
                Origin::Alone { .. } => None,
            }
        };
        tokio::select! {
            phase = phase => Happening::Phase(phase),
            Some(command) = command => Happening::Command(command),
            (id, event) = poll_fn(|context| operations.poll_next(context)) => Happening::Operation(id, event),
            () = sleep_until(alarm) => Happening::Time,
        }
    }

    fn tell(&mut self, id: &str, event: Event) {
        self.state.metrics().live().sent(Transport::Sse);
        let reservation = match &self.origin {
            Origin::Alone { .. } => {
                match event {
                    Event::Next(document) => return self.outbox.push_back(frame::next(&document)),
                    Event::Refused(document) => self.outbox.push_back(frame::next(&document)),
                    Event::Complete => {}
                }
                self.outbox.push_back(Bytes::from_static(frame::COMPLETE));
                return self.end("completed");
            }
            Origin::Requests(reservation, _) => reservation,
        };
        match event {
            Event::Next(document) => return self.outbox.push_back(frame::next_of(id, &document)),
            Event::Refused(document) => self.outbox.push_back(frame::next_of(id, &document)),
            Event::Complete => {}
        }
        self.outbox.push_back(frame::complete_of(id));
        reservation.release(id);
    }

    fn obey(&mut self, command: Command) {
        match command {
            // It will be sent again, over a new stream.
            Command::Add { .. } if self.is_ending => {}
            Command::Add { id, started, record } => self.operations.add(id, started, *record),
            Command::Stop { id } => {
                self.operations.stop(&id);
                if let Origin::Requests(reservation, _) = &self.origin {
                    reservation.release(&id);
                }
            }
        }
    }

    fn look_at_the_clock(&mut self) {
        let now = Instant::now();
        if let Origin::Requests(reservation, _) = &self.origin {
            self.ends_at = Some(reservation.ends_at());
        }
        if self.ends_at.is_some_and(|ends_at| now >= ends_at) {
            return self.expire();
        }
        if now >= self.quiet_until {
            self.outbox.push_back(Bytes::from_static(frame::KEEP_ALIVE));
        }
    }

    /// The token has ended, and so does everything that runs in its name.
    fn expire(&mut self) {
        let request_id = RequestId::from(self.state.ids().next());
        let message = "The access token has expired.";
        let answer = Refusal::Unauthenticated.answer(AnswerKind::Unauthenticated, message, &request_id);
        for id in self.operations.stop_all() {
            self.tell(&id, Event::Refused(answer.body.clone()));
        }
        self.end("expired");
    }

    fn end(&mut self, reason: &'static str) {
        self.reason.get_or_insert(reason);
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        let reason = self.reason.unwrap_or("client_left");
        self.state.metrics().live().closed(Transport::Sse, reason);
        if let Origin::Requests(reservation, _) = &self.origin {
            self.state.live().streams().remove(reservation);
        }
    }
}
