//! Types that refuse what their deserializer accepted.

use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(try_from = "u32")]
pub(super) struct Even(pub(super) u32);

/// Refuses by itself what it has read.
#[derive(Debug, Default, Serialize)]
pub(super) struct Small(u8);

impl<'de> Deserialize<'de> for Small {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            number @ 0..=9 => Ok(Self(number)),
            number => Err(serde::de::Error::invalid_value(
                serde::de::Unexpected::Unsigned(number.into()),
                &"a digit",
            )),
        }
    }
}

impl TryFrom<u32> for Even {
    type Error = &'static str;

    fn try_from(number: u32) -> Result<Self, Self::Error> {
        match number % 2 {
            0 => Ok(Self(number)),
            _ => Err("must be even"),
        }
    }
}
