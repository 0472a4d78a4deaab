//! Fifty agents who take the next conversation at the same moment.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};

use super::{at_once, consistent};
use crate::app::{TestApp, TestClient, superuser};

const CLAIM: &str = "mutation M($input: ClaimNextConversationInput!) { claimNextConversation(input: $input) {
    conversation { id channel waitingSince status assignedTo { id } } errors { code message } } }";

const AGENTS: usize = 50;

/// Fifty agents of one business, and a queue of so many open conversations, the first of which waits longest.
async fn office(conversations: usize) -> (TestApp, Vec<TestClient>) {
    let app = TestApp::world().await;
    app.sql(&format!(
        "insert into users (tenant_id, email, first_name, last_name, role, password_hash, is_first_login)
         select t.id, 'agent' || n || '@autos.test', 'Agent', n::text, 'AGENT', u.password_hash, false
           from tenants t, generate_series(1, {AGENTS}) n, users u where t.slug = 'autos' and u.email = 'ana@autos.test';
         insert into contacts (tenant_id, display_name)
         select id, 'Waiting ' || lpad(n::text, 3, '0') from tenants, generate_series(1, {conversations}) n where slug = 'autos';
         insert into conversations (tenant_id, contact_id, channel)
         select tenant_id, id, 'WEB_CHAT' from contacts where display_name like 'Waiting %';
         insert into messages (tenant_id, conversation_id, sender_type, content, created_at)
         select c.tenant_id, c.id, 'CONTACT', 'Hola', timestamptz '2026-03-01Z' + make_interval(mins => right(p.display_name, 3)::int)
           from conversations c join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
          where p.display_name like 'Waiting %'"
    ))
    .await;
    let mut agents = Vec::with_capacity(AGENTS);
    for number in 1..=AGENTS {
        agents.push(app.sign_in("autos", &format!("agent{number}@autos.test")).await);
    }
    (app, agents)
}

fn claims(agents: &[TestClient]) -> Vec<(TestClient, Value)> {
    agents.iter().map(|agent| (agent.clone(), json!({ "channels": ["WEB_CHAT"] }))).collect()
}

/// The conversations that were given away: each once.
fn given(payloads: &[Value]) -> Vec<&Value> {
    let mut seen = HashSet::new();
    let mut given = Vec::new();
    for payload in payloads {
        assert_eq!(payload["errors"], json!([]), "{payload:#}");
        if payload["conversation"] != Value::Null {
            assert!(seen.insert(payload["conversation"]["id"].clone()), "given to two: {payloads:#?}");
            given.push(&payload["conversation"]);
        }
    }
    given
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_agents_get_thirty_conversations_one_each_and_twenty_get_none() {
    let (app, agents) = office(30).await;
    let payloads = at_once(CLAIM, "claimNextConversation", claims(&agents)).await;
    assert_eq!(given(&payloads).len(), 30, "{payloads:#?}");
    let free =
        "select count(*) from conversations where channel = 'WEB_CHAT' and status = 'OPEN' and assigned_to_id is null";
    assert_eq!(app.cell(free).await, "0");
    let doubled =
        "select count(*) from (select assigned_to_id from conversations where channel = 'WEB_CHAT' and status = 'OPEN'
                   group by 1 having count(*) > 1) d";
    assert_eq!(app.cell(doubled).await, "0", "one agent asked once and got two");
    consistent(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_wait_longest_are_taken_and_nobody_is_passed_over() {
    let (app, agents) = office(120).await;
    let payloads = at_once(CLAIM, "claimNextConversation", claims(&agents)).await;
    let mut taken: Vec<&str> =
        given(&payloads).into_iter().map(|conversation| conversation["waitingSince"].as_str().unwrap()).collect();
    taken.sort_unstable();
    let longest = app
        .rows(
            "select to_char(waiting_since at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') from conversations
              where channel = 'WEB_CHAT' and waiting_since is not null order by waiting_since limit 50",
        )
        .await;
    assert_eq!(taken, longest.concat(), "the fifty who have waited longest");
    for agent in &agents {
        let next = agent.data(CLAIM, json!({ "input": { "channels": ["WEB_CHAT"] } })).await;
        assert_ne!(next["claimNextConversation"]["conversation"], Value::Null, "{next:#}");
    }
}

/// A conversation into which a message is just coming is locked, but not taken.
#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_somebody_is_busy_with_is_waited_for_when_it_is_the_last() {
    let (app, agents) = office(1).await;
    let mut webhook = superuser(&app.database_name).await;
    let writing = webhook.transaction().await.unwrap();
    let insert = "insert into messages (tenant_id, conversation_id, sender_type, content)
         select tenant_id, id, 'CONTACT', '¿Hola?' from conversations where channel = 'WEB_CHAT' and status = 'OPEN'";
    assert_eq!(writing.execute(insert, &[]).await.unwrap(), 1);
    let asking = tokio::spawn(at_once(CLAIM, "claimNextConversation", claims(&agents[..5])));
    // All five wait for the message.
    let waiting =
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while app.cell(waiting).await != "5" {
        assert!(!asking.is_finished(), "somebody was told that nothing is left");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    writing.commit().await.unwrap();
    let payloads = asking.await.unwrap();
    assert_eq!(given(&payloads).len(), 1, "{payloads:#?}");
    consistent(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_amid_messages_releases_and_snoozes_give_each_conversation_to_one_at_a_time() {
    let (app, agents) = office(20).await;
    let database = app.database_name.clone();
    let webhook = tokio::spawn(async move {
        let client = superuser(&database).await;
        for number in 0..60 {
            let sql = "insert into messages (tenant_id, conversation_id, sender_type, content)
                 select tenant_id, id, 'CONTACT', $1 from conversations where channel = 'WEB_CHAT' and status <> 'ARCHIVED'
                 order by random() limit 3";
            client.execute(sql, &[&format!("more {number}")]).await.unwrap();
        }
    });
    let release =
        "mutation M($input: ReleaseConversationInput!) { releaseConversation(input: $input) { errors { code } } }";
    let mut held: BTreeMap<String, usize> = BTreeMap::new();
    for round in 0..4 {
        let payloads = at_once(CLAIM, "claimNextConversation", claims(&agents)).await;
        let given = given(&payloads);
        assert_eq!(given.len(), if round == 0 { 20 } else { 10 }, "round {round}");
        for conversation in given {
            *held.entry(conversation["id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        // Half of them go back.
        let back = held.keys().take(10).map(|id| (agents[0].clone(), json!({ "id": id }))).collect();
        for payload in at_once(release, "releaseConversation", back).await {
            assert_eq!(payload["errors"], json!([]), "{payload:#}");
        }
    }
    webhook.await.unwrap();
    consistent(&app).await;
}
