//! What people of a firm let their assistants know, and what these made for them: rows of `rag_documents`,
//! `rag_settings` and `artifacts`. The documents are indexed by the first worker that runs.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::firm::{Firm, UserRow};
use super::ids::Ids;
use super::row::rows;

rows! {
    /// A text in which assistants look things up.
    DocumentRow in "rag_documents" {
        id: Uuid, user_id: Uuid, title: &'static str, source: &'static str, content: &'static str, tags: String,
        created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// How somebody wants documents to be searched.
    SettingsRow in "rag_settings" {
        id: Uuid, user_id: Uuid, top_k: i32, threshold: f64, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// Something that an assistant made.
    ArtifactRow in "artifacts" {
        id: Uuid, user_id: Uuid, parent_id: Option<Uuid>, name: &'static str, r#type: &'static str, content: String,
        metadata: Value, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
}

/// All of these rows.
#[derive(Debug, Default)]
pub(crate) struct Knowledge {
    pub(crate) documents: Vec<DocumentRow>,
    pub(crate) settings: Vec<SettingsRow>,
    pub(crate) artifacts: Vec<ArtifactRow>,
}

/// Title, tag and text, in Spanish and in English.
type Text = ((&'static str, &'static str), &'static str, (&'static str, &'static str));

const TEXTS: [Text; 4] = [
    (
        ("Garantía", "Warranty"),
        "legal",
        (
            "La garantía dura dos años o cuarenta mil kilómetros, lo que llegue antes. Cubre motor, caja de cambios y \
             electrónica. No cubre neumáticos, frenos ni el desgaste normal.\n\nPara usarla basta con llamar al taller y dar \
             el número de la factura.",
            "The warranty lasts two years or forty thousand kilometres, whichever comes first. It covers the engine, the \
             gearbox and the electronics. It does not cover tyres, brakes or usual wear.\n\nTo use it, call the workshop and \
             give the number of the invoice.",
        ),
    ),
    (
        ("Horario y contacto", "Opening hours"),
        "office",
        (
            "Abrimos de lunes a viernes de nueve a dos y de cuatro a siete, los sábados de diez a una. En agosto solo por la \
             mañana. Fuera de horario contesta el buzón, y llamamos al día siguiente.",
            "We are open from Monday to Friday from nine to two and from four to seven, on Saturdays from ten to one. In \
             August in the morning only. At other times the mailbox answers, and we call back the next day.",
        ),
    ),
    (
        ("Formas de pago", "Ways to pay"),
        "sales",
        (
            "Se paga por transferencia o con financiación hasta setenta y dos meses. La reserva es de quinientos euros y se \
             devuelve si la operación no sale. No aceptamos más de mil euros en efectivo.",
            "Payment is by bank transfer or in up to seventy-two instalments. The deposit is five hundred and is given back \
             when the deal falls through. We take no more than one thousand in cash.",
        ),
    ),
    (
        ("Visitas", "Viewings"),
        "sales",
        (
            "Las visitas y pruebas se piden con un día de antelación. Duran media hora. Hay que traer el documento de \
             identidad, y para probar un coche también el carné.",
            "Viewings and test drives are booked a day ahead. They take half an hour. Bring your identity card, and for a \
             test drive your driving license as well.",
        ),
    ),
];

/// What the first people of the firm have.
pub(crate) fn knowledge(firm: &Firm, users: &[UserRow], ids: &mut Ids, today: DateTime<Utc>) -> Knowledge {
    let mut made = Knowledge::default();
    let people = users.iter().filter(|user| user.is_active && user.role != "CLIENT").take(3);
    for (place, owner) in people.enumerate() {
        let began = today - Duration::days(40 - 6 * place as i64);
        made.settings.push(SettingsRow {
            id: ids.at(began),
            user_id: owner.id,
            top_k: 4,
            // What vectors are made of without a model of a service are words: nothing is very near to a question.
            threshold: 0.25,
            created_at: began,
            updated_at: began,
        });
        for (number, (title, tag, text)) in TEXTS.iter().enumerate() {
            let at = began + Duration::minutes(7 * (number as i64 + 1));
            made.documents.push(DocumentRow {
                id: ids.at(at),
                user_id: owner.id,
                title: firm.say(title.0, title.1),
                source: "PASTE",
                content: firm.say(text.0, text.1),
                tags: format!("{{{tag}}}"),
                created_at: at,
                updated_at: at,
            });
        }
        artifacts(&mut made.artifacts, firm, owner, ids, began + Duration::hours(3));
    }
    made
}

/// A text in two versions, and a table.
fn artifacts(made: &mut Vec<ArtifactRow>, firm: &Firm, owner: &UserRow, ids: &mut Ids, began: DateTime<Utc>) {
    let mut add = |parent_id, (name, ty), content: String, metadata, minutes| {
        let at = began + Duration::minutes(minutes);
        let id = ids.at(at);
        made.push(ArtifactRow {
            id,
            user_id: owner.id,
            parent_id,
            name,
            r#type: ty,
            content,
            metadata,
            created_at: at,
            updated_at: at,
        });
        id
    };
    let offer = (firm.say("Carta de oferta", "Letter of offer"), "MARKDOWN");
    let language = firm.say("es", "en");
    let letter = |last: &str| {
        format!(
            "# {}\n\n{}\n\n{last}\n\n{}",
            offer.0,
            firm.say("Estimada clienta:", "Dear customer,"),
            owner.display_name
        )
    };
    let first = letter(firm.say("Le enviamos nuestra mejor oferta.", "Here is our best offer."));
    let second = letter(firm.say(
        "Le enviamos nuestra mejor oferta, válida durante quince días.",
        "Here is our best offer, which stands for fifteen days.",
    ));
    let parent = add(None, offer, first, json!({ "language": language, "words": 9 }), 0);
    add(Some(parent), offer, second, json!({ "language": language, "words": 13 }), 12);
    let table = (firm.say("Llamadas de la semana", "Calls of the week"), "TABLE");
    add(
        None,
        table,
        "day,calls\nMon,12\nTue,9\nWed,15\n".to_owned(),
        json!({ "columns": ["day", "calls"], "rows": 3 }),
        50,
    );
}
