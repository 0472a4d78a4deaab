//! The change log: complete, in the order of commits, whoever writes and however long that takes.

mod logged;
mod order;
mod query;
mod reach;
mod retention;
mod writers;

use entity::database::Statements;
use mostrador::changes::{Change, ChangeFilter, ChangeLog, Cursor, LogError, Page};
use mostrador::db::{Actor, Mode, Scope, Transaction};
use uuid::Uuid;

use crate::app::TestApp;

/// A transaction that reads in the name of a tenant.
fn reading(app: &TestApp, tenant: Uuid) -> Transaction {
    let actor = Actor::tenant(tenant, Scope::ALL);
    Transaction::new(app.database.clone(), Mode::Read, actor, std::sync::Arc::default())
}

/// A page of a tenant's changes.
async fn page(app: &TestApp, tenant: Uuid, from: &Cursor, limit: u32) -> Result<Page, LogError> {
    filtered(app, tenant, from, &ChangeFilter::default(), limit).await
}

async fn filtered(
    app: &TestApp,
    tenant: Uuid,
    from: &Cursor,
    filter: &ChangeFilter,
    limit: u32,
) -> Result<Page, LogError> {
    let transaction = reading(app, tenant);
    let page = log(app).after(&transaction as &dyn Statements, (tenant, true), from, filter, limit).await;
    transaction.finish();
    page
}

/// All changes of a tenant behind a cursor.
async fn all(app: &TestApp, tenant: Uuid, from: &Cursor) -> Vec<Change> {
    let (mut changes, mut place) = (Vec::new(), from.clone());
    loop {
        let page = page(app, tenant, &place, 100).await.unwrap();
        changes.extend(page.changes);
        place = page.end;
        if !page.has_more {
            return changes;
        }
    }
}

/// Takes a round and gives the end of the log.
async fn head(app: &TestApp) -> Cursor {
    app.sequencer().take().await.unwrap();
    log(app).head().await.unwrap()
}

fn log(app: &TestApp) -> &ChangeLog {
    &app.services.changes
}

async fn tenant(app: &TestApp, slug: &str) -> Uuid {
    app.cell(&format!("select id from tenants where slug = '{slug}'")).await.parse().unwrap()
}
