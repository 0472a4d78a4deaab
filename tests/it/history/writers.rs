//! Writers: through all nodes, through psql, and in transactions that commit long after they began to write.

use std::collections::HashMap;
use std::sync::Arc;

use entity::id::format_id;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::client::ask;
use super::dice::Dice;
use super::stage::Stage;

const SEND: &str =
    "mutation($input: SendMessageInput!) { sendMessage(input: $input) { message { id } errors { code message } } }";
const ASSIGN: &str =
    "mutation($input: AssignConversationInput!) { assignConversation(input: $input) { errors { code message } } }";
const RENAME: &str =
    "mutation($input: UpdateContactInput!) { updateContact(input: $input) { errors { code message } } }";
const NOTE: &str =
    "mutation($input: CreateInternalNoteInput!) { createInternalNote(input: $input) { errors { code message } } }";

pub(crate) struct Writers {
    stop: watch::Sender<bool>,
    senders: Vec<JoinHandle<Sends>>,
    others: Vec<JoinHandle<()>>,
}

/// Messages that were acknowledged: what the client called each, and the message.
#[derive(Debug, Default)]
pub(crate) struct Sends(HashMap<Uuid, String>);

pub(crate) fn start(stage: &Arc<Stage>, dice: &mut Dice) -> Writers {
    let (stop, stopped) = watch::channel(false);
    let senders = (0..4).map(|_| tokio::spawn(send(Arc::clone(stage), dice.fork(), stopped.clone()))).collect();
    let mut others = vec![tokio::spawn(work(Arc::clone(stage), dice.fork(), stopped.clone()))];
    others.extend((0..2).map(|_| tokio::spawn(write(Arc::clone(stage), dice.fork(), stopped.clone(), false))));
    others.extend((0..2).map(|_| tokio::spawn(write(Arc::clone(stage), dice.fork(), stopped.clone(), true))));
    Writers { stop, senders, others }
}

impl Writers {
    /// Lets them end what they have begun.
    pub(crate) async fn finish(self) -> Sends {
        self.stop.send_replace(true);
        let mut all = Sends::default();
        for sender in self.senders {
            all.0.extend(sender.await.unwrap().0);
        }
        for other in self.others {
            other.await.unwrap();
        }
        all
    }
}

/// Sends messages, each until it is acknowledged, wherever somebody answers.
async fn send(stage: Arc<Stage>, mut dice: Dice, stopped: watch::Receiver<bool>) -> Sends {
    let addresses = stage.addresses();
    let mut sends = Sends::default();
    while !*stopped.borrow() {
        let business = dice.one_of(&stage.businesses);
        let client_id = dice.uuid();
        let input = json!({
            "conversationId": format_id("conversation", *dice.one_of(&business.conversations)),
            "content": format!("message {client_id}"),
            "clientMessageId": client_id.to_string(),
        });
        loop {
            let answer =
                ask(dice.one_of::<String>(&addresses), &business.token, SEND, &json!({ "input": input })).await;
            let Some(answer) = answer else {
                tokio::time::sleep(dice.millis(20, 200)).await;
                continue;
            };
            let id = answer["data"]["sendMessage"]["message"]["id"].as_str();
            sends.0.insert(client_id, id.unwrap_or_else(|| panic!("{answer:#}")).to_owned());
            // Somebody who did not hear the answer asks again, maybe elsewhere.
            if !dice.once_in(10) {
                break;
            }
        }
        tokio::time::sleep(dice.millis(20, 200)).await;
    }
    sends
}

/// Does other things through the gateways; whether they happen does not matter.
async fn work(stage: Arc<Stage>, mut dice: Dice, stopped: watch::Receiver<bool>) {
    let addresses = stage.addresses();
    while !*stopped.borrow() {
        let business = dice.one_of(&stage.businesses);
        let conversation = format_id("conversation", *dice.one_of(&business.conversations));
        let (query, input) = match dice.below(3) {
            0 => {
                let user = (!dice.once_in(2)).then(|| format_id("user", business.user));
                (ASSIGN, json!({ "id": conversation, "assignedToId": user }))
            }
            1 => {
                let contact = format_id("contact", *dice.one_of(&business.contacts));
                (RENAME, json!({ "id": contact, "displayName": format!("Contact {}", dice.below(1_000)) }))
            }
            _ => (NOTE, json!({ "conversationId": conversation, "body": format!("Note {}", dice.below(1_000)) })),
        };
        if let Some(answer) =
            ask(dice.one_of::<String>(&addresses), &business.token, query, &json!({ "input": input })).await
        {
            assert!(answer.get("errors").is_none(), "{query} {input}\n{answer:#}");
        }
        tokio::time::sleep(dice.millis(50, 300)).await;
    }
}

/// Writes as psql does, in transactions of several statements; late ones keep theirs open while others commit.
async fn write(stage: Arc<Stage>, mut dice: Dice, stopped: watch::Receiver<bool>, is_late: bool) {
    let mut client = stage.psql().await;
    while !*stopped.borrow() {
        if transact(&stage, &mut dice, &mut client, is_late).await.is_err() {
            client = stage.psql().await;
        }
        tokio::time::sleep(dice.millis(50, 400)).await;
    }
}

async fn transact(
    stage: &Stage,
    dice: &mut Dice,
    client: &mut tokio_postgres::Client,
    is_late: bool,
) -> Result<(), tokio_postgres::Error> {
    let business = dice.one_of(&stage.businesses);
    let tenant = business.tenant;
    let transaction = client.transaction().await?;
    for _ in 0..=dice.below(4) {
        // Those who are late keep to themselves what others would wait for.
        let half = business.contacts.len() / 2;
        let (contact, conversation) = if is_late {
            (dice.below(half), business.conversations.len() - 1)
        } else {
            (half + dice.below(half), dice.below(business.conversations.len() - 1))
        };
        let (contact, conversation) = (business.contacts[contact], business.conversations[conversation]);
        let number = dice.below(1_000_000);
        let sql = if dice.once_in(2) {
            format!(
                "insert into messages (tenant_id, conversation_id, sender_type, content) \
                 values ('{tenant}', '{conversation}', 'CONTACT', 'psql {number}')"
            )
        } else {
            format!(
                "update contacts set display_name = 'psql {number}' where tenant_id = '{tenant}' and id = '{contact}'"
            )
        };
        transaction.batch_execute(&sql).await?;
    }
    if !is_late && dice.once_in(60) {
        // More at once than is kept for a watcher.
        let conversation = business.conversations[dice.below(business.conversations.len() - 1)];
        let burst = format!(
            "insert into messages (tenant_id, conversation_id, sender_type, content) \
             select '{tenant}', '{conversation}', 'CONTACT', 'burst ' || number from generate_series(1, 200) as number"
        );
        transaction.batch_execute(&burst).await?;
    }
    if is_late {
        tokio::time::sleep(dice.millis(300, 3_000)).await;
    }
    if dice.once_in(5) { transaction.rollback().await } else { transaction.commit().await }
}

impl Sends {
    /// What is wrong with what became of them.
    pub(crate) async fn judge(&self, stage: &Stage) -> Result<(), String> {
        let sql = "select client_message_id::text, count(*), min(id::text) from messages \
                   where client_message_id is not null group by 1";
        let rows = stage.psql().await.query(sql, &[]).await.unwrap();
        let mut stored: HashMap<Uuid, (i64, String)> = HashMap::new();
        for row in rows {
            let id = format_id("message", row.get::<_, String>(2).parse().unwrap());
            stored.insert(row.get::<_, String>(0).parse().unwrap(), (row.get(1), id));
        }
        let wrong = |(client, id): &(&Uuid, &String)| stored.get(client) != Some(&(1, (*id).clone()));
        let wrong: Vec<_> = self.0.iter().filter(wrong).collect();
        println!("{} messages were acknowledged", self.0.len());
        match wrong.first() {
            Some(first) => Err(format!("{} acknowledged messages are not there once, as {first:?}", wrong.len())),
            None if stored.len() != self.0.len() => Err(format!("{} messages were stored", stored.len())),
            None => Ok(()),
        }
    }
}
