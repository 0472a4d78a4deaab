//! How many of the nearest the portable search finds: it chooses candidates by signatures, and compares those alone.

use std::fmt::Write as _;

use mostrador::models::{Embedder, LocalEmbedder};

use crate::app::{TestApp, connect};

/// Texts to search in, and how many of them are asked about.
const TEXTS: usize = 3000;
const QUESTIONS: usize = 60;

/// The nearest that are looked for.
const NEAREST: usize = 10;

/// Texts about a few things in a few ways, always the same.
pub(super) fn texts(count: usize) -> Vec<String> {
    const WORDS: [&str; 48] = [
        "coche",
        "piso",
        "garantía",
        "precio",
        "visita",
        "contrato",
        "seguro",
        "motor",
        "cocina",
        "terraza",
        "hipoteca",
        "entrega",
        "reserva",
        "cliente",
        "llamada",
        "oferta",
        "firma",
        "notaría",
        "barrio",
        "metro",
        "garaje",
        "ascensor",
        "diésel",
        "eléctrico",
        "híbrido",
        "kilómetros",
        "revisión",
        "neumáticos",
        "pintura",
        "color",
        "rojo",
        "azul",
        "grande",
        "pequeño",
        "nuevo",
        "usado",
        "barato",
        "caro",
        "urgente",
        "mañana",
        "lunes",
        "viernes",
        "señal",
        "transferencia",
        "factura",
        "descuento",
        "alquiler",
        "fianza",
    ];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    (0..count)
        .map(|number| {
            let topic = next(8) * 6;
            let mut text = format!("Nota {number}:");
            for place in 0..8 + next(8) {
                let word = if place % 3 == 0 { WORDS[next(WORDS.len())] } else { WORDS[topic + next(6)] };
                text.push(' ');
                text.push_str(word);
            }
            text
        })
        .collect()
}

/// Statements that give a user of the world a document with these texts as chunks.
pub(super) async fn plant(texts: &[String]) -> (String, Vec<Vec<f32>>) {
    let vectors = LocalEmbedder.embed(texts).await.unwrap().vectors;
    let mut sql = "insert into rag_documents (tenant_id, user_id, title, source, content)
        select tenant_id, id, 'Recall', 'PASTE', 'x' from users where email = 'jan@autos.test';
        insert into rag_chunks (tenant_id, user_id, document_id, ordinal, content, model, embedding)
        select d.tenant_id, d.user_id, d.id, g.ordinal, 'c' || g.ordinal, 'local-hash-256', g.embedding::real[]
          from rag_documents d cross join (values "
        .to_owned();
    for (index, vector) in vectors.iter().enumerate() {
        let numbers = vector.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        write!(sql, "{}({}, '{{{numbers}}}')", if index > 0 { "," } else { "" }, index + 1).unwrap();
    }
    sql.push_str(") g (ordinal, embedding) where d.title = 'Recall'; analyze rag_chunks");
    (sql, vectors)
}

/// The ordinals of the nearest chunks of Jan, as the database finds them.
pub(super) async fn found(client: &tokio_postgres::Client, question: &[f32]) -> Vec<i32> {
    let numbers = question.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let sql = format!(
        "select c.ordinal from app.near_chunks('{{{numbers}}}', 'local-hash-256', '{{}}', {NEAREST}) n
           join rag_chunks c on c.id = n.id order by n.score desc, n.id"
    );
    client.query(&sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// The ordinals of what is nearest indeed.
pub(super) fn exact(vectors: &[Vec<f32>], question: &[f32]) -> Vec<i32> {
    let score =
        |vector: &Vec<f32>| -> f64 { vector.iter().zip(question).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum() };
    let mut order: Vec<(i32, f64)> =
        vectors.iter().enumerate().map(|(index, vector)| (i32::try_from(index).unwrap() + 1, score(vector))).collect();
    order.sort_by(|one, other| other.1.total_cmp(&one.1));
    order.into_iter().take(NEAREST).map(|(ordinal, _)| ordinal).collect()
}

/// A connection of the API in Jan's name.
pub(super) async fn as_jan(client: &tokio_postgres::Client) {
    client
        .batch_execute(
            "select set_config('app.tenant_id', tenant_id::text, false), set_config('app.user_id', id::text, false)
               from users where email = 'jan@autos.test'",
        )
        .await
        .unwrap();
}

/// Recall at 10 is 0.98 at least; in November 2026 it was 0.997, with 400 candidates of 3,000.
#[tokio::test(flavor = "multi_thread")]
async fn the_portable_search_finds_nearly_all_of_the_nearest() {
    let app = TestApp::world().await;
    let (sql, vectors) = plant(&texts(TEXTS)).await;
    app.sql(&sql).await;
    let ids = app.rows("select tenant_id::text, id::text from users where email = 'jan@autos.test'").await;
    let client = connect("mostrador_api", &app.database_name).await;
    let settings = format!("set app.tenant_id = '{}'; set app.user_id = '{}'", ids[0][0], ids[0][1]);
    client.batch_execute(&settings).await.unwrap();
    let mut right = 0;
    for question in vectors.iter().step_by(TEXTS / QUESTIONS).take(QUESTIONS) {
        let exact = exact(&vectors, question);
        right += found(&client, question).await.iter().filter(|ordinal| exact.contains(ordinal)).count();
    }
    let recall = right as f64 / (QUESTIONS * NEAREST) as f64;
    println!("recall@{NEAREST} of the portable search: {recall:.3}");
    assert!(recall >= 0.98, "{recall}");
}
