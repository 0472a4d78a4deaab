//! Vehicle identification numbers (ISO 3779), with the check digit of the
//! North American scheme at position 9. European makers may leave that digit
//! out, but a number that carries it passes every decoder.

/// Makes a VIN: maker code (3), description (5), check digit, model year,
/// plant, serial number (6). The parts must not contain I, O or Q; `serial`
/// is taken modulo a million.
pub(crate) fn vin(maker: &str, description: &str, year: i32, plant: char, serial: u32) -> String {
    let mut vin = format!("{maker}{description}0{}{plant}{:06}", model_year(year), serial % 1_000_000);
    let digit = check_digit(&vin);
    vin.replace_range(8..9, &digit.to_string());
    vin
}

/// The check digit that belongs at position 9; what stands there is ignored.
pub(crate) fn check_digit(vin: &str) -> char {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let sum: u32 = vin.chars().zip(WEIGHTS).map(|(letter, weight)| value(letter) * weight).sum();
    match sum % 11 {
        10 => 'X',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    }
}

fn value(letter: char) -> u32 {
    match letter {
        'A'..='H' => letter as u32 - 'A' as u32 + 1,
        'J'..='N' => letter as u32 - 'J' as u32 + 1,
        'P' => 7,
        'R' => 9,
        'S'..='Z' => letter as u32 - 'S' as u32 + 2,
        _ => letter.to_digit(10).unwrap_or(0),
    }
}

/// The letter or digit of the model year; it repeats every 30 years.
fn model_year(year: i32) -> char {
    const CODES: &[u8] = b"ABCDEFGHJKLMNPRSTVWXY123456789";
    char::from(CODES[(year - 2010).rem_euclid(30) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_of_published_examples_agree() {
        for known in ["1M8GDM9AXKP042788", "11111111111111111", "5GZCZ43D13S812715", "1HGCM82633A004352"] {
            assert_eq!(Some(check_digit(known)), known.chars().nth(8), "{known}");
        }
    }

    #[test]
    fn a_vin_has_seventeen_characters_its_year_and_its_check_digit() {
        let vin = vin("VSS", "KL1ZZ", 2024, 'R', 1_012_345);
        assert_eq!((vin.len(), vin.chars().nth(9)), (17, Some('R')));
        assert!(vin.ends_with("R012345"));
        assert_eq!(Some(check_digit(&vin)), vin.chars().nth(8));
    }
}
