//! `serve`: the service, until a signal ends it.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

use crate::clock::SystemClock;
use crate::issuer::Issuer;
use crate::service::config::{Config, Listen};
use crate::service::{Reloader, Service, telemetry};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{error, info, warn};

use crate::program::command_line::CommandLine;
use crate::program::doors::Doors;
use crate::program::embedded;
use crate::program::failure::Failure;
use crate::program::output;
use crate::program::systemd;

pub(crate) async fn serve(mut config: Config, command_line: CommandLine) -> Result<(), Failure> {
    #[expect(
        clippy::disallowed_methods,
        reason = "`RUST_LOG` is the log library's own setting"
    )]
    let filter = std::env::var("RUST_LOG").ok();
    let _log = telemetry::init(config.log.format, filter.as_deref())?;
    let Doors { http, admin } = Doors::open(&config)?;
    let embedded = embedded::start(&mut config, &http.listen).await?;
    let service = Service::build(&config, http.listen.clone(), Arc::new(SystemClock::new()))?;
    if config.http.public_url.is_none() && !is_an_address(&http.listen) {
        warn!("links name localhost: set `http.public_url` to the URL that callers use");
    }
    let hang_up = signal(SignalKind::hangup()).map_err(Failure::Runtime)?;
    let embedded_issuer = embedded
        .is_some()
        .then(|| config.issuer.url.clone())
        .flatten();
    let reloading = tokio::spawn(reload_on_hang_up(
        hang_up,
        service.reloader(),
        command_line,
        embedded_issuer,
    ));
    let shutdown = Shutdown::new().map_err(Failure::Runtime)?.wait();
    // Who reads this may send signals.
    output::print(&welcome(
        &config,
        &http.listen,
        admin.as_ref().map(|door| &door.listen),
        embedded.is_some(),
    ))?;
    let attending = tokio::spawn(systemd::attend(service.pulse(), url(&config, &http.listen)));
    // The files of sockets go with what is left of their doors.
    let (admin, admin_socket) =
        admin.map_or((None, None), |door| (Some(door.listener), door.socket));
    service.run(http.listener, admin, shutdown).await;
    drop(admin_socket);
    drop(http.socket);
    reloading.abort();
    attending.abort();
    info!("stopped");
    Ok(())
}

/// SIGHUP reads the settings and the issuer's keys again, all or nothing.
async fn reload_on_hang_up(
    mut hang_up: Signal,
    reloader: Reloader,
    command_line: CommandLine,
    embedded_issuer: Option<Issuer>,
) {
    while hang_up.recv().await.is_some() {
        systemd::reloading();
        let outcome = reload(&reloader, &command_line, embedded_issuer.as_ref()).await;
        match &outcome {
            Ok(()) => info!("settings and keys reloaded"),
            Err(failure) => error!(
                error = failure.chain(),
                "not reloaded; the old settings go on"
            ),
        }
        systemd::reloaded(outcome.is_ok());
    }
}

async fn reload(
    reloader: &Reloader,
    command_line: &CommandLine,
    embedded_issuer: Option<&Issuer>,
) -> Result<(), Failure> {
    let read = || -> Result<Config, Failure> { Ok(Config::load(&command_line.sources()?)?) };
    let mut config = read().inspect_err(|_| reloader.fail())?;
    if let Some(issuer) = embedded_issuer {
        embedded::keep(&mut config, issuer);
    }
    Ok(reloader.reload(&config).await?)
}

fn is_an_address(listen: &Listen) -> bool {
    listen
        .address()
        .is_some_and(|address| !address.ip().is_unspecified())
}

fn url(config: &Config, listen: &Listen) -> String {
    let scheme = match config.http.tls {
        Some(_) => "https",
        None => "http",
    };
    match listen {
        Listen::Address(address) => format!("{scheme}://{address}"),
        Listen::Unix(_) => format!("{scheme}://localhost"),
    }
}

/// What a newcomer needs next.
fn welcome(
    config: &Config,
    listen: &Listen,
    admin: Option<&Listen>,
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
    let url = url(config, listen);
    if let Listen::Unix(_) = listen {
        row("socket", &listen.to_string());
    }
    row("hello", &format!("{url}/api/hello"));
    row("whoami", &format!("{url}/api/whoami"));
    row("docs", &format!("{url}/docs"));
    if let Some(admin) = admin {
        let metrics = match admin {
            Listen::Address(address) => format!("http://{address}/metrics"),
            Listen::Unix(path) => format!("/metrics at {}", path.display()),
        };
        row("metrics", &metrics);
    }
    if let Some(issuer) = &config.issuer.url {
        let note = if has_embedded_issuer {
            " (embedded)"
        } else {
            ""
        };
        row("issuer", &format!("{issuer}{note}"));
    }
    row("audience", config.issuer.audience.as_str());
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
             curl -i -H \"Authorization: Bearer $TOKEN\" {url}/api/whoami\n"
        );
    }
    text.push('\n');
    text
}

/// The signals that end a service.
struct Shutdown {
    terminate: Signal,
    interrupt: Signal,
}

impl Shutdown {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Completes at SIGTERM or SIGINT; the next of them ends the process at once.
    async fn wait(mut self) {
        self.next().await;
        systemd::stopping();
        info!("stopping: requests in flight may finish");
        tokio::spawn(async move {
            self.next().await;
            std::process::exit(1);
        });
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
