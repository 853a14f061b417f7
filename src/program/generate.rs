//! `generate` and `completions`: manual pages and shell completions, made from the command line
//! itself.

use std::fs;
use std::io;
use std::path::Path;

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::program::command_line::{self, ENVIRONMENT, EXIT_CODES, Rows, SIGNALS};
use crate::program::failure::Failure;
use crate::service::application::Hosted;
use crate::service::program_name;

/// Writes the pages into `man/` and the completions into `completions/` below `directory`.
pub(crate) fn write_all(application: &dyn Hosted, directory: &Path) -> Result<(), Failure> {
    let write = || {
        let (man, completions) = (directory.join("man"), directory.join("completions"));
        fs::create_dir_all(&man)?;
        fs::create_dir_all(&completions)?;
        let name = program_name();
        let mut program = offered(application);
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            clap_complete::generate_to(shell, &mut program, &name, &completions)?;
        }
        clap_mangen::generate_to(program.clone(), &man)?;
        fs::write(man.join(format!("{name}.1")), program_page(program)?)
    };
    write().map_err(|source| Failure::Write {
        path: directory.to_owned(),
        source,
    })
}

/// The completions for a shell.
pub(crate) fn completions(application: &dyn Hosted, shell: Shell) -> String {
    let mut text = Vec::new();
    let mut program = offered(application);
    clap_complete::generate(shell, &mut program, program_name(), &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// The program without its hidden commands, because completions would offer them.
fn offered(application: &dyn Hosted) -> Command {
    let whole = command_line::program(application);
    let commands = whole.get_subcommands().filter(|it| !it.is_hide_set());
    Command::new(program_name())
        .version(application.outline().version.clone())
        .about(whole.get_about().cloned().unwrap_or_default())
        .args(whole.get_arguments().cloned())
        .subcommands(commands.cloned())
        .disable_help_subcommand(true)
}

/// The page of the program itself, with signals, environment and exit codes.
fn program_page(program: Command) -> io::Result<Vec<u8>> {
    let page = Man::new(program);
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    page.render_subcommands_section(&mut text)?;
    for (heading, rows) in SECTIONS {
        let mut section = Roff::new();
        section.control("SH", [heading]);
        for (term, meaning) in rows {
            section.control("TP", []);
            section.text([bold(*term)]);
            section.text([roman(*meaning)]);
        }
        section.to_writer(&mut text)?;
    }
    page.render_version_section(&mut text)?;
    Ok(text)
}

const SECTIONS: [(&str, Rows); 3] = [
    ("SIGNALS", SIGNALS),
    ("ENVIRONMENT", ENVIRONMENT),
    ("EXIT STATUS", EXIT_CODES),
];
