//! What the HTTP layer asks of the rest of the gateway: operations, and in development sign-in without a password.

use std::fmt;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde::Serialize;

pub use crate::graphql::service::{
    Answer, AnswerKind, Call, Caller, Cookies, Credentials, GraphqlService, Identified, Identity, LiveCaller,
    OperationKind, OperationSummary, Renewal, Renewed, RequestId, Subscribed, cookie_names, is_same_person,
};

/// Signing in without a password, for development only: the router does not mount it otherwise.
pub trait DevLogins: Send + Sync + 'static {
    /// The users one can sign in as, the most useful first.
    fn logins(&self) -> BoxFuture<'static, Result<Vec<Login>, String>>;

    /// An access token for one of them; `None` when there is no such active user.
    fn sign_in(&self, tenant: String, email: String) -> BoxFuture<'static, Result<Option<SignedIn>, String>>;
}

/// A user one can sign in as in development.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Login {
    /// The tenant's slug.
    pub tenant: String,
    /// The tenant's name for people.
    pub tenant_name: String,
    /// The user's address, unique in the tenant.
    pub email: String,
    /// The user's name for people.
    pub name: String,
    /// The user's role, as in the schema's `UserRole`.
    pub role: String,
}

/// A fresh access token.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedIn {
    /// The token, to be sent as `Authorization: Bearer …`.
    pub token: String,
    /// When the token stops working.
    pub expires_at: DateTime<Utc>,
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SignedIn").field("token", &"…").field("expires_at", &self.expires_at).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_printed() {
        let signed_in =
            SignedIn { token: "secret.secret.secret".into(), expires_at: DateTime::from_timestamp(0, 0).unwrap() };
        assert!(!format!("{signed_in:?}").contains("secret"));
    }
}
