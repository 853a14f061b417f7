use http::{HeaderMap, HeaderName, HeaderValue};

use super::*;

/// Name of the row, trusted proxies, the peer (`unix` for the socket), header lines, and
/// the caller with the scheme.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
);

// A row is a line, however long: columns are read downwards.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("nobody is trusted", "", "192.0.2.1:9", &[("x-forwarded-for", "198.51.100.7")], "192.0.2.1:9 http"),
    ("another is trusted", "192.0.2.2", "192.0.2.1:9", &[("x-forwarded-for", "198.51.100.7")], "192.0.2.1:9 http"),
    ("a trusted proxy", "192.0.2.1", "192.0.2.1:9", &[("x-forwarded-for", "198.51.100.7")], "198.51.100.7:0 http"),
    ("a proxy of a trusted network", "192.0.2.0/24", "192.0.2.1:9", &[("x-forwarded-for", "198.51.100.7")], "198.51.100.7:0 http"),
    ("a trusted proxy, mapped into IPv6", "192.0.2.1", "[::ffff:192.0.2.1]:9", &[("x-forwarded-for", "198.51.100.7")], "198.51.100.7:0 http"),
    ("the socket", "unix", "unix", &[("x-forwarded-for", "198.51.100.7")], "198.51.100.7:0 http"),
    ("the socket, not trusted", "192.0.2.1", "unix", &[("x-forwarded-for", "198.51.100.7")], "unix http"),
    ("hearsay to the left", "192.0.2.1", "192.0.2.1:9", &[("x-forwarded-for", "10.0.0.1, 198.51.100.7")], "198.51.100.7:0 http"),
    ("two trusted proxies", "192.0.2.0/24", "192.0.2.1:9", &[("x-forwarded-for", "10.0.0.1, 198.51.100.7, 192.0.2.5")], "198.51.100.7:0 http"),
    ("two lines", "192.0.2.0/24", "192.0.2.1:9", &[("x-forwarded-for", "10.0.0.1"), ("x-forwarded-for", "198.51.100.7")], "198.51.100.7:0 http"),
    ("only trusted proxies", "192.0.2.0/24", "192.0.2.1:9", &[("x-forwarded-for", "192.0.2.6, 192.0.2.5")], "192.0.2.6:0 http"),
    ("what is no address", "192.0.2.0/24", "192.0.2.1:9", &[("x-forwarded-for", "198.51.100.7, unknown, 192.0.2.5")], "192.0.2.5:0 http"),
    ("an address and a port", "192.0.2.1", "192.0.2.1:9", &[("x-forwarded-for", "198.51.100.7:1234")], "198.51.100.7:1234 http"),
    ("IPv6", "192.0.2.1", "192.0.2.1:9", &[("x-forwarded-for", "2001:db8::1")], "[2001:db8::1]:0 http"),
    ("nothing said", "192.0.2.1", "192.0.2.1:9", &[], "192.0.2.1:9 http"),
    ("https before the proxy", "192.0.2.1", "192.0.2.1:9", &[("x-forwarded-for", "198.51.100.7"), ("x-forwarded-proto", "https")], "198.51.100.7:0 https"),
    ("https, said by a stranger", "192.0.2.2", "192.0.2.1:9", &[("x-forwarded-proto", "https")], "192.0.2.1:9 http"),
    ("another scheme", "192.0.2.1", "192.0.2.1:9", &[("x-forwarded-for", "198.51.100.7"), ("x-forwarded-proto", "ftp")], "198.51.100.7:0 http"),
    ("Forwarded", "192.0.2.1", "192.0.2.1:9", &[("forwarded", "for=198.51.100.7;proto=https;by=192.0.2.1")], "198.51.100.7:0 https"),
    ("Forwarded, quoted", "192.0.2.1", "192.0.2.1:9", &[("forwarded", "For=\"[2001:db8::1]:4711\"")], "[2001:db8::1]:4711 http"),
    ("Forwarded through two", "192.0.2.0/24", "192.0.2.1:9", &[("forwarded", "for=10.0.0.1, for=198.51.100.7;proto=https, for=192.0.2.5;proto=http")], "198.51.100.7:0 https"),
    ("Forwarded hides the caller", "192.0.2.1", "192.0.2.1:9", &[("forwarded", "for=_hidden;proto=https")], "192.0.2.1:9 https"),
    ("both forms", "192.0.2.1", "192.0.2.1:9", &[("forwarded", "for=198.51.100.7"), ("x-forwarded-for", "198.51.100.8")], "198.51.100.7:0 http"),
];

#[test]
fn the_caller_is_whom_the_last_trusted_proxy_names() {
    for (name, trusted, peer, lines, expected) in ROWS {
        let networks = (trusted.split_whitespace()).filter_map(|it| {
            it.parse()
                .or_else(|_| it.parse::<IpAddr>().map(Into::into))
                .ok()
        });
        let proxies = TrustedProxies::new(networks.collect(), *trusted == "unix");
        let headers: HeaderMap = lines
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .fold(HeaderMap::new(), |mut headers, (name, value)| {
                headers.append(name, value);
                headers
            });
        let peer = Origin {
            address: peer.parse().ok(),
            scheme: Scheme::HTTP,
        };

        let origin = peer.behind(&proxies, &headers);

        let address = origin
            .address
            .map_or("unix".to_owned(), |it| it.to_string());
        assert_eq!(format!("{address} {}", origin.scheme), *expected, "{name}");
    }
}

#[test]
fn a_list_without_end_costs_no_more_than_a_long_one() {
    let mut headers = HeaderMap::new();
    let list = "192.0.2.1,".repeat(1_000);
    headers.insert(X_FORWARDED_FOR, HeaderValue::try_from(list).unwrap());

    assert_eq!(elements(&headers, &X_FORWARDED_FOR).count(), MAX_HOPS);
}
