//! How many conversations wait for what: one statement for all users of a tenant.

use entity::database::{DbError, Statements};
use entity::events::{Event, Value};
use entity::rows::Rows;
use entity::sql::{Bind, Sql};
use uuid::Uuid;

use super::encode::Loader;
use super::types::{INBOX_COUNTS, INBOX_COUNTS_CHANGED};
use crate::db::Actor;

/// What one user sees of the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Counts {
    open: i64,
    pending: i64,
    snoozed: i64,
    mine: i64,
    unassigned: i64,
    unread: i64,
}

/// The counts of a tenant, by who has to answer.
#[derive(Debug, Default)]
pub(super) struct Tally(Vec<(Option<Uuid>, Counts)>);

/// Counts the conversations that an actor sees.
pub(super) fn statement(tenant: Uuid) -> Sql {
    let mut sql = Sql::new();
    sql.push(
        "select assigned_to_id, \
                count(*) filter (where status = 'OPEN'), \
                count(*) filter (where status = 'PENDING' and snoozed_until is null), \
                count(*) filter (where snoozed_until is not null), \
                count(*) filter (where unread_count > 0) \
           from conversations where tenant_id = ",
    );
    sql.bind(Bind::Uuid(tenant)).push(" and status in ('OPEN', 'PENDING') group by assigned_to_id");
    sql
}

impl Tally {
    pub(super) async fn read(loader: &Loader, actor: Actor, tenant: Uuid) -> Result<Self, DbError> {
        let transaction = loader.read(actor);
        let rows = transaction.rows(statement(tenant), true).await;
        transaction.finish();
        Ok(Self::of(&rows?))
    }

    fn of(rows: &Rows) -> Self {
        let counted = (0..rows.len()).map(|row| {
            let number = |cell| rows.int8(row, cell).unwrap_or(0);
            let (open, pending, snoozed, unread) = (number(1), number(2), number(3), number(4));
            (rows.uuid(row, 0), Counts { open, pending, snoozed, unread, ..Counts::default() })
        });
        Self(counted.collect())
    }

    /// What a user sees of it.
    pub(super) fn of_user(&self, user: Uuid) -> Counts {
        self.0.iter().fold(Counts::default(), |all, (assignee, one)| {
            let waiting = one.open + one.pending;
            Counts {
                open: all.open + one.open,
                pending: all.pending + one.pending,
                snoozed: all.snoozed + one.snoozed,
                mine: all.mine + if *assignee == Some(user) { waiting } else { 0 },
                unassigned: all.unassigned + if assignee.is_none() { waiting } else { 0 },
                unread: all.unread + one.unread,
            }
        })
    }
}

impl Counts {
    /// The event that tells them.
    pub(super) fn event(self, cursor: &str) -> Event {
        let numbers = [self.open, self.pending, self.snoozed, self.mine, self.unassigned, self.unread];
        let counts = Event { ty: &INBOX_COUNTS, values: numbers.into_iter().map(Value::number).collect() };
        Event { ty: &INBOX_COUNTS_CHANGED, values: vec![Value::text(cursor), Value::Object(counts)] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_sees_the_same_numbers_and_the_own_ones() {
        let [ana, jan] = [1, 2].map(Uuid::from_u128);
        let of = |open, pending, snoozed, unread| Counts { open, pending, snoozed, unread, ..Counts::default() };
        let tally = Tally(vec![(None, of(2, 1, 0, 1)), (Some(ana), of(1, 0, 0, 0)), (Some(jan), of(0, 4, 2, 3))]);
        let all = Counts { open: 3, pending: 5, snoozed: 2, mine: 0, unassigned: 3, unread: 4 };
        assert_eq!(tally.of_user(ana), Counts { mine: 1, ..all });
        assert_eq!(tally.of_user(jan), Counts { mine: 4, ..all });
        assert_eq!(tally.of_user(Uuid::nil()), all);
    }
}
