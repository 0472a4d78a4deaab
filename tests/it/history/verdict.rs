//! What was committed, computed from the log's rows and the snapshots of its rounds without any of the gateway's code.

use std::collections::HashMap;

use entity::id::format_id;
use uuid::Uuid;

use super::stage::Stage;
use super::watchers::Subject;

/// What a watcher is told of one change.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Item {
    /// The kind of the change, or the type of the event.
    pub(crate) what: String,
    /// The object.
    pub(crate) id: String,
    pub(crate) client: Option<String>,
}

/// What somebody should have received.
#[derive(Debug)]
pub(crate) struct Expected {
    items: Vec<Item>,
    /// How many must have been received of them, in this order; all when it is not said.
    only: Option<usize>,
}

/// Everything that was committed, in order.
pub(crate) struct Committed {
    pub(crate) changes: Vec<Change>,
    pub(crate) rounds: usize,
    tenants: Vec<Uuid>,
}

/// A row of the log.
pub(crate) struct Change {
    place: (usize, i64),
    tenant: Uuid,
    entity: String,
    row: Uuid,
    kind: String,
    parent: Option<Uuid>,
    is_assignment: bool,
    client: Option<String>,
}

/// What a transaction sees of others.
struct Snapshot {
    xmin: u64,
    xmax: u64,
    under_way: Vec<u64>,
}

impl Snapshot {
    /// Reads `xmin:xmax:xip,xip`.
    fn parse(text: &str) -> Self {
        let mut parts = text.split(':');
        let mut number = || parts.next().unwrap().parse().unwrap();
        let (xmin, xmax) = (number(), number());
        let under_way = parts.next().unwrap_or_default().split(',').filter_map(|xid| xid.parse().ok()).collect();
        Self { xmin, xmax, under_way }
    }

    fn shows(&self, xid: u64) -> bool {
        xid < self.xmin || xid < self.xmax && !self.under_way.contains(&xid)
    }
}

/// Reads what was committed since the world was made.
pub(crate) async fn committed(stage: &Stage) -> Committed {
    let client = stage.psql().await;
    // Nobody writes any more; the last round shows everything.
    client.batch_execute("select app.take_change_round()").await.unwrap();
    let rounds = client.query("select snapshot::text from app.change_rounds order by id", &[]).await.unwrap();
    let rounds: Vec<_> = rounds.iter().map(|row| Snapshot::parse(row.get(0))).collect();
    let sql = "select seq, xid::text, tenant_id::text, entity, row_id::text, kind, parent_id::text, \
                      before ? 'assigned_to_id', client_message_id::text \
                 from changes where xid > (select xid from history_begin)";
    let rows = client.query(sql, &[]).await.unwrap();
    let uuid = |text: String| text.parse::<Uuid>().unwrap();
    let mut changes: Vec<_> = rows
        .iter()
        .map(|row| {
            let xid = row.get::<_, String>(1).parse().unwrap();
            // What one round shows all later ones show.
            let round = rounds.partition_point(|round| !round.shows(xid));
            assert!(round < rounds.len(), "a change has no round");
            Change {
                place: (round, row.get(0)),
                tenant: uuid(row.get(2)),
                entity: row.get(3),
                row: uuid(row.get(4)),
                kind: row.get(5),
                parent: row.get::<_, Option<String>>(6).map(uuid),
                is_assignment: row.get::<_, Option<bool>>(7) == Some(true),
                client: row.get(8),
            }
        })
        .collect();
    changes.sort_by_key(|change| change.place);
    let tenants = stage.businesses.iter().map(|business| business.tenant).collect();
    Committed { changes, rounds: rounds.len(), tenants }
}

impl Committed {
    /// What a watcher of this should have received.
    pub(crate) fn of(&self, subject: Subject) -> Expected {
        let tenant = self.tenants[subject.business()];
        let of_tenant = self.changes.iter().filter(|change| change.tenant == tenant);
        let items: Vec<_> = of_tenant.filter_map(|change| change.as_seen_by(subject)).collect();
        let only = match subject {
            Subject::Added { before, .. } => Some(items.len() - before),
            _ => None,
        };
        Expected { items, only }
    }
}

impl Change {
    fn as_seen_by(&self, subject: Subject) -> Option<Item> {
        let (entity, kind) = (self.entity.as_str(), self.kind.as_str());
        let what = match (subject, entity, kind) {
            (Subject::Changes { .. }, "contact" | "conversation" | "message" | "internal_note", kind) => match kind {
                "INSERT" => "CREATED",
                "UPDATE" => "UPDATED",
                _ => "DELETED",
            },
            (Subject::Inbox { .. }, "conversation", "INSERT") => "ConversationEntered",
            (Subject::Inbox { .. }, "conversation", "UPDATE") if self.is_assignment => "ConversationAssigned",
            (Subject::Inbox { .. }, "conversation", "UPDATE") => "ConversationChanged",
            (Subject::Conversation { conversation, .. }, "conversation", "UPDATE") if self.row == conversation => {
                "ConversationChanged"
            }
            (Subject::Conversation { conversation, .. }, "message" | "internal_note", kind)
                if self.parent == Some(conversation) =>
            {
                match (entity, kind) {
                    ("message", "INSERT") => "MessageAdded",
                    ("message", _) => "MessageChanged",
                    (_, "INSERT") => "NoteAdded",
                    (_, "UPDATE") => "NoteChanged",
                    _ => "NoteRemoved",
                }
            }
            (Subject::Added { conversation, .. }, "message", "INSERT") if self.parent == Some(conversation) => {
                "MessageAdded"
            }
            _ => return None,
        };
        let is_told = matches!(what, "CREATED" | "UPDATED" | "MessageAdded");
        let client = self.client.clone().filter(|_| is_told);
        Some(Item { what: what.to_owned(), id: format_id(entity, self.row), client })
    }
}

impl Expected {
    pub(crate) fn len(&self) -> usize {
        self.only.unwrap_or(self.items.len())
    }
}

/// How what was received differs from what should have been.
pub(crate) fn difference(expected: &Expected, received: &[Item]) -> Option<String> {
    let mut counts: HashMap<&Item, i64> = HashMap::new();
    received.iter().for_each(|item| *counts.entry(item).or_default() -= 1);
    let is_whole = match expected.only {
        None => expected.items == received,
        // Those that are expected may be any of all, for it is not known which the snapshot had; but so many, in order.
        Some(only) => {
            let mut all = expected.items.iter();
            received.len() == only && received.iter().all(|item| all.any(|known| known == item))
        }
    };
    if is_whole {
        return None;
    }
    expected.items.iter().for_each(|item| *counts.entry(item).or_default() += 1);
    let sum = |sign: i64| counts.values().map(|count| (count * sign).max(0)).sum::<i64>();
    let at = expected.items.iter().zip(received).position(|(one, other)| one != other);
    let at = at.unwrap_or(expected.items.len().min(received.len()));
    let near = |items: &[Item]| {
        let items = items.iter().skip(at.saturating_sub(1)).take(3);
        items.map(|item| format!("{} {}", item.what, item.id)).collect::<Vec<_>>().join(", ")
    };
    Some(format!(
        "received {} of {}: {} missing, {} too many; they part after {at}: expected {}, received {}",
        received.len(),
        expected.len(),
        sum(1),
        sum(-1),
        near(&expected.items),
        near(received),
    ))
}

#[test]
fn the_checker_sees_what_is_missing_doubled_or_in_another_order() {
    let item = |id: &str| Item { what: "CREATED".into(), id: id.into(), client: None };
    let all = || ["a", "b", "c", "d"].map(item).to_vec();
    let whole = Expected { items: all(), only: None };
    assert_eq!(difference(&whole, &all()), None);
    for wrong in
        [vec!["a", "b", "d"], vec!["a", "b", "b", "c", "d"], vec!["a", "c", "b", "d"], vec![], vec!["a", "b", "c", "e"]]
    {
        let received: Vec<_> = wrong.iter().map(|id| item(id)).collect();
        assert!(difference(&whole, &received).is_some(), "{wrong:?}");
    }
    let rest = Expected { items: all(), only: Some(2) };
    assert_eq!(difference(&rest, &["b", "d"].map(item)), None);
    for wrong in [vec!["d", "b"], vec!["b"], vec!["b", "c", "d"], vec!["b", "b"], vec!["b", "e"]] {
        let received: Vec<_> = wrong.iter().map(|id| item(id)).collect();
        assert!(difference(&rest, &received).is_some(), "{wrong:?}");
    }
    let text = "10:20:12,15";
    let shown: Vec<_> = (9..22).filter(|xid| Snapshot::parse(text).shows(*xid)).collect();
    assert_eq!(shown, [9, 10, 11, 13, 14, 16, 17, 18, 19]);
}
