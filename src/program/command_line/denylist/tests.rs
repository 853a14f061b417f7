use clap::{Command, FromArgMatches};

use crate::program::command_line::{self, CommandLine};
use crate::service::Application;
use crate::service::application::Hosted;
use crate::service::config::ApplicationSettings;

fn program() -> Command {
    let application: Box<dyn Hosted> = Box::new(Application::new("Guide", "1").api(|_| ()));
    command_line::program(&*application)
}

fn parse(arguments: &[&str]) -> CommandLine {
    let arguments = std::iter::once("program").chain(arguments.iter().copied());
    let matches = program().try_get_matches_from(arguments).unwrap();
    CommandLine::from_arg_matches(&matches).unwrap()
}

/// The long help of `denylist`, or of one of its commands, with one space between two words.
fn help(names: &[&str]) -> String {
    let mut program = program();
    program.build();
    let command = names.iter().fold(&mut program, |command, name| {
        command.find_subcommand_mut(name).unwrap()
    });
    let help = command.render_long_help().to_string();
    help.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_issuer_of_a_denial_is_no_setting_wherever_the_option_is() {
    for arguments in [
        [
            "denylist",
            "deny",
            "--subject",
            "a",
            "--issuer",
            "https://a.example",
        ],
        [
            "denylist",
            "--issuer",
            "https://a.example",
            "deny",
            "--subject",
            "a",
        ],
        [
            "--issuer",
            "https://a.example",
            "denylist",
            "allow",
            "--subject",
            "a",
        ],
    ] {
        let line = parse(&arguments);

        let sources = line.sources(ApplicationSettings::default()).unwrap();
        assert_eq!(sources.flags, [], "{arguments:?}");
        let Some(command_line::Command::Denylist(options)) = line.command else {
            panic!("{arguments:?}");
        };
        assert_eq!(
            options.issuer.as_deref(),
            Some("https://a.example"),
            "{arguments:?}"
        );
    }
    let serve = parse(&["serve", "--issuer", "https://a.example"]);
    let sources = serve.sources(ApplicationSettings::default()).unwrap();
    assert_eq!(
        sources.flags,
        [("--issuer", "issuer.url", "https://a.example".to_owned())]
    );
}

#[test]
fn the_help_describes_the_issuer_of_a_denial() {
    let of_settings = "--issuer <URL> The issuer whose tokens are accepted (`issuer.url`)";
    let of_denial = "--issuer <URL> For `deny` and `allow`: the issuer of the tokens (`iss`)";
    for (names, expected, other) in [
        (&["serve"][..], of_settings, of_denial),
        (&["denylist"], of_denial, of_settings),
        (&["denylist", "deny"], of_denial, of_settings),
        (&["denylist", "allow"], of_denial, of_settings),
    ] {
        let help = help(names);

        assert!(help.contains(expected), "{names:?}: {help}");
        assert!(!help.contains(other), "{names:?}: {help}");
    }
    let allow = help(&["denylist", "allow"]);
    let start = "Remove the denials that have exactly the members of the given options, whatever \
                 their times For example, ";
    assert!(allow.starts_with(start), "{allow}");
}
