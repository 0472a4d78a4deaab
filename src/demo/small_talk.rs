//! What is said in both trades: greetings, call-backs, text messages, voice mail.

use super::script::{Form, Meeting, Part, a, c, template};

/// How customers open their first message, by part of the day.
pub(crate) const MORNING: (&str, &str) =
    ("Hola, buenos días. |Buenos días. |Hola. ", "Good morning. |Hi there. |Hello. ");
/// The same from two o'clock on.
pub(crate) const AFTERNOON: (&str, &str) =
    ("Hola, buenas tardes. |Buenas tardes. |Hola, ¿qué tal? ", "Good afternoon. |Hi. |Hello, ");
/// How the staff opens its first answer.
pub(crate) const ANSWER: (&str, &str) = (
    "Hola {name}, soy {agent} de {firm}. |¡Hola {name}! Te atiende {agent}. |Hola {name}, gracias por escribirnos. ",
    "Hi {name}, this is {agent} from {firm}. |Hello {name}, {agent} here. |Hi {name}, thanks for getting in touch. ",
);

/// How a conversation ends well.
pub(crate) const FAREWELL: Part = Part {
    name: "farewell",
    tag: "",
    visit: None,
    turns: &[
        c(
            "Muchas gracias por la ayuda.|Gracias por todo, {agent}.|Perfecto, eso era todo.",
            "Thank you for your help.|Thanks for everything, {agent}.|Perfect, that was all.",
        ),
        a(
            "¡A ti, {name}! Que tengas buen día.|Para lo que necesites, aquí estamos.|Un saludo, {name}.",
            "You're welcome, {name}! Have a nice day.|We're here if you need anything.|Best wishes, {name}.",
        ),
    ],
};

/// A telephone call is agreed upon.
pub(crate) const CALL_BACK: Part = Part {
    name: "call_back",
    tag: "call_back",
    visit: Some((Meeting::Call, "Llamada: {title}", "Call: {title}")),
    turns: &[
        c(
            "Prefiero que me llaméis y lo hablamos.|¿Me puede llamar alguien? Por escrito me lío.",
            "I'd rather talk on the phone. Could you call me?|Could somebody ring me? It's easier than typing.",
        ),
        a(
            "Claro, ¿te llamo {day} a las {time}?|Sin problema. ¿{Day} a las {time} te pillo bien?",
            "Of course, shall I call you {day} at {time}?|No problem. Is {day} at {time} a good moment?",
        ),
        c("Sí, a esa hora puedo.|Perfecto, estaré pendiente.", "Yes, I can talk then.|Perfect, I'll be waiting."),
        a(
            "Hecho, te llamo {day}.|Apuntado, hablamos {day} a las {time}.",
            "Done, I'll call you {day}.|Noted, we'll talk {day} at {time}.",
        )
        .books(),
    ],
};

/// What is sent by SMS.
pub(crate) const TEXT_MESSAGE: Part = Part {
    name: "text_message",
    tag: "",
    visit: Some((Meeting::InPerson, "Cita en {branch}", "Appointment in {branch}")),
    turns: &[
        template("appointment_reminder").books(),
        c(
            "Confirmado, gracias.|OK, allí estaré.|Sí, voy. ¿Es en {branch}, no?",
            "Confirmed, thanks.|OK, I'll be there.|Yes, I'm coming. It's in {branch}, right?",
        ),
        a(
            "Sí, en {branch}. ¡Hasta entonces!|Gracias por confirmar.",
            "Yes, in {branch}. See you then!|Thanks for confirming.",
        ),
    ],
};

/// What is left on the answering machine; the text is its transcript.
pub(crate) const VOICE_MAIL: Part = Part {
    name: "voice_mail",
    tag: "call_back",
    visit: None,
    turns: &[
        c("Hola, soy {name}. Llamaba por {item}. ¿Me podéis devolver la llamada cuando podáis? Gracias.|Buenas, quería preguntar por {item}, el que tenéis por {price}. Llamadme a este número, por favor.", "Hello, this is {name}. I was calling about {item}. Could you call me back when you can? Thanks.|Hi, I wanted to ask about {item}, the one at {price}. Please call me on this number.").form(Form::Audio),
        a("Le he devuelto la llamada: le interesa {item}, queda en pensarlo.|Llamada devuelta, no contesta. Lo intento mañana.", "Called back: interested in {item}, will think about it.|Called back, no answer. Will try tomorrow."),
    ],
};
