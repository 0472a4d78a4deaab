//! Mails about one's own account: proving the address, a new password, signing in by a link.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::app::TestApp;
use crate::mail::room::{MailRoom, ask, refusal, went_well, whole};

const PASSWORD: &str = "correct horse battery staple 9";
const REQUESTS: [&str; 3] = ["requestEmailVerification", "requestPasswordReset", "requestMagicLink"];

fn of(email: &str) -> Value {
    json!({ "tenant": "autos", "email": email })
}

/// Jan signs in with this password from now on, if anybody asks.
async fn sign_in(room: &MailRoom, password: &str) -> Value {
    room.ask("signIn", json!({ "tenant": "autos", "email": "jan@autos.test", "password": password })).await
}

/// Shows rule:reset-token.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_is_chosen_once_by_mail_and_ends_all_sessions() {
    let room = MailRoom::open().await;
    let jan = room.app.sign_in("autos", "jan@autos.test").await;
    assert!(went_well(&room.ask("requestPasswordReset", of("JAN@autos.test")).await));
    let token = room.token_to("jan@autos.test", 1).await;
    let other = {
        room.ask("requestMagicLink", of("jan@autos.test")).await;
        room.token_to("jan@autos.test", 2).await
    };
    let weak = room.ask("resetPassword", json!({ "token": token, "newPassword": "short" })).await;
    assert_eq!(weak["errors"][0]["path"], json!(["newPassword"]), "{weak:#}");

    let done = room.ask("resetPassword", json!({ "token": token, "newPassword": PASSWORD })).await;
    assert!(went_well(&done), "{done:#}");
    assert!(done["endedSessions"].as_i64().unwrap() >= 1);
    let reply = jan.send("{ viewer { id } }", json!({})).await;
    assert_eq!(reply.json["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{:#}", reply.json);
    let again = room.ask("resetPassword", json!({ "token": token, "newPassword": "another good phrase 12" })).await;
    assert_eq!(refusal(&again), "This link was used already.");
    // A link that was sent before the password changed opens nothing any more.
    let link = room.ask("signInWithMagicLink", json!({ "token": other })).await;
    assert_eq!(refusal(&link), "This link was used already.");
    let entered = sign_in(&room, PASSWORD).await;
    assert!(went_well(&entered), "{entered:#}");
    assert_eq!(entered["mustChangePassword"], false);
    // The owner of the address hears of it.
    let news = room.mails_to("jan@autos.test", 3).await;
    assert!(news[2].header("Subject").contains("was changed"), "{}", news[2].text);
    let app = room.close().await;
    let audit = app
        .cell("select count(*) from audit_logs where action in ('user.password_reset', 'user.password_changed') and created_at > now() - interval '1 hour'")
        .await;
    assert_eq!(audit, "2");
    let dump = app
        .cell("select (select string_agg(v::text, '') from verification_tokens v) || (select string_agg(a::text, '') from audit_logs a) || (select string_agg(e::text, '') from emails e)")
        .await;
    assert!(!dump.contains(&token) && !dump.contains(PASSWORD), "a secret was stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_resets_with_one_token_one_wins() {
    let room = Arc::new(MailRoom::open().await);
    room.ask("requestPasswordReset", of("jan@autos.test")).await;
    let token = room.token_to("jan@autos.test", 1).await;
    let tries: Vec<_> = (0..6)
        .map(|number| {
            let (room, token) = (Arc::clone(&room), token.clone());
            let password = format!("correct horse battery {number}");
            tokio::spawn(async move {
                let input = json!({ "token": token, "newPassword": password });
                (room.ask("resetPassword", input).await, password)
            })
        })
        .collect();
    let mut won = Vec::new();
    for tried in tries {
        let (payload, password) = tried.await.unwrap();
        if went_well(&payload) {
            won.push(password);
        } else {
            assert_eq!(refusal(&payload), "This link was used already.");
        }
    }
    assert_eq!(won.len(), 1);
    assert!(went_well(&sign_in(&room, &won[0]).await));
}

/// Shows rule:verification-token.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_signs_in_once_and_not_after_its_time() {
    let room = MailRoom::open().await;
    room.ask("requestMagicLink", json!({ "tenant": "autos", "email": "jan@autos.test", "locale": "es" })).await;
    let mail = room.mails_to("jan@autos.test", 1).await.remove(0);
    assert!(mail.header("Subject").contains("Entrar"), "{}", mail.text);
    let entered = room.ask("signInWithMagicLink", json!({ "token": mail.token() })).await;
    assert!(went_well(&entered) && entered["accessToken"].is_string(), "{entered:#}");
    let again = room.ask("signInWithMagicLink", json!({ "token": mail.token() })).await;
    assert_eq!(refusal(&again), "This link was used already.");
    assert_eq!(
        room.app.cell("select (email_verified_at is not null)::text from users where email = 'jan@autos.test'").await,
        "true"
    );

    room.ask("requestMagicLink", of("jan@autos.test")).await;
    let token = room.token_to("jan@autos.test", 2).await;
    room.app.sql("update verification_tokens set expires_at = now() where consumed_at is null").await;
    let late = room.ask("signInWithMagicLink", json!({ "token": token })).await;
    assert_eq!(refusal(&late), "This link has expired; ask for a new one.");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_follow_one_link_at_once_one_gets_in() {
    let room = Arc::new(MailRoom::open().await);
    room.ask("requestMagicLink", of("jan@autos.test")).await;
    let token = room.token_to("jan@autos.test", 1).await;
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let (room, token) = (Arc::clone(&room), token.clone());
            tokio::spawn(async move { room.ask("signInWithMagicLink", json!({ "token": token })).await })
        })
        .collect();
    let mut won = 0;
    for tried in tries {
        won += usize::from(went_well(&tried.await.unwrap()));
    }
    assert_eq!(won, 1);
    assert_eq!(room.app.cell("select count(*) from audit_logs where details ->> 'method' = 'MAGIC_LINK'").await, "1");
}

/// Shows rule:verification-token.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_proven_once_and_a_new_one_anew() {
    let room = MailRoom::open().await;
    room.ask("requestEmailVerification", of("jan@autos.test")).await;
    let token = room.token_to("jan@autos.test", 1).await;
    let proven = "select (email_verified_at is not null)::text from users where email like 'jan%'";
    assert_eq!(room.app.cell(proven).await, "false");
    // A token for one purpose opens nothing else.
    for (mutation, input) in [
        ("signInWithMagicLink", json!({ "token": token })),
        ("resetPassword", json!({ "token": token, "newPassword": PASSWORD })),
        ("acceptInvitation", json!({ "token": token, "password": PASSWORD })),
    ] {
        assert_eq!(refusal(&room.ask(mutation, input).await), "This link is not valid.", "{mutation}");
    }
    assert!(went_well(&room.ask("verifyEmail", json!({ "token": token })).await));
    assert_eq!(room.app.cell(proven).await, "true");
    assert_eq!(refusal(&room.ask("verifyEmail", json!({ "token": token })).await), "This link was used already.");
    // Nothing is sent for an address that is proven.
    room.ask("requestEmailVerification", of("jan@autos.test")).await;
    room.quiet().await;
    room.mails_to("jan@autos.test", 1).await;

    room.app.sql("update users set email = 'jan.vives@autos.test' where email = 'jan@autos.test'").await;
    assert_eq!(room.app.cell(proven).await, "false");
    room.ask("requestEmailVerification", of("jan.vives@autos.test")).await;
    let token = room.token_to("jan.vives@autos.test", 1).await;
    room.app.sql("update users set email = 'jan@autos.test' where email = 'jan.vives@autos.test'").await;
    assert_eq!(refusal(&room.ask("verifyEmail", json!({ "token": token })).await), "This link is no longer valid.");
}

/// Shows rule:reset-token.
#[tokio::test(flavor = "multi_thread")]
async fn the_answer_does_not_tell_whether_there_is_an_account() {
    let room = MailRoom::open().await;
    for mutation in REQUESTS {
        let (mut heads, mut bodies) = (Vec::new(), Vec::new());
        for email in ["jan@autos.test", "nobody@autos.test", "peter@autos.test", "eva@casas.test"] {
            let (head, body) = whole(&room.app, mutation, of(email)).await;
            heads.push(head);
            bodies.push(body);
        }
        assert!(heads.windows(2).all(|pair| pair[0] == pair[1]), "{heads:#?}");
        assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{bodies:#?}");
        assert_eq!(bodies[0]["data"]["answer"]["errors"], json!([]));
    }
    // Known or not, a request is one row and nothing is looked up; only the worker tells them apart.
    room.quiet().await;
    room.mails_to("jan@autos.test", 3).await;
    room.mails_to("nobody@autos.test", 0).await;
    room.mails_to("peter@autos.test", 0).await;
    room.mails_to("eva@casas.test", 0).await;
    let app = room.close().await;
    assert_eq!(
        app.cell("select count(*) from verification_tokens where identifier like 'nobody%' or token_hash is null")
            .await,
        "0"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_takes_the_same_statements_for_everybody() {
    let app = TestApp::world().await;
    let client = app.sign_in("autos", "ana@autos.test").await;
    let mut costs = Vec::new();
    for email in ["jan@autos.test", "nobody@autos.test", "peter@autos.test"] {
        let query = "mutation M($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { errors { code } } }";
        costs.push(client.measured(query, json!({ "input": of(email) })).await.statements);
    }
    assert_eq!(costs, [costs[0]; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_is_told_so_whether_there_is_an_account_or_not() {
    let room = MailRoom::open().await;
    for email in ["jan@autos.test", "nobody@autos.test"] {
        for _ in 0..5 {
            assert!(went_well(&room.ask("requestMagicLink", of(email)).await));
        }
        let (_, json) = whole(&room.app, "requestMagicLink", of(&email.to_uppercase())).await;
        assert_eq!(json["errors"][0]["extensions"]["code"], "RATE_LIMITED", "{json:#}");
        assert!(json["errors"][0]["extensions"]["retryAfter"].as_u64().unwrap() > 0);
    }
    room.quiet().await;
    room.mails_to("jan@autos.test", 5).await;
    // Another gateway, which has counted nothing, lets the request in; no mail comes of it.
    let beside = room.app.beside(|_| ()).await;
    assert!(went_well(&ask(&beside, "requestMagicLink", of("jan@autos.test")).await));
    room.quiet().await;
    room.mails_to("jan@autos.test", 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_other_tenants_tampered_ones_and_nonsense_open_nothing() {
    let room = MailRoom::open().await;
    room.ask("requestPasswordReset", of("jan@autos.test")).await;
    let token = room.token_to("jan@autos.test", 1).await;
    let (_, random) = token.split_once('.').unwrap();
    let casas = room.app.cell("select id from tenants where slug = 'casas'").await;
    let mut flipped = token.clone().into_bytes();
    let last = flipped.len() - 10;
    flipped[last] = if flipped[last] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).unwrap();
    let before = room.app.cell("select md5(string_agg(u::text, '')) from users u").await;
    for wrong in [
        format!("{casas}.{random}"),
        flipped,
        token.to_uppercase(),
        format!("{token}A"),
        format!(" {token}"),
        random.to_owned(),
        format!("00000000-0000-0000-0000-000000000000.{random}"),
        "'; drop table users; --".to_owned(),
        "\u{0}".to_owned(),
        "a".repeat(100_000),
        String::new(),
    ] {
        for (mutation, input) in [
            ("resetPassword", json!({ "token": wrong, "newPassword": PASSWORD })),
            ("signInWithMagicLink", json!({ "token": wrong })),
            ("verifyEmail", json!({ "token": wrong })),
        ] {
            let payload = room.ask(mutation, input).await;
            assert_eq!(refusal(&payload), "This link is not valid.", "{mutation} {wrong:.80}");
        }
    }
    assert_eq!(room.app.cell("select md5(string_agg(u::text, '')) from users u").await, before);
    assert!(went_well(&room.ask("resetPassword", json!({ "token": token, "newPassword": PASSWORD })).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_by_mail_who_may_not_get_in() {
    let room = MailRoom::open().await;
    room.ask("requestMagicLink", of("jan@autos.test")).await;
    let token = room.token_to("jan@autos.test", 1).await;
    for (shut, open) in [
        (
            "update users set is_active = false where email like 'jan@%'",
            "update users set is_active = true where email like 'jan@%'",
        ),
        (
            "update users set deleted_at = now() where email like 'jan@%'",
            "update users set deleted_at = null where email like 'jan@%'",
        ),
        (
            "update tenants set status = 'SUSPENDED' where slug = 'autos'",
            "update tenants set status = 'ACTIVE' where slug = 'autos'",
        ),
    ] {
        room.app.sql(shut).await;
        let payload = room.ask("signInWithMagicLink", json!({ "token": token })).await;
        assert_eq!(refusal(&payload), "This link is no longer valid.", "{shut}");
        room.ask("requestMagicLink", of("jan@autos.test")).await;
        room.quiet().await;
        room.mails_to("jan@autos.test", 1).await;
        room.app.sql(open).await;
    }
    assert!(went_well(&room.ask("signInWithMagicLink", json!({ "token": token })).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_none_is_refused_before_anything_is_written() {
    let app = TestApp::world().await;
    for (tenant, email, path) in [
        ("autos", "no address", Some("email")),
        ("autos", "a@b..c", Some("email")),
        ("autos", "a\u{0}@b.example", Some("email")),
        ("no such business", "jan@autos.test", None),
        ("x\u{0}", "jan@autos.test", None),
        ("nobody-has-this", "jan@autos.test", None),
    ] {
        let payload = ask(&app, "requestMagicLink", json!({ "tenant": tenant, "email": email })).await;
        match path {
            Some(path) => assert_eq!(payload["errors"][0]["path"], json!([path]), "{payload:#}"),
            None => assert!(went_well(&payload), "{payload:#}"),
        }
    }
    assert_eq!(app.cell("select count(*) from verification_tokens where token_hash is null").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_token_stays_used_for_psql_as_well() {
    let app = TestApp::world().await;
    let client = crate::app::connect("mostrador_api", &app.database_name).await;
    let tenant = app.cell("select id from tenants where slug = 'autos'").await;
    client.batch_execute(&format!("set app.tenant_id = '{tenant}'")).await.unwrap();
    let undo =
        client.batch_execute("update verification_tokens set consumed_at = null where consumed_at is not null").await;
    assert!(undo.unwrap_err().to_string().contains("db error"));
    let changed =
        client.execute("update verification_tokens set consumed_at = now() where consumed_at is null", &[]).await;
    assert_eq!(changed.unwrap(), 1);
}
