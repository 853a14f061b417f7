//! The source of a denial.

/// The source of a denial. Each source replaces only its own denials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DenialSource {
    /// A file of the operator.
    File,
    /// A request while the service runs, or another replica.
    Shared,
}
