//! A service of language models that does what a test says, also what no service should.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A part of an answer.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// The status, with more headers; comes first.
    Status(u16, &'static str),
    /// Some bytes.
    Bytes(String),
    /// Nothing for a while.
    Wait(Duration),
    /// The connection breaks.
    Cut,
}

/// What was asked.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) authorization: Option<String>,
    pub(super) body: Value,
}

type Answers = dyn Fn(usize, &Asked) -> Vec<Act> + Send + Sync;

/// The service.
pub(super) struct Stub {
    pub(super) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Stub {
    /// Answers the first question, the second, … with what this says.
    pub(super) async fn open(answers: impl Fn(usize, &Asked) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (heard, answers) = (Arc::clone(&asked), Arc::new(answers) as Arc<Answers>);
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (heard, answers) = (Arc::clone(&heard), Arc::clone(&answers));
                tokio::spawn(async move { serve(socket, &heard, answers.as_ref()).await });
            }
        });
        Self { url, asked, task }
    }

    /// What was asked so far.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(mut socket: TcpStream, heard: &Mutex<Vec<Asked>>, answers: &Answers) {
    let Some(asked) = read(&mut socket).await else { return };
    let number = {
        let mut heard = heard.lock().unwrap();
        heard.push(asked.clone());
        heard.len() - 1
    };
    let mut is_begun = false;
    for act in answers(number, &asked) {
        if !is_begun && !matches!(act, Act::Status(..) | Act::Wait(_)) {
            is_begun = true;
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
            if socket.write_all(head.as_bytes()).await.is_err() {
                return;
            }
        }
        let written = match act {
            Act::Status(status, headers) => {
                let head = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n{headers}connection: close\r\n\r\n");
                let _ = socket.write_all(head.as_bytes()).await;
                return;
            }
            Act::Bytes(bytes) => {
                let chunk = format!("{:x}\r\n{bytes}\r\n", bytes.len());
                socket.write_all(chunk.as_bytes()).await
            }
            Act::Wait(pause) => {
                tokio::time::sleep(pause).await;
                Ok(())
            }
            // Without the chunk that ends them all.
            Act::Cut => return,
        };
        if written.is_err() || socket.flush().await.is_err() {
            return;
        }
    }
    let _ = socket.write_all(b"0\r\n\r\n").await;
}

async fn read(socket: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let header = |name: &str| {
                head.lines().find_map(|line| {
                    let (key, value) = line.split_once(": ")?;
                    key.eq_ignore_ascii_case(name).then(|| value.to_owned())
                })
            };
            let length: usize = header("content-length")?.parse().ok()?;
            if body.len() >= length {
                return Some(Asked {
                    path: head.split(' ').nth(1)?.to_owned(),
                    authorization: header("authorization"),
                    body: serde_json::from_str(body).ok()?,
                });
            }
        }
        let mut more = [0; 4096];
        match socket.read(&mut more).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&more[..count]),
        }
    }
}

/// An event with some text.
pub(super) fn says(text: &str) -> Act {
    event(json!({ "choices": [{ "index": 0, "delta": { "content": text } }] }))
}

/// An event.
pub(super) fn event(data: Value) -> Act {
    Act::Bytes(format!("data: {data}\n\n"))
}

/// The end, with what it took.
pub(super) fn ends(reason: &str, tokens: (u32, u32)) -> Vec<Act> {
    vec![
        event(json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] })),
        event(json!({ "choices": [], "usage": { "prompt_tokens": tokens.0, "completion_tokens": tokens.1 } })),
        Act::Bytes("data: [DONE]\n\n".to_owned()),
    ]
}

/// A text word by word, with pauses, and its end.
pub(super) fn words(text: &str, pause: Duration) -> Vec<Act> {
    let words = text.split_inclusive(' ').flat_map(|word| [says(word), Act::Wait(pause)]);
    words.chain(ends("stop", (20, 10))).collect()
}
