//! Budgets: what may be spent on a category in each period, and what was.

use chrono::NaiveDate;
use entity::{Choice, Ref, entity};
use rust_decimal::Decimal;

use super::FinancialProfile;
use crate::values::CurrencyCode;

/// How long a period of a budget is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum BudgetPeriod {
    /// Seven days.
    Weekly,
    /// A month.
    Monthly,
    /// Three months.
    Quarterly,
    /// A year.
    Yearly,
}

/// What a user wants to spend at most on a category in each period. Periods are counted from `startDate`; which one is
/// the current one goes by the day it is where the business is. Only the user sees it.
#[entity(table = budgets, process = FINANCE)]
pub struct Budget {
    /// Name.
    pub name: String,
    /// The category of the transactions that count, letter for letter.
    pub category: String,
    /// How much may be spent in each period, greater than zero.
    pub amount: Decimal,
    /// Currency; that of the profile when it is not given. Expenses in another one do not count.
    #[field(default)]
    pub currency: CurrencyCode,
    /// How long a period is.
    pub period: BudgetPeriod,
    /// First day of the first period. When it is a 31st, periods begin on the last day of shorter months.
    pub start_date: NaiveDate,
    /// Last day, not before the first; null while there is none.
    pub end_date: Option<NaiveDate>,
    /// From how many percent of the amount on `alertTriggered` is true, 1 to 100; 80 when it is not given.
    #[field(default)]
    pub alert_threshold: i32,
    /// Whether it is in use; true when it is not given.
    #[field(default)]
    pub is_active: bool,
    /// First day of the current period; of the first one before it began, of the last one when all are over.
    #[field(sql = "app.budget_period_start({t}.start_date, {t}.end_date, {t}.period, app.today({t}.tenant_id))")]
    pub period_start: NaiveDate,
    /// Last day of that period.
    #[field(sql = "app.budget_period_end({t}.start_date, {t}.end_date, {t}.period, app.today({t}.tenant_id))")]
    pub period_end: NaiveDate,
    /// What was spent in that period: the EXPENSE transactions of the category in this currency.
    #[field(
        sql = "app.budget_spent({t}.tenant_id, {t}.profile_id, {t}.category, {t}.currency, {t}.period, {t}.start_date, {t}.end_date)"
    )]
    pub spent: Decimal,
    /// Whether `spent` has reached the threshold.
    #[field(
        sql = "app.budget_spent({t}.tenant_id, {t}.profile_id, {t}.category, {t}.currency, {t}.period, {t}.start_date, {t}.end_date) * 100 >= {t}.amount * {t}.alert_threshold"
    )]
    pub alert_triggered: bool,
    /// The profile that it belongs to.
    #[belongs_to(create_only, inverse = "budgets", doc = "Budgets.")]
    pub profile: Ref<FinancialProfile>,
}
