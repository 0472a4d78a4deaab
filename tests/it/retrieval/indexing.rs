//! From a new document to its hits.

use serde_json::json;

use super::{add, document, file, search, shelf, work};
use crate::app::TestApp;

/// rule:rag-chunking rule:rag-dual-store A new document is found without a further call, and says by which vectors.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_document_is_indexed_and_found() {
    let app = TestApp::world().await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let ids = shelf(&ana).await;
    work(&app).await;
    let known = document(&ana, &ids[0]).await;
    assert_eq!(
        (&known["indexed"], &known["chunkCount"], &known["indexError"]),
        (&json!(true), &json!(1), &json!(null))
    );
    assert!(known["indexedAt"].is_string() && known["version"] == 1, "{known}");
    let hits = search(&ana, json!({ "text": "¿cuánto dura la garantía del motor?", "threshold": "0.1" })).await;
    assert_eq!(hits[0]["document"]["title"], "Garantía", "{hits:#?}");
    assert_eq!(hits[0]["document"]["vectorIds"], json!([hits[0]["vectorId"]]));
    assert!(hits[0]["text"].as_str().unwrap().starts_with("La garantía de los coches"));
}

/// rule:rag-threshold
#[tokio::test(flavor = "multi_thread")]
async fn a_search_gives_no_hit_under_the_threshold_and_no_more_than_top_k() {
    let app = TestApp::world().await;
    let jan = app.sign_in("autos", "jan@autos.test").await;
    shelf(&jan).await;
    work(&app).await;
    let question = "la garantía de los coches usados dura dos años";
    let all = search(&jan, json!({ "text": question, "topK": 50, "threshold": "0" })).await;
    let scores: Vec<f64> = all.iter().map(|hit| hit["score"].as_f64().unwrap()).collect();
    assert!(scores.len() >= 2 && scores.windows(2).all(|pair| pair[0] >= pair[1]), "{scores:?}");
    assert_eq!(search(&jan, json!({ "text": question, "topK": 1, "threshold": "0" })).await.len(), 1);
    for threshold in ["0.1", "0.3", "0.7", "1"] {
        let hits = search(&jan, json!({ "text": question, "topK": 50, "threshold": threshold })).await;
        let bound: f64 = threshold.parse().unwrap();
        assert!(hits.iter().all(|hit| hit["score"].as_f64().unwrap() >= bound));
        assert_eq!(hits.len(), scores.iter().filter(|score| **score >= bound).count(), "at {threshold}");
    }
    // Without a word about it the settings hold, and without those 0.7 and 5.
    let usual = search(&jan, json!({ "text": question })).await;
    assert_eq!(usual.len(), scores.iter().filter(|score| **score >= 0.7).count());
    let save = "mutation($threshold: Decimal!) { saveRagSettings(input: { topK: 1, threshold: $threshold, collections: [\"Horario\"] }) { errors { code } } }";
    jan.data(save, json!({ "threshold": "0" })).await;
    let set = search(&jan, json!({ "text": "la garantía y la oficina, que abre los viernes" })).await;
    assert_eq!(set.iter().map(|hit| &hit["document"]["title"]).collect::<Vec<_>>(), ["Horario"]);
    assert_eq!(search(&jan, json!({ "text": question, "tags": [] })).await[0]["document"]["title"], "Garantía");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_have_is_not_found() {
    let app = TestApp::world().await;
    let (ana, jan) = (app.sign_in("autos", "ana@autos.test").await, app.sign_in("autos", "jan@autos.test").await);
    let eva = app.sign_in("casas", "eva@casas.test").await;
    shelf(&ana).await;
    work(&app).await;
    let everything = json!({ "text": "garantía", "topK": 50, "threshold": "0" });
    assert!(!search(&ana, everything.clone()).await.is_empty());
    assert!(search(&jan, everything.clone()).await.is_empty());
    assert!(search(&eva, everything).await.is_empty(), "the model of the other tenant's chunk is another one");
}

/// rule:rag-sources Files of all kinds are read.
#[tokio::test(flavor = "multi_thread")]
async fn files_are_read_by_what_they_are() {
    let app = TestApp::world().await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let files: [(&str, &str, &[u8], &str); 4] = [
        (
            "text/markdown",
            "a.md",
            b"# Precios\n\n- El **Ibiza** cuesta doce mil euros\n",
            "El Ibiza cuesta doce mil euros",
        ),
        (
            "text/html",
            "b.html",
            "<p>El Le&oacute;n cuesta <b>quince</b> mil</p><script>no()</script>".as_bytes(),
            "El León cuesta quince mil",
        ),
        ("text/csv", "c.csv", b"modelo;precio\nArona;18.000\n", "modelo: Arona; precio: 18.000"),
        ("text/plain", "d.txt", b"Se vendi\xf3 el Ateca", "Se vendió el Ateca"),
    ];
    let mut ids = Vec::new();
    for (number, (mime_type, name, bytes, _)) in files.iter().enumerate() {
        let file = file(&app, u32::try_from(number).unwrap(), mime_type, name, bytes).await;
        ids.push(add(&ana, json!({ "title": name, "source": "FILE", "fileId": file })).await);
    }
    let picture = file(&app, 9, "image/png", "e.png", b"\x89PNG").await;
    let picture = add(&ana, json!({ "title": "e", "source": "FILE", "fileId": picture })).await;
    work(&app).await;
    for (id, (_, name, _, says)) in ids.iter().zip(files) {
        let known = document(&ana, id).await;
        assert_eq!((&known["indexed"], &known["chunkCount"]), (&json!(true), &json!(1)), "{name}: {known}");
        let raw = entity::id::parse_id("rag_document", id).unwrap();
        let chunk = app.cell(&format!("select content from rag_chunks where document_id = '{raw}'")).await;
        assert!(chunk.contains(says), "{name}: {chunk}");
    }
    let known = document(&ana, &picture).await;
    assert_eq!((&known["indexed"], &known["indexError"]), (&json!(false), &json!("UNSUPPORTED_TYPE")));
}

/// A text that changes is indexed anew; of what was before, nothing is found.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_text_takes_the_place_of_the_one_before() {
    let app = TestApp::world().await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let long: String = (0..200).map(|number| format!("Frase número {number} sobre el taller. ")).collect();
    let id = add(&ana, json!({ "title": "Taller", "source": "PASTE", "content": long })).await;
    work(&app).await;
    let chunks = document(&ana, &id).await["chunkCount"].as_i64().unwrap();
    assert!(chunks > 5, "{chunks}");
    let update = "mutation($id: ID!, $content: String!) { updateRagDocument(input: { id: $id, content: $content }) { ragDocument { indexed } errors { code } } }";
    // Twice at once: the job of the first finds a later round, or is overtaken by it.
    for content in ["El taller cierra en agosto.", "El taller abre en septiembre."] {
        let updated = ana.data(update, json!({ "id": id, "content": content })).await;
        assert_eq!(updated["updateRagDocument"]["ragDocument"]["indexed"], false);
    }
    work(&app).await;
    let known = document(&ana, &id).await;
    assert_eq!((&known["indexed"], &known["chunkCount"]), (&json!(true), &json!(1)));
    let hits = search(&ana, json!({ "text": "taller septiembre", "threshold": "0.1", "topK": 50 })).await;
    let texts: Vec<_> =
        hits.iter().filter(|hit| hit["document"]["title"] == "Taller").map(|hit| &hit["text"]).collect();
    assert_eq!(texts, ["El taller abre en septiembre."]);
    let again =
        "mutation($id: ID!) { reindexRagDocument(input: { id: $id }) { ragDocument { indexed } errors { code } } }";
    assert_eq!(ana.data(again, json!({ "id": id })).await["reindexRagDocument"]["ragDocument"]["indexed"], false);
    work(&app).await;
    assert_eq!(document(&ana, &id).await["indexed"], true);
}
