//! Bytes on their way in: only those that were announced, from nobody else, and no more.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use mostrador::file_store::FileStore;
use serde_json::{Value, json};

use super::stage::{Stage, checksum, raw, text};
use crate::app::TestApp;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_announced_brought_and_confirmed() {
    let stage = Stage::set().await;
    let asked =
        stage.request(&stage.jan, "image/png", PNG, json!({ "filename": "foto.png", "usageContext": "AVATAR" })).await;
    let (id, url) = (asked["fileUpload"]["id"].as_str().unwrap(), asked["uploadUrl"].as_str().unwrap());
    // Not before the bytes are there.
    let early = stage.confirm(&stage.jan, id).await;
    assert_eq!(early["errors"][0]["code"], "VALIDATION", "{early:#}");
    let put = stage.put(url, PNG).await;
    assert_eq!((put.status, put.bytes.as_slice()), (StatusCode::OK, &br#"{"received":true}"#[..]));
    // Again changes nothing.
    assert_eq!(stage.put_pieces(url, PNG, 3).await.status, StatusCode::OK);
    let confirmed = stage.confirm(&stage.jan, id).await;
    let file = confirmed["storedFile"].clone();
    assert_eq!(
        (file["filename"].as_str(), file["size"].as_str(), file["mimeType"].as_str(), file["scanStatus"].as_str()),
        (Some("foto.png"), Some("33"), Some("image/png"), Some("PENDING")),
        "{confirmed:#}"
    );
    assert_eq!(file["checksum"], checksum(PNG));
    assert_eq!(raw(file["id"].as_str().unwrap()), raw(id));
    // Twice gives the same file, and the address is of no use any more.
    assert_eq!(stage.confirm(&stage.jan, id).await, confirmed);
    assert_eq!(stage.put(url, PNG).await.status, StatusCode::NOT_FOUND);
    let (quota, recounted) = stage.counted("jan@autos.test").await;
    assert_eq!(quota, recounted);
    assert_eq!(stage.log(file["id"].as_str().unwrap()).await, [["UPLOAD", "jan@autos.test", ""]]);
    let key = stage.app.cell(&format!("select storage_path from stored_files where id = '{}'", raw(id))).await;
    assert_eq!(stage.app.services.files.get(&key).await.unwrap(), PNG);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_bytes_than_announced_are_not_kept() {
    let stage = Stage::set().await;
    let announced = text(1, 20_000);
    let asked = stage.request(&stage.jan, "text/plain", &announced, Value::Null).await;
    let (id, url) = (asked["fileUpload"]["id"].as_str().unwrap(), asked["uploadUrl"].as_str().unwrap());
    let mut changed = announced.clone();
    changed[19_999] ^= 1;
    let longer = [announced.as_slice(), b"x"].concat();
    for (bytes, says) in
        [(&changed, "checksum"), (&longer, "20000"), (&announced[..19_999].to_vec(), "20000"), (&Vec::new(), "20000")]
    {
        for put in [stage.put(url, bytes).await, stage.put_pieces(url, bytes, 777).await] {
            assert_eq!(put.status, StatusCode::BAD_REQUEST);
            assert!(put.message().contains(says), "{}", put.message());
        }
    }
    // A client that breaks off.
    let broken: Vec<Result<Vec<u8>, std::io::Error>> =
        vec![Ok(announced[..10_000].to_vec()), Err(std::io::Error::other("gone"))];
    let body = Body::from_stream(futures_util::stream::iter(broken));
    assert_eq!(stage.http(Request::put(url).body(body).unwrap()).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(stage.confirm(&stage.jan, id).await["errors"][0]["code"], "VALIDATION");
    let key = stage.app.cell(&format!("select storage_path from file_uploads where id = '{}'", raw(id))).await;
    assert!(stage.app.services.files.get(&key).await.is_err(), "nothing is kept");
    assert_eq!(stage.put(url, &announced).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_media_type_that_the_bytes_contradict_is_a_lie() {
    let stage = Stage::set().await;
    let html = b"<!DOCTYPE html><html><script>alert(1)</script></html>".to_vec();
    let large_html = [html.clone(), text(2, 30_000)].concat();
    for (claimed, bytes) in [
        ("image/png", html.clone()),
        ("application/pdf", PNG.to_vec()),
        ("text/plain", PNG.to_vec()),
        ("image/png", large_html),
    ] {
        let asked = stage.request(&stage.jan, claimed, &bytes, Value::Null).await;
        let put = stage.put(asked["uploadUrl"].as_str().unwrap(), &bytes).await;
        assert_eq!(put.status, StatusCode::BAD_REQUEST, "{claimed}");
        assert!(put.message().contains(claimed), "{}", put.message());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_works_for_what_it_is_made_and_as_long() {
    let stage = Stage::set().await;
    let bytes = text(3, 100);
    let asked = stage.request(&stage.jan, "text/plain", &bytes, Value::Null).await;
    let (id, url) = (asked["fileUpload"]["id"].as_str().unwrap(), asked["uploadUrl"].as_str().unwrap());
    let token = url.rsplit('/').next().unwrap();
    // It is no address to fetch anything from, and nothing that was changed is an address.
    assert_eq!(stage.get(&format!("/files/{token}"), &[]).await.status, StatusCode::NOT_FOUND);
    for wrong in [&token[1..], &format!("{token}A"), "x", &"A".repeat(5000)] {
        assert_eq!(
            stage.put(&format!("/files/uploads/{wrong}"), &bytes).await.status,
            StatusCode::NOT_FOUND,
            "{wrong}"
        );
    }
    // Nobody else confirms it, not in the business and not in another.
    let eva = stage.app.sign_in("casas", "eva@casas.test").await;
    assert_eq!(stage.put(url, &bytes).await.status, StatusCode::OK);
    for other in [&stage.ana, &eva] {
        assert_eq!(stage.confirm(other, id).await["errors"][0]["code"], "NOT_FOUND");
    }
    stage.app.clock.advance(chrono::Duration::seconds(3601));
    assert_eq!(stage.put(url, &bytes).await.status, StatusCode::NOT_FOUND);
    // The database has a time of its own.
    stage.app.sql("update file_uploads set expires_at = now() - interval '1 second'").await;
    let again = stage.request(&stage.jan, "text/plain", &bytes, Value::Null).await;
    assert_eq!(again["errors"], json!([]), "the room of what has lapsed is free");
    assert_eq!(stage.confirm(&stage.jan, id).await["errors"][0]["code"], "NOT_FOUND");
    // Whoever was switched off brings nothing more.
    stage.app.sql("update users set is_active = false where email = 'jan@autos.test'").await;
    assert_eq!(stage.put(again["uploadUrl"].as_str().unwrap(), &bytes).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn large_files_go_to_disk_in_parts_and_come_back_whole() {
    let folder = std::env::temp_dir().join(format!("mostrador-files-{}", std::process::id()));
    let app = TestApp::world().await;
    let app = app.serving(|services| services.files = FileStore::local(&folder).unwrap()).await;
    let stage = Stage::over(app).await;
    let bytes = text(4, 12 << 20);
    let file = stage.store_clean(&stage.jan, "text/plain", &bytes, Value::Null).await;
    let url = stage.url(&stage.jan, &file, "DOWNLOAD").await;
    let whole = stage.get(&url, &[]).await;
    assert_eq!((whole.status, whole.bytes.len()), (StatusCode::OK, bytes.len()));
    assert_eq!(checksum(&whole.bytes), checksum(&bytes));
    let part = stage.get(&url, &[("range", "bytes=6000000-6000099")]).await;
    assert_eq!((part.status, part.bytes.as_slice()), (StatusCode::PARTIAL_CONTENT, &bytes[6_000_000..6_000_100]));
    // One that was wrong leaves nothing behind, not even a part.
    let asked = stage.request(&stage.jan, "text/plain", &text(5, 12 << 20), Value::Null).await;
    let put = stage.put_pieces(asked["uploadUrl"].as_str().unwrap(), &text(6, 12 << 20), 1 << 20).await;
    assert_eq!(put.status, StatusCode::BAD_REQUEST);
    let kept: Vec<_> = walk(&folder);
    assert_eq!(kept.len(), 1, "{kept:?}");
    std::fs::remove_dir_all(&folder).unwrap();
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

/// rule:file-checksum
#[tokio::test(flavor = "multi_thread")]
async fn the_same_content_again_names_the_file_and_reveals_nobody_elses() {
    let stage = Stage::set().await;
    let bytes = text(7, 500);
    let file = stage.store(&stage.jan, "text/plain", &bytes, Value::Null).await;
    let again = stage.request(&stage.jan, "text/plain", &bytes, json!({ "filename": "otra.txt" })).await;
    assert_eq!((&again["errors"][0]["code"], &again["errors"][0]["existingId"]), (&json!("CONFLICT"), &json!(file)));
    // Others store the same, and are told nothing.
    let anas = stage.store(&stage.ana, "text/plain", &bytes, Value::Null).await;
    assert_ne!(raw(&anas), raw(&file));
    // Announced twice at once: one of them becomes the file, and the other names it.
    let bytes = text(8, 500);
    let mut asked = Vec::new();
    for _ in 0..2 {
        let one = stage.request(&stage.jan, "text/plain", &bytes, Value::Null).await;
        assert_eq!(stage.put(one["uploadUrl"].as_str().unwrap(), &bytes).await.status, StatusCode::OK);
        asked.push(one["fileUpload"]["id"].as_str().unwrap().to_owned());
    }
    let (one, other) = tokio::join!(stage.confirm(&stage.jan, &asked[0]), stage.confirm(&stage.jan, &asked[1]));
    let codes: Vec<_> = [&one, &other].iter().map(|payload| payload["errors"][0]["code"].clone()).collect();
    assert!(codes.contains(&Value::Null) && codes.contains(&json!("CONFLICT")), "{one:#} {other:#}");
    let (quota, recounted) = stage.counted("jan@autos.test").await;
    assert_eq!(quota, recounted);
}
