//! The money that one person of each firm keeps an eye on: rows of `financial_profiles` and all that hangs on them.

use chrono::{DateTime, Datelike, Duration, Months, NaiveDate, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::firm::Firm;
use super::ids::Ids;
use super::rng::Rng;
use super::row::rows;

/// How many months of transactions there are.
const MONTHS: u32 = 6;

rows! {
    /// A profile.
    MoneyProfileRow in "financial_profiles" {
        id: Uuid, user_id: Uuid, currency: &'static str, financial_goals: Value, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
    /// An account.
    AccountRow in "financial_accounts" {
        id: Uuid, user_id: Uuid, profile_id: Uuid, name: &'static str, r#type: &'static str, balance: &'static str,
        currency: &'static str, is_active: bool, credit_limit: Option<&'static str>, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
    /// Something that is paid again and again.
    PaymentRow in "recurring_payments" {
        id: Uuid, user_id: Uuid, profile_id: Uuid, account_id: Uuid, name: &'static str, amount: &'static str,
        currency: &'static str, frequency: &'static str, category: &'static str, next_due_date: NaiveDate,
        auto_debit: bool, start_date: NaiveDate, is_active: bool, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A transaction.
    MovementOfMoneyRow in "financial_transactions" {
        id: Uuid, user_id: Uuid, profile_id: Uuid, account_id: Option<Uuid>, from_account_id: Option<Uuid>,
        to_account_id: Option<Uuid>, date: NaiveDate, description: &'static str, amount: String, currency: &'static str,
        r#type: &'static str, category: &'static str, subcategory: Option<&'static str>, is_recurring: bool,
        created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A budget.
    BudgetRow in "budgets" {
        id: Uuid, user_id: Uuid, profile_id: Uuid, name: &'static str, category: &'static str, amount: &'static str,
        currency: &'static str, period: &'static str, start_date: NaiveDate, alert_threshold: i32, is_active: bool,
        created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A debt.
    DebtRow in "debts" {
        id: Uuid, user_id: Uuid, profile_id: Uuid, name: &'static str, r#type: &'static str, principal: &'static str,
        balance: &'static str, currency: &'static str, interest_rate: &'static str, monthly_payment: &'static str,
        start_date: NaiveDate, status: &'static str, priority: i32, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A payment of a debt.
    DebtPaymentRow in "debt_payments" {
        id: Uuid, user_id: Uuid, debt_id: Uuid, date: NaiveDate, amount: &'static str, principal_paid: &'static str,
        interest_paid: &'static str, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// An investment.
    InvestmentRow in "investments" {
        id: Uuid, user_id: Uuid, profile_id: Uuid, name: &'static str, r#type: &'static str, symbol: Option<&'static str>,
        quantity: &'static str, purchase_price: &'static str, current_price: &'static str, currency: &'static str,
        purchase_date: NaiveDate, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
}

/// All of these rows.
#[derive(Debug)]
pub(crate) struct Money {
    pub(crate) profiles: Vec<MoneyProfileRow>,
    pub(crate) accounts: Vec<AccountRow>,
    pub(crate) payments: Vec<PaymentRow>,
    pub(crate) transactions: Vec<MovementOfMoneyRow>,
    pub(crate) budgets: Vec<BudgetRow>,
    pub(crate) debts: Vec<DebtRow>,
    pub(crate) debt_payments: Vec<DebtPaymentRow>,
    pub(crate) investments: Vec<InvestmentRow>,
}

/// What all rows of a person have in common.
struct Owner<'a> {
    firm: &'a Firm,
    user_id: Uuid,
    profile_id: Uuid,
    currency: &'static str,
    /// The first day of the first month.
    first: NaiveDate,
    began: DateTime<Utc>,
}

/// What this person keeps.
pub(crate) fn money((number, firm): (usize, &Firm), user_id: Uuid, today: DateTime<Utc>, ids: &mut Ids) -> Money {
    let mut rng = Rng::for_subject(number, "money");
    let this_month = today.date_naive().with_day(1).unwrap_or_else(|| today.date_naive());
    let first = this_month.checked_sub_months(Months::new(MONTHS)).unwrap_or(this_month);
    let began = first.and_time(chrono::NaiveTime::MIN).and_utc() + Duration::hours(9);
    let currency = firm.say("EUR", "USD");
    let owner = Owner { firm, user_id, profile_id: ids.at(began), currency, first, began };
    let profiles = vec![MoneyProfileRow {
        id: owner.profile_id,
        user_id,
        currency,
        financial_goals: json!({ "savings": 6000, "investment": 10000 }),
        created_at: began,
        updated_at: began,
    }];
    let accounts = accounts(&owner, ids);
    let place = |index: usize| accounts.get(index).map_or(owner.profile_id, |row| row.id);
    let (checking, savings) = (place(0), place(1));
    let next = this_month.checked_add_months(Months::new(1)).unwrap_or(this_month);
    let payments = vec![
        payment(&owner, checking, (firm.say("Alquiler", "Rent"), "720.00", firm.say("Casa", "Home")), next, ids),
        payment(&owner, checking, (firm.say("Gimnasio", "Gym"), "39.90", firm.say("Deporte", "Sport")), next, ids),
    ];
    let transactions = transactions(&owner, (checking, savings), today, (&mut rng, ids));
    let budgets = [(firm.say("Comida", "Food"), "420.00"), (firm.say("Ocio", "Leisure"), "150.00")]
        .map(|(category, amount)| BudgetRow {
            id: ids.at(began),
            user_id,
            profile_id: owner.profile_id,
            name: category,
            category,
            amount,
            currency,
            period: "MONTHLY",
            start_date: first,
            alert_threshold: 80,
            is_active: true,
            created_at: began,
            updated_at: began,
        })
        .to_vec();
    let debts = vec![DebtRow {
        id: ids.at(began),
        user_id,
        profile_id: owner.profile_id,
        name: firm.say("Coche", "Car"),
        r#type: "AUTO_LOAN",
        principal: "9000.00",
        balance: "6000.00",
        currency,
        interest_rate: "5.95",
        monthly_payment: "280.00",
        start_date: first,
        status: "ACTIVE",
        priority: 1,
        created_at: began,
        updated_at: began,
    }];
    // Six thousand at 5.95 percent, three months long.
    let paid = [("250.25", "29.75"), ("251.49", "28.51"), ("252.74", "27.26")];
    let debt_id = debts.first().map_or(owner.profile_id, |row| row.id);
    let debt_payments = (1..)
        .zip(paid)
        .map(|(month, (principal_paid, interest_paid))| {
            let date = first.checked_add_months(Months::new(month)).unwrap_or(first);
            let at = date.and_time(chrono::NaiveTime::MIN).and_utc() + Duration::hours(8);
            DebtPaymentRow {
                id: ids.at(at),
                user_id,
                debt_id,
                date,
                amount: "280.00",
                principal_paid,
                interest_paid,
                created_at: at,
                updated_at: at,
            }
        })
        .collect();
    let investments = investments(&owner, ids);
    Money { profiles, accounts, payments, transactions, budgets, debts, debt_payments, investments }
}

fn accounts(owner: &Owner<'_>, ids: &mut Ids) -> Vec<AccountRow> {
    let Owner { firm, currency, began, .. } = *owner;
    let told = [
        (firm.say("Cuenta corriente", "Checking"), "CHECKING", "1450.00", currency, None),
        (firm.say("Ahorro", "Savings"), "SAVINGS", "5200.00", currency, None),
        (firm.say("Tarjeta", "Credit card"), "CREDIT_CARD", "-185.40", currency, Some("2000.00")),
        (firm.say("Efectivo de viaje", "Travel cash"), "CASH", "120.00", firm.say("USD", "EUR"), None),
    ];
    told.map(|(name, kind, balance, currency, credit_limit)| AccountRow {
        id: ids.at(began),
        user_id: owner.user_id,
        profile_id: owner.profile_id,
        name,
        r#type: kind,
        balance,
        currency,
        is_active: true,
        credit_limit,
        created_at: began,
        updated_at: began,
    })
    .to_vec()
}

fn payment(
    owner: &Owner<'_>,
    account_id: Uuid,
    (name, amount, category): (&'static str, &'static str, &'static str),
    next_due_date: NaiveDate,
    ids: &mut Ids,
) -> PaymentRow {
    PaymentRow {
        id: ids.at(owner.began),
        user_id: owner.user_id,
        profile_id: owner.profile_id,
        account_id,
        name,
        amount,
        currency: owner.currency,
        frequency: "MONTHLY",
        category,
        next_due_date,
        auto_debit: true,
        start_date: owner.first,
        is_active: true,
        created_at: owner.began,
        updated_at: owner.began,
    }
}

fn transactions(
    owner: &Owner<'_>,
    (checking, savings): (Uuid, Uuid),
    today: DateTime<Utc>,
    (rng, ids): (&mut Rng, &mut Ids),
) -> Vec<MovementOfMoneyRow> {
    let firm = owner.firm;
    let food = (
        firm.say("Supermercado", "Supermarket"),
        firm.say("Comida", "Food"),
        Some(firm.say("Supermercado", "Supermarket")),
    );
    let dinner = (firm.say("Cena fuera", "Dinner out"), firm.say("Ocio", "Leisure"), None);
    let mut rows = Vec::new();
    for month in 0..=MONTHS {
        let begins = owner.first.checked_add_months(Months::new(month)).unwrap_or(owner.first);
        let mut told = vec![
            (0, "EXPENSE", (firm.say("Alquiler", "Rent"), firm.say("Casa", "Home"), None), 72_000, true),
            (1, "EXPENSE", (firm.say("Gimnasio", "Gym"), firm.say("Deporte", "Sport"), None), 3_990, true),
            (2, "TRANSFER", (firm.say("Al ahorro", "To savings"), firm.say("Ahorro", "Savings"), None), 25_000, false),
            (26, "INCOME", (firm.say("Nómina", "Salary"), firm.say("Sueldo", "Salary"), None), 185_000, true),
        ];
        told.extend([3, 9, 16, 23].map(|day| (day, "EXPENSE", food, rng.between(3_800, 9_600), false)));
        told.extend([12, 20].map(|day| (day, "EXPENSE", dinner, rng.between(1_800, 5_400), false)));
        told.sort_by_key(|(day, ..)| *day);
        for (day, kind, (description, category, subcategory), cents, is_recurring) in told {
            let date = begins + Duration::days(day);
            let at = date.and_time(chrono::NaiveTime::MIN).and_utc() + Duration::hours(18);
            if at > today {
                continue;
            }
            let is_transfer = kind == "TRANSFER";
            rows.push(MovementOfMoneyRow {
                id: ids.at(at),
                user_id: owner.user_id,
                profile_id: owner.profile_id,
                account_id: (!is_transfer).then_some(checking),
                from_account_id: is_transfer.then_some(checking),
                to_account_id: is_transfer.then_some(savings),
                date,
                description,
                amount: format!("{}.{:02}", cents / 100, cents % 100),
                currency: owner.currency,
                r#type: kind,
                category,
                subcategory,
                is_recurring,
                created_at: at,
                updated_at: at,
            });
        }
    }
    rows
}

fn investments(owner: &Owner<'_>, ids: &mut Ids) -> Vec<InvestmentRow> {
    let told = [
        (owner.firm.say("Fondo indexado mundial", "World index fund"), "ETF", Some("VWCE"), "24.5", "98.40", "121.16"),
        ("Bitcoin", "CRYPTO", Some("BTC"), "0.0125", "41000", "38250.5"),
    ];
    told.map(|(name, kind, symbol, quantity, purchase_price, current_price)| InvestmentRow {
        id: ids.at(owner.began),
        user_id: owner.user_id,
        profile_id: owner.profile_id,
        name,
        r#type: kind,
        symbol,
        quantity,
        purchase_price,
        current_price,
        currency: owner.currency,
        purchase_date: owner.first,
        created_at: owner.began,
        updated_at: owner.began,
    })
    .to_vec()
}
