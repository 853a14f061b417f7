//! The options for the client that requests a token.

use clap::Args;

/// The client that requests a token, and what it requests.
#[derive(Args)]
pub(crate) struct ClientOptions {
    /// The name of the issuer in the settings, if there are several [default: `default`, or the
    /// only one; `doctor` and `check` use all of them]
    #[arg(long, value_name = "NAME")]
    pub(crate) issuer_name: Option<String>,
    /// The client's id (`client.id`)
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(super) client_id: Option<String>,
    /// The client's secret (`client.secret`). Other users of this machine can see a flag. Set the
    /// variable `RESOURCE_SERVER_CLIENT__SECRET` instead
    #[arg(long, value_name = "SECRET", allow_hyphen_values = true)]
    pub(super) client_secret: Option<String>,
    /// How the client secret is sent (`client.auth`): `client_secret_basic` or
    /// `client_secret_post` [else: as the issuer's metadata says]
    #[arg(long, value_name = "METHOD")]
    pub(super) client_auth: Option<String>,
    /// An API that the token is for, as an absolute URI (`client.resource`, RFC 8707); may be
    /// repeated
    #[arg(long, value_name = "URI")]
    pub(super) resource: Vec<String>,
    /// The parameter `audience` of the token request (`client.audience`)
    #[arg(long, value_name = "TEXT")]
    pub(super) client_audience: Option<String>,
}
