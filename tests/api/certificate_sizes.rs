//! How long the header may be in which a proxy sends the certificate of the caller, over HTTP/1.1 and
//! HTTP/2.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use poem_resource_server::token::Thumbprint;
use rcgen::{CertificateParams, CustomExtension, KeyPair, PKCS_ED25519, SerialNumber};
use serde_json::json;

use crate::protocols::{Field, PROTOCOLS, Protocol};
use crate::world::World;

/// A certificate in DER form of exactly this length.
fn certificate(length: usize) -> Vec<u8> {
    let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let with_extension = |content: usize| {
        let mut params = CertificateParams::new([]).unwrap();
        params.serial_number = Some(SerialNumber::from(1));
        let extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![0; content]);
        params.custom_extensions.push(extension);
        params.self_signed(&key).unwrap().der().to_vec()
    };
    let rest = with_extension(length - 1000).len() - (length - 1000);
    let certificate = with_extension(length - rest);
    assert_eq!(certificate.len(), length);
    certificate
}

/// A percent-encoded PEM of this length.
fn encoded_pem(base64: &str, length: usize) -> String {
    let pem = |base64: &str, end| {
        format!("-----BEGIN%20CERTIFICATE-----%0A{base64}%0A-----END%20CERTIFICATE-----{end}")
    };
    // The last line break is not required, and has three bytes.
    let is_odd = (length - pem(base64, "").len()) % 2 == 1;
    let end = if is_odd { "%0A" } else { "" };
    let missing = length - pem(base64, end).len();
    pem(&encoded(base64, missing / 2), end)
}

/// The text with this number of its characters percent-encoded.
fn encoded(text: &str, characters: usize) -> String {
    let (first, rest) = text.split_at(characters);
    let first = first.bytes().map(|byte| format!("%{byte:02X}"));
    first.chain([rest.to_owned()]).collect()
}

/// A well-formed value of this length, and the certificate in it.
fn value(format: &str, length: usize) -> (String, Vec<u8>) {
    let der = certificate(match format {
        "rfc9440" => (length - 2) / 4 * 3,
        "haproxy" => length / 4 * 3,
        _ => 9000,
    });
    let base64 = STANDARD.encode(&der);
    let value = match format {
        "rfc9440" => format!(":{base64}:"),
        "haproxy" => base64,
        "traefik" => encoded(&base64, (length - base64.len()) / 2),
        "nginx" => encoded_pem(&base64, length),
        _ => {
            let start = format!("Cert=\"{}\";By=", encoded_pem(&base64, 14_000));
            format!("{start}{}", "x".repeat(length - start.len()))
        }
    };
    assert_eq!(value.len(), length, "{format}");
    (value, der)
}

/// The header fields of a call with a token that is bound to the certificate in them.
fn fields(world: &World, format: &str, length: usize) -> [Field; 2] {
    let (value, der) = value(format, length);
    let cnf = json!({ "x5t#S256": Thumbprint::digest(&der).to_string() });
    let token = world.sign(&world.token().claim("cnf", cnf));
    [
        ("authorization", format!("Bearer {token}")),
        ("x-certificate", value),
    ]
}

/// The status of the call, and the reason of its refusal.
async fn call(world: &World, protocol: Protocol, format: &str, length: usize) -> (u16, String) {
    let fields = fields(world, format, length);
    protocol.whoami(world, &fields).await
}

fn settings<'a>(format: &'a str, more: &[(&'static str, &'a str)]) -> Vec<(&'static str, &'a str)> {
    let mut settings = vec![
        ("http.trusted_proxies", "127.0.0.1"),
        ("http.client_certificate_format", format),
        ("http.client_certificate_header", "X-Certificate"),
    ];
    settings.extend(more);
    settings
}

/// The largest length up to 16 KiB that a value of this format can have, and the smallest above it.
const FORMATS: [(&str, usize, usize); 5] = [
    ("rfc9440", 16_382, 16_386),
    ("haproxy", 16_384, 16_388),
    ("traefik", 16_384, 16_386),
    ("nginx", 16_384, 16_385),
    ("envoy", 16_384, 16_385),
];

#[tokio::test]
async fn a_certificate_of_16_kib_is_read_and_a_longer_one_is_refused() {
    for (format, longest, too_long) in FORMATS {
        let settings = settings(format, &[("http.max_head_size", "64KiB")]);
        let world = World::with(&settings).await;
        for protocol in PROTOCOLS {
            let read = call(&world, protocol, format, longest).await;
            assert_eq!(read, (200, "none".to_owned()), "{protocol:?}: {format}");
            for length in [too_long, 20 * 1024 + 2] {
                // Base64 has a multiple of four characters.
                let length = if format == "haproxy" {
                    length / 4 * 4
                } else {
                    length
                };
                let refused = (400, "malformed_client_certificate".to_owned());
                assert_eq!(
                    call(&world, protocol, format, length).await,
                    refused,
                    "{protocol:?}: {format}: {length}"
                );
            }
        }
        world.end().await;
    }
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused_before_its_certificate() {
    for (format, ..) in FORMATS {
        let world = World::with(&settings(format, &[])).await;
        for protocol in PROTOCOLS {
            let length = if format == "rfc9440" { 20_482 } else { 20_480 };
            let (status, _) = call(&world, protocol, format, length).await;
            assert_eq!(status, 431, "{protocol:?}: {format}");
            let length = if format == "rfc9440" { 14_002 } else { 14_400 };
            let (status, _) = call(&world, protocol, format, length).await;
            assert_eq!(status, 200, "{protocol:?}: {format}");
        }
        world.end().await;
    }
}
