use super::{Issuer, IssuerError};

/// Name of the row, an issuer that is refused and its message, and its accepted twin.
type Refusal = (&'static str, &'static str, &'static str, &'static str);

const REFUSALS: &[Refusal] = &[
    (
        "no URL",
        "dev-1.okta.com/oauth2/default",
        "issuer must be a URL; write the complete URL, as in https://dev-1.okta.com/oauth2/default",
        "https://dev-1.okta.com/oauth2/default",
    ),
    (
        "one slash after the scheme",
        "https:/id.example/a://b",
        "issuer must be a URL; write the complete URL, as in https://dev-1.okta.com/oauth2/default",
        "https://id.example/a",
    ),
    (
        "a space in front",
        " https://id.example",
        "issuer must be a URL; write the complete URL, as in https://dev-1.okta.com/oauth2/default",
        "https://id.example",
    ),
    (
        "a placeholder of Okta's documentation",
        "https://{yourOktaDomain}/oauth2/default",
        "issuer must be filled in: a part of it is still a placeholder; replace the placeholder by the domain of your org, as in https://dev-1.okta.com/oauth2/default",
        "https://id.example/oauth2/default",
    ),
    (
        "a variable that no shell has replaced",
        "https://${OKTA_DOMAIN}/oauth2/default",
        "issuer must be filled in: a part of it is still a placeholder; replace the placeholder by the domain of your org, as in https://dev-1.okta.com/oauth2/default",
        "https://okta-domain.example/oauth2/default",
    ),
    (
        "a placeholder in the path",
        "https://id.example/oauth2/{authServerId}",
        "issuer must be filled in: a part of it is still a placeholder; replace the placeholder by the domain of your org, as in https://dev-1.okta.com/oauth2/default",
        "https://id.example/oauth2/authServerId",
    ),
    (
        "a placeholder without brackets",
        "https://your-okta-domain.okta.com/oauth2/default",
        "issuer must be filled in: a part of it is still a placeholder; replace the placeholder by the domain of your org, as in https://dev-1.okta.com/oauth2/default",
        "https://your-domain-name.okta.com/oauth2/default",
    ),
    (
        "plain http",
        "http://id.example",
        "issuer must be https; write https://id.example (http is accepted on a loopback host only)",
        "https://id.example",
    ),
    (
        "http on an address that is no loopback",
        "http://10.0.0.1:3001/a",
        "issuer must be https; write https://10.0.0.1:3001/a (http is accepted on a loopback host only)",
        "http://127.9.9.9:3001/a",
    ),
    (
        "http on IPv6 that is no loopback",
        "http://[::2]/a",
        "issuer must be https; write https://[::2]/a (http is accepted on a loopback host only)",
        "http://[::1]/a",
    ),
    (
        "http on a name that only begins as localhost",
        "http://localhost.example/a",
        "issuer must be https; write https://localhost.example/a (http is accepted on a loopback host only)",
        "http://localhost/a",
    ),
    (
        "another scheme on loopback",
        "ftp://localhost/a",
        "issuer must be https; write https://localhost/a (http is accepted on a loopback host only)",
        "http://localhost:1/a",
    ),
    (
        "user and password",
        "https://ada:pass@id.example",
        "issuer must not carry a user name or a password; remove everything between :// and @",
        "https://id.example/ada@pass",
    ),
    (
        "an empty user",
        "https://@id.example",
        "issuer must not carry a user name or a password; remove everything between :// and @",
        "https://id.example/@",
    ),
    (
        "query",
        "https://id.example/a?",
        "issuer must have neither query nor fragment; end it before the ? or #",
        "https://id.example/a",
    ),
    (
        "fragment",
        "https://id.example/a#b",
        "issuer must have neither query nor fragment; end it before the ? or #",
        "https://id.example/a/b",
    ),
    (
        "administration console",
        "https://dev-1-admin.okta.com/oauth2/default",
        "issuer must not name Okta's administration console; use the domain without -admin, dev-1.okta.com",
        "https://dev-1-admin.example.com/oauth2/default",
    ),
    (
        "org server",
        "https://dev-1.okta.com",
        "issuer must not be an Okta org authorization server, whose tokens cannot be verified locally; \
         use https://dev-1.okta.com/oauth2/default, which needs API Access Management",
        "https://dev-1.example.com",
    ),
    (
        "org server with a slash",
        "https://dev-1.oktapreview.com/",
        "issuer must not be an Okta org authorization server, whose tokens cannot be verified locally; \
         use https://dev-1.oktapreview.com/oauth2/default, which needs API Access Management",
        "https://dev-1.oktapreview.com/oauth2/aus1",
    ),
    (
        "discovery document",
        "https://id.example/a/.well-known/openid-configuration",
        "issuer must not be the address of a discovery document; \
         give the issuer, not the document: https://id.example/a",
        "https://id.example/a/openid-configuration",
    ),
    (
        "endpoint of the org server",
        "https://dev-1.okta.com/oauth2/v1/token",
        "issuer must not be the address of an endpoint; \
         give the issuer, not the endpoint: https://dev-1.okta.com/oauth2/default",
        "https://dev-1.okta.com/oauth2/v2",
    ),
    (
        "endpoint of a custom server behind a customer's domain",
        "https://id.example/oauth2/aus1/v1/keys",
        "issuer must not be the address of an endpoint; \
         give the issuer, not the endpoint: https://id.example/oauth2/aus1",
        "https://id.example/oauth2/aus1/v2/keys",
    ),
];

#[test]
fn each_refusal_says_the_fix_and_has_an_accepted_twin() {
    for &(row, refused, message, accepted) in REFUSALS {
        let error = Issuer::parse(refused).expect_err(row);
        assert_eq!(error.to_string(), message, "{row}");

        let issuer = Issuer::parse(accepted);
        assert!(issuer.is_ok(), "twin of {row}: {issuer:?}");
    }
}

#[test]
fn an_issuer_is_kept_byte_for_byte() {
    for text in [
        "https://ID.example:443/A/../b/",
        "https://id.example",
        "HTTPS://id.example/%7e",
    ] {
        let issuer: Issuer = text.parse().expect(text);

        assert_eq!(issuer.as_str(), text);
        assert_eq!(issuer.to_string(), text);
    }
}

#[test]
fn the_discovery_url_drops_one_trailing_slash() {
    for (row, issuer, expected) in [
        (
            "no path",
            "https://id.example",
            "https://id.example/.well-known/openid-configuration",
        ),
        (
            "a slash",
            "https://id.example/a/",
            "https://id.example/a/.well-known/openid-configuration",
        ),
        (
            "two slashes",
            "https://id.example/a//",
            "https://id.example/a//.well-known/openid-configuration",
        ),
    ] {
        let issuer = Issuer::parse(issuer).expect(row);

        assert_eq!(issuer.discovery_url(), expected, "{row}");
    }
}

#[test]
fn loopback_is_recognized_by_the_host() {
    for (issuer, loopback) in [
        ("http://127.0.0.1:3001/oauth2/default", true),
        ("https://[::1]/a", true),
        ("https://LOCALHOST/a", true),
        ("https://127.0.0.1.example/a", false),
        ("https://id.example/127.0.0.1", false),
    ] {
        let parsed = Issuer::parse(issuer).expect(issuer);

        assert_eq!(parsed.is_loopback(), loopback, "{issuer}");
    }
}

#[test]
fn a_password_is_never_in_the_refusal() {
    let error = Issuer::parse("https://ada:pass-1@id.example").expect_err("user info");

    assert_eq!(error, IssuerError::UserInfo);
    assert!(!format!("{error} {error:?}").contains("pass-1"));
}
