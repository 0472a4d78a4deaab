//! Being somebody else: tokens whose parts do not belong together, and tokens that nobody signed.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mostrador::token::{Bearer, Key, KeySet, Tokens};
use serde_json::{Value, json};
use uuid::Uuid;

use super::ask::ask;
use super::stage::{A, B, Stage, of_b, of_nobody};

const QUERY: &str = "{ viewer { user { id } tenant { id } } contacts { totalCount } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_token_whose_parts_do_not_belong_together_is_nobodys() {
    let stage = Stage::set().await;
    let admin = stage.admin;
    let good = ask(&stage.a, QUERY, &json!({})).await;
    assert!(good.codes().is_empty(), "{}", good.text());
    let nobody = ask(&stage.both.client_in(of_nobody(A), of_nobody(admin), of_nobody(admin)), QUERY, &json!({})).await;
    assert_eq!(nobody.codes(), ["UNAUTHENTICATED"]);
    let another = stage.person_id("EMPLOYEE");
    let (users, mut tried) = ([admin, of_b(admin), of_nobody(admin), another], 0);
    for tenant in [A, B, of_nobody(A)] {
        for user in users {
            for session in users {
                let is_whole =
                    user == session && (tenant == A && user != of_b(user) || tenant == B && user == of_b(admin));
                if is_whole && user != of_nobody(admin) {
                    continue;
                }
                tried += 1;
                let answer = ask(&stage.both.client_in(tenant, user, session), QUERY, &json!({})).await;
                assert_eq!(answer, nobody, "tenant {tenant}, user {user}, session {session}");
                // Nor does a home tenant help who is not of the platform.
                for home in [A, B] {
                    let answer = ask(&stage.both.acting(tenant, user, session, home), QUERY, &json!({})).await;
                    assert_eq!(answer, nobody, "tenant {tenant}, user {user}, session {session}, home {home}");
                }
            }
        }
    }
    assert!(tried > 20, "{tried}");
    // A whole identity of A with A or B as a home is no staff either.
    for (tenant, home) in [(A, A), (B, A), (A, B), (B, B)] {
        let answer = ask(&stage.both.acting(tenant, admin, admin, home), QUERY, &json!({})).await;
        assert_eq!(answer, nobody, "{home} acts in {tenant}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_changed_or_signed_by_another_key_is_nobodys() {
    let stage = Stage::set().await;
    let admin = stage.admin;
    let garbage = with_token(&stage, "garbage").await;
    assert_eq!(garbage.codes(), ["UNAUTHENTICATED"]);
    let token = stage.a.token.clone();
    let parts: Vec<&str> = token.split('.').collect();
    let claims = |change: &dyn Fn(&mut Value)| {
        let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
        change(&mut claims);
        URL_SAFE_NO_PAD.encode(claims.to_string())
    };
    let theirs = stage.b.token.split('.').map(ToOwned::to_owned).collect::<Vec<_>>();
    let none = URL_SAFE_NO_PAD.encode(json!({ "alg": "none", "typ": "JWT" }).to_string());
    let in_b = claims(&|claims| {
        claims["tid"] = json!(B.to_string());
        claims["sub"] = json!(of_b(admin).to_string());
        claims["sid"] = json!(of_b(admin).to_string());
    });
    let forged = [
        format!("{}.{}.{}", parts[0], claims(&|claims| claims["tid"] = json!(B.to_string())), parts[2]),
        format!("{}.{in_b}.{}", parts[0], parts[2]),
        format!("{}.{in_b}.{}", parts[0], theirs[2]),
        format!("{}.{}.{}", parts[0], theirs[1], parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], theirs[2]),
        format!("{none}.{in_b}."),
        format!("{none}.{in_b}.{}", parts[2]),
        format!("{}.{in_b}.", parts[0]),
        format!("{}.{in_b}", parts[0]),
    ];
    for token in forged {
        let answer = with_token(&stage, &token).await;
        assert_eq!(answer.codes(), ["UNAUTHENTICATED"], "{token}");
        assert!(answer.json["data"].is_null(), "{token}");
    }
    let clock = Arc::clone(&stage.both.clock) as mostrador::clock::SharedClock;
    let wrong = Tokens::new(KeySet::new(&Key::secret(&[8; 32]).unwrap(), []).unwrap(), clock);
    for (tenant, user) in [(A, admin), (B, of_b(admin))] {
        let bearer =
            Bearer { user_id: user, tenant_id: tenant, session_id: user, home_tenant_id: None, csrf_hash: None };
        let token = wrong.issue(&bearer, Duration::from_secs(600)).unwrap().text;
        assert_eq!(with_token(&stage, &token).await, garbage, "signed by another key");
    }
}

async fn with_token(stage: &Stage, token: &str) -> super::ask::Answer {
    let mut client = stage.both.client_in(A, Uuid::nil(), Uuid::nil());
    client.token = token.to_owned();
    ask(&client, QUERY, &json!({})).await
}
