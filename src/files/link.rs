//! The addresses under which bytes are brought and fetched. What one allows stands in it, sealed: whoever holds an
//! address has what it says until it expires, and can make no other.
//!
//! It is base64url of: the tenant, the upload or file, and the sealed rest. Where it is opened, row-level security still
//! asks whether the user it was made for may see the file, so taking something away works at once.

use async_graphql::Enum;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use entity::Choice;
use entity::database::DbError;
use uuid::Uuid;

use crate::secrets::{KeyRing, Place};

/// Longest address that is looked at, in bytes.
const MOST_BYTES: usize = 512;

/// What a file is fetched for.
// Both: no column has it, so the engine alone would not tell it to the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice, Enum)]
pub enum FileDisposition {
    /// To be shown within a page.
    View,
    /// To be kept.
    Download,
}

impl FileDisposition {
    /// As in `file_access_logs.action`.
    pub(super) const fn action(self) -> &'static str {
        match self {
            Self::View => "VIEW",
            Self::Download => "DOWNLOAD",
        }
    }

    /// As it is written in inputs.
    pub(super) fn of(text: &str) -> Self {
        if text == "VIEW" { Self::View } else { Self::Download }
    }
}

/// What an address allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) tenant: Uuid,
    /// The upload, or the file.
    pub(super) row: Uuid,
    pub(super) purpose: Purpose,
    pub(super) expires_at: DateTime<Utc>,
}

/// To do what, in whose name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A user brings the bytes of an upload.
    Upload { user: Uuid },
    /// A user fetches a file.
    Fetch { user: Uuid, disposition: FileDisposition },
    /// Somebody fetches a file that a share has opened.
    Shared { share: Uuid, disposition: FileDisposition },
}

impl Purpose {
    fn parts(self) -> (u8, Uuid) {
        match self {
            Self::Upload { user } => (0, user),
            Self::Fetch { user, disposition } => (1 + u8::from(disposition == FileDisposition::View), user),
            Self::Shared { share, disposition } => (3 + u8::from(disposition == FileDisposition::View), share),
        }
    }

    fn of(kind: u8, id: Uuid) -> Option<Self> {
        let disposition = if matches!(kind, 2 | 4) { FileDisposition::View } else { FileDisposition::Download };
        match kind {
            0 => Some(Self::Upload { user: id }),
            1 | 2 => Some(Self::Fetch { user: id, disposition }),
            3 | 4 => Some(Self::Shared { share: id, disposition }),
            _ => None,
        }
    }
}

impl Link {
    /// The address's last part.
    ///
    /// # Errors
    /// A fault when nothing can be sealed.
    pub(super) fn write(&self, keys: &KeyRing) -> Result<String, DbError> {
        let (kind, id) = self.purpose.parts();
        let mut clear = vec![kind];
        clear.extend_from_slice(id.as_bytes());
        clear.extend_from_slice(&self.expires_at.timestamp().to_be_bytes());
        let sealed = keys.seal(&place(self.tenant, self.row), &clear);
        let sealed = sealed.map_err(|error| DbError::Fault(error.to_string()))?;
        let mut bytes = self.tenant.as_bytes().to_vec();
        bytes.extend_from_slice(self.row.as_bytes());
        bytes.extend_from_slice(sealed.as_bytes());
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads the last part of an address; none when we did not make it. Whether its time is over is for the caller.
    pub(super) fn read(keys: &KeyRing, text: &str) -> Option<Self> {
        if text.len() > MOST_BYTES {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (tenant, rest) = bytes.split_first_chunk::<16>()?;
        let (row, sealed) = rest.split_first_chunk::<16>()?;
        let (tenant, row) = (Uuid::from_bytes(*tenant), Uuid::from_bytes(*row));
        let clear = keys.open(&place(tenant, row), sealed).ok()?;
        let (kind, rest) = clear.expose().split_first()?;
        let (id, seconds) = rest.split_first_chunk::<16>()?;
        let seconds = i64::from_be_bytes(seconds.try_into().ok()?);
        let purpose = Purpose::of(*kind, Uuid::from_bytes(*id))?;
        Some(Self { tenant, row, purpose, expires_at: DateTime::from_timestamp(seconds, 0)? })
    }
}

/// Sealed for no column, so that nothing stored opens as an address, and no address as something stored.
fn place(tenant: Uuid, row: Uuid) -> Place<'static> {
    Place { tenant, table: "stored_files", column: "address", row }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> KeyRing {
        "test:MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=".parse().unwrap()
    }

    fn links() -> impl Iterator<Item = Link> {
        let id = Uuid::from_u128(7);
        let purposes = [FileDisposition::View, FileDisposition::Download].into_iter().flat_map(move |disposition| {
            [Purpose::Fetch { user: id, disposition }, Purpose::Shared { share: id, disposition }]
        });
        purposes.chain([Purpose::Upload { user: id }]).map(|purpose| Link {
            tenant: Uuid::from_u128(1),
            row: Uuid::from_u128(2),
            purpose,
            expires_at: DateTime::from_timestamp(1_790_000_000, 0).unwrap(),
        })
    }

    #[test]
    fn an_address_says_what_was_written_into_it() {
        for link in links() {
            let text = link.write(&keys()).unwrap();
            assert_eq!(Link::read(&keys(), &text), Some(link), "{text}");
        }
    }

    #[test]
    fn an_address_that_we_did_not_make_says_nothing() {
        let mut links = links();
        let (one, other) = (links.next().unwrap(), links.next().unwrap());
        let text = one.write(&keys()).unwrap();
        // Every change of any letter.
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(changed == text || Link::read(&keys(), &changed).is_none_or(|read| read == one), "{at}");
        }
        let moved = Link { row: Uuid::from_u128(3), ..other }.write(&keys()).unwrap();
        assert_eq!(Link::read(&keys(), &format!("{}{}", &text[..43], &moved[43..])), None);
        for wrong in ["", "x", "AAAA", &text[1..], &"A".repeat(10_000)] {
            assert_eq!(Link::read(&keys(), wrong), None);
        }
    }
}
