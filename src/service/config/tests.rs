mod application;
mod binding;
mod clients;
mod credentials;
mod issuers;
mod messages;
mod precedence;
mod printed;
mod refusals;
mod requirements;
mod restart;
mod values;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Config, ConfigError, Sources};

/// A working directory for one test, removed at its end.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("resource-server-config-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(path.join("config")).expect("a directory for the test");
        Self(path)
    }

    fn with(self, path: &str, text: &str) -> Self {
        std::fs::write(self.0.join(path), text).expect("a file for the test");
        self
    }

    fn sources(&self) -> Sources {
        Sources {
            directory: self.0.clone(),
            ..Sources::default()
        }
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The profile `dev` with these lines in its file.
fn load_file(text: &str) -> Result<Config, ConfigError> {
    let directory = Directory::new().with("config/dev.toml", text);
    Config::load(&directory.sources())
}

/// The profile `dev` with these variables and no file.
fn load_environment(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let directory = Directory::new();
    Config::load(&with_environment(directory.sources(), variables))
}

fn with_environment(mut sources: Sources, variables: &[(&str, &str)]) -> Sources {
    let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
    sources.environment = variables.iter().map(owned).collect();
    sources
}

fn source_of(config: &Config, key: &str) -> String {
    let mut rows = config.effective().rows().iter();
    rows.find(|row| row.key == key)
        .map(|row| row.source.clone())
        .expect(key)
}
