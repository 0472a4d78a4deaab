//! Files that are checked in and follow from others: Diesel's view of the tables, the schema.
//!
//! `UPDATE_SNAPSHOTS=1` writes them instead of comparing them.

use std::path::Path;

use crate::app::{TestApp, superuser};

#[tokio::test(flavor = "multi_thread")]
async fn tables_match_the_database() {
    let app = TestApp::empty().await;
    let client = superuser(&app.database_name).await;
    let row = client.query_one(include_str!("../../tables/generate.sql"), &[]).await.unwrap();
    compare("tables/src/lib.rs", &format!("{}\n", row.get::<_, String>(0).trim_end()));
}

#[test]
fn schema_graphql_is_the_schema() {
    compare("schema.graphql", &mostrador::graphql::schema::sdl());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_migration_of_contributing_goes_up_and_down() {
    let text = include_str!("../../CONTRIBUTING.md");
    let blocks: Vec<_> = text.split("```sql\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let [up, down] = blocks[..] else { panic!("one up.sql and one down.sql, not {}", blocks.len()) };
    let app = TestApp::empty().await;
    let client = superuser(&app.database_name).await;
    for sql in [up, down, up, down] {
        client.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }
}

#[track_caller]
pub(crate) fn compare(file: &str, now: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, now).unwrap();
        return;
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let differing = now.lines().zip(known.lines()).position(|(now, known)| now != known);
    let line = differing.unwrap_or_else(|| now.lines().count().min(known.lines().count()));
    let at = |text: &str| text.lines().nth(line).unwrap_or("(the end)").to_owned();
    let (says, should) = (at(&known), at(now));
    let line = line + 1;
    assert!(
        now == known,
        "{file} is old (UPDATE_SNAPSHOTS=1 writes it anew); line {line} says\n  {says}\nand should say\n  {should}"
    );
}
