//! Chats with assistants: answers streamed from a service that misbehaves, watched from two gateways, by workers that die;
//! limits, counters and locks under concurrency.

mod counters;
mod limits;
mod locks;
mod replies;
mod services;
mod stage;
mod stub;
mod trouble;
