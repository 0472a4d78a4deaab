//! A small HTTP server that is TMS and SLC, and behaves badly on request. It checks signatures as a good one does, refuses
//! nonces that it has seen, and remembers idempotency keys: what it has taken once it answers as before.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

/// What it does with one request that changes something.
#[derive(Clone, Debug)]
pub(crate) enum Manner {
    /// Does it, and closes the connection instead of answering.
    DoesAndCloses,
    /// Does it, and answers something that is no JSON.
    DoesAndBabbles,
    /// Does it, and answers when nobody waits any more.
    DoesAndDawdles,
    /// Does it, and says that it has not decided.
    DoesAndHesitates,
    /// Closes the connection before it has read anything.
    Closes,
    /// Answers with something that is no HTTP.
    Babbles,
    /// Says nothing for a while, and does nothing.
    Hangs,
    /// Answers with this status and body, and does nothing.
    Refuses(u16, &'static str),
}

/// How long it says nothing.
pub(crate) const SILENCE: Duration = Duration::from_secs(4);

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

/// What it has taken.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) id: String,
    pub(crate) body: Value,
    pub(crate) is_cancelled: bool,
}

/// The server.
#[derive(Clone)]
pub(crate) struct Stub {
    port: u16,
    pub(crate) secret: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    manners: VecDeque<Manner>,
    always: Option<Manner>,
    requests: Vec<Request>,
    nonces: HashSet<String>,
    /// By our reference.
    taken: BTreeMap<String, Taken>,
    answers: HashMap<String, (u16, String)>,
    /// VINs that are not taken, or not taken back, and why.
    refused: HashMap<String, &'static str>,
    kept: HashMap<String, &'static str>,
}

impl Stub {
    /// Behaves so for the first requests that change something, and then well.
    pub(crate) async fn start(manners: impl IntoIterator<Item = Manner>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = State { manners: manners.into_iter().collect(), ..State::default() };
        let secret = "a secret that both sides know".to_owned();
        let stub = Self { port, secret, state: Arc::new(Mutex::new(state)) };
        let served = stub.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let served = served.clone();
                tokio::spawn(async move { served.serve(stream).await });
            }
        });
        stub
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Requests that were read.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }

    /// Requests with this method whose path ends so.
    pub(crate) fn count(&self, method: &str, end: &str) -> usize {
        self.requests().iter().filter(|request| request.method == method && request.path.ends_with(end)).count()
    }

    /// What it has taken, by VIN.
    pub(crate) fn taken(&self) -> BTreeMap<String, Taken> {
        let state = self.state.lock().unwrap();
        let by_vin: BTreeMap<String, Taken> =
            state.taken.values().map(|taken| (taken.body["vin"].as_str().unwrap().to_owned(), taken.clone())).collect();
        assert_eq!(by_vin.len(), state.taken.len(), "a vehicle was taken twice");
        by_vin
    }

    /// How many it has taken and not given back.
    pub(crate) fn kept(&self) -> usize {
        self.taken().values().filter(|taken| !taken.is_cancelled).count()
    }

    /// From now on it does this with every request.
    pub(crate) fn always(&self, manner: Option<Manner>) {
        self.state.lock().unwrap().always = manner;
    }

    /// It does this with the next ones.
    pub(crate) fn next(&self, manners: impl IntoIterator<Item = Manner>) {
        self.state.lock().unwrap().manners.extend(manners);
    }

    /// It does not take this vehicle, for this reason; none: it does.
    pub(crate) fn refuse(&self, vin: &str, code: Option<&'static str>) {
        let mut state = self.state.lock().unwrap();
        match code {
            Some(code) => state.refused.insert(vin.to_owned(), code),
            None => state.refused.remove(vin),
        };
    }

    /// It does not give this vehicle back, for this reason; none: it does.
    pub(crate) fn keep(&self, vin: &str, code: Option<&'static str>) {
        let mut state = self.state.lock().unwrap();
        match code {
            Some(code) => state.kept.insert(vin.to_owned(), code),
            None => state.kept.remove(vin),
        };
    }

    async fn serve(&self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        loop {
            let Ok(begin) = stream.fill_buf().await else { return };
            if begin.is_empty() {
                return;
            }
            let is_question = begin.starts_with(b"GET");
            let manner = {
                let mut state = self.state.lock().unwrap();
                let next = if is_question { None } else { state.manners.pop_front() };
                next.or(state.always.clone())
            };
            if matches!(manner, Some(Manner::Closes)) {
                return;
            }
            let Some(request) = read(&mut stream).await else { return };
            self.state.lock().unwrap().requests.push(request.clone());
            let answer = match manner {
                None => self.answer(&request),
                Some(Manner::DoesAndCloses) => {
                    self.answer(&request);
                    return;
                }
                Some(Manner::DoesAndBabbles) => {
                    self.answer(&request);
                    (200, "<html>thank you</html>".to_owned())
                }
                Some(Manner::DoesAndDawdles) => {
                    let answer = self.answer(&request);
                    tokio::time::sleep(SILENCE).await;
                    answer
                }
                Some(Manner::DoesAndHesitates) => {
                    self.answer(&request);
                    (202, r#"{"state":"PENDING"}"#.to_owned())
                }
                Some(Manner::Babbles) => {
                    let _ = stream.get_mut().write_all(b"what?\r\n\r\n").await;
                    return;
                }
                Some(Manner::Hangs) => {
                    tokio::time::sleep(SILENCE).await;
                    return;
                }
                Some(Manner::Refuses(status, body)) => (status, body.to_owned()),
                Some(Manner::Closes) => return,
            };
            let (status, body) = answer;
            let text = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            if stream.get_mut().write_all(text.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    /// Does what a good system does.
    fn answer(&self, request: &Request) -> (u16, String) {
        let mut state = self.state.lock().unwrap();
        if !self.is_signed(request, &mut state.nonces) {
            return (401, error("SIGNATURE"));
        }
        let segments: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
        let (collection, rest) = match segments.as_slice() {
            ["api", collection @ ("transports" | "services"), rest @ ..] => (*collection, rest),
            _ => return (404, error("NO_SUCH_PATH")),
        };
        if let Some(answer) = request.headers.get("idempotency-key").and_then(|key| state.answers.get(key)) {
            return answer.clone();
        }
        let json = || serde_json::from_str::<Value>(&request.body).unwrap();
        let answer = match (request.method.as_str(), rest) {
            ("GET", [reference]) => match state.taken.get(*reference) {
                Some(taken) => (200, shown(collection, taken)),
                None => (404, error("UNKNOWN")),
            },
            ("POST", []) => {
                let body = json();
                let vin = body["vin"].as_str().unwrap().to_owned();
                if let Some(code) = state.refused.get(&vin) {
                    return (422, error(code));
                }
                let reference = body["reference"].as_str().unwrap().to_owned();
                assert_eq!(request.headers["idempotency-key"], reference);
                let number = state.taken.len() + 1;
                let id = match collection {
                    "transports" => Uuid::from_u128(0x7135_0000 + number as u128).to_string(),
                    _ => format!("SLC-{number}"),
                };
                let taken = Taken { id, body, is_cancelled: false };
                let answer = shown(collection, &taken);
                state.taken.insert(reference, taken);
                (201, answer)
            }
            ("POST", [id, "cancellation"]) => {
                let body = json();
                assert!(body["clientCode"].is_string(), "{body}");
                assert!(collection == "services" || body["carrierCode"].is_string(), "{body}");
                let kept = state.kept.clone();
                let found = state.taken.iter_mut().find(|(reference, taken)| taken.id == *id || reference == id);
                match found {
                    None => (404, error("UNKNOWN")),
                    Some((_, taken)) => match kept.get(taken.body["vin"].as_str().unwrap()) {
                        // It may change its mind, so this is not remembered.
                        Some(code) => return (409, error(code)),
                        None => {
                            taken.is_cancelled = true;
                            (200, r#"{"state":"CANCELLED"}"#.to_owned())
                        }
                    },
                }
            }
            _ => (405, error("METHOD")),
        };
        if let Some(key) = request.headers.get("idempotency-key") {
            state.answers.insert(key.clone(), answer.clone());
        }
        answer
    }

    fn is_signed(&self, request: &Request, nonces: &mut HashSet<String>) -> bool {
        let Some(header) = request.headers.get("mostrador-signature") else { return false };
        let part =
            |name: &str| header.split(',').find_map(|part| part.strip_prefix(&format!("{name}=")).map(str::to_owned));
        let (Some(time), Some(nonce), Some(signature)) = (part("t"), part("n"), part("v1")) else { return false };
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).unwrap();
        mac.update(format!("{time}.{nonce}.{} {}.{}", request.method, request.path, request.body).as_bytes());
        let expected: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        #[expect(clippy::disallowed_methods, reason = "signatures carry the real time")]
        let now = chrono::Utc::now();
        let age = now.timestamp() - time.parse::<i64>().unwrap();
        signature == expected && age.abs() < 120 && nonces.insert(nonce)
    }
}

fn error(code: &str) -> String {
    json!({ "error": { "code": code, "message": "for whoever reads logs over there" } }).to_string()
}

fn shown(collection: &str, taken: &Taken) -> String {
    let body = &taken.body;
    if collection == "transports" {
        json!({
            "id": taken.id, "serviceCode": Uuid::from_u128(77), "origin": body["origin"]["name"],
            "destination": body["destination"]["name"], "model": body["model"], "state": "REGISTERED",
        })
        .to_string()
    } else {
        json!({ "id": taken.id, "service": body["service"]["name"], "state": "REGISTERED" }).to_string()
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Request { method, path, headers, body: String::from_utf8(body).unwrap() })
}
