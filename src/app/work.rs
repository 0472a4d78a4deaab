//! `mostrador work`: background work in a process of its own, beside gateways that run with `--no-work`.

use std::sync::Arc;

use tokio::net::TcpListener;

use super::background::{self, BackgroundParts};
use super::connection::connect;
use super::database_access::DatabaseAccess;
use super::failure::Failure;
use super::signals::Signals;
use super::{encryption_keys, mail, migrations};
use crate::bus::{Bus, BusChoice, NatsBus, PostgresBus};
use crate::changes::{ChangeLog, Sequencer};
use crate::clock::{SharedClock, SystemClock};
use crate::config::Config;
use crate::db::{Database, DatabaseSettings, Listener};
use crate::http::work_probes;
use crate::ids::{SharedIds, SystemIds};
use crate::telemetry::jobs::JobMetrics;
use crate::telemetry::metrics::{Metrics, PoolStatus};
use crate::work::Crew;

/// Works until a signal asks to stop; a second signal cuts off what is still running.
///
/// # Errors
/// What keeps the workers from starting, and a database of our own that ended by itself.
pub async fn work(config: &Config) -> Result<(), Failure> {
    config.check()?;
    let mut signals = Signals::listen().map_err(|error| Failure::because("could not listen for signals", &error))?;
    let mut access = tokio::select! {
        access = DatabaseAccess::open_or_join(config) => access?,
        () = signals.next() => return Ok(()),
    };
    let worked = tokio::select! {
        started = start(config, &access) => match started {
            Ok(crew) => run(config, crew, &mut access, &mut signals).await,
            Err(failure) => Err(failure),
        },
        () = signals.next() => Ok(()),
    };
    let closed = access.close().await;
    tracing::info!("stopped");
    worked.and(closed)
}

async fn start(config: &Config, access: &DatabaseAccess) -> Result<Crew, Failure> {
    if access.is_ours() {
        migrations::run(&access.urls().owner).await?;
    } else {
        migrations::expect_none_pending(&connect(&access.urls().api).await?).await?;
    }
    let database = Database::new(&DatabaseSettings {
        url: access.urls().api.expose().to_owned(),
        pool_size: usize::try_from(config.pool_size).unwrap_or(usize::MAX),
        pool_timeout: config.pool_timeout(),
        statement_timeout: config.statement_timeout(),
    })
    .map_err(|problem| Failure::Configuration(format!("DATABASE_URL: {problem}")))?;
    let ids: SharedIds = Arc::new(SystemIds);
    let clock: SharedClock = Arc::new(SystemClock);
    let keys = encryption_keys::find(config, access.data_dir())?;
    let outbox = mail::outbox(config, keys.clone(), Arc::clone(&ids))?;
    let listener = Listener::new(database.clone());
    let bus: Arc<dyn Bus> = match &config.bus {
        BusChoice::Nats(url) => NatsBus::new(url, ids.next()),
        BusChoice::Postgres => PostgresBus::new(&listener),
    };
    let unregistered = |error| Failure::because("could not register the metrics", &error);
    let job_metrics = JobMetrics::new().map_err(unregistered)?;
    // What is written here is heard by watchers as soon as what gateways write.
    let sequencer = Sequencer::new(Arc::new(ChangeLog::new(database.clone())), Arc::clone(&bus));
    let mut workers = background::workers(BackgroundParts {
        config,
        data_dir: access.data_dir(),
        database: database.clone(),
        outbox,
        keys,
        ids,
        clock,
        bus,
        metrics: job_metrics.clone(),
    })?;
    workers.push(Box::new(sequencer));
    let metrics = Metrics::new(Box::new(move || {
        let (max, open, idle, waiting) = database.status();
        PoolStatus { max, open, idle, waiting }
    }));
    let metrics = metrics.map_err(unregistered)?;
    metrics.add(job_metrics).map_err(unregistered)?;
    if let Some(address) = config.jobs.work_listen {
        let socket = TcpListener::bind(address)
            .await
            .map_err(|error| Failure::because(format_args!("could not listen on {address}"), &error))?;
        // Ends with the process; nobody waits for it.
        tokio::spawn(work_probes::serve(socket, Arc::new(metrics)));
    }
    // Ends with the pool.
    tokio::spawn(async move { listener.run().await });
    tracing::info!("working");
    Ok(Crew::start(workers))
}

/// Works until the end, whichever comes first: a signal, a second one, or the database's.
async fn run(config: &Config, crew: Crew, access: &mut DatabaseAccess, signals: &mut Signals) -> Result<(), Failure> {
    tokio::select! {
        () = signals.next() => {}
        () = access.ended() => {
            return Err(Failure::Runtime(
                "PostgreSQL has ended by itself; server.log in the data folder says why".to_owned(),
            ));
        }
    }
    tracing::info!("stopping; a second signal stops at once");
    let grace = config.shutdown_grace();
    tokio::select! {
        is_complete = crew.stop(grace) => if !is_complete {
            // What is cut off here is done again when its lease is over.
            tracing::warn!(?grace, "background work was cut off because it took too long");
        },
        () = signals.next() => {}
    }
    Ok(())
}
