//! Appointments with doctors. They are no part of the calendar of the business.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use super::HealthProfile;
use crate::calendar::AppointmentStatus;

/// What an appointment with a doctor is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum MedicalAppointmentType {
    /// A regular examination.
    Checkup,
    /// A doctor of one field.
    Specialist,
    /// To see how it goes on.
    FollowUp,
    /// Blood, urine and the like.
    Lab,
    /// An emergency.
    Emergency,
    /// Anything else.
    Other,
}

/// An appointment with a doctor. Only the user sees it.
#[entity(
    table = medical_appointments,
    process = HEALTH,
    soft_delete,
    sensitive,
    include_deleted = DELETE,
    purge = DELETE,
    order_by(scheduled_date)
)]
pub struct MedicalAppointment {
    /// What it is for.
    pub type_: MedicalAppointmentType,
    /// The doctor's field; null when it does not matter.
    pub specialty: Option<String>,
    /// When it begins.
    pub scheduled_date: DateTime<Utc>,
    /// How long it takes in minutes, from 1 to 1440; null when that is not known.
    pub duration: Option<i32>,
    /// How far it has come; new ones are SCHEDULED.
    #[field(transition = "changeMedicalAppointmentStatus", with(results))]
    pub status: AppointmentStatus,
    /// Why one goes there; null when nothing was written down.
    pub reason: Option<String>,
    /// What came of it; null while that is not known.
    pub results: Option<String>,
    /// The profile that it belongs to.
    #[belongs_to(create_only, inverse = "appointments", doc = "Appointments with doctors, the earliest first.")]
    pub profile: Ref<HealthProfile>,
}
