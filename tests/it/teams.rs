//! Teams lie inside each other like boxes, whoever writes and however many at once; settings of users are their own.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::app::{TestApp, connect, superuser};

/// The business `autos` and teams in it, each inside the one before.
async fn row_of_teams(count: usize) -> (TestApp, String, Vec<String>) {
    let app = TestApp::world().await;
    let tenant = app.cell("select id from tenants where slug = 'autos'").await;
    let mut teams: Vec<String> = Vec::new();
    for number in 0..count {
        let parent = teams.last().map_or("null".to_owned(), |parent| format!("'{parent}'"));
        let sql = format!(
            "insert into teams (tenant_id, name, parent_id) values ('{tenant}', 'Box {number}', {parent}) returning id"
        );
        teams.push(app.cell(&sql).await);
    }
    (app, tenant, teams)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_is_never_inside_itself_over_any_number_of_steps() {
    let (app, tenant, teams) = row_of_teams(5).await;
    let client = superuser(&app.database_name).await;
    for (outer, team) in teams.iter().enumerate() {
        for (inner, parent) in teams.iter().enumerate() {
            let sql = format!(
                "begin; update teams set parent_id = '{parent}' where tenant_id = '{tenant}' and id = '{team}'"
            );
            let outcome = client.batch_execute(&sql).await;
            client.batch_execute("rollback").await.unwrap();
            assert_eq!(outcome.is_ok(), inner < outer, "{outer} into {inner}");
            if let Err(error) = outcome {
                assert_eq!(error.as_db_error().unwrap().constraint(), Some("VALIDATION"));
            }
        }
    }
    let new = format!(
        "insert into teams (id, tenant_id, name, parent_id) values (app.uuid_v7(), '{tenant}', 'Own', '{}')",
        teams[4]
    );
    client.batch_execute(&new).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn moves_at_the_same_moment_close_no_circle() {
    let (app, tenant, teams) = row_of_teams(1).await;
    let mut all = teams;
    for number in 1..6 {
        let sql = format!("insert into teams (tenant_id, name) values ('{tenant}', 'Ring {number}') returning id");
        all.push(app.cell(&sql).await);
    }
    // Each wants to get into the next one, the last into the first. All but one can.
    let moves = all.iter().enumerate().map(|(place, team)| {
        let parent = &all[(place + 1) % all.len()];
        let sql = format!("update teams set parent_id = '{parent}' where tenant_id = '{tenant}' and id = '{team}'");
        let database = app.database_name.clone();
        async move { superuser(&database).await.batch_execute(&sql).await.is_ok() }
    });
    let moved = join_all(moves).await.into_iter().filter(|moved| *moved).count();
    assert_eq!(moved, all.len() - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circle_made_past_the_trigger_does_not_hang_the_policies() {
    let (app, tenant, teams) = row_of_teams(3).await;
    app.sql(&format!(
        "alter table teams disable trigger teams_parent;
         update teams set parent_id = '{}' where id = '{}';
         insert into team_members (tenant_id, team_id, user_id) select '{tenant}', '{}', id from users where email = 'jan@autos.test'",
        teams[2], teams[0], teams[1]
    ))
    .await;
    let client = connect("mostrador_api", &app.database_name).await;
    let user = app.cell("select id from users where email = 'jan@autos.test'").await;
    client.batch_execute(&format!("set app.tenant_id = '{tenant}'; set app.user_id = '{user}'")).await.unwrap();
    let row = client
        .query_one(
            "select cardinality(app.my_teams()), cardinality(app.teams_around()), cardinality(app.circle())",
            &[],
        )
        .await
        .unwrap();
    // One more below and two around come with the world.
    assert_eq!((row.get::<_, i32>(0), row.get::<_, i32>(1), row.get::<_, i32>(2)), (4, 5, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_made_once_and_seen_by_nobody_else() {
    let app = TestApp::world().await;
    let (ana, jan) = (app.sign_in("autos", "ana@autos.test").await, app.sign_in("autos", "jan@autos.test").await);
    let save = "mutation ($input: SaveUserSettingsInput!) { saveUserSettings(input: $input) {
        userSettings { defaultModel temperature maxTokens ragEnabled version user { email } } errors { code path message }
    } }";
    let none = json!({ "input": {} });
    // Many tabs at once: one row.
    let saves = join_all((0..6).map(|_| jan.data(save, none.clone()))).await;
    assert!(saves.iter().all(|data| data["saveUserSettings"]["errors"] == json!([])), "{saves:?}");
    let settings = "from user_settings where user_id = (select id from users where email = 'jan@autos.test')";
    assert_eq!(app.cell(&format!("select count(*) {settings}")).await, "1");
    let own =
        "{ viewer { user { email settings { temperature } } } users { nodes { email settings { temperature } } } }";
    jan.data(save, json!({ "input": { "temperature": "0.7" } })).await;
    let data = jan.data(own, Value::Null).await;
    assert_eq!(data["viewer"]["user"]["settings"]["temperature"], "0.70", "{data}");
    // An administrator sees that there is a user, not what the user has chosen.
    let data = ana.data(own, Value::Null).await;
    let others = data["users"]["nodes"].as_array().unwrap().iter().filter(|user| user["email"] != "ana@autos.test");
    assert!(others.clone().count() > 0 && others.clone().all(|user| user["settings"].is_null()), "{data}");
    let id = app.cell(&format!("select id {settings}")).await;
    let change = "mutation ($id: ID!) { updateUserSettings(input: { id: $id, ragEnabled: false }) { userSettings { id } errors { code } }
        deleteUserSettings(input: { id: $id }) { errors { code } } }";
    let data = ana.data(change, json!({ "id": id })).await;
    for mutation in ["updateUserSettings", "deleteUserSettings"] {
        assert_eq!(data[mutation]["errors"][0]["code"], "NOT_FOUND", "{data}");
    }
    // A filter over the relation tells nothing either.
    let filter = "{ users(filter: { settings: { temperature: { eq: \"0.7\" } } }) { nodes { email } } }";
    let found = ana.data(filter, Value::Null).await;
    assert_eq!(found["users"]["nodes"], json!([{ "email": "ana@autos.test" }]), "and jan, who chose the same");
}
