//! Market analyses that are asked for: there at once, completed by a job.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use mostrador::models::{ChatModel, End, EndReason, LocalModel, ModelError, Piece, Prompt, Provider};
use mostrador::properties::job_kinds;
use mostrador::work::{Crew, Tenancy};
use serde_json::{Value, json};

use crate::app::{TestApp, TestClient};
use crate::jobs::errand::{PACE, stop, until, worker};

const REQUEST: &str = "mutation($id: ID!) { requestMarketAnalysis(input: { propertyId: $id }) {
    marketAnalysis { id completedAt suggestedPrice confidence aiRequest { status source provider completedAt } }
    errors { code path message } } }";

const ANALYSIS: &str = "query($id: ID!) { marketAnalysis(id: $id) {
    completedAt suggestedPrice currency marketPosition confidence comps recommendations
    aiRequest { status completedAt responsePayload marketAnalysis { id } } } }";

/// A model that says this, or fails.
#[derive(Debug)]
struct Says(Result<&'static str, ModelError>);

impl ChatModel for Says {
    fn provider(&self) -> Provider {
        Provider::Compatible
    }

    fn default_model(&self) -> &str {
        "advisor"
    }

    fn answer(&self, prompt: Prompt) -> BoxStream<'static, Result<Piece, ModelError>> {
        assert!(prompt.messages.iter().any(|message| message.content.contains("suggestedPrice")));
        let end = Ok(Piece::End(End { reason: EndReason::Stop, tokens: None }));
        match self.0 {
            Ok(text) => stream::iter([Ok(Piece::Text(text.to_owned())), end]).boxed(),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }
}

async fn work(app: &TestApp, model: Arc<dyn ChatModel>) {
    let kinds = job_kinds(&Tenancy::new(app.database.clone()), &model);
    let crew = Crew::start(vec![worker(app, PACE, kinds)]);
    until(app, "select bool_and(state in ('SUCCEEDED', 'DEAD')) from jobs where kind = 'analyse_market'").await;
    stop(crew).await;
}

/// Eight flats in Centro, of which the last three were sold; and what is not like them.
async fn homes(app: &TestApp) -> String {
    // Nobody has come to an end of what may be asked of models.
    app.sql("update monthly_usage set limit_messages = null, limit_tokens = null").await;
    app.sql(
        "insert into properties (tenant_id, title, location, property_type, bedrooms, bathrooms, size_sqft, price, currency, status, owner_id)
         select t.id, 'Piso ' || n, 'Centro', 'APARTMENT', 3, 2, 1000 + n, 300000 + n * 1000, 'USD', case when n > 5 then 'SOLD' else 'ACTIVE' end, u.id
           from tenants t join users u on u.tenant_id = t.id and u.email = 'eva@casas.test' cross join generate_series(1, 8) n where t.slug = 'casas';
         insert into properties (tenant_id, title, location, property_type, bedrooms, bathrooms, size_sqft, price, currency, status, owner_id)
         select t.id, v.title, 'Centro', v.kind, 3, 2, 1000, v.price, v.currency, 'ACTIVE', u.id
           from tenants t join users u on u.tenant_id = t.id and u.email = 'eva@casas.test'
          cross join (values ('Alquiler', 'APARTMENT', 900, 'USD'), ('Casa', 'HOUSE', 900000, 'USD'), ('Otra moneda', 'APARTMENT', 900000, 'COP')) v (title, kind, price, currency)
          where t.slug = 'casas'",
    )
    .await;
    let id = app
        .cell(
            "insert into properties (tenant_id, title, location, property_type, bedrooms, bathrooms, size_sqft, price, currency, owner_id)
             select tenant_id, 'Piso caro', 'centro ', 'APARTMENT', 3, 2, 1000, 400000, 'USD', id from users where email = 'eva@casas.test' returning id",
        )
        .await;
    entity::id::format_id("property", id.parse().unwrap())
}

async fn request(client: &TestClient, property: &str) -> Value {
    client.data(REQUEST, json!({ "id": property })).await["requestMarketAnalysis"].clone()
}

async fn analysis(client: &TestClient, id: &Value) -> Value {
    client.data(ANALYSIS, json!({ "id": id })).await["marketAnalysis"].clone()
}

/// rule:market-analysis-async It returns at once; the results appear with completedAt, and confidence is within 0 and 1.
#[tokio::test(flavor = "multi_thread")]
async fn an_analysis_is_there_at_once_and_completed_from_comparables() {
    let app = TestApp::world().await;
    let (eva, max) = (app.sign_in("casas", "eva@casas.test").await, app.sign_in("casas", "max@casas.test").await);
    let property = homes(&app).await;
    let asked = request(&eva, &property).await;
    assert_eq!(asked["errors"], json!([]));
    let made = &asked["marketAnalysis"];
    assert_eq!(
        made["aiRequest"],
        json!({ "status": "QUEUED", "source": "CMA", "provider": "LOCAL", "completedAt": null })
    );
    assert_eq!(
        (&made["completedAt"], &made["suggestedPrice"], &made["confidence"]),
        (&json!(null), &json!(null), &json!(null))
    );
    work(&app, Arc::new(LocalModel::default())).await;
    let done = analysis(&eva, &made["id"]).await;
    assert!(done["completedAt"].is_string(), "{done}");
    let price: f64 = done["suggestedPrice"].as_str().unwrap().parse().unwrap();
    assert!((295_000.0..=310_000.0).contains(&price), "{price}");
    assert_eq!((&done["currency"], &done["marketPosition"]), (&json!("USD"), &json!("ABOVE")));
    let confidence: f64 = done["confidence"].as_str().unwrap().parse().unwrap();
    assert!((0.0..=1.0).contains(&confidence) && confidence > 0.6, "{confidence}");
    let comps = done["comps"].as_array().unwrap();
    let titles: Vec<&str> = comps.iter().map(|comp| comp["title"].as_str().unwrap()).collect();
    assert_eq!(titles.len(), 8);
    assert!(titles.iter().all(|title| title.starts_with("Piso ")), "{titles:?}");
    assert!(done["recommendations"].as_str().unwrap().contains("above"), "{done}");
    assert_eq!(done["aiRequest"]["status"], "COMPLETED");
    assert!(done["aiRequest"]["completedAt"].is_string());
    assert_eq!(done["aiRequest"]["marketAnalysis"]["id"], made["id"]);
    // Whoever works with the property sees the analysis; the request is Eva's own.
    let seen = analysis(&max, &made["id"]).await;
    assert_eq!((&seen["suggestedPrice"], &seen["aiRequest"]), (&done["suggestedPrice"], &json!(null)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_says_what_to_do_and_the_figures_do_when_it_fails() {
    let app = TestApp::world().await;
    let eva = app.sign_in("casas", "eva@casas.test").await;
    let property = homes(&app).await;
    let said = request(&eva, &property).await["marketAnalysis"]["id"].clone();
    work(&app, Arc::new(Says(Ok("  Baja el precio.  ")))).await;
    let done = analysis(&eva, &said).await;
    assert_eq!(done["recommendations"], "Baja el precio.");
    assert_eq!(done["aiRequest"]["responsePayload"]["by"], "MODEL");
    let failed = request(&eva, &property).await["marketAnalysis"]["id"].clone();
    work(&app, Arc::new(Says(Err(ModelError::Rejected)))).await;
    let done = analysis(&eva, &failed).await;
    assert!(done["recommendations"].as_str().unwrap().contains("comparable properties"));
    assert_eq!(done["aiRequest"]["responsePayload"], json!({ "by": "FIGURES", "modelError": "MODEL_REJECTED" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_comparables_an_analysis_says_so() {
    let app = TestApp::world().await;
    let eva = app.sign_in("casas", "eva@casas.test").await;
    app.sql("update monthly_usage set limit_messages = null, limit_tokens = null").await;
    let id = app
        .cell(
            "insert into properties (tenant_id, title, property_type, price, currency)
             select id, 'Isla', 'LAND', 1, 'USD' from tenants where slug = 'casas' returning id",
        )
        .await;
    let property = entity::id::format_id("property", id.parse().unwrap());
    let asked = request(&eva, &property).await["marketAnalysis"]["id"].clone();
    work(&app, Arc::new(Says(Ok("x")))).await;
    let done = analysis(&eva, &asked).await;
    assert!(done["completedAt"].is_string());
    assert_eq!(
        (&done["suggestedPrice"], &done["marketPosition"], &done["comps"]),
        (&json!(null), &json!(null), &json!([]))
    );
    assert!(done["confidence"].as_str().unwrap().starts_with('0'));
    assert!(done["recommendations"].as_str().unwrap().contains("no comparable"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_seen_cannot_be_analysed_and_is_compared_with_nothing() {
    let app = TestApp::world().await;
    let (eva, ana) = (app.sign_in("casas", "eva@casas.test").await, app.sign_in("autos", "ana@autos.test").await);
    let property = homes(&app).await;
    assert_eq!(request(&ana, &property).await["errors"][0]["code"], "NOT_FOUND");
    app.sql("update properties set deleted_at = now() where title = 'Piso caro'").await;
    assert_eq!(request(&eva, &property).await["errors"][0]["code"], "NOT_FOUND");
    // An agent who sees the own records only: those of others are no comparables.
    app.sql("update properties set deleted_at = null; update tenant_settings set record_sharing = true").await;
    let max = app.sign_in("casas", "max@casas.test").await;
    assert_eq!(request(&max, &property).await["errors"][0]["code"], "NOT_FOUND");
    app.sql("update properties set owner_id = (select id from users where email = 'max@casas.test') where title = 'Piso caro'").await;
    let asked = request(&max, &property).await["marketAnalysis"]["id"].clone();
    work(&app, Arc::new(LocalModel::default())).await;
    let comps = analysis(&max, &asked).await["comps"].clone();
    let others = |comp: &&Value| comp["title"].as_str().unwrap().starts_with("Piso ");
    assert_eq!(comps.as_array().unwrap().iter().filter(others).count(), 0, "{comps}");
}
