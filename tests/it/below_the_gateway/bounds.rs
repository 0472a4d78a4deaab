//! Getting out of the role: becoming somebody else, switching protection off, reading around it.

use std::collections::BTreeMap;

use tokio_postgres::Client;

use super::fill::{Planted, digest};
use super::{attempt, cells, planted};
use crate::app::{TestApp, connect};

/// Functions that run with the rights of the owner, with why they have to, and whether the API may call them.
const DEFINERS: &[(&str, &str, bool)] = &[
    (
        "act_in_tenant",
        "platform staff enter a business: writes into the audit logs of both tenants; asks who they are",
        true,
    ),
    ("all_changes_after", "a node reads the log of all tenants for those who watch; no text of a row is in it", true),
    ("audit", "the API may not write audit logs; this one writes with tenant and actor of the settings", true),
    ("audit_change", "trigger: the API may not write audit logs", false),
    ("change_tenant_status", "platform staff suspend and close businesses; asks who they are", true),
    (
        "clear_closed_tenants",
        "a worker removes what businesses had that were closed long ago; takes two numbers, finds them itself",
        true,
    ),
    ("create_tenant", "platform staff make businesses, which the API may not; asks who they are", true),
    ("drop_change_partitions", "drops old days of the log; takes a number of days, one at least", true),
    ("is_platform_staff", "looks into the platform tenant while another one is acted in; says yes or no", true),
    (
        "keep_monthly_partitions",
        "makes and drops tables, which the API may not; which ones, app.monthly_tables says",
        true,
    ),
    ("make_audit_partitions", "makes tables, which the API may not; takes a number", true),
    ("make_change_partitions", "makes tables, which the API may not; takes a number", true),
    ("make_monthly_partitions", "makes the months of one table; called by keep_monthly_partitions", false),
    ("monthly_table_names", "a worker finds which tables have months; gives their names", true),
    ("next_ticket_number", "counts the tickets of a tenant without gaps; in the tenant of the setting", true),
    ("open_change_log", "begins the log of a copied database anew; called by those who take rounds", false),
    ("shared_records", "reads shares for the policies of records, which those of shares ask in turn", true),
    (
        "shared_artifact",
        "shows an artifact to whoever has its token, before anybody is signed in; in the tenant of the setting",
        true,
    ),
    ("take_change_round", "numbers what was committed, of all tenants; takes nothing", true),
    ("tenant_by_slug", "finds the tenant of a sign-in, before any is known; gives id and status", true),
    ("tenants_with_due_jobs", "a worker finds whose jobs to do; gives ids of tenants", true),
    ("tenants_with_due_mail", "a worker finds whose mail to send; gives ids of tenants", true),
    ("tenants_with_due_syncs", "a worker finds what to synchronize; gives ids of tenants", true),
    ("tenants_with_expiring_integrations", "a worker finds whose tokens to renew; gives ids of tenants", true),
    ("tenants_with_late_tickets", "a worker finds what to escalate; gives ids of tenants", true),
    ("tenants_with_stale_figures", "a worker finds what to count again; gives ids of tenants", true),
    ("tenants_with_lapsed_tokens", "a worker finds where to clean up; gives ids of tenants", true),
    ("tenants_with_old_inbound", "a worker finds where to clean up; gives ids of tenants", true),
    ("tenants_with_old_jobs", "a worker finds where to clean up; gives ids of tenants", true),
    ("tenants_with_old_mail", "a worker finds where to clean up; gives ids of tenants", true),
    ("tenants_with_token_requests", "a worker finds where mails are asked for; gives ids of tenants", true),
    ("users_with_due_payments", "a worker finds whose payments to book; gives ids of tenants and users", true),
    ("user_of_oauth_account", "finds who signs in, before anybody is; in the tenant of the setting", true),
    (
        "drop_lapsed_files",
        "removes files that expired or were deleted long ago, whoever they are of; in the tenant of the setting",
        true,
    ),
    ("file_scanned", "a worker writes what a scan has found, of anybody's file; in the tenant of the setting", true),
    (
        "file_share_by_token",
        "finds what somebody with a token may open, before anybody is known; in the tenant of the setting",
        true,
    ),
    ("file_to_scan", "a worker finds the bytes of anybody's file that waits; in the tenant of the setting", true),
    ("files_awaiting_scan", "a worker queues scans of anybody's files; in the tenant of the setting", true),
    ("files_shared_with_me", "reads shares for the policy of files, which that of shares asks in turn", true),
    (
        "known_file_paths",
        "a worker finds bytes without a row; says which of the given keys have one, in the tenant of the setting",
        true,
    ),
    (
        "note_file_access",
        "the log of access is written by triggers; this one writes views, as the user of the setting",
        true,
    ),
    ("public_file", "finds a file that is everybody's, before anybody is known; in the tenant of the setting", true),
    ("rescan_file", "users may not write what a scan has found; this one sets an own file back to PENDING", true),
    ("set_storage_quota", "administrators set limits without seeing what is stored; asks who they are", true),
    ("shared_file", "finds what a share opens, before anybody is known; in the tenant of the setting", true),
    ("tenants_with_file_work", "a worker finds where files are over or wait; gives ids of tenants", true),
    ("use_file_share", "counts the uses of a share by whoever opens it; in the tenant of the setting", true),
];

/// Everything that protects: owners, grants, switches, policies, triggers, functions, roles.
const PROTECTION: &str = "
    select c.oid::regclass::text, c.relowner::text, c.relacl::text, c.relrowsecurity::text || c.relforcerowsecurity::text
      from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v')
    union all select polrelid::regclass::text, polname, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid) from pg_policy
    union all select tgrelid::regclass::text, tgname, tgenabled::text, '' from pg_trigger where not tgisinternal
    union all select p.oid::regprocedure::text, p.proowner::text, p.proacl::text, md5(p.prosrc)
      from pg_proc p where p.pronamespace in ('app'::regnamespace, 'public'::regnamespace)
    union all select rolname, rolsuper::text, rolbypassrls::text, (select string_agg(m.roleid::text, ',') from pg_auth_members m where m.member = r.oid)
      from pg_roles r where rolname like 'mostrador%'
    union all select nspname, nspacl::text, '', '' from pg_namespace where nspname not like 'pg_t%'
    order by 1, 2";

async fn as_other(app: &TestApp, other: &Planted) -> Client {
    let client = connect("mostrador_api", &app.database_name).await;
    let settings = format!(
        "set app.tenant_id = '{}'; set app.user_id = '{}'; set app.scope = 'records users'",
        other.tenant, other.ids["users"]
    );
    client.batch_execute(&settings).await.unwrap();
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn the_roles_cannot_change_what_protects() {
    let (app, one, other) = planted().await;
    let before = digest(&app, &one).await;
    let protection = app.rows(PROTECTION).await;
    for role in ["mostrador_api", "mostrador_readonly"] {
        let client = crate::app::superuser(&app.database_name).await;
        client
            .batch_execute(&format!("set session authorization {role}; set app.tenant_id = '{}'", other.tenant))
            .await
            .unwrap();
        for statement in [
            "set role mostrador_owner",
            "set role postgres",
            "set role pg_read_all_data",
            "set role pg_execute_server_program",
            "set session_replication_role = replica",
            "alter table contacts disable row level security",
            "alter table contacts no force row level security",
            "alter table contacts disable trigger all",
            "alter table contacts owner to current_user",
            "create policy open on contacts using (true)",
            "alter policy tenant_isolation on contacts using (true)",
            "drop policy tenant_isolation on contacts",
            "drop trigger contacts_version on contacts",
            "alter role current_user bypassrls",
            "alter role current_user superuser",
            "alter role mostrador_owner password 'mine'",
            "create role mine superuser",
            "grant mostrador_owner to current_user",
            "grant select on contacts to public",
            "create table app.mine (id int)",
            "create table public.mine (id int)",
            "create view public.mine as select * from contacts",
            "create schema mine",
            "create function public.mine() returns int language sql as 'select 1'",
            "create function app.mine() returns int language sql as 'select 1'",
            "create or replace function app.acting_user(tenant uuid) returns uuid language sql as 'select null::uuid'",
            "create or replace function app.in_scope(word text) returns boolean language sql as 'select true'",
            "alter function app.in_scope(text) security definer",
            "drop function app.refuse(text, text, text, jsonb)",
            "create extension dblink",
            "create extension plpython3u",
            "create server mine foreign data wrapper postgres_fdw",
            "create publication mine for all tables",
            "create subscription mine connection '' publication mine",
            "create event trigger mine on ddl_command_start execute function app.refuse_fixed_change()",
            "create trigger mine before insert on contacts for each row execute function app.bump_version()",
            "create rule mine as on select to contacts do instead select 1",
            "comment on table contacts is 'mine'",
            "truncate contacts",
            "vacuum full contacts",
            "reindex table contacts",
            "select pg_read_file('/etc/passwd')",
            "select pg_read_binary_file('/etc/passwd')",
            "select pg_ls_dir('.')",
            "select lo_import('/etc/passwd')",
            "select lo_export(1, '/tmp/mostrador-mine')",
            "copy tenants to '/tmp/mostrador-mine'",
            "copy (select 1) to program 'true'",
            "copy contacts from program 'true'",
            "select pg_reload_conf()",
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'mostrador_owner' or usename = 'postgres'",
            "select rolpassword from pg_authid",
            "select passwd from pg_shadow",
            "select * from pg_hba_file_rules",
            "select * from pg_file_settings",
            "select stavalues1 from pg_statistic",
            "select data from pg_largeobject",
            "select pg_current_logfile()",
            "alter system set row_security = off",
            "alter database template1 set row_security = off",
            "set row_security = off; select 1 from contacts",
            "delete from tenants",
            "insert into tenants (name, email, slug, default_currency, timezone) values ('Mine', 'me@mine.test', 'mine', 'EUR', 'UTC')",
        ] {
            // Some are answered with a warning that nothing was done.
            let outcome = client.simple_query(statement).await;
            let nothing = |messages: &Vec<_>| cells(messages).is_empty() && super::changed(messages) == 0;
            assert!(outcome.as_ref().map_or(true, nothing), "{role}: {statement}");
            client.batch_execute("rollback; reset row_security").await.unwrap();
            let settings = "select current_user::text, session_user::text, current_setting('session_replication_role')";
            let row = client.query_one(settings, &[]).await.unwrap();
            assert_eq!((row.get(0), row.get(1), row.get(2)), (role, role, "origin"), "{statement}");
        }
    }
    assert_eq!(app.rows(PROTECTION).await, protection);
    assert_eq!(digest(&app, &one).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_roles_have_no_power_of_their_own() {
    let (app, _, _) = planted().await;
    let sql = "select rolname from pg_roles where rolname in ('mostrador_api', 'mostrador_readonly')
                and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)";
    assert_eq!(app.rows(sql).await, Vec::<Vec<String>>::new());
    let sql = "select m.roleid::regrole, m.member::regrole from pg_auth_members m
                where m.member in ('mostrador_api'::regrole, 'mostrador_readonly'::regrole)";
    assert_eq!(app.rows(sql).await, Vec::<Vec<String>>::new(), "they are members of nothing");
    let sql = "select c.oid::regclass from pg_class c where c.relowner in ('mostrador_api'::regrole, 'mostrador_readonly'::regrole)
               union all select p.oid::regprocedure from pg_proc p where p.proowner in ('mostrador_api'::regrole, 'mostrador_readonly'::regrole)";
    assert_eq!(
        app.rows(
            &sql.replace("p.oid::regprocedure", "p.oid::regprocedure::text")
                .replace("c.oid::regclass", "c.oid::regclass::text")
        )
        .await,
        Vec::<Vec<String>>::new(),
        "they own nothing"
    );
    let sql = "select c.relname from pg_class c where c.relkind = 'S' and c.relnamespace = 'public'::regnamespace
                and (has_sequence_privilege('mostrador_api', c.oid, 'usage, select, update')
                     or has_sequence_privilege('mostrador_readonly', c.oid, 'usage, select, update'))";
    assert_eq!(app.rows(sql).await, Vec::<Vec<String>>::new(), "a sequence counts the rows of all tenants");
    let sql =
        "select c.relname from pg_class c where c.relkind in ('v', 'm') and c.relnamespace = 'public'::regnamespace
                and not coalesce('security_invoker=true' = any (c.reloptions), false)
                and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')";
    assert_eq!(app.rows(sql).await, Vec::<Vec<String>>::new(), "such a view reads as its owner");
    assert_eq!(app.cell("select count(*) from pg_largeobject_metadata").await, "0", "large objects have no tenant");
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_of_the_owner_are_few_known_and_look_nowhere_else() {
    let app = TestApp::empty().await;
    let sql = "select p.proname, coalesce(array_to_string(p.proconfig, '; '), ''), has_function_privilege('mostrador_api', p.oid, 'execute')::text,
                      has_function_privilege('mostrador_readonly', p.oid, 'execute')::text, (p.prorettype = 'trigger'::regtype)::text
                 from pg_proc p where p.prosecdef and p.pronamespace in ('app'::regnamespace, 'public'::regnamespace) order by 1";
    let known: BTreeMap<_, _> = DEFINERS.iter().map(|(name, why, called)| (*name, (*why, *called))).collect();
    assert!(known.values().all(|(why, _)| why.len() > 20));
    let (mut wrong, mut found) = (Vec::new(), Vec::new());
    for row in app.rows(sql).await {
        let [name, settings, api, analysts, is_trigger] = <[String; 5]>::try_from(row).unwrap();
        let path = settings.split("; ").find_map(|setting| setting.strip_prefix("search_path="));
        if !path.is_some_and(|path| path.starts_with("pg_catalog, ") && path.ends_with(", pg_temp")) {
            wrong.push(format!("{name} does not fix its search_path to end in pg_temp: {settings}"));
        }
        match known.get(name.as_str()) {
            None => wrong.push(format!(
                "{name} runs as the owner: each of these is a way around row-level security; say why in this list"
            )),
            // Triggers cannot be called.
            Some((_, called)) if is_trigger != "true" && (api == "true") != *called => {
                wrong.push(format!("{name}: may the API call it? {api}"));
            }
            Some(_) => {}
        }
        if analysts == "true" && is_trigger != "true" {
            wrong.push(format!("{name} can be called by analysts"));
        }
        found.push(name);
    }
    wrong.extend(
        known.keys().filter(|name| !found.iter().any(|found| found == *name)).map(|name| format!("{name} is gone")),
    );
    assert_eq!(wrong, Vec::<String>::new());
}

/// Arguments of a type that would be of use to somebody who is after the tenant.
fn arguments(ty: &str, one: &Planted) -> Vec<String> {
    match ty {
        "uuid" => vec![
            format!("'{}'::uuid", one.tenant),
            format!("'{}'::uuid", one.ids["users"]),
            format!("'{}'::uuid", one.ids["contacts"]),
        ],
        "uuid[]" => vec![format!("array['{}'::uuid]", one.ids["roles"])],
        "text" => vec![format!("'{} tenants slug'", one.mark), "'CONTACT'".to_owned(), "'READ'".to_owned()],
        "regclass" => vec!["'contacts'::regclass".to_owned()],
        "jsonb" => vec![format!("'{{\"id\": \"{}\"}}'::jsonb", one.tenant)],
        "json" => vec![format!("'{{\"id\": \"{}\"}}'::json", one.tenant)],
        "integer" | "bigint" | "smallint" | "numeric" => vec!["1".to_owned()],
        "boolean" => vec!["true".to_owned()],
        "interval" => vec!["interval '1 day'".to_owned()],
        "timestamp with time zone" => vec!["now()".to_owned()],
        _ => vec![format!("null::{ty}")],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_function_gives_or_changes_what_is_another_tenants() {
    let (app, one, other) = planted().await;
    let before = digest(&app, &one).await;
    let sql = "select p.oid::regproc::text, (p.prokind = 'p')::text,
                      array_to_string(array(select format_type(t, null) from unnest(p.proargtypes) with ordinality a(t, n) order by n), '|')
                 from pg_proc p
                where p.pronamespace in ('app'::regnamespace, 'public'::regnamespace) and p.prokind in ('f', 'p')
                  and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype) and has_function_privilege('mostrador_api', p.oid, 'execute')
                  and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
                order by 1";
    let mut called = 0;
    let mut leaks = Vec::new();
    for setting in [String::new(), other.tenant.clone()] {
        for row in app.rows(sql).await {
            let [name, is_procedure, types] = <[String; 3]>::try_from(row).unwrap();
            let types: Vec<&str> = types.split('|').filter(|ty| !ty.is_empty()).collect();
            for choice in 0..3 {
                let given: Vec<_> = types
                    .iter()
                    .enumerate()
                    .map(|(place, ty)| {
                        let arguments = arguments(ty, &one);
                        arguments[(choice + place * (choice % 2)) % arguments.len()].clone()
                    })
                    .collect();
                let verb = if is_procedure == "true" { "call" } else { "select * from" };
                let sql = format!("{verb} {name}({})", given.join(", "));
                // Each in a session of its own: what it does, it does for good.
                let client = as_other(&app, &other).await;
                client.batch_execute(&format!("set app.tenant_id = '{setting}'")).await.unwrap();
                called += 1;
                let Ok(messages) = client.simple_query(&sql).await else { continue };
                let told = cells(&messages);
                // Some are made to find tenants; they tell no more than that.
                let finds_tenants = name == "app.tenant_by_slug" || name.starts_with("app.tenants_with_");
                let leak = |cell: &String| {
                    let told = |id: &String| cell.contains(id.as_str()) && !sql.contains(id.as_str());
                    cell.contains(one.mark) && !sql.contains(one.mark)
                        || one.ids.values().any(|id| told(id) && !(finds_tenants && *id == one.tenant))
                };
                if told.iter().flatten().any(leak) {
                    leaks.push(format!("{sql}: {told:?}"));
                }
            }
        }
    }
    assert!(called > 100, "{called}");
    assert_eq!(leaks, Vec::<String>::new());
    assert_eq!(digest(&app, &one).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_that_tells_what_it_sees_is_not_asked_about_hidden_rows() {
    let (app, one, other) = planted().await;
    app.sql("analyze").await;
    let client = as_other(&app, &other).await;
    // Cheap conditions would come first, were it not for row-level security.
    client
        .batch_execute(
            "create function pg_temp.tell(said text) returns boolean language plpgsql cost 0.0000001 as
             $$ begin raise warning 'told %', said; return true; end $$;
             create function pg_temp.burst(said text) returns boolean language plpgsql cost 0.0000001 as
             $$ begin if said like '%onlyones%' then raise exception 'found %', said; end if; return true; end $$",
        )
        .await
        .unwrap();
    assert!(
        client.batch_execute("alter function pg_temp.tell(text) leakproof").await.is_err(),
        "only superusers call a function leakproof"
    );
    for table in ["contacts", "messages", "users", "leads", "contact_timeline", "audit_logs"] {
        for condition in
            ["pg_temp.burst(t::text)", "pg_temp.burst(t.tenant_id::text) and pg_temp.burst(to_jsonb(t)::text)"]
        {
            let sql = format!("select 1 from {table} t where {condition}");
            assert!(client.simple_query(&sql).await.is_ok(), "{sql} has met a row of another tenant");
        }
        // Errors of built-in operators tell as much: a division, a cast.
        let sql = format!(
            "select 1 from {table} t where 1 / (case when t::text like '%{}%' then 0 else 1 end) = 1",
            one.mark
        );
        assert!(client.simple_query(&sql).await.is_ok(), "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn statistics_and_the_catalogue_hold_no_values_of_rows() {
    let (app, one, other) = planted().await;
    // Enough rows for most common values and histograms.
    app.sql(&format!(
        "set session_replication_role = replica;
         insert into contacts (tenant_id, display_name, attributes) select '{}', '{} ' || n % 7, '{{}}' from generate_series(1, 500) n;
         analyze",
        one.tenant, one.mark
    ))
    .await;
    assert_ne!(
        app.cell(&format!("select count(*) from pg_stats where most_common_vals::text like '%{}%'", one.mark)).await,
        "0"
    );
    let client = as_other(&app, &other).await;
    let here = format!(",{},", app.cell("select current_database()").await);
    for view in [
        "pg_stats",
        "pg_stats_ext",
        "pg_stats_ext_exprs",
        "pg_stat_activity",
        "pg_prepared_statements",
        "pg_cursors",
        "pg_description",
        "pg_settings",
        "pg_indexes",
        "information_schema.columns",
        "information_schema.routines",
    ] {
        let sql = format!("select t::text from {view} t");
        let Some(messages) = attempt(&client, &sql).await else { continue };
        let told = cells(&messages);
        // Other tests are other databases of the same server, where the same role writes values into statements.
        let own = |row: &Vec<String>| {
            row[0].contains("from pg_stat_activity t") || view == "pg_stat_activity" && !row[0].contains(&here)
        };
        let leak = told.iter().filter(|row| !own(row)).find(|row| row[0].contains(one.mark));
        assert_eq!(leak, None, "{view}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_one_session_stand_in_for_no_others() {
    let (app, one, other) = planted().await;
    let client = as_other(&app, &other).await;
    // Whoever may make temporary tables can shadow names, for functions that run as the same role. Those of the owner
    // look past them.
    let shadows = client
        .batch_execute("create temporary table tenants (id uuid, status text, slug text); insert into tenants values (app.uuid_v7(), 'ACTIVE', 'shadow'); create temporary table resource_shares (like public.resource_shares including defaults)")
        .await;
    if shadows.is_err() {
        return;
    }
    let rows = client.query("select id::text from app.tenant_by_slug('shadow')", &[]).await.unwrap();
    assert!(rows.is_empty(), "a function of the owner has read a temporary table");
    let sql = format!(
        "insert into resource_shares (tenant_id, resource_type, resource_id, user_id, access) values ('{}', 'CONTACT', '{}', '{}', 'WRITE')",
        other.tenant, other.ids["contacts"], other.ids["users"]
    );
    client.batch_execute(&sql).await.unwrap();
    let shared: String =
        client.query_one("select app.shared_records('CONTACT', 'WRITE')::text", &[]).await.unwrap().get(0);
    let stored = app.cell(&format!("select count(*) from public.resource_shares where tenant_id = '{}' and resource_type = 'CONTACT' and access = 'WRITE'", other.tenant)).await;
    assert_eq!((shared.as_str(), stored.as_str()), ("{}", "0"), "a share of the session counted");
    let hidden =
        client.query("select 1 from public.contacts where tenant_id::text = $1", &[&one.tenant]).await.unwrap();
    assert!(hidden.is_empty());
}
