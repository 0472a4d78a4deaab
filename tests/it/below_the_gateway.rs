//! Below the gateway: what somebody can do who has the database role of the API, or of an analyst, and SQL alone.
//!
//! Everything is driven by the catalogue: each table with a tenant, each partition, each view, each foreign key, each
//! function that the role may execute. [`fill`] puts a row of two tenants into every table, [`attacks`] goes for the
//! rows of one with the settings of the other, with none and with forged ones, [`keys`] tries to point foreign keys
//! across, and [`bounds`] tries to get out of the role. A table that is added tomorrow without protection is reported
//! tomorrow; the last tests of [`attacks`] prove that with a naked one.
//!
//! What a setting says is believed at this level: `app.tenant_id` and `app.user_id` are the identity. Who can set them
//! is the gateway, which takes them from a signed token; whoever has its password of the database is any tenant, one at
//! a time.

mod attacks;
mod bounds;
mod fill;
mod keys;

use tokio_postgres::{Client, SimpleQueryMessage};

use crate::app::TestApp;
use fill::Planted;

/// A database with a row of two tenants in every table, whose CHECKs are gone and whose triggers speak.
async fn planted() -> (TestApp, Planted, Planted) {
    let app = TestApp::empty().await;
    let (one, other) = fill::fill(&app).await;
    (app, one, other)
}

/// The cells of all rows of a statement.
fn cells(messages: &[SimpleQueryMessage]) -> Vec<Vec<String>> {
    let row = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|cell| row.get(cell).unwrap_or_default().to_owned()).collect())
        }
        _ => None,
    };
    messages.iter().filter_map(row).collect()
}

/// Rows that the statements have changed, as they report it themselves.
fn changed(messages: &[SimpleQueryMessage]) -> u64 {
    let count = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::CommandComplete(count) => *count,
        _ => 0,
    };
    messages.iter().map(count).sum()
}

/// A statement that is refused for a reason of the attack, not because the attack makes no sense.
fn is_well_meant(error: &tokio_postgres::Error) -> bool {
    use tokio_postgres::error::SqlState;
    const NONSENSE: [SqlState; 6] = [
        SqlState::SYNTAX_ERROR,
        SqlState::UNDEFINED_COLUMN,
        SqlState::UNDEFINED_TABLE,
        SqlState::UNDEFINED_FUNCTION,
        SqlState::DATATYPE_MISMATCH,
        SqlState::AMBIGUOUS_COLUMN,
    ];
    error.code().is_some_and(|code| !NONSENSE.contains(code))
}

/// Runs a statement that may be refused; what it gave otherwise.
async fn attempt(client: &Client, sql: &str) -> Option<Vec<SimpleQueryMessage>> {
    match client.simple_query(sql).await {
        Ok(messages) => Some(messages),
        Err(error) => {
            assert!(is_well_meant(&error), "{sql}: {error:?}");
            client.batch_execute("rollback").await.unwrap();
            None
        }
    }
}
