//! The readers of payloads against inputs that nobody meant: no panic, and no valid message lost beside garbage.
//!
//! `FUZZ_INPUTS=10000000 cargo test --test it inbound::fuzz` for a long run. The seed is fixed; a failure prints its input.

use std::panic::catch_unwind;

use mostrador::inbound::{Event, generic, whatsapp};
use mostrador::inbox::Channel;
use serde_json::{Value, json};

use super::stage::{message, payload, status};

/// A small generator: the same inputs on every machine.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 11) as usize % limit.max(1)
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

fn corpus() -> Vec<Vec<u8>> {
    let from = "34655000111";
    let media = json!({ "id": "1", "mime_type": "image/jpeg", "caption": "x", "filename": "f", "voice": true });
    let kinds = [
        ("text", json!({ "text": { "body": "¿Qué tal? 👍" }, "context": { "id": "wamid.0", "forwarded": true } })),
        ("image", json!({ "image": media })),
        ("document", json!({ "document": media, "referral": { "source_id": "1" } })),
        ("location", json!({ "location": { "latitude": 1.5, "longitude": -2.5, "name": "n" } })),
        ("contacts", json!({ "contacts": [{ "name": { "formatted_name": "Ana" } }] })),
        (
            "interactive",
            json!({ "interactive": { "type": "nfm_reply", "nfm_reply": { "response_json": "{\"a\":1}" } } }),
        ),
        ("button", json!({ "button": { "text": "t", "payload": "p" } })),
        ("reaction", json!({ "reaction": { "message_id": "wamid.1", "emoji": "😀" } })),
        ("system", json!({ "system": { "type": "user_changed_number", "wa_id": "34655000112", "body": "b" } })),
        ("order", json!({ "order": { "product_items": [] } })),
        ("unsupported", json!({ "errors": [{ "code": 131051 }] })),
    ];
    let mut corpus: Vec<Vec<u8>> =
        kinds.into_iter().map(|(kind, more)| message(from, "wamid.1", kind, more).to_string().into_bytes()).collect();
    corpus.extend(
        ["sent", "failed", "deleted"].map(|word| status("wamid.1", word, 1_772_443_800).to_string().into_bytes()),
    );
    let value = json!({ "event": "APPROVED", "message_template_id": 1, "message_template_name": "n", "message_template_language": "es" });
    corpus.push(
        json!({ "entry": [{ "time": 1, "changes": [{ "field": "message_template_status_update", "value": value }] }] })
            .to_string()
            .into_bytes(),
    );
    corpus.push(
        json!({ "events": [
            { "id": "1", "from": { "address": "+34 655 000 111", "email": "a@b.example" }, "text": "hi", "sentAt": "2026-03-02T09:30:00Z" },
            { "contentType": "IMAGE", "from": { "address": "x" }, "file": { "url": "https://x.example/1" } },
            { "type": "status", "messageId": "1", "status": "FAILED", "error": { "code": "1", "message": "m" } },
            { "type": "reaction", "messageId": "1", "emoji": "x" }
        ] })
        .to_string()
        .into_bytes(),
    );
    corpus
}

/// Pieces that have broken readers before.
const TOKENS: &[&[u8]] = &[
    b"null",
    b"true",
    b"{}",
    b"[]",
    b"[[",
    b"]]",
    b"{\"",
    b"\":",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud83d",
    b"\\udc4d",
    b"\\u",
    b"1e999",
    b"-0",
    b"9223372036854775808",
    b"1e-999",
    b"\xff",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\0",
    b" ",
    b",",
    b":",
    b"\"entry\":",
    b"\"changes\":",
    b"\"messages\":",
    b"\"from\":",
    b"\"type\":",
    b"\"events\":",
    b"\"timestamp\":\"-1\"",
];

fn mutated(rng: &mut Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut input = rng.pick(corpus).clone();
    for _ in 0..=rng.below(6) {
        let at = rng.below(input.len() + 1);
        let end = (at + rng.below(24)).min(input.len());
        match rng.below(9) {
            0 if at < input.len() => input[at] ^= 1 << rng.below(8),
            1 => drop(input.drain(at..end)),
            2 => input.truncate(at),
            3 => {
                let copy = input[at..end].to_vec();
                input.splice(at..at, copy);
            }
            4 => {
                let other = rng.pick(corpus);
                let from = rng.below(other.len());
                let piece = other[from..(from + rng.below(80)).min(other.len())].to_vec();
                input.splice(at..end, piece);
            }
            5 => {
                let depth = rng.below(300);
                input.splice(at..at, std::iter::repeat_n(*rng.pick(b"[{\""), depth));
            }
            _ => {
                let token = *rng.pick(TOKENS);
                input.splice(at..at, token.iter().copied());
            }
        }
    }
    input
}

fn inputs() -> usize {
    std::env::var("FUZZ_INPUTS").ok().and_then(|count| count.parse().ok()).unwrap_or(1_000_000)
}

#[test]
fn a_million_inputs_make_no_reader_panic() {
    const THREADS: usize = 2;
    let threads = (0..THREADS).map(|thread| {
        std::thread::spawn(move || {
            let corpus = corpus();
            let mut rng = Rng(0x9e37_79b9_7f4a_7c15 + thread as u64);
            let mut events = 0;
            for number in 0..inputs() / THREADS {
                let input = mutated(&mut rng, &corpus);
                let read = catch_unwind(|| {
                    let channel = [Channel::Sms, Channel::Email, Channel::Instagram][number % 3];
                    whatsapp::read(&input).events.len() + generic::read(channel, &input).events.len()
                });
                events +=
                    read.unwrap_or_else(|_| panic!("input {number} of thread {thread}: {}", input.escape_ascii()));
            }
            events
        })
    });
    let events: usize = threads.collect::<Vec<_>>().into_iter().map(|thread| thread.join().unwrap()).sum();
    // They are not all so broken that nothing is tried.
    assert!(events > inputs() / 20, "{events}");
}

/// Any JSON, some of which looks like what it stands beside.
fn garbage(rng: &mut Rng, depth: usize) -> Value {
    const NAMES: &[&str] = &[
        "entry", "changes", "value", "field", "messages", "statuses", "contacts", "from", "id", "type", "text",
        "errors",
    ];
    match rng.below(if depth == 0 { 6 } else { 9 }) {
        0 => Value::Null,
        1 => json!(rng.below(2) == 0),
        2 => json!(rng.next() as i64),
        3 => json!(f64::from_bits(rng.next())),
        4 => json!(rng.pick(NAMES)),
        5 => json!(format!("\u{0}{}\u{ffff}", rng.next())),
        6 => (0..rng.below(4)).map(|_| garbage(rng, depth - 1)).collect(),
        _ => {
            Value::Object((0..rng.below(5)).map(|_| ((*rng.pick(NAMES)).to_owned(), garbage(rng, depth - 1))).collect())
        }
    }
}

fn scatter(rng: &mut Rng, list: &mut Vec<Value>) {
    for _ in 0..rng.below(4) {
        let at = rng.below(list.len() + 1);
        let garbage = garbage(rng, 4);
        list.insert(at, garbage);
    }
}

#[test]
fn a_valid_message_is_read_whatever_stands_beside_it() {
    let mut rng = Rng(7);
    let good = json!({ "from": "34655000111", "id": "wamid.good", "timestamp": "1772443800", "type": "text", "text": { "body": "here" } });
    for number in 0..20_000 {
        let mut whole = payload(json!([good]), json!([{ "wa_id": "34655000111", "profile": { "name": "Ana" } }]));
        for pointer in
            ["/entry/0/changes/0/value/messages", "/entry/0/changes/0/value/contacts", "/entry/0/changes", "/entry"]
        {
            let list = whole.pointer_mut(pointer).and_then(Value::as_array_mut).unwrap();
            scatter(&mut rng, list);
            // The next pointer leads through the first place, which garbage must not have taken.
            let at = list.iter().position(|item| item.to_string().contains("wamid.good")).unwrap_or(0);
            list.swap(0, at);
        }
        let text = whole.to_string();
        let reading = whatsapp::read(text.as_bytes());
        let found = reading.events.iter().filter(|event| match event {
            Event::Message(message) => message.provider_id == "wamid.good" && message.text.as_deref() == Some("here"),
            _ => false,
        });
        assert_eq!(found.count(), 1, "{number}: {text}");

        let mut events = vec![json!({ "id": "good", "from": { "address": "+34655000111" }, "text": "here" })];
        scatter(&mut rng, &mut events);
        let text = json!({ "events": events }).to_string();
        let reading = generic::read(Channel::Sms, text.as_bytes());
        let found = reading
            .events
            .iter()
            .filter(|event| matches!(event, Event::Message(message) if message.provider_id == "sms:good"));
        assert_eq!(found.count(), 1, "{number}: {text}");
    }
}
