//! The history checker: whatever happens to gateways, connections and the database, every watcher receives exactly what
//! was committed, in the order of commits, and every acknowledged message is there exactly once.
//!
//! Three real gateways serve one PostgreSQL. Writers work through all of them and through psql, also in transactions
//! that commit long after they began to write. Watchers connect, drop and resume at random, each from the last cursor it
//! has seen. Meanwhile gateways are killed, frozen, stopped and started, the connections that listen are cut, and
//! PostgreSQL is stopped without a checkpoint.
//!
//! What was committed is computed here anew, from the rows of the log and the snapshots of its rounds; and each run has
//! one more watcher, which remembers only the highest number it has seen: the checker must find that it misses something.
//!
//! The long run: `HISTORY_KILLS=200 cargo test --test it history -- --nocapture` (about half an hour). `HISTORY_SEED` repeats
//! the choices of a run, as far as the machine lets it.

mod chaos;
mod client;
mod dice;
mod naive;
mod stage;
mod verdict;
mod watchers;
mod writers;

use std::sync::Arc;
use std::time::Duration;

use self::dice::Dice;
use self::stage::Stage;
use self::watchers::{Subject, Watcher};

/// Kills of the run that belongs to the tests; it takes about two minutes.
const KILLS: usize = 8;
/// A guard: how long watchers may take to receive the rest when all is quiet. They have everything in a second or two.
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn every_watcher_receives_what_was_committed_once_and_in_order_whatever_is_killed() {
    let number = |name: &str, usual: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (kills, seed) = (number("HISTORY_KILLS", KILLS as u64), number("HISTORY_SEED", 1));
    println!("HISTORY_KILLS={kills} HISTORY_SEED={seed}");
    let mut dice = Dice::new(seed);
    let stage = Arc::new(Stage::set().await);

    let from = stage.begin().await;
    let subjects = subjects(&stage);
    let watchers: Vec<_> =
        subjects.into_iter().map(|subject| Watcher::start(&stage, subject, from.clone(), dice.fork())).collect();
    let naive = naive::start(&stage, stage.businesses[0].tenant).await;
    let writers = writers::start(&stage, &mut dice);
    let late = watchers::start_late(&stage, &mut dice);

    chaos::rage(&stage, &mut dice, usize::try_from(kills).unwrap()).await;

    let sends = writers.finish().await;
    stage.settle().await;
    let committed = verdict::committed(&stage).await;
    println!("{} changes were committed in {} rounds", committed.changes.len(), committed.rounds);
    let mut broken = Vec::new();
    for watcher in watchers.into_iter().chain(late.await.unwrap()) {
        let expected = committed.of(watcher.subject());
        let received = watcher.finish(expected.len(), PATIENCE).await;
        println!("{received}");
        broken.extend(received.judge(&expected).err());
    }
    broken.extend(sends.judge(&stage).await.err());
    assert!(broken.is_empty(), "HISTORY_SEED={seed}\n{}\n{}", broken.join("\n"), stage.logs());

    // Whoever goes by the numbers alone loses what was committed late, and the checker sees it.
    let received = naive.finish().await;
    let fault =
        received.judge(&committed.of(received.subject)).expect_err("a cursor of numbers alone has lost nothing");
    println!("the planted fault was found: {fault}");
}

/// Who watches what: everything of each business, and some of its conversations, several at a time.
fn subjects(stage: &Stage) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (business, place) in stage.businesses.iter().enumerate() {
        subjects.extend([Subject::Changes { business }, Subject::Changes { business }, Subject::Inbox { business }]);
        let conversations = place.conversations.iter().take(3);
        subjects
            .extend(conversations.map(|conversation| Subject::Conversation { business, conversation: *conversation }));
    }
    subjects
}
