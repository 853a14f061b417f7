mod refusing;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use figment::value::Dict;
use serde::{Deserialize, Serialize};

use self::refusing::{Even, Small};
use super::table::{self, TableFault};
use crate::service::config::Secret;
use crate::service::config::key::Key;

#[derive(Debug, Deserialize, Serialize)]
struct Shop {
    name: String,
    #[serde(default)]
    is_open: bool,
    #[serde(default)]
    workers: Option<u8>,
    #[serde(default)]
    balance: i64,
    #[serde(default)]
    rate: f32,
    #[serde(default)]
    letter: Option<char>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    ports: Vec<u16>,
    #[serde(default)]
    corner: Option<(f64, f64)>,
    #[serde(default)]
    stock: BTreeMap<String, u32>,
    #[serde(default)]
    shelf: BTreeMap<u8, String>,
    #[serde(default)]
    colour: Colour,
    #[serde(default)]
    timeout: Option<Duration>,
    #[serde(default)]
    address: Option<SocketAddr>,
    #[serde(default)]
    token: Option<Secret>,
    #[serde(default)]
    even: Option<Even>,
    #[serde(default)]
    pair: Even,
    #[serde(default)]
    evens: Vec<Even>,
    #[serde(default)]
    sizes: BTreeMap<String, Even>,
    #[serde(default)]
    small: Small,
    #[serde(default)]
    database: Option<Database>,
    #[serde(default)]
    payment: Payment,
    #[serde(default)]
    strict: Option<Strict>,
}

#[derive(Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Colour {
    #[default]
    Red,
    DarkBlue,
}

#[derive(Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Payment {
    #[default]
    None,
    Card(u8),
    Pair(u8, u8),
    Parts(Even),
    Bank {
        account: String,
    },
}

#[derive(Debug, Deserialize, Serialize)]
struct Database {
    url: String,
    password: Secret,
    max_connections: u32,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Strict {
    limit: u8,
}

fn read(text: &str) -> table::TableReading<Shop> {
    let table = toml::from_str::<Dict>(text).expect("TOML");
    table::read(&table, &Key::dotted("app"))
}

fn shop(text: &str) -> Shop {
    let outcome = read(&format!("name = 'a'\n{text}"));
    let faults = outcome.faults;
    outcome
        .value
        .unwrap_or_else(|| panic!("{text}: {faults:?}"))
}

fn shown(outcome: table::TableReading<Shop>) -> Vec<String> {
    let show = |(key, found): (Key, TableFault)| match found {
        TableFault::Value(fault) | TableFault::Unknown(fault) => format!("{key} {}", fault.what()),
        TableFault::Missing => format!("{key} is missing"),
    };
    outcome.faults.into_iter().map(show).collect()
}

#[test]
fn strings_are_read_in_the_form_that_the_type_requires() {
    let shop = shop(
        "is_open = 'true'\nworkers = '7'\nbalance = '-9'\nrate = '0.5'\nletter = 'x'\n\
         tags = 'a, b,'\nports = '1,2'\ncorner = '0.5,2'\nstock.nails = '12'\nshelf.3 = 'c'\n\
         colour = 'dark_blue'\ntimeout = '1500ms'\naddress = '[::1]:80'\ntoken = 't'\n\
         even = '4'\ndatabase.url = 'u'\ndatabase.password = 'p'\n\
         database.max_connections = '5'\npayment.card = '3'",
    );

    assert!(shop.is_open);
    assert_eq!((shop.workers, shop.balance), (Some(7), -9));
    assert!((shop.rate - 0.5).abs() < f32::EPSILON);
    assert_eq!(shop.letter, Some('x'));
    assert_eq!(shop.tags, ["a", "b"]);
    assert_eq!(shop.ports, [1, 2]);
    assert_eq!(shop.corner, Some((0.5, 2.0)));
    assert_eq!((shop.stock["nails"], shop.shelf[&3].as_str()), (12, "c"));
    assert_eq!(shop.colour, Colour::DarkBlue);
    assert_eq!(shop.timeout, Some(Duration::from_millis(1500)));
    assert_eq!(shop.address.map(|it| it.port()), Some(80));
    assert_eq!(shop.token.as_ref().map(Secret::reveal), Some("t"));
    assert_eq!(shop.even.map(|it| it.0), Some(4));
    assert_eq!(shop.database.map(|it| it.max_connections), Some(5));
    assert_eq!(shop.payment, Payment::Card(3));
}

#[test]
fn values_of_a_file_keep_their_form() {
    let shop = shop(
        "is_open = true\nworkers = 7\nbalance = -9\nrate = 1\ntags = ['a,b']\nports = [1, '2']\n\
         corner = [0.5, 2]\nstock = { nails = 12 }\npayment.bank.account = 'b'",
    );

    assert!(shop.is_open);
    assert_eq!(shop.tags, ["a,b"]);
    assert_eq!(shop.ports, [1, 2]);
    assert_eq!(shop.corner, Some((0.5, 2.0)));
    let account = "b".to_owned();
    assert_eq!(shop.payment, Payment::Bank { account });
}

#[test]
fn each_refusal_of_a_value_has_an_accepted_twin() {
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("a number for a string", "name = 1", "app.name must be a string", "name = '1'"),
        ("a word for a switch", "is_open = 'yes'", "app.is_open must be true or false", "is_open = false"),
        ("a large number", "workers = 256", "app.workers must be a whole number from 0 to 255", "workers = 255"),
        ("a part of a number", "balance = 0.5", "app.balance must be a whole number from -9223372036854775808 to 9223372036854775807", "balance = 0"),
        ("a word for a number", "rate = 'much'", "app.rate must be a number", "rate = '1e3'"),
        ("no number", "rate = nan", "app.rate must be a number", "rate = 0.0"),
        ("a word for a letter", "letter = 'ab'", "app.letter is not valid (expected a character)", "letter = 'é'"),
        ("a number for a list", "tags = 1", "app.tags must be a list", "tags = '1'"),
        ("an item of a list", "ports = [1, 'x']", "app.ports.1 must be a whole number from 0 to 65535", "ports = [1, 2]"),
        ("an item of a list in a string", "ports = '1,x'", "app.ports.1 must be a whole number from 0 to 65535", "ports = ''"),
        ("a list that is too short", "corner = [1]", "app.corner must be a list of 2", "corner = [1, 2]"),
        ("a string for a table", "stock = 'a'", "app.stock must be a table", "stock = {}"),
        ("the name of a number", "shelf.x = 'a'", "app.shelf must be a whole number from 0 to 255", "shelf.1 = 'a'"),
        ("no such variant", "colour = 'green'", "app.colour must be one of `red`, `dark_blue`", "colour = 'red'"),
        ("a number for a variant", "colour = 1", "app.colour must be one of `red`, `dark_blue`", "colour = 'dark_blue'"),
        ("a value for a name", "payment.none = 1", "app.payment must be `none` alone", "payment = 'none'"),
        ("a name without its value", "payment = 'card'", "app.payment needs a value for `card`", "payment.card = 1"),
        ("half a pair", "payment.pair = [1]", "app.payment.pair must be a list of 2", "payment.pair = [1, 2]"),
        ("a field of a variant", "payment.bank.account = 1", "app.payment.bank.account must be a string", "payment.bank.account = '1'"),
        ("a number for a duration", "timeout = 30", "app.timeout must be a duration", "timeout = '30s'"),
        ("no address", "address = 'x'", "app.address is not valid: invalid socket address syntax", "address = '1.2.3.4:5'"),
        ("an empty secret", "token = ''", "app.token must not be empty", "token = 't'"),
        ("a number for a secret", "token = 1", "app.token must be a string", "token = '1'"),
        ("the type's own words", "even = 3", "app.even must be even", "even = 2"),
        ("the type's own words of a required field", "pair = 3", "app.pair must be even", "pair = '2'"),
        ("the type's own words of an item", "evens = [2, 3]", "app.evens.1 must be even", "evens = [2, 4]"),
        ("the type's own words of an entry", "sizes.a = 3", "app.sizes.a must be even", "sizes.a = 2"),
        ("the type's own words in a variant", "payment.parts = 3", "app.payment.parts must be even", "payment.parts = 2"),
        ("a number that the type refuses after reading it", "small = 10", "app.small is not valid (expected a digit)", "small = 9"),
        ("an unknown key", "wrokers = 1", "app.wrokers is not a setting", "workers = 1"),
        ("an unknown table", "bank.account = 'a'", "app.bank is not a setting", "payment.bank.account = 'a'"),
        ("an unknown key of a strict type", "strict = { limit = 1, limits = 2 }", "app.strict.limits is not a setting", "strict = { limit = 1 }"),
        ("an unknown key of a variant", "payment.bank = { account = 'a', bic = 1 }", "app.payment.bank.bic is not a setting", "payment.bank = { account = 'a' }"),
        ("a key that is missing", "strict = {}", "app.strict.limit is missing", "strict.limit = '1'"),
    ];
    for (row, refused, fault, accepted) in rows {
        let name = if refused.starts_with("name") {
            ""
        } else {
            "name = 'a'\n"
        };

        let reported = shown(read(&format!("{name}{refused}")));

        assert_eq!(reported, [fault], "{row}");
        let name = if accepted.starts_with("name") {
            ""
        } else {
            "name = 'a'\n"
        };
        let twin = read(&format!("{name}{accepted}"));
        assert!(twin.value.is_some(), "twin of {row}: {:?}", twin.faults);
    }
}

#[test]
fn every_fault_is_found_at_once() {
    let outcome = read(
        "workers = 'many'\nis_opne = true\naddress = 'x'\neven = 3\n\
         [database]\nurl = 1\npasword = 'pass-1'\n[strict]\nlimits = 1\n",
    );

    assert!(outcome.value.is_none());
    assert_eq!(
        shown(outcome),
        [
            "app.address is not valid: invalid socket address syntax",
            "app.database.max_connections is missing",
            "app.database.password is missing",
            "app.database.pasword is not a setting",
            "app.database.url must be a string",
            "app.even must be even",
            "app.is_opne is not a setting",
            "app.name is missing",
            "app.strict.limit is missing",
            "app.strict.limits is not a setting",
            "app.workers must be a whole number from 0 to 255",
        ]
    );
}

#[test]
fn a_secret_is_known_by_its_type_though_its_value_is_refused() {
    for text in ["token = 't'", "token = 1", "token = ['a']"] {
        let outcome = read(&format!("name = 'a'\n{text}"));

        let secrets: Vec<_> = outcome.secrets.iter().map(Key::to_string).collect();
        assert_eq!(secrets, ["app.token"], "{text}");
    }
}

#[test]
fn a_type_without_an_end_ends_as_a_fault() {
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Rule {
        Not(Box<Rule>),
        Any,
    }
    #[derive(Debug, Deserialize)]
    struct Rules {
        rule: Rule,
    }
    let read = |text| {
        let table = toml::from_str::<Dict>(text).expect("TOML");
        table::read::<Rules>(&table, &Key::dotted("app"))
    };

    let refused = read("rule = 1");
    let accepted = read("rule.not.not = 'any'").value.map(|it| it.rule);

    assert_eq!(refused.faults.len(), 1);
    let Some(Rule::Not(inner)) = accepted else {
        panic!("{accepted:?}");
    };
    assert!(matches!(*inner, Rule::Not(any) if matches!(*any, Rule::Any)));
}
