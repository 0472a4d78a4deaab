//! Users: the people who work in a tenant.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use super::{Process, Role, UserGroup};
use crate::values::{Email, PhoneNumber};

/// The coarse kind of a user; what a user may do in detail follows from roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum UserRole {
    /// Runs the platform.
    SuperAdmin,
    /// Runs the business.
    Admin,
    /// Works in the business.
    Employee,
    /// Sells, or answers the inbox.
    Agent,
    /// A customer with a login.
    Client,
    /// Anyone else.
    User,
}

/// What a user's plan includes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum SubscriptionTier {
    /// The free plan.
    Free,
    /// The small plan.
    Basic,
    /// The plan for professionals.
    Pro,
    /// The plan for large businesses.
    Enterprise,
}

/// A person who works in the business, or a customer with a login.
#[entity(table = users, process = USERS, create = MANAGE_USERS, update = MANAGE_USERS, delete = MANAGE_USERS, soft_delete)]
pub struct User {
    /// E-mail address, with which the user signs in; unique in the business.
    pub email: Email,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Name as others see it; first and last name, or the e-mail address, when it is not given.
    #[field(default)]
    pub display_name: String,
    /// Phone number in E.164 form, for instance +34600111222.
    pub phone: Option<PhoneNumber>,
    /// The coarse kind of the user.
    #[field(default)]
    pub role: UserRole,
    /// Whether the user may sign in.
    #[field(default)]
    pub is_active: bool,
    /// What the user's plan includes.
    #[field(default)]
    pub subscription_tier: SubscriptionTier,
    /// Number of messages exchanged with assistants.
    #[field(read_only)]
    pub total_messages: i32,
    /// Number of tokens used by assistants.
    #[field(read_only)]
    pub total_tokens_used: i64,
    /// Whether the user has yet to choose a password.
    #[field(read_only)]
    pub is_first_login: bool,
    /// When the password must be changed; null for never.
    #[field(read_only)]
    pub password_expires_at: Option<DateTime<Utc>>,
    /// When somebody proved to read the mail of the address; null for not yet. A new address starts anew.
    #[field(read_only)]
    pub email_verified_at: Option<DateTime<Utc>>,
    /// When the user last signed in; null for never.
    #[field(read_only)]
    pub last_login_at: Option<DateTime<Utc>>,
    /// The group whose dealerships and accounts are added to the user's own; null for none.
    #[belongs_to(inverse = "members", doc = "Users of the group.")]
    pub group: Option<Ref<UserGroup>>,
    /// The user's roles, which say what the user may do. One of them belongs to the kind of the user.
    #[link(
        through = user_roles,
        here = user_id,
        there = role_id,
        inverse = "users",
        doc = "Who has the role.",
        add = "addUserRole",
        remove = "removeUserRole",
        right = ROLES::MANAGE_USERS
    )]
    pub roles: Many<Role>,
    /// Where there are any: the processes to which the user is narrowed, with their children, whatever the roles allow.
    #[link(
        through = user_processes,
        here = user_id,
        there = process_id,
        inverse = "users",
        doc = "Users who are narrowed to the process.",
        add = "addUserProcess",
        remove = "removeUserProcess",
        right = ROLES::MANAGE_USERS
    )]
    pub processes: Many<Process>,
}
