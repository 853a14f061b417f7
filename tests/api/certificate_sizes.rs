//! How long the header may be in which a proxy sends the certificate of the caller.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use poem_resource_server::token::Thumbprint;
use rcgen::{CertificateParams, CustomExtension, KeyPair, PKCS_ED25519, SerialNumber};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

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
fn fields(world: &World, format: &str, length: usize) -> String {
    let (value, der) = value(format, length);
    let cnf = json!({ "x5t#S256": Thumbprint::digest(&der).to_string() });
    let token = world.sign(&world.token().claim("cnf", cnf));
    format!("Authorization: Bearer {token}\r\nX-Certificate: {value}\r\n")
}

/// The status of the call, and the reason of its refusal.
async fn call(world: &World, format: &str, length: usize) -> (u16, String) {
    let fields = fields(world, format, length);
    let answer = world.raw_whoami(fields.as_bytes()).await;
    let reason = answer.json()["reason"]
        .as_str()
        .unwrap_or("none")
        .to_owned();
    (answer.status, reason)
}

/// The status line of the answer. The service may close the connection before it has read the call.
async fn status_line(world: &World, format: &str, length: usize) -> String {
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let fields = fields(world, format, length);
    let head = format!("GET /api/whoami HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n");
    let _ = stream.write_all(head.as_bytes()).await;
    let mut line = String::new();
    while !line.ends_with("\r\n") {
        line.push(char::from(stream.read_u8().await.unwrap()));
    }
    line
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
        let read = call(&world, format, longest).await;
        assert_eq!(read, (200, "none".to_owned()), "{format}");
        for length in [too_long, 20 * 1024 + 2] {
            // Base64 has a multiple of four characters.
            let length = if format == "haproxy" {
                length / 4 * 4
            } else {
                length
            };
            let refused = (400, "malformed_client_certificate".to_owned());
            assert_eq!(
                call(&world, format, length).await,
                refused,
                "{format}: {length}"
            );
        }
        world.end().await;
    }
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused_before_its_certificate() {
    for (format, ..) in FORMATS {
        let world = World::with(&settings(format, &[])).await;
        let length = if format == "rfc9440" { 20_482 } else { 20_480 };
        let refused = status_line(&world, format, length).await;
        assert!(refused.starts_with("HTTP/1.1 431 "), "{format}: {refused}");
        let length = if format == "rfc9440" { 14_002 } else { 14_400 };
        let read = status_line(&world, format, length).await;
        assert!(read.starts_with("HTTP/1.1 200 "), "{format}: {read}");
        world.end().await;
    }
}
