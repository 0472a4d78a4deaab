//! The planted fault: a watcher that remembers the highest number of a change it has seen, as one does who thinks that
//! numbers are given in the order of commits.

use std::sync::Arc;
use std::time::Duration;

use entity::id::format_id;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::stage::Stage;
use super::verdict::Item;
use super::watchers::{Received, Subject};

pub(crate) struct Naive {
    stop: watch::Sender<bool>,
    task: JoinHandle<Received>,
}

/// Watches everything of the first business.
pub(crate) async fn start(stage: &Arc<Stage>, tenant: Uuid) -> Naive {
    let stage = Arc::clone(stage);
    let (stop, stopped) = watch::channel(false);
    let begin = stage.psql().await.query_one("select coalesce(max(seq), 0) from changes", &[]).await.unwrap();
    let mut last: i64 = begin.get(0);
    let task = tokio::spawn(async move {
        let mut received = Received::of(Subject::Changes { business: 0 });
        let mut client = stage.psql().await;
        loop {
            let is_last = *stopped.borrow();
            let sql = "select seq, entity, row_id::text, kind, client_message_id::text from changes \
                       where tenant_id = $1::text::uuid and seq > $2 \
                         and entity in ('contact', 'conversation', 'message', 'internal_note') order by seq";
            match client.query(sql, &[&tenant.to_string(), &last]).await {
                Ok(rows) => {
                    for row in rows {
                        last = row.get(0);
                        let is_new = row.get::<_, &str>(3) == "INSERT";
                        let what = if is_new { "CREATED" } else { "UPDATED" }.to_owned();
                        let id = format_id(row.get(1), row.get::<_, String>(2).parse().unwrap());
                        received.push(Item { what, id, client: row.get(4) });
                    }
                    if is_last {
                        return received;
                    }
                }
                Err(_) => client = stage.psql().await,
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    Naive { stop, task }
}

impl Naive {
    pub(crate) async fn finish(self) -> Received {
        self.stop.send_replace(true);
        self.task.await.unwrap()
    }
}
