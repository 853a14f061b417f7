//! Others' resource servers, and the tokens that they and ours are measured with.
//!
//! ```text
//! peers hyper|hyper-http2|poem|jwt-authorizer|oauth-resource-server|actix-web PORT
//! peers streams PORT                 axum's server-sent events and WebSockets, without tokens
//! peers                              the same in our host, configured by its environment
//! peers key FILE                     writes a private key, prints the public one as PEM and JWK
//! peers requests FILE COUNT KEY CLAIMS   writes so many requests with tokens of their own
//! peers verify KEY                   prints what one verification takes, in nanoseconds
//! ```
//!
//! A server finds its issuer in `ISSUER`, its audience in `AUDIENCE`; bare hyper the answers it
//! is to repeat in the file `ANSWERS`. One thread each: they are measured on one core.

mod actix;
mod axum_servers;
mod bare;
mod streams;
mod tokens;

use std::error::Error;

use bare::Protocol;

type Done = Result<(), Box<dyn Error + Send + Sync>>;

const HELLO: &str = "/api/hello";
const WHOAMI: &str = "/api/whoami";
const GREETING: &str = "Hello! Anyone may call this; `/api/whoami` requires an access token.";

/// What a server has to know of its issuer.
struct Issuer {
    url: String,
    audience: String,
}

impl Issuer {
    fn from_environment() -> Result<Self, std::env::VarError> {
        Ok(Self {
            url: std::env::var("ISSUER")?,
            audience: std::env::var("AUDIENCE")?,
        })
    }

    fn keys(&self) -> String {
        format!("{}/v1/keys", self.url)
    }
}

fn main() -> Done {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["hyper", port] => block_on(bare::hyper(port.parse()?, Protocol::Http1)),
        ["hyper-http2", port] => block_on(bare::hyper(port.parse()?, Protocol::Http2)),
        ["streams", port] => block_on(streams::axum(port.parse()?)),
        [] => streams::ours(),
        ["poem", port] => block_on(bare::poem(port.parse()?)),
        ["jwt-authorizer", port] => block_on(axum_servers::jwt_authorizer(port.parse()?)),
        ["oauth-resource-server", port] => {
            block_on(axum_servers::oauth_resource_server(port.parse()?))
        }
        ["actix-web", port] => actix::serve(port.parse()?),
        ["key", file] => tokens::make_key(file),
        ["requests", file, count, key, claims] => {
            tokens::write_requests(file, count.parse()?, key, claims)
        }
        ["verify", key] => tokens::time_verification(key),
        _ => Err("see the head of src/main.rs for what there is".into()),
    }
}

fn block_on(server: impl Future<Output = Done>) -> Done {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(server)
}
