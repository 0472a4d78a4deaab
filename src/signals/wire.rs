//! How nodes tell each other signals: records of one length behind the sender's id, so that a batch is read without
//! ever trusting a length.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use uuid::Uuid;

use super::crowd::Status;
use super::rooms::Place;
use crate::bus::MOST_BYTES;

/// The form's version; others are not read.
const VERSION: u8 = 1;
const HEAD: usize = 1 + 16;
const RECORD: usize = 1 + 1 + 4 + 8 + 3 * 16;
/// Records of one message.
const MOST: usize = (MOST_BYTES - HEAD) / RECORD;

/// One thing that a node says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// I am new or was away: say again what holds.
    Hello,
    /// A user types, for so long unless it is said again.
    Typing { place: Place, user: Uuid, lease: Duration },
    /// A user answers, though not typing at this moment, for so long.
    Answering { place: Place, user: Uuid, lease: Duration },
    /// A user has a conversation open on this node, for so long.
    Viewing { place: Place, user: Uuid, lease: Duration },
    /// A user is connected to this node, for so long.
    Present { tenant: Uuid, user: Uuid, lease: Duration },
    /// A user has chosen a status, at a moment in milliseconds since 1970; the latest counts.
    Chosen { tenant: Uuid, user: Uuid, status: Status, at: i64 },
}

/// Messages that say all this.
pub(super) fn encode(node: Uuid, all: &[Said]) -> Vec<Bytes> {
    let message = |said: &[Said]| {
        let mut bytes = BytesMut::with_capacity(HEAD + RECORD * said.len());
        bytes.put_u8(VERSION);
        bytes.put_slice(node.as_bytes());
        for said in said {
            put(said, &mut bytes);
        }
        bytes.freeze()
    };
    all.chunks(MOST).map(message).collect()
}

/// The sender and what it says; `None` for what no node of this version has written.
pub(super) fn decode(message: &[u8]) -> Option<(Uuid, Vec<Said>)> {
    let (head, records) = message.split_at_checked(HEAD)?;
    let (version, node) = head.split_first()?;
    if *version != VERSION || records.len() % RECORD != 0 {
        return None;
    }
    let said: Option<Vec<_>> = records.chunks_exact(RECORD).map(get).collect();
    Some((Uuid::from_slice(node).ok()?, said?))
}

fn put(said: &Said, bytes: &mut BytesMut) {
    let nobody = Uuid::nil();
    let (tag, status, lease, at, [tenant, subject, user]) = match *said {
        Said::Hello => (0, Status::Offline, Duration::ZERO, 0, [nobody; 3]),
        Said::Typing { place, user, lease } => (1, Status::Offline, lease, 0, [place.tenant, place.conversation, user]),
        Said::Answering { place, user, lease } => {
            (2, Status::Offline, lease, 0, [place.tenant, place.conversation, user])
        }
        Said::Viewing { place, user, lease } => {
            (3, Status::Offline, lease, 0, [place.tenant, place.conversation, user])
        }
        Said::Present { tenant, user, lease } => (4, Status::Offline, lease, 0, [tenant, nobody, user]),
        Said::Chosen { tenant, user, status, at } => (5, status, Duration::ZERO, at, [tenant, nobody, user]),
    };
    bytes.put_u8(tag);
    bytes.put_u8(status as u8);
    bytes.put_u32(u32::try_from(lease.as_millis()).unwrap_or(u32::MAX));
    bytes.put_i64(at);
    for id in [tenant, subject, user] {
        bytes.put_slice(id.as_bytes());
    }
}

fn get(record: &[u8]) -> Option<Said> {
    let (tag, rest) = record.split_first()?;
    let (status, rest) = rest.split_first()?;
    let (lease, rest) = rest.split_first_chunk::<4>()?;
    let (at, rest) = rest.split_first_chunk::<8>()?;
    let mut ids = rest.chunks_exact(16).filter_map(|id| Uuid::from_slice(id).ok());
    let (tenant, conversation, user) = (ids.next()?, ids.next()?, ids.next()?);
    let place = Place { tenant, conversation };
    let lease = Duration::from_millis(u32::from_be_bytes(*lease).into());
    Some(match tag {
        0 => Said::Hello,
        1 => Said::Typing { place, user, lease },
        2 => Said::Answering { place, user, lease },
        3 => Said::Viewing { place, user, lease },
        4 => Said::Present { tenant, user, lease },
        5 => Said::Chosen { tenant, user, status: Status::of(*status)?, at: i64::from_be_bytes(*at) },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let node = Uuid::from_u128(9);
        let place = Place { tenant: Uuid::from_u128(1), conversation: Uuid::from_u128(2) };
        let (tenant, user, lease) = (place.tenant, Uuid::from_u128(3), Duration::from_millis(6_000));
        let all = [
            Said::Hello,
            Said::Typing { place, user, lease },
            Said::Answering { place, user, lease },
            Said::Viewing { place, user, lease },
            Said::Present { tenant, user, lease: Duration::ZERO },
            Said::Chosen { tenant, user, status: Status::Away, at: -7 },
        ];
        let messages = encode(node, &all);
        assert_eq!(messages.len(), 1);
        assert_eq!(decode(&messages[0]), Some((node, all.to_vec())));
        for length in 0..messages[0].len() {
            let read = decode(&messages[0][..length]);
            assert!(read.is_none_or(|(_, said)| said.len() < all.len()), "{length}");
        }
        let mut other = messages[0].to_vec();
        other[0] = 2;
        assert_eq!(decode(&other), None);
        let many = vec![all[1]; 1_000];
        let messages = encode(node, &many);
        assert!(messages.iter().all(|message| message.len() <= MOST_BYTES));
        assert_eq!(messages.iter().map(|message| decode(message).unwrap().1.len()).sum::<usize>(), 1_000);
    }
}
