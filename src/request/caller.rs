//! Who is at the other end, as far as HTTP can tell.

use std::fmt;
use std::net::IpAddr;

/// The other end of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The client's address: the socket's, or behind a trusted proxy the one that it names.
    pub address: Option<IpAddr>,
    /// What the browser or app calls itself, as sent.
    pub user_agent: Option<String>,
    /// The tokens that a browser sent by itself.
    pub cookies: Cookies,
    /// The header that only a page of ours can set: proof that the browser did not act for another page.
    pub csrf_token: Option<String>,
    /// The page that asks lives at an origin that is neither ours nor among the configured ones.
    pub is_foreign_page: bool,
    /// The operation comes over a connection that stays open: nothing can be said in headers any more, so no cookie can
    /// be set.
    pub is_live: bool,
    /// Cookies are for https only.
    pub has_secure_cookies: bool,
}

/// Tokens that came as cookies.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Cookies {
    /// The access token.
    pub access: Option<String>,
    /// The refresh token.
    pub refresh: Option<String>,
}

impl fmt::Debug for Cookies {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |cookie: &Option<String>| cookie.as_ref().map(|_| "…");
        formatter
            .debug_struct("Cookies")
            .field("access", &shown(&self.access))
            .field("refresh", &shown(&self.refresh))
            .finish()
    }
}
