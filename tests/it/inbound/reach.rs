//! What finding the contact of a message reads, however many contacts there are.

use crate::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_for_the_first_time_is_looked_for_by_index() {
    let app = TestApp::world().await;
    let tenant = app.cell("select id from tenants where slug = 'autos'").await;
    app.sql(&format!(
        "insert into contacts (tenant_id, display_name, phone, email) \
         select '{tenant}', 'Contact ' || n, '+34700' || lpad(n::text, 6, '0'), n || '@people.test' from generate_series(1, 2000) n"
    ))
    .await;
    // As autovacuum does.
    app.sql("analyze contacts").await;
    // In the gateway's name, and with its way of planning.
    let looked = async |person: &str| {
        let rows = app
            .rows(&format!(
                "begin; set local role mostrador_api; set local plan_cache_mode = force_generic_plan; \
                 select set_config('app.tenant_id', '{tenant}', true), set_config('app.scope', 'records', true); \
                 select set_config('test.found', app.contact_of('SMS', {person}, 'Somebody new')::text, true); \
                 select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::bigint from pg_stat_xact_user_tables \
                 where relname = 'contacts'; \
                 select display_name from contacts where id = current_setting('test.found')::uuid; rollback"
            ))
            .await;
        let [.., read, name] = rows.as_slice() else { panic!("{rows:?}") };
        (name[0].clone(), read[0].parse::<i64>().unwrap())
    };
    let new = "array['+34611000001'], array['+34611000001'], null";
    let known = "array['+34700000077'], array['+34611000002', '+34700000077'], null";
    for (person, expected) in [(new, "Somebody new"), (known, "Contact 77")] {
        let (name, read) = looked(person).await;
        assert_eq!(name, expected);
        assert!(read < 20, "{read} contacts were read to find {expected}");
    }
    let (name, _) = looked("array['Mail'], array['+34611000003'], '78@People.Test'").await;
    assert_eq!(name, "Contact 78");
}
