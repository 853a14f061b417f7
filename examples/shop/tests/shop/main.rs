//! Tests of the shop: in process, on sockets, and of the program itself.

mod orders;
mod pictures;
mod postgres;
mod program;
mod settings;
mod streams;
mod support;
mod walk;
