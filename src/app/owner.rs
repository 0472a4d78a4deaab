//! Work as the role that owns the tables: what no request can do, because nobody is there yet who could ask for it.
//!
//! Row-level security holds for the owner as well, so whoever works here enters a tenant first.

use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

use super::connection::{self, connect};
use super::database_access::DatabaseAccess;
use super::failure::Failure;
use super::migrations;

/// SQLSTATE of what the database's own rules refuse; the message is a sentence for people.
const REFUSED: &str = "MD001";

/// Why a transaction was taken back.
#[derive(Debug)]
pub(super) enum Undone {
    /// For a reason that is said here.
    Because(String),
    /// The database refused something, or did not answer.
    Database(tokio_postgres::Error),
}

impl From<tokio_postgres::Error> for Undone {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl Undone {
    /// What to tell an operator: the database's own sentence about a rule, where there is one.
    pub(super) async fn explain(self, client: &Client, attempt: &str) -> Failure {
        let error = match self {
            Self::Because(sentence) => return Failure::Runtime(sentence),
            Self::Database(error) => error,
        };
        let sentence = match error.as_db_error() {
            Some(refused) if refused.code().code() == REFUSED => Some(refused.message().to_owned()),
            Some(refused) => match refused.constraint() {
                Some(constraint) => comment(client, constraint).await,
                None => None,
            },
            None => None,
        };
        match sentence {
            Some(sentence) => Failure::Runtime(format!("{attempt}: {sentence}")),
            None => Failure::because(attempt, &error),
        }
    }
}

/// What a constraint or a unique index says to people.
async fn comment(client: &Client, constraint: &str) -> Option<String> {
    let sql = "select coalesce( \
                   (select obj_description(oid, 'pg_constraint') from pg_constraint \
                    where conname = $1 and connamespace = 'public'::regnamespace limit 1), \
                   obj_description(to_regclass('public.' || quote_ident($1)), 'pg_class'))";
    client.query_one(sql, &[&constraint]).await.ok()?.get(0)
}

/// Connects as the owner to a database that is migrated; one of our own is migrated first.
///
/// # Errors
/// When the database cannot be reached or lacks migrations, or when its URL names another role than the owner.
pub(super) async fn connect_migrated(access: &DatabaseAccess) -> Result<Client, Failure> {
    let url = &access.urls().owner;
    if access.is_ours() {
        migrations::run(url).await?;
    }
    let client = connect(url).await?;
    if !access.is_ours() {
        migrations::expect_none_pending(&client).await?;
    }
    expect(&client, &["tenants", "users"]).await?;
    Ok(client)
}

/// Refuses a role that does not own these tables: it would see no rows, or not be let in.
///
/// # Errors
/// A configuration error then; else when the database does not answer.
pub(super) async fn expect(client: &Client, tables: &[&str]) -> Result<(), Failure> {
    let sql = "select coalesce(bool_and(pg_has_role(current_user, relowner, 'member')), true) from pg_class \
               where relnamespace = 'public'::regnamespace and relname = any($1)";
    let owns = client
        .query_one(sql, &[&tables])
        .await
        .map_err(|error| Failure::because("could not ask who owns the tables", &error))?;
    if owns.get(0) {
        return Ok(());
    }
    Err(Failure::Configuration("MIGRATE_URL must name the role that owns the tables".to_owned()))
}

/// Begins a transaction of nobody, in which one operator at a time makes tenants.
pub(super) async fn begin(client: &mut Client) -> Result<Transaction<'_>, tokio_postgres::Error> {
    let tx = client.transaction().await?;
    // The log of this month may be missing: gateways make it, and none may have run yet.
    tx.batch_execute(
        "select pg_advisory_xact_lock(hashtextextended('mostrador operators', 0)); \
         set local app.user_id = ''; select app.make_audit_partitions()",
    )
    .await?;
    Ok(tx)
}

/// Goes on in this tenant.
pub(super) async fn enter(tx: &Transaction<'_>, tenant: Uuid) -> Result<(), tokio_postgres::Error> {
    // A UUID's text has nothing to quote; SET LOCAL takes no parameters.
    tx.batch_execute(&format!("set local app.tenant_id = '{tenant}'")).await
}

/// A new id.
pub(super) async fn new_id(tx: &Transaction<'_>) -> Result<Uuid, Undone> {
    id_of(&tx.query_one("select app.uuid_v7()::text", &[]).await?)
}

/// The id in the first column.
pub(super) fn id_of(row: &tokio_postgres::Row) -> Result<Uuid, Undone> {
    connection::id_of(row).ok_or_else(|| Undone::Because("the database gave an id that is none".to_owned()))
}
