use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::board::{AGAIN, ANSWERING, GRACE, LEASE, SAID_PRESENT, TYPING};
use super::*;
use crate::bus::{Bus, LocalBus};
use crate::clock::ManualClock;

const TENANT: Uuid = Uuid::from_u128(1);
const PLACE: Place = Place { tenant: TENANT, conversation: Uuid::from_u128(2) };
const ANA: Uuid = Uuid::from_u128(11);
const LUIS: Uuid = Uuid::from_u128(12);
/// Longer than a round of the board.
const MOMENT: Duration = Duration::from_millis(600);

fn clock_at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn node(number: u128, bus: &Arc<LocalBus>) -> Arc<Signals> {
    let clock = Arc::new(ManualClock::at(clock_at()));
    let signals = Signals::new(Uuid::from_u128(number), Arc::clone(bus) as Arc<dyn Bus>, clock);
    signals.start();
    signals
}

fn two() -> (Arc<LocalBus>, Arc<Signals>, Arc<Signals>) {
    let bus = Arc::new(LocalBus::new());
    let (one, other) = (node(1, &bus), node(2, &bus));
    (bus, one, other)
}

fn viewing(viewers: &[Uuid], answering: &[Uuid]) -> RoomEvent {
    let set = |users: &[Uuid]| users.iter().copied().collect::<BTreeSet<_>>();
    RoomEvent::Viewers(Viewing { viewers: set(viewers), answering: set(answering) })
}

fn present(user: Uuid, status: Status) -> Present {
    Present { user, status }
}

async fn next(watch: &mut RoomWatch) -> RoomEvent {
    tokio::time::timeout(Duration::from_secs(600), watch.next()).await.expect("an event").unwrap()
}

async fn news(watch: &mut CrowdWatch) -> Vec<Present> {
    tokio::time::timeout(Duration::from_secs(600), watch.next()).await.expect("an event").unwrap()
}

async fn is_quiet(watch: &mut RoomWatch, during: Duration) -> bool {
    tokio::time::timeout(during, watch.next()).await.is_err()
}

#[tokio::test(start_paused = true)]
async fn who_opens_a_conversation_sees_who_is_there_and_then_what_changes_on_any_node() {
    let (_bus, one, other) = two();
    let mut ana = one.watch_room(PLACE, ANA);
    assert_eq!(next(&mut ana).await, viewing(&[ANA], &[]));
    tokio::time::sleep(MOMENT).await;
    let mut luis = other.watch_room(PLACE, LUIS);
    assert_eq!(next(&mut ana).await, viewing(&[ANA, LUIS], &[]));
    // Ana's node has told the other one before.
    assert_eq!(next(&mut luis).await, viewing(&[ANA, LUIS], &[]));
    other.set_typing(PLACE, LUIS, true);
    let until = clock_at() + TYPING;
    for watch in [&mut ana, &mut luis] {
        assert_eq!(next(watch).await, viewing(&[ANA, LUIS], &[LUIS]));
        assert_eq!(next(watch).await, RoomEvent::Typing { user: LUIS, until: Some(until) });
    }
    // Somebody who comes now is told all of it at once.
    let mut late = one.watch_room(PLACE, ANA);
    assert_eq!(next(&mut late).await, viewing(&[ANA, LUIS], &[LUIS]));
    assert_eq!(next(&mut late).await, RoomEvent::Typing { user: LUIS, until: Some(until) });
    other.set_typing(PLACE, LUIS, false);
    drop(luis);
    assert_eq!(next(&mut ana).await, viewing(&[ANA], &[]));
    assert_eq!(next(&mut ana).await, RoomEvent::Typing { user: LUIS, until: None });
    drop(late);
    assert!(is_quiet(&mut ana, MOMENT).await, "Ana still has it open once");
    assert!(one.is_open_here(PLACE, ANA) && !other.is_open_here(PLACE, ANA));
}

#[tokio::test(start_paused = true)]
async fn typing_and_answering_end_by_themselves() {
    let (_bus, one, other) = two();
    let mut ana = one.watch_room(PLACE, ANA);
    assert_eq!(next(&mut ana).await, viewing(&[ANA], &[]));
    other.set_typing(PLACE, LUIS, true);
    assert_eq!(next(&mut ana).await, viewing(&[ANA], &[LUIS]));
    assert!(matches!(next(&mut ana).await, RoomEvent::Typing { until: Some(_), .. }));
    assert!(is_quiet(&mut ana, TYPING - MOMENT).await);
    assert_eq!(next(&mut ana).await, RoomEvent::Typing { user: LUIS, until: None });
    assert!(is_quiet(&mut ana, ANSWERING - TYPING - MOMENT).await);
    assert_eq!(next(&mut ana).await, viewing(&[ANA], &[]));
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_node_has_said_is_over_by_itself_and_what_a_living_one_says_stays() {
    let (bus, one, other) = two();
    let mut ana = one.watch_room(PLACE, ANA);
    let luis = other.watch_room(PLACE, LUIS);
    assert_eq!(next(&mut ana).await, viewing(&[ANA], &[]));
    assert_eq!(next(&mut ana).await, viewing(&[ANA, LUIS], &[]));
    assert!(is_quiet(&mut ana, LEASE * 3).await, "a living node says it again");
    // A node that says nothing any more is as good as killed: nobody hears its farewell.
    bus.set_connected(false);
    drop((luis, other));
    bus.set_connected(true);
    assert!(is_quiet(&mut ana, AGAIN).await);
    assert_eq!(next(&mut ana).await, viewing(&[ANA], &[]));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_comes_later_or_comes_back_is_told_what_holds() {
    let bus = Arc::new(LocalBus::new());
    let one = node(1, &bus);
    let _luis = one.watch_room(PLACE, LUIS);
    one.set_typing(PLACE, LUIS, true);
    one.set_status(TENANT, LUIS, Status::Away);
    tokio::time::sleep(MOMENT).await;
    let other = node(2, &bus);
    tokio::time::sleep(MOMENT).await;
    let mut ana = other.watch_room(PLACE, ANA);
    assert_eq!(next(&mut ana).await, viewing(&[ANA, LUIS], &[LUIS]));
    assert!(matches!(next(&mut ana).await, RoomEvent::Typing { user: LUIS, until: Some(_) }));
    let mut crowd = other.watch_crowd(TENANT, ANA);
    assert_eq!(news(&mut crowd).await, [present(ANA, Status::Online), present(LUIS, Status::Away)]);
    // Both go on alone while the bus is away.
    bus.set_connected(false);
    tokio::time::sleep(LEASE + MOMENT).await;
    assert_eq!(news(&mut crowd).await, [present(LUIS, Status::Offline)]);
    bus.set_connected(true);
    assert_eq!(news(&mut crowd).await, [present(LUIS, Status::Away)]);
}

#[tokio::test(start_paused = true)]
async fn somebody_is_online_while_connected_anywhere_and_as_they_choose() {
    let (_bus, one, other) = two();
    let mut watch = one.watch_crowd(TENANT, ANA);
    assert_eq!(news(&mut watch).await, [present(ANA, Status::Online)]);
    let first = other.attend(TENANT, LUIS);
    assert_eq!(news(&mut watch).await, [present(LUIS, Status::Online)]);
    let second = one.attend(TENANT, LUIS);
    drop(first);
    other.set_status(TENANT, LUIS, Status::Away);
    assert_eq!(news(&mut watch).await, [present(LUIS, Status::Away)]);
    one.set_status(TENANT, LUIS, Status::Offline);
    assert_eq!(news(&mut watch).await, [present(LUIS, Status::Offline)], "who wants to look so");
    one.set_status(TENANT, LUIS, Status::Online);
    assert_eq!(news(&mut watch).await, [present(LUIS, Status::Online)]);
    drop(second);
    // Not at once: most come back. And after a minute also who has only said so.
    let gone = tokio::time::timeout(GRACE - MOMENT, watch.next()).await;
    assert!(gone.is_err());
    let before = tokio::time::Instant::now();
    assert_eq!(news(&mut watch).await, [present(LUIS, Status::Offline)]);
    assert!(before.elapsed() < SAID_PRESENT);
    // The choice is over with the connection.
    let _third = other.attend(TENANT, LUIS);
    assert_eq!(news(&mut watch).await, [present(LUIS, Status::Online)]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_watcher_gets_the_latest_and_misses_nobody() {
    let (_bus, one, _other) = two();
    let mut watch = one.watch_crowd(TENANT, ANA);
    assert_eq!(news(&mut watch).await.len(), 1);
    let people: Vec<_> = (100..1_100).map(|number| one.attend(TENANT, Uuid::from_u128(number))).collect();
    let mut seen = BTreeSet::new();
    while seen.len() < 1_000 {
        for Present { user, status } in news(&mut watch).await {
            assert_eq!(status, Status::Online);
            assert!(seen.insert(user), "{user} is told twice");
        }
    }
    drop(people);
    while !seen.is_empty() {
        for Present { user, status } in news(&mut watch).await {
            assert_eq!(status, Status::Offline);
            assert!(seen.remove(&user));
        }
    }
    let mut room = one.watch_room(PLACE, ANA);
    let open: Vec<_> = (100..400).map(|number| one.watch_room(PLACE, Uuid::from_u128(number))).collect();
    drop(open);
    assert_eq!(next(&mut room).await, viewing(&[ANA], &[]));
    assert!(is_quiet(&mut room, MOMENT).await, "what came and went is not told");
}

#[tokio::test(start_paused = true)]
async fn tenants_and_conversations_do_not_hear_each_other_and_nothing_is_kept() {
    let (_bus, one, other) = two();
    let elsewhere = Place { tenant: Uuid::from_u128(9), ..PLACE };
    let mut ana = one.watch_room(PLACE, ANA);
    assert_eq!(next(&mut ana).await, viewing(&[ANA], &[]));
    let mut crowd = one.watch_crowd(TENANT, ANA);
    assert_eq!(news(&mut crowd).await.len(), 1);
    other.set_typing(elsewhere, LUIS, true);
    other.set_typing(Place { conversation: Uuid::from_u128(3), ..PLACE }, LUIS, true);
    drop(other.watch_crowd(elsewhere.tenant, LUIS));
    assert!(is_quiet(&mut ana, ANSWERING * 2).await);
    assert!(tokio::time::timeout(MOMENT, crowd.next()).await.is_err());
    drop((ana, crowd));
    tokio::time::sleep(LEASE * 2).await;
    for signals in [&one, &other] {
        assert!(signals.is_empty());
    }
}
