//! What becomes of a service's answers, good and bad.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use mostrador::models::{
    ChatModel, Embedder, EndReason, ModelError, ModelSettings, OpenAi, OpenAiEmbedder, Piece, Prompt, PromptMessage,
    Role, Tokens, whole_answer,
};
use serde_json::json;

use super::stub::{Act, Stub, ends, event, says, words};

const SHORT: Duration = Duration::from_millis(400);

fn settings(stub: &Stub) -> ModelSettings {
    ModelSettings {
        url: stub.url.parse().unwrap(),
        key: Some("sk-hunter2".parse().unwrap()),
        chat_model: "stub-1".to_owned(),
        embedding_model: Some("stub-embed".to_owned()),
        embedding_dimensions: 3,
        timeout: SHORT,
    }
}

fn question() -> Prompt {
    Prompt { temperature: Some(0.5), max_tokens: Some(99), ..Prompt::question("Be kind.", "Hola") }
}

/// The pieces of an answer, and how it failed.
async fn pieces(acts: Vec<Act>) -> (Vec<Piece>, Option<ModelError>) {
    let stub = Stub::open(move |_, _| acts.clone()).await;
    let model = OpenAi::new(&settings(&stub)).unwrap();
    let mut stream = model.answer(question());
    let (mut pieces, mut failure) = (Vec::new(), None);
    while let Some(piece) = stream.next().await {
        assert!(failure.is_none(), "something came behind the failure");
        match piece {
            Ok(piece) => pieces.push(piece),
            Err(error) => failure = Some(error),
        }
    }
    (pieces, failure)
}

async fn failure_of(acts: Vec<Act>) -> Option<ModelError> {
    pieces(acts).await.1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_asked_as_it_expects_and_its_answer_read() {
    let stub = Stub::open(|_, _| words("Hola, ¿qué tal?", Duration::ZERO)).await;
    let model: Arc<dyn ChatModel> = Arc::new(OpenAi::new(&settings(&stub)).unwrap());
    assert!(!format!("{model:?}").contains("hunter2"));
    let answer = whole_answer(model.as_ref(), question()).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.reason), ("Hola, ¿qué tal?", EndReason::Stop));
    assert_eq!(answer.tokens, Tokens { input: 20, output: 10 });
    let asked = stub.asked().remove(0);
    assert_eq!(asked.path, "/v1/chat/completions");
    assert_eq!(asked.authorization.as_deref(), Some("Bearer sk-hunter2"));
    assert_eq!(
        asked.body,
        json!({
            "model": "stub-1", "stream": true, "stream_options": { "include_usage": true }, "temperature": 0.5,
            "max_tokens": 99,
            "messages": [{ "role": "system", "content": "Be kind." }, { "role": "user", "content": "Hola" }],
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_travel_both_ways() {
    let stub = Stub::open(|_, _| {
        let call = |delta| event(json!({ "choices": [{ "delta": { "tool_calls": [delta] } }] }));
        let mut acts = vec![
            call(json!({ "index": 0, "id": "c1", "type": "function", "function": { "name": "stock", "arguments": "{\"ma" } })),
            call(json!({ "index": 0, "function": { "arguments": "ke\":\"Seat\"}" } })),
        ];
        acts.extend(ends("tool_calls", (9, 3)));
        acts
    })
    .await;
    let model = OpenAi::new(&settings(&stub)).unwrap();
    let tool = json!({ "type": "function", "function": { "name": "stock" } });
    let mut prompt = Prompt { tools: vec![tool.clone()], ..question() };
    let answer = whole_answer(&model, prompt.clone()).await.unwrap();
    assert_eq!(answer.tool_calls[0].arguments, "{\"make\":\"Seat\"}");
    prompt.messages.push(PromptMessage { tool_calls: answer.tool_calls, ..PromptMessage::new(Role::Assistant, "") });
    let result = PromptMessage { tool_call_id: Some("c1".to_owned()), ..PromptMessage::new(Role::Tool, "3") };
    prompt.messages.push(result);
    whole_answer(&model, prompt).await.unwrap();
    let asked = stub.asked();
    assert_eq!(asked[0].body["tools"], json!([tool]));
    let call =
        json!({ "id": "c1", "type": "function", "function": { "name": "stock", "arguments": "{\"make\":\"Seat\"}" } });
    assert_eq!(asked[1].body["messages"][2], json!({ "role": "assistant", "content": "", "tool_calls": [call] }));
    assert_eq!(asked[1].body["messages"][3], json!({ "role": "tool", "content": "3", "tool_call_id": "c1" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_has_a_code_behind_what_came_before() {
    let status = |status, headers| vec![Act::Status(status, headers)];
    let busy = |seconds| Some(ModelError::Busy { after: Some(Duration::from_secs(seconds)) });
    assert_eq!(failure_of(status(429, "retry-after: 7\r\n")).await, busy(7));
    assert_eq!(failure_of(status(429, "")).await, Some(ModelError::Busy { after: None }));
    assert_eq!(failure_of(status(500, "")).await, Some(ModelError::Unavailable));
    assert_eq!(failure_of(status(302, "location: /elsewhere\r\n")).await, Some(ModelError::Unavailable));
    assert_eq!(failure_of(status(401, "")).await, Some(ModelError::Credentials));
    assert_eq!(failure_of(status(404, "")).await, Some(ModelError::UnknownModel));
    assert_eq!(failure_of(status(400, "")).await, Some(ModelError::Rejected));
    assert_eq!(failure_of(vec![Act::Cut]).await, Some(ModelError::CutOff));
    assert_eq!(failure_of(vec![Act::Wait(SHORT * 3)]).await, Some(ModelError::TimedOut));

    let hola = || vec![Piece::Text("Hola".to_owned())];
    assert_eq!(pieces(vec![says("Hola"), Act::Cut]).await, (hola(), Some(ModelError::CutOff)));
    assert_eq!(pieces(vec![says("Hola")]).await, (hola(), Some(ModelError::CutOff)), "ended well, but without an end");
    let slow = vec![says("Hola"), Act::Wait(SHORT * 3), says(" otra vez")];
    assert_eq!(pieces(slow).await, (hola(), Some(ModelError::TimedOut)));
    // In one packet with what came before.
    let broken = Act::Bytes("data: {\"choices\":[{\"delta\":{\"content\":\"Hola\"}}]}\n\ndata: {oops\n\n".to_owned());
    assert_eq!(pieces(vec![broken]).await, (hola(), Some(ModelError::Malformed)));
    let failing = vec![says("Hola"), event(json!({ "error": { "message": "overloaded: Hola" } }))];
    assert_eq!(pieces(failing).await, (hola(), Some(ModelError::Unavailable)));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_is_told_as_such() {
    let url = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}/v1", listener.local_addr().unwrap())
    };
    let stub = Stub::open(|_, _| Vec::new()).await;
    let settings = ModelSettings { url: url.parse().unwrap(), ..settings(&stub) };
    let model = OpenAi::new(&settings).unwrap();
    assert_eq!(whole_answer(&model, question()).await, Err(ModelError::Unreachable));
}

#[tokio::test(flavor = "multi_thread")]
async fn vectors_come_in_the_order_of_the_texts_with_length_one() {
    let item = |index: usize, embedding: &[f32]| json!({ "index": index, "embedding": embedding });
    let good =
        json!({ "data": [item(1, &[0.0, 3.0, 4.0]), item(0, &[2.0, 0.0, 0.0])], "usage": { "prompt_tokens": 5 } });
    let short = json!({ "data": [item(0, &[1.0, 0.0]), item(1, &[1.0, 0.0])] });
    let missing = json!({ "data": [item(0, &[1.0, 0.0, 0.0])] });
    let twice = json!({ "data": [item(0, &[1.0, 0.0, 0.0]), item(0, &[1.0, 0.0, 0.0])] });
    let answers = [good, short, missing, twice];
    let stub = Stub::open(move |number, _| vec![Act::Bytes(answers[number].to_string())]).await;
    let embedder = OpenAiEmbedder::new(&settings(&stub)).unwrap();
    let texts = ["uno".to_owned(), String::new()];
    let embeddings = embedder.embed(&texts).await.unwrap();
    assert_eq!(embeddings.vectors, [[1.0, 0.0, 0.0], [0.0, 0.6, 0.8]]);
    assert_eq!(embeddings.tokens, 5);
    for _ in 0..3 {
        assert_eq!(embedder.embed(&texts).await, Err(ModelError::Malformed));
    }
    assert_eq!(stub.asked()[0].body["input"], json!(["uno", "-"]));
}
