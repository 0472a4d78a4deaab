//! Signing in with accounts at other providers, against a small provider on this machine.

mod client;
mod issuer;
mod refused;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request, header};
use mostrador::oauth::OauthClient;
use mostrador::request::OauthService;
use mostrador::secrets::Place;
use serde_json::{Value, json};
use tower::ServiceExt;

use self::issuer::{CLIENT_ID, CLIENT_SECRET, TestIssuer};
use crate::app::{TestApp, keys, now};

/// The page that people come back to.
const BACK: &str = "https://app.example/signed-in";

const START: &str = "mutation($tenant: String!, $provider: String!, $redirectUri: String!) {
    startOauth(input: { tenant: $tenant, provider: $provider, redirectUri: $redirectUri }) {
        authorizationUrl browserKey expiresAt errors { code path message }
    } }";

const FINISH: &str = "mutation($state: String!, $code: String!, $browserKey: String!, $cookie: Boolean) {
    finishOauth(input: { state: $state, code: $code, browserKey: $browserKey, cookie: $cookie }) {
        accessToken refreshToken userId mustChangePassword errors { code path message }
    } }";

const START_LINK: &str = "mutation($provider: String!, $redirectUri: String!) {
    startOauthLink(input: { provider: $provider, redirectUri: $redirectUri }) {
        authorizationUrl browserKey errors { code path message }
    } }";

const LINK: &str = "mutation($state: String!, $code: String!, $browserKey: String!) {
    linkOauthAccount(input: { state: $state, code: $code, browserKey: $browserKey }) {
        oauthAccountId errors { code path message }
    } }";

/// The world, with providers to sign in with: `local` for everybody, and `houses` for the tenant casas only.
struct Stage {
    app: TestApp,
    issuer: TestIssuer,
}

/// Somebody who came back from the provider, with what a client hands in.
#[derive(Clone)]
struct Back {
    state: String,
    code: String,
    browser_key: String,
}

impl Back {
    fn variables(&self) -> Value {
        json!({ "state": self.state, "code": self.code, "browserKey": self.browser_key })
    }
}

impl Stage {
    /// `linking`: whether users are found by addresses that the provider has verified.
    async fn new(linking: bool) -> Self {
        let issuer = TestIssuer::start(now().timestamp()).await;
        let provider = |name: &str, tenants: Value| {
            json!({
                "name": name, "issuer": issuer.url, "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET,
                "linkVerifiedEmails": linking, "tenants": tenants,
            })
        };
        let providers = json!([provider("local", json!(null)), provider("houses", json!(["casas"]))]).to_string();
        let world = TestApp::world().await;
        let app = world.serving(|services| {
            let (clock, pages) = (Arc::clone(&services.clock), vec![BACK.parse().unwrap()]);
            let client =
                OauthClient::new(&providers.parse().unwrap(), pages, clock, Duration::from_millis(1500)).unwrap();
            services.oauth = Some(Arc::new(OauthService { client, keys: keys() }));
        });
        Self { app: app.await, issuer }
    }

    /// Asks, with a token or as nobody.
    async fn ask(&self, token: Option<&str>, query: &str, variables: Value) -> (HeaderMap, Value) {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let mut request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let response = self.app.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let headers = response.headers().clone();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (headers, serde_json::from_slice(&body).unwrap())
    }

    /// What a mutation answers, which must have run.
    async fn payload(&self, token: Option<&str>, query: &str, variables: Value) -> Value {
        let (_, answer) = self.ask(token, query, variables).await;
        assert!(answer.get("errors").is_none(), "{query}\n{answer:#}");
        answer["data"].as_object().unwrap().values().next().unwrap().clone()
    }

    /// Somebody goes to the provider as `person`, and comes back.
    async fn go(&self, started: &Value, person: &str) -> Back {
        assert_eq!(started["errors"], json!([]));
        let back: HashMap<_, _> = self.issuer.agree(started["authorizationUrl"].as_str().unwrap(), person).await;
        let browser_key = started["browserKey"].as_str().unwrap().to_owned();
        Back { state: back["state"].clone(), code: back["code"].clone(), browser_key }
    }

    async fn go_to_sign_in(&self, tenant: &str, person: &str) -> Back {
        let variables = json!({ "tenant": tenant, "provider": "local", "redirectUri": BACK });
        self.go(&self.payload(None, START, variables).await, person).await
    }

    async fn go_to_link(&self, token: &str, person: &str) -> Back {
        let variables = json!({ "provider": "local", "redirectUri": BACK });
        self.go(&self.payload(Some(token), START_LINK, variables).await, person).await
    }

    /// There and back, and signed in: or not.
    async fn sign_in(&self, tenant: &str, person: &str) -> Value {
        let back = self.go_to_sign_in(tenant, person).await;
        self.payload(None, FINISH, back.variables()).await
    }

    async fn link(&self, token: &str, person: &str) -> Value {
        let back = self.go_to_link(token, person).await;
        self.payload(Some(token), LINK, back.variables()).await
    }

    async fn count(&self, table: &str) -> String {
        self.app.cell(&format!("select count(*) from {table}")).await
    }
}

/// The code of the one error of a payload.
fn code(payload: &Value) -> &str {
    assert_eq!(payload["errors"].as_array().unwrap().len(), 1, "{payload:#}");
    payload["errors"][0]["code"].as_str().unwrap()
}

/// The code of the one error of an answer.
fn failure(answer: &Value) -> &str {
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1, "{answer:#}");
    answer["errors"][0]["extensions"]["code"].as_str().unwrap()
}

/// Shows rule:oauth-login.
#[tokio::test(flavor = "multi_thread")]
async fn who_links_an_account_signs_in_with_it() {
    let stage = Stage::new(false).await;
    let jan = stage.app.sign_in("autos", "jan@autos.test").await;
    // The address is nobody's here; only the subject counts.
    let linked = stage.link(&jan.token, "jan@private.example").await;
    assert_eq!(linked["errors"], json!([]));

    let signed_in = stage.sign_in("autos", "jan@private.example").await;
    assert_eq!(signed_in["errors"], json!([]));
    assert_eq!(signed_in["mustChangePassword"], false);
    let token = signed_in["accessToken"].as_str().unwrap();
    let mine = stage.payload(
        Some(token),
        "{ oauthAccounts { nodes { id provider providerAccountId user { email } } } }",
        json!({}),
    );
    assert_eq!(
        mine.await["nodes"],
        json!([{
            "id": linked["oauthAccountId"], "provider": "local",
            "providerAccountId": "subject of jan@private.example", "user": { "email": "jan@autos.test" },
        }])
    );
    // It was written down.
    let audit =
        "select string_agg(action || ' ' || coalesce(details ->> 'method', ''), ', ' order by id) from audit_logs
                  where action like 'oauth%' or action like 'session.%' and details ->> 'method' = 'OAUTH'";
    assert_eq!(stage.app.cell(audit).await, "oauth_account.connected , session.started OAUTH");
    assert_eq!(stage.count("oauth_flows").await, "0", "nothing is left of the ways there and back");
}

/// Shows rule:oauth-login.
#[tokio::test(flavor = "multi_thread")]
async fn linking_again_is_no_mistake_and_the_account_of_somebody_else_is_refused() {
    let stage = Stage::new(false).await;
    let jan = stage.app.sign_in("autos", "jan@autos.test").await;
    let first = stage.link(&jan.token, "jan@private.example").await;
    assert_eq!(stage.link(&jan.token, "jan@private.example").await, first);

    let ana = stage.app.sign_in("autos", "ana@autos.test").await;
    let refused = stage.link(&ana.token, "jan@private.example").await;
    assert_eq!((code(&refused), &refused["oauthAccountId"]), ("CONFLICT", &json!(null)));
    // In another business the same account is another one.
    let eva = stage.app.sign_in("casas", "eva@casas.test").await;
    assert_eq!(stage.link(&eva.token, "jan@private.example").await["errors"], json!([]));
    let subject = |user: &Value| user["userId"].as_str().unwrap().to_owned();
    let (in_autos, in_casas) =
        (stage.sign_in("autos", "jan@private.example").await, stage.sign_in("casas", "jan@private.example").await);
    assert_ne!(subject(&in_autos), subject(&in_casas));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unlinked_account_opens_nothing_any_more() {
    let stage = Stage::new(false).await;
    let jan = stage.app.sign_in("autos", "jan@autos.test").await;
    let id = stage.link(&jan.token, "jan@private.example").await["oauthAccountId"].clone();
    // Neither can somebody else unlink it, nor see it; not even who runs the business.
    let delete = "mutation($id: ID!) { deleteOauthAccount(input: { id: $id }) { errors { code } } }";
    let ana = stage.app.sign_in("autos", "ana@autos.test").await;
    assert_eq!(code(&stage.payload(Some(&ana.token), delete, json!({ "id": id })).await), "NOT_FOUND");
    let (_, seen) =
        stage.ask(Some(&ana.token), "query($id: ID!) { oauthAccount(id: $id) { id } }", json!({ "id": id })).await;
    assert_eq!(failure(&seen), "NOT_FOUND");
    let seen = "{ users(filter: { email: { eq: \"jan@autos.test\" } }) { nodes { oauthAccounts { totalCount } } } }";
    let seen = stage.payload(Some(&ana.token), seen, json!({})).await;
    assert_eq!(seen["nodes"][0]["oauthAccounts"]["totalCount"], 0);

    assert_eq!(stage.payload(Some(&jan.token), delete, json!({ "id": id })).await["errors"], json!([]));
    assert_eq!(code(&stage.sign_in("autos", "jan@private.example").await), "INVALID_CREDENTIALS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verified_address_links_the_user_who_has_it_where_that_is_allowed() {
    let stage = Stage::new(true).await;
    let signed_in = stage.sign_in("autos", "JAN@autos.test").await;
    assert_eq!(signed_in["errors"], json!([]));
    let jan = stage.app.cell("select user_id::text from oauth_accounts where provider = 'local'").await;
    assert_eq!(jan, stage.app.cell("select id::text from users where email = 'jan@autos.test'").await);
    // From now on the subject counts, whatever becomes of the address.
    stage
        .issuer
        .behave(|behaviour| behaviour.claims = json!({ "email": "other@example.com", "email_verified": false }));
    assert_eq!(stage.sign_in("autos", "JAN@autos.test").await["userId"], signed_in["userId"]);
}

/// Shows rule:encryption-oauth-accounts, rule:never-plaintext.
#[tokio::test(flavor = "multi_thread")]
async fn the_providers_tokens_are_stored_sealed_and_renewed_with_every_sign_in() {
    let stage = Stage::new(true).await;
    stage.sign_in("autos", "jan@autos.test").await;
    let stored = async || {
        let row = stage
            .app
            .rows(
                "select tenant_id::text, id::text, encode(access_token, 'hex'), encode(refresh_token, 'hex'),
                        strpos(encode(access_token, 'escape'), 'jan') from oauth_accounts where provider = 'local'",
            )
            .await;
        row.into_iter().next().unwrap()
    };
    let first = stored().await;
    let bytes = |hex: &str| {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect::<Vec<_>>()
    };
    for (column, cell, clear) in
        [("access_token", 2, "access token of jan@autos.test"), ("refresh_token", 3, "refresh token of jan@autos.test")]
    {
        let (tenant, row) = (first[0].parse().unwrap(), first[1].parse().unwrap());
        let place = Place { tenant, table: "oauth_accounts", column, row };
        assert_eq!(keys().open(&place, &bytes(&first[cell])).unwrap().expose_text(), Some(clear));
    }
    assert_eq!(first[4], "0", "the token can be read in the table");
    stage.sign_in("autos", "jan@autos.test").await;
    assert_ne!(stored().await[2], first[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_may_have_the_session_as_cookies() {
    let stage = Stage::new(true).await;
    let mut variables = stage.go_to_sign_in("autos", "jan@autos.test").await.variables();
    variables["cookie"] = json!(true);
    let (headers, answer) = stage.ask(None, FINISH, variables).await;
    assert_eq!(answer["data"]["finishOauth"]["errors"], json!([]));
    let cookies: Vec<_> = headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect();
    assert!(cookies.iter().filter(|cookie| cookie.contains("HttpOnly")).count() >= 2, "{cookies:?}");
}
