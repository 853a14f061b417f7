//! Reads what a `PromQL` expression names. `promtool` judges its grammar: see `scripts/test`.

/// The names in an expression.
#[derive(Default)]
pub struct Mentioned {
    /// Each metric with the labels that select its series.
    pub metrics: Vec<(String, Vec<String>)>,
    /// The labels by which series are grouped or joined.
    pub grouped: Vec<String>,
}

pub fn mentioned(expression: &str) -> Mentioned {
    let mut mentioned = Mentioned::default();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        let word_end = rest.find(|it: char| !is_of_word(it)).unwrap_or(rest.len());
        if first == '[' {
            rest = &rest[rest.find(']').unwrap() + 1..];
        } else if first == '{' {
            let end = rest.find('}').unwrap();
            let metric = mentioned.metrics.last_mut().unwrap();
            metric.1 = labels(&rest[1..end]);
            rest = &rest[end + 1..];
        } else if word_end == 0 {
            rest = &rest[first.len_utf8()..];
        } else {
            let (word, after) = rest.split_at(word_end);
            rest = after.trim_start();
            if GROUPS.contains(&word) {
                let end = rest.find(')').unwrap();
                let names = rest[1..end].split(',').map(|name| name.trim().to_owned());
                mentioned.grouped.extend(names);
                rest = &rest[end + 1..];
            } else if !is_no_metric(word, rest) {
                mentioned.metrics.push((word.to_owned(), Vec::new()));
            }
        }
    }
    mentioned
}

fn is_no_metric(word: &str, rest: &str) -> bool {
    let is_number = word.starts_with(|it: char| it.is_ascii_digit() || it == '.');
    is_number || rest.starts_with('(') || OPERATORS.contains(&word)
}

/// The names of `name="value", other=~"value"`. No value has a comma.
fn labels(selectors: &str) -> Vec<String> {
    let names = selectors
        .split(',')
        .filter_map(|it| it.split(['=', '!']).next());
    names.map(|name| name.trim().to_owned()).collect()
}

fn is_of_word(it: char) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, '_' | ':' | '.')
}

const GROUPS: [&str; 4] = ["by", "without", "on", "ignoring"];
const OPERATORS: [&str; 11] = [
    "and",
    "or",
    "unless",
    "bool",
    "sum",
    "min",
    "max",
    "avg",
    "count",
    "group_left",
    "group_right",
];
