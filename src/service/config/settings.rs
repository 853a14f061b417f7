//! The list of all settings, read from the built-in `config/default.toml`.
//!
//! That file is the only place that names a key, its default and its meaning. A line
//! `#key = value`, without a space after the `#`, declares a key whose segments in angle
//! brackets are free. A line `#place.* = other.*` declares the keys of the place `other`, which are
//! declared before, for one more place. A comment line of marks, as in `# [restart, secret]`, is
//! not part of the meaning.

use std::sync::LazyLock;

use figment::value::{Dict, Value};

use super::key::{self, Key};

/// One setting.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) key: Key,
    /// The default as it is written in TOML.
    pub(super) default: String,
    pub(super) meaning: String,
    /// Whether the value is never shown.
    pub(super) is_secret: bool,
    /// Whether a reload cannot change it.
    needs_restart: bool,
    /// The place to which a line with `*` adds it. The table has one row for all keys of the place.
    place: Option<String>,
}

/// Every setting, in the order of the file.
pub(super) fn all() -> &'static [Setting] {
    &SETTINGS
}

/// The values of the built-in default.
pub(super) fn defaults() -> &'static Dict {
    &DEFAULTS
}

/// The built-in default of a setting without free segments.
pub(super) fn default_of(key: &Key) -> Option<&'static Value> {
    let (last, sections) = key.segments().split_last()?;
    let mut section = defaults();
    for name in sections {
        section = match section.get(name)? {
            Value::Dict(_, inner) => inner,
            _ => return None,
        };
    }
    section.get(last)
}

/// Whether `key` is a setting.
pub(super) fn is_setting(key: &Key) -> bool {
    find(key).is_some()
}

/// Whether `key` is a setting whose value is never shown.
pub(super) fn is_secret(key: &Key) -> bool {
    find(key).is_some_and(|setting| setting.is_secret)
}

/// Whether `key` is a secret whose key has a free name in it.
pub(super) fn is_free_secret(key: &Key) -> bool {
    find(key).is_some_and(|setting| setting.is_secret && setting.key.has_free_segment())
}

/// Whether `key` is a setting that a reload cannot change.
pub(super) fn needs_restart(key: &Key) -> bool {
    find(key).is_some_and(|setting| setting.needs_restart)
}

/// Whether `key` is a section that holds settings or further sections.
pub(super) fn is_section(key: &Key) -> bool {
    *key == Key::dotted(key::APPLICATION)
        || all().iter().any(|setting| {
            setting.key.segments().len() > key.segments().len() && begins_with(setting, key)
        })
}

/// Whether `key` is a setting whose value is a list.
pub(super) fn is_list(key: &Key) -> bool {
    find(key).is_some_and(|setting| setting.default.starts_with('['))
}

/// The settings that `unknown` may be a misspelling of: the one with the most similar name, or
/// else those with the same last segment in another section. Free segments are those of
/// `unknown`.
pub(super) fn nearest(unknown: &Key) -> Vec<Key> {
    let text = unknown.to_string();
    let known = all().iter().map(|setting| setting.key.filled_from(unknown));
    let similar = known
        .map(|known| {
            (
                strsim::damerau_levenshtein(&text, &known.to_string()),
                known,
            )
        })
        .filter(|(distance, _)| *distance <= MAX_DISTANCE)
        .min_by_key(|(distance, _)| *distance);
    if let Some((_, known)) = similar {
        return vec![known];
    }
    let last = unknown.segments().last();
    // A key with a free name would be suggested with a name that nobody chose.
    let plain = all().iter().map(|setting| &setting.key);
    let plain = plain.filter(|key| !key.has_free_segment());
    let elsewhere: Vec<_> = (plain.filter(|key| key.segments().last() == last).cloned()).collect();
    match elsewhere.len() {
        ..=MAX_SUGGESTED => elsewhere,
        _ => Vec::new(),
    }
}

/// The settings as Markdown, with a heading and a table for each section: key, environment
/// variable, default and meaning.
///
/// Made from the built-in default, for `docs/settings.md`.
pub fn settings_table() -> String {
    let sections = all().chunk_by(|one, next| section(one) == section(next));
    let sections = sections.map(|settings| {
        let same_row =
            |one: &Setting, next: &Setting| one.place.is_some() && one.place == next.place;
        let rows: String = settings
            .chunk_by(same_row)
            .map(|same| row(&same[0]))
            .collect();
        format!("### `{}`\n\n{HEAD}{rows}", section(&settings[0]))
    });
    sections.collect::<Vec<_>>().join("\n")
}

/// The name of the section that holds a setting, without those within that section.
fn section(setting: &Setting) -> &str {
    setting.key.segments().first().map_or("", String::as_str)
}

fn row(setting: &Setting) -> String {
    let default = match setting.default.as_str() {
        "\"\"" => "not set".to_owned(),
        default => format!("`{default}`"),
    };
    let meaning = setting.meaning.replace('|', "\\|");
    let mark = if setting.needs_restart {
        " (restart)"
    } else {
        ""
    };
    if let Some(place) = &setting.place {
        return format!(
            "| `{place}` | {} | - | {meaning} |\n",
            variable_cell(&Key::dotted(place))
        );
    }
    let (key, variable) = (&setting.key, variable_cell(&setting.key));
    format!("| `{key}` | {variable} | {default} | {meaning}{mark} |\n")
}

fn variable_cell(key: &Key) -> String {
    if key.is_for_files() {
        return "-".to_owned();
    }
    let own = format!("`{}`", key.variable());
    match OKTA_VARIABLES
        .iter()
        .find(|(_, okta)| Key::dotted(okta) == *key)
    {
        Some((name, _)) => format!("`{name}` or {own}"),
        None => own,
    }
}

fn find(key: &Key) -> Option<&'static Setting> {
    all().iter().find(|setting| {
        setting.key.segments().len() == key.segments().len() && begins_with(setting, key)
    })
}

fn begins_with(setting: &Setting, key: &Key) -> bool {
    setting
        .key
        .segments()
        .iter()
        .zip(key.segments())
        .all(|(known, given)| known == given || known.starts_with('<'))
}

fn read_settings(text: &str) -> Vec<Setting> {
    let mut settings = Vec::new();
    let mut section = "";
    let mut comment: Vec<&str> = Vec::new();
    let mut marks = "";
    for line in text.lines() {
        if let Some(words) = line.strip_prefix("# ") {
            match words.strip_prefix('[') {
                Some(words) => marks = words.trim_end_matches(']'),
                None => comment.push(words),
            }
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if let Some((name, default)) = line.trim_start_matches('#').split_once(" = ") {
            let full = |name: &str| match section {
                "" => name.to_owned(),
                section => format!("{section}.{name}"),
            };
            let (name, meaning) = (full(name), comment.join(" "));
            if let Some(other) = default.strip_suffix('*') {
                let other = full(other);
                settings.extend(at_another_place(&settings, &other, &name, &meaning));
            } else {
                settings.push(Setting {
                    key: Key::dotted(&name),
                    default: default.to_owned(),
                    meaning,
                    is_secret: marks.split(", ").any(|mark| mark == "secret"),
                    needs_restart: marks.split(", ").any(|mark| mark == "restart"),
                    place: None,
                });
            }
        }
        comment.clear();
        marks = "";
    }
    settings
}

/// The settings below `other` once more, below the place that `name` writes as `place.*`.
fn at_another_place(settings: &[Setting], other: &str, name: &str, meaning: &str) -> Vec<Setting> {
    let copy = |setting: &Setting| {
        let key = setting.key.to_string();
        let rest = key.strip_prefix(other)?;
        Some(Setting {
            key: Key::dotted(&name.replace('*', rest)),
            default: setting.default.clone(),
            meaning: meaning.to_owned(),
            place: Some(name.to_owned()),
            ..*setting
        })
    };
    settings.iter().filter_map(copy).collect()
}

/// The variables that Okta's guide names, and the keys they set.
pub(super) const OKTA_VARIABLES: [(&str, &str); 2] = [
    ("OKTA_OAUTH2_ISSUER", "issuer.url"),
    ("OKTA_API_AUDIENCE", "issuer.audience"),
];

static SETTINGS: LazyLock<Vec<Setting>> = LazyLock::new(|| read_settings(DEFAULT_TOML));
static DEFAULTS: LazyLock<Dict> = LazyLock::new(|| {
    toml::from_str(DEFAULT_TOML).expect("the built-in default is TOML, as tests show")
});

const DEFAULT_TOML: &str = include_str!("../../../config/default.toml");

const HEAD: &str =
    "| key | environment variable | default | meaning |\n| --- | --- | --- | --- |\n";

// Three typing errors. With more, it is a different word.
pub(super) const MAX_DISTANCE: usize = 3;
/// More suggestions than this do not help.
const MAX_SUGGESTED: usize = 3;
