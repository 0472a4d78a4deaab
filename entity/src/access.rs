//! Rights: what a viewer may do, as bits, and what a field or a mutation needs.
//!
//! A right is an action on a process, a protected part of the business such as contacts. Declarations name the right
//! that each entity and each verb needs; a session brings along the rights that its user has. What follows from a
//! grant (WRITE implies READ, a process covers its children) is computed where grants are stored; here a right is
//! there or not, so that a check is one bit.

use std::fmt;

use diesel::deserialize::FromSql;
use diesel::pg::{Pg, PgValue};

use crate::declare::ChoiceDecl;
use crate::kind::{FieldType, Kind, Scalar};

/// What can be done with a process. In GraphQL and in text columns the enum `PermissionAction`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// See.
    Read,
    /// Make and change.
    Write,
    /// Delete and restore.
    Delete,
    /// Set up, and see what was deleted.
    Admin,
    /// Make, change and remove users.
    ManageUsers,
}

static ACTIONS: ChoiceDecl = ChoiceDecl {
    name: "PermissionAction",
    doc: "What can be done with a process, a protected part of the business.",
    values: &[
        ("READ", "See it."),
        ("WRITE", "Make and change; implies READ."),
        ("DELETE", "Delete and restore."),
        ("ADMIN", "Set up, and see what was deleted; implies all others."),
        ("MANAGE_USERS", "Make, change and remove users."),
    ],
};

impl Action {
    /// All actions, from the smallest.
    pub const ALL: [Self; 5] = [Self::Read, Self::Write, Self::Delete, Self::Admin, Self::ManageUsers];

    /// The word in GraphQL and in the database, for instance `MANAGE_USERS`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        ACTIONS.values[self as usize].0
    }

    /// The action of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == word)
    }

    /// The GraphQL enum.
    pub(crate) const fn choice() -> &'static ChoiceDecl {
        &ACTIONS
    }
}

impl Scalar for Action {
    const TYPE: FieldType = FieldType { kind: Kind::Choice(&ACTIONS), nullable: false, normalize: None };
}

impl FromSql<diesel::sql_types::Text, Pg> for Action {
    fn from_sql(bytes: PgValue<'_>) -> diesel::deserialize::Result<Self> {
        let word = std::str::from_utf8(bytes.as_bytes())?;
        Self::parse(word).ok_or_else(|| "not a PermissionAction".into())
    }
}

/// A protected part of the business, to which rights are given. Made in a catalogue, never on the fly.
#[derive(Debug)]
pub struct ProcessDecl {
    /// Place in the catalogue, from 0 to [`Rights::CAPACITY`]; its bit.
    pub number: u8,
    /// Stable code, for instance `CONTACTS`.
    pub code: &'static str,
    /// Name as people see it, for instance "Contacts".
    pub name: &'static str,
    /// What belongs to it.
    pub doc: &'static str,
    /// Where a client shows it, for instance `/contacts`; none when it is no place of its own.
    pub route: Option<&'static str>,
    /// A grant on the parent covers this process as well.
    pub parent: Option<&'static Self>,
    /// One's own things: everybody who is signed in may READ, WRITE and DELETE, without a grant.
    pub personal: bool,
}

impl ProcessDecl {
    /// The right to do this.
    #[must_use]
    pub const fn right(&'static self, action: Action) -> Right {
        Right { process: self, action }
    }

    /// The right to see.
    #[must_use]
    pub const fn read(&'static self) -> Right {
        self.right(Action::Read)
    }

    /// The right to make and change.
    #[must_use]
    pub const fn write(&'static self) -> Right {
        self.right(Action::Write)
    }

    /// The right to delete and restore.
    #[must_use]
    pub const fn delete(&'static self) -> Right {
        self.right(Action::Delete)
    }

    /// The right to set up.
    #[must_use]
    pub const fn admin(&'static self) -> Right {
        self.right(Action::Admin)
    }

    /// The right to make, change and remove users.
    #[must_use]
    pub const fn manage_users(&'static self) -> Right {
        self.right(Action::ManageUsers)
    }
}

/// An action on a process.
#[derive(Clone, Copy)]
pub struct Right {
    /// The process.
    pub process: &'static ProcessDecl,
    /// The action.
    pub action: Action,
}

impl PartialEq for Right {
    fn eq(&self, other: &Self) -> bool {
        self.process.code == other.process.code && self.action == other.action
    }
}

impl Eq for Right {}

impl fmt::Debug for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.process.code, self.action.as_str())
    }
}

impl Right {
    /// The sentence for somebody who does not have it.
    #[must_use]
    pub fn refusal(self) -> String {
        let what = if self.action == Action::Read { "see" } else { "do" };
        let (action, process) = (self.action.as_str(), self.process.name);
        format!("You may not {what} this: none of your roles gives you {action} on {process}.")
    }
}

/// The rights of a viewer: one bit for each action on each process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Rights([u64; Action::ALL.len()]);

impl Rights {
    /// How many processes there may be.
    pub const CAPACITY: usize = u64::BITS as usize;

    /// No right at all, not even those of everybody.
    #[must_use]
    pub const fn none() -> Self {
        Self([0; Action::ALL.len()])
    }

    /// Every right.
    #[must_use]
    pub const fn all() -> Self {
        Self([u64::MAX; Action::ALL.len()])
    }

    /// What everybody who is signed in may do: READ, WRITE and DELETE of personal processes.
    #[must_use]
    pub fn of_everybody(catalogue: &[&'static ProcessDecl]) -> Self {
        let mut rights = Self::none();
        for process in catalogue.iter().filter(|process| process.personal) {
            for action in [Action::Read, Action::Write, Action::Delete] {
                rights.add(process.right(action));
            }
        }
        rights
    }

    /// Maps pairs of a process's code and an action's word, as the database gives them, onto bits; on top of those of
    /// everybody. Pairs must be complete: nothing is implied here. What the catalogue does not know gives no right.
    pub fn from_pairs<'p>(
        catalogue: &[&'static ProcessDecl],
        pairs: impl IntoIterator<Item = (&'p str, &'p str)>,
    ) -> Self {
        let mut rights = Self::of_everybody(catalogue);
        for (code, word) in pairs {
            let process = catalogue.iter().find(|process| process.code == code);
            if let (Some(process), Some(action)) = (process, Action::parse(word)) {
                rights.add(process.right(action));
            }
        }
        rights
    }

    /// Adds one right, and nothing that may follow from it.
    pub fn add(&mut self, right: Right) {
        self.0[right.action as usize] |= bit(right.process);
    }

    /// Takes one right away.
    pub fn remove(&mut self, right: Right) {
        self.0[right.action as usize] &= !bit(right.process);
    }

    /// Whether this right is among them.
    #[must_use]
    pub const fn allows(&self, right: Right) -> bool {
        self.0[right.action as usize] & bit(right.process) != 0
    }

    /// The rights on the processes of a catalogue, in its order.
    pub fn iter<'c>(&self, catalogue: &'c [&'static ProcessDecl]) -> impl Iterator<Item = Right> + use<'c> {
        let rights = *self;
        catalogue
            .iter()
            .flat_map(|process| Action::ALL.map(|action| process.right(action)))
            .filter(move |right| rights.allows(*right))
    }
}

/// A number past the capacity has no bit, so it is never allowed; linking the model refuses it before that matters.
const fn bit(process: &ProcessDecl) -> u64 {
    match 1u64.checked_shl(process.number as u32) {
        Some(bit) => bit,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn process(number: u8, code: &'static str, personal: bool) -> ProcessDecl {
        ProcessDecl { number, code, name: code, doc: "A process.", route: None, parent: None, personal }
    }

    static SALES: ProcessDecl = process(0, "SALES", false);
    static ACCOUNT: ProcessDecl = process(1, "ACCOUNT", true);
    static LAST: ProcessDecl = process(63, "LAST", false);
    static BEYOND: ProcessDecl = process(64, "BEYOND", false);
    static ALL: [&ProcessDecl; 3] = [&SALES, &ACCOUNT, &LAST];

    #[test]
    fn pairs_become_exactly_their_bits() {
        let rights = Rights::from_pairs(&ALL, [("SALES", "WRITE"), ("LAST", "MANAGE_USERS")]);
        let found: Vec<_> = rights.iter(&ALL).map(|right| format!("{right:?}")).collect();
        assert_eq!(found, ["SALES:WRITE", "ACCOUNT:READ", "ACCOUNT:WRITE", "ACCOUNT:DELETE", "LAST:MANAGE_USERS"]);
        assert!(rights.allows(SALES.write()));
        assert!(!rights.allows(SALES.read()), "nothing is implied here");
    }

    #[test]
    fn what_the_catalogue_does_not_know_gives_no_right() {
        let unknown = [("NUCLEAR", "READ"), ("SALES", "FLY"), ("sales", "READ"), ("", "")];
        assert_eq!(Rights::from_pairs(&ALL, unknown), Rights::of_everybody(&ALL));
        assert!(!Rights::all().allows(BEYOND.read()), "a process without a bit is never allowed");
    }

    #[test]
    fn no_right_is_less_than_that_of_everybody() {
        assert!(!Rights::none().allows(ACCOUNT.read()));
        assert!(Rights::of_everybody(&ALL).allows(ACCOUNT.delete()));
        assert!(!Rights::of_everybody(&ALL).allows(ACCOUNT.admin()));
    }

    #[test]
    fn a_right_is_added_and_taken_away_alone() {
        for process in ALL {
            for action in Action::ALL {
                let mut rights = Rights::all();
                rights.remove(process.right(action));
                let left = rights.iter(&ALL).count();
                assert_eq!(left, ALL.len() * Action::ALL.len() - 1);
                rights.add(process.right(action));
                assert_eq!(rights, Rights::all());
            }
        }
    }

    #[test]
    fn an_action_and_its_word_are_one() {
        for action in Action::ALL {
            assert_eq!(Action::parse(action.as_str()), Some(action));
        }
    }
}
