//! `openFileShare`: somebody with a share's token gets at the file, signed in or not.
//!
//! Passwords are guessed at here, so failures are counted: of a share, and of an address. Tokens cannot be guessed. What a
//! share allows is counted by one statement of the database, however many come at once.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::Duration;
use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use entity::write::{Moment, UserError};
use futures_util::FutureExt;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::create_file_share::place;
use super::link::{FileDisposition, Link, Purpose};
use crate::db::{Actor, Scope};
use crate::opaque_token::{OpaqueToken, ParsedToken};
use crate::password::{MAX_PASSWORD_BYTES, PasswordError};
use crate::request::{RequestContext, fault, rate_limited};
use crate::throttle::{Limit, Subject, Throttled};

/// How long the address lasts. Within this time a download can be resumed.
const LASTS: Duration = Duration::minutes(5);

const WINDOW: std::time::Duration = std::time::Duration::from_secs(15 * 60);

/// Wrong passwords of one share.
const OF_SHARE: Limit = Limit { failures: 20, window: WINDOW };

/// Failures from one address; an office shares one.
const OF_ADDRESS: Limit = Limit { failures: 100, window: WINDOW };

/// Mutations of shared files that need no session.
#[derive(Debug, Default)]
pub struct FileShareMutation;

#[Object]
impl FileShareMutation {
    /// Opens a shared file: gives an address at which it can be fetched for five minutes, in parts as well. Needs no
    /// sign-in, except for shares with one user. Each call that succeeds is one of the share's `maxDownloads`. A share
    /// that does not exist, has expired or was closed gives INVALID_TOKEN; a wrong password INVALID_CREDENTIALS; one that
    /// was opened as often as it may be QUOTA_EXCEEDED; what it does not allow FORBIDDEN. After too many failures of a
    /// share or an address, RATE_LIMITED says after how many seconds to try again (`retryAfter`).
    async fn open_file_share(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which share.")] input: OpenFileShareInput,
    ) -> async_graphql::Result<OpenFileSharePayload> {
        open(RequestContext::of(ctx)?, input).await
    }
}

/// Input of `openFileShare`.
#[derive(InputObject)]
pub struct OpenFileShareInput {
    /// The token of the share.
    pub token: String,
    /// Its password; only for shares that have one.
    pub password: Option<String>,
    /// Whether the file is to be kept or shown within a page; DOWNLOAD when it is left out.
    pub disposition: Option<FileDisposition>,
}

/// Answer of `openFileShare`. Everything but the errors is null when there are any.
#[derive(Default, SimpleObject)]
pub struct OpenFileSharePayload {
    /// Where to fetch the file by GET, relative to the address of this API.
    pub url: Option<String>,
    /// Until when that works.
    pub expires_at: Option<Moment>,
    /// Name of the file.
    pub filename: Option<String>,
    /// Media type of the file.
    pub mime_type: Option<String>,
    /// What the user can put right; empty when all went well.
    pub errors: Vec<UserError>,
}

impl fmt::Debug for OpenFileShareInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OpenFileShareInput").finish_non_exhaustive()
    }
}

impl fmt::Debug for OpenFileSharePayload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OpenFileSharePayload").field("errors", &self.errors).finish_non_exhaustive()
    }
}

/// What is known of a share.
struct Share {
    id: Uuid,
    file: Uuid,
    password: Option<Vec<u8>>,
    shared_with: Option<Uuid>,
    is_allowed: bool,
}

/// What came of it.
enum Opened {
    Open { filename: String, mime_type: String },
    Refused(UserError),
}

async fn open(context: &Arc<RequestContext>, input: OpenFileShareInput) -> async_graphql::Result<OpenFileSharePayload> {
    let disposition = input.disposition.unwrap_or(FileDisposition::Download);
    let throttle = &context.services.throttle;
    let address = context.caller.address.map(|address| (hash(&["share address", &network_of(address)]), OF_ADDRESS));
    throttle.admits(address.as_slice()).map_err(rate_limited)?;
    let parsed = OpaqueToken::parse(&input.token);
    let share = match parsed {
        Some(parsed) => find(context, parsed, disposition).await.map_err(fault)?,
        None => None,
    };
    let (Some(parsed), Some(share)) = (parsed, share) else {
        // An attempt that says nothing has failed.
        drop(throttle.begin(address.as_slice()));
        return Ok(refused(invalid()));
    };
    let viewer = context.viewer.as_ref().filter(|viewer| viewer.tenant == parsed.tenant && !viewer.is_acting_staff());
    let user = viewer.map(|viewer| viewer.user);
    if share.shared_with.is_some() && share.shared_with != user {
        return Ok(refused(invalid()));
    }
    if let Some(sealed) = &share.password {
        let of_share = (hash(&["share", &crate::hex::encode(parsed.hash)]), OF_SHARE);
        let subjects: Vec<_> = std::iter::once(of_share).chain(address).collect();
        let attempt = throttle.begin(&subjects).map_err(rate_limited)?;
        match is_right(context, parsed.tenant, share.id, sealed, input.password).await {
            Ok(true) => attempt.succeeded(),
            Ok(false) => {
                let message = "This is not the password of this share.";
                return Ok(refused(UserError::new("INVALID_CREDENTIALS", "password", message)));
            }
            Err(error) => {
                attempt.undo();
                return Err(error);
            }
        }
    }
    if !share.is_allowed {
        return Ok(refused(UserError::new("FORBIDDEN", "disposition", "This share does not allow that.")));
    }
    match count(context, parsed.tenant, user, share.id, disposition).await.map_err(fault)? {
        Opened::Refused(error) => Ok(refused(error)),
        Opened::Open { filename, mime_type } => {
            let expires_at = context.services.clock.now() + LASTS;
            let purpose = Purpose::Shared { share: share.id, disposition };
            let link = Link { tenant: parsed.tenant, row: share.file, purpose, expires_at };
            let url = format!("/files/{}", link.write(&context.services.keys).map_err(fault)?);
            Ok(OpenFileSharePayload {
                url: Some(url),
                expires_at: Some(Moment(expires_at)),
                filename: Some(filename),
                mime_type: Some(mime_type),
                errors: Vec::new(),
            })
        }
    }
}

fn refused(error: UserError) -> OpenFileSharePayload {
    OpenFileSharePayload { errors: vec![error], ..OpenFileSharePayload::default() }
}

fn invalid() -> UserError {
    UserError::new("INVALID_TOKEN", "token", "There is no such share, or it does not open any more.")
}

async fn find(
    context: &RequestContext,
    parsed: ParsedToken,
    disposition: FileDisposition,
) -> Result<Option<Share>, DbError> {
    let transaction = context.read(Actor::tenant(parsed.tenant, Scope::default()));
    let mut sql = Sql::new();
    sql.push("select s.id, s.file_id, s.password, s.shared_with_id, s.");
    sql.push(if disposition == FileDisposition::View { "allow_view" } else { "allow_download" });
    sql.push(" from app.file_share_by_token(").bind(Bind::Bytes(parsed.hash.to_vec())).push(") s");
    let rows = transaction.rows(sql, true).await?;
    transaction.finish();
    if rows.is_empty() {
        return Ok(None);
    }
    let (Some(id), Some(file)) = (rows.uuid(0, 0), rows.uuid(0, 1)) else { return Ok(None) };
    let password = rows.cell(0, 2).map(<[u8]>::to_vec);
    Ok(Some(Share { id, file, password, shared_with: rows.uuid(0, 3), is_allowed: rows.is_true(0, 4) }))
}

async fn is_right(
    context: &RequestContext,
    tenant: Uuid,
    share: Uuid,
    sealed: &[u8],
    given: Option<String>,
) -> async_graphql::Result<bool> {
    let services = &context.services;
    let given = Zeroizing::new(given.unwrap_or_default());
    if given.len() > MAX_PASSWORD_BYTES {
        return Ok(false);
    }
    let stored = services.keys.open(&place(tenant, share), sealed);
    let stored = stored.map_err(|error| fault(DbError::Fault(error.to_string())))?;
    let stored = stored.expose_text().map(ToOwned::to_owned);
    let verdict = services.passwords.verify(given, stored).await.map_err(|error| match error {
        PasswordError::Busy => rate_limited(Throttled { retry_after: 1 }),
        PasswordError::Fault(reason) => fault(DbError::Fault(reason)),
    })?;
    Ok(verdict.is_right)
}

/// Uses the share once more, when that is allowed.
async fn count(
    context: &RequestContext,
    tenant: Uuid,
    user: Option<Uuid>,
    share: Uuid,
    disposition: FileDisposition,
) -> Result<Opened, DbError> {
    let actor = match user {
        Some(user) => Actor::user(tenant, user, Scope::default()),
        None => Actor::tenant(tenant, Scope::default()),
    };
    let ask = move |function: &str| {
        let mut sql = Sql::new();
        sql.push(function).bind(Bind::Uuid(share)).push(", ");
        sql.bind(Bind::Text(disposition.action().to_owned())).push(")");
        sql
    };
    context
        .write(actor, move |tx| {
            async move {
                let used = tx.rows(ask("select app.use_file_share("), false).await?;
                match used.text(0, 0).as_deref() {
                    Some("OPEN") => {}
                    Some("USED_UP") => {
                        let message = "This share was opened as often as it may be.";
                        return Ok(Opened::Refused(UserError::new("QUOTA_EXCEEDED", "token", message)));
                    }
                    _ => return Ok(Opened::Refused(invalid())),
                }
                let mut sql = ask("select f.filename, f.mime_type from app.shared_file(");
                sql.push(" f");
                let rows = tx.rows(sql, false).await?;
                if rows.is_empty() {
                    return Ok(Opened::Refused(invalid()));
                }
                let text = |index| rows.text(0, index).unwrap_or_default();
                Ok(Opened::Open { filename: text(0), mime_type: text(1) })
            }
            .boxed()
        })
        .await
}

fn hash(parts: &[&str]) -> Subject {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Whoever has an IPv6 address has a whole network of them.
fn network_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{:x}", address.to_bits() >> 64),
    }
}
