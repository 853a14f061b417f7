//! An issuer as the document describes it.

use std::sync::Arc;

use crate::issuer::Metadata;
use crate::verifier::TrustedIssuer;

/// An issuer as the document describes it.
#[derive(Debug, Clone)]
pub(crate) struct DescribedIssuer {
    /// Its name in the settings.
    pub(crate) name: String,
    /// The identifier that its tokens have in `iss`.
    pub(crate) identifier: String,
    /// Its metadata, once it is known.
    pub(crate) metadata: Option<Arc<Metadata>>,
    /// Whether its schemes have the plain names.
    is_first: bool,
}

impl DescribedIssuer {
    /// These issuers, in their order.
    pub(crate) fn list(issuers: &[Arc<TrustedIssuer>]) -> Vec<Self> {
        let issuers = issuers.iter().enumerate();
        issuers
            .map(|(position, issuer)| Self {
                name: issuer.name().to_owned(),
                identifier: issuer.identifier().to_owned(),
                metadata: issuer.metadata(),
                is_first: position == 0,
            })
            .collect()
    }

    /// The name of one of its security schemes. Those of the first issuer have the plain name, and
    /// those of the others end with the name of the issuer.
    pub(crate) fn scheme(&self, plain: &str) -> String {
        if self.is_first {
            plain.to_owned()
        } else {
            format!("{plain}-{}", self.name)
        }
    }

    /// Whether a document with `before` describes these issuers. An issuer whose keys have become
    /// too old keeps its sign-in.
    pub(crate) fn are_described(before: &[Self], now: &[Self]) -> bool {
        let is_described = |(before, now): (&Self, &Self)| {
            before.identifier == now.identifier
                && match (&before.metadata, &now.metadata) {
                    (Some(before), Some(now)) => Arc::ptr_eq(before, now),
                    (_, None) => true,
                    (None, Some(_)) => false,
                }
        };
        before.len() == now.len() && before.iter().zip(now).all(is_described)
    }
}
