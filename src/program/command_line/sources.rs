//! The sources of the settings of a command.

use std::path::PathBuf;

use crate::program::failure::Failure;
use crate::service::config::{ApplicationSettings, Sources};

use super::{Command, CommandLine, Flags};

impl CommandLine {
    /// The sources of settings: flags, this process' environment and working directory.
    pub(crate) fn sources(&self, application: ApplicationSettings) -> Result<Sources, Failure> {
        let mut sources = self.flags.sources(application)?;
        // The doctor examines issuers that no service would accept.
        if matches!(self.command, Some(Command::Doctor(_))) {
            sources.flags.retain(|(flag, ..)| *flag != "--issuer");
        }
        let client = match &self.command {
            Some(Command::Token(options)) => Some(&options.client),
            Some(Command::Check(options)) => Some(&options.client),
            Some(Command::Doctor(options)) => Some(&options.client),
            _ => None,
        };
        if let Some(client) = client {
            let resource = (!client.resource.is_empty()).then(|| client.resource.join(" "));
            let flags = [
                ("--client-id", "client.id", &client.client_id),
                ("--client-secret", "client.secret", &client.client_secret),
                ("--client-auth", "client.auth", &client.client_auth),
                ("--resource", "client.resource", &resource),
                (
                    "--client-audience",
                    "client.audience",
                    &client.client_audience,
                ),
            ];
            sources.flags.extend(given(flags));
        }
        Ok(sources)
    }
}

impl Flags {
    /// The sources of settings, without those that single commands add.
    pub(crate) fn sources(&self, application: ApplicationSettings) -> Result<Sources, Failure> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the process' environment is handed to the settings here"
        )]
        let variables: Vec<_> = std::env::vars_os().collect();
        let credentials = variables.iter().find(|(name, _)| name == CREDENTIALS);
        let credentials = credentials.map(|(_, directory)| directory.into());
        let environment = Sources::environment_from(variables)?;
        let flags = [
            ("--issuer", "issuer.url", &self.issuer),
            ("--audience", "issuer.audience", &self.audience),
            ("--listen", "http.listen", &self.listen),
        ];
        Ok(Sources {
            profile: self.profile.clone(),
            config_file: self.config.clone(),
            directory: PathBuf::new(),
            credentials,
            environment,
            flags: given(flags).collect(),
            application,
        })
    }
}

type Flag<'a> = (&'static str, &'static str, &'a Option<String>);

fn given<const N: usize>(
    flags: [Flag<'_>; N],
) -> impl Iterator<Item = (&'static str, &'static str, String)> {
    let flags = flags.into_iter();
    flags.filter_map(|(flag, key, value)| Some((flag, key, value.clone()?)))
}

/// Where systemd puts what `LoadCredential=` names.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";
