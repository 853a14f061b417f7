//! The program: the command line around the service.

mod check;
mod command_line;
mod doctor;
mod doors;
mod embedded;
mod explain;
mod failure;
mod generate;
mod health;
mod openapi;
mod output;
mod page;
mod serve;
mod systemd;
mod token;

use std::process::ExitCode;

use crate::service::config::{Config, settings_table};
use crate::service::metrics_table;
use clap::Parser;

use command_line::{
    CheckOptions, Command, CommandLine, ConfigOptions, DoctorOptions, ExplainOptions,
};
use failure::Failure;

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    match run(CommandLine::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(mut command_line: CommandLine) -> Result<(), Failure> {
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
        Some(Command::Check(CheckOptions { list: true, .. })) => {
            return output::print(&check::list());
        }
        Some(Command::Doctor(DoctorOptions { list: true, .. })) => {
            return output::print(&doctor::list());
        }
        Some(Command::Generate { directory }) => return generate::write_all(directory),
        _ => {}
    }
    let config = Config::load(&command_line.sources()?)?;
    match command_line.command.take().unwrap_or(Command::Serve) {
        Command::Serve => block_on(serve::serve(config, command_line)),
        Command::Health(options) => block_on(health::ask(config, options)),
        Command::Openapi(options) => block_on(openapi::print(config, options)),
        Command::Token(options) => block_on(token::print(config, options)),
        Command::Explain(options) => block_on(explain::print(config, options)),
        Command::Check(options) => block_on(check::print(config, options)),
        Command::Doctor(options) => {
            let issuer = command_line.issuer.take();
            block_on(doctor::print(config, options, issuer))
        }
        Command::Config(_) | Command::Generate { .. } => {
            output::print(&config.in_force().to_string())
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
