//! The options of the command `denylist`.

use clap::{Args, Subcommand, ValueEnum};

#[derive(Args)]
pub(crate) struct DenylistOptions {
    #[command(subcommand)]
    pub(crate) action: DenylistAction,
    /// For `deny` and `allow`: the issuer of the tokens (`iss`)
    // Replaces the flag of the same name that every other command has.
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) issuer: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum DenylistAction {
    /// Deny the tokens that match all given options
    ///
    /// Give at least one option that names tokens, or --issued-before. An issuer alone does not name
    /// tokens. Without --issuer, the denial applies to the tokens of every issuer. It ends at the time
    /// of --until, else after the time of --for.
    Deny(DenyOptions),
    /// Remove the denials that have exactly the members of the given options, whatever their times
    ///
    /// For example, `allow --subject ada` removes each denial of this subject, with --issued-before or
    /// without. It keeps a denial that was made with --issuer or --client as well: to remove it, give
    /// the same options. It also keeps the denials of `denylist.file`: remove them from the file.
    Allow(AllowOptions),
    /// Print the denials
    List(ListOptions),
}

#[derive(Args)]
pub(crate) struct DenyOptions {
    #[command(flatten)]
    pub(crate) named: NamedTokens,
    /// Deny only tokens that were issued before this time: `now`, a time as in
    /// 2026-01-31T12:00:00Z, or seconds since 1970
    #[arg(long, value_name = "TIME")]
    pub(crate) issued_before: Option<String>,
    /// When the denial ends. It must not be before the tokens expire
    #[arg(long, value_name = "TIME", conflicts_with = "for")]
    pub(crate) until: Option<String>,
    /// How long the denial applies, as in 30m or 24h
    #[arg(long, value_name = "DURATION", default_value = "24h")]
    pub(crate) r#for: String,
    #[command(flatten)]
    pub(crate) author: AuthorOptions,
}

#[derive(Args)]
pub(crate) struct AllowOptions {
    #[command(flatten)]
    pub(crate) named: NamedTokens,
    #[command(flatten)]
    pub(crate) author: AuthorOptions,
}

#[derive(Args)]
pub(crate) struct ListOptions {
    /// The form of the list
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(crate) format: ListFormat,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum ListFormat {
    Text,
    Json,
}

/// Which tokens a denial names. Issuers choose the ids, so they may begin with `-`.
#[derive(Args)]
pub(crate) struct NamedTokens {
    /// The id of a token (`jti`)
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(crate) token_id: Option<String>,
    /// The subject of the tokens (`sub`)
    #[arg(long, value_name = "SUBJECT", allow_hyphen_values = true)]
    pub(crate) subject: Option<String>,
    /// The id of the user (`uid`)
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(crate) user_id: Option<String>,
    /// The e-mail address of the user (`logout.email_claims`)
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: Option<String>,
    /// The client (`client_id`, `cid` or `azp`)
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(crate) client: Option<String>,
}

/// Who changes the list, and why, for the audit log.
#[derive(Args)]
pub(crate) struct AuthorOptions {
    /// Who makes the change, for the log [default: the user of `sudo`, then this user]
    #[arg(long, value_name = "NAME")]
    pub(crate) who: Option<String>,
    /// Why the change is made, for the log
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: Option<String>,
}

#[cfg(test)]
mod tests;
