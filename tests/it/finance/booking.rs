//! Recurring payments and the workers that book them.

use futures_util::future::join_all;
use mostrador::finance::Booking;
use mostrador::work::{Stopper, Tenancy};
use serde_json::{Value, json};

use super::{id, jan, profile};
use crate::app::TestApp;

const CREATE: &str = "mutation($input: CreateRecurringPaymentInput!) {
    createRecurringPayment(input: $input) { recurringPayment { id } errors { code path message } } }";

/// Runs so many workers at once until each finds nothing more.
async fn book(app: &TestApp, workers: usize) -> u64 {
    let (_stopper, stop) = Stopper::new();
    let rounds = (0..workers).map(|_| {
        let (worker, stop) = (Booking::new(Tenancy::new(app.database.clone())), stop.clone());
        async move { worker.book(&stop).await.unwrap() }
    });
    join_all(rounds).await.into_iter().sum()
}

/// rule:recurring-payments — each due day is booked once, however many workers there are, as an expense that lowers the
/// balance; what is due on a 31st is due on the last day of shorter months; after the last day it is over.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_is_booked_once_for_each_day() {
    let app = TestApp::world().await;
    let client = jan(&app).await;
    let account = id(&client, "financialAccounts", "Nómina").await;
    let before = app.cell("select balance::text from financial_accounts where name = 'Nómina'").await;
    let input = json!({
        "profileId": profile(&client).await, "accountId": account, "name": "Alquiler", "amount": "12.50", "frequency": "MONTHLY",
        "category": "Casa", "startDate": "2025-10-31", "endDate": "2026-04-30", "autoDebit": true
    });
    let made = client.data(CREATE, json!({ "input": input })).await["createRecurringPayment"].clone();
    assert_eq!(made["errors"], json!([]));

    assert_eq!(book(&app, 6).await, 7);
    let booked = "query($id: ID!) { recurringPayment(id: $id) { nextDueDate isActive
        bookings(orderBy: [{ field: DUE_DATE }]) { nodes { dueDate date amount currency type category isRecurring description account { name } } } } }";
    let shown = client.data(booked, json!({ "id": made["recurringPayment"]["id"] })).await["recurringPayment"].clone();
    let days: Vec<&str> =
        shown["bookings"]["nodes"].as_array().unwrap().iter().filter_map(|row| row["dueDate"].as_str()).collect();
    let expected = ["2025-10-31", "2025-11-30", "2025-12-31", "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"];
    assert_eq!(days, expected);
    let mut first = shown["bookings"]["nodes"][0].clone();
    first.as_object_mut().unwrap().remove("dueDate");
    assert_eq!(
        first,
        json!({
            "date": "2025-10-31", "amount": "12.50", "currency": "EUR", "type": "EXPENSE", "category": "Casa",
            "isRecurring": true, "description": "Alquiler", "account": { "name": "Nómina" }
        })
    );
    assert_eq!((&shown["isActive"], &shown["nextDueDate"]), (&json!(false), &json!("2026-05-31")));
    let difference = format!("select ({before} - balance)::text from financial_accounts where name = 'Nómina'");
    assert_eq!(app.cell(&difference).await, "87.50");

    // What a person deletes is not booked anew.
    app.sql("delete from financial_transactions where due_date = '2025-12-31'").await;
    assert_eq!(book(&app, 2).await, 0);
}

/// What is not to be booked by itself, or cannot be at the moment, waits; what is over ends.
#[tokio::test(flavor = "multi_thread")]
async fn payments_wait_for_their_account_and_end_by_themselves() {
    let app = TestApp::world().await;
    let client = jan(&app).await;
    let profile = profile(&client).await;
    let account = id(&client, "financialAccounts", "Ahorro").await;
    let payment = |name: &str, more: Value| {
        let mut input = json!({
            "profileId": profile, "name": name, "amount": "1", "frequency": "WEEKLY", "category": "x", "startDate": "2026-01-05"
        });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    for input in [
        payment("by hand", json!({ "accountId": account })),
        payment("over", json!({ "endDate": "2026-02-01" })),
        payment("waits", json!({ "accountId": account, "autoDebit": true, "endDate": "2026-01-31" })),
    ] {
        let made = client.data(CREATE, json!({ "input": input })).await;
        assert_eq!(made["createRecurringPayment"]["errors"], json!([]));
    }
    app.sql("update financial_accounts set deleted_at = now() where name = 'Ahorro'").await;
    assert_eq!(book(&app, 2).await, 0, "the account is deleted");
    let state = "select name, is_active::text, next_due_date::text from recurring_payments
                  where name in ('by hand', 'over', 'waits') order by name";
    let rows = app.rows(state).await;
    assert_eq!(rows[0], ["by hand", "true", "2026-01-05"]);
    assert_eq!(rows[1], ["over", "false", "2026-01-05"]);
    assert_eq!(rows[2], ["waits", "true", "2026-01-05"]);
    app.sql("update financial_accounts set deleted_at = null where name = 'Ahorro'").await;
    assert_eq!(book(&app, 3).await, 4, "January has four Mondays from the 5th on");
    assert_eq!(app.rows(state).await[2], ["waits", "false", "2026-02-02"]);

    // Without its account it is not booked by itself any more.
    let purge = "update recurring_payments set auto_debit = true, account_id = (select id from financial_accounts where name = 'Viaje'), currency = currency
                  where name = 'by hand'";
    let refused = crate::app::superuser(&app.database_name).await.batch_execute(purge).await;
    assert!(refused.is_err(), "an account of another currency");
    app.sql("delete from financial_accounts where name = 'Ahorro'").await;
    let left = "select count(*) filter (where account_id is not null), count(*) filter (where auto_debit) from recurring_payments where category = 'x'";
    assert_eq!(app.rows(left).await, [["0", "0"]]);
}

/// The days on which something is due, counted from the first: a 31st comes back after shorter months, and a leap day
/// after four years.
#[tokio::test(flavor = "multi_thread")]
async fn days_are_counted_from_the_first() {
    let app = TestApp::empty().await;
    let after = |anchor: &str, frequency: &str, count: u32| {
        format!(
            "with recursive due (day, n) as (
                 select date '{anchor}', 0 union all select app.due_after(date '{anchor}', '{frequency}', day), n + 1 from due where n < {count}
             ) select string_agg(day::text, ' ' order by n) from due"
        )
    };
    for (anchor, frequency, days) in [
        ("2026-01-31", "MONTHLY", "2026-01-31 2026-02-28 2026-03-31 2026-04-30 2026-05-31"),
        ("2027-11-30", "QUARTERLY", "2027-11-30 2028-02-29 2028-05-30 2028-08-30 2028-11-30"),
        ("2024-02-29", "YEARLY", "2024-02-29 2025-02-28 2026-02-28 2027-02-28 2028-02-29"),
        ("2026-03-28", "DAILY", "2026-03-28 2026-03-29 2026-03-30 2026-03-31 2026-04-01"),
        ("2026-12-21", "WEEKLY", "2026-12-21 2026-12-28 2027-01-04 2027-01-11 2027-01-18"),
        ("2026-12-21", "BIWEEKLY", "2026-12-21 2027-01-04 2027-01-18 2027-02-01 2027-02-15"),
    ] {
        assert_eq!(app.cell(&after(anchor, frequency, 4)).await, days, "{frequency}");
    }
    // For any day, the number of the last due day is the largest that is not later.
    let wrong = "select count(*)
        from (values ('2026-01-31'::date), ('2024-02-29'), ('2026-06-15')) as a (anchor)
        cross join unnest('{DAILY,WEEKLY,BIWEEKLY,MONTHLY,QUARTERLY,YEARLY}'::text[]) as f (frequency)
        cross join generate_series('2024-01-01'::date, '2029-12-31', '11 days') as d (day)
        cross join lateral (select app.due_number(anchor, frequency, day::date) as n) as k
       where not (app.nth_due(anchor, frequency, n) <= day::date and app.nth_due(anchor, frequency, n + 1) > day::date)";
    assert_eq!(app.cell(wrong).await, "0");
}

/// rule:budget-alerts — the current period, and the first and last one outside of a budget's time.
#[tokio::test(flavor = "multi_thread")]
async fn the_period_of_a_budget_is_the_one_that_holds_the_day() {
    let app = TestApp::empty().await;
    for (day, begins, ends) in [
        ("2026-01-01", "2026-01-31", "2026-02-27"),
        ("2026-02-27", "2026-01-31", "2026-02-27"),
        ("2026-02-28", "2026-02-28", "2026-03-30"),
        ("2026-05-02", "2026-04-30", "2026-05-10"),
        ("2027-01-01", "2026-04-30", "2026-05-10"),
    ] {
        let sql = format!(
            "select app.budget_period_start(s, e, 'MONTHLY', '{day}'), app.budget_period_end(s, e, 'MONTHLY', '{day}')
               from (values ('2026-01-31'::date, '2026-05-10'::date)) as b (s, e)"
        );
        assert_eq!(app.rows(&sql).await, [[begins, ends]], "{day}");
    }
}
