//! Accounts at other providers that users sign in with. Row-level security shows them to nobody else, whatever the role.
//!
//! They are linked by `linkOauthAccount`, or by signing in with a verified address; see `oauth_sign_in`.

use entity::{Ref, entity};

use super::User;
use crate::values::SecretState;

/// An account at another provider with which the user signs in. Only the user sees it; the provider's tokens are stored
/// encrypted and never shown. Deleting it unlinks it: the provider's account stays, and no longer opens this one.
#[entity(table = oauth_accounts, process = ACCOUNT, no_create, no_update)]
pub struct OauthAccount {
    /// Name of the provider, as it stands in the configuration.
    pub provider: String,
    /// The provider's own id of the person.
    pub provider_account_id: String,
    /// Whether the provider's access token of the last sign-in is stored. The token itself is never shown.
    #[field(sql = "case when {t}.access_token is null then 'NOT_SET' else 'SET' end", no_filter, no_order)]
    pub access_token: SecretState,
    /// Whether a refresh token of the provider is stored. The token itself is never shown.
    #[field(sql = "case when {t}.refresh_token is null then 'NOT_SET' else 'SET' end", no_filter, no_order)]
    pub refresh_token: SecretState,
    /// Who signs in with it.
    #[belongs_to(inverse = "oauthAccounts", doc = "Accounts at other providers that the user signs in with.")]
    pub user: Ref<User>,
}
