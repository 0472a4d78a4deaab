//! Chances to sell: rows of `leads`, `lead_activities`, `property_interests`.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::clock::next_open;
use super::contacts::{Person, Stage};
use super::firm::Trade;
use super::ids::Ids;
use super::offer::on_market;
use super::office::Office;
use super::people::Language;
use super::rng::Rng;
use super::row::rows;

rows! {
    /// A chance.
    LeadRow in "leads" {
        id: Uuid, contact_id: Uuid, assigned_to_id: Option<Uuid>, source: &'static str, status: &'static str,
        priority: &'static str, budget_min: Option<i64>, budget_max: Option<i64>, currency: &'static str,
        preferences: Option<String>, notes: Option<&'static str>, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// Something done for it.
    ActivityRow in "lead_activities" {
        id: Uuid, lead_id: Uuid, user_id: Uuid, activity_type: &'static str, description: Option<&'static str>,
        occurred_at: DateTime<Utc>, metadata: Option<Value>, created_at: DateTime<Utc>,
    }
    /// A contact likes a home.
    InterestRow in "property_interests" {
        id: Uuid, contact_id: Uuid, property_id: Uuid, notes: Option<&'static str>, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
}

/// Where leads come from.
#[rustfmt::skip]
const SOURCES: &[(u32, &str)] = &[
    (30, "WEBSITE"), (16, "WHATSAPP"), (15, "MARKETPLACE"), (10, "WALK_IN"), (9, "PHONE"),
    (7, "REFERRAL"), (6, "SOCIAL_MEDIA"), (4, "EMAIL"), (2, "CAMPAIGN"), (1, "OTHER"),
];

/// Two thirds of the contacts are a lead, buyers always.
pub(crate) fn leads(office: &Office<'_>, ids: &mut Ids) -> (Vec<LeadRow>, Vec<ActivityRow>) {
    let mut rng = Rng::for_subject(office.firm.number, "leads");
    let (mut leads, mut activities) = (Vec::new(), Vec::new());
    for (place, person) in office.people.iter().enumerate() {
        let deal = office.deal_of(place);
        if deal.is_none() && rng.chance(36) {
            continue;
        }
        let status = match person.stage {
            Stage::New => "NEW",
            Stage::Contacted => "CONTACTED",
            Stage::Qualified => rng.pick(&["QUALIFIED", "QUALIFIED", "NEGOTIATION"]),
            Stage::Negotiating => "NEGOTIATION",
            Stage::Customer => "WON",
            Stage::Lost => "LOST",
        };
        let created = (person.created + Duration::minutes(rng.between(1, 45))).min(office.today);
        let price = office.offers[on_market(office.offers, created, &mut rng)].price;
        let rounding = if price > 15_000 { 1_000 } else { 50 };
        let budget = |percent: i64| Some((price * percent / 100 / rounding).max(1) * rounding);
        let open = !matches!(status, "WON" | "LOST");
        let lead = ids.at(created);
        let ended = deal.map(|deal| deal.last_event());
        let end = ended.unwrap_or_else(|| created + (office.today - created).min(Duration::days(rng.between(4, 40))));
        let before = activities.len();
        history(office, (lead, person), status, (created, end), &mut rng, ids, &mut activities);
        let last = activities[before..].iter().map(|activity: &ActivityRow| activity.occurred_at).max();
        leads.push(LeadRow {
            id: lead,
            contact_id: person.id,
            assigned_to_id: (status != "NEW").then(|| office.agent_of(person)),
            source: rng.weighted(SOURCES),
            status,
            priority: match (open, rng.below(10)) {
                (true, 0) => "URGENT",
                (true, 1..=3) => "HIGH",
                (_, 9) => "LOW",
                _ => "NORMAL",
            },
            budget_min: rng.chance(55).then(|| budget(rng.between(60, 95))).flatten(),
            budget_max: budget(rng.between(100, 130)),
            currency: "EUR",
            preferences: rng.chance(60).then(|| preferences(office, &mut rng)),
            notes: rng.chance(25).then(|| {
                rng.pick(match office.firm.language() {
                    Language::Spanish => {
                        &["Mejor llamar por la tarde.", "Decide con su pareja.", "Compara con otro concesionario."]
                    }
                    Language::English => {
                        &["Best reached in the afternoon.", "Decides together with partner.", "Flying in next month."]
                    }
                })
            }),
            created_at: created,
            updated_at: last.unwrap_or(created),
        });
    }
    activities.sort_by_key(|activity| activity.id);
    (leads, activities)
}

/// What was done on the way to this status, between the two moments.
fn history(
    office: &Office<'_>,
    (lead, person): (Uuid, &Person),
    status: &str,
    (start, end): (DateTime<Utc>, DateTime<Utc>),
    rng: &mut Rng,
    ids: &mut Ids,
    activities: &mut Vec<ActivityRow>,
) {
    let path: &[&str] = match status {
        "NEW" => &["NEW"],
        "CONTACTED" => &["NEW", "CONTACTED"],
        "QUALIFIED" => &["NEW", "CONTACTED", "QUALIFIED"],
        "NEGOTIATION" => &["NEW", "CONTACTED", "QUALIFIED", "NEGOTIATION"],
        "WON" => &["NEW", "CONTACTED", "QUALIFIED", "NEGOTIATION", "WON"],
        _ => &["NEW", "CONTACTED", "LOST"],
    };
    let (spanish, cars) = (office.firm.language() == Language::Spanish, office.firm.trade == Trade::Dealership);
    let meeting = if cars { "TEST_DRIVE" } else { "VIEWING" };
    let steps = path.len() as i32;
    let user_id = office.agent_of(person);
    let mut add = |ids: &mut Ids, at: DateTime<Utc>, activity_type, description, metadata| {
        activities.push(ActivityRow {
            id: ids.at(at),
            lead_id: lead,
            user_id,
            activity_type,
            description,
            occurred_at: at,
            metadata,
            created_at: at,
        });
    };
    for (step, pair) in path.windows(2).enumerate() {
        let at = next_open(start + (end - start) * (step as i32 + 1) / steps).min(end);
        let (kind, spanish_text, english_text) = match pair[1] {
            "CONTACTED" => rng.pick(&[
                (
                    "CALL",
                    "Primera llamada, busca para antes de fin de mes.",
                    "First call, would like it before the end of the month.",
                ),
                ("WHATSAPP", "Contesta por WhatsApp, prefiere escribir.", "Answers on WhatsApp, prefers to write."),
                ("EMAIL", "Enviado dosier con tres opciones.", "Sent a selection of three."),
            ]),
            "QUALIFIED" => (meeting, "Prueba hecha, muy buena impresión.", "Viewing done, very good impression."),
            "NEGOTIATION" => {
                ("MEETING", "Hablamos de precio y plazos en la oficina.", "Talked about price and dates at the office.")
            }
            "WON" => ("CALL", "Confirma la operación.", "Confirms the deal."),
            _ => ("NOTE", "No sigue adelante por ahora.", "Not going ahead for now."),
        };
        let done = (at - Duration::minutes(rng.between(2, 50))).max(start);
        add(ids, done, kind, Some(if spanish { spanish_text } else { english_text }), None);
        add(ids, at, "STATUS_CHANGE", None, Some(json!({ "from": pair[0], "to": pair[1] })));
    }
}

fn preferences(office: &Office<'_>, rng: &mut Rng) -> String {
    match office.firm.trade {
        Trade::Dealership => {
            let kind = rng.pick(&["SUV", "Compacto", "Familiar", "Urbano", "Furgoneta"]);
            let fuel = rng.pick(&["híbrido", "diésel", "gasolina", "eléctrico", "etiqueta ECO"]);
            let extra =
                rng.pick(&["automático", "menos de 60.000 km", "cinco plazas y maletero grande", "color claro"]);
            format!("{kind}, {fuel}, {extra}")
        }
        Trade::Agency => {
            let rooms = rng.between(1, 4);
            let kind = rng.pick(&["flat", "villa", "village house", "penthouse"]);
            let extra =
                rng.pick(&["close to the sea", "with a lift", "with parking", "lived in all year", "with a garden"]);
            format!("{rooms}+ bedrooms, {kind}, {extra}")
        }
    }
}

/// Which contacts like which homes; every buyer liked what they took.
pub(crate) fn interests(office: &Office<'_>, ids: &mut Ids) -> Vec<InterestRow> {
    let mut rng = Rng::for_subject(office.firm.number, "interests");
    let (mut rows, mut seen) = (Vec::new(), BTreeSet::new());
    for (place, person) in office.people.iter().enumerate() {
        let at = person.created + Duration::minutes(rng.between(2, 600));
        let deal = office.deal_of(place).map(|deal| deal.listing);
        let count = if rng.chance(45) { rng.between(1, 3) } else { 0 };
        let more: Vec<usize> = (0..count).map(|_| on_market(office.offers, at, &mut rng)).collect();
        for listing in deal.into_iter().chain(more) {
            if at <= office.today && seen.insert((place, listing)) {
                rows.push(InterestRow {
                    id: ids.at(at),
                    contact_id: person.id,
                    property_id: office.offers[listing].id,
                    notes: rng.chance(20).then(|| {
                        rng.pick(&[
                            "Loves the terrace.",
                            "Would need a second bathroom.",
                            "Only if the price drops.",
                            "Wants to see it again.",
                        ])
                    }),
                    created_at: at,
                    updated_at: at,
                });
            }
        }
    }
    rows
}
