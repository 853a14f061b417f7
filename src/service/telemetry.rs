//! Log lines on standard error. A separate thread writes them, because a pipe that is not read
//! must not delay a caller. When `MAX_WAITING` lines wait, further ones are dropped.

use std::io::{self, IsTerminal};
use std::sync::OnceLock;

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use super::config::LogFormat;

/// Sends log lines to standard error in the configured form. `filter` is the value of `RUST_LOG`.
/// Without it, lines from `info` are logged, and lines of other crates from `warn`. Only a filter
/// that names the audit log disables it. The returned guard writes the last lines when it is
/// dropped.
///
/// # Errors
///
/// [`TelemetryError::Filter`] when the filter cannot be read, [`TelemetryError::Installed`]
/// when the process logs elsewhere already.
pub(crate) fn init(format: LogFormat, filter: Option<&str>) -> Result<WorkerGuard, TelemetryError> {
    let filter = with_audit(filter.unwrap_or(DEFAULT_FILTER))?;
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(MAX_WAITING)
        .finish(io::stderr());
    let _ = DROPPED.set(writer.error_counter());
    let lines = fmt().with_env_filter(filter).with_writer(writer);
    match format {
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    }
    .map_err(TelemetryError::Installed)?;
    Ok(guard)
}

/// The filter, and the audit log if no directive names it. A directive names the target before its
/// first `[` or `=`.
fn with_audit(filter: &str) -> Result<EnvFilter, TelemetryError> {
    let names_audit = filter.split(',').any(|directive| {
        let target = directive.split(['[', '=']).next();
        target.is_some_and(|target| target.trim() == AUDIT)
    });
    let filter = if names_audit {
        filter.to_owned()
    } else {
        format!("{filter},{AUDIT}=info")
    };
    EnvFilter::try_new(filter).map_err(TelemetryError::Filter)
}

/// The number of lines that were dropped because they were not read in time.
pub(super) fn dropped_lines() -> u64 {
    DROPPED
        .get()
        .map_or(0, |counter| counter.dropped_lines() as u64)
}

/// Why log lines cannot be sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TelemetryError {
    /// `RUST_LOG` is not a filter.
    #[error("`RUST_LOG` is not a valid filter. Write it as in `info,poem_resource_server=debug`")]
    Filter(#[source] tracing_subscriber::filter::ParseError),
    /// Another subscriber is installed.
    #[error("this process already has a log")]
    Installed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A process has one log.
static DROPPED: OnceLock<ErrorCounter> = OnceLock::new();

/// The target of the audit log.
const AUDIT: &str = "audit";
/// Some seconds of full load.
const MAX_WAITING: usize = 100_000;
/// A target also matches every target that begins with it: `poem` would match ours too.
const DEFAULT_FILTER: &str = "info,h2=warn,hyper=warn,hyper_util=warn,opentelemetry=warn,opentelemetry_otlp=error,\
    opentelemetry_sdk=warn,poem::server=warn,reqwest=warn,rustls=warn";

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex, PoisonError};

    use super::*;

    /// What was written.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            lines.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_audit_log_is_silenced_by_a_directive_for_it_alone() {
        let rows = [
            ("nothing", "", true),
            ("the default", DEFAULT_FILTER, true),
            ("everything off", "off", true),
            ("another target", "auditd_client=info", true),
            ("a target that ends so", "my_audit=off", true),
            ("a module of another target", "audits::audit=off", true),
            ("a target that begins so", "aud=off", true),
            ("a span of another target", "poem[audit]=off", true),
            ("a field", "[{audit}]=debug", true),
            ("the audit log off", "info,audit=off", false),
            ("the audit log at warn", "audit=warn,info", false),
            ("the audit log at debug", "audit=debug", true),
            ("the audit log alone", "audit", true),
        ];
        for (name, filter, is_written) in rows {
            let lines = Lines::default();
            let writer = lines.clone();
            let subscriber = fmt()
                .with_env_filter(with_audit(filter).expect(name))
                .with_writer(move || writer.clone())
                .finish();

            tracing::subscriber::with_default(subscriber, || {
                tracing::info!(target: "audit", outcome = "accepted");
            });

            let lines = lines.0.lock().unwrap_or_else(PoisonError::into_inner);
            assert_eq!(!lines.is_empty(), is_written, "{name}");
        }
    }
}
