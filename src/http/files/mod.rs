//! `/files/…`: where bytes are brought and fetched, at addresses that mutations gave.
//!
//! What a file is named and said to be comes from whoever stored it, so nothing of it runs in our name: browsers are told
//! to believe the type, to run nothing, and to show within a page only what cannot do harm.

mod range;

use std::net::IpAddr;
use std::ops::Range;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE, RANGE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use self::range::Wanted;
use super::accept::MediaType;
use super::caller;
use super::error_document::Refusal;
use super::service::RequestId;
use super::state::HttpState;

/// The route of uploads, which may take longer than other requests.
pub(super) const UPLOAD: &str = "/files/uploads/{token}";

const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// What browsers show within a page; everything else they are told to keep.
const SHOWN: [&str; 14] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "image/bmp",
    "application/pdf",
    "text/plain",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "video/mp4",
    "video/webm",
    "video/ogg",
];

/// What may stand in `filename*` as it is (RFC 8187).
const ATTR_CHAR: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'%')
    .add(b'\'')
    .add(b'(')
    .add(b')')
    .add(b'*')
    .add(b',')
    .add(b'/')
    .add(b':')
    .add(b';')
    .add(b'<')
    .add(b'=')
    .add(b'>')
    .add(b'?')
    .add(b'@')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'{')
    .add(b'}');

/// Bytes in pieces.
pub type ByteStream = BoxStream<'static, Result<Bytes, BrokenOff>>;

/// A stream that ended before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenOff;

impl std::fmt::Display for BrokenOff {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the bytes broke off")
    }
}

impl std::error::Error for BrokenOff {}

/// Takes and gives bytes.
pub trait Files: Send + Sync + 'static {
    /// Takes the bytes of an upload; once this says so, they are stored and as they were announced.
    fn receive(
        &self,
        token: String,
        length: Option<u64>,
        body: ByteStream,
    ) -> BoxFuture<'static, Result<(), FileProblem>>;

    /// The file behind an address.
    fn open(
        &self,
        place: FilePlace,
        address: Option<IpAddr>,
    ) -> BoxFuture<'static, Result<Box<dyn OpenedFile>, FileProblem>>;
}

/// Where somebody looks for a file.
#[derive(Clone, PartialEq, Eq)]
pub enum FilePlace {
    /// At an address that was made for somebody.
    Address(String),
    /// At the address of a file that is everybody's.
    Public(String),
}

/// A file that may be read.
pub trait OpenedFile: Send {
    /// What it is.
    fn about(&self) -> About;
    /// Some of its bytes.
    fn read(self: Box<Self>, range: Range<u64>) -> BoxFuture<'static, Result<ByteStream, FileProblem>>;
}

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Its name.
    pub filename: String,
    /// Its media type.
    pub mime_type: String,
    /// Size in bytes.
    pub size: u64,
    /// Another one when the bytes are others.
    pub tag: String,
    /// Whether it is to be shown within a page.
    pub is_view: bool,
}

/// Why no bytes are taken or given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileProblem {
    /// There is nothing, or not any more.
    Nothing,
    /// The bytes are not what was announced: a sentence that says how.
    NotAsAnnounced(String),
    /// They broke off.
    Broken,
    /// What is needed does not answer.
    Unavailable,
    /// Something is wrong with us.
    Fault,
}

/// Takes the bytes of an upload.
pub async fn receive(
    State(state): State<HttpState>,
    Extension(request_id): Extension<RequestId>,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    let Some(files) = state.files() else { return super::home::not_found(Extension(request_id)).await };
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let patience = state.settings().request_timeout;
    // Whoever sends nothing for as long as other requests may take at all has gone away.
    let body = request.into_body().into_data_stream();
    let body = stream::unfold(Some(body), move |body| async move {
        let mut body = body?;
        match tokio::time::timeout(patience, body.next()).await {
            Ok(Some(Ok(piece))) => Some((Ok(piece), Some(body))),
            Ok(None) => None,
            Ok(Some(Err(_))) | Err(_) => Some((Err(BrokenOff), None)),
        }
    });
    match files.receive(token, length, body.boxed()).await {
        Ok(()) => {
            let mut response = Response::new(Body::from(r#"{"received":true}"#));
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(problem) => refused(problem, &request_id),
    }
}

/// Gives a file to whoever has an address of it.
pub async fn fetch(
    state: State<HttpState>,
    request_id: Extension<RequestId>,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    give(state, request_id, FilePlace::Address(token), request).await
}

/// Gives a file that is everybody's.
pub async fn fetch_public(
    state: State<HttpState>,
    request_id: Extension<RequestId>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    give(state, request_id, FilePlace::Public(name), request).await
}

async fn give(
    State(state): State<HttpState>,
    Extension(request_id): Extension<RequestId>,
    place: FilePlace,
    request: Request,
) -> Response {
    let Some(files) = state.files() else { return super::home::not_found(Extension(request_id)).await };
    let address = caller::of(state.settings(), &request).address;
    let file = match files.open(place, address).await {
        Ok(file) => file,
        Err(problem) => return refused(problem, &request_id),
    };
    let about = file.about();
    let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", about.tag)) else {
        return refused(FileProblem::Fault, &request_id);
    };
    let headers = request.headers();
    if headers.get(IF_NONE_MATCH).is_some_and(|known| is_among(known, &tag)) {
        return answer(StatusCode::NOT_MODIFIED, &about, &tag, Body::empty());
    }
    let wanted = match wanted(headers, &tag, about.size) {
        Wanted::Nothing => {
            let mut response = answer(StatusCode::RANGE_NOT_SATISFIABLE, &about, &tag, Body::empty());
            set(&mut response, CONTENT_RANGE, &format!("bytes */{}", about.size));
            return response;
        }
        wanted => wanted,
    };
    let (status, range) = match &wanted {
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range.clone()),
        _ => (StatusCode::OK, 0..about.size),
    };
    let length = range.end - range.start;
    let body = if request.method() == Method::HEAD {
        Body::empty()
    } else {
        match file.read(range.clone()).await {
            Ok(pieces) => Body::from_stream(pieces),
            Err(problem) => return refused(problem, &request_id),
        }
    };
    let mut response = answer(status, &about, &tag, body);
    set(&mut response, CONTENT_LENGTH, &length.to_string());
    if status == StatusCode::PARTIAL_CONTENT {
        set(&mut response, CONTENT_RANGE, &format!("bytes {}-{}/{}", range.start, range.end - 1, about.size));
    }
    response
}

/// Which bytes are wanted. A part of an earlier version is of no use, so then it is the whole.
fn wanted(headers: &HeaderMap, tag: &HeaderValue, size: u64) -> Wanted {
    if headers.get(IF_RANGE).is_some_and(|known| known != tag) {
        return Wanted::Whole;
    }
    headers.get(RANGE).and_then(|value| value.to_str().ok()).map_or(Wanted::Whole, |text| range::read(text, size))
}

fn is_among(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(known), Ok(tag)) = (known.to_str(), tag.to_str()) else { return false };
    known.split(',').map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

fn answer(status: StatusCode, about: &About, tag: &HeaderValue, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (ACCEPT_RANGES, "bytes"),
        // The address is a secret for some minutes, and what it gives can be taken away.
        (CACHE_CONTROL, "private, no-cache"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        (REFERRER_POLICY, "no-referrer"),
        // Pages show pictures from here, wherever they live: whoever has the address may have the bytes.
        (CORP, "cross-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(ETAG, tag.clone());
    let is_shown = about.is_view && SHOWN.contains(&about.mime_type.as_str());
    let media_type =
        if about.mime_type == "text/plain" { "text/plain; charset=utf-8" } else { about.mime_type.as_str() };
    set(&mut response, CONTENT_TYPE, media_type);
    set(&mut response, CONTENT_DISPOSITION, &disposition(is_shown, &about.filename));
    response
}

/// A name twice: in letters that every client knows, and as it is.
fn disposition(is_shown: bool, filename: &str) -> String {
    let plain: String = filename
        .chars()
        .map(|letter| match letter {
            '"' | '\\' | '%' | ';' | '/' => '_',
            ' '..='~' => letter,
            _ => '_',
        })
        .collect();
    let kind = if is_shown { "inline" } else { "attachment" };
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{}", utf8_percent_encode(filename, ATTR_CHAR))
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    // What cannot stand in a header is nothing that we write; without it the answer is safe as well.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn refused(problem: FileProblem, request_id: &RequestId) -> Response {
    let (refusal, message) = match &problem {
        FileProblem::Nothing => (Refusal::NotFound, "There is no file at this address, or not any more."),
        FileProblem::NotAsAnnounced(message) => (Refusal::BadRequest, message.as_str()),
        FileProblem::Broken => (Refusal::BadRequest, "The bytes broke off."),
        FileProblem::Unavailable => (Refusal::Unavailable, "Files cannot be reached just now; try again."),
        FileProblem::Fault => (Refusal::Internal, "Something went wrong on our side."),
    };
    refusal.response(message, MediaType::Json, request_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_header() {
        assert_eq!(
            disposition(false, "acta \"final\"; ñ.pdf"),
            "attachment; filename=\"acta _final__ _.pdf\"; filename*=UTF-8''acta%20%22final%22%3B%20%C3%B1.pdf"
        );
        for name in ["a\r\nSet-Cookie: x=1", "a\0b", "../../etc/passwd", "%0d%0a", "\u{202e}gpj.exe"] {
            let header = disposition(true, name);
            assert!(header.starts_with("inline; filename=\""), "{header}");
            assert!(header.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{header}");
            assert_eq!(header.matches('"').count(), 2, "{header}");
            assert!(!header["inline; filename=\"".len()..].contains('/'), "{header}");
        }
    }

    #[test]
    fn only_what_can_do_no_harm_is_shown_within_a_page() {
        let about = |mime_type: &str| About {
            filename: "a".into(),
            mime_type: mime_type.into(),
            size: 1,
            tag: "t".into(),
            is_view: true,
        };
        let shown = |mime_type: &str| {
            let response = answer(StatusCode::OK, &about(mime_type), &HeaderValue::from_static("\"t\""), Body::empty());
            response.headers()[CONTENT_DISPOSITION].to_str().unwrap().starts_with("inline")
        };
        assert!(shown("image/png") && shown("application/pdf"));
        for harmful in ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/octet-stream"] {
            assert!(!shown(harmful), "{harmful}");
        }
    }
}
