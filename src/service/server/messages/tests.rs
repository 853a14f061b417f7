use super::*;

const TEXT: u8 = 1;
const MORE: u8 = 0;
const PING: u8 = 9;
const LIMIT: u64 = 70_000;

/// A frame of this kind with a payload of this many bytes, masked as a client's is.
fn frame(first: u8, payload: usize) -> Vec<u8> {
    let mut frame = vec![first];
    match payload {
        0..=125 => frame.push(MASKED | u8::try_from(payload).unwrap()),
        126..=0xffff => {
            frame.push(MASKED | 0x7e);
            frame.extend(u16::try_from(payload).unwrap().to_be_bytes());
        }
        _ => {
            frame.push(MASKED | 0x7f);
            frame.extend((payload as u64).to_be_bytes());
        }
    }
    frame.extend([1, 2, 3, 4]);
    // Would be a control frame that is too long, if it were read as a header.
    frame.extend(std::iter::repeat_n(0xff, payload));
    frame
}

fn follow(frames: &[Vec<u8>]) -> Result<(), MessageError> {
    Messages::new(LIMIT).follow(&frames.concat())
}

#[test]
fn a_message_at_the_limit_is_accepted_and_one_byte_more_is_too_long() {
    let limit = usize::try_from(LIMIT).unwrap();
    let (accepted, too_long) = (Ok(()), Err(MessageError::TooLong));
    let whole = |payload| frame(FIN | TEXT, payload);
    let huge = [&[FIN | TEXT, MASKED | 0x7f][..], &[0xff; 8], &[0; 4]].concat();
    let rows = [
        ("empty", vec![whole(0)], accepted),
        ("short", vec![whole(125)], accepted),
        ("of two bytes of length", vec![whole(126)], accepted),
        ("at the limit", vec![whole(limit)], accepted),
        ("one byte more", vec![whole(limit + 1)], too_long),
        ("of every length there is", vec![huge], too_long),
        ("two messages", vec![whole(limit), whole(limit)], accepted),
        (
            "in parts, at the limit",
            vec![frame(TEXT, 100), frame(MORE, limit - 101), frame(FIN, 1)],
            accepted,
        ),
        (
            "in parts, one byte more",
            vec![frame(TEXT, 100), frame(MORE, limit - 101), frame(FIN, 2)],
            too_long,
        ),
        (
            "begun again without an end",
            vec![frame(TEXT, limit), frame(TEXT, 1)],
            too_long,
        ),
        (
            "a ping between",
            vec![frame(TEXT, limit), frame(FIN | PING, 125), frame(FIN, 0)],
            accepted,
        ),
        (
            "a ping that is too long",
            vec![frame(FIN | PING, 126)],
            Err(MessageError::LongControl),
        ),
    ];

    for (name, frames, expected) in rows {
        assert_eq!(follow(&frames), expected, "{name}");
    }
}

#[test]
fn a_message_is_too_long_before_its_payload_has_come() {
    let header = &frame(FIN | TEXT, usize::try_from(LIMIT).unwrap() + 1)[..14];

    assert_eq!(Messages::new(LIMIT).follow(&header[..13]), Ok(()));
    assert_eq!(
        Messages::new(LIMIT).follow(header),
        Err(MessageError::TooLong)
    );
}

#[test]
fn frames_may_be_split_at_every_byte() {
    let good = [
        frame(TEXT, 126),
        frame(FIN | PING, 3),
        frame(MORE, 65_536),
        frame(FIN, 7),
        frame(FIN | TEXT, 0),
    ]
    .concat();
    let bad = [good.clone(), frame(FIN | PING, 126)].concat();

    for (bytes, expected) in [(&good, Ok(())), (&bad, Err(MessageError::LongControl))] {
        for at in (0..300).chain(bytes.len() - 300..bytes.len()) {
            let mut messages = Messages::new(LIMIT);
            let (before, after) = bytes.split_at(at);
            let followed = messages
                .follow(before)
                .and_then(|()| messages.follow(after));
            assert_eq!(followed, expected, "split at {at}");
        }
        let mut messages = Messages::new(LIMIT);
        let one_by_one = bytes.chunks(1).try_for_each(|byte| messages.follow(byte));
        assert_eq!(one_by_one, expected);
    }
}

#[test]
fn a_frame_that_is_not_masked_is_followed_too() {
    let mut messages = Messages::new(5);

    assert_eq!(messages.follow(&[FIN | TEXT, 5, 1, 2, 3, 4, 5]), Ok(()));
    assert_eq!(
        messages.follow(&[FIN | TEXT, 6]),
        Err(MessageError::TooLong)
    );
}

#[test]
fn a_message_is_unfinished_until_its_last_byte() {
    let bytes = [frame(TEXT, 100), frame(FIN | PING, 5), frame(FIN, 10)].concat();
    let mut messages = Messages::new(LIMIT);
    let head = 2 + 4;
    let ping = head + 5;

    let mut rest = &bytes[..];
    for (name, sent, unfinished) in [
        ("before it", 0, 0),
        ("a half of its first frame", head + 50, 50),
        ("its first frame", 50, 100),
        ("a ping", ping, 100),
        ("a half of its last frame", head + 5, 105),
        ("all of it", 5, 0),
    ] {
        let (next, after) = rest.split_at(sent);
        messages.follow(next).unwrap();
        rest = after;
        assert_eq!(messages.unfinished_bytes(), unfinished, "{name}");
    }
}
