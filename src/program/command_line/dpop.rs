//! The options for tokens that are bound to a key, and for DPoP proofs (RFC 9449).

use std::path::PathBuf;

use clap::Args;

/// Whether a token is requested for a key.
#[derive(Args)]
pub(crate) struct DpopOptions {
    /// Request a token that is bound to a key (DPoP, RFC 9449)
    #[arg(long)]
    pub(crate) dpop: bool,
    #[command(flatten)]
    pub(crate) key: KeyOptions,
}

impl DpopOptions {
    /// Whether a bound token is wanted: a key implies it.
    pub(crate) fn is_wanted(&self) -> bool {
        self.dpop || self.key.key.is_some()
    }
}

/// The key that tokens are bound to.
#[derive(Args)]
pub(crate) struct KeyOptions {
    /// The file of the key, which is created if it does not exist (PEM, PKCS #8, P-256) [default:
    /// poem-resource-server/dpop-key.pem in `XDG_STATE_HOME` or ~/.local/state]
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct ProofOptions {
    /// The method of the request, such as GET
    pub(crate) method: String,
    /// The URL of the request. The proof does not contain its query
    pub(crate) url: String,
    /// The token of the request, `@FILE`, or `-` for standard input [default: none, for a token
    /// request]
    #[arg(long, value_name = "TOKEN", allow_hyphen_values = true)]
    pub(crate) token: Option<String>,
    /// The nonce of the last response, from its header `DPoP-Nonce`
    // Servers choose nonces, and base64url may begin with `-`. So may an opaque token.
    #[arg(long, value_name = "NONCE", allow_hyphen_values = true)]
    pub(crate) nonce: Option<String>,
    #[command(flatten)]
    pub(crate) key: ProofKeyOptions,
}

/// The key that signs a proof.
#[derive(Args)]
pub(crate) struct ProofKeyOptions {
    /// The file of the key (PEM, PKCS #8, P-256). With --token it must exist, because the token is
    /// bound to it. Without, it is created if it does not exist [default:
    /// poem-resource-server/dpop-key.pem in `XDG_STATE_HOME` or ~/.local/state]
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
}

/// A proof to explain, and the request that it is for.
#[derive(Args)]
pub(crate) struct GivenProof {
    /// The DPoP proof that was sent with the token, or `@FILE`
    #[arg(long, value_name = "PROOF", requires_all = ["method", "url"])]
    pub(crate) proof: Option<String>,
    /// With --proof: the method of the request
    #[arg(long, value_name = "METHOD", requires = "proof")]
    pub(crate) method: Option<String>,
    /// With --proof: the URL of the request, as the caller uses it
    #[arg(long, value_name = "URL", requires = "proof")]
    pub(crate) url: Option<String>,
    /// With --proof: the nonce that the API requires
    #[arg(
        long,
        value_name = "NONCE",
        requires = "proof",
        allow_hyphen_values = true
    )]
    pub(crate) nonce: Option<String>,
}
