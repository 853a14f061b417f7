use clap::Command;

use super::{COMMANDS, ENVIRONMENT, EXIT_CODES, PROGRAM};
use crate::program::command_line;
use crate::service::Application;
use crate::service::application::Hosted;

fn program() -> Command {
    let application: Box<dyn Hosted> = Box::new(Application::new("Guide", "1").api(|_| ()));
    command_line::program(&*application)
}

#[test]
fn the_short_help_is_short_and_the_long_one_has_examples_exit_codes_and_environment() {
    let short = program().render_help().to_string();
    let long = program().render_long_help().to_string();

    assert!(long.lines().count() > short.lines().count() + 30);
    assert!(!short.contains("Examples:"), "{short}");
    assert!(short.contains("Use `--help` for examples"), "{short}");
    for heading in ["Examples:", "Exit codes:", "Environment:", "Signals:"] {
        assert!(long.contains(heading), "{heading}: {long}");
    }
    for (term, _) in EXIT_CODES.iter().chain(ENVIRONMENT) {
        assert!(long.contains(term), "{term}: {long}");
    }
}

#[test]
fn every_command_has_examples() {
    for command in program().get_subcommands().filter(|it| !it.is_hide_set()) {
        let name = command.get_name();

        let is_described = COMMANDS.iter().any(|(known, _)| *known == name);

        assert!(is_described, "{name}");
        let long = command.clone().render_long_help().to_string();
        let short = command.clone().render_help().to_string();
        assert!(
            long.contains("Examples:") && !short.contains("Examples:"),
            "{name}"
        );
    }
}

#[test]
fn every_example_is_a_command_line_that_the_program_accepts() {
    let of_commands = COMMANDS.iter().flat_map(|(_, examples)| examples.iter());
    let mut count = 0;
    for (meaning, line) in PROGRAM.iter().chain(of_commands) {
        for part in line.replace("PROGRAM", "poem-resource-server").lines() {
            assert!(part.len() <= 76, "wrapped at 80 columns: {part}");
        }
        // Up to the end of the substitution, the pipe or the redirection.
        for call in line.split("PROGRAM").skip(1) {
            let call = call
                .split([')', '|', '<', '>', '\n'])
                .next()
                .unwrap_or_default();
            let words = std::iter::once("program").chain(call.split_whitespace());
            let parsed = program().try_get_matches_from(words);
            assert!(parsed.is_ok(), "{meaning}: {line}: {:?}", parsed.err());
            count += 1;
        }
    }
    assert!(count > 15, "{count}");
}

#[test]
fn the_completions_of_each_shell_offer_the_commands_and_not_the_hidden_one() {
    use clap_complete::Shell;
    let application: Box<dyn Hosted> = Box::new(Application::new("Guide", "1").api(|_| ()));

    for shell in [
        Shell::Bash,
        Shell::Elvish,
        Shell::Fish,
        Shell::PowerShell,
        Shell::Zsh,
    ] {
        let text = crate::program::generate::completions(&*application, shell);

        assert!(
            text.contains("doctor") && text.contains("completions"),
            "{shell}"
        );
        assert!(!text.contains("generate"), "{shell}");
    }
}
