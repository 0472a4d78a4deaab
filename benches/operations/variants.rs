//! What is asked for: many different rows of all tenants, so that neither server can live on one cached page.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use entity::id::format_id;
use mostrador::clock::SystemClock;
use mostrador::token::{Bearer, Key, KeySet, Tokens};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::Outcome;
use crate::http::{self, Connection};
use crate::operation::Operation;
use crate::options::Options;
use crate::servers::{SECRET, Servers};

/// How long the tokens work: longer than any run.
const LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// One set of parameters of an operation.
pub(crate) struct Variant {
    tenant: Uuid,
    /// For the gateway.
    variables: Value,
    /// For the baseline, after the tenant.
    parameters: Vec<String>,
}

/// The finished requests, head and body, in the same order for both servers.
pub(crate) struct Requests {
    pub(crate) gateway: Vec<Vec<u8>>,
    /// For the baseline; for another gateway they are the same.
    pub(crate) other: Vec<Vec<u8>>,
}

/// Somebody who asks.
struct Person {
    user: Uuid,
    token: String,
}

/// What variants are chosen from.
pub(crate) struct Setup<'a> {
    sql: &'a Client,
    people: HashMap<Uuid, Person>,
    gateway: Connection,
    host: String,
}

impl<'a> Setup<'a> {
    pub(crate) async fn new(sql: &'a Client, servers: &Servers) -> Outcome<Self> {
        let key = Key::secret(SECRET.as_bytes())?;
        let tokens = Tokens::new(KeySet::new(&key, [])?, Arc::new(SystemClock));
        let query = "select tenant_id::text, user_id::text, id::text from sessions where expires_at = '2100-01-01Z'";
        let mut people = HashMap::new();
        for row in sql.query(query, &[]).await? {
            let id = |cell: usize| row.get::<_, String>(cell).parse::<Uuid>();
            let (tenant, user, session) = (id(0)?, id(1)?, id(2)?);
            let bearer =
                Bearer { tenant_id: tenant, user_id: user, session_id: session, home_tenant_id: None, csrf_hash: None };
            let token = tokens.issue(&bearer, LIFETIME)?.text;
            people.insert(tenant, Person { user, token });
        }
        let address = servers.gateway.address;
        Ok(Self { sql, people, gateway: Connection::open(address).await?, host: address.to_string() })
    }

    fn person(&self, tenant: Uuid) -> Outcome<&Person> {
        self.people.get(&tenant).ok_or_else(|| format!("tenant {tenant} has no user").into())
    }

    /// Rows of texts.
    async fn rows(&self, query: &str) -> Outcome<Vec<Vec<String>>> {
        let rows = self.sql.query(query, &[]).await?;
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| (0..row.len()).map(|cell| row.get::<_, String>(cell)).collect()).collect();
        if rows.is_empty() { Err(format!("the demo data has nothing for this: {query}").into()) } else { Ok(rows) }
    }

    fn request(&self, query: &str, tenant: Uuid, variables: &Value) -> Outcome<Vec<u8>> {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let bearer = format!("authorization: Bearer {}\r\n", self.person(tenant)?.token);
        Ok(http::post(&self.host, "/graphql", &bearer, &body))
    }

    /// Asks the gateway, which must answer without errors.
    async fn ask(&mut self, query: &str, tenant: Uuid, variables: &Value) -> Outcome<Value> {
        let request = self.request(query, tenant, variables)?;
        let answer: Value = serde_json::from_slice(self.gateway.exchange(&request).await?)?;
        if answer.get("errors").is_some() { Err(answer.to_string().into()) } else { Ok(answer["data"].clone()) }
    }
}

/// The requests of all variants.
pub(crate) fn requests(
    operation: &Operation,
    variants: &[Variant],
    setup: &Setup<'_>,
    servers: &Servers,
    options: &Options,
) -> Outcome<Requests> {
    let mut requests = Requests { gateway: Vec::new(), other: Vec::new() };
    let host = servers.other.address.to_string();
    for variant in variants {
        let request = setup.request(operation.query, variant.tenant, &variant.variables)?;
        requests.gateway.push(request.clone());
        if options.other_is_gateway() {
            requests.other.push(request);
            continue;
        }
        let mut parameters = vec![variant.tenant.to_string()];
        parameters.extend(variant.parameters.iter().cloned());
        let path = format!("/{}", operation.name);
        requests.other.push(http::post(&host, &path, "", &json!(parameters).to_string()));
    }
    Ok(requests)
}

/// A thousand contacts.
pub(crate) async fn contacts(setup: &mut Setup<'_>) -> Outcome<Vec<Variant>> {
    let query = "select tenant_id::text, id::text from contacts where deleted_at is null \
                 order by md5(id::text) limit 1000";
    let variant = |row: Vec<String>| {
        let (tenant, id) = (row[0].parse()?, row[1].parse()?);
        let variables = json!({ "id": format_id("contact", id) });
        Ok(Variant { tenant, variables, parameters: vec![row[1].clone()] })
    };
    setup.rows(query).await?.into_iter().map(variant).collect()
}

/// Every tenant.
pub(crate) async fn tenants(setup: &mut Setup<'_>) -> Outcome<Vec<Variant>> {
    let query = "select tenant_id::text from conversations where status = 'OPEN' \
                 group by tenant_id having count(*) > 25 order by md5(tenant_id::text)";
    each_tenant(setup, query).await
}

/// Tenants that sell vehicles.
pub(crate) async fn dealerships(setup: &mut Setup<'_>) -> Outcome<Vec<Variant>> {
    let query = "select tenant_id::text from sales where vehicle_id is not null and deleted_at is null \
                 group by tenant_id having count(*) > 100 order by md5(tenant_id::text)";
    each_tenant(setup, query).await
}

async fn each_tenant(setup: &mut Setup<'_>, query: &str) -> Outcome<Vec<Variant>> {
    let variant =
        |row: Vec<String>| Ok(Variant { tenant: row[0].parse()?, variables: json!({}), parameters: Vec::new() });
    setup.rows(query).await?.into_iter().map(variant).collect()
}

/// People of dealerships who answer for enough contacts.
pub(crate) async fn owners(setup: &mut Setup<'_>) -> Outcome<Vec<Variant>> {
    let query = "select tenant_id::text, owner_id::text from contacts c where owner_id is not null \
                 and deleted_at is null and exists (select from vehicles v where v.tenant_id = c.tenant_id) \
                 group by tenant_id, owner_id having count(*) > 20 order by md5(owner_id::text)";
    let variant = |row: Vec<String>| {
        let (tenant, owner) = (row[0].parse()?, row[1].parse()?);
        let variables = json!({ "owner": format_id("user", owner) });
        Ok(Variant { tenant, variables, parameters: vec![row[1].clone()] })
    };
    setup.rows(query).await?.into_iter().map(variant).collect()
}

/// Statuses and initials with more than two pages of contacts, with the cursor of page 2.
pub(crate) async fn prefixes(setup: &mut Setup<'_>) -> Outcome<Vec<Variant>> {
    let query = "select * from ( \
                     select tenant_id::text, status_id::text, left(display_name_folded, 1) from contacts \
                     where deleted_at is null and status_id is not null and display_name_folded ~ '^[a-z]' \
                     group by 1, 2, 3 having count(*) > 60 \
                 ) found (tenant, status, initial) order by md5(tenant || status || initial) limit 200";
    let mut variants = Vec::new();
    for row in setup.rows(query).await? {
        let (tenant, status) = (row[0].parse()?, row[1].parse()?);
        let mut variables = json!({ "status": format_id("contact_status", status), "prefix": row[2] });
        let page = setup.ask(include_str!("queries/list_cursor.graphql"), tenant, &variables).await?;
        let page = &page["contacts"];
        let last = page["nodes"].as_array().and_then(|nodes| nodes.last()).ok_or("page 2 is empty")?;
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or("not a string");
        let id = entity::id::parse_id("contact", &text(&last["id"])?).map_err(|error| format!("{error:?}"))?;
        // What the gateway's cursor holds, so that the baseline need not fold it either.
        let folded = format!("select display_name_folded from contacts where tenant_id = '{tenant}' and id = '{id}'");
        let folded = setup.rows(&folded).await?[0][0].clone();
        let parameters = vec![row[1].clone(), row[2].clone(), folded, id.to_string()];
        variables["after"] = page["pageInfo"]["endCursor"].clone();
        variants.push(Variant { tenant, variables, parameters });
    }
    Ok(variants)
}

/// Messages into two thousand conversations.
pub(crate) async fn messages(setup: &mut Setup<'_>) -> Outcome<Vec<Variant>> {
    let query = "select tenant_id::text, id::text from conversations where status <> 'ARCHIVED' and channel <> 'WHATSAPP' \
                 order by md5(id::text) limit 2000";
    let mut variants = Vec::new();
    for (number, row) in setup.rows(query).await?.into_iter().enumerate() {
        let (tenant, conversation) = (row[0].parse()?, row[1].parse()?);
        let text = format!("Thank you for your patience: your car is ready, see you at {}:30.", 9 + number % 9);
        let input = json!({ "conversationId": format_id("conversation", conversation), "content": text });
        let user = setup.person(tenant)?.user.to_string();
        variants.push(Variant {
            tenant,
            variables: json!({ "input": input }),
            parameters: vec![user, row[1].clone(), text],
        });
    }
    Ok(variants)
}
