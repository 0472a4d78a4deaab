//! Reads a stream of server-sent events (WHATWG HTML, section 9.2) as it comes: in pieces that end anywhere, within a
//! character or between the two bytes of a line's end.

use super::ModelError;

/// Longest event, in bytes. A piece of an answer has some hundred.
const MAX_EVENT_BYTES: usize = 1 << 20;

/// What has come and is not read yet.
#[derive(Debug, Default)]
pub(super) struct Events {
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    /// The last byte was a carriage return: a line feed that follows belongs to it.
    after_return: bool,
}

impl Events {
    /// Takes what came; gives the data of the events that are complete with it.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<Vec<String>, ModelError> {
        let mut complete = Vec::new();
        for &byte in bytes {
            let follows_return = std::mem::replace(&mut self.after_return, byte == b'\r');
            match byte {
                b'\n' if follows_return => {}
                b'\n' | b'\r' => complete.extend(self.end_of_line()?),
                _ if self.line.len() + self.data.len() >= MAX_EVENT_BYTES => return Err(ModelError::Malformed),
                _ => self.line.push(byte),
            }
        }
        Ok(complete)
    }

    /// What the end of the stream completes. The standard drops an event without an empty line behind it; services that
    /// leave out the last one mean it.
    pub(super) fn finish(&mut self) -> Result<Option<String>, ModelError> {
        let ended = self.end_of_line()?;
        if ended.is_some() { Ok(ended) } else { self.event() }
    }

    fn end_of_line(&mut self) -> Result<Option<String>, ModelError> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return self.event();
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        if &line[..colon] == b"data" {
            let value = line.get(colon + 1..).unwrap_or_default();
            let value = value.strip_prefix(b" ").unwrap_or(value);
            if self.has_data {
                self.data.push(b'\n');
            }
            self.data.extend_from_slice(value);
            self.has_data = true;
        }
        // Comments, names and ids of events say nothing here.
        Ok(None)
    }

    fn event(&mut self) -> Result<Option<String>, ModelError> {
        if !std::mem::take(&mut self.has_data) {
            return Ok(None);
        }
        let data = std::mem::take(&mut self.data);
        String::from_utf8(data).map(Some).map_err(|_| ModelError::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let mut events = Events::default();
        let mut read: Vec<String> = pieces.iter().flat_map(|piece| events.feed(piece).unwrap()).collect();
        read.extend(events.finish().unwrap());
        read
    }

    #[test]
    fn events_are_the_same_however_they_are_cut() {
        let stream = ": hello\r\n\r\ndata: {\"a\":\"ñandú\"}\r\n\r\nevent: x\ndata: one\ndata:two\n\n\
                      id: 4\rdata:  indented\r\rdata: last"
            .as_bytes();
        let whole = read(&[stream]);
        assert_eq!(whole, ["{\"a\":\"ñandú\"}", "one\ntwo", " indented", "last"]);
        for cut in 0..stream.len() {
            assert_eq!(read(&[&stream[..cut], &stream[cut..]]), whole, "cut at {cut}");
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(read(&bytes), whole);
    }

    #[test]
    fn what_never_ends_or_is_no_text_is_malformed() {
        let mut events = Events::default();
        let endless = vec![b'x'; MAX_EVENT_BYTES + 1];
        assert_eq!(events.feed(&endless), Err(ModelError::Malformed));
        let mut events = Events::default();
        assert_eq!(events.feed(b"data: \xff\xfe\n\n"), Err(ModelError::Malformed));
    }
}
