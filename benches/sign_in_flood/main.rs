//! What a flood of sign-in attempts does to everybody else.
//!
//! `cargo bench --bench sign_in_flood` starts the gateway's own binary with a PostgreSQL of its own and the demo data, lets
//! a bystander of one business ask for contacts at a steady pace, and meanwhile attacks an account of the other business:
//! first 100,000 attempts against one account at full speed, then attempts that each have another account and another
//! address, which nothing but the bounded number of password hashes stops. The bystander's latencies before, during and
//! after are printed as a table. `--attempts`, `--connections`, `--seconds` change the sizes; `--quick` is a small run.

mod client;
mod gateway;
mod report;

use std::collections::BTreeMap;
use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use serde_json::{Value, json};

use self::client::Connection;
use self::gateway::Gateway;
use self::report::Row;

/// Whatever goes wrong ends the run with its message.
type Failure = Box<dyn Error + Send + Sync>;

/// What everything here returns.
type Outcome<T> = Result<T, Failure>;

/// How often the bystander asks.
const PACE: Duration = Duration::from_millis(10);

const CONTACTS: &str = "{ contacts(first: 20) { totalCount nodes { displayName phone owner { displayName } } } }";

#[derive(Parser)]
struct Options {
    /// Attempts against the one account.
    #[arg(long, default_value = "100000")]
    attempts: u64,
    /// Connections of the attacker.
    #[arg(long, default_value = "64")]
    connections: usize,
    /// How long each of the other phases takes, in seconds.
    #[arg(long, default_value = "10")]
    seconds: u64,
    /// A tenth of everything.
    #[arg(long)]
    quick: bool,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = runtime.map_err(Failure::from).and_then(|runtime| runtime.block_on(run(&options)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sign_in_flood: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Outcome<()> {
    let tenth = if options.quick { 10 } else { 1 };
    let (attempts, phase) = (options.attempts / tenth, Duration::from_secs(options.seconds.div_ceil(tenth)));
    let gateway = Gateway::start().await?;
    let [victim, bystander] = gateway.tenants().await?;
    let token = gateway.token(&bystander).await?;

    // Caches and prepared statements as in any gateway that has run for a while.
    drop(watch(&gateway, &token, until(phase / 4)).await?);
    let quiet = watch(&gateway, &token, until(phase)).await?;
    let mut rows = vec![Row::new("before", &quiet)];

    let guess = sign_in(&victim.tenant, &victim.email);
    let (during, flood) =
        attacked(&gateway, &token, options.connections, attempts, move |_| (guess.clone(), String::new())).await?;
    rows.push(Row::attacked("one account", &during, &flood));

    let end = Instant::now() + phase;
    let (during, flood) = attacked(&gateway, &token, options.connections, u64::MAX, move |number| {
        if Instant::now() > end {
            return (String::new(), String::new());
        }
        // The gateway trusts this machine as a proxy.
        let address =
            format!("x-forwarded-for: 10.{}.{}.{}\r\n", (number >> 16) & 255, (number >> 8) & 255, number & 255);
        (sign_in(&victim.tenant, &format!("user{number}@example.com")), address)
    })
    .await?;
    rows.push(Row::attacked("other account and address each", &during, &flood));

    rows.push(Row::new("after", &watch(&gateway, &token, until(phase)).await?));
    println!("{}", report::table(&rows));
    gateway.stop()
}

fn sign_in(tenant: &str, email: &str) -> String {
    let input = json!({ "tenant": tenant, "email": email, "password": "a guess that is wrong" });
    let query = "mutation($input: SignInInput!) { signIn(input: $input) { userId errors { code } } }";
    json!({ "query": query, "variables": { "input": input } }).to_string()
}

/// Says until when to watch.
fn until(phase: Duration) -> impl Fn() -> bool {
    let end = Instant::now() + phase;
    move || Instant::now() < end
}

/// Asks at a steady pace, late or not, and gives the latencies.
async fn watch(gateway: &Gateway, token: &str, goes_on: impl Fn() -> bool) -> Outcome<Vec<Duration>> {
    let body = json!({ "query": CONTACTS }).to_string();
    let headers = format!("authorization: Bearer {token}\r\n");
    let mut connection = Connection::open(gateway.address).await?;
    let mut latencies = Vec::new();
    let mut ticks = tokio::time::interval(PACE);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while goes_on() {
        ticks.tick().await;
        let began = Instant::now();
        let (status, answer) = connection.post("/graphql", &headers, &body).await?;
        latencies.push(began.elapsed());
        let answer: Value = serde_json::from_slice(&answer)?;
        if status != 200 || answer["data"]["contacts"]["totalCount"].is_null() {
            return Err(format!("the bystander was answered {status}: {answer}").into());
        }
    }
    Ok(latencies)
}

/// What an attack met.
#[derive(Default)]
struct Flood {
    elapsed: Duration,
    /// Answers by their code.
    answers: BTreeMap<String, u64>,
}

/// Attacks over so many connections, as long as there are attempts, and watches the bystander meanwhile.
async fn attacked(
    gateway: &Gateway,
    token: &str,
    connections: usize,
    attempts: u64,
    attempt: impl Fn(u64) -> (String, String) + Send + Sync + 'static,
) -> Outcome<(Vec<Duration>, Flood)> {
    let (next, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let attempt = Arc::new(attempt);
    let began = Instant::now();
    let attackers: Vec<_> = (0..connections)
        .map(|_| {
            let (next, attempt, address) = (Arc::clone(&next), Arc::clone(&attempt), gateway.address);
            tokio::spawn(async move {
                let mut connection = Connection::open(address).await?;
                let mut answers: BTreeMap<String, u64> = BTreeMap::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= attempts {
                        return Ok::<_, Failure>(answers);
                    }
                    let (body, headers) = attempt(number);
                    if body.is_empty() {
                        return Ok(answers);
                    }
                    let (_, answer) = connection.post("/graphql", &headers, &body).await?;
                    let answer: Value = serde_json::from_slice(&answer)?;
                    let code = answer["data"]["signIn"]["errors"][0]["code"]
                        .as_str()
                        .or(answer["errors"][0]["extensions"]["code"].as_str());
                    *answers.entry(code.unwrap_or("none").to_owned()).or_default() += 1;
                }
            })
        })
        .collect();
    let is_over = Arc::clone(&over);
    let watching = watch(gateway, token, move || !is_over.load(Ordering::Relaxed));
    let attacking = async {
        let mut flood = Flood::default();
        for attacker in attackers {
            for (code, count) in attacker.await?? {
                *flood.answers.entry(code).or_default() += count;
            }
        }
        flood.elapsed = began.elapsed();
        over.store(true, Ordering::Relaxed);
        Ok::<_, Failure>(flood)
    };
    let (latencies, flood) = tokio::join!(watching, attacking);
    Ok((latencies?, flood?))
}
