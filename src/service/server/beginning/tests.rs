use std::future::poll_fn;

use tokio::io::AsyncReadExt;

use super::*;

const HTTP1: &[u8] = b"PROPFIND / HTTP/1.1\r\nhost: localhost\r\n\r\n";
const FRAME: &[u8] = b"\0\0\0\x04\0\0\0\0\0";

/// The protocol of `bytes`, of which the first `split` arrive first, and what is read afterwards in
/// parts of `part` bytes.
async fn read(bytes: &[u8], split: usize, part: usize) -> (Protocol, Vec<u8>) {
    let (first, rest) = bytes.split_at(split);
    let mut stream = Beginning::new(first.chain(rest));
    let protocol = poll_fn(|context| stream.poll_protocol(context)).await;
    let mut all = Vec::new();
    let mut buffer = vec![0; part];
    loop {
        match stream.read(&mut buffer).await.unwrap() {
            0 => return (protocol.unwrap(), all),
            read => all.extend_from_slice(&buffer[..read]),
        }
    }
}

#[tokio::test]
async fn wherever_the_first_bytes_are_split_nothing_is_lost() {
    let http2 = [PREFACE, FRAME].concat();
    let almost = [&PREFACE[..23], b"\t", FRAME].concat();
    for (row, bytes, expected) in [
        ("HTTP/2", &http2[..], Protocol::Http2),
        (
            "a method that begins like the preface",
            HTTP1,
            Protocol::Http1,
        ),
        ("a preface with another end", &almost, Protocol::Http1),
        ("half a preface", &PREFACE[..12], Protocol::Http1),
        ("nothing", b"", Protocol::Http1),
    ] {
        for split in 0..=bytes.len() {
            for part in [1, 9, 23, 24, 25, 8192] {
                let (protocol, all) = read(bytes, split, part).await;

                assert_eq!(all, bytes, "{row}, {split}, {part}");
                assert_eq!(protocol, expected, "{row}, {split}, {part}");
            }
        }
    }
}

#[tokio::test]
async fn a_head_that_has_arrived_is_read_as_one_part() {
    let mut stream = Beginning::new(HTTP1);

    let protocol = poll_fn(|context| stream.poll_protocol(context)).await;
    let mut buffer = [0; 8192];
    let read = stream.read(&mut buffer).await.unwrap();

    assert_eq!(protocol.unwrap(), Protocol::Http1);
    assert_eq!(&buffer[..read], HTTP1);
}
