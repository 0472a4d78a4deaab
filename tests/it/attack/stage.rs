//! The databases, and who asks in them.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use entity::id::format_id;
use entity::model::Model;
use entity::roots::Schema as _;
use mostrador::graphql::schema::Mostrador;
use mostrador::secrets::Place;
use mostrador::secrets::columns::{SEALED, SealedColumn};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::app::{self, TestApp, TestClient};

pub(crate) const A: Uuid = Uuid::from_u128(0x019c_a0a0_a0a0_7000_8000_0000_0000_000a);
pub(super) const B: Uuid = Uuid::from_u128(0x019c_b0b0_b0b0_7000_8000_0000_0000_000b);
pub(super) const C: Uuid = Uuid::from_u128(0x019c_c0c0_c0c0_7000_8000_0000_0000_000c);

/// How the IDs of A, of B, and of what nobody has begin.
pub(super) const PREFIXES: [&str; 3] = ["019ca0a0a0a0", "019cb0b0b0b0", "019cd0d0d0d0"];

/// Two databases: A alone, and A beside B and C.
pub(super) struct Stage {
    pub(super) alone: TestApp,
    pub(super) both: TestApp,
    /// An administrator of A in each.
    pub(super) a_alone: TestClient,
    pub(super) a: TestClient,
    /// That administrator; the session has the same key.
    pub(super) admin: Uuid,
    /// The same administrator's mirror image in B.
    pub(super) b: TestClient,
    /// Rows by prefix of their IDs, living ones first.
    pub(super) own: HashMap<&'static str, Vec<String>>,
    pub(super) foreign: HashMap<&'static str, Vec<String>>,
    people: HashMap<String, Uuid>,
    marks: [String; 4],
}

pub(super) fn model() -> &'static Model {
    Mostrador::model()
}

async fn templates() -> [&'static str; 2] {
    static MADE: OnceCell<()> = OnceCell::const_new();
    const TEMPLATES: [&str; 2] = ["template_attack_alone", "template_attack_both"];
    MADE.get_or_init(|| async {
        let [alone, both] = TEMPLATES;
        app::copy_world(alone).await;
        let client = app::superuser(alone).await;
        client.batch_execute(include_str!("fixture.sql")).await.unwrap();
        client.batch_execute("call attack.alone(); analyze").await.unwrap();
        drop(client);
        app::copy_database(alone, both).await;
        let client = app::superuser(both).await;
        client.batch_execute("set session_replication_role = replica; call attack.others(); analyze").await.unwrap();
        for template in TEMPLATES {
            seal(template).await;
        }
    })
    .await;
    TEMPLATES
}

/// What is sealed opens, for everybody who gets so far; what it says tells whose it is.
async fn seal(database: &str) {
    let (client, keys) = (app::superuser(database).await, app::keys());
    client.batch_execute("set session_replication_role = replica").await.unwrap();
    for SealedColumn { table, column } in SEALED {
        let sql = format!("select tenant_id::text, id::text from {table} where {column} is not null");
        for row in client.query(&sql, &[]).await.unwrap() {
            let [tenant, row]: [Uuid; 2] = [0, 1].map(|index| row.get::<_, &str>(index).parse().unwrap());
            let clear = match tenant {
                B => "\"sealed zqb\"",
                C => "\"sealed zqc\"",
                _ => "\"sealed own\"",
            };
            let sealed = keys.seal(&Place { tenant, table, column, row }, clear.as_bytes()).unwrap().into_bytes();
            let sql = format!("update {table} set {column} = $1 where tenant_id::text = $2 and id::text = $3");
            client.execute(&sql, &[&sealed, &tenant.to_string(), &row.to_string()]).await.unwrap();
        }
    }
}

/// A database with one tenant, which has rows in every table.
pub(crate) async fn filled() -> TestApp {
    TestApp::copy_of(templates().await[0]).await
}

impl Stage {
    pub(super) async fn set() -> Self {
        let [alone, both] = templates().await;
        let (alone, both) = (TestApp::copy_of(alone).await, TestApp::copy_of(both).await);
        let sql = format!(
            "select id from users u where tenant_id = '{A}' and role = 'ADMIN' and deleted_at is null \
             order by exists (select from user_settings s where s.tenant_id = u.tenant_id and s.user_id = u.id) desc, id \
             limit 1"
        );
        let admin: Uuid = alone.cell(&sql).await.parse().unwrap();
        let (own, foreign) = (rows_of(&both, A).await, rows_of(&both, B).await);
        let sql =
            format!("select display_name, id from users where tenant_id = '{A}' and email like '%@people.example'");
        let people = both.rows(&sql).await.into_iter();
        let people = people.map(|row| (row[0].clone(), row[1].parse().unwrap())).collect();
        // As they begin as global IDs: ten characters of five bits, less two.
        let shown = |prefix: &str| {
            let id = Uuid::parse_str(&format!("{prefix}00000000000000000000")).unwrap();
            format_id("", id)[..11].to_owned()
        };
        Self {
            a_alone: alone.client_in(A, admin, admin),
            a: both.client_in(A, admin, admin),
            b: both.client_in(B, of_b(admin), of_b(admin)),
            admin,
            alone,
            both,
            own,
            foreign,
            people,
            marks: ["zqb".into(), "zqc".into(), shown(PREFIXES[1]), "019cb0b0-b0b0".into()],
        }
    }

    /// The key of somebody of a kind, in A; see `attack.people`.
    pub(super) fn person_id(&self, kind: &str) -> Uuid {
        self.people[kind]
    }

    /// Somebody of a kind, in A, in the database with B.
    pub(super) async fn person(&self, kind: &str) -> TestClient {
        let id = self.person_id(kind);
        self.both.client_in(A, id, id)
    }

    /// What they may do as `app.user_rights` has it: `CONTACTS:READ`.
    pub(super) async fn rights(&self, kind: &str) -> HashSet<String> {
        let id = self.person_id(kind);
        let sql = format!("select process || ':' || action from app.user_rights('{A}', '{id}')");
        self.both.rows(&sql).await.into_iter().flatten().collect()
    }

    /// What tells a value of B or C.
    pub(super) fn marks(&self) -> impl Iterator<Item = &str> {
        self.marks.iter().map(String::as_str)
    }
}

/// The ID of B's counterpart of a row of A.
pub(super) fn of_b(id: Uuid) -> Uuid {
    with_prefix(id, PREFIXES[1])
}

/// An ID that looks like these and that nobody has.
pub(super) fn of_nobody(id: Uuid) -> Uuid {
    with_prefix(id, PREFIXES[2])
}

fn with_prefix(id: Uuid, prefix: &str) -> Uuid {
    let text = id.simple().to_string();
    Uuid::parse_str(&format!("{prefix}{}", &text[12..])).unwrap()
}

/// The same ID of A, B or nobody's.
pub(super) fn counterpart(id: &str, prefix: &str) -> String {
    match entity::id::split_id(id) {
        Some((Some(ty), id)) if id.simple().to_string().starts_with("019c") => format_id(ty, with_prefix(id, prefix)),
        _ => id.to_owned(),
    }
}

async fn rows_of(app: &TestApp, tenant: Uuid) -> HashMap<&'static str, Vec<String>> {
    let mut found = HashMap::new();
    for entity in model().entities() {
        let decl = entity.decl;
        let order = if decl.soft_delete { "deleted_at nulls first, id" } else { "id" };
        let of = match (decl.global, decl.table) {
            (true, "tenants") => format!("id = '{tenant}'"),
            (true, _) => "true".to_owned(),
            _ => format!("tenant_id = '{tenant}'"),
        };
        let ids = app.rows(&format!("select id from {} where {of} order by {order} limit 20", decl.table)).await;
        let ids = ids.into_iter().flatten().map(|id| format_id(decl.prefix, id.parse().unwrap()));
        found.insert(decl.prefix, ids.collect());
    }
    found
}

/// One line per table, which changes when any row of the tenant does.
pub(super) async fn digest(app: &TestApp, tenant: Uuid) -> Vec<Vec<String>> {
    let mut sql = String::new();
    for table in app.rows("select attack.tables()").await.into_iter().flatten().chain(["tenants".to_owned()]) {
        let glue = if sql.is_empty() { "" } else { " union all " };
        let key = if table == "tenants" { "id" } else { "tenant_id" };
        let _ = write!(
            sql,
            "{glue}select '{table}', count(*), md5(coalesce(string_agg(md5(t::text), '' order by md5(t::text)), '')) \
             from {table} t where {key} = '{tenant}'"
        );
    }
    app.rows(&format!("{sql} order by 1")).await
}
