//! Nobody gives away, or takes away, more than they have; and somebody stays to administer.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{CONTACTS, FINE, ask, attempt, id, make_role, newcomer};
use crate::app::{TestApp, TestClient, superuser};

/// The rights of everybody, as the database computes them.
async fn rights(app: &TestApp) -> BTreeMap<String, String> {
    let sql = "select u.email, (select string_agg(r.process || ':' || r.action, ' ' order by r.process, r.action)
                 from app.user_rights(u.tenant_id, u.id) r) || ' ' || u.is_active || coalesce(u.deleted_at::text, '')
                 from users u";
    app.rows(sql).await.into_iter().map(|row| (row[0].clone(), row[1].clone())).collect()
}

/// A manager who may manage users and roles and see contacts, but is no administrator; with the own ID and role.
async fn manager(app: &TestApp) -> (TestClient, String, String) {
    let (client, user) = newcomer(app, "mila").await;
    let permissions =
        ["users.write", "users.manage_users", "users.delete", "roles.write", "roles.manage_users", "contacts.read"];
    let role = make_role(app, "autos", "Managers", &permissions, &["mila@autos.test"]).await;
    (client, user, role)
}

async fn permission(app: &TestApp, name: &str) -> String {
    let id = app.cell(&format!("select id from permissions where name = '{name}'")).await;
    entity::id::format_id("permission", id.parse().unwrap())
}

async fn process(app: &TestApp, code: &str) -> String {
    let id = app.cell(&format!("select id from processes where code = '{code}'")).await;
    entity::id::format_id("process", id.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_or_takes_more_than_they_have() {
    let app = TestApp::world().await;
    let (mila, me, own_role) = manager(&app).await;
    let sellers = make_role(&app, "autos", "Sellers", &["sales.write"], &[]).await;
    let empty = make_role(&app, "autos", "Empty", &[], &[]).await;
    let (_, rosa) = newcomer(&app, "rosa").await;
    let (ana, jan, agent) = (id("user", "ana"), id("user", "jan"), id("role", "ragnt"));
    let shared = make_role(&app, "autos", "Shared", &["contacts.read"], &["ana@autos.test", "rosa@autos.test"]).await;
    let [sales, read, delete] = [
        permission(&app, "sales.read").await,
        permission(&app, "contacts.read").await,
        permission(&app, "contacts.delete").await,
    ];
    let (crm, contacts) = (process(&app, "CRM").await, process(&app, "CONTACTS").await);
    let grant_of = async |role: &str, permission: &str| {
        let sql = format!(
            "select g.id from role_permissions g join roles r on r.tenant_id = g.tenant_id and r.id = g.role_id
              join permissions p on p.id = g.permission_id join tenants t on t.id = g.tenant_id
             where t.slug = 'autos' and r.name = '{role}' and p.name = '{permission}'"
        );
        entity::id::format_id("role_grant", app.cell(&sql).await.parse().unwrap())
    };
    let administration = grant_of("Administrator", "administration.admin").await;
    let shared_grant = grant_of("Shared", "contacts.read").await;
    let sellers_grant = grant_of("Sellers", "sales.write").await;
    let before = rights(&app).await;

    let user = |role: &str| json!({ "email": "new@autos.test", "role": role });
    let attempts: Vec<(&str, &str, Value)> = vec![
        ("a role with more, to oneself", "addUserRole", json!({ "id": me, "roleId": sellers })),
        ("a role with more, to somebody", "createRoleAssignment", json!({ "userId": rosa, "roleId": sellers })),
        (
            "a permission that one lacks, to the own role",
            "createRoleGrant",
            json!({ "roleId": own_role, "permissionId": sales }),
        ),
        (
            "a stronger action on what one may see",
            "createRoleGrant",
            json!({ "roleId": own_role, "permissionId": delete }),
        ),
        (
            "a permission that one lacks, to an empty role",
            "createRoleGrant",
            json!({ "roleId": empty, "permissionId": sales }),
        ),
        (
            "a permission that one has, to a role of stronger users",
            "createRoleGrant",
            json!({ "roleId": agent, "permissionId": read }),
        ),
        ("a grant of the administrators", "deleteRoleGrant", json!({ "id": administration })),
        ("a grant that one lacks", "deleteRoleGrant", json!({ "id": sellers_grant })),
        ("a grant that stronger users share", "deleteRoleGrant", json!({ "id": shared_grant })),
        ("a stronger role to all new users", "updateRole", json!({ "id": sellers, "isDefault": true })),
        ("the own kind", "updateUser", json!({ "id": me, "role": "ADMIN" })),
        ("a stronger kind to somebody", "updateUser", json!({ "id": rosa, "role": "EMPLOYEE" })),
        ("a new administrator", "createUser", user("ADMIN")),
        ("a new agent", "createUser", user("AGENT")),
        ("the address of an administrator", "updateUser", json!({ "id": ana, "email": "mine@autos.test" })),
        ("an administrator switched off", "updateUser", json!({ "id": ana, "isActive": false })),
        ("an administrator deleted", "deleteUser", json!({ "id": ana })),
        ("a stronger user made weak", "updateUser", json!({ "id": jan, "role": "USER" })),
        ("a role of a stronger user", "removeUserRole", json!({ "id": ana, "roleId": shared })),
        ("a role that one has, to a stronger user", "addUserRole", json!({ "id": jan, "roleId": own_role })),
        ("a stronger user narrowed", "addUserProcess", json!({ "id": ana, "processId": contacts })),
        ("oneself narrowed", "addUserProcess", json!({ "id": me, "processId": crm })),
    ];
    for (what, mutation, input) in attempts {
        assert_eq!(attempt(&mila, mutation, input).await, ["FORBIDDEN"], "{what}");
    }
    assert_eq!(rights(&app).await, before, "and nothing has changed");

    // What one has oneself can be given and taken.
    for (what, mutation, input) in [
        ("a user without more", "createUser", user("USER")),
        ("the own role", "addUserRole", json!({ "id": rosa, "roleId": own_role })),
        ("a permission that one has", "createRoleGrant", json!({ "roleId": empty, "permissionId": read })),
        ("a role as default that has no more", "updateRole", json!({ "id": empty, "isDefault": true })),
        ("somebody narrowed", "addUserProcess", json!({ "id": rosa, "processId": contacts })),
        ("and not any more", "removeUserProcess", json!({ "id": rosa, "processId": contacts })),
        ("the role again", "removeUserRole", json!({ "id": rosa, "roleId": own_role })),
        (
            "the name of a stronger user, which opens nothing",
            "updateUser",
            json!({ "id": jan, "phone": "+34600999888" }),
        ),
    ] {
        assert_eq!(attempt(&mila, mutation, input).await, FINE, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_role_does_not_let_a_weak_user_make_a_stronger_one() {
    let app = TestApp::world().await;
    let (mila, _, _) = manager(&app).await;
    make_role(&app, "autos", "Sellers", &["sales.write"], &[]).await;
    app.sql("update roles set is_default = true where name = 'Sellers'").await;
    assert_eq!(attempt(&mila, "createUser", json!({ "email": "new@autos.test", "role": "USER" })).await, ["FORBIDDEN"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_narrowed_gives_away_only_what_is_left() {
    let app = TestApp::world().await;
    let (mila, _, _) = manager(&app).await;
    let (_, rosa) = newcomer(&app, "rosa").await;
    let readers = make_role(&app, "autos", "Readers", &["contacts.read"], &[]).await;
    app.sql(
        "insert into user_processes (tenant_id, user_id, process_id)
         select u.tenant_id, u.id, p.id from users u, processes p
          where u.email = 'mila@autos.test' and p.code in ('USERS', 'ROLES')",
    )
    .await;
    assert_eq!(ask(&mila, CONTACTS).await, ["FORBIDDEN"]);
    assert_eq!(attempt(&mila, "addUserRole", json!({ "id": rosa, "roleId": readers })).await, ["FORBIDDEN"]);
    let contacts = process(&app, "CONTACTS").await;
    let me = app.cell("select id from users where email = 'mila@autos.test'").await;
    let me = entity::id::format_id("user", me.parse().unwrap());
    assert_eq!(attempt(&mila, "addUserProcess", json!({ "id": me, "processId": contacts })).await, ["FORBIDDEN"]);
    let users = process(&app, "USERS").await;
    assert_eq!(attempt(&mila, "removeUserProcess", json!({ "id": me, "processId": users })).await, ["FORBIDDEN"]);
}

/// Ways to lose the only administrator, as SQL.
const LOSSES: [(&str, &str); 8] = [
    ("switched off", "update users set is_active = false where email = 'ana@autos.test'"),
    ("deleted", "update users set deleted_at = now() where email = 'ana@autos.test'"),
    ("removed", "delete from users where email = 'ana@autos.test'"),
    ("another kind", "update users set role = 'EMPLOYEE' where email = 'ana@autos.test'"),
    ("the grant taken", "delete from role_permissions g using roles r, permissions p where r.tenant_id = g.tenant_id and r.id = g.role_id
        and r.user_role = 'ADMIN' and p.id = g.permission_id and p.name = 'administration.admin'
        and g.tenant_id = (select id from tenants where slug = 'autos')"),
    ("all grants taken", "delete from role_permissions where tenant_id = (select id from tenants where slug = 'autos')"),
    ("narrowed", "insert into user_processes (tenant_id, user_id, process_id) select u.tenant_id, u.id, p.id
        from users u, processes p where u.email = 'ana@autos.test' and p.code = 'CRM'"),
    ("all switched off at once", "update users set is_active = false where tenant_id = (select id from tenants where slug = 'autos')"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_business_keeps_an_administrator() {
    let app = TestApp::world().await;
    let psql = superuser(&app.database_name).await;
    let conflict = async |sql: &str| {
        let error = psql.batch_execute(&format!("begin; {sql}")).await;
        psql.batch_execute("rollback").await.unwrap();
        error.map_err(|error| error.as_db_error().and_then(|error| error.constraint().map(ToOwned::to_owned)))
    };
    for (what, sql) in LOSSES {
        assert_eq!(conflict(sql).await, Err(Some("CONFLICT".to_owned())), "{what}");
    }
    // With another one, it goes; except for what takes both at once.
    let (_, _) = newcomer(&app, "rosa").await;
    make_role(&app, "autos", "Owners", &["administration.admin"], &["rosa@autos.test"]).await;
    for (what, sql) in LOSSES {
        let both = what.starts_with("all");
        assert_eq!(conflict(sql).await.is_err(), both, "{what}, with another administrator");
    }
    app.sql("update users set is_active = false where email = 'rosa@autos.test'").await;
    for (what, sql) in LOSSES {
        assert_eq!(conflict(sql).await, Err(Some("CONFLICT".to_owned())), "{what}, the other one switched off");
    }
    app.sql("update users set is_active = true where email = 'rosa@autos.test'; update users set is_active = false where email = 'ana@autos.test'").await;
    let unassign = "delete from user_roles a using roles r where r.id = a.role_id and r.name = 'Owners'";
    assert_eq!(conflict(unassign).await, Err(Some("CONFLICT".to_owned())), "unassigned");
    assert_eq!(conflict("delete from user_processes").await, Ok(()));
    // Who leaves altogether needs nobody.
    app.sql("update tenants set status = 'CLOSED' where slug = 'autos'").await;
    for (what, sql) in LOSSES {
        assert_eq!(conflict(sql).await, Ok(()), "{what}, closed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_is_told_so_through_the_gateway() {
    let app = TestApp::world().await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    for input in [json!({ "isActive": false }), json!({ "role": "AGENT" })] {
        let mut input = input;
        input["id"] = json!(id("user", "ana"));
        assert_eq!(attempt(&ana, "updateUser", input.clone()).await, ["CONFLICT"], "{input}");
    }
    assert_eq!(attempt(&ana, "deleteUser", json!({ "id": id("user", "ana") })).await, ["CONFLICT"]);
    assert_eq!(ask(&ana, CONTACTS).await, FINE);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_administrators_who_remove_each_other_one_stays() {
    let app = TestApp::world().await;
    for round in 0..10 {
        app.sql(
            "update users set role = 'ADMIN', is_active = true where email in ('ana@autos.test', 'jan@autos.test')",
        )
        .await;
        let (one, other) = (superuser(&app.database_name).await, superuser(&app.database_name).await);
        let off = |email: &str| format!("update users set is_active = false where email = '{email}'");
        let (jan, ana) = (off("jan@autos.test"), off("ana@autos.test"));
        let (first, second) = tokio::join!(one.batch_execute(&jan), other.batch_execute(&ana));
        assert_eq!(usize::from(first.is_ok()) + usize::from(second.is_ok()), 1, "round {round}: {first:?} {second:?}");
        let left = "select count(*) from users where role = 'ADMIN' and is_active and tenant_id = (select id from tenants where slug = 'autos')";
        assert_eq!(app.cell(left).await, "1", "round {round}");
    }
}
