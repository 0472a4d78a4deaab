//! What does not sign in and does not link, whatever the order in which it is tried.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::issuer::Signature;
use super::{BACK, Back, FINISH, LINK, START, START_LINK, Stage, code, failure};

/// Sessions, linked accounts: what a refusal must leave as it was.
async fn state(stage: &Stage) -> (String, String) {
    (stage.count("sessions").await, stage.count("oauth_accounts").await)
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_signed_in_whom_the_provider_knows_and_we_do_not() {
    let stage = Stage::new(true).await;
    let before = state(&stage).await;
    // Nobody has this address; peter has been switched off; eva works in another business.
    for person in ["stranger@example.com", "peter@autos.test", "eva@casas.test"] {
        assert_eq!(code(&stage.sign_in("autos", person).await), "INVALID_CREDENTIALS", "{person}");
    }
    stage.issuer.behave(|behaviour| behaviour.claims = json!({ "email_verified": false }));
    assert_eq!(code(&stage.sign_in("autos", "jan@autos.test").await), "INVALID_CREDENTIALS");
    stage.issuer.behave(|behaviour| behaviour.claims = json!({ "email": null }));
    assert_eq!(code(&stage.sign_in("autos", "jan@autos.test").await), "INVALID_CREDENTIALS");
    assert_eq!(state(&stage).await, before);
    let refusals =
        "select count(*) from audit_logs where action = 'session.refused' and details ->> 'method' = 'OAUTH'";
    assert_eq!(stage.app.cell(refusals).await, "5");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verified_address_links_nobody_where_that_is_not_allowed() {
    let stage = Stage::new(false).await;
    let before = state(&stage).await;
    assert_eq!(code(&stage.sign_in("autos", "jan@autos.test").await), "INVALID_CREDENTIALS");
    assert_eq!(state(&stage).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_linked_user_who_is_switched_off_or_deleted_does_not_get_in() {
    for change in ["is_active = false", "deleted_at = now()"] {
        let stage = Stage::new(true).await;
        stage.sign_in("autos", "jan@autos.test").await;
        stage.app.sql(&format!("update users set {change} where email = 'jan@autos.test'")).await;
        let sessions = stage.count("sessions").await;
        assert_eq!(code(&stage.sign_in("autos", "jan@autos.test").await), "INVALID_CREDENTIALS", "{change}");
        assert_eq!(stage.count("sessions").await, sessions, "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_business_lets_nobody_in() {
    let stage = Stage::new(true).await;
    let back = stage.go_to_sign_in("autos", "jan@autos.test").await;
    stage.app.sql("update tenants set status = 'SUSPENDED' where slug = 'autos'").await;
    assert_eq!(code(&stage.payload(None, FINISH, back.variables()).await), "INVALID_CREDENTIALS");
    let start = json!({ "tenant": "autos", "provider": "local", "redirectUri": BACK });
    assert_eq!(code(&stage.payload(None, START, start).await), "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_works_once_in_the_browser_and_for_the_purpose_it_was_made_for() {
    let stage = Stage::new(true).await;
    let before = state(&stage).await;
    let jan = stage.app.sign_in("autos", "jan@autos.test").await;
    let ana = stage.app.sign_in("autos", "ana@autos.test").await;
    let eva = stage.app.sign_in("casas", "eva@casas.test").await;
    let to_sign_in = stage.go_to_sign_in("autos", "jan@autos.test").await;
    let other = stage.go_to_sign_in("autos", "jan@autos.test").await;
    let to_link = stage.go_to_link(&jan.token, "jan@autos.test").await;
    let in_casas = stage.go_to_sign_in("casas", "max@casas.test").await;

    let changed =
        |back: &Back, state: &str, key: &str| Back { state: state.into(), browser_key: key.into(), ..back.clone() };
    let cut = &to_sign_in.state[..to_sign_in.state.len() - 1];
    let moved = to_sign_in.state.replace(&to_sign_in.state[..36], &in_casas.state[..36]);
    for (what, token, query, back) in [
        ("no state", None, FINISH, changed(&to_sign_in, "", &to_sign_in.browser_key)),
        ("half a state", None, FINISH, changed(&to_sign_in, cut, &to_sign_in.browser_key)),
        ("a state of another business", None, FINISH, changed(&to_sign_in, &moved, &to_sign_in.browser_key)),
        ("no key", None, FINISH, changed(&to_sign_in, &to_sign_in.state, "")),
        ("the key of another way", None, FINISH, changed(&to_sign_in, &to_sign_in.state, &other.browser_key)),
        ("the key of another business", None, FINISH, changed(&to_sign_in, &to_sign_in.state, &in_casas.browser_key)),
        ("a state for a key", None, FINISH, changed(&to_sign_in, &to_sign_in.browser_key, &to_sign_in.state)),
        ("linking, to sign in", None, FINISH, to_link.clone()),
        ("signing in, to link", Some(&jan.token), LINK, to_sign_in.clone()),
        ("what a colleague links", Some(&ana.token), LINK, to_link.clone()),
        ("what somebody of another business links", Some(&eva.token), LINK, to_link.clone()),
    ] {
        let payload = stage.payload(token.map(String::as_str), query, back.variables()).await;
        assert_eq!(code(&payload), "INVALID_TOKEN", "{what}");
    }
    // None of this has used anything up, and nobody is in.
    assert_eq!(stage.count("oauth_accounts").await, before.1);
    assert_eq!(stage.payload(None, FINISH, to_sign_in.variables()).await["errors"], json!([]));
    assert_eq!(code(&stage.payload(None, FINISH, to_sign_in.variables()).await), "INVALID_TOKEN", "again");
    let again = Back { code: other.code.clone(), ..to_sign_in };
    assert_eq!(code(&stage.payload(None, FINISH, again.variables()).await), "INVALID_TOKEN", "again, with a new code");
    // A code of another way does not fit: the provider checks the verifier, and the way is used up by the attempt.
    let third = stage.go_to_sign_in("autos", "jan@autos.test").await;
    let mixed = Back { code: third.code.clone(), ..other.clone() };
    assert_eq!(code(&stage.payload(None, FINISH, mixed.variables()).await), "INVALID_CREDENTIALS");
    assert_eq!(code(&stage.payload(None, FINISH, other.variables()).await), "INVALID_TOKEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_bring_the_same_state_at_once_one_gets_in() {
    let stage = std::sync::Arc::new(Stage::new(true).await);
    let back = stage.go_to_sign_in("autos", "jan@autos.test").await;
    let sessions: u32 = stage.count("sessions").await.parse().unwrap();
    let many = (0..8).map(|_| {
        let (stage, back) = (std::sync::Arc::clone(&stage), back.clone());
        tokio::spawn(async move { stage.payload(None, FINISH, back.variables()).await })
    });
    let mut winners = 0;
    for one in many.collect::<Vec<_>>() {
        let payload = one.await.unwrap();
        if payload["errors"] == json!([]) {
            winners += 1;
        } else {
            assert_eq!(code(&payload), "INVALID_TOKEN");
        }
    }
    assert_eq!(winners, 1);
    assert_eq!(stage.count("sessions").await, (sessions + 1).to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_ways_of_the_same_person_at_once_one_links_and_nothing_is_linked_twice() {
    let stage = std::sync::Arc::new(Stage::new(true).await);
    let ways = [
        stage.go_to_sign_in("autos", "jan@autos.test").await,
        stage.go_to_sign_in("autos", "jan@autos.test").await,
        stage.go_to_sign_in("autos", "jan@autos.test").await,
    ];
    let tasks = ways.map(|back| {
        let stage = std::sync::Arc::clone(&stage);
        tokio::spawn(async move { stage.payload(None, FINISH, back.variables()).await })
    });
    let mut is_in = false;
    for task in tasks {
        let payload = task.await.unwrap();
        is_in |= payload["errors"] == json!([]);
    }
    assert!(is_in);
    assert_eq!(stage.app.cell("select count(*) from oauth_accounts where provider = 'local'").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_too_long_begins_again() {
    let stage = Stage::new(true).await;
    let late = stage.go_to_sign_in("autos", "jan@autos.test").await;
    stage.app.clock.advance(chrono::Duration::minutes(11));
    assert_eq!(code(&stage.payload(None, FINISH, late.variables()).await), "INVALID_TOKEN");
    assert_eq!(stage.count("oauth_flows").await, "1");
    // The next one takes away what has expired.
    stage.go_to_sign_in("autos", "jan@autos.test").await;
    assert_eq!(stage.count("oauth_flows").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_proves_nothing_lets_nobody_in() {
    let stage = Stage::new(true).await;
    let before = state(&stage).await;
    for (signature, claims) in [
        (Signature::Right, json!({ "nonce": "another" })),
        (Signature::Right, json!({ "aud": "another" })),
        (Signature::Right, json!({ "iss": "https://another.example" })),
        (Signature::Right, json!({ "exp": 1 })),
        (Signature::None, json!({})),
        (Signature::PublicKeyAsSecret, json!({})),
        (Signature::Unpublished, json!({})),
    ] {
        stage.issuer.behave(|behaviour| {
            behaviour.signature = signature;
            behaviour.claims = claims.clone();
        });
        let payload = stage.sign_in("autos", "jan@autos.test").await;
        assert_eq!(code(&payload), "INVALID_CREDENTIALS", "{signature:?} {claims}");
        assert_eq!(payload["accessToken"], json!(null));
    }
    assert_eq!(state(&stage).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_does_not_answer_is_unavailable_and_holds_nothing_up() {
    let stage = Stage::new(true).await;
    let start = json!({ "tenant": "autos", "provider": "local", "redirectUri": BACK });
    let back = stage.go_to_sign_in("autos", "jan@autos.test").await;
    stage.issuer.behave(|behaviour| behaviour.token_error = Some((StatusCode::SERVICE_UNAVAILABLE, json!({}))));
    let (_, answer) = stage.ask(None, FINISH, back.variables()).await;
    assert_eq!(failure(&answer), "UNAVAILABLE");

    let slow = Stage::new(true).await;
    slow.issuer.behave(|behaviour| behaviour.delay = Duration::from_secs(60));
    // More at once than there are connections to the database: nobody waits for the provider with one.
    let waiting = (0..20).map(|_| slow.ask(None, START, start.clone()));
    let bystander = slow.app.sign_in("autos", "ana@autos.test");
    let (answers, bystander) = futures_util::future::join(futures_util::future::join_all(waiting), bystander).await;
    bystander.data("{ viewer: users { totalCount } }", json!({})).await;
    for (_, answer) in answers {
        assert_eq!(failure(&answer), "UNAVAILABLE");
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert_eq!(message, "The provider does not answer as it should. Begin again in a while.");
    }
    assert_eq!(slow.count("oauth_flows").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_configured_providers_pages_and_businesses_are_begun_with() {
    let stage = Stage::new(true).await;
    let wrong = async |tenant: &str, provider: &str, page: &str| {
        let variables = json!({ "tenant": tenant, "provider": provider, "redirectUri": page });
        let payload = stage.payload(None, START, variables).await;
        assert_eq!(payload["authorizationUrl"], json!(null));
        (code(&payload).to_owned(), payload["errors"][0]["path"][0].as_str().unwrap().to_owned())
    };
    let validation = |field: &str| ("VALIDATION".to_owned(), field.to_owned());
    assert_eq!(wrong("nobody", "local", BACK).await, ("NOT_FOUND".to_owned(), "tenant".to_owned()));
    assert_eq!(wrong("autos", "github", BACK).await, validation("provider"));
    assert_eq!(wrong("autos", "houses", BACK).await, validation("provider"), "a provider of another business");
    for page in ["https://evil.example/", "https://app.example/signed-in/../evil", "", "javascript:alert(1)"] {
        assert_eq!(wrong("autos", "local", page).await, validation("redirectUri"), "{page}");
    }
    assert_eq!(stage.issuer.requests(), Vec::<String>::new(), "nobody was asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn linking_needs_a_user_of_the_business() {
    let stage = Stage::new(true).await;
    let start = json!({ "provider": "local", "redirectUri": BACK });
    let (_, answer) = stage.ask(None, START_LINK, start.clone()).await;
    assert_eq!(failure(&answer), "UNAUTHENTICATED");
    let back = stage.go_to_sign_in("autos", "jan@autos.test").await;
    let (_, answer) = stage.ask(None, LINK, back.variables()).await;
    assert_eq!(failure(&answer), "UNAUTHENTICATED");

    // Staff of the platform that acts in the business has no account there.
    let vera = stage.app.sign_in("platform", "vera@platform.test").await;
    let act = "mutation($id: ID!) { actInTenant(input: { id: $id, reason: \"Ticket 7\" }) { accessToken errors { message } } }";
    let autos = stage.app.cell("select id::text from tenants where slug = 'autos'").await;
    let id = entity::id::format_id("tenant", autos.parse().unwrap());
    let acting = stage.payload(Some(&vera.token), act, json!({ "id": id })).await;
    let token = acting["accessToken"].as_str().unwrap_or_else(|| panic!("{acting:#}"));
    let (_, answer) = stage.ask(Some(token), START_LINK, start).await;
    assert_eq!(failure(&answer), "FORBIDDEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_configured_providers_nothing_begins() {
    let app = crate::app::TestApp::world().await;
    let jan = app.sign_in("autos", "jan@autos.test").await;
    let start = json!({ "tenant": "autos", "provider": "local", "redirectUri": BACK });
    let data = jan.data(START, start).await;
    assert_eq!(code(&data["startOauth"]), "VALIDATION");
    let token = format!("{}.{}", uuid::Uuid::nil(), "A".repeat(43));
    let finish: Value = json!({ "state": token, "code": "x", "browserKey": token });
    assert_eq!(code(&jan.data(FINISH, finish).await["finishOauth"]), "INVALID_TOKEN");
}
