//! What is written in parts arrives in order, whether the parts are copied together or not.

use std::io::IoSlice;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use super::super::pace::Pace;
use super::super::paced::Paced;
use super::world::limits;

#[tokio::test]
async fn parts_of_every_length_arrive_in_order_however_much_a_client_takes_at_once() {
    let lengths: [&[usize]; 8] = [
        &[1, 0],
        &[250, 58],
        &[1, 2, 3],
        &[500, 524],
        &[500, 525],
        &[1024],
        &[1000, 24, 1],
        &[4000, 0, 4000],
    ];
    for lengths in lengths {
        for taken in [1, 7, 1023, 1024, 1025, 16_384] {
            let bytes = (0..=u8::MAX).cycle();
            let all: Vec<u8> = bytes.take(lengths.iter().sum()).collect();
            let mut rest = &all[..];
            let mut parts = Vec::new();
            for length in lengths {
                let (part, next) = rest.split_at(*length);
                parts.push(IoSlice::new(part));
                rest = next;
            }
            let (stream, mut client) = duplex(taken);
            let mut stream = Paced::new(stream, Arc::new(Pace::new(&limits())));

            let written = async {
                let mut parts = &mut parts[..];
                while !parts.is_empty() {
                    let written = stream.write_vectored(parts).await.unwrap();
                    IoSlice::advance_slices(&mut parts, written);
                }
                drop(stream);
            };
            let mut arrived = Vec::new();
            let (read, ()) = tokio::join!(client.read_to_end(&mut arrived), written);

            assert_eq!(read.unwrap(), all.len(), "{lengths:?}, {taken}");
            assert_eq!(arrived, all, "{lengths:?}, {taken}");
        }
    }
}
