//! The health records that one person of each firm keeps: rows of `health_profiles` and all that hangs on them.
//! What is sealed stays empty: the demo has no keys.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::firm::Firm;
use super::ids::Ids;
use super::rng::Rng;
use super::row::rows;

/// How many days of doses are logged, one in the morning and one in the evening.
const DAYS_OF_DOSES: i64 = 45;
/// How many weeks of measurements there are.
const WEEKS: i64 = 26;

rows! {
    /// A profile.
    ProfileRow in "health_profiles" {
        id: Uuid, user_id: Uuid, blood_type: &'static str, height: f64, weight: f64, sex: &'static str,
        created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// An illness or another condition.
    ConditionRow in "medical_conditions" {
        id: Uuid, user_id: Uuid, profile_id: Uuid, name: &'static str, r#type: &'static str, severity: &'static str,
        diagnosed_date: NaiveDate, status: &'static str, treatment: Option<Value>, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
    /// Something that is not tolerated.
    AllergyRow in "allergies" {
        id: Uuid, user_id: Uuid, profile_id: Uuid, allergen: &'static str, r#type: &'static str, severity: &'static str,
        reaction: &'static str, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A medicine.
    MedicationRow in "medications" {
        id: Uuid, user_id: Uuid, profile_id: Uuid, name: &'static str, generic_name: &'static str, dosage: &'static str,
        frequency: &'static str, start_date: NaiveDate, reminder_enabled: bool, reminder_times: Value, is_active: bool,
        created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// What became of a dose.
    DoseRow in "medication_logs" {
        id: Uuid, user_id: Uuid, medication_id: Uuid, scheduled_time: DateTime<Utc>, taken_time: Option<DateTime<Utc>>,
        status: &'static str, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// An appointment with a doctor.
    VisitRow in "medical_appointments" {
        id: Uuid, user_id: Uuid, profile_id: Uuid, r#type: &'static str, specialty: Option<&'static str>,
        scheduled_date: DateTime<Utc>, duration: i32, status: &'static str, reason: &'static str,
        results: Option<&'static str>, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A measured value.
    MeasurementRow in "health_measurements" {
        id: Uuid, user_id: Uuid, profile_id: Uuid, r#type: &'static str, value: Value, measured_at: DateTime<Utc>,
        created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
}

/// All of these rows.
#[derive(Debug)]
pub(crate) struct Health {
    pub(crate) profiles: Vec<ProfileRow>,
    pub(crate) conditions: Vec<ConditionRow>,
    pub(crate) allergies: Vec<AllergyRow>,
    pub(crate) medications: Vec<MedicationRow>,
    pub(crate) doses: Vec<DoseRow>,
    pub(crate) visits: Vec<VisitRow>,
    pub(crate) measurements: Vec<MeasurementRow>,
}

/// What this person keeps.
pub(crate) fn health((number, firm): (usize, &Firm), user_id: Uuid, today: DateTime<Utc>, ids: &mut Ids) -> Health {
    let mut rng = Rng::for_subject(number, "health");
    let began = today - Duration::weeks(WEEKS);
    let profile_id = ids.at(began);
    let profiles = vec![ProfileRow {
        id: profile_id,
        user_id,
        blood_type: rng.pick(&["O_POSITIVE", "A_POSITIVE", "B_NEGATIVE"]),
        height: rng.between(158, 188) as f64,
        weight: rng.between(60, 84) as f64,
        sex: rng.pick(&["FEMALE", "MALE"]),
        created_at: began,
        updated_at: began,
    }];
    let day = |moment: DateTime<Utc>| moment.date_naive();
    let conditions = vec![ConditionRow {
        id: ids.at(began),
        user_id,
        profile_id,
        name: firm.say("Hipertensión", "High blood pressure"),
        r#type: "CHRONIC",
        severity: "MODERATE",
        diagnosed_date: day(began - Duration::days(700)),
        status: "MANAGED",
        treatment: Some(json!({ "diet": firm.say("poca sal", "little salt") })),
        created_at: began,
        updated_at: began,
    }];
    let allergies = vec![AllergyRow {
        id: ids.at(began),
        user_id,
        profile_id,
        allergen: firm.say("Polen de olivo", "Olive pollen"),
        r#type: "ENVIRONMENTAL",
        severity: "MILD",
        reaction: firm.say("Estornudos en mayo", "Sneezes in May"),
        created_at: began,
        updated_at: began,
    }];
    let medications = vec![MedicationRow {
        id: ids.at(began),
        user_id,
        profile_id,
        name: "Enalapril",
        generic_name: "enalapril",
        dosage: "10 mg",
        frequency: firm.say("Cada mañana y cada noche", "Each morning and evening"),
        start_date: day(began),
        reminder_enabled: true,
        reminder_times: json!(["08:00", "20:00"]),
        is_active: true,
        created_at: began,
        updated_at: began,
    }];
    let doses = doses(user_id, medications.first().map_or(profile_id, |row| row.id), today, (&mut rng, ids));
    let visits = visits(firm, (user_id, profile_id), today, ids);
    let measurements = measurements((user_id, profile_id), today, (&mut rng, ids));
    Health { profiles, conditions, allergies, medications, doses, visits, measurements }
}

fn doses(user_id: Uuid, medication_id: Uuid, today: DateTime<Utc>, (rng, ids): (&mut Rng, &mut Ids)) -> Vec<DoseRow> {
    let midnight = today.date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
    let times =
        (1..=DAYS_OF_DOSES).rev().flat_map(|days| [7, 19].map(|hour| Duration::hours(hour) - Duration::days(days)));
    times
        .map(|offset| {
            let scheduled_time = midnight + offset;
            let (status, late) =
                rng.weighted(&[(86, ("TAKEN", Some(6))), (8, ("DELAYED", Some(95))), (6, ("SKIPPED", None))]);
            let taken_time = late.map(|minutes| scheduled_time + Duration::minutes(minutes));
            let at = taken_time.unwrap_or(scheduled_time + Duration::hours(3));
            DoseRow {
                id: ids.at(at),
                user_id,
                medication_id,
                scheduled_time,
                taken_time,
                status,
                created_at: at,
                updated_at: at,
            }
        })
        .collect()
}

fn visits(firm: &Firm, (user_id, profile_id): (Uuid, Uuid), today: DateTime<Utc>, ids: &mut Ids) -> Vec<VisitRow> {
    let told = [
        (
            -60,
            "CHECKUP",
            None,
            "COMPLETED",
            firm.say("Revisión anual", "Yearly examination"),
            Some(firm.say("Todo en orden", "All is well")),
        ),
        (
            -20,
            "LAB",
            None,
            "COMPLETED",
            firm.say("Análisis de sangre", "Blood test"),
            Some(firm.say("Colesterol algo alto", "Cholesterol slightly high")),
        ),
        (
            1,
            "SPECIALIST",
            Some(firm.say("Cardiología", "Cardiology")),
            "CONFIRMED",
            firm.say("Control de la tensión", "Blood pressure"),
            None,
        ),
        (45, "FOLLOW_UP", None, "SCHEDULED", firm.say("Resultados", "Results"), None),
    ];
    let row = |(days, kind, specialty, status, reason, results): (i64, _, _, _, _, _)| {
        let scheduled_date = today + Duration::days(days);
        let at = scheduled_date.min(today) - Duration::days(10);
        VisitRow {
            id: ids.at(at),
            user_id,
            profile_id,
            r#type: kind,
            specialty,
            scheduled_date,
            duration: 30,
            status,
            reason,
            results,
            created_at: at,
            updated_at: at,
        }
    };
    told.into_iter().map(row).collect()
}

fn measurements(
    (user_id, profile_id): (Uuid, Uuid),
    today: DateTime<Utc>,
    (rng, ids): (&mut Rng, &mut Ids),
) -> Vec<MeasurementRow> {
    let mut rows = Vec::new();
    for week in (0..WEEKS).rev() {
        let at = today - Duration::weeks(week) - Duration::hours(2);
        let systolic = rng.between(118, 142);
        let values = [
            (
                "BLOOD_PRESSURE",
                json!({ "systolic": systolic, "diastolic": systolic - rng.between(38, 52), "pulse": rng.between(58, 78) }),
            ),
            ("WEIGHT", json!({ "kilograms": rng.between(700, 730) as f64 / 10.0 })),
        ];
        for (kind, value) in values {
            let id = ids.at(at);
            rows.push(MeasurementRow {
                id,
                user_id,
                profile_id,
                r#type: kind,
                value,
                measured_at: at,
                created_at: at,
                updated_at: at,
            });
        }
    }
    rows
}
