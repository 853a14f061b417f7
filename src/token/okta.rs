//! Recognizes Okta's own hosts, on which the identifier of the org authorization server has no path.

/// The organization of an Okta host: `dev-1` for `dev-1.okta.com`.
pub(crate) fn okta_organization(host: &str) -> Option<&str> {
    OKTA_DOMAINS
        .iter()
        .find_map(|domain| host.strip_suffix(domain))
}

/// Whether this `iss` names Okta's org authorization server, whose access tokens only Okta
/// can verify.
pub(crate) fn is_okta_org_server(issuer: &str) -> bool {
    url::Url::parse(issuer).is_ok_and(|url| {
        let host = url.host_str().unwrap_or_default();
        url.scheme() == "https" && okta_organization(host).is_some() && url.path() == "/"
    })
}

// A customer's domain in front of Okta cannot be distinguished from others.
const OKTA_DOMAINS: [&str; 4] = [
    ".okta.com",
    ".oktapreview.com",
    ".okta-emea.com",
    ".okta-gov.com",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_host_of_okta_without_a_path_is_the_org_server() {
        for (issuer, expected) in [
            ("https://dev-1.okta.com", true),
            ("https://dev-1.okta.com/", true),
            ("https://dev-1.oktapreview.com", true),
            ("https://dev-1.okta.com/oauth2/default", false),
            ("http://dev-1.okta.com", false),
            ("https://okta.com.example", false),
            ("https://id.example", false),
            ("no URL", false),
        ] {
            assert_eq!(is_okta_org_server(issuer), expected, "{issuer}");
        }
    }
}
