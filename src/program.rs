//! The command line around an application.
//!
//! It contains no API: what it prints, requests or writes comes from the [`Application`].

mod admin_listener;
mod check;
mod command_line;
mod denylist;
mod doctor;
mod embedded;
mod explain;
mod failure;
mod generate;
mod health;
mod issuers;
mod key_file;
mod listeners;
mod openapi;
mod operations;
mod output;
mod page;
mod proof;
mod serve;
mod systemd;
mod terminal;
mod token;
mod welcome;

use std::process::ExitCode;

use clap::FromArgMatches;

use crate::service::application::Hosted;
use crate::service::config::{Config, settings_table};
use crate::service::{Application, metrics_table, preflight};

use command_line::{
    Command, CommandLine, ConfigOptions, DoctorOptions, ExplainOptions, Flags, TokenOptions,
};
use failure::Failure;

impl<Settings, State> Application<Settings, State>
where
    Settings: Send + Sync + 'static,
    State: Send + Sync + 'static,
{
    /// Runs the program: reads the command line of this process and runs its command, by
    /// default `serve`.
    ///
    /// The exit code is 0 after success, 1 after a failure, 2 for a wrong command line, 69
    /// if the issuer cannot be reached, and 78 for wrong settings. `--help` lists the commands
    /// and all exit codes. Errors are printed to standard error.
    #[must_use = "the exit code is for the caller of the program"]
    pub fn run(self) -> ExitCode {
        match run(Box::new(self)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => failure.report(),
        }
    }
}

fn run(application: Box<dyn Hosted>) -> Result<(), Failure> {
    let matches = command_line::program(&*application).get_matches();
    if let Some((name, own)) = matches.subcommand()
        && (application.commands().iter()).any(|(known, _)| *known == name)
    {
        let flags = Flags::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        let config = Config::load(&flags.sources(application.settings())?)?;
        let arguments = command_line::arguments(own);
        let command = application.command(name, &config, arguments);
        return block_on(async { command.await.map_err(Failure::Command) });
    }
    let command_line = CommandLine::from_arg_matches(&matches);
    run_ours(
        application,
        command_line.unwrap_or_else(|error| error.exit()),
    )
}

fn run_ours(application: Box<dyn Hosted>, mut command_line: CommandLine) -> Result<(), Failure> {
    match &command_line.command {
        Some(Command::Config(ConfigOptions { markdown: true })) => {
            return output::print(&settings_table());
        }
        Some(Command::Explain(ExplainOptions { reasons: true, .. })) => {
            return output::print(&explain::reasons());
        }
        Some(Command::Explain(ExplainOptions { metrics: true, .. })) => {
            return output::print(&metrics_table());
        }
        Some(Command::Token(TokenOptions { errors: true, .. })) => {
            return output::print(&token::errors());
        }
        Some(Command::Check(options)) if options.list => {
            return output::print(&check::list());
        }
        Some(Command::Doctor(DoctorOptions { list: true, .. })) => {
            return output::print(&doctor::list());
        }
        Some(Command::Completions { shell }) => {
            return output::print(&generate::completions(&*application, *shell));
        }
        Some(Command::Generate { directory }) => {
            return generate::write_all(&*application, directory);
        }
        _ => {}
    }
    let mut sources = command_line.sources(application.settings())?;
    let config = match &command_line.command {
        None | Some(Command::Serve) => {
            let outline = application.outline();
            Config::load_and_check(&sources, |config| preflight(outline, config))?
        }
        // The user of `token`, for example, may have no access to the files of the service.
        Some(_) => Config::load(&sources)?,
    };
    // The options of a client belong to the issuer that the command is about.
    let config = match command_line.client_issuer(&config)? {
        None => config,
        named => {
            sources.client_issuer = named;
            Config::load(&sources)?
        }
    };
    match command_line.command.take().unwrap_or(Command::Serve) {
        Command::Serve => block_on(serve::serve(application, config, command_line)),
        Command::Health(options) => block_on(health::ask(config, options)),
        Command::Denylist(options) => block_on(denylist::run(config, options)),
        Command::Openapi(options) => block_on(openapi::print(&*application, config, options)),
        Command::Token(options) => block_on(token::print(&*application, config, options)),
        Command::Proof(options) => proof::print(&options),
        Command::Explain(options) => block_on(explain::print(&*application, config, options)),
        Command::Check(options) => block_on(check::print(config, *options)),
        Command::Doctor(options) => {
            let issuer = command_line.flags.issuer.take();
            block_on(doctor::print(&*application, config, options, issuer))
        }
        Command::Config(_) | Command::Completions { .. } | Command::Generate { .. } => {
            output::print(&config.effective().to_string())
        }
    }
}

fn block_on(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::Runtime)?
        .block_on(command)
}
