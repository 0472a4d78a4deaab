//! The scanner against a clamd of few words.

use futures_util::stream;
use tokio::net::TcpListener;

use super::*;

/// Answers one connection: with this line, after so many bytes of content at most.
async fn clamd(answer: &'static [u8], most: usize) -> (Scanner, tokio::task::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let scanner = format!("clamd://{}", listener.local_addr().unwrap()).parse().unwrap();
    let heard = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut command = [0; 10];
        socket.read_exact(&mut command).await.unwrap();
        assert_eq!(&command, b"zINSTREAM\0");
        let mut content = Vec::new();
        loop {
            let length = socket.read_u32().await.unwrap() as usize;
            if length == 0 || content.len() >= most {
                break;
            }
            let mut piece = vec![0; length];
            socket.read_exact(&mut piece).await.unwrap();
            content.extend(piece);
        }
        socket.write_all(answer).await.unwrap();
        content
    });
    (scanner, heard)
}

fn pieces(count: usize) -> impl Stream<Item = Result<Bytes, String>> + Unpin + Send {
    stream::iter(vec![Ok(Bytes::from_static(b"some bytes, ")); count])
}

#[tokio::test]
async fn clamd_gets_all_bytes_and_its_word_counts() {
    for (answer, verdict) in [
        (&b"stream: OK\0"[..], Verdict::Clean),
        (b"stream: Eicar-Test-Signature FOUND\0", Verdict::Infected),
        (b"INSTREAM size limit exceeded. ERROR\0", Verdict::Refused),
    ] {
        let (scanner, heard) = clamd(answer, usize::MAX).await;
        assert_eq!(scanner.scan(pieces(3)).await.unwrap(), verdict);
        assert_eq!(heard.await.unwrap(), b"some bytes, some bytes, some bytes, ");
    }
}

#[tokio::test]
async fn a_clamd_that_says_nothing_or_is_not_there_is_asked_again_later() {
    let (scanner, _) = clamd(b"", usize::MAX).await;
    assert!(matches!(scanner.scan(pieces(1)).await, Err(ScanError::Unavailable(_))));
    let (scanner, _) = clamd(b"what?\0", usize::MAX).await;
    assert!(matches!(scanner.scan(pieces(1)).await, Err(ScanError::Unavailable(_))));
    let gone: Scanner = "clamd:/nowhere/clamd.ctl".parse().unwrap();
    assert!(matches!(gone.scan(pieces(1)).await, Err(ScanError::Unavailable(_))));
    let (scanner, _) = clamd(b"stream: OK\0", usize::MAX).await;
    let broken = stream::iter([Ok(Bytes::from_static(b"one")), Err("gone".to_owned())]);
    assert!(matches!(scanner.scan(broken).await, Err(ScanError::Bytes(_))));
}

#[test]
fn a_scanner_is_none_a_socket_or_an_address() {
    assert_eq!("none".parse(), Ok(Scanner::None));
    assert_eq!("clamd:/run/clamd.ctl".parse(), Ok(Scanner::Unix("/run/clamd.ctl".into())));
    assert_eq!("clamd://av.internal:3310".parse(), Ok(Scanner::Tcp("av.internal:3310".into())));
    assert_eq!("clamd://[::1]:3310".parse(), Ok(Scanner::Tcp("[::1]:3310".into())));
    for wrong in ["", "clamd", "clamd:", "clamd:/", "clamd://", "clamd://host", "clamd://host:x", "http://host:1"] {
        assert!(wrong.parse::<Scanner>().is_err(), "{wrong}");
    }
}
