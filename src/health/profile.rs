//! Health profiles: what all other health records hang on. Contacts and insurance are sealed.

use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::Scalar;
use entity::sql::{Bind, NullOf, Sql};
use entity::write::{Outcome, Writer};
use entity::{Choice, Entity, Ref, entity};
use futures_util::FutureExt;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::identity::User;
use crate::own_row::OwnRow;
use crate::processes::HEALTH;
use crate::request::Services;
use crate::sealed::sealed_json;
use crate::secrets::Place;

/// A blood type of the AB0 and Rhesus systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum BloodType {
    /// A, Rhesus positive.
    APositive,
    /// A, Rhesus negative.
    ANegative,
    /// B, Rhesus positive.
    BPositive,
    /// B, Rhesus negative.
    BNegative,
    /// AB, Rhesus positive.
    AbPositive,
    /// AB, Rhesus negative.
    AbNegative,
    /// 0, Rhesus positive.
    OPositive,
    /// 0, Rhesus negative.
    ONegative,
}

/// The sex of a person, as far as it matters to doctors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Neither only female nor only male.
    Intersex,
    /// The person does not say.
    Undisclosed,
}

/// A user's health record. Only the user sees it, and each operation that reads health data is written down in the audit
/// log.
#[entity(table = health_profiles, process = HEALTH, soft_delete, sensitive, include_deleted = DELETE, purge = DELETE)]
pub struct HealthProfile {
    /// Blood type; null when it is not known.
    pub blood_type: Option<BloodType>,
    /// Height in centimetres, with one decimal; null when it is not known.
    pub height: Option<Decimal>,
    /// Weight in kilograms, with one decimal; null when it is not known.
    pub weight: Option<Decimal>,
    /// Sex; null when nothing was said.
    pub sex: Option<Sex>,
    /// Whom to call in an emergency: any JSON, for instance a list of names and numbers, 64 KiB at most; null for nobody.
    /// Stored encrypted.
    #[field(late = crate::sealed::OPEN_JSON, early = crate::sealed::SEAL_JSON)]
    pub emergency_contacts: Option<serde_json::Value>,
    /// Insurance: any JSON, for instance company and policy number, 64 KiB at most; null for none. Stored encrypted.
    #[field(late = crate::sealed::OPEN_JSON, early = crate::sealed::SEAL_JSON)]
    pub insurance_info: Option<serde_json::Value>,
    /// Whatever else is to be kept: any JSON, 64 KiB at most; null for nothing. Stored encrypted.
    #[field(late = crate::sealed::OPEN_JSON, early = crate::sealed::SEAL_JSON)]
    pub encrypted_data: Option<serde_json::Value>,
    /// Whose record it is: always one's own.
    #[belongs_to(
        read_only,
        one,
        inverse = "healthProfile",
        doc = "The user's health record; null for none, and for everybody else."
    )]
    pub user: Ref<User>,
}

/// `saveHealthProfile`: makes the profile of the signed-in user, or changes it.
pub(super) static SAVE_HEALTH_PROFILE: VerbDecl = VerbDecl {
    mutation: "saveHealthProfile",
    doc: "Changes your health profile; makes it when there is none. What is left out stays as it is, null takes it away.",
    entity: HealthProfile::decl,
    right: HEALTH.write(),
    inputs: &[
        InputDecl {
            name: "bloodType",
            doc: "Blood type; null when it is not known.",
            ty: <Option<BloodType>>::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "height",
            doc: "Height in centimetres, with one decimal; null when it is not known.",
            ty: <Option<Decimal>>::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "weight",
            doc: "Weight in kilograms, with one decimal; null when it is not known.",
            ty: <Option<Decimal>>::TYPE,
            need: Input::Optional,
        },
        InputDecl { name: "sex", doc: "Sex; null to say nothing.", ty: <Option<Sex>>::TYPE, need: Input::Optional },
        InputDecl {
            name: "emergencyContacts",
            doc: "Whom to call in an emergency: any JSON, 64 KiB at most; null for nobody.",
            ty: <Option<serde_json::Value>>::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "insuranceInfo",
            doc: "Insurance: any JSON, 64 KiB at most; null for none.",
            ty: <Option<serde_json::Value>>::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "encryptedData",
            doc: "Whatever else is to be kept: any JSON, 64 KiB at most; null for nothing.",
            ty: <Option<serde_json::Value>>::TYPE,
            need: Input::Optional,
        },
    ],
    secret: None,
    run: |writer, input| save(writer, input).boxed(),
};

/// The column of an input, and whether it is sealed.
fn column(name: &str) -> Option<(&'static str, bool)> {
    Some(match name {
        "bloodType" => ("blood_type", false),
        "height" => ("height", false),
        "weight" => ("weight", false),
        "sex" => ("sex", false),
        "emergencyContacts" => ("emergency_contacts", true),
        "insuranceInfo" => ("insurance_info", true),
        "encryptedData" => ("encrypted_data", true),
        _ => return None,
    })
}

const OWN: OwnRow = OwnRow { table: "health_profiles", soft_delete: true };

async fn save(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    // What is sealed is sealed for a row, so the row must be known first. Two first savings at a time make one row.
    let found = match own(writer).await? {
        Some(id) => Some(id),
        None => match OWN.make(writer, &values(writer, input, writer.new_id)?).await? {
            Some(id) => return Ok(Outcome::written(id)),
            None => own(writer).await?,
        },
    };
    let Some(id) = found else { return Err(DbError::Conflict) };
    let values = values(writer, input, id)?;
    if !values.is_empty() {
        let mut sql = Sql::new();
        sql.push("update health_profiles set ");
        for (index, (column, value)) in values.into_iter().enumerate() {
            sql.push(if index > 0 { ", " } else { "" }).push(column).push(" = ").bind(value);
        }
        sql.push(" where tenant_id = ").bind(Bind::Uuid(writer.tenant)).push(" and id = ").bind(Bind::Uuid(id));
        writer.statements.rows(sql, false).await?;
    }
    Ok(Outcome::written(id))
}

/// The profile that there is, locked.
async fn own(writer: Writer<'_>) -> Result<Option<Uuid>, DbError> {
    let mut sql = Sql::new();
    sql.push("select id from health_profiles where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and user_id = ").bind(Bind::Uuid(writer.user)).push(" and deleted_at is null for no key update");
    Ok(writer.statements.rows(sql, false).await?.uuid_of_first())
}

/// What was given, as it is stored in this row.
fn values(writer: Writer<'_>, input: &Arguments, row: Uuid) -> Result<Vec<(&'static str, Bind)>, DbError> {
    let table = HealthProfile::decl().table;
    let mut values = Vec::new();
    for (name, value) in &input.0 {
        let Some((column, is_sealed)) = column(name) else { continue };
        let stored = match (value, is_sealed) {
            (Bind::Json(json), true) => {
                let place = Place { tenant: writer.tenant, table, column, row };
                sealed_json(&writer.service::<Services>()?.keys, &place, column, json)?
            }
            (_, true) => Bind::Null(NullOf::Bytes),
            (value, false) => value.clone(),
        };
        values.push((column, stored));
    }
    Ok(values)
}
