//! Who causes events: the smallest HTTP client that will do.

use std::io;
use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Outcome;

/// A connection that is kept alive.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Posts a text.
    pub(crate) async fn post(&mut self, path: &str, headers: &str, body: &str) -> io::Result<&[u8]> {
        let request =
            format!("POST {path} HTTP/1.1\r\nhost: bench\r\n{headers}content-length: {}\r\n\r\n{body}", body.len());
        self.exchange(request.as_bytes()).await
    }

    /// Sends a request and returns the body of its answer.
    ///
    /// # Errors
    /// A broken connection, and any status but 200.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> io::Result<&[u8]> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.buffer[..end]).to_lowercase();
                if !head.starts_with("http/1.1 200") {
                    return Err(io::Error::other(format!("a server answered {head}")));
                }
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
                let length = length.ok_or_else(|| io::Error::other("an answer without content-length"))?;
                while self.buffer.len() < end + 4 + length {
                    self.read().await?;
                }
                return Ok(&self.buffer[end + 4..end + 4 + length]);
            }
            self.read().await?;
        }
    }

    async fn read(&mut self) -> io::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

/// Sends messages through the gateway.
pub(crate) struct Writer {
    connection: Connection,
    headers: String,
}

impl Writer {
    pub(crate) async fn open(address: SocketAddr, token: &str) -> Outcome<Self> {
        let headers = format!("authorization: Bearer {token}\r\ncontent-type: application/json\r\n");
        Ok(Self { connection: Connection::open(address).await?, headers })
    }

    /// Sends the message with this number into a conversation.
    pub(crate) async fn send(&mut self, conversation: &str, number: usize) -> Outcome<()> {
        let query = "mutation Send($input: SendMessageInput!) {
            sendMessage(input: $input) { message { id } errors { message } }
        }";
        let input = json!({ "conversationId": conversation, "content": format!("event {number};") });
        let body = json!({ "query": query, "variables": { "input": input } }).to_string();
        let answer = self.connection.post("/graphql", &self.headers, &body).await?;
        let answer: Value = serde_json::from_slice(answer)?;
        match answer["data"]["sendMessage"]["message"]["id"].as_str() {
            Some(_) => Ok(()),
            None => Err(format!("a message was not sent: {answer}").into()),
        }
    }
}
