//! The mutations around mails that one gets about one's own account. None needs a session; what counts is the token.
//!
//! Here is their table of contents; each is in a file of its own.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::write::UserError;

use super::account::{AcceptInvitationPayload, SignInWithMagicLinkPayload};
use super::request_token::{Wanted, request};
use super::verification_token::TokenPurpose;
use super::{accept_invitation, magic_link, reset_password, verify_email};
use crate::request::RequestContext;

/// Mutations around mails about one's own account.
#[derive(Debug, Default)]
pub struct AccountMailMutation;

/// Input of `requestEmailVerification`.
#[derive(Debug, InputObject)]
pub(super) struct RequestEmailVerificationInput {
    /// Short name of the business (its slug).
    tenant: String,
    /// Address of the account.
    email: String,
    /// Language of the mail, as browsers write it: `en`, `es`, `es-MX`. English when it is left out or another one.
    locale: Option<String>,
}

/// Answer of `requestEmailVerification`. It is the same whether or not there is such an account.
#[derive(Debug, SimpleObject)]
pub(super) struct RequestEmailVerificationPayload {
    /// What the user can put right; empty when the request was taken.
    errors: Vec<UserError>,
}

/// Input of `requestPasswordReset`.
#[derive(Debug, InputObject)]
pub(super) struct RequestPasswordResetInput {
    /// Short name of the business (its slug).
    tenant: String,
    /// Address of the account.
    email: String,
    /// Language of the mail, as browsers write it: `en`, `es`, `es-MX`. English when it is left out or another one.
    locale: Option<String>,
}

/// Answer of `requestPasswordReset`. It is the same whether or not there is such an account.
#[derive(Debug, SimpleObject)]
pub(super) struct RequestPasswordResetPayload {
    /// What the user can put right; empty when the request was taken.
    errors: Vec<UserError>,
}

/// Input of `requestMagicLink`.
#[derive(Debug, InputObject)]
pub(super) struct RequestMagicLinkInput {
    /// Short name of the business (its slug).
    tenant: String,
    /// Address of the account.
    email: String,
    /// Language of the mail, as browsers write it: `en`, `es`, `es-MX`. English when it is left out or another one.
    locale: Option<String>,
}

/// Answer of `requestMagicLink`. It is the same whether or not there is such an account.
#[derive(Debug, SimpleObject)]
pub(super) struct RequestMagicLinkPayload {
    /// What the user can put right; empty when the request was taken.
    errors: Vec<UserError>,
}

/// Input of `verifyEmail`.
#[derive(InputObject)]
pub(super) struct VerifyEmailInput {
    /// The token from the mail.
    token: String,
}

/// Answer of `verifyEmail`.
#[derive(Debug, SimpleObject)]
pub(super) struct VerifyEmailPayload {
    /// ID of the user whose address is verified; null when there are errors.
    pub(super) user_id: Option<ID>,
    /// What the user can put right; empty when all went well.
    pub(super) errors: Vec<UserError>,
}

/// Input of `resetPassword`.
#[derive(InputObject)]
pub(super) struct ResetPasswordInput {
    /// The token from the mail.
    pub(super) token: String,
    /// The password from now on.
    pub(super) new_password: String,
}

/// Answer of `resetPassword`.
#[derive(Debug, SimpleObject)]
pub(super) struct ResetPasswordPayload {
    /// ID of the user whose password it is; null when there are errors.
    pub(super) user_id: Option<ID>,
    /// Number of sessions that were ended; null when there are errors.
    pub(super) ended_sessions: Option<i32>,
    /// What the user can put right; empty when all went well.
    pub(super) errors: Vec<UserError>,
}

/// Input of `signInWithMagicLink`.
#[derive(InputObject)]
pub(super) struct SignInWithMagicLinkInput {
    /// The token from the mail.
    pub(super) token: String,
    /// Whether the tokens also become cookies that pages cannot read; for browsers. False when left out.
    pub(super) cookie: Option<bool>,
}

/// Input of `acceptInvitation`.
#[derive(InputObject)]
pub(super) struct AcceptInvitationInput {
    /// The token from the mail.
    pub(super) token: String,
    /// The password to sign in with from now on.
    pub(super) password: String,
    /// First name.
    pub(super) first_name: Option<String>,
    /// Last name.
    pub(super) last_name: Option<String>,
    /// Phone number in E.164 form, for instance +34600111222.
    pub(super) phone: Option<String>,
    /// Whether the tokens also become cookies that pages cannot read; for browsers. False when left out.
    pub(super) cookie: Option<bool>,
}

#[Object]
impl AccountMailMutation {
    /// Asks for a mail that proves the address of an account. Nothing is sent when it is proven already.
    async fn request_email_verification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose address.")] input: RequestEmailVerificationInput,
    ) -> async_graphql::Result<RequestEmailVerificationPayload> {
        let errors = request(
            RequestContext::of(ctx)?,
            TokenPurpose::EmailVerification,
            Wanted { tenant: input.tenant, email: input.email, locale: input.locale },
        )
        .await?;
        Ok(RequestEmailVerificationPayload { errors })
    }

    /// Asks for a mail with which a new password can be chosen. At most five such mails an hour are sent to an account.
    async fn request_password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose password.")] input: RequestPasswordResetInput,
    ) -> async_graphql::Result<RequestPasswordResetPayload> {
        let errors = request(
            RequestContext::of(ctx)?,
            TokenPurpose::PasswordReset,
            Wanted { tenant: input.tenant, email: input.email, locale: input.locale },
        )
        .await?;
        Ok(RequestPasswordResetPayload { errors })
    }

    /// Asks for a mail with a link that signs in without a password. At most five such mails an hour are sent to an
    /// account.
    async fn request_magic_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who wants to sign in.")] input: RequestMagicLinkInput,
    ) -> async_graphql::Result<RequestMagicLinkPayload> {
        let errors = request(
            RequestContext::of(ctx)?,
            TokenPurpose::MagicLink,
            Wanted { tenant: input.tenant, email: input.email, locale: input.locale },
        )
        .await?;
        Ok(RequestMagicLinkPayload { errors })
    }

    /// Proves the address of an account with the token from the mail. A token works once, for one day.
    async fn verify_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The proof.")] input: VerifyEmailInput,
    ) -> async_graphql::Result<VerifyEmailPayload> {
        verify_email::verify(RequestContext::of(ctx)?, &input.token).await
    }

    /// Sets a new password with the token from the mail, which works once, for one hour. All sessions of the user end;
    /// sign in with the new password.
    async fn reset_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The proof, and the password.")] input: ResetPasswordInput,
    ) -> async_graphql::Result<ResetPasswordPayload> {
        reset_password::reset(RequestContext::of(ctx)?, input).await
    }

    /// Signs in with the token from the mail, which works once, for 15 minutes.
    async fn sign_in_with_magic_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The proof.")] input: SignInWithMagicLinkInput,
    ) -> async_graphql::Result<SignInWithMagicLinkPayload> {
        magic_link::sign_in(RequestContext::of(ctx)?, input).await
    }

    /// Accepts an invitation with its token: makes the user, and signs in. Works once, for seven days after it was sent.
    async fn accept_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The proof, and who you are.")] input: AcceptInvitationInput,
    ) -> async_graphql::Result<AcceptInvitationPayload> {
        accept_invitation::accept(RequestContext::of(ctx)?, input).await
    }
}
