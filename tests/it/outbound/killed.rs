//! Real worker processes that are killed at the worst moment.

use std::time::Duration;

use super::office::Office;
use super::receiver::Manner;
use crate::binary::Worker;

async fn requests(office: &Office, count: usize) {
    for _ in 0..6000 {
        if office.receiver.requests().len() >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} requests instead of {count}", office.receiver.requests().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_workers_lose_and_double_nothing() {
    // The first worker dies before the receiver has decided, the second after it has taken the message and before we knew.
    let office = Office::open([Manner::Hangs, Manner::TakesAndDawdles]).await;
    for text in ["one", "two", "three"] {
        office.send(&office.email, text).await;
    }
    let first = Worker::start(&office.app).await;
    requests(&office, 1).await;
    first.kill();
    assert_eq!(office.app.cell("select count(*) from jobs where state = 'RUNNING'").await, "1");
    // The moment at which the lease ends.
    let expire = "update jobs set run_at = now() where state = 'RUNNING'";
    office.app.sql(expire).await;
    let second = Worker::start(&office.app).await;
    requests(&office, 2).await;
    second.kill();
    office.app.sql(expire).await;
    let _third = Worker::start(&office.app).await;
    office.quiet().await;
    assert_eq!(office.receiver.texts(), ["one", "two", "three"]);
    let sql = "select delivery_status, provider_message_id from messages where content in ('one', 'two', 'three') order by created_at";
    let stored = office.app.rows(sql).await;
    assert_eq!(stored, [["SENT", "email:id-1"], ["SENT", "email:id-2"], ["SENT", "email:id-3"]]);
    assert_eq!(office.app.cell("select max(attempts) from jobs").await, "3");
}
