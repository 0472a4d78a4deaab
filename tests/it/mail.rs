//! The outbox and its worker, against a small SMTP server that behaves badly.
//!
//! The moments of waiting are shortened by moving `next_attempt_at` in the database, not by sleeping.

pub(crate) mod fake_smtp;
pub(crate) mod room;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use mostrador::db::{Actor, Counters, Mode, Scope, Transaction};
use mostrador::ids::{SharedIds, SystemIds};
use mostrador::mail::{Letter, Locale, MailKeeper, Pace, Posting, Postman, Transport};
use mostrador::work::{Crew, Tenancy, Worker};
use uuid::Uuid;

use self::fake_smtp::{FakeSmtp, Manner};
use crate::app::{TestApp, outbox};

/// Hurried, with waits so long that a test must end them itself.
const PACE: Pace = Pace {
    rest: Duration::from_millis(10),
    lease: Duration::from_secs(600),
    first_wait: Duration::from_secs(3600),
    longest_wait: Duration::from_secs(7200),
    most_attempts: 3,
};

fn ids() -> SharedIds {
    Arc::new(SystemIds)
}

/// A postman of this application.
pub(crate) fn postman(app: &TestApp, server: &FakeSmtp) -> Box<dyn Worker> {
    let transport = Transport::Smtp(server.url().parse().unwrap());
    postman_by(app, transport, PACE)
}

fn postman_by(app: &TestApp, transport: Transport, pace: Pace) -> Box<dyn Worker> {
    let sender = "Mostrador <no-reply@shop.example>".parse().unwrap();
    Box::new(Postman::new(Tenancy::new(app.database.clone()), outbox(&ids()), ids(), sender, transport, pace))
}

async fn tenant(app: &TestApp, slug: &str) -> Uuid {
    app.cell(&format!("select id from tenants where slug = '{slug}'")).await.parse().unwrap()
}

/// Posts a mail with a token in it, and commits or not.
async fn post(app: &TestApp, slug: &str, to: &str, is_committed: bool) -> Uuid {
    let tenant = tenant(app, slug).await;
    let actor = Actor::tenant(tenant, Scope::default());
    let transaction = Transaction::new(app.database.clone(), Mode::Write, actor, Arc::new(Counters::default()));
    let letter = Letter::MagicLink { business: "Autos del Sur".into(), token: "very.secret".into() };
    let posting = Posting {
        tenant,
        to,
        locale: Locale::Spanish,
        reference: None,
        valid_for: Duration::from_secs(3600),
        letter: &letter,
    };
    let id = outbox(&ids()).post(&transaction, posting).await.unwrap();
    if is_committed {
        transaction.commit().await.unwrap()
    } else {
        transaction.rollback().await.unwrap()
    }
    id
}

/// What the outbox says of its mails, oldest first.
async fn states(app: &TestApp) -> Vec<String> {
    let sql = "select concat_ws(' ', status, attempts, last_error, case when body is null then 'wiped' end) from emails order by id";
    app.rows(sql).await.into_iter().flatten().collect()
}

/// Lets the waits and leases run out.
async fn hurry(app: &TestApp) {
    app.sql("update emails set next_attempt_at = now() where status in ('QUEUED', 'SENDING')").await;
}

/// Waits until a condition on the database holds.
pub(crate) async fn until(app: &TestApp, condition: &str) {
    let sql = format!("select ({condition})::text");
    for _ in 0..3000 {
        if app.cell(&sql).await == "true" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never came true: {condition}; mails: {:?}", states(app).await);
}

async fn stop(crew: Crew) {
    assert!(crew.stop(Duration::from_secs(60)).await, "the crew did not come to an end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_of_a_committed_transaction_is_sent_once_and_its_text_wiped() {
    let app = TestApp::world().await;
    let server = FakeSmtp::start([Manner::TakesAndFreezes]).await;
    post(&app, "autos", "nobody@autos.test", false).await;
    let id = post(&app, "autos", "ana@autos.test", true).await;
    let stored = app.cell("select encode(body, 'escape') from emails").await;
    assert!(!stored.contains("secret") && !stored.contains("Autos"), "{stored}");

    let crew = Crew::start(vec![postman(&app, &server), postman(&app, &server)]);
    until(&app, "select bool_and(status = 'SENT') from emails").await;
    stop(crew).await;
    assert_eq!(states(&app).await, ["SENT 1 wiped"]);
    let taken = server.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].to, "ana@autos.test");
    assert_eq!(taken[0].header("Message-ID"), format!("<{id}@shop.example>"));
    assert_eq!(taken[0].token(), "very.secret");
    assert!(taken[0].header("Subject").contains("Autos del Sur"), "{}", taken[0].text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_pass_is_tried_again_and_what_may_not_is_given_up() {
    for (manner, after) in [
        (Manner::HangsUp, "QUEUED 1 CONNECTION_FAILED"),
        (Manner::LaterRecipient, "QUEUED 1 RECIPIENT_451"),
        (Manner::NeverSender, "QUEUED 1 SENDER_550"),
        (Manner::LaterMessage, "QUEUED 1 MESSAGE_452"),
        (Manner::DiesInMessage, "QUEUED 1 MESSAGE_FAILED"),
        (Manner::NeverRecipient, "DEAD 1 RECIPIENT_550"),
        (Manner::NeverMessage, "DEAD 1 MESSAGE_554"),
    ] {
        let app = TestApp::world().await;
        let server = FakeSmtp::start([manner]).await;
        post(&app, "autos", "ana@autos.test", true).await;
        let crew = Crew::start(vec![postman(&app, &server)]);
        until(&app, "select bool_and(last_error is not null) from emails").await;
        assert_eq!(states(&app).await, [after], "{manner:?}");
        assert_eq!(server.taken().len(), 0, "{manner:?}");
        // It waits its time: nobody knocks again before.
        let wait = "select next_attempt_at > now() + interval '40 minutes' from emails";
        assert!(after.starts_with("DEAD") || app.cell(wait).await == "t", "{manner:?}");
        hurry(&app).await;
        if after.starts_with("DEAD") {
            // An operator can queue it again.
            app.sql("update emails set status = 'QUEUED', attempts = 0, next_attempt_at = now(), finished_at = null")
                .await;
        }
        until(&app, "select bool_and(status = 'SENT') from emails").await;
        stop(crew).await;
        assert_eq!(server.taken().len(), 1, "{manner:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_after_taking_a_mail_gets_it_again_under_the_same_message_id() {
    let app = TestApp::world().await;
    let server = FakeSmtp::start([Manner::DiesAfterMessage]).await;
    post(&app, "autos", "ana@autos.test", true).await;
    let crew = Crew::start(vec![postman(&app, &server)]);
    until(&app, "select bool_and(last_error is not null) from emails").await;
    hurry(&app).await;
    until(&app, "select bool_and(status = 'SENT') from emails").await;
    stop(crew).await;
    // SMTP cannot tell us: the server may have died before it stored the mail.
    let taken = server.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0].header("Message-ID"), taken[1].header("Message-ID"));
    assert_eq!(taken[0].header("Date"), taken[1].header("Date"));
    assert_eq!(taken[0].token(), taken[1].token());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postman_who_is_killed_while_sending_loses_nothing() {
    let app = TestApp::world().await;
    let server = FakeSmtp::start([Manner::HangsAtData]).await;
    post(&app, "autos", "ana@autos.test", true).await;
    let crew = Crew::start(vec![postman(&app, &server)]);
    until(&app, "select bool_and(status = 'SENDING') from emails").await;
    // The server never answers: stopping in order takes too long, and then everything is cut off.
    assert!(!crew.stop(Duration::from_millis(200)).await);

    // Its lease still runs: nobody else takes the mail.
    let crew = Crew::start(vec![postman(&app, &server)]);
    post(&app, "autos", "jan@autos.test", true).await;
    until(&app, "select count(*) = 1 from emails where status = 'SENT'").await;
    assert_eq!(states(&app).await, ["SENDING 1", "SENT 1 wiped"]);
    hurry(&app).await;
    until(&app, "select bool_and(status = 'SENT') from emails").await;
    stop(crew).await;
    assert_eq!(states(&app).await, ["SENT 2 wiped", "SENT 1 wiped"]);
    assert_eq!(server.taken().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_lost_the_lease_has_nothing_to_say_any_more() {
    let app = TestApp::world().await;
    let slow = FakeSmtp::start([Manner::LaterRecipient]).await;
    post(&app, "autos", "ana@autos.test", true).await;
    // While the first is refused, another one has taken the mail: its lease stands in the row.
    app.sql(
        "create function public.take_over() returns trigger language plpgsql as $$ begin
           if new.status = 'SENDING' and old.status = 'QUEUED' then new.lease := app.uuid_v7(); end if; return new; end $$;
         create trigger take_over before update on emails for each row execute function public.take_over()",
    )
    .await;
    let crew = Crew::start(vec![postman(&app, &slow)]);
    let watched = async {
        while slow.connections() == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await
        }
    };
    tokio::time::timeout(Duration::from_secs(60), watched).await.unwrap();
    stop(crew).await;
    assert_eq!(states(&app).await, ["SENDING 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_given_up_after_its_last_attempt_or_when_its_time_is_over() {
    let app = TestApp::world().await;
    let server = FakeSmtp::start([Manner::HangsUp; 3]).await;
    post(&app, "autos", "ana@autos.test", true).await;
    let crew = Crew::start(vec![postman(&app, &server)]);
    for attempt in 1..=3 {
        until(&app, &format!("select status = 'QUEUED' and attempts = {attempt} from emails")).await;
        hurry(&app).await;
    }
    until(&app, "select bool_and(status = 'DEAD') from emails").await;
    assert_eq!(states(&app).await, ["DEAD 4 TOO_MANY_ATTEMPTS"]);
    assert_eq!(server.connections(), 3);

    app.sql("update emails set status = 'QUEUED', attempts = 0, next_attempt_at = now(), finished_at = null, expires_at = now()")
        .await;
    until(&app, "select bool_and(last_error = 'EXPIRED') from emails").await;
    stop(crew).await;
    assert_eq!(server.connections(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_mails_of_two_tenants_are_each_sent_once_by_four_postmen() {
    let app = TestApp::world().await;
    let server = FakeSmtp::start([]).await;
    for number in 0..60 {
        let (slug, to) = if number % 3 == 0 { ("casas", "eva@casas.test") } else { ("autos", "ana@autos.test") };
        post(&app, slug, to, true).await;
    }
    let crew = Crew::start((0..4).map(|_| postman(&app, &server)).collect());
    until(&app, "select bool_and(status = 'SENT') from emails").await;
    stop(crew).await;
    let mut sent: Vec<_> = server.taken().iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(sent.len(), 60);
    sent.sort();
    sent.dedup();
    assert_eq!(sent.len(), 60);
    assert_eq!(app.cell("select max(attempts) from emails").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_moved_to_another_row_does_not_open() {
    let app = TestApp::world().await;
    let server = FakeSmtp::start([]).await;
    post(&app, "autos", "ana@autos.test", true).await;
    post(&app, "casas", "eva@casas.test", true).await;
    app.sql("update emails e set body = (select o.body from emails o where o.id <> e.id)").await;
    let crew = Crew::start(vec![postman(&app, &server)]);
    until(&app, "select bool_and(last_error = 'BODY_SEALED') from emails").await;
    stop(crew).await;
    assert_eq!(server.taken().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_development_mails_are_files_that_only_their_owner_reads() {
    let app = TestApp::world().await;
    let folder = std::env::temp_dir().join(format!("mostrador-tests-mails-{}", std::process::id()));
    let id = post(&app, "autos", "ana@autos.test", true).await;
    let crew = Crew::start(vec![postman_by(&app, Transport::Folder(folder.clone()), PACE)]);
    until(&app, "select bool_and(status = 'SENT') from emails").await;
    stop(crew).await;
    let path = folder.join(format!("{id}.eml"));
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(fake_smtp::token_in(&text), "very.secret");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn old_mails_are_removed_and_the_text_of_dead_ones_is_wiped_in_time() {
    let app = TestApp::world().await;
    for _ in 0..4 {
        post(&app, "autos", "ana@autos.test", true).await;
    }
    app.sql(
        "with numbered as (select id, row_number() over (order by id) as number from emails)
         update emails e set status = 'DEAD', last_error = 'RECIPIENT_550',
                finished_at = now() - case n.number when 1 then interval '31 days' else interval '1 day' end,
                expires_at = now() + case n.number when 2 then interval '-1 hour' else interval '1 day' end
           from numbered n where n.id = e.id and n.number < 4",
    )
    .await;
    let keeper = MailKeeper::new(Tenancy::new(app.database.clone()), 30);
    let crew = Crew::start(vec![Box::new(keeper)]);
    until(&app, "select count(*) = 3 from emails").await;
    stop(crew).await;
    assert_eq!(states(&app).await, ["DEAD 0 RECIPIENT_550 wiped", "DEAD 0 RECIPIENT_550", "QUEUED 0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn finding_due_mail_tells_tenants_and_nothing_else() {
    let app = TestApp::world().await;
    post(&app, "casas", "eva@casas.test", true).await;
    let tenancy = Tenancy::new(app.database.clone());
    let mut due = entity::sql::Sql::new();
    due.push("select app.tenants_with_due_mail()");
    assert_eq!(tenancy.tenants(due).await.unwrap(), [tenant(&app, "casas").await]);
    // In the name of one tenant, the mails of another do not exist.
    let seen = tenancy
        .write(tenant(&app, "autos").await, |tx| {
            async move {
                let mut sql = entity::sql::Sql::new();
                sql.push("select id from emails");
                entity::database::Statements::rows(tx, sql, false).await.map(|rows| rows.len())
            }
            .boxed()
        })
        .await;
    assert_eq!(seen.unwrap(), 0);
}
