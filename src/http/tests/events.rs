//! graphql-sse from outside: a real port, a fake gateway.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::served::Served;

const GUARD: Duration = Duration::from_secs(30);

/// A response as it arrives: its head, and what there is of its body.
struct Response {
    status: u16,
    head: String,
    stream: TcpStream,
    raw: Vec<u8>,
    text: String,
}

/// An event: its name and its data.
type Event = (String, Value);

impl Response {
    async fn to(served: &Served, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = Self { status: 0, head: String::new(), stream, raw: Vec::new(), text: String::new() };
        let end = loop {
            if let Some(end) = response.raw.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
            assert!(response.read().await, "no head");
        };
        response.head = String::from_utf8(response.raw.drain(..end + 4).collect()).unwrap();
        response.status = response.head.split(' ').nth(1).unwrap().parse().unwrap();
        response
    }

    async fn read(&mut self) -> bool {
        let read = tokio::time::timeout(GUARD, self.stream.read_buf(&mut self.raw)).await.unwrap();
        read.unwrap() > 0
    }

    fn header(&self, name: &str) -> &str {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default()
    }

    /// Takes whole chunks off what has arrived.
    fn unchunk(&mut self) {
        if self.header("transfer-encoding") != "chunked" {
            self.text.push_str(std::str::from_utf8(&self.raw).unwrap());
            return self.raw.clear();
        }
        while let Some(end) = self.raw.windows(2).position(|window| window == b"\r\n") {
            let size = usize::from_str_radix(std::str::from_utf8(&self.raw[..end]).unwrap(), 16).unwrap();
            if self.raw.len() < end + 4 + size {
                return;
            }
            self.text.push_str(std::str::from_utf8(&self.raw[end + 2..end + 2 + size]).unwrap());
            self.raw.drain(..end + 4 + size);
        }
    }

    /// The next event; `None` at the end of the stream. Comments are passed over.
    async fn event(&mut self) -> Option<Event> {
        loop {
            self.unchunk();
            if let Some(end) = self.text.find("\n\n") {
                let frame: String = self.text.drain(..end + 2).collect();
                let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                if let Some(event) = field("event:") {
                    let data = field("data:").filter(|data| !data.is_empty());
                    return Some((event.into(), data.map_or(Value::Null, |data| serde_json::from_str(data).unwrap())));
                }
                if let Some(delay) = field("retry:") {
                    return Some(("retry".into(), delay.parse::<u64>().unwrap().into()));
                }
                continue;
            }
            if !self.read().await {
                return None;
            }
        }
    }

    async fn rest(mut self) -> String {
        while self.read().await {}
        self.unchunk();
        self.text
    }

    /// The code of the only error of its body.
    async fn code(self) -> String {
        let json: Value = serde_json::from_str(&self.rest().await).unwrap();
        json["errors"][0]["extensions"]["code"].as_str().unwrap().to_owned()
    }
}

const AUTHORIZED: (&str, &str) = ("authorization", "Bearer user:11");
const JSON: (&str, &str) = ("content-type", "application/json");
const EVENTS: (&str, &str) = ("accept", "text/event-stream");

fn query(query: &str) -> String {
    json!({ "query": query }).to_string()
}

fn operation(id: &str, query: &str) -> String {
    json!({ "query": query, "extensions": { "operationId": id } }).to_string()
}

fn next(number: u64) -> Event {
    ("next".into(), json!({ "data": { "n": number } }))
}

fn next_of(id: &str, number: u64) -> Event {
    ("next".into(), json!({ "id": id, "payload": { "data": { "n": number } } }))
}

fn complete() -> Event {
    ("complete".into(), Value::Null)
}

fn complete_of(id: &str) -> Event {
    ("complete".into(), json!({ "id": id }))
}

async fn distinct(served: &Served, text: &str) -> Response {
    Response::to(served, "POST", "/graphql", &[AUTHORIZED, JSON, EVENTS], &query(text)).await
}

#[tokio::test]
async fn a_subscription_is_a_stream_that_completes() {
    let served = Served::new().await;
    for path in ["/graphql", "/graphql/stream"] {
        let mut stream =
            Response::to(&served, "POST", path, &[AUTHORIZED, JSON, EVENTS], &query("subscription 2")).await;
        assert_eq!((stream.status, stream.header("content-type")), (200, "text/event-stream; charset=utf-8"));
        for event in [next(0), next(1), complete()] {
            assert_eq!(stream.event().await, Some(event));
        }
        assert_eq!(stream.event().await, None);
    }
    let get = "/graphql/stream?query=subscription%201";
    let mut stream = Response::to(&served, "GET", get, &[AUTHORIZED, EVENTS], "").await;
    assert_eq!(stream.event().await, Some(next(0)));
}

#[tokio::test]
async fn one_answer_is_one_event_and_so_is_what_is_wrong_with_an_operation() {
    let served = Served::new().await;
    let mut stream = distinct(&served, "{ __typename }").await;
    let data = json!({ "data": { "__typename": "Query" } });
    assert_eq!(stream.event().await, Some(("next".into(), data)));
    assert_eq!(stream.event().await, Some(complete()));
    for refused in ["refused", "subscription nonsense"] {
        let mut stream = distinct(&served, refused).await;
        assert_eq!(stream.status, 200);
        assert_eq!(stream.event().await, Some(("next".into(), json!({ "errors": [{ "message": "no" }] }))));
        assert_eq!(stream.event().await, Some(complete()));
        assert_eq!(stream.event().await, None);
    }
}

#[tokio::test]
async fn who_may_not_ask_is_told_by_the_status() {
    let served = Served::new().await;
    let text = query("subscription 1");
    let nobody = Response::to(&served, "POST", "/graphql", &[JSON, EVENTS], &text).await;
    assert_eq!((nobody.status, nobody.header("content-type")), (401, "application/json; charset=utf-8"));
    let unknown = [("authorization", "Bearer nobody"), JSON, EVENTS];
    assert_eq!(Response::to(&served, "POST", "/graphql", &unknown, &text).await.status, 401);
    let down = [("authorization", "Bearer down"), JSON, EVENTS];
    assert_eq!(Response::to(&served, "POST", "/graphql", &down, &text).await.status, 503);
    assert_eq!(distinct(&served, "stranger").await.status, 401);
    let plain = [AUTHORIZED, ("content-type", "text/plain"), EVENTS];
    assert_eq!(Response::to(&served, "POST", "/graphql", &plain, &text).await.status, 415);
    let not_events = Response::to(&served, "POST", "/graphql/stream", &[AUTHORIZED, JSON], &text).await;
    assert_eq!((not_events.status, not_events.code().await.as_str()), (406, "NOT_ACCEPTABLE"));
    let patch = Response::to(&served, "PATCH", "/graphql/stream", &[AUTHORIZED, JSON], &text).await;
    assert_eq!((patch.status, patch.header("allow")), (405, "GET, POST, PUT, DELETE"));
}

#[tokio::test]
async fn a_client_that_takes_both_gets_a_stream_for_a_subscription_only() {
    let served = Served::new().await;
    let both = ("accept", "application/graphql-response+json, application/json, text/event-stream");
    let answer = Response::to(&served, "POST", "/graphql", &[AUTHORIZED, JSON, both], &query("{ a }")).await;
    assert_eq!(answer.header("content-type"), "application/graphql-response+json; charset=utf-8");
    let mut stream =
        Response::to(&served, "POST", "/graphql", &[AUTHORIZED, JSON, both], &query("subscription 1")).await;
    assert_eq!(stream.event().await, Some(next(0)));
}

async fn reserve(served: &Served) -> String {
    let reserved = Response::to(served, "PUT", "/graphql/stream", &[AUTHORIZED], "").await;
    assert_eq!(reserved.status, 201);
    let token = reserved.rest().await;
    assert!(token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{token}");
    token
}

/// A request that concerns a reserved stream.
async fn about(served: &Served, method: &str, token: &str, who: (&str, &str), path: &str, body: &str) -> Response {
    let headers = [who, JSON, ("x-graphql-event-stream-token", token)];
    Response::to(served, method, path, &headers, body).await
}

async fn operate(served: &Served, token: &str, body: &str) -> Response {
    about(served, "POST", token, AUTHORIZED, "/graphql/stream", body).await
}

#[tokio::test]
async fn a_reserved_stream_carries_what_other_requests_start_and_stop() {
    let served = Served::new().await;
    let token = reserve(&served).await;
    // Started before the stream is open.
    assert_eq!(operate(&served, &token, &operation("a", "subscription 1")).await.status, 202);
    let path = format!("/graphql/stream?token={token}");
    let mut stream = Response::to(&served, "GET", &path, &[EVENTS], "").await;
    assert_eq!(stream.event().await, Some(next_of("a", 0)));
    assert_eq!(stream.event().await, Some(complete_of("a")));

    assert_eq!(operate(&served, &token, &operation("b", "{ __typename }")).await.status, 202);
    let payload = json!({ "id": "b", "payload": { "data": { "__typename": "Query" } } });
    assert_eq!(stream.event().await, Some(("next".into(), payload)));
    assert_eq!(stream.event().await, Some(complete_of("b")));

    assert_eq!(operate(&served, &token, &operation("c", "subscription silent")).await.status, 202);
    let again = operate(&served, &token, &operation("c", "subscription silent")).await;
    assert_eq!((again.status, again.code().await.as_str()), (409, "CONFLICT"));
    let stop = "/graphql/stream?operationId=c";
    assert_eq!(about(&served, "DELETE", &token, AUTHORIZED, stop, "").await.status, 200);
    assert_eq!(operate(&served, &token, &operation("d", "subscription 1")).await.status, 202);
    assert_eq!(stream.event().await, Some(next_of("d", 0)));
    assert_eq!(operate(&served, &token, &operation("c", "subscription 1")).await.status, 202);
    assert_eq!(stream.event().await, Some(complete_of("d")));
    assert_eq!(stream.event().await, Some(next_of("c", 0)));
}

#[tokio::test]
async fn a_reserved_stream_is_opened_once_and_serves_only_who_reserved_it() {
    let served = Served::new().await;
    let token = reserve(&served).await;
    let stranger = ("authorization", "Bearer user:21");
    let path = format!("/graphql/stream?token={token}");
    let foreign = Response::to(&served, "GET", &path, &[EVENTS, stranger], "").await;
    assert_eq!((foreign.status, foreign.code().await.as_str()), (403, "FORBIDDEN"));
    let stream = Response::to(&served, "GET", &path, &[EVENTS, AUTHORIZED], "").await;
    assert_eq!(stream.status, 200);
    let second = Response::to(&served, "GET", &path, &[EVENTS], "").await;
    assert_eq!((second.status, second.code().await.as_str()), (409, "CONFLICT"));
    let body = operation("a", "subscription 1");
    let foreign = about(&served, "POST", &token, stranger, "/graphql/stream", &body).await;
    assert_eq!((foreign.status, foreign.code().await.as_str()), (403, "FORBIDDEN"));
    let nobody = about(&served, "POST", &token, ("x", "y"), "/graphql/stream", &body).await;
    assert_eq!(nobody.status, 401);
    let foreign = about(&served, "DELETE", &token, stranger, "/graphql/stream?operationId=a", "").await;
    assert_eq!(foreign.status, 403);
    let unknown = operate(&served, "0000", &body).await;
    assert_eq!((unknown.status, unknown.code().await.as_str()), (404, "NOT_FOUND"));
    let unnamed = about(&served, "DELETE", &token, AUTHORIZED, "/graphql/stream", "").await;
    assert_eq!(unnamed.status, 400);
    assert_eq!(operate(&served, &token, &query("refused")).await.status, 400);
    assert_eq!(operate(&served, &token, r#"{"query":"a","extensions":{"operationId":7}}"#).await.status, 400);
    drop(stream);
    while served.live.count() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(operate(&served, &token, &body).await.status, 404);
}

#[tokio::test]
async fn streams_and_their_operations_are_limited() {
    let served = Served::with(|parts| {
        let live = &mut parts.settings.live;
        (live.max_connections, live.max_connections_per_tenant) = (3, 2);
        (live.max_operations, live.max_messages_per_second) = (2, 1);
    })
    .await;
    let token = reserve(&served).await;
    let _stream = distinct(&served, "subscription silent").await;
    let third = distinct(&served, "subscription silent").await;
    assert_eq!((third.status, third.code().await.as_str()), (429, "RATE_LIMITED"));
    let reserved = Response::to(&served, "PUT", "/graphql/stream", &[AUTHORIZED], "").await;
    assert_eq!(reserved.status, 429);
    let other = [("authorization", "Bearer user:12"), JSON, EVENTS];
    assert_eq!(Response::to(&served, "POST", "/graphql", &other, &query("subscription silent")).await.status, 200);
    for (id, status) in [("a", 202), ("b", 202), ("c", 429)] {
        assert_eq!(operate(&served, &token, &operation(id, "subscription silent")).await.status, status, "{id}");
    }
    let mut refused = 0;
    for _ in 0..20 {
        refused += usize::from(operate(&served, &token, "{").await.status == 429);
    }
    assert!(refused > 0);
}

#[tokio::test]
async fn a_stream_ends_with_its_token_and_a_reserved_one_with_the_newest() {
    let served = Served::new().await;
    let short = ("authorization", "Bearer user:11:1");
    let mut alone = Response::to(&served, "POST", "/graphql", &[short, JSON, EVENTS], &query("subscription who")).await;
    assert_eq!(alone.event().await, Some(next(1)));
    let reserved = Response::to(&served, "PUT", "/graphql/stream", &[short], "").await;
    let token = reserved.rest().await;
    let path = format!("/graphql/stream?token={token}");
    let mut stream = Response::to(&served, "GET", &path, &[EVENTS], "").await;
    let body = operation("a", "subscription who");
    assert_eq!(about(&served, "POST", &token, short, "/graphql/stream", &body).await.status, 202);
    assert_eq!(stream.event().await, Some(next_of("a", 1)));
    let longer = ("authorization", "Bearer user:11:2.5");
    assert_eq!(about(&served, "PUT", &token, longer, "/graphql/stream", "").await.status, 200);
    assert_eq!(stream.event().await, Some(next_of("a", 2)));

    let (event, data) = alone.event().await.unwrap();
    assert_eq!((event.as_str(), &data["errors"][0]["extensions"]["code"]), ("next", &json!("UNAUTHENTICATED")));
    assert_eq!(alone.event().await, Some(complete()));
    assert_eq!(alone.event().await, None);
    let (event, data) = stream.event().await.unwrap();
    let code = &data["payload"]["errors"][0]["extensions"]["code"];
    assert_eq!((event.as_str(), &data["id"], code), ("next", &json!("a"), &json!("UNAUTHENTICATED")));
    assert_eq!(stream.event().await, Some(complete_of("a")));
    assert_eq!(stream.event().await, None);
}

#[tokio::test]
async fn when_the_node_stops_streams_say_when_to_come_back_and_end_without_completing() {
    let served = Served::new().await;
    let mut alone = distinct(&served, "subscription silent").await;
    let token = reserve(&served).await;
    let path = format!("/graphql/stream?token={token}");
    let mut stream = Response::to(&served, "GET", &path, &[EVENTS], "").await;
    assert_eq!(operate(&served, &token, &operation("a", "subscription 1")).await.status, 202);
    assert_eq!(stream.event().await, Some(next_of("a", 0)));
    assert_eq!(stream.event().await, Some(complete_of("a")));
    let _unopened = reserve(&served).await;
    let ended = served.stop();
    for stream in [&mut alone, &mut stream] {
        let (event, delay) = stream.event().await.unwrap();
        assert!(event == "retry" && delay.as_u64().unwrap() <= 10_000, "{event} {delay}");
        assert_eq!(stream.event().await, None);
    }
    assert_eq!(ended.await.unwrap(), crate::http::server::Drained::Complete);
}

#[tokio::test]
async fn a_stream_nobody_reads_takes_no_more_than_the_network_holds() {
    let served = Served::new().await;
    let stream = distinct(&served, "subscription endless").await;
    // As many events as fit the buffers on the way, and then no more.
    let sent = async || {
        let metrics = served.metrics().await;
        let line = metrics.lines().find(|line| line.contains("direction=\"out\",transport=\"sse\"")).unwrap();
        line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    let mut before = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let now = sent().await;
        if now == before {
            break;
        }
        before = now;
    }
    assert!(before > 0);
    drop(stream);
}
