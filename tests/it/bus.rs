//! The buses: one suite, run over PostgreSQL and over NATS.

mod carriers;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mostrador::bus::{Bus, BusChoice, Ears, Heard, MOST_BYTES, NatsBus, Topic, Unsaid};

use self::carriers::{Carrier, NatsServer, Notifications};
use crate::app::TestApp;

/// A guard: what is waited for comes in milliseconds, and after a cut connection in seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A node of the bus and what it hears.
struct Node {
    bus: Arc<dyn Bus>,
    ears: Ears,
}

impl Node {
    async fn of(carrier: &impl Carrier) -> Self {
        let bus = carrier.node().await;
        let ears = bus.subscribe();
        let mut node = Self { bus, ears };
        assert_eq!(node.next().await, Heard::Connected);
        node
    }

    async fn next(&mut self) -> Heard {
        tokio::time::timeout(PATIENCE, self.ears.next()).await.unwrap().unwrap()
    }

    fn say(&self, topic: Topic, text: &str) {
        self.bus.publish(topic, Bytes::copy_from_slice(text.as_bytes())).unwrap();
    }
}

fn said(topic: Topic, text: &str) -> Heard {
    Heard::Message(topic, Bytes::copy_from_slice(text.as_bytes()))
}

async fn every_node_hears_what_one_says(carrier: impl Carrier) {
    let mut nodes = [Node::of(&carrier).await, Node::of(&carrier).await, Node::of(&carrier).await];
    let mut second_ears = nodes[1].bus.subscribe();
    assert_eq!(second_ears.next().await, Some(Heard::Connected));
    // Also when it says the same again.
    for (topic, text) in
        [(Topic::Rounds, "17"), (Topic::Rounds, "17"), (Topic::Signals, "\0 not text: ÿ"), (Topic::Signals, "")]
    {
        nodes[0].say(topic, text);
        for node in &mut nodes {
            assert_eq!(node.next().await, said(topic, text));
        }
        assert_eq!(second_ears.next().await, Some(said(topic, text)));
    }
}

async fn a_thousand_messages_a_second_of_each_of_two_nodes_arrive_in_their_order(carrier: impl Carrier) {
    const SECONDS: usize = 2;
    let (mut one, mut two) = (Node::of(&carrier).await, Node::of(&carrier).await);
    let publishers = [Arc::clone(&one.bus), Arc::clone(&two.bus)].into_iter().enumerate().map(|(name, bus)| {
        tokio::spawn(async move {
            let mut beat = tokio::time::interval(Duration::from_millis(10));
            for tens in 0..SECONDS * 100 {
                beat.tick().await;
                for number in tens * 10..tens * 10 + 10 {
                    bus.publish(Topic::Signals, format!("{name} {number}").into()).unwrap();
                }
            }
        })
    });
    let publishers: Vec<_> = publishers.collect();
    for node in [&mut one, &mut two] {
        let mut next = [0; 2];
        while next != [SECONDS * 1_000; 2] {
            let Heard::Message(Topic::Signals, text) = node.next().await else { panic!("the connection was lost") };
            let text = String::from_utf8(text.to_vec()).unwrap();
            let (name, number) = text.split_once(' ').unwrap();
            let name: usize = name.parse().unwrap();
            assert_eq!(number, next[name].to_string(), "of publisher {name}");
            next[name] += 1;
        }
    }
    for publisher in publishers {
        publisher.await.unwrap();
    }
}

async fn a_big_message_is_refused_and_the_biggest_arrives(carrier: impl Carrier) {
    let mut node = Node::of(&carrier).await;
    let big = Bytes::from(vec![0xff; MOST_BYTES]);
    assert_eq!(node.bus.publish(Topic::Rounds, vec![0; MOST_BYTES + 1].into()), Err(Unsaid::TooBig));
    for _ in 0..50 {
        node.bus.publish(Topic::Signals, big.clone()).unwrap();
    }
    for _ in 0..50 {
        assert_eq!(node.next().await, Heard::Message(Topic::Signals, big.clone()));
    }
}

async fn a_cut_connection_is_told_and_mended(mut carrier: impl Carrier) {
    let (mut one, mut two) = (Node::of(&carrier).await, Node::of(&carrier).await);
    for round in 0..2 {
        carrier.cut().await;
        for node in [&mut one, &mut two] {
            assert_eq!(node.next().await, Heard::Lost);
            assert!(!node.bus.is_connected());
            assert_eq!(node.bus.publish(Topic::Rounds, "lost".into()), Err(Unsaid::Away));
        }
        let mut late = one.bus.subscribe();
        carrier.mend().await;
        for node in [&mut one, &mut two] {
            assert_eq!(node.next().await, Heard::Connected);
        }
        assert_eq!(late.next().await, Some(Heard::Connected));
        let text = format!("after {round}");
        one.say(Topic::Rounds, &text);
        for node in [&mut one, &mut two] {
            assert_eq!(node.next().await, said(Topic::Rounds, &text));
        }
        assert_eq!(late.next().await, Some(said(Topic::Rounds, &text)));
    }
}

/// Runs the suite over one carrier.
macro_rules! suite {
    ($module:ident, $carrier:ty, $($test:ident),+ $(,)?) => {
        mod $module {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    super::$test(<$carrier>::new().await).await;
                }
            )+
        }
    };
    ($($module:ident: $carrier:ty),+ $(,)?) => {
        $(suite!(
            $module,
            $carrier,
            every_node_hears_what_one_says,
            a_thousand_messages_a_second_of_each_of_two_nodes_arrive_in_their_order,
            a_big_message_is_refused_and_the_biggest_arrives,
            a_cut_connection_is_told_and_mended,
        );)+
    };
}

suite!(postgres: Notifications, nats: NatsServer);

#[tokio::test(flavor = "multi_thread")]
async fn a_node_has_one_connection_that_listens_and_says_much_in_few_transactions() {
    let app = TestApp::world().await;
    let bus = Arc::clone(&app.services.bus);
    let mut node = Node { ears: bus.subscribe(), bus };
    assert_eq!(node.next().await, Heard::Connected);
    assert!(app.access.is_listening(), "access hears on the same connection");
    let listening = "select count(*) from pg_stat_activity where datname = current_database() \
                     and application_name = 'mostrador' and query ~ 'listen|pg_notify|^$'";
    assert_eq!(app.cell(listening).await, "1");
    // The transaction that a notification was sent in cannot be seen; those of the session can.
    let transactions = "select xact_commit from pg_stat_database where datname = current_database()";
    let count = async || {
        // Sessions report what they did at most once a second, when they come to rest.
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        app.cell(transactions).await.parse::<u64>().unwrap()
    };
    let before = count().await;
    for number in 0..5_000 {
        node.say(Topic::Rounds, &number.to_string());
    }
    for number in 0..5_000 {
        assert_eq!(node.next().await, said(Topic::Rounds, &number.to_string()));
    }
    let after = count().await;
    assert!(after - before < 200, "{} transactions", after - before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_nats_server_is_noticed() {
    let server = NatsServer::new().await;
    let mut node = Node::of(&server).await;
    let frozen = server.freeze();
    assert_eq!(node.next().await, Heard::Lost);
    drop(frozen);
    assert_eq!(node.next().await, Heard::Connected);
    node.say(Topic::Signals, "again");
    assert_eq!(node.next().await, said(Topic::Signals, "again"));
}

#[tokio::test(flavor = "multi_thread")]
async fn installations_that_share_a_nats_server_do_not_hear_each_other() {
    let server = NatsServer::new().await;
    let mut ours = Node::of(&server).await;
    let BusChoice::Nats(url) = format!("{}/others", server.url()).parse().unwrap() else { panic!("NATS") };
    let bus = NatsBus::new(&url, uuid::Uuid::from_u128(99));
    let mut theirs = Node { ears: bus.subscribe(), bus };
    assert_eq!(theirs.next().await, Heard::Connected);
    theirs.say(Topic::Signals, "theirs");
    ours.say(Topic::Signals, "ours");
    assert_eq!(theirs.next().await, said(Topic::Signals, "theirs"));
    assert_eq!(ours.next().await, said(Topic::Signals, "ours"));
}
