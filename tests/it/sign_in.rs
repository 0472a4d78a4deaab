//! Signing in with a password, and everything that begins with it: limits, cookies, a new password.

mod cookies;
mod limits;
mod passwords;

use std::sync::Arc;

use mostrador::password::{Cost, Passwords, Policy};
use serde_json::{Value, json};

use crate::app::{Heard, TestApp};

/// The password of everybody in `world.sql`.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) {
    accessToken expiresAt refreshToken sessionExpiresAt sessionId tenantId userId mustChangePassword csrfToken
    errors { code path message }
} }";

/// Signs in, and gives the whole answer.
pub(crate) async fn sign_in(app: &TestApp, tenant: &str, email: &str, password: &str) -> Heard {
    let input = json!({ "tenant": tenant, "email": email, "password": password });
    app.ask(SIGN_IN, json!({ "input": input }), &[]).await
}

/// The payload of a sign-in that must succeed.
pub(crate) async fn signed_in(app: &TestApp, email: &str) -> Value {
    let heard = sign_in(app, "autos", email, PASSWORD).await;
    assert_eq!(heard.json["data"]["signIn"]["errors"], json!([]), "{:#}", heard.json);
    heard.json["data"]["signIn"].clone()
}

/// Who a token says one is: the e-mail address, or the code of the error.
pub(crate) async fn who(app: &TestApp, token: &Value) -> String {
    let bearer = format!("Bearer {}", token.as_str().unwrap());
    let heard = app.ask("{ viewer { user { email } } }", json!({}), &[("authorization", &bearer)]).await;
    match heard.json["data"]["viewer"]["user"]["email"].as_str() {
        Some(email) => email.to_owned(),
        None => code(&heard.json),
    }
}

/// The code of the first error, of the answer or of its only payload.
pub(crate) fn code(json: &Value) -> String {
    let payload = json["data"].as_object().and_then(|data| data.values().next());
    let user_error = payload.map(|payload| &payload["errors"][0]["code"]).filter(|code| !code.is_null());
    user_error.unwrap_or(&json["errors"][0]["extensions"]["code"]).as_str().unwrap_or("none").to_owned()
}

/// Shows rule:profile-linked-to-auth-user, rule:last-login.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_opens_a_session() {
    let app = TestApp::world().await;
    let payload = signed_in(&app, "ana@autos.test").await;
    assert_eq!(who(&app, &payload["accessToken"]).await, "ana@autos.test");
    assert_eq!(payload["expiresAt"], "2026-03-02T09:45:00Z");
    assert_eq!(payload["sessionExpiresAt"], "2026-03-16T09:30:00Z");
    assert_eq!(payload["mustChangePassword"], false);
    assert_eq!(payload["csrfToken"], Value::Null);
    let stored = "select session_token_hash = sha256(convert_to($$A$$, 'UTF8')), refresh_token_hash = \
                  sha256(convert_to($$R$$, 'UTF8')), expires_at = '2026-03-16T09:30Z' from sessions order by created_at, id desc";
    let stored = stored
        .replace("$$A$$", &format!("'{}'", payload["accessToken"].as_str().unwrap()))
        .replace("$$R$$", &format!("'{}'", payload["refreshToken"].as_str().unwrap()));
    let rows = app.rows(&stored).await;
    assert!(rows.contains(&vec!["t".to_owned(), "t".to_owned(), "t".to_owned()]), "{rows:?}");
    assert_eq!(
        app.cell("select last_login_at = '2026-03-02T09:30Z' from users where email = 'ana@autos.test'").await,
        "t"
    );
    let audited = "select action, details ->> 'method', a.actor_id = u.id from audit_logs a, users u \
                   where u.email = 'ana@autos.test' and action = 'session.started'";
    assert_eq!(app.rows(audited).await, [["session.started", "PASSWORD", "t"]]);
}

/// Shows rule:active-flag.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_the_answer_is_the_same() {
    let app = TestApp::world().await;
    app.sql("update users set password_hash = null where email = 'max@casas.test'").await;
    let mut answers = Vec::new();
    for (tenant, email, password) in [
        ("autos", "ana@autos.test", "wrong"),
        ("autos", "ana@autos.test", ""),
        ("autos", "ana@autos.test", &"long".repeat(5000)),
        ("autos", "nobody@autos.test", PASSWORD),
        ("autos", "eva@casas.test", PASSWORD),
        ("autos", "", PASSWORD),
        ("autos", &"a".repeat(100_000), PASSWORD),
        ("autos", "ana@autos.test\0", "wrong"),
        // Switched off, and deleted.
        ("autos", "peter@autos.test", PASSWORD),
        // Without a password.
        ("casas", "max@casas.test", PASSWORD),
        ("nowhere", "ana@autos.test", PASSWORD),
        ("", "ana@autos.test", PASSWORD),
    ] {
        let heard = sign_in(&app, tenant, email, password).await;
        assert_eq!(heard.status, 200);
        assert!(heard.headers.get("set-cookie").is_none());
        answers.push(heard.json.to_string());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    assert!(answers[0].contains("INVALID_CREDENTIALS"), "{answers:?}");
    assert_eq!(app.cell("select count(*) from sessions where created_at = '2026-03-02T09:30Z'").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn case_and_spaces_around_a_name_do_not_matter_and_those_of_a_password_do() {
    let app = TestApp::world().await;
    assert_eq!(code(&sign_in(&app, " Autos ", " ANA@Autos.test ", PASSWORD).await.json), "none");
    assert_eq!(
        code(&sign_in(&app, "autos", "ana@autos.test", &format!("{PASSWORD} ")).await.json),
        "INVALID_CREDENTIALS"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_costs_one_hash_whether_the_account_exists_or_not() {
    let app = TestApp::world().await;
    for (count, (tenant, email, password)) in [
        ("autos", "ana@autos.test", "wrong"),
        ("autos", "nobody@autos.test", "wrong"),
        ("nowhere", "nobody@autos.test", "wrong"),
        ("autos", "peter@autos.test", "wrong"),
        ("autos", "ana@autos.test", PASSWORD),
    ]
    .into_iter()
    .enumerate()
    {
        sign_in(&app, tenant, email, password).await;
        assert_eq!(app.services.passwords.hashes(), count as u64 + 1, "{email} of {tenant}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_do_not_tell_an_unknown_account_from_a_known_one() {
    let app = TestApp::world().await;
    let mut counts = Vec::new();
    for email in ["ana@autos.test", "nobody@autos.test", "peter@autos.test"] {
        let input = json!({ "tenant": "autos", "email": email, "password": "wrong" });
        counts.push(
            app.stranger(uuid::Uuid::nil(), uuid::Uuid::nil())
                .measured(SIGN_IN, json!({ "input": input }))
                .await
                .statements,
        );
    }
    assert!(counts.iter().all(|count| *count == counts[0] && *count > 0), "{counts:?}");
}

/// Shows rule:audit-log.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_refused_is_written_down_without_what_was_typed() {
    let app = TestApp::world().await;
    sign_in(&app, "autos", "ana@autos.test", "hunter2").await;
    sign_in(&app, "autos", "my secret by mistake", "hunter2").await;
    let rows = app
        .rows("select target_id is null, details from audit_logs where action = 'session.refused' order by id")
        .await;
    assert_eq!(rows.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), ["f", "t"]);
    assert!(rows.iter().all(|row| !row[1].contains("hunter2") && !row[1].contains("mistake")), "{rows:?}");
}

/// Shows rule:tenant-status.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_signs_in_to_a_closed_business() {
    let app = TestApp::world().await;
    let payload = signed_in(&app, "ana@autos.test").await;
    app.sql("update tenants set status = 'SUSPENDED' where slug = 'autos'").await;
    assert_eq!(code(&sign_in(&app, "autos", "ana@autos.test", PASSWORD).await.json), "INVALID_CREDENTIALS");
    assert_eq!(who(&app, &payload["accessToken"]).await, "UNAUTHENTICATED");
}

/// Shows rule:password-encrypted.
#[tokio::test(flavor = "multi_thread")]
async fn a_hash_of_older_parameters_is_made_anew() {
    let app = TestApp::world().await;
    let dearer = app
        .serving(|services| {
            let cost = Cost { passes: 2, ..Cost::LEAST };
            services.passwords = Arc::new(Passwords::new(cost, Policy::default(), 1));
        })
        .await;
    let stored = "select password_hash from users where email = 'ana@autos.test'";
    let before = app.cell(stored).await;
    assert!(before.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{before}");
    signed_in(&dearer, "ana@autos.test").await;
    let after = app.cell(stored).await;
    assert!(after.starts_with("$argon2id$v=19$m=8,t=2,p=1$"), "{after}");
    signed_in(&dearer, "ana@autos.test").await;
    assert_eq!(app.cell(stored).await, after, "once");
    assert_eq!(dearer.services.passwords.hashes(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_of_accounts_runs_once_however_often_it_is_selected() {
    let app = TestApp::world().await;
    let input = json!({ "input": { "tenant": "autos", "email": "ana@autos.test", "password": PASSWORD } });
    let spread = "mutation($input: SignInInput!) { ...A ...A } \
                  fragment A on Mutation { signIn(input: $input) { sessionId errors { code } } }";
    let heard = app.ask(spread, input.clone(), &[]).await;
    assert!(heard.json["data"]["signIn"]["sessionId"].is_string(), "{:#}", heard.json);
    let started = "select count(*) from audit_logs where action = 'session.started'";
    assert_eq!(app.cell(started).await, "1");
    let twice =
        "mutation($input: SignInInput!) { signIn(input: $input) { sessionId } signIn(input: $input) { userId } }";
    assert_eq!(app.ask(twice, input.clone(), &[]).await.json["errors"][0]["extensions"]["code"], "VALIDATION");
    let named =
        "mutation($input: SignInInput!) { a: signIn(input: $input) { userId } b: signIn(input: $input) { userId } }";
    assert!(app.ask(named, input, &[]).await.json["data"]["b"]["userId"].is_string());
    assert_eq!(app.cell(started).await, "3");
}
