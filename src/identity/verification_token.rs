//! Tokens sent by mail that prove an address: to verify it, to reset a password, to sign in without one.
//!
//! Asking for one is in `request_token.rs`, making and mailing it in `issue_tokens.rs`, using it in `use_token.rs`.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use super::User;

/// What a token sent by mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum TokenPurpose {
    /// Proving that the address is read.
    EmailVerification,
    /// Choosing a new password.
    PasswordReset,
    /// Signing in without a password.
    MagicLink,
}

/// A token for one use, sent to the address of a user who asked for it. Only its hash is stored, and nobody is shown it.
#[entity(table = verification_tokens, process = USERS, read = MANAGE_USERS, no_create, no_update, no_delete)]
pub struct VerificationToken {
    /// Address that it was sent to. When the user has another one by now, the token no longer works.
    pub identifier: String,
    /// What it is for.
    pub purpose: TokenPurpose,
    /// Until when it can be used.
    pub expires_at: DateTime<Utc>,
    /// When it was used, or another one of the same purpose; null for not yet.
    pub consumed_at: Option<DateTime<Utc>>,
    /// Whose it is; null for a moment, until the request is looked at.
    #[belongs_to(inverse = "verificationTokens", doc = "Tokens that the user was sent by mail.")]
    pub user: Option<Ref<User>>,
}
