//! The cookies in which browsers keep tokens.
//!
//! A page cannot read them (`HttpOnly`), another site does not make the browser send them (`SameSite=Lax`), and the
//! prefixes keep other hosts of the same domain from setting them. The CSRF token has a cookie that pages can read, so
//! that they find it again after a reload; it does not work without the others.

use chrono::{DateTime, Utc};

/// What the cookies are called.
#[derive(Clone, Copy, Debug)]
pub struct CookieNames {
    /// That of the access token.
    pub access: &'static str,
    /// That of the refresh token.
    pub refresh: &'static str,
    /// That of the CSRF token.
    pub csrf: &'static str,
}

/// Browsers take the prefixes from https only. `__Host-` wants the path `/`, which that of the refresh token is not.
const SECURE: CookieNames = CookieNames {
    access: "__Host-mostrador-access",
    refresh: "__Secure-mostrador-refresh",
    csrf: "__Host-mostrador-csrf",
};
const PLAIN: CookieNames =
    CookieNames { access: "mostrador-access", refresh: "mostrador-refresh", csrf: "mostrador-csrf" };

/// The names, by whether the cookies are for https only.
pub fn cookie_names(secure: bool) -> &'static CookieNames {
    if secure { &SECURE } else { &PLAIN }
}

/// The one place where the refresh token is of use.
const REFRESH_PATH: &str = "/graphql";

/// The tokens of a session, as cookies that end when they do.
pub struct Jar<'a> {
    /// The access token, and when it ends.
    pub access: (&'a str, DateTime<Utc>),
    /// The refresh token, and when its session ends.
    pub refresh: (&'a str, DateTime<Utc>),
    /// The CSRF token.
    pub csrf: &'a str,
}

impl Jar<'_> {
    /// The `Set-Cookie` headers.
    pub fn headers(&self, secure: bool, now: DateTime<Utc>) -> [String; 3] {
        let names = cookie_names(secure);
        let seconds = |end: DateTime<Utc>| (end - now).num_seconds().max(0);
        let (access, refresh) = (seconds(self.access.1), seconds(self.refresh.1));
        [
            cookie(names.access, self.access.0, "/", access, true, secure),
            cookie(names.refresh, self.refresh.0, REFRESH_PATH, refresh, true, secure),
            cookie(names.csrf, self.csrf, "/", refresh, false, secure),
        ]
    }

    /// The headers that make a browser forget.
    pub fn forget(secure: bool) -> [String; 3] {
        let names = cookie_names(secure);
        [
            cookie(names.access, "", "/", 0, true, secure),
            cookie(names.refresh, "", REFRESH_PATH, 0, true, secure),
            cookie(names.csrf, "", "/", 0, false, secure),
        ]
    }
}

fn cookie(name: &str, value: &str, path: &str, seconds: i64, http_only: bool, secure: bool) -> String {
    let http_only = if http_only { "; HttpOnly" } else { "" };
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path={path}; Max-Age={seconds}; SameSite=Lax{http_only}{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_kept_from_pages_and_other_sites() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let end = |seconds| now + chrono::Duration::seconds(seconds);
        let jar = Jar { access: ("a.b.c", end(900)), refresh: ("t.r", end(3600)), csrf: "x" };
        assert_eq!(
            jar.headers(true, now),
            [
                "__Host-mostrador-access=a.b.c; Path=/; Max-Age=900; SameSite=Lax; HttpOnly; Secure",
                "__Secure-mostrador-refresh=t.r; Path=/graphql; Max-Age=3600; SameSite=Lax; HttpOnly; Secure",
                "__Host-mostrador-csrf=x; Path=/; Max-Age=3600; SameSite=Lax; Secure",
            ]
        );
        assert_eq!(jar.headers(false, now)[0], "mostrador-access=a.b.c; Path=/; Max-Age=900; SameSite=Lax; HttpOnly");
        assert_eq!(Jar::forget(false)[1], "mostrador-refresh=; Path=/graphql; Max-Age=0; SameSite=Lax; HttpOnly");
    }
}
