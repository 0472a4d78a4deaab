//! A small SMTP server for tests. It does what its script says, one line per connection, and keeps what it has taken.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How the server behaves in one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Takes the mail.
    Takes,
    /// Takes it, and never answers QUIT.
    TakesAndFreezes,
    /// Hangs up instead of a greeting.
    HangsUp,
    /// Says for now no to the recipient.
    LaterRecipient,
    /// Says for ever no to the recipient.
    NeverRecipient,
    /// Says for ever no to the sender, who is the operator's to put right.
    NeverSender,
    /// Says for now no to the finished message.
    LaterMessage,
    /// Says for ever no to the finished message.
    NeverMessage,
    /// Never answers DATA.
    HangsAtData,
    /// Hangs up in the middle of the message.
    DiesInMessage,
    /// Takes the message and hangs up before it says so.
    DiesAfterMessage,
}

/// A mail that the server has taken.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) to: String,
    pub(crate) text: String,
}

impl Taken {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> String {
        let start = format!("{name}: ");
        self.text.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_default().to_owned()
    }

    /// The token in the link, quoted-printable undone.
    pub(crate) fn token(&self) -> String {
        token_in(&self.text)
    }
}

/// The token in the link of a mail.
pub(crate) fn token_in(message: &str) -> String {
    let plain = message.replace("\r\n", "\n").replace("=\n", "").replace("=3D", "=");
    let rest = plain.split("#token=").nth(1).unwrap_or_default();
    rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(*letter)).collect()
}

#[derive(Default)]
struct State {
    script: VecDeque<Manner>,
    taken: Vec<Taken>,
    connections: usize,
}

/// The server. It ends when it is dropped.
pub(crate) struct FakeSmtp {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl FakeSmtp {
    /// A server that behaves so, connection by connection, and takes everything after that.
    pub(crate) async fn start(script: impl IntoIterator<Item = Manner>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State { script: script.into_iter().collect(), ..State::default() }));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                let manner = {
                    let mut state = shared.lock().unwrap();
                    state.connections += 1;
                    state.script.pop_front().unwrap_or(Manner::Takes)
                };
                let shared = Arc::clone(&shared);
                tokio::spawn(async move { talk(stream, manner, &shared).await });
            }
        });
        Self { address, state, task }
    }

    /// What it has taken.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.state.lock().unwrap().taken.clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }

    pub(crate) fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }
}

impl Drop for FakeSmtp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One dialogue; an error is a client that has left.
async fn talk(stream: TcpStream, manner: Manner, state: &Mutex<State>) -> Option<()> {
    if manner == Manner::HangsUp {
        return None;
    }
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 fake.test\r\n").await.ok()?;
    let mut to = String::new();
    loop {
        let line = lines.next_line().await.ok()??;
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer: &[u8] = match (verb.as_str(), manner) {
            ("EHLO", _) => b"250-fake.test\r\n250 8BITMIME\r\n",
            ("MAIL", Manner::NeverSender) => b"550 who are you\r\n",
            ("RCPT", Manner::LaterRecipient) => b"451 later\r\n",
            ("RCPT", Manner::NeverRecipient) => b"550 nobody here\r\n",
            ("RCPT", _) => {
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                b"250 ok\r\n"
            }
            ("DATA", Manner::HangsAtData) | ("QUIT", Manner::TakesAndFreezes) => {
                std::future::pending::<()>().await;
                b""
            }
            ("DATA", _) => {
                write.write_all(b"354 go on\r\n").await.ok()?;
                let mut text = String::new();
                loop {
                    let line = lines.next_line().await.ok()??;
                    if manner == Manner::DiesInMessage {
                        return None;
                    }
                    if line == "." {
                        break;
                    }
                    text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    text.push_str("\r\n");
                }
                match manner {
                    Manner::LaterMessage => b"452 full\r\n",
                    Manner::NeverMessage => b"554 not that\r\n",
                    _ => {
                        state.lock().unwrap().taken.push(Taken { to: to.clone(), text });
                        if manner == Manner::DiesAfterMessage {
                            return None;
                        }
                        b"250 taken\r\n"
                    }
                }
            }
            ("QUIT", _) => {
                write.write_all(b"221 bye\r\n").await.ok()?;
                return None;
            }
            _ => b"250 ok\r\n",
        };
        write.write_all(answer).await.ok()?;
    }
}
