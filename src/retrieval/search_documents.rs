//! `searchRagDocuments`: passages of one's own documents by meaning.

use async_graphql::ServerResult;
use entity::events::{Event, EventField, EventType, FieldOf, Presence, Value, object_type};
use entity::kind::Kind;
use entity::roots::{MadeAnswer, MadeArgument, MadeField, MadeQuery};
use entity::sql::Bind;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rust_decimal::Decimal;

use super::hits::{HitList, number};
use super::nearest::{PassageSearch, embedding_of, passages};

/// The query.
pub(super) static SEARCH_RAG_DOCUMENTS: MadeQuery = MadeQuery {
    name: "searchRagDocuments",
    ty: "[RagHit!]!",
    doc: "Passages of your documents that are nearest in meaning to a question, the nearest first. How many, how near and \
          in which documents follows from your `ragSettings` where it is not said. Documents that are not indexed are not \
          found.",
    arguments: &[
        MadeArgument {
            name: "text",
            ty: "String!",
            default: None,
            doc: "The question, up to 2000 characters. It need not have a word in common with what is found.",
        },
        MadeArgument { name: "topK", ty: "Int", default: None, doc: "Most passages, from 1 to 50." },
        MadeArgument {
            name: "threshold",
            ty: "Decimal",
            default: None,
            doc: "How near a passage must be, from 0 (anything) to 1 (the same meaning).",
        },
        MadeArgument {
            name: "tags",
            ty: "[String!]",
            default: None,
            doc: "Only in documents with one of these tags; in all when the list is empty.",
        },
    ],
    register: |_, registry| object_type(&RAG_HIT, registry),
    resolve: search,
};

static RAG_HIT: EventType = EventType {
    name: "RagHit",
    doc: "A passage that was found.",
    fields: &[
        EventField {
            name: "score",
            doc: "How near it is to the question: the cosine of the angle between the two embeddings, 1 for the same \
                  meaning.",
            ty: FieldOf::Leaf("Float!"),
        },
        EventField { name: "text", doc: "What it says.", ty: FieldOf::Leaf("String!") },
        EventField { name: "ordinal", doc: "Its place in the document, from 1.", ty: FieldOf::Leaf("Int!") },
        EventField {
            name: "vectorId",
            doc: "What the store of vectors calls it: one of the document's `vectorIds`.",
            ty: FieldOf::Leaf("String!"),
        },
        EventField {
            name: "document",
            doc: "The document that it is from.",
            ty: FieldOf::Row("RagDocument", Presence::Required),
        },
    ],
};

fn search(field: MadeField<'_>) -> BoxFuture<'_, ServerResult<MadeAnswer>> {
    async move {
        let hits = HitList::plan(&field, &RAG_HIT)?;
        let question = hits.question("text")?;
        let search = options(&field, &hits)?;
        let embedder = &hits.services()?.models.embedder;
        let embedding = embedding_of(embedder.as_ref(), &question).await.map_err(|error| hits.no_model(error))?;
        let scope = field.scope(false);
        let who = (scope.tenant, field.session().user());
        let found = passages((scope.statements, false), who, (&embedding, embedder.name()), &search);
        let found = found.await.map_err(|error| hits.fault(&error))?;
        let document = hits.entity("RagDocument")?;
        let found: Vec<Event> = found
            .into_iter()
            .map(|passage| Event {
                ty: &RAG_HIT,
                values: vec![
                    number(passage.score),
                    Value::text(&passage.content),
                    Value::number(passage.ordinal.into()),
                    Value::text(&passage.id.to_string()),
                    Value::Row(document, passage.document),
                ],
            })
            .collect();
        hits.answer(&found).await
    }
    .boxed()
}

fn options(field: &MadeField<'_>, hits: &HitList<'_, '_>) -> ServerResult<PassageSearch> {
    let given = |name: &str| field.argument(name).filter(|value| *value != async_graphql::Value::Null);
    let refused = |message: String| field.error("VALIDATION", message);
    let top_k = given("topK").is_some().then(|| hits.count("topK", 5, 50)).transpose()?;
    let threshold = match given("threshold").map(|value| Kind::Decimal.read(&value)) {
        None => None,
        Some(Ok(Bind::Decimal(threshold))) if (Decimal::ZERO..=Decimal::ONE).contains(&threshold) => Some(threshold),
        Some(Err(message)) => return Err(refused(message)),
        Some(Ok(_)) => return Err(refused("`threshold` goes from 0 to 1.".to_owned())),
    };
    let tags = match given("tags").map(|value| Kind::List(&Kind::Text).read(&value)) {
        Some(Ok(Bind::Texts(tags))) => Some(tags),
        Some(Err(message)) => return Err(refused(message)),
        _ => None,
    };
    Ok(PassageSearch { top_k, threshold, tags })
}
