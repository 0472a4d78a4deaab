//! A page that is carried inside the binary: its files, compressed as they are stored, under a strict policy.
//!
//! Which pages there are say [`graphiql`](super::graphiql) and [`inbox_page`](super::inbox_page). Their files come from
//! `assets/`, where the builds of `graphiql/` and `clients/inbox/` put them; building the gateway needs no Node. Whether
//! a page is served at all is the caller's decision. Nothing here knows about sessions: pages talk to `/graphql` as any
//! other client does.

use std::borrow::Cow;
use std::io::Read;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bytes::Bytes;
use flate2::read::GzDecoder;

/// A page and its files.
pub struct EmbeddedPage {
    /// Where it is served, for example `/graphiql`.
    pub path: &'static str,
    /// What its scripts, styles and connections may do.
    pub content_security_policy: &'static str,
    /// All its files, `index.html` among them.
    pub files: &'static [StoredFile],
}

/// One file of a page, as the table of its build lists it.
pub struct StoredFile {
    /// Below the page, for example `assets/index-B4mBqRTG.js`.
    pub path: &'static str,
    /// Its `Content-Type`.
    pub media_type: &'static str,
    /// Names the content; the same whether it travels compressed or not.
    pub hash: &'static str,
    /// Whether `bytes` are compressed with gzip.
    pub gzip: bool,
    /// The content.
    pub bytes: &'static [u8],
}

impl EmbeddedPage {
    /// The page at its path and its files below it.
    ///
    /// Generic over the state so that it merges into any router; it reads none.
    pub fn routes<S>(&'static self) -> Router<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        let index = async |request: HeaderMap| self.serve("index.html", &request);
        let file = async |Path(path): Path<String>, request: HeaderMap| self.serve(&path, &request);
        Router::new()
            .route(self.path, get(index))
            // Relative to nothing: the page names its files by absolute paths, but people type the slash.
            .route(&format!("{}/", self.path), get(async || Redirect::permanent(self.path)))
            .route(&format!("{}/{{*path}}", self.path), get(file))
    }

    fn serve(&self, path: &str, request: &HeaderMap) -> Response {
        let Some(file) = self.files.iter().find(|file| file.path == path) else {
            let no_file = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
            return (StatusCode::NOT_FOUND, self.security_headers(), no_file, "This page has no such file.\n")
                .into_response();
        };

        // Weak, because the compressed and the plain form share it.
        let tag = format!("W/\"{}\"", file.hash);
        let mut headers = HeaderMap::from_iter(self.security_headers());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching(file)));
        if file.gzip {
            headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        let unchanged = is_known(request, &tag);
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, tag);
        }
        if unchanged {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }

        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.media_type));
        if !file.gzip {
            return (headers, Bytes::from_static(file.bytes)).into_response();
        }
        if accepts_gzip(request) {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            return (headers, Bytes::from_static(file.bytes)).into_response();
        }
        match plain(file) {
            Ok(bytes) => (headers, bytes.into_owned()).into_response(),
            Err(error) => {
                tracing::error!(file = file.path, %error, "a file of a page does not decompress");
                (StatusCode::INTERNAL_SERVER_ERROR, self.security_headers()).into_response()
            }
        }
    }

    /// Sent with every answer, that of a missing file included.
    fn security_headers(&self) -> [(HeaderName, HeaderValue); 5] {
        [
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(self.content_security_policy)),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
            (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
            (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
        ]
    }
}

/// The names in `assets/` carry a hash of their content, so those files never
/// change; the page itself must be asked for each time.
fn caching(file: &StoredFile) -> &'static str {
    if file.path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" }
}

/// The content as it was before compression. Every browser takes gzip; this is
/// for the rest, so it is done anew each time rather than kept in memory.
fn plain(file: &StoredFile) -> std::io::Result<Cow<'static, [u8]>> {
    if !file.gzip {
        return Ok(Cow::Borrowed(file.bytes));
    }
    let mut bytes = Vec::with_capacity(file.bytes.len() * 4);
    GzDecoder::new(file.bytes).read_to_end(&mut bytes)?;
    Ok(Cow::Owned(bytes))
}

/// Whether `If-None-Match` names this content; compared weakly, as RFC 9110
/// §13.1.2 says.
fn is_known(request: &HeaderMap, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    listed(request, &header::IF_NONE_MATCH).any(|known| known.trim() == "*" || opaque(known) == opaque(tag))
}

/// Whether `Accept-Encoding` names gzip (or `*`) with a weight above zero; gzip's
/// own weight wins over that of `*`. A client that names nothing gets no gzip:
/// it may be one that would save the bytes as they come.
fn accepts_gzip(request: &HeaderMap) -> bool {
    let mut any = None;
    for coding in listed(request, &header::ACCEPT_ENCODING) {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().trim_start_matches(['q', 'Q']).trim_start();
        let accepted = match weight.strip_prefix('=') {
            Some(number) => number.trim().parse::<f32>().is_ok_and(|number| number > 0.0),
            None => true,
        };
        match name.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => return accepted,
            "*" => any = Some(accepted),
            _ => {}
        }
    }
    any.unwrap_or(false)
}

/// The members of a comma-separated header, over all its lines.
fn listed<'r>(request: &'r HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'r str> {
    request.get_all(name).into_iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    use super::super::{graphiql, inbox_page};
    use super::*;

    static PAGES: [&EmbeddedPage; 2] = [&graphiql::PAGE, &inbox_page::PAGE];

    async fn get(path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        PAGES[0].routes::<()>().merge(PAGES[1].routes()).oneshot(request).await.unwrap()
    }

    fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
        answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    async fn text(answer: Response) -> String {
        let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    /// The address of a large script, which is stored compressed.
    fn script(page: &EmbeddedPage) -> String {
        let is_script = |file: &&StoredFile| file.path.starts_with("assets/index-") && file.path.ends_with(".js");
        format!("{}/{}", page.path, page.files.iter().find(is_script).unwrap().path)
    }

    #[tokio::test]
    async fn a_page_forbids_everything_but_its_own_origin() {
        for page in PAGES {
            let answer = get(page.path, &[]).await;
            assert_eq!(answer.status(), StatusCode::OK);
            assert_eq!(header(&answer, "content-type"), "text/html; charset=utf-8");
            assert_eq!(header(&answer, "cache-control"), "no-cache");
            assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
            assert_eq!(header(&answer, "referrer-policy"), "same-origin");
            let policy = header(&answer, "content-security-policy");
            assert!(policy.starts_with("default-src 'none'; script-src 'self'; "));
            assert!(policy.contains("frame-ancestors 'none'"));
            assert!(!policy.contains("unsafe-eval") && !policy.contains("http"));
        }
    }

    #[tokio::test]
    async fn every_file_that_a_page_names_is_served_and_none_of_them_is_inline() {
        for page in PAGES {
            let text = text(get(page.path, &[]).await).await;
            let below = format!("{}/", page.path);
            let named: Vec<&str> = text.split('"').filter(|part| part.starts_with(&below)).collect();
            assert!(named.len() >= 3, "the icon, a script and a style sheet: {text}");
            for path in named {
                let answer = get(path, &[("accept-encoding", "gzip")]).await;
                assert_eq!(answer.status(), StatusCode::OK, "{path}");
                assert_eq!(header(&answer, "cache-control"), "public, max-age=31536000, immutable");
                assert!(header(&answer, "content-security-policy").starts_with("default-src 'none'"));
            }
            assert!(!text.contains("<style") && !text.contains("<script>"));
        }
    }

    #[tokio::test]
    async fn a_script_travels_compressed_only_to_who_takes_gzip() {
        for page in PAGES {
            let path = script(page);
            let packed = get(&path, &[("accept-encoding", "br, gzip;q=0.5")]).await;
            assert_eq!(header(&packed, "content-encoding"), "gzip");
            assert_eq!(header(&packed, "vary"), "accept-encoding");
            assert_eq!(header(&packed, "content-type"), "text/javascript; charset=utf-8");

            for refusal in [&[][..], &[("accept-encoding", "br, gzip;q=0")]] {
                let plain = get(&path, refusal).await;
                assert_eq!(header(&plain, "content-encoding"), "");
                assert_eq!(header(&plain, "vary"), "accept-encoding");
                assert!(text(plain).await.contains("/graphql"));
            }
        }
    }

    #[tokio::test]
    async fn a_file_that_the_client_holds_is_not_sent_again() {
        let path = script(PAGES[0]);
        let tag = header(&get(&path, &[]).await, "etag").to_owned();
        let others = format!("\"another\", {}", tag.trim_start_matches("W/"));
        for known in [tag.as_str(), others.as_str(), "*"] {
            let answer = get(&path, &[("if-none-match", known)]).await;
            assert_eq!(answer.status(), StatusCode::NOT_MODIFIED, "{known}");
            assert_eq!(header(&answer, "etag"), tag);
            assert_eq!(text(answer).await, "");
        }
        let answer = get(&path, &[("if-none-match", "W/\"another\"")]).await;
        assert_eq!(answer.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn what_is_not_in_the_table_is_not_found() {
        for page in PAGES {
            for path in ["assets/none.js", "..%2f..%2fCargo.toml"] {
                let answer = get(&format!("{}/{path}", page.path), &[]).await;
                assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
                assert_eq!(header(&answer, "cache-control"), "no-store");
                assert!(header(&answer, "content-security-policy").contains("default-src 'none'"));
            }
        }
    }

    #[tokio::test]
    async fn the_address_with_a_slash_leads_to_the_page() {
        for page in PAGES {
            let answer = get(&format!("{}/", page.path), &[]).await;
            assert_eq!(answer.status(), StatusCode::PERMANENT_REDIRECT);
            assert_eq!(header(&answer, "location"), page.path);
        }
    }

    #[test]
    fn gzip_is_accepted_as_the_header_says() {
        for (line, accepted) in [
            ("gzip", true),
            ("deflate, gzip;q=1.0, *;q=0.5", true),
            ("*", true),
            ("*;q=0", false),
            ("gzip;q=0, *", false),
            ("GZIP ; q = 0.1", true),
            ("identity", false),
            ("gzip;q=0.000", false),
            ("", false),
        ] {
            let request = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(line))]);
            assert_eq!(accepts_gzip(&request), accepted, "{line}");
        }
    }

    #[test]
    fn a_table_lists_exactly_the_files_of_its_folder_and_each_decompresses() {
        for page in PAGES {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(&page.path[1..]);
            let mut stored = BTreeSet::new();
            let mut folders = vec![folder.clone()];
            while let Some(next) = folders.pop() {
                for entry in std::fs::read_dir(next).unwrap() {
                    let path: PathBuf = entry.unwrap().path();
                    if path.is_dir() {
                        folders.push(path);
                    } else {
                        stored.insert(path.strip_prefix(&folder).unwrap().display().to_string());
                    }
                }
            }
            stored.remove("table.rs");
            stored.remove(".gitattributes");

            let suffix = |file: &StoredFile| if file.gzip { ".gz" } else { "" };
            let listed: BTreeSet<String> =
                page.files.iter().map(|file| format!("{}{}", file.path, suffix(file))).collect();
            assert_eq!(listed, stored);
            for file in page.files {
                assert!(!plain(file).unwrap().is_empty(), "{}", file.path);
            }
        }
    }
}
