use super::with_own_keys;

#[test]
fn a_sentence_names_the_keys_of_its_issuer() {
    for (sentence, default, partners) in [
        (
            "Set `issuer.audience`.",
            "Set `issuer.audience`.",
            "Set `issuers.partners.audiences`.",
        ),
        (
            "Lower `issuer.introspection.max_calls`, or set `issuer.introspection.prefix`.",
            "Lower `issuer.introspection.max_calls`, or set `issuer.introspection.prefix`.",
            "Lower `issuers.partners.introspection.max_calls`, or set \
             `issuers.partners.introspection.prefix`.",
        ),
        (
            "Set `client.secret`.",
            "Set `client.secret`.",
            "Set `issuers.partners.client.secret`.",
        ),
        (
            "Add it to `issuers.<name>.clients` or to `access.operations.<id>.clients`.",
            "Add it to `issuers.default.clients` or to `access.operations.<id>.clients`.",
            "Add it to `issuers.partners.clients` or to `access.operations.<id>.clients`.",
        ),
        (
            "Add its file to `issuers.<name>.decryption_keys`.",
            "Add its file to `issuer.decryption_keys`.",
            "Add its file to `issuers.partners.decryption_keys`.",
        ),
        (
            "Set `issuer.url` or `issuers.<name>.url` to this `iss`.",
            "Set `issuer.url` to this `iss`.",
            "Set `issuers.partners.url` to this `iss`.",
        ),
        (
            "`issuer.timeout` limits the wait.",
            "`issuer.timeout` limits the wait.",
            "`issuer.timeout` limits the wait.",
        ),
    ] {
        assert_eq!(with_own_keys("default", sentence), default);
        assert_eq!(with_own_keys("partners", sentence), partners);
    }
}
