//! Shares: who opens them, how often, and with which password.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::stage::{Fetched, Stage, raw, text};

const OPEN: &str = "mutation ($input: OpenFileShareInput!) {
    openFileShare(input: $input) { url filename mimeType expiresAt errors { code path } }
}";

/// A clean file and a share of it: the file, the share's ID and its token.
async fn shared(stage: &Stage, number: usize, more: Value) -> (String, String, String) {
    let file = stage.store_clean(&stage.jan, "text/plain", &text(number, 300), Value::Null).await;
    let mut input = json!({ "fileId": file, "shareType": "LINK" });
    for (name, value) in more.as_object().into_iter().flatten() {
        input[name] = value.clone();
    }
    let query = "mutation ($input: CreateFileShareInput!) {
        createFileShare(input: $input) { shareToken fileShare { id } errors { code message path } }
    }";
    let made = stage.jan.data(query, json!({ "input": input })).await["createFileShare"].clone();
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{made:#}")).to_owned();
    (file, text(&made["fileShare"]["id"]), text(&made["shareToken"]))
}

/// Without signing in.
async fn open(stage: &Stage, input: Value) -> Value {
    let heard = stage.app.ask(OPEN, json!({ "input": input }), &[]).await;
    if heard.json["errors"].is_array() {
        return json!({ "errors": [{ "code": heard.json["errors"][0]["extensions"]["code"] }] });
    }
    heard.json["data"]["openFileShare"].clone()
}

fn code(opened: &Value) -> &str {
    opened["errors"][0]["code"].as_str().unwrap_or("")
}

async fn fetch(stage: &Stage, opened: &Value) -> Fetched {
    stage.get(opened["url"].as_str().unwrap_or_else(|| panic!("{opened:#}")), &[]).await
}

/// rule:file-shares
#[tokio::test(flavor = "multi_thread")]
async fn a_link_opens_for_whoever_has_it_until_something_says_no() {
    let stage = Stage::set().await;
    let (file, share, token) = shared(&stage, 1, json!({ "allowView": false })).await;
    let opened = open(&stage, json!({ "token": token })).await;
    assert_eq!(
        (code(&opened), opened["filename"].as_str(), opened["mimeType"].as_str()),
        ("", Some("carta.txt"), Some("text/plain"))
    );
    assert_eq!(fetch(&stage, &opened).await.bytes, text(1, 300));
    assert_eq!(code(&open(&stage, json!({ "token": token, "disposition": "VIEW" })).await), "FORBIDDEN");
    assert!(stage.log(&file).await.contains(&vec!["DOWNLOAD".into(), String::new(), String::new()]));
    for wrong in ["", "x", &token[..token.len() - 1], &format!("{token}A"), &token.replace('.', "_")] {
        assert_eq!(code(&open(&stage, json!({ "token": wrong })).await), "INVALID_TOKEN", "{wrong}");
    }
    // What is stored is not the token.
    let stored = stage
        .app
        .cell(&format!("select encode(share_token_hash, 'escape') from file_shares where id = '{}'", raw(&share)))
        .await;
    assert!(!stored.contains(&token[37..]));
    // Every way to close it closes the address that was given, too.
    for (close, reopen) in [
        (
            "update stored_files set access_level = 'PRIVATE' where id = '{f}'",
            "update stored_files set access_level = 'SHARED' where id = '{f}'",
        ),
        (
            "update stored_files set deleted_at = now() where id = '{f}'",
            "update stored_files set deleted_at = null where id = '{f}'",
        ),
        (
            "set session_replication_role = replica; update stored_files set expires_at = now() - interval '1 s' where id = '{f}'",
            "set session_replication_role = replica; update stored_files set expires_at = null where id = '{f}'",
        ),
        (
            "set session_replication_role = replica; update stored_files set scan_status = 'INFECTED' where id = '{f}'",
            "set session_replication_role = replica; update stored_files set scan_status = 'CLEAN' where id = '{f}'",
        ),
        (
            "set session_replication_role = replica; update file_shares set expires_at = now() - interval '1 s' where id = '{s}'",
            "set session_replication_role = replica; update file_shares set expires_at = null where id = '{s}'",
        ),
        (
            "update users set is_active = false where email = 'jan@autos.test'",
            "update users set is_active = true where email = 'jan@autos.test'",
        ),
        (
            "update tenants set status = 'SUSPENDED' where slug = 'autos'",
            "update tenants set status = 'ACTIVE' where slug = 'autos'",
        ),
    ] {
        let fill = |sql: &str| sql.replace("{f}", &raw(&file).to_string()).replace("{s}", &raw(&share).to_string());
        let opened = open(&stage, json!({ "token": token })).await;
        stage.app.sql(&fill(close)).await;
        assert_eq!(fetch(&stage, &opened).await.status, StatusCode::NOT_FOUND, "{close}");
        assert_eq!(code(&open(&stage, json!({ "token": token })).await), "INVALID_TOKEN", "{close}");
        stage.app.sql(&fill(reopen)).await;
    }
    assert_eq!(code(&open(&stage, json!({ "token": token })).await), "");
    stage
        .jan
        .data("mutation ($id: ID!) { deleteFileShare(input: { id: $id }) { errors { code } } }", json!({ "id": share }))
        .await;
    assert_eq!(code(&open(&stage, json!({ "token": token })).await), "INVALID_TOKEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_at_once_open_a_share_no_more_often_than_it_allows() {
    let stage = Arc::new(Stage::set().await);
    let (file, share, token) = shared(&stage, 2, json!({ "maxDownloads": 17 })).await;
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let (stage, token) = (Arc::clone(&stage), token.clone());
            tokio::spawn(async move {
                let opened = open(&stage, json!({ "token": token })).await;
                match code(&opened) {
                    "" => Some(fetch(&stage, &opened).await.bytes),
                    "QUOTA_EXCEEDED" => None,
                    other => panic!("{other}: {opened:#}"),
                }
            })
        })
        .collect();
    let mut got = 0;
    for task in tasks {
        if let Some(bytes) = task.await.unwrap() {
            assert_eq!(bytes, text(2, 300));
            got += 1;
        }
    }
    assert_eq!(got, 17);
    let row =
        stage.app.rows(&format!("select download_count, version from file_shares where id = '{}'", raw(&share))).await;
    assert_eq!(row, [["17", "1"]]);
    assert_eq!(stage.log(&file).await.iter().filter(|entry| entry[0] == "DOWNLOAD").count(), 17);
}

/// rule:encryption-file-share-password
#[tokio::test(flavor = "multi_thread")]
async fn only_the_right_password_opens_and_nothing_of_it_is_stored() {
    let stage = Stage::set().await;
    let password = "la llave del buzón";
    let (_, share, token) = shared(&stage, 3, json!({ "shareType": "PASSWORD", "password": password })).await;
    let stored =
        stage.app.cell(&format!("select encode(password, 'hex') from file_shares where id = '{}'", raw(&share))).await;
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert!(
        stored.len() > 100 && !stored.contains(&hex("llave")) && !stored.contains(&hex("argon2")),
        "hashed, then sealed"
    );
    for wrong in [Value::Null, json!(""), json!("la llave del buzon"), json!("x".repeat(5000))] {
        assert_eq!(code(&open(&stage, json!({ "token": token, "password": wrong })).await), "INVALID_CREDENTIALS");
    }
    let opened = open(&stage, json!({ "token": token, "password": password })).await;
    assert_eq!(fetch(&stage, &opened).await.bytes, text(3, 300));
    // Whoever guesses is shut out, and counts as nobody who has opened it.
    let mut codes = Vec::new();
    for _ in 0..25 {
        codes.push(code(&open(&stage, json!({ "token": token, "password": "a guess" })).await).to_owned());
    }
    assert!(codes[..20].iter().all(|code| code == "INVALID_CREDENTIALS"), "{codes:?}");
    assert!(codes[20..].iter().all(|code| code == "RATE_LIMITED"), "{codes:?}");
    assert_eq!(code(&open(&stage, json!({ "token": token, "password": password })).await), "RATE_LIMITED");
    assert_eq!(
        stage.app.cell(&format!("select download_count from file_shares where id = '{}'", raw(&share))).await,
        "1"
    );
    stage.app.clock.advance(chrono::Duration::seconds(16 * 60));
    assert_eq!(code(&open(&stage, json!({ "token": token, "password": password })).await), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_with_one_user_opens_for_nobody_else() {
    let stage = Stage::set().await;
    let ana = stage.app.cell("select id from users where email = 'ana@autos.test'").await;
    let ana = entity::id::format_id("user", ana.parse().unwrap());
    let (file, _, token) = shared(&stage, 4, json!({ "shareType": "USER", "sharedWithId": ana })).await;
    assert_eq!(code(&open(&stage, json!({ "token": token })).await), "INVALID_TOKEN");
    let as_jan = stage.jan.data(OPEN, json!({ "input": { "token": token } })).await["openFileShare"].clone();
    assert_eq!(code(&as_jan), "INVALID_TOKEN");
    let as_ana = stage.ana.data(OPEN, json!({ "input": { "token": token } })).await["openFileShare"].clone();
    assert_eq!(fetch(&stage, &as_ana).await.bytes, text(4, 300));
    assert!(stage.log(&file).await.contains(&vec!["DOWNLOAD".into(), "ana@autos.test".into(), String::new()]));
    // Or the way of all files.
    let url = stage.url(&stage.ana, &file, "VIEW").await;
    assert_eq!(stage.get(&url, &[]).await.bytes, text(4, 300));
    let eva = stage.app.sign_in("casas", "eva@casas.test").await;
    assert_eq!(stage.ask_url(&eva, &file, "VIEW").await["errors"][0]["code"], "NOT_FOUND");
}
