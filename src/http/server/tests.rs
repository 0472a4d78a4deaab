use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;
use crate::http::tests::TestGateway;

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Drained>,
}

async fn start(grace_ms: u64) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let gateway = TestGateway::with(|parts| {
        parts.settings.request_timeout = Duration::from_secs(60);
    });
    let shutdown = async {
        let _ = stopped.await;
    };
    let grace = Duration::from_millis(grace_ms);
    let (router, live) = (gateway.router, gateway.live);
    let ended = tokio::spawn(async move { serve(listener, router, &live, shutdown, grace).await });
    Running { address, stop, ended }
}

fn post(query: &str) -> String {
    let body = format!(r#"{{"query":"{query}"}}"#);
    format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Reads until `enough` or the end.
async fn read_until(stream: &mut TcpStream, enough: &str) -> String {
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let length = stream.read(&mut buffer).await.unwrap_or(0);
        text.extend_from_slice(&buffer[..length]);
        let so_far = String::from_utf8_lossy(&text);
        if length == 0 || so_far.contains(enough) {
            return so_far.into_owned();
        }
    }
}

#[tokio::test]
async fn an_idle_connection_does_not_delay_the_end() {
    let running = start(10_000).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(post("{a}").as_bytes()).await.unwrap();
    assert!(read_until(&mut stream, "Query").await.starts_with("HTTP/1.1 200"));
    let begin = Instant::now();
    running.stop.send(()).unwrap();
    assert_eq!(running.ended.await.unwrap(), Drained::Complete);
    assert!(begin.elapsed() < Duration::from_secs(2));
    assert!(TcpStream::connect(running.address).await.is_err());
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_cut_off() {
    let running = start(100).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(post("slow").as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    running.stop.send(()).unwrap();
    assert_eq!(running.ended.await.unwrap(), Drained::CutOff);
    assert_eq!(read_until(&mut stream, "never").await, "");
}

#[tokio::test]
async fn ten_megabytes_get_their_413_over_a_real_connection() {
    let running = start(100).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let size = 10 * 1024 * 1024;
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {size}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![b'a'; size]).await.unwrap();
    let reply = read_until(&mut stream, "PAYLOAD_TOO_LARGE").await;
    assert!(reply.starts_with("HTTP/1.1 413"), "{reply}");
    assert!(reply.contains("PAYLOAD_TOO_LARGE"));
    running.stop.send(()).unwrap();
    running.ended.await.unwrap();
}

#[tokio::test]
async fn nonsense_on_the_wire_hurts_nobody() {
    let running = start(100).await;
    let mut nonsense = TcpStream::connect(running.address).await.unwrap();
    nonsense.write_all(b"\x16\x03\x01 not http\r\n\r\n").await.unwrap();
    read_until(&mut nonsense, "\n\n\n").await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(post("{a}").as_bytes()).await.unwrap();
    assert!(read_until(&mut stream, "Query").await.starts_with("HTTP/1.1 200"));
    running.stop.send(()).unwrap();
    running.ended.await.unwrap();
}

#[tokio::test]
async fn a_request_knows_its_socket() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let gateway = TestGateway::with(|parts| parts.settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]);
    let (stop, stopped) = oneshot::channel();
    let shutdown = async {
        let _ = stopped.await;
    };
    let (router, live) = (gateway.router, gateway.live);
    let ended = tokio::spawn(async move { serve(listener, router, &live, shutdown, Duration::from_secs(10)).await });
    for forwarded in ["", "x-forwarded-for: 6.6.6.6, 203.0.113.9\r\n"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = post("{a}").replacen("\r\n", &format!("\r\n{forwarded}"), 1);
        stream.write_all(request.as_bytes()).await.unwrap();
        assert!(read_until(&mut stream, "Query").await.starts_with("HTTP/1.1 200"));
    }
    let addresses: Vec<String> = {
        let calls = gateway.service.calls.lock().unwrap();
        calls.iter().map(|call| call.caller.address.unwrap().to_string()).collect()
    };
    assert_eq!(addresses, ["127.0.0.1", "203.0.113.9"]);
    stop.send(()).unwrap();
    ended.await.unwrap();
}
