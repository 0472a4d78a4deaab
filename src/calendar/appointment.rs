//! Appointments: meetings with contacts. Double bookings and closed places are refused by the database.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use super::Location;
use crate::crm::Contact;
use crate::identity::User;
use crate::inbox::Call;
use crate::values::PhoneNumber;

/// How people meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum AppointmentType {
    /// At a location.
    InPerson,
    /// By phone.
    Call,
    /// By video.
    Video,
}

/// How far an appointment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum AppointmentStatus {
    /// Made.
    Scheduled,
    /// Confirmed by the contact.
    Confirmed,
    /// Taking place.
    InProgress,
    /// Over. Final.
    Completed,
    /// Called off. Final.
    Cancelled,
    /// The contact did not come. Final.
    NoShow,
}

/// A meeting with a contact, in person, by phone or by video.
#[entity(table = appointments, process = CALENDAR, soft_delete)]
#[action(mutation = "confirmAppointment", doc = "Notes that the contact will come.", set(status = "'CONFIRMED'"))]
#[action(
    mutation = "rescheduleAppointment",
    doc = "Moves an appointment to another time; it has to be confirmed anew.",
    set(status = "'SCHEDULED'"),
    inputs(scheduled_at = required, duration_minutes, agent_id)
)]
#[action(
    mutation = "cancelAppointment",
    doc = "Calls an appointment off.",
    set(status = "'CANCELLED'"),
    inputs(cancelled_reason = required)
)]
pub struct Appointment {
    /// How people meet.
    pub type_: AppointmentType,
    /// When it begins.
    pub scheduled_at: DateTime<Utc>,
    /// How long it takes in minutes, from 1 to 43,200 (30 days).
    pub duration_minutes: i32,
    /// When it ends.
    #[field(read_only)]
    pub ends_at: DateTime<Utc>,
    /// IANA time zone in which people think of it, for instance Europe/Madrid; that of the location, else of the
    /// business, when it is not given.
    #[field(default)]
    pub timezone: String,
    /// How far the appointment has come. CANCELLED needs a reason.
    #[field(transition = "changeAppointmentStatus", with(cancelled_reason))]
    pub status: AppointmentStatus,
    /// What it is about, in a line.
    pub title: String,
    /// What it is about, in full.
    pub description: Option<String>,
    /// What the contact wants to be known.
    pub customer_notes: Option<String>,
    /// Number to call, in E.164 form, for appointments by phone; that of the contact when it is not given.
    pub call_phone_number: Option<PhoneNumber>,
    /// Facts for programs, for instance the address of a video meeting.
    pub metadata: Option<serde_json::Value>,
    /// Why it was called off; null unless it was.
    #[field(read_only)]
    pub cancelled_reason: Option<String>,
    /// With whom.
    #[belongs_to(inverse = "appointments", doc = "Meetings with the contact.")]
    pub contact: Ref<Contact>,
    /// The user who meets the contact, and who can be in one appointment at a time; null when nobody was chosen.
    #[belongs_to(inverse = "appointments", doc = "Meetings of the user with contacts.")]
    pub agent: Option<Ref<User>>,
    /// Where people meet, within its operating hours; the default location when a meeting in person names none.
    #[belongs_to(inverse = "appointments", doc = "Meetings at the location.")]
    pub location: Option<Ref<Location>>,
    /// The call that was made for it; null for none.
    #[belongs_to(one, inverse = "appointment", doc = "The appointment the call was made for; null for none.")]
    pub call: Option<Ref<Call>>,
}
