//! Content codings: how a file is compressed, and which coding a caller accepts.
//!
//! There is only gzip, which every browser supports. Brotli would save a tenth more, and need
//! 30 MiB to compress the documents at startup.

use std::io::{Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

/// A content coding (RFC 9110 section 8.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Identity,
}

impl Coding {
    /// The smallest first.
    pub(super) const ALL: [Self; 2] = [Self::Gzip, Self::Identity];

    /// The value of `Content-Encoding`.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// The end of its tag, which differs from that of the other codings.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Gzip => "-gzip",
            Self::Identity => "",
        }
    }

    pub(super) fn encode(self, bytes: &Bytes) -> Bytes {
        match self {
            Self::Gzip => gzip(bytes),
            Self::Identity => bytes.clone(),
        }
    }

    /// The one of `offered` that the caller prefers, and of equals the earlier one. A caller
    /// that accepts none, or sends no preference, gets the plain file.
    ///
    /// RFC 9110 section 12.5.3.
    pub(super) fn choose(offered: &[Self], headers: &HeaderMap) -> Self {
        let wanted = Wanted::read(headers);
        let mut best = (Self::Identity, 0);
        for coding in offered {
            let weight = wanted.weight(*coding);
            if weight > best.1 {
                best = (*coding, weight);
            }
        }
        best.0
    }
}

/// `Accept-Encoding`: names and their weights in thousandths.
struct Wanted(Vec<(String, u32)>);

impl Wanted {
    fn read(headers: &HeaderMap) -> Self {
        let items = headers
            .get_all(ACCEPT_ENCODING)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','));
        let weighed = items.map(|item| {
            let (name, weight) = item.split_once(';').unwrap_or((item, "q=1"));
            let weight = weight.trim().strip_prefix("q=").map(str::parse::<f64>);
            // An unreadable weight counts as 0.
            let weight = weight.and_then(Result::ok).unwrap_or(0.0).clamp(0.0, 1.0);
            (name.trim().to_ascii_lowercase(), thousandths(weight))
        });
        Self(weighed.collect())
    }

    fn weight(&self, coding: Coding) -> u32 {
        let name = coding.name().unwrap_or("identity");
        let find = |name| self.0.iter().find(|(it, _)| it == name);
        match find(name).or_else(|| find("*")) {
            Some((_, weight)) => *weight,
            // The plain file is always acceptable, and comes last.
            None => u32::from(coding == Coding::Identity),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 0 to 1000"
)]
fn thousandths(weight: f64) -> u32 {
    (weight * 1000.0).round() as u32
}

fn gzip(bytes: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(GZIP_LEVEL));
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("memory takes every byte").into()
}

/// The plain file of bytes that were compressed when they were added to the crate.
pub(super) fn gunzip(bytes: &[u8]) -> Bytes {
    let mut text = Vec::new();
    let read = GzDecoder::new(bytes).read_to_end(&mut text);
    read.expect("what was compressed whole");
    text.into()
}

/// Level 9 saves only a thousandth more.
const GZIP_LEVEL: u32 = 6;
