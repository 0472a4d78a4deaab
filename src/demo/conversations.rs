//! The inbox: rows of `conversations` and a few `ai_locks`; messages.rs
//! makes those of `messages`.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::clock::awake_by;
use super::contacts::Stage;
use super::dialogue::{Cue, Line, Scene, play};
use super::diary::{Diary, Visit};
use super::firm::Trade;
use super::ids::Ids;
use super::messages::{MessageRow, Thread, message_rows};
use super::offer::on_market;
use super::office::Office;
use super::people::Language;
use super::rng::Rng;
use super::row::rows;
use super::script::{Part, Side, Words, euros, grouped};
use super::small_talk::{CALL_BACK, FAREWELL, TEXT_MESSAGE, VOICE_MAIL};
use super::tags::{TagLinkRow, link_tags};
use super::{agency_talk, dealership_talk};

rows! {
    /// What is said with one contact on one channel. The counters are left to the triggers of `messages`.
    ConversationRow in "conversations" {
        id: Uuid, contact_id: Uuid, assigned_to_id: Option<Uuid>, assigned_at: Option<DateTime<Utc>>,
        channel: &'static str, status: &'static str,
        created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A conversation that an assistant is answering at this moment.
    LockRow in "ai_locks" {
        id: Uuid, resource_type: &'static str, resource_id: Uuid, locked_by: &'static str,
        acquired_at: DateTime<Utc>, expires_at: DateTime<Utc>, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
}

/// Everything that the inbox of a firm holds.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    pub(crate) conversations: Vec<ConversationRow>,
    /// Oldest first over all conversations, as they came in.
    pub(crate) messages: Vec<MessageRow>,
    pub(crate) links: Vec<TagLinkRow>,
    pub(crate) locks: Vec<LockRow>,
    pub(crate) visits: Vec<Visit>,
}

#[rustfmt::skip]
const CHANNELS: &[(u32, &str)] = &[
    (56, "WHATSAPP"), (13, "EMAIL"), (12, "WEB_CHAT"), (8, "INSTAGRAM"), (4, "MESSENGER"),
    (4, "SMS"), (3, "CALL"),
];

/// Lets `count` conversations with about `messages` messages happen.
pub(crate) fn inbox(office: &Office<'_>, count: usize, messages: usize, ids: &mut Ids) -> Inbox {
    let mut rng = Rng::for_subject(office.firm.number, "conversations");
    let mut inbox = Inbox::default();
    let (mut diary, mut open) = (Diary::default(), BTreeSet::new());
    let starts = starts(office, count, &mut rng);
    let mut said = 0;
    for (done, (person, start)) in starts.iter().enumerate() {
        // Whatever earlier conversations said too much, later ones say less.
        let average = messages.saturating_sub(said) as f64 / (starts.len() - done) as f64;
        let length = (average * (0.4 + 1.4 * rng.unit())).round() as usize;
        let status = status(office.today - *start, &mut rng);
        let Some(channel) = channel(*person, status, &mut open, &mut rng) else {
            continue;
        };
        let mut scene = scene(office, (*person, *start), channel, &mut diary, &mut rng);
        let (offer, story) = story(office, (*person, *start), length, &mut rng);
        scene.words.extend(office.offers[offer].words(scene.language));
        let mut cues = match channel {
            "SMS" => vec![(&TEXT_MESSAGE, None)],
            "CALL" => vec![(&VOICE_MAIL, None)],
            _ => story,
        };
        // Unless the script lets the contact say thanks anyway.
        let last_word = cues.last().and_then(|(part, _)| part.turns.last()).map(|turn| turn.side);
        let polite = length > 5 && last_word == Some(Side::Staff) && rng.chance(70);
        if polite && matches!(status, "RESOLVED" | "ARCHIVED") {
            cues.push((&FAREWELL, None));
        }
        let (mut lines, visits) = play(&mut scene, &cues, &mut rng);
        let status = shape(&mut lines, status, &mut rng);
        let Some(last) = lines.last().map(|line| line.at) else {
            continue;
        };
        inbox.visits.extend(visits.into_iter().filter(|visit| visit.booked <= last));
        said += lines.len();
        let wanted: Vec<&str> = lines.iter().map(|line| line.tag).collect();
        let thread = Thread { person: *person, channel, status, lines };
        let conversation = message_rows(office, thread, ids, &mut rng, &mut inbox);
        link_tags(office, &wanted, (conversation, last), &mut rng, &mut inbox);
    }
    inbox.messages.sort_by_key(|message| message.id);
    inbox.locks = locks(&inbox, office.today, ids);
    inbox
}

/// Who begins a conversation when: most contacts once, when they appear; some
/// again later, many of them in the last days.
fn starts(office: &Office<'_>, count: usize, rng: &mut Rng) -> Vec<(usize, DateTime<Utc>)> {
    let mut starts: Vec<(usize, DateTime<Utc>)> = Vec::with_capacity(count);
    for (place, person) in office.people.iter().enumerate() {
        let walked_in = rng.chance(7) && office.bought[place].is_none();
        if !walked_in && starts.len() < count {
            starts.push((place, person.created + Duration::seconds(rng.between(5, 900))));
        }
    }
    while starts.len() < count {
        let place = rng.below(office.people.len());
        let created = office.people[place].created + Duration::days(2);
        let age = office.today - created;
        if age < Duration::days(1) {
            continue;
        }
        let recent = Duration::minutes((rng.unit().powi(2) * 7.0 * 1_440.0) as i64 + 15);
        let back = if rng.chance(62) { recent.min(age) } else { age.mul_f64(rng.unit()) };
        starts.push((place, awake_by(office.today - Duration::minutes(3), office.today - back, rng)));
    }
    starts
}

trait Fraction {
    /// A part of a span of time, to the minute.
    fn mul_f64(self, factor: f64) -> Self;
}

impl Fraction for Duration {
    fn mul_f64(self, factor: f64) -> Self {
        Self::minutes((self.num_minutes() as f64 * factor) as i64)
    }
}

fn status(age: Duration, rng: &mut Rng) -> &'static str {
    match age.num_days() {
        0..=3 => rng.weighted(&[(62, "OPEN"), (24, "PENDING"), (14, "RESOLVED")]),
        4..=9 => rng.weighted(&[(38, "OPEN"), (28, "PENDING"), (34, "RESOLVED")]),
        10..=45 => rng.weighted(&[(6, "OPEN"), (14, "PENDING"), (80, "RESOLVED")]),
        _ => rng.weighted(&[(64, "RESOLVED"), (36, "ARCHIVED")]),
    }
}

/// A channel on which the contact has no other conversation that is not archived.
fn channel(
    person: usize,
    status: &str,
    open: &mut BTreeSet<(usize, &'static str)>,
    rng: &mut Rng,
) -> Option<&'static str> {
    (0..12).map(|_| rng.weighted(CHANNELS)).find(|channel| status == "ARCHIVED" || open.insert((person, *channel)))
}

fn scene<'a>(
    office: &Office<'_>,
    (place, start): (usize, DateTime<Utc>),
    channel: &'static str,
    diary: &'a mut Diary,
    rng: &mut Rng,
) -> Scene<'a> {
    let person = &office.people[place];
    let language = person.language;
    let spanish = language == Language::Spanish;
    let mut words = Words::default();
    let nobody = if spanish { "buenas" } else { "there" };
    words.set("name", if person.call_name.is_empty() { nobody } else { &person.call_name });
    words.set("full_name", person.display_name.clone());
    words.set("agent", office.agents[person.agent].first_name.clone());
    words.set("firm", office.firm.name.clone());
    words.set("branch", office.firm.branches[0].name);
    words.set("home_town", office.firm.branches[1].name);
    let own_car = match person.own_car.split_once(" de ") {
        Some((car, year)) if !spanish => format!("{year} {car}"),
        _ => person.own_car.to_owned(),
    };
    words.set("own_car", own_car);
    words.set("own_km", grouped(rng.between(60, 240) * 1_000, if spanish { '.' } else { ',' }));
    words.set("own_price", euros(rng.between(12, 95) * 100, language));
    Scene { language, channel, words, person: place, agent: person.agent, start, today: office.today, diary }
}

/// What somebody writes about, and how the conversation goes.
fn story(
    office: &Office<'_>,
    (place, start): (usize, DateTime<Utc>),
    length: usize,
    rng: &mut Rng,
) -> (usize, Vec<Cue>) {
    let person = &office.people[place];
    let cars = office.firm.trade == Trade::Dealership;
    let deal = office.deal_of(place);
    if let Some(deal) = deal {
        let after = deal.completed.is_some_and(|completed| completed < start);
        if after {
            let parts = if cars { dealership_talk::AFTERWARDS } else { agency_talk::AFTERWARDS };
            return (deal.listing, vec![(rng.choose(parts), None)]);
        }
    }
    let offer = deal.map_or_else(|| on_market(office.offers, start, rng), |deal| deal.listing);
    if !cars && deal.is_none() && rng.chance(9) {
        return (offer, vec![(rng.choose(agency_talk::OWNERS), None)]);
    }
    let (enquiries, middles): (&'static [Part], &'static [Part]) = match (cars, office.offers[offer].rental) {
        (true, _) => (dealership_talk::ENQUIRIES, dealership_talk::MIDDLES),
        (false, false) => (agency_talk::SALE_ENQUIRIES, agency_talk::MIDDLES),
        (false, true) => (agency_talk::RENT_ENQUIRIES, agency_talk::MIDDLES),
    };
    let mut cues: Vec<Cue> = vec![(rng.choose(enquiries), None)];
    let mut turns = cues[0].0.turns.len();
    let wanted = if deal.is_some() { length.saturating_sub(6) } else { length };
    for part in middles.iter().chain([&CALL_BACK]) {
        let visited = cues.iter().any(|(part, _)| part.visit.is_some());
        // Nobody gets a mortgage for a rental, nobody asks for a video who was
        // there; and how somebody liked it one asks after the visit.
        let fits = match part.name {
            "mortgage" => !office.offers[offer].rental,
            "thinking" => visited,
            _ => part.visit.is_none() || !visited,
        };
        if fits && turns + 2 < wanted && rng.chance(45) {
            turns += part.turns.len();
            cues.push((part, None));
        }
    }
    if let Some(deal) = deal
        && person.stage >= Stage::Negotiating
    {
        let closings: &'static [Part] = match (cars, deal.rental) {
            (true, _) => dealership_talk::CLOSINGS,
            (false, false) => agency_talk::SALE_CLOSINGS,
            (false, true) => agency_talk::RENT_CLOSINGS,
        };
        // The first of them opens the deal, the last one ends it.
        let last = closings.len() - 1;
        for (place, part) in closings.iter().enumerate() {
            match (place == last && place > 0, deal.completed) {
                (true, None) => break,
                (true, completed) => cues.push((part, completed)),
                (false, _) => cues.push((part, (place == 0).then_some(deal.opened))),
            }
        }
    }
    (offer, cues)
}

/// Cuts a conversation where its status says it stands: an open one waits for
/// us, a pending one for the contact. One that we did not answer yet is open.
fn shape(lines: &mut Vec<Line>, status: &'static str, rng: &mut Rng) -> &'static str {
    let waiting = match status {
        _ if lines.iter().all(|line| line.side == Some(Side::Customer)) => return "OPEN",
        "OPEN" => Side::Customer,
        "PENDING" => Side::Staff,
        _ => return status,
    };
    for _ in 0..rng.between(0, 3) {
        if lines.len() > 2 {
            lines.pop();
        }
    }
    while lines.len() > 1 && lines.last().is_some_and(|line| line.side != Some(waiting)) {
        lines.pop();
    }
    match lines.last().map(|line| line.side) {
        Some(Some(Side::Customer)) => "OPEN",
        _ => "PENDING",
    }
}

fn locks(inbox: &Inbox, today: DateTime<Utc>, ids: &mut Ids) -> Vec<LockRow> {
    let open = inbox.conversations.iter().filter(|row| row.status == "OPEN" && row.channel == "WEB_CHAT").take(2);
    let lock = |row: &ConversationRow| LockRow {
        id: ids.at(today),
        resource_type: "CONVERSATION",
        resource_id: row.id,
        locked_by: "assistant-1",
        acquired_at: today,
        expires_at: today + Duration::minutes(2),
        created_at: today,
        updated_at: today,
    };
    open.map(lock).collect()
}
