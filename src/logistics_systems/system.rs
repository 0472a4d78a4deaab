//! What both systems have in common.

use entity::sql::Bind;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::{Account, Failed, Order};

/// One of the systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum System {
    /// Has vehicles carried.
    Tms,
    /// Has work done on them.
    Slc,
}

impl System {
    /// As in `logistics_connections.system`, and in sentences.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tms => "TMS",
            Self::Slc => "SLC",
        }
    }

    /// The column with the id that it gives a line.
    #[must_use]
    pub const fn id_column(self) -> &'static str {
        match self {
            Self::Tms => "tms_request_id",
            Self::Slc => "slc_request_id",
        }
    }

    /// The column that says when it took a line back.
    #[must_use]
    pub const fn cancelled_at_column(self) -> &'static str {
        match self {
            Self::Tms => "tms_cancelled_at",
            Self::Slc => "slc_cancelled_at",
        }
    }

    /// The systems that a request of this type goes to, as `app.logistics_systems` says.
    #[must_use]
    pub fn of_type(request_type: &str) -> &'static [Self] {
        match request_type {
            "TRANSPORT" => &[Self::Tms],
            "SERVICE" => &[Self::Slc],
            _ => &[Self::Tms, Self::Slc],
        }
    }

    /// Tells it apart among the ways out of a business.
    pub(super) const fn way(self) -> Uuid {
        match self {
            Self::Tms => Uuid::from_u128(1),
            Self::Slc => Uuid::from_u128(2),
        }
    }
}

/// What a system has taken, as columns of the line; the first one is the id that it gave. What the line says already
/// stays.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered(pub Vec<(&'static str, Bind)>);

/// Takes orders of one vehicle each, over HTTP or in any other way. Each of these may be called again and again for the
/// same order, and changes nothing the second time.
pub trait LogisticsSystem: Send + Sync {
    /// Which one it is.
    fn system(&self) -> System;

    /// Registers an order.
    fn register<'a>(&'a self, account: &'a Account, order: &'a Order) -> BoxFuture<'a, Result<Registered, Failed>>;

    /// Asks whether it has an order, by our own reference.
    fn find<'a>(&'a self, account: &'a Account, order: &'a Order) -> BoxFuture<'a, Result<Option<Registered>, Failed>>;

    /// Takes an order back that it has; what it does not know counts as taken back.
    fn cancel<'a>(&'a self, account: &'a Account, order: &'a Order) -> BoxFuture<'a, Result<(), Failed>>;
}
