//! The mutations of one's own account: signing in and out, renewing a session, changing the password.
//!
//! They write no entity that a payload could show, and some run before anybody is signed in; so they are written by
//! hand, each in its own file. Here is their table of contents.

use std::fmt;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::id::format_id;
use entity::write::{Moment, UserError};

use super::start_session::Started;
use super::{change_password, refresh_session, revoke_sessions, sign_in, sign_out};
use crate::request::RequestContext;

/// Mutations of one's own account.
#[derive(Debug, Default)]
pub struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Signs in with a password. Wrong credentials give INVALID_CREDENTIALS, whatever is wrong with them; after too many
    /// failures of an account or an address, RATE_LIMITED says after how many seconds to try again (`retryAfter`).
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who signs in.")] input: SignInInput,
    ) -> async_graphql::Result<SignInPayload> {
        sign_in::sign_in(RequestContext::of(ctx)?, input).await
    }

    /// Exchanges a refresh token for new tokens. Each works once: shown again it ends its session, for then two have it.
    /// Only a client that has lost the answer may ask again: for 30 seconds, with the same `user-agent`, it gets the same
    /// refresh token.
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] input: RefreshSessionInput,
    ) -> async_graphql::Result<RefreshSessionPayload> {
        refresh_session::refresh(RequestContext::of(ctx)?, input).await
    }

    /// Ends the session, or all sessions of the user. Its tokens stop working at once, and cookies are removed.
    async fn sign_out(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to end.")] input: SignOutInput,
    ) -> async_graphql::Result<SignOutPayload> {
        sign_out::sign_out(RequestContext::of(ctx)?, input).await
    }

    /// Changes the own password, and ends all other sessions. The new one has 12 characters or more, unless the
    /// installation wants another length, and is not easy to guess.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The passwords.")] input: ChangePasswordInput,
    ) -> async_graphql::Result<ChangePasswordPayload> {
        change_password::change_password(RequestContext::of(ctx)?, input).await
    }

    /// Ends one session: an own one, or anybody's with MANAGE_USERS on USERS.
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] input: RevokeSessionInput,
    ) -> async_graphql::Result<RevokeSessionPayload> {
        revoke_sessions::revoke(RequestContext::of(ctx)?, input).await
    }

    /// Ends all own sessions but the present one; or, with MANAGE_USERS on USERS, all sessions of another user.
    async fn revoke_all_sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose sessions.")] input: RevokeAllSessionsInput,
    ) -> async_graphql::Result<RevokeAllSessionsPayload> {
        revoke_sessions::revoke_all(RequestContext::of(ctx)?, input).await
    }
}

/// Input of `signIn`.
#[derive(InputObject)]
pub struct SignInInput {
    /// Short name of the business, its `slug`.
    pub tenant: String,
    /// E-mail address of the user.
    pub email: String,
    /// Password of the user.
    pub password: String,
    /// Whether the tokens also become cookies that pages cannot read; for browsers. False when left out.
    pub cookie: Option<bool>,
}

/// Input of `refreshSession`.
#[derive(InputObject)]
pub struct RefreshSessionInput {
    /// The refresh token that was given last. Left out, it is taken from the cookie.
    pub refresh_token: Option<String>,
    /// Whether the new tokens also become cookies; left out, as the old one came. Only sessions that began with cookies
    /// have them.
    pub cookie: Option<bool>,
}

/// Input of `signOut`.
#[derive(Debug, InputObject)]
pub struct SignOutInput {
    /// Ends all sessions of the user, not only this one; false when left out.
    pub everywhere: Option<bool>,
}

/// Input of `changePassword`.
#[derive(InputObject)]
pub struct ChangePasswordInput {
    /// The present password. Not needed at the first sign-in, nor by who has none yet.
    pub old_password: Option<String>,
    /// The password from now on.
    pub new_password: String,
}

/// Input of `revokeSession`.
#[derive(Debug, InputObject)]
pub struct RevokeSessionInput {
    /// The session to end.
    pub session_id: ID,
}

/// Input of `revokeAllSessions`.
#[derive(Debug, InputObject)]
pub struct RevokeAllSessionsInput {
    /// Whose sessions; one's own when left out.
    pub user_id: Option<ID>,
}

/// Declares a payload that holds the tokens of a session.
macro_rules! tokens_payload {
    ($name:ident, $mutation:literal) => {
        #[doc = concat!("Answer of `", $mutation, "`. Everything but the errors is null when there are any.")]
        #[derive(SimpleObject)]
        pub struct $name {
            /// Token for requests, as `Authorization: Bearer …`.
            pub access_token: Option<String>,
            /// When the access token stops working.
            pub expires_at: Option<Moment>,
            /// Token for `refreshSession`; it works once.
            pub refresh_token: Option<String>,
            /// When the session ends unless it is renewed.
            pub session_expires_at: Option<Moment>,
            /// The session.
            pub session_id: Option<ID>,
            /// The business.
            pub tenant_id: Option<ID>,
            /// The user.
            pub user_id: Option<ID>,
            /// Whether the session may do nothing but change the password: it is the first sign-in, or the password has
            /// expired.
            pub must_change_password: Option<bool>,
            /// What requests with cookies repeat in the header `x-csrf-token`; null without cookies.
            pub csrf_token: Option<String>,
            /// What the user can put right; empty when all went well.
            pub errors: Vec<UserError>,
        }

        impl $name {
            pub(super) fn of(started: Started) -> Self {
                Self {
                    access_token: Some(started.access.text),
                    expires_at: Some(Moment(started.access.expires_at)),
                    refresh_token: Some(started.refresh.text().to_owned()),
                    session_expires_at: Some(Moment(started.expires_at)),
                    session_id: Some(ID(format_id("session", started.session))),
                    tenant_id: Some(ID(format_id("tenant", started.tenant))),
                    user_id: Some(ID(format_id("user", started.user))),
                    must_change_password: Some(started.must_change_password),
                    csrf_token: started.csrf,
                    errors: Vec::new(),
                }
            }

            pub(super) fn refused(error: UserError) -> Self {
                Self {
                    access_token: None,
                    expires_at: None,
                    refresh_token: None,
                    session_expires_at: None,
                    session_id: None,
                    tenant_id: None,
                    user_id: None,
                    must_change_password: None,
                    csrf_token: None,
                    errors: vec![error],
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.debug_struct(stringify!($name)).field("errors", &self.errors).finish_non_exhaustive()
            }
        }
    };
}

tokens_payload!(SignInPayload, "signIn");
tokens_payload!(RefreshSessionPayload, "refreshSession");
tokens_payload!(AcceptInvitationPayload, "acceptInvitation");
tokens_payload!(SignInWithMagicLinkPayload, "signInWithMagicLink");
tokens_payload!(FinishOauthPayload, "finishOauth");

/// Answer of `signOut`.
#[derive(Debug, SimpleObject)]
pub struct SignOutPayload {
    /// Number of sessions that were ended.
    pub ended_sessions: Option<i32>,
    /// What the user can put right; empty when all went well.
    pub errors: Vec<UserError>,
}

/// Answer of `changePassword`.
#[derive(Debug, SimpleObject)]
pub struct ChangePasswordPayload {
    /// Number of other sessions that were ended; null when there are errors.
    pub ended_sessions: Option<i32>,
    /// What the user can put right; empty when all went well.
    pub errors: Vec<UserError>,
}

/// Answer of `revokeSession`.
#[derive(Debug, SimpleObject)]
pub struct RevokeSessionPayload {
    /// The session that has ended; null when there are errors.
    pub session_id: Option<ID>,
    /// What the user can put right; empty when all went well.
    pub errors: Vec<UserError>,
}

/// Answer of `revokeAllSessions`.
#[derive(Debug, SimpleObject)]
pub struct RevokeAllSessionsPayload {
    /// Number of sessions that were ended; null when there are errors.
    pub ended_sessions: Option<i32>,
    /// What the user can put right; empty when all went well.
    pub errors: Vec<UserError>,
}

/// Inputs that hold passwords or tokens show nothing of them.
macro_rules! secretive {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

secretive!(SignInInput, RefreshSessionInput, ChangePasswordInput);
