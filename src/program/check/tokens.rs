//! Chooses the tokens that a check is made with.
//!
//! 1. With `--with-embedded-issuer`, the embedded issuers sign them all.
//! 2. Tokens on the command line or in `OKTA_TOKEN` are used as they are.
//! 3. Without an issuer and a client, running embedded issuers are used.
//! 4. Each issuer in force without such a token is asked by client credentials.

use crate::check::{DECLARED, OpaqueToken, Target, Tokens};
use crate::clock::{Clock, SystemClock};
use crate::issuer::{GrantedToken, ProofMaker};
use crate::program::command_line::CheckOptions;
use crate::program::failure::Failure;
use crate::program::issuers::{Issuers, NamedIssuer};
use crate::program::key_file::{self, KeyFileError};
use crate::service::config::Config;
use crate::token::UnverifiedToken;

use super::arguments::shown;
use super::found::Found;
use super::given::{self, Given};
use super::issuer::Granted;
use super::{embedded, issuer};

/// The tokens; it is no error if there are none, because the report says so.
pub(crate) async fn find(
    config: &Config,
    options: &mut CheckOptions,
    target: &Target,
) -> Result<Found, Failure> {
    if options.with_embedded_issuer {
        let holder = holder(options, &[])?;
        return embedded::started(config, options, target, holder).await;
    }
    if let Some(claim) = options.claim.first() {
        return Err(Failure::Flag {
            flag: "--claim",
            expected: "used together with --with-embedded-issuer",
            value: shown(claim),
            example: "'roles=[\"admin\"]' --with-embedded-issuer",
        });
    }
    let given = given::tokens(options)?;
    let holder = holder(options, &given)?;
    let tokens = refused(options)?.with_holder(holder.clone());
    if !config.has_issuer() {
        if !given.is_empty() {
            let mut found = Found {
                tokens,
                ..Found::default()
            };
            for given in given {
                found.add_given(config, &given, None).await;
            }
            return Ok(found);
        }
        if config.client.id.is_none() {
            return embedded::running(config, options, target, tokens, holder).await;
        }
    }
    with_issuers(
        Issuers::new(config.clone())?,
        options,
        target,
        tokens,
        given,
        &holder,
    )
    .await
}

/// The tokens of `--refuse`, some of which have a word before them that says what is wrong.
fn refused(options: &CheckOptions) -> Result<Tokens, Failure> {
    let mut tokens = Tokens::default();
    for argument in &options.refuse {
        let (what, token) = given::split(argument);
        let token = given::read(token)?;
        tokens = match what {
            None => tokens.with_refused(vec![token]),
            Some(what) => tokens.with_declared(what, token).map_err(|_| {
                let words = DECLARED.iter().map(|(word, ..)| *word);
                Failure::UnknownName {
                    flag: "--refuse",
                    value: shown(what),
                    known: words.collect::<Vec<_>>().join(", "),
                }
            })?,
        };
    }
    Ok(tokens)
}

/// The key of bound tokens: that of `--key`, or of the given token that is bound to it, or a new one.
/// A token that cannot be read may be bound to the key of the default file.
fn holder(options: &CheckOptions, given: &[Given]) -> Result<ProofMaker, Failure> {
    let key = |given: &Given| {
        let confirmation = UnverifiedToken::new(&given.token).confirmation()?;
        confirmation.proof_key().copied()
    };
    let bound_to = given.iter().find_map(key);
    let has_opaque = given.iter().any(Given::is_opaque);
    let path = || key_file::path(options.dpop.key.key.as_deref());
    let Some(jkt) = bound_to else {
        return match (has_opaque, options.dpop.is_wanted()) {
            (true, true) => Ok(key_file::read(&path()?)?),
            (true, false) => {
                let found = path().and_then(|path| key_file::read(&path));
                Ok(found.unwrap_or_else(|_| ProofMaker::generate()))
            }
            (false, _) if options.dpop.key.key.is_some() => Ok(key_file::read_or_create(&path()?)?),
            (false, _) => Ok(ProofMaker::generate()),
        };
    };
    let path = path()?;
    let holder = key_file::read(&path)?;
    if jkt == holder.thumbprint() {
        return Ok(holder);
    }
    Err(KeyFileError::OtherKey { path, jkt }.into())
}

/// Tokens of the issuers of the settings: those that are given, and otherwise granted ones.
async fn with_issuers(
    issuers: Issuers,
    options: &CheckOptions,
    target: &Target,
    tokens: Tokens,
    mut given: Vec<Given>,
    holder: &ProofMaker,
) -> Result<Found, Failure> {
    let wanted = match options.client.issuer_name.as_deref() {
        None => issuers.all(),
        name => vec![issuers.select(name)?],
    };
    for name in given.iter().filter_map(|it| it.name.as_deref()) {
        issuers.select(Some(name))?;
    }
    let mut found = Found {
        tokens,
        ..Found::default()
    };
    let is_only = wanted.len() == 1;
    for issuer in &wanted {
        let mut is_given = false;
        let mut others = Vec::new();
        for it in given {
            if it.belongs_to(issuer, is_only)? {
                found.add_given(issuers.config(), &it, Some(issuer)).await;
                is_given = true;
            } else {
                others.push(it);
            }
        }
        given = others;
        if is_given {
            continue;
        }
        if is_only || issuer.has_client() {
            let granted = issuer::granted(issuer, options, target, holder).await?;
            found.add_granted(issuer, granted, is_only).await;
        } else {
            found.miss(issuer, format!(
                "There is no token of the issuer `{name}`. Add one with --token {name}=@FILE, or \
                 set `issuers.{name}.client.id` and its secret.",
                name = issuer.name
            ));
        }
    }
    for it in given {
        found.add_given(issuers.config(), &it, None).await;
    }
    if found.tokens.first().is_none()
        && let [(_, why), ..] = &*found.missing
    {
        found.tokens.why_no_good.clone_from(why);
        found.tokens.why_no_lesser.clone_from(why);
    }
    Ok(found)
}

impl Found {
    /// Adds a token of the command line, with the keys of its issuer: one of the settings, or else the
    /// one that the token names, which the user trusts with it.
    async fn add_given(&mut self, config: &Config, given: &Given, named: Option<&NamedIssuer<'_>>) {
        let token = given.token.clone();
        let mut tokens = std::mem::take(&mut self.tokens);
        if let Some(ago) = given.expiry(SystemClock::new().now()) {
            tokens = tokens.with_refused(vec![token.clone()]);
            tokens.why_no_good = format!(
                "The given token expired {} min ago. Get a new one and add it with --token @FILE.",
                ago.as_secs().div_ceil(60)
            );
        } else {
            let known = OpaqueToken {
                issuer: named
                    .and_then(NamedIssuer::issuer)
                    .map_or_else(String::new, ToString::to_string),
                audience: audience(config, named),
                scope: None,
                binding: given.binding,
            };
            tokens = tokens.with_granted(token.clone(), known);
        }
        ONE_TOKEN.clone_into(&mut tokens.why_no_lesser);
        self.tokens = tokens;
        let known = issuer::known(config, named, given.name.as_deref(), &token).await;
        self.add_issuer(known);
    }

    /// Adds what an issuer has granted, or why it has granted nothing.
    async fn add_granted(&mut self, issuer: &NamedIssuer<'_>, granted: Granted, is_only: bool) {
        let Granted {
            tokens,
            unbound,
            why_no_good,
            why_no_lesser,
            is_unreachable,
        } = granted;
        self.is_issuer_unreachable |= is_unreachable;
        let known = |granted: &GrantedToken| OpaqueToken {
            issuer: issuer
                .issuer()
                .map_or_else(String::new, ToString::to_string),
            audience: audience(issuer.config(), Some(issuer)),
            ..issuer::known_of(granted)
        };
        if let Some(unbound) = unbound {
            let token = unbound.secret().to_owned();
            self.tokens = std::mem::take(&mut self.tokens).with_unbound(token, known(&unbound));
        }
        for granted in tokens {
            let token = granted.secret().to_owned();
            let mut tokens = std::mem::take(&mut self.tokens).with_granted(token, known(&granted));
            if let Some(refresh_token) = granted.refresh_token() {
                let declared = tokens.with_declared("refresh_token", refresh_token.to_owned());
                tokens = declared.unwrap_or_default();
            }
            self.tokens = tokens;
        }
        if !why_no_lesser.is_empty() {
            self.tokens.why_no_lesser = why_no_lesser;
        }
        match why_no_good {
            Some(why) if is_only => self.tokens.why_no_good = why,
            Some(why) => self.miss(issuer, format!("{}: {why}", issuer.name)),
            None => {}
        }
        let known = issuer::known(issuer.config(), Some(issuer), None, "").await;
        self.add_issuer(known);
    }

    fn miss(&mut self, issuer: &NamedIssuer<'_>, why: String) {
        let identifier = issuer.issuer().map(ToString::to_string);
        self.missing.push((identifier.unwrap_or_default(), why));
    }
}

/// The audience that the settings expect in tokens of an issuer.
fn audience(config: &Config, issuer: Option<&NamedIssuer<'_>>) -> String {
    let rules = issuer.and_then(|issuer| config.issuers.get(issuer.name));
    let audience = rules.and_then(|rules| rules.audiences.first());
    let audience = audience.unwrap_or(&config.issuer.audience);
    audience.as_str().to_owned()
}

const ONE_TOKEN: &str = "Only one token was given, and it has the scope. Name a client with \
    --client-id, or use --with-embedded-issuer.";
