//! Files that form a cycle, each next to files that do not.

/// A name, the files with their text, and the files of each cycle.
type Case = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static [&'static [&'static str]],
);

#[rustfmt::skip] // A file a line.
pub(crate) const CYCLES: &[Case] = &[
    ("two files that use each other", &[
        ("dev/a.rs", "use super::b::B; pub struct A;"),
        ("dev/b.rs", "use super::a::A; pub struct B;"),
    ], &[&["dev/a.rs", "dev/b.rs"]]),
    ("two files, one of which uses the other", &[
        ("dev/a.rs", "use super::b::B; pub struct A;"),
        ("dev/b.rs", "pub struct B;"),
    ], &[]),
    ("a circle of three by three ways of writing", &[
        ("dev/a.rs", "fn f() { crate::dev::b::g(); }"),
        ("dev/b.rs", "use super::c; fn g() { c::h(); }"),
        ("dev/c.rs", "use crate::{dev::{a::{self, f as other}}}; fn h() { other(); a::f() }"),
    ], &[&["dev/a.rs", "dev/b.rs", "dev/c.rs"]]),
    ("two circles", &[
        ("dev/a.rs", "use super::b::B; pub struct A;"),
        ("dev/b.rs", "use super::a::A; pub struct B;"),
        ("token/a.rs", "use super::b::B; pub struct A;"),
        ("token/b.rs", "use super::a::A; pub struct B;"),
    ], &[&["dev/a.rs", "dev/b.rs"], &["token/a.rs", "token/b.rs"]]),
    ("two floors, which are another test's", &[
        ("dev.rs", "use crate::token::T; pub struct D;"),
        ("token.rs", "use crate::dev::D; pub struct T;"),
    ], &[]),
    ("a child that uses what its parent defines", &[
        ("dev.rs", "mod a; use a::A; pub struct D;"),
        ("dev/a.rs", "use super::D; pub struct A;"),
    ], &[&["dev.rs", "dev/a.rs"]]),
    ("the same by a path in the parent's code", &[
        ("dev.rs", "mod a; pub struct D; fn f() { a::g(); }"),
        ("dev/a.rs", "fn g(_: super::D) {}"),
    ], &[&["dev.rs", "dev/a.rs"]]),
    ("the same by `self`", &[
        ("dev.rs", "mod a; pub struct D; fn f() { self::a::g(); }"),
        ("dev/a.rs", "fn g(_: super::D) {}"),
    ], &[&["dev.rs", "dev/a.rs"]]),
    ("the same, from an inline module", &[
        ("dev.rs", "mod a; use a::A; pub struct D;"),
        ("dev/a.rs", "pub struct A; mod inner { use super::super::D; }"),
    ], &[&["dev.rs", "dev/a.rs"]]),
    ("an inline module that uses its own file", &[
        ("dev.rs", "mod a; use a::A; pub struct D;"),
        ("dev/a.rs", "pub struct A; mod inner { use super::A; }"),
    ], &[]),
    ("a parent that re-exports a child and uses it too", &[
        ("dev.rs", "mod a; pub use a::A; pub struct D(A);"),
        ("dev/a.rs", "use super::D; pub struct A;"),
    ], &[&["dev.rs", "dev/a.rs"]]),
    ("a parent that only re-exports a child", &[
        ("dev.rs", "mod a; pub(crate) use a::A; pub struct D;"),
        ("dev/a.rs", "use super::D; pub struct A;"),
    ], &[]),
    ("a child that takes a sibling from its parent", &[
        ("dev.rs", "mod a; mod b; pub use b::B; use a::A; fn f(_: A) {}"),
        ("dev/a.rs", "use super::B; pub struct A;"),
        ("dev/b.rs", "pub struct B;"),
    ], &[]),
    ("two siblings that take each other from their parent", &[
        ("dev.rs", "mod a; mod b; pub use {a::A, b::B as Other};"),
        ("dev/a.rs", "use super::Other; pub struct A;"),
        ("dev/b.rs", "use crate::dev::A; pub struct B;"),
    ], &[&["dev/a.rs", "dev/b.rs"]]),
    ("the same by `*` in the parent", &[
        ("dev.rs", "mod a; mod b; pub use a::*; pub use b::*;"),
        ("dev/a.rs", "use super::B; pub struct A;"),
        ("dev/b.rs", "use super::A; pub struct B;"),
    ], &[&["dev/a.rs", "dev/b.rs"]]),
    ("a grandchild that uses the first floor's file", &[
        ("dev.rs", "mod a; use a::A; pub struct D;"),
        ("dev/a.rs", "mod c; use c::C; pub struct A;"),
        ("dev/a/c.rs", "use crate::dev::D; pub struct C;"),
    ], &[&["dev.rs", "dev/a.rs", "dev/a/c.rs"]]),
    ("a type that a lower floor defines and the parent renames", &[
        ("dev.rs", "mod a; use a::A; pub use crate::token::T as D; fn f(_: A) {}"),
        ("dev/a.rs", "use super::D; pub struct A;"),
        ("token.rs", "pub struct T;"),
    ], &[]),
    ("a visibility, which is no use", &[
        ("dev/a.rs", "use super::b::B; pub struct A;"),
        ("dev/b.rs", "pub(in crate::dev::a) struct B;"),
    ], &[]),
    ("a test, which may look up", &[
        ("dev.rs", "mod a; use a::A; pub struct D; #[cfg(test)] mod tests;"),
        ("dev/a.rs", "pub struct A; #[cfg(test)] use super::D; #[cfg(test)] mod tests { use crate::dev::D; }"),
        ("dev/tests.rs", "use super::D;"),
    ], &[]),
    ("a method of the same name as a function", &[
        ("dev.rs", "mod a; mod b; use a::A; pub use b::f; impl A { fn f() {} }"),
        ("dev/a.rs", "use super::f; pub struct A;"),
        ("dev/b.rs", "pub fn f() {}"),
    ], &[]),
    ("comments and strings", &[
        ("dev/a.rs", "use super::b::B; pub struct A;"),
        ("dev/b.rs", "// use super::a::A;\npub struct B; const S: &str = \"super::a::A\";"),
    ], &[]),
];
