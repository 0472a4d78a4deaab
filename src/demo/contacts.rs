//! The firm's contacts: rows of `contacts` and `contact_status_history`.

use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::clock::awake_by;
use super::contact_fields::{StatusRow, attributes};
use super::firm::{Firm, Trade};
use super::ids::Ids;
use super::people::{self, Directory, Language};
use super::places;
use super::rng::Rng;
use super::row::rows;

rows! {
    /// A person or company.
    ContactRow in "contacts" {
        id: Uuid, display_name: String, first_name: Option<String>, last_name: Option<String>, phone: Option<String>,
        email: Option<String>, address: Option<String>, national_id: Option<String>, attributes: Value,
        lead_score: i64, nurture_status: &'static str, last_contacted_at: Option<DateTime<Utc>>, is_active: bool,
        status_id: Uuid, owner_id: Option<Uuid>, team_id: Option<Uuid>, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
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
    pub(crate) first: Option<String>,
    last: Option<String>,
    pub(crate) email: Option<String>,
}

#[rustfmt::skip]
const OWN_CARS: &[&str] = &[
    "Seat Ibiza de 2011", "Ford Fiesta de 2013", "Opel Astra de 2012", "Renault Mégane de 2014",
    "Peugeot 206 de 2006", "Citroën C3 de 2015", "VW Polo de 2010", "Nissan Qashqai de 2014",
    "Toyota Auris de 2016", "Kia Rio de 2017", "Dacia Sandero de 2015", "Fiat Panda de 2012",
    "Mercedes Clase B de 2013", "BMW 320d de 2015", "Audi A4 de 2011",
];

/// The firm's contacts, oldest first.
pub(crate) fn people(firm: &Firm, count: usize, agents: usize, ids: &mut Ids, today: DateTime<Utc>) -> Vec<Person> {
    let mut rng = Rng::for_subject(firm.number, "contacts");
    let mut directory = Directory::default();
    let spanish_share = if firm.trade == Trade::Dealership { 78 } else { 45 };
    let mut moments: Vec<_> = (0..count)
        .map(|_| {
            // Business grows: later days bring more contacts than earlier ones.
            let days = 780.0 * (1.0 - rng.unit().powf(0.7));
            let at = today - Duration::seconds((days * 86_400.0) as i64 + 1_200);
            awake_by(today - Duration::minutes(20), at, &mut rng)
        })
        .collect();
    moments.sort_unstable();
    let mut person = |created: DateTime<Utc>| {
        let company = rng.chance(5);
        let language = if company || rng.chance(spanish_share) { Language::Spanish } else { Language::English };
        let name = people::name(language, &mut rng);
        let (mut first, mut last) = (Some(name.first.clone()), Some(name.last.clone()));
        let mut display_name = format!("{} {}", name.first, name.last);
        let mut call_name = name.first.clone();
        let mut phone = rng.chance(94).then(|| directory.phone(language, &mut rng));
        let mut email = rng.chance(72).then(|| directory.email(&name.first, &name.last, &mut rng));
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
            3..=30 => rng.weighted(&[(1, Stage::New), (5, Stage::Contacted), (4, Stage::Qualified), (1, Stage::Lost)]),
            _ => rng.weighted(&[(4, Stage::Contacted), (3, Stage::Qualified), (5, Stage::Lost)]),
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
            national_id: (person.first.is_some() && (person.stage == Stage::Customer || rng.chance(12)))
                .then(|| people::national_id(person.language, &mut rng)),
            attributes: attributes(firm, person, &mut rng),
            lead_score: score,
            nurture_status: nurture,
            last_contacted_at: *last,
            is_active: !rng.chance(2),
            status_id: statuses[person.stage as usize].id,
            owner_id: (person.stage != Stage::New).then(|| agents[person.agent]),
            team_id: None,
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
            Stage::Customer => &[Stage::Contacted, Stage::Qualified, Stage::Negotiating, Stage::Customer],
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
pub(crate) fn site(company: &str) -> String {
    let words: Vec<_> = company.split(' ').take(2).map(people::plain).collect();
    format!("{}.example", words.concat())
}
