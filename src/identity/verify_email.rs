//! Proving an address.

use std::sync::Arc;

use async_graphql::ID;
use entity::database::{DbError, Statements};
use entity::id::format_id;
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use uuid::Uuid;

use super::account_mails::VerifyEmailPayload;
use super::use_token::{consume, invalid_token};
use super::verification_token::TokenPurpose;
use crate::db::{Actor, Scope};
use crate::opaque_token::OpaqueToken;
use crate::request::{RequestContext, fault};

/// Marks the address of the token's user as proven.
pub(super) async fn verify(context: &Arc<RequestContext>, token: &str) -> async_graphql::Result<VerifyEmailPayload> {
    let Some(token) = OpaqueToken::parse(token) else {
        return Ok(VerifyEmailPayload { user_id: None, errors: vec![invalid_token()] });
    };
    let proven = context.write(Actor::tenant(token.tenant, Scope::default()), move |transaction| {
        async move {
            let consumed = consume(transaction, &token, TokenPurpose::EmailVerification).await?;
            if let Ok(user) = &consumed {
                mark_proven(transaction, token.tenant, *user).await?;
            }
            Ok(consumed)
        }
        .boxed()
    });
    Ok(match proven.await.map_err(fault)? {
        Ok(user) => VerifyEmailPayload { user_id: Some(ID(format_id("user", user))), errors: Vec::new() },
        Err(error) => VerifyEmailPayload { user_id: None, errors: vec![error] },
    })
}

/// Whoever brings a token from a mail reads the mail of this address, whatever the token is for.
pub(super) async fn mark_proven(statements: &dyn Statements, tenant: Uuid, user: Uuid) -> Result<(), DbError> {
    let mut sql = Sql::new();
    sql.push("update users set email_verified_at = now() where tenant_id = ").bind(Bind::Uuid(tenant));
    sql.push(" and id = ").bind(Bind::Uuid(user)).push(" and email_verified_at is null returning id");
    statements.rows(sql, false).await.map(|_| ())
}
