//! The first requests, which show whether the API is at the URL at all.

use super::attempt::Attempt;
use super::caller::CallerError;
use super::judge::Judge;
use super::target::printable;

/// Why nothing can be checked, if each of the first operations is answered 404.
pub(super) async fn no_operation(
    judge: &mut Judge<'_>,
    probes: &[Attempt],
) -> Result<Option<String>, CallerError> {
    for probe in probes {
        if !judge.is_missing(probe).await? {
            return Ok(None);
        }
    }
    Ok(probes.first().map(|probe| {
        format!(
            "The API answers 404 to {}, so nothing was checked: first to {} {}. Give --url as the \
             URL that the document's paths are below.",
            match probes.len() {
                1 => "its operation".to_owned(),
                several => format!("all of its first {several} operations"),
            },
            probe.method,
            printable(probe.url.as_str()),
        )
    }))
}

/// Operations of an API that is mounted elsewhere are missing one like the other.
pub(super) const MAX_PROBES: usize = 10;
