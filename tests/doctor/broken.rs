//! Issuers that are broken, each with the finding.

use serde_json::json;

use super::{assert_found, doctor};
use crate::issuer::{Script, Scripted, rsa_key};

/// Where the script is broken, by what, and what is found.
type Row = (
    &'static str,
    fn(&mut Script, &str),
    &'static [&'static str],
    &'static str,
);

#[rustfmt::skip] // A row an issuer.
const BROKEN: &[Row] = &[
    ("nothing there", |script, _| script.metadata.status = 404, &["openid_configuration"], "404"),
    ("an Okta server by its name", |script, _| { script.metadata.status = 404; script.metadata.body = json!({ "errorCode": "E0000007" }); }, &["server_id"], "id, not its name"),
    ("down", |script, _| script.metadata.status = 503, &["openid_configuration"], "503"),
    ("a page in place of JSON", |script, _| script.metadata.fields[0].1 = "text/html".into(), &["openid_configuration"], "content type"),
    ("a redirect", |script, _| { script.metadata.status = 302; script.metadata.fields.push(("location", "/elsewhere".into())); }, &["openid_configuration"], "redirect"),
    ("a document without keys", |script, _| { script.metadata.body.as_object_mut().unwrap().remove("jwks_uri"); }, &["openid_configuration"], "malformed"),
    ("another slash", |script, url| script.metadata.body["issuer"] = json!(format!("{url}/")), &["issuer"], "exactly what the document names"),
    ("keys that are not there", |script, url| { script.metadata.body["jwks_uri"] = json!(url.replace("/oauth2/default", "/oauth2/v1/keys")); }, &["jwks"], "404"),
    ("keys elsewhere", |script, _| script.metadata.body["jwks_uri"] = json!("https://keys.example/jwks"), &["jwks"], "issuer.jwks_hosts"),
    ("keys by plain http", |script, _| script.metadata.body["jwks_uri"] = json!("http://keys.example/jwks"), &["jwks"], "not https"),
    ("keys out of reach", |script, _| script.keys.status = 500, &["jwks"], "500"),
    ("no key", |script, _| script.keys.body = json!({ "keys": [] }), &["jwks"], "no key"),
    ("keys for something else", |script, _| script.keys.body["keys"][0]["use"] = json!("enc"), &["jwks"], "left out: issuer-key"),
    ("a short key", |script, _| script.keys.body = json!({ "keys": [rsa_key(1024)] }), &["jwks"], "left out: short"),
    ("a published private key", |script, _| script.keys.body["keys"][0]["d"] = json!("AQAB"), &["jwks"], "no key that can be used"),
    ("a private key beside a good one", |script, _| { let mut key = script.keys.body["keys"][0].clone(); key["d"] = json!("AQAB"); key["kid"] = json!("other"); script.keys.body["keys"].as_array_mut().unwrap().push(key); }, &["jwks"], "anybody can sign"),
    ("keys for other algorithms", |script, _| script.keys.body["keys"][0]["alg"] = json!("ES512"), &["jwks"], "left out"),
    ("keys that are none", |script, _| script.keys.body = json!([]), &["jwks"], "fix"),
    ("keys not to be kept", |script, _| script.keys.fields.push(("cache-control", "no-cache, no-store".into())), &["(cache_lifetime)"], "no-cache, no-store"),
    ("no client credentials", |script, _| script.metadata.body["grant_types_supported"] = json!(["authorization_code"]), &["(client_credentials)"], "access policy"),
    ("a grant that is not listed", |script, _| { script.metadata.body.as_object_mut().unwrap().remove("grant_types_supported"); }, &["(client_credentials)"], "grant_types_supported"),
    ("HMAC alone", |script, _| script.metadata.body["id_token_signing_alg_values_supported"] = json!(["HS256"]), &["(algorithms)"], "HS256"),
    ("no OAuth metadata", |script, _| script.oauth.status = 404, &["(oauth_metadata)"], "404"),
    ("OAuth metadata of another", |script, _| script.oauth.body["issuer"] = json!("https://other.example"), &["(oauth_metadata)"], "https://other.example"),
    ("a clock ten minutes ahead", |script, _| script.ahead_secs = 600, &["clock"], "NTP"),
    ("a clock half a minute behind", |script, _| script.ahead_secs = -30, &["(clock)"], "NTP"),
    ("a text that moves the terminal", |script, _| script.metadata.body["issuer"] = json!("https://\u{1b}[2Jx"), &["openid_configuration"], "malformed"),
];

#[tokio::test]
async fn each_broken_issuer_is_named_with_a_fix() {
    assert!(BROKEN.len() > 12);
    for (name, break_it, expected, said) in BROKEN {
        let issuer = Scripted::start(break_it).await;

        let diagnosis = doctor(&issuer.url()).examine().await;

        let text = assert_found(name, &diagnosis, expected);
        assert!(text.contains(said) || *said == "fix", "{name}: {text}");
        assert!(!text.contains(char::is_control), "{name}: {text:?}");
    }
}
