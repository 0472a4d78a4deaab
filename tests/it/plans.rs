//! The SQL of the operations that matter most, pinned as text in `tests/output`, and how PostgreSQL runs it over the
//! demo data: by the intended index, and never by reading the table from end to end.
//!
//! `UPDATE_SNAPSHOTS=1` writes the texts instead of comparing them. The operations are those of `benches/operations`.

mod lookups;
mod recorder;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::app::{TestApp, demo_tenants};
use crate::checked_in::compare;
use crate::statements::{DEEP, INBOX};
use recorder::{Planned, planned};

/// The files in `tests/output`.
const PINNED: [&str; 6] = ["by_id", "deep", "inbox", "prefix", "sales", "thread"];

/// What to expect of one statement of an operation.
struct Expected {
    /// The table whose rows it reads.
    table: &'static str,
    /// Indexes of which it should use one for that.
    indexes: &'static [&'static str],
}

const fn by(table: &'static str, indexes: &'static [&'static str]) -> Expected {
    Expected { table, indexes }
}

/// The first contact's owner, status and ID, to ask with.
async fn somebody(app: &TestApp, tenant: &str) -> Vec<String> {
    let sql = format!(
        "select 'user_' || c.owner_id, c.owner_id::text, c.status_id::text, c.id::text
           from contacts c join tenants t on t.id = c.tenant_id
          where t.slug = '{tenant}' and c.deleted_at is null and c.owner_id is not null and c.status_id is not null order by c.id limit 1"
    );
    app.rows(&sql).await.remove(0)
}

async fn check(name: &str, query: &str, variables: impl Fn(&[String]) -> Value, expected: &[Expected]) {
    assert!(PINNED.contains(&name), "{name} is not in the list of pinned files");
    let app = TestApp::demo().await;
    // Which tenant asks must not matter to the plan: each has its half of every table.
    for tenant in demo_tenants() {
        let known = somebody(&app, tenant).await;
        let mut statements = planned(&app, tenant, query, variables(&known)).await;
        // Statements of one level may overtake each other: order them as they are expected, a count behind its rows.
        statements.sort_by_key(|planned| {
            let has = |part: String| planned.sql.contains(&part);
            let reads = |table: &str| has(format!(" from {table} t")) || has(format!(" join {table} l on "));
            (expected.iter().position(|expected| reads(expected.table)), planned.sql.contains("count(*)"))
        });
        compare(&format!("tests/output/{name}.sql"), &pinned(&statements));
        assert_eq!(
            statements.len(),
            expected.len(),
            "{name}: {:#?}",
            statements.iter().map(|planned| &planned.sql).collect::<Vec<_>>()
        );
        for (planned, expected) in statements.iter().zip(expected) {
            let seen = Seen::of(&planned.plan);
            let told = || format!("{name} as {tenant}\n{}\n{:#}", planned.sql, planned.plan);
            // A table that is joined may be: at scale 1 it is small enough to be hashed as a whole.
            assert!(
                !seen.sequential.contains(expected.table),
                "{} is read from end to end\n{}",
                expected.table,
                told()
            );
            let used = expected.indexes.iter().any(|index| seen.indexes.contains(*index));
            assert!(used, "{} is read by none of {:?}\n{}", expected.table, expected.indexes, told());
        }
    }
}

/// The statements as a file.
fn pinned(statements: &[Planned]) -> String {
    let head = "-- Written by `UPDATE_SNAPSHOTS=1 cargo test --test it plans`.\n".to_owned();
    head + &statements.iter().map(|planned| format!("\n{};\n", broken(&planned.sql))).collect::<String>()
}

/// A statement in lines, indented by its brackets.
fn broken(sql: &str) -> String {
    const STARTS: [&str; 7] = ["from ", "where ", "order by ", "limit ", "left join ", "cross join ", "join "];
    let (mut out, mut depth) = (String::new(), 0);
    for (at, letter) in sql.char_indices() {
        let rest = &sql[at + letter.len_utf8()..];
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        // `left join` and `cross join` are broken before their first word only.
        let joined = out.ends_with("left") || out.ends_with("cross");
        if letter == ' ' && !joined && STARTS.iter().any(|start| rest.starts_with(start)) {
            out.push('\n');
            out.push_str(&"  ".repeat(depth + 1));
        } else {
            out.push(letter);
        }
    }
    out
}

/// What a plan does, as far as it is looked at.
#[derive(Default)]
struct Seen {
    indexes: BTreeSet<String>,
    sequential: BTreeSet<String>,
}

impl Seen {
    fn of(plan: &Value) -> Self {
        let mut seen = Self::default();
        seen.walk(plan);
        seen
    }

    fn walk(&mut self, node: &Value) {
        match node {
            Value::Array(nodes) => nodes.iter().for_each(|node| self.walk(node)),
            Value::Object(map) => {
                let text = |key: &str| map.get(key).and_then(Value::as_str);
                if let Some(index) = text("Index Name") {
                    self.indexes.insert(whole(index));
                }
                if let (Some("Seq Scan"), Some(table)) = (text("Node Type"), text("Relation Name")) {
                    self.sequential.insert(whole(table));
                }
                map.values().for_each(|value| self.walk(value));
            }
            _ => {}
        }
    }
}

/// The name of a table or index as if there were no partitions: `messages_2_pkey` is `messages_pkey`.
fn whole(name: &str) -> String {
    (0..4).fold(name.to_owned(), |name, part| match name.strip_prefix(&format!("messages_{part}")) {
        Some(rest) => format!("messages{rest}"),
        None => name,
    })
}

#[test]
fn every_pinned_file_is_compared_with_something() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/output");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files.filter(|file| file.ends_with(".sql")).collect();
    assert_eq!(files, PINNED.iter().map(|name| format!("{name}.sql")).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inbox_is_read_by_status_and_the_messages_by_conversation() {
    let expected = [
        by("conversations", &["conversations_status_idx"]),
        by("conversation_tag_links", &["conversation_tag_links_pkey"]),
        by("messages", &["messages_conversation_id_idx"]),
    ];
    check("inbox", INBOX, |_| json!({}), &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deep_operation_reads_each_level_by_its_parent() {
    let expected = [
        by("contacts", &["contacts_owner_id_idx", "contacts_last_contacted_at_idx"]),
        by("conversations", &["conversations_contact_id_idx", "conversations_contact_id_channel_key"]),
        by("appointments", &["appointments_contact_id_idx"]),
        by("sales", &["sales_contact_id_idx"]),
        by("messages", &["messages_conversation_id_idx"]),
    ];
    check("deep", DEEP, |known| json!({ "owner": known[1] }), &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_is_found_by_its_key() {
    let query = include_str!("../../benches/operations/queries/by_id.graphql");
    check("by_id", query, |known| json!({ "id": known[3] }), &[by("contacts", &["contacts_pkey"])]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_by_prefix_are_a_range_of_the_folded_names() {
    let query = "query Prefix($prefix: String!) { contacts(first: 25, filter: {displayName: {startsWith: $prefix}},
                     orderBy: [{field: DISPLAY_NAME}]) { nodes { id displayName } } }";
    let expected = [by("contacts", &["contacts_display_name_folded_idx"])];
    check("prefix", query, |_| json!({ "prefix": "Már" }), &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sales_are_listed_by_their_date() {
    let query = include_str!("../../benches/operations/queries/sales.graphql");
    check("sales", query, |_| json!({}), &[by("sales", &["sales_sale_date_idx"])]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_messages_of_a_conversation_are_the_end_of_an_index() {
    let query = "query Thread($contact: ID!) { contact(id: $contact) { conversations { nodes {
                     messages(last: 50) { totalCount nodes { id content } } } } } }";
    let expected = [
        by("contacts", &["contacts_pkey"]),
        by("conversations", &["conversations_contact_id_idx", "conversations_contact_id_channel_key"]),
        by("messages", &["messages_conversation_id_idx"]),
        by("messages", &["messages_conversation_id_idx"]),
    ];
    check("thread", query, |known| json!({ "contact": known[3] }), &expected).await;
}
