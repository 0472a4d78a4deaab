//! What the database keeps beside what was written: counters, newest times, previews, states that follow. After many have
//! written at once, it equals a recount.
//!
//! The recount is that of the demo data, `src/demo/consistency.sql`, which is consistent to begin with. Writers use few
//! rows and no application, so that they are in each other's way. `COUNTERS_SEED` repeats their choices.

use proptest::test_runner::{RngAlgorithm, TestRng};
use tokio::task::JoinSet;

use crate::app::{TestApp, superuser};
use crate::oracle::rng::Dice;

/// What is recounted. Of the other rules some are about the day on which the demo data was made.
const RULES: [&str; 12] = [
    "unread_count is",
    "last_message_at and the preview",
    "whatsapp_24h_expires_at",
    "first_reply_at",
    "nobody waits where",
    "last_contacted_at is",
    "the history of statuses ends",
    "the activities of a lead end",
    "last_contact_at is",
    "the counters of a campaign",
    "a vehicle stands where",
    "the movements of a vehicle",
];

const WRITERS: usize = 6;
const WRITES: usize = 120;

/// A few rows that everybody writes to.
struct Rows {
    tenant: String,
    conversations: Vec<String>,
    contacts: Vec<String>,
    statuses: Vec<String>,
    leads: Vec<String>,
    campaigns: Vec<String>,
    vehicles: Vec<String>,
    user: String,
}

impl Rows {
    async fn of(app: &TestApp, tenant: &str) -> Self {
        let some = async |from: &str, count: usize| -> Vec<String> {
            let sql = format!("select x.id from {from} and x.tenant_id = '{tenant}' order by x.id limit {count}");
            let rows: Vec<String> = app.rows(&sql).await.into_iter().flatten().collect();
            assert_eq!(rows.len(), count, "{from}");
            rows
        };
        Self {
            conversations: some("conversations x where status = 'OPEN'", 4).await,
            contacts: some("contacts x where deleted_at is null", 3).await,
            statuses: some("contact_statuses x where deleted_at is null", 4).await,
            leads: some("leads x where status = 'NEW' and deleted_at is null", 3).await,
            campaigns: some("campaigns x where deleted_at is null and status = 'RUNNING'", 1).await,
            vehicles: some("vehicles x where deleted_at is null and status = 'AVAILABLE'", 4).await,
            user: some("users x where role = 'AGENT' and deleted_at is null", 1).await.remove(0),
            tenant: tenant.to_owned(),
        }
    }

    fn of_one(dice: &mut Dice, ids: &[String]) -> String {
        ids[dice.below(ids.len())].clone()
    }

    /// One write. What the rules refuse is no mistake: nobody knows what the others have done meanwhile.
    fn write(&self, dice: &mut Dice) -> String {
        let tenant = &self.tenant;
        let conversation = Self::of_one(dice, &self.conversations);
        let contact = Self::of_one(dice, &self.contacts);
        let past = format!("now() - make_interval(mins => {})", dice.below(2_000_000));
        match dice.below(16) {
            0..=2 => format!(
                "insert into messages (tenant_id, conversation_id, sender_type, content)
                 select '{tenant}', '{conversation}', 'CONTACT', 'in ' || n from generate_series(1, {}) n",
                1 + dice.below(3)
            ),
            3..=4 => format!(
                "insert into messages (tenant_id, conversation_id, sender_type, sender_user_id, content, delivery_status)
                 values ('{tenant}', '{conversation}', 'USER', '{}', 'out', 'SENT')",
                self.user
            ),
            5 => format!(
                "update messages set delivery_status = 'READ' where tenant_id = '{tenant}' and sender_type = 'CONTACT'
                    and delivery_status <> 'READ' and conversation_id = '{conversation}' and random() < 0.5"
            ),
            6 => format!(
                "update conversations set status = '{}' where tenant_id = '{tenant}' and id = '{conversation}'",
                dice.of(&["OPEN", "PENDING", "RESOLVED"])
            ),
            7 => format!(
                "insert into interactions (tenant_id, contact_id, type, occurred_at)
                 values ('{tenant}', '{contact}', 'CALL', {past})"
            ),
            8 => format!(
                "insert into calls (tenant_id, contact_id, type, state, called_at)
                 values ('{tenant}', '{contact}', 'OUTBOUND', '{}', {past})",
                dice.of(&["COMPLETED", "NO_ANSWER", "IN_PROGRESS"])
            ),
            9 => format!(
                "update calls set state = 'COMPLETED' where tenant_id = '{tenant}' and state = 'IN_PROGRESS' and contact_id = '{contact}'"
            ),
            10 => format!(
                "update contacts set status_id = '{}' where tenant_id = '{tenant}' and id = '{contact}'",
                Self::of_one(dice, &self.statuses)
            ),
            11 => format!(
                "update leads set status = '{}' where tenant_id = '{tenant}' and id = '{}'",
                dice.of(&["CONTACTED", "QUALIFIED", "NEGOTIATION", "LOST", "NEW"]),
                Self::of_one(dice, &self.leads)
            ),
            12 => format!(
                "insert into lead_activities (tenant_id, lead_id, activity_type, occurred_at)
                 values ('{tenant}', '{}', '{}', {past})",
                Self::of_one(dice, &self.leads),
                dice.of(&["CALL", "NOTE", "VIEWING", "OTHER"])
            ),
            13 => self.write_batch(dice),
            _ => format!(
                "update vehicles set status = '{}' where tenant_id = '{tenant}' and id = '{}'",
                dice.of(&["MAINTENANCE", "AVAILABLE", "WITHDRAWN", "IN_TRANSIT"]),
                Self::of_one(dice, &self.vehicles)
            ),
        }
    }

    fn write_batch(&self, dice: &mut Dice) -> String {
        let (tenant, campaign) = (&self.tenant, Self::of_one(dice, &self.campaigns));
        let one = |from: &str| {
            format!(
                "tenant_id = '{tenant}' and id = (select id from campaign_batches where tenant_id = '{tenant}'
                    and campaign_id = '{campaign}' and status = '{from}' order by id limit 1)"
            )
        };
        match dice.below(6) {
            0 | 1 => format!("update campaign_batches set status = 'PROCESSING' where {}", one("PENDING")),
            2 => format!("update campaign_batches set status = 'SENT' where {}", one("PROCESSING")),
            3 => {
                format!(
                    "update campaign_batches set status = 'FAILED', error_message = 'no' where {}",
                    one("PROCESSING")
                )
            }
            4 => format!("update campaign_batches set status = 'PENDING' where {}", one("FAILED")),
            _ => format!(
                "insert into campaign_batches (tenant_id, campaign_id, batch_number, total_batches, contacts)
                 select '{tenant}', '{campaign}', max(batch_number) + 1, max(batch_number) + 1, '[{{}}, {{}}]'
                   from campaign_batches where tenant_id = '{tenant}' and campaign_id = '{campaign}'"
            ),
        }
    }
}

/// The rules that do not hold, each with the number of rows that break it.
async fn broken(app: &TestApp) -> Vec<Vec<String>> {
    let sql = format!("select * from ({}) broken", mostrador::demo::CONSISTENCY);
    let rows = app.rows(&sql).await;
    rows.into_iter().filter(|row| RULES.iter().any(|rule| row[0].starts_with(rule))).collect()
}

/// Writes; those that got in each other's way try again, as the gateway does.
async fn write_on(database: String, rows: std::sync::Arc<Rows>, mut dice: Dice) -> (usize, usize) {
    let client = superuser(&database).await;
    let (mut written, mut refused) = (0, 0);
    for _ in 0..WRITES {
        let sql = rows.write(&mut dice);
        loop {
            match client.batch_execute(&sql).await {
                Ok(()) => written += 1,
                Err(error) => match error.code().map(|code| code.code().to_owned()).as_deref() {
                    Some("40P01" | "40001") => continue,
                    // A rule of ours, or a number that somebody else has taken meanwhile.
                    Some("MD001" | "23505" | "23514") => refused += 1,
                    _ => panic!("{sql}: {error:?}"),
                },
            }
            break;
        }
    }
    (written, refused)
}

/// Shows rule:campaign-counters, rule:unread-count, rule:last-message-preview, rule:lead-activity-tracking.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_counted_equals_a_recount_after_many_have_written_at_once() {
    let app = TestApp::demo().await;
    assert_eq!(broken(&app).await, Vec::<Vec<String>>::new(), "before anybody has written");
    let known = mostrador::demo::CONSISTENCY;
    for rule in RULES {
        assert!(known.contains(rule), "there is no rule {rule}");
    }
    let seed: u64 = std::env::var("COUNTERS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    let tenant = app.cell("select tenant_id from vehicles limit 1").await;
    let rows = std::sync::Arc::new(Rows::of(&app, &tenant).await);
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8] = u8::try_from(writer).unwrap();
        let dice = Dice::new(TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
        writers.spawn(write_on(app.database_name.clone(), std::sync::Arc::clone(&rows), dice));
    }
    let (mut written, mut refused) = (0, 0);
    while let Some(did) = writers.join_next().await {
        let (more, less) = did.unwrap();
        written += more;
        refused += less;
    }
    assert!(written > WRITERS * WRITES / 2, "only {written} writes, and {refused} refused");
    assert_eq!(broken(&app).await, Vec::<Vec<String>>::new(), "COUNTERS_SEED={seed}");
}

/// Who began first and waited once stood before what it followed: a history was ordered by the beginnings of transactions.
///
/// Shows rule:contact-status-history, rule:inventory-tracking, rule:lead-lifecycle.
#[tokio::test(flavor = "multi_thread")]
async fn a_history_ends_where_the_row_stands_whoever_began_first() {
    let app = TestApp::world().await;
    let (slow, quick) = (superuser(&app.database_name).await, superuser(&app.database_name).await);
    let contact = app.cell("select id from contacts where display_name like 'Marta%'").await;
    let statuses: Vec<String> = app
        .rows("select s.id from contact_statuses s join tenants t on t.id = s.tenant_id where t.slug = 'autos' and s.deleted_at is null order by s.id limit 2")
        .await
        .into_iter()
        .flatten()
        .collect();
    let lead = app.cell("select l.id from leads l join tenants t on t.id = l.tenant_id where t.slug = 'autos' and l.status = 'NEW' limit 1").await;
    let vehicle = app
        .cell("select v.id from vehicles v join tenants t on t.id = v.tenant_id where t.slug = 'autos' and v.status = 'AVAILABLE' order by v.id limit 1")
        .await;
    for (first, second, newest) in [
        (
            format!("update contacts set status_id = '{}' where id = '{contact}'", statuses[0]),
            format!("update contacts set status_id = '{}' where id = '{contact}'", statuses[1]),
            format!(
                "select to_status_id = '{}' from contact_status_history where contact_id = '{contact}' order by changed_at desc limit 1",
                statuses[1]
            ),
        ),
        (
            format!("update leads set status = 'CONTACTED' where id = '{lead}'"),
            format!("update leads set status = 'QUALIFIED' where id = '{lead}'"),
            format!(
                "select metadata ->> 'to' = 'QUALIFIED' from lead_activities where lead_id = '{lead}' order by occurred_at desc limit 1"
            ),
        ),
        (
            format!("update vehicles set status = 'MAINTENANCE' where id = '{vehicle}'"),
            format!("update vehicles set status = 'AVAILABLE' where id = '{vehicle}'"),
            format!(
                "select movement_type = 'MAINTENANCE_OUT' from inventory_movements where vehicle_id = '{vehicle}' order by movement_date desc limit 1"
            ),
        ),
    ] {
        slow.batch_execute("begin; select now()").await.unwrap();
        quick.batch_execute(&first).await.unwrap();
        slow.batch_execute(&second).await.unwrap();
        slow.batch_execute("commit").await.unwrap();
        assert_eq!(app.cell(&newest).await, "t", "{newest}");
    }
}

/// Messages carry the time at which their transaction began, and become visible when it is committed.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_reply_is_right_whoever_commits_first() {
    let app = TestApp::world().await;
    let (slow, quick) = (superuser(&app.database_name).await, superuser(&app.database_name).await);
    let rows = app.rows("select t.id, c.id from tenants t join contacts c on c.tenant_id = t.id where t.slug = 'autos' order by c.id limit 1").await;
    let [tenant, contact] = <[String; 2]>::try_from(rows.into_iter().next().unwrap()).unwrap();
    let open = async || {
        let sql = format!(
            "insert into conversations (tenant_id, contact_id, channel, status) values ('{tenant}', '{contact}', 'WEB_CHAT', 'ARCHIVED') returning id"
        );
        app.cell(&sql).await
    };
    let write = |conversation: &str, who: &str| {
        format!(
            "insert into messages (tenant_id, conversation_id, sender_type, content) values ('{tenant}', '{conversation}', '{who}', '{who}')"
        )
    };
    let is_right = async |conversation: &str| {
        let sql = format!(
            "select c.first_reply_at = (select min(created_at) from messages m where m.conversation_id = c.id and m.sender_type = 'AI_AGENT') \
             from conversations c where c.id = '{conversation}'"
        );
        app.cell(&sql).await
    };

    // What the contact wrote before is committed after its answer.
    let conversation = open().await;
    slow.batch_execute("begin; select now()").await.unwrap();
    quick.batch_execute(&write(&conversation, "AI_AGENT")).await.unwrap();
    slow.batch_execute(&write(&conversation, "CONTACT")).await.unwrap();
    slow.batch_execute("commit").await.unwrap();
    assert_eq!(is_right(&conversation).await, "t", "the contact was late");

    // The answer has begun to wait for the conversation before what it answers is committed.
    let conversation = open().await;
    slow.batch_execute("begin").await.unwrap();
    slow.batch_execute(&write(&conversation, "CONTACT")).await.unwrap();
    let answer = write(&conversation, "AI_AGENT");
    let waiting = tokio::spawn(async move { quick.batch_execute(&answer).await.map(|()| quick) });
    let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while app.cell(waits).await != "1" {
        assert!(!waiting.is_finished(), "the answer has waited for nobody");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    slow.batch_execute("commit").await.unwrap();
    let quick = waiting.await.unwrap().unwrap();
    assert_eq!(is_right(&conversation).await, "t", "the answer had waited");

    // Of two answers the one that began first is committed last.
    let conversation = open().await;
    quick.batch_execute(&write(&conversation, "CONTACT")).await.unwrap();
    slow.batch_execute("begin; select now()").await.unwrap();
    quick.batch_execute(&write(&conversation, "AI_AGENT")).await.unwrap();
    slow.batch_execute(&write(&conversation, "AI_AGENT")).await.unwrap();
    slow.batch_execute("commit").await.unwrap();
    assert_eq!(is_right(&conversation).await, "t", "an earlier answer was late");
}
