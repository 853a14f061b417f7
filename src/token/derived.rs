//! Values derived from the claims of one token, kept as long as the claims are.
//!
//! 1. Each type is derived once and found by its type. The list of values only grows.
//! 2. The values of a token together may take the memory that its cache counts for them. A value
//!    that does not fit is not kept. It is derived at each use.

use std::any::Any;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{ALLOCATION_BYTES, Claims};

/// A value that depends only on the claims of a token. It is derived once for each remembered
/// token.
///
/// ```
/// use poem_resource_server::token::{Claims, Derived};
///
/// #[derive(Clone)]
/// struct IsAdmin(bool);
///
/// impl Derived for IsAdmin {
///     fn derive(claims: &Claims) -> Self {
///         Self(claims.has("groups", &["admins".to_owned()]))
///     }
///
///     fn heap_bytes(&self) -> usize {
///         0
///     }
/// }
/// ```
pub trait Derived: Clone + Send + Sync + 'static {
    /// Derives the value.
    fn derive(claims: &Claims) -> Self;

    /// The memory that the value allocates in addition to its own structure, in bytes. All values
    /// of one token share [`Claims::derived_bytes`]. A value that does not fit is not kept.
    fn heap_bytes(&self) -> usize;
}

/// The values of one token.
#[derive(Default)]
pub(super) struct DerivedValues {
    first: OnceLock<Kept>,
    more: OnceLock<Box<Node>>,
    bytes: AtomicUsize,
}

type Kept = Box<dyn Any + Send + Sync>;

struct Node {
    value: Kept,
    next: OnceLock<Box<Node>>,
}

impl DerivedValues {
    pub(super) fn get<D: Derived>(&self, claims: &Claims) -> D {
        match self.first.get().and_then(|kept| kept.downcast_ref::<D>()) {
            Some(value) => value.clone(),
            None => self.get_from_list(claims),
        }
    }

    #[cold]
    fn get_from_list<D: Derived>(&self, claims: &Claims) -> D {
        let mut place = &self.more;
        let mut position = 0;
        while let Some(node) = place.get() {
            if let Some(value) = node.value.downcast_ref::<D>() {
                return value.clone();
            }
            place = &node.next;
            position += 1;
        }
        let value = D::derive(claims);
        let bytes = size_of::<D>() + value.heap_bytes();
        let allowed = claims.derived_bytes() + DERIVED_BYTES;
        if self.first.get().is_none() {
            self.keep_if_it_fits(bytes, allowed, || {
                self.first.set(Box::new(value.clone())).is_ok()
            });
        } else if position < MAX_LISTED {
            self.keep_if_it_fits(bytes + NODE_BYTES, allowed, || {
                let node = Node {
                    value: Box::new(value.clone()),
                    next: OnceLock::new(),
                };
                place.set(Box::new(node)).is_ok()
            });
        }
        value
    }

    /// Keeps a value of this size if it fits. If another thread is faster, the value is kept at
    /// its next use.
    fn keep_if_it_fits(&self, bytes: usize, allowed: usize, set: impl FnOnce() -> bool) {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let fits = before
            .checked_add(bytes)
            .is_some_and(|bytes| bytes <= allowed);
        if !(fits && set()) {
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

/// What a cache counts for derived values besides [`Claims::derived_bytes`]: a `bytes::Bytes` or
/// another structure of at most four words, with its own count of three.
pub(crate) const DERIVED_BYTES: usize = size_of::<[usize; 4 + 3]>();
const NODE_BYTES: usize = size_of::<Node>() + 2 * ALLOCATION_BYTES;
/// Each call searches the list, so it must be short.
const MAX_LISTED: usize = 7;

#[cfg(test)]
mod tests;
