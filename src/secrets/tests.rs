use uuid::Uuid;

use super::*;

const OLD: &str = "2025:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NEW: &str = "2026:Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA";

fn ring(text: &str) -> KeyRing {
    text.parse().unwrap()
}

fn place(row: u128) -> Place<'static> {
    Place { tenant: Uuid::from_u128(7), table: "oauth_accounts", column: "access_token", row: Uuid::from_u128(row) }
}

#[test]
fn what_is_sealed_opens_in_its_place() {
    let ring = ring(NEW);
    for clear in [&b""[..], b"x", &[0; 5000]] {
        let sealed = ring.seal(&place(1), clear).unwrap();
        assert_eq!(ring.open(&place(1), sealed.as_bytes()).unwrap().expose(), clear);
        assert_eq!(KeyRing::key_of(sealed.as_bytes()).unwrap().as_str(), "2026");
        assert!(sealed.as_bytes().starts_with(&ring.current_head()));
        assert!(clear.len() < 16 || !sealed.as_bytes().windows(16).any(|window| window == &clear[..16]));
    }
}

#[test]
fn nothing_is_sealed_twice_to_the_same_bytes() {
    let ring = ring(NEW);
    let first = ring.seal(&place(1), b"same").unwrap();
    assert_ne!(first, ring.seal(&place(1), b"same").unwrap());
}

#[test]
fn a_value_in_another_place_does_not_open() {
    let ring = ring(NEW);
    let sealed = ring.seal(&place(1), b"secret").unwrap().into_bytes();
    let here = place(1);
    for there in [
        Place { tenant: Uuid::from_u128(8), ..here },
        Place { table: "integrations", ..here },
        Place { column: "refresh_token", ..here },
        place(2),
        // The same letters, cut elsewhere.
        Place { table: "oauth_account", column: "saccess_token", ..here },
        Place { tenant: here.row, row: here.tenant, ..here },
    ] {
        assert_eq!(ring.open(&there, &sealed), Err(OpenError::Broken), "{there:?}");
    }
}

#[test]
fn a_value_with_any_bit_changed_does_not_open() {
    let ring = ring(NEW);
    let sealed = ring.seal(&place(1), b"secret").unwrap().into_bytes();
    for at in 0..sealed.len() {
        for bit in 0..8 {
            let mut changed = sealed.clone();
            changed[at] ^= 1 << bit;
            assert!(ring.open(&place(1), &changed).is_err(), "bit {bit} of byte {at}");
        }
    }
    for end in 0..sealed.len() {
        assert!(ring.open(&place(1), &sealed[..end]).is_err(), "cut to {end} bytes");
    }
    assert!(ring.open(&place(1), &[&sealed[..], b"x"].concat()).is_err());
    assert_eq!(ring.open(&place(1), b""), Err(OpenError::Broken));
    assert_eq!(ring.open(&place(1), b"plain text, never sealed, long enough"), Err(OpenError::Broken));
}

#[test]
fn the_first_key_seals_and_every_key_opens() {
    let before = ring(OLD);
    let sealed = before.seal(&place(1), b"secret").unwrap().into_bytes();
    let both = ring(&format!("{NEW},{OLD}"));
    assert_eq!(both.current().as_str(), "2026");
    assert_eq!(both.open(&place(1), &sealed).unwrap().expose(), b"secret");
    assert_eq!(KeyRing::key_of(both.seal(&place(1), b"").unwrap().as_bytes()).unwrap().as_str(), "2026");
    let unknown = ring(NEW).open(&place(1), &sealed).unwrap_err();
    assert_eq!(unknown, OpenError::UnknownKey("2025".parse().unwrap()));
}

#[test]
fn a_key_of_the_same_name_with_other_bytes_opens_nothing() {
    let sealed = ring(OLD).seal(&place(1), b"secret").unwrap().into_bytes();
    let other = ring(&OLD.replace("AAEC", "AAED"));
    assert_eq!(other.open(&place(1), &sealed), Err(OpenError::Broken));
}

#[test]
fn rings_are_read() {
    let file = format!("\n {NEW} \n{OLD}\n\n");
    assert_eq!(ring(&file).ids().map(KeyId::as_str).collect::<Vec<_>>(), ["2026", "2025"]);
    let drawn = KeyRing::draw(&"dev".parse().unwrap()).unwrap();
    assert_eq!(ring(&drawn).weak().count(), 0);
    assert_eq!(ring(&format!("a:{}=", "A".repeat(43))).weak().count(), 1);
    for (text, error) in [
        ("", RingError::Empty),
        (" , ", RingError::Empty),
        ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", RingError::Shape),
        ("a key:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", RingError::Id),
        (":AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", RingError::Id),
        ("a:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg", RingError::Length),
        ("a:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gIQ", RingError::Length),
        ("a:!!!", RingError::Length),
        ("a:", RingError::Length),
    ] {
        assert_eq!(text.parse::<KeyRing>().unwrap_err(), error, "{text}");
    }
    assert_eq!(format!("{OLD},{OLD}").parse::<KeyRing>().unwrap_err(), RingError::Twice);
    let long = format!("{}:{}", "a".repeat(33), OLD.split_once(':').unwrap().1);
    assert_eq!(long.parse::<KeyRing>().unwrap_err(), RingError::Id);
}

#[test]
fn nothing_shows_a_key_or_a_value() {
    let ring = ring(OLD);
    let sealed = ring.seal(&place(1), b"secret").unwrap();
    let clear = ring.open(&place(1), sealed.as_bytes()).unwrap();
    assert_eq!(format!("{ring:?} {sealed:?} {clear:?}"), "KeyRing(…) Sealed(…) Clear(…)");
}
