//! JSON as RFC 7515 section 4 and RFC 7519 section 4 require it: names are unique.
//!
//! A value refers to the text that it was read from, so that a token is read without a copy of
//! each string. `serde_json` refuses the rest by itself: trailing bytes, a BOM, lone surrogates,
//! NaN, bad UTF-8 and nesting deeper than 128.

mod read;
mod value;

pub(super) use read::{
    UniqueNames, object, object_of_at_most, object_of_few_values, object_of_text,
};
pub(super) use value::{Json, Object};
