//! What stands beside daily business: questions to the support, connections to other systems, looks at homes.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::firm::{Firm, UserRow};
use super::homes::PropertyRow;
use super::ids::Ids;
use super::rng::Rng;
use super::row::rows;

rows! {
    /// A question to the support.
    TicketRow in "support_tickets" {
        id: Uuid, user_id: Uuid, assigned_to_id: Option<Uuid>, title: &'static str, description: &'static str,
        category: &'static str, priority: &'static str, status: &'static str, ai_suggestion: Option<&'static str>,
        ai_resolved: bool, resolved_at: Option<DateTime<Utc>>, waiting_since: Option<DateTime<Utc>>,
        created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// Something said about one.
    TicketMessageRow in "support_messages" {
        id: Uuid, ticket_id: Uuid, author_id: Option<Uuid>, content: &'static str, is_ai: bool,
        attachments: Option<Value>, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A connection to another system.
    IntegrationRow in "integrations" {
        id: Uuid, user_id: Option<Uuid>, provider: &'static str, scopes: Option<&'static str>, is_active: bool,
        last_sync_at: Option<DateTime<Utc>>, consecutive_failures: i64, last_failure: Option<&'static str>,
        alerted_at: Option<DateTime<Utc>>, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// When it is synchronized.
    SyncSettingsRow in "integration_sync_settings" {
        id: Uuid, integration_id: Uuid, is_enabled: bool, direction: &'static str, interval_minutes: i64,
        field_mapping: Option<Value>, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// What came of a sync.
    SyncLogRow in "sync_logs" {
        id: Uuid, integration_id: Uuid, last_sync_at: DateTime<Utc>, finished_at: DateTime<Utc>, items_synced: i64,
        status: &'static str, error_message: Option<&'static str>, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
    /// Looks at a home on one day.
    LookRow in "analytics_events" {
        id: Uuid, entity_type: &'static str, entity_id: String, metric_type: &'static str, value: i64,
        user_id: Option<Uuid>, occurred_at: DateTime<Utc>, created_at: DateTime<Utc>,
    }
}

/// All of it.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) tickets: Vec<TicketRow>,
    pub(crate) messages: Vec<TicketMessageRow>,
    pub(crate) integrations: Vec<IntegrationRow>,
    pub(crate) settings: Vec<SyncSettingsRow>,
    pub(crate) logs: Vec<SyncLogRow>,
    pub(crate) looks: Vec<LookRow>,
}

/// A question: category, priority, state, title, text, the assistant's suggestion, the staff's answer; texts in Spanish
/// and English.
struct Question {
    kind: (&'static str, &'static str, &'static str),
    title: (&'static str, &'static str),
    text: (&'static str, &'static str),
    suggestion: (&'static str, &'static str),
    answer: Option<(&'static str, &'static str)>,
}

const QUESTIONS: &[Question] = &[
    Question {
        kind: ("TECHNICAL", "NORMAL", "RESOLVED"),
        title: ("No veo mis conversaciones de ayer", "I cannot see yesterday's conversations"),
        text: (
            "La lista empieza hoy. ¿Dónde están las anteriores?",
            "The list begins with today. Where are the older ones?",
        ),
        suggestion: (
            "Quite el filtro «Hoy» en la parte superior de la bandeja; se guarda por usuario.",
            "Take off the filter \"Today\" above the inbox; it is remembered for each user.",
        ),
        answer: Some(("Era el filtro, como dice el asistente.", "It was the filter, as the assistant says.")),
    },
    Question {
        kind: ("BILLING", "LOW", "WAITING_ON_USER"),
        title: ("Factura a otra dirección", "Invoice to another address"),
        text: ("Nos hemos mudado. ¿Pueden cambiar la dirección?", "We have moved. Can you change the address?"),
        suggestion: (
            "La dirección de facturación la cambia quien administra la cuenta.",
            "Whoever administers the account changes the billing address.",
        ),
        answer: Some(("¿Nos manda la dirección completa, por favor?", "Would you send us the whole address, please?")),
    },
    Question {
        kind: ("TECHNICAL", "HIGH", "IN_PROGRESS"),
        title: ("Las plantillas de WhatsApp se quedan pendientes", "WhatsApp templates stay pending"),
        text: (
            "Llevan dos días en revisión y la campaña sale el lunes.",
            "They have been under review for two days, and the campaign leaves on Monday.",
        ),
        suggestion: (
            "La revisión la hace WhatsApp y suele tardar un día. Compruebe que no llevan enlaces acortados.",
            "WhatsApp reviews them, usually within a day. Make sure that there are no shortened links in them.",
        ),
        answer: Some(("Lo hemos preguntado a WhatsApp.", "We have asked WhatsApp about it.")),
    },
    Question {
        kind: ("FEATURE_REQUEST", "LOW", "OPEN"),
        title: ("Exportar el calendario", "Export the calendar"),
        text: ("Nos vendría bien verlo en el móvil.", "It would help us to see it on the phone."),
        suggestion: (
            "Conecte su calendario de Google en Ajustes, Conexiones.",
            "Connect your Google calendar under Settings, Connections.",
        ),
        answer: None,
    },
    Question {
        kind: ("ACCOUNT", "URGENT", "ESCALATED"),
        title: ("Una compañera no puede entrar", "A colleague cannot sign in"),
        text: ("El enlace del correo dice que ha caducado.", "The link in the mail says that it has expired."),
        suggestion: (
            "Pida otro enlace con «He olvidado mi contraseña»; cada uno vale una hora.",
            "Ask for another link with \"Forgot my password\"; each is good for an hour.",
        ),
        answer: None,
    },
];

/// Tells it for a firm.
pub(crate) fn desk(
    firm: &Firm,
    (users, properties): (&[UserRow], &[PropertyRow]),
    ids: &mut Ids,
    today: DateTime<Utc>,
) -> Desk {
    let (tickets, messages) = tickets(firm, users, ids, today);
    let (integrations, settings, logs) = connections(users, ids, today);
    Desk { tickets, messages, integrations, settings, logs, looks: looks(firm, properties, ids, today) }
}

fn tickets(
    firm: &Firm,
    users: &[UserRow],
    ids: &mut Ids,
    today: DateTime<Utc>,
) -> (Vec<TicketRow>, Vec<TicketMessageRow>) {
    let (mut tickets, mut messages) = (Vec::new(), Vec::new());
    let Some(staff) = users.iter().find(|user| user.role == "ADMIN" && user.is_active) else {
        return (tickets, messages);
    };
    let askers: Vec<_> = users.iter().filter(|user| user.role == "AGENT" && user.is_active).collect();
    let Some(askers) = (!askers.is_empty()).then_some(askers) else { return (tickets, messages) };
    for (place, question) in QUESTIONS.iter().enumerate() {
        let (category, priority, status) = question.kind;
        let at = today - Duration::hours(9 + 31 * (QUESTIONS.len() - place) as i64);
        let id = ids.at(at);
        let asker = askers[place % askers.len()];
        let suggestion = firm.say(question.suggestion.0, question.suggestion.1);
        let is_waiting = matches!(status, "OPEN" | "IN_PROGRESS" | "ESCALATED");
        tickets.push(TicketRow {
            id,
            user_id: asker.id,
            assigned_to_id: question.answer.map(|_| staff.id),
            title: firm.say(question.title.0, question.title.1),
            description: firm.say(question.text.0, question.text.1),
            category,
            priority,
            status,
            ai_suggestion: Some(suggestion),
            ai_resolved: status == "RESOLVED",
            resolved_at: (status == "RESOLVED").then(|| at + Duration::minutes(55)),
            waiting_since: is_waiting.then_some(at),
            created_at: at,
            updated_at: at,
        });
        let mut say = |minutes, author: Option<Uuid>, content, attachments| {
            let at = at + Duration::minutes(minutes);
            let (id, is_ai) = (ids.at(at), author.is_none());
            messages.push(TicketMessageRow {
                id,
                ticket_id: tickets[place].id,
                author_id: author,
                content,
                is_ai,
                attachments,
                created_at: at,
                updated_at: at,
            });
        };
        say(1, None, suggestion, None);
        if let Some((spanish, english)) = question.answer {
            let paper = json!([{
                "name": "guide.pdf", "url": format!("https://help.{}/guide.pdf", firm.domain()),
                "mimeType": "application/pdf", "size": 48_213,
            }]);
            let paper = (category == "TECHNICAL").then_some(paper);
            say(42, Some(staff.id), firm.say(spanish, english), paper);
        }
    }
    (tickets, messages)
}

/// None of them has a token, since nobody gave one: they show what was and what can be connected again.
fn connections(
    users: &[UserRow],
    ids: &mut Ids,
    today: DateTime<Utc>,
) -> (Vec<IntegrationRow>, Vec<SyncSettingsRow>, Vec<SyncLogRow>) {
    let begun = today - Duration::days(40);
    let failed = today - Duration::days(2);
    let connection = |id, user_id, provider, scopes| IntegrationRow {
        id,
        user_id,
        provider,
        scopes: Some(scopes),
        is_active: false,
        last_sync_at: None,
        consecutive_failures: 0,
        last_failure: None,
        alerted_at: None,
        created_at: begun,
        updated_at: begun,
    };
    let shared = IntegrationRow {
        last_sync_at: Some(failed - Duration::hours(3)),
        consecutive_failures: 3,
        last_failure: Some("CODE_REFUSED"),
        alerted_at: Some(failed),
        updated_at: failed,
        ..connection(ids.at(begun), None, "HUBSPOT", "crm.objects.contacts.read crm.objects.contacts.write")
    };
    let settings = SyncSettingsRow {
        id: ids.at(begun),
        integration_id: shared.id,
        is_enabled: true,
        direction: "BOTH",
        interval_minutes: 60,
        field_mapping: Some(json!({ "firstName": "firstname", "lastName": "lastname" })),
        created_at: begun,
        updated_at: begun,
    };
    let logs = (0..12)
        .map(|hour| {
            let at = failed - Duration::hours(11 - hour);
            let (status, message) = match hour {
                9.. => ("FAILED", Some("The other system does not renew our access any more. Connect it again.")),
                4 => ("PARTIAL", Some("1 contacts do not fit or are known by nothing, and were left out.")),
                _ => ("SUCCESS", None),
            };
            SyncLogRow {
                id: ids.at(at),
                integration_id: shared.id,
                last_sync_at: at,
                finished_at: at + Duration::seconds(7 + hour),
                items_synced: if status == "FAILED" { 0 } else { 3 * hour },
                status,
                error_message: message,
                created_at: at,
                updated_at: at,
            }
        })
        .collect();
    let owner = users.iter().find(|user| user.role == "AGENT" && user.is_active).map(|user| user.id);
    let own = owner.map(|owner| connection(ids.at(begun), Some(owner), "GOOGLE_CALENDAR", "calendar.events"));
    (own.into_iter().chain([shared]).collect(), vec![settings], logs)
}

/// How often homes were looked at, week by week since they are on offer, a quarter of a year at most.
fn looks(firm: &Firm, properties: &[PropertyRow], ids: &mut Ids, today: DateTime<Utc>) -> Vec<LookRow> {
    let mut rng = Rng::for_subject(firm.number, "looks");
    let mut rows = Vec::new();
    for property in properties {
        let mut at = property.created_at.max(today - Duration::days(90)) + Duration::hours(rng.between(1, 150));
        while at < today {
            rows.push(LookRow {
                id: ids.at(at),
                entity_type: "Property",
                entity_id: format!("property_{}", property.id),
                metric_type: "VIEW",
                value: rng.between(1, 40),
                user_id: None,
                occurred_at: at,
                created_at: at,
            });
            at += Duration::days(7);
        }
    }
    rows
}
