//! `openapi`: the document, the same bytes as the service serves with the same settings, and
//! what is made of it.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::docs::OpenApiFiles;
use crate::issuer::{Issuer, Metadata};
use crate::service;
use crate::service::application::{Hosted, Outline};
use crate::service::config::Config;
use crate::service::{PostmanFiles, PrintedFiles};

use crate::program::command_line::{Format, OpenapiOptions};
use crate::program::failure::Failure;
use crate::program::{embedded, output};

pub(crate) async fn print(
    application: &dyn Hosted,
    mut config: Config,
    options: OpenapiOptions,
) -> Result<(), Failure> {
    let client = embedded::client(&config);
    let outline = application.outline();
    let metadata = discover(outline, &mut config).await?;
    let paper = PrintedFiles::new(outline, &config, &metadata)?;
    let files = paper.openapi();
    if let Some(directory) = options.all {
        let postman = paper.postman(&config, client.as_ref());
        return write_all(&directory, &files, &postman);
    }
    let text = match options.format {
        Format::Json => files.json,
        Format::Yaml => files.yaml,
    };
    match options.out {
        Some(path) => write(&path, &text),
        None => output::print(&text),
    }
}

/// The metadata of every issuer.
async fn discover(outline: &Outline, config: &mut Config) -> Result<Vec<Arc<Metadata>>, Failure> {
    // A service that runs already has the embedded issuer's address, and answers as well.
    let listen = config.http.listen.clone();
    let listener = match embedded::open(config) {
        Err(Failure::Listen { source, .. }) if source.kind() == io::ErrorKind::AddrInUse => None,
        opened => opened?,
    };
    let _embedded = embedded::start(outline, config, listener, &listen)?;
    let fetch = service::fetch(&config.issuer)?;
    let mut all = Vec::new();
    for (name, rules) in service::rules_by_issuer(config)? {
        let issuer = Issuer::parse(rules.issuer())?;
        let policy = service::refresh_policy(config, name);
        let metadata = Metadata::discover(&fetch, &issuer, &policy.jwks_hosts).await;
        let failure = |source| Failure::Discovery {
            issuer: issuer.to_string(),
            is_embedded: false,
            source,
        };
        all.push(Arc::new(metadata.map_err(failure)?));
    }
    Ok(all)
}

fn write_all(
    directory: &Path,
    files: &OpenApiFiles,
    postman: &PostmanFiles,
) -> Result<(), Failure> {
    let rows = [
        ("openapi.json", &files.json),
        ("openapi.yaml", &files.yaml),
        ("postman/collection.json", &postman.collection),
        ("postman/environment.json", &postman.environment),
        ("postman/environment.okta.json", &postman.okta_environment),
    ];
    let further = postman.further_environments.iter();
    let further = further.map(|(name, text)| (format!("postman/environment.{name}.json"), text));
    let rows = rows.map(|(name, text)| (name.to_owned(), text));
    rows.into_iter()
        .chain(further)
        .try_for_each(|(name, text)| write(&directory.join(name), text))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    directory
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(path, text))
        .map_err(|source| Failure::Write {
            path: path.to_owned(),
            source,
        })
}
