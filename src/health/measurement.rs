//! Measured values. Their form depends on what was measured; the database checks it.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use super::HealthProfile;

/// What was measured, and of what form the value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum MeasurementType {
    /// Body weight: `{"kilograms": 72.4}`.
    Weight,
    /// Body height: `{"centimetres": 178}`.
    Height,
    /// Blood pressure in mmHg, with the pulse if known: `{"systolic": 120, "diastolic": 80, "pulse": 64}`.
    BloodPressure,
    /// Blood sugar: `{"milligramsPerDecilitre": 95}`.
    Glucose,
    /// Heart rate: `{"beatsPerMinute": 64}`.
    HeartRate,
    /// Body temperature: `{"celsius": 36.8}`.
    Temperature,
    /// Oxygen in the blood: `{"percent": 98}`.
    OxygenSaturation,
    /// Anything else: any JSON object that is not empty.
    Other,
}

/// A measured value. Only the user sees it.
#[entity(table = health_measurements, process = HEALTH, sensitive, order_by(measured_at = desc))]
pub struct HealthMeasurement {
    /// What was measured.
    pub type_: MeasurementType,
    /// The value, a JSON object in the form that its type says.
    pub value: serde_json::Value,
    /// When it was measured; now when it is not given.
    #[field(default)]
    pub measured_at: DateTime<Utc>,
    /// The profile that it belongs to.
    #[belongs_to(create_only, inverse = "measurements", doc = "Measured values, the latest first.")]
    pub profile: Ref<HealthProfile>,
}
