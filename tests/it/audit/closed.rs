//! Nobody changes the log or writes in it what another is said to have done, and its actions are a closed list.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use mostrador::audit::ACTIONS;

use crate::app::{TestApp, connect, superuser};

const TENANT: &str = "select set_config('app.tenant_id', id::text, true) from tenants where slug = 'autos'";

#[tokio::test(flavor = "multi_thread")]
async fn nobody_changes_the_log_not_even_its_owner() {
    let app = TestApp::world().await;
    let partition = app.cell("select tableoid::regclass::text from audit_logs limit 1").await;
    let before = app.rows("select * from audit_logs order by id").await;
    for role in ["mostrador_api", "mostrador_readonly", "mostrador_owner", "postgres"] {
        for change in [
            "update audit_logs set action = 'user.changed'",
            "update audit_logs set details = '{}'",
            "update audit_logs set actor_id = null",
            "delete from audit_logs",
            "truncate audit_logs",
            &format!("update {partition} set action = 'user.changed'"),
            &format!("delete from {partition}"),
            &format!("truncate {partition}"),
            "truncate users cascade",
        ] {
            let mut client = superuser(&app.database_name).await;
            let transaction = client.transaction().await.unwrap();
            transaction.batch_execute(TENANT).await.unwrap();
            transaction.batch_execute(&format!("set local role {role}")).await.unwrap();
            let error = transaction.batch_execute(change).await.expect_err(&format!("{role}: {change}"));
            let code = error.code().unwrap().code();
            assert!(matches!(code, "42501" | "MD001" | "P0001"), "{role}: {change}: {error:?}");
        }
    }
    assert_eq!(app.rows("select * from audit_logs order by id").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_of_somebody_cannot_change_the_log_either() {
    let app = TestApp::world().await;
    let client = superuser(&app.database_name).await;
    let error = client
        .batch_execute(
            "create function tamper() returns trigger language plpgsql as $$
             begin update audit_logs set action = 'user.changed', actor_id = null; return new; end $$;
             create trigger tamper after update on contacts for each row execute function tamper();
             update contacts set first_name = 'Other' where id = (select id from contacts limit 1)",
        )
        .await
        .unwrap_err();
    assert_eq!(error.code().unwrap().code(), "MD001");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_cannot_write_in_the_name_of_another_user_or_tenant() {
    let app = TestApp::world().await;
    let ids = app.rows("select t.id, u.id from tenants t join users u on u.tenant_id = t.id where u.email in ('ana@autos.test', 'eva@casas.test') order by u.email").await;
    let (autos, ana, casas, eva) = (&ids[0][0], &ids[0][1], &ids[1][0], &ids[1][1]);
    let api = connect("mostrador_api", &app.database_name).await;
    let settings = format!("begin; set local app.tenant_id = '{autos}'; set local app.user_id = '{eva}'");
    for refused in [
        format!("insert into audit_logs (action, target_type, actor_id) values ('user.changed', 'User', '{ana}')"),
        format!("insert into audit_logs (tenant_id, action, target_type) values ('{casas}', 'user.changed', 'User')"),
        format!("select app.write_audit('{casas}', 'user.changed', 'User', null, '{{}}')"),
        "select app.platform_staff(app.uuid_v7())".to_owned(),
        "select app.enter_tenant(app.uuid_v7())".to_owned(),
        "select app.audit('anything goes', 'User', null)".to_owned(),
        "select app.audit('user.changed', 'not a type', null)".to_owned(),
    ] {
        api.batch_execute(&settings).await.unwrap();
        let error = api.batch_execute(&refused).await.expect_err(&refused);
        assert!(matches!(error.code().unwrap().code(), "42501" | "23514"), "{refused}: {error:?}");
        api.batch_execute("rollback").await.unwrap();
    }
    // A user of another tenant, and an actor in the details, are not believed.
    let details = r#"{"actor": {"email": "ana@autos.test"}, "platformStaff": {"email": "vera@platform.test"}, "why": {"token": "t", "note": "n"}}"#;
    api.batch_execute(&format!(
        "{settings}; select app.audit('session.refused', 'Session', null, '{details}'); commit"
    ))
    .await
    .unwrap();
    let row =
        app.rows("select tenant_id, actor_id, details::text from audit_logs where action = 'session.refused'").await;
    assert_eq!(row.len(), 1);
    assert_eq!(&row[0][0], autos);
    assert_eq!(row[0][1], "");
    assert_eq!(row[0][2], r#"{"why": {"note": "n"}, "actor": {"databaseRole": "mostrador_api"}}"#);
    let error = api.batch_execute("select app.audit('session.refused', 'Session', null)").await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "P0001", "without a tenant");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tenant_of_a_trigger_does_not_outlive_it() {
    let app = TestApp::world().await;
    let client = superuser(&app.database_name).await;
    client
        .batch_execute("begin; update users set phone = '+34600000001'; update tenants set name = name || '!'")
        .await
        .unwrap();
    let left = client.query_one("select coalesce(current_setting('app.tenant_id', true), '')", &[]).await.unwrap();
    assert_eq!(left.get::<_, String>(0), "");
    client.batch_execute("commit").await.unwrap();
    let misplaced = "select count(*) from audit_logs a where a.target_type = 'User' and not exists (
                         select from users u where u.tenant_id = a.tenant_id and 'user_' || u.id = a.target_id)";
    assert_eq!(app.cell(misplaced).await, "0");
}

/// Texts between quotes that have the form of an action, of nouns that the list has.
fn actions_in(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\'', '"', '\n']).filter(|part| {
        part.split_once('.').is_some_and(|(noun, verb)| {
            let is_word = |word: &str| word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
            is_word(verb)
                && ACTIONS.iter().any(|(known, _)| known.strip_prefix(noun).is_some_and(|rest| rest.starts_with('.')))
        })
    })
}

/// Files below a folder with this ending.
fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
}

#[test]
fn the_list_of_actions_is_complete_and_has_nothing_that_nobody_writes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut sources, mut written) = (Vec::new(), BTreeSet::new());
    files(&root.join("migrations"), "sql", &mut sources);
    files(&root.join("src"), "rs", &mut sources);
    for file in sources.iter().filter(|file| !file.ends_with("audit/audit_log.rs")) {
        let text = std::fs::read_to_string(file).unwrap();
        // Elsewhere such a text is something else: a metric, the target of a log line.
        if text.contains("app.audit") || text.contains("audit(") {
            written.extend(actions_in(&text).map(ToOwned::to_owned));
        }
    }
    let known: BTreeSet<String> = ACTIONS.iter().map(|(action, _)| (*action).to_owned()).collect();
    assert_eq!(written, known);
    assert_eq!(known.len(), ACTIONS.len(), "an action stands twice in the list");
}
