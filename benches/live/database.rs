//! The database: an embedded PostgreSQL with the demo data at scale 1, made anew for each run.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mostrador::app::migrations;
use mostrador::clock::{Clock as _, SystemClock};
use mostrador::config::secret::DatabaseUrl;
use mostrador::demo;
use mostrador::postgres::{self, Durability, Server, Settings};
use mostrador::token::{Bearer, Key, KeySet, Tokens};
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use crate::Outcome;
use crate::servers::SECRET;

const DATABASE: &str = "live";
const OWNER: &str = "mostrador_owner";
/// Signs the first administrator of every business in.
const SIGN_IN: &str = "insert into sessions (tenant_id, user_id, session_token_hash, refresh_token_hash, expires_at) \
    select distinct on (u.tenant_id) u.tenant_id, u.id, sha256(u.id::text::bytea), sha256(u.id::text::bytea), \
        '2100-01-01Z'::timestamptz \
    from users u join tenants t on t.id = u.tenant_id and not t.is_platform \
    where u.role = 'ADMIN' and u.is_active and u.deleted_at is null order by u.tenant_id, u.id";
/// The business with the most contacts.
const TENANT: &str = "select tenant_id::text from contacts where deleted_at is null group by tenant_id order by count(*) desc, 1 limit 1";
/// Gives every contact of it a conversation into which messages may be sent at any time.
const TALK: &str = "insert into conversations (tenant_id, contact_id, channel) \
    select c.tenant_id, c.id, 'WEB_CHAT' from contacts c \
    where c.tenant_id::text = $1 and c.deleted_at is null and not exists ( \
        select from conversations x where x.tenant_id = c.tenant_id and x.contact_id = c.id and x.channel = 'WEB_CHAT')";
const CONVERSATIONS: &str = "select id::text from conversations \
    where tenant_id::text = $1 and channel = 'WEB_CHAT' and status = 'OPEN' order by id";

/// The database of one run. PostgreSQL ends with it.
pub(crate) struct Loaded {
    server: Server,
    pub(crate) superuser: Client,
    /// Open conversations of one tenant.
    pub(crate) conversations: Vec<Arc<str>>,
    /// A token of an administrator of that tenant.
    pub(crate) token: Arc<str>,
    /// Whether PostgreSQL counts statements.
    pub(crate) counts_statements: bool,
}

impl Loaded {
    pub(crate) fn url(&self, role: &str) -> String {
        self.server.url(role, DATABASE)
    }

    /// Statements and transactions since the database was made, as far as they can be counted.
    pub(crate) async fn work(&self) -> Outcome<Work> {
        let row = self
            .superuser
            .query_one(
                "select (xact_commit + xact_rollback)::float8 from pg_stat_database where datname = current_database()",
                &[],
            )
            .await?;
        let statements = if self.counts_statements {
            let sql = "select coalesce(sum(calls), 0)::float8 from pg_stat_statements \
                where dbid = (select oid from pg_database where datname = current_database()) and toplevel";
            Some(self.superuser.query_one(sql, &[]).await?.get(0))
        } else {
            None
        };
        Ok(Work { transactions: row.get(0), statements })
    }
}

/// What PostgreSQL has done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    pub(crate) transactions: f64,
    pub(crate) statements: Option<f64>,
}

/// Starts PostgreSQL and loads the demo data.
pub(crate) async fn open() -> Outcome<Loaded> {
    let data_dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("live");
    let counting = [("shared_preload_libraries", "pg_stat_statements"), ("pg_stat_statements.track", "top")];
    let settings = |parameters: &[(&str, &str)]| Settings {
        data_dir: Some(data_dir.clone()),
        durability: Durability::Full,
        parameters: parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..Settings::default()
    };
    // Not every PostgreSQL comes with its contributed modules; one without them does not start.
    let (server, counts_statements) = {
        let plain = postgres::start(&settings(&[]))?;
        let admin = connect(&plain.url("postgres", "postgres")).await?;
        let sql = "select setting from pg_config where name = 'PKGLIBDIR'";
        let folder: String = admin.query_one(sql, &[]).await?.get(0);
        if Path::new(&folder).join("pg_stat_statements.so").exists() {
            drop(admin);
            drop(plain);
            (postgres::start(&settings(&counting))?, true)
        } else {
            (plain, false)
        }
    };
    let admin = connect(&server.url("postgres", "postgres")).await?;
    for statement in [
        format!("drop database if exists {DATABASE}"),
        format!("drop role if exists {OWNER}"),
        format!("create role {OWNER} login createrole"),
        format!("create database {DATABASE} owner {OWNER}"),
    ] {
        admin.batch_execute(&statement).await?;
    }
    let url = server.url(OWNER, DATABASE);
    migrations::run(&url.parse::<DatabaseUrl>()?).await.map_err(|failure| failure.to_string())?;
    demo::load(&mut connect(&url).await?, 1, SystemClock.now()).await?;
    let superuser = connect(&server.url("postgres", DATABASE)).await?;
    superuser.batch_execute(SIGN_IN).await?;
    let tenant: String = superuser.query_one(TENANT, &[]).await?.get(0);
    superuser.execute(TALK, &[&tenant]).await?;
    superuser.batch_execute("vacuum (analyze)").await?;
    if counts_statements {
        superuser.batch_execute("create extension pg_stat_statements").await?;
    }
    let rows = superuser.query(CONVERSATIONS, &[&tenant]).await?;
    let conversations = rows.iter().map(|row| row.get::<_, String>(0).into()).collect();
    let token = token_of(&superuser, tenant.parse()?).await?.into();
    Ok(Loaded { server, superuser, conversations, token, counts_statements })
}

async fn token_of(superuser: &Client, tenant: Uuid) -> Outcome<String> {
    let sql = "select user_id::text, id::text from sessions \
        where tenant_id::text = $1 and expires_at = '2100-01-01Z' limit 1";
    let row = superuser.query_one(sql, &[&tenant.to_string()]).await?;
    let bearer = Bearer {
        user_id: row.get::<_, String>(0).parse()?,
        tenant_id: tenant,
        session_id: row.get::<_, String>(1).parse()?,
        home_tenant_id: None,
        csrf_hash: None,
    };
    let key = Key::secret(SECRET.as_bytes()).map_err(|_| "the secret is too short")?;
    let keys = KeySet::new(&key, []).map_err(|_| "the key is no key")?;
    let tokens = Tokens::new(keys, Arc::new(SystemClock));
    Ok(tokens.issue(&bearer, Duration::from_secs(24 * 3600)).map_err(|error| error.to_string())?.text)
}

async fn connect(url: &str) -> Outcome<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
