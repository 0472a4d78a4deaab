//! Vehicles as a call names them: read from JSON, written as the database takes them, and what is wrong with which row.
//!
//! What one row says is checked here, so that a call with thousands of them is refused with the place of each mistake.
//! What only the database knows (which dealership a code means, who may ask for a service) it says by row as well, see
//! `told`.

use std::sync::LazyLock;

use entity::id::{IdError, parse_id};
use entity::rows::Rows;
use entity::sql::{Bind, Sql};
use entity::write::UserError;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Most vehicles of one request; what is more is staged.
pub(super) const MOST_IN_REQUEST: usize = 50;

/// Most vehicles of one call.
pub(super) const MOST_IN_CALL: usize = 10_000;

/// Mistakes that are told at most.
const MOST_ERRORS: usize = 100;

/// Longest text, in characters.
const MAX_TEXT: usize = 300;

/// Texts of a vehicle, and what the database calls them.
const TEXTS: [(&str, &str); 10] = [
    ("vin", "vin"),
    ("make", "make"),
    ("model", "model"),
    ("licensePlate", "license_plate"),
    ("origin", "origin"),
    ("destination", "destination"),
    ("service", "service"),
    ("tmsClientCode", "tms_client_code"),
    ("slcClientCode", "slc_client_code"),
    ("carrierCode", "carrier_code"),
];

/// IDs of a vehicle, what the database calls them, and of what they are.
const IDS: [(&str, &str, &str); 4] = [
    ("originDealershipId", "origin_dealership_id", "dealership"),
    ("destinationDealershipId", "destination_dealership_id", "dealership"),
    ("adHocAddressId", "ad_hoc_address_id", "ad_hoc_address"),
    ("serviceTypeId", "service_type_id", "service_type"),
];

/// What a vehicle may say, for descriptions of inputs.
pub(super) const FORM: &str = "A list of objects: `vin` (17 characters), and where they are known `make`, `model`, \
    `licensePlate`; `origin` and `destination` (BUNO code, code or name of a dealership) or `originDealershipId` and \
    `destinationDealershipId`; `adHocAddressId` in place of one of the two; `service` (code or name) or `serviceTypeId`; \
    and what TMS and SLC need to cancel it one day, `tmsClientCode`, `slcClientCode`, `carrierCode`. Mistakes are told \
    by row: the path of an error is `vehicles`, the index from 0, and the name.";

/// The vehicles of a call.
pub(super) struct Vehicles(Vec<Map<String, Value>>);

/// Reads the vehicles of a call.
///
/// # Errors
/// What is wrong, by row.
pub(super) fn read(value: Option<&Bind>) -> Result<Vehicles, Vec<UserError>> {
    let whole = |message: &str| vec![UserError::new("VALIDATION", "vehicles", message)];
    let Some(Bind::Json(Value::Array(given))) = value else {
        return Err(whole("Vehicles are a list of objects."));
    };
    if given.is_empty() {
        return Err(whole("At least one vehicle is needed."));
    }
    if given.len() > MOST_IN_CALL {
        let message = format!("{} vehicles are too many for one call; {MOST_IN_CALL} are the most.", given.len());
        return Err(whole(&message));
    }
    let mut errors = Vec::new();
    let mut rows = Vec::with_capacity(given.len());
    for (index, vehicle) in given.iter().enumerate() {
        match vehicle {
            Value::Object(vehicle) => rows.push(read_one(index, vehicle, &mut errors)),
            _ => errors.push(at(index, "", "VALIDATION", "A vehicle is an object.")),
        }
        if errors.len() >= MOST_ERRORS {
            break;
        }
    }
    if errors.is_empty() { Ok(Vehicles(rows)) } else { Err(errors) }
}

fn read_one(index: usize, given: &Map<String, Value>, errors: &mut Vec<UserError>) -> Map<String, Value> {
    let mut row = Map::new();
    row.insert("row_number".to_owned(), json!(index + 1));
    for (name, value) in given {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text.trim(),
            _ => {
                errors.push(at(index, name, "VALIDATION", "A text is needed here."));
                continue;
            }
        };
        let read = if let Some((_, column)) = TEXTS.iter().find(|(known, _)| known == name) {
            read_text(name, text).map(|text| (*column, text))
        } else if let Some((_, column, prefix)) = IDS.iter().find(|(known, ..)| known == name) {
            read_id(prefix, text).map(|id| (*column, Some(id.to_string())))
        } else {
            Err(format!("{} is not known here.", name.chars().take(40).collect::<String>()))
        };
        match read {
            Ok((column, Some(text))) => {
                row.insert(column.to_owned(), Value::String(text));
            }
            Ok((_, None)) => {}
            Err(message) => errors.push(at(index, name, "VALIDATION", &message)),
        }
    }
    let is_named = given.get("vin").is_some_and(|vin| !vin.is_null());
    if !is_named {
        errors.push(at(index, "vin", "VALIDATION", "This is required."));
    }
    row
}

/// A text; none for an empty one.
fn read_text(name: &str, text: &str) -> Result<Option<String>, String> {
    if name == "vin" {
        let vin = text.to_ascii_uppercase();
        return if is_vin(&vin) { Ok(Some(vin)) } else { Err(WRONG_VIN.to_owned()) };
    }
    if text.chars().count() > MAX_TEXT {
        return Err(format!("{MAX_TEXT} characters are the most."));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

const WRONG_VIN: &str = "A VIN has 17 characters: capital letters except I, O and Q, and digits.";

fn is_vin(vin: &str) -> bool {
    let is_good =
        |byte: u8| (byte.is_ascii_uppercase() || byte.is_ascii_digit()) && !matches!(byte, b'I' | b'O' | b'Q');
    vin.len() == 17 && vin.bytes().all(is_good)
}

fn read_id(prefix: &str, text: &str) -> Result<Uuid, String> {
    parse_id(prefix, text).map_err(|error| match error {
        IdError::Malformed => "This is not an ID.".to_owned(),
        IdError::WrongType(_) => format!("The ID of a {} is needed here.", prefix.replace('_', " ")),
    })
}

fn at(index: usize, name: &str, code: &str, message: &str) -> UserError {
    let mut path = vec!["vehicles".to_owned(), index.to_string()];
    if !name.is_empty() {
        path.push(name.to_owned());
    }
    UserError { path, ..UserError::new(code, "", message) }
}

impl Vehicles {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// As the database takes them.
    pub(super) fn bind(&self) -> Bind {
        Bind::Json(Value::Array(self.0.iter().cloned().map(Value::Object).collect()))
    }

    /// Reads what the database says is wrong; the statement is [`problems`].
    pub(super) fn told(&self, rows: &Rows) -> Vec<UserError> {
        let one = |row| {
            let text = |column| rows.text(row, column).unwrap_or_default();
            let number = rows.int8(row, 0).and_then(|number| usize::try_from(number).ok()).unwrap_or(1).max(1);
            let field = text(1);
            let given = self.0.get(number - 1);
            // What was named by a word is looked up, and refused under the name of what was found.
            let by_word = |word: &'static str| given.is_some_and(|vehicle| vehicle.contains_key(word)).then_some(word);
            let word = match field.as_str() {
                "origin_dealership_id" => by_word("origin"),
                "destination_dealership_id" => by_word("destination"),
                "service_type_id" | "service_code" => by_word("service"),
                _ => None,
            };
            at(number - 1, word.unwrap_or_else(|| name_of(&field)), &text(2), &text(3))
        };
        (0..rows.len()).map(one).collect()
    }
}

/// Appends the columns that [`Vehicles::told`] reads.
pub(super) fn problems(sql: &mut Sql) -> &mut Sql {
    sql.push("select p.row_number::bigint, coalesce(p.field, ''), p.code, p.problem from ")
}

/// What a call calls a column.
fn name_of(column: &str) -> &'static str {
    static NAMES: LazyLock<Vec<(&str, &str)>> =
        LazyLock::new(|| TEXTS.into_iter().chain(IDS.map(|(name, column, _)| (name, column))).collect());
    NAMES.iter().find(|(_, known)| *known == column).map_or("", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(vehicles: Value) -> Vec<(Vec<String>, String)> {
        let Err(errors) = read(Some(&Bind::Json(vehicles))) else { panic!("taken") };
        errors.into_iter().map(|error| (error.path, error.message)).collect()
    }

    #[test]
    fn a_vehicle_is_read_with_what_people_add_to_it() {
        let vehicles = json!([{ "vin": " wba11aa0000000001 ", "make": "BMW", "licensePlate": null, "origin": " B1 ", "model": "" }]);
        let Ok(read) = read(Some(&Bind::Json(vehicles))) else { panic!("refused") };
        let expected = json!([{ "row_number": 1, "vin": "WBA11AA0000000001", "make": "BMW", "origin": "B1" }]);
        assert_eq!((read.len(), read.bind()), (1, Bind::Json(expected)));
    }

    #[test]
    fn each_mistake_is_told_with_its_place() {
        let told = errors(json!([
            { "vin": "WBA11AA0000000001" },
            { "vin": "WBA11AA000000000O", "colour": "red" },
            { "make": 7, "originDealershipId": "contact_01h455vb4pex5vsknk084sn02q" },
            [],
        ]));
        let places: Vec<String> = told.iter().map(|(path, _)| path.join(".")).collect();
        let expected = [
            "vehicles.1.colour",
            "vehicles.1.vin",
            "vehicles.2.make",
            "vehicles.2.originDealershipId",
            "vehicles.2.vin",
            "vehicles.3",
        ];
        assert_eq!(
            {
                let mut places = places;
                places.sort();
                places
            },
            expected
        );
        assert_eq!(told.iter().find(|(path, _)| path[1] == "3").unwrap().1, "A vehicle is an object.");
    }

    #[test]
    fn a_call_has_vehicles_and_not_too_many() {
        for wrong in [json!([]), json!({}), json!("WBA11AA0000000001")] {
            assert_eq!(errors(wrong)[0].0, ["vehicles"]);
        }
        let many = vec![json!({}); MOST_IN_CALL + 1];
        assert_eq!(errors(Value::Array(many))[0].1, "10001 vehicles are too many for one call; 10000 are the most.");
        assert_eq!(errors(Value::Array(vec![json!({}); 5000])).len(), MOST_ERRORS);
    }
}
