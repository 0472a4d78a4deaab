//! Members of teams.

use entity::{Choice, Ref, entity};

use super::{Team, User};

/// What a user is in a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum TeamMemberRole {
    /// Answers for the team.
    Owner,
    /// Leads it.
    Manager,
    /// Belongs to it.
    Member,
}

/// A user's place in a team.
#[entity(table = team_members, process = USERS, create = MANAGE_USERS, update = MANAGE_USERS, delete = MANAGE_USERS)]
pub struct TeamMember {
    /// What the user is in the team; it does not change what the user sees.
    #[field(default)]
    pub member_role: TeamMemberRole,
    /// The team.
    #[belongs_to(create_only, inverse = "members", doc = "Who is in the team.")]
    pub team: Ref<Team>,
    /// The user.
    #[belongs_to(create_only, inverse = "teamMemberships", doc = "Teams that the user is in.")]
    pub user: Ref<User>,
}
