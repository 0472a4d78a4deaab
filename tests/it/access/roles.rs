//! Roles that come with a tenant, and who gets which by itself.

use std::collections::BTreeSet;

use serde_json::json;

use super::{FINE, attempt, id, make_role, newcomer};
use crate::app::TestApp;

const ROLES_OF: &str =
    "select string_agg(r.name, ', ' order by r.name) from user_roles a join roles r on r.tenant_id = a.tenant_id
    and r.id = a.role_id join users u on u.tenant_id = a.tenant_id and u.id = a.user_id where u.email = ";

/// Shows rule:default-roles-seeded.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_tenant_has_a_role_for_each_kind_of_user() {
    let app = TestApp::empty().await;
    let new = |slug: &str, platform: bool| {
        format!(
            "insert into tenants (name, email, slug, default_currency, timezone, is_platform)
             values ('{slug}', 'a@b.test', '{slug}', 'EUR', 'Europe/Madrid', {platform})"
        )
    };
    app.sql(&new("shop", false)).await;
    app.sql(&new("base", true)).await;
    for (slug, kinds) in [
        ("shop", &["ADMIN", "EMPLOYEE", "AGENT", "CLIENT", "USER"][..]),
        ("base", &["SUPER_ADMIN", "ADMIN", "EMPLOYEE", "AGENT", "CLIENT", "USER"]),
    ] {
        let sql = format!(
            "select r.user_role from roles r join tenants t on t.id = r.tenant_id where t.slug = '{slug}' and r.is_system
                and exists (select from role_permissions g where g.role_id = r.id) order by r.sort_order"
        );
        assert_eq!(app.rows(&sql).await.concat(), kinds, "{slug}");
    }
    app.sql("select app.make_default_roles(id) from tenants").await;
    assert_eq!(app.cell("select count(*) from roles").await, "11", "a second time changes nothing");
}

/// What the roles that come with a tenant allow, one line for each role and action. It is a decision about people's
/// rights, so a change of it should be seen.
#[tokio::test(flavor = "multi_thread")]
async fn the_default_roles_allow_what_is_written_here() {
    let app = TestApp::world().await;
    let sql = "select r.user_role || ' ' || p.action || ': ' || string_agg(processes.code, ' ' order by processes.id)
                 from role_permissions g join roles r on r.id = g.role_id and r.tenant_id = g.tenant_id
                 join permissions p on p.id = g.permission_id join processes on processes.id = p.process_id
                 join tenants t on t.id = r.tenant_id and t.is_platform
                group by r.user_role, r.sort_order, p.action order by r.sort_order, p.action";
    let expected = [
        "SUPER_ADMIN ADMIN: CRM INBOX CAMPAIGNS CALENDAR INVENTORY SALES PROPERTIES LOGISTICS \
         ASSISTANTS FILES USAGE ANALYTICS SUPPORT INTEGRATIONS ADMINISTRATION PLATFORM",
        "SUPER_ADMIN DELETE: FINANCE HEALTH",
        "SUPER_ADMIN WRITE: FINANCE HEALTH",
        "ADMIN ADMIN: CRM INBOX CAMPAIGNS CALENDAR INVENTORY SALES PROPERTIES LOGISTICS ASSISTANTS \
         FILES USAGE ANALYTICS SUPPORT INTEGRATIONS ADMINISTRATION",
        "ADMIN DELETE: FINANCE HEALTH",
        "ADMIN WRITE: FINANCE HEALTH",
        "EMPLOYEE DELETE: CRM INBOX CAMPAIGNS CALENDAR INVENTORY SALES PROPERTIES LOGISTICS \
         ASSISTANTS FILES FINANCE HEALTH SUPPORT",
        "EMPLOYEE READ: USAGE ANALYTICS INTEGRATIONS USERS SETTINGS",
        "EMPLOYEE WRITE: CRM INBOX CAMPAIGNS CALENDAR INVENTORY SALES PROPERTIES LOGISTICS \
         ASSISTANTS FILES FINANCE HEALTH SUPPORT",
        "AGENT DELETE: TASKS CALENDAR ASSISTANTS FILES FINANCE HEALTH",
        "AGENT READ: CAMPAIGNS INVENTORY LOGISTICS USAGE USERS SETTINGS",
        "AGENT WRITE: CRM INBOX CALENDAR SALES PROPERTIES ASSISTANTS FILES FINANCE HEALTH SUPPORT",
        "CLIENT DELETE: FINANCE HEALTH",
        "CLIENT READ: INVENTORY PROPERTIES",
        "CLIENT WRITE: FINANCE HEALTH SUPPORT",
        "USER DELETE: ASSISTANTS FILES FINANCE HEALTH",
        "USER READ: USAGE",
        "USER WRITE: ASSISTANTS FILES FINANCE HEALTH SUPPORT",
    ];
    assert_eq!(app.rows(sql).await.concat(), expected);
}

/// Shows rule:default-roles-seeded.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_has_the_role_of_the_own_kind_and_new_users_the_default_roles() {
    let app = TestApp::world().await;
    make_role(&app, "autos", "Everybody", &["files.read"], &[]).await;
    make_role(&app, "autos", "Somebody", &["files.write"], &[]).await;
    app.sql("update roles set is_default = true where name = 'Everybody'").await;
    newcomer(&app, "rosa").await;
    let of = async |email: &str| app.cell(&format!("{ROLES_OF} '{email}'")).await;
    assert_eq!(of("rosa@autos.test").await, "Everybody, User");
    assert_eq!(of("jan@autos.test").await, "Agent", "not new");
    app.sql("update users set role = 'CLIENT' where email = 'rosa@autos.test'").await;
    assert_eq!(of("rosa@autos.test").await, "Client, Everybody");
    app.sql("update users set role = 'CLIENT', phone = '+34600111222' where email = 'rosa@autos.test'").await;
    assert_eq!(of("rosa@autos.test").await, "Client, Everybody");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_role_of_a_kind_follows_the_kind_and_nothing_else() {
    let app = TestApp::world().await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let (jan, admin, agent) = (id("user", "jan"), id("role", "radmn"), id("role", "ragnt"));
    for (why, mutation, input) in [
        ("another kind's role", "addUserRole", json!({ "id": jan, "roleId": admin })),
        ("another kind's role", "createRoleAssignment", json!({ "userId": jan, "roleId": admin })),
        ("the own kind's role", "removeUserRole", json!({ "id": jan, "roleId": agent })),
    ] {
        assert_eq!(attempt(&ana, mutation, input).await, ["VALIDATION"], "{mutation} of {why}");
    }
    assert_eq!(attempt(&ana, "updateUser", json!({ "id": jan, "role": "EMPLOYEE" })).await, FINE);
    assert_eq!(app.cell(&format!("{ROLES_OF} 'jan@autos.test'")).await, "Employee");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_role_stays() {
    let app = TestApp::world().await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let role = id("role", "rcnt");
    assert_eq!(attempt(&ana, "deleteRole", json!({ "id": role })).await, ["FORBIDDEN"]);
    assert_eq!(attempt(&ana, "updateRole", json!({ "id": role, "isDefault": true })).await, ["VALIDATION"]);
    assert_eq!(
        attempt(&ana, "updateRole", json!({ "id": role, "name": "Kunde" })).await,
        FINE,
        "its name is for people"
    );
    let psql = crate::app::superuser(&app.database_name).await;
    for (sql, constraint) in [
        ("delete from roles where user_role = 'CLIENT'", "FORBIDDEN"),
        ("update roles set is_system = false where user_role = 'CLIENT'", "VALIDATION"),
        ("update roles set user_role = null where user_role = 'CLIENT'", "VALIDATION"),
        ("update roles set user_role = 'AGENT' where user_role = 'CLIENT'", "VALIDATION"),
        (
            "update role_permissions set role_id = (select id from roles where user_role = 'ADMIN' and tenant_id = role_permissions.tenant_id)",
            "VALIDATION",
        ),
    ] {
        let error = psql.batch_execute(sql).await.unwrap_err();
        assert_eq!(error.as_db_error().and_then(|error| error.constraint()), Some(constraint), "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_somebody_has_is_not_deleted() {
    let app = TestApp::world().await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let role = make_role(&app, "autos", "Sellers", &["sales.write"], &["jan@autos.test"]).await;
    assert_eq!(attempt(&ana, "deleteRole", json!({ "id": role })).await, ["CONFLICT"]);
    assert_eq!(attempt(&ana, "removeUserRole", json!({ "id": id("user", "jan"), "roleId": role })).await, FINE);
    assert_eq!(attempt(&ana, "deleteRole", json!({ "id": role })).await, FINE);
    assert_eq!(
        app.cell("select count(*) from role_permissions g left join roles r on r.id = g.role_id where r.id is null")
            .await,
        "0"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_on_the_platform_stay_in_its_tenant() {
    let app = TestApp::world().await;
    let psql = crate::app::superuser(&app.database_name).await;
    for permission in ["platform.admin", "platform.read", "tenants.write"] {
        let grant = |slug: &str| {
            format!(
                "insert into role_permissions (tenant_id, role_id, permission_id) select r.tenant_id, r.id, p.id
                   from roles r join tenants t on t.id = r.tenant_id, permissions p
                  where t.slug = '{slug}' and r.user_role = 'USER' and p.name = '{permission}'"
            )
        };
        let error = psql.batch_execute(&grant("autos")).await.unwrap_err();
        assert_eq!(error.as_db_error().and_then(|error| error.constraint()), Some("VALIDATION"), "{permission}");
        psql.batch_execute(&grant("platform")).await.unwrap();
    }
}

/// Shows rule:common-roles.
#[tokio::test(flavor = "multi_thread")]
async fn a_business_that_moves_vehicles_gets_its_ten_usual_roles() {
    let app = TestApp::world().await;
    app.sql("select app.make_logistics_roles(id) from tenants where slug = 'autos'").await;
    app.sql("select app.make_logistics_roles(id) from tenants where slug = 'autos'").await;
    let names = app.rows("select name from roles where name ~ '_(VER|EDIT)$'").await.concat();
    let expected = ["ADMIN", "USU", "SOTRA", "TRASIEG", "ROLPER"]
        .map(|name| ["VER", "EDIT"].map(|right| format!("{name}_{right}")));
    assert_eq!(names.into_iter().collect::<BTreeSet<_>>(), expected.concat().into_iter().collect());
}
