//! The database of the run, and the two ways in which it is written to.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use mostrador::app::migrations;
use mostrador::bus::PostgresBus;
use mostrador::changes::{ChangeLog, Sequencer};
use mostrador::config::secret::DatabaseUrl;
use mostrador::db::{Actor, Database, DatabaseSettings, Listener, Scope};
use mostrador::demo;
use mostrador::postgres::{self, Durability, Server, Settings};
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use crate::Outcome;
use crate::node::{self, Node};

const NAME: &str = "change_log";
const OWNER: &str = "mostrador_owner";
/// The day of the demo data, always the same.
const TODAY: &str = "2026-03-02T09:30:00Z";
/// Tasks beside those of the demo data.
const TASKS: u32 = 10_000;
/// The tables that the loads write to, directly or through triggers.
const TABLES: [&str; 4] = ["messages", "conversations", "contacts", "tasks"];

/// A database with the demo data.
pub(crate) struct Stage {
    server: Server,
    superuser: Client,
    /// The gateway that is written through, and the token of who writes.
    pub(crate) node: Node,
    pub(crate) token: String,
    /// As another node of the gateway has it.
    pub(crate) database: Database,
    /// The log, and who takes its rounds.
    pub(crate) log: Arc<ChangeLog>,
    pub(crate) sequencer: Arc<Sequencer>,
    /// The tenant that is written to.
    tenant: String,
    /// Who writes: one of its users.
    pub(crate) actor: Actor,
}

impl Stage {
    /// Starts PostgreSQL. To be called outside of the runtime.
    pub(crate) fn server() -> Outcome<Server> {
        let settings = Settings {
            data_dir: Some(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(NAME)),
            durability: Durability::Full,
            parameters: [
                // What the server does by itself would fall into the time of whoever is measured just then.
                ("autovacuum", "off"),
                ("checkpoint_timeout", "1d"),
                ("max_wal_size", "8GB"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
            ..Settings::default()
        };
        Ok(postgres::start(&settings)?)
    }

    /// Loads the demo data into a new database that so many write to at a time.
    pub(crate) async fn set(server: Server, writers: usize) -> Outcome<Self> {
        let admin = connect(&server.url("postgres", "postgres")).await?;
        admin
            .batch_execute(&format!(
                "do $$ begin if not exists (select from pg_roles where rolname = '{OWNER}') \
                 then create role {OWNER} login createrole; end if; end $$"
            ))
            .await?;
        admin.batch_execute(&format!("drop database if exists {NAME}")).await?;
        admin.batch_execute(&format!("create database {NAME} owner {OWNER}")).await?;
        let url: DatabaseUrl = server.url(OWNER, NAME).parse()?;
        migrations::run(&url).await?;
        let mut owner = connect(&server.url(OWNER, NAME)).await?;
        let today = DateTime::parse_from_rfc3339(TODAY)?.with_timezone(&Utc);
        let start = std::time::Instant::now();
        demo::load(&mut owner, 1, today).await?;
        println!("loaded the demo data, with the log, in {:.1} s", crate::since(start).as_secs_f64());
        let superuser = connect(&server.url("postgres", NAME)).await?;
        let tenant: String = superuser
            .query_one("select tenant_id::text from conversations group by 1 order by count(*) desc limit 1", &[])
            .await?
            .get(0);
        // As many that writers seldom wait for each other: what a row's lock costs is not what the log costs.
        let tasks = format!(
            "insert into tasks (tenant_id, title) select '{tenant}', 'Call back' from generate_series(1, {TASKS})"
        );
        superuser.batch_execute(&tasks).await?;
        superuser.batch_execute("vacuum analyze").await?;
        superuser.batch_execute("checkpoint").await?;
        let database = Database::new(&DatabaseSettings {
            url: server.url("mostrador_api", NAME),
            // The sequencer and the reader have theirs beside them.
            pool_size: writers + 4,
            pool_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
        })?;
        let log = Arc::new(ChangeLog::new(database.clone()));
        let listener = Listener::new(database.clone());
        let bus = PostgresBus::new(&listener);
        tokio::spawn(async move { listener.run().await });
        let sequencer = Arc::new(Sequencer::new(Arc::clone(&log), bus));
        sequencer.take().await.map_err(|error| format!("{error:?}"))?;
        let user = "select u.id::text from users u where u.tenant_id::text = $1 and u.is_active and u.role = 'ADMIN' order by u.id limit 1";
        let user: String = superuser.query_one(user, &[&tenant]).await?.get(0);
        let actor = Actor::user(tenant.parse()?, user.parse()?, Scope::ALL);
        let token = node::token(&superuser, tenant.parse()?, user.parse()?).await?;
        let node = Node::start(&server.url("mostrador_api", NAME), "postgres").await?;
        Ok(Self { server, superuser, node, token, database, log, sequencer, tenant, actor })
    }

    /// Switches the log's triggers on or off.
    pub(crate) async fn logged(&self, is_on: bool) -> Outcome<()> {
        let word = if is_on { "enable" } else { "disable" };
        for table in TABLES {
            self.superuser.batch_execute(&format!("alter table {table} {word} trigger {table}_logged")).await?;
        }
        Ok(())
    }

    pub(crate) fn version(&self) -> String {
        self.server.version().to_string()
    }

    /// The keys of rows to write to.
    pub(crate) async fn keys(&self, table: &str, condition: &str) -> Outcome<Vec<Uuid>> {
        let sql = format!(
            "select id::text from {table} where tenant_id = '{}' and {condition} order by id limit 2000",
            self.tenant
        );
        let rows = self.superuser.query(&sql, &[]).await?;
        Ok(rows.iter().map(|row| row.get::<_, &str>(0).parse()).collect::<Result<_, _>>()?)
    }

    /// Rows of the log.
    pub(crate) async fn count(&self) -> Outcome<i64> {
        Ok(self.superuser.query_one("select count(*) from changes", &[]).await?.get(0))
    }

    /// The processor time that PostgreSQL's processes have used since they started, those that ended included, in
    /// milliseconds. Of other processes on the machine it knows nothing, so it is the steadier figure on a busy one.
    pub(crate) async fn cpu(&self) -> Outcome<f64> {
        let rows = self.superuser.query("select pid from pg_stat_activity", &[]).await?;
        let pid: i32 = rows.first().ok_or("PostgreSQL has no processes")?.get(0);
        let parent = stat(pid)?.0;
        let mut ticks = stat(parent)?.1;
        for row in rows {
            // It may have ended meanwhile; then its parent has its time.
            ticks += stat(row.get(0)).map_or(0.0, |(_, own)| own);
        }
        // The kernel counts in hundredths of a second.
        Ok(ticks * 10.0)
    }
}

/// The parent of a process, and its time with that of its ended children.
fn stat(pid: i32) -> Outcome<(i32, f64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let rest = text.rsplit_once(')').ok_or("odd /proc")?.1;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    let parent = fields.get(1).and_then(|field| field.parse().ok()).unwrap_or_default();
    Ok((parent, number(11) + number(12) + number(13) + number(14)))
}

/// A connection of its own.
async fn connect(url: &str) -> Outcome<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
