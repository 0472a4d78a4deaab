//! Asking for a token by mail.
//!
//! The answer is the same for every address, and so is the work: a request is written down, nobody is looked for. That
//! is the worker's, see `issue_tokens.rs`. So neither words nor time tell whether there is an account.

use std::sync::Arc;

use entity::database::{DbError, Statements};
use entity::kind::Scalar;
use entity::sql::{Bind, Sql};
use entity::write::UserError;
use futures_util::FutureExt;
use uuid::Uuid;

use super::mail_limits::count_request;
use super::verification_token::TokenPurpose;
use crate::db::{Actor, Scope};
use crate::mail::Locale;
use crate::request::{RequestContext, fault};
use crate::values::Email;

/// For whom a token is asked.
pub(super) struct Wanted {
    pub(super) tenant: String,
    pub(super) email: String,
    pub(super) locale: Option<String>,
}

/// Writes the request down; says what is wrong with it, never whether anybody has this address.
pub(super) async fn request(
    context: &Arc<RequestContext>,
    purpose: TokenPurpose,
    wanted: Wanted,
) -> async_graphql::Result<Vec<UserError>> {
    let email = match Email::TYPE.normalize.map_or(Ok(wanted.email.clone()), |normalize| normalize(&wanted.email)) {
        Ok(email) => email,
        Err(message) => return Ok(vec![UserError::new("VALIDATION", "email", message)]),
    };
    count_request(context, purpose.as_str(), &wanted.tenant, &email)?;
    let Some(tenant) = tenant_by_slug(context, &wanted.tenant).await? else { return Ok(Vec::new()) };
    let locale = Locale::best(wanted.locale.as_deref().unwrap_or_default()).code();
    let id = context.services.ids.next();
    let written = context.write(Actor::tenant(tenant, Scope::default()), move |transaction| {
        async move {
            let mut sql = Sql::new();
            sql.push("insert into verification_tokens (tenant_id, id, identifier, purpose, locale) values (");
            sql.bind(Bind::Uuid(tenant)).push(", ").bind(Bind::Uuid(id));
            sql.push(", ").bind(Bind::Text(email)).push(", ").bind(Bind::Text(purpose.as_str().to_owned()));
            sql.push(", ").bind(Bind::Text(locale.to_owned())).push(") returning id");
            transaction.rows(sql, false).await
        }
        .boxed()
    });
    match written.await {
        Ok(_) => Ok(Vec::new()),
        // The database is stricter about addresses than we are.
        Err(DbError::Constraint { .. }) => {
            Ok(vec![UserError::new("VALIDATION", "email", "This is not an e-mail address.")])
        }
        Err(error) => Err(fault(error)),
    }
}

/// The tenant of a slug. A business that does not exist is no secret: everybody may try its name at the sign-in.
async fn tenant_by_slug(context: &Arc<RequestContext>, slug: &str) -> async_graphql::Result<Option<Uuid>> {
    let slug = slug.trim().to_ascii_lowercase();
    if !slug.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'-') {
        return Ok(None);
    }
    let mut sql = Sql::new();
    sql.push("select id from app.tenant_by_slug(").bind(Bind::Text(slug)).push(")");
    let transaction = context.read(Actor::tenant(Uuid::nil(), Scope::default()));
    let rows = transaction.rows(sql, false).await.map_err(fault)?;
    transaction.finish();
    Ok(rows.uuid_of_first())
}
