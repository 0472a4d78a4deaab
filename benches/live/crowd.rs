//! Many conversations, watched by nobody, by few and by many: what PostgreSQL has to do for it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::database::{Loaded, Work};
use crate::options::Options;
use crate::servers::Running;
use crate::swarm::{Greeting, Swarm};
use crate::writer::Writer;

pub(crate) async fn measure(database: &Loaded, gateway: &Running, options: &Options) -> Outcome<String> {
    let conversations: Vec<_> = database.conversations.iter().take(options.conversations).collect();
    let mut report = format!("{} messages/s into {} conversations:\n", options.rate, conversations.len());
    let rounds = [0, options.watchers / 10, options.watchers];
    for (round, watchers) in rounds.into_iter().enumerate() {
        let greetings = conversations
            .iter()
            .cycle()
            .take(watchers)
            .map(|conversation| Greeting::Watch {
                token: Arc::clone(&database.token),
                conversation: Arc::clone(conversation),
            })
            .collect();
        let mut swarm = Swarm::new();
        swarm.open(gateway.address, greetings).await?;
        let mut writer = Writer::open(gateway.address, &database.token).await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        swarm.pending();
        let before = database.work().await?;
        let begin = Instant::now();
        let count = u64::from(options.rate) * options.seconds;
        for number in 0..count {
            let due = begin + Duration::from_secs(1).mul_f64(number as f64 / f64::from(options.rate));
            tokio::time::sleep(due.saturating_duration_since(Instant::now())).await;
            // A stride that meets all of them, and not one after the other.
            let conversation = conversations[(number as usize * 7919) % conversations.len()];
            writer.send(conversation, 10_000 * (round + 1) + number as usize).await?;
        }
        let took = begin.elapsed().as_secs_f64();
        let after = database.work().await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        report += &line(watchers, before, after, took, count, swarm.pending());
    }
    Ok(report)
}

fn line(watchers: usize, before: Work, after: Work, took: f64, sent: u64, delivered: usize) -> String {
    let each = |before: f64, after: f64| (after - before) / sent as f64;
    let transactions = each(before.transactions, after.transactions);
    let statements = before.statements.zip(after.statements).map(|(before, after)| each(before, after));
    let statements = statements.map_or_else(String::new, |statements| {
        format!("{statements:.1} statements a message, {:.0} statements/s; ", statements * sent as f64 / took)
    });
    format!(
        "  {watchers} watchers: {statements}{transactions:.1} transactions a message \
         ({:.0} messages/s sent, {delivered} deliveries)\n",
        sent as f64 / took
    )
}
