//! The same answers with pgvector, on the PostgreSQL that is fetched, which has it.

use std::process::{Command, Stdio};

use mostrador::config::secret::DatabaseUrl;
use mostrador::postgres::{Binaries, Durability, LaunchError, Server, Settings, start};
use tokio_postgres::{Client, NoTls};

use super::recall::{as_jan, exact, found, plant, texts};
use crate::app::WORLD;

const TEXTS: usize = 1500;
const QUESTIONS: usize = 30;

fn has_pip() -> bool {
    let status =
        Command::new("python3").args(["-m", "pip", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

async fn connect(server: &Server, role: &str, database: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(&server.url(role, database), NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// rule:rag-dual-store A search works whatever the store, and gives the same.
#[tokio::test(flavor = "multi_thread")]
async fn pgvector_gives_what_the_portable_search_gives() {
    let folder = std::env::temp_dir().join(format!("mostrador-vectors-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let settings = Settings {
        data_dir: Some(folder.clone()),
        binaries: Binaries::Fetched,
        durability: Durability::None,
        ..Settings::default()
    };
    let server = match tokio::task::spawn_blocking(move || start(&settings)).await.unwrap() {
        Ok(server) => server,
        // The other test of it says what is missing.
        Err(LaunchError::NoBinaries { .. }) if !has_pip() => return,
        Err(error) => panic!("{error}"),
    };
    let superuser = connect(&server, "postgres", "postgres").await;
    superuser.batch_execute("create role mostrador_owner login createrole").await.unwrap();
    superuser.batch_execute("create database vectors owner mostrador_owner").await.unwrap();
    let superuser = connect(&server, "postgres", "vectors").await;
    superuser.batch_execute("create extension vector").await.unwrap();
    let owner: DatabaseUrl = server.url("mostrador_owner", "vectors").parse().unwrap();
    mostrador::app::migrations::run(&owner).await.unwrap();
    superuser.batch_execute(WORLD).await.unwrap();
    let (sql, vectors) = plant(&texts(TEXTS)).await;
    superuser.batch_execute(&sql).await.unwrap();

    as_jan(&superuser).await;
    let rows = superuser
        .query_one("select current_setting('app.tenant_id'), current_setting('app.user_id')", &[])
        .await
        .unwrap();
    let api = connect(&server, "mostrador_api", "vectors").await;
    let settings =
        format!("set app.tenant_id = '{}'; set app.user_id = '{}'", rows.get::<_, String>(0), rows.get::<_, String>(1));
    api.batch_execute(&settings).await.unwrap();
    let questions = || vectors.iter().step_by(TEXTS / QUESTIONS).take(QUESTIONS);

    let mut portable = Vec::new();
    for question in questions() {
        portable.push(found(&api, question).await);
    }
    let owner = connect(&server, "mostrador_owner", "vectors").await;
    owner.batch_execute("call app.index_vectors(256); call app.index_vectors(256); analyze rag_chunks").await.unwrap();
    // What was planned before knows nothing of the index.
    let api = connect(&server, "mostrador_api", "vectors").await;
    api.batch_execute(&settings).await.unwrap();
    let (mut same, mut right) = (0, 0);
    for (question, portable) in questions().zip(&portable) {
        let with_index = found(&api, question).await;
        let exact = exact(&vectors, question);
        same += with_index.iter().filter(|ordinal| portable.contains(ordinal)).count();
        right += with_index.iter().filter(|ordinal| exact.contains(ordinal)).count();
        assert_eq!(with_index.len(), exact.len());
    }
    let all = (QUESTIONS * 10) as f64;
    println!(
        "recall@10 with pgvector: {:.3}; the same as the portable search: {:.3}",
        right as f64 / all,
        same as f64 / all
    );
    assert!(same as f64 / all >= 0.97 && right as f64 / all >= 0.97);

    // Of somebody else nothing is found, with the index as without.
    api.batch_execute("select set_config('app.user_id', app.uuid_v7()::text, false)").await.unwrap();
    assert_eq!(found(&api, &vectors[0]).await, Vec::<i32>::new());
    drop((api, owner, superuser));
    tokio::task::spawn_blocking(move || server.stop()).await.unwrap().unwrap();
    let _ = std::fs::remove_dir_all(folder);
}
