//! One's own money: accounts, transactions, budgets, debts, investments. Nobody else sees it, whatever the role.
//!
//! Balances are moved by the database, in the transaction of what moves them. Amounts are exact numbers, and those of
//! different currencies are never added.
//!
//! | file | |
//! |---|---|
//! | `profile` | the profile that all else hangs on, and the verb that makes or changes it |
//! | `account`, `transaction` | where money is, and how it moves |
//! | `budget` | what may be spent |
//! | `debt`, `projection` | what is owed, and month by month until nothing is |
//! | `investment` | what money was put into |
//! | `recurring`, `booking` | what is paid again and again, and the worker that books it |
//! | `totals` | the queries of sums |

mod account;
mod booking;
mod budget;
mod debt;
mod investment;
mod profile;
mod projection;
mod recurring;
mod totals;
mod transaction;

use entity::Entity;
use entity::declare::{EntityDecl, VerbDecl};
use entity::roots::MadeQuery;

pub use account::{FinancialAccount, FinancialAccountType};
pub use booking::Booking;
pub use budget::{Budget, BudgetPeriod};
pub use debt::{Debt, DebtPayment, DebtStatus, DebtType};
pub use investment::{Investment, InvestmentType};
pub use profile::FinancialProfile;
pub use projection::{INSTALLMENT, Loan, PROJECTION, installments};
pub use recurring::{PaymentFrequency, RecurringPayment};
pub use transaction::{FinancialTransaction, TransactionType};

use crate::work::{Tenancy, Worker};

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![
        FinancialProfile::decl(),
        FinancialAccount::decl(),
        FinancialTransaction::decl(),
        Budget::decl(),
        Debt::decl(),
        DebtPayment::decl(),
        Investment::decl(),
        RecurringPayment::decl(),
    ]
}

/// The verbs of this domain.
pub fn verbs() -> Vec<&'static VerbDecl> {
    vec![&profile::SAVE_FINANCIAL_PROFILE]
}

/// The queries of this domain that are more than rows of an entity.
pub fn queries() -> Vec<&'static MadeQuery> {
    vec![&totals::FINANCIAL_TOTALS, &totals::TRANSACTION_TOTALS]
}

/// The background workers of this domain.
#[must_use]
pub fn workers(tenancy: &Tenancy) -> Vec<Box<dyn Worker>> {
    vec![Box::new(Booking::new(tenancy.clone()))]
}
