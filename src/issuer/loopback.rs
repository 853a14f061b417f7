//! Decides whether a URL leads to this machine, and whether a request names it.
//!
//! 1. An IP address counts if it is a loopback address.
//! 2. The name `localhost` counts, exactly as written (RFC 6761 section 6.3).
//! 3. No other name counts, whatever it resolves to: `api.localhost` may be answered by
//!    a name server, so plain http to it can leave this machine.

#[cfg(feature = "service")]
use http::{HeaderMap, Uri, header};
use url::{Host, Url};

/// Whether requests to this URL stay on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether a request names this machine, or `other`, as its host: in its target, if the target has
/// a host, and in `Host`. A request without both does not come from a browser, and counts too.
#[cfg(feature = "service")]
pub(crate) fn names_loopback(uri: &Uri, headers: &HeaderMap, other: Option<&str>) -> bool {
    let is_own = |authority: &str| {
        let host = host(authority);
        is_loopback_host(host) || other.is_some_and(|other| host.eq_ignore_ascii_case(other))
    };
    let target = uri.authority().map(|authority| Some(authority.as_str()));
    let hosts = headers.get_all(header::HOST).iter();
    let mut hosts = hosts
        .filter(|host| !has_usual_own_form(host.as_bytes()))
        .peekable();
    if target.is_none() && hosts.peek().is_none() {
        return true;
    }
    let mut named = target
        .into_iter()
        .chain(hosts.map(|host| host.to_str().ok()));
    named.all(|authority| authority.is_some_and(is_own))
}

/// Whether it has the form of nearly all requests, with or without a port of digits.
#[cfg(feature = "service")]
fn has_usual_own_form(host: &[u8]) -> bool {
    let rest = host.strip_prefix(b"127.0.0.1");
    let rest = rest.or_else(|| host.strip_prefix(b"localhost"));
    rest.is_some_and(|rest| match rest {
        [] => true,
        [b':', port @ ..] => port.iter().all(u8::is_ascii_digit),
        _ => false,
    })
}

/// The host of an authority without a user, in brackets if it is an IPv6 address.
#[cfg(feature = "service")]
fn host(authority: &str) -> &str {
    let end_of_host = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    let port = authority[end_of_host..].rfind(':');
    &authority[..port.map_or(authority.len(), |colon| end_of_host + colon)]
}

#[cfg(feature = "service")]
fn is_loopback_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        let address = address.parse::<std::net::Ipv6Addr>();
        return address.is_ok_and(|address| address.to_canonical().is_loopback());
    }
    let address = host.parse::<std::net::Ipv4Addr>();
    address.is_ok_and(|address| address.is_loopback()) || host.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::is_loopback;

    #[cfg(feature = "service")]
    #[test]
    fn a_request_names_this_machine_by_its_address_or_by_the_name_localhost() {
        use http::{HeaderMap, HeaderValue, Uri, header};

        for (host, expected) in [
            ("127.0.0.1:3000", true),
            ("127.0.0.1", true),
            ("127.0.0.2:3000", true),
            ("localhost:3000", true),
            ("LocalHost", true),
            ("[::1]:3000", true),
            ("[::1]", true),
            ("api.example:3000", true),
            ("evil.example:3000", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example", false),
            ("evil.localhost", false),
            ("localhost@evil.example", false),
            ("[::2]:3000", false),
            ("0.0.0.0:3000", false),
            ("192.0.2.1", false),
            ("", false),
        ] {
            let target = format!("http://{host}/").parse::<Uri>();
            let in_host = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]);
            let other = Some("api.example");

            let named = super::names_loopback(&Uri::from_static("/"), &in_host, other);

            assert_eq!(named, expected, "Host: {host}");
            if let Ok(target) = target {
                let named = super::names_loopback(&target, &HeaderMap::new(), other);
                assert_eq!(named, expected, "a target of {host}");
                let in_both =
                    HeaderMap::from_iter([(header::HOST, HeaderValue::from_static("localhost"))]);
                let named = super::names_loopback(&target, &in_both, other);
                assert_eq!(named, expected, "a target of {host}, and Host: localhost");
            }
        }
        let nowhere = Uri::from_static("/");
        assert!(super::names_loopback(&nowhere, &HeaderMap::new(), None));
    }

    #[test]
    fn a_url_leads_to_this_machine_by_its_address_or_by_the_name_localhost() {
        for (row, url, expected) in [
            ("the usual address", "http://127.0.0.1:3001/keys", true),
            (
                "an address that only begins as it",
                "http://127.0.0.1.id.example/keys",
                false,
            ),
            ("the last of its network", "http://127.255.255.254/", true),
            ("the next network", "http://128.0.0.1/", false),
            ("every address", "http://0.0.0.0/", false),
            ("a private address", "http://10.0.0.1/", false),
            ("the address as a number", "http://2130706433/", true),
            ("the IPv6 address", "http://[::1]/keys", true),
            ("the IPv6 address beside it", "http://[::2]/keys", false),
            ("every IPv6 address", "http://[::]/", false),
            (
                "an IPv4 address within IPv6",
                "http://[::ffff:127.0.0.1]/",
                false,
            ),
            ("the name", "http://localhost:3001/keys", true),
            ("the name in capital letters", "https://LOCALHOST/a", true),
            (
                "the name below a domain",
                "http://localhost.id.example/",
                false,
            ),
            ("a name below the name", "http://api.localhost/", false),
            ("the name with a dot", "http://localhost./", false),
            (
                "the address in the path",
                "https://id.example/127.0.0.1",
                false,
            ),
            ("the name as a user", "https://localhost@id.example/", false),
            ("no host", "unix:/run/localhost", false),
        ] {
            let url = Url::parse(url).unwrap();

            assert_eq!(is_loopback(&url), expected, "{row}");
        }
    }
}
