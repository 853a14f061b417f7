//! Floor 2: the requests to an issuer, and their schedule.
//!
//! Every request that leaves this process passes [`fetch`](Fetch): https only, no
//! redirects, deadlines, a maximum size of the body. It serves the issuer's [`Metadata`]
//! and its keys as [`RemoteKeySet`], which verifiers read without waiting, and asks it about
//! tokens that keys cannot verify ([`IntrospectionPolicy`]).

mod error;
mod fetch;
#[cfg(feature = "service")]
mod grant;
mod identifier;
mod introspection;
mod key_set;
mod loopback;
mod metadata;
#[cfg(any(feature = "service", feature = "dev"))]
mod proof_maker;

pub use error::DiscoveryError;
pub use fetch::{
    Authorities, AuthoritiesError, CertificateFault, EndOfExchange, ExchangeObserver, Fetch,
    FetchError, FetchPolicy, FetchedDocument, MAX_BODY_BYTES, TransportError,
};
// The commands of the program request tokens with it, and the tests of `doctor` do.
#[cfg(feature = "service")]
#[doc(hidden)]
pub use grant::{
    ClientAuthentication, ClientCredentials, GRANT_ERRORS, GrantError, GrantedToken,
    RevocationError,
};
pub use identifier::{Issuer, IssuerError};
#[cfg(feature = "service")]
pub(crate) use introspection::IntrospectionStatus;
pub use introspection::{
    AssertionAudience, AssertionKey, AssertionKeyError, ClientProof, IntrospectionMode,
    IntrospectionPolicy,
};
pub(crate) use introspection::{Budget, CallResult, Health, IntrospectionEndpoint, NoAnswer};
pub use key_set::{Attempts, KeySetStatus, RefreshPolicy, RemoteKeySet};
#[cfg(feature = "service")]
pub(crate) use loopback::{is_loopback, names_loopback};
pub use metadata::Metadata;
pub(crate) use metadata::OrgServer;
#[cfg(feature = "service")]
pub(crate) use metadata::explain;
#[cfg(any(feature = "service", feature = "dev"))]
pub use proof_maker::{NewProof, ProofMaker};
