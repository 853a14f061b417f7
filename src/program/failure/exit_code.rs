//! The exit code of each failure.

use crate::check::TargetError;
use crate::issuer::{DiscoveryError, GrantError};

use super::Failure;

impl Failure {
    /// 69 and 78 are those of `sysexits.h`.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Scope(_)
            | Self::NoClient { .. }
            | Self::NoSuchIssuer { .. }
            | Self::WhichIssuer { .. }
            | Self::Url { .. }
            | Self::PlainHttp(_)
            | Self::Flag { .. }
            | Self::UnknownName { .. }
            | Self::Read { .. }
            | Self::Key(_)
            | Self::Denial(_)
            | Self::Target(TargetError::Operation(_)) => 2,
            Self::Incomplete | Self::OnlyIssuerKnows => 3,
            Self::Discovery {
                source: DiscoveryError::Metadata { .. },
                ..
            }
            | Self::Keys { .. }
            | Self::Caller(_)
            | Self::Target(_)
            | Self::IssuerUnreachable
            | Self::Grant(GrantError::Fetch(_)) => 69,
            Self::Grant(_)
            | Self::Refused
            | Self::ProofRefused
            | Self::Command(_)
            | Self::Start(_)
            | Self::Ill(_)
            | Self::Denylist { .. }
            | Self::NoScope { .. }
            | Self::NothingToCall
            | Self::Insecure
            | Self::NotHealthy { .. }
            | Self::Input(_)
            | Self::Write { .. }
            | Self::Runtime(_) => 1,
            _ => 78,
        }
    }
}
