use http::HeaderValue;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rcgen::{CertificateParams, KeyPair};

use super::*;

/// A certificate: its DER and its PEM.
fn created() -> (Vec<u8>, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["caller.example".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let pem = certificate.pem().replace("\r\n", "\n");
    (certificate.der().to_vec(), pem)
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn hexadecimal(certificate: &ClientCertificate) -> String {
    let bytes = certificate.thumbprint().as_bytes();
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    digits.collect::<Vec<_>>().concat()
}

fn header(format: CertificateFormat) -> CertificateHeader {
    let name = HeaderName::from_static("client-cert");
    CertificateHeader { name, format }
}

fn read(
    format: CertificateFormat,
    values: &[&str],
) -> Result<Option<ClientCertificate>, MalformedCertificate> {
    let header = header(format);
    let values = values.iter().map(|value| HeaderValue::from_str(value));
    let fields = values.map(|value| (header.name.clone(), value.unwrap()));
    header.read(&fields.collect())
}

#[test]
fn each_form_of_one_certificate_is_read_and_nothing_else() {
    use CertificateFormat::{Envoy, Haproxy, Nginx, Rfc9440, Traefik};
    let (der, pem) = created();
    let (other, other_pem) = created();
    let certificate = ClientCertificate::from_der(&der);
    let base64 = STANDARD.encode(&der);
    let hash = hexadecimal(&certificate);
    let other_hash = hexadecimal(&ClientCertificate::from_der(&other));
    let escaped_pem = escaped(&pem);
    let trailing = STANDARD.encode([&der[..], b"x"].concat());
    let line_end = format!("{base64}%0A");
    let of = |text: &str| text.to_owned();
    let of_length = |bytes: usize| format!("By={};Hash={hash}", "x".repeat(bytes - 73));

    #[rustfmt::skip] // A row a line.
    let rows = [
        ("RFC 9440", Rfc9440, format!(":{base64}:"), true),
        ("RFC 9440 without colons", Rfc9440, of(&base64), false),
        ("RFC 9440 with one colon", Rfc9440, format!(":{base64}"), false),
        ("RFC 9440 with a space", Rfc9440, format!(" :{base64}:"), false),
        ("RFC 9440 with a parameter", Rfc9440, format!(":{base64}:;a=1"), false),
        ("RFC 9440 with a second element", Rfc9440, format!(":{base64}:, :{base64}:"), false),
        ("RFC 9440 with bytes after it", Rfc9440, format!(":{trailing}:"), false),
        ("RFC 9440 of nothing", Rfc9440, of("::"), false),
        ("RFC 9440 without a value", Rfc9440, of(""), false),
        ("RFC 9440 of garbage", Rfc9440, format!(":{}:", STANDARD.encode("garbage")), false),
        ("RFC 9440 of PEM", Rfc9440, format!(":{}:", STANDARD.encode(&pem)), false),
        ("nginx", Nginx, of(&escaped_pem), true),
        ("nginx without a line end", Nginx, escaped(pem.trim_end()), true),
        ("nginx with two certificates", Nginx, escaped(&format!("{pem}{other_pem}")), false),
        ("nginx with text before", Nginx, escaped(&format!("x\n{pem}")), false),
        ("nginx with text after", Nginx, escaped(&format!("{pem}x")), false),
        ("nginx with half an encoding", Nginx, format!("{escaped_pem}%0"), false),
        ("nginx with a wrong encoding", Nginx, format!("{escaped_pem}%zz"), false),
        ("nginx with an appended element", Nginx, format!("{escaped_pem}, {escaped_pem}"), false),
        ("nginx with base64", Nginx, of(&base64), false),
        ("nginx with a space for a plus", Nginx, escaped(&pem.replacen('\n', "\n ", 2)), false),
        ("HAProxy", Haproxy, of(&base64), true),
        ("HAProxy with a second element", Haproxy, format!("{base64},{base64}"), false),
        ("HAProxy with bytes after it", Haproxy, of(&trailing), false),
        ("HAProxy with PEM", Haproxy, of(&escaped_pem), false),
        ("Traefik", Traefik, of(&base64), true),
        ("Traefik, escaped", Traefik, escaped(&base64), true),
        ("Traefik with a chain", Traefik, format!("{base64},{base64}"), false),
        ("Traefik with an escaped chain", Traefik, escaped(&format!("{base64},{base64}")), false),
        ("Traefik with a line end", Traefik, line_end, false),
        ("Envoy with both", Envoy, format!("By=spiffe://a;Hash={hash};Cert=\"{escaped_pem}\";Subject=\"CN=a,O=\\\"b;c\\\"\";URI="), true),
        ("Envoy with a certificate", Envoy, format!("Cert=\"{escaped_pem}\""), true),
        ("Envoy with a hash", Envoy, format!("Hash={hash}"), true),
        ("Envoy with a hash in upper case", Envoy, format!("hash={}", hash.to_uppercase()), true),
        ("Envoy with the hash of another", Envoy, format!("Hash={other_hash};Cert=\"{escaped_pem}\""), false),
        ("Envoy with two hashes", Envoy, format!("Hash={hash};Hash={hash}"), false),
        ("Envoy with a short hash", Envoy, format!("Hash={}", &hash[2..]), false),
        ("Envoy with half a digit", Envoy, format!("Hash={}", &hash[1..]), false),
        ("Envoy with a hash of other letters", Envoy, format!("Hash=g{}", &hash[1..]), false),
        ("Envoy with an appended element", Envoy, format!("Hash={hash},By=b;Hash={other_hash}"), false),
        ("Envoy with an element before", Envoy, format!("Hash={other_hash},Hash={hash}"), false),
        ("Envoy with other pairs", Envoy, format!("By=a;Hash={hash};URI=b"), true),
        ("Envoy with other pairs and an appended element", Envoy, format!("By=a;Hash={hash};URI=b,By=c"), false),
        ("Envoy with a backslash outside quotes", Envoy, format!("By=a\\;Hash={hash}"), true),
        ("Envoy with a comma after a backslash outside quotes", Envoy, format!("Hash={hash};URI=b\\,By=c"), false),
        ("Envoy with an open quote", Envoy, format!("Hash={hash};Subject=\"a"), false),
        ("Envoy with a quote inside", Envoy, format!("Hash={hash};Subject=a\"b\""), false),
        ("Envoy with a quoted comma", Envoy, format!("Hash={hash};Subject=\"a,b\""), true),
        ("Envoy with a quoted element", Envoy, format!("Hash={hash};Subject=\",Hash={other_hash};URI=a\""), false),
        ("Envoy with quotes inside quotes", Envoy, format!("Hash={hash};Subject=\",By=b;Subject=\"CN=a\\\"b\""), false),
        ("Envoy with a quote in a name", Envoy, format!("Hash={hash};\",Hash={other_hash};URI=a\""), false),
        ("Envoy with an escaped quote", Envoy, format!("Hash={hash};Subject=\"CN=a\\\"b\""), true),
        ("Envoy with a quoted hash", Envoy, format!("Hash={hash};Subject=\"CN=hash=b\""), false),
        ("Envoy with the word hash in quotes", Envoy, format!("Hash={hash};Subject=\"CN=hash\""), true),
        ("Envoy without a certificate", Envoy, of("By=spiffe://a"), false),
        ("Envoy without a pair", Envoy, format!("Hash={hash};x"), false),
        ("16 KiB", Envoy, of_length(16 * 1024), true),
        ("a byte more than 16 KiB", Envoy, of_length(16 * 1024 + 1), false),
    ];
    for (row, format, value, is_read) in rows {
        let expected = if is_read {
            Ok(Some(certificate))
        } else {
            Err(MalformedCertificate)
        };
        assert_eq!(read(format, &[&value]), expected, "{row}");
    }
    for format in [Nginx, Haproxy, Traefik, Envoy] {
        assert_eq!(read(format, &[""]), Ok(None), "{format:?}");
    }
    for format in [Rfc9440, Nginx, Haproxy, Traefik, Envoy] {
        assert_eq!(read(format, &[]), Ok(None), "{format:?}");
        assert_eq!(
            read(format, &["", ""]),
            Err(MalformedCertificate),
            "{format:?}"
        );
    }
    let twice = [base64.as_str(); 2];
    assert_eq!(read(Haproxy, &twice), Err(MalformedCertificate));
    assert_eq!(read(Haproxy, &[&base64, ""]), Err(MalformedCertificate));
}

#[test]
fn the_header_and_its_chain_are_removed() {
    let names = ["client-cert", "client-cert-chain", "accept"];
    let fields = names.map(|name| (HeaderName::from_static(name), HeaderValue::from_static("x")));
    let mut headers = HeaderMap::from_iter(fields.clone());
    header(CertificateFormat::Rfc9440).remove(&mut headers);
    assert_eq!(headers.len(), 1);

    let mut headers = HeaderMap::from_iter(fields);
    header(CertificateFormat::Nginx).remove(&mut headers);
    assert_eq!(headers.len(), 2);
}
