//! Looking for viruses in bytes: by clamd, the daemon of ClamAV, over its own protocol.
//!
//! `INSTREAM`: pieces with their length in front, an empty one at the end, and one line as the answer. Nothing of the
//! bytes is written to a disk of ours, and clamd needs no access to the store.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

/// How long clamd may take for one step.
const PATIENCE: Duration = Duration::from_secs(120);

/// Longest piece that is sent at once, in bytes.
const MOST_PIECE: usize = 1 << 20;

/// Longest answer, in bytes; it holds the name of a virus.
const MOST_ANSWER: u64 = 4096;

/// Who looks for viruses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scanner {
    /// Nobody.
    None,
    /// A clamd behind a socket of this machine.
    Unix(PathBuf),
    /// A clamd behind an address.
    Tcp(String),
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Clean,
    /// A virus.
    Infected,
    /// clamd does not look into it: it is too large for its settings, or broken.
    Refused,
}

/// Why nothing is known.
#[derive(Debug)]
pub enum ScanError<E> {
    /// clamd does not answer.
    Unavailable(io::Error),
    /// The bytes did not come.
    Bytes(E),
}

impl Scanner {
    /// Whether somebody looks.
    #[must_use]
    pub fn is_there(&self) -> bool {
        *self != Self::None
    }

    /// Looks through bytes; without a scanner, they are refused.
    ///
    /// # Errors
    /// [`ScanError`]; it makes sense to try again.
    pub async fn scan<S, E>(&self, pieces: S) -> Result<Verdict, ScanError<E>>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
    {
        match self {
            Self::None => Ok(Verdict::Refused),
            #[cfg(unix)]
            Self::Unix(path) => {
                talk(patient(UnixStream::connect(path)).await.map_err(ScanError::Unavailable)?, pieces).await
            }
            #[cfg(not(unix))]
            Self::Unix(_) => Err(ScanError::Unavailable(io::ErrorKind::Unsupported.into())),
            Self::Tcp(address) => {
                let stream = patient(TcpStream::connect(address.as_str())).await.map_err(ScanError::Unavailable)?;
                talk(stream, pieces).await
            }
        }
    }
}

async fn patient<T>(step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(PATIENCE, step).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn talk<C, S, E>(mut clamd: C, mut pieces: S) -> Result<Verdict, ScanError<E>>
where
    C: AsyncRead + AsyncWrite + Unpin + Send,
    S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
{
    let mut sent = patient(clamd.write_all(b"zINSTREAM\0")).await;
    while sent.is_ok()
        && let Some(piece) = pieces.next().await
    {
        for part in piece.map_err(ScanError::Bytes)?.chunks(MOST_PIECE) {
            sent = patient(send(&mut clamd, part)).await;
            if sent.is_err() {
                break;
            }
        }
    }
    if sent.is_ok() {
        sent = patient(send(&mut clamd, &[])).await;
    }
    // Whoever has heard enough closes while we are still sending, and has said why.
    let mut answer = Vec::new();
    let heard = patient((&mut clamd).take(MOST_ANSWER).read_to_end(&mut answer)).await;
    match (verdict(&answer), sent.and(heard.map(drop))) {
        (Some(verdict), _) => Ok(verdict),
        (None, Err(error)) => Err(ScanError::Unavailable(error)),
        (None, Ok(())) => Err(ScanError::Unavailable(io::ErrorKind::InvalidData.into())),
    }
}

async fn send(clamd: &mut (impl AsyncWrite + Unpin), part: &[u8]) -> io::Result<()> {
    // A part has at most MOST_PIECE bytes.
    clamd.write_all(&(part.len() as u32).to_be_bytes()).await?;
    clamd.write_all(part).await?;
    clamd.flush().await
}

/// The answer is `stream: OK`, `stream: <name> FOUND` or `… ERROR`.
fn verdict(answer: &[u8]) -> Option<Verdict> {
    let answer = String::from_utf8_lossy(answer);
    let answer = answer.trim_end_matches(['\0', '\n']);
    if answer == "stream: OK" {
        Some(Verdict::Clean)
    } else if answer.ends_with(" FOUND") {
        Some(Verdict::Infected)
    } else if answer.ends_with(" ERROR") {
        Some(Verdict::Refused)
    } else {
        None
    }
}

impl FromStr for Scanner {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "must be none, clamd:/path/to/clamd.ctl, or clamd://host:3310".to_owned();
        if text == "none" {
            return Ok(Self::None);
        }
        let rest = text.strip_prefix("clamd:").ok_or_else(wrong)?;
        if let Some(address) = rest.strip_prefix("//") {
            let is_address = address.parse::<SocketAddr>().is_ok()
                || address.rsplit_once(':').is_some_and(|(host, port)| {
                    !host.is_empty()
                        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
                        && port.parse::<u16>().is_ok()
                });
            return if is_address { Ok(Self::Tcp(address.to_owned())) } else { Err(wrong()) };
        }
        if rest.len() > 1 && rest.starts_with('/') { Ok(Self::Unix(rest.into())) } else { Err(wrong()) }
    }
}

impl<E: fmt::Display> fmt::Display for ScanError<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(error) => write!(formatter, "clamd does not answer: {error}"),
            Self::Bytes(error) => write!(formatter, "the bytes did not come: {error}"),
        }
    }
}

#[cfg(test)]
mod tests;
