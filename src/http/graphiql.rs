//! GraphiQL at `/graphiql`. Its files are what `npm run build` in `graphiql/` makes.

use super::embedded_page::{EmbeddedPage, StoredFile};
use super::routes::GRAPHIQL;

/// The page. Scripts and workers come from this origin alone, with neither inline scripts nor `eval`, and nothing may be
/// sent anywhere else.
///
/// `style-src` needs `'unsafe-inline'`: Monaco positions every line of text by a `style` attribute in markup it assigns
/// as a string, and writes its themes into `<style>` elements; it knows no nonce. `data:` images are the squiggles and
/// icons of its style sheet.
pub static PAGE: EmbeddedPage = EmbeddedPage {
    path: GRAPHIQL,
    content_security_policy: "default-src 'none'; \
        script-src 'self'; \
        worker-src 'self'; \
        connect-src 'self'; \
        img-src 'self' data:; \
        font-src 'self'; \
        style-src 'self' 'unsafe-inline'; \
        base-uri 'none'; \
        form-action 'none'; \
        frame-ancestors 'none'",
    files: include!("../../assets/graphiql/table.rs"),
};
