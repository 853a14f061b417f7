//! Compares the URL of a proof with that of the request (RFC 9449 section 4.3, item 9).
//!
//! Both are normalized by RFC 3986 sections 6.2.2 and 6.2.3 and no further, so `/a//b` is not
//! `/a/b`:
//!
//! 1. The query and the fragment are ignored.
//! 2. The case of the scheme and of the host does not matter, nor does the default port.
//! 3. Percent-encodings of unreserved characters are decoded, and the others are upper case.
//! 4. Dot segments are removed. An empty path is `/`.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::net::Ipv6Addr;

/// The URL that the caller used, without its query.
#[derive(Debug, Clone, Copy)]
pub struct RequestTarget<'a> {
    /// `http` or `https`.
    scheme: &'a str,
    /// The host, and a port that is not the default one.
    authority: &'a str,
    /// What a proxy removed from the beginning of the path.
    prefix: &'a str,
    path: &'a str,
}

impl<'a> RequestTarget<'a> {
    /// The URL of a request that came to this scheme and authority, such as `https` and
    /// `api.example.com`.
    pub fn new(scheme: &'a str, authority: &'a str, path: &'a str) -> Self {
        Self {
            scheme,
            authority,
            prefix: "",
            path,
        }
    }

    /// The URL of a request under the public URL of an API, such as
    /// `https://api.example.com/shop`. `None` if `base` is not an absolute URL.
    pub fn below(base: &'a str, path: &'a str) -> Option<Self> {
        let (scheme, rest) = base.split_once("://")?;
        let path_begins = rest.find('/').unwrap_or(rest.len());
        let (authority, prefix) = rest.split_at(path_begins);
        Some(Self {
            scheme,
            authority,
            prefix: prefix.strip_suffix('/').unwrap_or(prefix),
            path,
        })
    }

    /// Whether `url` names this target.
    ///
    /// ```
    /// use poem_resource_server::token::RequestTarget;
    ///
    /// let target = RequestTarget::new("https", "api.example.com", "/orders/7");
    /// assert!(target.is_named_by("HTTPS://API.example.com:443/orders/%37?page=2"));
    /// assert!(!target.is_named_by("https://api.example.com//orders/7"));
    /// ```
    pub fn is_named_by(&self, url: &str) -> bool {
        // A host of a header can contain anything.
        let is_host = |byte: u8| !b"/?#@".contains(&byte);
        if self.authority.is_empty() || !self.authority.bytes().all(is_host) {
            return false;
        }
        if self.is_exactly(url) {
            return true;
        }
        let own = normalized(&self.to_string());
        own.is_some() && own == normalized(url)
    }

    /// Whether `url` is this target byte by byte, as it nearly always is.
    fn is_exactly(&self, url: &str) -> bool {
        let rest = url
            .strip_prefix(self.scheme)
            .and_then(|rest| rest.strip_prefix("://"))
            .and_then(|rest| rest.strip_prefix(self.authority))
            .and_then(|rest| rest.strip_prefix(self.prefix));
        rest == Some(self.path)
    }
}

impl fmt::Display for RequestTarget<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}://{}{}{}",
            self.scheme, self.authority, self.prefix, self.path
        )
    }
}

/// The normal form; `None` for what is not an `http` or `https` URL.
fn normalized(url: &str) -> Option<String> {
    let url = url.split('#').next()?;
    let url = url.split('?').next()?;
    let (scheme, rest) = url.split_once("://")?;
    let default_port = match () {
        () if scheme.eq_ignore_ascii_case("https") => 443,
        () if scheme.eq_ignore_ascii_case("http") => 80,
        () => return None,
    };
    let path_begins = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(path_begins);
    let (host, port) = split_port(authority)?;
    let port: u16 = match port {
        None | Some("") => default_port,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
        Some(_) => return None,
    };
    let mut normalized = scheme.to_ascii_lowercase();
    normalized.push_str("://");
    normalized.push_str(&host.to_ascii_lowercase());
    if port != default_port {
        let _ = write!(normalized, ":{port}");
    }
    let path = decoded(path)?;
    match &*path {
        "" => normalized.push('/'),
        path => normalized.push_str(&without_dot_segments(path)),
    }
    Some(normalized)
}

/// The host, and what follows its colon. `None` with user information, with an encoding, or without
/// a host.
fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    if authority.starts_with('[') {
        let (host, rest) = authority.split_at(authority.find(']')? + 1);
        host[1..host.len() - 1].parse::<Ipv6Addr>().ok()?;
        return match rest {
            "" => Some((host, None)),
            rest => Some((host, Some(rest.strip_prefix(':')?))),
        };
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let is_name = |byte: u8| is_unreserved(byte) || SUB_DELIMS.contains(&byte);
    (!host.is_empty() && host.bytes().all(is_name)).then_some((host, port))
}

/// Decodes the percent-encodings of unreserved characters, and writes the others in upper case.
/// `None` if a character or an encoding cannot be in a path.
fn decoded(path: &str) -> Option<Cow<'_, str>> {
    if path.bytes().all(is_path) {
        return Some(path.into());
    }
    let mut normalized = String::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            is_path(byte).then(|| normalized.push(char::from(byte)))?;
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let byte = u8::try_from(digit()? * 16 + digit()?).ok()?;
        if is_unreserved(byte) {
            normalized.push(char::from(byte));
        } else {
            let _ = write!(normalized, "%{byte:02X}");
        }
    }
    Some(normalized.into())
}

/// RFC 3986 section 5.2.4, for a path that begins with a slash.
fn without_dot_segments(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if is_last {
                    kept.push("");
                }
            }
            segment => kept.push(segment),
        }
    }
    let mut joined = String::with_capacity(path.len());
    for segment in kept {
        joined.push('/');
        joined.push_str(segment);
    }
    joined
}

fn is_path(byte: u8) -> bool {
    is_unreserved(byte) || SUB_DELIMS.contains(&byte) || b"/:@".contains(&byte)
}

/// RFC 3986 section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// RFC 3986 section 2.2.
const SUB_DELIMS: &[u8] = b"!$&'()*+,;=";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_compared_by_its_normal_form() {
        let target = RequestTarget::new("https", "api.example.com", "/a/b%2F~c");
        #[rustfmt::skip] // A row a line.
        let rows = [
            ("the same", "https://api.example.com/a/b%2F~c", true),
            ("a query", "https://api.example.com/a/b%2F~c?x=1", true),
            ("a fragment", "https://api.example.com/a/b%2F~c#x", true),
            ("a fragment with a question mark", "https://api.example.com/a/b%2F~c#x?y", true),
            ("the case of the scheme", "HTTPS://api.example.com/a/b%2F~c", true),
            ("the case of the host", "https://API.Example.COM/a/b%2F~c", true),
            ("the default port", "https://api.example.com:443/a/b%2F~c", true),
            ("an empty port", "https://api.example.com:/a/b%2F~c", true),
            ("an encoding in lower case", "https://api.example.com/a/b%2f~c", true),
            ("an unreserved character encoded", "https://api.example.com/%61/b%2F%7Ec", true),
            ("dot segments", "https://api.example.com/x/.././a/b%2F~c", true),
            ("dot segments encoded", "https://api.example.com/x/%2E%2e/a/b%2F~c", true),
            ("dot segments above the root", "https://api.example.com/../a/b%2F~c", true),
            ("the case of the path", "https://api.example.com/A/b%2F~c", false),
            ("two slashes", "https://api.example.com/a//b%2F~c", false),
            ("a slash at the end", "https://api.example.com/a/b%2F~c/", false),
            ("a dot segment at the end", "https://api.example.com/a/b%2F~c/.", false),
            ("a decoded slash", "https://api.example.com/a/b/~c", false),
            ("an encoded slash", "https://api.example.com/a%2Fb%2F~c", false),
            ("a double encoding", "https://api.example.com/a/b%252F~c", false),
            ("another scheme", "http://api.example.com/a/b%2F~c", false),
            ("another scheme with that port", "http://api.example.com:443/a/b%2F~c", false),
            ("another port", "https://api.example.com:8443/a/b%2F~c", false),
            ("another host", "https://api.example.org/a/b%2F~c", false),
            ("a dot after the host", "https://api.example.com./a/b%2F~c", false),
            ("user information", "https://u@api.example.com/a/b%2F~c", false),
            ("a path alone", "/a/b%2F~c", false),
            ("no scheme", "//api.example.com/a/b%2F~c", false),
            ("a port that is no number", "https://api.example.com:44x/a/b%2F~c", false),
            ("a sign before the port", "https://api.example.com:+443/a/b%2F~c", false),
            ("a port that is too large", "https://api.example.com:65979/a/b%2F~c", false),
            ("a space before", " https://api.example.com/a/b%2F~c", false),
            ("a tab", "https://api.example.com/a\t/b%2F~c", false),
            ("a backslash", "https://api.example.com\\a/b%2F~c", false),
            ("half an encoding", "https://api.example.com/a/b%2F~c%2", false),
            ("no hexadecimal digit", "https://api.example.com/a/b%2G~c", false),
            ("a sign in an encoding", "https://api.example.com/a/b%+F~c", false),
            ("not ASCII", "https://api.example.com/ä/b%2F~c", false),
            ("nothing", "", false),
        ];
        for (row, url, is_named) in rows {
            assert_eq!(target.is_named_by(url), is_named, "{row}");
        }
    }

    #[test]
    fn each_part_of_a_target_is_compared() {
        let ipv6 = RequestTarget::new("http", "[::1]:3000", "/");
        assert!(ipv6.is_named_by("http://[::1]:3000"));
        assert!(ipv6.is_named_by("http://[::1]:3000/"));
        assert!(ipv6.is_named_by("http://[::1]:03000/"));
        assert!(!ipv6.is_named_by("http://[::1]:3001/"));
        assert!(!ipv6.is_named_by("http://[::2]:3000/"));
        assert!(!ipv6.is_named_by("http://[::1:3000/"));
        assert!(!ipv6.is_named_by("http://[x]:3000/"));

        let upper = RequestTarget::new("http", "LOCALHOST:80", "/x");
        assert!(upper.is_named_by("http://localhost/x"));

        let encoded = RequestTarget::new("http", "a%2Eexample", "/x");
        assert!(!encoded.is_named_by("http://A%2Eexample/x"));
        let plain = RequestTarget::new("http", "a.example", "/x");
        assert!(plain.is_named_by("http://A.example/x"));

        let below = RequestTarget::below("https://example.com/shop/", "/orders").unwrap();
        assert!(below.is_named_by("https://example.com/shop/orders"));
        assert!(below.is_named_by("https://example.com/shop/%6frders"));
        assert!(!below.is_named_by("https://example.com/orders"));
        let root = RequestTarget::below("https://example.com", "/orders").unwrap();
        assert!(root.is_named_by("https://example.com/orders"));
        assert!(RequestTarget::below("example.com", "/").is_none());
    }
}
