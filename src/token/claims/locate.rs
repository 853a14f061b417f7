//! Finds one value in the text of a JSON object, without reading the others.
//!
//! 1. The segments of a path are separated by `/`: `realm_access/roles`.
//! 2. A name may contain `/`, as a URL does. At each depth, the longest name that the rest of the
//!    path begins with is taken, so a claim whose whole name is the path comes first.
//! 3. The text was parsed before and is known to be valid. Text that is not is never a value.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value;

use super::Claims;

impl Claims {
    /// The claim at this path as it was sent. The segments are separated by `/`, as in
    /// `realm_access/roles`. A name may contain `/` itself: at each depth, the longest name that
    /// fits is taken, so a claim whose whole name is the path comes first.
    pub fn at(&self, path: &str) -> Option<Value> {
        serde_json::from_str(self.json_at(self.locate(path)?)?).ok()
    }

    /// Where the claim at this path is: see [`Claims::json_at`].
    pub(crate) fn locate(&self, path: &str) -> Option<Range<usize>> {
        locate(self.all.as_str(), path)
    }

    /// All claims as one JSON object, exactly as they were sent. It is not parsed again.
    pub fn json(&self) -> &str {
        self.all.as_str()
    }

    /// The JSON of the claim at this place, as it was sent.
    pub(crate) fn json_at(&self, place: Range<usize>) -> Option<&str> {
        self.all.as_str().get(place)
    }
}

/// Where the value at this path is.
fn locate(text: &str, path: &str) -> Option<Range<usize>> {
    let mut object = 0;
    let mut rest = path;
    loop {
        let (value, name_length) = member(text, object, rest)?;
        match rest.get(name_length + 1..) {
            None => return Some(value),
            Some(further) => {
                object = value.start;
                rest = further;
            }
        }
    }
}

/// The member of the object at `object` with the longest name that `path` begins with, and the
/// length of this name.
fn member(text: &str, object: usize, path: &str) -> Option<(Range<usize>, usize)> {
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        at: object,
    };
    scanner.skip_space();
    if scanner.next()? != b'{' {
        return None;
    }
    let mut longest: Option<(Range<usize>, usize)> = None;
    while scanner.skip_to_name()? {
        let name = scanner.string()?;
        scanner.skip_space();
        if scanner.next()? != b':' {
            return None;
        }
        scanner.skip_space();
        let value = scanner.value()?;
        let name = unescaped(text.get(name)?)?;
        if name == path {
            return Some((value, path.len()));
        }
        let begins = path
            .strip_prefix(&*name)
            .is_some_and(|rest| rest.starts_with('/'));
        let is_longer = longest
            .as_ref()
            .is_none_or(|(_, length)| *length < name.len());
        if begins && is_longer {
            longest = Some((value, name.len()));
        }
    }
    longest
}

/// The content of a string with its quotes.
pub(crate) fn unescaped(string: &str) -> Option<Cow<'_, str>> {
    let content = string.strip_prefix('"')?.strip_suffix('"')?;
    if content.contains('\\') {
        return serde_json::from_str(string).ok().map(Cow::Owned);
    }
    Some(Cow::Borrowed(content))
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Moves to the next name of an object; `false` at the end of the object.
    fn skip_to_name(&mut self) -> Option<bool> {
        loop {
            self.skip_space();
            match self.peek()? {
                b'"' => return Some(true),
                b',' => self.at += 1,
                _ => return Some(false),
            }
        }
    }

    /// A string with its quotes.
    fn string(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.next()? {
                b'\\' => self.at += 1,
                b'"' => return Some(start..self.at),
                _ => {}
            }
        }
    }

    fn value(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        match self.peek()? {
            b'"' => return self.string(),
            b'{' | b'[' => self.skip_nested()?,
            _ => {
                let is_end = |byte: u8| b",]} \t\n\r".contains(&byte);
                while !is_end(self.peek()?) {
                    self.at += 1;
                }
            }
        }
        Some(start..self.at)
    }

    /// Moves behind an array or an object.
    fn skip_nested(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_value_is_found_by_its_path_in_any_notation() {
        #[rustfmt::skip] // A row a line.
        let rows = [
            ("a member", r#"{"a":1}"#, "a", Some("1")),
            ("the last of several", r#" { "a" : [1,{"b":"}"}] , "b" : "\"x" } "#, "b", Some(r#""\"x""#)),
            ("an escaped name", r#"{"\u0061":true}"#, "a", Some("true")),
            ("an absent name", r#"{"a":1}"#, "b", None),
            ("the beginning of a name", r#"{"ab":1}"#, "a", None),
            ("another case", r#"{"a":1}"#, "A", None),
            ("a nested member", r#"{"a":{"x":1,"b":[2]}}"#, "a/b", Some("[2]")),
            ("a member three deep", r#"{"a":{"b":{"c":"d"}}}"#, "a/b/c", Some(r#""d""#)),
            ("below an array", r#"{"a":[{"b":1}]}"#, "a/b", None),
            ("below a string", r#"{"a":"b"}"#, "a/b", None),
            ("below a member that is absent", r#"{"a":{"x":1}}"#, "a/b", None),
            ("a name with a slash", r#"{"a/b":1}"#, "a/b", Some("1")),
            ("a name with a slash before a path", r#"{"a":{"b":1},"a/b":2}"#, "a/b", Some("2")),
            ("a URL as a name", r#"{"https://x.example/roles":["r"]}"#, "https://x.example/roles", Some(r#"["r"]"#)),
            ("below a URL", r#"{"https://x.example/meta":{"roles":["r"]}}"#, "https://x.example/meta/roles", Some(r#"["r"]"#)),
            ("the longest name first", r#"{"a":{"b/c":1,"b":{"c":2}},"a/b":{"c":3}}"#, "a/b/c", Some("3")),
            ("an empty name", r#"{"":{"a":1}}"#, "/a", Some("1")),
            ("an empty segment", r#"{"a":{"":1}}"#, "a/", Some("1")),
            ("an empty object", "{}", "a", None),
            ("the empty path", r#"{"a":1}"#, "", None),
        ];
        for (row, text, path, expected) in rows {
            let found = locate(text, path).map(|range| &text[range]);

            assert_eq!(found, expected, "{row}");
            serde_json::from_str::<Value>(text).expect(row);
        }
    }

    #[test]
    fn text_that_is_not_json_has_no_value() {
        let text = r#"{"a":{"b":["c\"",{}]}, "d" : 1}"#;
        for end in 0..text.len() {
            let _ = locate(&text[..end], "d");
            let _ = locate(&text[end..], "d");
        }
        assert_eq!(locate("[1]", "a"), None);
        assert_eq!(locate("", "a"), None);
        assert_eq!(locate(r#"{"a""#, "a"), None);
    }
}
