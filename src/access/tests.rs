use std::time::Duration;

use entity::access::{Action, Rights};

use super::load::{Row, admit};
use super::*;
use crate::clock::ManualClock;
use crate::db::{DatabaseSettings, Scope};
use crate::processes;

const TENANT: Uuid = Uuid::from_u128(1);
const USER: Uuid = Uuid::from_u128(2);
const SESSION: Uuid = Uuid::from_u128(3);
const HOME: Uuid = Uuid::from_u128(4);

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_443_800, 0).unwrap()
}

fn identity() -> Identity {
    Identity {
        user_id: USER,
        tenant_id: TENANT,
        session_id: SESSION,
        home_tenant_id: None,
        expires_at: now() + chrono::Duration::minutes(15),
        csrf_hash: None,
    }
}

fn row(role: &str, rights: &[(&'static str, &'static str)]) -> Row {
    Row {
        user: USER,
        role: role.to_owned(),
        is_usable: true,
        tenant_status: "ACTIVE".to_owned(),
        is_platform: false,
        expires_at: now() + chrono::Duration::days(30),
        is_first_login: false,
        password_expires_at: None,
        has_record_sharing: false,
        rights: Rights::from_pairs(&processes::ALL, rights.iter().copied()),
    }
}

/// Over a database that nobody reaches.
fn access() -> Access {
    let settings = DatabaseSettings {
        url: "postgres://nobody@127.0.0.1:1/nowhere".to_owned(),
        pool_size: 1,
        pool_timeout: Duration::from_millis(10),
        statement_timeout: Duration::from_secs(1),
    };
    Access::new(Database::new(&settings).unwrap(), Arc::new(ManualClock::at(now())))
}

fn viewer(identity: &Identity) -> Arc<Viewer> {
    Arc::new(admit(identity, row("EMPLOYEE", &[("CRM", "READ")]), now()).unwrap())
}

fn remember(access: &Access, identity: &Identity) {
    let before = *access.lock();
    access.remember(identity, &viewer(identity), before);
}

#[test]
fn nothing_is_remembered_while_no_notification_can_arrive() {
    let (access, identity) = (access(), identity());
    remember(&access, &identity);
    assert!(access.remembered(&identity, now()).is_none(), "before it listens");
    access.hear(&Heard::Connected);
    assert!(access.remembered(&identity, now()).is_none(), "what was loaded before that");
    remember(&access, &identity);
    assert!(access.remembered(&identity, now()).is_some(), "while it listens");
    access.hear(&Heard::Lost);
    assert!(access.remembered(&identity, now()).is_none(), "after the connection is lost");
    access.hear(&Heard::Connected);
    assert!(access.remembered(&identity, now()).is_none(), "what was loaded before the gap");
}

#[test]
fn what_was_loaded_while_something_was_forgotten_is_not_remembered() {
    let (access, identity) = (access(), identity());
    access.hear(&Heard::Connected);
    let before = *access.lock();
    access.forget_tenant(HOME);
    access.remember(&identity, &viewer(&identity), before);
    assert!(access.remembered(&identity, now()).is_none());
}

#[test]
fn a_message_makes_forget_what_it_names_and_any_other_message_everything() {
    let other = Identity { session_id: Uuid::from_u128(9), ..identity() };
    let elsewhere = Identity { tenant_id: HOME, session_id: Uuid::from_u128(10), ..identity() };
    for (message, left) in [
        (format!("{TENANT}"), [false, false, true]),
        (format!("{TENANT} {SESSION}"), [false, true, true]),
        (format!("{HOME}"), [true, true, false]),
        ("*".to_owned(), [false; 3]),
        ("nonsense".to_owned(), [false; 3]),
        (format!("{TENANT} nonsense"), [false; 3]),
        (String::new(), [false; 3]),
    ] {
        let access = access();
        access.hear(&Heard::Connected);
        let all = [identity(), other, elsewhere];
        for one in &all {
            remember(&access, one);
        }
        access.hear(&Heard::Message(message.clone()));
        assert_eq!(all.map(|one| access.remembered(&one, now()).is_some()), left, "{message:?}");
    }
}

#[test]
fn a_viewer_is_found_by_session_tenant_user_and_home_together() {
    let (access, identity) = (access(), identity());
    access.hear(&Heard::Connected);
    remember(&access, &identity);
    for other in [
        Identity { user_id: Uuid::from_u128(7), ..identity },
        Identity { tenant_id: Uuid::from_u128(7), ..identity },
        Identity { session_id: Uuid::from_u128(7), ..identity },
        Identity { home_tenant_id: Some(HOME), ..identity },
    ] {
        assert!(access.remembered(&other, now()).is_none(), "{other:?}");
    }
    assert!(access.remembered(&identity, now()).is_some());
    assert!(access.remembered(&identity, now() + chrono::Duration::days(30)).is_none(), "the session has run out");
}

#[test]
fn who_may_not_sign_in_any_more_is_nobody() {
    let usable = row("EMPLOYEE", &[]);
    assert!(admit(&identity(), usable.clone(), now()).is_some());
    for (why, row) in [
        ("the session, the user or both are switched off", Row { is_usable: false, ..usable.clone() }),
        ("the tenant is suspended", Row { tenant_status: "SUSPENDED".to_owned(), ..usable.clone() }),
        ("the tenant is closed", Row { tenant_status: "CLOSED".to_owned(), ..usable.clone() }),
        ("the session has run out", Row { expires_at: now(), ..usable.clone() }),
        ("the session is another user's", Row { user: HOME, ..usable.clone() }),
    ] {
        assert!(admit(&identity(), row, now()).is_none(), "{why}");
    }
}

#[test]
fn only_agents_and_clients_are_narrowed_and_only_where_records_are_shared_one_by_one() {
    for (role, sharing, records) in [
        ("AGENT", true, false),
        ("CLIENT", true, false),
        ("AGENT", false, true),
        ("CLIENT", false, true),
        ("EMPLOYEE", true, true),
        ("ADMIN", true, true),
        ("USER", true, true),
    ] {
        let row = Row { has_record_sharing: sharing, ..row(role, &[]) };
        let viewer = admit(&identity(), row, now()).unwrap();
        assert_eq!(viewer.scope, Scope { records, ..Scope::NONE }, "{role}, sharing {sharing}");
    }
    let manager = admit(&identity(), row("AGENT", &[("USERS", "MANAGE_USERS")]), now()).unwrap();
    assert!(manager.scope.users);
}

#[test]
fn a_password_that_must_be_changed_leaves_nothing_but_the_own_account() {
    let fresh = Row { is_first_login: true, ..row("ADMIN", &[("CRM", "READ")]) };
    let expired = Row { password_expires_at: Some(now()), ..row("ADMIN", &[("CRM", "READ")]) };
    for row in [fresh, expired] {
        let viewer = admit(&identity(), row, now()).unwrap();
        assert!(viewer.must_change_password(now()));
        assert_eq!(viewer.rights(now()), Rights::of_everybody(&processes::ALL));
    }
    let later =
        Row { password_expires_at: Some(now() + chrono::Duration::seconds(1)), ..row("ADMIN", &[("CRM", "READ")]) };
    let viewer = admit(&identity(), later, now()).unwrap();
    assert!(viewer.rights(now()).allows(processes::CRM.read()), "a second before");
    assert!(!viewer.rights(now() + chrono::Duration::seconds(1)).allows(processes::CRM.read()), "and then");
}

#[test]
fn staff_of_the_platform_may_do_elsewhere_everything_but_what_is_personal() {
    let elsewhere = Identity { home_tenant_id: Some(HOME), ..identity() };
    let staff = Row { is_platform: true, ..row("SUPER_ADMIN", &[("TENANTS", "WRITE")]) };
    let viewer = admit(&elsewhere, staff.clone(), now()).unwrap();
    assert!(viewer.is_acting_staff());
    assert_eq!((viewer.tenant, viewer.home()), (TENANT, HOME));
    for process in processes::ALL {
        let personal = ["FILES", "FINANCE", "HEALTH", "ACCOUNT"].contains(&process.code);
        for action in Action::ALL {
            let expected = !personal || process.right(action) == processes::ACCOUNT.read();
            assert_eq!(viewer.rights(now()).allows(process.right(action)), expected, "{} {action:?}", process.code);
        }
    }
    for (why, row) in [
        ("not of the platform's tenant", Row { is_platform: false, ..staff.clone() }),
        ("not a SUPER_ADMIN", Row { role: "ADMIN".to_owned(), ..staff.clone() }),
        ("no right on tenants", Row { rights: Rights::of_everybody(&processes::ALL), ..staff.clone() }),
    ] {
        assert!(admit(&elsewhere, row, now()).is_none(), "{why}");
    }
    let at_home = Identity { tenant_id: HOME, ..elsewhere };
    assert!(admit(&at_home, staff, now()).is_none(), "nobody is a guest at home");
}
