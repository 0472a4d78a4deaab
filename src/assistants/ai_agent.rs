//! Agents: models with instructions, and who may use those that are not public.

use chrono::{DateTime, Utc};
use entity::{Ref, entity};

use crate::identity::User;

/// An assistant: a language model with instructions. You see those that are public, those that you made, and those that
/// you were permitted to use; all others do not exist for you. Agents are switched off with `isActive`, not deleted.
#[entity(
    table = ai_agents,
    process = ASSISTANTS,
    no_delete,
    writable = "app.may_change_agent({t}.tenant_id, {t}.created_by_id, {t}.is_public)"
)]
pub struct AiAgent {
    /// Name as people see it.
    pub name: String,
    /// Short name for addresses, unique in the business: lower case letters, digits and single hyphens. Does not change.
    #[field(create_only)]
    pub slug: String,
    /// What it is for, for instance sales; null for nothing in particular.
    pub category: Option<String>,
    /// Name of the language model that answers, as its service calls it.
    pub model: String,
    /// Instructions that the model gets before each talk; null for none.
    #[field(no_filter, no_order)]
    pub system_prompt: Option<String>,
    /// How it answers, a JSON object: `temperature` (0 to 2), `max_tokens` (longest answer), `tools` (a list, as the
    /// service of the model takes them). Other keys are kept and mean nothing here.
    #[field(default, no_filter, no_order)]
    pub config: serde_json::Value,
    /// Whether everybody in the business may use it; else its maker and those who are permitted to.
    #[field(default)]
    pub is_public: bool,
    /// Whether it can be used.
    #[field(default)]
    pub is_active: bool,
    /// How many times its model was asked.
    #[field(read_only)]
    pub total_uses: i32,
    /// Who made it. Besides them, those with ADMIN on ASSISTANTS change it when it is public.
    #[belongs_to(read_only, inverse = "createdAgents", doc = "Agents that the user made, as far as you see them.")]
    pub created_by: Ref<User>,
}

/// That a user may use an agent that is not public. Seen by that user and by the maker of the agent.
#[entity(table = ai_agent_permissions, process = ASSISTANTS, no_create, no_update, no_delete)]
pub struct AiAgentPermission {
    /// Since when.
    pub granted_at: DateTime<Utc>,
    /// Who may use it.
    #[belongs_to(
        inverse = "agentPermissions",
        doc = "Agents that the user was permitted to use, as far as you see that."
    )]
    pub user: Ref<User>,
    /// What may be used.
    #[belongs_to(inverse = "permissions", doc = "Who was permitted to use it, as far as you see that.")]
    pub agent: Ref<AiAgent>,
    /// Who permitted it; null when that user is gone.
    #[belongs_to(inverse = "grantedAgentPermissions", doc = "What the user permitted others to use.")]
    pub granted_by: Option<Ref<User>>,
}
