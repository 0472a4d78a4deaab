//! Across the border between two tenants nothing is readable and nothing is writable.
//!
//! Most of these tests are loops over the model or the catalogue, so an entity that is added tomorrow is tested
//! tomorrow. Two views: IDs of another tenant look like IDs that never existed ([`border`]), and a twin tenant that has
//! the very same IDs changes no answer ([`twin`]). What SQL alone can do is told in `below_the_gateway.rs`.

mod border;
mod twin;

use std::fmt::Write;
use std::iter;

use entity::model::{EntityModel, Model, Verb};
use entity::roots::Schema;
use mostrador::graphql::schema::Mostrador;
use mostrador::processes::PLATFORM;

use crate::app::TestApp;

/// The businesses of `world.sql`.
const TENANTS: [&str; 2] = ["autos", "casas"];

fn model() -> &'static Model {
    Mostrador::model()
}

/// The entities whose rows belong to a tenant. The rest is one catalogue for all, with nothing of anybody's in it.
fn owned() -> impl Iterator<Item = &'static EntityModel> {
    model().entities().iter().filter(|entity| is_owned(entity))
}

/// A tenant itself is global in the model, because its own ID is its tenant.
fn is_owned(entity: &EntityModel) -> bool {
    !entity.decl.global || entity.decl.name == "Tenant"
}

/// Whether a mutation is for the platform's own staff: refused to both sides of every border.
fn is_of_platform(verb: &Verb) -> bool {
    iter::successors(Some(verb.right.process), |process| process.parent).any(|process| process.code == PLATFORM.code)
}

/// Every table that has a tenant, partitions aside.
async fn tenant_tables(app: &TestApp) -> Vec<String> {
    let sql = "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' \
               where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition \
               order by 1";
    app.rows(sql).await.into_iter().flatten().collect()
}

/// The columns of a table that can be written, without those given.
async fn columns(app: &TestApp, table: &str, without: &[&str]) -> Vec<String> {
    let sql = format!(
        "select quote_ident(attname) from pg_attribute where attrelid = '{table}'::regclass and attnum > 0 \
         and not attisdropped and attgenerated = '' order by attnum"
    );
    app.rows(&sql).await.into_iter().flatten().filter(|column| !without.contains(&column.as_str())).collect()
}

/// One line per table, which changes when any row of the tenant does.
async fn digest(app: &TestApp, tenant: &str) -> Vec<Vec<String>> {
    let mut sql = String::new();
    for table in tenant_tables(app).await {
        let glue = if sql.is_empty() { "" } else { " union all " };
        let _ = write!(
            sql,
            "{glue}select '{table}', count(*), md5(coalesce(string_agg(md5(t::text), '' order by md5(t::text)), '')) \
             from {table} t where tenant_id = '{tenant}'"
        );
    }
    app.rows(&format!("{sql} order by 1")).await
}

async fn tenant_id(app: &TestApp, slug: &str) -> String {
    app.cell(&format!("select id from tenants where slug = '{slug}'")).await
}
