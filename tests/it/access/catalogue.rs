//! The built-in catalogue: processes and permissions, in the program and in the database.

use std::collections::BTreeSet;

use entity::access::Action;
use mostrador::processes;

use crate::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn the_database_knows_the_same_processes_as_the_program() {
    let app = TestApp::empty().await;
    let sql = "select p.code, p.name, p.route, p.is_personal::text, coalesce(parent.code, '')
                 from processes p left join processes parent on parent.id = p.parent_id order by p.id";
    let declared: Vec<Vec<String>> = processes::ALL
        .iter()
        .map(|process| {
            let parent = process.parent.map_or("", |parent| parent.code);
            [process.code, process.name, process.route.unwrap_or_default(), &process.personal.to_string(), parent]
                .map(ToOwned::to_owned)
                .to_vec()
        })
        .collect();
    assert_eq!(app.rows(sql).await, declared);
}

/// Shows rule:standard-permissions.
#[tokio::test(flavor = "multi_thread")]
async fn every_process_has_a_permission_for_every_action() {
    let app = TestApp::empty().await;
    let sql =
        "select p.name, p.action, p.abbreviation from permissions p join processes on processes.id = p.process_id";
    let stored: BTreeSet<Vec<String>> = app.rows(sql).await.into_iter().collect();
    let abbreviations = ["VER", "EDIT", "BORRAR", "ADMIN", "USUARIO"];
    let declared: BTreeSet<Vec<String>> = processes::ALL
        .iter()
        .flat_map(|process| {
            Action::ALL.into_iter().zip(abbreviations).map(|(action, short)| {
                let name = format!("{}.{}", process.code, action.as_str()).to_lowercase();
                vec![name, action.as_str().to_owned(), short.to_owned()]
            })
        })
        .collect();
    assert_eq!(stored, declared);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_changes_the_catalogue_through_the_role_of_the_api() {
    let app = TestApp::empty().await;
    for table in ["processes", "permissions"] {
        for right in ["insert", "update", "delete", "truncate"] {
            let sql = format!(
                "select has_table_privilege('mostrador_api', '{table}', '{right}') or
                        '{right}' in ('insert', 'update') and has_any_column_privilege('mostrador_api', '{table}', '{right}')"
            );
            assert_eq!(app.cell(&sql).await, "f", "{right} on {table}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_scope_is_what_the_setting_says_word_by_word() {
    let app = TestApp::empty().await;
    for (setting, records, users) in [
        (None, "f", "f"),
        (Some(""), "f", "f"),
        (Some("records"), "t", "f"),
        (Some("records users"), "t", "t"),
        (Some("users"), "f", "t"),
        (Some("recordsusers"), "f", "f"),
        (Some("RECORDS"), "f", "f"),
        (Some("%"), "f", "f"),
    ] {
        let set = setting.map_or(String::new(), |words| format!("set app.scope = '{words}';"));
        let sql = format!("{set} select app.in_scope('records'), app.in_scope('users')");
        assert_eq!(app.rows(&sql).await, [[records, users]], "{setting:?}");
    }
}
