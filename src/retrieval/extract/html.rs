//! Web pages.

use super::NoText;

/// So wide that no line is broken for being long.
const WIDTH: usize = 1_000_000;

/// What a page says; scripts, styles and addresses of links are left out.
pub(super) fn text_of(page: &str) -> Result<String, NoText> {
    let config = html2text::config::plain_no_decorate().raw_mode(true).allow_width_overflow();
    config.string_from_read(page.as_bytes(), WIDTH).map_err(|_| NoText::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_gives_what_a_reader_sees() {
        let page = "<html><head><title>T</title><style>p { color: red }</style><script>alert('no')</script></head>
            <body><h1>Garant&iacute;a</h1><p>Dos a&ntilde;os,<br>sin <b>l&iacute;mite</b> de <a href='https://x.test'>km</a>.</p>
            <ul><li>motor</li><li>caja</li></ul><table><tr><td>Plazo</td><td>24 meses</td></tr></table></body></html>";
        let text = text_of(page).unwrap();
        for seen in ["Garantía", "Dos años,", "límite", "km", "motor", "Plazo", "24 meses"] {
            assert!(text.contains(seen), "{seen}: {text}");
        }
        for hidden in ["alert", "color: red", "https://x.test"] {
            assert!(!text.contains(hidden), "{hidden}: {text}");
        }
    }

    #[test]
    fn a_broken_page_is_read_as_far_as_it_goes() {
        assert!(text_of("<p>uno <b>dos <p>tres").unwrap().contains("tres"));
    }
}
