//! The firm's contacts: rows of `contact_statuses`, `custom_fields`,
//! `contacts`, `contact_status_history`.

use chrono::{DateTime, Datelike, Duration, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::clock::{awake, local};
use super::firm::{Firm, Trade, founded};
use super::ids::Ids;
use super::people::{self, Directory, Language};
use super::places;
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
    /// A person or company.
    ContactRow in "contacts" {
        id: Uuid, display_name: String, first_name: Option<String>, last_name: Option<String>, phone: Option<String>,
        email: Option<String>, address: Option<String>, national_id: Option<String>, attributes: Value,
        lead_score: i64, nurture_status: &'static str, last_contacted_at: Option<DateTime<Utc>>, is_active: bool,
        status_id: Uuid, owner_id: Option<Uuid>, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A change of stage.
    StatusChangeRow in "contact_status_history" {
        id: Uuid, contact_id: Uuid, from_status_id: Option<Uuid>, to_status_id: Uuid, changed_by_id: Option<Uuid>,
        reason: Option<&'static str>, changed_at: DateTime<Utc>, created_at: DateTime<Utc>,
    }
}

/// How far a contact has come. The order is that of the statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    New,
    Contacted,
    Qualified,
    Negotiating,
    Customer,
    Lost,
}

/// A contact as the other generators know it.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) id: Uuid,
    pub(crate) language: Language,
    /// How one addresses them: the first name, or the company's name.
    pub(crate) call_name: String,
    pub(crate) company: bool,
    pub(crate) phone: Option<String>,
    pub(crate) created: DateTime<Utc>,
    /// Place of the agent who answers, in the list of agents.
    pub(crate) agent: usize,
    pub(crate) stage: Stage,
    /// The car they drive now, for the dealership; "Ford Fiesta".
    pub(crate) own_car: &'static str,
    /// Who they are in letters: `Marta Soler Gil`.
    pub(crate) display_name: String,
    first: Option<String>,
    last: Option<String>,
    pub(crate) email: Option<String>,
}

/// A stage with its code, its Spanish and English name, and its colour.
type StatusText = (
    Stage,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const STATUSES: &[StatusText] = &[
    (Stage::New, "NEW", "Nuevo", "New", "#4C8DFF"),
    (
        Stage::Contacted,
        "CONTACTED",
        "Contactado",
        "Contacted",
        "#19B5C9",
    ),
    (
        Stage::Qualified,
        "QUALIFIED",
        "Cualificado",
        "Qualified",
        "#F2A93B",
    ),
    (
        Stage::Negotiating,
        "NEGOTIATING",
        "Negociando",
        "Negotiating",
        "#A463F2",
    ),
    (
        Stage::Customer,
        "CUSTOMER",
        "Cliente",
        "Customer",
        "#2FA84F",
    ),
    (Stage::Lost, "LOST", "Perdido", "Lost", "#8A8F98"),
];

const OWN_CARS: &[&str] = &[
    "Seat Ibiza de 2011",
    "Ford Fiesta de 2013",
    "Opel Astra de 2012",
    "Renault Mégane de 2014",
    "Peugeot 206 de 2006",
    "Citroën C3 de 2015",
    "VW Polo de 2010",
    "Nissan Qashqai de 2014",
    "Toyota Auris de 2016",
    "Kia Rio de 2017",
    "Dacia Sandero de 2015",
    "Fiat Panda de 2012",
    "Mercedes Clase B de 2013",
    "BMW 320d de 2015",
    "Audi A4 de 2011",
];

/// The firm's statuses, in the order of [`Stage`].
pub(crate) fn statuses(firm: &Firm, ids: &mut Ids) -> Vec<StatusRow> {
    let at = founded() + Duration::hours(7);
    let status = |(place, status): (usize, &StatusText)| {
        let (stage, code, spanish, english, color) = *status;
        let description = match stage {
            Stage::New => firm.say("Aún sin respuesta nuestra.", "We have not answered yet."),
            Stage::Contacted => firm.say("Ya hemos hablado.", "We have talked."),
            Stage::Qualified => firm.say(
                "Sabemos qué busca y su presupuesto.",
                "We know what they want and can spend.",
            ),
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
        (
            "preferred_language",
            firm.say("Idioma", "Language"),
            "SELECT",
            Some(json!(["es", "en"])),
        ),
        (
            "looking_for",
            firm.say("Busca", "Looking for"),
            "MULTI_SELECT",
            Some(needs),
        ),
        (
            "marketing_consent",
            firm.say("Acepta publicidad", "Marketing consent"),
            "BOOLEAN",
            None,
        ),
        (
            "consent_given_at",
            firm.say("Consentimiento dado el", "Consent given at"),
            "DATETIME",
            None,
        ),
        (
            "birthday",
            firm.say("Fecha de nacimiento", "Date of birth"),
            "DATE",
            None,
        ),
        (
            "household_size",
            firm.say("Personas en casa", "People in the household"),
            "NUMBER",
            None,
        ),
        (
            "company_website",
            firm.say("Web de la empresa", "Company website"),
            "URL",
            None,
        ),
        (
            "billing_email",
            firm.say("Correo de facturación", "Billing e-mail"),
            "EMAIL",
            None,
        ),
        (
            "second_phone",
            firm.say("Segundo teléfono", "Second phone"),
            "PHONE",
            None,
        ),
        (
            "how_they_found_us",
            firm.say("Cómo nos conoció", "How they found us"),
            "TEXT",
            None,
        ),
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

/// The firm's contacts, oldest first.
pub(crate) fn people(
    firm: &Firm,
    count: usize,
    agents: usize,
    ids: &mut Ids,
    today: DateTime<Utc>,
) -> Vec<Person> {
    let mut rng = Rng::for_subject(firm.number, "contacts");
    let mut directory = Directory::default();
    let spanish_share = if firm.trade == Trade::Dealership {
        78
    } else {
        45
    };
    let mut moments: Vec<_> = (0..count)
        .map(|_| {
            // Business grows: later days bring more contacts than earlier ones.
            let days = 780.0 * (1.0 - rng.unit().powf(0.7));
            let at = today - Duration::seconds((days * 86_400.0) as i64 + 1_200);
            awake(at, &mut rng).min(today - Duration::minutes(20))
        })
        .collect();
    moments.sort_unstable();
    let mut person = |created: DateTime<Utc>| {
        let company = rng.chance(5);
        let language = if company || rng.chance(spanish_share) {
            Language::Spanish
        } else {
            Language::English
        };
        let name = people::name(language, &mut rng);
        let (mut first, mut last) = (Some(name.first.clone()), Some(name.last.clone()));
        let mut display_name = format!("{} {}", name.first, name.last);
        let mut call_name = name.first.clone();
        let mut phone = rng.chance(94).then(|| directory.phone(language, &mut rng));
        let mut email = rng
            .chance(72)
            .then(|| directory.email(&name.first, &name.last, &mut rng));
        if company {
            (first, last) = (None, None);
            display_name = people::company(&mut rng);
            call_name = display_name.clone();
            email = Some(directory.office_email(&site(&display_name)));
        } else if rng.chance(3) && phone.is_some() {
            // Somebody of whom only the number is known yet.
            (first, last, email) = (None, None, None);
            display_name = phone.clone().unwrap_or_default();
            call_name = String::new();
        }
        if phone.is_none() && email.is_none() {
            phone = Some(directory.phone(language, &mut rng));
        }
        let days = (today - created).num_days();
        let stage = match days {
            0..=2 => rng.weighted(&[(6, Stage::New), (4, Stage::Contacted)]),
            3..=30 => rng.weighted(&[
                (1, Stage::New),
                (5, Stage::Contacted),
                (4, Stage::Qualified),
                (1, Stage::Lost),
            ]),
            _ => rng.weighted(&[
                (4, Stage::Contacted),
                (3, Stage::Qualified),
                (5, Stage::Lost),
            ]),
        };
        Person {
            id: ids.at(created),
            language,
            call_name,
            company,
            phone,
            created,
            agent: rng.below(agents),
            stage,
            own_car: rng.pick(OWN_CARS),
            display_name,
            first,
            last,
            email,
        }
    };
    moments.into_iter().map(&mut person).collect()
}

/// The rows of the contacts. `last_contacted` holds the latest outbound
/// touch of each, which the triggers of later rows would set anyway.
pub(crate) fn rows(
    firm: &Firm,
    people: &[Person],
    statuses: &[StatusRow],
    agents: &[Uuid],
    last_contacted: &[Option<DateTime<Utc>>],
) -> Vec<ContactRow> {
    let mut rng = Rng::for_subject(firm.number, "contact rows");
    let mut row = |(person, last): (&Person, &Option<DateTime<Utc>>)| {
        let (score, nurture) = match person.stage {
            Stage::New => (rng.between(5, 40), "NEW"),
            Stage::Contacted => (rng.between(15, 60), rng.pick(&["WARM", "COLD"])),
            Stage::Qualified => (rng.between(45, 85), rng.pick(&["WARM", "HOT"])),
            Stage::Negotiating => (rng.between(75, 99), "HOT"),
            Stage::Customer => (rng.between(60, 100), "WARM"),
            Stage::Lost => (rng.between(0, 25), "COLD"),
        };
        let known = person.first.is_some() || person.company;
        ContactRow {
            id: person.id,
            display_name: person.display_name.clone(),
            first_name: person.first.clone(),
            last_name: person.last.clone(),
            phone: person.phone.clone(),
            email: person.email.clone(),
            address: (known && rng.chance(55)).then(|| places::address(&mut rng)),
            national_id: (person.first.is_some()
                && (person.stage == Stage::Customer || rng.chance(12)))
            .then(|| people::national_id(person.language, &mut rng)),
            attributes: attributes(firm, person, &mut rng),
            lead_score: score,
            nurture_status: nurture,
            last_contacted_at: *last,
            is_active: !rng.chance(2),
            status_id: statuses[person.stage as usize].id,
            owner_id: (person.stage != Stage::New).then(|| agents[person.agent]),
            created_at: person.created,
            updated_at: last.unwrap_or(person.created),
        }
    };
    people.iter().zip(last_contacted).map(&mut row).collect()
}

/// The stages each contact went through on the way to its present one.
pub(crate) fn history(
    people: &[Person],
    statuses: &[StatusRow],
    agents: &[Uuid],
    ids: &mut Ids,
    today: DateTime<Utc>,
) -> Vec<StatusChangeRow> {
    let mut rows = Vec::new();
    for person in people {
        let path: &[Stage] = match person.stage {
            Stage::New => &[],
            Stage::Contacted => &[Stage::Contacted],
            Stage::Qualified => &[Stage::Contacted, Stage::Qualified],
            Stage::Negotiating => &[Stage::Contacted, Stage::Qualified, Stage::Negotiating],
            Stage::Customer => &[
                Stage::Contacted,
                Stage::Qualified,
                Stage::Negotiating,
                Stage::Customer,
            ],
            Stage::Lost => &[Stage::Contacted, Stage::Lost],
        };
        // The steps share the time since the first contact, two weeks at most.
        let time = (today - person.created).min(Duration::days(14));
        let mut from = Stage::New;
        for (step, to) in path.iter().enumerate() {
            let at = person.created + time * (step as i32 + 1) / (path.len() as i32 + 1);
            rows.push(StatusChangeRow {
                id: ids.at(at),
                contact_id: person.id,
                from_status_id: Some(statuses[from as usize].id),
                to_status_id: statuses[*to as usize].id,
                changed_by_id: Some(agents[person.agent]),
                reason: None,
                changed_at: at,
                created_at: at,
            });
            from = *to;
        }
    }
    rows
}

/// The domain of a company: its first two words.
fn site(company: &str) -> String {
    let words: Vec<_> = company.split(' ').take(2).map(people::plain).collect();
    format!("{}.example", words.concat())
}

fn attributes(firm: &Firm, person: &Person, rng: &mut Rng) -> Value {
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
            set(
                "consent_given_at",
                json!(person.created.format("%Y-%m-%dT%H:%M:%SZ").to_string()),
            );
        }
    }
    if person.first.is_some() && rng.chance(30) {
        let year = local(person.created).year() as i64 - rng.between(19, 78);
        set(
            "birthday",
            json!(format!(
                "{year}-{:02}-{:02}",
                rng.between(1, 12),
                rng.between(1, 28)
            )),
        );
        set("household_size", json!(rng.between(1, 5)));
    }
    if person.company {
        let site = site(&person.display_name);
        set("company_website", json!(format!("https://www.{site}")));
        set("billing_email", json!(format!("facturas@{site}")));
    }
    if rng.chance(5) {
        set(
            "second_phone",
            json!(format!("+3475{:07}", rng.below(10_000_000))),
        );
    }
    if rng.chance(40) {
        let ways: [&str; 5] = match person.language {
            Language::Spanish => [
                "Google",
                "Un amigo",
                "Un portal de anuncios",
                "Pasaba por delante",
                "Instagram",
            ],
            Language::English => [
                "Google",
                "A friend",
                "Property portal",
                "Walked past the office",
                "Facebook group",
            ],
        };
        set("how_they_found_us", json!(rng.pick(&ways)));
    }
    Value::Object(known)
}
