//! The options of `check`.

use clap::{Args, ValueEnum};

use super::client::ClientOptions;
use super::dpop::DpopOptions;

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct CheckOptions {
    /// The URL of the API; requests go only to this host and to the issuer
    #[arg(long, required_unless_present = "list")]
    pub(crate) url: Option<String>,
    /// Send tokens over plain http to another machine, where others can read them
    #[arg(long)]
    pub(crate) plain_http: bool,
    /// The OpenAPI document, a URL or a file [default: searched below the URL]
    #[arg(long, value_name = "URL|FILE")]
    pub(crate) spec: Option<String>,
    /// Without a document: an operation that requires a token. The option may be repeated
    #[arg(long, value_name = "\"GET /PATH\"", conflicts_with = "spec")]
    pub(crate) operation: Vec<String>,
    /// With --operation: an operation that requires no token; may be repeated
    #[arg(long, value_name = "\"GET /PATH\"", requires = "operation")]
    pub(crate) anonymous: Vec<String>,
    /// Leave out an operation of the document; may be repeated
    ///
    /// The report names it, and the verdict does not include it.
    #[arg(long, value_name = "\"GET /PATH\"")]
    pub(crate) skip: Vec<String>,
    /// The value of a parameter in the path, the query or a header; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) param: Vec<String>,
    /// Sign all valid and invalid tokens with the embedded issuer, for an API that trusts it
    ///
    /// The issuer of a running service of profile dev is used. If there is none, the check runs
    /// the issuer itself, at the address of `dev.listen`.
    #[arg(long, conflicts_with_all = ["token", "refuse", "client_id", "client_secret"])]
    pub(crate) with_embedded_issuer: bool,
    /// With the embedded issuer: a claim of good tokens, as JSON or as text; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) claim: Vec<String>,
    /// A good token, `@FILE`, or `-` for standard input [default: `OKTA_TOKEN`, then
    /// client credentials]; may be repeated
    ///
    /// With several issuers, give a token of each, with the name of its issuer: `NAME=@FILE` or
    /// `NAME=TOKEN`.
    ///
    /// The command cannot read an opaque token. If it is bound to a key (DPoP), add --dpop, and --key
    /// if its key is not in the default file.
    #[arg(long, value_name = "[NAME=]TOKEN", allow_hyphen_values = true)]
    pub(crate) token: Vec<String>,
    /// A token that the API must refuse: an expired one, or one of another audience or
    /// issuer; may be repeated
    ///
    /// An opaque token does not show what is wrong with it. Name that before it: `expired=@FILE`,
    /// or `other_audience`, `other_issuer`, `refresh_token`, `id_token`, `revoked`.
    ///
    /// `unbound_token=@FILE` is a good token that is not bound to a key. The operations that accept
    /// only bound tokens by the document must refuse it.
    #[arg(long, value_name = "[WHAT=]TOKEN", allow_hyphen_values = true)]
    pub(crate) refuse: Vec<String>,
    /// Revoke the good token at the end, and wait until the API refuses it
    ///
    /// The client of --client-id revokes it at the issuer's revocation endpoint (RFC 7009).
    #[arg(long)]
    pub(crate) revoke: bool,
    /// With --revoke: how many seconds the API may still accept the token
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "revoke",
        value_parser = clap::value_parser!(u64).range(0..=3_600))]
    pub(crate) revoked_within: u64,
    /// A scope to request [default: `client.scope`, then none]; may be repeated
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Vec<String>,
    /// Request the scopes that the document requires, or, if it requires none, those that it offers
    ///
    /// The author of the document then decides what the token allows.
    #[arg(long, conflicts_with = "scope")]
    pub(crate) document_scopes: bool,
    #[command(flatten)]
    pub(crate) client: ClientOptions,
    #[command(flatten)]
    pub(crate) dpop: DpopOptions,
    /// An origin whose pages may call the API, `*` for all; may be repeated
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) origin: Vec<String>,
    /// Also call operations that may change something, with the document's examples
    #[arg(long)]
    pub(crate) all_methods: bool,
    /// The format of the report
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub(crate) format: CheckFormat,
    /// Print all checks as a Markdown table
    #[arg(long)]
    pub(crate) list: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum CheckFormat {
    Text,
    Json,
    Junit,
}
