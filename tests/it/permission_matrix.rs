//! How rights follow from roles: the database against a model in plain Rust, over random roles, grants, assignments and
//! narrowings; a sample of them through the gateway; and the matrices of two older systems, as they were.

use std::collections::BTreeSet;

use entity::access::{Action, ProcessDecl, Right};
use entity::model::Model;
use entity::roots::Schema as _;
use mostrador::graphql::schema::Mostrador;
use mostrador::processes::{self, ALL};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::app::{TestApp, TestClient, superuser};

/// A right as it is written in the database: code and word.
type Pair = (String, String);

/// Somebody's roles, as sets of grants by (position in the catalogue, action), and the processes they are narrowed to.
#[derive(Debug, Clone)]
struct Matrix {
    roles: Vec<Vec<(usize, Action)>>,
    /// Which of the roles the user has.
    assigned: Vec<bool>,
    narrowed: Vec<usize>,
}

fn matrices() -> impl Strategy<Value = Matrix> {
    let grant = (0..ALL.len(), proptest::sample::select(Action::ALL.to_vec()));
    let role = proptest::collection::vec(grant, 0..6);
    let narrowed = prop_oneof![3 => Just(Vec::new()), 2 => proptest::collection::vec(0..ALL.len(), 1..5)];
    (proptest::collection::vec(role, 0..4), proptest::collection::vec(any::<bool>(), 4), narrowed)
        .prop_map(|(roles, assigned, narrowed)| Matrix { roles, assigned, narrowed })
}

fn random(count: usize) -> Vec<Matrix> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| matrices().new_tree(&mut runner).unwrap().current()).collect()
}

fn is_within(process: &'static ProcessDecl, parent: &'static ProcessDecl) -> bool {
    process.code == parent.code || process.parent.is_some_and(|above| is_within(above, parent))
}

fn implies(granted: Action, asked: Action) -> bool {
    granted == asked || granted == Action::Admin || (granted == Action::Write && asked == Action::Read)
}

/// The reference: whether a user with this matrix has this right.
fn has(matrix: &Matrix, process: &'static ProcessDecl, action: Action) -> bool {
    if process.personal && matches!(action, Action::Read | Action::Write | Action::Delete) {
        return true;
    }
    let kept = matrix.narrowed.is_empty()
        || process.personal
        || matrix.narrowed.iter().any(|narrow| is_within(process, ALL[*narrow]));
    let mut grants =
        matrix.roles.iter().zip(&matrix.assigned).filter(|(_, assigned)| **assigned).flat_map(|(role, _)| role);
    kept && grants.any(|(granted, with)| is_within(process, ALL[*granted]) && implies(*with, action))
}

fn expected(matrix: &Matrix) -> BTreeSet<Pair> {
    let all = ALL.iter().flat_map(|process| Action::ALL.map(|action| (*process, action)));
    all.filter(|(process, action)| has(matrix, process, *action))
        .map(|(process, action)| (process.code.to_owned(), action.as_str().to_owned()))
        .collect()
}

/// SQL that gives the user `rosa` of the platform's tenant (where rights on the platform can be given) this matrix.
fn apply(matrix: &Matrix) -> String {
    let mut sql = String::from(
        "delete from user_roles a using roles r where r.tenant_id = a.tenant_id and r.id = a.role_id and not r.is_system;
         delete from roles where not is_system; delete from user_processes;",
    );
    for (number, (role, assigned)) in matrix.roles.iter().zip(&matrix.assigned).enumerate() {
        sql +=
            &format!("insert into roles (tenant_id, name) select id, 'Role {number}' from tenants where is_platform;");
        for (process, action) in role {
            sql += &format!(
                "insert into role_permissions (tenant_id, role_id, permission_id) select r.tenant_id, r.id, p.id
                   from roles r, permissions p where r.name = 'Role {number}' and p.name = '{}' on conflict do nothing;",
                permission(ALL[*process].right(*action))
            );
        }
        if *assigned {
            sql += &format!(
                "insert into user_roles (tenant_id, user_id, role_id) select u.tenant_id, u.id, r.id
                   from users u, roles r where u.email = 'rosa@platform.test' and r.name = 'Role {number}';"
            );
        }
    }
    for process in &matrix.narrowed {
        sql += &format!(
            "insert into user_processes (tenant_id, user_id, process_id) select u.tenant_id, u.id, p.id
               from users u, processes p where u.email = 'rosa@platform.test' and p.code = '{}' on conflict do nothing;",
            ALL[*process].code
        );
    }
    sql
}

fn permission(right: Right) -> String {
    format!("{}.{}", right.process.code, right.action.as_str()).to_lowercase()
}

/// Somebody without a right: the system role of the kind has none.
async fn stage() -> TestApp {
    let app = TestApp::world().await;
    app.sql(
        "insert into users (tenant_id, email, role, is_first_login)
         select id, 'rosa@platform.test', 'USER', false from tenants where is_platform",
    )
    .await;
    app.sql("delete from role_permissions where role_id in (select id from roles where user_role = 'USER')").await;
    app
}

async fn stored(client: &tokio_postgres::Client) -> BTreeSet<Pair> {
    let sql = "select r.process, r.action from users u, app.user_rights(u.tenant_id, u.id) r where u.email = 'rosa@platform.test'";
    let rows = client.query(sql, &[]).await.unwrap();
    let pairs: Vec<Pair> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let set: BTreeSet<Pair> = pairs.iter().cloned().collect();
    assert_eq!(set.len(), pairs.len(), "a right is named once");
    set
}

/// Shows rule:process-tree, rule:user-processes.
#[tokio::test(flavor = "multi_thread")]
async fn rights_are_what_the_model_says_for_random_matrices() {
    let app = stage().await;
    let client = superuser(&app.database_name).await;
    for (number, matrix) in random(250).iter().enumerate() {
        client.batch_execute(&format!("begin; {}", apply(matrix))).await.unwrap();
        assert_eq!(stored(&client).await, expected(matrix), "matrix {number}: {matrix:?}");
        client.batch_execute("rollback").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_single_grant_gives_what_the_model_says() {
    let app = stage().await;
    let client = superuser(&app.database_name).await;
    for (process, decl) in ALL.iter().enumerate() {
        for action in Action::ALL {
            let matrix = Matrix { roles: vec![vec![(process, action)]], assigned: vec![true], narrowed: Vec::new() };
            client.batch_execute(&format!("begin; {}", apply(&matrix))).await.unwrap();
            assert_eq!(stored(&client).await, expected(&matrix), "{:?}", decl.right(action));
            client.batch_execute("rollback").await.unwrap();
        }
    }
}

fn model() -> &'static Model {
    Mostrador::model()
}

/// Whether the gateway lets somebody do this: everything but FORBIDDEN counts, for the right is asked first.
async fn is_allowed(client: &TestClient, query: &str) -> bool {
    let reply = client.send(query, json!({})).await;
    let errors = reply.json["errors"].as_array().cloned().unwrap_or_default();
    let codes: Vec<&str> = errors.iter().filter_map(|error| error["extensions"]["code"].as_str()).collect();
    assert!(!codes.contains(&"INTERNAL") && !codes.contains(&"UNAUTHENTICATED"), "{query}: {codes:?}");
    !codes.contains(&"FORBIDDEN")
}

/// Shows rule:rbac.
#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_opens_and_closes_what_the_model_says() {
    let app = stage().await;
    let rosa = app.sign_in("platform", "rosa@platform.test").await;
    for (number, matrix) in random(6).iter().enumerate() {
        app.sql(&apply(matrix)).await;
        for entity in model().entities() {
            let (decl, needs) = (entity.decl, &entity.decl.needs);
            let nobody = format!("{}_{:0>26}", decl.prefix, "n0b0dy");
            let mut asked = Vec::new();
            if !decl.child_only {
                asked.push((needs.read, format!("{{ {}(first: 1) {{ nodes {{ id }} }} }}", decl.plural)));
            }
            if decl.writes.delete && !decl.append_only {
                let query = format!(
                    "mutation {{ delete{}(input: {{ id: \"{nobody}\" }}) {{ errors {{ code }} }} }}",
                    decl.name
                );
                asked.push((needs.delete, query));
            }
            for (right, query) in asked {
                let allowed = has(matrix, right.process, right.action);
                assert_eq!(
                    is_allowed(&rosa, &query).await,
                    allowed,
                    "{query} needs {right:?}; matrix {number}: {matrix:?}"
                );
            }
        }
    }
}

/// The rights of the roles of a system, one role after the other, given to one user each time.
async fn holds(app: &TestApp, role: &[(&ProcessDecl, Action)], allowed: &[Right], refused: &[Right]) {
    let position = |process: &ProcessDecl| ALL.iter().position(|known| known.code == process.code).unwrap();
    let grants = role.iter().map(|(process, action)| (position(process), *action)).collect();
    let matrix = Matrix { roles: vec![grants], assigned: vec![true], narrowed: Vec::new() };
    app.sql(&apply(&matrix)).await;
    let rights = stored(&superuser(&app.database_name).await).await;
    let pair = |right: &Right| (right.process.code.to_owned(), right.action.as_str().to_owned());
    for right in allowed {
        assert!(rights.contains(&pair(right)), "{right:?} of {role:?}");
    }
    for right in refused {
        assert!(!rights.contains(&pair(right)), "{right:?} of {role:?}");
    }
}

/// The portal that moves vehicles: role × process × permission, where permissions are Ver, Editar and Usuario.
/// Shows rule:role-process-permission-matrix, rule:user-processes.
#[tokio::test(flavor = "multi_thread")]
async fn the_ternary_matrix_of_the_logistics_portal_is_carried_as_it_is() {
    let app = stage().await;
    // Its permissions are actions, under their old short names.
    let sql = "select distinct abbreviation, action from permissions where abbreviation in ('VER', 'EDIT', 'USUARIO') order by 2";
    assert_eq!(
        app.rows(sql).await,
        [["USUARIO", "MANAGE_USERS"], ["VER", "READ"], ["EDIT", "WRITE"]]
            .map(|row| row.map(ToOwned::to_owned).to_vec())
            .to_vec()
    );
    let of = |process: &'static ProcessDecl| (process.read(), process.write(), process.manage_users());
    // Its processes, and for each the roles X_VER and X_EDIT.
    for process in [
        &processes::ADMINISTRATION,
        &processes::USERS,
        &processes::TRANSPORT_REQUESTS,
        &processes::DEALER_TRANSFERS,
        &processes::ROLES,
        &processes::INVENTORY,
    ] {
        let (see, edit, users) = of(process);
        let others: Vec<Right> = ALL
            .iter()
            .filter(|other| !other.personal && !is_within(other, process))
            .flat_map(|other| Action::ALL.map(|action| other.right(action)))
            .collect();
        let refused = |more: &[Right]| [others.clone(), more.to_vec()].concat();
        holds(&app, &[(process, Action::Read)], &[see], &refused(&[edit, users, process.delete()])).await;
        holds(&app, &[(process, Action::Write)], &[see, edit], &refused(&[users, process.delete()])).await;
        holds(&app, &[(process, Action::ManageUsers)], &[users], &refused(&[see, edit])).await;
        let all = [(process, Action::Read), (process, Action::Write), (process, Action::ManageUsers)];
        holds(&app, &all, &[see, edit, users], &refused(&[process.delete(), process.admin()])).await;
    }
    // "RolId=1 (Admin) + ProcesoId=5 (Usuarios) + PermisoId=2 (Editar) = el rol Admin puede editar usuarios"
    holds(&app, &[(&processes::USERS, Action::Write)], &[processes::USERS.write()], &[processes::ROLES.write()]).await;
    // UsuarioProceso narrows a user to some of them.
    let narrowed = Matrix {
        roles: vec![ALL.iter().enumerate().map(|(index, _)| (index, Action::Write)).collect()],
        assigned: vec![true],
        narrowed: vec![ALL.iter().position(|process| process.code == "TRANSPORT_REQUESTS").unwrap()],
    };
    app.sql(&apply(&narrowed)).await;
    assert_eq!(stored(&superuser(&app.database_name).await).await, expected(&narrowed));
}

/// The estate agents: role × permission, where a permission is a resource and an action.
/// Shows rule:permission-resource-action.
#[tokio::test(flavor = "multi_thread")]
async fn the_permissions_of_the_estate_agents_are_carried_as_they_are() {
    let app = stage().await;
    let resources = [
        ("property", &processes::PROPERTIES),
        ("client", &processes::CONTACTS),
        ("task", &processes::TASKS),
        ("ai", &processes::ASSISTANTS),
    ];
    let actions = [Action::Read, Action::Write, Action::Delete, Action::Admin];
    for (resource, process) in resources {
        for action in actions {
            let allowed: Vec<Right> = Action::ALL
                .into_iter()
                .filter(|other| implies(action, *other))
                .map(|other| process.right(other))
                .collect();
            let refused: Vec<Right> = ALL
                .iter()
                .filter(|other| !other.personal)
                .flat_map(|other| Action::ALL.map(|action| other.right(action)))
                .filter(|right| !allowed.contains(right))
                .collect();
            holds(&app, &[(process, action)], &allowed, &refused).await;
        }
        assert_eq!(
            app.cell(&format!(
                "select count(*) from permissions p join processes c on c.id = p.process_id where c.code = '{}'",
                process.code
            ))
            .await,
            "5",
            "{resource}"
        );
    }
    // "A role with property.read but not property.write can list and not change."
    let reader = Matrix {
        roles: vec![vec![(ALL.iter().position(|process| process.code == "PROPERTIES").unwrap(), Action::Read)]],
        assigned: vec![true],
        narrowed: Vec::new(),
    };
    app.sql(&apply(&reader)).await;
    let rosa = app.sign_in("platform", "rosa@platform.test").await;
    assert!(is_allowed(&rosa, "{ properties { totalCount } }").await);
    let change = "mutation { updateProperty(input: { id: \"property_00000000000000000000n0b0dy\", title: \"X\" }) { errors { code } } }";
    assert!(!is_allowed(&rosa, change).await);
    // Its four kinds of user each have a role.
    let kinds = "select string_agg(user_role, ' ' order by user_role) from roles r join tenants t on t.id = r.tenant_id
                  where t.slug = 'casas' and user_role in ('CLIENT', 'AGENT', 'EMPLOYEE', 'ADMIN')";
    assert_eq!(app.cell(kinds).await, "ADMIN AGENT CLIENT EMPLOYEE");
}
