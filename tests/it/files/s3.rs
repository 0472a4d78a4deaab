//! The S3 way: a small store of our own that speaks just enough of the protocol, and believes nobody whose signature
//! (Signature Version 4) is not right.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, Mac};
use mostrador::file_store::{FileStore, S3Settings, StoreError};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::stage::{Stage, checksum, text};
use crate::app::TestApp;

const KEY_ID: &str = "AKIDTEST";
const SECRET: &str = "the secret of the bucket";

#[derive(Default)]
struct Bucket {
    objects: BTreeMap<String, Bytes>,
    parts: HashMap<String, BTreeMap<u32, Bytes>>,
    strangers: usize,
}

type Shared = Arc<Mutex<Bucket>>;

async fn bucket() -> (Shared, url::Url) {
    let shared = Shared::default();
    let router = Router::new().fallback(serve).with_state(Arc::clone(&shared));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let service = hyper_util::service::TowerToHyperService::new(router.clone());
            let io = hyper_util::rt::TokioIo::new(socket);
            tokio::spawn(async move {
                let builder = hyper_util::server::conn::auto::Builder::new(hyper_util::rt::TokioExecutor::new());
                let _ = builder.serve_connection(io, service).await;
            });
        }
    });
    (shared, url)
}

fn settings(endpoint: url::Url, secret: &str) -> S3Settings {
    S3Settings {
        bucket: "papers".to_owned(),
        prefix: "of/tests".to_owned(),
        region: "eu-test-1".to_owned(),
        endpoint: Some(endpoint),
        access_key: Some((KEY_ID.to_owned(), secret.parse().unwrap())),
    }
}

async fn serve(State(bucket): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 64 << 20).await.unwrap();
    let query: BTreeMap<String, String> =
        url::form_urlencoded::parse(parts.uri.query().unwrap_or("").as_bytes()).into_owned().collect();
    let mut bucket = bucket.lock().unwrap();
    if !is_signed(&parts.method, parts.uri.path(), parts.uri.query().unwrap_or(""), &parts.headers, &body) {
        bucket.strangers += 1;
        return (StatusCode::FORBIDDEN, "<Error><Code>SignatureDoesNotMatch</Code></Error>").into_response();
    }
    let path = parts.uri.path().strip_prefix("/papers").unwrap_or("").trim_start_matches('/');
    let key = percent_encoding::percent_decode_str(path).decode_utf8().unwrap().into_owned();
    let upload = query.get("uploadId").cloned();
    match (parts.method.as_str(), upload) {
        ("POST", None) if query.contains_key("uploads") => {
            let id = format!("upload-{}", bucket.parts.len());
            bucket.parts.insert(id.clone(), BTreeMap::new());
            xml(format!("<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"))
        }
        ("POST", None) if query.contains_key("delete") => {
            let text = String::from_utf8_lossy(&body).into_owned();
            let keys = text.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
            let mut deleted = String::new();
            for key in keys {
                bucket.objects.remove(key);
                deleted.push_str(&format!("<Deleted><Key>{key}</Key></Deleted>"));
            }
            xml(format!("<DeleteResult>{deleted}</DeleteResult>"))
        }
        ("PUT", Some(id)) => {
            let number = query["partNumber"].parse().unwrap();
            // A part that was on its way when the upload was called off.
            let Some(parts) = bucket.parts.get_mut(&id) else { return StatusCode::NOT_FOUND.into_response() };
            parts.insert(number, body.clone());
            ([("etag", format!("\"{}\"", checksum(&body)))], "").into_response()
        }
        ("POST", Some(id)) => {
            let parts = bucket.parts.remove(&id).unwrap();
            let whole: Vec<u8> = parts.into_values().flat_map(|part| part.to_vec()).collect();
            bucket.objects.insert(key, whole.into());
            xml("<CompleteMultipartUploadResult><ETag>\"whole\"</ETag></CompleteMultipartUploadResult>".to_owned())
        }
        ("DELETE", Some(id)) => {
            bucket.parts.remove(&id);
            StatusCode::NO_CONTENT.into_response()
        }
        ("PUT", None) => {
            let tag = format!("\"{}\"", checksum(&body));
            bucket.objects.insert(key, body);
            ([("etag", tag)], "").into_response()
        }
        ("GET", None) if query.contains_key("list-type") => {
            let prefix = query.get("prefix").cloned().unwrap_or_default();
            let contents: String = bucket
                .objects
                .iter()
                .filter(|(key, _)| key.starts_with(&prefix))
                .map(|(key, bytes)| {
                    format!(
                        "<Contents><Key>{key}</Key><Size>{}</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>\"x\"</ETag></Contents>",
                        bytes.len()
                    )
                })
                .collect();
            xml(format!("<ListBucketResult>{contents}</ListBucketResult>"))
        }
        ("GET", None) => match bucket.objects.get(&key) {
            None => (StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>").into_response(),
            Some(bytes) => part_of(bytes, &parts.headers),
        },
        ("DELETE", None) => {
            bucket.objects.remove(&key);
            StatusCode::NO_CONTENT.into_response()
        }
        other => panic!("{other:?} {key}"),
    }
}

fn xml(text: String) -> Response {
    ([("content-type", "application/xml")], text).into_response()
}

fn part_of(bytes: &Bytes, headers: &HeaderMap) -> Response {
    let response = Response::builder()
        .header("etag", format!("\"{}\"", checksum(bytes)))
        .header("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT");
    let Some(range) = headers.get("range").map(|range| range.to_str().unwrap().to_owned()) else {
        return response.header("content-length", bytes.len()).body(Body::from(bytes.clone())).unwrap();
    };
    let (from, to) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
    let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse::<usize>().unwrap().min(bytes.len() - 1));
    response
        .status(StatusCode::PARTIAL_CONTENT)
        .header("content-range", format!("bytes {from}-{to}/{}", bytes.len()))
        .body(Body::from(bytes.slice(from..=to)))
        .unwrap()
}

/// Signature Version 4, computed from what came.
fn is_signed(method: &Method, path: &str, query: &str, headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    let authorization = header("authorization");
    let field = |name: &str| {
        let rest = authorization.split(&format!("{name}=")).nth(1)?;
        Some(rest.split(',').next()?.trim().to_owned())
    };
    let (Some(credential), Some(signed), Some(signature)) =
        (field("Credential"), field("SignedHeaders"), field("Signature"))
    else {
        return false;
    };
    let Some((key_id, scope)) = credential.split_once('/') else { return false };
    let content = header("x-amz-content-sha256");
    if key_id != KEY_ID || content != checksum(body) {
        return false;
    }
    let canonical: String = signed.split(';').map(|name| format!("{name}:{}\n", header(name).trim())).collect();
    let mut pairs: Vec<String> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| if pair.contains('=') { pair.to_owned() } else { format!("{pair}=") })
        .collect();
    pairs.sort();
    let request = format!("{method}\n{path}\n{}\n{canonical}\n{signed}\n{content}", pairs.join("&"));
    let request: String = Sha256::digest(request).iter().map(|byte| format!("{byte:02x}")).collect();
    let to_sign = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{request}", header("x-amz-date"));
    let mac = |key: &[u8], text: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    };
    let key = scope.split('/').fold(format!("AWS4{SECRET}").into_bytes(), |key, word| mac(&key, word));
    mac(&key, &to_sign).iter().map(|byte| format!("{byte:02x}")).collect::<String>() == signature
}

#[tokio::test(flavor = "multi_thread")]
async fn files_live_in_a_bucket_small_and_large_and_every_request_is_signed() {
    let (bucket, endpoint) = bucket().await;
    let app = TestApp::world().await;
    let app = app.serving(|services| services.files = FileStore::s3(&settings(endpoint, SECRET)).unwrap()).await;
    let stage = Stage::over(app).await;
    for (number, length) in [(1, 100), (2, 11 << 20)] {
        let bytes = text(number, length);
        let file = stage.store_clean(&stage.jan, "text/plain", &bytes, Value::Null).await;
        let url = stage.url(&stage.jan, &file, "DOWNLOAD").await;
        let whole = stage.get(&url, &[]).await;
        assert_eq!((whole.status, checksum(&whole.bytes)), (StatusCode::OK, checksum(&bytes)));
        let part = stage.get(&url, &[("range", "bytes=50-59")]).await;
        assert_eq!((part.status, part.bytes.as_slice()), (StatusCode::PARTIAL_CONTENT, &bytes[50..60]));
    }
    // What was wrong is called off, and leaves no part.
    let asked = stage.request(&stage.jan, "text/plain", &text(3, 11 << 20), Value::Null).await;
    let put = stage.put_pieces(asked["uploadUrl"].as_str().unwrap(), &text(4, 11 << 20), 1 << 20).await;
    assert_eq!(put.status, StatusCode::BAD_REQUEST);
    {
        let bucket = bucket.lock().unwrap();
        assert_eq!((bucket.objects.len(), bucket.parts.len(), bucket.strangers), (2, 0, 0));
        assert!(bucket.objects.keys().all(|key| key.starts_with("of/tests/files/")), "{:?}", bucket.objects.keys());
    }
    // Listed, and deleted.
    use futures_util::StreamExt;
    let store = stage.app.services.files.clone();
    let listed: Vec<_> = store.list("files").collect().await;
    for kept in listed {
        let kept = kept.unwrap();
        assert!(kept.key.starts_with("files/"), "{}", kept.key);
        store.delete(&kept.key).await.unwrap();
        assert_eq!(store.get(&kept.key).await, Err(StoreError::Missing));
    }
    assert!(bucket.lock().unwrap().objects.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_refuses_or_is_not_there_keeps_nothing_and_says_so() {
    let (bucket, endpoint) = bucket().await;
    let wrong = FileStore::s3(&settings(endpoint, "another secret")).unwrap();
    assert!(matches!(wrong.put("files/x", Bytes::from_static(b"x")).await, Err(StoreError::Unavailable(_))));
    assert!(bucket.lock().unwrap().strangers > 0 && bucket.lock().unwrap().objects.is_empty());
    let app = TestApp::world().await;
    let app = app.serving(|services| services.files = FileStore::nowhere()).await;
    let stage = Stage::over(app).await;
    let asked = stage.request(&stage.jan, "text/plain", b"some text", Value::Null).await;
    let put = stage.put(asked["uploadUrl"].as_str().unwrap(), b"some text").await;
    assert_eq!(put.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        stage.confirm(&stage.jan, asked["fileUpload"]["id"].as_str().unwrap()).await["errors"][0]["code"],
        "VALIDATION"
    );
}
