//! Illnesses and other conditions, and what is not tolerated.

use chrono::NaiveDate;
use entity::{Choice, Ref, entity};

use super::HealthProfile;

/// What kind of condition it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum ConditionType {
    /// Lasts for long.
    Chronic,
    /// Comes and passes.
    Acute,
    /// Inherited.
    Genetic,
    /// Of the mind.
    Mental,
    /// Anything else.
    Other,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum Severity {
    /// Hardly troubles.
    Mild,
    /// Troubles.
    Moderate,
    /// Troubles much.
    Severe,
    /// Can kill.
    LifeThreatening,
}

/// How a condition goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum ConditionStatus {
    /// Present.
    Active,
    /// Present, and kept in check.
    Managed,
    /// Not noticed at the moment.
    InRemission,
    /// Gone. It may come back.
    Resolved,
}

/// An illness or another condition. Only the user sees it.
#[entity(
    table = medical_conditions,
    process = HEALTH,
    soft_delete,
    sensitive,
    include_deleted = DELETE,
    purge = DELETE
)]
pub struct MedicalCondition {
    /// What it is called.
    pub name: String,
    /// What kind of condition it is.
    pub type_: ConditionType,
    /// How bad it is.
    pub severity: Severity,
    /// When it was found; null when that is not known.
    pub diagnosed_date: Option<NaiveDate>,
    /// How it goes; new ones are ACTIVE.
    #[field(transition = "changeConditionStatus")]
    pub status: ConditionStatus,
    /// How it is treated, a JSON object; null for not at all.
    pub treatment: Option<serde_json::Value>,
    /// The profile that it belongs to.
    #[belongs_to(create_only, inverse = "conditions", doc = "Illnesses and other conditions.")]
    pub profile: Ref<HealthProfile>,
}

/// What an allergy is to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum AllergyType {
    /// Something to eat or drink.
    Food,
    /// A medicine.
    Drug,
    /// Pollen, dust, animals.
    Environmental,
    /// Anything else.
    Other,
}

/// Something that is not tolerated. Only the user sees it.
#[entity(table = allergies, process = HEALTH, soft_delete, sensitive, include_deleted = DELETE, purge = DELETE)]
pub struct Allergy {
    /// What is not tolerated.
    pub allergen: String,
    /// What kind of thing that is.
    pub type_: AllergyType,
    /// How bad it is.
    pub severity: Severity,
    /// When it was found; null when that is not known.
    pub diagnosed_date: Option<NaiveDate>,
    /// What happens then; null when nothing was written down.
    pub reaction: Option<String>,
    /// The profile that it belongs to.
    #[belongs_to(create_only, inverse = "allergies", doc = "What is not tolerated.")]
    pub profile: Ref<HealthProfile>,
}
