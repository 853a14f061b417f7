//! Tokens that are bound to a key of their holder: each is accepted with its proof, and each theft
//! and each faulty proof is refused for its own reason.
#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.
#![allow(clippy::too_many_lines)] // A table is as long as it is.
#![allow(unreachable_pub)] // Nothing imports a test binary.
#![allow(clippy::similar_names)] // The word for the verdict, in its world.

mod certificates;
mod challenges;
mod claims;
mod explained;
mod forms;
mod full_memory;
mod keys;
mod mutants;
mod next_nonces;
mod nonces;
mod order;
mod replays;
mod schemes;
mod targets;
mod vectors;
mod world;
