//! The scripts of `tests/clients`: other people's software against the real binary.
//!
//! Each gets a gateway and a copy of the demo data of its own. `install.sh` fetches what a machine lacks (Node, Chromium)
//! on Debian and says elsewhere what is missing; nothing is skipped.

use std::path::PathBuf;
use std::process::Command;

use tokio::sync::OnceCell;

use crate::app::{TestApp, cluster};
use crate::binary::{Folder, Gateway, mostrador};

fn scripts() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients"))
}

/// Once for all, because two installations at once would trip over each other.
async fn installed() {
    static INSTALLED: OnceCell<()> = OnceCell::const_new();
    let install = || async {
        let install = || Command::new(scripts().join("install.sh")).output().unwrap();
        let output = tokio::task::spawn_blocking(install).await.unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
    };
    INSTALLED.get_or_init(install).await;
}

async fn run(script: &'static str) {
    installed().await;
    let app = TestApp::demo().await;
    let url = cluster().await.url("mostrador_api", &app.database_name);
    let job = move || {
        let folder = Folder::new();
        let mut serve = mostrador(&["serve"]);
        serve.env("DATABASE_URL", url).env("LISTEN", "127.0.0.1:0").env("JWT_SECRET", "5e".repeat(32));
        serve.env("ENCRYPTION_KEYS", "test:AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=");
        let gateway = Gateway::run(serve, &folder);
        let output = Command::new(scripts().join("run.sh"))
            .arg(script)
            .env("MOSTRADOR_URL", format!("http://{}", gateway.address))
            .env("MOSTRADOR_TOKEN", &gateway.token)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(output.status.success(), "{said}\n\nThe gateway's log:\n{}", gateway.log());
        println!("{said}");
    };
    tokio::task::spawn_blocking(job).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_graphiql_fit_the_schema() {
    run("documents").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audits_of_graphql_over_http_find_no_error_and_no_warning() {
    run("http-audits").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn apollo_client_pages_to_the_last_row_and_back_while_another_writer_inserts() {
    run("apollo").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn relay_compiler_accepts_the_schema_and_the_gateway_answers_what_it_wrote() {
    run("relay").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn graphql_ws_loses_no_event_over_a_dropped_socket_and_understands_every_close() {
    run("ws").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn graphql_sse_gets_its_events_over_one_stream_each_and_over_one_for_all() {
    run("sse").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn graphiql_in_chromium_signs_in_completes_a_field_and_shows_the_inbox() {
    run("graphiql").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_client_fits_the_schema_and_is_what_the_binary_carries() {
    installed().await;
    let job = || {
        let output = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/clients/inbox/check.sh")).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
    };
    tokio::task::spawn_blocking(job).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_agents_with_the_reference_client_miss_nothing_and_see_nothing_twice() {
    run("inbox").await;
}
