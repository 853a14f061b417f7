//! What an allocation costs in memory.

/// What the allocator adds to each allocation: its own header, and rounding up.
pub(crate) const ALLOCATION_BYTES: usize = 16;
