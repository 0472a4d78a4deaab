//! Campaigns in every state, with their batches: rows of `campaigns` and
//! `campaign_batches`. The counters of a campaign follow from its batches.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::clock::next_open;
use super::contacts::{Person, Stage};
use super::firm::BATCH_SIZE;
use super::ids::Ids;
use super::office::Office;
use super::people::Language;
use super::rng::Rng;
use super::row::rows;
use super::templates::row_of;

rows! {
    /// A message to many.
    CampaignRow in "campaigns" {
        id: Uuid, created_by_id: Uuid, template_id: Option<Uuid>, name: String, channel: &'static str,
        status: &'static str, audience: Value, scheduled_for: Option<DateTime<Utc>>,
        completed_at: Option<DateTime<Utc>>, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A part of its recipients.
    BatchRow in "campaign_batches" {
        id: Uuid, campaign_id: Uuid, batch_number: usize, total_batches: usize, contacts: Value,
        status: &'static str, webhook_url: String, webhook_payload: Option<Value>,
        scheduled_for: Option<DateTime<Utc>>, processed_at: Option<DateTime<Utc>>, error_message: Option<&'static str>,
        attempts: i64, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
}

/// A campaign to invent: names, channel, template, state, days since its
/// launch (negative: still to come), recipients at most.
struct Plan {
    spanish: &'static str,
    english: &'static str,
    channel: &'static str,
    template: Option<&'static str>,
    status: &'static str,
    days_ago: i64,
    recipients: usize,
}

const fn plan(
    (spanish, english): (&'static str, &'static str),
    (channel, template): (&'static str, Option<&'static str>),
    status: &'static str,
    days_ago: i64,
    recipients: usize,
) -> Plan {
    Plan { spanish, english, channel, template, status, days_ago, recipients }
}

const PLANS: &[Plan] = &[
    plan(("Verano sin entrada", "Spring viewings"), ("EMAIL", None), "COMPLETED", 520, 240),
    plan(("Vuelta al cole", "Sea-view selection"), ("WHATSAPP", Some("autumn_offers")), "COMPLETED", 410, 310),
    plan(("Renueva tu coche", "Winter lets"), ("WHATSAPP", Some("price_drop")), "COMPLETED", 250, 420),
    plan(("Felicitación de Navidad", "Season's greetings"), ("EMAIL", None), "COMPLETED", 330, 600),
    plan(("Revisión de verano", "Buyers' guide 2026"), ("SMS", None), "FAILED", 130, 90),
    plan(("Plan MOVES", "Golden-hour open house"), ("WHATSAPP", Some("autumn_offers")), "CANCELLED", 75, 260),
    plan(("Valora tu experiencia", "Tell us how it went"), ("WHATSAPP", Some("review_request")), "COMPLETED", 24, 130),
    plan(("Ofertas de otoño", "Autumn arrivals"), ("WHATSAPP", Some("autumn_offers")), "RUNNING", 0, 480),
    plan(("Clientes de renting", "Owners' newsletter"), ("EMAIL", None), "PAUSED", 2, 220),
    plan(("Black Friday", "Black Friday lets"), ("WHATSAPP", Some("price_drop")), "SCHEDULED", -6, 0),
    plan(("Jornada de puertas abiertas", "Open day"), ("WHATSAPP", Some("open_day")), "DRAFT", -20, 0),
];

/// The firm's campaigns and their batches.
pub(crate) fn campaigns(office: &Office<'_>, ids: &mut Ids) -> (Vec<CampaignRow>, Vec<BatchRow>) {
    let mut rng = Rng::for_subject(office.firm.number, "campaigns");
    let (mut campaigns, mut batches) = (Vec::new(), Vec::new());
    for plan in PLANS {
        let launched = match plan.days_ago {
            // The running one was launched twenty minutes ago, whatever the hour.
            0 => office.today - Duration::minutes(20),
            days => next_open(office.today - Duration::days(days) + Duration::minutes(7)),
        };
        let created = launched.min(office.today) - Duration::hours(rng.between(20, 70));
        let campaign = ids.at(created);
        let audience = audience(office, plan, launched, &mut rng);
        let before = batches.len();
        let total = audience.len().div_ceil(BATCH_SIZE);
        for (place, members) in audience.chunks(BATCH_SIZE).enumerate() {
            batches.push(batch(office, plan, (campaign, launched), (place, total), members, ids));
        }
        let last = batches[before..].iter().filter_map(|batch: &BatchRow| batch.processed_at).max();
        let over = matches!(plan.status, "COMPLETED" | "FAILED");
        campaigns.push(CampaignRow {
            id: campaign,
            created_by_id: office.users[rng.below(2)].id,
            template_id: plan
                .template
                .and_then(|name| row_of(office.templates, name, office.firm.language()))
                .map(|row| row.id),
            name: office.firm.say(plan.spanish, plan.english).to_owned(),
            channel: plan.channel,
            status: plan.status,
            audience: json!({ "isActive": { "eq": true } }),
            scheduled_for: (plan.status != "DRAFT").then_some(launched),
            completed_at: last.filter(|_| over),
            created_at: created,
            updated_at: last.unwrap_or(created),
        });
    }
    (campaigns, batches)
}

/// Who gets it: contacts that existed then and can be reached on the channel.
fn audience<'a>(office: &'a Office<'_>, plan: &Plan, at: DateTime<Utc>, rng: &mut Rng) -> Vec<&'a Person> {
    let known = office.people.partition_point(|person| person.created < at);
    let reachable = |person: &&Person| {
        person.stage != Stage::Lost
            && if plan.channel == "EMAIL" { person.email.is_some() } else { person.phone.is_some() }
    };
    let mut members: Vec<&Person> = office.people[..known].iter().filter(reachable).collect();
    rng.shuffle(&mut members);
    members.truncate(plan.recipients);
    members
}

fn batch(
    office: &Office<'_>,
    plan: &Plan,
    (campaign, launched): (Uuid, DateTime<Utc>),
    (place, total): (usize, usize),
    members: &[&Person],
    ids: &mut Ids,
) -> BatchRow {
    let status = match (plan.status, place) {
        ("RUNNING" | "PAUSED", place) if place < total / 2 => "SENT",
        ("RUNNING", place) if place == total / 2 => "PROCESSING",
        ("CANCELLED", 0) => "SENT",
        ("CANCELLED", _) => "CANCELLED",
        ("FAILED", _) => "FAILED",
        // One batch of a long campaign did not get through.
        ("COMPLETED", 3) => "FAILED",
        ("COMPLETED", _) => "SENT",
        _ => "PENDING",
    };
    let due = launched + Duration::minutes(2 * place as i64);
    let processed = due + Duration::seconds(20 + 7 * place as i64);
    let done = matches!(status, "SENT" | "FAILED");
    let recipient = |person: &&Person| {
        json!({
            "id": person.id,
            "phone": person.phone,
            "name": person.display_name,
            "variables": { "name": person.call_name, "firm": office.firm.name },
        })
    };
    BatchRow {
        id: ids.at(launched),
        campaign_id: campaign,
        batch_number: place + 1,
        total_batches: total,
        contacts: members.iter().map(recipient).collect(),
        status,
        webhook_url: format!("https://hooks.{}/{}", office.firm.domain(), plan.channel.to_lowercase()),
        webhook_payload: plan.template.map(|name| {
            let language = if office.firm.language() == Language::Spanish { "es" } else { "en" };
            json!({ "template": name, "language": language })
        }),
        scheduled_for: Some(due),
        processed_at: done.then_some(processed),
        error_message: (status == "FAILED").then_some("HTTP 503 from the provider"),
        attempts: match status {
            "FAILED" => 3,
            "SENT" | "PROCESSING" => 1,
            _ => 0,
        },
        created_at: launched,
        updated_at: if done { processed } else { launched },
    }
}
