//! The paths that the service answers itself.

use std::sync::Arc;

use http::StatusCode;
use poem::endpoint::make_sync;
use poem::{IntoResponse, Request, Response, Route};

use crate::docs::{Documents, read};
use crate::guard::{Guard, OperationRule, ProtectedResource};

use super::application::Outline;
use super::browser;
use super::health::{self, Detail};
use super::keys::Keys;
use super::logout::LogoutReceiver;
use super::paths::{LOGOUT, OWN, RESOURCE_METADATA, full_path, is_within};
use super::problems::problem;
use super::routes::{Own, Table};
use super::state::ServiceState;

/// The sources of the service's own responses.
pub(super) struct OwnRoutes<'a> {
    /// `None` where issuers cannot sign users out.
    pub(super) logout: Option<LogoutReceiver>,
    pub(super) outline: &'a Outline,
    pub(super) rules: &'a [OperationRule],
    pub(super) public_url: &'a str,
    /// `None` where the pages and the document are disabled.
    pub(super) documents: Option<&'a Arc<Documents>>,
    pub(super) keys: &'a Keys,
    pub(super) guard: &'a Guard,
    /// Whether the certificates of callers are known, so that tokens may be bound to them.
    pub(super) has_client_certificates: bool,
    pub(super) state: &'a ServiceState,
}

/// All of them, except for those that an operation in `table` replaces.
pub(super) fn routes(own: &OwnRoutes<'_>, table: &Table) -> Own {
    let keys = own.keys.clone();
    let mut paths = OWN.to_vec();
    let mut route = Route::new()
        .at(RESOURCE_METADATA, own.metadata())
        .at(format!("{RESOURCE_METADATA}/*path"), own.metadata())
        .at("/livez", read(make_sync(|_| health::live())))
        .at(
            "/readyz",
            read(health::ready(
                move || keys.clone(),
                own.state.denials.clone(),
                own.state.conditions.clone(),
                own.state.stage.clone(),
                Detail::Word,
            )),
        );
    if let Some(receiver) = own.logout.clone() {
        paths.push(LOGOUT);
        route = route.at(LOGOUT, receiver);
    }
    if !table.contains_key("/favicon.ico") {
        paths.push("/favicon.ico");
        let icon = own.documents.map(Documents::icon);
        let icon = icon.unwrap_or_else(|| read(make_sync(|_| browser::no_icon())));
        route = route.at("/favicon.ico", icon);
    }
    if let Some(documents) = own.documents {
        paths.extend(crate::docs::PATHS);
        route = documents.add_to(route);
        if !table.contains_key("/") {
            paths.push("/");
            route = route.at(
                "/",
                read(make_sync(|request| to_docs_or_not_found(&request))),
            );
        }
    }
    Own {
        paths,
        route,
        has_docs: own.documents.is_some(),
        guard: own.guard.clone(),
    }
}

fn to_docs_or_not_found(request: &Request) -> Response {
    if browser::asks(request) {
        browser::to_docs()
    } else {
        problem(StatusCode::NOT_FOUND).into_response()
    }
}

impl OwnRoutes<'_> {
    /// The metadata of the resource at the URL that the rest of the path names: the whole
    /// service, or a path below one that operations have (RFC 9728 section 3.1). The rest of the
    /// path may begin with the path of `http.public_url`, because a client inserts the well-known
    /// path before it.
    fn metadata(&self) -> poem::RouteMethod {
        let (title, public_url) = (self.outline.title.clone(), self.public_url.to_owned());
        let (issuers, rules) = (self.keys.issuers().clone(), self.rules.to_vec());
        let (proofs, has_client_certificates) = (
            self.guard.proof_policy().clone(),
            self.has_client_certificates,
        );
        let paths: Vec<_> = (self.rules.iter())
            .map(|rule| full_path(&self.outline.base_path, &rule.path))
            .collect();
        let public_path = url::Url::parse(self.public_url)
            .map(|url| url.path().trim_end_matches('/').to_owned())
            .unwrap_or_default();
        let documentation = self.documents.map(|_| format!("{public_url}/docs"));
        read(make_sync(move |request: Request| {
            let path = request.uri().path();
            let resource = path.strip_prefix(RESOURCE_METADATA).unwrap_or_default();
            let resource = match resource.strip_prefix(&*public_path) {
                Some(rest) if rest.is_empty() || rest.starts_with('/') => rest,
                _ => resource,
            };
            if !resource.is_empty() && !paths.iter().any(|path| is_within(path, resource)) {
                return problem(StatusCode::NOT_FOUND).into_response();
            }
            let url = format!("{public_url}{resource}");
            let issuers = issuers.all();
            let issuers = issuers.iter().map(|it| it.identifier());
            let mut metadata = ProtectedResource::new(&url, issuers, &rules).with_proofs(&proofs);
            if has_client_certificates {
                metadata = metadata.with_certificate_bound_tokens();
            }
            if let Some(documentation) = &documentation {
                metadata = metadata.with_documentation(&title, documentation);
            }
            let text = serde_json::to_string(&metadata).expect("a document of strings");
            text.with_content_type("application/json").into_response()
        }))
    }
}
