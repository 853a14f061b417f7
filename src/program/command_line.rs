//! The command line. A flag that sets a key only names it: the reader of the settings checks the
//! value.

mod check;
mod client;
pub(crate) mod denylist;
mod dpop;
mod help;
mod sources;

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::service::application::Hosted;
use crate::service::program_name;

pub(crate) use check::{CheckFormat, CheckOptions};
pub(crate) use client::ClientOptions;
pub(crate) use dpop::{DpopOptions, GivenProof, ProofOptions};
pub(crate) use help::{ENVIRONMENT, EXIT_CODES, Rows, SIGNALS};
pub(crate) use sources::user_name;

/// The command line.
#[derive(Parser)]
#[command(max_term_width = 80)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) flags: Flags,
}

/// The flags that every command has.
#[derive(Args)]
pub(crate) struct Flags {
    /// The profile: reads config/NAME.toml if it exists [default: dev]
    #[arg(long, global = true, value_name = "NAME")]
    profile: Option<String>,
    /// A file of settings, which override those of the profile
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The issuer whose tokens are accepted (`issuer.url`)
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) issuer: Option<String>,
    /// The audience that tokens must name (`issuer.audience`)
    #[arg(long, global = true, value_name = "TEXT")]
    audience: Option<String>,
    /// The address and port to listen on (`http.listen`)
    #[arg(long, global = true, value_name = "ADDRESS")]
    listen: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the service (the default)
    ///
    /// SIGTERM and SIGINT stop it after it has answered the requests in flight. SIGHUP reloads the
    /// settings and the issuer's keys. A service that was started in the foreground of a terminal
    /// stops when the terminal is closed.
    Serve,
    /// Write the OpenAPI document, and with --all the Postman files too
    Openapi(OpenapiOptions),
    /// Show whether the running service is ready, for health checks
    Health(HealthOptions),
    /// Deny tokens, allow them again, or list the denials of the running service
    Denylist(denylist::DenylistOptions),
    /// Request an access token with client credentials, and print only the token
    Token(TokenOptions),
    /// Print a DPoP proof for one request, which uses a token that is bound to a key
    Proof(ProofOptions),
    /// Show what a token contains, why it is accepted or refused, and what it may call
    Explain(ExplainOptions),
    /// Check that a running API of any language verifies tokens correctly
    Check(Box<CheckOptions>),
    /// Examine what the service needs from an issuer, and show what is wrong and how to fix it
    Doctor(DoctorOptions),
    /// Show the current settings, each with its source
    Config(ConfigOptions),
    /// Print the completions of the command line for a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Write manual pages and shell completions into a directory, for packagers
    #[command(hide = true)]
    Generate {
        /// The directory
        directory: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct OpenapiOptions {
    /// The format
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub(crate) format: Format,
    /// The file to write to, instead of standard output
    #[arg(long, value_name = "FILE", conflicts_with = "all")]
    pub(crate) out: Option<PathBuf>,
    /// Write every format and the Postman files into this directory
    #[arg(long, value_name = "DIR", conflicts_with = "format")]
    pub(crate) all: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    Json,
    Yaml,
}

#[derive(Args)]
pub(crate) struct ExplainOptions {
    /// The token, `@FILE`, or `-` for standard input, which keeps the token out of the shell's
    /// history [else: `OKTA_TOKEN`, then standard input]
    #[arg(allow_hyphen_values = true, value_parser = no_unknown_option)]
    pub(crate) token: Option<String>,
    /// Send no request, and skip the rules that need the issuer's keys
    #[arg(long)]
    pub(crate) offline: bool,
    #[command(flatten)]
    pub(crate) proof: GivenProof,
    /// Show every reason of a refusal with its meaning and its fix, in Markdown
    #[arg(long)]
    pub(crate) reasons: bool,
    /// Show every metric with its meaning, as a Markdown table
    #[arg(long, conflicts_with = "reasons")]
    pub(crate) metrics: bool,
}

#[derive(Args)]
pub(crate) struct DoctorOptions {
    /// A scope to request; may be repeated
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Vec<String>,
    /// A token about which to ask the issuer, if `issuer.introspection.mode` is not `off`:
    /// the token itself, `@FILE`, or `-` for standard input. Without introspection, only its
    /// encryption is examined
    #[arg(long, value_name = "TOKEN", allow_hyphen_values = true)]
    pub(crate) token: Option<String>,
    #[command(flatten)]
    pub(crate) client: ClientOptions,
    /// The form of the findings
    #[arg(long, value_enum, default_value_t = DoctorFormat::Text)]
    pub(crate) format: DoctorFormat,
    /// Show every examination, as a Markdown table
    #[arg(long)]
    pub(crate) list: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum DoctorFormat {
    Text,
    Json,
}

#[derive(Args)]
pub(crate) struct HealthOptions {
    /// Show whether the service is alive (`/livez`), not whether it can verify tokens (`/readyz`)
    #[arg(long)]
    pub(crate) live: bool,
}

#[derive(Args)]
pub(crate) struct ConfigOptions {
    /// Show every setting with its default and its meaning, as a Markdown table
    #[arg(long)]
    pub(crate) markdown: bool,
}

#[derive(Args)]
pub(crate) struct TokenOptions {
    /// A scope to request; may be given more than once
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Vec<String>,
    /// Show every error of a token request with its meaning and its fix, as a Markdown table
    #[arg(long)]
    pub(crate) errors: bool,
    #[command(flatten)]
    pub(crate) client: ClientOptions,
    #[command(flatten)]
    pub(crate) dpop: DpopOptions,
}

/// Reads the token of `explain`. Tokens may begin with `-`, because issuers choose their characters
/// (RFC 6750 section 2.1). One that begins with `--` is more likely an option with a mistake in it.
fn no_unknown_option(argument: &str) -> Result<String, &'static str> {
    if argument.starts_with("--") {
        return Err(
            "this is no option of `explain`. Give a token that begins with `--` as `@FILE`, or through standard input",
        );
    }
    Ok(argument.to_owned())
}

/// The program's own command line, with the commands of `application`.
pub(crate) fn program(application: &dyn Hosted) -> clap::Command {
    let outline = application.outline();
    let own = application.commands().into_iter().map(|(name, about)| {
        let arguments = Arg::new(ARGUMENTS)
            .num_args(0..)
            .trailing_var_arg(true)
            .allow_hyphen_values(true)
            .help("The arguments of the command");
        clap::Command::new(name).about(about).arg(arguments)
    });
    let program = CommandLine::command()
        .name(program_name())
        .version(outline.version.clone())
        .about(outline.title.clone())
        .subcommands(own);
    help::add(program)
}

/// The arguments of a command of the application.
pub(crate) fn arguments(matches: &ArgMatches) -> Vec<String> {
    let arguments = matches.get_many::<String>(ARGUMENTS);
    arguments.into_iter().flatten().cloned().collect()
}

/// The id of the arguments of a command of the application.
const ARGUMENTS: &str = "arguments";

#[cfg(test)]
mod tests;
