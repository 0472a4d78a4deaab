//! WebSockets at `/graphql`, the protocol graphql-transport-ws: the way in.
//!
//! A socket is one task from its upgrade to its end: it enters here, and lives in `Session`.

mod session;
mod wire;

use std::time::Instant;

use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request};
use axum::http::header::UPGRADE;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};

use self::session::Session;
use self::wire::{Ended, Wire};
use super::close::Close;
use super::connections::{Ending, Place};
use super::credentials;
use super::message::{self, ClientMessage};
use crate::http::accept::MediaType;
use crate::http::error_document::Refusal;
use crate::http::observe::Opened;
use crate::http::service::{Answer, AnswerKind, Caller, Credentials, Identified, RequestId};
use crate::http::state::HttpState;
use crate::http::{caller, graphql};
use crate::telemetry::live::Transport;

/// The subprotocol we speak.
pub const SUBPROTOCOL: &str = "graphql-transport-ws";

/// How much is read from a socket at a time, in bytes. Each socket keeps a buffer of this size, and messages are small;
/// larger ones get their own.
const READ_BUFFER: usize = 1024;

/// How much is collected before it is written, in bytes.
const WRITE_BUFFER: usize = 8 * 1024;

/// Whether a request asks for a WebSocket.
pub(in crate::http) fn is_wanted(method: &Method, headers: &HeaderMap) -> bool {
    let upgrade = headers.get(UPGRADE).and_then(|value| value.to_str().ok());
    method == Method::GET && upgrade.is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

/// Opens a socket.
pub(in crate::http) async fn upgrade(state: HttpState, request_id: RequestId, request: Request) -> Response {
    let bearer = match graphql::bearer(request.headers()) {
        Ok(bearer) => bearer,
        Err(message) => return Refusal::Unauthenticated.response(&message, MediaType::Json, &request_id),
    };
    let caller = caller::of(state.settings(), &request);
    let (mut parts, _) = request.into_parts();
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => {
            tracing::debug!(%rejection, "no WebSocket");
            let message = "The request asks for a WebSocket, but not as RFC 6455 has it.";
            return Refusal::BadRequest.response(message, MediaType::Json, &request_id);
        }
    };
    let Some((place, ending)) = state.live().enter() else {
        let message = "There are as many open connections as there may be; try again later.";
        return Refusal::Unavailable.response(message, MediaType::Json, &request_id);
    };
    let limit = state.settings().live.max_message_bytes;
    let upgrade = upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(limit)
        .max_frame_size(limit);
    let is_ours = upgrade.selected_protocol().is_some();
    let entrance = Entrance { state, bearer, caller, request_id, place, ending };
    let mut response = upgrade.on_upgrade(move |socket| entrance.pass(socket, is_ours)).into_response();
    response.extensions_mut().insert(Opened);
    response
}

/// A socket of somebody who has not said who they are.
struct Entrance {
    state: HttpState,
    /// The token of the upgrade's own headers, which programs can set.
    bearer: Option<String>,
    caller: Caller,
    request_id: RequestId,
    place: Place,
    ending: Ending,
}

impl Entrance {
    async fn pass(self, socket: WebSocket, is_ours: bool) {
        let started = Instant::now();
        let (state, request_id) = (self.state.clone(), self.request_id.clone());
        let _counted = state.metrics().live().connection(Transport::WebSocket);
        let mut wire = Wire::new(socket, &state);
        let ended = if is_ours {
            match self.introduce(&mut wire).await {
                Ok(mut session) => session.run(&mut wire).await,
                Err(ended) => ended,
            }
        } else {
            Ended::close(Close::Subprotocol, "Subprotocol not acceptable: it is graphql-transport-ws")
        };
        let reason = wire.end(ended).await;
        state.metrics().live().closed(Transport::WebSocket, reason);
        tracing::info!(
            target: "mostrador::request",
            transport = Transport::WebSocket.as_str(),
            connection.id = request_id.as_str(),
            reason,
            duration_ms = (started.elapsed().as_secs_f64() * 1e6).round() / 1e3,
            received = wire.received(),
            sent = wire.sent(),
            "a socket has ended",
        );
    }

    /// Waits until the client has said who it is.
    async fn introduce(mut self, wire: &mut Wire) -> Result<Box<Session>, Ended> {
        let limit = self.state.settings().live.init_timeout;
        let payload = tokio::select! {
            payload = tokio::time::timeout(limit, introduction(wire)) => match payload {
                Ok(payload) => payload?,
                Err(_) => return Err(Ended::close(Close::InitTimeout, "Connection initialisation timeout")),
            },
            _ = self.ending.changed() => return Err(Ended::restart(&self.state)),
        };
        let credentials =
            credentials::of_payload(payload.as_ref(), self.bearer.as_deref(), &self.caller, &self.request_id)
                .map_err(|problem| Ended::close(Close::Forbidden, problem))?;
        let bearer = credentials.bearer.clone();
        let csrf_token = credentials.caller.csrf_token.clone();
        let Identified { identity, expires_in } = identify(&self.state, credentials).await?;
        let seat = self.place.sit(identity.tenant_id).ok_or_else(|| {
            Ended::close(Close::TryLater, "There are as many connections of this tenant as there may be")
        })?;
        // Over a socket no cookie can be set, so whoever would lose one must not be renewed here.
        self.caller.cookies.refresh = None;
        self.caller.csrf_token = csrf_token;
        self.caller.is_live = true;
        wire.send_text(message::ACKNOWLEDGED.to_owned()).await?;
        Ok(Box::new(Session::new(
            self.state,
            (identity, expires_in),
            bearer,
            self.caller,
            self.request_id,
            (seat, self.ending),
        )))
    }
}

type Payload = Option<serde_json::Map<String, serde_json::Value>>;

/// The payload of the introduction. Until then nothing is talked about but whether we are there.
async fn introduction(wire: &mut Wire) -> Result<Payload, Ended> {
    loop {
        match wire.receive().await? {
            ClientMessage::Init(payload) => return Ok(payload),
            ClientMessage::Ping(_) => wire.send_text(message::PONG.to_owned()).await?,
            ClientMessage::Pong(_) => {}
            ClientMessage::Subscribe { .. } | ClientMessage::Complete { .. } => {
                return Err(Ended::close(Close::Unauthorized, "Unauthorized"));
            }
        }
        wire.flush().await?;
    }
}

/// Who is behind credentials; why the socket is closed otherwise.
async fn identify(state: &HttpState, credentials: Credentials) -> Result<Identified, Ended> {
    state.service().identify(credentials).await.map_err(|Answer { kind, .. }| match kind {
        AnswerKind::Unavailable | AnswerKind::RateLimited(_) => {
            Ended::close(Close::TryLater, "It could not be found out who asks; try again later")
        }
        AnswerKind::Internal => Ended::close(Close::Internal, "Something went wrong on our side"),
        _ => Ended::close(Close::Forbidden, "Forbidden"),
    })
}
