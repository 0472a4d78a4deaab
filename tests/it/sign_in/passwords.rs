//! Choosing a new password: by oneself, at the first sign-in, and when the old one is too old.

use serde_json::{Value, json};

use super::{PASSWORD, code, sign_in, signed_in, who};
use crate::app::TestApp;

const NEW: &str = "a much longer sentence";

const CHANGE: &str = "mutation($input: ChangePasswordInput!) { changePassword(input: $input) { \
                      endedSessions errors { code path message } } }";

async fn change(app: &TestApp, token: &Value, old: Option<&str>, new: &str) -> Value {
    let bearer = format!("Bearer {}", token.as_str().unwrap());
    let input = json!({ "oldPassword": old, "newPassword": new });
    app.ask(CHANGE, json!({ "input": input }), &[("authorization", &bearer)]).await.json
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_replaces_the_old_one_and_ends_all_other_sessions() {
    let app = TestApp::world().await;
    let (here, there) = (signed_in(&app, "jan@autos.test").await, signed_in(&app, "jan@autos.test").await);
    let answer = change(&app, &here["accessToken"], Some(PASSWORD), NEW).await;
    assert_eq!(answer["data"]["changePassword"], json!({ "endedSessions": 1, "errors": [] }), "{answer:#}");
    assert_eq!(who(&app, &here["accessToken"]).await, "jan@autos.test");
    assert_eq!(who(&app, &there["accessToken"]).await, "UNAUTHENTICATED");
    assert_eq!(code(&sign_in(&app, "autos", "jan@autos.test", PASSWORD).await.json), "INVALID_CREDENTIALS");
    assert_eq!(code(&sign_in(&app, "autos", "jan@autos.test", NEW).await.json), "none");
    let audited = "select count(*) from audit_logs where action in ('user.password_changed', 'session.ended')";
    assert_eq!(app.cell(audited).await, "2");
    assert_eq!(app.cell("select count(*) from audit_logs where details::text ~ 'argon2'").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_will_not_do_is_refused_and_changes_nothing() {
    let app = TestApp::world().await;
    let session = signed_in(&app, "jan@autos.test").await;
    let stored = "select password_hash, version from users where email = 'jan@autos.test'";
    let before = app.rows(stored).await;
    for (old, new, expected, path) in [
        (Some(PASSWORD), "too short", "VALIDATION", "newPassword"),
        (Some(PASSWORD), "jan@autos.test", "VALIDATION", "newPassword"),
        (Some(PASSWORD), "password123456", "VALIDATION", "newPassword"),
        (Some(PASSWORD), PASSWORD, "VALIDATION", "newPassword"),
        (Some("wrong"), NEW, "INVALID_CREDENTIALS", "oldPassword"),
        (Some(""), NEW, "INVALID_CREDENTIALS", "oldPassword"),
        (None, NEW, "INVALID_CREDENTIALS", "oldPassword"),
    ] {
        let answer = change(&app, &session["accessToken"], old, new).await;
        let error = &answer["data"]["changePassword"]["errors"][0];
        assert_eq!((error["code"].as_str(), &error["path"]), (Some(expected), &json!([path])), "{new}: {answer:#}");
    }
    assert_eq!(app.rows(stored).await, before);
    assert_eq!(code(&app.ask(CHANGE, json!({ "input": { "newPassword": NEW } }), &[]).await.json), "UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_present_password_cannot_be_guessed_in_a_session_left_open() {
    let app = TestApp::world().await;
    let session = signed_in(&app, "jan@autos.test").await;
    for _ in 0..10 {
        let answer = change(&app, &session["accessToken"], Some("wrong"), NEW).await;
        assert_eq!(code(&answer), "INVALID_CREDENTIALS");
    }
    assert_eq!(code(&change(&app, &session["accessToken"], Some(PASSWORD), NEW).await), "RATE_LIMITED");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_at_once_one_wins() {
    let app = TestApp::world().await;
    let (here, there) = (signed_in(&app, "jan@autos.test").await, signed_in(&app, "jan@autos.test").await);
    let (one, two) = tokio::join!(
        change(&app, &here["accessToken"], Some(PASSWORD), "the first of two sentences"),
        change(&app, &there["accessToken"], Some(PASSWORD), "the second of two sentences"),
    );
    let won: Vec<bool> =
        [&one, &two].iter().map(|answer| answer["data"]["changePassword"]["errors"] == json!([])).collect();
    assert_eq!(won.iter().filter(|won| **won).count(), 1, "{one:#} {two:#}");
    let (winner, loser) = if won[0] { (&here, &there) } else { (&there, &here) };
    assert_eq!(who(&app, &winner["accessToken"]).await, "jan@autos.test");
    assert_eq!(who(&app, &loser["accessToken"]).await, "UNAUTHENTICATED");
}

/// Shows rule:first-login.
#[tokio::test(flavor = "multi_thread")]
async fn at_the_first_sign_in_nothing_is_allowed_but_the_change_and_that_needs_no_old_password() {
    let app = TestApp::world().await;
    app.sql("update users set is_first_login = true where email = 'jan@autos.test'").await;
    let payload = sign_in(&app, "autos", "jan@autos.test", PASSWORD).await.json["data"]["signIn"].clone();
    assert_eq!(payload["mustChangePassword"], true);
    let token = &payload["accessToken"];
    let bearer = format!("Bearer {}", token.as_str().unwrap());
    let contacts =
        async || app.ask("{ contacts { totalCount } }", json!({}), &[("authorization", bearer.as_str())]).await;
    assert_eq!(code(&contacts().await.json), "PASSWORD_CHANGE_REQUIRED");
    assert_eq!(code(&change(&app, token, None, NEW).await), "none");
    assert_eq!(code(&contacts().await.json), "none");
    assert_eq!(app.cell("select is_first_login from users where email = 'jan@autos.test'").await, "f");
}

/// Shows rule:password-expiry.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_expires_when_the_business_wants_it() {
    let app = TestApp::world().await;
    app.sql("update tenant_settings s set password_max_age_days = 30 from tenants t where t.id = s.tenant_id and t.slug = 'autos'").await;
    let expiry = "select password_expires_at from users where email = 'jan@autos.test'";
    assert_ne!(app.cell(expiry).await, "", "who had a password before gets time from now on");
    let session = signed_in(&app, "jan@autos.test").await;
    assert_eq!(code(&change(&app, &session["accessToken"], Some(PASSWORD), NEW).await), "none");
    let of = |when: &str| format!("select password_expires_at = '{when}' from users where email = 'jan@autos.test'");
    assert_eq!(app.cell(&of("2026-04-01T09:30Z")).await, "t");

    app.clock.advance(chrono::Duration::days(31));
    let payload = sign_in(&app, "autos", "jan@autos.test", NEW).await.json["data"]["signIn"].clone();
    assert_eq!(payload["mustChangePassword"], true);
    assert_eq!(
        code(&change(&app, &payload["accessToken"], None, "another long sentence").await),
        "INVALID_CREDENTIALS"
    );
    assert_eq!(code(&change(&app, &payload["accessToken"], Some(NEW), "another long sentence").await), "none");
    assert_eq!(who(&app, &payload["accessToken"]).await, "jan@autos.test");

    app.sql("update tenant_settings set password_max_age_days = 60 where password_max_age_days = 30").await;
    assert_eq!(app.cell(&of("2026-06-01T09:30Z")).await, "t");
    app.sql("update tenant_settings set password_max_age_days = null where password_max_age_days = 60").await;
    assert_eq!(app.cell(expiry).await, "");
}
