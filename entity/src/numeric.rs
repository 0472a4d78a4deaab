//! PostgreSQL's binary `numeric` as decimal text, without going through another number type.

use std::fmt::Write;

/// Appends the digits of a binary numeric: `ndigits, weight, sign, dscale` and base-10000 digits, all 16 bits.
pub(crate) fn write_numeric(bytes: &[u8], out: &mut String) {
    let word =
        |index: usize| bytes.get(index * 2..index * 2 + 2).map_or(0, |pair| i16::from_be_bytes([pair[0], pair[1]]));
    let (count, weight, sign, scale) = (word(0), word(1), word(2) as u16, word(3));
    match sign {
        0x4000 => out.push('-'),
        0xC000 => return out.push_str("NaN"),
        0xD000 => return out.push_str("Infinity"),
        0xF000 => return out.push_str("-Infinity"),
        _ => {}
    }
    let digit = |place: i16| {
        let index = weight - place;
        if (0..count).contains(&index) { word(4 + index as usize) } else { 0 }
    };
    let start = out.len();
    for place in (0..=weight.max(0)).rev() {
        let _ = if out.len() == start {
            if digit(place) == 0 && place > 0 { continue } else { write!(out, "{}", digit(place)) }
        } else {
            write!(out, "{:04}", digit(place))
        };
    }
    if scale > 0 {
        out.push('.');
        let point = out.len();
        let mut place = -1;
        while out.len() - point < scale as usize {
            let _ = write!(out, "{:04}", digit(place));
            place -= 1;
        }
        out.truncate(point + scale as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(words: &[i16]) -> String {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        let mut out = String::new();
        write_numeric(&bytes, &mut out);
        out
    }

    #[test]
    fn numerics_read_as_people_write_them() {
        assert_eq!(shown(&[0, 0, 0, 0]), "0");
        assert_eq!(shown(&[0, 0, 0, 2]), "0.00");
        assert_eq!(shown(&[2, 0, 0, 2, 1234, 5000]), "1234.50");
        assert_eq!(shown(&[2, 1, 0, 0, 1, 2]), "10002");
        assert_eq!(shown(&[1, 1, 0, 2, 3]), "30000.00");
        assert_eq!(shown(&[1, -1, 0x4000, 4, 25]), "-0.0025");
        assert_eq!(shown(&[1, -2, 0, 8, 25]), "0.00000025");
        assert_eq!(shown(&[3, 2, 0, 3, 12, 34, 5678]), "1200345678.000");
    }
}
