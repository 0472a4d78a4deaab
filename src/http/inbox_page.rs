//! The reference client at `/inbox`, in development. Its files are what `npm run embed` in `clients/inbox/` makes.

use super::embedded_page::{EmbeddedPage, StoredFile};
use super::routes::INBOX;

/// The page. Everything comes from this origin, and nothing goes anywhere else; `'self'` covers its WebSocket.
pub static PAGE: EmbeddedPage = EmbeddedPage {
    path: INBOX,
    content_security_policy: "default-src 'none'; \
        script-src 'self'; \
        connect-src 'self'; \
        img-src 'self'; \
        style-src 'self'; \
        base-uri 'none'; \
        form-action 'none'; \
        frame-ancestors 'none'",
    files: include!("../../assets/inbox/table.rs"),
};
