//! What readers get is what was committed: all of it, once, in the order of each row's versions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use entity::database::Statements;
use mostrador::changes::{Change, ChangeFilter, ChangeKind, Cursor};
use mostrador::work::{Crew, Worker};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::writers::{Book, Deed, Dice, History, rows_sql, write};
use super::{all, filtered, head, log, page, reading, tenant};
use crate::app::TestApp;

/// What a reader has got, as a history: each row's deeds in the order in which they came.
fn told<'c>(changes: impl IntoIterator<Item = &'c Change>) -> BTreeMap<(Uuid, Uuid), Vec<String>> {
    let mut told: BTreeMap<(Uuid, Uuid), Vec<String>> = BTreeMap::new();
    for change in changes {
        let name = change.mutation.clone().unwrap();
        told.entry((change.tenant, change.row)).or_default().push(name);
    }
    told
}

/// Compares two histories, and shows only where they differ.
#[track_caller]
fn same(told: &BTreeMap<(Uuid, Uuid), Vec<String>>, expected: &BTreeMap<(Uuid, Uuid), Vec<String>>, what: &str) {
    let rows: std::collections::BTreeSet<_> = told.keys().chain(expected.keys()).collect();
    for row in rows {
        assert_eq!(told.get(row), expected.get(row), "{what}: row {row:?}");
    }
}

fn names(history: &History, tenant: Option<Uuid>) -> BTreeMap<(Uuid, Uuid), Vec<String>> {
    let of_tenant = history.iter().filter(|((of, _), _)| tenant.is_none_or(|tenant| tenant == *of));
    of_tenant.map(|(row, deeds)| (*row, deeds.iter().map(|deed| deed.name.clone()).collect())).collect()
}

/// Reads on from a cursor, in pages of random size, and comes back as a new client each time: from the cursor's text.
async fn read(app: &TestApp, tenant: Option<Uuid>, from: &mut Cursor, dice: &mut Dice, into: &mut Vec<Change>) -> bool {
    let limit = 1 + u32::try_from(dice.roll(30)).unwrap();
    let resumed: Cursor = from.to_string().parse().unwrap();
    let page = match tenant {
        Some(tenant) => page(app, tenant, &resumed, limit).await.unwrap(),
        None => log(app).tail(&resumed, limit).await.unwrap(),
    };
    assert!(page.changes.len() <= limit as usize);
    for change in &page.changes {
        assert!(resumed.is_before(change), "{change:?} is not behind {resumed:?}");
    }
    // Somebody may drop out between two events of a page.
    let kept = match page.changes.len() {
        some @ 1.. if dice.roll(4) == 0 => usize::try_from(dice.roll(some as u64)).unwrap() + 1,
        some => some,
    };
    *from = if kept == page.changes.len() { page.end.clone() } else { page.changes[kept - 1].cursor.clone() };
    let has_more = page.has_more || kept < page.changes.len();
    into.extend(page.changes.into_iter().take(kept));
    has_more
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reader_gets_what_was_committed_once_and_in_order_however_late_it_is() {
    let app = Arc::new(TestApp::world().await);
    let tenants = [tenant(&app, "autos").await, tenant(&app, "casas").await];
    app.sql(&rows_sql(&tenants)).await;
    let start = head(&app).await;
    let crew = Crew::start(vec![Box::new(app.sequencer()) as Box<dyn Worker>]);
    let (book, is_over) = (Arc::new(Book::default()), Arc::new(AtomicBool::new(false)));

    let mut readers = JoinSet::new();
    for seed in 0..6u64 {
        let (app, is_over, start) = (Arc::clone(&app), Arc::clone(&is_over), start.clone());
        let whose = [None, Some(tenants[0]), Some(tenants[1])][seed as usize % 3];
        readers.spawn(async move {
            let (mut place, mut dice, mut got) = (start, Dice::new(900 + seed), Vec::new());
            loop {
                let was_over = is_over.load(Ordering::SeqCst);
                while read(&app, whose, &mut place, &mut dice, &mut got).await {}
                if was_over {
                    return (whose, got);
                }
                tokio::time::sleep(Duration::from_millis(dice.roll(25))).await;
            }
        });
    }

    // Clients that read a page of rows and then go on from exactly there.
    let mut snapshots = JoinSet::new();
    for seed in 0..4u64 {
        let (app, is_over) = (Arc::clone(&app), Arc::clone(&is_over));
        let of = tenants[seed as usize % 2];
        snapshots.spawn(async move {
            let (mut dice, mut taken) = (Dice::new(500 + seed), Vec::new());
            while !is_over.load(Ordering::SeqCst) {
                let transaction = reading(&app, of);
                let mut sql = entity::sql::Sql::new();
                sql.push("select id, version::bigint, pg_sleep(0.003)::text from brands order by id");
                // Either may come first in the operation.
                let (cursor, rows) = if dice.roll(2) == 0 {
                    let cursor = log(&app).here(&transaction, false).await.unwrap();
                    (cursor, transaction.rows(sql, false).await.unwrap())
                } else {
                    let rows = transaction.rows(sql, false).await.unwrap();
                    (log(&app).here(&transaction, false).await.unwrap(), rows)
                };
                transaction.finish();
                let state: BTreeMap<Uuid, i64> =
                    (0..rows.len()).map(|row| (rows.uuid(row, 0).unwrap(), rows.int8(row, 1).unwrap())).collect();
                taken.push((of, cursor, state));
                tokio::time::sleep(Duration::from_millis(20 + dice.roll(60))).await;
            }
            taken
        });
    }

    let mut writers = JoinSet::new();
    for seed in 1..=12u64 {
        let (book, database) = (Arc::clone(&book), app.database_name.clone());
        writers.spawn(write(book, database, tenants[seed as usize % 2], Dice::new(seed), 60));
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    // Everything is committed; one more round numbers the last of it.
    app.sequencer().take().await.unwrap();
    is_over.store(true, Ordering::SeqCst);

    let history = book.history().await;
    assert!(history.values().map(Vec::len).sum::<usize>() > 1_000);
    while let Some(reader) = readers.join_next().await {
        let (whose, got) = reader.unwrap();
        same(&told(&got), &names(&history, whose), &format!("a reader of {whose:?}"));
        for pair in got.windows(2) {
            assert!(pair[0].cursor.position() < pair[1].cursor.position());
        }
    }
    let mut checked = 0;
    while let Some(taken) = snapshots.join_next().await {
        for (of, cursor, state) in taken.unwrap() {
            checked += 1;
            let mut dice = Dice::new(checked);
            let (mut place, mut later) = (cursor, Vec::new());
            while read(&app, Some(of), &mut place, &mut dice, &mut later).await {}
            let unseen: History = history
                .iter()
                .filter(|((whose, _), _)| *whose == of)
                .map(|((whose, row), deeds)| {
                    let seen = state.get(row).copied();
                    let is_later = |deed: &&Deed| match seen {
                        Some(version) => deed.version == 0 || i64::from(deed.version) > version,
                        // It is not there yet, or it is gone already: the first deed tells.
                        None => true,
                    };
                    ((*whose, *row), deeds.iter().filter(is_later).cloned().collect())
                })
                .filter(|(_, deeds): &(_, Vec<Deed>)| !deeds.is_empty())
                .collect();
            let mut expected = names(&unseen, None);
            let told = told(&later);
            // A row that was removed within the transaction that made it is told of whole or not at all.
            expected.retain(|row, names| {
                let is_brief = history[row].iter().any(|deed| deed.version == 0);
                if is_brief && !told.contains_key(row) {
                    return false;
                }
                !names.is_empty()
            });
            same(&told, &expected, "behind a snapshot");
        }
    }
    assert!(checked > 20, "{checked} snapshots");
    assert!(crew.stop(Duration::from_secs(5)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_commits_late_holds_back_nobody_and_is_not_lost() {
    let app = TestApp::world().await;
    let autos = tenant(&app, "autos").await;
    let start = head(&app).await;
    let slow = crate::app::superuser(&app.database_name).await;
    let insert = |name: &str| format!("insert into brands (tenant_id, name) values ('{autos}', '{name}')");
    slow.batch_execute(&format!("begin; {}", insert("Slow"))).await.unwrap();
    // Many rounds go by.
    let mut middle = start.clone();
    for number in 0..40 {
        app.sql(&insert(&format!("Fast {number}"))).await;
        middle = head(&app).await;
    }
    assert_eq!(all(&app, autos, &start).await.len(), 40);
    let transaction = reading(&app, autos);
    let before = log(&app).here(&transaction, true).await.unwrap();
    slow.batch_execute("commit").await.unwrap();
    app.sql(&insert("Last")).await;
    let end = head(&app).await;
    for (from, count) in [(&start, 42), (&middle, 2), (&before, 2), (&end, 0)] {
        assert_eq!(all(&app, autos, from).await.len(), count);
    }
    let changes = all(&app, autos, &start).await;
    let last: Vec<i64> = changes[40..].iter().map(|change| change.seq).collect();
    assert!(last[0] < changes[0].seq && changes[39].seq < last[1], "the slow one comes before the last one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_transaction_is_read_in_pages() {
    let app = TestApp::world().await;
    let autos = tenant(&app, "autos").await;
    let start = head(&app).await;
    app.sql(&format!(
        "insert into brands (tenant_id, name) select '{autos}', 'brand ' || n from generate_series(1, 2500) n;
         update brands set name = name || '!' where tenant_id = '{autos}' and name like 'brand %'"
    ))
    .await;
    head(&app).await;
    let (mut place, mut seqs, mut pages) = (start, Vec::new(), 0);
    loop {
        let page = page(&app, autos, &place, 300).await.unwrap();
        seqs.extend(page.changes.iter().map(|change| (change.kind == ChangeKind::Update, change.seq)));
        (place, pages) = (page.end, pages + 1);
        if !page.has_more {
            break;
        }
    }
    assert_eq!((seqs.len(), pages), (5_000, 17));
    assert!(seqs.is_sorted() && seqs.windows(2).all(|pair| pair[0] != pair[1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_leaves_out_what_is_not_asked_for_and_still_comes_to_the_end() {
    let app = TestApp::world().await;
    let autos = tenant(&app, "autos").await;
    let start = head(&app).await;
    let conversation: Uuid = app
        .cell(&format!("select id from conversations where tenant_id = '{autos}' order by id limit 1"))
        .await
        .parse()
        .unwrap();
    for number in 0..30 {
        app.sql(&format!("insert into brands (tenant_id, name) values ('{autos}', 'brand {number}')")).await;
    }
    app.sql(&format!(
        "insert into messages (tenant_id, conversation_id, sender_type, content) values ('{autos}', '{conversation}', 'CONTACT', 'Hola')"
    ))
    .await;
    let end = head(&app).await;
    let entities = Some(vec!["message".to_owned()]);
    let one = filtered(&app, autos, &start, &ChangeFilter { entities, parent: None }, 10).await.unwrap();
    assert_eq!((one.changes.len(), one.has_more, one.end), (1, false, end));
    let parent = Some(conversation);
    let two = filtered(&app, autos, &start, &ChangeFilter { entities: None, parent }, 10).await.unwrap();
    let kinds: Vec<(&str, ChangeKind)> =
        two.changes.iter().map(|change| (change.entity.as_str(), change.kind)).collect();
    assert_eq!(kinds, [("message", ChangeKind::Insert), ("conversation", ChangeKind::Update)]);
    assert_eq!(two.changes[0].parent, parent);
    let routing = two.changes[1].routing.as_ref().unwrap();
    assert!(routing.get("status").is_some() && routing.get("assigned_to_id").is_some());
}
