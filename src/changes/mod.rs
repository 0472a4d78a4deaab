//! The change log: what was written to every entity, read in the order of commits.
//!
//! Triggers write it in the transaction of what they log (`app.logged` in the migrations), so every writer is logged and
//! none waits for anything. A sequence or a time as cursor would lose changes of transactions that commit late. So the
//! order is made afterwards: a *round* is a snapshot of the database that somebody kept, and a change belongs to the
//! first round that shows it. A transaction that commits late is in a later round than what was committed before, and
//! holds back nobody but itself. Within a round the order is that of [`Change::seq`], which follows the order of writes
//! for each row.
//!
//! What belongs here: cursors, reading, taking rounds, dropping what is old. Who gets which change is decided elsewhere.

mod change;
mod cursor;
mod log;
mod retention;
mod sequencer;
mod snapshot;

pub use change::{Change, ChangeKind, Page, Round};
pub use cursor::{Cursor, InvalidCursor};
pub use log::{ChangeFilter, ChangeLog, LogError};
pub use retention::Retention;
pub use sequencer::Sequencer;
pub use snapshot::Snapshot;
