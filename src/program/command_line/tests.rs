use clap::FromArgMatches;
use clap::error::ErrorKind;

use super::{Command, CommandLine, program};
use crate::service::Application;
use crate::service::application::Hosted;

fn program_of_the_guide() -> clap::Command {
    let application: Box<dyn Hosted> = Box::new(Application::new("Guide", "1").api(|_| ()));
    program(&*application)
}

/// The command that these words are read as.
fn read(words: &[&str]) -> Result<CommandLine, clap::Error> {
    let words = std::iter::once("program").chain(words.iter().copied());
    let matches = program_of_the_guide().try_get_matches_from(words)?;
    CommandLine::from_arg_matches(&matches)
}

#[test]
fn a_value_that_an_issuer_chose_may_begin_with_a_hyphen() {
    let values: [&[&str]; 12] = [
        &["explain", "-4Zb"],
        &["explain", "--offline", "-4Zb"],
        &["doctor", "--token", "-4Zb"],
        &["proof", "GET", "https://api.example/", "--token", "-4Zb"],
        &["proof", "GET", "https://api.example/", "--nonce", "-4Zb"],
        &["check", "--url", "https://api.example/", "--token", "-4Zb"],
        &["check", "--url", "https://api.example/", "--refuse", "-4Zb"],
        &["token", "--client-id", "-4Zb"],
        &["token", "--client-secret", "-4Zb"],
        &["denylist", "deny", "--token-id", "-4Zb"],
        &["denylist", "deny", "--subject", "-4Zb"],
        &["denylist", "deny", "--client", "-4Zb"],
    ];
    for words in values {
        assert!(
            read(words).is_ok(),
            "{words:?}: {}",
            read(words).err().unwrap()
        );
    }
}

#[test]
fn an_option_with_a_mistake_in_it_is_no_token() {
    let Err(error) = read(&["explain", "--ofline"]) else {
        panic!("`--ofline` is read as a token");
    };

    assert_eq!(error.kind(), ErrorKind::ValueValidation);
    let message = error.to_string();
    assert!(message.contains("'--ofline'"), "{message}");
    assert!(
        message.contains("as `@FILE`, or through standard input"),
        "{message}"
    );
}

#[test]
fn options_after_the_token_are_still_options() {
    let Some(Command::Explain(options)) = read(&["explain", "-4Zb", "--offline"]).unwrap().command
    else {
        panic!("no `explain`");
    };

    assert_eq!(options.token.as_deref(), Some("-4Zb"));
    assert!(options.offline);
}
