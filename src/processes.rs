//! The catalogue of processes: the protected parts of the business to which rights are given.
//!
//! Entities and verbs name one of these in their declarations. The table `processes` holds the same rows, seeded by a
//! migration; a test compares both. A new process goes to the end of its group, with a migration that adds its row.

use entity::access::{ProcessDecl, Rights};

/// Declares the catalogue: `CODE < PARENT, "Name", "/route", personal, "What belongs to it."` in the order of [`ALL`].
macro_rules! catalogue {
    ($($code:ident $(< $parent:ident)?, $name:literal, $route:literal, $personal:literal, $doc:literal;)*) => {
        #[derive(Clone, Copy)]
        #[expect(clippy::upper_case_acronyms, non_camel_case_types, reason = "named as the codes are")]
        enum Number { $($code,)* }

        $(
            #[doc = $doc]
            pub static $code: ProcessDecl = ProcessDecl {
                number: Number::$code as u8,
                code: stringify!($code),
                name: $name,
                doc: $doc,
                route: Some($route),
                parent: catalogue!(@parent $($parent)?),
                personal: $personal,
            };
        )*

        /// Every process, parents before their children.
        pub static ALL: [&ProcessDecl; [$(stringify!($code),)*].len()] = [$(&$code,)*];
    };
    (@parent) => { None };
    (@parent $parent:ident) => { Some(&$parent) };
}

catalogue! {
    CRM, "Customers", "/crm", false, "People and companies the business talks to, leads and tasks.";
    CONTACTS < CRM, "Contacts", "/crm/contacts", false, "Contacts, their states and attributes, and their history.";
    LEADS < CRM, "Leads", "/crm/leads", false, "Chances to sell something.";
    TASKS < CRM, "Tasks", "/crm/tasks", false, "What is to be done, by whom and until when.";
    INBOX, "Inbox", "/inbox", false, "Everything that is talked about with contacts.";
    CONVERSATIONS < INBOX, "Conversations", "/inbox/conversations", false, "Conversations with contacts and their messages.";
    CALLS < INBOX, "Calls", "/inbox/calls", false, "Phone calls.";
    TEMPLATES < INBOX, "Templates", "/inbox/templates", false, "Texts that are prepared for messages.";
    CAMPAIGNS, "Campaigns", "/campaigns", false, "One message to many contacts.";
    CALENDAR, "Calendar", "/calendar", false, "Appointments and where they take place.";
    INVENTORY, "Inventory", "/inventory", false, "Vehicles in stock and their movements.";
    SALES, "Sales", "/sales", false, "Deals over vehicles and properties.";
    PROPERTIES, "Properties", "/properties", false, "Homes and premises for sale or rent.";
    LOGISTICS, "Logistics", "/logistics", false, "Transport of vehicles between places.";
    TRANSPORT_REQUESTS < LOGISTICS, "Transport requests", "/logistics/requests", false, "Requests to move vehicles.";
    DEALER_TRANSFERS < LOGISTICS, "Dealer transfers", "/logistics/transfers", false, "Vehicles that go from one dealer to another.";
    ASSISTANTS, "Assistants", "/assistants", false, "Assistants and the chats with them.";
    FILES, "Files", "/files", false, "Files and folders.";
    FINANCE, "Finance", "/finance", false, "One's own accounts and payments.";
    HEALTH, "Health", "/health", false, "One's own health records.";
    USAGE, "Usage", "/usage", false, "What was used of the plan.";
    ANALYTICS, "Analytics", "/analytics", false, "Figures about the business.";
    SUPPORT, "Support", "/support", false, "Questions to the people who run the platform.";
    INTEGRATIONS, "Integrations", "/integrations", false, "Connections to other systems.";
    ADMINISTRATION, "Administration", "/administration", false, "How the business itself is set up.";
    USERS < ADMINISTRATION, "Users", "/administration/users", false, "The people who work in the business, their groups and teams.";
    ROLES < ADMINISTRATION, "Roles", "/administration/roles", false, "Roles, what they allow and who has them.";
    SETTINGS < ADMINISTRATION, "Settings", "/administration/settings", false, "Settings of the business.";
    AUDIT < ADMINISTRATION, "Audit", "/administration/audit", false, "Who did what.";
    ACCOUNT, "Account", "/account", true, "One's own account: sessions, settings, password.";
    PLATFORM, "Platform", "/platform", false, "The platform on which all businesses run.";
    TENANTS < PLATFORM, "Tenants", "/platform/tenants", false, "The businesses on the platform.";
}

const _: () = assert!(ALL.len() <= Rights::CAPACITY, "there are more processes than a set of rights has room for");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_process_stands_at_its_number_behind_its_parent() {
        for (index, process) in ALL.iter().enumerate() {
            assert_eq!(usize::from(process.number), index, "{}", process.code);
            assert!(process.parent.is_none_or(|parent| parent.number < process.number), "{}", process.code);
        }
    }
}
