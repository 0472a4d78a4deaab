//! Teams: users who work together, and see each other's records where these are not open to all.

use entity::{Choice, Ref, entity};

/// What kind of team it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum TeamKind {
    /// Some people who work together.
    Team,
    /// A whole office, usually with teams inside it.
    Brokerage,
}

/// Users who work together. Where the business has switched on record sharing, members see and change what belongs to
/// other members, and to those of the teams inside theirs.
#[entity(table = teams, process = USERS, create = MANAGE_USERS, update = MANAGE_USERS, delete = MANAGE_USERS, soft_delete)]
pub struct Team {
    /// Name of the team, unique in the business.
    pub name: String,
    /// What kind of team it is.
    #[field(default)]
    pub kind: TeamKind,
    /// The team that it is inside of, never itself over any number of steps; null for none.
    #[belongs_to(inverse = "children", doc = "Teams inside this one.")]
    pub parent: Option<Ref<Team>>,
}
