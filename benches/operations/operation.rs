//! The operations that are measured: what each server is asked.

use futures_util::future::LocalBoxFuture;

use crate::Outcome;
use crate::variants::{self, Setup, Variant};

/// One operation.
pub(crate) struct Operation {
    /// Name on the command line and in the baseline's path.
    pub(crate) name: &'static str,
    /// What it does, for the table.
    pub(crate) title: &'static str,
    /// What the gateway is asked.
    pub(crate) query: &'static str,
    /// What the baseline answers with.
    pub(crate) statement: &'static str,
    /// The share of the baseline's requests per second that the gateway has to reach.
    pub(crate) bar: Option<f64>,
    /// Keys whose values differ between two servers that are both right: cursors, ids and times of new rows.
    pub(crate) own_values: &'static [&'static str],
    /// Chooses what to ask for.
    pub(crate) variants: for<'a> fn(&'a mut Setup<'_>) -> LocalBoxFuture<'a, Outcome<Vec<Variant>>>,
}

/// All of them. The one that writes comes last.
pub(crate) const ALL: &[Operation] = &[
    Operation {
        name: "by_id",
        title: "contact by id, 8 fields",
        query: include_str!("queries/by_id.graphql"),
        statement: include_str!("queries/by_id.sql"),
        bar: Some(0.5),
        own_values: &[],
        variants: |setup| Box::pin(variants::contacts(setup)),
    },
    Operation {
        name: "inbox",
        title: "inbox: 25 conversations, contact, assignee, tags, last 5 messages with sender",
        query: include_str!("queries/inbox.graphql"),
        statement: include_str!("queries/inbox.sql"),
        bar: Some(0.6),
        own_values: &[],
        variants: |setup| Box::pin(variants::tenants(setup)),
    },
    Operation {
        name: "deep",
        title: "20 contacts → 5 conversations → 5 messages, + 3 appointments, + 5 sales with vehicle",
        query: include_str!("queries/deep.graphql"),
        statement: include_str!("queries/deep.sql"),
        bar: Some(0.6),
        own_values: &[],
        variants: |setup| Box::pin(variants::owners(setup)),
    },
    Operation {
        name: "sales",
        title: "100 sales with contact, vehicle, salesperson",
        query: include_str!("queries/sales.graphql"),
        statement: include_str!("queries/sales.sql"),
        bar: Some(0.6),
        own_values: &[],
        variants: |setup| Box::pin(variants::dealerships(setup)),
    },
    Operation {
        name: "list",
        title: "contacts by status and name prefix, page 3, totalCount",
        query: include_str!("queries/list.graphql"),
        statement: include_str!("queries/list.sql"),
        bar: Some(0.6),
        own_values: &["endCursor"],
        variants: |setup| Box::pin(variants::prefixes(setup)),
    },
    Operation {
        name: "send",
        title: "send a message (insert, triggers)",
        query: include_str!("queries/send.graphql"),
        statement: include_str!("queries/send.sql"),
        bar: None,
        own_values: &["id", "createdAt"],
        variants: |setup| Box::pin(variants::messages(setup)),
    },
];
