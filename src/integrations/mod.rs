//! Connections to other systems, with their tokens and runs.
//!
//! A person lets us into an account elsewhere ([`connect`](IntegrationMutation)), a worker renews the token before it
//! expires, another one queues the syncs whose time has come, and a job exchanges contacts. Tokens are sealed and come
//! out of no API. Three failures in a row switch a connection off and say so: the database does that, for whoever
//! counts. The TMS and the SLC that transports are registered with are not connected here but in [`crate::logistics`].

mod connect;
mod contacts;
mod integration;
mod refresh;
mod schedule;
mod sync;
mod sync_log;
mod sync_settings;
mod tokens;

use std::sync::Arc;

use entity::Entity;
use entity::declare::{EntityDecl, VerbDecl};
use entity::roots::MadeQuery;

use crate::jobs::JobKind;
use crate::work::{Tenancy, Worker};

pub use connect::IntegrationMutation;
pub use integration::{Integration, IntegrationProvider};
pub use schedule::Schedule;
pub use sync::SyncIntegration;
pub use sync_log::SyncLog;
pub use sync_settings::IntegrationSyncSettings;
pub use tokens::{TokenKeeper, Unusable};

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![Integration::decl(), IntegrationSyncSettings::decl(), SyncLog::decl()]
}

/// The verbs of this domain.
pub fn verbs() -> Vec<&'static VerbDecl> {
    vec![]
}

/// The queries of this domain that are more than rows of an entity.
pub fn queries() -> Vec<&'static MadeQuery> {
    vec![]
}

/// The background workers of this domain; those that ask other systems only where some are configured.
#[must_use]
pub fn workers(tenancy: &Tenancy, keeper: Option<&TokenKeeper>) -> Vec<Box<dyn Worker>> {
    let Some(keeper) = keeper else { return Vec::new() };
    vec![Box::new(Schedule::new(tenancy)), Box::new(refresh::Refresh(keeper.clone()))]
}

/// The kinds of jobs of this domain.
#[must_use]
pub fn job_kinds(keeper: Option<&TokenKeeper>) -> Vec<Arc<dyn JobKind>> {
    keeper.map(|keeper| Arc::new(SyncIntegration::new(keeper.clone())) as Arc<dyn JobKind>).into_iter().collect()
}
