//! Canned replies: texts that are written once and used often. Row-level security shows each agent their own, their
//! teams' and everybody's.

use entity::{Choice, Ref, entity};

use crate::identity::{Team, User};

/// Who may use a canned reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum CannedReplyScope {
    /// Whoever made it.
    Mine,
    /// A team, and the teams inside it.
    Team,
    /// Everybody.
    Tenant,
}

/// A text that agents use again and again. You see your own, those of your teams, and those for everybody.
#[entity(table = canned_replies, process = TEMPLATES, delete = WRITE, plural = "cannedReplies")]
pub struct CannedReply {
    /// What to type to find it, without spaces; unique in its scope whatever its case.
    #[field(folded)]
    pub short_code: String,
    /// The text, with gaps: {{contact.firstName}}, {{contact.lastName}}, {{contact.displayName}}, {{agent.firstName}},
    /// {{agent.lastName}}, {{agent.displayName}}, {{business.name}}.
    pub content: String,
    /// Who may use it.
    #[field(create_only, default)]
    pub scope: CannedReplyScope,
    /// Whose it is, in scope MINE; null in others.
    #[belongs_to(
        read_only,
        inverse = "cannedReplies",
        doc = "Replies that the user made for themselves; you see only yours."
    )]
    pub owner: Option<Ref<User>>,
    /// Which team it is for, in scope TEAM; null in others.
    #[belongs_to(create_only, inverse = "cannedReplies", doc = "Replies that the team shares.")]
    pub team: Option<Ref<Team>>,
}
