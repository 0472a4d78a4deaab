//! Bytes on their way out: to whom they are meant, in parts as well, and so that they do no harm.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::stage::{Stage, checksum, raw, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_download_is_resumed_where_it_broke_off() {
    let stage = Stage::set().await;
    let bytes = text(1, 10_000);
    let file = stage.store_clean(&stage.jan, "text/plain", &bytes, json!({ "filename": "año \"1\".txt" })).await;
    let url = stage.url(&stage.jan, &file, "DOWNLOAD").await;
    let whole = stage.get(&url, &[]).await;
    assert_eq!((whole.status, whole.bytes.as_slice()), (StatusCode::OK, bytes.as_slice()));
    let tag = whole.header("etag").to_owned();
    assert_eq!(tag, format!("\"{}\"", checksum(&bytes)));
    assert_eq!(whole.header("accept-ranges"), "bytes");
    assert_eq!(whole.header("content-length"), "10000");
    assert_eq!(
        whole.header("content-disposition"),
        "attachment; filename=\"a_o _1_.txt\"; filename*=UTF-8''a%C3%B1o%20%221%22.txt"
    );
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=4000-", 4000, 10_000),
        ("bytes=-10", 9990, 10_000),
        ("bytes=9000-20000", 9000, 10_000),
    ] {
        let part = stage.get(&url, &[("range", range), ("if-range", &tag)]).await;
        assert_eq!((part.status, part.bytes.as_slice()), (StatusCode::PARTIAL_CONTENT, &bytes[from..to]), "{range}");
        assert_eq!(part.header("content-range"), format!("bytes {from}-{}/10000", to - 1));
        assert_eq!(part.header("content-length"), (to - from).to_string());
    }
    // The rest of another file would be of no use.
    let other = stage.get(&url, &[("range", "bytes=4000-"), ("if-range", "\"other\"")]).await;
    assert_eq!((other.status, other.bytes.len()), (StatusCode::OK, 10_000));
    let behind = stage.get(&url, &[("range", "bytes=10000-")]).await;
    assert_eq!((behind.status, behind.header("content-range")), (StatusCode::RANGE_NOT_SATISFIABLE, "bytes */10000"));
    let known = stage.get(&url, &[("if-none-match", &tag)]).await;
    assert_eq!((known.status, known.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
    let head = axum::http::Request::head(&url).body(axum::body::Body::empty()).unwrap();
    let head = stage.http(head).await;
    assert_eq!((head.status, head.header("content-length"), head.bytes.len()), (StatusCode::OK, "10000", 0));
    // Each time from the beginning is written down, and nothing else.
    let log = stage.log(&file).await;
    let downloads = log.iter().filter(|entry| entry[0] == "DOWNLOAD" && entry[1] == "jan@autos.test").count();
    assert_eq!(downloads, 3, "the whole, its first byte, and the whole instead of a part: {log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_runs_nowhere() {
    let stage = Stage::set().await;
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";
    for (mime_type, bytes, kind) in [
        ("image/svg+xml", &svg[..], "attachment"),
        ("text/html", b"<!DOCTYPE html><html><script>alert(1)</script>", "attachment"),
        ("image/png", picture, "inline"),
        ("text/plain", b"solo texto", "inline"),
    ] {
        let file = stage.store_clean(&stage.jan, mime_type, bytes, Value::Null).await;
        let shown = stage.get(&stage.url(&stage.jan, &file, "VIEW").await, &[]).await;
        assert!(shown.header("content-disposition").starts_with(kind), "{mime_type}");
        assert!(shown.header("content-type").starts_with(mime_type));
        assert_eq!(shown.header("x-content-type-options"), "nosniff");
        assert!(shown.header("content-security-policy").contains("sandbox"), "{mime_type}");
        assert!(shown.header("cache-control").contains("private"));
        assert_eq!(shown.header("referrer-policy"), "no-referrer");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_ends_with_its_time_and_with_what_it_was_made_for() {
    let stage = Stage::set().await;
    let bytes = text(2, 100);
    let file = stage.store_clean(&stage.jan, "text/plain", &bytes, json!({ "accessLevel": "TENANT" })).await;
    let others = stage.url(&stage.ana, &file, "DOWNLOAD").await;
    let own = stage.url(&stage.jan, &file, "DOWNLOAD").await;
    assert_eq!(stage.get(&others, &[]).await.status, StatusCode::OK);
    let logged = stage.log(&file).await;
    assert!(logged.contains(&vec!["DOWNLOAD".into(), "ana@autos.test".into(), String::new()]), "{logged:?}");
    // Taken away from Ana: at once, not when the address ends.
    let update =
        "mutation ($id: ID!) { updateStoredFile(input: { id: $id, accessLevel: PRIVATE }) { errors { code } } }";
    stage.jan.data(update, json!({ "id": file })).await;
    assert_eq!(stage.get(&others, &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stage.ask_url(&stage.ana, &file, "DOWNLOAD").await["errors"][0]["code"], "NOT_FOUND");
    let eva = stage.app.sign_in("casas", "eva@casas.test").await;
    assert_eq!(stage.ask_url(&eva, &file, "DOWNLOAD").await["errors"][0]["code"], "NOT_FOUND");
    assert_eq!(stage.get(&own, &[]).await.status, StatusCode::OK);
    // Another letter of it, or another file's front, is no address.
    let token = own.rsplit('/').next().unwrap();
    let changed = format!("/files/{}{}", &token[..token.len() - 2], "AA");
    assert_eq!(stage.get(&changed, &[]).await.status, StatusCode::NOT_FOUND);
    stage.app.clock.advance(chrono::Duration::seconds(901));
    assert_eq!(stage.get(&own, &[]).await.status, StatusCode::NOT_FOUND);
    // Deleted, and expired.
    for sql in ["deleted_at = now()", "deleted_at = null, expires_at = now() - interval '1 second'"] {
        let fresh = stage.url(&stage.jan, &file, "DOWNLOAD").await;
        let id = raw(&file);
        stage
            .app
            .sql(&format!("set session_replication_role = replica; update stored_files set {sql} where id = '{id}'"))
            .await;
        assert_eq!(stage.get(&fresh, &[]).await.status, StatusCode::NOT_FOUND, "{sql}");
        stage.app.sql(&format!("set session_replication_role = replica; update stored_files set deleted_at = null, expires_at = null where id = '{id}'")).await;
    }
    let fresh = stage.url(&stage.jan, &file, "DOWNLOAD").await;
    stage.app.sql("update users set is_active = false where email = 'jan@autos.test'").await;
    assert_eq!(stage.get(&fresh, &[]).await.status, StatusCode::NOT_FOUND, "who was switched off has no address");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_file_is_everybodys_as_long_as_it_is_public() {
    let stage = Stage::set().await;
    let bytes = text(3, 50);
    let file = stage.store(&stage.jan, "text/plain", &bytes, json!({ "accessLevel": "PUBLIC" })).await;
    let query = "query ($id: ID!) { storedFile(id: $id) { publicPath } }";
    let path =
        stage.jan.data(query, json!({ "id": file })).await["storedFile"]["publicPath"].as_str().unwrap().to_owned();
    assert_eq!(stage.get(&path, &[]).await.status, StatusCode::NOT_FOUND, "not before it was found clean");
    stage.scan(mostrador::scanner::Scanner::None, true).await;
    let got = stage.get(&path, &[]).await;
    assert_eq!((got.status, got.bytes.as_slice()), (StatusCode::OK, bytes.as_slice()));
    assert!(stage.log(&file).await.contains(&vec!["VIEW".into(), String::new(), String::new()]));
    let update = "mutation ($id: ID!) { updateStoredFile(input: { id: $id, accessLevel: TENANT }) { storedFile { publicPath } } }";
    assert_eq!(
        stage.jan.data(update, json!({ "id": file })).await["updateStoredFile"]["storedFile"]["publicPath"],
        Value::Null
    );
    assert_eq!(stage.get(&path, &[]).await.status, StatusCode::NOT_FOUND);
    for wrong in [
        "/files/public/x",
        "/files/public/x.y",
        "/files/public/00000000-0000-0000-0000-000000000000.00000000-0000-0000-0000-000000000000",
    ] {
        assert_eq!(stage.get(wrong, &[]).await.status, StatusCode::NOT_FOUND);
    }
}

/// rule:file-access-audit
#[tokio::test(flavor = "multi_thread")]
async fn each_use_of_a_file_is_written_down_with_the_address() {
    use axum::body::Body;
    use axum::http::Request;
    use mostrador::http::client_address::Peer;
    let stage = Stage::set().await;
    let file = stage.store_clean(&stage.jan, "text/plain", &text(4, 60), Value::Null).await;
    let from = |request: Request<Body>, address: &str| {
        let mut request = request;
        request.extensions_mut().insert(Peer(format!("{address}:4711").parse().unwrap()));
        request
    };
    let url = stage.url(&stage.jan, &file, "VIEW").await;
    let viewed = stage.http(from(Request::get(&url).body(Body::empty()).unwrap(), "198.51.100.4")).await;
    assert_eq!(viewed.status, StatusCode::OK);
    for (mutation, address) in [
        ("createFileShare(input: { fileId: $id, shareType: LINK })", "198.51.100.5"),
        ("updateStoredFile(input: { id: $id, filename: \"otro.txt\" })", "198.51.100.6"),
        ("deleteStoredFile(input: { id: $id })", "198.51.100.7"),
        ("restoreStoredFile(input: { id: $id })", "198.51.100.8"),
    ] {
        let body = json!({ "query": format!("mutation ($id: ID!) {{ {mutation} {{ errors {{ code message }} }} }}"), "variables": { "id": file } });
        let request = Request::post("/graphql")
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", stage.jan.token))
            .body(Body::from(body.to_string()))
            .unwrap();
        let done = stage.http(from(request, address)).await;
        assert!(
            String::from_utf8_lossy(&done.bytes).contains("\"errors\":[]"),
            "{}",
            String::from_utf8_lossy(&done.bytes)
        );
    }
    let log = stage.log(&file).await;
    let entry = |action: &str, address: &str| vec![action.to_owned(), "jan@autos.test".to_owned(), address.to_owned()];
    for expected in [
        entry("VIEW", "198.51.100.4"),
        entry("SHARE", "198.51.100.5"),
        entry("UPDATE", "198.51.100.6"),
        entry("DELETE", "198.51.100.7"),
        entry("RESTORE", "198.51.100.8"),
    ] {
        assert!(log.contains(&expected), "{expected:?} is not in {log:?}");
    }
    // Nobody writes it by hand, and nobody changes it.
    let api = crate::app::connect("mostrador_api", &stage.app.database_name).await;
    let row = stage.app.rows("select tenant_id, user_id from stored_files order by id desc limit 1").await.remove(0);
    api.batch_execute(&format!("set app.tenant_id = '{}'; set app.user_id = '{}'", row[0], row[1])).await.unwrap();
    let id = raw(&file);
    for statement in [
        format!("insert into file_access_logs (file_id, action) values ('{id}', 'VIEW')"),
        "update file_access_logs set action = 'VIEW'".to_owned(),
        "delete from file_access_logs".to_owned(),
        format!("select app.note_file_access('{id}', 'DELETE')"),
    ] {
        assert!(api.batch_execute(&statement).await.is_err(), "{statement}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_fetches_parts_only_is_written_down_too_and_once() {
    let stage = Stage::set().await;
    let file = stage.store_clean(&stage.jan, "text/plain", &text(2, 100), Value::Null).await;
    let url = stage.url(&stage.jan, &file, "DOWNLOAD").await;
    for range in ["bytes=10-19", "bytes=20-29"] {
        assert_eq!(stage.get(&url, &[("range", range)]).await.status, StatusCode::PARTIAL_CONTENT);
    }
    let log = stage.log(&file).await;
    assert_eq!(log.iter().filter(|row| row[0] == "DOWNLOAD").count(), 1, "{log:?}");
}
