//! Opens the listeners: sockets that systemd passes, else those that the settings name.
//!
//! Of two sockets handed over the second is the operators' (`sd_listen_fds(3)`).

use std::fs::{self, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use crate::service::Listener;
use crate::service::config::{Config, Listen};
use listenfd::ListenFd;
use tokio::net::{TcpListener, TcpSocket, UnixListener, UnixSocket};

use crate::program::embedded;
use crate::program::failure::Failure;

/// The listeners of the service, open.
pub(crate) struct Listeners {
    pub(crate) http: OpenListener,
    pub(crate) admin: Option<OpenListener>,
    /// That of the embedded issuer, if no other issuer is set.
    pub(crate) embedded: Option<TcpListener>,
}

/// A listener, and where it is.
pub(crate) struct OpenListener {
    pub(crate) listener: Listener,
    pub(crate) listen: Listen,
    /// Where it is a Unix socket of our own.
    pub(crate) socket: Option<Socket>,
}

/// The file of a Unix socket, removed when this is dropped.
pub(crate) struct Socket(PathBuf);

/// The users who may connect to one of our Unix sockets.
#[derive(Clone, Copy)]
enum Access {
    /// This user and root. A process that can write to the operators' socket may revoke tokens.
    ThisUser,
    /// The users to whom the mode of the file gives write access.
    Mode(u32),
}

impl Listeners {
    /// Opens every listener that the settings name.
    ///
    /// # Errors
    ///
    /// [`Failure::Listeners`], with each listener that cannot be opened.
    pub(crate) fn open(config: &Config) -> Result<Self, Failure> {
        let mut handed_over = ListenFd::from_env();
        let mut open = |position, key, listen: Option<&Listen>, access| match (
            take(&mut handed_over, position, key, access)?,
            listen,
        ) {
            (Some(passed), _) => Ok(Some(passed)),
            (None, Some(Listen::Address(address))) => {
                bind(key, *address, config.http.reuse_port).map(Some)
            }
            (None, Some(Listen::Unix(path))) => bind_socket(key, path, access).map(Some),
            (None, None) => Ok(None),
        };
        let callers = Access::Mode(config.http.socket_mode);
        let http = open(0, "http.listen", Some(&config.http.listen), callers);
        let admin = config.admin.listen.as_ref();
        let admin = open(1, "admin.listen", admin, Access::ThisUser);
        let embedded = embedded::open(config);
        let mut failures = Vec::new();
        if let Ok(Some(http)) = &http {
            failures.extend(embedded::check_reach(config, &http.listen).err());
        }
        match (http, admin, embedded) {
            (Ok(Some(http)), Ok(admin), Ok(embedded)) if failures.is_empty() => Ok(Self {
                http,
                admin,
                embedded,
            }),
            (http, admin, embedded) => {
                failures.extend(
                    [http.err(), admin.err(), embedded.err()]
                        .into_iter()
                        .flatten(),
                );
                Err(Failure::Listeners(failures))
            }
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn take(
    handed_over: &mut ListenFd,
    position: usize,
    key: &'static str,
    access: Access,
) -> Result<Option<OpenListener>, Failure> {
    if position >= handed_over.len() {
        return Ok(None);
    }
    let failure = |source| Failure::HandedOver { key, source };
    let opened = |listener, listen| OpenListener {
        listener,
        listen,
        socket: None,
    };
    if let Ok(Some(listener)) = handed_over.take_tcp_listener(position) {
        listener.set_nonblocking(true).map_err(failure)?;
        let address = listener.local_addr().map_err(failure)?;
        let listener = TcpListener::from_std(listener).map_err(failure)?;
        return Ok(Some(opened(listener.into(), address.into())));
    }
    let listener = handed_over.take_unix_listener(position).map_err(failure)?;
    let Some(listener) = listener else {
        return Ok(None);
    };
    listener.set_nonblocking(true).map_err(failure)?;
    let address = listener.local_addr().map_err(failure)?;
    let path = address.as_pathname().unwrap_or(Path::new("")).to_owned();
    let listener = UnixListener::from_std(listener).map_err(failure)?;
    let listener = admitting(listener, access, own_user()).map_err(failure)?;
    Ok(Some(opened(listener, Listen::Unix(path))))
}

/// The socket, which closes connections of users who may not have one.
fn admitting(
    listener: UnixListener,
    access: Access,
    user: io::Result<u32>,
) -> io::Result<Listener> {
    match access {
        Access::ThisUser => Ok(Listener::for_user(listener, user?)),
        Access::Mode(_) => Ok(listener.into()),
    }
}

/// The user of this process. The file of a socket that systemd made belongs to another one.
fn own_user() -> io::Result<u32> {
    let (one, _other) = tokio::net::UnixStream::pair()?;
    Ok(one.peer_cred()?.uid())
}

fn bind(key: &'static str, address: SocketAddr, reuse_port: bool) -> Result<OpenListener, Failure> {
    let bind = || {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        // A port whose last connections are being forgotten by the kernel is free.
        socket.set_reuseaddr(true)?;
        socket.set_reuseport(reuse_port)?;
        socket.bind(address)?;
        let listener = socket.listen(BACKLOG)?;
        Ok(OpenListener {
            listen: listener.local_addr()?.into(),
            listener: listener.into(),
            socket: None,
        })
    };
    bind().map_err(|source| Failure::Listen {
        key,
        listen: address.into(),
        source,
    })
}

fn bind_socket(key: &'static str, path: &Path, access: Access) -> Result<OpenListener, Failure> {
    let bind = || {
        let is_socket = fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_socket());
        // A process that was killed left it: no process listens there.
        if is_socket && UnixStream::connect(path).is_err() {
            fs::remove_file(path)?;
        }
        let (socket, file) = bind_closed(path, access)?;
        let listener = socket.listen(BACKLOG)?;
        let listener = match access {
            Access::ThisUser => Listener::for_user(listener, fs::metadata(path)?.uid()),
            Access::Mode(_) => listener.into(),
        };
        Ok(OpenListener {
            listener,
            listen: Listen::Unix(path.to_owned()),
            socket: Some(file),
        })
    };
    bind().map_err(|source: io::Error| Failure::Listen {
        key,
        listen: Listen::Unix(path.to_owned()),
        source,
    })
}

/// A socket with its final mode that does not listen yet, so that no process can connect while it
/// has the mode of the umask.
fn bind_closed(path: &Path, access: Access) -> io::Result<(UnixSocket, Socket)> {
    let mode = match access {
        Access::ThisUser => 0o600,
        Access::Mode(mode) => mode,
    };
    let socket = UnixSocket::new_stream()?;
    socket.bind(path)?;
    let file = Socket(path.to_owned());
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    Ok((socket, file))
}

/// Connections that wait for a place; the kernel may allow fewer.
const BACKLOG: u32 = 4096;

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;

    fn path() -> PathBuf {
        let name = format!("poem-resource-server-{:08x}.sock", fastrand::u32(..));
        std::env::temp_dir().join(name)
    }

    #[tokio::test]
    async fn nobody_can_connect_to_a_socket_before_it_has_its_mode() {
        // More than any umask leaves, and less.
        for (access, mode) in [(Access::Mode(0o666), 0o666), (Access::ThisUser, 0o600)] {
            let path = path();

            let (socket, _file) = bind_closed(&path, access).unwrap();
            let early = UnixStream::connect(&path).unwrap_err();
            let found = fs::metadata(&path).unwrap().mode() & 0o777;
            let _listener = socket.listen(1).unwrap();

            assert_eq!(early.kind(), io::ErrorKind::ConnectionRefused, "{mode:o}");
            assert_eq!(found, mode);
            assert!(UnixStream::connect(&path).is_ok(), "{mode:o}");
        }
    }

    #[tokio::test]
    async fn the_socket_of_operators_is_for_this_user_and_that_of_callers_is_not() {
        for (access, is_of_user) in [(Access::ThisUser, true), (Access::Mode(0o600), false)] {
            let path = path();

            let open = bind_socket("admin.listen", &path, access).unwrap();

            let found = matches!(open.listener, Listener::UnixOfUser { .. });
            assert_eq!(found, is_of_user);
        }
    }

    #[tokio::test]
    async fn a_socket_of_operators_that_systemd_passes_is_for_the_user_of_this_process() {
        for (access, is_of_user) in [(Access::ThisUser, true), (Access::Mode(0o660), false)] {
            let path = path();
            let passed = UnixListener::bind(&path).unwrap();
            let own = fs::metadata(&path).unwrap().uid();
            fs::remove_file(&path).unwrap();

            let listener = admitting(passed, access, own_user()).unwrap();

            match listener {
                Listener::UnixOfUser { uid, .. } => assert_eq!((uid, is_of_user), (own, true)),
                _ => assert!(!is_of_user),
            }
        }
    }

    #[tokio::test]
    async fn an_existing_file_is_not_replaced_and_a_dead_socket_is() {
        let path = path();
        fs::write(&path, "").unwrap();
        let taken = bind_socket("http.listen", &path, Access::Mode(0o660)).err();
        fs::remove_file(&path).unwrap();
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());

        let open = bind_socket("http.listen", &path, Access::Mode(0o660)).unwrap();

        assert!(taken.is_some_and(|it| it.chain().contains("Address already in use")));
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o660);
        drop(open);
        assert!(!path.exists());
    }
}
