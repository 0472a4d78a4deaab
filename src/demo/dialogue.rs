//! Plays the scripts: turns the parts of a conversation into messages with
//! their times, and notes the appointments that are made on the way.

use chrono::{DateTime, Datelike, Duration, Timelike, Utc};

use super::clock::{awake, local, next_open, working};
use super::diary::{Diary, Visit};
use super::people::Language;
use super::rng::Rng;
use super::script::{Form, Part, Side, Turn, Words};
use super::small_talk::{AFTERNOON, ANSWER, FAREWELL, MORNING};
use super::templates;

/// A message before it becomes a row.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// None: the system.
    pub(crate) side: Option<Side>,
    pub(crate) form: Form,
    pub(crate) text: String,
    pub(crate) at: DateTime<Utc>,
    /// Key of the tag that its part of the script asks for; empty for none.
    pub(crate) tag: &'static str,
    /// Name of the template that was sent.
    pub(crate) template: Option<&'static str>,
}

/// A part of a script and the moment before which it does not begin.
pub(crate) type Cue = (&'static Part, Option<DateTime<Utc>>);

/// Who talks, where, and about what.
pub(crate) struct Scene<'a> {
    pub(crate) language: Language,
    pub(crate) channel: &'static str,
    pub(crate) words: Words,
    pub(crate) person: usize,
    pub(crate) agent: usize,
    pub(crate) start: DateTime<Utc>,
    pub(crate) today: DateTime<Utc>,
    pub(crate) diary: &'a mut Diary,
}

/// Everything that has been said by `today`, oldest first.
pub(crate) fn play(scene: &mut Scene<'_>, cues: &[Cue], rng: &mut Rng) -> (Vec<Line>, Vec<Visit>) {
    let (mut lines, mut visits): (Vec<Line>, Vec<Visit>) = (Vec::new(), Vec::new());
    let mut not_before = scene.start;
    for (part, earliest) in cues {
        let mut date = None;
        let number = rng.below(6);
        // Whoever says goodbye does so at once.
        let mut opening = part.name != FAREWELL.name;
        if let Some(earliest) = earliest {
            not_before = not_before.max(*earliest);
        }
        for turn in part.turns {
            let at = when(scene, &lines, (part, turn), opening, not_before, rng);
            if at > scene.today {
                return (lines, visits);
            }
            let wording = match turn.form {
                Form::Template => templates::named(turn.spanish).map_or("", |found| found.body(scene.language)),
                _ => turn.wording(scene.language, number),
            };
            if part.visit.is_some() && date.is_none() && mentions_date(wording) {
                let (low, high) = rng.weighted(&[(70, (1, 4)), (30, (5, 12))]);
                // Never before both had time to agree on it, a weekend included.
                let agreed = next_open(at + Duration::hours(20)) + Duration::hours(2);
                let wanted = working(at + Duration::days(rng.between(low, high)), rng).max(agreed);
                date = Some(scene.diary.reserve(scene.agent, wanted));
            }
            if let Some(date) = date {
                let word = day_word(at, date, scene.language);
                let mut first = word.chars();
                let capital: String = first.next().into_iter().flat_map(char::to_uppercase).chain(first).collect();
                scene.words.set("Day", capital);
                scene.words.set("day", word);
                scene.words.set("time", local(date).format("%H:%M").to_string());
            }
            let text = format!("{}{}", greeting(scene, &lines, turn, at, rng), scene.words.fill(wording));
            let template = (turn.form == Form::Template).then_some(turn.spanish);
            lines.push(Line {
                side: Some(turn.side),
                form: turn.form,
                text: letter(scene, turn, text),
                at,
                tag: part.tag,
                template,
            });
            if let (true, Some((meeting, spanish, english)), Some(date)) = (turn.books, part.visit, date) {
                let title = if scene.language == Language::Spanish { spanish } else { english };
                visits.push(Visit {
                    person: scene.person,
                    agent: scene.agent,
                    at: date,
                    booked: at,
                    meeting,
                    title: scene.words.fill(title),
                });
                not_before = date + Duration::hours(2);
            }
            opening = false;
        }
    }
    (lines, visits)
}

fn mentions_date(wording: &str) -> bool {
    wording.contains("{day}") || wording.contains("{Day}") || wording.contains("{time}")
}

/// When the turn is said: people answer in minutes, sometimes in hours; the
/// staff answers while the firm is open; nobody writes at night.
fn when(
    scene: &Scene<'_>,
    lines: &[Line],
    (part, turn): (&Part, &Turn),
    opening: bool,
    not_before: DateTime<Utc>,
    rng: &mut Rng,
) -> DateTime<Utc> {
    let Some(last) = lines.last() else {
        return if turn.side == Side::Staff { next_open(scene.start) } else { awake(scene.start, rng) };
    };
    let minutes = if turn.later {
        rng.between(17 * 60, 60 * 60)
    } else if opening {
        rng.weighted(&[(3, 25), (3, 190), (4, 1_440), (2, 3_700)]) + rng.between(1, 240)
    } else if last.side == Some(turn.side) {
        rng.between(1, 3)
    } else if turn.side == Side::Customer {
        // Nobody lets the hour of an appointment pass before answering.
        let overnight = if part.visit.is_some() { 0 } else { 5 };
        rng.weighted(&[(55, 0), (25, 7), (15, 70), (overnight, 1_100)]) + rng.between(1, 9)
    } else {
        rng.weighted(&[(60, 0), (30, 12), (10, 65)]) + rng.between(1, 12)
    };
    let mut at = last.at + Duration::seconds(minutes * 60 + rng.between(0, 59));
    if opening {
        at = at.max(not_before + Duration::minutes(rng.between(3, 90)));
    }
    match turn.side {
        Side::Customer => awake(at, rng),
        Side::Staff => {
            let mut open = next_open(at);
            if open > at {
                open += Duration::seconds(rng.between(40, 2_400));
            }
            let spoken = lines.iter().rev().find(|line| line.side == Some(Side::Customer));
            match spoken {
                // WhatsApp lets a firm write freely for 24 hours only, so somebody
                // answers in time even on a Sunday.
                Some(spoken) if scene.channel == "WHATSAPP" && turn.form != Form::Template => {
                    open.min(spoken.at + Duration::minutes(22 * 60 + 30)).max(last.at + Duration::seconds(40))
                }
                _ => open,
            }
        }
    }
}

fn greeting(scene: &Scene<'_>, lines: &[Line], turn: &Turn, at: DateTime<Utc>, rng: &mut Rng) -> String {
    let first_of_side = lines.iter().all(|line| line.side != Some(turn.side));
    if !first_of_side || turn.form != Form::Text || scene.channel == "EMAIL" || scene.channel == "CALL" {
        return String::new();
    }
    let (spanish, english) = match turn.side {
        Side::Customer if local(at).hour() < 14 => MORNING,
        Side::Customer => AFTERNOON,
        // Whoever greets in the script already is not given a second greeting.
        Side::Staff if turn.spanish.starts_with("Hola") || turn.spanish.starts_with("¿Qué tal") => {
            return String::new();
        }
        Side::Staff => ANSWER,
    };
    let wordings = if scene.language == Language::Spanish { spanish } else { english };
    let wordings: Vec<&str> = wordings.split('|').collect();
    scene.words.fill(rng.pick(&wordings))
}

/// E-mails have a salutation and a signature.
fn letter(scene: &Scene<'_>, turn: &Turn, text: String) -> String {
    if scene.channel != "EMAIL" {
        return text;
    }
    let form = match (scene.language, turn.side) {
        (Language::Spanish, Side::Customer) => "Hola:\n\n{text}\n\nUn saludo,\n{full_name}",
        (Language::Spanish, Side::Staff) => "Hola, {name}:\n\n{text}\n\nUn saludo,\n{agent}\n{firm} · {branch}",
        (Language::English, Side::Customer) => "Hello,\n\n{text}\n\nKind regards,\n{full_name}",
        (Language::English, Side::Staff) => "Dear {name},\n\n{text}\n\nKind regards,\n{agent}\n{firm} · {branch}",
    };
    let mut words = scene.words.clone();
    words.set("text", text);
    words.fill(form)
}

/// How one speaks of a day: today, tomorrow, Thursday, 14 March.
fn day_word(now: DateTime<Utc>, day: DateTime<Utc>, language: Language) -> String {
    let (now, day) = (local(now).date(), local(day).date());
    let spanish = language == Language::Spanish;
    match (day - now).num_days() {
        0 => if spanish { "hoy" } else { "today" }.to_owned(),
        1 => if spanish { "mañana" } else { "tomorrow" }.to_owned(),
        2..=6 => {
            let place = day.weekday().num_days_from_monday() as usize;
            if spanish { format!("el {}", SPANISH_DAYS[place]) } else { ENGLISH_DAYS[place].to_owned() }
        }
        _ => {
            let month = day.month0() as usize;
            if spanish {
                format!("el {} de {}", day.day(), SPANISH_MONTHS[month])
            } else {
                format!("{} {}", day.day(), ENGLISH_MONTHS[month])
            }
        }
    }
}

#[rustfmt::skip]
const SPANISH_DAYS: [&str; 7] = [
    "lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo",
];
#[rustfmt::skip]
const ENGLISH_DAYS: [&str; 7] = [
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
];
#[rustfmt::skip]
const SPANISH_MONTHS: [&str; 12] = [
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
    "octubre", "noviembre", "diciembre",
];
#[rustfmt::skip]
const ENGLISH_MONTHS: [&str; 12] = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
];
