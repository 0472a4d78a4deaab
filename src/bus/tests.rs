use super::*;

fn message(number: usize) -> Bytes {
    number.to_string().into()
}

#[tokio::test]
async fn who_listens_too_slowly_is_told_what_is_missing_and_goes_on() {
    let bus = LocalBus::new();
    let mut slow = bus.subscribe();
    for number in 0..BUFFER + 10 {
        bus.publish(Topic::Signals, message(number)).unwrap();
    }
    assert_eq!(slow.next().await, Some(Heard::Connected));
    assert_eq!(slow.next().await, Some(Heard::Lost));
    assert_eq!(slow.next().await, Some(Heard::Connected));
    for number in 10..BUFFER + 10 {
        assert_eq!(slow.next().await, Some(Heard::Message(Topic::Signals, message(number))));
    }
    drop(bus);
    assert_eq!(slow.next().await, None);
}

#[tokio::test]
async fn each_subscriber_hears_first_how_things_stand() {
    let bus = LocalBus::new();
    bus.set_connected(false);
    let mut early = bus.subscribe();
    assert_eq!(bus.publish(Topic::Rounds, message(1)), Err(Unsaid::Away));
    bus.set_connected(true);
    bus.set_connected(true);
    let mut late = bus.subscribe();
    bus.publish(Topic::Rounds, message(2)).unwrap();
    for ears in [&mut early, &mut late] {
        assert_eq!(ears.next().await, Some(Heard::Connected));
        assert_eq!(ears.next().await, Some(Heard::Message(Topic::Rounds, message(2))));
    }
}

#[test]
fn a_big_message_is_refused_everywhere() {
    let bus = LocalBus::new();
    assert_eq!(bus.publish(Topic::Rounds, vec![0; MOST_BYTES].into()), Ok(()));
    assert_eq!(bus.publish(Topic::Rounds, vec![0; MOST_BYTES + 1].into()), Err(Unsaid::TooBig));
}
