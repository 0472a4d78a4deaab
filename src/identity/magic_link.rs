//! Signing in with a link from a mail.

use std::sync::Arc;

use entity::write::UserError;
use futures_util::FutureExt;

use super::account::SignInWithMagicLinkPayload;
use super::account_mails::SignInWithMagicLinkInput;
use super::mail_limits::count_token;
use super::start_session::{Arrival, start};
use super::use_token::{consume, invalid_token};
use super::verification_token::TokenPurpose;
use super::verify_email::mark_proven;
use crate::db::{Actor, Scope};
use crate::opaque_token::OpaqueToken;
use crate::request::{RequestContext, fault};

/// Signs in the token's user.
pub(super) async fn sign_in(
    context: &Arc<RequestContext>,
    input: SignInWithMagicLinkInput,
) -> async_graphql::Result<SignInWithMagicLinkPayload> {
    let cookie = context.may_take_cookies(input.cookie)?;
    let Some(token) = OpaqueToken::parse(&input.token) else {
        return Ok(SignInWithMagicLinkPayload::refused(invalid_token()));
    };
    let attempt = count_token(context, token.tenant)?;
    let request = Arc::clone(context);
    let entered = context.write(Actor::tenant(token.tenant, Scope::default()), move |transaction| {
        async move {
            let user = match consume(transaction, &token, TokenPurpose::MagicLink).await? {
                Ok(user) => user,
                Err(error) => return Ok(Err(error)),
            };
            mark_proven(transaction, token.tenant, user).await?;
            let arrival = Arrival { tenant: token.tenant, user, method: "MAGIC_LINK", password_hash: None, cookie };
            let started = start(&request, transaction, &arrival).await?;
            Ok(started.ok_or_else(|| UserError::new("VALIDATION", "token", "This link is no longer valid.")))
        }
        .boxed()
    });
    Ok(match entered.await.map_err(fault)? {
        Ok(started) => {
            attempt.succeeded();
            started.set_cookies(context);
            SignInWithMagicLinkPayload::of(started)
        }
        Err(error) => SignInWithMagicLinkPayload::refused(error),
    })
}
