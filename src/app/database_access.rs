//! The database of this installation: one that was named, or one of our own.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::connection::connect;
use super::failure::Failure;
use super::vectors;
use crate::config::Config;
use crate::config::secret::DatabaseUrl;
use crate::postgres::{self, LaunchError, Server, Settings};

/// The role that owns our own database.
const OWNER: &str = "mostrador_owner";
/// The role the gateway serves as; the migrations create it.
const API: &str = "mostrador_api";
/// The name of our own database.
const DATABASE: &str = "mostrador";
/// The file in the data folder that says how to reach the running database.
const URLS_FILE: &str = "database-urls.json";
/// How often a running server is looked at.
const WATCH_INTERVAL: Duration = Duration::from_millis(500);

/// The two ways into the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Urls {
    /// As the role that migrates and owns.
    pub owner: DatabaseUrl,
    /// As the role that serves.
    pub api: DatabaseUrl,
}

/// A database one can connect to.
#[derive(Debug)]
pub struct DatabaseAccess {
    urls: Urls,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// Named by DATABASE_URL.
    External,
    /// Ours, started by this process.
    Embedded(Box<Embedded>),
    /// Ours, started by another process of ours.
    Beside { data_dir: PathBuf },
}

#[derive(Debug)]
struct Embedded {
    server: Server,
    urls_file: PathBuf,
}

/// How [`URLS_FILE`] looks. Its URLs hold no password: the socket's folder is the lock.
#[derive(Serialize, Deserialize)]
struct UrlsFile {
    owner: String,
    api: String,
}

impl DatabaseAccess {
    /// The named database, or our own: started, and with its role and database made.
    ///
    /// # Errors
    /// Whatever keeps our own from starting; another gateway that runs with the same data folder
    /// is such a thing. A named database is not touched.
    pub async fn open(config: &Config) -> Result<Self, Failure> {
        match &config.database_url {
            Some(url) => Ok(Self::external(url, config.migrate_url.as_ref())),
            None => match start(config).await? {
                Ok(database) => Ok(database),
                Err(error) => Err(error.into()),
            },
        }
    }

    /// The same, but content to work beside a gateway that runs with the same data folder.
    ///
    /// # Errors
    /// As [`DatabaseAccess::open`], but for that.
    pub async fn open_or_join(config: &Config) -> Result<Self, Failure> {
        let Some(url) = &config.database_url else {
            return match start(config).await? {
                Ok(database) => Ok(database),
                Err(LaunchError::AlreadyRunning { pid, data_dir }) => {
                    let urls = read_urls(&data_dir.join(URLS_FILE));
                    let kind = Kind::Beside { data_dir: data_dir.clone() };
                    // Without the file the other gateway has only just begun to start.
                    urls.map(|urls| Self { urls, kind })
                        .ok_or_else(|| LaunchError::AlreadyRunning { pid, data_dir }.into())
                }
                Err(error) => Err(error.into()),
            };
        };
        Ok(Self::external(url, config.migrate_url.as_ref()))
    }

    fn external(url: &DatabaseUrl, migrate_url: Option<&DatabaseUrl>) -> Self {
        Self { urls: Urls { owner: migrate_url.unwrap_or(url).clone(), api: url.clone() }, kind: Kind::External }
    }

    /// The ways in.
    pub fn urls(&self) -> &Urls {
        &self.urls
    }

    /// Whether it is of our own making, and nobody else's to migrate.
    pub fn is_ours(&self) -> bool {
        !matches!(self.kind, Kind::External)
    }

    /// The data folder, when the database is ours.
    pub fn data_dir(&self) -> Option<&Path> {
        match &self.kind {
            Kind::External => None,
            Kind::Embedded(embedded) => Some(embedded.server.data_dir()),
            Kind::Beside { data_dir } => Some(data_dir),
        }
    }

    /// Returns when a server started by this process has ended by itself; never for others.
    pub async fn ended(&mut self) {
        let Kind::Embedded(embedded) = &mut self.kind else {
            return std::future::pending().await;
        };
        let mut interval = tokio::time::interval(WATCH_INTERVAL);
        loop {
            interval.tick().await;
            // What cannot be asked is taken for running: the next request will tell.
            if !embedded.server.is_running().unwrap_or(true) {
                return;
            }
        }
    }

    /// Stops a server started by this process, and waits for it.
    ///
    /// # Errors
    /// When it had to be killed.
    pub async fn close(self) -> Result<(), Failure> {
        let Kind::Embedded(embedded) = self.kind else {
            return Ok(());
        };
        drop(fs::remove_file(&embedded.urls_file));
        let stopping = tokio::task::spawn_blocking(move || embedded.server.stop());
        match stopping.await {
            Ok(stopped) => Ok(stopped?),
            Err(error) => Err(Failure::because("could not stop PostgreSQL", &error)),
        }
    }
}

/// Starts our own. The outer error is ours, the inner one the launcher's.
async fn start(config: &Config) -> Result<Result<DatabaseAccess, LaunchError>, Failure> {
    let settings = Settings { data_dir: config.data_dir.clone(), ..Settings::default() };
    let starting = tokio::task::spawn_blocking(move || postgres::start(&settings));
    let server = match starting.await {
        Ok(Ok(server)) => server,
        Ok(Err(error)) => return Ok(Err(error)),
        Err(error) => return Err(Failure::because("could not start PostgreSQL", &error)),
    };
    create_database(&parse(server.url("postgres", "postgres"))?).await?;
    vectors::install(&parse(server.url("postgres", DATABASE))?).await?;
    let urls = Urls { owner: parse(server.url(OWNER, DATABASE))?, api: parse(server.url(API, DATABASE))? };
    let urls_file = server.data_dir().join(URLS_FILE);
    write_urls(&urls_file, &urls)
        .map_err(|error| Failure::because(format_args!("could not write {}", urls_file.display()), &error))?;
    let embedded = Embedded { server, urls_file };
    let kind = Kind::Embedded(Box::new(embedded));
    Ok(Ok(DatabaseAccess { urls, kind }))
}

/// Makes the owner and its database, each when missing, as the superuser of our own server.
async fn create_database(superuser: &DatabaseUrl) -> Result<(), Failure> {
    let attempt = "could not prepare the new database";
    let client = connect(superuser).await?;
    let exists = |sql: &'static str, name: &'static str| {
        let client = &client;
        async move {
            let found = client.query_opt(sql, &[&name]).await;
            found.map(|row| row.is_some()).map_err(|error| Failure::because(attempt, &error))
        }
    };
    // The names are constants without anything to quote.
    let mut statements = Vec::new();
    if !exists("select 1 from pg_roles where rolname = $1", OWNER).await? {
        // CREATEROLE, because the migrations make the roles that serve.
        statements.push(format!("create role {OWNER} login createrole nobypassrls"));
    }
    if !exists("select 1 from pg_database where datname = $1", DATABASE).await? {
        statements.push(format!("create database {DATABASE} owner {OWNER}"));
    }
    for statement in statements {
        client.batch_execute(&statement).await.map_err(|error| Failure::because(attempt, &error))?;
    }
    Ok(())
}

fn parse(url: String) -> Result<DatabaseUrl, Failure> {
    // Never an error: the launcher escapes what it puts into a URL.
    url.parse().map_err(Failure::Runtime)
}

fn write_urls(path: &Path, urls: &Urls) -> std::io::Result<()> {
    let text =
        serde_json::to_string(&UrlsFile { owner: urls.owner.expose().to_owned(), api: urls.api.expose().to_owned() })?;
    fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}

fn read_urls(path: &Path) -> Option<Urls> {
    let file: UrlsFile = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    Some(Urls { owner: file.owner.parse().ok()?, api: file.api.parse().ok()? })
}
