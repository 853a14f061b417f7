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
    ("no proxy is trusted", "", "192.0.2.1:9", &[("x-forwarded-for", "198.51.100.7")], "192.0.2.1:9 http"),
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
    ("https, named by an untrusted peer", "192.0.2.2", "192.0.2.1:9", &[("x-forwarded-proto", "https")], "192.0.2.1:9 http"),
    ("another scheme", "192.0.2.1", "192.0.2.1:9", &[("x-forwarded-for", "198.51.100.7"), ("x-forwarded-proto", "ftp")], "198.51.100.7:0 http"),
    ("https, said by the client before", "192.0.2.1", "192.0.2.1:9", &[("x-forwarded-for", "198.51.100.7"), ("x-forwarded-proto", "https, http")], "198.51.100.7:0 http"),
    ("https without an address", "192.0.2.1", "192.0.2.1:9", &[("x-forwarded-proto", "https")], "192.0.2.1:9 https"),
    ("a byte 0xff before", "192.0.2.1", "192.0.2.1:9", &[("x-forwarded-for", "\u{ff}, 198.51.100.7")], "198.51.100.7:0 http"),
    ("a byte 0xff in a line before", "192.0.2.1", "192.0.2.1:9", &[("x-forwarded-for", "\u{ff}"), ("x-forwarded-for", "198.51.100.7")], "198.51.100.7:0 http"),
    ("a byte 0xff in the scheme before", "192.0.2.1", "192.0.2.1:9", &[("x-forwarded-for", "198.51.100.7"), ("x-forwarded-proto", "\u{ff},https")], "198.51.100.7:0 https"),
    ("empty elements", "192.0.2.1", "192.0.2.1:9", &[("x-forwarded-for", "198.51.100.7, ,")], "198.51.100.7:0 http"),
    ("a Forwarded of the client", "192.0.2.1", "192.0.2.1:9", &[("forwarded", "for=203.0.113.9;proto=https"), ("x-forwarded-for", "198.51.100.7")], "198.51.100.7:0 http"),
    ("a Forwarded of the client alone", "192.0.2.1", "192.0.2.1:9", &[("forwarded", "for=203.0.113.9;proto=https")], "192.0.2.1:9 http"),
];

#[rustfmt::skip]
const FORWARDED_ROWS: &[Row] = &[
    ("one proxy", "192.0.2.1", "192.0.2.1:9", &[("forwarded", "for=198.51.100.7;proto=https;by=192.0.2.1")], "198.51.100.7:0 https"),
    ("quoted", "192.0.2.1", "192.0.2.1:9", &[("forwarded", "For=\"[2001:db8::1]:4711\"")], "[2001:db8::1]:4711 http"),
    ("through two", "192.0.2.0/24", "192.0.2.1:9", &[("forwarded", "for=10.0.0.1, for=198.51.100.7;proto=https, for=192.0.2.5;proto=http")], "198.51.100.7:0 https"),
    ("the caller is hidden", "192.0.2.1", "192.0.2.1:9", &[("forwarded", "for=_hidden;proto=https")], "192.0.2.1:9 https"),
    ("a byte 0xff before", "192.0.2.1", "192.0.2.1:9", &[("forwarded", "\u{ff}, for=198.51.100.7")], "198.51.100.7:0 http"),
    ("an open quote before", "192.0.2.1", "192.0.2.1:9", &[("forwarded", "for=\", for=198.51.100.7;proto=https")], "198.51.100.7:0 https"),
    ("an open quote before, and quotes", "192.0.2.1", "192.0.2.1:9", &[("forwarded", "for=\"\\, for=\"198.51.100.7:1\"")], "198.51.100.7:1 http"),
    ("a list in the host", "192.0.2.1", "192.0.2.1:9", &[("forwarded", "for=198.51.100.7;host=\"a, for=203.0.113.9\"")], "198.51.100.7:0 http"),
    ("a quote in the host", "192.0.2.1", "192.0.2.1:9", &[("forwarded", "for=198.51.100.7;host=\"a\\\", for=203.0.113.9\"")], "198.51.100.7:0 http"),
    ("a parameter in the host", "192.0.2.1", "192.0.2.1:9", &[("forwarded", "for=198.51.100.7;host=\"a;proto=https\"")], "198.51.100.7:0 http"),
    ("two addresses in one element", "192.0.2.1", "192.0.2.1:9", &[("forwarded", "for=198.51.100.7;for=203.0.113.9")], "192.0.2.1:9 http"),
    ("no grammar", "192.0.2.1", "192.0.2.1:9", &[("forwarded", "for=198.51.100.7;proto")], "192.0.2.1:9 http"),
    ("an X-Forwarded-For of the client", "192.0.2.1", "192.0.2.1:9", &[("forwarded", "for=198.51.100.7"), ("x-forwarded-for", "203.0.113.9"), ("x-forwarded-proto", "https")], "198.51.100.7:0 http"),
    ("an untrusted peer", "192.0.2.2", "192.0.2.1:9", &[("forwarded", "for=198.51.100.7;proto=https")], "192.0.2.1:9 http"),
];

#[test]
fn the_caller_is_the_one_that_the_last_trusted_proxy_names() {
    check(ROWS, ForwardedHeader::XForwardedFor);
}

#[test]
fn the_caller_is_read_from_forwarded_where_the_setting_names_it() {
    check(FORWARDED_ROWS, ForwardedHeader::Forwarded);
}

fn check(rows: &[Row], header: ForwardedHeader) {
    for (name, trusted, peer, lines, expected) in rows {
        let networks = (trusted.split_whitespace()).filter_map(|it| {
            it.parse()
                .or_else(|_| it.parse::<IpAddr>().map(Into::into))
                .ok()
        });
        let proxies = TrustedProxies::new(networks.collect(), *trusted == "unix").reading(header);
        let headers: HeaderMap = lines
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    // `\u{ff}` of a row is the byte 0xff.
                    value.chars().map(|it| it as u8).collect::<Vec<_>>(),
                )
            })
            .fold(HeaderMap::new(), |mut headers, (name, value)| {
                headers.append(name, HeaderValue::try_from(value).unwrap());
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
    let list = ["192.0.2.1"; 1_000].join(",");
    headers.insert(X_FORWARDED_FOR, HeaderValue::try_from(list).unwrap());

    assert_eq!(elements(&headers, X_FORWARDED_FOR).count(), MAX_HOPS);
}
