//! The icon of an API: the application's own picture, or the first letter of its title.

use http::header::CONTENT_SECURITY_POLICY;

use crate::guard::Document;

use super::asset::Asset;
use super::page;

/// A picture with its media type.
#[derive(Debug, Clone)]
pub(crate) struct Icon {
    media_type: &'static str,
    bytes: Vec<u8>,
}

impl Icon {
    /// # Panics
    ///
    /// If `media_type` is not the media type of a picture.
    pub(crate) fn new(media_type: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        let subtype = media_type.strip_prefix("image/").unwrap_or_default();
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        assert!(
            !subtype.is_empty() && subtype.bytes().all(is_token),
            "the media type of an icon begins with `image/`, found {media_type:?}"
        );
        Self {
            media_type,
            bytes: bytes.into(),
        }
    }
}

/// The icon as a file. It may run no script, even if it is an SVG that is opened by itself.
pub(super) fn asset(document: &Document, own: Option<&Icon>) -> Asset {
    let asset = match own {
        Some(icon) => Asset::new(icon.media_type, icon.bytes.clone()),
        None => Asset::new("image/svg+xml", letter(page::title(document))),
    };
    asset.with_header(
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    )
}

/// The first letter or digit of the title, on one of a few colours that the title selects.
fn letter(title: &str) -> String {
    let first = title.chars().find(|it| it.is_alphanumeric());
    let letter = first.map_or_else(|| "A".to_owned(), |it| it.to_uppercase().collect());
    let sum: usize = title.bytes().map(usize::from).sum();
    let colour = COLOURS[sum % COLOURS.len()];
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\">\
         <rect width=\"32\" height=\"32\" rx=\"7\" fill=\"{colour}\"/>\
         <text x=\"16\" y=\"23\" fill=\"#fff\" font-family=\"system-ui,sans-serif\" \
         font-size=\"20\" font-weight=\"700\" text-anchor=\"middle\">{letter}</text></svg>\n"
    )
}

/// White is readable on each of them (WCAG 2.2 section 1.4.3).
const COLOURS: [&str; 6] = [
    "#1d4ed8", "#0f766e", "#7c3aed", "#be185d", "#b45309", "#15803d",
];

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use serde_json::json;

    use super::*;

    async fn sent(title: &str, own: Option<&Icon>) -> (String, Vec<u8>) {
        let document = Document::from(json!({ "info": { "title": title } }));
        let response = asset(&document, own).answer(&HeaderMap::new());
        let media_type = response.content_type().unwrap().to_owned();
        (media_type, response.into_body().into_vec().await.unwrap())
    }

    #[tokio::test]
    async fn without_a_picture_the_icon_is_the_first_letter_of_the_title() {
        for (title, letter) in [
            ("shop", "S"),
            ("<\"Äpfel\">", "Ä"),
            ("2go", "2"),
            ("&", "A"),
        ] {
            let (media_type, bytes) = sent(title, None).await;

            assert_eq!(media_type, "image/svg+xml");
            let text = String::from_utf8(bytes).unwrap();
            assert!(
                text.ends_with(&format!(">{letter}</text></svg>\n")),
                "{text}"
            );
        }
    }

    #[tokio::test]
    async fn a_picture_of_the_application_is_sent_as_it_is() {
        let icon = Icon::new("image/png", b"\x89PNG".as_slice());

        assert_eq!(
            sent("shop", Some(&icon)).await,
            ("image/png".to_owned(), b"\x89PNG".to_vec())
        );
    }

    #[test]
    #[should_panic(
        expected = "the media type of an icon begins with `image/`, found \"text/html\""
    )]
    fn a_page_is_not_an_icon() {
        let _ = Icon::new("text/html", Vec::new());
    }
}
