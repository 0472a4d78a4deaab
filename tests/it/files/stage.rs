//! The world with bytes: what it takes to bring a file and to fetch it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use mostrador::files::ScanFile;
use mostrador::jobs::{JobWorker, JobWorkerParts, Pace};
use mostrador::scanner::Scanner;
use mostrador::telemetry::jobs::JobMetrics;
use mostrador::work::{Crew, Tenancy};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tower::ServiceExt;

use crate::app::{TestApp, TestClient};

pub(super) struct Stage {
    pub(super) app: TestApp,
    pub(super) jan: TestClient,
    pub(super) ana: TestClient,
}

/// What came back for bytes.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Vec<u8>,
}

impl Fetched {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(super) fn message(&self) -> String {
        let json: Value = serde_json::from_slice(&self.bytes).unwrap_or_default();
        json["errors"][0]["message"].as_str().unwrap_or_default().to_owned()
    }
}

pub(super) const REQUEST: &str = "mutation ($input: RequestUploadInput!) {
    requestUpload(input: $input) { uploadUrl fileUpload { id receivedAt } errors { code path existingId details } }
}";
pub(super) const CONFIRM: &str = "mutation ($id: ID!) {
    confirmUpload(input: { id: $id }) { storedFile { id filename originalName size checksum mimeType scanStatus } errors { code message existingId } }
}";

pub(super) fn checksum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Text that is the same for the same number, and for no other.
pub(super) fn text(number: usize, length: usize) -> Vec<u8> {
    format!("file {number}, ").into_bytes().into_iter().cycle().take(length).collect()
}

impl Stage {
    pub(super) async fn set() -> Self {
        Self::over(TestApp::world().await).await
    }

    pub(super) async fn over(app: TestApp) -> Self {
        let jan = app.sign_in("autos", "jan@autos.test").await;
        let ana = app.sign_in("autos", "ana@autos.test").await;
        Self { app, jan, ana }
    }

    /// Announces bytes; gives the payload.
    pub(super) async fn request(&self, who: &TestClient, mime_type: &str, bytes: &[u8], more: Value) -> Value {
        let mut input = json!({
            "filename": "carta.txt", "mimeType": mime_type, "size": bytes.len().to_string(), "checksum": checksum(bytes)
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            input[name] = value.clone();
        }
        who.data(REQUEST, json!({ "input": input })).await["requestUpload"].clone()
    }

    pub(super) async fn put(&self, url: &str, bytes: &[u8]) -> Fetched {
        let body = Body::from(bytes.to_vec());
        self.http(Request::put(url).header("content-length", bytes.len()).body(body).unwrap()).await
    }

    /// In pieces, and without saying how many bytes there will be.
    pub(super) async fn put_pieces(&self, url: &str, bytes: &[u8], piece: usize) -> Fetched {
        let pieces: Vec<Result<Vec<u8>, std::io::Error>> = bytes.chunks(piece).map(|part| Ok(part.to_vec())).collect();
        let body = Body::from_stream(futures_util::stream::iter(pieces));
        self.http(Request::put(url).body(body).unwrap()).await
    }

    pub(super) async fn get(&self, url: &str, headers: &[(&str, &str)]) -> Fetched {
        let request = headers.iter().fold(Request::get(url), |request, (name, value)| request.header(*name, *value));
        self.http(request.body(Body::empty()).unwrap()).await
    }

    pub(super) async fn http(&self, request: Request<Body>) -> Fetched {
        http(&self.app, request).await
    }

    pub(super) async fn confirm(&self, who: &TestClient, id: &str) -> Value {
        who.data(CONFIRM, json!({ "id": id })).await["confirmUpload"].clone()
    }

    /// All of it, without the scan; gives the ID of the file.
    pub(super) async fn store(&self, who: &TestClient, mime_type: &str, bytes: &[u8], more: Value) -> String {
        let asked = self.request(who, mime_type, bytes, more).await;
        assert_eq!(asked["errors"], json!([]), "{asked:#}");
        let put = self.put(asked["uploadUrl"].as_str().unwrap(), bytes).await;
        assert_eq!(put.status, StatusCode::OK, "{}", put.message());
        let confirmed = self.confirm(who, asked["fileUpload"]["id"].as_str().unwrap()).await;
        assert_eq!(confirmed["errors"], json!([]), "{confirmed:#}");
        confirmed["storedFile"]["id"].as_str().unwrap().to_owned()
    }

    /// The same, found clean.
    pub(super) async fn store_clean(&self, who: &TestClient, mime_type: &str, bytes: &[u8], more: Value) -> String {
        let file = self.store(who, mime_type, bytes, more).await;
        self.scan(Scanner::None, true).await;
        file
    }

    /// Works until no file is left to be scanned.
    pub(super) async fn scan(&self, scanner: Scanner, pretends: bool) {
        let app = &self.app;
        let tenancy = Tenancy::new(app.services.database.clone());
        let scan = ScanFile::new(tenancy.clone(), app.services.files.clone(), scanner, pretends);
        let worker = JobWorker::new(JobWorkerParts {
            tenancy,
            ids: Arc::clone(&app.services.ids),
            kinds: vec![Arc::new(scan)],
            bus: Arc::clone(&app.services.bus),
            metrics: JobMetrics::new().unwrap(),
            pace: Pace {
                jobs_at_once: 4,
                rest: Duration::from_millis(10),
                least_rest: Duration::from_millis(2),
                lease: Duration::from_secs(5),
                drain: Duration::from_secs(5),
            },
        });
        let crew = Crew::start(vec![Box::new(worker)]);
        let left = "select count(*) from jobs where kind = 'scan_file' and state in ('QUEUED', 'RUNNING') and run_at < now() + interval '1 hour'";
        for _ in 0..3000 {
            if app.cell(left).await == "0" {
                assert!(crew.stop(Duration::from_secs(10)).await);
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("scans are left: {:?}", app.rows("select state, attempts, last_error from jobs").await);
    }

    /// An address at which to fetch a file.
    pub(super) async fn url(&self, who: &TestClient, file: &str, disposition: &str) -> String {
        let asked = self.ask_url(who, file, disposition).await;
        asked["url"].as_str().unwrap_or_else(|| panic!("{asked:#}")).to_owned()
    }

    pub(super) async fn ask_url(&self, who: &TestClient, file: &str, disposition: &str) -> Value {
        let query = "mutation ($id: ID!, $as: FileDisposition) {
            createDownloadUrl(input: { id: $id, disposition: $as }) { url errors { code path details } }
        }";
        who.data(query, json!({ "id": file, "as": disposition })).await["createDownloadUrl"].clone()
    }

    /// The log of a file, oldest first: action, who, from where.
    pub(super) async fn log(&self, file: &str) -> Vec<Vec<String>> {
        let sql = format!(
            "select l.action, coalesce(u.email, ''), coalesce(host(l.ip_address), '') from file_access_logs l
               left join users u on u.tenant_id = l.tenant_id and u.id = l.user_id where l.file_id = '{}' order by l.id",
            raw(file)
        );
        self.app.rows(&sql).await
    }

    /// What the quota of a user says, and what recounting says.
    pub(super) async fn counted(&self, email: &str) -> (Vec<String>, Vec<String>) {
        let quota = format!(
            "select q.used_storage, q.file_count, q.usage_breakdown::text, q.reserved_storage, q.reserved_files
               from storage_quotas q join users u on u.tenant_id = q.tenant_id and u.id = q.user_id where u.email = '{email}'"
        );
        let recounted = format!(
            "with f as (select f.* from stored_files f join users u on u.tenant_id = f.tenant_id and u.id = f.user_id
                         where u.email = '{email}' and f.deleted_at is null)
             select (select coalesce(sum(size), 0) from f), (select count(*) from f),
                    (select coalesce(jsonb_object_agg(usage_context, bytes), '{{}}')::text
                       from (select usage_context, sum(size) as bytes from f group by 1) c),
                    (select coalesce(sum(p.size), 0) from file_uploads p join users u on u.tenant_id = p.tenant_id and u.id = p.user_id where u.email = '{email}'),
                    (select count(*) from file_uploads p join users u on u.tenant_id = p.tenant_id and u.id = p.user_id where u.email = '{email}')"
        );
        (self.app.rows(&quota).await.remove(0), self.app.rows(&recounted).await.remove(0))
    }
}

pub(super) async fn http(app: &TestApp, request: Request<Body>) -> Fetched {
    let response = app.router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap().to_vec();
    Fetched { status: parts.status, headers: parts.headers, bytes }
}

/// The UUID of a global ID.
pub(super) fn raw(id: &str) -> uuid::Uuid {
    entity::id::split_id(id).unwrap().1
}
