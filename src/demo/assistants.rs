//! The assistants of a firm, what people asked them in the last three months and what that took: rows of `ai_agents`,
//! `ai_agent_permissions`, `chat_sessions`, `chat_threads`, `chat_messages`, `ai_requests`, `model_prices` and
//! `usage_logs`, and the limits of two people in `monthly_usage`. Sums, counters and alerts are the database's own.

use chrono::{DateTime, Datelike, Duration, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::firm::{Firm, UserRow};
use super::ids::Ids;
use super::rng::Rng;
use super::row::rows;

/// How far back chats reach, in days.
const DAYS: i64 = 90;

/// Sittings of one person.
const SITTINGS: i64 = 7;

/// How many questions two of the people may ask in a month.
const LIMIT: i32 = 5;

rows! {
    /// An agent.
    AgentRow in "ai_agents" {
        id: Uuid, created_by_id: Uuid, name: &'static str, slug: &'static str, category: &'static str, model: &'static str,
        system_prompt: &'static str, config: Value, is_public: bool, is_active: bool, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
    /// Somebody who may use an agent.
    PermitRow in "ai_agent_permissions" {
        id: Uuid, user_id: Uuid, agent_id: Uuid, granted_by_id: Uuid, granted_at: DateTime<Utc>, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
    /// A sitting.
    ChatSessionRow in "chat_sessions" {
        id: Uuid, user_id: Uuid, started_at: DateTime<Utc>, last_activity_at: DateTime<Utc>, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
    /// A talk.
    ChatThreadRow in "chat_threads" {
        id: Uuid, user_id: Uuid, session_id: Uuid, agent_id: Uuid, title: &'static str, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
    /// A question or an answer.
    ChatMessageRow in "chat_messages" {
        id: Uuid, user_id: Uuid, thread_id: Uuid, role: &'static str, content: &'static str, tokens_input: i32,
        tokens_output: i32, metadata: Option<Value>, created_at: DateTime<Utc>,
    }
    /// A request for an answer.
    AskedRow in "ai_requests" {
        id: Uuid, user_id: Uuid, source: &'static str, provider: &'static str, request_payload: Value,
        response_payload: Value, status: &'static str, completed_at: DateTime<Utc>, thread_id: Uuid, message_id: Uuid,
        reply_id: Uuid, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// What a model costs.
    PriceRow in "model_prices" {
        id: Uuid, model: &'static str, input_price: &'static str, output_price: &'static str, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
    /// What an answer took.
    UsageRow in "usage_logs" {
        id: Uuid, user_id: Uuid, agent_id: Uuid, thread_id: Uuid, tokens_input: i32, tokens_output: i32,
        model: &'static str, duration: i32, success: bool, occurred_at: DateTime<Utc>, created_at: DateTime<Utc>,
    }
    /// How much somebody may ask.
    MonthRow in "monthly_usage" {
        id: Uuid, user_id: Uuid, year: i32, month: u32, limit_messages: i32, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
}

/// All of these rows.
#[derive(Debug, Default)]
pub(crate) struct Assistants {
    pub(crate) agents: Vec<AgentRow>,
    pub(crate) permits: Vec<PermitRow>,
    pub(crate) sessions: Vec<ChatSessionRow>,
    pub(crate) threads: Vec<ChatThreadRow>,
    pub(crate) messages: Vec<ChatMessageRow>,
    pub(crate) asked: Vec<AskedRow>,
    pub(crate) prices: Vec<PriceRow>,
    pub(crate) usage: Vec<UsageRow>,
    pub(crate) months: Vec<MonthRow>,
}

/// What an agent is for: slug, category, name and instructions in Spanish and English, model, whether public.
type Kind =
    (&'static str, &'static str, (&'static str, &'static str), (&'static str, &'static str), &'static str, bool);

const KINDS: [Kind; 4] = [
    (
        "ventas",
        "sales",
        ("Ayudante de ventas", "Sales assistant"),
        (
            "Ayudas a quien vende: respuestas cortas, amables y sin prometer lo que no está en la ficha.",
            "You help people who sell: short, kind answers, and no promises beyond what is written.",
        ),
        "gpt-4o-mini",
        true,
    ),
    (
        "recepcion",
        "service",
        ("Recepción", "Front desk"),
        (
            "Contestas a preguntas sobre horarios, citas y papeles. Si no lo sabes, dilo.",
            "You answer questions about opening hours, appointments and papers. When you do not know, say so.",
        ),
        "gpt-4o-mini",
        true,
    ),
    (
        "textos",
        "content",
        ("Redacción de anuncios", "Listing writer"),
        (
            "Escribes anuncios de cien palabras con los datos que te dan, sin exageraciones.",
            "You write listings of a hundred words from the facts you are given, without exaggeration.",
        ),
        "gpt-4o",
        false,
    ),
    ("prueba", "other", ("Prueba antigua", "Old trial"), ("Contesta.", "Answer."), "local", true),
];

/// A question and its answer, each in Spanish and in English, and the title of such a talk.
type Talk = ((&'static str, &'static str), (&'static str, &'static str), (&'static str, &'static str));

const TALKS: [Talk; 6] = [
    (
        ("Respuesta a una queja", "Answer to a complaint"),
        (
            "Un cliente se queja de que nadie le llamó el viernes. ¿Cómo le contesto?",
            "A customer complains that nobody called on Friday. How do I answer?",
        ),
        (
            "Discúlpate sin excusas, di cuándo le llamarás y cúmplelo: «Tiene razón, no le llamamos y lo siento. Le llamo hoy a \
             las 17:00 con la respuesta».",
            "Apologise without excuses, say when you will call, and do it: “You are right, we did not call, and I am sorry. I \
             will call today at five with the answer.”",
        ),
    ),
    (
        ("Papeles que faltan", "Missing papers"),
        ("¿Qué papeles pido antes de firmar?", "Which papers do I ask for before we sign?"),
        (
            "Documento de identidad, justificante de ingresos y, si paga con préstamo, la aprobación del banco. Pide los \
             originales el día de la firma.",
            "An identity card, proof of income and, when a loan pays, the bank's approval. Ask for the originals on the day.",
        ),
    ),
    (
        ("Seguimiento de visita", "After a visit"),
        (
            "Escribe un mensaje corto para quien vino ayer y no ha contestado.",
            "Write a short message to somebody who came yesterday and has not answered.",
        ),
        (
            "«Hola, gracias por venir ayer. ¿Le ha quedado alguna duda? Si quiere, lo vemos otra vez esta semana».",
            "“Hello, thank you for coming yesterday. Is anything unclear? If you like, we can look at it again this week.”",
        ),
    ),
    (
        ("Precio negociable", "Room to negotiate"),
        ("¿Hasta dónde puedo bajar sin preguntar?", "How far may I go down without asking?"),
        (
            "Hasta un dos por ciento según la norma de la casa. Más allá, pide permiso y ofrece antes algo que no sea dinero.",
            "Two per cent by the rule of the house. Beyond that ask first, and offer something other than money before.",
        ),
    ),
    (
        ("Título para un anuncio", "Title of a listing"),
        ("Dame tres títulos para el anuncio nuevo.", "Give me three titles for the new listing."),
        (
            "1. Listo para estrenar. 2. El que buscabas, a diez minutos. 3. Revisado, con garantía y sin sorpresas.",
            "1. Ready to go. 2. The one you were looking for, ten minutes away. 3. Checked, guaranteed, no surprises.",
        ),
    ),
    (
        ("Resumen de la semana", "Summary of the week"),
        ("Resume qué debo mirar el lunes.", "Sum up what I should look at on Monday."),
        (
            "Tres citas sin confirmar, dos presupuestos que caducan el martes y una reclamación abierta.",
            "Three appointments without confirmation, two quotes that end on Tuesday, and one open complaint.",
        ),
    ),
];

/// What this firm has asked.
pub(crate) fn assistants(firm: &Firm, users: &[UserRow], ids: &mut Ids, today: DateTime<Utc>) -> Assistants {
    let mut all = Assistants::default();
    let began = today - Duration::days(DAYS + 10);
    let Some(maker) = users.first() else { return all };
    all.agents = agents(firm, maker.id, began, ids);
    all.prices = [("gpt-4o-mini", "0.15", "0.60"), ("gpt-4o", "2.50", "10.00"), ("local", "0", "0")]
        .map(|(model, input_price, output_price)| PriceRow {
            id: ids.at(began),
            model,
            input_price,
            output_price,
            created_at: began,
            updated_at: began,
        })
        .to_vec();
    let writer = all.agents.get(2).map(|agent| agent.id);
    // The clerk and one who sells may write listings.
    all.permits = users
        .iter()
        .skip(1)
        .take(2)
        .zip(writer.into_iter().cycle())
        .map(|(user, agent_id)| PermitRow {
            id: ids.at(began),
            user_id: user.id,
            agent_id,
            granted_by_id: maker.id,
            granted_at: began,
            created_at: began,
            updated_at: began,
        })
        .collect();
    let mut rng = Rng::for_subject(firm.number, "assistants");
    for (place, user) in users.iter().enumerate().filter(|(_, user)| user.is_active).take(6) {
        // The first three may use the agent that is not public.
        let known = if place < 3 { 3 } else { 2 };
        if (2..4).contains(&place) {
            let at = today - Duration::days(DAYS);
            let (id, month) = (ids.at(at), at.date_naive());
            all.months.push(MonthRow {
                id,
                user_id: user.id,
                year: month.year(),
                month: month.month(),
                limit_messages: LIMIT,
                created_at: at,
                updated_at: at,
            });
        }
        for sitting in 0..SITTINGS {
            let day = DAYS - sitting * DAYS / SITTINGS - rng.between(0, 4);
            let at = today - Duration::days(day.max(1)) + Duration::minutes(rng.between(-150, 150));
            sit((firm, user.id, rng.below(known)), at, (&mut all, &mut rng, &mut *ids));
        }
    }
    all.messages.sort_by_key(|row| row.created_at);
    all.usage.sort_by_key(|row| row.occurred_at);
    all
}

fn agents(firm: &Firm, maker: Uuid, began: DateTime<Utc>, ids: &mut Ids) -> Vec<AgentRow> {
    let agent = |(slug, category, name, instructions, model, is_public): Kind| AgentRow {
        id: ids.at(began),
        created_by_id: maker,
        name: firm.say(name.0, name.1),
        slug,
        category,
        model,
        system_prompt: firm.say(instructions.0, instructions.1),
        config: json!({ "temperature": 0.4, "max_tokens": 600 }),
        is_public,
        is_active: slug != "prueba",
        created_at: began,
        updated_at: began,
    };
    KINDS.map(agent).to_vec()
}

/// One sitting of a user with an agent: one talk of one or two questions.
fn sit(
    (firm, user_id, agent): (&Firm, Uuid, usize),
    at: DateTime<Utc>,
    (all, rng, ids): (&mut Assistants, &mut Rng, &mut Ids),
) {
    let Some((agent_id, model)) = all.agents.get(agent).map(|agent| (agent.id, agent.model)) else { return };
    let (session_id, thread_id) = (ids.at(at), ids.at(at));
    let first = rng.below(TALKS.len());
    all.sessions.push(ChatSessionRow {
        id: session_id,
        user_id,
        started_at: at,
        last_activity_at: at,
        created_at: at,
        updated_at: at,
    });
    let title = TALKS.get(first).map_or("", |(title, ..)| firm.say(title.0, title.1));
    all.threads.push(ChatThreadRow {
        id: thread_id,
        user_id,
        session_id,
        agent_id,
        title,
        created_at: at,
        updated_at: at,
    });
    for turn in 0..1 + rng.below(2) {
        let Some((_, question, answer)) = TALKS.get((first + turn) % TALKS.len()) else { continue };
        let (question, answer) = (firm.say(question.0, question.1), firm.say(answer.0, answer.1));
        let asked_at = at + Duration::minutes(3 * i64::try_from(turn).unwrap_or(0));
        let took = rng.between(900, 3_200);
        let answered_at = asked_at + Duration::milliseconds(took);
        let count = |text: &str| i32::try_from(text.len().div_ceil(4)).unwrap_or(i32::MAX);
        let (read, written) = (40 + count(question), count(answer));
        let (message_id, reply_id) = (ids.at(asked_at), ids.at(answered_at));
        let said = |id, role, content, tokens: (i32, i32), metadata, created_at| ChatMessageRow {
            id,
            user_id,
            thread_id,
            role,
            content,
            tokens_input: tokens.0,
            tokens_output: tokens.1,
            metadata,
            created_at,
        };
        let metadata = json!({ "model": model, "provider": "OPENAI", "finishReason": "STOP", "durationMs": took });
        all.messages.push(said(message_id, "USER", question, (0, 0), None, asked_at));
        all.messages.push(said(reply_id, "ASSISTANT", answer, (read, written), Some(metadata), answered_at));
        all.asked.push(AskedRow {
            id: ids.at(asked_at),
            user_id,
            source: "CHAT",
            provider: "OPENAI",
            request_payload: json!({ "model": model, "temperature": 0.4, "maxTokens": 600 }),
            response_payload: json!({
                "model": model, "finishReason": "STOP", "tokensInput": read, "tokensOutput": written,
            }),
            status: "COMPLETED",
            completed_at: answered_at,
            thread_id,
            message_id,
            reply_id,
            created_at: asked_at,
            updated_at: answered_at,
        });
        all.usage.push(UsageRow {
            id: ids.at(answered_at),
            user_id,
            agent_id,
            thread_id,
            tokens_input: read,
            tokens_output: written,
            model,
            duration: i32::try_from(took).unwrap_or(i32::MAX),
            success: true,
            occurred_at: answered_at,
            created_at: answered_at,
        });
    }
}
