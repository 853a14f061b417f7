//! Where callers connect: a TCP port or a Unix socket.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;
use std::{fs, io};

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_util::either::Either;
use tracing::warn;

/// A listener that is bound.
#[derive(Debug)]
#[non_exhaustive]
pub enum Listener {
    /// On a TCP port.
    Tcp(TcpListener),
    /// On a Unix socket.
    Unix(UnixListener),
    /// On a Unix socket for one user of this machine and root.
    #[non_exhaustive]
    UnixOfUser {
        /// The socket.
        listener: UnixListener,
        /// The user, by id.
        uid: u32,
    },
}

/// A connection over TCP or over a Unix socket.
pub(super) type Stream = Either<TcpStream, UnixStream>;

impl Listener {
    /// A Unix socket that hangs up on everybody except this user and root, whatever the mode of
    /// its file.
    pub(crate) fn for_user(listener: UnixListener, uid: u32) -> Self {
        Self::UnixOfUser { listener, uid }
    }

    /// Whether it is a socket of this machine that users beyond its owner and group cannot
    /// write to.
    pub(in crate::service) fn is_private(&self) -> bool {
        let (Self::Unix(listener) | Self::UnixOfUser { listener, .. }) = self else {
            return false;
        };
        let address = listener.local_addr().ok();
        let path = address.as_ref().and_then(|it| it.as_pathname());
        path.and_then(|path| fs::metadata(path).ok())
            .is_some_and(|file| file.permissions().mode() & WRITABLE_BY_OTHERS == 0)
    }

    /// The next connection, and the address of its peer over TCP. What fails is tried again, after a
    /// pause when the machine has run out of descriptors or memory: to try at once would only spin.
    /// `make_room` is called before each.
    pub(super) async fn accept(&self, make_room: impl Fn()) -> (Stream, Option<SocketAddr>) {
        loop {
            match self.try_accept().await {
                Ok(stream) => return stream,
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    warn!(%error, "connection not accepted");
                    make_room();
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    async fn try_accept(&self) -> io::Result<(Stream, Option<SocketAddr>)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // An answer is written whole; to wait for more would only delay it.
                let _ = stream.set_nodelay(true);
                Ok((Either::Left(stream), Some(peer)))
            }
            Self::Unix(listener) => Ok((Either::Right(listener.accept().await?.0), None)),
            Self::UnixOfUser { listener, uid } => {
                let (stream, _) = listener.accept().await?;
                let peer = stream.peer_cred()?.uid();
                if !admits(*uid, peer) {
                    warn!(uid = peer, "connection of another user refused");
                    return Err(io::ErrorKind::ConnectionRefused.into());
                }
                Ok((Either::Right(stream), None))
            }
        }
    }
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self::Tcp(listener)
    }
}

impl From<UnixListener> for Listener {
    fn from(listener: UnixListener) -> Self {
        Self::Unix(listener)
    }
}

/// Whether a socket of the user `uid` admits a process of the user `peer`.
fn admits(uid: u32, peer: u32) -> bool {
    peer == uid || peer == ROOT
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

const ROOT: u32 = 0;
const WRITABLE_BY_OTHERS: u32 = 0o002;
const PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn a_socket_of_one_user_admits_that_user_and_root() {
        for (row, uid, peer, expected) in [
            ("the user", 1000, 1000, true),
            ("root", 1000, 0, true),
            ("another user", 1000, 1001, false),
            ("another user, of root's socket", 0, 1000, false),
        ] {
            assert_eq!(admits(uid, peer), expected, "{row}");
        }
    }

    #[tokio::test]
    async fn a_socket_of_one_user_accepts_that_user() {
        let name = format!("poem-resource-server-{:08x}", fastrand::u32(..));
        let path = std::env::temp_dir().join(name);
        let listener = UnixListener::bind(&path).unwrap();
        let uid = fs::metadata(&path).unwrap().uid();
        let socket = Listener::for_user(listener, uid);

        let (accepted, connected) = tokio::join!(socket.accept(|| {}), UnixStream::connect(&path));

        fs::remove_file(&path).unwrap();
        assert!(matches!(accepted, (Either::Right(_), None)));
        assert!(connected.is_ok());
    }

    #[tokio::test]
    async fn a_socket_is_private_if_other_users_cannot_connect() {
        let name = format!("poem-resource-server-{:08x}", fastrand::u32(..));
        let path = std::env::temp_dir().join(name);
        let socket = Listener::from(UnixListener::bind(&path).unwrap());
        let port = Listener::from(TcpListener::bind("127.0.0.1:0").await.unwrap());

        for (mode, is_private) in [(0o600, true), (0o660, true), (0o666, false), (0o602, false)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(socket.is_private(), is_private, "{mode:o}");
        }
        assert!(!port.is_private());
        fs::remove_file(&path).unwrap();
        assert!(!socket.is_private(), "unknown");
    }
}
