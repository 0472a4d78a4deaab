//! Record sharing: where a business has switched it on, agents see and change only what is theirs, their team's, or
//! shared with them. [`model`] says who that is for random offices; [`below`] holds the database to it on a bare
//! connection, [`through`] the gateway, with lists, counts, filters, relations and mutations. [`ends`] looks at what is
//! about a record, but has no such rule itself.

mod below;
mod ends;
mod model;
mod through;

use uuid::Uuid;

use crate::app::TestApp;
use model::Office;

/// The seeds of so many random offices; `SEED=7` is that one alone.
fn seeds(count: u64) -> Vec<u64> {
    match std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => vec![seed],
        None => (0..count).collect(),
    }
}

/// A random office as a business of its own beside those of the world.
async fn office(seed: u64) -> (TestApp, Office) {
    let app = TestApp::world().await;
    let tenant = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_00ff);
    let office = Office::random(tenant, seed);
    app.sql(&format!(
        "insert into tenants (id, name, email, status, slug, default_currency, timezone)
         values ('{tenant}', 'Office', 'office@office.test', 'ACTIVE', 'office', 'EUR', 'Europe/Madrid');
         insert into contact_statuses (tenant_id, name, code) values ('{tenant}', 'Known', 'KNOWN');
         {}",
        office.sql()
    ))
    .await;
    (app, office)
}
