//! Whether bytes can be what they are said to be.
//!
//! The crate `infer` knows the first bytes of many formats. What it recognises must be what was claimed; what it would
//! recognise but does not see is a lie as well; everything else nobody can tell by looking.

/// How many of the first bytes are looked at.
pub(super) const LOOKED_AT: usize = 8 * 1024;

/// Claims that say that nothing is known.
const UNKNOWN: &str = "application/octet-stream";

/// Formats that are a ZIP archive, or an OLE file, with something in it: from the first bytes alone they cannot always be
/// told apart.
const ZIPPED: [&str; 6] = [
    "application/vnd.openxmlformats-officedocument.",
    "application/vnd.oasis.opendocument.",
    "application/epub+zip",
    "application/java-archive",
    "application/vnd.android.package-archive",
    "application/zip",
];
const OLE: [&str; 5] = [
    "application/msword",
    "application/vnd.ms-",
    "application/vnd.visio",
    "application/vnd.outlook",
    "application/x-ole-storage",
];

/// Names of the same format.
const SAME: [&[&str]; 14] = [
    &["image/jpeg", "image/jpg", "image/pjpeg"],
    &["image/heif", "image/heic", "image/avif"],
    &["image/vnd.microsoft.icon", "image/x-icon"],
    &["image/vnd.adobe.photoshop", "application/x-photoshop"],
    &["audio/x-wav", "audio/wav", "audio/wave", "audio/vnd.wave"],
    &["audio/x-flac", "audio/flac"],
    &["audio/x-aiff", "audio/aiff"],
    &["audio/ogg", "audio/opus", "video/ogg", "application/ogg"],
    &["audio/m4a", "audio/mp4", "audio/x-m4a", "video/mp4", "video/x-m4v", "video/quicktime", "video/3gpp"],
    &["video/webm", "video/x-matroska", "audio/webm", "audio/x-matroska"],
    &["video/x-msvideo", "video/avi"],
    &["application/gzip", "application/x-gzip"],
    &["application/vnd.rar", "application/x-rar-compressed", "application/x-rar"],
    &["application/x-7z-compressed", "application/7z"],
];

/// What the bytes are when they cannot be what was claimed: a media type, or nothing that is known.
pub(super) fn contradiction(claimed: &str, head: &[u8]) -> Option<&'static str> {
    if claimed == UNKNOWN {
        return None;
    }
    let found = infer::get(head).map(|kind| kind.mime_type());
    let is_text = is_text(claimed);
    match found {
        Some(found) if is_text => (!self::is_text(found)).then_some(found),
        Some(found) => (!is_compatible(claimed, found)).then_some(found),
        None if is_text => (!looks_like_text(head)).then_some(UNKNOWN),
        // A format of which the first bytes are known, and these are others.
        None => infer::is_mime_supported(claimed).then_some(UNKNOWN),
    }
}

fn is_compatible(claimed: &str, found: &str) -> bool {
    let is_among = |family: &[&str], name: &str| {
        family.iter().any(|member| name == *member || member.ends_with(['.', '-']) && name.starts_with(member))
    };
    claimed == found
        || SAME.iter().any(|names| names.contains(&claimed) && names.contains(&found))
        || found == "application/zip" && is_among(&ZIPPED, claimed)
        || found == "application/x-ole-storage" && is_among(&OLE, claimed)
        // An older office format is told apart by what is behind the first bytes.
        || is_among(&OLE, found) && is_among(&OLE, claimed)
        // A type that infer does not know cannot be compared with one it took it for, unless that is quite another kind.
        || !infer::is_mime_supported(claimed) && !is_known_family(claimed) && !is_text(found)
}

/// Types of pictures, sounds and films are compared even when this very one is not known.
fn is_known_family(claimed: &str) -> bool {
    ["image/", "audio/", "video/", "font/"].iter().any(|family| claimed.starts_with(family))
}

fn is_text(name: &str) -> bool {
    name.starts_with("text/")
        || name.ends_with("+xml")
        || name.ends_with("+json")
        || matches!(
            name,
            "application/json"
                | "application/xml"
                | "application/x-ndjson"
                | "application/yaml"
                | "application/sql"
                | "application/javascript"
                | "application/toml"
        )
}

/// UTF-8 without control characters, or another text encoding with a mark in front or of single bytes.
fn looks_like_text(head: &[u8]) -> bool {
    let has_mark = head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]);
    has_mark || !head.iter().any(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
    const PDF: &[u8] = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n";
    const ZIP: &[u8] = b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0";
    const EXE: &[u8] = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xFF\xFF\0\0";
    const HTML: &[u8] = b"<!DOCTYPE html><html><script>alert(1)</script>";

    #[test]
    fn what_is_claimed_and_what_is_there_agree() {
        for (claimed, head) in [
            ("image/png", PNG),
            ("application/pdf", PDF),
            ("application/zip", ZIP),
            ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ZIP),
            ("application/octet-stream", EXE),
            ("text/html", HTML),
            ("text/plain", HTML),
            ("text/plain", b"hola, \xC3\xB1and\xC3\xBA"),
            ("text/csv", b"a;b\r\n1;2\r\n"),
            ("application/json", b"{\"a\": 1}"),
            ("application/x-own-format", b"\x01\x02\x03"),
            ("image/jpeg", b"\xFF\xD8\xFF\xE0\0\x10JFIF\0"),
        ] {
            assert_eq!(contradiction(claimed, head), None, "{claimed}");
        }
    }

    #[test]
    fn a_lie_is_seen() {
        for (claimed, head) in [
            ("image/png", HTML),
            ("image/png", PDF),
            ("image/png", b"not a picture"),
            ("image/png", EXE),
            ("application/pdf", EXE),
            ("application/pdf", ZIP),
            ("text/plain", PNG),
            ("text/plain", EXE),
            ("text/plain", b"\0\x01\x02"),
            ("text/html", PDF),
            ("image/svg+xml", PNG),
            ("image/unheard-of", PDF),
            ("audio/mpeg", PNG),
        ] {
            assert!(contradiction(claimed, head).is_some(), "{claimed}");
        }
    }
}
