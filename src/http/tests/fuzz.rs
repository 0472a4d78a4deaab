//! Messages of a socket and requests for streams as nobody would write them: nothing panics, and no good one is lost.
//!
//! The inputs follow from fixed seeds, so a failure can be repeated; it prints the input.

use std::collections::BTreeMap;
use std::fmt::Write;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::Message;

use super::served::Served;
use super::socket::Client;
use crate::http::live::message::{ClientMessage, MAX_ID, parse};
use crate::http::parameters::Parameters;

/// How many messages the parser reads, by all threads together.
const MESSAGES: u64 = 1_000_000;

/// Numbers that look random (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn one_of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Letters that are easy, hard, or mean something to JSON.
    fn text(&mut self, longest: usize) -> String {
        let letters = ['a', 'Z', '7', ' ', '"', '\\', '\n', '\0', '{', '}', 'ñ', '漢', '😀', '\u{2028}', '\u{7f}'];
        let length = self.below(longest + 1);
        (0..length).map(|_| letters[self.below(letters.len())]).collect()
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 5 } else { 7 }) {
            0 => Value::Null,
            1 => self.chance(50).into(),
            2 => (self.next() as i64).into(),
            // Halves: the reader is a rounding off with long fractions, as it is for HTTP.
            3 => json!(f64::from(self.next() as i32) / 2.0),
            4 => self.text(8).into(),
            5 => (0..self.below(3)).map(|_| self.value(depth - 1)).collect(),
            _ => self.object(depth - 1).into(),
        }
    }

    fn object(&mut self, depth: usize) -> Map<String, Value> {
        (0..self.below(4)).map(|_| (self.text(4), self.value(depth))).collect()
    }

    /// Writes JSON as nobody would: spaces, keys in any order, letters escaped without need.
    fn write(&mut self, value: &Value, out: &mut String) {
        self.space(out);
        match value {
            Value::String(text) => self.write_text(text, out),
            Value::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    self.write(item, out);
                }
                self.space(out);
                out.push(']');
            }
            Value::Object(members) => {
                // By a key of the dice, so in any order.
                let members: BTreeMap<u64, _> = members.iter().map(|member| (self.next(), member)).collect();
                out.push('{');
                for (index, (key, value)) in members.values().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    self.space(out);
                    self.write_text(key, out);
                    self.space(out);
                    out.push(':');
                    self.write(value, out);
                }
                self.space(out);
                out.push('}');
            }
            plain => out.push_str(&plain.to_string()),
        }
        self.space(out);
    }

    fn space(&mut self, out: &mut String) {
        if self.chance(10) {
            out.push_str(self.one_of(&[" ", "\n", "\t\r\n", "    "]));
        }
    }

    fn write_text(&mut self, text: &str, out: &mut String) {
        out.push('"');
        for letter in text.chars() {
            if letter < ' ' || letter == '"' || letter == '\\' || self.chance(10) {
                let mut units = [0; 2];
                for unit in letter.encode_utf16(&mut units) {
                    write!(out, "\\u{unit:04x}").unwrap();
                }
            } else {
                out.push(letter);
            }
        }
        out.push('"');
    }

    /// A good message, and what it says.
    fn message(&mut self) -> (String, ClientMessage) {
        let mut members = Map::new();
        let mut id = self.text(10);
        if id.is_empty() {
            id.push('1');
        }
        let payload = self.chance(70).then(|| self.object(2));
        let message = match self.below(5) {
            0 => ClientMessage::Init(payload.clone()),
            1 => ClientMessage::Ping(payload.clone()),
            2 => ClientMessage::Pong(payload.clone()),
            3 => ClientMessage::Complete { id: id.clone().into() },
            _ => {
                let parameters = Parameters {
                    query: self.text(30),
                    operation_name: self.chance(50).then(|| format!("a{}", self.text(5))),
                    variables: self.chance(50).then(|| self.object(3)),
                    extensions: self.chance(20).then(|| self.object(1)),
                };
                let mut payload = json!({ "query": parameters.query });
                for (name, value) in [
                    ("operationName", parameters.operation_name.clone().map(Value::from)),
                    ("variables", parameters.variables.clone().map(Value::from)),
                    ("extensions", parameters.extensions.clone().map(Value::from)),
                ] {
                    if let Some(value) = value.or_else(|| self.chance(30).then_some(Value::Null)) {
                        payload[name] = value;
                    }
                }
                members.insert("payload".into(), payload);
                ClientMessage::Subscribe { id: id.clone().into(), parameters: Box::new(parameters) }
            }
        };
        let kind = match message {
            ClientMessage::Init(_) => "connection_init",
            ClientMessage::Ping(_) => "ping",
            ClientMessage::Pong(_) => "pong",
            ClientMessage::Subscribe { .. } => "subscribe",
            ClientMessage::Complete { .. } => "complete",
        };
        members.insert("type".into(), kind.into());
        if matches!(message, ClientMessage::Subscribe { .. } | ClientMessage::Complete { .. }) || self.chance(20) {
            members.insert("id".into(), id.into());
        }
        if let Some(payload) = payload
            && !members.contains_key("payload")
        {
            members.insert("payload".into(), payload.into());
        }
        if self.chance(20) {
            members.insert(format!("x{}", self.text(3)), self.value(2));
        }
        let mut text = String::new();
        self.write(&members.into(), &mut text);
        (text, message)
    }

    /// A message that something happened to.
    fn broken(&mut self) -> String {
        let mut bytes = self.message().0.into_bytes();
        for _ in 0..=self.below(4) {
            if bytes.is_empty() {
                break;
            }
            let place = self.below(bytes.len());
            match self.below(5) {
                0 => bytes[place] = self.next() as u8,
                1 => bytes.truncate(place),
                2 => {
                    bytes.remove(place);
                }
                3 => bytes.insert(place, *self.one_of(&[b"\"", b"{", b"}", b"\\", b":", b"0", b"["]).first().unwrap()),
                _ => {
                    let piece = bytes[place..].to_vec();
                    bytes.extend(piece);
                }
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Words of the language in no order.
    fn nonsense(&mut self) -> String {
        const WORDS: &[&str] = &[
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"",
            "null",
            "true",
            "1e999",
            "-0",
            "\"type\"",
            "\"id\"",
            "\"payload\"",
            "\"subscribe\"",
            "\"ping\"",
            "\"query\"",
            "\\u0000",
            "\\ud800",
            "\u{feff}",
            " ",
            "ñ",
        ];
        (0..self.below(30)).map(|_| self.one_of(WORDS)).collect()
    }
}

/// Reads what may be no message; what is one keeps its bounds.
fn read(text: &str) {
    if let Ok(ClientMessage::Subscribe { id, .. } | ClientMessage::Complete { id }) = parse(text) {
        assert!((1..=MAX_ID).contains(&id.len()), "{text:?}");
    }
}

#[test]
fn a_million_messages_are_read_without_a_panic_and_every_good_one_is_understood() {
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                let mut dice = Dice(0xc0ff_ee00 + thread);
                for number in 0..MESSAGES.div_ceil(threads) {
                    match number % 4 {
                        0 => {
                            let (text, message) = dice.message();
                            assert_eq!(parse(&text).as_ref(), Ok(&message), "{text:?}");
                        }
                        3 => read(&dice.nonsense()),
                        _ => read(&dice.broken()),
                    }
                }
            });
        }
    });
}

#[tokio::test]
async fn thousands_of_messages_over_sockets_close_their_own_and_lose_no_operation() {
    let served = Served::with(|parts| {
        let live = &mut parts.settings.live;
        (live.max_messages_per_second, live.max_connections_per_tenant) = (1_000_000, 10_000);
    })
    .await;
    let mut dice = Dice(7);
    for _ in 0..300 {
        let mut client = Client::of(&served, "user:11").await;
        // Good messages and good operations before the first bad one, all at once.
        let operations = dice.below(8);
        for number in 0..operations {
            client.subscribe(&format!("good-{number}"), "subscription 1").await;
            if dice.chance(50) {
                client.say(json!({ "type": "pong", "payload": dice.object(2) })).await;
            }
        }
        client.say(json!({ "type": "ping" })).await;
        let (mut completed, mut ponged) = (0, false);
        while completed < operations || !ponged {
            let message = client.hear().await;
            completed += usize::from(message["type"] == "complete");
            ponged |= message["type"] == "pong";
        }
        for _ in 0..10 {
            let text = if dice.chance(50) { dice.broken() } else { dice.nonsense() };
            // It may be closed by now, and that is all that may have happened to it.
            if client.0.send(Message::text(text)).await.is_err() {
                break;
            }
        }
        drop(client);
    }
    // Frames that are none.
    for _ in 0..200 {
        let mut client = Client::of(&served, "user:11").await;
        let bytes: Vec<u8> = (0..dice.below(64)).map(|_| dice.next() as u8).collect();
        let _ = client.0.get_mut().write_all(&bytes).await;
        let _ = client.0.get_mut().shutdown().await;
        while let Some(Ok(_)) = client.0.next().await {}
    }
    let mut client = Client::of(&served, "user:11").await;
    client.subscribe("a", "subscription 1").await;
    assert_eq!(client.hear().await["type"], "next");
    drop(client);
    while served.live.count() > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn thousands_of_requests_for_streams_are_answered_one_way_or_another() {
    let served = Served::new().await;
    let mut dice = Dice(11);
    for _ in 0..2_000 {
        let method = dice.one_of(&["GET", "POST", "PUT", "DELETE", "PATCH"]);
        let mut path = dice.one_of(&["/graphql", "/graphql/stream"]).to_owned();
        if dice.chance(50) {
            path += dice.one_of(&[
                "?token=",
                "?token=00",
                "?operationId=%",
                "?operationId=a",
                "?query=subscription%201",
                "?query=%7Ba%7D&token=%00",
                "?=&&==&token",
                "?variables=%7B&query=x",
            ]);
        }
        let body = match dice.below(4) {
            0 => json!({ "query": "subscription 1", "extensions": { "operationId": dice.value(1) } }).to_string(),
            1 => dice.nonsense(),
            2 => dice.broken(),
            _ => String::new(),
        };
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        for header in [
            "accept: text/event-stream",
            "accept: text/event-stream;q=7",
            "content-type: application/json",
            "authorization: Bearer user:11",
            "authorization: Bearer",
            "x-graphql-event-stream-token: 00",
            "x-graphql-event-stream-token: \u{e9}",
            "upgrade: websocket",
            "sec-websocket-version: 13",
        ] {
            if dice.chance(40) {
                write!(head, "{header}\r\n").unwrap();
            }
        }
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        let status: u16 = answer.split(' ').nth(1).unwrap_or_else(|| panic!("{head}\n{answer}")).parse().unwrap();
        assert!((200..500).contains(&status), "{head}\n{body}\n{answer}");
    }
}
