//! Sessions: renewed by tokens that work once, listed, ended.

use serde_json::{Value, json};

use crate::app::TestApp;
use crate::sign_in::{PASSWORD, code, sign_in, signed_in, who};

const REFRESH: &str = "mutation($token: String) { refreshSession(input: { refreshToken: $token }) {
    accessToken refreshToken sessionId userId tenantId mustChangePassword sessionExpiresAt csrfToken errors { code path }
} }";

/// Renews a session; the payload.
async fn refresh(app: &TestApp, token: &Value) -> Value {
    app.ask(REFRESH, json!({ "token": token }), &[]).await.json["data"]["refreshSession"].clone()
}

/// The code of the payload's error, or `none`.
fn error(payload: &Value) -> &str {
    payload["errors"][0]["code"].as_str().unwrap_or("none")
}

async fn as_bearer(app: &TestApp, token: &Value, query: &str) -> Value {
    let bearer = format!("Bearer {}", token.as_str().unwrap());
    app.ask(query, json!({}), &[("authorization", &bearer)]).await.json
}

/// Shows rule:session-refresh.
#[tokio::test(flavor = "multi_thread")]
async fn renewing_gives_both_tokens_anew_for_the_same_session() {
    let app = TestApp::world().await;
    let first = signed_in(&app, "ana@autos.test").await;
    app.clock.advance(chrono::Duration::days(3));
    assert_eq!(who(&app, &first["accessToken"]).await, "UNAUTHENTICATED");
    let second = refresh(&app, &first["refreshToken"]).await;
    assert_eq!(error(&second), "none", "{second:#}");
    assert_eq!(who(&app, &second["accessToken"]).await, "ana@autos.test");
    for same in ["sessionId", "userId", "tenantId"] {
        assert_eq!(second[same], first[same]);
    }
    for new in ["accessToken", "refreshToken"] {
        assert_ne!(second[new], first[new]);
    }
    assert_eq!(second["sessionExpiresAt"], "2026-03-19T09:30:00Z");
    assert_eq!(second["csrfToken"], Value::Null);
    assert_eq!(app.cell("select version from sessions where last_used_at = '2026-03-05T09:30Z'").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_access_token_does_not_get_in_the_way() {
    let app = TestApp::world().await;
    let first = signed_in(&app, "ana@autos.test").await;
    app.clock.advance(chrono::Duration::hours(1));
    let bearer = format!("Bearer {}", first["accessToken"].as_str().unwrap());
    let heard = app.ask(REFRESH, json!({ "token": first["refreshToken"] }), &[("authorization", &bearer)]).await;
    assert_eq!(code(&heard.json), "none", "{:#}", heard.json);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_refresh_token_seen_again_ends_the_session() {
    let app = TestApp::world().await;
    let first = signed_in(&app, "ana@autos.test").await;
    let elsewhere = signed_in(&app, "ana@autos.test").await;
    let second = refresh(&app, &first["refreshToken"]).await;
    let third = refresh(&app, &second["refreshToken"]).await;
    assert_eq!(who(&app, &third["accessToken"]).await, "ana@autos.test");
    // Even the oldest is remembered.
    assert_eq!(error(&refresh(&app, &first["refreshToken"]).await), "INVALID_TOKEN");
    assert_eq!(who(&app, &third["accessToken"]).await, "UNAUTHENTICATED", "at once");
    assert_eq!(error(&refresh(&app, &third["refreshToken"]).await), "INVALID_TOKEN");
    assert_eq!(who(&app, &elsewhere["accessToken"]).await, "ana@autos.test", "other sessions live on");
    let audited = "select string_agg(action, ' ' order by id) from audit_logs where action in ('session.reused', 'session.ended')";
    assert_eq!(app.cell(audited).await, "session.ended session.reused");
}

/// Renews a session as a client that calls itself something.
async fn refresh_as(app: &TestApp, token: &Value, device: &str) -> Value {
    let heard = app.ask(REFRESH, json!({ "token": token }), &[("user-agent", device)]).await;
    heard.json["data"]["refreshSession"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_lost_the_answer_gets_the_same_token_again() {
    let app = TestApp::world().await;
    let first = signed_in(&app, "ana@autos.test").await;
    let lost = refresh_as(&app, &first["refreshToken"], "Phone 1").await;
    app.clock.advance(chrono::Duration::seconds(29));
    let again = refresh_as(&app, &first["refreshToken"], "Phone 1").await;
    assert_eq!(error(&again), "none", "{again:#}");
    assert_eq!(again["refreshToken"], lost["refreshToken"]);
    assert_eq!(again["sessionId"], first["sessionId"]);
    for access in [&lost, &again] {
        assert_eq!(who(&app, &access["accessToken"]).await, "ana@autos.test");
    }
    // The answer came at last: from here on the first one is a used one like any other.
    let next = refresh_as(&app, &again["refreshToken"], "Phone 1").await;
    assert_eq!(error(&next), "none");
    assert_eq!(error(&refresh_as(&app, &first["refreshToken"], "Phone 1").await), "INVALID_TOKEN");
    assert_eq!(who(&app, &next["accessToken"]).await, "UNAUTHENTICATED");
    assert_eq!(app.cell("select count(*) from audit_logs where action = 'session.reused'").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_repeated_for_half_a_minute_and_to_the_same_device_only() {
    let app = TestApp::world().await;
    for (device, seconds) in [("Phone 1", 30), ("Phone 2", 0), ("", 0)] {
        let first = signed_in(&app, "ana@autos.test").await;
        let second = refresh_as(&app, &first["refreshToken"], "Phone 1").await;
        app.clock.advance(chrono::Duration::seconds(seconds));
        let again = refresh_as(&app, &first["refreshToken"], device).await;
        assert_eq!(error(&again), "INVALID_TOKEN", "{device} after {seconds} seconds");
        assert_eq!(who(&app, &second["accessToken"]).await, "UNAUTHENTICATED", "{device} after {seconds} seconds");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thief_as_quick_as_the_owner_is_found_out_at_the_next_renewal() {
    let app = TestApp::world().await;
    let stolen = signed_in(&app, "ana@autos.test").await;
    // Both say that they are the same browser.
    let owner = refresh_as(&app, &stolen["refreshToken"], "Firefox").await;
    let thief = refresh_as(&app, &stolen["refreshToken"], "Firefox").await;
    assert_eq!(owner["refreshToken"], thief["refreshToken"]);
    app.clock.advance(chrono::Duration::minutes(10));
    let owner = refresh_as(&app, &owner["refreshToken"], "Firefox").await;
    app.clock.advance(chrono::Duration::minutes(1));
    assert_eq!(error(&refresh_as(&app, &thief["refreshToken"], "Firefox").await), "INVALID_TOKEN");
    assert_eq!(who(&app, &owner["accessToken"]).await, "UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_repeated_for_a_session_that_is_over() {
    let app = TestApp::world().await;
    let first = signed_in(&app, "ana@autos.test").await;
    let second = refresh(&app, &first["refreshToken"]).await;
    as_bearer(&app, &second["accessToken"], "mutation { signOut(input: {}) { endedSessions } }").await;
    assert_eq!(error(&refresh(&app, &first["refreshToken"]).await), "INVALID_TOKEN");
    let audited = "select count(*) from audit_logs where action = 'session.reused'";
    assert_eq!(app.cell(audited).await, "0", "there was nothing left to end");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_renewals_with_one_token_at_once_give_one_device_one_token_and_two_devices_none() {
    let app = TestApp::world().await;
    for _ in 0..8 {
        let session = signed_in(&app, "ana@autos.test").await;
        let (one, two) = tokio::join!(refresh(&app, &session["refreshToken"]), refresh(&app, &session["refreshToken"]));
        assert_eq!((error(&one), error(&two)), ("none", "none"));
        assert_eq!(one["refreshToken"], two["refreshToken"]);
        assert_eq!(error(&refresh(&app, &one["refreshToken"]).await), "none");

        let session = signed_in(&app, "ana@autos.test").await;
        let (one, two) = tokio::join!(
            refresh_as(&app, &session["refreshToken"], "Phone 1"),
            refresh_as(&app, &session["refreshToken"], "Phone 2")
        );
        let mut errors = [error(&one), error(&two)];
        errors.sort_unstable();
        assert_eq!(errors, ["INVALID_TOKEN", "none"]);
        let winner = if error(&one) == "none" { &one } else { &two };
        assert_eq!(who(&app, &winner["accessToken"]).await, "UNAUTHENTICATED");
        assert_eq!(error(&refresh(&app, &winner["refreshToken"]).await), "INVALID_TOKEN");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_during_a_renewal_leaves_nothing_that_works() {
    let app = TestApp::world().await;
    for _ in 0..8 {
        let session = signed_in(&app, "ana@autos.test").await;
        let (out, renewed) = tokio::join!(
            as_bearer(&app, &session["accessToken"], "mutation { signOut(input: {}) { endedSessions } }"),
            refresh(&app, &session["refreshToken"]),
        );
        assert_eq!(out["data"]["signOut"]["endedSessions"], 1, "{out:#}");
        assert_eq!(who(&app, &session["accessToken"]).await, "UNAUTHENTICATED");
        if error(&renewed) == "none" {
            assert_eq!(who(&app, &renewed["accessToken"]).await, "UNAUTHENTICATED");
            assert_eq!(error(&refresh(&app, &renewed["refreshToken"]).await), "INVALID_TOKEN");
        }
    }
}

/// Shows rule:session-expiry.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_it_is_left_alone_and_at_last_in_any_case() {
    let app = TestApp::world().await;
    let alone = signed_in(&app, "ana@autos.test").await;
    app.clock.advance(chrono::Duration::days(14));
    assert_eq!(error(&refresh(&app, &alone["refreshToken"]).await), "INVALID_TOKEN");
    let mut session = signed_in(&app, "ana@autos.test").await;
    for _ in 0..9 {
        app.clock.advance(chrono::Duration::days(9));
        session = refresh(&app, &session["refreshToken"]).await;
        assert_eq!(error(&session), "none");
    }
    assert_eq!(session["sessionExpiresAt"], "2026-06-14T09:30:00Z", "90 days after signing in");
    app.clock.advance(chrono::Duration::days(9));
    assert_eq!(error(&refresh(&app, &session["refreshToken"]).await), "INVALID_TOKEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_sign_in_may_not_renew_either() {
    let app = TestApp::world().await;
    for (spoil, mend) in [
        (
            "update users set is_active = false where email = 'jan@autos.test'",
            "update users set is_active = true where email = 'jan@autos.test'",
        ),
        (
            "update users set deleted_at = now() where email = 'jan@autos.test'",
            "update users set deleted_at = null where email = 'jan@autos.test'",
        ),
        (
            "update tenants set status = 'SUSPENDED' where slug = 'autos'",
            "update tenants set status = 'ACTIVE' where slug = 'autos'",
        ),
    ] {
        let session = signed_in(&app, "jan@autos.test").await;
        app.sql(spoil).await;
        assert_eq!(error(&refresh(&app, &session["refreshToken"]).await), "INVALID_TOKEN", "{spoil}");
        assert_eq!(who(&app, &session["accessToken"]).await, "UNAUTHENTICATED", "{spoil}");
        app.sql(mend).await;
        assert_eq!(error(&refresh(&app, &session["refreshToken"]).await), "none", "it was not used up: {spoil}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_under_another_tenants_name_is_nothing() {
    let app = TestApp::world().await;
    let session = signed_in(&app, "ana@autos.test").await;
    let token = session["refreshToken"].as_str().unwrap();
    let casas = app.cell("select id from tenants where slug = 'casas'").await;
    let moved = json!(format!("{casas}.{}", token.split_once('.').unwrap().1));
    assert_eq!(error(&refresh(&app, &moved).await), "INVALID_TOKEN");
    assert_eq!(error(&refresh(&app, &json!(token)).await), "none", "and the real one still works");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_this_session_or_all_of_them() {
    let app = TestApp::world().await;
    let out =
        |everywhere: bool| format!("mutation {{ signOut(input: {{ everywhere: {everywhere} }}) {{ endedSessions }} }}");
    let (one, two, three) = (
        signed_in(&app, "jan@autos.test").await,
        signed_in(&app, "jan@autos.test").await,
        signed_in(&app, "jan@autos.test").await,
    );
    let answer = as_bearer(&app, &one["accessToken"], &out(false)).await;
    assert_eq!(answer["data"]["signOut"]["endedSessions"], 1);
    assert_eq!(who(&app, &one["accessToken"]).await, "UNAUTHENTICATED");
    assert_eq!(who(&app, &two["accessToken"]).await, "jan@autos.test");
    assert_eq!(code(&as_bearer(&app, &one["accessToken"], &out(true)).await), "UNAUTHENTICATED");
    assert_eq!(as_bearer(&app, &two["accessToken"], &out(true)).await["data"]["signOut"]["endedSessions"], 2);
    for token in [&two, &three] {
        assert_eq!(who(&app, &token["accessToken"]).await, "UNAUTHENTICATED");
    }
}

/// Shows rule:session-expiry.
#[tokio::test(flavor = "multi_thread")]
async fn one_sees_and_ends_own_sessions_and_others_only_with_the_right() {
    let app = TestApp::world().await;
    let (ana, jan) = (signed_in(&app, "ana@autos.test").await, signed_in(&app, "jan@autos.test").await);
    let jan2 = signed_in(&app, "jan@autos.test").await;
    let list = "{ sessions(first: 50) { nodes { id user { email } } } }";
    let seen = |answer: Value| -> Vec<String> {
        let mut emails: Vec<String> = answer["data"]["sessions"]["nodes"]
            .as_array()
            .unwrap_or_else(|| panic!("{answer:#}"))
            .iter()
            .map(|node| node["user"]["email"].as_str().unwrap().to_owned())
            .collect();
        emails.sort();
        emails.dedup();
        emails
    };
    assert_eq!(seen(as_bearer(&app, &jan["accessToken"], list).await), ["jan@autos.test"]);
    assert!(seen(as_bearer(&app, &ana["accessToken"], list).await).contains(&"jan@autos.test".to_owned()));

    let revoke = |session: &Value| {
        format!("mutation {{ revokeSession(input: {{ sessionId: {session} }}) {{ sessionId errors {{ code }} }} }}")
    };
    let foreign = as_bearer(&app, &jan["accessToken"], &revoke(&ana["sessionId"])).await;
    assert_eq!(code(&foreign), "NOT_FOUND");
    assert_eq!(who(&app, &ana["accessToken"]).await, "ana@autos.test");
    assert_eq!(code(&as_bearer(&app, &jan["accessToken"], &revoke(&jan2["sessionId"])).await), "none");
    assert_eq!(who(&app, &jan2["accessToken"]).await, "UNAUTHENTICATED");
    assert_eq!(code(&as_bearer(&app, &ana["accessToken"], &revoke(&jan["sessionId"])).await), "none");
    assert_eq!(who(&app, &jan["accessToken"]).await, "UNAUTHENTICATED");
    assert_eq!(code(&as_bearer(&app, &ana["accessToken"], &revoke(&json!("session_nonsense"))).await), "VALIDATION");
    let eva = sign_in(&app, "casas", "eva@casas.test", PASSWORD).await.json["data"]["signIn"].clone();
    assert_eq!(code(&as_bearer(&app, &eva["accessToken"], &revoke(&ana["sessionId"])).await), "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_sessions_of_somebody_can_be_ended_at_once() {
    let app = TestApp::world().await;
    let (ana, jan) = (signed_in(&app, "ana@autos.test").await, signed_in(&app, "jan@autos.test").await);
    let jan2 = signed_in(&app, "jan@autos.test").await;
    let all = "mutation { revokeAllSessions(input: {}) { endedSessions } }";
    assert_eq!(as_bearer(&app, &jan["accessToken"], all).await["data"]["revokeAllSessions"]["endedSessions"], 1);
    assert_eq!(who(&app, &jan2["accessToken"]).await, "UNAUTHENTICATED");
    assert_eq!(who(&app, &jan["accessToken"]).await, "jan@autos.test", "the present one stays");
    let of = |user: &Value| {
        format!("mutation {{ revokeAllSessions(input: {{ userId: {user} }}) {{ endedSessions errors {{ code }} }} }}")
    };
    assert_eq!(code(&as_bearer(&app, &jan["accessToken"], &of(&ana["userId"])).await), "FORBIDDEN");
    assert_eq!(
        as_bearer(&app, &ana["accessToken"], &of(&jan["userId"])).await["data"]["revokeAllSessions"]["endedSessions"],
        1
    );
    assert_eq!(who(&app, &jan["accessToken"]).await, "UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn below_the_gateway_sessions_are_personal_too() {
    let app = TestApp::world().await;
    let jan = signed_in(&app, "jan@autos.test").await;
    assert!(jan["sessionId"].is_string());
    let tenant = app.cell("select id from tenants where slug = 'autos'").await;
    let user = app.cell("select id from users where email = 'jan@autos.test'").await;
    let seen = async |settings: &str| {
        let sql = format!(
            "begin; set local role mostrador_api; set local app.tenant_id = '{tenant}'; {settings} \
             select count(distinct user_id) || ' ' || coalesce(bool_and(user_id = '{user}'), true) from sessions; rollback"
        );
        app.cell(&sql).await
    };
    assert_eq!(seen("").await, "0 true");
    assert_eq!(seen(&format!("set local app.user_id = '{user}';")).await, "1 true");
    assert_eq!(seen("set local app.scope = 'records';").await, "0 true");
    assert_ne!(seen("set local app.scope = 'users';").await, "1 true");
}
