//! `searchChatMessages` and `similarChatMessages`: one's own chats by words and by meaning.

use async_graphql::ServerResult;
use entity::events::{Event, EventField, EventType, FieldOf, Presence, Value, object_type};
use entity::kind::Kind;
use entity::roots::{MadeAnswer, MadeArgument, MadeField, MadeQuery};
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::hits::{HitList, number};
use super::nearest::{bind, embedding_of, float};

/// The query by words.
pub(super) static SEARCH_CHAT_MESSAGES: MadeQuery = MadeQuery {
    name: "searchChatMessages",
    ty: "[ChatMessageHit!]!",
    doc: "Messages of your chats in which words occur, in whatever form: \"vendido\" finds \"vendimos\", \"selling\" finds \
          \"sells\". Spanish and English alike; upper and lower case and accents do not matter. The best first: those in \
          which the words stand often and near each other.",
    arguments: &[
        MadeArgument {
            name: "text",
            ty: "String!",
            default: None,
            doc: "Words, all of which must occur; \"words in quotes\" follow each other; `or` between words; `-` in front \
                  of what must not occur. Up to 2000 characters.",
        },
        MadeArgument { name: "first", ty: "Int", default: Some("20"), doc: "At most so many, 100 at most." },
    ],
    register: |_, registry| object_type(&CHAT_MESSAGE_HIT, registry),
    resolve: search,
};

/// The query by meaning.
pub(super) static SIMILAR_CHAT_MESSAGES: MadeQuery = MadeQuery {
    name: "similarChatMessages",
    ty: "[ChatMessageHit!]!",
    doc: "Messages of your chats that mean nearly the same as one of them, the nearest first. A message is compared as \
          soon as its embedding is computed, some moments after it was written.",
    arguments: &[
        MadeArgument { name: "to", ty: "ID!", default: None, doc: "The message; it is not among the hits." },
        MadeArgument { name: "limit", ty: "Int", default: Some("10"), doc: "At most so many, 100 at most." },
    ],
    register: |_, registry| object_type(&CHAT_MESSAGE_HIT, registry),
    resolve: similar,
};

static CHAT_MESSAGE_HIT: EventType = EventType {
    name: "ChatMessageHit",
    doc: "A message that was found.",
    fields: &[
        EventField {
            name: "score",
            doc: "How well it fits, more is better. Of a search by words from 0 to below 1; of one by meaning the cosine \
                  of the angle between the embeddings, 1 for the same meaning. Scores of the two cannot be compared.",
            ty: FieldOf::Leaf("Float!"),
        },
        EventField { name: "message", doc: "The message.", ty: FieldOf::Row("ChatMessage", Presence::Required) },
    ],
};

fn search(field: MadeField<'_>) -> BoxFuture<'_, ServerResult<MadeAnswer>> {
    async move {
        let hits = HitList::plan(&field, &CHAT_MESSAGE_HIT)?;
        let (question, most) = (hits.question("text")?, hits.count("first", 20, 100)?);
        let scope = field.scope(false);
        let mut sql = Sql::new();
        // 32 makes any rank a number below 1, and 1 keeps long messages from winning by their length.
        sql.push("select m.id, ts_rank_cd(m.search, q.question, 33)::float8 as score from chat_messages m, (select app.search_query(");
        sql.bind(Bind::Text(question)).push(") as question) q where m.tenant_id = ").bind(Bind::Uuid(scope.tenant));
        sql.push(" and m.user_id = ").bind(Bind::Uuid(field.session().user()));
        sql.push(" and m.search @@ q.question order by score desc, m.id desc limit ").bind(Bind::Int(most));
        answer(&field, &hits, sql).await
    }
    .boxed()
}

fn similar(field: MadeField<'_>) -> BoxFuture<'_, ServerResult<MadeAnswer>> {
    async move {
        let hits = HitList::plan(&field, &CHAT_MESSAGE_HIT)?;
        let most = hits.count("limit", 10, 100)?;
        let id = match field.argument("to").map(|value| Kind::Id("chat_message").read(&value)) {
            Some(Ok(Bind::Uuid(id))) => id,
            Some(Err(message)) => return Err(field.error("INVALID_ID", message)),
            _ => return Err(field.error("INVALID_ID", "An ID is needed.")),
        };
        let embedder = &hits.services()?.models.embedder;
        let (scope, user) = (field.scope(false), field.session().user());
        let mut sql = Sql::new();
        sql.push("select case when m.embedding_model = ").bind(Bind::Text(embedder.name().to_owned()));
        sql.push(" then m.embedding end, m.content from chat_messages m where m.tenant_id = ");
        sql.bind(Bind::Uuid(scope.tenant)).push(" and m.user_id = ").bind(Bind::Uuid(user));
        sql.push(" and m.id = ").bind(Bind::Uuid(id));
        let rows = scope.statements.rows(sql, false).await.map_err(|error| hits.fault(&error))?;
        if rows.is_empty() {
            return Err(field.error("NOT_FOUND", "There is no chat message with this ID."));
        }
        let known = rows.decode::<tables::chat_messages::embedding, Option<Vec<f32>>>(0, 0);
        let embedding = match known.ok().flatten() {
            Some(embedding) => embedding,
            None => {
                let text = rows.text(0, 1).unwrap_or_default();
                embedding_of(embedder.as_ref(), &text).await.map_err(|error| hits.no_model(error))?
            }
        };
        let mut sql = Sql::new();
        sql.push("select n.id, n.score from app.near_chat_messages(").bind(bind(&embedding)).push("::real[], ");
        sql.bind(Bind::Text(embedder.name().to_owned())).push(", ").bind(Bind::Int(most));
        sql.push(", ").bind(Bind::Uuid(id)).push(") n order by n.score desc, n.id");
        answer(&field, &hits, sql).await
    }
    .boxed()
}

/// Hits of a statement that gives keys of messages with scores.
async fn answer(field: &MadeField<'_>, hits: &HitList<'_, '_>, sql: Sql) -> ServerResult<MadeAnswer> {
    let rows = field.scope(false).statements.rows(sql, false).await.map_err(|error| hits.fault(&error))?;
    let message = hits.entity("ChatMessage")?;
    let hit = |row| {
        let values = vec![number(float(&rows, row, 1)?), Value::Row(message, rows.uuid(row, 0)?)];
        Some(Event { ty: &CHAT_MESSAGE_HIT, values })
    };
    let found: Vec<Event> = (0..rows.len()).filter_map(hit).collect();
    hits.answer(&found).await
}
