//! Inventory movements: what happened to a vehicle.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use super::Vehicle;
use crate::identity::User;

/// What happened to a vehicle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum MovementType {
    /// Came in.
    Inbound,
    /// Left without being sold.
    Outbound,
    /// Set out for another place.
    Transfer,
    /// Was held for a sale.
    Reservation,
    /// Became free again.
    Release,
    /// Was sold.
    Sale,
    /// Was handed over.
    Delivery,
    /// Came back from its buyer.
    Return,
    /// Went to the workshop.
    MaintenanceIn,
    /// Came back from the workshop.
    MaintenanceOut,
    /// Was taken out of the stock.
    Withdrawal,
    /// Was put right by hand.
    Adjustment,
}

/// Something that happened to a vehicle. Changes of its status are written by the database.
#[entity(table = inventory_movements, process = INVENTORY, append_only)]
pub struct InventoryMovement {
    /// What happened.
    pub movement_type: MovementType,
    /// When it happened; now when it is not given.
    #[field(default)]
    pub movement_date: DateTime<Utc>,
    /// What is worth knowing about it.
    pub notes: Option<String>,
    /// The vehicle.
    #[belongs_to(inverse = "inventoryMovements", doc = "What happened to the vehicle.")]
    pub vehicle: Ref<Vehicle>,
    /// Who did it; null when it was no user.
    #[belongs_to(inverse = "inventoryMovements", doc = "What the user did with vehicles.")]
    pub user: Option<Ref<User>>,
}
