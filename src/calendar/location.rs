//! Locations: the places of a business.

use entity::entity;
use rust_decimal::Decimal;

use crate::values::{Email, PhoneNumber};

/// A place of the business that contacts come to.
#[entity(table = locations, process = CALENDAR, soft_delete)]
pub struct Location {
    /// Name as people know it.
    pub name: String,
    /// Short code; unique in the business.
    pub code: String,
    /// Street and number.
    pub address_line1: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// Country.
    pub country: Option<String>,
    /// Degrees north, -90 to 90.
    pub latitude: Option<Decimal>,
    /// Degrees east, -180 to 180.
    pub longitude: Option<Decimal>,
    /// Phone number in E.164 form.
    pub phone: Option<PhoneNumber>,
    /// E-mail address.
    pub email: Option<Email>,
    /// IANA time zone, for instance Europe/Madrid; that of the business when it is not given.
    #[field(default)]
    pub timezone: String,
    /// Whether the place is in use.
    #[field(default)]
    pub is_active: bool,
    /// Whether meetings in person that name no place are held here. Setting it clears the old one.
    #[field(default)]
    pub is_default: bool,
    /// When the place is open, in local time, by day mon to sun: `{"mon": [["09:00", "14:00"], ["16:00", "20:00"]]}`.
    /// A day left out is closed; null for open at any time.
    #[field(no_filter)]
    pub operating_hours: Option<serde_json::Value>,
}
