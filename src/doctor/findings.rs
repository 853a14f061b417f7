//! What an examination found.

use serde::Serialize;

use crate::verifier::DEFAULT_ISSUER;

/// All findings, in the order of the examination.
#[derive(Debug, Default, Serialize)]
pub struct Diagnosis {
    name: String,
    issuer: String,
    findings: Vec<Finding>,
}

/// What one examination found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A word of [`EXAMINATIONS`].
    pub check: &'static str,
    /// Whether it is as it should be.
    pub status: Status,
    /// What was found.
    pub found: String,
    /// What to do; empty where nothing needs to be done.
    pub fix: String,
}

/// Whether something is as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is.
    Passed,
    /// The service works with it, but it could be better.
    Warned,
    /// The service does not work with it.
    Failed,
    /// It was not examined.
    Skipped,
}

/// Every examination: its name, what must be true, and what to do in general where it is not.
#[rustfmt::skip] // A row an examination.
pub const EXAMINATIONS: &[(&str, &str, &str)] = &[
    ("url", "The issuer is an https URL, or http on this machine.", "Write the issuer exactly as its own console shows it, as in https://example.okta.com/oauth2/default."),
    ("admin_domain", "The issuer is not Okta's administration console.", "Remove `-admin` from the domain."),
    ("org_server", "The issuer is not an Okta org authorization server, whose tokens only Okta can verify.", "Use a custom authorization server, as in /oauth2/default. If your org has none, see docs/introspection.md."),
    ("resolve", "The host name of the issuer has an address.", "Compare the name with the issuer's console. If it is right, check the name server of this machine."),
    ("connect", "The issuer answers in time.", "Check whether a firewall or a proxy blocks the connection. `issuer.connect_timeout` and `issuer.timeout` limit the wait."),
    ("tls", "The certificate comes from a trusted authority, is for this name, and is valid for at least three more weeks.", "Renew the certificate, or set `issuer.ca` to the file of its authority."),
    ("openid_configuration", "The issuer serves the OpenID Connect discovery document.", "Compare the issuer with what its own console shows, letter by letter."),
    ("server_id", "An Okta authorization server other than `default` is named by its id.", "Copy the Issuer URI from Security > API > Authorization Servers."),
    ("clock", "The clocks of the issuer and of this machine agree, within a quarter of `issuer.leeway`.", "Set the clock of this machine with NTP."),
    ("oauth_metadata", "The issuer serves the OAuth metadata of RFC 8414 too, which some clients need.", "Nothing, if your clients use the other document."),
    ("issuer", "The document names the issuer exactly as it is set.", "Set the issuer to exactly what the document names, if you trust it."),
    ("algorithms", "The issuer signs with an algorithm of `issuer.algorithms`.", "Configure the issuer to sign with RS256 or ES256, or add its algorithm to `issuer.algorithms`."),
    ("client_credentials", "The issuer offers the client-credentials grant, which programs use to call the API.", "Allow the grant in the rule of the access policy, if programs are to call the API."),
    ("bound_tokens", "The issuer's metadata says whether it binds tokens to a key (DPoP) or to a certificate. With a client: the issuer grants a bound token.", "Nothing, if your clients use bearer tokens. Otherwise allow DPoP for the client at the issuer."),
    ("encryption", "The service can decrypt the issuer's tokens, if the issuer encrypts them.", "Name the file of the private key in `issuer.decryption_keys`, or remove the encryption key at the issuer: see docs/encrypted.md."),
    ("jwks", "The issuer publishes a key that can be used, on a host that is allowed.", "Check which keys were left out, and why. `issuer.jwks_hosts` allows another host."),
    ("cache_lifetime", "The issuer says how long its keys may be cached.", "Nothing: the keys are cached for a time between `issuer.refresh_min` and `issuer.refresh_max` in any case."),
    ("introspection", "With `issuer.introspection.mode`: the issuer answers when the service asks about a token.", "Compare `issuer.introspection.client_id`, `issuer.introspection.auth` and the secret or key with the issuer's console. The client must be allowed to introspect tokens."),
    ("introspected", "With `--token`: the issuer reports the token as active, and the service accepts it.", "Check whether the client of `issuer.introspection.client_id` may introspect tokens that were issued to other clients."),
    ("token", "With a client: the issuer grants a token.", "Read the issuer's error description. The issuer's log may contain more."),
    ("accepted", "The service accepts this token.", "Look up the reason in docs/reasons.md."),
];

impl Diagnosis {
    pub(super) fn new(name: &str, issuer: &str) -> Self {
        Self {
            name: name.to_owned(),
            issuer: shown(issuer),
            findings: Vec::new(),
        }
    }

    /// The name of the issuer in the settings.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The issuer as it may be shown, without a password.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What was found, in the order of the examination.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The conclusion: a sentence if nothing failed, an error message otherwise.
    pub fn conclusion(&self) -> &'static str {
        let has = |check: &str, status| {
            let mut findings = self.findings.iter();
            findings.any(|it| it.check == check && it.status == status)
        };
        let is_about_client =
            |finding: &Finding| finding.status != Status::Failed || finding.check == "token";
        if self.is_healthy() && self.findings.iter().any(|it| it.status == Status::Warned) {
            "The service can work with this issuer; the warnings above are no obstacle."
        } else if self.is_healthy() && has("accepted", Status::Passed) {
            "All is well: the issuer grants a token, and the service accepts it."
        } else if self.is_healthy() {
            "All is well: the service can verify the tokens of this issuer."
        } else if self.findings.iter().all(is_about_client) {
            "the service can verify the tokens of this issuer, but the client gets none"
        } else if has("accepted", Status::Failed) {
            "the service refuses the token that the issuer grants to this client"
        } else {
            "the service cannot work with this issuer"
        }
    }

    /// Whether nothing failed.
    pub fn is_healthy(&self) -> bool {
        let mut findings = self.findings.iter();
        findings.all(|finding| finding.status != Status::Failed)
    }

    pub(super) fn passed(&mut self, check: &'static str, found: &str) {
        self.add(check, Status::Passed, found, "");
    }

    pub(super) fn warned(&mut self, check: &'static str, found: &str) {
        self.add(check, Status::Warned, found, general_fix(check));
    }

    pub(super) fn failed(&mut self, check: &'static str, found: &str, fix: &str) {
        let fix = if fix.is_empty() {
            general_fix(check)
        } else {
            fix
        };
        self.add(check, Status::Failed, found, fix);
    }

    pub(super) fn skipped(&mut self, check: &'static str, why: &str) {
        self.add(check, Status::Skipped, why, "");
    }

    /// Removes a finding that was premature.
    pub(super) fn forget(&mut self, check: &str) {
        self.findings.retain(|finding| finding.check != check);
    }

    /// Marks every examination that was not reached.
    pub(super) fn skip_the_rest(&mut self) {
        for (check, ..) in EXAMINATIONS {
            let is_known = self.findings.iter().any(|finding| finding.check == *check);
            if !is_known && !SPECIAL.contains(check) {
                self.skipped(check, NOT_REACHED);
            }
        }
        let place = |finding: &Finding| EXAMINATIONS.iter().position(|row| row.0 == finding.check);
        self.findings.sort_by_key(place);
    }

    fn add(&mut self, check: &'static str, status: Status, found: &str, fix: &str) {
        self.findings.push(Finding {
            check,
            status,
            found: with_own_keys(&self.name, &printable(found)),
            fix: with_own_keys(&self.name, fix),
        });
    }
}

/// The sentence with the keys of the issuer of this name in place of those of the issuer `default` and
/// of `issuers.<name>`.
pub(crate) fn with_own_keys(name: &str, sentence: &str) -> String {
    let sentence = sentence.replace("`issuer.url` or `issuers.<name>.url`", "`issuer.url`");
    if name == DEFAULT_ISSUER {
        // `[issuers.default]` has only the keys that `[issuer]` does not have.
        let keys = OWN_KEYS.iter().filter_map(|it| it.strip_prefix("issuer."));
        return keys
            .fold(sentence, |it, key| {
                it.replace(
                    &format!("`issuers.<name>.{key}`"),
                    &format!("`issuer.{key}`"),
                )
            })
            .replace("`issuers.<name>.", "`issuers.default.");
    }
    let own = |sentence: String, key: &str| {
        let (section, last) = key.split_once('.').unwrap_or((key, ""));
        let (section, last) = match (section, last) {
            ("issuer", "audience") => (format!("issuers.{name}"), "audiences"),
            ("issuer", last) => (format!("issuers.{name}"), last),
            (section, last) => (format!("issuers.{name}.{section}"), last),
        };
        sentence.replace(&format!("`{key}`"), &format!("`{section}.{last}`"))
    };
    OWN_KEYS
        .iter()
        .fold(sentence, |it, key| own(it, key))
        .replace("`issuers.<name>.", &format!("`issuers.{name}."))
}

/// The keys that every issuer has for itself.
const OWN_KEYS: [&str; 21] = [
    "issuer.url",
    "issuer.audience",
    "issuer.leeway",
    "issuer.algorithms",
    "issuer.token_types",
    "issuer.jwks_hosts",
    "issuer.decryption_keys",
    "issuer.introspection.mode",
    "issuer.introspection.client_id",
    "issuer.introspection.auth",
    "issuer.introspection.max_calls",
    "issuer.introspection.max_age",
    "issuer.introspection.url",
    "issuer.introspection.prefix",
    "issuer.introspection.min_length",
    "issuer.introspection.max_length",
    "client.auth",
    "client.secret",
    "client.resource",
    "client.audience",
    "client.token_hosts",
];

/// Why something was skipped that depends on what failed.
pub const NOT_REACHED: &str = "something before it failed";

/// Shown only where they failed.
const SPECIAL: [&str; 5] = [
    "admin_domain",
    "org_server",
    "server_id",
    "introspection",
    "introspected",
];

fn general_fix(check: &str) -> &'static str {
    let row = EXAMINATIONS.iter().find(|(word, ..)| *word == check);
    row.map_or("", |(_, _, fix)| fix)
}

/// An issuer as it was given, without a user name and a password.
pub(super) fn shown(issuer: &str) -> String {
    let text = printable(issuer);
    match (text.find("://"), text.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => {
            format!("{}********{}", &text[..scheme + 3], &text[at..])
        }
        _ => text,
    }
}

/// What an issuer sends is printed on a terminal: without control characters and characters that
/// reverse the direction of text, and of bounded length.
pub(super) fn printable(text: &str) -> String {
    let turns = |letter| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let letters = text
        .chars()
        .filter(|letter| !letter.is_control() && !turns(*letter));
    letters.take(MAX_SHOWN).collect()
}

const MAX_SHOWN: usize = 500;

#[cfg(test)]
mod tests;
