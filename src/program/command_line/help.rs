//! What `--help` adds to the flags: examples, exit codes and environment variables. `-h` shows
//! none of them.

use std::fmt::Write as _;

use clap::Command;

use crate::program::page;
use crate::service::program_name;

/// Terms with their meanings.
pub(crate) type Rows = &'static [(&'static str, &'static str)];

/// Adds the help of the program and of each command.
pub(super) fn add(program: Command) -> Command {
    let name = program_name();
    let mut long = examples(&name, PROGRAM);
    for (heading, rows) in [
        ("Exit codes", EXIT_CODES),
        ("Environment", ENVIRONMENT),
        ("Signals", SIGNALS),
    ] {
        long += &section(heading, rows);
    }
    let names = COMMANDS.iter();
    names.fold(
        program
            .after_help("Use `--help` for examples, exit codes and environment variables.")
            .after_long_help(long.trim_end().to_owned()),
        |program, (command, of_command)| {
            program.mut_subcommand(command, |it| {
                it.after_help("Use `--help` for examples.")
                    .after_long_help(examples(&name, of_command).trim_end().to_owned())
            })
        },
    )
}

fn examples(program: &str, examples: Rows) -> String {
    let mut text = "Examples:\n".to_owned();
    for (meaning, command) in examples {
        let command = command.replace("PROGRAM", program).replace('\n', "\n  ");
        let _ = writeln!(text, "  # {meaning}\n  {command}\n");
    }
    text
}

fn section(heading: &str, rows: Rows) -> String {
    let mut text = format!("{heading}:\n");
    for (term, meaning) in rows {
        let _ = match term.len() {
            ..=2 => writeln!(text, "  {term:<2}  {meaning}"),
            _ => writeln!(text, "  {term}\n{}", page::wrapped(meaning, 6)),
        };
    }
    text + "\n"
}

const PROGRAM: Rows = &[
    ("Run the service with the embedded issuer", "PROGRAM"),
    (
        "Run the service with your Okta authorization server",
        "export OKTA_OAUTH2_ISSUER=https://example.okta.com/oauth2/default\nPROGRAM --profile okta",
    ),
    (
        "Show the current settings, each with its source",
        "PROGRAM config",
    ),
    ("Examine the issuer", "PROGRAM doctor"),
];

/// The examples of each command: what it does, and the line to type.
const COMMANDS: &[(&str, Rows)] = &[
    (
        "serve",
        &[
            (
                "Run the service on every address",
                "PROGRAM serve --listen 0.0.0.0:3000 --issuer https://id.example",
            ),
            ("Reload the settings of a running service", "kill -HUP PID"),
        ],
    ),
    (
        "openapi",
        &[
            (
                "Print the document as YAML",
                "PROGRAM openapi --format yaml",
            ),
            (
                "Write every format and the Postman files",
                "PROGRAM openapi --all openapi",
            ),
        ],
    ),
    (
        "health",
        &[
            (
                "Exit with 0 if the service can verify tokens",
                "PROGRAM health",
            ),
            (
                "Exit with 0 if the service is alive",
                "PROGRAM health --live",
            ),
        ],
    ),
    (
        "denylist",
        &[
            (
                "Deny all tokens of a user that were issued until now",
                "PROGRAM denylist deny --subject ada --issued-before now",
            ),
            (
                "Deny one token",
                "PROGRAM denylist deny --token-id AT.1 --for 1h",
            ),
            ("Remove a denial", "PROGRAM denylist allow --token-id AT.1"),
            ("Show the denials", "PROGRAM denylist list"),
        ],
    ),
    (
        "token",
        &[
            (
                "Call an operation with a new token",
                "TOKEN=$(PROGRAM token --scope profile:read)\ncurl -H \"Authorization: Bearer $TOKEN\" http://127.0.0.1:3000/api/whoami",
            ),
            (
                "Request a token of one of several issuers",
                "PROGRAM token --issuer-name partners --scope orders:read",
            ),
            (
                "Request a token that is bound to a key, as Okta requires by default",
                "PROGRAM token --dpop --scope orders:read",
            ),
            (
                "Request a token as another client",
                "export RESOURCE_SERVER_CLIENT__SECRET=..\nPROGRAM token --client-id my-client --scope orders:read",
            ),
        ],
    ),
    (
        "proof",
        &[
            (
                "Call an operation with a token that is bound to a key",
                "PROGRAM token --dpop --scope profile:read >token\nURL=http://127.0.0.1:3000/api/whoami\ncurl -H \"Authorization: DPoP $(cat token)\" \\\n  -H \"DPoP: $(PROGRAM proof GET $URL --token @token)\" $URL",
            ),
            (
                "Make a proof with the nonce that the API requires",
                "PROGRAM proof GET $URL --token @token --nonce eyJ7S",
            ),
        ],
    ),
    (
        "explain",
        &[
            ("Explain a new token", "PROGRAM explain @token.txt"),
            (
                "Explain a bound token and the proof that was sent with it",
                "PROGRAM explain @token --proof @proof --method GET --url $URL",
            ),
            (
                "Explain a token without the issuer's keys",
                "PROGRAM explain --offline - <token.txt",
            ),
        ],
    ),
    (
        "check",
        &[
            (
                "Check the API on this machine",
                "PROGRAM check --url http://127.0.0.1:3000/api",
            ),
            (
                "Check an API, and that it refuses an expired token",
                "PROGRAM check --url https://api.example.com --refuse @old.txt",
            ),
        ],
    ),
    (
        "doctor",
        &[
            (
                "Examine an issuer",
                "PROGRAM doctor --issuer https://id.example.com",
            ),
            (
                "Examine it, and request a token",
                "export RESOURCE_SERVER_CLIENT__SECRET=..\nPROGRAM doctor --client-id my-client --scope orders:read",
            ),
        ],
    ),
    (
        "config",
        &[
            (
                "Show the settings of another profile",
                "PROGRAM config --profile okta",
            ),
            (
                "List every setting with its meaning",
                "PROGRAM config --markdown",
            ),
        ],
    ),
    (
        "completions",
        &[
            (
                "Use the completions in the current bash",
                "source <(PROGRAM completions bash)",
            ),
            (
                "Use the completions in the current fish",
                "PROGRAM completions fish | source",
            ),
        ],
    ),
];

/// The exit codes. 69 and 78 are those of `sysexits.h`.
pub(crate) const EXIT_CODES: Rows = &[
    ("0", "success"),
    ("1", "the command failed, or found faults"),
    ("2", "the command line is wrong"),
    ("3", "`check` could not make every check"),
    ("69", "the issuer, or the API to check, cannot be reached"),
    ("78", "the settings are wrong"),
];

/// The variables that the program reads.
pub(crate) const ENVIRONMENT: Rows = &[
    (
        "OKTA_OAUTH2_ISSUER, OKTA_API_AUDIENCE",
        "set `issuer.url` and `issuer.audience`",
    ),
    (
        "RESOURCE_SERVER_SECTION__KEY",
        "sets any other setting, as in RESOURCE_SERVER_HTTP__LISTEN for `http.listen`",
    ),
    ("RESOURCE_SERVER_PROFILE", "selects the profile"),
    (
        "OKTA_TOKEN",
        "contains the token for `explain` and `check`, if no other token is given",
    ),
    (
        "CREDENTIALS_DIRECTORY",
        "names a directory of files with one secret each. The name of a file is the key of its \
         setting, as in client.secret",
    ),
    (
        "XDG_STATE_HOME, HOME, XDG_RUNTIME_DIR",
        "determine the directory for the key of `token --dpop`: the first one that is set is used",
    ),
    ("RUST_LOG", "filters log lines, as in info,audit=off"),
    ("NO_COLOR", "disables colours"),
    (
        "LISTEN_FDS, NOTIFY_SOCKET, WATCHDOG_USEC",
        "are set by systemd: see sd_listen_fds(3) and sd_notify(3)",
    ),
];

/// The signals that `serve` handles.
pub(crate) const SIGNALS: Rows = &[
    (
        "SIGHUP",
        "reloads the settings and the issuer's keys, all or nothing; if the terminal of a process \
         in its foreground was closed, stops the service as SIGTERM does",
    ),
    (
        "SIGTERM, SIGINT",
        "stop the service after the requests in flight are finished; a second one stops it \
         immediately",
    ),
];

#[cfg(test)]
mod tests;
