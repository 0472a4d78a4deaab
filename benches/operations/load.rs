//! Sends requests over some connections for a while, and measures.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::http::Connection;
use crate::servers::Running;
use crate::{Outcome, cpu};

/// How a server is loaded.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: usize,
    /// What happens in this time counts for nothing.
    pub(crate) warm_up: Duration,
    pub(crate) length: Duration,
}

/// What one server did in one round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) requests_per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// Processor time of the server's process for one request.
    pub(crate) server: Duration,
    /// Processor time of PostgreSQL for one request.
    pub(crate) postgres: Duration,
    /// Processor time of this program, which sends the requests, for one request.
    pub(crate) sender: Duration,
    /// The share of the machine's processors that neither these three nor idleness had.
    pub(crate) disturbed: f64,
}

/// From when to when requests count.
#[derive(Clone, Copy)]
struct Window {
    begin: Instant,
    end: Instant,
}

impl Load {
    /// Runs the requests in turn, again and again.
    pub(crate) fn drive(self, server: &Running, requests: &[Vec<u8>], postmaster: u32) -> Outcome<Measured> {
        let begin = Instant::now() + self.warm_up;
        let window = Window { begin, end: begin + self.length };
        thread::scope(|scope| {
            // One thread for all connections: it takes little from the servers, which share the machine with it.
            let sender = scope.spawn(|| send(self.connections, server, requests, window));
            thread::sleep(window.begin.saturating_duration_since(Instant::now()));
            let before = Sample::take(server, postmaster)?;
            thread::sleep(window.end.saturating_duration_since(Instant::now()));
            let after = Sample::take(server, postmaster)?;
            let mut latencies = sender.join().map_err(|_| "the sender panicked")??;
            if latencies.is_empty() {
                return Err("no request was answered in time".into());
            }
            latencies.sort_unstable();
            let share = |part: f64| latencies[((latencies.len() - 1) as f64 * part) as usize];
            let taken = |of: fn(&Sample) -> Duration| of(&after).saturating_sub(of(&before));
            let each = |of| taken(of).div_f64(latencies.len() as f64);
            let ours = taken(|sample| sample.server + sample.postgres + sample.sender);
            let machine = taken(|sample| sample.machine.busy + sample.machine.idle);
            let others = taken(|sample| sample.machine.busy).saturating_sub(ours);
            Ok(Measured {
                requests_per_second: latencies.len() as f64 / self.length.as_secs_f64(),
                p50: share(0.50),
                p99: share(0.99),
                server: each(|sample| sample.server),
                postgres: each(|sample| sample.postgres),
                sender: each(|sample| sample.sender),
                disturbed: others.as_secs_f64() / machine.as_secs_f64(),
            })
        })
    }
}

/// Processor time so far.
struct Sample {
    server: Duration,
    postgres: Duration,
    sender: Duration,
    machine: cpu::Machine,
}

impl Sample {
    fn take(server: &Running, postmaster: u32) -> Outcome<Self> {
        Ok(Self {
            server: cpu::of_process(server.pid())?,
            postgres: cpu::of_postgres(postmaster)?,
            sender: cpu::of_process(std::process::id())?,
            machine: cpu::Machine::read()?,
        })
    }
}

/// Returns how long each request took that was answered within the window.
fn send(connections: usize, server: &Running, requests: &[Vec<u8>], window: Window) -> Outcome<Vec<Duration>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let requests: Arc<[Vec<u8>]> = requests.into();
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for number in 0..connections {
            let mut connection = Connection::open(server.address).await?;
            let requests = Arc::clone(&requests);
            tasks.spawn(async move {
                let mut latencies = Vec::new();
                // Each connection begins elsewhere in the list.
                let begin = number * requests.len() / connections;
                for request in requests.iter().cycle().skip(begin) {
                    let sent = Instant::now();
                    if sent >= window.end {
                        break;
                    }
                    connection.exchange(request).await?;
                    let answered = Instant::now();
                    if answered >= window.begin && answered < window.end {
                        latencies.push(answered - sent);
                    }
                }
                Ok::<_, std::io::Error>(latencies)
            });
        }
        let mut all = Vec::new();
        while let Some(latencies) = tasks.join_next().await {
            all.extend(latencies??);
        }
        Ok(all)
    })
}
