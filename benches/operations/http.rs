//! The smallest HTTP/1.1 client that will do: it costs little beside the servers it measures.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A finished POST request with a JSON body; `headers` end in a line break each.
pub(crate) fn post(host: &str, path: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\n{headers}accept: application/graphql-response+json\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A connection that is kept alive.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(256 * 1024) })
    }

    /// Sends a request and returns the body of its answer.
    ///
    /// # Errors
    /// A broken connection, and any status but 200.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> io::Result<&[u8]> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let mut head = None;
        loop {
            if let Some(Head { body_at, length }) = head
                && self.buffer.len() >= body_at + length
            {
                return Ok(&self.buffer[body_at..body_at + length]);
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if head.is_none() {
                head = Head::find(&self.buffer)?;
            }
        }
    }
}

/// What matters of a response's head.
#[derive(Clone, Copy)]
struct Head {
    body_at: usize,
    length: usize,
}

impl Head {
    /// `None` when it has not arrived in full.
    fn find(bytes: &[u8]) -> io::Result<Option<Self>> {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
        let text = String::from_utf8_lossy(&bytes[..end]);
        let mut lines = text.split("\r\n");
        let status = lines.next().unwrap_or_default();
        if !status.starts_with("HTTP/1.1 200") {
            return Err(io::Error::other(format!("a server answered {status}: {}", String::from_utf8_lossy(bytes))));
        }
        let length = lines
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, value)| value.parse().ok())
            .ok_or_else(|| io::Error::other("an answer without content-length"))?;
        Ok(Some(Self { body_at: end + 4, length }))
    }
}
