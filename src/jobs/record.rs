//! Jobs as administrators see them.

use chrono::{DateTime, Utc};
use entity::{AnyId, Choice, entity};

/// How far a job has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum JobState {
    /// Waits until it is due and its turn.
    Queued,
    /// Is being done.
    Running,
    /// Was done.
    Succeeded,
    /// Was given up; `retryJob` queues it again.
    Dead,
    /// Was called off; `retryJob` queues it again.
    Cancelled,
}

/// A piece of work that is done in the background, such as sending a message. Finished jobs are kept for some time.
#[entity(table = jobs, process = ADMINISTRATION, read = ADMIN, no_create, no_update, no_delete)]
pub struct Job {
    /// What kind of work it is, for instance send_message.
    #[field(read_only)]
    pub kind: String,
    /// How far it has come.
    #[field(read_only)]
    pub state: JobState,
    /// ID of what it is about, for instance of the message to be sent; null when it is about nothing in particular. It may
    /// be gone by now.
    #[field(
        sql = "(select left(e.key, -3) || '_' || e.value from jsonb_each_text(case jsonb_typeof({t}.payload) when 'object' then {t}.payload else '{}' end) e where e.key ~ '_id$' and e.value ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' order by e.key limit 1)"
    )]
    pub subject_id: Option<AnyId>,
    /// How often it was begun, the present time included; `retryJob` begins to count anew.
    #[field(read_only)]
    pub attempts: i32,
    /// When it may be begun at the earliest. While it is running: when somebody else begins anew unless whoever does it
    /// says that it goes on. Once it is finished: when that was.
    #[field(read_only)]
    pub run_at: DateTime<Utc>,
    /// Why the last attempt failed, as a code of capital letters; null when it did not.
    #[field(read_only)]
    pub last_error: Option<String>,
    /// When it was begun the last time; null when it never was.
    #[field(read_only)]
    pub started_at: Option<DateTime<Utc>>,
    /// When it was done, given up or called off; null while it is under way.
    #[field(read_only)]
    pub finished_at: Option<DateTime<Utc>>,
}
