//! Sales: deals over one vehicle or one property. The database moves the item together with its sale.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};
use rust_decimal::Decimal;

use crate::crm::Contact;
use crate::identity::User;
use crate::inventory::Vehicle;
use crate::properties::Property;
use crate::values::CurrencyCode;

/// What kind of deal it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum DealType {
    /// Bought.
    Sale,
    /// Rented; properties only.
    Rental,
}

/// How a sale is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum FinancingType {
    /// At once.
    Cash,
    /// With a loan.
    Loan,
    /// By leasing.
    Leasing,
    /// By long-term hire with services.
    Renting,
    /// With a mortgage.
    Mortgage,
    /// Anything else.
    Other,
}

/// How far a sale has come. Its vehicle or property moves with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum SaleStatus {
    /// Offered; the vehicle is reserved, the property under offer.
    Pending,
    /// Agreed within the business.
    Approved,
    /// Signed; the vehicle or property is sold or rented.
    Completed,
    /// Handed over. Final.
    Delivered,
    /// Called off; the vehicle or property is free again. Final.
    Cancelled,
}

/// A deal with a contact over one vehicle or one property. Completed and delivered sales cannot be deleted.
#[entity(table = sales, process = SALES, soft_delete)]
#[union(name = item, of = SaleItem, doc = "What the sale is about.", branches(vehicle, property))]
#[action(mutation = "approveSale", doc = "Notes that the business agrees to a sale.", set(status = "'APPROVED'"))]
#[action(
    mutation = "completeSale",
    doc = "Notes that a sale was signed, which makes its vehicle or property sold or rented.",
    set(status = "'COMPLETED'"),
    inputs(sale_date)
)]
#[action(
    mutation = "deliverSale",
    doc = "Notes that what was sold has been handed over.",
    set(status = "'DELIVERED'"),
    inputs(delivery_date)
)]
#[action(
    mutation = "cancelSale",
    doc = "Calls a sale off, which frees its vehicle or property.",
    set(status = "'CANCELLED'")
)]
pub struct Sale {
    /// What kind of deal it is; SALE when it is not given.
    #[field(default)]
    pub deal_type: DealType,
    /// Price agreed, not negative; of a rental the rent of a month.
    pub sale_price: Decimal,
    /// Currency of the amounts; that of the business when it is not given.
    #[field(default)]
    pub currency: CurrencyCode,
    /// Part of the price that is paid first, from zero to the price; null for none.
    pub down_payment: Option<Decimal>,
    /// How the sale is paid for.
    pub financing_type: FinancingType,
    /// How far the sale has come.
    #[field(transition = "changeSaleStatus", with(sale_date, delivery_date))]
    pub status: SaleStatus,
    /// When it became COMPLETED; now when it does and no time is given, null before that.
    #[field(read_only)]
    pub sale_date: Option<DateTime<Utc>>,
    /// When it became DELIVERED, not before the sale; now when it does and no time is given, null before that.
    #[field(read_only)]
    pub delivery_date: Option<DateTime<Utc>>,
    /// Notes for colleagues.
    pub notes: Option<String>,
    /// Who buys or rents.
    #[belongs_to(inverse = "sales", doc = "Deals with the contact.")]
    pub contact: Ref<Contact>,
    /// The vehicle; a sale has either a vehicle or a property. It must be available, and fixed once COMPLETED.
    #[belongs_to(inverse = "sales", doc = "Deals over the vehicle.")]
    pub vehicle: Option<Ref<Vehicle>>,
    /// The property; a sale has either a vehicle or a property. It must be on offer, and fixed once COMPLETED.
    #[belongs_to(inverse = "sales", doc = "Deals over the property.")]
    pub property: Option<Ref<Property>>,
    /// The user who sells; null when nobody was chosen.
    #[belongs_to(inverse = "sales", doc = "Deals that the user makes.")]
    pub salesperson: Option<Ref<User>>,
}
