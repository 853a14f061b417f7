//! Whether a token must be bound to a key of its holder.

/// Whether a token must be bound to a key of its holder.
///
/// A bound token is never accepted without the proof that the caller has its key, whatever the rule
/// says.
///
/// RFC 9449 (DPoP), RFC 8705 (certificates).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Binding {
    /// Bearer tokens, and bound tokens with their proof.
    #[default]
    Either,
    /// Only bearer tokens.
    Bearer,
    /// Only bound tokens, with their proof.
    Required,
}

/// The kinds of tokens that all bindings together accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::guard) struct AcceptedBindings {
    pub(in crate::guard) bearer: bool,
    pub(in crate::guard) bound: bool,
}

impl AcceptedBindings {
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            bearer: self.bearer && other.bearer,
            bound: self.bound && other.bound,
        }
    }

    /// The schemes that callers send these tokens with. A token that is bound to a certificate is
    /// sent with `Bearer` (RFC 8705 section 3), if the API knows the certificates of its callers.
    pub(in crate::guard) fn schemes(self, certificates: Certificates) -> AcceptedSchemes {
        AcceptedSchemes {
            bearer: self.bearer || (self.bound && certificates == Certificates::Known),
            dpop: self.bound,
        }
    }

    pub(super) fn are_none(self) -> bool {
        !self.bearer && !self.bound
    }
}

/// The schemes of `Authorization` that an operation accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::guard) struct AcceptedSchemes {
    pub(in crate::guard) bearer: bool,
    pub(in crate::guard) dpop: bool,
}

/// Whether the API knows the certificates of its callers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Certificates {
    Known,
    #[default]
    Unknown,
}

impl Default for AcceptedBindings {
    fn default() -> Self {
        Binding::Either.into()
    }
}

impl From<Binding> for AcceptedBindings {
    fn from(binding: Binding) -> Self {
        Self {
            bearer: binding != Binding::Required,
            bound: binding != Binding::Bearer,
        }
    }
}
