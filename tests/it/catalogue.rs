//! What must hold for every table and every entity, read from the live catalogue. A new table that breaks a rule is
//! named here; there is no list to forget it on.

mod declarations;

use std::collections::{BTreeMap, BTreeSet};

use entity::declare::Input;
use entity::kind::Kind;
use entity::model::{EntityModel, Member, Model};
use entity::roots::Schema as _;
use mostrador::graphql::schema::Mostrador;

use crate::app::TestApp;

/// Tables without a tenant, with the reason.
const GLOBAL: [(&str, &str); 4] = [
    ("tenants", "the tenants themselves; its policy is on their id"),
    ("processes", "the built-in catalogue of what rights are given for; nobody writes it"),
    ("permissions", "the built-in catalogue of rights; nobody writes it"),
    ("__diesel_schema_migrations", "the ledger of migrations"),
];

async fn broken(sql: &str) -> Vec<String> {
    let app = TestApp::empty().await;
    let exempt = GLOBAL.map(|(table, _)| format!("'{table}'")).join(", ");
    let rows = app.rows(&sql.replace("{global}", &exempt)).await;
    rows.into_iter().map(|row| row.join(" ")).collect()
}

const TABLES: &str = "pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')";

/// Shows rule:rls.
#[tokio::test(flavor = "multi_thread")]
async fn every_tenant_table_forces_row_level_security_on_reads_and_writes() {
    let sql = format!(
        "select c.relname, c.relrowsecurity::text, c.relforcerowsecurity::text,
                (select string_agg(coalesce(pg_get_expr(p.polqual, c.oid), '-') || ' / ' || coalesce(pg_get_expr(p.polwithcheck, c.oid), '-'), '; ')
                   from pg_policy p where p.polrelid = c.oid and p.polpermissive)
           from {TABLES} and c.relname not in ({{global}}) and not c.relispartition
            and not (c.relrowsecurity and c.relforcerowsecurity
                     and exists (select from pg_policy p where p.polrelid = c.oid and p.polcmd = '*'
                                   and pg_get_expr(p.polqual, c.oid) like '%tenant_id%app.tenant_id%'
                                   and coalesce(pg_get_expr(p.polwithcheck, c.oid), pg_get_expr(p.polqual, c.oid)) like '%tenant_id%app.tenant_id%'))"
    );
    assert_eq!(broken(&sql).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_cannot_be_reached_past_their_table() {
    let sql = "select c.relname from pg_class c where c.relispartition and c.relkind = 'r'
                and has_table_privilege('mostrador_api', c.oid, 'select, insert, update, delete')
                and not (c.relrowsecurity and c.relforcerowsecurity)";
    assert_eq!(broken(sql).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tenants_table_shows_a_tenant_only_itself() {
    let sql = "select c.relname from pg_class c where c.relname = 'tenants' and not (c.relrowsecurity and c.relforcerowsecurity
                and exists (select from pg_policy p where p.polrelid = c.oid and pg_get_expr(p.polqual, c.oid) like '%app.tenant_id%'))";
    assert_eq!(broken(sql).await, Vec::<String>::new());
}

/// Shows rule:sharding-cqrs-cold-storage.
#[tokio::test(flavor = "multi_thread")]
async fn every_key_of_a_tenant_table_begins_with_the_tenant() {
    let sql = "select con.conrelid::regclass::text, con.conname, con.contype::text
                 from pg_constraint con join pg_class c on c.oid = con.conrelid
                where con.connamespace = 'public'::regnamespace and con.contype in ('p', 'u', 'f')
                  and c.relname not in ({global}) and not c.relispartition
                  and con.confrelid <> all (select oid from pg_class where relname in ({global}))
                  and (select attname from pg_attribute a where a.attrelid = con.conrelid and a.attnum = con.conkey[1]) <> 'tenant_id'
               union all
               select i.indrelid::regclass::text, i.indexrelid::regclass::text, 'unique index'
                 from pg_index i join pg_class c on c.oid = i.indrelid
                where c.relnamespace = 'public'::regnamespace and i.indisunique and c.relname not in ({global}) and not c.relispartition
                  and (select attname from pg_attribute a where a.attrelid = i.indrelid and a.attnum = i.indkey[0]) is distinct from 'tenant_id'";
    assert_eq!(broken(sql).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_foreign_key_has_an_index() {
    let sql = "select con.conrelid::regclass::text, con.conname from pg_constraint con join pg_class c on c.oid = con.conrelid
                where con.contype = 'f' and con.connamespace = 'public'::regnamespace and not c.relispartition
                  and con.conparentid = 0 and array_length(con.conkey, 1) > 1
                  and not exists (select from pg_index i where i.indrelid = con.conrelid
                                   and ((i.indkey::int2[])[0:array_length(con.conkey, 1) - 1] @> con.conkey
                                        -- A third column is a copy that the row's key implies.
                                        or (i.indkey::int2[])[0:1] = con.conkey[1:2]))";
    assert_eq!(broken(sql).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn constraints_and_indexes_are_named_after_their_table_and_what_they_are() {
    let sql = "select con.conrelid::regclass::text, con.conname from pg_constraint con join pg_class c on c.oid = con.conrelid
                where con.connamespace = 'public'::regnamespace and c.relname not in ({global}) and not c.relispartition
                  and con.contype in ('p', 'u', 'f', 'c', 'x') and (con.contype <> 'f' or con.conparentid = 0)
                  and con.conname !~ ('^' || c.relname || '_.*' || case con.contype when 'p' then 'pkey' when 'u' then 'key'
                       when 'f' then 'fkey' when 'c' then 'check' else 'excl' end || '$')
                  and con.conname <> c.relname || '_pkey'
               union all
               select i.indrelid::regclass::text, k.relname from pg_index i join pg_class k on k.oid = i.indexrelid
                 join pg_class c on c.oid = i.indrelid
                where c.relnamespace = 'public'::regnamespace and c.relname not in ({global}) and not c.relispartition
                  and k.relname !~ ('^' || c.relname || '_(.*_)?(idx|key|pkey|excl)$')";
    assert_eq!(broken(sql).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_user_can_violate_says_so_in_a_sentence() {
    let sql = "select con.conrelid::regclass::text, con.conname,
                      (select string_agg(a.attname, ',') from pg_attribute a where a.attrelid = con.conrelid and a.attnum = any(con.conkey))
                 from pg_constraint con join pg_class c on c.oid = con.conrelid
                where con.connamespace = 'public'::regnamespace and not c.relispartition and con.contype in ('u', 'c', 'x')
                  and coalesce(obj_description(con.oid, 'pg_constraint'), '') !~ '^[[:upper:]].*[.]$'
               union all
               select i.indrelid::regclass::text, k.relname, pg_get_indexdef(i.indexrelid)
                 from pg_index i join pg_class k on k.oid = i.indexrelid join pg_class c on c.oid = i.indrelid
                where c.relnamespace = 'public'::regnamespace and i.indisunique and not i.indisprimary and not c.relispartition
                  and not exists (select from pg_constraint con where con.conindid = i.indexrelid)
                  and coalesce(obj_description(k.oid, 'pg_class'), '') !~ '^[[:upper:]].*[.]$'";
    let app = TestApp::empty().await;
    let model = Mostrador::model();
    let mut silent = Vec::new();
    for row in app.rows(sql).await {
        let Some(entity) = model.by_table(&row[0]) else { continue };
        // An enum is checked before it comes near the table, and what only the server writes nobody can get wrong.
        let writable = entity.scalars().any(|member| {
            (member.create != Input::No || member.update != Input::No)
                && !matches!(member.ty.kind, Kind::Choice(_))
                && member.column.is_some_and(|column| {
                    row[2].split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|word| word == column)
                })
        });
        if writable {
            silent.push(row.join(" "));
        }
    }
    assert_eq!(silent, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_role_of_the_api_owns_nothing_and_bypasses_nothing() {
    let sql = "select rolname, 'has a dangerous attribute' from pg_roles
                where rolname = 'mostrador_api' and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)
               union all
               select relname, 'is owned by the role' from pg_class where relowner = 'mostrador_api'::regrole
               union all
               select proname, 'is owned by the role' from pg_proc where proowner = 'mostrador_api'::regrole
               union all
               select r.rolname, 'is granted to the role' from pg_auth_members m join pg_roles r on r.oid = m.roleid
                where m.member = 'mostrador_api'::regrole
               union all
               select c.relname, 'can be truncated' from pg_class c where c.relnamespace = 'public'::regnamespace
                  and c.relkind in ('r', 'p') and has_table_privilege('mostrador_api', c.oid, 'truncate')
               union all
               select nspname, 'can be created in' from pg_namespace
                where nspname in ('public', 'app') and has_schema_privilege('mostrador_api', oid, 'create')
               union all
               select p.proname, 'runs as its owner without a fixed search path' from pg_proc p
                where p.pronamespace = 'app'::regnamespace and p.prosecdef and not coalesce(p.proconfig::text, '') like '%search_path%'";
    assert_eq!(broken(sql).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn append_only_tables_cannot_be_changed_by_the_api() {
    let app = TestApp::empty().await;
    for entity in Mostrador::model().entities().iter().filter(|entity| entity.decl.append_only) {
        for right in ["update", "delete"] {
            // What is computed of a chat message comes later.
            let sql = format!(
                "select has_table_privilege('mostrador_api', '{0}', '{right}') or exists (
                     select from pg_attribute where attrelid = '{0}'::regclass and attnum > 0 and not attisdropped
                        and has_column_privilege('mostrador_api', attrelid, attnum, 'update')
                        and (attrelid, attname) not in (('chat_messages'::regclass, 'embedding'), ('chat_messages'::regclass, 'embedding_model')))",
                entity.decl.table
            );
            assert_eq!(app.cell(&sql).await, "f", "{} may be {right}d", entity.decl.table);
        }
    }
}

/// What the catalogue says of a column: not null, has a default or is generated, the type.
type Columns = BTreeMap<(String, String), (bool, bool, String)>;

async fn columns(app: &TestApp) -> Columns {
    let sql = "select c.relname, a.attname, (a.attnotnull or col_description(c.oid, a.attnum) = 'Never null.')::text,
                      a.atthasdef::text, t.typname
                 from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_type t on t.oid = a.atttypid
                where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') and a.attnum > 0 and not a.attisdropped";
    let rows = app.rows(sql).await;
    rows.into_iter()
        .map(|row| ((row[0].clone(), row[1].clone()), (row[2] == "true", row[3] == "true", row[4].clone())))
        .collect()
}

fn sql_type(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Id(_) | Kind::Uuid => &["uuid"],
        Kind::List(_) => &["_text", "_float4"],
        Kind::AnyId | Kind::Text => &["text"],
        Kind::Choice(_) => &["text"],
        Kind::Int => &["int4"],
        Kind::BigInt => &["int8"],
        Kind::Decimal => &["numeric"],
        Kind::Float => &["float8"],
        Kind::Bool => &["bool"],
        Kind::DateTime => &["timestamptz"],
        Kind::Date => &["date"],
        Kind::Json => &["jsonb"],
        Kind::Currency => &["bpchar"],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_declaration_agrees_with_its_table() {
    let app = TestApp::empty().await;
    let columns = columns(&app).await;
    let mut wrong = Vec::new();
    for entity in Mostrador::model().entities() {
        for member in entity.scalars() {
            let Some(column) = member.column else { continue };
            let place = format!("{}.{}", entity.decl.name, member.name);
            let Some((not_null, _, ty)) = columns.get(&(entity.decl.table.to_owned(), column.to_owned())) else {
                wrong.push(format!("{place}: {}.{column} does not exist", entity.decl.table));
                continue;
            };
            if *not_null == member.ty.nullable {
                wrong.push(format!(
                    "{place}: not null is {not_null} in the table, nullable is {} here",
                    member.ty.nullable
                ));
            }
            // A late field is stored in another form than it is shown in.
            if member.late.is_none() && !sql_type(member.ty.kind).contains(&ty.as_str()) {
                wrong.push(format!("{place}: the column is {ty}, the field {:?}", member.ty.kind));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// Shows rule:check-role, rule:check-artifact-type, rule:check-transaction-type, rule:check-medication-status.
#[tokio::test(flavor = "multi_thread")]
async fn every_enum_has_exactly_the_values_its_column_accepts() {
    let app = TestApp::empty().await;
    let mut wrong = Vec::new();
    for entity in Mostrador::model().entities() {
        for member in entity.scalars() {
            let (Kind::Choice(choice), Some(column)) = (member.ty.kind, member.column) else { continue };
            let table = entity.decl.table;
            let sql = format!(
                "select pg_get_constraintdef(con.oid) from pg_constraint con where con.conrelid = 'public.{table}'::regclass
                    and con.contype = 'c' and con.conkey = array[(select attnum from pg_attribute
                         where attrelid = con.conrelid and attname = '{column}')]"
            );
            let checks = app.rows(&sql).await;
            if checks.is_empty() && entity.decl.child_only && entity.decl.append_only {
                // A view: its values are written out in its definition.
                continue;
            }
            let accepted: BTreeSet<String> = checks
                .iter()
                .flatten()
                .flat_map(|text| text.split('\'').skip(1).step_by(2).map(ToOwned::to_owned).collect::<Vec<_>>())
                .collect();
            let declared: BTreeSet<String> = choice.values.iter().map(|(value, _)| (*value).to_owned()).collect();
            if accepted != declared {
                wrong.push(format!(
                    "{}.{}: accepted {accepted:?}, declared {declared:?}",
                    entity.decl.name, member.name
                ));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_relation_is_a_foreign_key_to_the_table_of_its_target() {
    let app = TestApp::empty().await;
    let sql = "select con.conrelid::regclass::text, a.attname, con.confrelid::regclass::text
                 from pg_constraint con cross join unnest(con.conkey) k(attnum)
                 join pg_attribute a on a.attrelid = con.conrelid and a.attnum = k.attnum
                where con.contype = 'f' and con.connamespace = 'public'::regnamespace and con.conparentid = 0";
    let keys: BTreeSet<Vec<String>> = app.rows(sql).await.into_iter().collect();
    let views: BTreeSet<String> = app
        .rows("select relname from pg_class where relkind = 'v' and relnamespace = 'public'::regnamespace")
        .await
        .into_iter()
        .flatten()
        .collect();
    let model = Mostrador::model();
    let mut wrong = Vec::new();
    let mut check = |entity: &EntityModel, name: &str, column: &str, target: &str| {
        let table = entity.decl.table;
        if !views.contains(table) && !keys.contains(&vec![table.to_owned(), column.to_owned(), target.to_owned()]) {
            wrong.push(format!("{}.{name}: no foreign key from {table}.{column} to {target}", entity.decl.name));
        }
    };
    for entity in model.entities() {
        for member in entity.members.values() {
            if let Member::One(one) = member
                && one.there == "id"
                && one.here != "tenant_id"
            {
                check(entity, one.name, one.here, model.entity(one.target).decl.table);
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_of_a_tenant_is_an_entity_or_said_not_to_be() {
    // Join tables are links of an entity; the keys are the engine's own. The outbox, used and counted tokens are ours.
    let known: BTreeSet<&str> = [
        "idempotency_keys",
        // Bytes that are to be deleted.
        "file_discards",
        "__diesel_schema_migrations",
        "changes",
        "emails",
        "used_refresh_tokens",
        "sign_in_failures",
        "oauth_flows",
        // How far agents have read, shown as a number of the conversation.
        "conversation_reads",
        // What providers sent, from where contacts write, what is said about messages that are not known yet.
        "inbound_payloads",
        "contact_addresses",
        "parked_reports",
        // The last number of a request, that of a ticket, people on the way to a provider, days to be counted again.
        "logistics_request_numbers",
        "support_ticket_numbers",
        "integration_flows",
        "stale_figures",
        // Answers while they are written, shown by a subscription.
        "chat_reply_chunks",
        // Passages of documents, shown as hits of a search.
        "rag_chunks",
    ]
    .into();
    let model: &Model = Mostrador::model();
    let links: BTreeSet<&str> =
        model.entities().iter().flat_map(|entity| entity.decl.links.iter().map(|link| link.table)).collect();
    let app = TestApp::empty().await;
    let tables = app.rows(&format!("select c.relname from {TABLES} and not c.relispartition")).await;
    let forgotten: Vec<String> = tables
        .into_iter()
        .flatten()
        .filter(|table| {
            model.by_table(table).is_none() && !links.contains(table.as_str()) && !known.contains(table.as_str())
        })
        .collect();
    assert_eq!(forgotten, Vec::<String>::new());
}
