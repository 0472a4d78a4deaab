//! What happens to gateways, connections and the database while others work.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::dice::Dice;
use super::stage::Stage;

const NODES: usize = 3;

/// Kills so many nodes, one after the other, and does worse in between.
pub(crate) async fn rage(stage: &Stage, dice: &mut Dice, kills: usize) {
    let begin = Instant::now();
    for kill in 0..kills {
        calm(dice).await;
        let node = dice.below(NODES);
        stage.end(node, Signal::SIGKILL).await;
        // Watchers and writers of this node go elsewhere meanwhile.
        tokio::time::sleep(dice.millis(0, 3_000)).await;
        stage.start(node).await;
        calm(dice).await;
        match kill % 4 {
            0 | 2 => cut_those_who_listen(stage).await,
            1 => freeze(stage, dice).await,
            _ => {
                let node = dice.below(NODES);
                stage.end(node, Signal::SIGTERM).await;
                stage.start(node).await;
            }
        }
        // Once in the short run, now and then in the long one.
        if kill % 10 == 3 {
            calm(dice).await;
            stage.crash_postgres(dice.millis(0, 2_000)).await;
        }
        println!("{kill}: a node was killed; {:?} so far", begin.elapsed());
    }
    calm(dice).await;
}

async fn calm(dice: &mut Dice) {
    tokio::time::sleep(dice.millis(500, 4_000)).await;
}

/// Ends the connections on which nodes hear each other.
async fn cut_those_who_listen(stage: &Stage) {
    let client = stage.psql().await;
    let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
               where application_name = 'mostrador' and (query ~ 'listen|pg_notify' or query = '')";
    let count: i64 = client.query_one(cut, &[]).await.unwrap().get(0);
    assert!(count > 0, "nobody listens");
}

/// A node that stands still for a while, its connections open.
async fn freeze(stage: &Stage, dice: &mut Dice) {
    let node = dice.below(NODES);
    stage.signal(node, Signal::SIGSTOP).await;
    tokio::time::sleep(Duration::from_millis(500) + dice.millis(0, 4_000)).await;
    stage.signal(node, Signal::SIGCONT).await;
}
