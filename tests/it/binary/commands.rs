//! The commands beside `serve`, against a database that was named.

use std::process::{Command, Output};

use super::gateway::{Folder, Gateway, mostrador};
use crate::app::{cluster, superuser, template};

/// An empty database of the shared cluster, and the environment that names it.
pub(super) struct Named {
    pub(super) api: String,
    owner: String,
    /// Where files are kept: the demo has some.
    files: Folder,
}

impl Named {
    pub(super) async fn new(name: &str) -> Self {
        // The template has made the owner.
        template().await;
        superuser("postgres")
            .await
            .batch_execute(&format!("create database {name} owner mostrador_owner"))
            .await
            .unwrap();
        let cluster = cluster().await;
        Self {
            api: cluster.url("mostrador_api", name),
            owner: cluster.url("mostrador_owner", name),
            files: Folder::new(),
        }
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = mostrador(arguments);
        command.env("DATABASE_URL", &self.api).env("MIGRATE_URL", &self.owner).env("JWT_SECRET", "0f".repeat(32));
        command.env("ENCRYPTION_KEYS", "test:AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=");
        command.env("FILE_STORE_DIR", self.files.path());
        command
    }

    pub(super) async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }
}

pub(super) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_database_is_migrated_filled_examined_and_served_when_told_to() {
    let named = Named::new("named").await;

    // Before it is migrated, nothing touches it, and everything says what to do.
    for command in ["serve", "demo", "doctor"] {
        let mut before = named.command(&[command]);
        before.env("LISTEN", "127.0.0.1:0");
        let before = tokio::task::spawn_blocking(move || before.output().unwrap()).await.unwrap();
        assert_eq!(before.status.code(), Some(1), "{command}: {}", said(&before));
        assert!(said(&before).contains("mostrador migrate"), "{command}: {}", said(&before));
    }

    let migrated = named.run(&["migrate"]).await;
    assert!(migrated.status.success(), "{}", said(&migrated));
    let again = named.run(&["migrate"]).await;
    assert!(again.status.success(), "{}", said(&again));
    assert_ne!(migrated.stdout, again.stdout, "the second time there is nothing to do");

    let doctor = named.run(&["doctor"]).await;
    assert!(doctor.status.success(), "{}", said(&doctor));
    assert!(!said(&doctor).contains("BAD"), "{}", said(&doctor));

    let unknown = named.run(&["token", "--tenant", "nobody", "--user", "nobody@nowhere.example"]).await;
    assert_eq!(unknown.status.code(), Some(1), "{}", said(&unknown));
    assert!(said(&unknown).contains("nobody"), "{}", said(&unknown));

    let demo = named.run(&["demo", "--scale", "2"]).await;
    assert!(demo.status.success(), "{}", said(&demo));
    let count = superuser("named")
        .await
        .query_one("select count(*), count(distinct tenant_id) from contacts", &[])
        .await
        .unwrap();
    assert!(count.get::<_, i64>(0) > 5_000, "scale 2 has about 6,000 contacts");
    let twice = named.run(&["demo"]).await;
    assert_eq!(twice.status.code(), Some(1), "{}", said(&twice));
    assert_eq!(
        said(&twice).trim_end().lines().filter(|line| line.starts_with("mostrador: ")).count(),
        1,
        "{}",
        said(&twice)
    );

    let rotated = named.run(&["rotate-keys"]).await;
    assert!(rotated.status.success(), "{}", said(&rotated));
    assert!(said(&rotated).contains("values were sealed anew with the key test"), "{}", said(&rotated));

    let login = &mostrador::demo::logins()[0];
    let token = named.run(&["token", "--tenant", &login.tenant_slug, "--user", &login.email, "--ttl", "5m"]).await;
    assert!(token.status.success(), "{}", said(&token));
    let token = String::from_utf8(token.stdout).unwrap();
    assert_eq!(token.trim().split('.').count(), 3, "{token}");
    let session = "select count(*) from sessions s join audit_logs a on a.target_id = 'session_' || s.id \
                   where s.is_active and s.user_agent = 'mostrador token' and a.action = 'session.started'";
    let sessions = superuser("named").await.query_one(session, &[]).await.unwrap();
    assert_eq!(sessions.get::<_, i64>(0), 1);

    // Served as it is: in production nobody signs in without a password, and nothing is embedded. The secret has
    // changed since the token was made.
    let folder = Folder::new();
    let mut serve = named.command(&["serve"]);
    serve.env("LISTEN", "127.0.0.1:0").env("JWT_SECRET", "1e".repeat(32)).env("JWT_SECRETS_OLD", "0f".repeat(32));
    let served = tokio::task::spawn_blocking(move || {
        let mut gateway = Gateway::run(serve, &folder);
        token.trim().clone_into(&mut gateway.token);
        let answer = gateway.query("{ contacts { totalCount } viewer { user { email } } }");
        gateway.signal(nix::sys::signal::Signal::SIGINT);
        assert_eq!(gateway.ended().code(), Some(0));
        assert_eq!(folder.postmaster(), None, "a database was embedded although one was named");
        answer
    });
    let answer = served.await.unwrap();
    assert_eq!(answer["data"]["viewer"]["user"]["email"], login.email.as_str(), "{answer:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_names_what_is_wrong() {
    let named = Named::new("sick").await;
    assert!(named.run(&["migrate"]).await.status.success());
    superuser("sick").await.batch_execute("alter table contacts no force row level security").await.unwrap();
    let doctor = named.run(&["doctor"]).await;
    assert_eq!(doctor.status.code(), Some(1), "{}", said(&doctor));
    assert!(said(&doctor).contains("contacts"), "{}", said(&doctor));

    // A login that row-level security does not hold.
    let as_superuser = cluster().await.url("postgres", "sick");
    let mut command = named.command(&["doctor"]);
    command.env("DATABASE_URL", as_superuser).env("JWT_SECRET", "a".repeat(32));
    let doctor = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert_eq!(doctor.status.code(), Some(1), "{}", said(&doctor));
    for words in ["superuser", "JWT_SECRET"] {
        assert!(said(&doctor).contains(words), "{}", said(&doctor));
    }

    let mut command = named.command(&["doctor"]);
    command.env("DATABASE_URL", "postgres://ana:hunter2@127.0.0.1:1/nowhere");
    let doctor = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert_eq!(doctor.status.code(), Some(1), "{}", said(&doctor));
    assert!(
        said(&doctor).contains("nowhere at 127.0.0.1:1") && !said(&doctor).contains("hunter2"),
        "{}",
        said(&doctor)
    );
}

#[test]
fn the_schema_is_printed_as_it_is() {
    let output = mostrador(&["schema"]).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    assert!(String::from_utf8(output.stdout).unwrap() == mostrador::graphql::schema::sdl());
    // A reader who has seen enough is no failure.
    let cut =
        Command::new("sh").args(["-c", "\"$0\" schema | head -1", env!("CARGO_BIN_EXE_mostrador")]).output().unwrap();
    assert!(cut.stderr.is_empty(), "{}", String::from_utf8_lossy(&cut.stderr));
}
