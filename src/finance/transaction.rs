//! Transactions: money that comes in, goes out, or goes from one account to another.

use chrono::NaiveDate;
use entity::{Choice, Ref, entity};
use rust_decimal::Decimal;

use super::{FinancialAccount, FinancialProfile, RecurringPayment};
use crate::values::CurrencyCode;

/// Which way money goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum TransactionType {
    /// In: `account` has more afterwards.
    Income,
    /// Out: `account` has less afterwards.
    Expense,
    /// From `fromAccount` to `toAccount`.
    Transfer,
}

/// Money that came in, went out, or went from one account to another. The balances of the accounts move with it when it
/// is entered, changed or deleted. Only the user sees it.
#[entity(table = financial_transactions, process = FINANCE, order_by(date = desc))]
pub struct FinancialTransaction {
    /// Day on which it happened.
    pub date: NaiveDate,
    /// What it was for.
    pub description: String,
    /// How much, greater than zero.
    pub amount: Decimal,
    /// Currency, that of its accounts: those of a transfer have the same.
    #[field(default)]
    pub currency: CurrencyCode,
    /// Which way the money went. INCOME and EXPENSE have `account`, TRANSFER has `fromAccount` and `toAccount`.
    pub type_: TransactionType,
    /// What it belongs to, in the user's own words; budgets and sums go by it.
    pub category: String,
    /// The same in more detail; null for none.
    pub subcategory: Option<String>,
    /// Words to find it by, a JSON array of texts; null for none.
    pub tags: Option<serde_json::Value>,
    /// Whether it comes again and again; false when it is not given, true for what a recurring payment booked.
    #[field(default)]
    pub is_recurring: bool,
    /// Of what a recurring payment booked: the day for which it was due. Null for all else.
    #[field(read_only)]
    pub due_date: Option<NaiveDate>,
    /// The profile that it belongs to.
    #[belongs_to(create_only, inverse = "transactions", doc = "Transactions, the latest first.")]
    pub profile: Ref<FinancialProfile>,
    /// The account of income and expenses; null for transfers, and after the account was removed for good.
    #[belongs_to(inverse = "transactions", doc = "Income and expenses of the account, the latest first.")]
    pub account: Option<Ref<FinancialAccount>>,
    /// Where a transfer comes from; null for all else, and after the account was removed for good.
    #[belongs_to(inverse = "outgoingTransfers", doc = "Transfers from the account, the latest first.")]
    pub from_account: Option<Ref<FinancialAccount>>,
    /// Where a transfer goes; null for all else, and after the account was removed for good.
    #[belongs_to(inverse = "incomingTransfers", doc = "Transfers to the account, the latest first.")]
    pub to_account: Option<Ref<FinancialAccount>>,
    /// The payment that booked it; null when a person entered it.
    #[belongs_to(read_only, inverse = "bookings", doc = "What it has booked, the latest first.")]
    pub recurring_payment: Option<Ref<RecurringPayment>>,
}
