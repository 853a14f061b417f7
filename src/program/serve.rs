//! `serve`: runs the service until a signal stops it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::clock::SystemClock;
use crate::service::application::{Hosted, Outline};
use crate::service::config::{ApplicationSettings, Config, Listen, LogFormat};
use crate::service::{Reloader, Service, Setting, preflight, telemetry};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tracing::{error, info, warn};

use crate::program::command_line::CommandLine;
use crate::program::embedded::{self, Embedded};
use crate::program::failure::Failure;
use crate::program::listeners::Listeners;
use crate::program::output;
use crate::program::systemd;
use crate::program::terminal::Terminal;
use crate::program::welcome::Welcome;

pub(crate) async fn serve(
    application: Box<dyn Hosted>,
    mut config: Config,
    command_line: CommandLine,
) -> Result<(), Failure> {
    #[expect(
        clippy::disallowed_methods,
        reason = "`RUST_LOG` is the log library's own setting"
    )]
    let filter = std::env::var("RUST_LOG").ok();
    let _log = telemetry::init(config.log.format, filter.as_deref())?;
    let Listeners {
        http,
        admin,
        embedded,
    } = Listeners::open(&config)?;
    let outline = application.outline().clone();
    let settings = application.settings();
    let embedded = embedded::start(&outline, &mut config, embedded, &http.listen)?;
    let setting = Setting {
        listen: http.listen.clone(),
        clock: Arc::new(SystemClock::new()),
        keys: None,
    };
    let service = Service::host(application, &config, setting).await?;
    if config.http.public_url.is_none() && !is_an_address(&http.listen) {
        warn!("links contain localhost: set `http.public_url` to the URL that callers use");
    }
    let terminal_closed = Arc::new(Notify::new());
    let hang_up = signal(SignalKind::hangup()).map_err(Failure::Runtime)?;
    let embedded_issuer = embedded.as_ref().map(Embedded::address);
    let reloading = tokio::spawn(reload_on_hang_up(
        hang_up,
        Reload {
            reloader: service.reloader(),
            command_line,
            outline: outline.clone(),
            settings,
            embedded_issuer,
            terminal: Terminal::at_start(),
            terminal_closed: terminal_closed.clone(),
        },
    ));
    let shutdown = Shutdown::new(terminal_closed).map_err(Failure::Runtime)?;
    let url = url(&config, &http.listen);
    // The signals are handled before this is printed, because a reader may send one.
    let welcome = Welcome {
        outline: &outline,
        config: &config,
        rules: &service.rules(),
        listen: &http.listen,
        url: &url,
        admin: admin.as_ref().map(|admin| &admin.listen),
        has_embedded_issuer: embedded.is_some(),
    };
    match config.log.format {
        LogFormat::Text => output::print(&welcome.to_string())?,
        LogFormat::Json => welcome.log(),
    }
    let attending = tokio::spawn(systemd::run(service.watchdog_probe(), url));
    // Dropping a socket removes its file.
    let (admin, admin_socket) =
        admin.map_or((None, None), |admin| (Some(admin.listener), admin.socket));
    service.run(http.listener, admin, shutdown.wait()).await;
    drop(admin_socket);
    drop(http.socket);
    reloading.abort();
    attending.abort();
    info!("stopped");
    Ok(())
}

/// The inputs of a reload.
struct Reload {
    reloader: Reloader,
    command_line: CommandLine,
    outline: Outline,
    settings: ApplicationSettings,
    /// The address of the embedded issuer.
    embedded_issuer: Option<SocketAddr>,
    terminal: Terminal,
    terminal_closed: Arc<Notify>,
}

/// Reloads the settings and the issuer's keys on SIGHUP, all or nothing. When a terminal is
/// closed, the process in its foreground stops.
async fn reload_on_hang_up(mut hang_up: Signal, reload: Reload) {
    while hang_up.recv().await.is_some() {
        if reload.terminal.is_closed() {
            return reload.terminal_closed.notify_one();
        }
        systemd::reloading();
        let outcome = reload.run().await;
        match &outcome {
            Ok(()) => info!("settings and keys reloaded"),
            // One line for each problem, because a line of the log has no line breaks.
            Err(Failure::Config(error)) => {
                for problem in error.problems() {
                    error!(%problem, "not reloaded: the old settings stay in force");
                }
            }
            Err(failure) => error!(
                error = failure.chain(),
                "not reloaded: the old settings stay in force"
            ),
        }
        systemd::reloaded(outcome.is_ok());
    }
}

impl Reload {
    async fn run(&self) -> Result<(), Failure> {
        let read = || -> Result<Config, Failure> {
            let sources = self.command_line.sources(self.settings.clone())?;
            Ok(Config::load_and_check(&sources, |config| {
                let mut problems = self.reloader.problems(config);
                problems.extend(preflight(&self.outline, config));
                problems
            })?)
        };
        let mut config = read().inspect_err(|_| self.reloader.fail())?;
        if let Some(address) = self.embedded_issuer {
            embedded::keep(&self.outline, &mut config, address)?;
        }
        Ok(self.reloader.reload(&config).await?)
    }
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

/// The signals that stop a service.
struct Shutdown {
    terminate: Signal,
    interrupt: Signal,
    terminal_closed: Arc<Notify>,
}

impl Shutdown {
    fn new(terminal_closed: Arc<Notify>) -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminal_closed,
        })
    }

    /// Completes at SIGTERM, at SIGINT, or when the terminal is closed. The next of them ends
    /// the process immediately.
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
            () = self.terminal_closed.notified() => {}
        }
    }
}
