//! Medicines, and whether they were taken.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{Choice, Ref, entity};

use super::HealthProfile;

/// A medicine that somebody takes. Only the user sees it.
#[entity(table = medications, process = HEALTH, soft_delete, sensitive, include_deleted = DELETE, purge = DELETE)]
pub struct Medication {
    /// What it is sold as.
    pub name: String,
    /// What it is made of; null when that was not written down.
    pub generic_name: Option<String>,
    /// How much at a time, for instance `500 mg`.
    pub dosage: String,
    /// How often, in words.
    pub frequency: String,
    /// First day.
    pub start_date: NaiveDate,
    /// Last day, not before the first; null while there is none.
    pub end_date: Option<NaiveDate>,
    /// Whether `upcomingMedicalAlerts` reminds of it; false when it is not given. Needs `reminderTimes`.
    #[field(default)]
    pub reminder_enabled: bool,
    /// Times of day at which it is due, in the time zone of the business: 1 to 48 different texts `HH:MM`; null for none.
    pub reminder_times: Option<serde_json::Value>,
    /// Whether it is taken at present; true when it is not given.
    #[field(default)]
    pub is_active: bool,
    /// Doses that were taken in time, divided by all that were logged, from 0 to 1; null while nothing was logged.
    #[field(
        sql = "select avg(case when l.status = 'TAKEN' then 1 else 0 end)::float8 from medication_logs l where l.tenant_id = {t}.tenant_id and l.medication_id = {t}.id"
    )]
    pub adherence: Option<f64>,
    /// The profile that it belongs to.
    #[belongs_to(create_only, inverse = "medications", doc = "Medicines that are or were taken.")]
    pub profile: Ref<HealthProfile>,
}

/// What became of a dose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum MedicationLogStatus {
    /// Taken in time.
    Taken,
    /// Not taken.
    Skipped,
    /// Taken late.
    Delayed,
}

/// What became of one dose. Only the user sees it.
#[entity(table = medication_logs, process = HEALTH, sensitive, order_by(scheduled_time = desc))]
pub struct MedicationLog {
    /// When the dose was due; one log for each dose.
    pub scheduled_time: DateTime<Utc>,
    /// When it was taken; null exactly when it was SKIPPED.
    pub taken_time: Option<DateTime<Utc>>,
    /// What became of it.
    pub status: MedicationLogStatus,
    /// Of what.
    #[belongs_to(create_only, inverse = "logs", doc = "What became of each dose, the latest first.")]
    pub medication: Ref<Medication>,
}
