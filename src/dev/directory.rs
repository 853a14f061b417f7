//! The users and the clients of the issuer.
//!
//! All of them are fixed and public. The secret below protects nothing. It lets a
//! client authenticate here in the same way as elsewhere. What differs from one issuer
//! to the next, its scopes, is in [`scopes`](super::scopes).

/// A user who can sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// The short name the sign-in page shows.
    pub name: &'static str,
    /// The claim `sub`: what the user would type to sign in.
    pub login: &'static str,
    /// The claim `uid`.
    pub id: &'static str,
}

impl User {
    /// The first user.
    pub const ADA: Self = Self {
        name: "ada",
        login: "ada@example.com",
        id: "00uada00000000000001",
    };

    /// The second user.
    pub const BOB: Self = Self {
        name: "bob",
        login: "bob@example.com",
        id: "00ubob00000000000002",
    };

    pub(super) const ALL: [Self; 2] = [Self::ADA, Self::BOB];

    /// Looks a user up by [`User::name`].
    pub(super) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|user| user.name == name)
    }
}

/// The confidential client, for the client credentials grant.
pub const CLIENT_ID: &str = "dev-client";
/// The secret of [`CLIENT_ID`].
pub const CLIENT_SECRET: &str = "dev-secret";
/// A confidential client for the client credentials grant that must use DPoP, as Okta requires by
/// default of new applications for programs. Its secret is [`CLIENT_SECRET`] too.
pub const DPOP_CLIENT_ID: &str = "dev-dpop";
/// The public client, for authorization code with PKCE.
pub const PUBLIC_CLIENT_ID: &str = "dev-spa";

/// A scope that every client may request by default: to read the caller's profile.
pub const SCOPE: &str = "profile:read";

/// A registered client. RFC 6749 section 2.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) id: &'static str,
    /// A public client has none.
    pub(super) secret: Option<&'static str>,
    grant_type: GrantType,
    /// Whether a token request must have a DPoP proof.
    pub(super) requires_proof: bool,
}

impl Client {
    /// Looks a client up by its `client_id`.
    pub(super) fn find(id: &str) -> Option<&'static Self> {
        CLIENTS.iter().find(|client| client.id == id)
    }

    /// Whether the client is registered for this way to a token.
    pub(super) fn may_use(&self, grant_type: GrantType) -> bool {
        self.grant_type == grant_type
    }
}

/// How a client gets a token. RFC 6749 section 1.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GrantType {
    ClientCredentials,
    AuthorizationCode,
}

impl GrantType {
    pub(super) const ALL: [Self; 2] = [Self::AuthorizationCode, Self::ClientCredentials];

    /// The value of `grant_type`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::AuthorizationCode => "authorization_code",
        }
    }

    /// Looks a grant type up by its name.
    pub(super) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.name() == name)
    }
}

const CLIENTS: [Client; 3] = [
    Client {
        id: CLIENT_ID,
        secret: Some(CLIENT_SECRET),
        grant_type: GrantType::ClientCredentials,
        requires_proof: false,
    },
    Client {
        id: DPOP_CLIENT_ID,
        secret: Some(CLIENT_SECRET),
        grant_type: GrantType::ClientCredentials,
        requires_proof: true,
    },
    Client {
        id: PUBLIC_CLIENT_ID,
        secret: None,
        grant_type: GrantType::AuthorizationCode,
        requires_proof: false,
    },
];
