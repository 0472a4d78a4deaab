//! Logistics: who sees which vehicles and requests. [`model`] says it for random yards; [`below`] holds the database to it
//! on a bare connection, [`through`] the gateway with lists, counts, filters, relations and the change log. [`numbers`]
//! has many people ask at once.

mod below;
mod fill;
mod model;
mod numbers;
mod through;

use uuid::Uuid;

use crate::app::TestApp;
use model::Yard;

/// The seeds of so many random yards; `SEED=7` is that one alone.
fn seeds(count: u64) -> Vec<u64> {
    match std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => vec![seed],
        None => (0..count).collect(),
    }
}

/// A random yard as a business of its own beside those of the world.
async fn yard(seed: u64) -> (TestApp, Yard) {
    let app = TestApp::world().await;
    let tenant = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_00fe);
    let yard = Yard::random(tenant, seed);
    app.sql(&format!(
        "insert into tenants (id, name, email, status, slug, default_currency, timezone)
         values ('{tenant}', 'Yard', 'yard@yard.test', 'ACTIVE', 'yard', 'EUR', 'Europe/Madrid');
         {}",
        yard.sql()
    ))
    .await;
    (app, yard)
}
