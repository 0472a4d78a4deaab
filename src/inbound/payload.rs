//! Payloads as they came: stored once, with the job that works through them, and read again by it.

use chrono::{DateTime, Utc};
use entity::database::{DbError, Statements};
use entity::rows::Rows;
use entity::sql::{Bind, NullOf, Sql};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::event::{Event, Reading};
use super::{generic, whatsapp};
use crate::inbox::Channel;

/// The kind of the job that works through a payload; its own payload is `{"payloadId": "…"}`.
pub(super) const JOB: &str = "inbound_payload";

/// Payloads up to this size are read before they are stored, to know whose they are; in bytes. Nearly all are far below.
const MAX_READ_AT_ONCE: usize = 256 * 1024;

/// Of which form a payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// WhatsApp's own.
    Whatsapp,
    /// Ours.
    Generic,
}

impl Source {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Whatsapp => "WHATSAPP",
            Self::Generic => "GENERIC",
        }
    }

    /// Reads a payload of this form.
    #[must_use]
    pub fn read(self, channel: Channel, body: &[u8]) -> Reading {
        match self {
            Self::Whatsapp => whatsapp::read(body),
            Self::Generic => generic::read(channel, body),
        }
    }
}

/// A payload that is stored.
pub(super) struct Payload {
    pub(super) received_at: DateTime<Utc>,
    pub(super) source: Source,
    pub(super) channel: Channel,
    pub(super) body: Vec<u8>,
}

/// Stores a payload and queues its job, unless the same one is here already. One statement.
pub(super) async fn store(
    statements: &dyn Statements,
    tenant: Uuid,
    id: Uuid,
    (source, channel): (Source, Channel),
    body: &[u8],
) -> Result<(), DbError> {
    let mut sql = Sql::new();
    sql.push(
        "with stored as (insert into inbound_payloads (tenant_id, id, source, channel, content_hash, body) values (",
    );
    sql.bind(Bind::Uuid(tenant)).push(", ").bind(Bind::Uuid(id));
    sql.push(", ").bind(Bind::Text(source.as_str().to_owned()));
    sql.push(", ").bind(Bind::Text(channel.as_str().to_owned()));
    sql.push(", ").bind(Bind::Bytes(Sha256::digest(body).to_vec())).push(", ").bind(Bind::Bytes(body.to_vec()));
    sql.push(") on conflict (tenant_id, source, channel, content_hash) do nothing returning id) ");
    sql.push("select app.enqueue_job(kind => ").bind(Bind::Text(JOB.to_owned()));
    sql.push(", payload => jsonb_build_object('payloadId', id), lane => ");
    sql.bind(lane(source, channel, body).map_or(Bind::Null(NullOf::Text), Bind::Text)).push(") from stored");
    statements.rows(sql, false).await.map(drop)
}

/// Payloads about one person, or about one message, are worked through in the order in which they came. A lane is a
/// hash: jobs hold nothing about anybody.
fn lane(source: Source, channel: Channel, body: &[u8]) -> Option<String> {
    if body.len() > MAX_READ_AT_ONCE {
        return None;
    }
    let reading = source.read(channel, body);
    let of_message = reading.events.iter().find_map(|event| match event {
        Event::Message(message) => message.sender.addresses.first(),
        Event::Moved(moved) => moved.changes.first().map(|(old, _)| old),
        Event::Report(_) | Event::Template(_) => None,
    });
    let about = of_message.or_else(|| {
        reading.events.iter().find_map(|event| match event {
            Event::Report(report) => Some(&report.provider_id),
            _ => None,
        })
    })?;
    let digest = Sha256::new().chain_update(channel.as_str()).chain_update([0]).chain_update(about).finalize();
    let number = digest[..8].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    Some(format!("inbound:{number:016x}"))
}

/// Reads a payload that was not worked through yet.
pub(super) fn select(tenant: Uuid, id: Uuid) -> Sql {
    let mut sql = Sql::new();
    sql.push("select source, channel, body, (extract(epoch from created_at) * 1000000)::bigint from inbound_payloads");
    sql.push(" where processed_at is null and tenant_id = ").bind(Bind::Uuid(tenant));
    sql.push(" and id = ").bind(Bind::Uuid(id));
    sql
}

impl Payload {
    /// What [`select`] found; none when it was worked through, or is gone.
    pub(super) fn of(rows: &Rows) -> Result<Option<Self>, DbError> {
        if rows.is_empty() {
            return Ok(None);
        }
        let odd = || DbError::Fault("a stored payload is of no known form".into());
        let source = match rows.cell(0, 0) {
            Some(b"WHATSAPP") => Source::Whatsapp,
            Some(b"GENERIC") => Source::Generic,
            _ => return Err(odd()),
        };
        let channel = rows.text(0, 1).and_then(|name| channel_of(&name)).ok_or_else(odd)?;
        let received_at = rows.int8(0, 3).and_then(DateTime::from_timestamp_micros).ok_or_else(odd)?;
        Ok(Some(Self { received_at, source, channel, body: rows.cell(0, 2).unwrap_or_default().to_vec() }))
    }
}

/// The channel of a name, in any case and with hyphens for underscores.
pub(super) fn channel_of(name: &str) -> Option<Channel> {
    const ALL: [Channel; 7] = [
        Channel::Whatsapp,
        Channel::Call,
        Channel::Sms,
        Channel::Email,
        Channel::WebChat,
        Channel::Instagram,
        Channel::Messenger,
    ];
    let name = name.replace('-', "_").to_ascii_uppercase();
    ALL.into_iter().find(|channel| channel.as_str() == name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lane_of(event: serde_json::Value) -> Option<String> {
        let body = json!({ "events": [event] }).to_string();
        lane(Source::Generic, Channel::Sms, body.as_bytes())
    }

    #[test]
    fn what_is_about_the_same_person_or_message_shares_a_lane_that_says_nothing() {
        let from = |number: &str, id: &str| lane_of(json!({ "id": id, "from": { "address": number }, "text": "hi" }));
        assert_eq!(from("+34600111222", "1"), from("0034 600 111 222", "2"));
        assert_ne!(from("+34600111222", "1"), from("+34600111223", "1"));
        assert!(from("+34600111222", "1").is_some_and(|lane| !lane.contains("600111222")));
        let status = |id: &str, status: &str| lane_of(json!({ "type": "status", "messageId": id, "status": status }));
        assert_eq!(status("7", "SENT"), status("7", "READ"));
        assert_eq!(lane(Source::Generic, Channel::Sms, b"{"), None);
    }

    #[test]
    fn channels_are_found_as_they_stand_in_addresses() {
        assert_eq!(channel_of("web-chat"), Some(Channel::WebChat));
        assert_eq!(channel_of("SMS"), Some(Channel::Sms));
        assert_eq!(channel_of("telex"), None);
    }
}
