//! One event to everybody: how long it takes from its request until it is read, beside the bare server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::database::Loaded;
use crate::options::Options;
use crate::servers::Servers;
use crate::swarm::{Greeting, Swarm, number_of};
use crate::writer::{Connection, Writer};

/// Events that count for nothing.
const FIRST: usize = 2;

/// Rest between two events.
const REST: Duration = Duration::from_millis(300);

pub(crate) async fn measure(database: &Loaded, servers: &Servers, options: &Options) -> Outcome<String> {
    // Both at once need twice the files; half the watchers each would be another measurement. So by turns, in two
    // halves each, the bare server first and last.
    let conversation = database.conversations.first().ok_or("there are no conversations")?;
    let half = options.events.div_ceil(2);
    let mut gateway = Vec::new();
    let mut bare = Vec::new();
    let mut frame = of_gateway(database, servers, options, conversation, 0, 0, &mut Vec::new()).await?;
    bare.extend(of_bare(servers, options, &frame, 1_000, half).await?);
    frame = of_gateway(database, servers, options, conversation, 2_000, options.events, &mut gateway).await?;
    bare.extend(of_bare(servers, options, &frame, 3_000, half).await?);
    let (gateway, bare) = (Spread::of(gateway), Spread::of(bare));
    let ratio = gateway.p99.as_secs_f64() / bare.p99.as_secs_f64();
    Ok(format!(
        "one event to {} watchers ({} bytes), from its request: gateway p50 {:.0?} p99 {:.0?}, \
         bare p50 {:.0?} p99 {:.0?}; p99 {ratio:.2} times the bare one (bar: 2)\n",
        options.watchers,
        frame.len(),
        gateway.p50,
        gateway.p99,
        bare.p50,
        bare.p99
    ))
}

struct Spread {
    p50: Duration,
    p99: Duration,
}

impl Spread {
    fn of(mut latencies: Vec<Duration>) -> Self {
        latencies.sort_unstable();
        let share = |part: f64| latencies[((latencies.len() - 1) as f64 * part) as usize];
        Self { p50: share(0.5), p99: share(0.99) }
    }
}

/// Events through the gateway; gives the text that a watcher received.
async fn of_gateway(
    database: &Loaded,
    servers: &Servers,
    options: &Options,
    conversation: &Arc<str>,
    begin: usize,
    events: usize,
    latencies: &mut Vec<Duration>,
) -> Outcome<String> {
    let greeting = Greeting::Watch { token: Arc::clone(&database.token), conversation: Arc::clone(conversation) };
    // To learn what an event looks like, one watcher will do.
    let watchers = if events == 0 { 1 } else { options.watchers };
    let mut swarm = Swarm::new();
    swarm.open(servers.gateway.address, vec![greeting; watchers]).await?;
    let mut writer = Writer::open(servers.gateway.address, &database.token).await?;
    for number in begin..begin + FIRST + events {
        tokio::time::sleep(REST).await;
        let since = Instant::now();
        writer.send(conversation, number).await?;
        let measured = swarm.latencies(number, since, watchers).await?;
        if number >= begin + FIRST {
            eprintln!("  gateway, event {number}: p99 {:.0?}", measured[measured.len() * 99 / 100]);
            latencies.extend(measured);
        }
    }
    let sample = swarm.sample.lock().map_err(|_| "the sample is lost")?.clone();
    Ok(sample)
}

/// The same text through the bare server.
async fn of_bare(
    servers: &Servers,
    options: &Options,
    frame: &str,
    begin: usize,
    events: usize,
) -> Outcome<Vec<Duration>> {
    let mut swarm = Swarm::new();
    swarm.open(servers.bare.address, vec![Greeting::Bare; options.watchers]).await?;
    let mut connection = Connection::open(servers.bare.address).await?;
    let old = number_of(frame).ok_or("a sample without a number")?;
    let mut latencies = Vec::new();
    for number in begin..begin + FIRST + events {
        tokio::time::sleep(REST).await;
        let text = frame.replace(&format!("\"event {old};"), &format!("\"event {number};"));
        let since = Instant::now();
        connection.post("/event", "content-type: text/plain\r\n", &text).await?;
        let measured = swarm.latencies(number, since, options.watchers).await?;
        if number >= begin + FIRST {
            eprintln!("  bare, event {number}: p99 {:.0?}", measured[measured.len() * 99 / 100]);
            latencies.extend(measured);
        }
    }
    Ok(latencies)
}
