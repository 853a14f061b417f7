use std::path::Path;

use super::{load_environment, load_file, source_of};
use crate::guard::{Binding, OperationAccess, Requirement};
use crate::service::config::{ClientAuth, SecurityProfile};
use crate::token::Algorithm;

const FAPI: [Algorithm; 3] = [Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa];

#[test]
fn fapi2_implies_settings_that_the_table_shows() {
    let text = "profile_security = 'fapi2'\nhttp.trusted_proxies = '10.0.0.7'\n\
                issuers.b.url = 'https://b.example'\nissuers.b.audiences = 'a'\n\
                dpop.algorithms = 'ES256'";

    let config = load_file(text).expect("the settings fit");

    assert_eq!(config.security, Some(SecurityProfile::Fapi2));
    assert_eq!(config.access.binding, Binding::Required);
    assert_eq!(config.issuer.algorithms, FAPI);
    assert_eq!(config.issuers["b"].algorithms, FAPI);
    assert_eq!(config.dpop.algorithms, [Algorithm::Es256]);
    let table = config.effective().to_string();
    for row in [
        "access.binding            \"required\"                profile_security\n",
        "issuer.algorithms         [\"PS256\", \"ES256\", \"EdDSA\"]  profile_security\n",
    ] {
        assert!(table.contains(row), "{row} in\n{table}");
    }
    assert!(source_of(&config, "dpop.algorithms").ends_with("dev.toml"));
    assert_eq!(
        source_of(&config, "issuers.b.algorithms"),
        "profile_security"
    );
}

#[test]
fn a_variable_selects_the_security_profile() {
    let config = load_environment(&[
        ("RESOURCE_SERVER_PROFILE_SECURITY", "fapi2"),
        ("RESOURCE_SERVER_HTTP__TRUSTED_PROXIES", "unix"),
    ]);

    let config = config.expect("the settings fit");
    assert_eq!(config.security, Some(SecurityProfile::Fapi2));
    assert_eq!(config.access.binding, Binding::Required);
}

#[test]
fn a_binding_is_read_wherever_a_requirement_is() {
    let bound: OperationAccess = Requirement::default()
        .with_binding(Binding::Required)
        .into();
    let text = "access.all.binding = 'required'\naccess.operations.a.binding = 'required'\n\
                access.tags.b.binding = 'required'\naccess.paths.'/c'.binding = 'required'";

    let access = load_file(text).expect("the settings fit").access;

    assert_eq!(access.binding, Binding::Either);
    assert_eq!(access.all, bound);
    assert_eq!(access.operations["a"], bound);
    assert_eq!(access.tags["b"], bound);
    assert_eq!(access.paths["/c"], bound);
}

#[test]
fn nothing_is_implied_without_a_security_profile() {
    let config = load_file("").expect("an empty file fits");

    assert_eq!(config.security, None);
    assert_eq!(config.access.binding, Binding::Either);
    assert_eq!(config.dpop.algorithms, Algorithm::ALL);
    assert!(config.dpop.secret.is_none());
    assert!(config.http.client_certificate.is_none());
}

#[test]
fn callers_need_a_certificate_of_the_authorities_unless_it_is_optional() {
    let files = "http.tls.cert = '/a'\nhttp.tls.key = '/b'\n";
    for (row, more, expected) in [
        ("nothing", "", ClientAuth::Off),
        (
            "authorities",
            "http.tls.client_ca = '/c'",
            ClientAuth::Require,
        ),
        (
            "optional",
            "http.tls.client_ca = '/c'\nhttp.tls.client_auth = 'optional'",
            ClientAuth::Optional,
        ),
        ("any", "http.tls.client_auth = 'any'", ClientAuth::Any),
    ] {
        let config = load_file(&format!("{files}{more}")).expect(row);

        let tls = config.http.tls.expect(row);
        assert_eq!(tls.client_auth, expected, "{row}");
        assert_eq!(tls.cert, Path::new("/a"), "{row}");
    }
}
