//! What an examination found.

use serde::Serialize;

/// All findings, in the order of the examination.
#[derive(Debug, Default, Serialize)]
pub struct Diagnosis {
    issuer: String,
    findings: Vec<Finding>,
}

/// What one look showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A word of [`EXAMINATIONS`].
    pub check: &'static str,
    /// How it is.
    pub status: Status,
    /// What was found.
    pub found: String,
    /// What to do; nothing where nothing is to be done.
    pub fix: String,
}

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As it should be.
    Passed,
    /// It will do, and could be better.
    Warned,
    /// The service will not work with it.
    Failed,
    /// Not looked at.
    Skipped,
}

/// Every look there is: its word, what must be so, and what to do in general where it is not.
#[rustfmt::skip] // A row a look.
pub const EXAMINATIONS: &[(&str, &str, &str)] = &[
    ("url", "The issuer is an https URL, or http on this machine.", "Write it as the issuer does, as in https://example.okta.com/oauth2/default."),
    ("admin_domain", "It is not Okta's administration console.", "Leave `-admin` out of the domain."),
    ("org_server", "It is no Okta org authorization server, whose tokens only Okta can verify.", "Use a custom authorization server, as /oauth2/default."),
    ("resolve", "Its name has an address.", "Compare the name with the issuer's; ask the name server of this machine for it."),
    ("connect", "It answers in time.", "See whether a firewall or a proxy stands between; `issuer.connect_timeout` and `issuer.timeout` say how long is waited."),
    ("tls", "Its certificate is by somebody this machine trusts, for this name, and lasts.", "Have the certificate renewed, or install its authority's: `update-ca-certificates`."),
    ("openid_configuration", "It serves the OpenID Connect discovery document.", "Compare the issuer with what its own console shows, to the letter."),
    ("server_id", "An Okta authorization server other than `default` is named by its id.", "Take the Issuer URI from Security > API > Authorization Servers."),
    ("clock", "Its clock and ours agree, within a quarter of `issuer.leeway`.", "Have this machine's clock set by NTP."),
    ("oauth_metadata", "It serves the OAuth metadata of RFC 8414 too, which clients look for.", "Nothing, if your clients use the other document."),
    ("issuer", "The document names the issuer as it is set, to the byte.", "Set the issuer to exactly what the document names, if you trust it."),
    ("algorithms", "It signs with an algorithm that is allowed.", "Have it sign with RS256 or ES256."),
    ("client_credentials", "It offers the client-credentials grant, for callers that are programs.", "Allow the grant in the access policy's rule, if programs are to call."),
    ("jwks", "It serves a key that can be used, from a host that is allowed.", "See what was left out, and why; `issuer.jwks_hosts` allows another host."),
    ("cache_lifetime", "It says how long its keys may be kept.", "Nothing: between `issuer.refresh_min` and `issuer.refresh_max` they are kept anyhow."),
    ("token", "With a client: it grants a token.", "See the issuer's words; its log has more."),
    ("accepted", "The token would be accepted here.", "See the reason in docs/reasons.md."),
];

impl Diagnosis {
    pub(super) fn of(issuer: &str) -> Self {
        Self {
            issuer: shown(issuer),
            findings: Vec::new(),
        }
    }

    /// The issuer as it may be shown: without a password.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What was found, in the order of the examination.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
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

    /// Takes back what was said too early.
    pub(super) fn forget(&mut self, check: &str) {
        self.findings.retain(|finding| finding.check != check);
    }

    /// Says of all that was not come to that it was not.
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
            found: printable(found),
            fix: fix.to_owned(),
        });
    }
}

/// Why something was skipped that stands on what failed.
pub const NOT_REACHED: &str = "something before it failed";

/// Shown where they are the trouble alone.
const SPECIAL: [&str; 3] = ["admin_domain", "org_server", "server_id"];

fn general_fix(check: &str) -> &'static str {
    let row = EXAMINATIONS.iter().find(|(word, ..)| *word == check);
    row.map_or("", |(_, _, fix)| fix)
}

/// An issuer as it was written, which may be anything: without a user and a password.
pub(super) fn shown(issuer: &str) -> String {
    let text = printable(issuer);
    match (text.find("://"), text.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => {
            format!("{}********{}", &text[..scheme + 3], &text[at..])
        }
        _ => text,
    }
}

/// What an issuer says ends up on a terminal, and must neither move, turn nor fill it.
pub(super) fn printable(text: &str) -> String {
    let turns = |letter| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let letters = text
        .chars()
        .filter(|letter| !letter.is_control() && !turns(*letter));
    letters.take(MAX_SHOWN).collect()
}

const MAX_SHOWN: usize = 500;
