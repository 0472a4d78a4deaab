//! Reads a request's body up to a limit.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header::EXPECT;
use bytes::{BufMut, BytesMut};
use http_body_util::BodyExt;

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// It is over the limit.
    TooLarge,
    /// The connection or its framing broke off.
    Broken,
}

/// How much of a body over the limit is read and thrown away, in bytes.
///
/// Closing a connection with unread input resets it, and the reset overtakes the answer: a client
/// that is still sending would see a broken pipe instead of the 413. So up to this much is taken
/// off its hands; whoever sends more has earned the broken pipe.
const DISCARD_BYTES: usize = 32 * 1024 * 1024;

/// Reads the whole body.
///
/// # Errors
/// [`BodyError::TooLarge`] for more than `limit` bytes, whether announced or just sent, and
/// [`BodyError::Broken`] when the body ends early.
pub async fn read(request: Request, limit: usize) -> Result<Bytes, BodyError> {
    // Such a client waits with its body for our consent, which we never give by not reading.
    let waits = request.headers().contains_key(EXPECT);
    let mut body = request.into_body();
    let announced = body.size_hint().lower();
    if announced > limit as u64 {
        if !waits {
            discard(&mut body).await;
        }
        return Err(BodyError::TooLarge);
    }
    let Some(first) = next_data(&mut body).await? else {
        return Ok(Bytes::new());
    };
    // Nearly every request fits the first frame; it is handed on as it is.
    let Some(second) = next_data(&mut body).await? else {
        return within(first, limit);
    };
    let mut whole = BytesMut::with_capacity((announced as usize).max(first.len() + second.len()));
    whole.put(first);
    whole.put(second);
    while whole.len() <= limit {
        match next_data(&mut body).await? {
            Some(data) => whole.put(data),
            None => return Ok(whole.freeze()),
        }
    }
    drop(whole);
    discard(&mut body).await;
    Err(BodyError::TooLarge)
}

fn within(data: Bytes, limit: usize) -> Result<Bytes, BodyError> {
    if data.len() > limit {
        return Err(BodyError::TooLarge);
    }
    Ok(data)
}

/// The next piece of data; trailers are skipped.
async fn next_data(body: &mut Body) -> Result<Option<Bytes>, BodyError> {
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data()
            && !data.is_empty()
        {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

async fn discard(body: &mut Body) {
    let mut discarded = 0;
    while discarded < DISCARD_BYTES
        && let Ok(Some(data)) = next_data(body).await
    {
        discarded += data.len();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn chunked(chunks: &[&'static str]) -> Request {
        let chunks: Vec<Result<&'static str, std::io::Error>> = chunks.iter().map(|chunk| Ok(*chunk)).collect();
        Request::new(Body::from_stream(stream::iter(chunks)))
    }

    #[tokio::test]
    async fn a_body_is_read_in_one_piece_or_many() {
        for chunks in [&["abcd"][..], &["ab", "cd"], &["a", "", "b", "c", "d"]] {
            assert_eq!(read(chunked(chunks), 4).await.unwrap(), "abcd");
        }
        assert_eq!(read(Request::new(Body::empty()), 4).await.unwrap(), "");
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_refused_announced_or_not() {
        assert_eq!(read(Request::new(Body::from("abcde")), 4).await, Err(BodyError::TooLarge));
        for chunks in [&["abcde"][..], &["abcd", "e"], &["a", "b", "c", "d", "e"]] {
            assert_eq!(read(chunked(chunks), 4).await, Err(BodyError::TooLarge));
        }
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_broken() {
        let broken = stream::iter([Ok("ab"), Err(std::io::Error::other("gone"))]);
        assert_eq!(read(Request::new(Body::from_stream(broken)), 4).await, Err(BodyError::Broken));
    }
}
