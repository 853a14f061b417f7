//! The file with the key that tokens are bound to: created for its owner alone, and never replaced.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;

use crate::issuer::ProofMaker;
use crate::token::Thumbprint;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFileError {
    #[error(
        "there is no directory for the key, because neither XDG_STATE_HOME nor HOME nor \
         XDG_RUNTIME_DIR is an absolute path. Name a file with --key"
    )]
    NoDirectory,
    #[error(
        "there is no key for the proof: the file {} does not exist. Request a token with \
         `token --dpop` first, or name the file of its key with --key", .0.display()
    )]
    Absent(PathBuf),
    #[error(
        "the key in {} is not secret: other users of this machine may read the file (mode \
         {mode:03o}). Request tokens for a new key, or run chmod 600 if nobody has read it",
        path.display()
    )]
    Exposed { path: PathBuf, mode: u32 },
    #[error(
        "the file {} is not a key: a private key on P-256 in PEM (PKCS #8) is expected. It was not \
         changed. Name another file with --key", .0.display()
    )]
    Foreign(PathBuf),
    #[error(
        "the token is bound to another key (jkt {jkt}) than the one in {}. Name the file of its \
         key with --key, or request a new token with `token --dpop`", path.display()
    )]
    OtherKey { path: PathBuf, jkt: Thumbprint },
    #[error("the key cannot be read from {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the key cannot be stored in {}", path.display())]
    Write { path: PathBuf, source: io::Error },
}

/// The file that the options name, or the default one.
pub(crate) fn path(named: Option<&Path>) -> Result<PathBuf, KeyFileError> {
    if let Some(path) = named {
        return Ok(path.to_owned());
    }
    let state = variable("XDG_STATE_HOME");
    let home = || variable("HOME").map(|home| home.join(".local/state"));
    let directory = state
        .or_else(home)
        .or_else(|| variable("XDG_RUNTIME_DIR"))
        .ok_or(KeyFileError::NoDirectory)?;
    Ok(directory.join(env!("CARGO_PKG_NAME")).join("dpop-key.pem"))
}

/// The key of a file that exists.
pub(crate) fn read(path: &Path) -> Result<ProofMaker, KeyFileError> {
    match open(path)? {
        Some(key) => Ok(key),
        None => Err(KeyFileError::Absent(path.to_owned())),
    }
}

/// The key of a file, which is created if it does not exist.
pub(crate) fn read_or_create(path: &Path) -> Result<ProofMaker, KeyFileError> {
    if let Some(key) = open(path)? {
        return Ok(key);
    }
    let failure = |source| KeyFileError::Write {
        path: path.to_owned(),
        source,
    };
    let directory = path.parent().filter(|it| !it.as_os_str().is_empty());
    if let Some(directory) = directory {
        let mut builder = DirBuilder::new();
        let created = builder.recursive(true).mode(0o700).create(directory);
        created.map_err(failure)?;
    }
    let key = ProofMaker::generate();
    // The whole file appears under its name at once, and only if there is none yet.
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", key.thumbprint()));
    let new = path.with_file_name(name);
    let linked = write(&new, &key).and_then(|()| fs::hard_link(&new, path));
    let _ = fs::remove_file(&new);
    match linked {
        Ok(()) => Ok(key),
        // Another process was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(failure(error)),
    }
}

fn open(path: &Path) -> Result<Option<ProofMaker>, KeyFileError> {
    let failure = |source| KeyFileError::Read {
        path: path.to_owned(),
        source,
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failure(error)),
    };
    let metadata = file.metadata().map_err(failure)?;
    let mut text = Vec::new();
    if metadata.is_file() {
        let read = file.take(MAX_BYTES).read_to_end(&mut text);
        read.map_err(failure)?;
    }
    let key = PrivatePkcs8KeyDer::from_pem_slice(&text).ok();
    let key = key.and_then(|key| ProofMaker::from_pkcs8(key.secret_pkcs8_der()));
    let key = key.ok_or_else(|| KeyFileError::Foreign(path.to_owned()))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let path = path.to_owned();
        return Err(KeyFileError::Exposed { path, mode });
    }
    Ok(Some(key))
}

fn write(path: &Path, key: &ProofMaker) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    // The umask may have removed rights of the owner.
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(pem(&key.to_pkcs8()).as_bytes())?;
    file.sync_all()
}

/// RFC 7468 section 10.
fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).map(String::from_utf8_lossy);
    let lines: Vec<_> = lines.collect();
    let lines = lines.join("\n");
    format!("-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n")
}

fn variable(name: &str) -> Option<PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the directory of the user's files is no setting"
    )]
    let value = std::env::var_os(name).map(PathBuf::from);
    value.filter(|path| path.is_absolute())
}

/// A larger file is not a key.
const MAX_BYTES: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(name: &str) -> PathBuf {
        let id = std::process::id();
        let directory = std::env::temp_dir().join(format!("prs-key-{id}-{name}"));
        let _ = fs::remove_dir_all(&directory);
        directory
    }

    #[test]
    fn a_key_is_created_for_its_owner_alone_and_read_again() {
        let directory = directory("created");
        let path = directory.join("below/key.pem");

        let created = read_or_create(&path).unwrap();
        let again = read_or_create(&path).unwrap();

        assert_eq!(created.thumbprint(), again.thumbprint());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        let files = fs::read_dir(path.parent().unwrap()).unwrap();
        assert_eq!(files.count(), 1, "a temporary file is left");
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn a_foreign_file_is_never_replaced_and_an_exposed_key_is_not_used() {
        let directory = directory("foreign");
        fs::create_dir_all(&directory).unwrap();
        let foreign = directory.join("notes.txt");
        fs::write(&foreign, "my notes").unwrap();
        let exposed = directory.join("exposed.pem");
        read_or_create(&exposed).unwrap();
        fs::set_permissions(&exposed, Permissions::from_mode(0o640)).unwrap();

        let refused = read_or_create(&foreign).unwrap_err();
        let readable = read_or_create(&exposed).unwrap_err();
        let absent = read(&directory.join("absent.pem")).unwrap_err();

        assert!(matches!(refused, KeyFileError::Foreign(_)), "{refused}");
        assert_eq!(fs::read(&foreign).unwrap(), b"my notes");
        assert!(matches!(
            readable,
            KeyFileError::Exposed { mode: 0o640, .. }
        ));
        assert!(matches!(absent, KeyFileError::Absent(_)));
        fs::set_permissions(&exposed, Permissions::from_mode(0o600)).unwrap();
        assert!(read(&exposed).is_ok());
        fs::remove_dir_all(directory).unwrap();
    }
}
