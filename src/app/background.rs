//! Puts background work together, for `serve` and for `work`.

use std::path::Path;
use std::sync::Arc;

use super::failure::Failure;
use super::mail;
use crate::bus::Bus;
use crate::changes::Retention;
use crate::clock::SharedClock;
use crate::config::{Config, Switch};
use crate::db::Database;
use crate::ids::SharedIds;
use crate::inbound::InboundKeeper;
use crate::jobs::{JobKeeper, JobKind, JobWorker, JobWorkerParts, Pace};
use crate::mail::Outbox;
use crate::outbound::{OutboundSettings, SendMessage};
use crate::secrets::KeyRing;
use crate::telemetry::jobs::JobMetrics;
use crate::work::{Tenancy, Worker};
use crate::workers::{self, JobParts};

/// What background work stands on.
pub(super) struct BackgroundParts<'a> {
    pub(super) config: &'a Config,
    /// The data folder, when there is one.
    pub(super) data_dir: Option<&'a Path>,
    pub(super) database: Database,
    pub(super) outbox: Outbox,
    pub(super) keys: KeyRing,
    pub(super) ids: SharedIds,
    pub(super) clock: SharedClock,
    pub(super) bus: Arc<dyn Bus>,
    pub(super) metrics: JobMetrics,
}

/// All workers but those that every gateway needs for its own sake.
///
/// # Errors
/// What is missing in the configuration or on this machine.
pub(super) fn workers(parts: BackgroundParts<'_>) -> Result<Vec<Box<dyn Worker>>, Failure> {
    let BackgroundParts { config, data_dir, database, outbox, keys, ids, clock, bus, metrics } = parts;
    let tenancy = Tenancy::new(database.clone());
    let mut workers = workers::all(database.clone(), outbox.clone());
    workers.extend(mail::workers(config, data_dir, database, outbox, Arc::clone(&ids))?);
    workers.push(Box::new(InboundKeeper::new(tenancy.clone(), config.inbound_retention_days)));
    let kept_days = u32::try_from(config.change_retention_days).unwrap_or(u32::MAX);
    workers.push(Box::new(Retention::new(tenancy.clone(), kept_days)));
    let kept_days = i32::try_from(config.jobs.jobs_kept_days).unwrap_or(i32::MAX);
    workers.push(Box::new(JobKeeper::new(tenancy.clone(), kept_days)));

    let mut kinds =
        workers::job_kinds(&JobParts { tenancy: tenancy.clone(), ids: Arc::clone(&ids), keys: keys.clone() });
    let sender = SendMessage::new(&tenancy, keys, clock, outbound_settings(config));
    let sender = sender.map_err(|problem| Failure::Runtime(format!("messages cannot be sent: {problem}")))?;
    kinds.push(Arc::new(sender) as Arc<dyn JobKind>);
    workers.push(Box::new(JobWorker::new(JobWorkerParts { tenancy, ids, kinds, bus, metrics, pace: pace(config) })));
    Ok(workers)
}

fn outbound_settings(config: &Config) -> OutboundSettings {
    OutboundSettings {
        timeout: config.jobs.outbound_timeout(),
        is_private_allowed: match config.jobs.outbound_private_addresses {
            Switch::On => true,
            Switch::Off => false,
            Switch::Auto => config.is_development(),
        },
        pretends: config.is_development(),
    }
}

fn pace(config: &Config) -> Pace {
    Pace {
        jobs_at_once: usize::try_from(config.jobs.jobs_at_once).unwrap_or(usize::MAX),
        // So that jobs can be given back before the process is cut off.
        drain: config.shutdown_grace().mul_f64(0.7),
        ..Pace::default()
    }
}
