//! Secrets from files. Each file contains one secret and is named by its key, as in
//! `client.secret`. The directory is that of systemd's `LoadCredential=`, or of a container's
//! mounted secrets.
//!
//! A file whose name begins with `app.` sets that key of the application. A file such as
//! `issuers.partners.client.secret` sets a secret whose key has a free name in it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::key::Key;
use super::layer::Layer;
use super::problem::{ConfigProblem, Fault};
use super::settings;

/// A layer for each secret that has a file. Other files are ignored.
pub(super) fn read(directory: &Path, problems: &mut Vec<ConfigProblem>) -> Vec<Layer> {
    let secrets = settings::all().iter().filter(|setting| setting.is_secret);
    let plain = secrets.filter(|setting| !setting.key.has_free_segment());
    let named = plain.map(|setting| (setting.key.clone(), setting.key.to_string()));
    let mut layers = Vec::new();
    for (key, name) in named.chain(with_free_names(directory)) {
        let path = directory.join(name);
        let (source, key) = (format!("{PREFIX}{}", path.display()), &key);
        match read_file(&path) {
            Ok(None) => {}
            Ok(Some(text)) => layers.push(Layer::single(&source, key, &text, problems)),
            Err(fault) => problems.push(ConfigProblem::with_key(&source, key, fault)),
        }
    }
    layers
}

/// Whether this source is a file of secrets.
pub(super) fn is_source(source: &str) -> bool {
    source.starts_with(PREFIX)
}

/// The files whose names are keys of the application, or keys of secrets with a free name. Only the
/// type of the application knows which of its keys are secrets. An unknown key is reported as in any
/// other source.
fn with_free_names(directory: &Path) -> Vec<(Key, String)> {
    // A directory that cannot be listed may still contain the files with known names.
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut keys: Vec<_> = names.map(|name| (Key::dotted(&name), name)).collect();
    keys.retain(|(key, _)| key.is_application() || settings::is_free_secret(key));
    keys.sort();
    keys
}

/// Reads a secret, without the line ends that editors add.
fn read_file(path: &Path) -> Result<Option<String>, Fault> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| {
        let mut start = file.take(MAX_SECRET_BYTES + 1);
        start.read_to_string(&mut text)
    });
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let fault = Fault::new(format!("cannot be read: {error}"));
            return Err(fault.fix("provide a file in UTF-8 that this user can read"));
        }
        Ok(_) if text.len() as u64 > MAX_SECRET_BYTES => {
            let fault = Fault::new(format!("is longer than {MAX_SECRET_BYTES} bytes"));
            return Err(fault.fix("write only the secret into the file"));
        }
        Ok(_) => {}
    }
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        let fault = Fault::new("is empty");
        return Err(fault.fix("write the secret into the file, or remove the file"));
    }
    Ok(Some(secret.to_owned()))
}

/// How the source of a secret of a file begins.
const PREFIX: &str = "credential ";

const MAX_SECRET_BYTES: u64 = 16 * 1024;
