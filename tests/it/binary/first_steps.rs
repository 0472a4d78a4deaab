//! The first steps in production: from an empty database to an administrator of a business who works in it, with
//! nothing but commands and the API.

use std::process::Output;

use serde_json::{Value, json};

use super::commands::{Named, said};
use super::gateway::{Folder, Gateway};
use crate::app::superuser;

const PASSWORD: &str = "a long walk in Oviedo";

const MOTOS: [&str; 7] = [
    "tenant",
    "--slug=motos",
    "--name=Motos Este",
    "--currency=EUR",
    "--timezone=Europe/Madrid",
    "--admin=lola@motos.example",
    "--email=hola@motos.example",
];

const VERA: [&str; 3] = ["platform", "--email=vera@platform.example", "--name=Vera Duarte"];

/// Runs a command as in production.
async fn run(named: &Named, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = named.command(arguments);
    command.env("ENVIRONMENT", "production").envs(variables.iter().copied());
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// The one line on standard output, which is nowhere else.
async fn token_of(named: &Named, arguments: &[&str]) -> String {
    let output = run(named, arguments, &[]).await;
    assert!(output.status.success(), "{}", said(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    let token = text.strip_suffix('\n').unwrap().to_owned();
    assert!(!token.is_empty() && !token.contains(char::is_whitespace), "{text}");
    assert!(!String::from_utf8(output.stderr).unwrap().contains(&token));
    token
}

/// The one line that says why a command did not work.
async fn refusal_of(named: &Named, arguments: &[&str], variables: &[(&str, &str)], code: i32) -> String {
    let output = run(named, arguments, variables).await;
    assert_eq!(output.status.code(), Some(code), "{}", said(&output));
    assert!(output.stdout.is_empty(), "{}", said(&output));
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    text.trim_end().strip_prefix("mostrador: ").unwrap().to_owned()
}

async fn cells(sql: &str) -> Vec<String> {
    let rows = superuser("first_steps").await.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

fn reset(gateway: &Gateway, token: &str) -> Value {
    let answer = gateway.query(&format!(
        "mutation {{ resetPassword(input: {{ token: \"{token}\", newPassword: \"{PASSWORD}\" }}) {{ userId errors {{ message }} }} }}"
    ));
    answer["data"]["resetPassword"].clone()
}

fn accept(gateway: &Gateway, token: &str) -> Value {
    let answer = gateway.query(&format!(
        "mutation {{ acceptInvitation(input: {{ token: \"{token}\", password: \"{PASSWORD}\" }}) {{ accessToken errors {{ message }} }} }}"
    ));
    answer["data"]["acceptInvitation"].clone()
}

fn sign_in(gateway: &mut Gateway, tenant: &str, email: &str) {
    gateway.token.clear();
    let answer = gateway.query(&format!(
        "mutation {{ signIn(input: {{ tenant: \"{tenant}\", email: \"{email}\", password: \"{PASSWORD}\" }}) {{ accessToken errors {{ message }} }} }}"
    ));
    let token = answer["data"]["signIn"]["accessToken"].as_str().unwrap_or_else(|| panic!("{answer:#}"));
    token.clone_into(&mut gateway.token);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_becomes_a_platform_with_a_business_whose_administrator_works_in_it() {
    let named = Named::new("first_steps").await;
    for command in [&VERA[..], &MOTOS] {
        let refusal = refusal_of(&named, command, &[], 1).await;
        assert!(refusal.contains("mostrador migrate"), "{refusal}");
    }
    assert!(run(&named, &["migrate"], &[]).await.status.success());

    // Nothing is made by mistake, and every mistake is named.
    let api = named.api.clone();
    for command in [&VERA[..], &MOTOS] {
        let refusal = refusal_of(&named, command, &[("MIGRATE_URL", &api)], 2).await;
        assert_eq!(refusal, "MIGRATE_URL must name the role that owns the tables");
    }
    let platform_without_address = ["platform", "--email=vera"];
    let mut nowhere = MOTOS;
    nowhere[4] = "--timezone=Europe/Nowhere";
    let mut two_words = MOTOS;
    two_words[1] = "--slug=Motos Este";
    let mut no_address = MOTOS;
    no_address[5] = "--admin=lola";
    for (command, expected) in [
        (&platform_without_address[..], "could not make the platform: This is not an e-mail address."),
        (&nowhere, "could not make the business: This is not the name of a time zone, such as Europe/Madrid."),
        (
            &two_words,
            "could not make the business: A slug has 2 to 63 characters: lower case letters, digits, and single \
             hyphens between them.",
        ),
        (&no_address, "could not make the business: This is not an e-mail address."),
    ] {
        assert_eq!(refusal_of(&named, command, &[], 1).await, expected);
    }
    let mut no_currency = MOTOS;
    no_currency[3] = "--currency=euro";
    let refusal = refusal_of(&named, &no_currency, &[], 2).await;
    assert_eq!(refusal, "CURRENCY (--currency) must be the code of a currency, as EUR, not \"euro\"");
    assert!(cells("select slug from tenants").await.is_empty());

    // Each command twice: the second makes nothing but a new link.
    let mut resets = [token_of(&named, &VERA).await, token_of(&named, &VERA).await];
    let invitations = [token_of(&named, &MOTOS).await, token_of(&named, &MOTOS).await];
    assert_eq!(
        cells("select slug || ' ' || status from tenants order by slug").await,
        ["motos TRIAL", "platform ACTIVE"]
    );
    assert_eq!(cells("select email || ' ' || role from users").await, ["vera@platform.example SUPER_ADMIN"]);
    assert_eq!(cells("select email || ' ' || role from invitations").await, ["lola@motos.example ADMIN"]);
    assert_eq!(cells("select count(*)::text from contact_statuses").await, ["6"]);
    let audited = "select t.slug || ' ' || a.action from audit_logs a join tenants t on t.id = a.tenant_id \
                   where details -> 'actor' ->> 'databaseRole' = 'mostrador_owner' and action !~ 'role' order by a.id";
    let expected = [
        "platform tenant.created",
        "platform user.created",
        "platform user.reset_link_made",
        "platform user.reset_link_made",
        "motos tenant.created",
        "platform tenant.created",
        "motos invitation.created",
        "motos invitation.resent",
    ];
    assert_eq!(cells(audited).await, expected);
    let mut other = MOTOS;
    other[2] = "--name=Motos Oeste";
    assert_eq!(refusal_of(&named, &other, &[], 1).await, "another business already uses the slug \"motos\"");
    other[1] = "--slug=platform";
    assert_eq!(refusal_of(&named, &other, &[], 1).await, "another business already uses the slug \"platform\"");

    // With pages to open, the link of the mail.
    let with_pages = run(&named, &VERA, &[("APP_URL", "https://app.example/")]).await;
    let link = String::from_utf8(with_pages.stdout).unwrap();
    let token = link.trim_end().strip_prefix("https://app.example/reset-password#token=").unwrap();
    let earlier = std::mem::replace(&mut resets[1], token.to_owned());

    let mut serve = named.command(&["serve"]);
    serve.env("ENVIRONMENT", "production").env("LISTEN", "127.0.0.1:0");
    let served = tokio::task::spawn_blocking(move || {
        let folder = Folder::new();
        let mut gateway = Gateway::run_silently(serve, &folder);

        for old in [&resets[0], &earlier] {
            assert_eq!(reset(&gateway, old)["errors"][0]["message"], "This link was used already.");
        }
        assert_eq!(reset(&gateway, &resets[1])["errors"], json!([]));
        assert_eq!(reset(&gateway, &resets[1])["errors"][0]["message"], "This link was used already.");
        sign_in(&mut gateway, "platform", "vera@platform.example");
        let answer = gateway.query(
            "{ viewer { user { displayName role } } tenants(orderBy: [{ field: SLUG, direction: ASC }]) { nodes { slug } } }",
        );
        assert_eq!(answer["data"]["viewer"]["user"], json!({ "displayName": "Vera Duarte", "role": "SUPER_ADMIN" }));
        assert_eq!(
            answer["data"]["tenants"]["nodes"],
            json!([{ "slug": "motos" }, { "slug": "platform" }]),
            "{answer:#}"
        );

        gateway.token.clear();
        assert_eq!(accept(&gateway, &invitations[0])["errors"][0]["message"], "This link is not valid.");
        assert_eq!(accept(&gateway, &invitations[1])["errors"], json!([]));
        sign_in(&mut gateway, "motos", "lola@motos.example");
        let answer = gateway.query(
            "mutation { createContact(input: {displayName: \"Pepa\"}) { contact { displayName status { code } } errors { message } } }",
        );
        let contact = json!({ "displayName": "Pepa", "status": { "code": "NEW" } });
        assert_eq!(answer["data"]["createContact"]["contact"], contact, "{answer:#}");
        let answer = gateway.query("{ viewer { user { email role } } tenants { nodes { slug email } } }");
        assert_eq!(answer["data"]["viewer"]["user"], json!({ "email": "lola@motos.example", "role": "ADMIN" }));
        let own = json!([{ "slug": "motos", "email": "hola@motos.example" }]);
        assert_eq!(answer["data"]["tenants"]["nodes"], own, "{answer:#}");

        for secret in resets.iter().chain(&invitations) {
            assert!(!gateway.log().contains(secret));
        }
        gateway.signal(nix::sys::signal::Signal::SIGINT);
        assert_eq!(gateway.ended().code(), Some(0));
    });
    served.await.unwrap();

    // From here on people let each other in.
    let refusal = refusal_of(&named, &MOTOS, &[], 1).await;
    assert_eq!(refusal, "the business \"motos\" has users already: its administrators invite more");
    token_of(&named, &["platform", "--email=VERA@platform.example"]).await;
    token_of(&named, &["platform", "--email=ivan@platform.example"]).await;
    let people = "select display_name from users where role = 'SUPER_ADMIN' order by id";
    assert_eq!(cells(people).await, ["Vera Duarte", "ivan@platform.example"]);
    superuser("first_steps")
        .await
        .batch_execute("update users set is_active = false where email like 'ivan%'")
        .await
        .unwrap();
    let refusal = refusal_of(&named, &["platform", "--email=ivan@platform.example"], &[], 1).await;
    assert_eq!(refusal, "the platform's user \"ivan@platform.example\" is not active");
}
