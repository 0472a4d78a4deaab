//! Files over HTTP: announced, brought, confirmed, scanned, fetched, shared, taken away; and what holds when many do so at
//! the same moment.

mod downloads;
mod folders;
mod index;
mod keeper;
mod quota;
mod s3;
mod scan;
mod shares;
mod stage;
mod uploads;
