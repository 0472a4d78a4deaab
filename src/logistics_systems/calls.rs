//! Signed calls, and what their answers have in common.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::signature::{Signed, sign};
use super::{Account, Failed, Registered, System};
use crate::clock::SharedClock;
use crate::ids::SharedIds;
use crate::outbound::https::{Answer, Https, NoAnswer};
use crate::outbound::retry_after;

const SIGNATURE: HeaderName = HeaderName::from_static("mostrador-signature");
const KEY: HeaderName = HeaderName::from_static("mostrador-key");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Longest code of a refusal that is taken.
const MAX_CODE: usize = 60;

/// Calls systems over HTTP.
#[derive(Clone)]
pub(super) struct Calls {
    pub(super) https: Https,
    pub(super) clock: SharedClock,
    pub(super) ids: SharedIds,
}

/// A call.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    /// What comes after the address of the system.
    pub(super) path: &'a [&'a str],
    /// None for what only asks.
    pub(super) body: Option<Value>,
    /// What makes all attempts at it one.
    pub(super) idempotency_key: Option<String>,
}

/// An answer that is about the order.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) status: StatusCode,
    /// None when it was no JSON.
    pub(super) json: Option<Value>,
}

impl Calls {
    pub(super) async fn call(&self, system: System, account: &Account, call: Call<'_>) -> Result<Said, Failed> {
        let mut url = account.base_url.clone();
        match url.path_segments_mut() {
            Ok(mut segments) => segments.pop_if_empty().extend(call.path),
            Err(()) => return Err(Failed::stopped(system, "ADDRESS_REFUSED")),
        };
        let body = call.body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let nonce = self.ids.next().simple().to_string();
        let signed = Signed {
            seconds: self.clock.now().timestamp(),
            nonce: &nonce,
            method: call.method.as_str(),
            path: url.path(),
            body: &body,
        };
        let headers = headers(account, &signed, call.idempotency_key.as_deref());
        let headers = headers.ok_or_else(|| Failed::stopped(system, "CREDENTIALS"))?;
        let answer = self.https.call(call.method, &url, headers, body).await;
        judge(system, answer, self.clock.now())
    }
}

/// What was asked of each kind of call, and what its answers mean; the same for both systems.
impl Calls {
    pub(super) async fn register(
        &self,
        system: System,
        account: &Account,
        call: Call<'_>,
        read: fn(&Said) -> Option<Registered>,
    ) -> Result<Registered, Failed> {
        let (path, reference) = (call.path, call.idempotency_key.clone());
        let said = self.call(system, account, call).await?;
        if said.status.is_success() {
            return match read(&said) {
                Some(registered) => Ok(registered),
                None if said.is_undecided() => Err(Failed::undecided(system)),
                None => Err(Failed::malformed(system)),
            };
        }
        // It may have the order already, under another key or another body than it remembers.
        if said.status == StatusCode::CONFLICT
            && let Some(reference) = reference
        {
            let path: Vec<&str> = path.iter().copied().chain([reference.as_str()]).collect();
            if let Some(registered) = self.find(system, account, &path, read).await? {
                return Ok(registered);
            }
        }
        Err(said.refusal())
    }

    pub(super) async fn find(
        &self,
        system: System,
        account: &Account,
        path: &[&str],
        read: fn(&Said) -> Option<Registered>,
    ) -> Result<Option<Registered>, Failed> {
        let call = Call { method: Method::GET, path, body: None, idempotency_key: None };
        let said = self.call(system, account, call).await?;
        if said.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        match read(&said).filter(|_| said.status.is_success()) {
            Some(registered) => Ok(Some(registered)),
            None if said.status.is_success() && said.is_undecided() => Err(Failed::undecided(system)),
            None => Err(Failed::malformed(system)),
        }
    }

    pub(super) async fn cancel(&self, system: System, account: &Account, call: Call<'_>) -> Result<(), Failed> {
        let said = self.call(system, account, call).await?;
        match said.status {
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(()),
            status if status.is_success() && said.is_undecided() => Err(Failed::undecided(system)),
            status if status.is_success() => Ok(()),
            _ if said.says("ALREADY_CANCELLED") => Ok(()),
            _ => Err(said.refusal()),
        }
    }
}

fn headers(account: &Account, signed: &Signed<'_>, idempotency_key: Option<&str>) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert(SIGNATURE, HeaderValue::from_str(&sign(account.secret.expose(), signed)?).ok()?);
    if let Some(key) = &account.key_id {
        headers.insert(KEY, HeaderValue::from_str(key).ok()?);
    }
    if let Some(key) = idempotency_key {
        headers.insert(IDEMPOTENCY_KEY, HeaderValue::from_str(key).ok()?);
    }
    Some(headers)
}

/// What is about the order goes on; what is about the system or the connection is a failure.
fn judge(system: System, answer: Result<Answer, NoAnswer>, now: DateTime<Utc>) -> Result<Said, Failed> {
    let answer = answer.map_err(|none| match none {
        NoAnswer::Refused => Failed::stopped(system, "ADDRESS_REFUSED"),
        NoAnswer::Unreachable | NoAnswer::Uncertain => Failed::outage(system, "NETWORK"),
        NoAnswer::TimedOut => Failed::outage(system, "TIMEOUT"),
    })?;
    let code = format!("{}_HTTP_{}", system.name(), answer.status.as_u16());
    let after: Option<Duration> = answer.retry_after.as_deref().and_then(|value| retry_after::read(value, now));
    match answer.status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Failed::stopped(system, "UNAUTHORIZED")),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::TOO_EARLY => Err(Failed::Later { code, after, is_outage: false }),
        StatusCode::REQUEST_TIMEOUT => Err(Failed::Later { code, after, is_outage: true }),
        status if status.is_server_error() => Err(Failed::Later { code, after, is_outage: true }),
        // No redirect is followed.
        status if status.is_redirection() || status.is_informational() => Err(Failed::Stopped { code }),
        status => Ok(Said { status, json: serde_json::from_slice(&answer.body).ok() }),
    }
}

impl Said {
    /// A text of the answer that is not empty and not endless.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let text = self.json.as_ref()?.get(name)?.as_str()?.trim();
        let is_good = !text.is_empty() && text.chars().count() <= 200 && !text.chars().any(char::is_control);
        is_good.then(|| text.to_owned())
    }

    /// Whether the system says that it is still thinking.
    pub(super) fn is_undecided(&self) -> bool {
        self.status == StatusCode::ACCEPTED || self.text("state").as_deref() == Some("PENDING")
    }

    /// Why it was refused: the code that the system gives, if it is one, else its status.
    pub(super) fn refusal(&self) -> Failed {
        let code = self.json.as_ref().and_then(|json| json.pointer("/error/code")).and_then(Value::as_str);
        let is_plain = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
        let code = code.filter(|code| !code.is_empty() && code.len() <= MAX_CODE && code.chars().all(is_plain));
        Failed::Refused { code: code.map_or_else(|| format!("HTTP_{}", self.status.as_u16()), str::to_owned) }
    }

    /// Whether the system refused with this code.
    pub(super) fn says(&self, code: &str) -> bool {
        self.refusal() == Failed::Refused { code: code.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(status: u16, body: &str) -> Result<Said, Failed> {
        let status = StatusCode::from_u16(status).unwrap();
        let answer = Answer { status, retry_after: Some("7".to_owned()), body: body.to_owned().into() };
        judge(System::Tms, Ok(answer), DateTime::UNIX_EPOCH)
    }

    #[test]
    fn troubles_are_tried_again_and_what_is_wrong_with_the_connection_stops() {
        let after = Some(Duration::from_secs(7));
        for (status, is_outage) in [(429, false), (425, false), (408, true), (500, true), (503, true)] {
            let code = format!("TMS_HTTP_{status}");
            assert_eq!(judged(status, "x").unwrap_err(), Failed::Later { code, after, is_outage }, "{status}");
        }
        for status in [401, 403] {
            assert_eq!(judged(status, "").unwrap_err(), Failed::Stopped { code: "TMS_UNAUTHORIZED".into() });
        }
        assert_eq!(judged(302, "").unwrap_err(), Failed::Stopped { code: "TMS_HTTP_302".into() });
    }

    #[test]
    fn a_refusal_is_told_by_a_code_and_never_in_the_words_of_the_other_side() {
        let said = judged(422, r#"{"error":{"code":"NO_ROUTE","message":"for Marta"}}"#).unwrap();
        assert!(said.says("NO_ROUTE"));
        for strange in [r#"{"error":{"code":"no route"}}"#, r#"{"error":"x"}"#, "<html>", ""] {
            assert!(judged(422, strange).unwrap().says("HTTP_422"), "{strange}");
        }
    }

    #[test]
    fn who_thinks_says_so() {
        assert!(judged(202, "").unwrap().is_undecided());
        assert!(judged(200, r#"{"state":"PENDING"}"#).unwrap().is_undecided());
        assert!(!judged(200, r#"{"state":"CANCELLED"}"#).unwrap().is_undecided());
    }
}
