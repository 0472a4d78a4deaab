//! Puts background work together, for `serve` and for `work`.

use std::path::Path;
use std::sync::Arc;

use super::failure::Failure;
use super::{files, mail, models, oauth};
use crate::assistants::ChatReply;
use crate::bus::Bus;
use crate::changes::Retention;
use crate::clock::SharedClock;
use crate::config::{Config, Switch};
use crate::db::Database;
use crate::ids::SharedIds;
use crate::inbound::InboundKeeper;
use crate::integrations::{self, TokenKeeper};
use crate::jobs::{JobKeeper, JobKind, JobWorker, JobWorkerParts, Pace};
use crate::logistics_systems::{self, Connections, DeskParts};
use crate::mail::Outbox;
use crate::outbound::{OutboundSettings, SendMessage, TestCredentials};
use crate::properties;
use crate::retrieval::{self, PageClient, RetrievalParts};
use crate::secrets::KeyRing;
use crate::support;
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
    let mut workers = workers::all(database.clone(), outbox.clone(), config.closed_tenant_days);
    workers.extend(mail::workers(config, data_dir, database, outbox, Arc::clone(&ids))?);
    workers.push(Box::new(InboundKeeper::new(tenancy.clone(), config.inbound_retention_days)));
    let kept_days = u32::try_from(config.change_retention_days).unwrap_or(u32::MAX);
    workers.push(Box::new(Retention::new(tenancy.clone(), kept_days)));
    let kept_days = i32::try_from(config.jobs.jobs_kept_days).unwrap_or(i32::MAX);
    workers.push(Box::new(JobKeeper::new(tenancy.clone(), kept_days)));

    let (file_workers, scan) = files::work(config, data_dir, &tenancy, Arc::clone(&clock))?;
    workers.extend(file_workers);

    let mut kinds =
        workers::job_kinds(&JobParts { tenancy: tenancy.clone(), ids: Arc::clone(&ids), keys: keys.clone() });
    kinds.push(scan);
    let systems = logistics_systems::job_kinds(DeskParts {
        tenancy: tenancy.clone(),
        accounts: Arc::new(Connections::new(tenancy.clone(), keys.clone())),
        clock: Arc::clone(&clock),
        ids: Arc::clone(&ids),
        settings: outbound_settings(config),
    });
    kinds.extend(systems.map_err(|problem| Failure::Runtime(format!("TMS and SLC cannot be called: {problem}")))?);
    let keeper = oauth::grants(config)?.map(|client| TokenKeeper::new(&tenancy, keys.clone(), client));
    workers.extend(integrations::workers(&tenancy, keeper.as_ref()));
    kinds.extend(integrations::job_kinds(keeper.as_ref()));
    let models = models::models(config)?;
    kinds.extend(support::job_kinds(&tenancy, &models.chat));
    kinds.extend(properties::job_kinds(&tenancy, &models.chat));
    let pages = PageClient::new(outbound_settings(config).is_private_allowed);
    kinds.extend(retrieval::job_kinds(RetrievalParts {
        tenancy: tenancy.clone(),
        ids: Arc::clone(&ids),
        embedder: Arc::clone(&models.embedder),
        files: files::store(config, data_dir)?,
        pages: pages.map_err(|problem| Failure::Runtime(format!("web pages cannot be fetched: {problem}")))?,
    }));
    kinds.push(Arc::new(ChatReply::new(&tenancy, models, Arc::clone(&bus), Arc::clone(&ids))));
    let tester = TestCredentials::new(&tenancy, keys.clone(), &outbound_settings(config));
    let tester = tester.map_err(|problem| Failure::Runtime(format!("credentials cannot be tested: {problem}")))?;
    kinds.push(Arc::new(tester) as Arc<dyn JobKind>);
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
