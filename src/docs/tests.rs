use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use poem::Response;

use super::asset::Asset;
use super::bundles;
use super::coding::{Coding, gunzip};

fn headers<const N: usize>(rows: [(HeaderName, &str); N]) -> HeaderMap {
    let rows = rows.map(|(name, value)| (name, HeaderValue::from_str(value).unwrap()));
    rows.into_iter().collect()
}

fn long_asset() -> Asset {
    Asset::new("text/plain", "the same words again and again; ".repeat(100))
}

fn field(response: &Response, name: HeaderName) -> &str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

#[test]
fn a_caller_gets_the_coding_that_it_prefers() {
    #[rustfmt::skip]
    let rows = [
        ("nothing said", None, Coding::Identity),
        ("nothing wanted", Some(""), Coding::Identity),
        ("a browser", Some("gzip, deflate, br, zstd"), Coding::Gzip),
        ("gzip alone", Some("gzip"), Coding::Gzip),
        ("in capitals", Some("GZIP"), Coding::Gzip),
        ("another coding alone", Some("br"), Coding::Identity),
        ("weights of three digits", Some("identity;q=0.500, gzip;q=0.501"), Coding::Gzip),
        ("anything but gzip", Some("gzip;q=0, *"), Coding::Identity),
        ("anything", Some("*"), Coding::Gzip),
        ("plain rather", Some("identity, gzip;q=0.5"), Coding::Identity),
        ("a coding unknown here", Some("zstd"), Coding::Identity),
        ("a weight that is none", Some("gzip;q=high"), Coding::Identity),
        ("all refused", Some("*;q=0"), Coding::Identity),
    ];

    for (name, value, expected) in rows {
        let headers = value.map_or_else(HeaderMap::new, |it| headers([(ACCEPT_ENCODING, it)]));

        let chosen = Coding::choose(&Coding::ALL, &headers);

        assert_eq!(chosen, expected, "{name}");
    }
}

#[test]
fn each_coding_has_a_strong_tag_and_decodes_to_the_original() {
    let asset = long_asset();
    let mut tags = Vec::new();
    for accepted in ["", "gzip"] {
        let response = asset.answer(&headers([(ACCEPT_ENCODING, accepted)]));

        assert_eq!(field(&response, CONTENT_ENCODING), accepted);
        let tag = field(&response, ETAG).to_owned();
        assert!(tag.starts_with('"') && !tags.contains(&tag), "{tag}");
        tags.push(tag);
    }
    let text: Bytes = "the same words again and again; ".repeat(100).into();
    assert_eq!(gunzip(&Coding::Gzip.encode(&text)), text);
}

#[test]
fn a_file_that_compression_makes_longer_is_sent_as_it_is() {
    let response = Asset::new("text/plain", "short").answer(&headers([(ACCEPT_ENCODING, "gzip")]));

    assert_eq!(field(&response, CONTENT_ENCODING), "");
}

#[test]
fn a_caller_that_has_the_form_is_not_sent_it_again() {
    let asset = long_asset();
    let tag = field(&asset.answer(&HeaderMap::new()), ETAG).to_owned();
    let compressed = asset.answer(&headers([(ACCEPT_ENCODING, "gzip")]));
    let tag_of_another = field(&compressed, ETAG);
    let rows = [
        ("its tag", tag.clone(), StatusCode::NOT_MODIFIED),
        ("made weak", format!("W/{tag}"), StatusCode::NOT_MODIFIED),
        (
            "one of several",
            format!("\"x\", {tag}"),
            StatusCode::NOT_MODIFIED,
        ),
        ("any", "*".to_owned(), StatusCode::NOT_MODIFIED),
        ("of another form", tag_of_another.to_owned(), StatusCode::OK),
        ("of another file", "\"x\"".to_owned(), StatusCode::OK),
    ];

    for (name, value, status) in rows {
        let response = asset.answer(&headers([(IF_NONE_MATCH, &value)]));

        assert_eq!(response.status(), status, "{name}");
        assert_eq!(field(&response, ETAG), tag, "{name}");
    }
}

#[tokio::test]
async fn a_compressed_file_is_unpacked_for_a_caller_that_does_not_accept_gzip() {
    let text: Bytes = "the same words again and again; ".repeat(100).into();
    let gzip: &'static [u8] = Vec::leak(Coding::Gzip.encode(&text).into());
    let asset = Asset::packed("text/plain", gzip);
    let mut tags = Vec::new();
    for (accepted, expected) in [("", &text[..]), ("gzip", gzip)] {
        let wanted = headers([(ACCEPT_ENCODING, accepted)]);
        let first = asset.answer(&wanted);
        let tag = field(&first, ETAG).to_owned();

        assert_eq!(field(&first, CONTENT_ENCODING), accepted);
        assert!(tag.starts_with('"') && !tags.contains(&tag), "{tag}");
        let bytes = first.into_body().into_bytes().await.unwrap();
        assert_eq!(bytes, expected, "{accepted}");
        let again = asset.answer(&wanted).into_body().into_bytes().await;
        assert_eq!(again.unwrap().as_ptr(), bytes.as_ptr(), "not another copy");

        let held = headers([(ACCEPT_ENCODING, accepted), (IF_NONE_MATCH, &tag)]);
        assert_eq!(asset.answer(&held).status(), StatusCode::NOT_MODIFIED);
        tags.push(tag);
    }
}

#[test]
fn the_bundles_are_swagger_ui_and_redoc() {
    let css = gunzip(bundles::SWAGGER_UI_CSS);
    assert!(
        css.len() > 100_000 && css.starts_with(b".swagger-ui"),
        "css"
    );
    for (name, gzip) in [
        ("SwaggerUIBundle", bundles::SWAGGER_UI_BUNDLE_JS),
        ("Redoc", bundles::REDOC_JS),
    ] {
        let script = String::from_utf8(gunzip(gzip).into()).unwrap();

        assert!(script.len() > 1_000_000, "{name}: {} bytes", script.len());
        assert!(script.contains(name), "{name}");
        assert!(!script.starts_with('<') && !script.ends_with('>'), "{name}");
    }
}
