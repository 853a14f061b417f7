//! Finds where an operation reads a parameter.
//!
//! Poem-openapi gives the first path parameter of the path to the first `Path` argument of the
//! code, whatever its name. An operation whose code has them in another order would therefore
//! compare one parameter and use another, so it is refused.

use poem_openapi::registry::MetaParamIn;

use super::owner::Place;
use super::requirement_error::RequirementError;
use super::target::{Target, joined};

/// Where the operation reads the parameter of this name.
pub(super) fn find(
    parameter: &str,
    target: &Target<'_>,
    setting: &str,
) -> Result<Vec<Place>, RequirementError> {
    let all = &target.operation.params;
    let in_path = |place: &MetaParamIn| *place == MetaParamIn::Path;
    let readable = |place: &MetaParamIn| in_path(place) || *place == MetaParamIn::Query;
    let mut places = Vec::new();
    let mut path_arguments = 0;
    for known in all {
        let is_it = known.name == parameter;
        if in_path(&known.in_type) {
            if is_it && path_position(target.path, parameter) != Some(path_arguments) {
                return Err(RequirementError::MisplacedParameter {
                    operation: target.name.to_owned(),
                    parameter: parameter.to_owned(),
                });
            }
            if is_it {
                places.push(Place::Path(format!("param{path_arguments}")));
            }
            path_arguments += 1;
        } else if is_it && readable(&known.in_type) {
            places.push(Place::Query {
                is_split: !known.explode,
            });
        }
    }
    if places.is_empty() {
        let known = all.iter().filter(|known| readable(&known.in_type));
        return Err(RequirementError::UnknownParameter {
            setting: setting.to_owned(),
            operation: target.name.to_owned(),
            parameter: parameter.to_owned(),
            known: joined(known.map(|known| &known.name)),
        });
    }
    Ok(places)
}

/// The position of a parameter among those of the path.
fn path_position(path: &str, parameter: &str) -> Option<usize> {
    let mut names = path.split('/').filter_map(|segment| {
        let name = segment.strip_prefix('{')?;
        name.strip_suffix('}')
    });
    names.position(|name| name == parameter)
}
