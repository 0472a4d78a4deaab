//! A small HTTP server that takes messages, and behaves badly on request. It remembers idempotency keys, as a good
//! receiver does: what it has taken once it answers as before and does not count again.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What it does with one request.
#[derive(Clone, Debug)]
pub(crate) enum Manner {
    /// Takes it.
    Takes,
    /// Takes it, and closes the connection instead of answering.
    TakesAndCloses,
    /// Takes it, and answers something that is no JSON.
    TakesAndBabbles,
    /// Takes it, and never ends its answer after the status.
    TakesAndDawdles,
    /// Closes the connection before it has read anything.
    Closes,
    /// Answers with something that is no HTTP.
    Babbles,
    /// Says nothing until the test lets it.
    Hangs,
    /// Answers with this status and body, and takes nothing.
    Refuses(u16, &'static str),
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// The server.
#[derive(Clone)]
pub(crate) struct Receiver {
    port: u16,
    state: Arc<Mutex<State>>,
    let_go: Arc<Notify>,
}

#[derive(Default)]
struct State {
    manners: VecDeque<Manner>,
    always: Option<Manner>,
    requests: Vec<Request>,
    taken: Vec<Request>,
    /// Answers by idempotency key, or by our id for WhatsApp.
    known: HashMap<String, String>,
}

impl Receiver {
    /// Behaves so for the first requests, and then well.
    pub(crate) async fn start(manners: impl IntoIterator<Item = Manner>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = State { manners: manners.into_iter().collect(), ..State::default() };
        let receiver = Self { port, state: Arc::new(Mutex::new(state)), let_go: Arc::new(Notify::new()) };
        let served = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let served = served.clone();
                tokio::spawn(async move { served.serve(stream).await });
            }
        });
        receiver
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// All requests that were read.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }

    /// What it has taken, each once.
    pub(crate) fn taken(&self) -> Vec<Request> {
        self.state.lock().unwrap().taken.clone()
    }

    /// The texts of the messages that it has taken, in order.
    pub(crate) fn texts(&self) -> Vec<String> {
        let text = |request: &Request| {
            let json = request.json();
            let text = json.pointer("/message/content").or(json.pointer("/text/body"));
            text.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        self.taken().iter().map(text).collect()
    }

    /// From now on it does this with every request.
    pub(crate) fn always(&self, manner: Option<Manner>) {
        self.state.lock().unwrap().always = manner;
    }

    /// Lets requests go that hang.
    pub(crate) fn let_go(&self) {
        self.let_go.notify_waiters();
    }

    async fn serve(&self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        loop {
            // What it will do is decided when a request begins to come.
            if stream.fill_buf().await.map_or(true, <[u8]>::is_empty) {
                return;
            }
            let manner = {
                let mut state = self.state.lock().unwrap();
                let next = state.manners.pop_front();
                next.or(state.always.clone()).unwrap_or(Manner::Takes)
            };
            if matches!(manner, Manner::Closes) {
                return;
            }
            let Some(request) = read(&mut stream).await else { return };
            self.state.lock().unwrap().requests.push(request.clone());
            let answer = match manner {
                Manner::Takes => (200, self.take(&request)),
                Manner::TakesAndCloses => {
                    self.take(&request);
                    return;
                }
                Manner::TakesAndBabbles => {
                    self.take(&request);
                    (200, "<html>thank you</html>".to_owned())
                }
                Manner::TakesAndDawdles => {
                    self.take(&request);
                    let head = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{";
                    let _ = stream.get_mut().write_all(head.as_bytes()).await;
                    tokio::time::sleep(Duration::from_secs(60)).await;
                    return;
                }
                Manner::Babbles => {
                    let _ = stream.get_mut().write_all(b"what?\r\n\r\n").await;
                    return;
                }
                Manner::Hangs => {
                    self.let_go.notified().await;
                    (200, self.take(&request))
                }
                Manner::Refuses(status, body) => (status, body.to_owned()),
                Manner::Closes => return,
            };
            let (status, body) = answer;
            let text = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nretry-after: 0\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            if stream.get_mut().write_all(text.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    /// Takes a message, unless it has it already; the answer.
    fn take(&self, request: &Request) -> String {
        let json = request.json();
        let of_whatsapp = json.get("biz_opaque_callback_data").and_then(Value::as_str).map(str::to_owned);
        let key = request.headers.get("idempotency-key").cloned().or(of_whatsapp.clone()).unwrap();
        let mut state = self.state.lock().unwrap();
        if let Some(answer) = state.known.get(&key) {
            return answer.clone();
        }
        let id = format!("id-{}", state.taken.len() + 1);
        let answer = match of_whatsapp {
            Some(_) => json!({ "messaging_product": "whatsapp", "messages": [{ "id": format!("wamid.{id}") }] }),
            None => json!({ "providerMessageId": id }),
        };
        state.taken.push(request.clone());
        state.known.insert(key, answer.to_string());
        answer.to_string()
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length: usize = headers.get("content-length").map_or(Ok(0), |length| length.parse()).ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Request { path, headers, body: String::from_utf8(body).ok()? })
}
