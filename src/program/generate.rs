//! `generate`, for packagers: manual pages and shell completions, made of the command line
//! itself.

use std::fs;
use std::io;
use std::path::Path;

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::program::command_line;
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

/// The program without the commands that are hidden: completions would offer them.
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

/// The page of the program itself, with what an operator looks for besides.
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
        section.control("SH", [*heading]);
        for (term, meaning) in *rows {
            section.control("TP", []);
            section.text([bold(*term)]);
            section.text([roman(*meaning)]);
        }
        section.to_writer(&mut text)?;
    }
    page.render_version_section(&mut text)?;
    Ok(text)
}

type Rows = &'static [(&'static str, &'static str)];

const SECTIONS: &[(&str, Rows)] = &[
    (
        "SIGNALS",
        &[
            (
                "SIGHUP",
                "reads the settings and the issuer's keys again, all or nothing; when the terminal of \
                 a process in its foreground was closed, ends it as SIGTERM does",
            ),
            (
                "SIGTERM, SIGINT",
                "end the service once requests in flight are finished; a second one ends it at once",
            ),
        ],
    ),
    (
        "ENVIRONMENT",
        &[
            (
                "OKTA_OAUTH2_ISSUER, OKTA_API_AUDIENCE",
                "set issuer.url and issuer.audience",
            ),
            (
                "RESOURCE_SERVER_SECTION__KEY",
                "sets any other setting; the command config shows all that are in force",
            ),
            ("RESOURCE_SERVER_PROFILE", "names the profile"),
            (
                "CREDENTIALS_DIRECTORY",
                "a directory of files that hold a secret each, named by its key, as in client.secret",
            ),
            ("RUST_LOG", "filters log lines"),
            (
                "LISTEN_FDS, NOTIFY_SOCKET, WATCHDOG_USEC",
                "are those of systemd: see sd_listen_fds(3), sd_notify(3)",
            ),
        ],
    ),
    (
        "EXIT STATUS",
        &[
            ("0", "done"),
            ("1", "failed"),
            ("2", "the command line is wrong"),
            ("3", "the examination of check is incomplete"),
            (
                "69",
                "the issuer, or the API that check examines, cannot be reached",
            ),
            ("78", "the settings are wrong"),
        ],
    ),
];
