//! The program: a client of the library's public API.

mod command_line;
mod embedded;
mod failure;
mod openapi;
mod serve;
mod token;

use std::process::ExitCode;

use clap::Parser;
use poem_resource_server::service::config::Config;

use command_line::{Command, CommandLine};
use failure::Failure;

fn main() -> ExitCode {
    match run(CommandLine::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(command_line: CommandLine) -> Result<(), Failure> {
    let config = Config::load(&command_line.sources()?)?;
    let command = command_line.command.unwrap_or(Command::Serve);
    if let Command::Config = command {
        print!("{}", config.in_force());
        return Ok(());
    }
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::Runtime)?
        .block_on(async {
            match command {
                Command::Serve => serve::serve(config).await,
                Command::Openapi(options) => openapi::print(config, options).await,
                Command::Token(options) => token::print(config, options).await,
                Command::Config => Ok(()),
            }
        })
}
