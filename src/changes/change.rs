//! One change, and a page of them.

use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::cursor::Cursor;
use super::snapshot::Snapshot;

/// What was written to one row.
#[derive(Clone, Debug)]
pub struct Change {
    /// The place right behind it.
    pub cursor: Cursor,
    /// When it was first seen to be committed.
    pub committed_at: DateTime<Utc>,
    /// Whose row.
    pub tenant: Uuid,
    /// The row's type, as the prefix of its IDs, for instance `conversation`.
    pub entity: String,
    /// The row.
    pub row: Uuid,
    /// What was done.
    pub kind: ChangeKind,
    /// Of an update: the columns that changed, and the relations whose links did, in `snake_case`.
    pub columns: Vec<String>,
    /// The row that it is part of; of a message, its conversation.
    pub parent: Option<Uuid>,
    /// Afterwards: the values of the columns that say whom the row concerns, where its table names such.
    pub routing: Option<Value>,
    /// Of an update: the earlier values of those of them that changed. Of a removed row: all.
    pub before: Option<Value>,
    /// Who did it; `None` for nobody in particular, and for staff of the platform.
    pub user: Option<Uuid>,
    /// The mutation that did it, or the worker; `None` for psql.
    pub mutation: Option<String>,
    /// Of a message: the id that its sender gave it.
    pub client_message_id: Option<Uuid>,
    /// Place within the round.
    pub seq: i64,
    /// The transaction.
    pub(super) xid: u64,
    /// The round to which it belongs.
    pub round: Arc<Round>,
}

/// A moment of the log; see the module's text.
#[derive(Debug, PartialEq, Eq)]
pub struct Round {
    /// Its number; rounds have no gaps.
    pub id: i64,
    /// When it was taken, in microseconds since 1970.
    pub(super) moment: i64,
    /// What it shows.
    pub snapshot: Snapshot,
    /// What the one before shows.
    pub base: Snapshot,
}

/// What was done to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// It was added.
    Insert,
    /// It was changed, or restored.
    Update,
    /// It was removed, or hidden as deleted.
    Delete,
}

impl FromStr for ChangeKind {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "INSERT" => Ok(Self::Insert),
            "UPDATE" => Ok(Self::Update),
            "DELETE" => Ok(Self::Delete),
            other => Err(format!("the change log has a kind {other}")),
        }
    }
}

/// Changes in a row.
#[derive(Clone, Debug)]
pub struct Page {
    /// In their order.
    pub changes: Vec<Change>,
    /// The place to go on from. It is behind the last change, and maybe behind others that were not asked for.
    pub end: Cursor,
    /// Whether there may be more behind it.
    pub has_more: bool,
}
