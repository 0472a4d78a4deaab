//! Conversation tags: labels for sorting the inbox.

use entity::entity;

/// A label for conversations.
#[entity(table = conversation_tags, process = CONVERSATIONS)]
pub struct ConversationTag {
    /// Name as agents see it; unique in the business, whatever its case.
    pub name: String,
    /// Colour as #RRGGBB; null for none.
    pub color: Option<String>,
    /// Name of an icon; null for none.
    pub icon: Option<String>,
    /// Whether the tag comes with the product: such a tag cannot be changed or deleted.
    #[field(read_only)]
    pub is_system: bool,
}
