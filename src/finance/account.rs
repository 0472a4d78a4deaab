//! Accounts. Their balances are moved by transactions alone.

use entity::{Choice, Ref, entity};
use rust_decimal::Decimal;

use super::FinancialProfile;
use crate::values::CurrencyCode;

/// What kind of account it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum FinancialAccountType {
    /// For everyday payments.
    Checking,
    /// For savings.
    Savings,
    /// A credit card; its balance is below zero while something is owed.
    CreditCard,
    /// Notes and coins.
    Cash,
    /// At a broker.
    Investment,
    /// A loan.
    Loan,
    /// Anything else.
    Other,
}

/// An account at a bank, or a purse. Only the user sees it.
#[entity(table = financial_accounts, process = FINANCE, soft_delete, include_deleted = DELETE, purge = DELETE)]
pub struct FinancialAccount {
    /// Name, as the user calls it.
    pub name: String,
    /// What kind of account it is.
    pub type_: FinancialAccountType,
    /// What is on it: the opening balance and all its transactions; below zero when something is owed. Given once, when
    /// the account is entered, as what is on it then; zero when it is not given. Afterwards transactions move it.
    #[field(default, create_only)]
    pub balance: Decimal,
    /// What was on it when it was entered.
    #[field(read_only)]
    pub opening_balance: Decimal,
    /// Currency of the account, which stays; that of the profile when it is not given.
    #[field(default, create_only)]
    pub currency: CurrencyCode,
    /// Whether it is in use; true when it is not given.
    #[field(default)]
    pub is_active: bool,
    /// How much may be owed, in the currency of the account; null for no such limit.
    pub credit_limit: Option<Decimal>,
    /// The profile that it belongs to.
    #[belongs_to(create_only, inverse = "accounts", doc = "Accounts.")]
    pub profile: Ref<FinancialProfile>,
}
