//! Vehicles: the stock of a dealership. Sales move them, too.

use entity::{Choice, Ref, entity};
use rust_decimal::Decimal;

use super::{Brand, EngineType};
use crate::values::CurrencyCode;

/// What a vehicle runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum FuelType {
    /// Petrol.
    Gasoline,
    /// Diesel.
    Diesel,
    /// Petrol or diesel with an electric motor that is not plugged in.
    Hybrid,
    /// Petrol or diesel with an electric motor that can be plugged in.
    PlugInHybrid,
    /// Electricity alone.
    Electric,
    /// Liquefied petroleum gas.
    Lpg,
    /// Compressed natural gas.
    Cng,
    /// Hydrogen.
    Hydrogen,
    /// Anything else.
    Other,
}

/// How a vehicle changes gear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum Transmission {
    /// By hand.
    Manual,
    /// By itself.
    Automatic,
    /// By hand, without a clutch pedal.
    SemiAutomatic,
    /// Without steps.
    Cvt,
}

/// Where a vehicle stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum VehicleStatus {
    /// On its way to the business.
    InTransit,
    /// For sale.
    Available,
    /// Held for an open sale.
    Reserved,
    /// Sold, but still here.
    Sold,
    /// Handed over to its buyer.
    Delivered,
    /// In the workshop.
    Maintenance,
    /// Taken out of the stock.
    Withdrawn,
}

/// A vehicle of the stock.
#[entity(table = vehicles, process = INVENTORY, soft_delete)]
pub struct Vehicle {
    /// Vehicle identification number, 17 capital letters and digits without I, O and Q; unique in the business.
    pub vin: String,
    /// Maker as advertised, for instance SEAT.
    #[field(folded)]
    pub make: String,
    /// Model as advertised, for instance León.
    #[field(folded)]
    pub model: String,
    /// Year of the model.
    pub year: i32,
    /// Colour, in words.
    pub color: Option<String>,
    /// Price asked.
    pub price: Decimal,
    /// Currency of the price; that of the business when it is not given.
    #[field(default)]
    pub currency: CurrencyCode,
    /// Kilometres driven.
    #[field(default)]
    pub mileage: i32,
    /// What the vehicle runs on.
    pub fuel_type: FuelType,
    /// How the vehicle changes gear.
    pub transmission: Transmission,
    /// Text of the advertisement.
    pub description: Option<String>,
    /// Where the vehicle stands; sales move it, too. Each change writes an inventory movement.
    #[field(transition = "changeVehicleStatus")]
    pub status: VehicleStatus,
    /// What the vehicle has, a JSON array of texts.
    pub features: Option<serde_json::Value>,
    /// Web addresses of pictures, a JSON array, the main one first.
    #[field(no_filter)]
    pub images: Option<serde_json::Value>,
    /// The maker in the catalogue; null when it is not there.
    #[belongs_to(inverse = "vehicles", doc = "Vehicles of the maker.")]
    pub brand: Option<Ref<Brand>>,
    /// The kind of drive in the catalogue; null when it is not there.
    #[belongs_to(inverse = "vehicles", doc = "Vehicles with this kind of drive.")]
    pub engine_type: Option<Ref<EngineType>>,
}
