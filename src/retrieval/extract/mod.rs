//! The text of a file or a web page, without its form.
//!
//! What belongs here: from bytes of a known type to lines of text. Reading PDF, HTML, Markdown and CSV is the business of
//! crates; what they give is made even here. A file comes from anybody, so nothing here may be believed: a reader that
//! panics is one more file that cannot be read.

mod csv;
mod html;
mod markdown;

use std::borrow::Cow;

/// Longest text that is taken from one file, in bytes.
const MAX_TEXT: usize = 4 * 1024 * 1024;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Markdown,
    Html,
    Pdf,
    Csv,
}

/// Why there is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoText {
    /// The file is none of the kind that it says it is, or is damaged or locked.
    Unreadable,
    /// There is no word in it, as in a scanned page.
    Empty,
    /// There are too many.
    TooLong,
}

impl Format {
    /// By the type of the content; where that says little, by the ending of the name.
    pub(super) fn of(mime_type: &str, name: &str) -> Option<Self> {
        let mime_type = mime_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match mime_type.as_str() {
            "application/pdf" => return Some(Self::Pdf),
            "text/html" | "application/xhtml+xml" => return Some(Self::Html),
            "text/markdown" | "text/x-markdown" => return Some(Self::Markdown),
            "text/csv" | "text/tab-separated-values" => return Some(Self::Csv),
            _ => {}
        }
        let is_text =
            mime_type.starts_with("text/") || matches!(mime_type.as_str(), "application/json" | "application/xml");
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
        match ending.as_str() {
            "md" | "markdown" if is_text => Some(Self::Markdown),
            "csv" | "tsv" if is_text => Some(Self::Csv),
            "html" | "htm" if is_text => Some(Self::Html),
            _ if is_text => Some(Self::Text),
            _ => None,
        }
    }
}

impl NoText {
    /// The code, as it is kept and shown.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "UNREADABLE",
            Self::Empty => "NO_TEXT",
            Self::TooLong => "TOO_LONG",
        }
    }
}

/// The text of a file. Takes its time; call it where that stops nobody.
///
/// # Errors
/// Why there is none.
pub(super) fn text_of(format: Format, bytes: &[u8]) -> Result<String, NoText> {
    let text = match format {
        Format::Pdf => pdf_extract::extract_text_from_mem(bytes).map_err(|_| NoText::Unreadable)?,
        Format::Text => decoded(bytes).into_owned(),
        Format::Markdown => markdown::text_of(&decoded(bytes)),
        Format::Html => html::text_of(&decoded(bytes))?,
        Format::Csv => csv::text_of(&decoded(bytes))?,
    };
    even(&text)
}

/// Text without what is no text: control characters, spaces at line ends, more than one empty line.
///
/// # Errors
/// Without a word in it, or with too many.
pub(super) fn even(text: &str) -> Result<String, NoText> {
    let mut even = String::with_capacity(text.len());
    let mut empty_lines = 0;
    for line in text.split(['\n', '\u{c}']) {
        let line: String = line.chars().filter(|letter| *letter == '\t' || !letter.is_control()).collect();
        let line = line.trim_end();
        if line.is_empty() {
            empty_lines += 1;
            continue;
        }
        if !even.is_empty() {
            even.push_str(if empty_lines > 0 { "\n\n" } else { "\n" });
        }
        empty_lines = 0;
        even.push_str(line);
    }
    if !even.chars().any(char::is_alphanumeric) {
        return Err(NoText::Empty);
    }
    if even.len() > MAX_TEXT { Err(NoText::TooLong) } else { Ok(even) }
}

/// Bytes as text: in UTF-8, else as a byte order mark says, else as Windows wrote it in the west.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_known_by_its_type_and_else_by_its_name() {
        assert_eq!(Format::of("application/pdf", "x"), Some(Format::Pdf));
        assert_eq!(Format::of("text/html; charset=utf-8", ""), Some(Format::Html));
        assert_eq!(Format::of("text/plain", "notes.MD"), Some(Format::Markdown));
        assert_eq!(Format::of("text/plain", "stock.csv"), Some(Format::Csv));
        assert_eq!(Format::of("text/plain", "notes"), Some(Format::Text));
        assert_eq!(Format::of("application/json", "data.json"), Some(Format::Text));
        assert_eq!(Format::of("image/png", "notes.md"), None, "a picture is no text, whatever it is called");
        assert_eq!(Format::of("application/octet-stream", "notes.txt"), None);
    }

    #[test]
    fn text_of_windows_is_read() {
        assert_eq!(text_of(Format::Text, b"Se vendi\xf3 el coche").unwrap(), "Se vendió el coche");
        let wide: Vec<u8> = "\u{feff}ventas: 3".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(text_of(Format::Text, &wide).unwrap(), "ventas: 3");
    }

    #[test]
    fn text_is_made_even() {
        assert_eq!(even("\u{0}one  \r\n\n\n\n two\u{7}\n three ").unwrap(), "one\n\n two\n three");
        assert_eq!(even(" \n --- \u{0}"), Err(NoText::Empty));
        assert_eq!(even(&"word ".repeat(MAX_TEXT / 4)), Err(NoText::TooLong));
    }

    #[test]
    fn a_pdf_gives_its_text() {
        let text = text_of(Format::Pdf, &pdf("Horario de la oficina: lunes a viernes de 9 a 18")).unwrap();
        assert!(text.contains("lunes a viernes de 9 a 18"), "{text}");
        assert_eq!(text_of(Format::Pdf, b"%PDF-1.4\nnothing of the kind"), Err(NoText::Unreadable));
        assert_eq!(text_of(Format::Pdf, &pdf(" ")), Err(NoText::Empty));
    }

    /// The smallest document with one line.
    fn pdf(line: &str) -> Vec<u8> {
        let content = format!("BT /F1 12 Tf 72 720 Td ({line}) Tj ET");
        let objects = [
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R \
             /Resources << /Font << /F1 5 0 R >> >> >>"
                .to_owned(),
            format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
        ];
        let mut file = String::from("%PDF-1.4\n");
        let mut places = Vec::new();
        for (index, object) in objects.iter().enumerate() {
            places.push(file.len());
            file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", index + 1));
        }
        let table = file.len();
        file.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
        for place in places {
            file.push_str(&format!("{place:010} 00000 n \n"));
        }
        let size = objects.len() + 1;
        file.push_str(&format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"));
        file.into_bytes()
    }
}
