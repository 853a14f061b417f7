//! Every metric: its name, its kind, its labels and its meaning.
//!
//! The code that registers a metric takes its name and labels from here, and the table in
//! `docs/observability.md` is generated from here, so the two cannot differ.

use std::fmt::Write as _;

/// A metric with `LABELS` labels.
pub(super) struct Described<const LABELS: usize> {
    /// Without the `_total` of a counter.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) labels: [&'static str; LABELS],
    pub(super) help: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// Whether there is a metric of this name.
pub(super) fn has(name: &str) -> bool {
    ROWS.iter().any(|row| row.name == name)
}

/// The metrics in the order of the page.
macro_rules! catalogue {
    ($($constant:ident: $kind:ident $name:literal [$($label:literal),*] $help:literal;)*) => {
        $(
            pub(super) const $constant: Described<{ <[&str]>::len(&[$($label),*]) }> = Described {
                name: $name,
                kind: Kind::$kind,
                labels: [$($label),*],
                help: $help,
            };
        )*

        const ROWS: &[Row] = &[
            $(Row { name: $name, kind: Kind::$kind, labels: &[$($label),*], help: $help },)*
        ];
    };
}

#[rustfmt::skip] // A row a line.
catalogue! {
    REQUESTS: Counter "http_requests" ["operation", "status", "reason"] "Requests that were answered";
    REQUEST_DURATION: Histogram "http_request_duration_seconds" ["operation"] "Time from the head of a request to its response";
    CONNECTIONS: Gauge "http_connections" ["listener"] "Open connections";
    CONNECTIONS_MAX: Gauge "http_connections_max" ["listener"] "Maximum number of open connections: http.max_connections";
    CONNECTIONS_UPGRADED: Gauge "http_connections_upgraded" ["listener"] "Open connections that a handler has upgraded, for example to a WebSocket; part of http_connections";
    CONNECTIONS_ACCEPTED: Counter "http_connections_accepted" ["listener"] "Connections accepted";
    CERTIFICATE_DAYS: Gauge "tls_certificate_days_left" [] "Days until the certificate of http.tls.cert, or one of its chain, expires; negative after that, and no sample without TLS";
    VERIFICATIONS: Counter "token_verifications" ["outcome"] "Verdicts on tokens, including remembered tokens, before the scopes and claims of the operation are checked";
    CACHE_LOOKUPS: Counter "token_cache_lookups" ["result"] "Lookups of tokens in the cache of accepted tokens";
    KEYS: Gauge "jwks_keys" ["issuer"] "Keys of an issuer that are in use; 0 also when they are too old";
    KEYS_AGE: Gauge "jwks_age_seconds" ["issuer"] "Time since the last successful fetch of the keys; no sample before";
    KEYS_MAX_STALE: Gauge "jwks_max_stale_seconds" [] "Age from which the keys are no longer used: issuer.max_stale";
    KEY_FETCHES: Counter "jwks_fetches" ["issuer"] "Completed attempts to fetch the keys; starts again at 0 after a reload";
    KEY_FETCH_FAILURES: Counter "jwks_fetch_failures" ["issuer"] "Failed attempts to fetch the keys; starts again at 0 after a reload";
    INTROSPECTION_CALLS: Counter "introspection_calls" ["issuer", "result"] "Calls to the introspection endpoint of an issuer: active, inactive, refused (our credentials), limited (429), unavailable or malformed; no sample without introspection; starts again at 0 after a reload";
    INTROSPECTION_BUDGET_SPENT: Counter "introspection_budget_spent" ["issuer"] "Tokens that were answered with 503 because issuer.introspection.max_calls was reached; starts again at 0 after a reload";
    INTROSPECTION_AGE: Gauge "introspection_answer_age_seconds" ["issuer"] "Time since the last answer of the issuer about a token; no sample before";
    INTROSPECTION_MAX_AGE: Gauge "introspection_max_age_seconds" ["issuer"] "Age from which an answer is no longer used: issuer.introspection.max_age";
    DENYLIST_ENTRIES: Gauge "denylist_entries" [] "Denials in the list, some of which may have expired";
    DENYLIST_AGE: Gauge "denylist_age_seconds" [] "Time since Redis last confirmed that the denylist is complete, or since the start; no sample without Redis";
    PROOFS: Counter "dpop_proofs" ["outcome"] "Calls with a bound token and the scheme DPoP, by the verdict on their proof: accepted, or the reason of the refusal";
    PROOFS_MEMORY: Gauge "dpop_proofs_memory_bytes" [] "Memory of used DPoP proofs in this process";
    PROOFS_MEMORY_MAX: Gauge "dpop_proofs_memory_max_bytes" [] "Maximum memory of used DPoP proofs: dpop.max_memory";
    PROOFS_REDIS_FAILURES: Counter "dpop_proofs_redis_failures" [] "DPoP proofs for which the Redis server of used proofs did not answer; no sample without Redis";
    LOGOUTS: Counter "logouts" ["result"] "Requests of an issuer to sign a user out: done, refused, or failed although the request was valid; no sample unless logout.enabled";
    RELOADS: Counter "config_reloads" ["result"] "Reloads of the settings (SIGHUP)";
    LAST_RELOAD_OK: Gauge "config_last_reload_ok" [] "1, or 0 if the last reload failed and the old settings are still in force";
    LOG_LINES_DROPPED: Counter "log_lines_dropped" [] "Log lines that were dropped because standard error was read too slowly";
    BUILD_INFO: Gauge "build_info" ["version", "features"] "Always 1; the labels describe the program";
    PROCESS_CPU: Counter "process_cpu_seconds" [] "Processor time of user and system";
    PROCESS_RESIDENT: Gauge "process_resident_memory_bytes" [] "Memory in use";
    PROCESS_VIRTUAL: Gauge "process_virtual_memory_bytes" [] "Address space in use";
    PROCESS_OPEN_FDS: Gauge "process_open_fds" [] "File descriptors in use";
    PROCESS_MAX_FDS: Gauge "process_max_fds" [] "Maximum number of file descriptors";
    PROCESS_THREADS: Gauge "process_threads" [] "Threads";
    PROCESS_START: Gauge "process_start_time_seconds" [] "Start time of the process, since 1970-01-01 UTC";
}

/// A metric as a row of the table.
struct Row {
    name: &'static str,
    kind: Kind,
    labels: &'static [&'static str],
    help: &'static str,
}

/// The metrics as a Markdown table: name, type, labels and meaning.
///
/// `docs/observability.md` contains it.
pub fn metrics_table() -> String {
    let mut table = "| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n".to_owned();
    for row in ROWS {
        let (suffix, kind) = match row.kind {
            Kind::Counter => ("_total", "counter"),
            Kind::Gauge => ("", "gauge"),
            Kind::Histogram => ("", "histogram"),
        };
        let labels = match row.labels {
            [] => "-".to_owned(),
            labels => labels
                .iter()
                .map(|label| format!("`{label}`"))
                .collect::<Vec<_>>()
                .join(", "),
        };
        let Row { name, help, .. } = row;
        let _ = writeln!(table, "| `{name}{suffix}` | {kind} | {labels} | {help} |");
    }
    table
}
