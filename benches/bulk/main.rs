//! How fast thousands of vehicles become requests, and what everybody else feels of it.
//!
//! `cargo bench --bench bulk` starts the gateway's own binary with a PostgreSQL of its own and the demo data, and stages
//! 10,000 vehicles with one call. Meanwhile somebody of another business asks for contacts at a steady pace, and a
//! colleague of the same business for the newest requests. `--vehicles`, `--seconds` change the sizes.

#[path = "../sign_in_flood/client.rs"]
mod client;
#[path = "../sign_in_flood/gateway.rs"]
mod gateway;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use serde_json::{Value, json};

use self::client::Connection;
use self::gateway::Gateway;

/// Whatever goes wrong ends the run with its message.
type Failure = Box<dyn Error + Send + Sync>;

/// What everything here returns.
type Outcome<T> = Result<T, Failure>;

/// How often a bystander asks.
const PACE: Duration = Duration::from_millis(20);

/// How long it may take at most.
const PATIENCE: Duration = Duration::from_secs(600);

/// What the two bystanders ask for.
const CONTACTS: &str = "{ contacts(first: 20) { totalCount nodes { displayName phone owner { displayName } } } }";
const REQUESTS: &str = "{ logisticsRequests(first: 20, orderBy: [{field: CREATED_AT, direction: DESC}]) { nodes { code status \
     lines(first: 5) { nodes { vin originDealership { name } } } } } }";

#[derive(Parser)]
struct Options {
    /// Vehicles of the one call.
    #[arg(long, default_value = "10000")]
    vehicles: usize,
    /// How long bystanders are watched before and afterwards, in seconds.
    #[arg(long, default_value = "10")]
    seconds: u64,
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
            eprintln!("bulk: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Outcome<()> {
    let gateway = Gateway::start().await?;
    let [mover, other] = gateway.tenants().await?;
    let (mover, other) = (gateway.token(&mover).await?, gateway.token(&other).await?);
    let mut client = Connection::open(gateway.address).await?;
    for number in 0..20 {
        let create = "mutation($code: String!) { createDealership(input: {name: $code, bunoCode: $code}) { errors { message } } }";
        ask(&mut client, &mover, create, json!({ "code": format!("BENCH-{number:02}") })).await?;
    }
    let phase = Duration::from_secs(options.seconds);
    let watch = |over: Arc<AtomicBool>| {
        let address = gateway.address;
        (
            bystander(address, other.clone(), CONTACTS, Arc::clone(&over)),
            bystander(address, mover.clone(), REQUESTS, over),
        )
    };

    // Caches and prepared statements as in any gateway that has run for a while.
    for is_told in [false, true] {
        let over = Arc::new(AtomicBool::new(false));
        let (contacts, requests) = watch(Arc::clone(&over));
        let (contacts, requests) = (tokio::spawn(contacts), tokio::spawn(requests));
        tokio::time::sleep(phase).await;
        over.store(true, Ordering::Relaxed);
        let (contacts, requests) = (contacts.await??, requests.await??);
        if is_told {
            println!(
                "{:<44} {:>22} {:>22}",
                "bystanders, p50 / p99 / most in ms", "another business", "the same business"
            );
            told("before", contacts, requests);
        }
    }

    let over = Arc::new(AtomicBool::new(false));
    let (contacts, requests) = watch(Arc::clone(&over));
    let (contacts, requests) = (tokio::spawn(contacts), tokio::spawn(requests));
    let vehicles: Vec<Value> = (0..options.vehicles)
        .map(|number| {
            json!({
                "vin": format!("BENCH{number:012}"), "make": "SEAT", "model": "Ibiza", "licensePlate": "1234 BCD",
                "origin": format!("BENCH-{:02}", number % 20), "destination": format!("BENCH-{:02}", (number + 7) % 20),
            })
        })
        .collect();
    let stage = "mutation($vehicles: JSON!) { createBulkRequest(input: {type: TRANSPORT, vehicles: $vehicles}) { bulkRequest { id } errors { message path } } }";
    let variables = json!({ "vehicles": vehicles });
    let bytes = variables.to_string().len();
    let began = Instant::now();
    let staged = ask(&mut client, &mover, stage, variables).await?;
    let staging = began.elapsed();
    let id = &staged["createBulkRequest"]["bulkRequest"]["id"];
    if id.is_null() {
        return Err(format!("not staged: {staged}").into());
    }
    let query = "query($id: ID!) { bulkRequest(id: $id) { status processedVehicles errorMessage } }";
    let (mut steps, mut last) = (0, 0);
    loop {
        let seen = ask(&mut client, &mover, query, json!({ "id": id })).await?;
        let processed = seen["bulkRequest"]["processedVehicles"].as_u64().unwrap_or_default();
        steps += u32::from(processed != last);
        last = processed;
        match seen["bulkRequest"]["status"].as_str() {
            Some("COMPLETED") => break,
            Some("FAILED") => return Err(format!("it failed: {seen}").into()),
            _ if began.elapsed() > PATIENCE => return Err(format!("it does not come to an end: {seen}").into()),
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    let working = began.elapsed() - staging;
    over.store(true, Ordering::Relaxed);
    told("meanwhile", contacts.await??, requests.await??);

    let each = |time: Duration| options.vehicles as f64 / time.as_secs_f64();
    println!("staged {} vehicles ({bytes} bytes) in {staging:.2?}: {:.0} vehicles/s", options.vehicles, each(staging));
    println!(
        "made {} requests of them in {working:.2?}: {:.0} vehicles/s; the number was seen to rise {steps} times",
        options.vehicles.div_ceil(50),
        each(working)
    );
    gateway.stop()
}

/// Asks at a steady pace, late or not, until it is over; the latencies.
async fn bystander(
    address: std::net::SocketAddr,
    token: String,
    query: &'static str,
    over: Arc<AtomicBool>,
) -> Outcome<Vec<Duration>> {
    let mut connection = Connection::open(address).await?;
    let mut latencies = Vec::new();
    let mut ticks = tokio::time::interval(PACE);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !over.load(Ordering::Relaxed) {
        ticks.tick().await;
        let began = Instant::now();
        ask(&mut connection, &token, query, Value::Null).await?;
        latencies.push(began.elapsed());
    }
    Ok(latencies)
}

/// Asks, and gives the data.
async fn ask(connection: &mut Connection, token: &str, query: &str, variables: Value) -> Outcome<Value> {
    let body = json!({ "query": query, "variables": variables }).to_string();
    let headers = format!("authorization: Bearer {token}\r\n");
    let (status, answer) = connection.post("/graphql", &headers, &body).await?;
    let mut answer: Value = serde_json::from_slice(&answer)?;
    if status != 200 || !answer["errors"].is_null() {
        return Err(format!("answered {status}: {answer}").into());
    }
    Ok(answer["data"].take())
}

fn told(when: &str, another: Vec<Duration>, same: Vec<Duration>) {
    let of = |mut latencies: Vec<Duration>| {
        latencies.sort_unstable();
        let at = |share: f64| latencies.get((latencies.len().saturating_sub(1) as f64 * share) as usize).copied();
        let ms = |share: f64| at(share).unwrap_or_default().as_secs_f64() * 1000.0;
        format!("{:.1} / {:.1} / {:.1}", ms(0.5), ms(0.99), ms(1.0))
    };
    println!("{when:<44} {:>22} {:>22}", of(another), of(same));
}
