//! What is asked of a provider, and which of its answers prove somebody: below GraphQL, against the local issuer.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use mostrador::clock::ManualClock;
use mostrador::oauth::{Begun, OauthClient, OauthError, Proven, Returned};
use serde_json::{Value, json};

use super::issuer::{CLIENT_ID, CLIENT_SECRET, Signature, TestIssuer};

const BACK: &str = "https://app.example/signed-in";

fn now() -> DateTime<Utc> {
    "2026-03-02T09:30:00Z".parse().unwrap()
}

fn client_of(issuer: &TestIssuer) -> OauthClient {
    let providers = json!([{
        "name": "local", "issuer": issuer.url, "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET,
    }]);
    let clock = Arc::new(ManualClock::at(now()));
    let pages = vec![BACK.parse().unwrap()];
    OauthClient::new(&providers.to_string().parse().unwrap(), pages, clock, Duration::from_millis(1500)).unwrap()
}

async fn finish(client: &OauthClient, begun: &Begun, code: &str) -> Result<Proven, OauthError> {
    let returned = Returned { redirect_uri: BACK, code, issuer: None, secrets: &begun.secrets };
    client.finish("local", &returned).await
}

/// One way there and back.
async fn sign_in(client: &OauthClient, issuer: &TestIssuer) -> Result<Proven, OauthError> {
    let begun = client.begin("local", BACK, "state").await?;
    let back = issuer.agree(&begun.authorization_url, "marta@example.com").await;
    assert_eq!(back["state"], "state");
    finish(client, &begun, &back["code"]).await
}

/// A provider with one fault, and what the fault comes to.
async fn refusal(signature: Signature, claims: Value) -> OauthError {
    let issuer = TestIssuer::start(now().timestamp()).await;
    issuer.behave(|behaviour| {
        behaviour.signature = signature;
        behaviour.claims = claims.clone();
    });
    match sign_in(&client_of(&issuer), &issuer).await {
        Ok(_) => panic!("{signature:?} {claims} was taken"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn a_person_who_comes_back_is_known_by_the_providers_subject() {
    let issuer = TestIssuer::start(now().timestamp()).await;
    let client = client_of(&issuer);
    let proven = sign_in(&client, &issuer).await.unwrap();
    assert_eq!(proven.subject, "subject of marta@example.com");
    assert_eq!(proven.email.as_deref(), Some("marta@example.com"));
    assert!(proven.is_email_verified);
    assert_eq!(proven.access_token.as_str(), "access token of marta@example.com");
    assert_eq!(proven.refresh_token.unwrap().as_str(), "refresh token of marta@example.com");

    sign_in(&client, &issuer).await.unwrap();
    let asked = issuer.requests();
    assert_eq!(asked, ["discovery", "authorize", "token", "keys", "authorize", "token"], "documents are kept");
}

#[tokio::test]
async fn rsa_signatures_are_taken() {
    let issuer = TestIssuer::start(now().timestamp()).await;
    issuer.use_rsa();
    assert!(sign_in(&client_of(&issuer), &issuer).await.is_ok());
}

#[tokio::test]
async fn a_secret_goes_into_the_form_where_the_provider_wants_it_there() {
    let issuer = TestIssuer::start(now().timestamp()).await;
    issuer.behave(|behaviour| {
        behaviour.discovery = json!({ "token_endpoint_auth_methods_supported": ["client_secret_post"] });
    });
    assert!(sign_in(&client_of(&issuer), &issuer).await.is_ok());
}

#[tokio::test]
async fn a_token_that_the_issuer_did_not_sign_proves_nothing() {
    for signature in [
        Signature::None,
        Signature::PublicKeyAsSecret,
        Signature::ClientSecret,
        Signature::Unpublished,
        Signature::Changed,
    ] {
        let error = refusal(signature, json!({})).await;
        assert!(matches!(error, OauthError::NotProven(_)), "{signature:?}: {error}");
    }
    // The same with an RSA key, which is what the confusion of algorithms was invented for.
    let issuer = TestIssuer::start(now().timestamp()).await;
    issuer.use_rsa();
    issuer.behave(|behaviour| behaviour.signature = Signature::PublicKeyAsSecret);
    let error = sign_in(&client_of(&issuer), &issuer).await.unwrap_err();
    assert!(matches!(error, OauthError::NotProven(_)), "{error}");
}

#[tokio::test]
async fn a_token_for_somebody_else_or_another_moment_proves_nothing() {
    let at = now().timestamp();
    for (claims, why) in [
        (json!({"nonce": "another"}), "the ID token is of another sign-in"),
        (json!({"nonce": null}), "the ID token is of another sign-in"),
        (json!({"aud": "another client"}), "the ID token is for another client"),
        (json!({"aud": []}), "the ID token is for another client"),
        (json!({"aud": null}), "the ID token lacks claims"),
        (json!({"aud": [CLIENT_ID, "another client"]}), "the ID token is for another client"),
        (json!({"aud": [CLIENT_ID], "azp": "another client"}), "the ID token is for another client"),
        (json!({"iss": "https://another.example"}), "the ID token is of another issuer"),
        (json!({"iss": null}), "the ID token lacks claims"),
        (json!({"exp": at - 61}), "the ID token has expired"),
        (json!({"exp": null}), "the ID token lacks claims"),
        (json!({"exp": "never"}), "the ID token lacks claims"),
        (json!({"iat": at + 3600}), "the ID token is not valid yet"),
        (json!({"nbf": at + 3600}), "the ID token is not valid yet"),
        (json!({"iat": null}), "the ID token lacks claims"),
        (json!({"sub": ""}), "the ID token has no proper subject"),
        (json!({"sub": "x".repeat(256)}), "the ID token has no proper subject"),
        (json!({"sub": null}), "the ID token lacks claims"),
    ] {
        assert_eq!(refusal(Signature::Right, claims.clone()).await, OauthError::NotProven(why), "{claims}");
    }
}

#[tokio::test]
async fn several_audiences_are_fine_when_we_are_the_authorized_party() {
    let issuer = TestIssuer::start(now().timestamp()).await;
    issuer.behave(|behaviour| behaviour.claims = json!({"aud": ["another", CLIENT_ID], "azp": CLIENT_ID}));
    assert!(sign_in(&client_of(&issuer), &issuer).await.is_ok());
}

#[tokio::test]
async fn an_address_counts_as_verified_only_when_the_provider_says_so() {
    for (claim, is_verified) in
        [(json!(false), false), (json!("true"), true), (json!("yes"), false), (json!(null), false)]
    {
        let issuer = TestIssuer::start(now().timestamp()).await;
        issuer.behave(|behaviour| behaviour.claims = json!({ "email_verified": claim }));
        let proven = sign_in(&client_of(&issuer), &issuer).await.unwrap();
        assert_eq!(proven.is_email_verified, is_verified, "{claim}");
    }
}

#[tokio::test]
async fn a_code_works_once_and_only_with_the_verifier_and_the_page_it_was_made_for() {
    let issuer = TestIssuer::start(now().timestamp()).await;
    let client = client_of(&issuer);
    let begun = client.begin("local", BACK, "state").await.unwrap();
    let code = issuer.agree(&begun.authorization_url, "marta@example.com").await["code"].clone();
    finish(&client, &begun, &code).await.unwrap();
    assert_eq!(finish(&client, &begun, &code).await.unwrap_err(), OauthError::CodeRefused);

    let other = client.begin("local", BACK, "state").await.unwrap();
    let code = issuer.agree(&begun.authorization_url, "marta@example.com").await["code"].clone();
    assert_eq!(finish(&client, &other, &code).await.unwrap_err(), OauthError::CodeRefused, "another verifier");

    let code = issuer.agree(&begun.authorization_url, "marta@example.com").await["code"].clone();
    let elsewhere =
        Returned { redirect_uri: "https://app.example/other", code: &code, issuer: None, secrets: &begun.secrets };
    assert_eq!(client.finish("local", &elsewhere).await.unwrap_err(), OauthError::CodeRefused, "another page");
    for code in [String::new(), "x".repeat(5000)] {
        assert_eq!(finish(&client, &begun, &code).await.unwrap_err(), OauthError::CodeRefused);
    }
}

#[tokio::test]
async fn new_keys_are_fetched_when_a_token_is_signed_with_one() {
    let issuer = TestIssuer::start(now().timestamp()).await;
    let client = client_of(&issuer);
    sign_in(&client, &issuer).await.unwrap();
    issuer.rotate_key();
    sign_in(&client, &issuer).await.unwrap();
    let fetched = |issuer: &TestIssuer| issuer.requests().iter().filter(|path| *path == "keys").count();
    assert_eq!(fetched(&issuer), 2);
    // What no key has signed is looked up once more, and not again and again.
    issuer.behave(|behaviour| behaviour.signature = Signature::Unpublished);
    assert!(sign_in(&client, &issuer).await.is_err());
    assert_eq!(fetched(&issuer), 3);
}

#[tokio::test]
async fn a_discovery_document_of_another_issuer_is_not_believed() {
    for discovery in [
        json!({"issuer": "https://another.example"}),
        json!({"issuer": null}),
        json!({"token_endpoint": "http://192.168.0.1/token"}),
        json!({"jwks_uri": "file:///etc/passwd"}),
        json!({"authorization_endpoint": "javascript:alert(1)"}),
    ] {
        let issuer = TestIssuer::start(now().timestamp()).await;
        issuer.behave(|behaviour| behaviour.discovery = discovery.clone());
        assert!(client_of(&issuer).begin("local", BACK, "state").await.is_err(), "{discovery}");
    }
}

#[tokio::test]
async fn the_issuer_named_on_the_way_back_must_be_the_right_one() {
    let issuer = TestIssuer::start(now().timestamp()).await;
    let client = client_of(&issuer);
    let begun = client.begin("local", BACK, "state").await.unwrap();
    let come_back = async |named: Option<&str>| {
        let code = issuer.agree(&begun.authorization_url, "marta@example.com").await["code"].clone();
        let returned = Returned { redirect_uri: BACK, code: &code, issuer: named, secrets: &begun.secrets };
        client.finish("local", &returned).await
    };
    assert!(come_back(Some(&issuer.url)).await.is_ok());
    assert!(matches!(come_back(Some("https://another.example")).await, Err(OauthError::NotProven(_))));
}

#[tokio::test]
async fn an_issuer_that_names_itself_on_the_way_back_must_do_so() {
    let issuer = TestIssuer::start(now().timestamp()).await;
    issuer.behave(|behaviour| {
        behaviour.discovery = json!({ "authorization_response_iss_parameter_supported": true });
    });
    assert!(matches!(sign_in(&client_of(&issuer), &issuer).await, Err(OauthError::NotProven(_))));
}

#[tokio::test]
async fn a_provider_that_is_dead_or_slow_or_broken_is_unavailable() {
    let issuer = TestIssuer::start(now().timestamp()).await;
    let client = client_of(&issuer);
    let begun = client.begin("local", BACK, "state").await.unwrap();
    let unavailable = |result: Result<Proven, OauthError>| {
        let error = result.unwrap_err();
        assert!(matches!(error, OauthError::Unavailable(_)), "{error}");
    };
    for error in [
        (StatusCode::INTERNAL_SERVER_ERROR, json!({})),
        (StatusCode::BAD_REQUEST, json!({"error": "invalid_client"})),
        (StatusCode::BAD_GATEWAY, json!("<html>")),
        (StatusCode::FOUND, json!({})),
    ] {
        issuer.behave(|behaviour| behaviour.token_error = Some(error));
        unavailable(finish(&client, &begun, "code").await);
    }
    let large = json!({ "access_token": "x".repeat(300 * 1024), "id_token": "x" });
    issuer.behave(|behaviour| behaviour.token_error = Some((StatusCode::OK, large)));
    unavailable(finish(&client, &begun, "code").await);
    issuer.behave(|behaviour| behaviour.delay = Duration::from_secs(60));
    unavailable(finish(&client, &begun, "code").await);

    let slow = client_of(&issuer);
    assert!(matches!(slow.begin("local", BACK, "state").await, Err(OauthError::Unavailable(_))));

    let address = issuer.url.clone();
    drop(issuer);
    let mut gone = TestIssuer::start(now().timestamp()).await;
    gone.url = address;
    assert!(matches!(client_of(&gone).begin("local", BACK, "state").await, Err(OauthError::Unavailable(_))));
}

#[tokio::test]
async fn a_dead_provider_is_not_asked_again_by_everybody_at_once() {
    let issuer = TestIssuer::start(now().timestamp()).await;
    issuer.behave(|behaviour| behaviour.delay = Duration::from_secs(60));
    let client = Arc::new(client_of(&issuer));
    let people = (0..50).map(|_| {
        let client = Arc::clone(&client);
        tokio::spawn(async move { client.begin("local", BACK, "state").await.is_err() })
    });
    for person in people.collect::<Vec<_>>() {
        assert!(person.await.unwrap());
    }
    assert_eq!(issuer.requests().len(), 1);
}

#[tokio::test]
async fn only_configured_pages_are_come_back_to() {
    let issuer = TestIssuer::start(now().timestamp()).await;
    let client = client_of(&issuer);
    assert!(client.allows(BACK));
    for page in ["https://app.example/signed-in/", "https://app.example/signed-in?x=1", "https://evil.example/", ""] {
        assert!(!client.allows(page), "{page}");
    }
}
