//! `[issuer] introspection.*` and `issuers.<name>.introspection.*`: how tokens of an issuer are
//! introspected.

use std::fs::File;
use std::io::Read;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use figment::value::Value;
use url::Url;

use super::client::{authentication, secret};
use crate::issuer::{
    AssertionAudience, AssertionKey, ClientAuthentication, ClientProof, IntrospectionMode,
    IntrospectionPolicy, is_loopback,
};
use crate::service::config::placeholder;
use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::secret::Secret;
use crate::service::config::value;

/// The settings of one issuer. What is `None` or empty is not set.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct IntrospectionConfig {
    /// Which tokens are introspected; `None` for none.
    pub mode: Option<IntrospectionMode>,
    url: Option<Url>,
    client_id: Option<String>,
    client_secret: Option<Secret>,
    client_key: Option<Arc<AssertionKey>>,
    auth: Option<Method>,
    assertion_audience: AssertionAudience,
    max_age: Option<Duration>,
    max_calls: Option<NonZeroU32>,
    max_calls_at_once: Option<NonZeroU32>,
    prefix: String,
    min_length: Option<u32>,
    max_length: Option<u32>,
    signed: bool,
    key_file: Option<String>,
    key_id: Option<String>,
    /// The settings, if they are complete.
    policy: Option<IntrospectionPolicy>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Secret(ClientAuthentication),
    Key,
}

impl IntrospectionConfig {
    /// How tokens are introspected; `None` if they are not.
    pub fn policy(&self) -> Option<&IntrospectionPolicy> {
        self.policy.as_ref()
    }

    /// The settings below this section.
    pub(super) fn read(reader: &mut Reader<'_>, section: &str) -> Self {
        let mut config = Self::default();
        for (key, value) in reader.below(section) {
            let setting = key.segments().last().map_or("", String::as_str);
            if let Err(fault) = config.set(setting, value) {
                reader.note(key, fault, value);
            }
        }
        config.complete(reader, section);
        config
    }

    fn set(&mut self, setting: &str, value: &Value) -> Result<(), Fault> {
        if value.as_str() == Some("") {
            return Ok(());
        }
        match setting {
            "mode" => self.mode = mode(value)?,
            "url" => self.url = Some(url(value)?),
            "client_id" => self.client_id = Some(placeholder::filled_in(value)?),
            "client_secret" => self.client_secret = Some(secret(value)?),
            "client_key" => self.key_file = Some(value::filled_text(value)?),
            "client_key_id" => self.key_id = Some(value::filled_text(value)?),
            "auth" => self.auth = Some(method(value)?),
            "assertion_audience" => self.assertion_audience = audience(value)?,
            "max_age" => self.max_age = Some(value::duration(value, &MAX_AGE)?),
            "max_calls" => self.max_calls = Some(calls(value)?),
            "max_calls_at_once" => self.max_calls_at_once = Some(calls(value)?),
            "prefix" => self.prefix = prefix(value)?,
            "min_length" => self.min_length = Some(value::number(value, LENGTHS)?),
            "max_length" => self.max_length = Some(value::number(value, LENGTHS)?),
            "signed" => self.signed = value::boolean(value)?,
            _ => {}
        }
        Ok(())
    }

    /// Checks the settings against each other, and makes the policy of them.
    fn complete(&mut self, reader: &mut Reader<'_>, section: &str) {
        let Some(mode) = self.mode else {
            return;
        };
        let key = |last: &str| format!("{section}.{last}");
        let mut conflict = |last: &str, fault: Fault| {
            let (key, other) = (key(last), key("mode"));
            reader.note_conflict(&key, &[&other], fault);
        };
        if let Some(file) = &self.key_file {
            match read_key(file) {
                Ok(read) => {
                    let named = match &self.key_id {
                        Some(key_id) => read.with_key_id(key_id),
                        None => read,
                    };
                    self.client_key = Some(Arc::new(named));
                }
                Err(fault) => return conflict("client_key", fault.found(file)),
            }
        }
        let Some(client_id) = self.client_id.clone() else {
            let fault = Fault::new("must be set, because tokens are introspected").found("");
            return conflict(
                "client_id",
                fault.fix("register a confidential client at the issuer and write its id"),
            );
        };
        let proof = match self.proof() {
            Ok(proof) => proof,
            Err((last, fault)) => return conflict(last, fault),
        };
        let lengths = self.min_length.unwrap_or(16)..=self.max_length.unwrap_or(2048);
        if lengths.is_empty() {
            let other = key("max_length");
            let fault = Fault::new(format!("must not be greater than `{other}`"));
            return conflict("min_length", fault.fix("write a smaller number"));
        }
        let mut policy = IntrospectionPolicy::new(mode, client_id, proof)
            .with_prefix(self.prefix.clone())
            .with_lengths(*lengths.start() as usize..=*lengths.end() as usize);
        policy.url.clone_from(&self.url);
        policy.signed = self.signed;
        policy.max_age = self.max_age.unwrap_or(policy.max_age);
        policy.max_calls = self.max_calls.unwrap_or(policy.max_calls);
        policy.max_calls_at_once = self.max_calls_at_once.unwrap_or(policy.max_calls_at_once);
        self.policy = Some(policy);
    }

    /// How the client authenticates. Without `auth`, the key or the secret decides.
    fn proof(&self) -> Result<ClientProof, (&'static str, Fault)> {
        let secret = self.client_secret.as_ref().map(|it| it.reveal().to_owned());
        let both = secret.is_some() && self.client_key.is_some();
        match (self.auth, secret, &self.client_key) {
            (None, ..) if both => Err((
                "auth",
                Fault::new("must be set, because there are a secret and a key")
                    .found("")
                    .fix("write the method, or remove the secret or the key"),
            )),
            (Some(Method::Key) | None, _, Some(key)) => Ok(ClientProof::PrivateKeyJwt {
                key: key.clone(),
                audience: self.assertion_audience,
            }),
            (Some(Method::Secret(ClientAuthentication::Post)), Some(secret), _) => {
                Ok(ClientProof::Post(secret))
            }
            (Some(Method::Secret(_)) | None, Some(secret), _) => Ok(ClientProof::Basic(secret)),
            (Some(Method::Key), _, None) => Err((
                "client_key",
                Fault::new("must be set for \"private_key_jwt\"")
                    .found("")
                    .fix("name the file of the private key, in PEM form or as a JSON Web Key"),
            )),
            (_, None, _) => Err((
                "client_secret",
                Fault::new("must be set, because tokens are introspected")
                    .found("")
                    .fix("set the client's secret in a file or a variable, or set `client_key`"),
            )),
        }
    }
}

fn mode(value: &Value) -> Result<Option<IntrospectionMode>, Fault> {
    match value.as_str() {
        Some("off") => Ok(None),
        Some("opaque") => Ok(Some(IntrospectionMode::Opaque)),
        Some("always") => Ok(Some(IntrospectionMode::Always)),
        _ => Err(Fault::new("must be `off`, `opaque` or `always`").fix("write one of the three")),
    }
}

/// Credentials are sent to it, so it is https, or http on this machine.
fn url(value: &Value) -> Result<Url, Fault> {
    let example = "write it as in \"https://id.example.com/oauth2/v1/introspect\"";
    let url = value::web_url(value, example)?;
    if url.scheme() == "https" || is_loopback(&url) {
        return Ok(url);
    }
    Err(Fault::new("must be https").fix(example))
}

fn method(value: &Value) -> Result<Method, Fault> {
    if value.as_str() == Some("private_key_jwt") {
        return Ok(Method::Key);
    }
    authentication(value).map(Method::Secret).map_err(|_| {
        Fault::new("must be a method of client authentication")
            .fix("write \"client_secret_basic\", \"client_secret_post\" or \"private_key_jwt\"")
    })
}

fn audience(value: &Value) -> Result<AssertionAudience, Fault> {
    match value.as_str() {
        Some("endpoint") => Ok(AssertionAudience::Endpoint),
        Some("issuer") => Ok(AssertionAudience::Issuer),
        _ => Err(Fault::new("must be `endpoint` or `issuer`").fix("write one of the two")),
    }
}

fn calls(value: &Value) -> Result<NonZeroU32, Fault> {
    let number = value::number(value, MAX_CALLS)?;
    Ok(NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN))
}

/// What a token can begin with.
fn prefix(value: &Value) -> Result<String, Fault> {
    let prefix = value::filled_text(value)?;
    let is_sent = |it: char| it.is_ascii_alphanumeric() || "-._~+/".contains(it);
    if prefix.chars().all(is_sent) {
        return Ok(prefix);
    }
    Err(
        Fault::new("must consist of characters that a token can have")
            .fix("write the beginning of the tokens, with letters, digits and - . _ ~ + /"),
    )
}

fn read_key(path: &str) -> Result<AssertionKey, Fault> {
    let mut text = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_KEY_BYTES).read_to_end(&mut text));
    if let Err(error) = read {
        let fault = Fault::new(format!("names a file that cannot be read ({error})"));
        return Err(fault.fix("name a file that this user can read"));
    }
    AssertionKey::parse(&text).map_err(|error| {
        Fault::new(format!("names a file that is not usable: {error}"))
            .fix("name a file with the private key of the client, in PEM form or as a JSON Web Key")
    })
}

/// A revoked token is accepted for this long at most, so a longer time makes no sense.
const MAX_AGE: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(60 * 60);
const MAX_CALLS: RangeInclusive<u32> = 1..=10_000;
/// RFC 6750 sets no limit. A longer token is refused in any case.
const LENGTHS: RangeInclusive<u32> = 1..=8192;
const MAX_KEY_BYTES: u64 = 64 * 1024;
