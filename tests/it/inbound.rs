//! What providers bring: from the webhook over the stored payload and its job to the rows that clients read.

mod credentials;
mod door;
mod fuzz;
mod generic;
mod kinds;
mod moved;
mod races;
mod reach;
mod reports;
mod resumed;
mod stage;
