//! The sources of the settings of a command.

use std::path::PathBuf;

use crate::program::failure::Failure;
use crate::program::issuers::Issuers;
use crate::service::config::{ApplicationSettings, Config, Sources};
use crate::verifier::DEFAULT_ISSUER;

use super::{ClientOptions, Command, CommandLine, Flags};

impl CommandLine {
    /// The sources of settings: flags, this process' environment and working directory.
    pub(crate) fn sources(&self, application: ApplicationSettings) -> Result<Sources, Failure> {
        let mut sources = self.flags.sources(application)?;
        // The doctor examines issuers that no service would accept, and a denial names an issuer.
        if matches!(
            self.command,
            Some(Command::Doctor(_) | Command::Denylist(_))
        ) {
            sources.flags.retain(|(flag, ..)| *flag != "--issuer");
        }
        if let Some(client) = self.client_options() {
            sources.flags.extend(client.flags());
        }
        Ok(sources)
    }

    /// The issuer, except `default`, to whose client the options of this command belong. `None` if
    /// there are no such options.
    pub(crate) fn client_issuer(&self, config: &Config) -> Result<Option<String>, Failure> {
        let options = self.client_options();
        let Some(options) = options.filter(|options| !options.flags().is_empty()) else {
            return Ok(None);
        };
        if config.issuers.is_empty() {
            return Ok(None);
        }
        let issuers = Issuers::new(config.clone())?;
        let name = issuers.select(options.issuer_name.as_deref())?.name;
        Ok((name != DEFAULT_ISSUER).then(|| name.to_owned()))
    }

    fn client_options(&self) -> Option<&ClientOptions> {
        match &self.command {
            Some(Command::Token(options)) => Some(&options.client),
            Some(Command::Check(options)) => Some(&options.client),
            Some(Command::Doctor(options)) => Some(&options.client),
            _ => None,
        }
    }
}

impl ClientOptions {
    /// The options that set a key.
    fn flags(&self) -> Vec<(&'static str, &'static str, String)> {
        let resource = (!self.resource.is_empty()).then(|| self.resource.join(" "));
        let flags = [
            ("--client-id", "client.id", &self.client_id),
            ("--client-secret", "client.secret", &self.client_secret),
            ("--client-auth", "client.auth", &self.client_auth),
            ("--resource", "client.resource", &resource),
            (
                "--client-audience",
                "client.audience",
                &self.client_audience,
            ),
        ];
        given(flags).collect()
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
            client_issuer: None,
            application,
        })
    }
}

/// The name of the user who runs this program, also by `sudo`.
pub(crate) fn user_name() -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the module that reads the environment of the process"
    )]
    let names = ["SUDO_USER", "USER", "LOGNAME"].map(|name| std::env::var(name).ok());
    names.into_iter().flatten().find(|name| !name.is_empty())
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
