//! Tasks: what users have to do.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use super::{Contact, Priority};
use crate::identity::User;
use crate::properties::Property;

/// How far a task has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum TaskStatus {
    /// To be done.
    Pending,
    /// Being done.
    Processing,
    /// Done.
    Completed,
    /// Could not be done.
    Failed,
}

/// What a task is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum TaskCategory {
    /// Getting back to somebody.
    FollowUp,
    /// A phone call.
    Call,
    /// A visit to a property.
    Viewing,
    /// Papers.
    Paperwork,
    /// Advertising.
    Marketing,
    /// Finding something out.
    Analysis,
    /// Anything else.
    General,
}

/// Something a user has to do, perhaps for a contact or about a property.
#[entity(
    table = tasks,
    process = TASKS,
    soft_delete,
    writable = "app.may_write_record('TASK', {t}.id, {t}.owner_id)"
)]
#[action(
    mutation = "completeTask",
    doc = "Marks a task as done, which makes its progress 100.",
    set(status = "'COMPLETED'")
)]
pub struct Task {
    /// What is to be done, in a line.
    pub title: String,
    /// What is to be done, in full.
    pub description: Option<String>,
    /// How far the task has come.
    #[field(transition = "changeTaskStatus", with(progress))]
    pub status: TaskStatus,
    /// How urgent the task is.
    #[field(default)]
    pub priority: Priority,
    /// What the task is about.
    #[field(default)]
    pub category: TaskCategory,
    /// When it has to be done; null for no particular time.
    pub due_date: Option<DateTime<Utc>>,
    /// Per cent done, 0 to 100. A completed task has 100; 100 alone does not complete it.
    #[field(default)]
    pub progress: i32,
    /// The user who has to do it; null only when that user no longer exists.
    #[belongs_to(required, inverse = "tasks", doc = "What the user has to do.")]
    pub owner: Option<Ref<User>>,
    /// The contact it is for; null for none.
    #[belongs_to(inverse = "tasks", doc = "What is to be done for the contact.")]
    pub contact: Option<Ref<Contact>>,
    /// The property it is about; null for none.
    #[belongs_to(inverse = "tasks", doc = "What is to be done about the property.")]
    pub property: Option<Ref<Property>>,
}
