//! Live subscriptions, from the document to the JSON of each event, over a real log: [`stage`] holds what is watched and
//! who watches it.

mod changes;
mod conversation;
mod cost;
mod inbox;
mod logistics;
mod resume;
mod rights;
mod schema;
mod signals;
mod stage;
