//! Decides whether a URL leads to this machine.
//!
//! 1. An IP address counts if it is a loopback address.
//! 2. The name `localhost` counts, exactly as written (RFC 6761 section 6.3).
//! 3. No other name counts, whatever it resolves to: `api.localhost` may be answered by
//!    a name server, so plain http to it can leave this machine.

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

#[cfg(test)]
mod tests {
    use url::Url;

    use super::is_loopback;

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
