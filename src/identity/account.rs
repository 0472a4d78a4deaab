//! The mutations of one's own account: signing in and out, renewing a session, changing the password.
//!
//! They write no entity that a payload could show, and some run before anybody is signed in; so they are written by
//! hand, each in its own file. Here is their table of contents.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use entity::write::UserError;

use super::sign_out;
use crate::request::RequestContext;

/// Mutations of one's own account.
#[derive(Debug, Default)]
pub struct AccountMutation;

/// Input of `signOut`.
#[derive(Debug, InputObject)]
pub struct SignOutInput {
    /// Ends all sessions of the user, not only this one; false when left out.
    pub everywhere: Option<bool>,
}

/// Answer of `signOut`.
#[derive(Debug, SimpleObject)]
pub struct SignOutPayload {
    /// Number of sessions that were ended.
    pub ended_sessions: Option<i32>,
    /// What the user can put right; empty when all went well.
    pub errors: Vec<UserError>,
}

#[Object]
impl AccountMutation {
    /// Ends the session, or all sessions of the user. Its tokens stop working at once, and cookies are removed.
    async fn sign_out(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: SignOutInput,
    ) -> async_graphql::Result<SignOutPayload> {
        sign_out::sign_out(RequestContext::of(ctx)?, input).await
    }
}
