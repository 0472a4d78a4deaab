//! `mostrador rotate-keys`: online, resumable, and proven by opening everything.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use clap::Parser;
use mostrador::app::rotate_keys::{Inventory, rotate, rotate_keys, take_inventory};
use mostrador::config::Config;
use mostrador::secrets::{KeyRing, Place};
use uuid::Uuid;

use crate::app::{TestApp, cluster, connect, superuser};

const OLD: &str = "2025:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NEW: &str = "2026:Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";
const VALUES: usize = 2_000;

fn ring(text: &str) -> KeyRing {
    text.parse().unwrap()
}

fn both() -> KeyRing {
    ring(&format!("{NEW},{OLD}"))
}

fn place(tenant: Uuid, row: Uuid) -> Place<'static> {
    Place { tenant, table: "oauth_accounts", column: "access_token", row }
}

/// Accounts in every tenant of the world, each with a token that names its row; all sealed with the old key.
async fn fill(app: &TestApp, count: usize) -> Vec<(Uuid, Uuid)> {
    let users = app.rows("select distinct on (tenant_id) tenant_id::text, id::text from users order by 1, 2").await;
    assert!(users.len() > 1, "several tenants");
    let keys = ring(OLD);
    let mut accounts = Vec::new();
    let (mut ids, mut tenants, mut owners, mut tokens) = (vec![], vec![], vec![], vec![]);
    for at in 0..count {
        let user = &users[at % users.len()];
        let tenant: Uuid = user[0].parse().unwrap();
        let row = Uuid::from_u128(0x0194_f0a0_0000_7000_8000_0000_0000_0000 + at as u128);
        ids.push(row.to_string());
        tenants.push(user[0].clone());
        owners.push(user[1].clone());
        tokens.push(keys.seal(&place(tenant, row), row.to_string().as_bytes()).unwrap().into_bytes());
        accounts.push((tenant, row));
    }
    let sql = "insert into oauth_accounts (id, tenant_id, user_id, provider, provider_account_id, access_token)
               select id::uuid, tenant::uuid, owner::uuid, 'local', id, token
                 from unnest($1::text[], $2::text[], $3::text[], $4::bytea[]) as n (id, tenant, owner, token)";
    superuser(&app.database_name).await.execute(sql, &[&ids, &tenants, &owners, &tokens]).await.unwrap();
    accounts
}

async fn owner(app: &TestApp) -> tokio_postgres::Client {
    connect("mostrador_owner", &app.database_name).await
}

fn open_by(counts: &[(&str, u64)]) -> BTreeMap<mostrador::secrets::KeyId, u64> {
    counts.iter().map(|(id, count)| (id.parse().unwrap(), *count)).collect()
}

/// Shows rule:credentials-encrypted.
#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_values_are_sealed_anew_though_the_first_run_is_killed_and_somebody_writes_meanwhile() {
    let app = TestApp::world().await;
    let accounts = fill(&app, VALUES).await;

    // Somebody writes all the time, with the new key and with the old one, as gateways do that are not restarted yet.
    let is_over = Arc::new(AtomicBool::new(false));
    let writer = {
        let (accounts, is_over) = (accounts.clone(), Arc::clone(&is_over));
        let client = superuser(&app.database_name).await;
        tokio::spawn(async move {
            let (old, new) = (ring(OLD), both());
            let mut written = BTreeMap::new();
            for step in 0_usize.. {
                if is_over.load(Ordering::SeqCst) {
                    break;
                }
                // 7919 is prime, so the writer is sometimes ahead of the rotation and sometimes behind it.
                let (tenant, row) = accounts[step * 7919 % accounts.len()];
                let token = format!("written in step {step}");
                let keys = if step % 2 == 0 { &old } else { &new };
                let sealed = keys.seal(&place(tenant, row), token.as_bytes()).unwrap().into_bytes();
                let sql = "update oauth_accounts set access_token = $1 where id = $2::text::uuid";
                assert_eq!(client.execute(sql, &[&sealed, &row.to_string()]).await.unwrap(), 1);
                written.insert(row, token);
            }
            written
        })
    };

    // The first run dies in the middle: its task is dropped, and its connection with it.
    let progress = Arc::new(AtomicU64::new(0));
    let mut client = owner(&app).await;
    let first = {
        let progress = Arc::clone(&progress);
        tokio::spawn(async move {
            rotate(&mut client, &both(), |_| {
                progress.fetch_add(1, Ordering::SeqCst);
            })
            .await
        })
    };
    while progress.load(Ordering::SeqCst) < 5 {
        assert!(!first.is_finished(), "it ended before it could be killed");
        tokio::task::yield_now().await;
    }
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    let half_way = take_inventory(&mut owner(&app).await, &both()).await.unwrap();
    assert_eq!((half_way.open.len(), half_way.broken), (2, 0), "{half_way:?}");

    // The second run finishes what the first has left, while the writer goes on.
    rotate(&mut owner(&app).await, &both(), |_| ()).await.unwrap();
    is_over.store(true, Ordering::SeqCst);
    let written = writer.await.unwrap();
    assert!(written.len() > 20, "the writer wrote: {}", written.len());
    // What was written with the old key behind the rotation's back.
    rotate(&mut owner(&app).await, &both(), |_| ()).await.unwrap();

    // The old key is gone, and everything opens; nothing that was written is lost.
    let inventory = take_inventory(&mut owner(&app).await, &ring(NEW)).await.unwrap();
    let wanted = Inventory { open: open_by(&[("2026", VALUES as u64)]), ..Inventory::default() };
    assert_eq!(inventory, wanted);
    let client = superuser(&app.database_name).await;
    for (tenant, row) in accounts {
        let sql = "select access_token, version from oauth_accounts where id = $1::text::uuid";
        let stored = client.query_one(sql, &[&row.to_string()]).await.unwrap();
        let clear = ring(NEW).open(&place(tenant, row), stored.get(0)).unwrap();
        let wanted = written.get(&row).cloned().unwrap_or_else(|| row.to_string());
        assert_eq!(clear.expose_text(), Some(wanted.as_str()));
        assert_eq!(stored.get::<_, i32>(1), 1, "sealing anew is no change of the row");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_does_not_open_is_named_and_the_others_are_sealed_anew() {
    let app = TestApp::world().await;
    let accounts = fill(&app, 10).await;
    let (tenant, row) = accounts[3];
    app.sql(&format!("update oauth_accounts set access_token = '\\x010432303235abcdef' where id = '{row}'")).await;
    let mut client = owner(&app).await;
    assert_eq!(rotate(&mut client, &both(), |_| ()).await.unwrap(), 9);
    let inventory = take_inventory(&mut client, &both()).await.unwrap();
    assert_eq!((inventory.open, inventory.broken), (open_by(&[("2026", 9)]), 1));
    let named = format!("oauth_accounts.access_token of {row} (tenant {tenant}): the value does not open");
    assert_eq!(inventory.named, [named]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_role_of_the_api_does_not_report_success_over_rows_it_cannot_see() {
    let app = TestApp::world().await;
    fill(&app, 4).await;
    let mut client = connect("mostrador_api", &app.database_name).await;
    let failure = rotate(&mut client, &both(), |_| ()).await.unwrap_err().to_string();
    assert_eq!(failure, "MIGRATE_URL must name the role that owns the tables");
    assert!(take_inventory(&mut client, &both()).await.is_err());
}

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    config: Config,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_fails_as_long_as_something_does_not_open() {
    let app = TestApp::world().await;
    fill(&app, 20).await;
    let (api, owner) = {
        let cluster = cluster().await;
        (cluster.url("mostrador_api", &app.database_name), cluster.url("mostrador_owner", &app.database_name))
    };
    let run = async |keys: &str| {
        let flags = [
            "mostrador".to_owned(),
            format!("--database-url={api}"),
            format!("--migrate-url={owner}"),
            format!("--encryption-keys={keys}"),
        ];
        rotate_keys(&Flags::try_parse_from(flags).unwrap().config).await.map_err(|failure| failure.to_string())
    };
    assert_eq!(run(NEW).await, Err("20 values do not open".to_owned()), "the old key is missing");
    assert_eq!(run(&format!("{NEW},{OLD}")).await, Ok(()));
    assert_eq!(run(NEW).await, Ok(()), "the old key is not needed any more");
    assert_eq!(run(NEW).await, Ok(()), "again is nothing new");
    assert_eq!(run(OLD).await, Err("20 values do not open".to_owned()));
}
