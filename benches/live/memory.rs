//! Memory of the gateway per socket with one idle subscription.

use std::sync::Arc;
use std::time::Duration;

use crate::Outcome;
use crate::database::Loaded;
use crate::options::Options;
use crate::servers::Running;
use crate::swarm::{Greeting, Swarm};

/// Sockets that come and go first, so that what is there once is there.
const FIRST: usize = 200;

/// How long the gateway is left alone before it is looked at.
const REST: Duration = Duration::from_secs(3);

pub(crate) async fn measure(database: &Loaded, gateway: &Running, options: &Options) -> Outcome<String> {
    let greetings = |count: usize| -> Vec<Greeting> {
        let conversations = database.conversations.iter().cycle().take(count);
        conversations
            .map(|conversation| Greeting::Watch {
                token: Arc::clone(&database.token),
                conversation: Arc::clone(conversation),
            })
            .collect()
    };
    let mut first = Swarm::new();
    first.open(gateway.address, greetings(FIRST)).await?;
    drop(first);
    tokio::time::sleep(REST).await;
    let before = gateway.memory()?;
    let mut swarm = Swarm::new();
    swarm.open(gateway.address, greetings(options.watchers)).await?;
    tokio::time::sleep(REST).await;
    let after = gateway.memory()?;
    let each = after.saturating_sub(before) as f64 / swarm.len() as f64 / 1024.0;
    eprintln!("memory: {} subscriptions, {:.0} MB before and {:.0} MB after", swarm.len(), mb(before), mb(after));
    Ok(format!("memory per idle subscription, {} sockets: {each:.1} KB (bar: 15)\n", swarm.len()))
}

fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}
