//! Builds one configuration: the guard, the routes and the issuer's keys.
//!
//! A reload builds a new one beside the old and then puts it in its place, whole.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::docs::{Documents, SignIn};
use crate::guard::OperationRule;
use crate::verifier::{TrustedIssuer, TrustedIssuers, Verifier};

use super::BuildError;
use super::answers::Answers;
use super::application::Made;
use super::audit::Audit;
use super::callers::Callers;
use super::config::Config;
use super::cross_origin::CrossOrigin;
use super::keys::Keys;
use super::limits::OperationLimits;
use super::logout::{self, Around};
use super::own_hosts::OwnHosts;
use super::own_routes::{self, OwnRoutes};
use super::paths;
use super::problems::Problems;
use super::protection::{self, fetch, public_url, rules_by_issuer};
use super::routes::{Routes, Table};
use super::state::ServiceState;

/// Everything that a reload replaces.
pub(super) struct App {
    pub(super) endpoint: Arc<dyn Answers>,
    /// Whether decisions are observed, by the request's id.
    pub(super) is_audited: bool,
    pub(super) audit: Option<Arc<Audit>>,
    pub(super) has_logout: bool,
    pub(super) keys: Keys,
    pub(super) max_stale: Duration,
    pub(super) limits: OperationLimits,
    pub(super) rules: Arc<[OperationRule]>,
    #[cfg(feature = "testing")]
    pub(super) print: protection::Print,
}

impl App {
    pub(super) fn build(config: &Config, state: &ServiceState) -> Result<Self, BuildError> {
        let keys = keys(config, state)?;
        let verifier = Verifier::for_issuers(keys.issuers().clone())
            .with_clock(state.clock.clone())
            .with_cache(config.cache.max_bytes)
            .with_tally(state.verdicts.clone())
            .with_denylist(state.denials.list())
            .with_max_decryptions(config.decryption.max_tokens)
            .with_proofs(state.used_proofs.proofs(&config.dpop));
        let public_url = public_url(config, &state.listen);
        let outline = state.application.outline();
        let clock = state.clock.clone();
        let guard = protection::guard(config, outline, verifier, &public_url, clock);
        let audit = Audit::open(&config.audit)?.map(Arc::new);
        let is_audited = audit.is_some();
        let guard = match audit.clone() {
            Some(audit) => guard.with_observer(move |decision| audit.write(decision)),
            None => guard,
        };
        let Made { operations, plain } = state.application.make(config, &guard, &public_url)?;
        let base_path = &outline.base_path;
        paths::check(&operations, base_path, &plain, config)?;
        let rules = operations.rules;
        let limits = super::limits::for_operations(config, &rules, &outline.meta(), base_path)?;
        let print = protection::printer(config, outline, &guard, &rules, &public_url)?;
        let cross_origin = CrossOrigin::new(&config.cors, print(&[]).as_value());
        let problems = Problems::new(&rules, base_path);
        let documents = config.docs.enabled.then(|| {
            let keys = keys.clone();
            let sign_in = SignIn {
                client_id: config.docs.client_id.clone(),
                client_ids: client_ids(config),
                base_path: base_path.clone(),
                proof_algorithms: guard.proof_algorithms(),
            };
            let print = print.clone();
            Arc::new(Documents::new(
                move |issuers| print(issuers),
                move || keys.described(),
                sign_in,
                outline.icon.clone(),
            ))
        });
        let logout = logout::receiver(
            config,
            state,
            &Around {
                issuers: keys.issuers(),
                limits: guard.limits(),
                audit: audit.as_ref(),
                public_url: &public_url,
            },
        )?;
        let has_logout = logout.is_some();
        let own = OwnRoutes {
            logout,
            outline,
            rules: &rules,
            public_url: &public_url,
            documents: documents.as_ref(),
            keys: &keys,
            guard: &guard,
            has_client_certificates: config.http.has_client_certificates(),
            state,
        };
        let table = on_callers_paths(operations.table, base_path);
        let own = own_routes::routes(&own, &table);
        let routes = Routes::new(table, &outline.meta(), base_path, plain, own);
        let callers = Arc::new(Callers {
            routes,
            problems,
            cross_origin,
        });
        let endpoint: Arc<dyn Answers> = match OwnHosts::for_callers(config, &state.listen) {
            Some(hosts) => hosts.guard(callers),
            None => callers,
        };
        Ok(Self {
            endpoint,
            is_audited,
            audit,
            has_logout,
            max_stale: config.issuer.max_stale,
            keys,
            limits,
            rules,
            #[cfg(feature = "testing")]
            print,
        })
    }
}

fn keys(config: &Config, state: &ServiceState) -> Result<Keys, BuildError> {
    if let Some(given) = &state.given_keys {
        let issuers = TrustedIssuers::default();
        for (name, rules) in rules_by_issuer(config)? {
            let issuer = TrustedIssuer::new(name, given.clone(), rules);
            let keys = protection::decryption_keys(config, name).iter().cloned();
            let _ = issuers.add(issuer.with_decryption_keys(keys));
        }
        return Ok(Keys::new(Arc::new(issuers), config.readiness.issuers));
    }
    let mut fetch = fetch(&config.issuer)?;
    if let Some(traces) = &state.traces {
        fetch = fetch.with_observer(traces.observer());
    }
    let issuers = protection::trusted_issuers(config, &fetch, &state.clock)?;
    Ok(Keys::new(issuers, config.readiness.issuers))
}

/// The public clients at the issuers besides `default`.
fn client_ids(config: &Config) -> BTreeMap<String, String> {
    let issuers = config.issuers.iter();
    issuers
        .filter_map(|(name, issuer)| Some((name.clone(), issuer.docs_client_id.clone()?)))
        .collect()
}

fn on_callers_paths(table: Table, base_path: &str) -> Table {
    let table = table.into_iter();
    table
        .map(|(path, methods)| (paths::full_path(base_path, &path), methods))
        .collect()
}
