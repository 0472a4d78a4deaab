//! Migrations go up, down one by one, and up again, and leave at each step exactly what was there before.

use std::path::Path;

use crate::app::{connect, superuser, template};

/// Everything in the schemas `public` and `app`, one line per thing, in a stable order.
const DUMP: &str = "
select line from (
  select format('schema %s %s', nspname, nspacl) as line from pg_namespace where nspname in ('public', 'app')
  union all
  select format('extension %s', extname) from pg_extension
  union all
  select format('relation %s.%s %s owner=%s rls=%s/%s acl=%s options=%s comment=%s', n.nspname, c.relname, c.relkind,
                c.relowner::regrole, c.relrowsecurity, c.relforcerowsecurity, c.relacl, c.reloptions,
                obj_description(c.oid, 'pg_class'))
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname in ('public', 'app') and c.relname not like '\\_\\_diesel%' and c.relkind in ('r', 'p', 'v', 'i', 'I', 'S')
  union all
  select format('column %s.%s %s not null=%s default=%s generated=%s acl=%s comment=%s', c.relname, a.attname,
                format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attgenerated, a.attacl,
                col_description(c.oid, a.attnum))
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
   where c.relnamespace = 'public'::regnamespace and c.relname not like '\\_\\_diesel%' and c.relkind in ('r', 'p', 'v')
     and a.attnum > 0 and not a.attisdropped
  union all
  select format('constraint %s.%s %s comment=%s', conrelid::regclass, conname, pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint'))
    from pg_constraint where connamespace = 'public'::regnamespace and conrelid::regclass::text not like '%diesel%'
  union all
  select format('index %s', pg_get_indexdef(i.indexrelid))
    from pg_index i join pg_class c on c.oid = i.indrelid
   where c.relnamespace = 'public'::regnamespace and c.relname not like '\\_\\_diesel%'
  union all
  select format('trigger %s', pg_get_triggerdef(t.oid))
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
   where c.relnamespace = 'public'::regnamespace and not t.tgisinternal
  union all
  select format('policy %s.%s %s %s using %s check %s', polrelid::regclass, polname, polcmd, polroles::regrole[],
                pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) from pg_policy
  union all
  select format('view %s', pg_get_viewdef(c.oid)) from pg_class c
   where c.relnamespace = 'public'::regnamespace and c.relkind = 'v'
  union all
  select format('function %s acl=%s comment=%s', pg_get_functiondef(p.oid), p.proacl, obj_description(p.oid, 'pg_proc'))
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    left join pg_depend e on e.objid = p.oid and e.deptype = 'e'
   where n.nspname in ('public', 'app') and e.objid is null and p.prokind in ('f', 'p')
) as lines order by line";

struct Step {
    name: String,
    up: String,
    down: String,
}

fn steps() -> Vec<Step> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut steps: Vec<Step> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| Step {
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            up: std::fs::read_to_string(path.join("up.sql")).unwrap(),
            down: std::fs::read_to_string(path.join("down.sql")).unwrap(),
        })
        .collect();
    steps.sort_by(|a, b| a.name.cmp(&b.name));
    steps
}

async fn dump(client: &tokio_postgres::Client) -> Vec<String> {
    client.query(DUMP, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[track_caller]
fn same(then: &[String], now: &[String], what: &str) {
    let gone: Vec<_> = then.iter().filter(|line| !now.contains(line)).collect();
    let new: Vec<_> = now.iter().filter(|line| !then.contains(line)).collect();
    assert!(gone.is_empty() && new.is_empty(), "{what}\nis missing: {gone:#?}\nis left over: {new:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_go_up_down_and_up_again_without_a_trace() {
    // The roles exist for the whole cluster; the template made them.
    template().await;
    let name = "test_migrations";
    superuser("postgres").await.batch_execute(&format!("create database {name} owner mostrador_owner")).await.unwrap();
    let client = connect("mostrador_owner", name).await;
    let run = async |what: &str, sql: &str| {
        client
            .batch_execute(&format!("begin; {sql}; commit"))
            .await
            .unwrap_or_else(|error| panic!("{what}: {error:?}"));
    };
    let steps = steps();
    let mut levels = vec![dump(&client).await];
    for step in &steps {
        run(&format!("{} up", step.name), &step.up).await;
        levels.push(dump(&client).await);
    }
    for (level, step) in steps.iter().enumerate().rev() {
        run(&format!("{} down", step.name), &step.down).await;
        same(&levels[level], &dump(&client).await, &format!("after {} down", step.name));
    }
    for step in &steps {
        run(&format!("{} up again", step.name), &step.up).await;
    }
    same(&levels[steps.len()], &dump(&client).await, "after all migrations a second time");
}
