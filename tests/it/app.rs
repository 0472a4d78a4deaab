//! The test application: a gateway over a database of its own, spoken to through its HTTP router.
//!
//! `TestApp::world()` gives the small fixed world of `world.sql`, `TestApp::demo()` the demo data at scale 1 of a fixed
//! day. Databases are copies of templates, made once per run; each goes with the last handle to it.

mod databases;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use chrono::{DateTime, Utc};
use mostrador::access::Access;
use mostrador::clock::{ManualClock, SharedClock};
use mostrador::config::secret::DatabaseUrl;
use mostrador::db::{Database, DatabaseSettings};
use mostrador::graphql::documents::Documents;
use mostrador::graphql::{Gateway, GatewayParts, schema};
use mostrador::http::live::connections::LiveConnections;
use mostrador::http::live::settings::LiveSettings;
use mostrador::http::routes::router;
use mostrador::http::state::{HttpParts, HttpSettings};
use mostrador::ids::{SharedIds, SystemIds};
use mostrador::password::{Cost, Passwords, Policy};
use mostrador::request::Services;
use mostrador::telemetry::metrics::{Metrics, PoolStatus};
use mostrador::token::{Bearer, Key, KeySet, Tokens};
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tower::ServiceExt;
use uuid::Uuid;

use databases::{Lent, copy};
pub(crate) use databases::{cluster, connect, superuser};

/// The moment at which every test begins.
pub(crate) const NOW: &str = "2026-03-02T09:30:00Z";

/// What one request came to.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) json: Value,
    /// SQL statements the operation took.
    pub(crate) statements: u32,
}

pub(crate) struct TestApp {
    pub(crate) router: Router,
    pub(crate) gateway: Gateway,
    pub(crate) database: Database,
    pub(crate) database_name: String,
    tokens: Arc<Tokens>,
    /// The gateway's time; PostgreSQL has its own.
    pub(crate) clock: Arc<ManualClock>,
    /// What the gateway remembers of sessions.
    pub(crate) access: Arc<Access>,
    pub(crate) services: Arc<Services>,
    /// The database, when it was made for this application.
    lent: Option<Arc<Lent>>,
}

/// A signed-in user of a test application.
#[derive(Clone)]
pub(crate) struct TestClient {
    router: Router,
    gateway: Gateway,
    pub(crate) token: String,
    /// Keeps the database, whatever becomes of the application.
    _lent: Option<Arc<Lent>>,
}

pub(crate) fn now() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(NOW).unwrap().with_timezone(&Utc)
}

/// The name of an empty migrated database that nobody may change.
pub(crate) async fn template() -> &'static str {
    static TEMPLATE: OnceCell<()> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let client = superuser("postgres").await;
            client.batch_execute("create role mostrador_owner login createrole").await.unwrap();
            client.batch_execute("create database template_empty owner mostrador_owner").await.unwrap();
            let url = cluster().await.url("mostrador_owner", "template_empty").parse::<DatabaseUrl>().unwrap();
            mostrador::app::migrations::run(&url).await.unwrap();
        })
        .await;
    "template_empty"
}

/// The small fixed world, in the order in which its parts build on each other.
pub(crate) const WORLD: &str = concat!(
    include_str!("world.sql"),
    include_str!("world/files.sql"),
    include_str!("world/logistics.sql"),
    include_str!("world/logistics_work.sql"),
    include_str!("world/assistants.sql"),
    include_str!("world/artifacts.sql"),
    include_str!("world/retrieval.sql"),
    include_str!("world/usage.sql"),
    include_str!("world/health.sql"),
    include_str!("world/finance.sql"),
    include_str!("world/support.sql"),
    include_str!("world/integrations.sql"),
    include_str!("world/analytics.sql"),
    include_str!("world/end.sql"),
);

async fn world_template() -> &'static str {
    static TEMPLATE: OnceCell<()> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            copy(template().await, "template_world").await;
            superuser("template_world").await.batch_execute(WORLD).await.unwrap();
        })
        .await;
    "template_world"
}

async fn demo_template() -> &'static str {
    static TEMPLATE: OnceCell<()> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            copy(template().await, "template_demo").await;
            let mut client = connect("mostrador_owner", "template_demo").await;
            mostrador::demo::load(&mut client, 1, now()).await.unwrap();
            client.batch_execute("analyze").await.unwrap();
        })
        .await;
    "template_demo"
}

impl TestApp {
    /// A gateway over the world of `world.sql`.
    pub(crate) async fn world() -> Self {
        Self::over(world_template().await).await
    }

    /// A gateway over the demo data at scale 1.
    pub(crate) async fn demo() -> Self {
        Self::over(demo_template().await).await
    }

    /// A gateway over an empty database.
    pub(crate) async fn empty() -> Self {
        Self::over(template().await).await
    }

    async fn over(template: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let database_name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        copy(template, &database_name).await;
        // The log of a copy is not that of the template.
        superuser(&database_name).await.batch_execute("select app.open_change_log()").await.unwrap();
        let url = cluster().await.url("mostrador_api", &database_name);
        let lent = Some(Arc::new(Lent::new(&database_name)));
        Self { lent, ..Self::on(url, database_name) }
    }

    /// A gateway over a database at any URL.
    pub(crate) fn on(url: String, database_name: String) -> Self {
        Self::with_settings(pool_settings(url), database_name)
    }

    /// A gateway over a pool of its own making.
    pub(crate) fn with_settings(settings: DatabaseSettings, database_name: String) -> Self {
        Self::with_services(settings, database_name, |_| ())
    }

    /// The same, with other services than usual.
    pub(crate) fn with_services(
        settings: DatabaseSettings,
        database_name: String,
        change: impl FnOnce(&mut Services),
    ) -> Self {
        let manual_clock = Arc::new(ManualClock::at(now()));
        let clock: SharedClock = Arc::clone(&manual_clock) as _;
        let ids: SharedIds = Arc::new(SystemIds);
        let tokens =
            Arc::new(Tokens::new(KeySet::new(&Key::secret(&[7; 32]).unwrap(), []).unwrap(), Arc::clone(&clock)));
        let database = Database::new(&settings).unwrap();
        let outbox = outbox(&ids);
        let mut services = Services::new(database.clone(), Arc::clone(&tokens), Arc::clone(&ids), clock, outbox);
        services.passwords = Arc::new(Passwords::new(Cost::LEAST, Policy::default(), 2));
        change(&mut services);
        let services = Arc::new(services);
        let access = Arc::clone(&services.access);
        drop(services.listen());
        let gateway = Gateway::new(GatewayParts {
            schema: schema::build(),
            documents: Documents::new(Default::default(), 1 << 20),
            services: Arc::clone(&services),
        });
        let router = router(HttpParts {
            service: Arc::new(gateway.clone()),
            dev_logins: None,
            webhooks: Some(webhooks(&services)),
            files: Some(Arc::new(mostrador::app::files::FileService::new(&services))),
            metrics: Arc::new(Metrics::new(Box::new(PoolStatus::default)).unwrap()),
            ids,
            live: LiveConnections::new(&LiveSettings::default()),
            settings: HttpSettings {
                body_limit_bytes: 4 << 20,
                request_timeout: Duration::from_secs(30),
                secure_cookies: false,
                ..HttpSettings::default()
            },
        });
        Self { router, gateway, database, database_name, tokens, clock: manual_clock, access, services, lent: None }
    }

    /// Signs in a user by tenant slug and e-mail address.
    pub(crate) async fn sign_in(&self, tenant: &str, email: &str) -> TestClient {
        let client = superuser(&self.database_name).await;
        let row = client
            .query_one(
                "select t.id::text, u.id::text from tenants t join users u on u.tenant_id = t.id where t.slug = $1 and u.email = $2",
                &[&tenant, &email],
            )
            .await
            .unwrap_or_else(|error| panic!("no user {email} in {tenant}: {error}"));
        self.signed_in(row.get::<_, String>(0).parse().unwrap(), row.get::<_, String>(1).parse().unwrap()).await
    }

    /// A client of a user, in a session that is there already or made.
    pub(crate) async fn signed_in(&self, tenant: Uuid, user: Uuid) -> TestClient {
        let session = session_of(&superuser(&self.database_name).await, user).await;
        self.client_in(tenant, user, session)
    }

    /// A client with a good token for these ids and a session that does not exist.
    pub(crate) fn stranger(&self, tenant: Uuid, user: Uuid) -> TestClient {
        self.client_in(tenant, user, Uuid::from_u128(3))
    }

    /// A client with a token of a session, whether that exists or not.
    pub(crate) fn client_in(&self, tenant: Uuid, user: Uuid, session: Uuid) -> TestClient {
        let bearer =
            Bearer { user_id: user, tenant_id: tenant, session_id: session, home_tenant_id: None, csrf_hash: None };
        let token = self.tokens.issue(&bearer, Duration::from_secs(3600)).unwrap().text;
        TestClient { router: self.router.clone(), gateway: self.gateway.clone(), token, _lent: self.lent.clone() }
    }

    /// Runs SQL as the superuser, as somebody with psql would.
    pub(crate) async fn sql(&self, sql: &str) {
        superuser(&self.database_name)
            .await
            .batch_execute(sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        // The gateway hears of it in a moment; a test that is not about this moment need not wait for it.
        self.access.forget_all();
    }
}

impl TestClient {
    /// Sends an operation over HTTP.
    pub(crate) async fn send(&self, query: &str, variables: Value) -> Reply {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/graphql-response+json")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .body(Body::from(body))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 64 << 20).await.unwrap();
        let json =
            serde_json::from_slice(&body).unwrap_or_else(|_| panic!("not JSON: {}", String::from_utf8_lossy(&body)));
        Reply { status, json, statements: 0 }
    }

    /// Runs an operation below HTTP, which tells what it cost.
    pub(crate) async fn measured(&self, query: &str, variables: Value) -> Reply {
        let AnswerText { text, statements } = self.answer_text(query, variables).await;
        Reply { status: StatusCode::OK, json: serde_json::from_str(&text).unwrap(), statements }
    }

    /// The data of an operation that must succeed.
    pub(crate) async fn data(&self, query: &str, variables: Value) -> Value {
        let reply = self.send(query, variables).await;
        assert!(reply.json.get("errors").is_none(), "{query}\n{:#}", reply.json);
        reply.json["data"].clone()
    }
}

/// A living session of a user: the first one, or a new one.
pub(crate) async fn session_of(superuser: &tokio_postgres::Client, user: Uuid) -> Uuid {
    let sql = format!(
        "with made as (
             insert into sessions (tenant_id, user_id, session_token_hash, refresh_token_hash, expires_at)
             select tenant_id, id, sha256(gen_random_uuid()::text::bytea), sha256(gen_random_uuid()::text::bytea), '2100-01-01'
               from users u
              where id = '{user}'
                and not exists (select from sessions s where s.tenant_id = u.tenant_id and s.user_id = u.id
                                   and s.is_active and s.expires_at > '{NOW}')
             returning id
         )
         select id::text from made
         union all
         (select id::text from sessions where user_id = '{user}' and is_active and expires_at > '{NOW}' order by id limit 1)"
    );
    let row = superuser.query_one(&sql, &[]).await.unwrap_or_else(|error| panic!("no session for {user}: {error:?}"));
    row.get::<_, String>(0).parse().unwrap()
}

/// The pool that tests usually have.
pub(crate) fn pool_settings(url: String) -> DatabaseSettings {
    DatabaseSettings {
        url,
        pool_size: 8,
        pool_timeout: Duration::from_secs(5),
        statement_timeout: Duration::from_secs(20),
    }
}

impl TestApp {
    /// Another gateway over the same database, with a pool of its own.
    pub(crate) async fn beside(&self, change: impl FnOnce(&mut DatabaseSettings)) -> Self {
        let mut settings = pool_settings(cluster().await.url("mostrador_api", &self.database_name));
        change(&mut settings);
        Self { lent: self.lent.clone(), ..Self::with_settings(settings, self.database_name.clone()) }
    }

    /// A client in the name of the first user (by e-mail address) of a tenant.
    pub(crate) async fn somebody_of(&self, tenant: &str) -> TestClient {
        let client = superuser(&self.database_name).await;
        let row = client
            .query_one(
                "select t.id::text, u.id::text from tenants t join users u on u.tenant_id = t.id \
                 where t.slug = $1 and u.deleted_at is null and u.is_active order by u.role <> 'ADMIN', u.email limit 1",
                &[&tenant],
            )
            .await
            .unwrap();
        self.signed_in(row.get::<_, String>(0).parse().unwrap(), row.get::<_, String>(1).parse().unwrap()).await
    }

    /// The cells of a statement as text, run as the superuser; null is empty.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        use tokio_postgres::SimpleQueryMessage;
        let client = superuser(&self.database_name).await;
        let messages = client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let cells = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|cell| row.get(cell).unwrap_or_default().to_owned()).collect())
            }
            _ => None,
        };
        messages.iter().filter_map(cells).collect()
    }

    /// The first cell of a statement as text, run as the superuser.
    pub(crate) async fn cell(&self, sql: &str) -> String {
        self.rows(sql).await.into_iter().flatten().next().unwrap_or_default()
    }
}

/// The slugs of the demo tenants: the car dealership and the estate agency.
pub(crate) fn demo_tenants() -> [&'static str; 2] {
    let logins = mostrador::demo::logins();
    let first = logins[0].tenant_slug.as_str();
    let second = logins.iter().map(|login| login.tenant_slug.as_str()).find(|slug| *slug != first);
    [first, second.unwrap()]
}

impl TestApp {
    /// A gateway over a copy of a template of the test's own, see [`copy_template`].
    pub(crate) async fn copy_of(template: &str) -> Self {
        Self::over(template).await
    }
}

/// Makes a database of this name from the empty migrated one.
pub(crate) async fn copy_template(name: &str) {
    copy(template().await, name).await;
}

/// The document of an answer as it was written.
pub(crate) struct AnswerText {
    pub(crate) text: String,
    /// SQL statements the operation took.
    pub(crate) statements: u32,
}

impl TestClient {
    /// Runs an operation below HTTP; the order of keys is part of the answer.
    pub(crate) async fn answer_text(&self, query: &str, variables: Value) -> AnswerText {
        use mostrador::graphql::service::{Call, Caller, GraphqlService, RequestId};
        let call = Call {
            query: query.to_owned(),
            operation_name: None,
            variables: variables.as_object().cloned(),
            extensions: None,
            queries_only: false,
            bearer: Some(self.token.clone()),
            caller: Caller::default(),
            request_id: RequestId::accept("test-request").unwrap(),
        };
        let answer = self.gateway.execute(call).await;
        AnswerText { text: String::from_utf8(answer.body.to_vec()).unwrap(), statements: answer.summary.statements }
    }
}

/// The keys that seal secrets in tests.
pub(crate) fn keys() -> mostrador::secrets::KeyRing {
    "test:MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=".parse().unwrap()
}

/// The outbox of every test application: links lead to https://app.test.
pub(crate) fn outbox(ids: &SharedIds) -> mostrador::mail::Outbox {
    let app = url::Url::parse("https://app.test").unwrap();
    mostrador::mail::Outbox::new(keys(), Arc::clone(ids), mostrador::mail::Links::new(&app))
}

impl TestApp {
    /// Somebody of the platform's staff, with a session at home, in another tenant.
    pub(crate) fn acting(&self, tenant: Uuid, user: Uuid, session: Uuid, home: Uuid) -> TestClient {
        let bearer = Bearer {
            user_id: user,
            tenant_id: tenant,
            session_id: session,
            home_tenant_id: Some(home),
            csrf_hash: None,
        };
        let token = self.tokens.issue(&bearer, Duration::from_secs(3600)).unwrap().text;
        TestClient { router: self.router.clone(), gateway: self.gateway.clone(), token, _lent: self.lent.clone() }
    }
}

impl TestApp {
    /// Another gateway over the same database, with other services than usual.
    pub(crate) async fn serving(&self, change: impl FnOnce(&mut Services)) -> Self {
        let settings = pool_settings(cluster().await.url("mostrador_api", &self.database_name));
        Self { lent: self.lent.clone(), ..Self::with_services(settings, self.database_name.clone(), change) }
    }
}

/// What came back over HTTP, with its headers.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) json: Value,
}

impl TestApp {
    /// Sends an operation over HTTP with headers of the test's choice, and no others.
    pub(crate) async fn ask(&self, query: &str, variables: Value, headers: &[(&str, &str)]) -> Heard {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let mut request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 64 << 20).await.unwrap();
        Heard { status: parts.status, headers: parts.headers, json: serde_json::from_slice(&body).unwrap() }
    }
}

/// Makes a database of this name from the world of `world.sql`.
pub(crate) async fn copy_world(name: &str) {
    copy(world_template().await, name).await;
}

/// Makes a database of this name from another one.
pub(crate) async fn copy_database(from: &str, name: &str) {
    copy(from, name).await;
}

/// The door for providers, over the same services as the gateway.
fn webhooks(services: &Services) -> Arc<dyn mostrador::http::webhooks::Webhooks> {
    Arc::new(mostrador::app::webhooks::WebhookDoor::new(services).unwrap())
}

impl TestApp {
    /// Takes rounds of the change log.
    pub(crate) fn sequencer(&self) -> mostrador::changes::Sequencer {
        mostrador::changes::Sequencer::new(Arc::clone(&self.services.changes), Arc::clone(&self.services.bus))
    }
}
