//! `openapi`: the document, the same bytes as the service serves with the same settings.

use std::fs;
use std::io;
use std::path::Path;

use poem_resource_server::issuer::Metadata;
use poem_resource_server::service::config::Config;
use poem_resource_server::service::{self, OpenApiFiles};

use crate::command_line::{Format, OpenapiOptions};
use crate::failure::Failure;
use crate::{embedded, output, token};

pub(crate) async fn print(mut config: Config, options: OpenapiOptions) -> Result<(), Failure> {
    let files = files(&mut config).await?;
    if let Some(directory) = options.all {
        write(&directory.join("openapi.json"), &files.json)?;
        return write(&directory.join("openapi.yaml"), &files.yaml);
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

async fn files(config: &mut Config) -> Result<OpenApiFiles, Failure> {
    // A service that runs already has the embedded issuer's address, and answers as well.
    let listen = config.http.listen.clone();
    let _embedded = match embedded::start(config, &listen).await {
        Err(Failure::Listen { source, .. }) if source.kind() == io::ErrorKind::AddrInUse => None,
        started => started?,
    };
    let metadata: Metadata = token::discover(config).await?;
    Ok(service::openapi(config, Some(&metadata))?)
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
