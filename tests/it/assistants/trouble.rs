//! Answers that do not come to their end at once: services that fail, workers that die, jobs that are called off.

use std::time::Duration;

use serde_json::json;

use super::stage::{Stage, models, text};
use super::stub::{Act, Stub, says, words};

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_busy_at_first_is_asked_again_without_anybody_noticing() {
    let stub = Stub::open(|number, _| match number {
        0 => vec![Act::Status(429, "retry-after: 1\r\n")],
        1 => vec![Act::Status(500, "")],
        _ => words("Ya está.", Duration::ZERO),
    })
    .await;
    let stage = Stage::open(models(&stub, Duration::from_secs(5))).await;
    let crew = stage.crew(1);
    let ana = stage.ana().await;
    let talk = stage.talk(&ana, None).await;
    let request = stage.say(&ana, &talk, "Hola").await.unwrap();
    let events = Stage::watch(&stage.app, &ana, &request, None).await.all().await;
    crew.stop(Duration::from_secs(10)).await;
    assert_eq!(text(&events), "Ya está.");
    assert_eq!(events.last().unwrap()["__typename"], "ChatReplyEnd");
    assert_eq!(stub.asked().len(), 3);
    assert_eq!(
        stage.app.cell("select count(*) from usage_logs where occurred_at > now() - interval '1 hour'").await,
        "1"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_off_fails_is_paid_for_and_can_be_asked_for_once_more() {
    let stub = Stub::open(|number, _| match number {
        0 => vec![says("Medio "), Act::Wait(Duration::from_millis(300)), Act::Cut],
        _ => words("Todo entero.", Duration::from_millis(20)),
    })
    .await;
    let stage = Stage::open(models(&stub, Duration::from_secs(5))).await;
    let crew = stage.crew(1);
    let ana = stage.ana().await;
    let talk = stage.talk(&ana, None).await;
    let request = stage.say(&ana, &talk, "Hola").await.unwrap();
    let first = Stage::watch(&stage.app, &ana, &request, None).await.all().await;
    let error = first.last().unwrap();
    assert_eq!(
        (&error["__typename"], &error["code"]),
        (&json!("ChatReplyError"), &json!("MODEL_CUT_OFF")),
        "{first:#?}"
    );
    let seen = first.iter().find(|event| event["__typename"] == "ChatReplyTokens").unwrap();
    let sql = "select l.success, r.status, r.response_payload #>> '{error,code}' from usage_logs l, ai_requests r \
               where l.occurred_at > now() - interval '1 hour' and r.thread_id = l.thread_id";
    assert_eq!(stage.app.rows(sql).await, [["f", "FAILED", "MODEL_CUT_OFF"]]);

    let retry =
        "mutation ($id: ID!) { retryChatReply(input: { aiRequestId: $id }) { aiRequest { status } errors { code } } }";
    ana.data(retry, json!({ "id": request })).await;
    // Whoever goes on where the first attempt broke off is told that it is void.
    let second = Stage::watch(&stage.other, &ana, &request, seen["offset"].as_i64()).await.all().await;
    crew.stop(Duration::from_secs(10)).await;
    assert_eq!(second[0]["__typename"], "ChatReplyRestarted", "{second:#?}");
    assert_eq!(text(&second), "Todo entero.");
    assert_eq!(second.last().unwrap()["message"]["content"], "Todo entero.");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_will_never_work_fails_at_once() {
    let stub = Stub::open(|_, _| vec![Act::Status(401, "")]).await;
    let stage = Stage::open(models(&stub, Duration::from_secs(5))).await;
    let crew = stage.crew(1);
    let ana = stage.ana().await;
    let talk = stage.talk(&ana, None).await;
    let request = stage.say(&ana, &talk, "Hola").await.unwrap();
    let events = Stage::watch(&stage.app, &ana, &request, None).await.all().await;
    crew.stop(Duration::from_secs(10)).await;
    assert_eq!(events[0]["code"], "MODEL_CREDENTIALS");
    assert_eq!(stub.asked().len(), 1);
    assert_eq!(
        stage.app.cell("select count(*) from usage_logs where occurred_at > now() - interval '1 hour'").await,
        "0"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn when_a_worker_dies_another_one_writes_the_answer_anew() {
    let stub = Stub::open(|number, _| match number {
        0 => vec![says("Empiezo y "), Act::Wait(Duration::from_secs(120))],
        _ => words("Otra vez desde el principio.", Duration::from_millis(20)),
    })
    .await;
    let stage = Stage::open(models(&stub, Duration::from_secs(120))).await;
    // In a runtime of its own, which is torn down in the middle as if its process was killed.
    let dying = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let crew = {
        let _inside = dying.enter();
        stage.crew(1)
    };
    let ana = stage.ana().await;
    let talk = stage.talk(&ana, None).await;
    let request = stage.say(&ana, &talk, "Hola").await.unwrap();
    let mut watcher = Stage::watch(&stage.app, &ana, &request, None).await;
    assert_eq!(watcher.next().await.unwrap()["text"], "Empiezo y ");
    dying.shutdown_background();
    drop(crew);
    let crew = stage.crew(2);
    let rest = watcher.all().await;
    crew.stop(Duration::from_secs(10)).await;
    assert_eq!(rest[0]["__typename"], "ChatReplyRestarted", "{rest:#?}");
    assert_eq!(text(&rest), "Otra vez desde el principio.");
    assert_eq!(rest.last().unwrap()["message"]["content"], "Otra vez desde el principio.");
    let sql = "select count(*) from chat_messages where content like 'Otra vez%' union all \
               select count(*) from usage_logs where occurred_at > now() - interval '1 hour'";
    assert_eq!(stage.app.rows(sql).await, [["1"], ["1"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_is_told_when_the_work_is_called_off() {
    let stub = Stub::open(|_, _| Vec::new()).await;
    let stage = Stage::open(models(&stub, Duration::from_secs(5))).await;
    let ana = stage.ana().await;
    let talk = stage.talk(&ana, None).await;
    let request = stage.say(&ana, &talk, "Hola").await.unwrap();
    let mut watcher = Stage::watch(&stage.app, &ana, &request, None).await;
    let cancel = "query { jobs(filter: { kind: { eq: \"chat_reply\" } }) { nodes { id } } }";
    let job = ana.data(cancel, json!({})).await["jobs"]["nodes"][0]["id"].clone();
    let cancel = "mutation ($id: ID!) { cancelJob(input: { id: $id }) { job { state } errors { message } } }";
    ana.data(cancel, json!({ "id": job })).await;
    let events = watcher.all().await;
    assert_eq!(events[0]["code"], "CANCELLED", "{events:#?}");
    assert_eq!(stage.app.cell("select status from ai_requests order by id desc limit 1").await, "FAILED");
}
