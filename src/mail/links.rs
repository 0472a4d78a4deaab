//! Web addresses that mails lead to.

use url::Url;

/// Makes addresses of the application that people use, which is not this gateway but the pages in front of it.
#[derive(Clone, Debug)]
pub struct Links {
    app: String,
}

impl Links {
    /// Links into the application at this address.
    pub fn new(app: &Url) -> Self {
        Self { app: app.as_str().trim_end_matches('/').to_owned() }
    }

    /// A page with a token for it.
    ///
    /// The token stands behind `#`: browsers send that part to nobody, so it is in no server's log and no `Referer`.
    pub(super) fn page(&self, page: &str, token: &str) -> String {
        format!("{}/{page}#token={token}", self.app)
    }

    /// A page.
    pub(super) fn plain(&self, page: &str) -> String {
        format!("{}/{page}", self.app)
    }
}
