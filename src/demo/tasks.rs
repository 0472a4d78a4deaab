//! What the staff does and has to do: rows of `interactions` and `tasks`.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::clock::working;
use super::firm::Trade;
use super::ids::Ids;
use super::office::Office;
use super::people::Language;
use super::rng::Rng;
use super::row::rows;

rows! {
    /// A touch with a contact that somebody wrote down.
    InteractionRow in "interactions" {
        id: Uuid, contact_id: Uuid, user_id: Uuid, r#type: &'static str, notes: &'static str,
        occurred_at: DateTime<Utc>, outcome: Option<&'static str>, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
    /// Something to do.
    TaskRow in "tasks" {
        id: Uuid, owner_id: Uuid, contact_id: Option<Uuid>, property_id: Option<Uuid>, title: String,
        description: Option<&'static str>, status: &'static str, priority: &'static str, category: &'static str,
        due_date: Option<DateTime<Utc>>, progress: i64, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
}

/// Kind, notes and outcome in Spanish and English.
type Touch = (&'static str, (&'static str, &'static str), (&'static str, &'static str));

const TOUCHES: &[Touch] = &[
    ("CALL", ("Llamada de seguimiento.", "Follow-up call."), ("Interesado", "Interested")),
    ("CALL", ("Llamada sin respuesta, dejo mensaje.", "No answer, left a message."), ("Sin respuesta", "No answer")),
    ("EMAIL", ("Enviada selección según lo hablado.", "Sent the selection we talked about."), ("Enviado", "Sent")),
    ("EMAIL", ("Enviadas condiciones de financiación.", "Sent the financing terms."), ("Enviado", "Sent")),
    (
        "MEETING",
        ("Vino a la oficina sin cita.", "Dropped in without an appointment."),
        ("Muy interesado", "Very interested"),
    ),
    ("MEETING", ("Reunión para revisar el contrato.", "Went through the contract together."), ("Acuerdo", "Agreed")),
    ("NOTE", ("Conocido de otro cliente nuestro.", "Knows another customer of ours."), ("", "")),
    ("NOTE", ("Prefiere que le escribamos a partir de las seis.", "Prefers to be written to after six."), ("", "")),
    ("NOTE", ("Cumple años este mes, felicitar.", "Birthday this month, send wishes."), ("", "")),
];

/// About two touches for every three contacts.
pub(crate) fn interactions(office: &Office<'_>, ids: &mut Ids) -> Vec<InteractionRow> {
    let mut rng = Rng::for_subject(office.firm.number, "interactions");
    let mut rows = Vec::new();
    for person in office.people {
        for _ in 0..rng.weighted(&[(50, 0), (35, 1), (15, 2)]) {
            let age = (office.today - person.created).num_minutes().min(90 * 1_440);
            let at = working(person.created + Duration::minutes(rng.between(10, age.max(11))), &mut rng);
            if at < person.created || at > office.today {
                continue;
            }
            let (kind, notes, outcome) = rng.pick(TOUCHES);
            rows.push(InteractionRow {
                id: ids.at(at),
                contact_id: person.id,
                user_id: office.agent_of(person),
                r#type: kind,
                notes: office.firm.say(notes.0, notes.1),
                occurred_at: at,
                outcome: Some(office.firm.say(outcome.0, outcome.1)).filter(|outcome| !outcome.is_empty()),
                created_at: at,
                updated_at: at,
            });
        }
    }
    rows
}

/// Category, then the title in Spanish and English; `{who}` is the contact.
const CHORES: &[(&str, &str, &str)] = &[
    ("CALL", "Llamar a {who}", "Call {who}"),
    ("FOLLOW_UP", "Seguimiento de la oferta de {who}", "Follow up on the offer for {who}"),
    ("FOLLOW_UP", "Preguntar a {who} qué tal todo", "Ask {who} how things are going"),
    ("PAPERWORK", "Pedir documentación a {who}", "Ask {who} for the papers"),
    ("PAPERWORK", "Preparar contrato de {who}", "Prepare the contract of {who}"),
    ("VIEWING", "Preparar la visita de {who}", "Prepare the visit of {who}"),
];

/// Chores about nobody in particular.
const OFFICE_CHORES: &[(&str, &str, &str)] = &[
    ("MARKETING", "Publicar las novedades en el portal", "Publish the new listings on the portal"),
    ("MARKETING", "Renovar fotos de los anuncios más antiguos", "Renew the photos of the oldest adverts"),
    ("ANALYSIS", "Revisar precios frente a la competencia", "Compare our prices with the market"),
    ("ANALYSIS", "Informe mensual de ventas", "Monthly sales report"),
    ("GENERAL", "Pedir cartelería para el escaparate", "Order new posters for the window"),
];

/// `count` tasks, due between three months ago and two weeks ahead.
pub(crate) fn tasks(office: &Office<'_>, count: usize, ids: &mut Ids) -> Vec<TaskRow> {
    let mut rng = Rng::for_subject(office.firm.number, "tasks");
    let mut rows = Vec::with_capacity(count);
    while rows.len() < count {
        let due = working(office.today + Duration::days(rng.between(-90, 14)), &mut rng);
        let created = (due - Duration::minutes(rng.between(300, 9 * 1_440))).min(office.today - Duration::minutes(11));
        let about_somebody = rng.chance(80);
        let known = office.people.partition_point(|person| person.created <= created);
        if known == 0 {
            continue;
        }
        let person = &office.people[known - 1 - rng.below(known)];
        let (category, spanish, english) = rng.pick(if about_somebody { CHORES } else { OFFICE_CHORES });
        let status = if due < office.today - Duration::days(4) {
            rng.weighted(&[(90, "COMPLETED"), (6, "FAILED"), (4, "PENDING")])
        } else {
            rng.weighted(&[(56, "PENDING"), (22, "PROCESSING"), (22, "COMPLETED")])
        };
        let owner = if about_somebody { office.agent_of(person) } else { office.users[rng.below(2)].id };
        let listing = (office.firm.trade == Trade::Agency && category == "VIEWING")
            .then(|| office.offers[rng.below(office.offers.len())].id);
        rows.push(TaskRow {
            id: ids.at(created),
            owner_id: owner,
            contact_id: about_somebody.then_some(person.id),
            property_id: listing,
            title: office.firm.say(spanish, english).replace("{who}", &person.display_name),
            description: (category == "PAPERWORK").then(|| match office.firm.language() {
                Language::Spanish => "DNI o NIE, nóminas y justificante de domicilio.",
                Language::English => "DNI or NIE, payslips and proof of address.",
            }),
            status,
            priority: rng.weighted(&[(60, "NORMAL"), (22, "HIGH"), (12, "LOW"), (6, "URGENT")]),
            category,
            due_date: rng.chance(94).then_some(due),
            progress: match status {
                "COMPLETED" => 100,
                "PROCESSING" => rng.between(1, 9) * 10,
                "FAILED" => rng.between(0, 4) * 10,
                _ => 0,
            },
            created_at: created,
            updated_at: if status == "PENDING" { created } else { due.min(office.today) },
        });
    }
    rows.sort_by_key(|row| row.id);
    rows
}
