//! What is true only now: who types, who has a conversation open, who is there. Beside the log of changes, never in it.
//!
//! Nothing here is stored and nothing is played back. Everything is a lease: it holds for some seconds unless it is
//! renewed, so that what a killed node or a lost client has said is over by itself. Each node keeps all of it in memory,
//! tells the others on the bus what it learns from its own clients, and tells it again every few seconds. Who watches
//! gets what holds now and then what changes; who watches too slowly gets the latest and not every step.
//!
//! While the bus is away a node knows only of its own clients.

mod board;
mod crowd;
mod rooms;
mod wire;

#[cfg(test)]
mod tests;

pub use board::{Attendance, CrowdWatch, RoomWatch, Signals};
pub use crowd::{Present, Status};
pub use rooms::{Place, RoomEvent, Viewing};
