//! `mostrador serve`: start-up, service, and the end.
//!
//! In order: the port (a second gateway is told so before it does anything), the secret, the
//! database, the schema, the socket. Whatever happens after the database of our own has started,
//! it is stopped before we return; and should we be killed, it ends by itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::background::{self, BackgroundParts};
use super::connection::connect;
use super::database_access::DatabaseAccess;
use super::dev_logins::DemoLogins;
use super::failure::Failure;
use super::files::FileService;
use super::signals::Signals;
use super::webhooks::WebhookDoor;
use super::{
    accounts, banner, demo, descriptors, encryption_keys, files, mail, migrations, models, oauth, output, signing_keys,
    vectors,
};
use crate::bus::{BusChoice, NatsBus};
use crate::changes::Sequencer;
use crate::clock::{SharedClock, SystemClock};
use crate::config::Config;
use crate::db::{Database, DatabaseSettings};
use crate::graphql::documents::Documents;
use crate::graphql::{Gateway, GatewayParts, schema};
use crate::http::files::Files;
use crate::http::live::connections::LiveConnections;
use crate::http::routes::router;
use crate::http::server::{self, Drained};
use crate::http::service::{DevLogins, GraphqlService, Login, SignedIn};
use crate::http::state::{HttpParts, HttpSettings};
use crate::http::webhooks::Webhooks;
use crate::ids::{SharedIds, SystemIds};
use crate::request::Services;
use crate::telemetry::jobs::JobMetrics;
use crate::telemetry::metrics::{Metrics, PoolStatus};
use crate::token::Tokens;
use crate::work::{Crew, Worker};

/// Serves until a signal asks to stop; a second signal cuts off what is still running.
///
/// # Errors
/// What keeps the gateway from starting, and a database of our own that ended by itself.
pub async fn serve(config: &Config, does_work: bool) -> Result<(), Failure> {
    config.check()?;
    let mut signals = Signals::listen().map_err(|error| Failure::because("could not listen for signals", &error))?;
    let listener = bind(config.listen).await?;
    let mut access = tokio::select! {
        access = DatabaseAccess::open(config) => access?,
        () = signals.next() => return Ok(()),
    };
    let served = tokio::select! {
        started = start(config, &access, &listener, does_work) => match started {
            Ok(started) => run(config, started, listener, &mut access, &mut signals).await,
            Err(failure) => Err(failure),
        },
        () = signals.next() => Ok(()),
    };
    let closed = access.close().await;
    tracing::info!("stopped");
    served.and(closed)
}

/// A gateway ready to serve.
struct Started {
    router: Router,
    /// The connections that stay open.
    live: Arc<LiveConnections>,
    /// What to print on a developer's terminal.
    banner: Option<String>,
    /// The background workers.
    crew: Crew,
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        if error.kind() == std::io::ErrorKind::AddrInUse {
            return Failure::Runtime(format!(
                "{address} is taken by another program, perhaps another gateway: stop it, \
                 or set LISTEN to another port"
            ));
        }
        Failure::because(format_args!("could not listen on {address}"), &error)
    })
}

async fn start(
    config: &Config,
    access: &DatabaseAccess,
    listener: &TcpListener,
    does_work: bool,
) -> Result<Started, Failure> {
    let clock: SharedClock = Arc::new(SystemClock);
    let tokens = Arc::new(Tokens::new(signing_keys::find(config, access.data_dir())?, Arc::clone(&clock)));
    prepare(config, access).await?;

    let database = Database::new(&DatabaseSettings {
        url: access.urls().api.expose().to_owned(),
        pool_size: usize::try_from(config.pool_size).unwrap_or(usize::MAX),
        pool_timeout: config.pool_timeout(),
        statement_timeout: config.statement_timeout(),
    })
    .map_err(|problem| Failure::Configuration(format!("DATABASE_URL: {problem}")))?;
    let ids: SharedIds = Arc::new(SystemIds);
    let keys = encryption_keys::find(config, access.data_dir())?;
    let oauth = oauth::service(config, keys.clone(), Arc::clone(&clock))?;
    let outbox = mail::outbox(config, keys.clone(), Arc::clone(&ids))?;
    let mut services =
        Services::new(database.clone(), Arc::clone(&tokens), Arc::clone(&ids), Arc::clone(&clock), outbox.clone());
    services.oauth = oauth;
    services.grants = oauth::grants(config)?;
    services.models = models::models(config)?;
    services.passwords = Arc::new(accounts::passwords(config));
    services.session_terms = accounts::session_terms(config);
    if let BusChoice::Nats(url) = &config.bus {
        services.use_bus(NatsBus::new(url, services.ids.next()));
    }
    services.files = files::store(config, access.data_dir())?;
    let services = Arc::new(services);
    let served_files: Arc<dyn Files> = Arc::new(FileService::new(&services));
    let unregistered = |error| Failure::because("could not register the metrics", &error);
    let job_metrics = JobMetrics::new().map_err(unregistered)?;
    let sequencer = Sequencer::new(Arc::clone(&services.changes), Arc::clone(&services.bus));
    let mut workers: Vec<Box<dyn Worker>> = vec![Box::new(sequencer)];
    if does_work {
        workers.extend(background::workers(BackgroundParts {
            config,
            data_dir: access.data_dir(),
            database: database.clone(),
            outbox,
            keys,
            ids: Arc::clone(&ids),
            clock,
            bus: Arc::clone(&services.bus),
            metrics: job_metrics.clone(),
        })?);
    }
    let webhooks: Arc<dyn Webhooks> = Arc::new(WebhookDoor::new(&services)?);
    // Ends with the pool.
    drop(services.listen());
    let gateway = Gateway::new(GatewayParts {
        schema: schema::build(),
        documents: Documents::new(config.limits(), config.document_cache_bytes),
        services,
    });
    let metrics = Metrics::new(Box::new(move || {
        let (max, open, idle, waiting) = database.status();
        PoolStatus { max, open, idle, waiting }
    }))
    .map_err(unregistered)?;
    metrics.add(job_metrics).map_err(unregistered)?;
    let logins = config.is_development().then(|| DemoLogins::new(access.urls().api.clone(), tokens));
    let address = listener.local_addr().map_err(|error| Failure::because("could not read the port", &error))?;
    let banner = match &logins {
        Some(logins) => Some(banner::banner(config, address, first_login(logins).await.as_ref())),
        None => None,
    };
    if config.is_development() && !address.ip().is_loopback() {
        tracing::warn!(
            %address,
            "anybody who reaches this address can sign in without a password: set ENVIRONMENT to production"
        );
    }
    descriptors::raise_limit(config.live.live_max_connections);
    let live_settings = config.live.settings();
    let live = LiveConnections::new(&live_settings);
    let router = router(HttpParts {
        service: Arc::new(gateway) as Arc<dyn GraphqlService>,
        dev_logins: logins.map(|logins| Arc::new(logins) as Arc<dyn DevLogins>),
        webhooks: Some(webhooks),
        files: Some(served_files),
        metrics: Arc::new(metrics),
        ids,
        live: Arc::clone(&live),
        settings: HttpSettings {
            body_limit_bytes: usize::try_from(config.body_limit_bytes).unwrap_or(usize::MAX),
            request_timeout: config.request_timeout(),
            upload_timeout: config.files.upload_timeout(),
            cors_origins: config.cors_origins.clone(),
            graphiql: config.is_graphiql_on(),
            secure_cookies: config.has_secure_cookies(),
            trusted_proxies: config.trusted_proxies.clone(),
            live: live_settings,
        },
    });
    tracing::info!(%address, "serving");
    Ok(Started { router, live, banner, crew: Crew::start(workers) })
}

/// Brings a database of our own up to date and fills it when it is empty; refuses a named one
/// that is not up to date, because only its operators know when it may change.
async fn prepare(config: &Config, access: &DatabaseAccess) -> Result<(), Failure> {
    if !access.is_ours() {
        return migrations::expect_none_pending(&connect(&access.urls().api).await?).await;
    }
    let owner = &access.urls().owner;
    for name in migrations::run(owner).await? {
        tracing::info!(migration = name, "migrated");
    }
    if config.is_development() && is_empty(&connect(owner).await?).await? {
        let summary = demo::load(owner, 1, &SystemClock, true).await?;
        files::keep_demo(&files::store(config, access.data_dir())?, &summary).await?;
        tracing::info!(%summary, "loaded the demo data");
    }
    vectors::index(owner, config).await;
    Ok(())
}

async fn is_empty(client: &tokio_postgres::Client) -> Result<bool, Failure> {
    let row = client
        .query_one("select not exists (select from tenants)", &[])
        .await
        .map_err(|error| Failure::because("could not look for tenants", &error))?;
    Ok(row.get(0))
}

/// A login for the banner. A database without demo users, or a slow one, is no reason not to serve.
async fn first_login(logins: &DemoLogins) -> Option<(Login, SignedIn)> {
    let login = logins.list().await.ok()?.into_iter().next()?;
    let signed_in = logins.token(&login.tenant, &login.email).await.ok()??;
    Some((login, signed_in))
}

/// Serves until the end, whichever comes first: a signal, a second one, or the database's.
async fn run(
    config: &Config,
    started: Started,
    listener: TcpListener,
    access: &mut DatabaseAccess,
    signals: &mut Signals,
) -> Result<(), Failure> {
    let grace = config.shutdown_grace();
    let crew = started.crew;
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async {
        // The sender is dropped only with this whole function.
        let _ = stopped.await;
    };
    let mut serving = std::pin::pin!(server::serve(listener, started.router, &started.live, shutdown, grace));
    let mut stop = Some(stop);
    if let Some(banner) = started.banner {
        // Whoever closed our standard output does not want to read it.
        drop(output::print(&banner));
    }
    loop {
        tokio::select! {
            drained = &mut serving => {
                if drained == Drained::CutOff {
                    tracing::warn!(?grace, "requests were cut off because they took too long");
                }
                // What is cut off here is done again when its lease is over.
                if !crew.stop(grace).await {
                    tracing::warn!(?grace, "background work was cut off because it took too long");
                }
                return Ok(());
            }
            () = signals.next() => match stop.take() {
                Some(stop) => {
                    tracing::info!("stopping; a second signal stops at once");
                    let _ = stop.send(());
                }
                None => return Ok(()),
            },
            () = access.ended() => {
                return Err(Failure::Runtime(
                    "PostgreSQL has ended by itself; server.log in the data folder says why".to_owned(),
                ));
            }
        }
    }
}

/// How long the process may take to end after the last word, for threads that are still busy.
pub const LAST_WORD: Duration = Duration::from_secs(40);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_named() {
        let first = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = first.local_addr().unwrap();
        let failure = bind(address).await.unwrap_err().to_string();
        assert!(failure.starts_with(&format!("{address} is taken")), "{failure}");
    }
}
