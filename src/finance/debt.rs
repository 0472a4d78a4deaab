//! Debts and their payments.

use chrono::NaiveDate;
use entity::{Choice, Ref, entity};
use rust_decimal::Decimal;

use super::FinancialProfile;
use crate::values::CurrencyCode;

/// What kind of debt it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum DebtType {
    /// For a home.
    Mortgage,
    /// For anything.
    PersonalLoan,
    /// For a car.
    AutoLoan,
    /// For studies.
    StudentLoan,
    /// On a credit card.
    CreditCard,
    /// Anything else.
    Other,
}

/// How a debt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum DebtStatus {
    /// Being paid.
    Active,
    /// Nothing is owed any more. Final.
    PaidOff,
    /// Not paid as agreed.
    Defaulted,
    /// Replaced by another debt. Final.
    Refinanced,
}

/// Money that is owed. Only the user sees it.
#[entity(table = debts, process = FINANCE, soft_delete, include_deleted = DELETE, purge = DELETE)]
pub struct Debt {
    /// Name, as the user calls it.
    pub name: String,
    /// What kind of debt it is.
    pub type_: DebtType,
    /// Number of the account at the lender; of what is given only the last four characters are ever shown. Null for none.
    /// Stored encrypted.
    #[field(late = crate::sealed::OPEN_LAST_FOUR, early = crate::sealed::SEAL_TEXT)]
    pub account_number: Option<String>,
    /// What was borrowed, greater than zero.
    pub principal: Decimal,
    /// What is still owed, without interest to come. The principal when it is not given; payments lower it, and at zero the
    /// debt is PAID_OFF. It may be corrected.
    #[field(default)]
    pub balance: Decimal,
    /// Currency, which stays; that of the profile when it is not given.
    #[field(default, create_only)]
    pub currency: CurrencyCode,
    /// Nominal rate in percent a year, from 0 to 1000.
    pub interest_rate: Decimal,
    /// What is paid each month, interest included; null when that is not fixed.
    pub monthly_payment: Option<Decimal>,
    /// When it began; payments are due on this day of each month.
    pub start_date: NaiveDate,
    /// When all is to be paid, not before the first day; null when that is open.
    pub maturity_date: Option<NaiveDate>,
    /// How it stands; new ones are ACTIVE. PAID_OFF only when nothing is owed.
    #[field(transition = "changeDebtStatus")]
    pub status: DebtStatus,
    /// In which order debts are to be paid, 1 first; null for no order.
    pub priority: Option<i32>,
    /// Payments to come, month by month until nothing is owed, 1200 at most. They are of `monthlyPayment`, or else as large
    /// as must be to be done at `maturityDate`; the last one is what is left. Empty when the debt is PAID_OFF or
    /// REFINANCED, when neither of both is known, and when the payment would not even cover the interest.
    #[field(
        late = crate::finance::PROJECTION,
        object = crate::finance::INSTALLMENT,
        sql = "select jsonb_build_object('balance', case when {t}.status in ('ACTIVE', 'DEFAULTED') then {t}.balance::text else '0' end, 'rate', {t}.interest_rate::text, 'payment', {t}.monthly_payment::text, 'start', {t}.start_date, 'maturity', {t}.maturity_date, 'next', app.due_number({t}.start_date, 'MONTHLY', greatest({t}.start_date, app.today({t}.tenant_id))) + 1)"
    )]
    pub projection: serde_json::Value,
    /// The profile that it belongs to.
    #[belongs_to(create_only, inverse = "debts", doc = "Debts.")]
    pub profile: Ref<FinancialProfile>,
}

/// A payment of a debt, in the debt's currency. Only the user sees it.
#[entity(table = debt_payments, process = FINANCE, order_by(date = desc))]
pub struct DebtPayment {
    /// Day on which it was paid.
    pub date: NaiveDate,
    /// How much, greater than zero: principal and interest together.
    pub amount: Decimal,
    /// What of it lowers the debt.
    pub principal_paid: Decimal,
    /// What of it is interest.
    pub interest_paid: Decimal,
    /// Of which debt.
    #[belongs_to(create_only, inverse = "payments", doc = "Payments, the latest first.")]
    pub debt: Ref<Debt>,
}
