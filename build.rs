//! Compresses what poem-openapi carries of Swagger UI and Redoc, for `docs` to send
//! as it is: 2.6 MB are no part of the program then, and it starts without compressing them.
//!
//! Fails, and names the page, when poem-openapi's pages are no longer laid out as they were.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "docs")]
    if let Err(reason) = bundles::write() {
        println!("cargo::error={reason}");
    }
}

#[cfg(feature = "docs")]
mod bundles {
    use std::io::Write;
    use std::path::Path;
    use std::{env, fs};

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use poem_openapi::OpenApiService;

    /// Writes `*.gz` into `OUT_DIR`.
    pub(super) fn write() -> Result<(), String> {
        #[expect(
            clippy::disallowed_methods,
            reason = "Cargo says where, and nobody else"
        )]
        let folder = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set: build.rs is for Cargo")?;
        let service = OpenApiService::<_, ()>::new((), "", "");
        let (swagger_ui, redoc) = (service.swagger_ui_html(), service.redoc_html());
        for (name, page, text, marks) in [
            ("swagger-ui.css.gz", "Swagger UI", &swagger_ui, STYLE),
            ("swagger-ui-bundle.js.gz", "Swagger UI", &swagger_ui, SCRIPT),
            ("redoc.js.gz", "Redoc", &redoc, REDOC_SCRIPT),
        ] {
            let bundle = within(text, marks).ok_or_else(|| {
                format!(
                    "poem-openapi's page of {page} holds nothing long between {:?} and {:?}, \
                     from which {name} is made: see what stands there in the version that \
                     Cargo.lock names, and correct the marks in build.rs",
                    marks.0, marks.1
                )
            })?;
            let path = Path::new(&folder).join(name);
            gzip(bundle.as_bytes())
                .and_then(|bytes| fs::write(&path, bytes))
                .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
        }
        Ok(())
    }

    fn within<'a>(page: &'a str, (start, end): (&str, &str)) -> Option<&'a str> {
        let (_, rest) = page.split_once(start)?;
        let (bundle, _) = rest.split_once(end)?;
        (bundle.len() > LEAST_BYTES).then_some(bundle)
    }

    fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes)?;
        encoder.finish()
    }

    /// The style sheet, the shortest, has half as many again.
    const LEAST_BYTES: usize = 100_000;
    const STYLE: (&str, &str) = ("<style charset=\"UTF-8\">", "</style>");
    // A bundle holds `</script>` as text, but no line that begins with the end of the head.
    const SCRIPT: (&str, &str) = ("<script charset=\"UTF-8\">", "</script>\n</head>");
    const REDOC_SCRIPT: (&str, &str) = (SCRIPT.0, "</script>\n  </head>");
}
