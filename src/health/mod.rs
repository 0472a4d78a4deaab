//! One's own health records. Nobody else reads them, whatever the role, and each operation that reads them is written
//! down (`health.read` in the audit log) before its answer is given away.
//!
//! | file | entities |
//! |---|---|
//! | `profile` | the profile that all else hangs on, and the verb that makes or changes it |
//! | `condition` | illnesses and allergies |
//! | `medication` | what is taken, and whether it was |
//! | `appointment` | appointments with doctors |
//! | `measurement` | weight, blood pressure and the like |
//! | `alerts` | the query of what is due soon |

mod alerts;
mod appointment;
mod condition;
mod measurement;
mod medication;
mod profile;

use entity::Entity;
use entity::declare::{EntityDecl, VerbDecl};
use entity::roots::MadeQuery;

pub use appointment::{MedicalAppointment, MedicalAppointmentType};
pub use condition::{Allergy, AllergyType, ConditionStatus, ConditionType, MedicalCondition, Severity};
pub use measurement::{HealthMeasurement, MeasurementType};
pub use medication::{Medication, MedicationLog, MedicationLogStatus};
pub use profile::{BloodType, HealthProfile, Sex};

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![
        HealthProfile::decl(),
        MedicalCondition::decl(),
        Allergy::decl(),
        Medication::decl(),
        MedicationLog::decl(),
        MedicalAppointment::decl(),
        HealthMeasurement::decl(),
    ]
}

/// The verbs of this domain.
pub fn verbs() -> Vec<&'static VerbDecl> {
    vec![&profile::SAVE_HEALTH_PROFILE]
}

/// The queries of this domain that are more than rows of an entity.
pub fn queries() -> Vec<&'static MadeQuery> {
    vec![&alerts::UPCOMING_MEDICAL_ALERTS]
}
