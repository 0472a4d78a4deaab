//! What must hold for the invented firms as a whole. That the database takes
//! them, and counts the same, is proved where a database is at hand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::business::Business;
use super::people::Language;
use super::plan::{self, Size};
use super::row::Row;
use super::script::{Form, Part, Side, gaps};
use super::{agency_talk, dealership_talk, firm, logins, small_talk, templates, vin};

fn today() -> DateTime<Utc> {
    "2026-11-21T09:00:00Z".parse().unwrap()
}

/// The dealership (0) or the agency (1) of scale 1, invented once for all tests.
fn firm_number(number: usize) -> &'static Business {
    static FIRMS: [LazyLock<Business>; 2] = [LazyLock::new(|| invent(0)), LazyLock::new(|| invent(1))];
    &FIRMS[number]
}

fn invent(number: usize) -> Business {
    Business::invent(number, plan::firms(1).1, today())
}

/// A hash over rows of every generator.
fn fingerprint(business: &Business) -> String {
    fn add<R: Serialize>(hash: &mut Sha256, rows: &[R]) {
        hash.update(serde_json::to_vec(rows).unwrap());
    }
    let mut hash = Sha256::new();
    add(&mut hash, std::slice::from_ref(&business.tenant));
    add(&mut hash, &business.users);
    add(&mut hash, &business.contacts);
    add(&mut hash, &business.status_changes);
    add(&mut hash, &business.activities);
    add(&mut hash, &business.tasks);
    add(&mut hash, &business.inbox.conversations);
    add(&mut hash, &business.inbox.messages);
    add(&mut hash, &business.appointments);
    add(&mut hash, &business.calls);
    add(&mut hash, &business.batches);
    add(&mut hash, &business.vehicles);
    add(&mut hash, &business.movements);
    add(&mut hash, &business.analyses);
    add(&mut hash, &business.sales);
    add(&mut hash, &business.teams.members);
    add(&mut hash, &business.teams.shares);
    add(&mut hash, &business.desk.tickets);
    add(&mut hash, &business.desk.looks);
    crate::hex::encode(hash.finalize())
}

#[test]
fn the_same_scale_and_day_give_the_same_rows() {
    let small = Size { contacts: 300, conversations: 400, messages: 4_000, sales: 60 };
    let told = |number, today| Business::invent(number, small, today);
    for number in 0..4 {
        let (one, other) = (told(number, today()), told(number, today()));
        assert_eq!(fingerprint(&one), fingerprint(&other));
        let later = told(number, today() + Duration::days(1));
        assert_ne!(fingerprint(&one), fingerprint(&later));
        assert_eq!(one.users[0].id, later.users[0].id, "logins outlive a reload");
    }
}

#[test]
fn scale_one_has_the_promised_size() {
    let firms = [firm_number(0), firm_number(1)];
    let sum = |count: fn(&Business) -> usize| firms.into_iter().map(count).sum::<usize>();
    let contacts = sum(|firm| firm.contacts.len());
    let conversations = sum(|firm| firm.inbox.conversations.len());
    let messages = sum(|firm| firm.inbox.messages.len());
    assert_eq!(contacts, 3_000);
    assert!((3_700..=4_100).contains(&conversations), "{conversations} conversations");
    assert!((36_000..=42_000).contains(&messages), "{messages} messages");
    assert_eq!(plan::firms(20).0, 20);
}

#[test]
fn every_vin_carries_its_check_digit_and_none_repeats() {
    let vehicles = &firm_number(0).vehicles;
    assert!(vehicles.len() > 200);
    let mut seen = BTreeSet::new();
    for vehicle in vehicles {
        assert_eq!(vehicle.vin.len(), 17);
        assert!(!vehicle.vin.contains(['I', 'O', 'Q']), "{}", vehicle.vin);
        assert_eq!(Some(vin::check_digit(&vehicle.vin)), vehicle.vin.chars().nth(8));
        assert!(seen.insert(&vehicle.vin));
    }
}

#[test]
fn nobody_can_be_reached_and_nobody_shares_an_address() {
    for number in 0..2 {
        let mut seen = BTreeSet::new();
        for contact in &firm_number(number).contacts {
            for address in [&contact.phone, &contact.email].into_iter().flatten() {
                assert!(address.starts_with('+') || address.ends_with(".example"), "{address}");
                assert!(seen.insert(address.clone()), "{address} twice");
            }
        }
    }
}

#[test]
fn ids_sort_by_time_and_never_repeat() {
    let business = firm_number(1);
    let mut seen: BTreeSet<Uuid> = BTreeSet::new();
    let messages = &business.inbox.messages;
    assert!(messages.is_sorted_by_key(|row| row.created_at));
    let all = messages.iter().map(|row| (row.id, row.created_at));
    for (id, at) in all.chain(business.contacts.iter().map(|row| (row.id, row.created_at))) {
        assert_eq!(id.get_version_num(), 7);
        assert_eq!((id.as_u128() >> 80) as i64, at.timestamp_millis());
        assert!(seen.insert(id));
    }
}

#[test]
fn conversations_read_like_conversations() {
    for number in 0..2 {
        let inbox = &firm_number(number).inbox;
        let mut lines: BTreeMap<Uuid, Vec<_>> = BTreeMap::new();
        for message in &inbox.messages {
            let text = &message.content;
            assert!(!text.is_empty() && !text.contains(['{', '}', '|']), "{text}");
            assert!(message.created_at <= today());
            lines.entry(message.conversation_id).or_default().push(message);
        }
        let mut open = BTreeSet::new();
        for conversation in &inbox.conversations {
            let lines = &lines[&conversation.id];
            assert!(lines.is_sorted_by(|one, next| one.created_at < next.created_at));
            let first = lines[0];
            let ours = first.sender_type == "USER";
            let by_template = first.template_id.is_some() || conversation.channel != "WHATSAPP";
            assert!(first.sender_type == "CONTACT" || ours && by_template);
            let said: Vec<_> = lines.iter().filter(|line| line.sender_type != "SYSTEM").collect();
            let last = said.last().map(|line| line.sender_type);
            match conversation.status {
                "OPEN" => assert_eq!(last, Some("CONTACT"), "an open one waits for us"),
                "PENDING" => assert_eq!(last, Some("USER"), "a pending one waits for them"),
                _ => assert!(said.iter().any(|line| line.sender_type == "USER")),
            }
            let unread =
                lines.iter().filter(|line| line.delivery_status == "DELIVERED" && line.sender_type == "CONTACT");
            assert!(unread.count() == 0 || conversation.status == "OPEN");
            let key = (conversation.contact_id, conversation.channel);
            assert!(conversation.status == "ARCHIVED" || open.insert(key), "two live ones");
        }
    }
}

#[test]
fn whatsapp_is_written_to_freely_only_within_a_day() {
    let inbox = &firm_number(0).inbox;
    let whatsapp: BTreeSet<_> =
        inbox.conversations.iter().filter(|row| row.channel == "WHATSAPP").map(|row| row.id).collect();
    let mut heard: BTreeMap<Uuid, DateTime<Utc>> = BTreeMap::new();
    for message in inbox.messages.iter().filter(|row| whatsapp.contains(&row.conversation_id)) {
        match (message.sender_type, message.content_type) {
            ("CONTACT", _) => {
                heard.insert(message.conversation_id, message.created_at);
            }
            ("USER", "TEMPLATE") => assert!(message.template_id.is_some()),
            ("USER", _) => {
                let since = message.created_at - heard[&message.conversation_id];
                assert!(since <= Duration::hours(24), "{}", message.content);
            }
            _ => {}
        }
    }
}

fn parts() -> impl Iterator<Item = &'static Part> {
    let cars =
        [dealership_talk::ENQUIRIES, dealership_talk::MIDDLES, dealership_talk::CLOSINGS, dealership_talk::AFTERWARDS];
    let homes = [
        agency_talk::SALE_ENQUIRIES,
        agency_talk::RENT_ENQUIRIES,
        agency_talk::MIDDLES,
        agency_talk::SALE_CLOSINGS,
        agency_talk::RENT_CLOSINGS,
        agency_talk::AFTERWARDS,
        agency_talk::OWNERS,
    ];
    let short: [&Part; 4] =
        [&small_talk::FAREWELL, &small_talk::CALL_BACK, &small_talk::TEXT_MESSAGE, &small_talk::VOICE_MAIL];
    cars.into_iter().chain(homes).flatten().chain(short)
}

#[test]
fn scripts_say_the_same_in_both_languages() {
    for part in parts() {
        assert!(part.turns.iter().any(|turn| turn.side == Side::Customer), "{}", part.name);
        let books = part.turns.iter().filter(|turn| turn.books).count();
        assert_eq!(books, usize::from(part.visit.is_some()), "{} books {books} times", part.name);
        for turn in part.turns {
            let wordings = |text: &'static str| text.split('|').count();
            assert_eq!(wordings(turn.spanish), wordings(turn.english), "{}: {}", part.name, turn.spanish);
            for number in 0..wordings(turn.spanish) {
                let spanish = turn.wording(Language::Spanish, number);
                assert!(!spanish.trim().is_empty(), "{}", part.name);
                if part.visit.is_none() {
                    let english = turn.wording(Language::English, number);
                    let both = [gaps(spanish), gaps(english)].concat();
                    assert!(!both.iter().any(|gap| gap.eq_ignore_ascii_case("day")), "{english}");
                }
            }
        }
    }
}

#[test]
fn every_template_that_scripts_send_exists_and_is_approved() {
    let business = firm_number(0);
    for turn in parts().flat_map(|part| part.turns) {
        if turn.form == Form::Template {
            assert!(templates::named(turn.spanish).is_some(), "{}", turn.spanish);
            let mut rows = business.templates.iter().filter(|row| row.name == turn.spanish);
            assert!(rows.all(|row| row.status == "APPROVED"), "{}", turn.spanish);
        }
    }
}

#[test]
fn agents_are_never_in_two_places() {
    for number in 0..2 {
        let mut taken = BTreeMap::new();
        for visit in &firm_number(number).appointments {
            let ends = visit.scheduled_at + Duration::minutes(visit.duration_minutes);
            taken.entry(visit.agent_id).or_insert_with(Vec::new).push((visit.scheduled_at, ends));
            assert!(visit.created_at < visit.scheduled_at);
        }
        for mut times in taken.into_values() {
            times.sort_unstable();
            assert!(times.windows(2).all(|pair| pair[0].1 <= pair[1].0));
        }
    }
}

#[test]
fn campaigns_are_in_every_state_and_sales_span_two_years() {
    for number in 0..2 {
        let business = firm_number(number);
        let states: BTreeSet<_> = business.campaigns.iter().map(|row| row.status).collect();
        assert_eq!(states.len(), 7, "{states:?}");
        let sold: BTreeSet<_> = business.sales.iter().map(|row| row.status).collect();
        assert_eq!(sold.len(), 5, "{sold:?}");
        let first = business.sales.iter().map(|row| row.created_at).min().unwrap();
        assert!((today() - first).num_days() > 700);
        let ahead = business.appointments.iter().filter(|row| row.scheduled_at > today()).count();
        assert!(ahead > 10, "{ahead} appointments to come");
    }
}

#[test]
fn a_login_exists_for_every_kind_of_user() {
    let roles: BTreeSet<_> = logins().iter().map(|login| login.role).collect();
    assert!(roles.is_superset(&BTreeSet::from(["SUPER_ADMIN", "ADMIN", "EMPLOYEE", "AGENT"])));
    assert_eq!(logins()[0].tenant_slug, "autos-levante");
    assert_eq!(logins()[0].email, "ana.garcia@autos-levante.example");
    for login in logins().iter().filter(|login| login.tenant_slug != "platform") {
        let number = usize::from(login.tenant_slug != "autos-levante");
        assert!(firm_number_users(number).contains(&login.email));
    }
}

fn firm_number_users(number: usize) -> BTreeSet<String> {
    let firm = firm::Firm::numbered(number);
    let users = firm::users(&firm, &mut super::ids::Ids::for_tenant(number), today());
    users.into_iter().map(|user| user.email).collect()
}

#[test]
fn forty_firms_have_forty_slugs() {
    let slugs: BTreeSet<_> = (0..40).map(|number| firm::Firm::numbered(number).slug).collect();
    assert_eq!(slugs.len(), 40);
}

#[test]
fn a_row_names_the_columns_that_its_json_has() {
    let business = firm_number(0);
    let row = serde_json::to_value(&business.calls[0]).unwrap();
    let mut keys: Vec<_> = row.as_object().unwrap().keys().cloned().collect();
    let columns = super::appointments::CallRow::columns();
    let mut named: Vec<_> = columns.split(", ").map(str::to_owned).collect();
    keys.sort_unstable();
    named.sort_unstable();
    assert_eq!(keys, named);
}

#[test]
fn every_active_agent_is_in_a_team_and_shares_something() {
    for number in 0..2 {
        let business = firm_number(number);
        let teams = &business.teams;
        assert_eq!(teams.teams.len(), 3);
        let agents: Vec<_> = business.users.iter().filter(|user| user.role == "AGENT" && user.is_active).collect();
        for agent in &agents {
            assert!(teams.members.iter().any(|member| member.user_id == agent.id), "{}", agent.email);
        }
        let kinds: BTreeSet<_> = teams.shares.iter().map(|share| share.resource_type).collect();
        assert!(kinds.is_superset(&BTreeSet::from(["CONTACT", "LEAD", "TASK"])), "{kinds:?}");
        assert!(teams.shares.iter().all(|share| share.team_id.is_some() != share.user_id.is_some()));
        assert!(teams.shares.iter().any(|share| share.access == "WRITE"));
        let unowned = business.contacts.iter().filter(|contact| contact.owner_id.is_none());
        assert!(unowned.clone().count() > 0 && unowned.clone().all(|contact| contact.team_id.is_some()));
    }
}

#[test]
fn there_is_an_invitation_in_every_state_and_nobody_has_their_tokens() {
    for number in 0..2 {
        let business = firm_number(number);
        let states: BTreeSet<_> = business.invited.invitations.iter().map(|row| row.status).collect();
        assert_eq!(states, BTreeSet::from(["ACCEPTED", "EXPIRED", "PENDING", "REVOKED"]));
        let open = business.invited.invitations.iter().filter(|row| row.status == "PENDING");
        assert!(open.clone().count() == 2 && open.clone().all(|row| row.expires_at > today()));
        assert!(business.invited.tokens.iter().all(|row| row.consumed_at.is_some()));
    }
}
