//! `serve`: the service, until a signal ends it.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use poem_resource_server::clock::SystemClock;
use poem_resource_server::service::config::Config;
use poem_resource_server::service::{Service, telemetry};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::info;

use crate::embedded;
use crate::failure::Failure;

pub(crate) async fn serve(mut config: Config) -> Result<(), Failure> {
    #[expect(
        clippy::disallowed_methods,
        reason = "`RUST_LOG` is the log library's own setting"
    )]
    let filter = std::env::var("RUST_LOG").ok();
    telemetry::init(config.log.format, filter.as_deref())?;
    let embedded = embedded::start(&mut config).await?;

    let (listener, address) = listen("http.listen", config.http.listen).await?;
    let admin = match config.admin.listen {
        Some(address) => Some(listen("admin.listen", address).await?),
        None => None,
    };
    let service = Service::build(&config, address, Arc::new(SystemClock::new()))?;
    let admin_address = admin.as_ref().map(|(_, address)| *address);
    print!(
        "{}",
        welcome(&config, address, admin_address, embedded.is_some())
    );

    let signals = Signals::new().map_err(Failure::Runtime)?;
    let keys = service.keys().clone();
    let shutdown = signals.until_shutdown(move || keys.reload());
    let admin = admin.map(|(listener, _)| listener);
    service.run(listener, admin, shutdown).await;
    info!("stopped");
    Ok(())
}

async fn listen(
    key: &'static str,
    address: SocketAddr,
) -> Result<(TcpListener, SocketAddr), Failure> {
    let failure = |source: io::Error| Failure::Listen {
        key,
        address,
        source,
    };
    let listener = TcpListener::bind(address).await.map_err(failure)?;
    let address = listener.local_addr().map_err(failure)?;
    Ok((listener, address))
}

/// What a newcomer needs next.
fn welcome(
    config: &Config,
    address: SocketAddr,
    admin: Option<SocketAddr>,
    has_embedded_issuer: bool,
) -> String {
    let mut text = format!(
        "{} {}, profile {}\n\n",
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
        config.profile
    );
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<9} {value}");
    };
    row("hello", &format!("http://{address}/api/hello"));
    row("whoami", &format!("http://{address}/api/whoami"));
    row("docs", &format!("http://{address}/docs"));
    if let Some(admin) = admin {
        row("metrics", &format!("http://{admin}/metrics"));
    }
    if let Some(issuer) = &config.issuer.url {
        let note = if has_embedded_issuer {
            " (embedded)"
        } else {
            ""
        };
        row("issuer", &format!("{issuer}{note}"));
    }
    row("audience", &config.issuer.audience);
    if has_embedded_issuer {
        let program = std::env::args()
            .next()
            .unwrap_or_else(|| env!("CARGO_PKG_NAME").to_owned());
        let listen = match config.dev.listen.to_string().as_str() {
            "127.0.0.1:3001" => String::new(),
            other => format!("RESOURCE_SERVER_DEV__LISTEN={other} "),
        };
        let _ = write!(
            text,
            "\nIn another terminal:\n\n  \
             TOKEN=$({listen}{program} token --scope profile:read)\n  \
             curl -i -H \"Authorization: Bearer $TOKEN\" http://{address}/api/whoami\n"
        );
    }
    text.push('\n');
    text
}

/// The signals that a service answers to.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Completes at SIGTERM or SIGINT; the next of them ends the process at once.
    async fn until_shutdown(mut self, reload: impl Fn()) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => break,
                _ = self.interrupt.recv() => break,
                _ = self.hang_up.recv() => {
                    info!("reloading the issuer's keys");
                    reload();
                }
            }
        }
        info!("stopping: requests in flight may finish");
        tokio::spawn(async move {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
            }
            std::process::exit(1);
        });
    }
}
