//! The database: an embedded PostgreSQL with the demo data at scale 20, loaded once and kept.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Instant;

use chrono::{DateTime, Utc};
use mostrador::app::migrations;
use mostrador::config::secret::DatabaseUrl;
use mostrador::demo;
use mostrador::postgres::{self, Durability, Server, Settings};
use tokio_postgres::{Client, NoTls};

use crate::Outcome;
use crate::options::Options;

/// 20 tenants, 57,500 contacts, 69,000 conversations, 690,000 messages, 8,600 sales.
const SCALE: u32 = 20;
/// The day of the demo data, always the same.
const TODAY: &str = "2026-03-02T09:30:00Z";
/// The database that is kept; nobody writes to it.
const KEPT: &str = "loaded";
/// Its copy that the run works on.
const COPY: &str = "run";
/// A second copy, whose tables have no row-level security.
const OPEN_COPY: &str = "run_open";
const OWNER: &str = "mostrador_owner";
/// Signs the first administrator of every business in, for ever.
const SIGN_IN: &str = "insert into sessions (tenant_id, user_id, session_token_hash, refresh_token_hash, expires_at) \
    select distinct on (u.tenant_id) u.tenant_id, u.id, sha256(u.id::text::bytea), sha256(u.id::text::bytea), \
        '2100-01-01Z'::timestamptz \
    from users u join tenants t on t.id = u.tenant_id and not t.is_platform \
    where u.role = 'ADMIN' and u.is_active and u.deleted_at is null order by u.tenant_id, u.id";
/// Takes row-level security off every table.
const UNPROTECT: &str = "do $$ declare t regclass; begin \
    for t in select oid from pg_class where relrowsecurity loop \
        execute format('alter table %s no force row level security, disable row level security', t); \
    end loop; end $$";

/// The database of one run. PostgreSQL ends with it.
pub(crate) struct Loaded {
    server: Server,
    /// A connection that row-level security does not bind.
    pub(crate) superuser: Client,
}

impl Loaded {
    pub(crate) fn url(&self, role: &str) -> String {
        self.server.url(role, COPY)
    }

    /// The copy without row-level security.
    pub(crate) fn open_url(&self, role: &str) -> String {
        self.server.url(role, OPEN_COPY)
    }

    pub(crate) fn version(&self) -> String {
        self.server.version().to_string()
    }
}

/// Starts PostgreSQL, loads what is missing, and makes a copy to work on.
pub(crate) async fn open(options: &Options) -> Outcome<Loaded> {
    let settings = Settings {
        data_dir: Some(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("operations")),
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
    let server = postgres::start(&settings)?;
    let admin = connect(&server.url("postgres", "postgres")).await?;
    let wanted = fingerprint()?;
    let comment = "select shobj_description(oid, 'pg_database') from pg_database where datname = $1";
    let found = admin.query_opt(comment, &[&KEPT]).await?.and_then(|row| row.get::<_, Option<String>>(0));
    if options.reload || found.as_ref() != Some(&wanted) {
        load(&server, &admin).await?;
        admin.batch_execute(&format!("comment on database {KEPT} is '{wanted}'")).await?;
    }
    for copy in [COPY, OPEN_COPY] {
        admin.batch_execute(&format!("drop database if exists {copy}")).await?;
        if copy == COPY || options.open {
            admin.batch_execute(&format!("create database {copy} template {KEPT} strategy file_copy")).await?;
        }
    }
    if options.open {
        connect(&server.url("postgres", OPEN_COPY)).await?.batch_execute(UNPROTECT).await?;
    }
    // The copy is not yet on disk, and its checkpoint shall not fall into the measurements.
    admin.batch_execute("checkpoint").await?;
    let superuser = connect(&server.url("postgres", COPY)).await?;
    Ok(Loaded { server, superuser })
}

async fn load(server: &Server, admin: &Client) -> Outcome<()> {
    let begin = Instant::now();
    eprintln!("loading the demo data at scale {SCALE}; later runs find it");
    for statement in [
        format!("drop database if exists {COPY}"),
        format!("drop database if exists {OPEN_COPY}"),
        format!("drop database if exists {KEPT}"),
        format!("drop role if exists {OWNER}"),
        format!("create role {OWNER} login createrole"),
        format!("create database {KEPT} owner {OWNER}"),
    ] {
        admin.batch_execute(&statement).await?;
    }
    let url = server.url(OWNER, KEPT);
    migrations::run(&url.parse::<DatabaseUrl>()?).await.map_err(|failure| failure.to_string())?;
    let mut owner = connect(&url).await?;
    let today = DateTime::parse_from_rfc3339(TODAY)?.with_timezone(&Utc);
    let summary = demo::load(&mut owner, SCALE, today).await?;
    drop(owner);
    let superuser = connect(&server.url("postgres", KEPT)).await?;
    superuser.batch_execute(SIGN_IN).await?;
    superuser.batch_execute("vacuum (freeze, analyze)").await?;
    drop(superuser);
    eprintln!("loaded {summary} in {:.0} s", begin.elapsed().as_secs_f64());
    Ok(())
}

async fn connect(url: &str) -> Outcome<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Changes when the schema or the demo data may have changed.
fn fingerprint() -> Outcome<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["migrations", "src/demo"] {
        list(&root.join(folder), &mut files)?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    (SCALE, TODAY).hash(&mut hasher);
    for file in files {
        fs::read(&file)?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Outcome<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { list(&path, files)? } else { files.push(path) }
    }
    Ok(())
}
