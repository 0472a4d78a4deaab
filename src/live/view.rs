//! Views of the inbox: which conversations are in them, and what a change does to that.
//!
//! All of it follows from the values that the log keeps of a conversation, before and after the change, so that no
//! statement is needed and no list of what a client has.

use async_graphql::{Name, Value};
use entity::id::parse_id;
use entity::plan::PlanError;
use uuid::Uuid;

use crate::changes::{Change, ChangeKind};

/// What is in a view.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct View {
    /// In one of these states; any when it is `None`.
    statuses: Option<Vec<Name>>,
    /// On one of these channels; any when it is `None`.
    channels: Option<Vec<Name>>,
    /// Somebody's, or nobody's; any when it is `None`.
    assignees: Option<Vec<Option<Uuid>>>,
}

/// What a change does to a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Move {
    /// A conversation has come into view.
    Entered,
    /// One in view has changed.
    Changed,
    /// One in view has changed hands.
    Assigned {
        /// Who had it.
        previous: Option<Uuid>,
    },
    /// One has left the view.
    Left(Reason),
}

/// Why a conversation has left a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Reason {
    Filter,
    Deleted,
    NoLongerVisible,
}

impl Reason {
    /// The value of `LeaveReason`.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Filter => "FILTER",
            Self::Deleted => "DELETED",
            Self::NoLongerVisible => "NO_LONGER_VISIBLE",
        }
    }
}

/// What the log keeps of a conversation at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State<'s> {
    status: Option<&'s str>,
    channel: Option<&'s str>,
    assignee: Option<Uuid>,
}

impl View {
    /// Reads the argument `filter` for a user.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(filter: Option<&Value>, user: Uuid) -> Result<Self, PlanError> {
        let Some(Value::Object(entries)) = filter else { return Ok(Self::default()) };
        let given = |name: &str| entries.get(name).filter(|value| **value != Value::Null);
        let mut assignees = match given("assignment").and_then(word).as_ref().map(Name::as_str) {
            Some("MINE") => Some(vec![Some(user)]),
            Some("UNASSIGNED") => Some(vec![None]),
            _ => None,
        };
        if let Some(value) = given("assignedToId") {
            let id = match value {
                Value::String(text) => parse_id("user", text).ok(),
                _ => None,
            };
            let id = id.ok_or_else(|| {
                PlanError::new("INVALID_ID", "The ID of a user is needed.").under("filter.assignedToId")
            })?;
            // Both conditions hold.
            assignees = Some(match assignees {
                None => vec![Some(id)],
                Some(known) => known.into_iter().filter(|known| *known == Some(id)).collect(),
            });
        }
        Ok(Self { statuses: given("statuses").map(words), channels: given("channels").map(words), assignees })
    }

    fn holds(&self, state: State<'_>) -> bool {
        let is_among = |wanted: &Option<Vec<Name>>, found: Option<&str>| {
            wanted.as_ref().is_none_or(|wanted| wanted.iter().any(|one| Some(one.as_str()) == found))
        };
        is_among(&self.statuses, state.status)
            && is_among(&self.channels, state.channel)
            && self.assignees.as_ref().is_none_or(|wanted| wanted.contains(&state.assignee))
    }

    /// What a change of a conversation does to the view; `None` for nothing.
    pub(super) fn of_change(&self, change: &Change) -> Option<Move> {
        let (before, after) = states(change);
        self.of_states(before, after)
    }

    fn of_states(&self, before: Option<State<'_>>, after: Option<State<'_>>) -> Option<Move> {
        let was_in = before.is_some_and(|state| self.holds(state));
        let is_in = after.is_some_and(|state| self.holds(state));
        match (was_in, is_in) {
            (false, false) => None,
            (false, true) => Some(Move::Entered),
            (true, false) if after.is_none() => Some(Move::Left(Reason::Deleted)),
            (true, false) => Some(Move::Left(Reason::Filter)),
            (true, true) => {
                let previous = before.and_then(|state| state.assignee);
                let is_same = previous == after.and_then(|state| state.assignee);
                Some(if is_same { Move::Changed } else { Move::Assigned { previous } })
            }
        }
    }
}

/// What the log says of a conversation before and after a change.
fn states(change: &Change) -> (Option<State<'_>>, Option<State<'_>>) {
    let text = |name: &'static str, is_before: bool| {
        let before = change.before.as_ref().filter(|_| is_before).and_then(|all| all.get(name));
        before.or_else(|| change.routing.as_ref()?.get(name))?.as_str()
    };
    let state = |is_before| State {
        status: text("status", is_before),
        channel: text("channel", is_before),
        assignee: text("assigned_to_id", is_before).and_then(|id| id.parse().ok()),
    };
    let before = (change.kind != ChangeKind::Insert).then(|| state(true));
    let after = (change.kind != ChangeKind::Delete).then(|| state(false));
    (before, after)
}

fn word(value: &Value) -> Option<Name> {
    match value {
        Value::Enum(name) => Some(name.clone()),
        Value::String(text) => Some(Name::new(text)),
        _ => None,
    }
}

fn words(value: &Value) -> Vec<Name> {
    match value {
        Value::List(items) => items.iter().filter_map(word).collect(),
        // One value stands for a list of one.
        one => word(one).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ANA: Uuid = Uuid::from_u128(1);
    const JAN: Uuid = Uuid::from_u128(2);

    fn view(filter: serde_json::Value) -> View {
        View::read(Some(&Value::from_json(filter).unwrap()), ANA).unwrap()
    }

    fn state(status: &'static str, assignee: Option<Uuid>) -> State<'static> {
        State { status: Some(status), channel: Some("WHATSAPP"), assignee }
    }

    #[test]
    fn a_view_follows_what_is_said_of_a_conversation() {
        let mine = view(serde_json::json!({ "assignment": "MINE", "statuses": ["OPEN", "PENDING"] }));
        let moves = |before, after| mine.of_states(before, after);
        let (open, other) = (Some(state("OPEN", Some(ANA))), Some(state("OPEN", Some(JAN))));
        assert_eq!(moves(None, open), Some(Move::Entered));
        assert_eq!(moves(None, other), None);
        assert_eq!(moves(other, open), Some(Move::Entered));
        assert_eq!(moves(open, other), Some(Move::Left(Reason::Filter)));
        assert_eq!(moves(open, Some(state("PENDING", Some(ANA)))), Some(Move::Changed));
        assert_eq!(moves(open, Some(state("RESOLVED", Some(ANA)))), Some(Move::Left(Reason::Filter)));
        assert_eq!(moves(open, None), Some(Move::Left(Reason::Deleted)));
        let all = view(serde_json::json!({}));
        assert_eq!(all.of_states(open, other), Some(Move::Assigned { previous: Some(ANA) }));
    }

    #[test]
    fn conditions_hold_together() {
        let both = |id: Uuid| {
            let id = entity::id::format_id("user", id);
            view(serde_json::json!({ "assignment": "MINE", "assignedToId": id }))
        };
        assert!(both(ANA).holds(state("OPEN", Some(ANA))));
        assert!(!both(JAN).holds(state("OPEN", Some(ANA))) && !both(JAN).holds(state("OPEN", Some(JAN))));
        let nothing = view(serde_json::json!({ "statuses": [] }));
        assert!(!nothing.holds(state("OPEN", None)), "an empty list is matched by nothing");
        assert!(View::read(Some(&Value::from_json(serde_json::json!({ "assignedToId": "x" })).unwrap()), ANA).is_err());
    }

    proptest! {
        /// Whoever keeps a list by the moves alone has exactly what matches.
        #[test]
        fn moves_keep_a_list_right(
            wanted in proptest::option::of(proptest::collection::vec(0usize..3, 0..3)),
            mine in any::<bool>(),
            history in proptest::collection::vec((0usize..4, 0usize..3, any::<bool>(), any::<bool>()), 1..60),
        ) {
            const STATUSES: [&str; 3] = ["OPEN", "PENDING", "RESOLVED"];
            let statuses = wanted.map(|all| all.into_iter().map(|one| STATUSES[one]).collect::<Vec<_>>());
            let view = view(serde_json::json!({ "statuses": statuses, "assignment": mine.then_some("MINE") }));
            let mut truth: [Option<State<'static>>; 4] = [None; 4];
            let mut list = std::collections::BTreeSet::new();
            for (row, status, is_ana, is_there) in history {
                let after = is_there.then(|| state(STATUSES[status], is_ana.then_some(ANA)));
                match view.of_states(truth[row], after) {
                    Some(Move::Entered) => prop_assert!(list.insert(row)),
                    Some(Move::Changed | Move::Assigned { .. }) => prop_assert!(list.contains(&row)),
                    Some(Move::Left(_)) => prop_assert!(list.remove(&row)),
                    None => prop_assert!(!list.contains(&row)),
                }
                truth[row] = after;
                let expected: std::collections::BTreeSet<usize> =
                    (0..4).filter(|row| truth[*row].is_some_and(|state| view.holds(state))).collect();
                prop_assert_eq!(&list, &expected);
            }
        }
    }
}
