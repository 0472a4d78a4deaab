//! The firms' WhatsApp templates: rows of `whatsapp_templates`, and the texts
//! that conversations and campaigns send.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::firm::{Firm, founded};
use super::ids::Ids;
use super::people::Language;
use super::row::rows;
use super::script::{Words, gaps};

rows! {
    /// A template as the provider keeps it, in one language.
    TemplateRow in "whatsapp_templates" {
        id: Uuid, provider_template_id: Option<String>, name: &'static str, language: &'static str,
        category: &'static str, status: &'static str, header_text: Option<&'static str>, body_text: String,
        footer_text: Option<&'static str>, variables: Value, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
}

/// A template in both languages, its variables written as gaps.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) name: &'static str,
    category: &'static str,
    status: &'static str,
    spanish: &'static str,
    english: &'static str,
}

const fn template(
    name: &'static str,
    category: &'static str,
    status: &'static str,
    spanish: &'static str,
    english: &'static str,
) -> Template {
    Template { name, category, status, spanish, english }
}

/// Every template, in every state the provider knows.
pub(crate) const TEMPLATES: &[Template] = &[
    template(
        "price_drop",
        "MARKETING",
        "APPROVED",
        "Hola {name}, buenas noticias: ha bajado de precio {item}, que te interesaba. Ahora está en {price}. ¿Quieres que te lo reservemos?",
        "Hi {name}, good news: the price of {item} you were interested in has dropped. It's now {price}. Shall we hold it for you?",
    ),
    template(
        "car_ready",
        "UTILITY",
        "APPROVED",
        "Hola {name}, tu {item} ya está matriculado y listo para la entrega. Escríbenos y concretamos día y hora.",
        "Hi {name}, your {item} is registered and ready for collection. Write to us and we'll agree on a day and time.",
    ),
    template(
        "itv_reminder",
        "UTILITY",
        "APPROVED",
        "Hola {name}, te recordamos que este mes caduca la ITV de tu coche. ¿Quieres que te ayudemos a pasarla?",
        "Hi {name}, a reminder that your car's ITV inspection expires this month. Would you like us to help you with it?",
    ),
    template(
        "review_request",
        "MARKETING",
        "APPROVED",
        "Hola {name}, gracias por confiar en {firm}. ¿Qué tal ha ido todo? Nos ayudaría mucho saber tu opinión.",
        "Hi {name}, thank you for choosing {firm}. How did everything go? We'd love to hear what you think.",
    ),
    template(
        "appointment_reminder",
        "UTILITY",
        "APPROVED",
        "Hola {name}, te recordamos tu cita con {firm} {day} a las {time}. Si no puedes venir, responde a este mensaje.",
        "Hi {name}, a reminder of your appointment with {firm} {day} at {time}. If you can't make it, just reply to this message.",
    ),
    template(
        "welcome",
        "UTILITY",
        "APPROVED",
        "Hola {name}, gracias por escribir a {firm}. Te responderemos en cuanto abramos.",
        "Hi {name}, thank you for writing to {firm}. We'll get back to you as soon as we open.",
    ),
    template(
        "autumn_offers",
        "MARKETING",
        "APPROVED",
        "Hola {name}, esta semana en {firm} tenemos novedades que te pueden interesar. ¿Te enviamos una selección?",
        "Hi {name}, this week at {firm} there are new arrivals you may like. Shall we send you a selection?",
    ),
    template(
        "open_day",
        "MARKETING",
        "PENDING",
        "Hola {name}, este sábado celebramos jornada de puertas abiertas en {firm}. ¿Te apuntamos?",
        "Hi {name}, this Saturday is our open day at {firm}. May we put you on the list?",
    ),
    template(
        "last_chance",
        "MARKETING",
        "REJECTED",
        "¡ÚLTIMA OPORTUNIDAD, {name}! Solo hoy, precios irrepetibles en {firm}.",
        "LAST CHANCE, {name}! Today only, unbeatable prices at {firm}.",
    ),
    template(
        "friend_referral",
        "MARKETING",
        "PAUSED",
        "Hola {name}, recomienda {firm} a un amigo y los dos tendréis un detalle.",
        "Hi {name}, recommend {firm} to a friend and there's a present for both of you.",
    ),
    template(
        "login_code",
        "AUTHENTICATION",
        "DISABLED",
        "{code} es tu código para entrar en el área de clientes de {firm}.",
        "{code} is your code for the customer area of {firm}.",
    ),
];

/// The template with this name.
pub(crate) fn named(name: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.name == name)
}

impl Template {
    /// The text in this language, with gaps.
    pub(crate) fn body(&self, language: Language) -> &'static str {
        match language {
            Language::Spanish => self.spanish,
            Language::English => self.english,
        }
    }
}

/// One row per template and language.
pub(crate) fn rows(firm: &Firm, ids: &mut Ids) -> Vec<TemplateRow> {
    let mut rows = Vec::new();
    for (place, template) in TEMPLATES.iter().enumerate() {
        for language in [Language::Spanish, Language::English] {
            let at = founded() + Duration::days(3 + 9 * place as i64);
            let body = template.body(language);
            let variables = gaps(body);
            let mut numbers = Words::default();
            for (number, gap) in variables.iter().enumerate() {
                // Meta numbers the variables of a template.
                let gap = GAPS.iter().find(|known| *known == gap).copied().unwrap_or("name");
                numbers.set(gap, format!("{{{{{}}}}}", number + 1));
            }
            rows.push(TemplateRow {
                id: ids.at(at),
                provider_template_id: (template.status != "PENDING").then(|| {
                    format!(
                        "{}{:02}{:03}",
                        5_714_203_118_i64 + place as i64 * 7_919,
                        place,
                        firm.number * 2 + usize::from(language == Language::English)
                    )
                }),
                name: template.name,
                language: language.code(),
                category: template.category,
                status: template.status,
                header_text: None,
                body_text: numbers.fill(body),
                footer_text: (template.category == "MARKETING").then_some(match language {
                    Language::Spanish => "Responde BAJA para no recibir más mensajes",
                    Language::English => "Reply STOP to opt out",
                }),
                variables: json!(variables),
                created_at: at,
                updated_at: at + Duration::hours(5),
            });
        }
    }
    rows
}

/// The gaps that templates may have.
const GAPS: &[&str] = &["name", "item", "price", "firm", "day", "time", "code"];

/// The row of a template in this language.
pub(crate) fn row_of<'a>(rows: &'a [TemplateRow], name: &str, language: Language) -> Option<&'a TemplateRow> {
    rows.iter().find(|row| row.name == name && row.language == language.code())
}
