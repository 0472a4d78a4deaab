//! Answers that come to their end: streamed, watched from anywhere, stored once, paid for once.

use std::time::Duration;

use serde_json::{Value, json};

use super::stage::{Stage, models, text};
use super::stub::{Act, Stub, ends, event, says, words};

const LONG: &str = "Hola, tenemos tres coches familiares: un Touran, un C4 y un Mégane. ¿Cuál te enseño? 🚗";

async fn stage(pause: u64) -> (Stub, Stage) {
    let stub = Stub::open(move |_, _| words(LONG, Duration::from_millis(pause))).await;
    let stage = Stage::open(models(&stub, Duration::from_secs(5))).await;
    (stub, stage)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_streamed_and_becomes_one_message_that_is_paid_for() {
    let (stub, stage) = stage(60).await;
    let crew = stage.crew(1);
    let ana = stage.ana().await;
    stage.app.sql("insert into model_prices (tenant_id, model, input_price, output_price) \
        select id, 'local-2', 100, 200 from tenants where slug = 'autos'; update ai_agents set model = 'local-2' where slug = 'ventas'").await;
    let before =
        stage.app.rows("select total_messages, total_tokens_used from users where email = 'ana@autos.test'").await;
    let talk = stage.talk(&ana, Some("ventas")).await;
    let request = stage.say(&ana, &talk, "¿Qué familiares hay?").await.unwrap();
    // At the gateway that was not asked.
    let events = Stage::watch(&stage.other, &ana, &request, None).await.all().await;
    crew.stop(Duration::from_secs(10)).await;

    let end = events.last().unwrap();
    assert_eq!(end["__typename"], "ChatReplyEnd", "{events:#?}");
    assert!(events.len() > 2, "it came in pieces: {events:#?}");
    assert_eq!(text(&events), LONG);
    assert_eq!(end["message"]["content"], LONG);
    assert_eq!((&end["message"]["tokensInput"], &end["message"]["tokensOutput"]), (&json!(20), &json!(10)));
    assert_eq!((&end["finishReason"], &end["aiRequest"]["status"]), (&json!("STOP"), &json!("COMPLETED")));
    assert_eq!(end["offset"].as_u64().unwrap(), LONG.chars().count() as u64);
    let metadata = &end["message"]["metadata"];
    assert_eq!((&metadata["model"], &metadata["provider"]), (&json!("local-2"), &json!("COMPATIBLE")));

    // What she has chosen wins over what the agent says.
    let asked = &stub.asked()[0].body;
    assert_eq!(
        (&asked["model"], &asked["temperature"], &asked["max_tokens"]),
        (&json!("local-2"), &json!(0.7), &json!(4000))
    );
    assert_eq!(asked["messages"][0]["content"], "Contesta en dos frases.");
    let data = ana
        .data(
            "query ($talk: ID!) { chatThread(id: $talk) { title messageCount tokenCount usageLogs { nodes {
                totalTokens costInput costOutput totalCost success model agent { slug } } } } }",
            json!({ "talk": talk }),
        )
        .await;
    assert_eq!(
        data["chatThread"],
        json!({
            "title": "¿Qué familiares hay?", "messageCount": 2, "tokenCount": 30,
            "usageLogs": { "nodes": [{
                "totalTokens": 30, "costInput": "0.002000", "costOutput": "0.002000", "totalCost": "0.004000",
                "success": true, "model": "local-2", "agent": { "slug": "ventas" }
            }] }
        })
    );
    let after = stage
        .app
        .rows("select total_messages - 2, total_tokens_used - 30 from users where email = 'ana@autos.test'")
        .await;
    assert_eq!(after, before);
    assert_eq!(stage.app.cell("select count(*) from chat_reply_chunks c join ai_requests r on r.id = c.request_id where r.status = 'COMPLETED'").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn from_every_offset_at_any_gateway_nothing_is_lost_and_nothing_comes_twice() {
    let (_stub, stage) = stage(40).await;
    let crew = stage.crew(1);
    let ana = stage.ana().await;
    let talk = stage.talk(&ana, None).await;
    let request = stage.say(&ana, &talk, "¿Qué familiares hay?").await.unwrap();
    // The connection breaks behind every event, and each time the other gateway goes on.
    let (mut events, mut after, mut gateways): (Vec<Value>, _, _) = (Vec::new(), None, [&stage.app, &stage.other]);
    loop {
        gateways.reverse();
        let event = Stage::watch(gateways[0], &ana, &request, after).await.next().await.unwrap();
        after = event["offset"].as_i64();
        let is_over = event["__typename"] == "ChatReplyEnd";
        events.push(event);
        if is_over {
            break;
        }
    }
    crew.stop(Duration::from_secs(10)).await;
    assert_eq!(text(&events), LONG);
    assert_eq!(events.last().unwrap()["message"]["content"], LONG);
    // Long after the end, from everywhere.
    for after in 0..=i64::try_from(LONG.chars().count()).unwrap() {
        let rest = Stage::watch(&stage.other, &ana, &request, Some(after)).await.all().await;
        assert_eq!(text(&rest), LONG.chars().skip(usize::try_from(after).unwrap()).collect::<String>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_watches() {
    let (_stub, stage) = stage(0).await;
    let ana = stage.ana().await;
    let talk = stage.talk(&ana, None).await;
    let request = stage.say(&ana, &talk, "Hola").await.unwrap();
    for (tenant, email) in [("autos", "jan@autos.test"), ("casas", "eva@casas.test")] {
        let other = stage.app.sign_in(tenant, email).await;
        let answer = Stage::try_watch(&stage.app, &other, &request, None).await.err().unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["code"], "NOT_FOUND", "{answer:#}");
    }
    let answer = Stage::try_watch(&stage.app, &ana, &request, Some(-1)).await.err().unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "VALIDATION", "{answer:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_is_called_and_its_result_answered() {
    let stub = Stub::open(|number, _| {
        if number == 0 {
            let call = json!({ "index": 0, "id": "c1", "function": { "name": "stock", "arguments": "{}" } });
            let mut acts = vec![says("Miro. "), event(json!({ "choices": [{ "delta": { "tool_calls": [call] } }] }))];
            acts.extend(ends("tool_calls", (5, 5)));
            return acts;
        }
        words("Hay tres.", Duration::ZERO)
    })
    .await;
    let stage = Stage::open(models(&stub, Duration::from_secs(5))).await;
    let crew = stage.crew(1);
    let ana = stage.ana().await;
    let talk = stage.talk(&ana, None).await;
    let request = stage.say(&ana, &talk, "¿Cuántos hay?").await.unwrap();
    let events = Stage::watch(&stage.app, &ana, &request, None).await.all().await;
    assert_eq!(text(&events), "Miro. [stock]");
    let end = events.last().unwrap();
    assert_eq!(end["finishReason"], "TOOL_CALLS");
    assert_eq!(
        end["message"]["metadata"]["toolCalls"],
        json!([{ "at": 6, "id": "c1", "name": "stock", "arguments": "{}" }])
    );
    let again = Stage::watch(&stage.other, &ana, &request, Some(6)).await.all().await;
    assert_eq!(text(&again), "[stock]");

    let result = "mutation ($talk: ID!) {
        sendChatMessage(input: { threadId: $talk, content: \"3\", toolCallId: \"c1\" }) { aiRequest { id message { role } } errors { message } }
    }";
    let payload = ana.data(result, json!({ "talk": talk })).await["sendChatMessage"].clone();
    assert_eq!(payload["aiRequest"]["message"]["role"], "TOOL", "{payload:#}");
    let request = payload["aiRequest"]["id"].as_str().unwrap();
    let events = Stage::watch(&stage.app, &ana, request, None).await.all().await;
    crew.stop(Duration::from_secs(10)).await;
    assert_eq!(text(&events), "Hay tres.");
    let told = &stub.asked()[1].body["messages"];
    assert_eq!(told[1]["tool_calls"][0]["id"], "c1");
    assert_eq!(told[2], json!({ "role": "tool", "content": "3", "tool_call_id": "c1" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_can_be_stopped_and_what_was_written_stays() {
    let stub = Stub::open(|_, _| vec![says("Érase una vez "), Act::Wait(Duration::from_secs(30)), says("nunca")]).await;
    let stage = Stage::open(models(&stub, Duration::from_secs(60))).await;
    let crew = stage.crew(1);
    let ana = stage.ana().await;
    let talk = stage.talk(&ana, None).await;
    let request = stage.say(&ana, &talk, "Cuéntame algo").await.unwrap();
    let mut watcher = Stage::watch(&stage.app, &ana, &request, None).await;
    assert_eq!(watcher.next().await.unwrap()["text"], "Érase una vez ");
    let stop =
        "mutation ($id: ID!) { stopChatReply(input: { aiRequestId: $id }) { aiRequest { status } errors { code } } }";
    ana.data(stop, json!({ "id": request })).await;
    let rest = watcher.all().await;
    crew.stop(Duration::from_secs(10)).await;
    assert_eq!(rest.len(), 1, "{rest:#?}");
    assert_eq!(
        (&rest[0]["finishReason"], &rest[0]["message"]["content"]),
        (&json!("STOPPED"), &json!("Érase una vez "))
    );
    assert_eq!(rest[0]["message"]["metadata"]["tokensEstimated"], json!(true));
}
