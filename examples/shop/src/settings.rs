//! The shop's own settings: the table `[app]`.

use std::num::NonZeroU32;

use poem_resource_server::Secret;
use serde::{Deserialize, Serialize};

/// The table `[app]`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(default)]
pub struct Settings {
    /// The database: `sqlite:` and a file, or `postgres:` and a server. A secret, because it may
    /// hold a password.
    pub database_url: Secret,
    /// The maximum number of connections to the database.
    pub database_connections: NonZeroU32,
    /// What customers who are signed in pay less.
    pub member_discount: Percent,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            database_url: "sqlite://shop.db?mode=rwc".into(),
            database_connections: const { NonZeroU32::new(5).expect("5 is not 0") },
            member_discount: Percent(10),
        }
    }
}

/// A whole number from 0 to 100.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(try_from = "u8")]
pub struct Percent(u8);

impl Percent {
    /// What remains of `cents` without this part, rounded up.
    pub fn off(self, cents: i64) -> i64 {
        cents - cents * i64::from(self.0) / 100
    }
}

impl TryFrom<u8> for Percent {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        if number > 100 {
            return Err("must be from 0 to 100");
        }
        Ok(Self(number))
    }
}
