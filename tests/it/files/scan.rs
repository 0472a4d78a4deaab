//! The scan of what was stored, against a clamd of few words.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mostrador::scanner::Scanner;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::stage::{Stage, raw, text};

/// Finds a virus in whatever has EICAR in it; refuses what has HUGE in it; closes the first so many connections without a
/// word.
async fn clamd(moods: usize) -> Scanner {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let scanner = format!("clamd://{}", listener.local_addr().unwrap()).parse().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            if asked.fetch_add(1, Ordering::SeqCst) < moods {
                continue;
            }
            tokio::spawn(async move {
                let mut command = [0; 10];
                socket.read_exact(&mut command).await.unwrap();
                let mut content = Vec::new();
                loop {
                    let length = socket.read_u32().await.unwrap() as usize;
                    if length == 0 {
                        break;
                    }
                    let mut piece = vec![0; length];
                    socket.read_exact(&mut piece).await.unwrap();
                    content.extend(piece);
                }
                let content = String::from_utf8_lossy(&content);
                let answer = if content.contains("EICAR") {
                    "stream: Eicar-Signature FOUND\0"
                } else if content.contains("HUGE") {
                    "INSTREAM size limit exceeded. ERROR\0"
                } else {
                    "stream: OK\0"
                };
                socket.write_all(answer.as_bytes()).await.unwrap();
            });
        }
    });
    scanner
}

async fn status(stage: &Stage, file: &str) -> Vec<String> {
    let sql = format!("select scan_status, is_processed from stored_files where id = '{}'", raw(file));
    stage.app.rows(&sql).await.remove(0)
}

/// rule:file-virus-scan
#[tokio::test(flavor = "multi_thread")]
async fn only_what_clamd_found_clean_is_fetched_and_shared() {
    let stage = Stage::set().await;
    let clean = stage.store(&stage.jan, "text/plain", &text(1, 3_000_000), Value::Null).await;
    let worm = stage.store(&stage.jan, "text/plain", b"an EICAR that is none", Value::Null).await;
    let huge = stage.store(&stage.jan, "text/plain", b"HUGE", Value::Null).await;
    let share = "mutation ($id: ID!) { createFileShare(input: { fileId: $id, shareType: LINK }) { errors { code } } }";
    for file in [&clean, &worm, &huge] {
        assert_eq!(
            stage.ask_url(&stage.jan, file, "VIEW").await["errors"][0]["details"],
            json!({ "scanStatus": "PENDING" })
        );
        assert_eq!(
            stage.jan.data(share, json!({ "id": file })).await["createFileShare"]["errors"][0]["code"],
            "VALIDATION"
        );
    }
    stage.scan(clamd(0).await, false).await;
    assert_eq!(status(&stage, &clean).await, ["CLEAN", "t"]);
    assert_eq!(status(&stage, &worm).await, ["INFECTED", "t"]);
    assert_eq!(status(&stage, &huge).await, ["FAILED", "f"]);
    assert!(stage.ask_url(&stage.jan, &clean, "VIEW").await["url"].is_string());
    assert_eq!(stage.jan.data(share, json!({ "id": clean })).await["createFileShare"]["errors"], json!([]));
    for file in [&worm, &huge] {
        assert_eq!(stage.ask_url(&stage.jan, file, "VIEW").await["errors"][0]["code"], "VALIDATION");
        assert_eq!(
            stage.jan.data(share, json!({ "id": file })).await["createFileShare"]["errors"][0]["code"],
            "VALIDATION"
        );
    }
    // What has failed can be looked through again; a virus stays one.
    let again = "mutation ($id: ID!) { rescanFile(input: { id: $id }) { storedFile { scanStatus } errors { code } } }";
    assert_eq!(stage.jan.data(again, json!({ "id": huge })).await["rescanFile"]["storedFile"]["scanStatus"], "PENDING");
    assert_eq!(
        stage.jan.data(again, json!({ "id": worm })).await["rescanFile"]["errors"][0]["code"],
        "INVALID_TRANSITION"
    );
    assert_eq!(stage.ana.data(again, json!({ "id": huge })).await["rescanFile"]["errors"][0]["code"], "NOT_FOUND");
    stage.scan(Scanner::None, true).await;
    assert_eq!(status(&stage, &huge).await, ["CLEAN", "t"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clamd_that_does_not_answer_is_asked_again() {
    let stage = Stage::set().await;
    let file = stage.store(&stage.jan, "text/plain", &text(2, 100), Value::Null).await;
    stage.scan(clamd(1).await, false).await;
    assert_eq!(status(&stage, &file).await, ["CLEAN", "t"]);
    assert_eq!(stage.app.cell("select attempts from jobs where kind = 'scan_file'").await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_scanner_files_wait_and_are_scanned_when_there_is_one() {
    use mostrador::files::FileKeeper;
    use mostrador::work::{Tenancy, Worker};
    let stage = Stage::set().await;
    let file = stage.store(&stage.jan, "text/plain", &text(3, 100), Value::Null).await;
    stage.scan(Scanner::None, false).await;
    assert_eq!(status(&stage, &file).await, ["PENDING", "f"]);
    let tenancy = Tenancy::new(stage.app.services.database.clone());
    let (_stopper, stop) = mostrador::work::Stopper::new();
    let keeper = FileKeeper::new(tenancy.clone(), stage.app.services.files.clone(), 30, false);
    keeper.round(&stop).await.unwrap();
    assert_eq!(stage.app.cell("select count(*) from jobs where kind = 'scan_file' and state = 'QUEUED'").await, "0");
    let keeper = FileKeeper::new(tenancy, stage.app.services.files.clone(), 30, true);
    keeper.round(&stop).await.unwrap();
    stage.scan(clamd(0).await, false).await;
    assert_eq!(status(&stage, &file).await, ["CLEAN", "t"]);
}
