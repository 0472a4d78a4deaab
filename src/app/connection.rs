//! Single connections, for the moments when there is no pool: start-up and commands.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, NoTls, Row};
use uuid::Uuid;

use super::failure::{Failure, chain};
use crate::config::secret::DatabaseUrl;

/// How long a database may take to answer a new connection.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Connects. The connection ends when the client is dropped.
///
/// # Errors
/// Names the database (without a password) and what it said.
pub async fn connect(url: &DatabaseUrl) -> Result<Client, Failure> {
    let place = Place::of(url);
    let connecting = tokio_postgres::connect(url.expose(), NoTls);
    match tokio::time::timeout(TIMEOUT, connecting).await {
        Ok(Ok((client, connection))) => {
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(error = chain(&error), "a connection to the database ended");
                }
            });
            Ok(client)
        }
        Ok(Err(error)) => Err(Failure::because(format_args!("could not connect to the database {place}"), &error)),
        Err(_) => Err(Failure::Runtime(format!("the database {place} did not answer within {} s", TIMEOUT.as_secs()))),
    }
}

/// The id in the first column, which travels as text: the driver's own UUIDs are a feature that nothing else here needs.
pub(in crate::app) fn id_of(row: &Row) -> Option<Uuid> {
    row.get::<_, &str>(0).parse().ok()
}

/// Which database a URL means, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(String);

impl Place {
    /// Reads the place from a URL.
    pub fn of(url: &DatabaseUrl) -> Self {
        // Never an error: the URL was parsed when it was configured.
        let config = Config::from_str(url.expose()).unwrap_or_default();
        let host = match config.get_hosts().first() {
            Some(Host::Tcp(name)) => name.clone(),
            Some(Host::Unix(folder)) => folder.display().to_string(),
            None => "localhost".to_owned(),
        };
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let user = config.get_user().unwrap_or("?");
        let database = config.get_dbname().unwrap_or(user);
        Self(format!("{database} at {host}:{port} as {user}"))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_shows_no_password() {
        for (url, place) in [
            ("postgres://ana:hunter2@db.example:5433/crm", "crm at db.example:5433 as ana"),
            ("postgresql://ana@%2Ftmp%2Frun/crm", "crm at /tmp/run:5432 as ana"),
        ] {
            assert_eq!(Place::of(&url.parse().unwrap()).to_string(), place);
        }
    }

    #[tokio::test]
    async fn a_database_that_is_not_there_is_named_without_its_password() {
        let url = "postgres://ana:hunter2@127.0.0.1:1/crm".parse().unwrap();
        let failure = connect(&url).await.err().unwrap().to_string();
        assert!(failure.starts_with("could not connect to the database crm at 127.0.0.1:1 as ana: "));
        assert!(!failure.contains("hunter2"));
    }
}
