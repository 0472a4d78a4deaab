//! The worker that answers requests for tokens by mail.
//!
//! Whoever asks for a token only leaves a request, the same for every address. Here, where nobody watches the clock, the
//! account is looked for: when there is one, its token is made and mailed in one transaction; else the request goes.

use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tables::{tenants, users, verification_tokens};
use uuid::Uuid;

use crate::mail::{Letter, Locale, Outbox, Posting};
use crate::opaque_token::OpaqueToken;
use crate::work::{Stop, Tenancy, Worker};

/// How often it looks.
const REST: Duration = Duration::from_secs(1);

/// Requests of a tenant that are answered in one transaction.
const REQUESTS_AT_ONCE: i32 = 20;

/// Tokens for one purpose that a user gets within an hour; more requests are dropped, so that nobody can fill a mailbox.
/// This holds across all gateways and restarts, unlike the limits at the door.
const TOKENS_AN_HOUR: i64 = 5;

/// Answers requests for tokens.
pub(super) struct TokenIssuer {
    tenancy: Tenancy,
    outbox: Outbox,
}

/// A request, and whose account it is about.
struct Request {
    id: Uuid,
    purpose: String,
    locale: Locale,
    business: String,
    account: Option<Account>,
}

struct Account {
    user: Uuid,
    email: String,
}

impl TokenIssuer {
    pub(super) fn new(tenancy: Tenancy, outbox: Outbox) -> Self {
        Self { tenancy, outbox }
    }

    /// Answers some requests of a tenant; says how many.
    async fn answer_some(&self, tenant: Uuid) -> Result<i32, DbError> {
        let outbox = self.outbox.clone();
        let job = self.tenancy.write(tenant, move |tx| {
            async move {
                let requests = requests(tx, tenant).await?;
                let count = requests.len();
                for request in requests {
                    answer(tx, &outbox, tenant, request).await?;
                }
                Ok(count)
            }
            .boxed()
        });
        job.await.map(|count| i32::try_from(count).unwrap_or(i32::MAX))
    }
}

async fn requests(statements: &dyn Statements, tenant: Uuid) -> Result<Vec<Request>, DbError> {
    let mut sql = Sql::new();
    sql.push(
        "select v.id, v.purpose, v.locale, t.name, u.id, u.email from verification_tokens v join tenants t on t.id = v.tenant_id \
         left join users u on u.tenant_id = v.tenant_id and u.email_lowered = lower(v.identifier) and u.is_active \
         and u.deleted_at is null and t.status in ('TRIAL', 'ACTIVE') \
         and (v.purpose <> 'EMAIL_VERIFICATION' or u.email_verified_at is null) where v.tenant_id = ",
    );
    sql.bind(Bind::Uuid(tenant)).push(" and v.token_hash is null order by v.created_at limit ");
    sql.bind(Bind::Int(REQUESTS_AT_ONCE)).push(" for update of v skip locked");
    let rows = statements.rows(sql, false).await?;
    let broken = |error: entity::rows::DecodeError| DbError::Fault(error.to_string());
    let mut requests = Vec::with_capacity(rows.len());
    for row in 0..rows.len() {
        let account = match rows.uuid(row, 4) {
            Some(user) => Some(Account { user, email: rows.decode::<users::email, _>(row, 5).map_err(broken)? }),
            None => None,
        };
        let locale: String = rows.decode::<verification_tokens::locale, _>(row, 2).map_err(broken)?;
        requests.push(Request {
            id: rows.decode::<verification_tokens::id, _>(row, 0).map_err(broken)?,
            purpose: rows.decode::<verification_tokens::purpose, _>(row, 1).map_err(broken)?,
            locale: Locale::best(&locale),
            business: rows.decode::<tenants::name, _>(row, 3).map_err(broken)?,
            account,
        });
    }
    Ok(requests)
}

async fn answer(statements: &dyn Statements, outbox: &Outbox, tenant: Uuid, request: Request) -> Result<(), DbError> {
    let account = match request.account {
        Some(account) if has_room(statements, tenant, account.user, &request.purpose).await? => account,
        _ => {
            let mut sql = Sql::new();
            sql.push("delete from verification_tokens where tenant_id = ").bind(Bind::Uuid(tenant));
            sql.push(" and id = ").bind(Bind::Uuid(request.id)).push(" returning id");
            return statements.rows(sql, false).await.map(|_| ());
        }
    };
    let token = OpaqueToken::new(tenant).map_err(|error| DbError::Fault(error.to_string()))?;
    let (business, text) = (request.business, token.text().to_owned());
    let (letter, valid_for) = match request.purpose.as_str() {
        "PASSWORD_RESET" => (Letter::PasswordReset { business, token: text }, Duration::from_secs(3600)),
        "MAGIC_LINK" => (Letter::MagicLink { business, token: text }, Duration::from_secs(15 * 60)),
        _ => (Letter::EmailVerification { business, token: text }, Duration::from_secs(24 * 3600)),
    };
    let mut sql = Sql::new();
    sql.push("update verification_tokens set user_id = ").bind(Bind::Uuid(account.user));
    sql.push(", token_hash = ").bind(Bind::Bytes(token.hash().to_vec()));
    sql.push(", expires_at = now() + make_interval(secs => ").bind(Bind::Int(valid_for.as_secs() as i32));
    sql.push(") where tenant_id = ").bind(Bind::Uuid(tenant)).push(" and id = ").bind(Bind::Uuid(request.id));
    sql.push(" returning id");
    statements.rows(sql, false).await?;
    let reference = Some(request.id);
    let posting = Posting { tenant, to: &account.email, locale: request.locale, reference, valid_for, letter: &letter };
    outbox.post(statements, posting).await.map(|_| ())
}

/// Whether the user may get one more token for this purpose.
async fn has_room(statements: &dyn Statements, tenant: Uuid, user: Uuid, purpose: &str) -> Result<bool, DbError> {
    let mut sql = Sql::new();
    sql.push("select count(*) from verification_tokens where tenant_id = ").bind(Bind::Uuid(tenant));
    sql.push(" and user_id = ").bind(Bind::Uuid(user)).push(" and purpose = ").bind(Bind::Text(purpose.to_owned()));
    sql.push(" and created_at > now() - interval '1 hour'");
    let rows = statements.rows(sql, false).await?;
    Ok(rows.int8(0, 0).is_some_and(|count| count < TOKENS_AN_HOUR))
}

impl Worker for TokenIssuer {
    fn name(&self) -> &'static str {
        "token issuer"
    }

    fn rest(&self) -> Duration {
        REST
    }

    fn round<'a>(&'a self, stop: &'a Stop) -> BoxFuture<'a, Result<bool, DbError>> {
        async move {
            let mut asked = Sql::new();
            asked.push("select app.tenants_with_token_requests()");
            let mut is_more = false;
            for tenant in self.tenancy.tenants(asked).await? {
                if stop.is_asked() {
                    break;
                }
                is_more |= self.answer_some(tenant).await? == REQUESTS_AT_ONCE;
            }
            Ok(is_more)
        }
        .boxed()
    }
}
