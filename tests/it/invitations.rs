//! Invitations: from being sent to being accepted once, through HTTP and with all workers at work.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::app::TestApp;
use crate::mail::room::{MailRoom, ask, refusal, went_well, whole};

const CREATE: &str = "mutation Create($input: CreateInvitationInput!) { createInvitation(input: $input) {
    invitation { id status email role invitedBy { displayName } } token errors { code path message details } } }";
const RESEND: &str = "mutation Resend($input: ResendInvitationInput!) { resendInvitation(input: $input) {
    invitation { id status } token errors { code path message } } }";
const REVOKE: &str = "mutation Revoke($input: RevokeInvitationInput!) { revokeInvitation(input: $input) {
    invitation { status } errors { code path message } } }";

const PASSWORD: &str = "correct horse battery staple 9";

async fn invite(app: &TestApp, who: &str, email: &str, role: &str) -> Value {
    let client = app.sign_in("autos", who).await;
    let data = client.data(CREATE, json!({ "input": { "email": email, "role": role, "locale": "es-ES" } })).await;
    data["createInvitation"].clone()
}

/// Shows rule:invitation-token.
#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_makes_its_user_once_with_its_role_and_signs_in() {
    let room = MailRoom::open().await;
    let made = invite(&room.app, "ana@autos.test", "Nuria@Autos.test", "EMPLOYEE").await;
    assert!(went_well(&made), "{made:#}");
    assert_eq!(made["invitation"]["invitedBy"]["displayName"], "Ana Molina");
    let mail = room.mails_to("Nuria@Autos.test", 1).await.remove(0);
    let token = mail.token();
    assert_eq!(made["token"], token.as_str());
    assert!(mail.text.contains("Aceptar la invitaci"), "{}", mail.text);

    let input = json!({ "token": token, "password": PASSWORD, "firstName": " Nuria ", "lastName": "Vidal", "phone": "0034 600 000 199" });
    let entered = room.ask("acceptInvitation", input.clone()).await;
    assert!(went_well(&entered), "{entered:#}");
    assert_eq!(entered["mustChangePassword"], false);
    let user = room
        .app
        .cell(
            "select concat_ws(' ', role, display_name, phone, email, is_first_login, email_verified_at is not null, password_hash like '$argon2id$%')
               from users where email = 'Nuria@Autos.test'",
        )
        .await;
    assert_eq!(user, "EMPLOYEE Nuria Vidal +34600000199 Nuria@Autos.test f t t");
    let invitation = room.app.cell("select status || ' ' || (accepted_by_id = u.id) from invitations i join users u on u.email = i.email where i.email = 'Nuria@Autos.test'").await;
    assert_eq!(invitation, "ACCEPTED true");

    let again = room.ask("acceptInvitation", input).await;
    assert_eq!(refusal(&again), "This invitation was accepted already; sign in instead.");
    assert_eq!(again["accessToken"], Value::Null);
    let signed_in =
        room.ask("signIn", json!({ "tenant": "autos", "email": "nuria@autos.test", "password": PASSWORD })).await;
    assert!(went_well(&signed_in), "{signed_in:#}");
    assert_eq!(signed_in["userId"], entered["userId"]);

    // What must stay between two people is nowhere else.
    let app = room.close().await;
    let secrets = [token.as_str(), PASSWORD];
    let dump = app
        .cell("select (select string_agg(i::text, '') from invitations i) || (select string_agg(a::text, '') from audit_logs a) || (select string_agg(e::text, '') from emails e)")
        .await;
    assert!(secrets.iter().all(|secret| !dump.contains(secret)), "a secret was stored");
    let actions = "select string_agg(action, ' ' order by id) from audit_logs where action in
                   ('invitation.created', 'invitation.accepted', 'user.created', 'session.started')
                   and created_at > now() - interval '1 hour'";
    let written = app.cell(actions).await;
    for action in ["invitation.created", "invitation.accepted", "user.created", "session.started"] {
        assert!(written.contains(action), "{written}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_accept_at_once_one_wins() {
    let room = MailRoom::open().await;
    let made = invite(&room.app, "ana@autos.test", "nuria@autos.test", "AGENT").await;
    let room = Arc::new(room);
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let (room, token) = (Arc::clone(&room), made["token"].clone());
            tokio::spawn(
                async move { room.ask("acceptInvitation", json!({ "token": token, "password": PASSWORD })).await },
            )
        })
        .collect();
    let mut won = 0;
    for tried in tries {
        let payload = tried.await.unwrap();
        if went_well(&payload) {
            won += 1;
        } else {
            assert_eq!(refusal(&payload), "This invitation was accepted already; sign in instead.");
        }
    }
    assert_eq!(won, 1);
    let app = &room.app;
    assert_eq!(app.cell("select count(*) from users where email = 'nuria@autos.test'").await, "1");
    assert_eq!(
        app.cell("select count(*) from sessions s join users u on u.id = s.user_id where u.email = 'nuria@autos.test'")
            .await,
        "1"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resent_invitation_has_a_new_link_and_the_old_one_is_dead() {
    let room = MailRoom::open().await;
    let made = invite(&room.app, "ana@autos.test", "nuria@autos.test", "AGENT").await;
    let first = room.token_to("nuria@autos.test", 1).await;
    let client = room.app.sign_in("autos", "ana@autos.test").await;
    let id = &made["invitation"]["id"];
    let resent = client.data(RESEND, json!({ "input": { "id": id } })).await["resendInvitation"].clone();
    assert!(went_well(&resent), "{resent:#}");
    let second = room.token_to("nuria@autos.test", 2).await;
    assert_ne!(first, second);
    assert_eq!(resent["token"], second.as_str());
    let dead = room.ask("acceptInvitation", json!({ "token": first, "password": PASSWORD })).await;
    assert_eq!(refusal(&dead), "This link is not valid.");
    assert!(went_well(&room.ask("acceptInvitation", json!({ "token": second, "password": PASSWORD })).await));
    let late = client.data(RESEND, json!({ "input": { "id": id } })).await["resendInvitation"].clone();
    assert_eq!(refusal(&late), "This invitation is ACCEPTED and cannot be sent again.");
    assert_eq!(late["token"], Value::Null);
}

/// Shows rule:invitation-expiry.
#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_or_expired_invitation_is_refused_and_its_queued_mail_stays_home() {
    let app = TestApp::world().await;
    let made = invite(&app, "ana@autos.test", "nuria@autos.test", "AGENT").await;
    let client = app.sign_in("autos", "ana@autos.test").await;
    let revoked = client.data(REVOKE, json!({ "input": { "id": made["invitation"]["id"] } })).await;
    assert_eq!(revoked["revokeInvitation"]["invitation"]["status"], "REVOKED");
    let mail = app.cell("select concat_ws(' ', status, last_error, body is null) from emails").await;
    assert_eq!(mail, "DEAD SUPERSEDED t");
    let input = |made: &Value| json!({ "token": made["token"], "password": PASSWORD });
    assert_eq!(refusal(&ask(&app, "acceptInvitation", input(&made)).await), "This invitation was taken back.");

    let made = invite(&app, "ana@autos.test", "nuria@autos.test", "AGENT").await;
    app.sql("update invitations set expires_at = now() where email = 'nuria@autos.test' and status = 'PENDING'").await;
    let late = ask(&app, "acceptInvitation", input(&made)).await;
    assert_eq!(refusal(&late), "This invitation has expired; ask for a new one.");
    assert_eq!(app.cell("select count(*) from users where email = 'nuria@autos.test'").await, "0");
    // It does not stand in the way of a new one.
    let made = invite(&app, "ana@autos.test", "nuria@autos.test", "AGENT").await;
    assert!(went_well(&made), "{made:#}");
    let open = invite(&app, "ana@autos.test", "NURIA@autos.test", "AGENT").await;
    assert_eq!(open["errors"][0]["code"], "CONFLICT", "{open:#}");
    assert_eq!(open["token"], Value::Null);
}

/// Shows rule:invitation-expiry.
#[tokio::test(flavor = "multi_thread")]
async fn invitations_expire_by_themselves() {
    let room = MailRoom::open().await;
    crate::mail::until(&room.app, "select bool_and(status <> 'PENDING') from invitations").await;
    let states =
        room.app.cell("select string_agg(status, ' ' order by id) from invitations where email like 'tomas@%'").await;
    assert_eq!(states, "EXPIRED EXPIRED EXPIRED");
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_offers_more_than_they_have_and_an_offer_falls_with_its_giver() {
    let app = TestApp::world().await;
    // Jan, an agent, may now manage users: still he cannot make an administrator.
    app.sql(
        "insert into role_permissions (tenant_id, role_id, permission_id)
         select r.tenant_id, r.id, p.id from roles r, permissions p join processes o on o.id = p.process_id
          where r.user_role = 'AGENT' and o.code = 'USERS' on conflict do nothing",
    )
    .await;
    app.access.forget_all();
    let refused = invite(&app, "jan@autos.test", "nuria@autos.test", "ADMIN").await;
    assert_eq!(refused["errors"][0]["code"], "FORBIDDEN", "{refused:#}");
    assert_eq!(refused["errors"][0]["path"], json!(["role"]));
    assert_eq!(app.cell("select count(*) from invitations where email like 'nuria%'").await, "0");
    assert_eq!(app.cell("select count(*) from emails").await, "0");
    assert!(went_well(&invite(&app, "jan@autos.test", "nuria@autos.test", "AGENT").await));
    let super_admin = invite(&app, "ana@autos.test", "boss@autos.test", "SUPER_ADMIN").await;
    assert!(
        ["VALIDATION", "FORBIDDEN"].contains(&super_admin["errors"][0]["code"].as_str().unwrap()),
        "{super_admin:#}"
    );

    // An administrator who is switched off leaves no way back in.
    app.sql(
        "insert into users (tenant_id, email, display_name, role, is_first_login)
         select id, 'gone@autos.test', 'Gone', 'ADMIN', false from tenants where slug = 'autos'",
    )
    .await;
    let made = invite(&app, "gone@autos.test", "friend@autos.test", "ADMIN").await;
    assert!(went_well(&made), "{made:#}");
    app.sql("update users set is_active = false where email = 'gone@autos.test'").await;
    let input = json!({ "token": made["token"], "password": PASSWORD });
    let refused = ask(&app, "acceptInvitation", input).await;
    assert_eq!(refusal(&refused), "Whoever invited you may not do so any more; ask for a new invitation.");
    assert_eq!(app.cell("select count(*) from users where email = 'friend@autos.test'").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_manages_users_invites_and_invitations_stay_within_their_tenant() {
    let app = TestApp::world().await;
    let jan = app.sign_in("autos", "jan@autos.test").await;
    let input = json!({ "input": { "email": "nuria@autos.test", "role": "USER" } });
    let reply = jan.send(CREATE, input).await;
    assert_eq!(reply.json["errors"][0]["extensions"]["code"], "FORBIDDEN", "{:#}", reply.json);

    let eva = app.sign_in("casas", "eva@casas.test").await;
    let made = invite(&app, "ana@autos.test", "nuria@autos.test", "USER").await;
    for (mutation, name) in [(RESEND, "resendInvitation"), (REVOKE, "revokeInvitation")] {
        let payload = eva.data(mutation, json!({ "input": { "id": made["invitation"]["id"] } })).await[name].clone();
        assert_eq!(payload["errors"][0]["code"], "NOT_FOUND", "{payload:#}");
    }
    // The token with the other tenant in front is another token.
    let token = made["token"].as_str().unwrap();
    let casas = app.cell("select id from tenants where slug = 'casas'").await;
    let moved = format!("{casas}.{}", token.split_once('.').unwrap().1);
    let payload = ask(&app, "acceptInvitation", json!({ "token": moved, "password": PASSWORD })).await;
    assert_eq!(refusal(&payload), "This link is not valid.");
    assert_eq!(app.cell("select status from invitations where email = 'nuria@autos.test'").await, "PENDING");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_key_sends_no_second_mail_and_shows_no_token() {
    let app = TestApp::world().await;
    let client = app.sign_in("autos", "ana@autos.test").await;
    let input = json!({ "input": { "email": "nuria@autos.test", "role": "USER", "idempotencyKey": "k1" } });
    let first = client.data(CREATE, input.clone()).await["createInvitation"].clone();
    let second = client.data(CREATE, input).await["createInvitation"].clone();
    assert!(first["token"].is_string() && second["token"].is_null(), "{second:#}");
    assert_eq!(first["invitation"]["id"], second["invitation"]["id"]);
    assert_eq!(app.cell("select count(*) from emails").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_acceptance_is_said_and_leaves_the_invitation_open() {
    let app = TestApp::world().await;
    let made = invite(&app, "ana@autos.test", "nuria@autos.test", "USER").await;
    let token = &made["token"];
    for (input, path) in [
        (json!({ "token": token, "password": "short" }), "password"),
        (json!({ "token": token, "password": PASSWORD, "phone": "12" }), "phone"),
        (json!({ "token": token, "password": PASSWORD, "firstName": "a\u{0}b" }), "firstName"),
        (json!({ "token": "x", "password": PASSWORD }), "token"),
        (json!({ "token": "", "password": "" }), "token"),
    ] {
        let payload = ask(&app, "acceptInvitation", input.clone()).await;
        assert_eq!(payload["errors"][0]["path"], json!([path]), "{input} {payload:#}");
    }
    // Somebody else became a user with this address in the meantime.
    app.sql(
        "insert into users (tenant_id, email, display_name, role)
         select id, 'nuria@autos.test', 'Nuria', 'USER' from tenants where slug = 'autos'",
    )
    .await;
    let payload = ask(&app, "acceptInvitation", json!({ "token": token, "password": PASSWORD })).await;
    assert_eq!(payload["errors"][0]["code"], "CONFLICT", "{payload:#}");
    assert_eq!(app.cell("select status from invitations where email = 'nuria@autos.test'").await, "PENDING");
    assert_eq!(
        app.cell("select count(*) from sessions s join users u on u.id = s.user_id where u.email like 'nuria%'").await,
        "0"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_gets_its_session_as_cookies() {
    let app = TestApp::world().await;
    let made = invite(&app, "ana@autos.test", "nuria@autos.test", "USER").await;
    let input = json!({ "token": made["token"], "password": PASSWORD, "cookie": true });
    let (head, json) = whole(&app, "acceptInvitation", input).await;
    assert!(json["data"]["answer"]["csrfToken"].is_string(), "{json:#}");
    assert_eq!(head.matches("set-cookie").count(), 3, "{head}");
}
