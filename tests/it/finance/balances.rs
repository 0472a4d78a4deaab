//! Balances against their history.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{id, jan, profile};
use crate::app::{TestApp, TestClient, superuser};

/// A generator that gives the same numbers in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        // Numerical Recipes' constants.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// What accounts hold, and what their history says they hold.
const COMPARED: &str = "
    select a.name, a.balance::text,
           (a.opening_balance + coalesce((
               select sum(case when t.type = 'INCOME' then t.amount
                               when t.type = 'EXPENSE' then -t.amount
                               when t.to_account_id = a.id then t.amount
                               else -t.amount end)
                 from financial_transactions t
                where t.tenant_id = a.tenant_id and a.id in (t.account_id, t.from_account_id, t.to_account_id)
           ), 0))::text
      from financial_accounts a order by a.name";

async fn agree(app: &TestApp, when: &str) {
    for row in app.rows(COMPARED).await {
        assert_eq!(row[1], row[2], "{} {when}", row[0]);
    }
}

const CREATE: &str = "mutation($input: CreateFinancialTransactionInput!) {
    createFinancialTransaction(input: $input) { financialTransaction { id } errors { code message } } }";
const UPDATE: &str = "mutation($input: UpdateFinancialTransactionInput!) {
    updateFinancialTransaction(input: $input) { errors { code message } } }";
const DELETE: &str = "mutation($input: DeleteFinancialTransactionInput!) { deleteFinancialTransaction(input: $input) { errors { code } } }";

/// Enters, changes and deletes transactions over the accounts, in an order of its own. Says how many it entered.
async fn writer(client: TestClient, profile: String, accounts: Vec<String>, seed: u64, steps: u32) -> u32 {
    let mut dice = Dice(seed);
    let mut own: Vec<String> = Vec::new();
    let mut entered = 0;
    for step in 0..steps {
        let amount = format!("{}.{:02}", dice.roll(500), dice.roll(99) + 1);
        let from = dice.roll(accounts.len() as u64) as usize;
        let to = (from + 1 + dice.roll(accounts.len() as u64 - 1) as usize) % accounts.len();
        let kind = match dice.roll(3) {
            0 => json!({ "type": "INCOME", "accountId": accounts[from], "fromAccountId": null, "toAccountId": null }),
            1 => json!({ "type": "EXPENSE", "accountId": accounts[from], "fromAccountId": null, "toAccountId": null }),
            _ => {
                json!({ "type": "TRANSFER", "accountId": null, "fromAccountId": accounts[from], "toAccountId": accounts[to] })
            }
        };
        let mut input = kind;
        input["amount"] = json!(amount);
        let (query, name) = match (dice.roll(4), own.is_empty()) {
            (0, false) => {
                let id = own.swap_remove(dice.roll(own.len() as u64) as usize);
                input = json!({ "id": id });
                (DELETE, "deleteFinancialTransaction")
            }
            (1, false) => {
                input["id"] = json!(own[dice.roll(own.len() as u64) as usize]);
                (UPDATE, "updateFinancialTransaction")
            }
            _ => {
                input["profileId"] = json!(profile);
                input["date"] = json!("2026-03-01");
                input["description"] = json!(format!("{seed}/{step}"));
                input["category"] = json!("Azar");
                (CREATE, "createFinancialTransaction")
            }
        };
        let data = client.data(query, json!({ "input": input })).await;
        assert_eq!(data[name]["errors"], json!([]), "{input}");
        if let Some(id) = data[name]["financialTransaction"]["id"].as_str() {
            own.push(id.to_owned());
            entered += 1;
        }
    }
    entered
}

/// rule:transfer-accounts — a property of any history: eight writers enter, change and delete income, expenses and
/// transfers over the same accounts in random orders, and each account holds what its own history says.
#[tokio::test(flavor = "multi_thread")]
async fn balances_are_the_sums_of_their_history_whoever_writes_at_once() {
    let app = TestApp::world().await;
    let client = jan(&app).await;
    let profile = profile(&client).await;
    let mut accounts =
        vec![id(&client, "financialAccounts", "Nómina").await, id(&client, "financialAccounts", "Ahorro").await];
    let create = "mutation($input: CreateFinancialAccountInput!) { createFinancialAccount(input: $input) { financialAccount { id } errors { message } } }";
    for (name, balance) in [("Tarjeta", "-35.10"), ("Cartera", "20")] {
        let input = json!({ "profileId": profile, "name": name, "type": "OTHER", "balance": balance });
        let made = client.data(create, json!({ "input": input })).await;
        accounts.push(made["createFinancialAccount"]["financialAccount"]["id"].as_str().unwrap().to_owned());
    }
    agree(&app, "before").await;
    let writers = (1..=8).map(|seed| {
        // Each takes the accounts in another order, so transfers go crosswise.
        let mut accounts = accounts.clone();
        accounts.rotate_left(seed as usize % 4);
        writer(client.clone(), profile.clone(), accounts, seed, 25)
    });
    let entered: u32 = join_all(writers).await.into_iter().sum();
    assert!(entered > 80, "{entered}");
    agree(&app, "after all of it").await;
}

/// A transaction of a person with psql that writes a hundred rows, beside a transfer that waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_statement_over_many_rows_moves_each_account_once() {
    let app = TestApp::world().await;
    let jan = app.cell("select id from users where email = 'jan@autos.test'").await;
    let sql = format!(
        "insert into financial_transactions (tenant_id, user_id, profile_id, from_account_id, to_account_id, date, description, amount, type, category)
         select p.tenant_id, p.user_id, p.id, a.id, b.id, '2026-03-01', 'vuelta ' || n, n, 'TRANSFER', 'Prueba'
           from financial_profiles p
           cross join generate_series(1, 100) n
           join financial_accounts a on a.user_id = p.user_id and a.name = case when n % 2 = 0 then 'Nómina' else 'Ahorro' end
           join financial_accounts b on b.user_id = p.user_id and b.name = case when n % 2 = 0 then 'Ahorro' else 'Nómina' end
          where p.user_id = '{jan}'"
    );
    let (one, other) = (superuser(&app.database_name).await, superuser(&app.database_name).await);
    let (first, second) = futures_util::future::join(one.batch_execute(&sql), other.batch_execute(&sql)).await;
    first.unwrap();
    second.unwrap();
    agree(&app, "after two statements at once").await;
    app.sql("update financial_transactions set amount = amount * 2 where category = 'Prueba'").await;
    agree(&app, "after all amounts were doubled").await;
    app.sql("delete from financial_transactions where category = 'Prueba'").await;
    agree(&app, "after all were deleted").await;
}

/// rule:debt-payments — what is owed is what was borrowed less what was paid, also when payments come at once; the last one
/// pays it off, and not one too many.
#[tokio::test(flavor = "multi_thread")]
async fn of_payments_at_once_as_many_are_taken_as_are_owed() {
    let app = TestApp::world().await;
    let client = jan(&app).await;
    let create = "mutation($input: CreateDebtInput!) { createDebt(input: $input) { debt { id } errors { message } } }";
    let input = json!({
        "profileId": profile(&client).await, "name": "Entre amigos", "type": "OTHER", "principal": "100",
        "interestRate": "0", "startDate": "2026-01-01"
    });
    let debt = client.data(create, json!({ "input": input })).await["createDebt"]["debt"]["id"].clone();
    let pay = "mutation($input: CreateDebtPaymentInput!) { createDebtPayment(input: $input) { errors { code } } }";
    let payments = (0..14).map(|_| {
        let input =
            json!({ "debtId": debt, "date": "2026-03-01", "amount": "10", "principalPaid": "10", "interestPaid": "0" });
        let client = client.clone();
        async move { client.data(pay, json!({ "input": input })).await["createDebtPayment"]["errors"].clone() }
    });
    let outcomes: Vec<Value> = join_all(payments).await;
    assert_eq!(outcomes.iter().filter(|errors| **errors == json!([])).count(), 10, "{outcomes:?}");
    let query = "query($id: ID!) { debt(id: $id) { balance status payments { totalCount } } }";
    let left = client.data(query, json!({ "id": debt })).await["debt"].clone();
    assert_eq!(left, json!({ "balance": "0.00", "status": "PAID_OFF", "payments": { "totalCount": 10 } }));
}
