//! Secrets that are handed over as files: one for each, named by its key, as in
//! `client.secret`, in the directory of systemd's `LoadCredential=` or of a container's
//! mounted secrets.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::layer::Layer;
use super::problem::{Fault, Problem};
use super::settings;

/// A layer for each secret that has a file; other files are passed over.
pub(super) fn read(directory: &Path, problems: &mut Vec<Problem>) -> Vec<Layer> {
    let mut layers = Vec::new();
    for setting in settings::all().iter().filter(|setting| setting.is_secret) {
        let key = &setting.key;
        let path = directory.join(key.to_string());
        let source = format!("credential {}", path.display());
        match read_file(&path) {
            Ok(None) => {}
            Ok(Some(text)) => layers.push(Layer::single(&source, key, &text, problems)),
            Err(fault) => problems.push(Problem::with_key(&source, key, fault)),
        }
    }
    layers
}

/// Without the line ends that editors leave behind.
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
            return Err(fault.fix("give a file in UTF-8 that this user can read"));
        }
        Ok(_) if text.len() as u64 > MAX_SECRET_BYTES => {
            let fault = Fault::new(format!("is longer than {MAX_SECRET_BYTES} bytes"));
            return Err(fault.fix("write the secret alone into the file"));
        }
        Ok(_) => {}
    }
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        let fault = Fault::new("is empty");
        return Err(fault.fix("write the secret into the file, or remove it"));
    }
    Ok(Some(secret.to_owned()))
}

const MAX_SECRET_BYTES: u64 = 16 * 1024;
