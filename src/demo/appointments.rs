//! What was agreed upon in conversations becomes rows of `appointments`; and
//! rows of `calls`, those that were planned and those that just came in.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::clock::{TIMEZONE, working};
use super::contacts::Person;
use super::diary::Visit;
use super::firm::{Firm, Trade, UserRow};
use super::ids::Ids;
use super::office::Office;
use super::people::Language;
use super::rng::Rng;
use super::row::rows;
use super::script::Meeting;

rows! {
    /// A meeting.
    AppointmentRow in "appointments" {
        id: Uuid, contact_id: Uuid, agent_id: Uuid, location_id: Option<Uuid>, call_id: Option<Uuid>,
        r#type: &'static str, scheduled_at: DateTime<Utc>, duration_minutes: i64, timezone: &'static str,
        status: &'static str, title: String, customer_notes: Option<&'static str>, call_phone_number: Option<String>,
        metadata: Option<Value>, cancelled_reason: Option<&'static str>, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
    /// A telephone call.
    CallRow in "calls" {
        id: Uuid, contact_id: Uuid, agent_id: Option<Uuid>, r#type: &'static str, state: &'static str,
        called_at: DateTime<Utc>, duration_seconds: Option<i64>, transcript: Option<String>,
        summary: Option<&'static str>, audio_url: Option<String>, call_sid: String, metadata: Option<Value>,
        created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
}

/// Summary and dialogue of calls: what the agent says, what the contact answers.
type Talk = ((&'static str, &'static str), [(&'static str, &'static str); 2]);

const DEALERSHIP_CALLS: &[Talk] = &[
    (
        (
            "Pregunta por disponibilidad y precio; se le envía la ficha.",
            "Asked about availability and price; brochure sent.",
        ),
        [
            (
                "Buenos días, le llamo de {firm} por el coche que vio en la web.",
                "Good morning, I'm calling from {firm} about the car you saw online.",
            ),
            (
                "Sí, gracias. Quería saber si el precio incluye la transferencia.",
                "Yes, thanks. I wanted to know whether the price includes the transfer.",
            ),
        ],
    ),
    (
        ("Pide financiación a 60 meses; falta la documentación.", "Wants finance over 60 months; papers missing."),
        [
            (
                "Tengo aquí el cálculo de la cuota, ¿lo repasamos?",
                "I have the monthly payment here, shall we go through it?",
            ),
            ("Sí, y dígame qué papeles necesita.", "Yes, and tell me which papers you need."),
        ],
    ),
    (
        ("Pide cita de taller para la revisión anual.", "Wants the workshop for the yearly service."),
        [
            ("Taller de {firm}, dígame.", "Workshop of {firm}, how can I help?"),
            ("Hola, me toca la revisión de los treinta mil kilómetros.", "Hello, my thirty-thousand service is due."),
        ],
    ),
];
const AGENCY_CALLS: &[Talk] = &[
    (
        (
            "Busca casa con jardín; presupuesto por confirmar.",
            "Looking for a house with a garden; budget to be confirmed.",
        ),
        [
            ("Buenos días, {firm}. ¿Qué está buscando?", "Good morning, {firm}. What are you looking for?"),
            ("Una casa con jardín, a poder ser cerca del mar.", "A house with a garden, near the sea if possible."),
        ],
    ),
    (
        ("Quiere repetir la visita con su pareja.", "Would like a second viewing with their partner."),
        [
            ("¿Qué les pareció la casa?", "What did you think of the house?"),
            (
                "Nos gustó mucho, querríamos volver a verla el fin de semana.",
                "We liked it a lot; we'd like to see it again at the weekend.",
            ),
        ],
    ),
    (
        ("Propietario pregunta por los honorarios de venta.", "Owner asks about the selling fee."),
        [
            (
                "Le llamo de {firm} por la valoración que pidió.",
                "I'm calling from {firm} about the valuation you asked for.",
            ),
            ("Sí, quería saber cuánto cobran ustedes.", "Yes, I wanted to know what your fee is."),
        ],
    ),
];

/// The appointments and calls of a firm. Every finished visit by telephone
/// has its call; `extra` more calls came in or went out without appointment.
pub(crate) fn calendar(
    office: &Office<'_>,
    visits: &[Visit],
    extra: usize,
    ids: &mut Ids,
) -> (Vec<AppointmentRow>, Vec<CallRow>) {
    let Office { firm, today, agents, locations, people, .. } = office;
    let (firm, today) = (*firm, *today);
    let mut rng = Rng::for_subject(firm.number, "calendar");
    let (mut appointments, mut calls) = (Vec::new(), Vec::new());
    for visit in visits {
        let person = &people[visit.person];
        // Who left no number is called over the internet.
        let kind = match (visit.meeting, &person.phone) {
            (Meeting::InPerson, _) => "IN_PERSON",
            (Meeting::Call, Some(_)) => "CALL",
            _ => "VIDEO",
        };
        let minutes = if kind == "IN_PERSON" { rng.pick(&[30, 45, 60, 60]) } else { rng.pick(&[15, 20, 30]) };
        let status = status(visit.at, visit.at + Duration::minutes(minutes), today, &mut rng);
        let call = (kind == "CALL" && status == "COMPLETED").then(|| {
            let (talk, length) = (talk(firm, &mut rng), rng.between(95, 840));
            calls.push(call(
                office,
                (person, Some(agents[visit.agent])),
                ("OUTBOUND", "COMPLETED", length),
                talk,
                visit.at,
                ids,
            ));
            calls[calls.len() - 1].id
        });
        let cancelled = visit.booked + (visit.at.min(today) - visit.booked) / 2;
        appointments.push(AppointmentRow {
            id: ids.at(visit.booked),
            contact_id: person.id,
            agent_id: agents[visit.agent].id,
            location_id: (kind == "IN_PERSON").then(|| locations[usize::from(rng.chance(30))].id),
            call_id: call,
            r#type: kind,
            scheduled_at: visit.at,
            duration_minutes: minutes,
            timezone: TIMEZONE,
            status,
            title: visit.title.clone(),
            customer_notes: rng.chance(15).then(|| note(person.language, &mut rng)),
            call_phone_number: person.phone.clone().filter(|_| kind == "CALL"),
            metadata: (kind == "VIDEO")
                .then(|| json!({ "url": format!("https://meet.{}/{}", firm.domain(), rng.between(100_000, 999_999)) })),
            cancelled_reason: (status == "CANCELLED").then(|| {
                rng.pick(match firm.language() {
                    Language::Spanish => {
                        &["El cliente no puede venir", "Vehículo o vivienda ya reservados", "Enfermedad"]
                    }
                    Language::English => {
                        &["The customer cannot make it", "Already reserved by somebody else", "Illness"]
                    }
                })
            }),
            created_at: visit.booked,
            updated_at: match status {
                "SCHEDULED" => visit.booked,
                "CONFIRMED" | "CANCELLED" => cancelled,
                _ => (visit.at + Duration::minutes(minutes)).min(today),
            },
        });
    }
    for _ in 0..extra {
        let person = rng.choose(people);
        let age = (today - person.created).num_minutes();
        let at = working(person.created + Duration::minutes((age as f64 * rng.unit()) as i64), &mut rng);
        if at < person.created {
            continue;
        }
        if at > today - Duration::minutes(30) {
            continue;
        }
        let agent = agents[person.agent];
        let kind = if rng.chance(45) { "INBOUND" } else { "OUTBOUND" };
        let state = rng.weighted(&[(68, "COMPLETED"), (17, "NO_ANSWER"), (8, "BUSY"), (4, "FAILED"), (3, "CANCELLED")]);
        let (talk, length) = (talk(firm, &mut rng), rng.between(35, 900));
        calls.push(call(office, (person, Some(agent)), (kind, state, length), talk, at, ids));
    }
    // The lines that are busy at this moment.
    for (state, seconds) in [("IN_PROGRESS", 140), ("RINGING", 8), ("QUEUED", 3)] {
        let (person, talk) = (rng.choose(people), talk(firm, &mut rng));
        let at = today - Duration::seconds(seconds);
        let agent = (state == "IN_PROGRESS").then(|| agents[person.agent]);
        let kind = if state == "QUEUED" { "OUTBOUND" } else { "INBOUND" };
        calls.push(call(office, (person, agent), (kind, state, 0), talk, at, ids));
    }
    (appointments, calls)
}

fn status(at: DateTime<Utc>, ends: DateTime<Utc>, today: DateTime<Utc>, rng: &mut Rng) -> &'static str {
    if at > today {
        rng.weighted(&[(46, "SCHEDULED"), (44, "CONFIRMED"), (10, "CANCELLED")])
    } else if ends > today {
        "IN_PROGRESS"
    } else {
        rng.weighted(&[(80, "COMPLETED"), (11, "CANCELLED"), (9, "NO_SHOW")])
    }
}

fn note(language: Language, rng: &mut Rng) -> &'static str {
    match language {
        Language::Spanish => rng.pick(&["Llegaré diez minutos tarde.", "Voy con mi hija.", "¿Hay aparcamiento cerca?"]),
        Language::English => {
            rng.pick(&["I may be ten minutes late.", "My wife is coming too.", "Is there parking nearby?"])
        }
    }
}

fn talk(firm: &Firm, rng: &mut Rng) -> &'static Talk {
    rng.choose(if firm.trade == Trade::Dealership { DEALERSHIP_CALLS } else { AGENCY_CALLS })
}

/// A call; one that was never answered has neither length nor words.
fn call(
    office: &Office<'_>,
    (person, agent): (&Person, Option<&UserRow>),
    (kind, state, seconds): (&'static str, &'static str, i64),
    (summary, lines): &Talk,
    at: DateTime<Utc>,
    ids: &mut Ids,
) -> CallRow {
    let (id, firm) = (ids.at(at), office.firm);
    let done = state == "COMPLETED";
    let speaker = agent.map_or(&firm.name, |agent| &agent.first_name);
    let spoken = || {
        let [says, answers] = lines.map(|(spanish, english)| match person.language {
            Language::Spanish => spanish,
            Language::English => english,
        });
        format!("{speaker}: {}\n{}: {answers}", says.replace("{firm}", &firm.name), person.display_name)
    };
    CallRow {
        id,
        contact_id: person.id,
        agent_id: agent.map(|agent| agent.id),
        r#type: kind,
        state,
        called_at: at,
        duration_seconds: done.then_some(seconds),
        transcript: done.then(spoken),
        summary: done.then(|| firm.say(summary.0, summary.1)),
        audio_url: done.then(|| format!("https://media.{}/calls/{id}.mp3", firm.domain())),
        call_sid: format!("CA{}", id.simple()),
        metadata: (state == "FAILED").then(|| json!({ "sipCode": 503 })),
        created_at: at,
        updated_at: if done { at + Duration::seconds(seconds) } else { at },
    }
}
