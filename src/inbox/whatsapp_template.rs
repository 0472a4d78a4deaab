//! WhatsApp templates: texts that WhatsApp has approved and that may be sent at any time.

use entity::{Choice, entity};

/// What a template is for; WhatsApp's prices depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum TemplateCategory {
    /// Offers and news.
    Marketing,
    /// About something the contact has ordered or arranged.
    Utility,
    /// Codes for signing in.
    Authentication,
}

/// What WhatsApp says about a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum WhatsappTemplateStatus {
    /// Not yet judged.
    Pending,
    /// May be sent.
    Approved,
    /// May not be sent as it is.
    Rejected,
    /// May not be sent for now.
    Paused,
    /// May never be sent again.
    Disabled,
}

/// A text that WhatsApp has to approve. Only an approved one can be sent, and it alone after the 24 hours are over.
#[entity(table = whatsapp_templates, process = TEMPLATES)]
pub struct WhatsappTemplate {
    /// ID at WhatsApp; null until it has one. Unique in the business.
    pub provider_template_id: Option<String>,
    /// Name; unique in the business together with the language.
    pub name: String,
    /// Language as WhatsApp writes it, for instance es or es_MX.
    pub language: String,
    /// What the template is for.
    pub category: TemplateCategory,
    /// What WhatsApp says about the template.
    #[field(transition = "changeWhatsappTemplateStatus", with(provider_template_id))]
    pub status: WhatsappTemplateStatus,
    /// Line above the text; null for none.
    pub header_text: Option<String>,
    /// The text, with gaps for the variables: {{1}} for the first.
    pub body_text: String,
    /// Line below the text; null for none.
    pub footer_text: Option<String>,
    /// Names of the variables, a JSON array in the order of the gaps.
    #[field(default)]
    pub variables: serde_json::Value,
}
