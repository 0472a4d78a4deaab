//! Reading the log.

use std::fmt;
use std::sync::Arc;

use chrono::DateTime;
use entity::database::{DbError, Statements};
use entity::rows::Rows;
use entity::sql::{Bind, NullOf, Sql};
use tokio::sync::watch;
use uuid::Uuid;

use super::change::{Change, Page, Round};
use super::cursor::Cursor;
use super::snapshot::Snapshot;
use crate::db::{Actor, Counters, Database, Mode, Scope, Transaction};

/// Most changes of one page.
const MAX_PAGE: u32 = 1_000;

/// Which changes of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeFilter {
    /// Only rows of these types, as prefixes of IDs; `None` for all.
    pub entities: Option<Vec<String>>,
    /// Only this row, and rows that are part of it.
    pub parent: Option<Uuid>,
}

/// Why nothing can be read from a cursor.
#[derive(Clone, Debug, PartialEq)]
pub enum LogError {
    /// What comes behind it is not kept any more, or it is of another database: load everything again.
    ResyncRequired,
    /// It is no cursor of the log.
    Invalid,
    /// The database did not answer as it should.
    Database(DbError),
}

impl From<DbError> for LogError {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

impl From<super::InvalidCursor> for LogError {
    fn from(_: super::InvalidCursor) -> Self {
        Self::Invalid
    }
}

impl fmt::Display for LogError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ResyncRequired => formatter.write_str("what comes behind this cursor is not kept any more"),
            Self::Invalid => formatter.write_str("this is not a cursor of the change log"),
            Self::Database(error) => write!(formatter, "{error:?}"),
        }
    }
}

impl std::error::Error for LogError {}

/// The change log of the database.
pub struct ChangeLog {
    database: Database,
    newest: watch::Sender<i64>,
}

impl ChangeLog {
    /// The log in this database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self { database, newest: watch::Sender::new(0) }
    }

    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    /// The number of the newest round that this node has heard of, from its [`Sequencer`](super::Sequencer) or another
    /// node's; 0 before it has heard of any. When it rises, there is something new to read.
    #[must_use]
    pub fn rounds(&self) -> watch::Receiver<i64> {
        self.newest.subscribe()
    }

    /// There is a round of this number.
    pub(super) fn heard_of(&self, round: i64) {
        self.newest.send_if_modified(|newest| {
            let is_newer = round > *newest;
            *newest = round.max(*newest);
            is_newer
        });
    }

    /// The place behind all changes that have a round.
    ///
    /// # Errors
    /// What the database said.
    pub async fn head(&self) -> Result<Cursor, LogError> {
        let transaction = self.transaction();
        let rows = transaction.rows(place_sql("null"), true).await?;
        transaction.finish();
        place(&rows)
    }

    /// The place behind all changes that the snapshot of these statements shows, whether they have a round or not.
    /// `last` as in [`Statements::rows`].
    ///
    /// # Errors
    /// What the database said.
    pub async fn here(&self, statements: &dyn Statements, last: bool) -> Result<Cursor, LogError> {
        place(&statements.rows(place_sql("pg_current_snapshot()::text"), last).await?)
    }

    /// A page of a tenant's changes behind a cursor, read by statements that act in that tenant. One statement; `last` as
    /// in [`Statements::rows`].
    ///
    /// # Errors
    /// [`LogError::ResyncRequired`], and what the database said.
    pub async fn after(
        &self,
        statements: &dyn Statements,
        (tenant, last): (Uuid, bool),
        from: &Cursor,
        filter: &ChangeFilter,
        limit: u32,
    ) -> Result<Page, LogError> {
        let mut sql = Sql::new();
        sql.push("select * from app.changes_after(").bind(Bind::Uuid(tenant)).push(", ");
        sql.bind(filter.entities.clone().map_or(Bind::Null(NullOf::Text), Bind::Texts)).push("::text[], ");
        sql.bind(filter.parent.map_or(Bind::Null(NullOf::Uuid), Bind::Uuid)).push(", ");
        let limit = push_place(&mut sql, from, limit);
        page(&statements.rows(sql, last).await?, from, limit)
    }

    /// A page of the changes of all tenants behind a cursor. One statement.
    ///
    /// # Errors
    /// [`LogError::ResyncRequired`], and what the database said.
    pub async fn tail(&self, from: &Cursor, limit: u32) -> Result<Page, LogError> {
        let mut sql = Sql::new();
        sql.push("select * from app.all_changes_after(");
        let limit = push_place(&mut sql, from, limit);
        let transaction = self.transaction();
        let rows = transaction.rows(sql, true).await?;
        transaction.finish();
        page(&rows, from, limit)
    }

    /// For what is of no tenant.
    fn transaction(&self) -> Transaction {
        let actor = Actor::tenant(Uuid::nil(), Scope::default());
        Transaction::new(self.database.clone(), Mode::Read, actor, Arc::new(Counters::default()))
    }
}

fn place_sql(seen: &str) -> Sql {
    let mut sql = Sql::new();
    sql.push("select l.id, r.id, app.microseconds(r.taken_at), ").push(seen);
    sql.push(" from app.change_log l, (select id, taken_at from app.change_rounds order by id desc limit 1) r");
    sql
}

fn place(rows: &Rows) -> Result<Cursor, LogError> {
    let unread = || DbError::Fault("the change log was never opened".into());
    if rows.is_empty() {
        return Err(unread().into());
    }
    let log = rows.uuid(0, 0).map(Cursor::log_of).ok_or_else(unread)?;
    let (round, moment) = rows.int8(0, 1).zip(rows.int8(0, 2)).ok_or_else(unread)?;
    let seen = rows.text(0, 3).map(|text| text.parse().map(Arc::new)).transpose().map_err(|_| unread())?;
    Ok(Cursor { log, round, moment, seq: i64::MAX, seen })
}

/// Adds the arguments that both functions end in; gives the number of changes asked for.
fn push_place(sql: &mut Sql, from: &Cursor, limit: u32) -> usize {
    let limit = limit.clamp(1, MAX_PAGE);
    let seen = from.seen.as_ref().map_or(Bind::Null(NullOf::Text), |seen| Bind::Text(seen.to_string()));
    sql.bind(Bind::BigInt(from.round)).push(", ").bind(Bind::BigInt(from.moment)).push(", ");
    sql.bind(Bind::BigInt(from.seq)).push(", ").bind(seen).push("::text::pg_snapshot, ");
    sql.bind(Bind::Int(limit.cast_signed())).push(")");
    limit as usize
}

/// Reads what the functions give: first the log itself, then the changes.
fn page(rows: &Rows, from: &Cursor, limit: usize) -> Result<Page, LogError> {
    let odd = || DbError::Fault("the change log was not read as it is written".into());
    if rows.is_empty() || rows.uuid(0, 0).map(Cursor::log_of) != Some(from.log) {
        return Err(LogError::ResyncRequired);
    }
    let Some((reached, moment)) = rows.int8(0, 2).zip(rows.int8(0, 3)) else { return Err(LogError::ResyncRequired) };
    let head = rows.int8(0, 1).ok_or_else(odd)?;
    let is_cut = rows.len() > limit + 1;
    let (mut changes, mut round): (Vec<Change>, Option<Arc<Round>>) = (Vec::new(), None);
    let mut place = from.clone();
    for row in 1..rows.len().min(limit + 1) {
        if let Some(snapshot) = rows.text(row, 4) {
            let (id, moment) = rows.int8(row, 2).zip(rows.int8(row, 3)).ok_or_else(odd)?;
            let snapshot = snapshot.parse().map_err(|_| odd())?;
            let base = rows.text(row, 5).ok_or_else(odd)?.parse().map_err(|_| odd())?;
            round = Some(Arc::new(Round { id, moment, snapshot, base }));
        }
        let mut change = change(rows, row, round.as_ref().ok_or_else(odd)?, from.log).ok_or_else(odd)?;
        place = place.moved_to(&change);
        change.cursor = place.clone();
        changes.push(change);
    }
    let end = if is_cut {
        place
    } else {
        let snapshot: Snapshot = rows.text(0, 4).ok_or_else(odd)?.parse().map_err(|_| odd())?;
        place.moved_to_end_of(reached, moment, &snapshot)
    };
    Ok(Page { changes, end, has_more: is_cut || reached < head })
}

fn change(rows: &Rows, row: usize, round: &Arc<Round>, log: u64) -> Option<Change> {
    let json = |cell| {
        // The first byte is the version of PostgreSQL's binary form.
        rows.cell(row, cell).and_then(|bytes| serde_json::from_slice(bytes.get(1..)?).ok())
    };
    let (seq, moment) = (rows.int8(row, 6)?, round.moment);
    Some(Change {
        cursor: Cursor { log, round: round.id, moment, seq, seen: None },
        committed_at: DateTime::from_timestamp_micros(moment)?,
        tenant: rows.uuid(row, 8)?,
        entity: rows.text(row, 9)?,
        row: rows.uuid(row, 10)?,
        kind: rows.text(row, 11)?.parse().ok()?,
        columns: rows
            .cell(row, 12)
            .map_or_else(|| Some(Vec::new()), |bytes| serde_json::from_slice(bytes.get(1..)?).ok())?,
        parent: rows.uuid(row, 13),
        routing: json(14),
        before: json(15),
        user: rows.uuid(row, 16),
        mutation: rows.text(row, 17),
        client_message_id: rows.uuid(row, 18),
        seq,
        xid: u64::try_from(rows.int8(row, 7)?).ok()?,
        round: Arc::clone(round),
    })
}
