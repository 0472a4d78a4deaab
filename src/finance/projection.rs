//! What is to be paid of a debt, month by month until nothing is owed.

use chrono::{Months, NaiveDate};
use entity::database::DbError;
use entity::declare::ObjectDecl;
use entity::kind::Scalar;
use entity::late::{Late, LateAnswer, LateFn};
use futures_util::FutureExt;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value as Json, json};

/// Most payments of one projection: a hundred years.
const MAX_INSTALLMENTS: u32 = 1200;

/// A payment to come.
pub static INSTALLMENT: ObjectDecl = ObjectDecl {
    name: "DebtInstallment",
    doc: "A payment of a debt that is to come.",
    is_list: true,
    fields: &[
        ("number", "1 for the next payment, 2 for the one after it.", <i32 as Scalar>::TYPE),
        ("date", "Day on which it is due.", <NaiveDate as Scalar>::TYPE),
        ("payment", "How much: interest and principal together.", <Decimal as Scalar>::TYPE),
        ("interest", "What of it is interest.", <Decimal as Scalar>::TYPE),
        ("principal", "What of it lowers the debt.", <Decimal as Scalar>::TYPE),
        ("balance", "What is still owed afterwards.", <Decimal as Scalar>::TYPE),
    ],
};

/// Makes the projections of debts.
pub const PROJECTION: LateFn = |late| async move { project(&late) }.boxed();

/// What a projection goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loan {
    /// What is owed.
    pub balance: Decimal,
    /// Percent a year.
    pub annual_rate: Decimal,
    /// What is paid each month; none to be done at maturity.
    pub payment: Option<Decimal>,
    /// The day in each month on which payments are due is that of this one.
    pub start: NaiveDate,
    /// When all is to be paid.
    pub maturity: Option<NaiveDate>,
    /// How many months after the start the next payment is due, 1 or more.
    pub next: u32,
}

/// One payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Installment {
    /// Day on which it is due.
    pub date: NaiveDate,
    /// What of it is interest.
    pub interest: Decimal,
    /// What of it lowers the debt.
    pub principal: Decimal,
    /// What is still owed afterwards.
    pub balance: Decimal,
}

/// The payments of a loan until nothing is owed. Each month bears a twelfth of the yearly rate on what is owed, rounded
/// to the cent as banks do, halves up. None when the loan has no end: the payment is not known or too small.
#[must_use]
pub fn installments(loan: &Loan) -> Vec<Installment> {
    let Some((payment, months)) = terms(loan) else { return Vec::new() };
    let (mut balance, mut all) = (loan.balance, Vec::new());
    for number in 0..MAX_INSTALLMENTS {
        if balance <= Decimal::ZERO {
            break;
        }
        let interest = cents(balance * monthly_rate(loan));
        // The last payment is what is left: cents that rounding has moved, or all of it.
        let is_last = months == Some(number + 1) || balance + interest <= payment;
        let principal = if is_last { balance } else { payment - interest };
        // Not even the interest is covered, so what is owed would grow for ever.
        if principal <= Decimal::ZERO {
            return Vec::new();
        }
        let Some(date) = loan.start.checked_add_months(Months::new(loan.next + number)) else { break };
        balance -= principal;
        all.push(Installment { date, interest, principal, balance });
    }
    all
}

/// The monthly payment, and after how many months all is paid when that is agreed.
fn terms(loan: &Loan) -> Option<(Decimal, Option<u32>)> {
    if let Some(payment) = loan.payment {
        return Some((payment, None));
    }
    let months = months_left(loan)?;
    Some((annuity(loan.balance, monthly_rate(loan), months)?, Some(months)))
}

/// Payments that are due until maturity; one, at once, when that is over.
fn months_left(loan: &Loan) -> Option<u32> {
    let maturity = loan.maturity?;
    let due = |number: u32| loan.start.checked_add_months(Months::new(loan.next + number));
    let months = (0..MAX_INSTALLMENTS).take_while(|number| due(*number).is_some_and(|day| day <= maturity)).count();
    Some(u32::try_from(months).unwrap_or(MAX_INSTALLMENTS).max(1))
}

/// The level payment that clears a balance in so many months: B·r / (1 − (1 + r)^−n), to the cent.
fn annuity(balance: Decimal, rate: Decimal, months: u32) -> Option<Decimal> {
    if rate.is_zero() {
        return balance.checked_div(Decimal::from(months)).map(cents);
    }
    let mut growth = Decimal::ONE;
    for _ in 0..months {
        // Of a loan that grows beyond all numbers only interest is ever paid.
        growth = match growth.checked_mul(Decimal::ONE + rate) {
            Some(growth) => growth,
            None => return Some(cents(balance * rate)),
        };
    }
    let share = Decimal::ONE - Decimal::ONE.checked_div(growth)?;
    (balance * rate).checked_div(share).map(cents)
}

fn monthly_rate(loan: &Loan) -> Decimal {
    loan.annual_rate / Decimal::from(1200)
}

fn cents(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

fn project(late: &Late<'_>) -> Result<Vec<LateAnswer>, DbError> {
    let one = |row: &entity::late::LateRow<'_>| {
        let loan = read(row.stored).ok_or_else(|| DbError::Fault("a debt cannot be projected".to_owned()))?;
        let all = installments(&loan).into_iter().zip(1..).map(|(part, number): (Installment, u32)| {
            let amount = |amount: Decimal| format!("{amount:.2}");
            json!({
                "number": number,
                "date": part.date.to_string(),
                "payment": amount(part.interest + part.principal),
                "interest": amount(part.interest),
                "principal": amount(part.principal),
                "balance": amount(part.balance),
            })
        });
        Ok(Ok(all.collect()))
    };
    late.rows.iter().map(one).collect()
}

/// The terms as the database gives them. Amounts are texts: JSON numbers would lose cents.
fn read(stored: &[u8]) -> Option<Loan> {
    let json: Json = serde_json::from_slice(stored.get(1..)?).ok()?;
    let decimal = |key: &str| json.get(key)?.as_str()?.parse::<Decimal>().ok();
    let date = |key: &str| json.get(key)?.as_str()?.parse::<NaiveDate>().ok();
    Some(Loan {
        balance: decimal("balance")?,
        annual_rate: decimal("rate")?,
        payment: decimal("payment"),
        start: date("start")?,
        maturity: date("maturity"),
        next: u32::try_from(json.get("next")?.as_u64()?).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn loan(balance: &str, rate: &str, payment: Option<&str>, maturity: Option<&str>) -> Loan {
        Loan {
            balance: decimal(balance),
            annual_rate: decimal(rate),
            payment: payment.map(decimal),
            start: day("2020-01-31"),
            maturity: maturity.map(day),
            next: 1,
        }
    }

    /// Everything that must be true of any projection that ends.
    fn adds_up(loan: &Loan) -> Vec<Installment> {
        let all = installments(loan);
        let mut owed = loan.balance;
        for part in &all {
            assert_eq!(part.interest, cents(owed * monthly_rate(loan)));
            owed -= part.principal;
            assert_eq!(part.balance, owed);
            assert!(part.principal > Decimal::ZERO && part.interest >= Decimal::ZERO);
        }
        if all.len() < MAX_INSTALLMENTS as usize {
            assert_eq!(owed, Decimal::ZERO, "until zero");
        }
        all
    }

    /// rule:debt-projection — the payments that others publish for the same loans.
    ///
    /// $200,000 at 6.5 % over 30 years is $1,264.14 a month (Wikipedia, "Mortgage calculator", section "Monthly payment
    /// formula"); $300,000 at 6.5 % over 30 years $1,896.20 (calculatey.pages.dev/mortgage-calculator); $47,100 at
    /// 10.61 % over 360 months $434.72 (docstoc.com/docs/1460085/Loan-Amortization).
    #[test]
    fn level_payments_are_those_that_are_published() {
        for (balance, rate, payment) in
            [("200000", "6.5", "1264.14"), ("300000", "6.5", "1896.20"), ("47100", "10.61", "434.72")]
        {
            let all = adds_up(&loan(balance, rate, None, Some("2050-01-31")));
            assert_eq!(all.len(), 360, "{balance}");
            assert_eq!(all[0].interest + all[0].principal, decimal(payment), "{balance}");
            // The last one carries what 359 roundings have moved.
            let last = all[359].interest + all[359].principal;
            assert!((last - decimal(payment)).abs() < decimal("5"), "{last}");
        }
    }

    /// rule:debt-projection — row by row as in docstoc.com/docs/1460085/Loan-Amortization: principal, interest and what is
    /// left after each of the first payments.
    #[test]
    fn principal_and_interest_are_those_of_a_published_table() {
        let all = adds_up(&loan("47100", "10.61", Some("434.72"), None));
        let published = [
            ("18.28", "416.44", "47081.72"),
            ("18.44", "416.28", "47063.28"),
            ("18.60", "416.12", "47044.68"),
            ("18.77", "415.95", "47025.91"),
            ("18.93", "415.79", "47006.98"),
            ("19.10", "415.62", "46987.88"),
            ("19.27", "415.45", "46968.61"),
            ("19.44", "415.28", "46949.17"),
            ("19.61", "415.11", "46929.56"),
            ("19.78", "414.94", "46909.78"),
            ("19.96", "414.76", "46889.82"),
            ("20.14", "414.58", "46869.68"),
            ("20.31", "414.41", "46849.37"),
            ("20.49", "414.23", "46828.88"),
            ("20.67", "414.05", "46808.21"),
        ];
        for (part, (principal, interest, balance)) in all.iter().zip(published) {
            assert_eq!((part.principal, part.interest), (decimal(principal), decimal(interest)));
            assert_eq!(part.balance, decimal(balance));
        }
    }

    #[test]
    fn payments_are_due_on_the_last_day_of_short_months() {
        let all = adds_up(&loan("300", "0", Some("100"), None));
        let days: Vec<_> = all.iter().map(|part| part.date.to_string()).collect();
        assert_eq!(days, ["2020-02-29", "2020-03-31", "2020-04-30"]);
    }

    #[test]
    fn without_interest_the_debt_is_shared_out() {
        let all = adds_up(&loan("100", "0", None, Some("2020-04-30")));
        assert_eq!(all.iter().map(|part| part.principal).collect::<Vec<_>>(), ["33.33", "33.33", "33.34"].map(decimal));
    }

    #[test]
    fn what_never_ends_is_not_projected() {
        assert_eq!(installments(&loan("1000", "12", Some("10"), None)), [], "only the interest");
        assert_eq!(installments(&loan("1000", "12", Some("9"), None)), []);
        assert_eq!(installments(&loan("1000", "12", None, None)), [], "nothing is agreed");
        assert_eq!(installments(&loan("0", "12", Some("9"), None)), [], "nothing is owed");
        assert_eq!(adds_up(&loan("1000", "12", Some("10.01"), None)).len(), 703);
    }

    #[test]
    fn what_is_overdue_is_paid_at_once() {
        let all = adds_up(&loan("1000", "12", None, Some("2020-01-31")));
        assert_eq!((all.len(), all[0].principal, all[0].interest), (1, decimal("1000"), decimal("10")));
    }

    #[test]
    fn the_largest_amounts_and_rates_do_not_overflow() {
        let largest = Loan { annual_rate: decimal("1000"), ..loan("999999999999.99", "0", None, Some("2119-12-31")) };
        assert!(installments(&largest).len() <= 1, "it never ends");
        adds_up(&loan("999999999999.99", "24", None, Some("2119-12-31")));
    }
}
