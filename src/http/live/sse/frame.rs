//! Events as text. Pure.

use bytes::Bytes;

use super::super::message::write_string;

/// Nothing; it keeps connections open that somebody on the way would close, and finds out whether the client is there.
pub(super) const KEEP_ALIVE: &[u8] = b":\n\n";

/// The end of the only operation of a stream.
pub(super) const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";

/// A document of the only operation of a stream.
pub(super) fn next(document: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(document.len() + 24);
    frame.extend_from_slice(b"event: next\ndata: ");
    write_line(document, &mut frame);
    frame.extend_from_slice(b"\n\n");
    frame.into()
}

/// A document of one of the operations of a stream.
pub(super) fn next_of(id: &str, document: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(document.len() + id.len() + 48);
    frame.extend_from_slice(
        br#"event: next
data: {"id":"#,
    );
    write_string(id, &mut frame);
    frame.extend_from_slice(br#","payload":"#);
    write_line(document, &mut frame);
    frame.extend_from_slice(b"}\n\n");
    frame.into()
}

/// The end of one of the operations of a stream.
pub(super) fn complete_of(id: &str) -> Bytes {
    let mut frame = Vec::with_capacity(id.len() + 40);
    frame.extend_from_slice(
        br#"event: complete
data: {"id":"#,
    );
    write_string(id, &mut frame);
    frame.extend_from_slice(b"}\n\n");
    frame.into()
}

/// How long to wait before connecting anew, which an `EventSource` does by itself.
pub(super) fn retry(milliseconds: u128) -> Bytes {
    format!("retry: {milliseconds}\n:\n\n").into()
}

/// JSON on one line: a break between its tokens means nothing to JSON, and the end of the data to the stream.
fn write_line(document: &[u8], frame: &mut Vec<u8>) {
    frame.extend(document.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_framed_on_lines_of_their_own() {
        assert_eq!(next(b"{\"data\":\n1}"), "event: next\ndata: {\"data\": 1}\n\n");
        assert_eq!(next_of("a\"\n", b"{}"), "event: next\ndata: {\"id\":\"a\\\"\\n\",\"payload\":{}}\n\n");
        assert_eq!(complete_of("1"), "event: complete\ndata: {\"id\":\"1\"}\n\n");
        assert_eq!(retry(7), "retry: 7\n:\n\n");
    }
}
