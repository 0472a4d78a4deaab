//! Counters equal what a recount gives, after many have written at once.

use futures_util::future::join_all;

use crate::app::{TestApp, connect};

/// What is counted, and what it should be.
const RECOUNT: &str = "
    select 'thread messages', t.id::text from chat_threads t
     where t.message_count <> (select count(*) from chat_messages m where m.tenant_id = t.tenant_id and m.thread_id = t.id)
        or t.token_count <> (select coalesce(sum(m.tokens_input + m.tokens_output), 0) from chat_messages m
                              where m.tenant_id = t.tenant_id and m.thread_id = t.id)
    union all
    select 'session activity', s.id::text from chat_sessions s
     where s.last_activity_at < (select max(m.created_at) from chat_messages m join chat_threads t on t.tenant_id = m.tenant_id
                                   and t.id = m.thread_id where t.tenant_id = s.tenant_id and t.session_id = s.id)
    union all
    select 'user messages', u.email from users u
     where u.total_messages <> (select count(*) from chat_messages m where m.tenant_id = u.tenant_id and m.user_id = u.id)
        or u.total_tokens_used <> (select coalesce(sum(l.total_tokens), 0) from usage_logs l
                                    where l.tenant_id = u.tenant_id and l.user_id = u.id)
    union all
    select 'agent uses', a.slug from ai_agents a
     where a.total_uses <> (select count(*) from usage_logs l where l.tenant_id = a.tenant_id and l.agent_id = a.id)
    union all
    select 'month', m.id::text from monthly_usage m
     where (m.total_messages, m.total_tokens, m.total_cost) <> (
         select count(*), coalesce(sum(l.total_tokens), 0), coalesce(sum(l.total_cost), 0) from usage_logs l
          where l.tenant_id = m.tenant_id and l.user_id = m.user_id
            and (extract(year from l.occurred_at at time zone 'UTC'), extract(month from l.occurred_at at time zone 'UTC')) = (m.year, m.month))
        or m.agent_usage <> coalesce((
         select jsonb_object_agg(s.slug, jsonb_build_object('messages', s.messages, 'tokens', s.tokens)) from (
             select a.slug, count(*) as messages, sum(l.total_tokens) as tokens from usage_logs l
               join ai_agents a on a.tenant_id = l.tenant_id and a.id = l.agent_id
              where l.tenant_id = m.tenant_id and l.user_id = m.user_id
                and (extract(year from l.occurred_at at time zone 'UTC'), extract(month from l.occurred_at at time zone 'UTC')) = (m.year, m.month)
              group by a.slug) s), '{}')
    union all
    select 'alerts', a.id::text from (
        select m.id, m.tenant_id, m.user_id, m.year, m.month from monthly_usage m where m.limit_messages is not null) a
     where (select count(*) from usage_alerts x where x.tenant_id = a.tenant_id and x.user_id = a.user_id and x.type = 'MESSAGES'
               and (x.year, x.month) = (a.year, a.month))
        <> (select count(*) from unnest(array[80, 90, 100]) t, monthly_usage m
             where m.tenant_id = a.tenant_id and m.id = a.id and m.total_messages * 100 >= m.limit_messages * t)";

/// rule:counters-users, rule:counters-conversations, rule:counters-agents, rule:usage-monthly: whoever writes, in whatever
/// order, psql and the role of the gateway alike.
#[tokio::test(flavor = "multi_thread")]
async fn counters_equal_a_recount_after_many_have_written_at_once() {
    let app = TestApp::world().await;
    app.sql("update monthly_usage set limit_messages = null, limit_tokens = null; delete from usage_alerts").await;
    // A limit that is passed on the way, for whom the month begins with it.
    app.sql(
        "update monthly_usage m set limit_messages = 40 from users u where u.id = m.user_id and u.email = 'jan@autos.test'",
    )
    .await;
    let people = app
        .rows(
            "select u.tenant_id, u.id, string_agg(t.id::text, ' ' order by t.id) from users u
               join chat_threads t on t.tenant_id = u.tenant_id and t.user_id = u.id group by 1, 2 order by 1, 2",
        )
        .await;
    let agents = app.rows("select tenant_id, string_agg(id::text, ' ' order by id) from ai_agents group by 1").await;
    let mut writers = Vec::new();
    for writer in 0..8_usize {
        for person in &people {
            let (tenant, user) = (person[0].clone(), person[1].clone());
            let threads: Vec<String> = person[2].split(' ').map(ToOwned::to_owned).collect();
            let agents: Vec<String> =
                agents.iter().find(|row| row[0] == tenant).unwrap()[1].split(' ').map(ToOwned::to_owned).collect();
            let role = if writer % 2 == 0 { "mostrador_api" } else { "postgres" };
            let database = app.database_name.clone();
            writers.push(async move {
                let client = connect(role, &database).await;
                client
                    .batch_execute(&format!("set app.tenant_id = '{tenant}'; set app.user_id = '{user}'"))
                    .await
                    .unwrap();
                for round in 0..12_usize {
                    let choice = writer * 7 + round * 3;
                    let (one, two) = (&threads[choice % threads.len()], &threads[(choice + 1) % threads.len()]);
                    let agent = &agents[choice % agents.len()];
                    let tokens = choice % 5;
                    // Several rows in one statement, in an order that differs; the answer and its usage in one transaction.
                    client
                        .batch_execute(&format!(
                            "begin;
                             insert into chat_messages (tenant_id, user_id, thread_id, role, content, tokens_output) values
                                 ('{tenant}', '{user}', '{two}', 'USER', 'Hola', 0),
                                 ('{tenant}', '{user}', '{one}', 'ASSISTANT', 'Hola', {tokens});
                             insert into usage_logs (tenant_id, user_id, agent_id, thread_id, tokens_input, tokens_output, model, success, occurred_at)
                             values ('{tenant}', '{user}', '{agent}', '{one}', {round}, {tokens}, 'local', true, now() - interval '1 month' * {month}),
                                    ('{tenant}', '{user}', null, '{two}', 1, 1, 'local', false, now());
                             {end}",
                            month = choice % 2,
                            end = if choice % 6 == 0 { "rollback" } else { "commit" },
                        ))
                        .await
                        .unwrap();
                }
            });
        }
    }
    join_all(writers).await;
    assert_eq!(app.rows(RECOUNT).await, Vec::<Vec<String>>::new());
    assert_ne!(app.cell("select count(*) from usage_alerts").await, "0");
}
