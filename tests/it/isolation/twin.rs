//! A twin tenant: every row of the dealership once more, under the same ID, in another tenant.
//!
//! Keys are (tenant, id), so this is legal, and it is the sharpest test there is: a join, a batch or a lookup that
//! forgets the tenant finds two rows where there was one.

use entity::kind::Kind;
use entity::model::{EntityModel, Member, OneMember, VerbKind};
use serde_json::{Value, json};

use super::{TENANTS, columns, digest, is_of_platform, is_owned, model, tenant_id, tenant_tables};
use crate::app::{TestApp, TestClient};
use crate::samples::{least, lower_first, selection};

const TWIN: &str = "0199feed-0000-7000-8000-00000000feed";

/// Makes the twin. What is a name or a text there says so.
async fn make_twin(app: &TestApp, of: &str) {
    let mut sql = String::from("set session_replication_role = replica;");
    let tenant = columns(app, "tenants", &["id", "tenant_id", "slug", "name"]).await.join(", ");
    sql.push_str(&format!(
        "insert into tenants (id, slug, name, {tenant}) \
         select '{TWIN}', 'twin', 'TWIN', {tenant} from tenants where id = '{of}';"
    ));
    const MARKED: [&str; 12] = [
        "display_name",
        "first_name",
        "last_name",
        "name",
        "title",
        "content",
        "notes",
        "description",
        "address",
        "last_message_preview",
        "transcript",
        "summary",
    ];
    for table in tenant_tables(app).await {
        if table == "tenants" {
            continue;
        }
        let columns = columns(app, &table, &["tenant_id"]).await;
        // What other columns of the row say the length of, such as where a piece of a reply ends, stays as it is.
        let measured = app
            .rows(&format!(
                "select attname from pg_attribute a where attrelid = '{table}'::regclass and attnum > 0 and exists (
                     select from pg_constraint c where c.conrelid = a.attrelid and c.contype = 'c'
                        and a.attnum = any (c.conkey) and cardinality(c.conkey) > 1
                        and pg_get_constraintdef(c.oid) like '%length(' || attname || ')%')"
            ))
            .await
            .concat();
        let values: Vec<String> = columns
            .iter()
            .map(|column| {
                if MARKED.contains(&column.as_str()) && !measured.contains(column) {
                    format!("left('TWIN ' || {column}, 100)")
                } else if column == "target_id" {
                    // An ID as text: what was done to the tenant itself is done to the twin.
                    format!("replace({column}, '{of}', '{TWIN}')")
                } else {
                    column.clone()
                }
            })
            .collect();
        sql.push_str(&format!(
            "insert into {table} (tenant_id, {}) select '{TWIN}', {} from {table} where tenant_id = '{of}';",
            columns.join(", "),
            values.join(", ")
        ));
    }
    app.sql(&sql).await;
    app.sql("analyze").await;
}

/// Every list with all it can show, and with every relation as a filter and every field as an order.
fn corpus() -> Vec<String> {
    let mut queries = Vec::new();
    for entity in model().entities().iter().filter(|entity| !entity.decl.child_only) {
        let list = entity.decl.plural;
        let shown = selection(model(), entity, 1);
        queries.push(format!(
            "{{ {list}(first: 10) {{ totalCount pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} nodes {{ {shown} }} }} }}"
        ));
        for member in entity.members.values() {
            let always = "createdAt: { gt: \"2000-01-01T00:00:00Z\" }";
            let filters = match member {
                Member::One(one) if !is_filter(entity, one) => Vec::new(),
                Member::One(one) => vec![format!("{{ {}: {{ {always} }} }}", one.name)],
                Member::Many(many) => {
                    let of = |quantifier| format!("{{ {}: {{ {quantifier}: {{ {always} }} }} }}", many.name);
                    vec![of("some"), of("none")]
                }
                Member::Scalar(scalar) if matches!(scalar.ty.kind, Kind::Text) && scalar.filter => {
                    vec![format!("{{ {}: {{ contains: \"twin\" }} }}", scalar.name)]
                }
                Member::Scalar(_) | Member::Union(_) => Vec::new(),
            };
            for filter in filters {
                queries.push(format!("{{ {list}(first: 3, filter: {filter}) {{ totalCount nodes {{ id }} }} }}"));
            }
            if let Member::Scalar(scalar) = member
                && scalar.order
            {
                let key = entity::plan::order::enum_name(scalar.name);
                queries.push(format!(
                    "{{ {list}(last: 4, orderBy: [{{field: {key}, direction: DESC}}]) {{ edges {{ cursor node {{ id }} }} }} }}"
                ));
            }
        }
    }
    queries
}

/// Whether a list can be filtered by what is at the other end: not where that is a catalogue of all tenants, and not
/// where the key is no filter either.
fn is_filter(entity: &EntityModel, one: &OneMember) -> bool {
    !model().entity(one.target).decl.global && entity.scalar(&format!("{}Id", one.name)).is_none_or(|key| key.filter)
}

async fn answers(app: &TestApp, client: &TestClient, queries: &[String]) -> Vec<Value> {
    let mut answers = Vec::with_capacity(queries.len());
    for query in queries {
        // The log says who read health data. That the queries before did is no answer to this one.
        app.sql("set session_replication_role = replica; delete from audit_logs where action = 'health.read'").await;
        answers.push(client.data(query, json!({})).await);
    }
    answers
}

/// Shows rule:caching, rule:tenant-as-root.
#[tokio::test(flavor = "multi_thread")]
async fn a_twin_tenant_with_the_same_ids_changes_no_answer() {
    let app = TestApp::world().await;
    let [slug, _] = TENANTS;
    let tenant = tenant_id(&app, slug).await;
    let client = app.somebody_of(slug).await;
    let queries = corpus();
    let before = answers(&app, &client, &queries).await;
    make_twin(&app, &tenant).await;
    let after = answers(&app, &client, &queries).await;
    for ((query, before), after) in queries.iter().zip(&before).zip(&after) {
        assert_eq!(before, after, "{query}");
    }
    // The twin, for its part, sees as many rows, and only its own.
    let twin = app.somebody_of("twin").await;
    let own = entity::id::format_id("tenant", TWIN.parse().unwrap());
    let stranger = entity::id::format_id("tenant", tenant.parse().unwrap());
    for (query, (own_answer, twins)) in queries.iter().zip(before.iter().zip(answers(&app, &twin, &queries).await)) {
        assert!(!twins.to_string().contains(&stranger), "{query}");
        let list = own_answer.as_object().unwrap().keys().next().unwrap();
        // The twin's name stands in its texts, and that somebody of it has signed in since in its log.
        let differs = query.contains("contains: \"twin\"") || list == "sessions" || list == "auditLogs";
        assert!(differs || own_answer[list]["totalCount"] == twins[list]["totalCount"], "{query}");
        for node in twins[list]["nodes"].as_array().into_iter().flatten() {
            assert!(node["tenantId"].is_null() || node["tenantId"] == own, "{query}\n{node:#}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_tenant_does_to_its_rows_does_nothing_to_a_twin_with_the_same_ids() {
    let app = TestApp::world().await;
    let [slug, _] = TENANTS;
    let tenant = tenant_id(&app, slug).await;
    make_twin(&app, &tenant).await;
    let before = digest(&app, TWIN).await;
    let own_before = digest(&app, &tenant).await;
    let client = app.somebody_of(slug).await;
    let mut wrote = 0;
    // What is deleted cannot be changed any more, nor be named by others.
    let mut mutations: Vec<_> = model().mutations.iter().collect();
    mutations.sort_by_key(|(_, verb)| matches!(verb.kind, VerbKind::Delete));
    for (name, verb) in mutations {
        if matches!(verb.kind, VerbKind::Create) || is_of_platform(verb) {
            continue;
        }
        let entity = model().entity(verb.entity);
        let Some(row) = first_row(&app, &tenant, entity).await else { continue };
        let mut ids = Vec::new();
        for other in model().entities() {
            if let Some(id) = first_row(&app, &tenant, other).await {
                ids.push((other.decl.prefix, id));
            }
        }
        let id = |prefix: &str| match ids.iter().find(|(known, _)| *known == prefix) {
            _ if prefix == entity.decl.prefix => json!(row),
            Some((_, id)) => json!(id),
            None => Value::Null,
        };
        let input_type = name[..1].to_uppercase() + &name[1..] + "Input";
        let query = format!("mutation M($input: {input_type}!) {{ {name}(input: $input) {{ errors {{ code }} }} }}");
        let mut input = least(model(), verb, &id);
        if input.values().any(Value::is_null) {
            // There is no row that it could name, or none any more.
            continue;
        }
        if matches!(verb.kind, VerbKind::Update)
            && let Some(member) = entity.scalars().find(|member| {
                member.update != entity::declare::Input::No
                    && matches!(member.ty.kind, Kind::Text)
                    && member.ty.normalize.is_none()
            })
        {
            input.insert(member.name.to_owned(), json!("Changed by the other twin"));
        }
        let answer = client.data(&query, json!({ "input": input })).await;
        if answer[name.as_str()]["errors"] == json!([]) {
            wrote += 1;
        }
    }
    assert!(wrote > 40, "only {wrote} mutations wrote anything");
    assert_ne!(digest(&app, &tenant).await, own_before);
    assert_eq!(digest(&app, TWIN).await, before);
}

async fn first_row(app: &TestApp, tenant: &str, entity: &EntityModel) -> Option<String> {
    let mut conditions = Vec::new();
    if is_owned(entity) {
        conditions.push(format!("tenant_id = '{tenant}'"));
    }
    if entity.decl.soft_delete {
        conditions.push("deleted_at is null".to_owned());
    }
    if entity.decl.name == "CannedReply" {
        // The others are one user's or one team's.
        conditions.push("scope = 'TENANT'".to_owned());
    }
    let conditions = if conditions.is_empty() { "true".to_owned() } else { conditions.join(" and ") };
    let sql = format!("select id from {} where {conditions} order by id desc limit 1", entity.decl.table);
    let id = app.cell(&sql).await.parse().ok()?;
    Some(entity::id::format_id(entity.decl.prefix, id))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_row_by_id_is_the_own_one_even_when_the_twin_has_the_same_id() {
    let app = TestApp::world().await;
    let [slug, _] = TENANTS;
    let tenant = tenant_id(&app, slug).await;
    // A session of everybody, which the twin has then too.
    let users = format!("select id from users where tenant_id = '{tenant}' and deleted_at is null");
    for user in app.rows(&users).await.concat() {
        app.signed_in(tenant.parse().unwrap(), user.parse().unwrap()).await;
    }
    make_twin(&app, &tenant).await;
    let twin = app.somebody_of("twin").await;
    let own = entity::id::format_id("tenant", TWIN.parse().unwrap());
    for entity in model().entities().iter().filter(|entity| !entity.decl.global && !entity.decl.child_only) {
        let Some(id) = first_row(&app, &tenant, entity).await else { continue };
        let field = lower_first(entity.decl.name);
        let query = format!(
            "query Q($id: ID!) {{ {field}(id: $id) {{ tenantId }} node(id: $id) {{ ... on {0} {{ tenantId }} }} nodes(ids: [$id]) {{ ... on {0} {{ tenantId }} }} }}",
            entity.decl.name
        );
        let mut answer = twin.send(&query, json!({ "id": id })).await.json;
        if answer["data"][&field].is_null() {
            // What is personal shows itself to its user only, who has a twin too.
            let row = entity::id::parse_id(entity.decl.prefix, &id).unwrap();
            let table = entity.decl.table;
            let user = app
                .cell(&format!(
                    "select to_jsonb(r) ->> 'user_id' from {table} r where tenant_id = '{TWIN}' and id = '{row}'"
                ))
                .await;
            let Ok(user) = user.parse() else { panic!("{query}\n{answer:#}") };
            answer = app.signed_in(TWIN.parse().unwrap(), user).await.send(&query, json!({ "id": id })).await.json;
        }
        let data = &answer["data"];
        for found in [&data[&field], &data["node"], &data["nodes"][0]] {
            assert_eq!(found["tenantId"], own, "{query}\n{answer:#}");
        }
    }
}
