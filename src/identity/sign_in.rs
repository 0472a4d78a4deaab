//! Signing in with a password.
//!
//! Every attempt takes the same steps whether the account exists or not: count it, read, one hash, write what came of it.
//! Who fails too often is told so before any of that. Attempts count from their beginning, in memory and, when they have
//! failed, in the database, so that several gateways allow no more than one.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use entity::write::UserError;
use futures_util::FutureExt;
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::account::{SignInInput, SignInPayload};
use super::start_session::{self, Arrival, Started};
use crate::db::{Actor, Scope, audit};
use crate::password::{MAX_PASSWORD_BYTES, PasswordError, Verdict};
use crate::request::{RequestContext, fault, rate_limited};
use crate::throttle::{Limit, Subject};

/// Failures that an account may have: OWASP's and NIST's order of magnitude, and far from what guessing needs.
const OF_ACCOUNT: Limit = Limit { failures: 10, window: Duration::from_secs(15 * 60) };

/// Failures from one address; an office shares one.
const OF_ADDRESS: Limit = Limit { failures: 100, window: Duration::from_secs(15 * 60) };

/// The longest slug or address that is looked up, in bytes.
const MAX_NAME_BYTES: usize = 254;

/// Who sits in a transaction before anybody is known.
const NOBODY: Scope = Scope { users: true, ..Scope::NONE };

/// Signs in.
pub(super) async fn sign_in(context: &Arc<RequestContext>, input: SignInInput) -> async_graphql::Result<SignInPayload> {
    let cookie = context.may_take_cookies(input.cookie)?;
    let password = Zeroizing::new(input.password);
    let door = Door::of(&input.tenant, &input.email, context);
    let attempt = context.services.throttle.begin(&door.subjects()).map_err(rate_limited)?;
    match enter(context, &door, password, cookie).await {
        Ok(Entry::In(started)) => {
            attempt.succeeded();
            started.set_cookies(context);
            Ok(SignInPayload::of(*started))
        }
        Ok(Entry::Refused) => {
            let message = "These credentials are not right.";
            Ok(SignInPayload::refused(UserError::new("INVALID_CREDENTIALS", "", message)))
        }
        // What it meets in the database counts there; here it stays counted as well.
        Ok(Entry::Shut(subject, limit, ends_at)) => {
            Err(rate_limited(context.services.throttle.shut(subject, limit, ends_at)))
        }
        Err(Problem::Busy) => {
            attempt.undo();
            Err(rate_limited(crate::throttle::Throttled { retry_after: 1 }))
        }
        Err(Problem::Database(error)) => {
            attempt.undo();
            Err(fault(error))
        }
    }
}

/// What came of an attempt.
enum Entry {
    In(Box<Started>),
    Refused,
    /// All gateways together have counted too many failures.
    Shut(Subject, Limit, DateTime<Utc>),
}

enum Problem {
    Busy,
    Database(DbError),
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

impl From<PasswordError> for Problem {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::Busy,
            PasswordError::Fault(reason) => Self::Database(DbError::Fault(reason)),
        }
    }
}

/// Where somebody knocks: the account, and the address they come from.
#[derive(Clone)]
struct Door {
    slug: String,
    email: String,
    /// As known in this process: with the tenant's slug.
    account: Subject,
    /// As stored in the tenant.
    stored_account: Subject,
    address: Option<Subject>,
}

impl Door {
    fn of(slug: &str, email: &str, context: &RequestContext) -> Self {
        let cut = |text: &str| text.trim().chars().filter(|letter| *letter != '\0').collect::<String>();
        let (slug, email) = (cut(slug).to_lowercase(), cut(email).to_lowercase());
        let hash = |parts: &[&str]| {
            let mut hasher = Sha256::new();
            for part in parts {
                hasher.update((part.len() as u64).to_be_bytes());
                hasher.update(part);
            }
            hasher.finalize().into()
        };
        let address = context.caller.address.map(|address| hash(&["address", &network_of(address)]));
        Self {
            account: hash(&["account", &slug, &email]),
            stored_account: hash(&["account", &email]),
            slug,
            email,
            address,
        }
    }

    fn subjects(&self) -> Vec<(Subject, Limit)> {
        let address = self.address.map(|address| (address, OF_ADDRESS));
        std::iter::once((self.account, OF_ACCOUNT)).chain(address).collect()
    }

    /// Nothing that long is a slug or an address, so nothing is looked up.
    fn is_possible(&self) -> bool {
        self.slug.len() <= MAX_NAME_BYTES && self.email.len() <= MAX_NAME_BYTES
    }
}

/// Whoever has an IPv6 address has a whole network of them.
pub(super) fn network_of(address: std::net::IpAddr) -> String {
    match address {
        std::net::IpAddr::V4(address) => address.to_string(),
        std::net::IpAddr::V6(address) => format!("{:x}", address.to_bits() >> 64),
    }
}

/// What the database knows of an account.
#[derive(Default)]
struct Account {
    user: Option<Uuid>,
    /// There when the user may sign in with a password.
    password_hash: Option<String>,
    shut: Option<(bool, DateTime<Utc>)>,
}

async fn enter(
    context: &Arc<RequestContext>,
    door: &Door,
    password: Zeroizing<String>,
    cookie: bool,
) -> Result<Entry, Problem> {
    let passwords = &context.services.passwords;
    let tenant = find_tenant(context, door).await?;
    let account = match tenant {
        Some(tenant) => find_account(context, door, tenant).await?,
        None => Account::default(),
    };
    if let Some((is_account, ends_at)) = account.shut {
        return Ok(match door.address {
            Some(address) if !is_account => Entry::Shut(address, OF_ADDRESS, ends_at),
            _ => Entry::Shut(door.account, OF_ACCOUNT, ends_at),
        });
    }
    // Nobody has such a password, and it need not be hashed in whole to find that out.
    let is_possible = password.len() <= MAX_PASSWORD_BYTES;
    let given = if is_possible { password } else { Zeroizing::new(String::new()) };
    let stored = account.password_hash.clone();
    let verdict = passwords.verify(given.clone(), stored.clone().filter(|_| is_possible)).await?;
    let Some(tenant) = tenant else { return Ok(Entry::Refused) };
    if let (Verdict { is_right: true, is_outdated }, Some(user)) = (verdict, account.user) {
        let renewed = if is_outdated { Some(passwords.hash(given).await?) } else { None };
        let arrival = Arrival { tenant, user, method: "PASSWORD", password_hash: stored, cookie };
        if let Some(started) = admit(context, door, arrival, renewed).await? {
            return Ok(Entry::In(Box::new(started)));
        }
    }
    write_failure(context, door, tenant, account.user).await?;
    Ok(Entry::Refused)
}

async fn find_tenant(context: &RequestContext, door: &Door) -> Result<Option<Uuid>, DbError> {
    if !door.is_possible() {
        return Ok(None);
    }
    let transaction = context.read(Actor::tenant(Uuid::nil(), Scope::default()));
    let mut sql = Sql::new();
    sql.push("select id from app.tenant_by_slug(").bind(Bind::Text(door.slug.clone()));
    sql.push(") where status in ('TRIAL', 'ACTIVE')");
    let rows = transaction.rows(sql, true).await;
    transaction.finish();
    Ok(rows?.uuid_of_first())
}

async fn find_account(context: &RequestContext, door: &Door, tenant: Uuid) -> Result<Account, DbError> {
    let transaction = context.read(Actor::tenant(tenant, NOBODY));
    let mut sql = Sql::new();
    // One row, whether there is such a user or not.
    sql.push("select u.id, case when u.is_active then u.password_hash end");
    for (subject, limit) in [(Some(door.stored_account), OF_ACCOUNT), (door.address, OF_ADDRESS)] {
        let kind = if limit == OF_ACCOUNT { "ACCOUNT" } else { "ADDRESS" };
        sql.push(", (select (extract(epoch from first_failed_at) * 1000)::bigint from sign_in_failures f where f.tenant_id = ");
        sql.bind(Bind::Uuid(tenant)).push(" and kind = ").bind(Bind::Text(kind.to_owned()));
        sql.push(" and subject_hash = ").bind(Bind::Bytes(subject.unwrap_or_default().to_vec()));
        sql.push(" and failures >= ").bind(Bind::Int(i32::try_from(limit.failures).unwrap_or(i32::MAX))).push(")");
    }
    sql.push(" from (values (true)) one left join users u on u.deleted_at is null and u.tenant_id = ")
        .bind(Bind::Uuid(tenant));
    sql.push(" and u.email_lowered = lower(").bind(Bind::Text(door.email.clone())).push(")");
    let rows = transaction.rows(sql, true).await;
    transaction.finish();
    let rows = rows?;
    let now = context.services.clock.now();
    let shut = [(2, OF_ACCOUNT), (3, OF_ADDRESS)].into_iter().find_map(|(cell, limit)| {
        let first = DateTime::from_timestamp_millis(rows.int8(0, cell)?)?;
        let ends_at = first + limit.window;
        (ends_at > now).then_some((limit == OF_ACCOUNT, ends_at))
    });
    Ok(Account { user: rows.uuid(0, 0), password_hash: rows.text(0, 1), shut })
}

/// Begins the session, and forgets what was counted against the account.
async fn admit(
    context: &Arc<RequestContext>,
    door: &Door,
    arrival: Arrival,
    renewed_hash: Option<String>,
) -> Result<Option<Started>, DbError> {
    let (request, door) = (Arc::clone(context), door.clone());
    let actor = Actor::user(arrival.tenant, arrival.user, Scope::default());
    context
        .write(actor, move |transaction| {
            async move {
                let Some(started) = start_session::start(&request, transaction, &arrival).await? else {
                    return Ok(None);
                };
                if let Some(hash) = renewed_hash {
                    let mut sql = Sql::new();
                    sql.push("update users set password_hash = ").bind(Bind::Text(hash)).push(" where tenant_id = ");
                    sql.bind(Bind::Uuid(arrival.tenant)).push(" and id = ").bind(Bind::Uuid(arrival.user));
                    sql.push(" returning id");
                    transaction.rows(sql, false).await?;
                }
                let mut sql = Sql::new();
                sql.push("delete from sign_in_failures where tenant_id = ").bind(Bind::Uuid(arrival.tenant));
                sql.push(" and (kind = 'ACCOUNT' and subject_hash = ").bind(Bind::Bytes(door.stored_account.to_vec()));
                sql.push(" or last_failed_at < ")
                    .bind(Bind::DateTime(request.services.clock.now() - OF_ACCOUNT.window));
                sql.push(") returning kind");
                transaction.rows(sql, false).await?;
                Ok(Some(started))
            }
            .boxed()
        })
        .await
}

/// Counts a failure for all gateways, and writes it down.
async fn write_failure(
    context: &Arc<RequestContext>,
    door: &Door,
    tenant: Uuid,
    user: Option<Uuid>,
) -> Result<(), DbError> {
    let (request, door) = (Arc::clone(context), door.clone());
    context
        .write(Actor::tenant(tenant, NOBODY), move |transaction| {
            async move {
                let now = request.services.clock.now();
                let account = count(transaction, tenant, "ACCOUNT", door.stored_account, OF_ACCOUNT, now).await?;
                if let Some(address) = door.address {
                    count(transaction, tenant, "ADDRESS", address, OF_ADDRESS, now).await?;
                }
                let details = json!({
                    "method": "PASSWORD",
                    "ipAddress": request.caller.address,
                    "userAgent": request.caller.user_agent,
                    "failures": account,
                });
                audit(transaction, "session.refused", "User", user, details).await
            }
            .boxed()
        })
        .await
}

/// Adds a failure to the window, or begins the next one. Gives the failures within it.
async fn count(
    statements: &dyn Statements,
    tenant: Uuid,
    kind: &str,
    subject: Subject,
    limit: Limit,
    now: DateTime<Utc>,
) -> Result<Option<i64>, DbError> {
    let mut sql = Sql::new();
    sql.push(
        "insert into sign_in_failures as f (tenant_id, kind, subject_hash, failures, first_failed_at, last_failed_at) \
         values (",
    );
    sql.bind(Bind::Uuid(tenant)).push(", ").bind(Bind::Text(kind.to_owned())).push(", ");
    sql.bind(Bind::Bytes(subject.to_vec()))
        .push(", 1, ")
        .bind(Bind::DateTime(now))
        .push(", ")
        .bind(Bind::DateTime(now));
    sql.push(") on conflict (tenant_id, kind, subject_hash) do update set last_failed_at = excluded.last_failed_at, ");
    let began_before = |sql: &mut Sql| {
        sql.push("f.first_failed_at <= ").bind(Bind::DateTime(now - limit.window));
    };
    sql.push("failures = case when ");
    began_before(&mut sql);
    sql.push(" then 1 else f.failures + 1 end, first_failed_at = case when ");
    began_before(&mut sql);
    sql.push(" then excluded.first_failed_at else f.first_failed_at end returning failures::bigint");
    Ok(statements.rows(sql, false).await?.int8(0, 0))
}
