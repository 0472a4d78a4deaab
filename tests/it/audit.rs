//! The audit log: what is sensitive is written down once, in the transaction of the change, whoever makes it; nothing
//! secret is in it, and nobody can change it or write it in another's name.

mod closed;
mod denied;
mod purged;

use serde_json::{Value, json};

use crate::app::{TestApp, connect, superuser};

/// Rows of the log since it was last emptied of the world's own, oldest first: action and target type.
async fn written(app: &TestApp) -> Vec<String> {
    let sql = "select action || ' ' || target_type from audit_logs where occurred_at > '2026-06-01' order by id";
    app.rows(sql).await.into_iter().flatten().collect()
}

/// Changes of sensitive tables, each with exactly what is written down of it.
const CHANGES: &[(&str, &[&str])] = &[
    ("update users set role = 'EMPLOYEE' where email = 'jan@autos.test'", &[
        "user.role_removed User",
        "user.role_assigned User",
        "user.role_changed User",
    ]),
    ("update users set is_active = false where email = 'jan@autos.test'", &["user.deactivated User"]),
    ("update users set is_active = true where email = 'jan@autos.test'", &["user.activated User"]),
    ("update users set password_hash = 'argon' where email = 'jan@autos.test'", &["user.password_changed User"]),
    ("update users set email = 'juan@autos.test' where email = 'jan@autos.test'", &["user.email_changed User"]),
    ("update users set phone = '+34600000999' where email = 'juan@autos.test'", &["user.changed User"]),
    ("update users set last_login_at = now(), total_messages = 7 where email = 'juan@autos.test'", &[]),
    ("update users set phone = phone", &[]),
    ("insert into roles (tenant_id, name) select id, 'Buyers' from tenants where slug = 'autos'", &["role.created Role"]),
    ("update roles set description = 'They buy.' where name = 'Buyers'", &["role.changed Role"]),
    (
        "insert into role_permissions (tenant_id, role_id, permission_id)
         select r.tenant_id, r.id, p.id from roles r, permissions p where r.name = 'Buyers' and p.name = 'inventory.write'",
        &["role.granted Role"],
    ),
    (
        "insert into user_roles (tenant_id, role_id, user_id)
         select r.tenant_id, r.id, u.id from roles r join users u using (tenant_id)
         where r.name = 'Buyers' and u.email = 'juan@autos.test'",
        &["user.role_assigned User"],
    ),
    (
        "insert into user_processes (tenant_id, user_id, process_id)
         select u.tenant_id, u.id, p.id from users u, processes p where u.email = 'juan@autos.test' and p.code = 'INVENTORY'",
        &["user.narrowed User"],
    ),
    ("delete from user_processes", &["user.widened User"]),
    (
        "delete from user_roles a using roles r where r.tenant_id = a.tenant_id and r.id = a.role_id and r.name = 'Buyers'",
        &["user.role_removed User"],
    ),
    ("delete from roles where name = 'Buyers'", &["role.purged Role", "role.revoked Role"]),
    ("update sessions set is_active = false where user_agent = 'Firefox'", &["session.ended Session"]),
    ("update sessions set last_used_at = now()", &[]),
    (
        "insert into invitations (tenant_id, email, role, token_hash)
         select id, 'new@autos.test', 'AGENT', sha256('invitation') from tenants where slug = 'autos'",
        &["invitation.created Invitation"],
    ),
    (
        "update invitations set token_hash = sha256('again') where email = 'new@autos.test'",
        &["invitation.resent Invitation"],
    ),
    ("update invitations set status = 'REVOKED' where email = 'new@autos.test'", &["invitation.revoked Invitation"]),
    (
        "update tenant_settings set record_sharing = true where tenant_id = (select id from tenants where slug = 'autos')",
        &["tenant_settings.changed TenantSettings"],
    ),
    ("update tenants set name = 'Autos' where slug = 'autos'", &["tenant.changed Tenant"]),
    ("update tenants set status = 'SUSPENDED' where slug = 'autos'", &["tenant.suspended Tenant"]),
    ("update tenants set status = 'ACTIVE' where slug = 'autos'", &["tenant.activated Tenant"]),
    ("insert into teams (tenant_id, name) select id, 'North' from tenants where slug = 'autos'", &["team.created Team"]),
    (
        "insert into team_members (tenant_id, team_id, user_id) select t.tenant_id, t.id, u.id
         from teams t join users u using (tenant_id) where t.name = 'North' and u.email = 'juan@autos.test'",
        &["team.member_added Team"],
    ),
    ("update team_members set member_role = 'MANAGER' where team_id = (select id from teams where name = 'North')", &["team.member_changed Team"]),
    ("update teams set deleted_at = now() where name = 'North'", &["team.deleted Team"]),
    ("update users set deleted_at = now() where email = 'juan@autos.test'", &["user.deleted User"]),
    ("update users set deleted_at = null where email = 'juan@autos.test'", &["user.restored User"]),
];

/// Shows rule:audit-trail.
#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_changes_with_psql_is_written_down_once_and_rolled_back_with_it() {
    let app = TestApp::world().await;
    let mut client = superuser(&app.database_name).await;
    for (change, expected) in CHANGES {
        let before = written(&app).await;
        let undone = client.transaction().await.unwrap();
        undone.batch_execute(change).await.unwrap_or_else(|error| panic!("{change}: {error:?}"));
        undone.rollback().await.unwrap();
        assert_eq!(written(&app).await, before, "{change}");
        client.batch_execute(change).await.unwrap();
        let after = written(&app).await;
        let mut new: Vec<&str> = after[before.len()..].iter().map(String::as_str).collect();
        let mut expected = expected.to_vec();
        new.sort_unstable();
        expected.sort_unstable();
        assert_eq!(new, expected, "{change}");
    }
    let settings = app.cell("select coalesce(current_setting('app.tenant_id', true), '')").await;
    assert_eq!(settings, "", "a trigger left its tenant behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_over_the_api_names_its_user_session_and_values() {
    let app = TestApp::world().await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let jan = app.cell("select id from users where email = 'jan@autos.test'").await;
    let update =
        "mutation ($id: ID!) { updateUser(input: { id: $id, phone: \"+34600000555\" }) { errors { code message } } }";
    let data = ana.data(update, json!({ "id": jan })).await;
    assert_eq!(data["updateUser"]["errors"], json!([]));
    let query = "{ auditLogs(first: 1) { nodes { action targetType targetId sessionId details actor { email } } } }";
    let log = ana.data(query, Value::Null).await["auditLogs"]["nodes"][0].clone();
    assert_eq!(log["action"], "user.changed");
    assert_eq!(log["targetType"], "User");
    assert!(log["targetId"].as_str().unwrap().starts_with("user_"));
    assert!(log["sessionId"].as_str().unwrap().starts_with("session_"));
    assert_eq!(log["actor"]["email"], "ana@autos.test");
    assert_eq!(
        log["details"],
        json!({
            "actor": { "email": "ana@autos.test" },
            "before": { "phone": "+34600000102" },
            "after": { "phone": "+34600000555" },
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_change_is_not_written_down() {
    let app = TestApp::world().await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let jan = app.cell("select id from users where email = 'jan@autos.test'").await;
    let before = written(&app).await;
    let update =
        "mutation ($id: ID!) { updateUser(input: { id: $id, email: \"ana@autos.test\" }) { errors { code } } }";
    let data = ana.data(update, json!({ "id": jan })).await;
    assert_eq!(data["updateUser"]["errors"][0]["code"], "CONFLICT");
    assert_eq!(written(&app).await, before);
}

/// Shows rule:never-plaintext.
#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_log() {
    let app = TestApp::world().await;
    app.sql(
        "update users set password_hash = '$argon2id$KNOWN' where email = 'jan@autos.test';
         insert into invitations (tenant_id, email, role, token_hash)
         select id, 'new@autos.test', 'AGENT', sha256('KNOWN') from tenants where slug = 'autos';
         update invitations set token_hash = sha256('KNOWN2') where email = 'new@autos.test';
         insert into oauth_accounts (tenant_id, user_id, provider, provider_account_id, access_token, refresh_token)
         select tenant_id, id, 'local', 'KNOWN', 'KNOWN', 'KNOWN' from users where email = 'jan@autos.test';
         delete from oauth_accounts;
         insert into sessions (tenant_id, user_id, session_token_hash, refresh_token_hash, expires_at)
         select tenant_id, id, sha256('KNOWN'), sha256('KNOWN2'), '2100-01-01' from users where email = 'jan@autos.test';
         update sessions set is_active = false;
         update users set deleted_at = now() where email = 'jan@autos.test';",
    )
    .await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let jan = app.cell("select id from users where email = 'jan@autos.test'").await;
    let purge = "mutation ($id: ID!) { purgeUser(input: { id: $id }) { errors { code message } } }";
    assert_eq!(ana.data(purge, json!({ "id": jan })).await["purgeUser"]["errors"], json!([]));
    let rows = app.rows("select action, details::text from audit_logs").await;
    assert!(rows.iter().any(|row| row[0] == "user.purged"));
    let hashes = app.rows("select encode(sha256('KNOWN'), 'hex'), encode(sha256('KNOWN2'), 'hex')").await;
    for row in &rows {
        let text = row[1].to_lowercase();
        for secret in ["known", "$argon", "_hash", "accesstoken", "refreshtoken"]
            .into_iter()
            .map(str::to_owned)
            .chain(hashes[0].clone())
        {
            assert!(!text.contains(&secret), "{secret} is in {row:?}");
        }
    }
    // Whatever has the type of a hash or of something sealed in any table is nowhere either.
    let columns = app
        .rows(
            "select format('select encode(%I, ''hex'') from %s where %1$I is not null', a.attname, c.oid::regclass)
               from pg_attribute a join pg_class c on c.oid = a.attrelid
              where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0
                and a.atttypid = 'bytea'::regtype",
        )
        .await;
    assert!(columns.len() > 5, "{columns:?}");
    for column in columns.into_iter().flatten() {
        for value in app.rows(&column).await.into_iter().flatten().filter(|value| !value.is_empty()) {
            assert!(rows.iter().all(|row| !row[1].contains(&value)), "{column}");
        }
    }
    let changed = rows.iter().find(|row| row[0] == "user.password_changed").unwrap();
    assert!(changed[1].contains("\"secretsChanged\": [\"password\"]"), "{changed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_read_the_log_and_find_in_it_what_they_look_for() {
    let app = TestApp::world().await;
    let jan = app.sign_in("autos", "jan@autos.test").await;
    for query in ["{ auditLogs { totalCount } }", "{ viewer { user { auditLogs { totalCount } } } }"] {
        let reply = jan.send(query, Value::Null).await;
        assert_eq!(reply.json["errors"][0]["extensions"]["code"], "FORBIDDEN", "{query}");
    }
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let world = "occurredAt: { lt: \"2026-06-01T00:00:00Z\" }";
    let count = async |filter: &str| {
        let query =
            format!("{{ auditLogs(filter: {{ {world} {filter} }}) {{ totalCount nodes {{ targetId actorId }} }} }}");
        ana.data(&query, Value::Null).await["auditLogs"].clone()
    };
    let all = count("").await;
    assert_eq!(all["totalCount"], 3);
    assert_eq!(count("action: { eq: \"user.deleted\" }").await["totalCount"], 1);
    assert_eq!(count("targetType: { eq: \"Tenant\" }").await["totalCount"], 1);
    assert_eq!(count("actor: { email: { eq: \"ana@autos.test\" } }").await["totalCount"], 2);
    let target = all["nodes"][2]["targetId"].as_str().unwrap();
    assert_eq!(count(&format!("targetId: {{ eq: \"{target}\" }}")).await["totalCount"], 1);
    let refused = "{ auditLogs(filter: { targetId: { eq: \"not-an-id\" } }) { totalCount } }";
    assert_eq!(ana.send(refused, Value::Null).await.json["errors"][0]["extensions"]["code"], "VALIDATION");
}

#[tokio::test(flavor = "multi_thread")]
async fn analysts_do_not_read_the_log() {
    let app = TestApp::world().await;
    let client = superuser(&app.database_name).await;
    let error = client.batch_execute("set role mostrador_readonly; select count(*) from audit_logs").await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "42501");
}

/// Shows rule:sharding-cqrs-cold-storage, rule:partitioning.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_has_a_partition_for_each_month_to_come_and_loses_old_ones_as_a_whole() {
    let app = TestApp::empty().await;
    // A copy of a database belongs to whoever copied it; the real one to whoever migrates it.
    app.sql(&format!("alter database {} owner to mostrador_owner", app.database_name)).await;
    let months = "select count(*) from pg_inherits where inhparent = 'audit_logs'::regclass";
    let before: i64 = app.cell(months).await.parse().unwrap();
    let api = connect("mostrador_api", &app.database_name).await;
    let made = async |ahead: i32| -> i32 {
        api.query_one("select app.make_audit_partitions($1)", &[&ahead]).await.unwrap().get(0)
    };
    assert_eq!(made(4).await, 0, "the migration has made them");
    assert_eq!(made(7).await, 3);
    assert_eq!(made(7).await, 0);
    assert_eq!(app.cell(months).await, (before + 3).to_string());
    assert_eq!(made(-5).await, 0);
    let owner = connect("mostrador_owner", &app.database_name).await;
    let dropped = async |kept: &str| {
        let rows = owner.query(&format!("select app.drop_audit_partitions('{kept}')"), &[]).await?;
        Ok::<Vec<String>, tokio_postgres::Error>(rows.iter().map(|row| row.get(0)).collect())
    };
    assert!(dropped("1 month").await.is_err(), "a year is the least");
    assert_eq!(dropped("1 year").await.unwrap(), Vec::<String>::new());
    // As it will be one day.
    owner.batch_execute("alter table audit_logs_past rename to audit_logs_2020_01").await.unwrap();
    assert_eq!(dropped("1 year").await.unwrap(), ["audit_logs_2020_01"]);
    let error = api.query("select app.drop_audit_partitions('1 year')", &[]).await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "42501");
}
