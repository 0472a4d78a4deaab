//! How the firm describes its contacts: rows of `contact_statuses` and
//! `custom_fields`, and the attributes that fill these fields.

use chrono::{DateTime, Datelike, Duration, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::clock::local;
use super::contacts::{Person, Stage, site};
use super::firm::{Firm, Trade, founded};
use super::ids::Ids;
use super::people::Language;
use super::rng::Rng;
use super::row::rows;

rows! {
    /// A stage that contacts go through.
    StatusRow in "contact_statuses" {
        id: Uuid, name: &'static str, code: &'static str, color: &'static str, description: &'static str,
        display_order: i64, is_default: bool, is_final: bool, is_active: bool, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
    /// An attribute of the firm's own.
    FieldRow in "custom_fields" {
        id: Uuid, field_name: &'static str, field_label: &'static str, field_type: &'static str, required: bool,
        options: Option<Value>, display_order: i64, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
}

/// A stage with its code, its Spanish and English name, and its colour.
type StatusText = (Stage, &'static str, &'static str, &'static str, &'static str);

const STATUSES: &[StatusText] = &[
    (Stage::New, "NEW", "Nuevo", "New", "#4C8DFF"),
    (Stage::Contacted, "CONTACTED", "Contactado", "Contacted", "#19B5C9"),
    (Stage::Qualified, "QUALIFIED", "Cualificado", "Qualified", "#F2A93B"),
    (Stage::Negotiating, "NEGOTIATING", "Negociando", "Negotiating", "#A463F2"),
    (Stage::Customer, "CUSTOMER", "Cliente", "Customer", "#2FA84F"),
    (Stage::Lost, "LOST", "Perdido", "Lost", "#8A8F98"),
];

/// The firm's statuses, in the order of [`Stage`].
pub(crate) fn statuses(firm: &Firm, ids: &mut Ids) -> Vec<StatusRow> {
    let at = founded() + Duration::hours(7);
    let status = |(place, status): (usize, &StatusText)| {
        let (stage, code, spanish, english, color) = *status;
        let description = match stage {
            Stage::New => firm.say("Aún sin respuesta nuestra.", "We have not answered yet."),
            Stage::Contacted => firm.say("Ya hemos hablado.", "We have talked."),
            Stage::Qualified => {
                firm.say("Sabemos qué busca y su presupuesto.", "We know what they want and can spend.")
            }
            Stage::Negotiating => firm.say("Hay una operación abierta.", "There is an open deal."),
            Stage::Customer => firm.say("Ha comprado o alquilado.", "Has bought or rented."),
            Stage::Lost => firm.say("Ha decidido no seguir.", "Has decided against it."),
        };
        StatusRow {
            id: ids.at(at),
            name: firm.say(spanish, english),
            code,
            color,
            description,
            display_order: place as i64 + 1,
            is_default: stage == Stage::New,
            is_final: stage >= Stage::Customer,
            is_active: true,
            created_at: at,
            updated_at: at,
        }
    };
    STATUSES.iter().enumerate().map(status).collect()
}

/// The firm's own attributes: one of each type.
pub(crate) fn fields(firm: &Firm, ids: &mut Ids) -> Vec<FieldRow> {
    let at = founded() + Duration::hours(8);
    let needs = match firm.trade {
        Trade::Dealership => json!(["SUV", "Utilitario", "Familiar", "Furgoneta", "Eléctrico"]),
        Trade::Agency => json!(["Flat", "Villa", "Village house", "Land", "Rental"]),
    };
    let fields: [(&str, &str, &str, Option<Value>); 10] = [
        ("preferred_language", firm.say("Idioma", "Language"), "SELECT", Some(json!(["es", "en"]))),
        ("looking_for", firm.say("Busca", "Looking for"), "MULTI_SELECT", Some(needs)),
        ("marketing_consent", firm.say("Acepta publicidad", "Marketing consent"), "BOOLEAN", None),
        ("consent_given_at", firm.say("Consentimiento dado el", "Consent given at"), "DATETIME", None),
        ("birthday", firm.say("Fecha de nacimiento", "Date of birth"), "DATE", None),
        ("household_size", firm.say("Personas en casa", "People in the household"), "NUMBER", None),
        ("company_website", firm.say("Web de la empresa", "Company website"), "URL", None),
        ("billing_email", firm.say("Correo de facturación", "Billing e-mail"), "EMAIL", None),
        ("second_phone", firm.say("Segundo teléfono", "Second phone"), "PHONE", None),
        ("how_they_found_us", firm.say("Cómo nos conoció", "How they found us"), "TEXT", None),
    ];
    let field = |(place, (field_name, field_label, field_type, options))| FieldRow {
        id: ids.at(at),
        field_name,
        field_label,
        field_type,
        required: false,
        options,
        display_order: place as i64 + 1,
        created_at: at,
        updated_at: at,
    };
    fields.into_iter().enumerate().map(field).collect()
}

/// What is known about this person, key by key.
pub(crate) fn attributes(firm: &Firm, person: &Person, rng: &mut Rng) -> Value {
    let mut known = Map::new();
    let mut set = |key: &str, value: Value| known.insert(key.to_owned(), value);
    set("preferred_language", json!(person.language.code()));
    if rng.chance(60) {
        let needs: &[&str] = match firm.trade {
            Trade::Dealership => &["SUV", "Utilitario", "Familiar", "Furgoneta", "Eléctrico"],
            Trade::Agency => &["Flat", "Villa", "Village house", "Land", "Rental"],
        };
        let first = rng.below(needs.len() - 1);
        set("looking_for", json!(needs[first..=first + rng.below(2)]));
    }
    if rng.chance(70) {
        let consent = rng.chance(65);
        set("marketing_consent", json!(consent));
        if consent {
            set("consent_given_at", json!(person.created.format("%Y-%m-%dT%H:%M:%SZ").to_string()));
        }
    }
    if person.first.is_some() && rng.chance(30) {
        let year = local(person.created).year() as i64 - rng.between(19, 78);
        set("birthday", json!(format!("{year}-{:02}-{:02}", rng.between(1, 12), rng.between(1, 28))));
        set("household_size", json!(rng.between(1, 5)));
    }
    if person.company {
        let site = site(&person.display_name);
        set("company_website", json!(format!("https://www.{site}")));
        set("billing_email", json!(format!("facturas@{site}")));
    }
    if rng.chance(5) {
        set("second_phone", json!(format!("+3475{:07}", rng.below(10_000_000))));
    }
    if rng.chance(40) {
        let ways: [&str; 5] = match person.language {
            Language::Spanish => ["Google", "Un amigo", "Un portal de anuncios", "Pasaba por delante", "Instagram"],
            Language::English => ["Google", "A friend", "Property portal", "Walked past the office", "Facebook group"],
        };
        set("how_they_found_us", json!(rng.pick(&ways)));
    }
    Value::Object(known)
}
