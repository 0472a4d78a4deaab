//! Replies that are written once and used often: rows of `canned_replies`.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::firm::{Firm, Trade, UserRow, founded};
use super::ids::Ids;
use super::row::rows;
use super::teams::TeamRow;

rows! {
    /// A reply.
    ReplyRow in "canned_replies" {
        id: Uuid, scope: &'static str, owner_id: Option<Uuid>, team_id: Option<Uuid>, short_code: &'static str,
        content: &'static str, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
}

/// Short code and text, Spanish and English.
type ReplyText = ((&'static str, &'static str), (&'static str, &'static str));

const EVERYBODYS: &[ReplyText] = &[
    (
        ("hola", "Hola {{contact.firstName}}, soy {{agent.firstName}} de {{business.name}}. ¿En qué te puedo ayudar?"),
        ("hello", "Hi {{contact.firstName}}, this is {{agent.firstName}} from {{business.name}}. How can I help?"),
    ),
    (
        ("horario", "Abrimos de lunes a viernes de 9:00 a 20:00, y los sábados por la mañana."),
        ("hours", "We are open from Monday to Friday, 9:00 to 20:00, and on Saturday mornings."),
    ),
    (
        ("gracias", "¡Gracias, {{contact.firstName}}! Que tengas un buen día."),
        ("thanks", "Thank you, {{contact.firstName}}! Have a good day."),
    ),
    (
        ("espera", "Lo pregunto y te digo algo hoy mismo, {{contact.firstName}}."),
        ("wait", "Let me ask; I will get back to you today, {{contact.firstName}}."),
    ),
];

const OF_CARS: ReplyText = (
    ("prueba", "¿Qué día te viene bien para probarlo? Tarda una media hora; trae el carné de conducir."),
    ("drive", "Which day suits you for a test drive? It takes half an hour; please bring your licence."),
);

const OF_HOMES: ReplyText = (
    ("visita", "¿Qué día te viene bien para verlo? La visita dura unos veinte minutos."),
    ("viewing", "Which day suits you for a viewing? It takes about twenty minutes."),
);

const ONES_OWN: ReplyText = (
    ("yo", "Te atiende {{agent.displayName}}. Cualquier cosa, escríbeme por aquí."),
    ("me", "This is {{agent.displayName}}. Write to me here whenever you like."),
);

/// The firm's replies: for everybody, for the team of the first branch, and one agent's own.
pub(crate) fn replies(firm: &Firm, teams: &[TeamRow], users: &[UserRow], ids: &mut Ids) -> Vec<ReplyRow> {
    let at = founded() + Duration::days(30);
    let mut reply = |text: &ReplyText, scope, owner_id, team_id| ReplyRow {
        id: ids.at(at),
        scope,
        owner_id,
        team_id,
        short_code: firm.say(text.0.0, text.1.0),
        content: firm.say(text.0.1, text.1.1),
        created_at: at,
        updated_at: at,
    };
    let mut rows: Vec<_> = EVERYBODYS.iter().map(|text| reply(text, "TENANT", None, None)).collect();
    if let Some(team) = teams.get(1) {
        let text = if firm.trade == Trade::Dealership { &OF_CARS } else { &OF_HOMES };
        rows.push(reply(text, "TEAM", None, Some(team.id)));
    }
    if let Some(agent) = users.iter().find(|user| user.role == "AGENT" && user.is_active) {
        rows.push(reply(&ONES_OWN, "MINE", Some(agent.id), None));
    }
    rows
}
