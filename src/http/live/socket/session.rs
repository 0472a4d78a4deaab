//! A socket whose client is known: its operations, its token, its end.

use std::borrow::Cow;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use chrono::SecondsFormat;
use serde_json::{Map, Value, json};
use tokio::time::{Instant, Sleep, sleep_until};

use super::super::close::Close;
use super::super::connections::{Ending, Phase, Seat};
use super::super::credentials;
use super::super::message::{self, ClientMessage, MAX_ID};
use super::super::operations::{Event, Operations};
use super::super::record::Record;
use super::wire::{Ended, Incoming, Wire, reconnect};
use crate::http::parameters::Parameters;
use crate::http::service::{Call, Caller, Credentials, Identified, Identity, LiveCaller, Renewal, Renewed, RequestId};
use crate::http::state::HttpState;
use crate::telemetry::live::Transport;

/// A socket whose client is known.
pub(super) struct Session {
    state: HttpState,
    caller: Caller,
    /// The token in effect, when it is not a cookie.
    bearer: Option<String>,
    renewal: Renewal,
    operations: Operations,
    connection_id: RequestId,
    ending: Ending,
    /// Whether the socket ends as soon as what runs is answered.
    is_ending: bool,
    token: TokenTimes,
    /// When the client was asked whether it is there, if it has not answered.
    asked_at: Option<Instant>,
    /// Whether clients are heard before operations, next time.
    is_clients_turn: bool,
    _seat: Seat,
}

/// When the token in effect ends.
struct TokenTimes {
    ends_at: Instant,
    /// When the client is told, if it has not been.
    notice_at: Option<Instant>,
}

impl TokenTimes {
    fn new(expires_in: Duration, notice: Duration) -> Self {
        let now = Instant::now();
        Self { ends_at: now + expires_in, notice_at: Some(now + expires_in.saturating_sub(notice)) }
    }
}

/// What happens next.
enum Happening {
    Incoming(Result<Incoming, Ended>),
    Operation(Box<str>, Event),
    /// Nothing, so what was sent can be flushed.
    Calm,
    Time,
    Phase(Phase),
}

impl Session {
    pub(super) fn new(
        state: HttpState,
        (identity, expires_in): (Identity, Duration),
        bearer: Option<String>,
        caller: Caller,
        connection_id: RequestId,
        (seat, ending): (Seat, Ending),
    ) -> Self {
        let (renewal, _) = LiveCaller::begin(identity);
        let token = TokenTimes::new(expires_in, state.settings().live.expiry_notice);
        Self {
            state,
            caller,
            bearer,
            renewal,
            operations: Operations::default(),
            connection_id,
            ending,
            is_ending: false,
            token,
            asked_at: None,
            is_clients_turn: true,
            _seat: seat,
        }
    }

    /// Serves until the end.
    pub(super) async fn run(&mut self, wire: &mut Wire) -> Ended {
        match self.serve(wire).await {
            Ok(never) => match never {},
            Err(ended) => {
                // Nothing more is sent, so nothing need be worked out.
                self.operations.stop_all();
                ended
            }
        }
    }

    async fn serve(&mut self, wire: &mut Wire) -> Result<std::convert::Infallible, Ended> {
        if self.ending.phase() != Phase::Open {
            self.begin_to_end(wire).await?;
        }
        let mut alarm = Box::pin(sleep_until(self.next_alarm(wire)));
        loop {
            match self.next(wire, alarm.as_mut()).await {
                Happening::Incoming(incoming) => {
                    self.asked_at = None;
                    match incoming? {
                        Incoming::Message(message) => self.hear(wire, message).await?,
                        Incoming::Alive => {}
                    }
                    // A newer token may have brought something forward; what was put off is found out when it rings.
                    let due = self.next_alarm(wire);
                    if due < alarm.deadline() {
                        alarm.as_mut().reset(due);
                    }
                }
                Happening::Operation(id, event) => self.tell(wire, &id, event).await?,
                Happening::Calm => wire.flush().await?,
                Happening::Time => {
                    self.look_at_the_clock(wire).await?;
                    alarm.as_mut().reset(self.next_alarm(wire));
                }
                Happening::Phase(Phase::Open) => {}
                Happening::Phase(Phase::Closing) => self.begin_to_end(wire).await?,
                Happening::Phase(Phase::CutOff) => return Err(Ended::Gone("cut_off")),
            }
            if self.is_ending && self.operations.are_answered() {
                return Err(Ended::restart(&self.state));
            }
        }
    }

    async fn next(&mut self, wire: &mut Wire, alarm: Pin<&mut Sleep>) -> Happening {
        let Self { ending, operations, is_clients_turn, .. } = self;
        let traffic = poll_fn(|context| {
            // By turns, so that neither a busy client nor a busy subscription keeps the other from being heard.
            *is_clients_turn = !*is_clients_turn;
            let is_heard = !operations.is_busy();
            for clients in [*is_clients_turn, !*is_clients_turn] {
                if clients && is_heard {
                    if let Poll::Ready(incoming) = wire.poll_incoming(context) {
                        return Poll::Ready(Happening::Incoming(incoming));
                    }
                } else if !clients && let Poll::Ready((id, event)) = operations.poll_next(context) {
                    return Poll::Ready(Happening::Operation(id, event));
                }
            }
            if wire.is_dirty() { Poll::Ready(Happening::Calm) } else { Poll::Pending }
        });
        tokio::select! {
            biased;
            phase = ending.changed() => Happening::Phase(phase),
            () = alarm => Happening::Time,
            happening = traffic => happening,
        }
    }

    /// When to look at the clock next.
    fn next_alarm(&self, wire: &Wire) -> Instant {
        let interval = self.state.settings().live.ping_interval;
        let silence = self.asked_at.unwrap_or_else(|| wire.heard_at()) + interval;
        let token = self.token.notice_at.unwrap_or(self.token.ends_at);
        silence.min(token)
    }

    async fn look_at_the_clock(&mut self, wire: &mut Wire) -> Result<(), Ended> {
        let now = Instant::now();
        if now >= self.token.ends_at {
            return Err(Ended::close(Close::Forbidden, "The access token has expired"));
        }
        if self.token.notice_at.is_some_and(|at| now >= at) {
            self.token.notice_at = None;
            let payload = json!({ "code": "TOKEN_EXPIRING", "expiresAt": self.expires_at() });
            wire.send_text(message::signal("ping", &payload)).await?;
        }
        let interval = self.state.settings().live.ping_interval;
        if now >= wire.heard_at() + interval {
            match self.asked_at {
                // A client that we do not listen to cannot be heard.
                _ if self.operations.is_busy() => wire.excuse_silence(),
                Some(asked_at) if now >= asked_at + interval => return Err(Ended::Gone("silent")),
                Some(_) => {}
                None => {
                    self.asked_at = Some(now);
                    wire.ping().await?;
                }
            }
        }
        Ok(())
    }

    fn expires_at(&self) -> String {
        self.renewal.identity().expires_at.to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    /// This node stops: subscriptions end, and what is being answered is answered.
    async fn begin_to_end(&mut self, wire: &mut Wire) -> Result<(), Ended> {
        self.is_ending = true;
        self.operations.stop_subscriptions();
        wire.send_text(message::signal("ping", &reconnect(&self.state))).await
    }

    async fn hear(&mut self, wire: &mut Wire, message: ClientMessage) -> Result<(), Ended> {
        match message {
            ClientMessage::Init(_) => Err(Ended::close(Close::SecondInit, "Too many initialisation requests")),
            ClientMessage::Ping(payload) => {
                let answer = if credentials::has_token(payload.as_ref()) {
                    message::signal("pong", &self.renew(payload.as_ref()).await)
                } else {
                    message::PONG.to_owned()
                };
                wire.send_text(answer).await
            }
            ClientMessage::Pong(payload) if credentials::has_token(payload.as_ref()) => {
                let answer = self.renew(payload.as_ref()).await;
                wire.send_text(message::signal("pong", &answer)).await
            }
            ClientMessage::Pong(_) => Ok(()),
            ClientMessage::Subscribe { id, parameters } => self.begin(wire, id, *parameters).await,
            ClientMessage::Complete { id } => {
                self.operations.stop(&id);
                Ok(())
            }
        }
    }

    /// Starts an operation.
    async fn begin(&mut self, wire: &mut Wire, id: Box<str>, parameters: Parameters) -> Result<(), Ended> {
        if self.operations.contains(&id) {
            let id: Cow<'_, str> = if id.len() <= MAX_ID / 2 { (&*id).into() } else { "this id".into() };
            return Err(Ended::close(Close::DuplicateId, format!("Subscriber for {id} already exists")));
        }
        if self.is_ending {
            // It will be sent again, to another node.
            return Ok(());
        }
        let record = Record::new(&self.state, Transport::WebSocket, &self.connection_id);
        let limit = self.state.settings().live.max_operations;
        if self.operations.len() >= limit {
            let message = format!("A connection may have {limit} operations at a time.");
            let errors = json!([{
                "message": message,
                "extensions": { "code": "RATE_LIMITED", "requestId": record.request_id.as_str() },
            }]);
            return wire.send(message::error(&id, errors.to_string().as_bytes())).await;
        }
        let Parameters { query, operation_name, variables, extensions } = parameters;
        let call = Call {
            query,
            operation_name,
            variables,
            extensions,
            queries_only: false,
            bearer: self.bearer.clone(),
            caller: self.caller.clone(),
            request_id: record.request_id.clone(),
        };
        self.operations.start(&self.state, id, call, || self.renewal.caller(), record);
        Ok(())
    }

    async fn tell(&mut self, wire: &mut Wire, id: &str, event: Event) -> Result<(), Ended> {
        wire.send(match event {
            Event::Next(document) => message::next(id, &document),
            Event::Refused(document) => message::error(id, message::errors_of(&document)),
            Event::Complete => message::complete(id),
        })
        .await
    }

    /// Puts a newer token into effect; says what came of it.
    async fn renew(&mut self, payload: Option<&Map<String, Value>>) -> Value {
        let refused = |message: &str| json!({ "code": "TOKEN_REFUSED", "message": message });
        let credentials = match credentials::of_payload(payload, None, &self.caller, &self.connection_id) {
            Ok(credentials) => Credentials { request_id: RequestId::from(self.state.ids().next()), ..credentials },
            Err(problem) => return refused(&problem),
        };
        let bearer = credentials.bearer.clone();
        let Ok(Identified { identity, expires_in }) = self.state.service().identify(credentials).await else {
            return refused("The access token is not valid.");
        };
        match self.renewal.renew(identity) {
            Renewed::Stranger => refused("The access token is of another user or tenant."),
            Renewed::Older => refused("The access token ends no later than the one in effect."),
            Renewed::Yes => {
                self.bearer = bearer;
                self.token = TokenTimes::new(expires_in, self.state.settings().live.expiry_notice);
                json!({ "code": "TOKEN_RENEWED", "expiresAt": self.expires_at() })
            }
        }
    }
}
