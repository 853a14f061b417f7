//! `[decryption]`, and `decryption_keys` of an issuer: how encrypted tokens are decrypted.

use std::fs::File;
use std::io::Read;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use figment::value::Value;

use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::value;
use crate::token::DecryptionKey;

/// How many tokens are decrypted.
#[derive(Debug, Clone)]
pub struct DecryptionConfig {
    /// The maximum number of new encrypted tokens per second.
    pub max_tokens: NonZeroU32,
}

impl DecryptionConfig {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        let max_tokens = |it: &Value| {
            let number = value::number(it, MAX_TOKENS)?;
            Ok(NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN))
        };
        Self {
            max_tokens: reader.read("decryption.max_tokens", max_tokens),
        }
    }
}

/// The keys of the files. They are read at each load.
pub(super) fn keys(value: &Value) -> Result<Vec<Arc<DecryptionKey>>, Fault> {
    let files = value::list(value, &[','])?;
    value::each(&files, |file| {
        let key = read_key(file).map_err(|fault| fault.found(file));
        key.map(Arc::new)
    })
}

fn read_key(path: &str) -> Result<DecryptionKey, Fault> {
    let (text, mode) = read(path).map_err(|error| {
        let fault = Fault::new(format!("names a file that cannot be read ({error})"));
        fault.fix("name a file that exists and that this user can read")
    })?;
    let key = DecryptionKey::parse(&text).map_err(|error| {
        Fault::new(format!("names a file that is not usable: {error}")).fix(
            "name a file with the private RSA key whose public half the issuer has, in PEM form or \
             as a JSON Web Key",
        )
    })?;
    if mode & OTHER_USERS != 0 {
        let what =
            format!("names a file that every user of this machine can access (mode {mode:03o})");
        return Err(Fault::new(what).fix(
            "run `chmod o= FILE`, or set `defaultMode: 0440` for a volume of Kubernetes. If others may \
             have read the key, replace it at the issuer",
        ));
    }
    Ok(key)
}

/// The content of a file and its permissions.
fn read(path: &str) -> std::io::Result<(Vec<u8>, u32)> {
    let metadata = std::fs::metadata(path)?;
    // A pipe would make the start wait.
    if !metadata.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    let file = File::open(path)?;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    let mut text = Vec::new();
    file.take(MAX_KEY_BYTES).read_to_end(&mut text)?;
    Ok((text, mode))
}

const MAX_TOKENS: RangeInclusive<u32> = 1..=10_000;
/// A larger file is not a key.
const MAX_KEY_BYTES: u64 = 64 * 1024;
/// The permissions of users that are neither the owner nor in the group. In containers, the group
/// often reads secrets.
const OTHER_USERS: u32 = 0o007;
