//! Documents and chats that are found by meaning: from a new text to its hits, whatever the store of vectors.

mod indexing;
mod recall;
mod similar;
mod vectors;

use std::sync::Arc;

use bytes::Bytes;
use mostrador::file_store::FileStore;
use mostrador::jobs::JobKind;
use mostrador::models::LocalEmbedder;
use mostrador::retrieval::{PageClient, RetrievalParts, job_kinds};
use mostrador::work::Tenancy;
use serde_json::{Value, json};

use crate::app::{TestApp, TestClient};
use crate::jobs::errand::{PACE, stop, until, worker};
use mostrador::work::Crew;

/// What documents say, one to each.
const SHELF: [(&str, &str); 5] = [
    ("Garantía", "La garantía de los coches usados dura dos años y cubre el motor y la caja de cambios."),
    ("Horario", "La oficina abre de lunes a viernes de nueve a dos y de cuatro a siete."),
    ("Financiación", "Financiamos hasta el noventa por ciento del precio en setenta y dos cuotas mensuales."),
    ("Devoluciones", "Quien no esté contento devuelve el vehículo dentro de quince días o mil kilómetros."),
    ("Visitas", "Las visitas a los pisos se piden con un día de antelación y duran media hora."),
];

const CREATE: &str = "mutation($input: CreateRagDocumentInput!) {
    createRagDocument(input: $input) { ragDocument { id indexed chunkCount vectorIds } errors { code path } } }";

const DOCUMENT: &str = "query($id: ID!) { ragDocument(id: $id) {
    indexed indexedAt indexError chunkCount vectorIds content version } }";

const SEARCH: &str = "query($text: String!, $topK: Int, $threshold: Decimal, $tags: [String!]) {
    searchRagDocuments(text: $text, topK: $topK, threshold: $threshold, tags: $tags) {
      score text ordinal vectorId document { title vectorIds } } }";

fn kinds(app: &TestApp) -> Vec<Arc<dyn JobKind>> {
    job_kinds(RetrievalParts {
        tenancy: Tenancy::new(app.database.clone()),
        ids: Arc::clone(&app.services.ids),
        embedder: Arc::new(LocalEmbedder),
        files: app.services.files.clone(),
        pages: PageClient::new(true).unwrap(),
    })
}

/// Does all jobs of this domain that wait.
async fn work(app: &TestApp) {
    let crew = Crew::start(vec![worker(app, PACE, kinds(app)), worker(app, PACE, kinds(app))]);
    let ended = "select coalesce(bool_and(state in ('SUCCEEDED', 'DEAD')), true) from jobs
                  where kind in ('index_document', 'embed_chat_messages')";
    until(app, ended).await;
    stop(crew).await;
}

async fn add(client: &TestClient, input: Value) -> String {
    let made = client.data(CREATE, json!({ "input": input })).await["createRagDocument"].clone();
    assert_eq!(made["errors"], json!([]), "{made}");
    assert_eq!(made["ragDocument"]["indexed"], false);
    made["ragDocument"]["id"].as_str().unwrap().to_owned()
}

async fn shelf(client: &TestClient) -> Vec<String> {
    let mut ids = Vec::new();
    for (title, content) in SHELF {
        ids.push(add(client, json!({ "title": title, "source": "PASTE", "content": content, "tags": [title] })).await);
    }
    ids
}

async fn document(client: &TestClient, id: &str) -> Value {
    client.data(DOCUMENT, json!({ "id": id })).await["ragDocument"].clone()
}

async fn search(client: &TestClient, variables: Value) -> Vec<Value> {
    client.data(SEARCH, variables).await["searchRagDocuments"].as_array().unwrap().clone()
}

/// Puts a file of Ana's into the store, and its row.
async fn file(app: &TestApp, id: u32, mime_type: &str, name: &str, bytes: &[u8]) -> String {
    let key = format!("files/test/{id}");
    let store: &FileStore = &app.services.files;
    store.put(&key, Bytes::copy_from_slice(bytes)).await.unwrap();
    let row = app
        .cell(&format!(
            "insert into stored_files (tenant_id, user_id, filename, original_name, storage_path, mime_type, size, checksum, scan_status)
             select tenant_id, id, '{name}', '{name}', '{key}', '{mime_type}', {}, lpad('{id}', 64, '0'), 'CLEAN'
               from users where email = 'ana@autos.test' returning id",
            bytes.len()
        ))
        .await;
    entity::id::format_id("stored_file", row.parse().unwrap())
}
