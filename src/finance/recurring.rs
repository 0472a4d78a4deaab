//! What is paid again and again: rent, a subscription.

use chrono::NaiveDate;
use entity::{Choice, Ref, entity};
use rust_decimal::Decimal;

use super::{FinancialAccount, FinancialProfile};
use crate::values::CurrencyCode;

/// How often something is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum PaymentFrequency {
    /// Every day.
    Daily,
    /// Every seven days.
    Weekly,
    /// Every fourteen days.
    Biweekly,
    /// Every month. What is due on a 31st is due on the last day of shorter months.
    Monthly,
    /// Every three months.
    Quarterly,
    /// Every year.
    Yearly,
}

/// Something that is paid again and again. Only the user sees it.
#[entity(table = recurring_payments, process = FINANCE)]
pub struct RecurringPayment {
    /// What it is for.
    pub name: String,
    /// How much each time, greater than zero.
    pub amount: Decimal,
    /// Currency, which stays: that of the account, else of the profile.
    #[field(default, create_only)]
    pub currency: CurrencyCode,
    /// How often it is paid.
    pub frequency: PaymentFrequency,
    /// Category of what is booked.
    pub category: String,
    /// The next day on which it is due, not before the first; the first day when it is not given. Later ones are counted
    /// from it.
    #[field(default)]
    pub next_due_date: NaiveDate,
    /// Whether it is booked by itself: on each day on which it is due, where the business is, one EXPENSE is entered and
    /// `nextDueDate` moves on. Needs `account`; false when it is not given.
    #[field(default)]
    pub auto_debit: bool,
    /// First day.
    pub start_date: NaiveDate,
    /// Last day, not before the first; null while there is none. After it `isActive` is false.
    pub end_date: Option<NaiveDate>,
    /// Whether it is paid at present; true when it is not given.
    #[field(default)]
    pub is_active: bool,
    /// The profile that it belongs to.
    #[belongs_to(create_only, inverse = "recurringPayments", doc = "What is paid again and again.")]
    pub profile: Ref<FinancialProfile>,
    /// The account from which it is paid; null for none.
    #[belongs_to(inverse = "recurringPayments", doc = "What is paid from the account again and again.")]
    pub account: Option<Ref<FinancialAccount>>,
}
