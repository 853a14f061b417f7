//! What is wrong with a server's certificate, and what to do.

use std::error::Error;

/// What is wrong with a server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateFault {
    /// It comes from an authority that is not trusted.
    UnknownAuthority,
    /// It has expired.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// It is for another name.
    OtherName,
    /// It is an authority's own certificate, not that of a server.
    Authority,
    /// Anything else.
    Unverifiable,
}

impl CertificateFault {
    /// The fault in words, to be printed after a colon.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownAuthority => "it comes from an authority that is not trusted here",
            Self::Expired => "it has expired",
            Self::NotYetValid => "it is not valid yet",
            Self::OtherName => "it is for another name",
            Self::Authority => "it is an authority's own certificate, not that of a server",
            Self::Unverifiable => "it cannot be verified",
        }
    }

    /// What to do about it.
    pub fn fix(self) -> &'static str {
        match self {
            Self::UnknownAuthority => {
                "Set `issuer.ca` to the file with the certificate of the issuer's authority, or \
                 install that certificate on this machine: `update-ca-certificates`."
            }
            Self::Expired | Self::NotYetValid => {
                "Renew the issuer's certificate. If it is new, check the clock of this machine."
            }
            Self::OtherName => "Write the issuer with the host name in its certificate.",
            Self::Authority => {
                "Configure the issuer to use a certificate for its own name, signed by that authority."
            }
            Self::Unverifiable => "Replace the issuer's certificate.",
        }
    }

    /// Recognizes the fault by the words of rustls, whose error is the innermost cause.
    pub(super) fn find(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut innermost = error;
        while let Some(cause) = innermost.source() {
            innermost = cause;
        }
        let innermost = innermost.to_string();
        let words = innermost.split_once("invalid peer certificate")?.1;
        let has = |word: &str| words.contains(word);
        Some(if has("UnknownIssuer") {
            Self::UnknownAuthority
        } else if has("xpired") || has("not valid after") {
            Self::Expired
        } else if has("NotValidYet") || has("not valid before") {
            Self::NotYetValid
        } else if has("not valid for") || has("NotValidForName") {
            Self::OtherName
        } else if has("CaUsedAsEndEntity") {
            Self::Authority
        } else {
            Self::Unverifiable
        })
    }
}
