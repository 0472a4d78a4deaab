//! The people who run the platform: their tenant and one of them.

use chrono::{DateTime, Duration, Utc};

use super::clock::TIMEZONE;
use super::firm::{Login, TenantRow, UserRow, founded};
use super::ids::Ids;

/// Far from the numbers of firms.
const NUMBER: usize = 1_000_000;

const SLUG: &str = "platform";
const NAME: &str = "Mostrador";
const EMAIL: &str = "vera.duarte@platform.example";
const ROLE: &str = "SUPER_ADMIN";

/// The one who can sign in.
pub(crate) fn login() -> Login {
    Login {
        tenant_slug: SLUG.to_owned(),
        tenant_name: NAME.to_owned(),
        email: EMAIL.to_owned(),
        name: "Vera Duarte".to_owned(),
        role: ROLE,
    }
}

/// The rows: the tenant, and who runs it.
pub(crate) fn rows(today: DateTime<Utc>) -> (TenantRow, UserRow) {
    let at = founded() - Duration::days(30);
    let mut ids = Ids::for_tenant(NUMBER);
    let tenant = TenantRow {
        id: ids.at(at),
        name: NAME.to_owned(),
        email: "hola@platform.example".to_owned(),
        status: "ACTIVE",
        slug: SLUG.to_owned(),
        default_currency: "EUR",
        timezone: TIMEZONE,
        is_platform: true,
        created_at: at,
        updated_at: at,
    };
    let user = UserRow {
        id: ids.at(at),
        email: EMAIL.to_owned(),
        first_name: "Vera".to_owned(),
        last_name: "Duarte".to_owned(),
        display_name: "Vera Duarte".to_owned(),
        phone: "+34759962099".to_owned(),
        role: ROLE,
        is_active: true,
        subscription_tier: "ENTERPRISE",
        is_first_login: false,
        last_login_at: Some(today - Duration::minutes(45)),
        group_id: None,
        created_at: at,
        updated_at: at,
    };
    (tenant, user)
}
