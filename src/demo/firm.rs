//! The demo firms, their staff and their branches: rows of `tenants`,
//! `tenant_settings`, `users` and `locations`.

use std::sync::LazyLock;

use chrono::{DateTime, Duration, TimeZone, Utc, Weekday};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::clock::{TIMEZONE, open_hours};
use super::ids::Ids;
use super::people::{self, Directory, Language, plain};
use super::places::{TOWNS, Town};
use super::rng::Rng;
use super::row::rows;

/// What a firm sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trade {
    /// Used and nearly new cars.
    Dealership,
    /// Homes, to buy and to rent.
    Agency,
}

/// A firm: one tenant.
#[derive(Debug)]
pub(crate) struct Firm {
    pub(crate) number: usize,
    pub(crate) trade: Trade,
    pub(crate) name: String,
    pub(crate) slug: String,
    pub(crate) staff: Vec<Employee>,
    pub(crate) branches: [&'static Town; 2],
}

/// Somebody with a login.
#[derive(Debug)]
pub(crate) struct Employee {
    pub(crate) first: String,
    pub(crate) last: String,
    pub(crate) role: &'static str,
    /// False for the one who left.
    pub(crate) active: bool,
}

/// A login of the demo data, for a start banner and a sign-in by one click.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The firm's login key, `autos-levante`.
    pub tenant_slug: String,
    /// The firm's name as people write it.
    pub tenant_name: String,
    /// The user's e-mail address.
    pub email: String,
    /// The user's name as shown to others.
    pub name: String,
    /// The user's role, such as `ADMIN`.
    pub role: &'static str,
}

#[rustfmt::skip]
const DEALERSHIPS: &[&str] = &[
    "Autos Levante", "Motor Turia", "Marina Alta Motor", "Automóviles Safor", "Montgó Cars",
    "Albufera Motor", "Costera Automoción", "Benimar Autos", "Serranía Motor",
    "Vía Augusta Motor",
];
#[rustfmt::skip]
const AGENCIES: &[&str] = &[
    "Casas del Mar", "Fincas Montgó", "Costa Azahar Homes", "Hogares La Marina",
    "Llaves de Levante", "Sol y Sal Properties", "Cabo Norte Homes", "Hogares del Turia",
    "Altamar Homes", "Portal de la Safor",
];

/// The roles of a firm's staff, in the order of the name lists below. The last
/// agent has left the firm; CLIENT and USER are people with a portal login.
const ROLES: [&str; 10] = ["ADMIN", "EMPLOYEE", "AGENT", "AGENT", "AGENT", "AGENT", "AGENT", "AGENT", "CLIENT", "USER"];
const LEFT: usize = 7;

#[rustfmt::skip]
const LEVANTE_STAFF: [(&str, &str); 10] = [
    ("Ana", "García"), ("Vicente", "Climent"), ("Marta", "Soler"), ("Javier", "Ivars"),
    ("Laura", "Pastor"), ("Daniel", "Ferrer"), ("James", "Whitfield"), ("Óscar", "Mengual"),
    ("Rosa", "Llopis"), ("Iker", "Vidal"),
];
#[rustfmt::skip]
const MAR_STAFF: [(&str, &str); 10] = [
    ("Elena", "Bosch"), ("Pau", "Signes"), ("Claire", "Bennett"), ("Nuria", "Esteve"),
    ("Thomas", "Hughes"), ("Aitana", "Navarro"), ("Sergio", "Pous"), ("Fiona", "Murphy"),
    ("Graham", "Pearson"), ("Lucía", "Serrano"),
];

impl Firm {
    /// The firm with this number. Even numbers sell cars, odd ones homes;
    /// 0 and 1 are the two that people meet at scale 1.
    pub(crate) fn numbered(number: usize) -> Self {
        let trade = if number.is_multiple_of(2) { Trade::Dealership } else { Trade::Agency };
        let names = if trade == Trade::Dealership { DEALERSHIPS } else { AGENCIES };
        let round = number / 2 / names.len();
        let mut name = names[number / 2 % names.len()].to_owned();
        if round > 0 {
            name = format!("{name} {}", round + 1);
        }
        let slug = name.split(' ').map(plain).collect::<Vec<_>>().join("-");
        let mut rng = Rng::for_subject(number, "staff");
        let staff = ROLES.iter().enumerate().map(|(place, role)| {
            let (first, last) = match number {
                0 => LEVANTE_STAFF[place],
                1 => MAR_STAFF[place],
                _ => ("", ""),
            };
            let (mut first, mut last) = (first.to_owned(), last.to_owned());
            if first.is_empty() {
                let invented = people::name(Language::Spanish, &mut rng);
                first = invented.first;
                last = invented.last.split(' ').next().unwrap_or_default().to_owned();
            }
            Employee { first, last, role, active: place != LEFT }
        });
        let staff = staff.collect();
        let first_town = [1, 4][number % 2] + number / 2;
        let branches = [&TOWNS[first_town % TOWNS.len()], &TOWNS[(first_town + 2) % TOWNS.len()]];
        Self { number, trade, name, slug, staff, branches }
    }

    /// The domain of its web site and its e-mail.
    pub(crate) fn domain(&self) -> String {
        format!("{}.example", self.slug)
    }

    /// The language of the office: what labels, tags and notes are written in.
    pub(crate) fn language(&self) -> Language {
        match self.trade {
            Trade::Dealership => Language::Spanish,
            Trade::Agency => Language::English,
        }
    }

    /// The telephone number of the head office.
    pub(crate) fn phone(&self) -> String {
        format!("+34759{:06}", 962_100 + self.number)
    }

    /// Picks the text in the office's language.
    pub(crate) fn say(&self, spanish: &'static str, english: &'static str) -> &'static str {
        if self.language() == Language::Spanish { spanish } else { english }
    }

    fn email_of(&self, place: usize) -> String {
        let person = &self.staff[place];
        // Two invented colleagues may share a name; the number keeps them apart.
        let same =
            self.staff[..place].iter().filter(|other| (&other.first, &other.last) == (&person.first, &person.last));
        let number = match same.count() {
            0 => String::new(),
            earlier => (earlier + 1).to_string(),
        };
        format!("{}.{}{number}@{}", plain(&person.first), plain(&person.last), self.domain())
    }
}

/// The people who can sign in to the two firms of scale 1, the first of each
/// firm being its administrator, and one who runs the platform. Larger scales
/// contain them too.
pub fn logins() -> &'static [Login] {
    static LOGINS: LazyLock<Vec<Login>> = LazyLock::new(|| {
        let of_firm = |number| {
            let firm = Firm::numbered(number);
            let login = |(place, person): (usize, &Employee)| Login {
                tenant_slug: firm.slug.clone(),
                tenant_name: firm.name.clone(),
                email: firm.email_of(place),
                name: format!("{} {}", person.first, person.last),
                role: person.role,
            };
            let active = firm.staff.iter().enumerate().filter(|(_, person)| person.active);
            active.map(login).collect::<Vec<_>>()
        };
        (0..2).flat_map(of_firm).chain([super::platform::login()]).collect()
    });
    &LOGINS
}

rows! {
    /// The firm itself.
    TenantRow in "tenants" {
        id: Uuid, name: String, email: String, status: &'static str, slug: String, default_currency: &'static str,
        timezone: &'static str, is_platform: bool, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// What the firm has switched on.
    SettingsRow in "tenant_settings" {
        whatsapp_enabled: bool, calls_enabled: bool, calls_phone_number: String, appointments_enabled: bool,
        campaign_batch_size: i64, created_at: DateTime<Utc>,
    }
    /// Somebody with a login.
    UserRow in "users" {
        id: Uuid, email: String, first_name: String, last_name: String, display_name: String, phone: String,
        role: &'static str, is_active: bool, subscription_tier: &'static str, is_first_login: bool,
        last_login_at: Option<DateTime<Utc>>, group_id: Option<Uuid>, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
    /// A branch.
    LocationRow in "locations" {
        id: Uuid, name: String, code: String, address_line1: String, city: &'static str, country: &'static str,
        latitude: f64, longitude: f64, phone: String, email: String, timezone: &'static str, is_active: bool,
        is_default: bool, operating_hours: Value, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
}

/// How many contacts one message batch of a campaign reaches.
pub(crate) const BATCH_SIZE: usize = 50;

/// When all demo firms opened their accounts. Fixed, so that the ids of firms
/// and users stay the same whenever the data is loaded again.
pub(crate) fn founded() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2024, 2, 5, 8, 0, 0).single().unwrap_or_default()
}

/// The firm's own row and its settings.
pub(crate) fn tenant(firm: &Firm, ids: &mut Ids) -> (TenantRow, SettingsRow) {
    // One after the other, so that they are listed in this order.
    let at = founded() + Duration::seconds(firm.number as i64);
    let tenant = TenantRow {
        id: ids.at(at),
        name: firm.name.clone(),
        email: format!("hola@{}", firm.domain()),
        status: "ACTIVE",
        slug: firm.slug.clone(),
        default_currency: "EUR",
        timezone: TIMEZONE,
        is_platform: false,
        created_at: at,
        updated_at: at,
    };
    let settings = SettingsRow {
        whatsapp_enabled: true,
        calls_enabled: true,
        calls_phone_number: firm.phone(),
        appointments_enabled: true,
        campaign_batch_size: BATCH_SIZE as i64,
        created_at: at,
    };
    (tenant, settings)
}

/// The staff, in the order of `firm.staff`.
pub(crate) fn users(firm: &Firm, ids: &mut Ids, today: DateTime<Utc>) -> Vec<UserRow> {
    let mut rng = Rng::for_subject(firm.number, "users");
    let mut directory = Directory::default();
    let user = |(place, person): (usize, &Employee)| {
        let at = founded() + Duration::minutes(20 * place as i64);
        UserRow {
            id: ids.at(at),
            email: firm.email_of(place),
            first_name: person.first.clone(),
            last_name: person.last.clone(),
            display_name: format!("{} {}", person.first, person.last),
            phone: directory.phone(Language::Spanish, &mut rng),
            role: person.role,
            is_active: person.active,
            subscription_tier: match person.role {
                "ADMIN" => "ENTERPRISE",
                "EMPLOYEE" | "AGENT" => "PRO",
                _ => "FREE",
            },
            is_first_login: false,
            last_login_at: Some(today - Duration::minutes(if person.active { rng.between(5, 3_000) } else { 400_000 })),
            group_id: None,
            created_at: at,
            updated_at: at,
        }
    };
    firm.staff.iter().enumerate().map(user).collect()
}

/// The branches; the first is the default.
pub(crate) fn locations(firm: &Firm, ids: &mut Ids) -> Vec<LocationRow> {
    let mut rng = Rng::for_subject(firm.number, "locations");
    let clock = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
    let hours: Map<String, Value> =
        [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat]
            .into_iter()
            .map(|day| {
                let spans = open_hours(day).iter().map(|(opens, closes)| json!([clock(*opens), clock(*closes)]));
                (day.to_string().to_lowercase(), spans.collect())
            })
            .collect();
    let branch = |(place, town): (usize, &&'static Town)| {
        let at = founded() + Duration::minutes(300 + place as i64);
        let kind = match (firm.trade, place) {
            (Trade::Dealership, 0) => "Exposición",
            (Trade::Dealership, _) => "Taller y entregas",
            (Trade::Agency, _) => "Office",
        };
        LocationRow {
            id: ids.at(at),
            name: format!("{kind} {}", town.name),
            code: plain(town.name).to_uppercase(),
            address_line1: super::places::street(&mut rng),
            city: town.name,
            country: "ES",
            latitude: town.latitude,
            longitude: town.longitude,
            phone: format!("+34759{:06}", 962_100 + firm.number + 1_000 * place),
            email: format!("{}@{}", plain(town.name), firm.domain()),
            timezone: TIMEZONE,
            is_active: true,
            is_default: place == 0,
            operating_hours: Value::Object(hours.clone()),
            created_at: at,
            updated_at: at,
        }
    };
    firm.branches.iter().enumerate().map(branch).collect()
}
