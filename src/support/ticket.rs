//! Tickets: what users ask the people who support them. Numbers, clocks and most moves are the database's.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use crate::crm::Priority;
use crate::identity::User;

/// What a ticket is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum TicketCategory {
    /// Signing in, users, rights.
    Account,
    /// The plan, invoices, payments.
    Billing,
    /// Something does not work.
    Technical,
    /// Something is missing.
    FeatureRequest,
    /// Anything else.
    Other,
}

/// How far a ticket has come. An answer of the staff takes up one that is open or escalated; a message of the user takes
/// up one that waits for the user, and opens one that is resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum TicketStatus {
    /// Nobody has answered yet.
    Open,
    /// Somebody works on it.
    InProgress,
    /// The staff has asked the user something.
    WaitingOnUser,
    /// It was urgent, and nobody answered in time.
    Escalated,
    /// Answered; a message of the user opens it again.
    Resolved,
    /// Over for good.
    Closed,
}

/// A question of a user to the people who support the business. One sees one's own tickets; who has ADMIN on SUPPORT is
/// the staff that answers, and sees all of them. An assistant suggests an answer to each new ticket.
#[entity(table = support_tickets, process = SUPPORT, no_delete)]
#[action(
    mutation = "assignTicket",
    doc = "Gives a ticket to somebody of the staff: a user with ADMIN on SUPPORT. `assignedToId` null takes it away \
           from whoever has it.",
    set(),
    inputs(assigned_to_id),
    right = ADMIN
)]
#[action(
    mutation = "closeTicket",
    doc = "Closes a resolved ticket for good: nothing can be said about it any more.",
    set(status = "'CLOSED'")
)]
pub struct SupportTicket {
    /// The number by which people talk about it, such as T-000042. Tickets of a business are counted without gaps.
    #[field(read_only)]
    pub ticket_number: String,
    /// What it is about in a line, at most 200 characters.
    pub title: String,
    /// The question in full, at most 20000 characters.
    pub description: String,
    /// What it is about.
    pub category: TicketCategory,
    /// How urgent it is. It decides until when the staff answers, see `answerDueAt`.
    #[field(default)]
    pub priority: Priority,
    /// How far it has come.
    #[field(transition = "changeTicketStatus", right = ADMIN)]
    pub status: TicketStatus,
    /// What an assistant suggests; null while it has not looked, and when it has nothing to say.
    #[field(read_only)]
    pub ai_suggestion: Option<String>,
    /// Whether the user was content with that suggestion.
    #[field(read_only)]
    pub ai_resolved: bool,
    /// When it was resolved; null while it is not.
    #[field(read_only)]
    pub resolved_at: Option<DateTime<Utc>>,
    /// Since when the user waits for the staff; null when nobody waits for it.
    #[field(read_only)]
    pub waiting_since: Option<DateTime<Utc>>,
    /// Until when the staff has to answer, by the priority and the settings of the business; null when nobody waits. A
    /// ticket of priority HIGH or URGENT that is not answered by then becomes ESCALATED, once.
    #[field(read_only)]
    pub answer_due_at: Option<DateTime<Utc>>,
    /// When it was escalated; null when it never was.
    #[field(read_only)]
    pub escalated_at: Option<DateTime<Utc>>,
    /// Who asks.
    #[belongs_to(read_only, inverse = "supportTickets", doc = "What the user has asked the support.")]
    pub user: Ref<User>,
    /// Who of the staff answers; null for nobody in particular.
    #[belongs_to(read_only, inverse = "assignedTickets", doc = "Tickets that the user answers.")]
    pub assigned_to: Option<Ref<User>>,
}
