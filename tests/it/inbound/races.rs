//! Messages at the same moment: one contact, one open conversation, every message once.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::stage::{Stage, crew, settled, text};

/// Shows rule:contact-number-unique, rule:conversation-per-channel.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_first_messages_at_once_make_one_contact_and_one_conversation() {
    let stage = Stage::set().await;
    // Two workers, while the messages come in.
    let crews = [crew(&stage.app), crew(&stage.app)];
    join_all((0..50).map(|number| {
        let stage = &stage;
        async move {
            // 0, 2 or 200 milliseconds apart.
            tokio::time::sleep(Duration::from_millis([0, 2, 200][number % 3])).await;
            let payload = text("34655000222", &format!("wamid.{number}"), &format!("m{number}"));
            // Each twice, as a provider does that did not hear our answer.
            tokio::join!(stage.whatsapp(&payload), stage.whatsapp(&payload));
        }
    }))
    .await;
    settled(&stage.app).await;
    for crew in crews {
        assert!(crew.stop(Duration::from_secs(20)).await);
    }
    assert_eq!(stage.count("contacts where phone = '+34655000222'").await, 1);
    assert_eq!(stage.count("contacts where display_name = 'Person 34655000222'").await, 1);
    let conversations = "select c.unread_count::text, c.status from conversations c join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id where p.phone = '+34655000222'";
    assert_eq!(stage.app.rows(conversations).await, [["50", "OPEN"]]);
    assert_eq!(stage.count("messages where provider_message_id like 'wamid.%'").await, 50);
}

/// Without the lanes that put jobs of one person in order: the rule is the database's.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_writers_that_nobody_puts_in_order_agree_all_the_same() {
    let stage = Stage::set().await;
    let tenant = stage.app.cell("select id from tenants where slug = 'autos'").await;
    for channel in ["WHATSAPP", "WEB_CHAT"] {
        let writes = (0..50).map(|number| {
            let (app, tenant) = (&stage.app, tenant.clone());
            async move {
                let client = crate::app::connect("mostrador_api", &app.database_name).await;
                // Two addresses of one person, in either order; every message comes from two writers.
                let (first, second) = if number % 2 == 0 { ("ES.777", "34655000333") } else { ("34655000333", "ES.777") };
                let phones = if channel == "WHATSAPP" { "{+34655000333}" } else { "{}" };
                let sql = format!(
                    "begin; set local app.tenant_id = '{tenant}';
                     select app.receive_message(app.uuid_v7(), '{channel}', null, '{{{first},{second}}}', '{phones}', null, 'Luz',
                         'CONTACT', '{channel}-{}', 'text', 'TEXT', 'm', null, null, '{{}}', now());
                     commit",
                    number / 2
                );
                // Two rows of addresses are taken in one order, so nobody waits in a circle.
                client.batch_execute(&sql).await.unwrap();
            }
        });
        join_all(writes).await;
        let rows = stage
            .app
            .rows(&format!(
                "select count(distinct c.contact_id), count(distinct c.id), count(distinct m.id), max(c.unread_count)
                   from messages m join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
                  where m.provider_message_id like '{channel}-%'"
            ))
            .await;
        assert_eq!(rows, [["1", "1", "25", "25"]], "{channel}");
    }
    assert_eq!(
        stage.count("contacts where display_name = 'Luz'").await,
        2,
        "one for each channel: nothing says that they are one person"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn archiving_while_messages_come_in_loses_none_and_leaves_at_most_one_conversation_open() {
    let stage = Stage::set().await;
    let crew = crew(&stage.app);
    let archive = async {
        for _ in 0..20 {
            stage.app.sql("update conversations c set status = 'ARCHIVED' from contacts p where p.tenant_id = c.tenant_id and p.id = c.contact_id and p.phone = '+34655000444' and c.status <> 'ARCHIVED'").await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let bring = join_all((0..40).map(|number| {
        let stage = &stage;
        async move {
            tokio::time::sleep(Duration::from_millis(number * 5)).await;
            stage.whatsapp(&text("34655000444", &format!("wamid.{number}"), "m")).await;
        }
    }));
    tokio::join!(archive, bring);
    settled(&stage.app).await;
    assert!(crew.stop(Duration::from_secs(20)).await);
    assert_eq!(stage.count("messages where provider_message_id like 'wamid.%'").await, 40);
    assert_eq!(stage.count("contacts where phone = '+34655000444'").await, 1);
    let open = stage.count("conversations c join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id where p.phone = '+34655000444' and c.status <> 'ARCHIVED'").await;
    assert!(open <= 1, "{open}");
    assert_eq!(
        stage.count("jobs where state = 'DEAD'").await,
        0,
        "{:?}",
        json!(stage.app.rows("select * from jobs where state = 'DEAD'").await)
    );
}
