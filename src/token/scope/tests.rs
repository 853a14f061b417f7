use super::{Scope, ScopeError, ScopeToken};

fn scope(text: &str) -> Scope {
    text.parse().unwrap()
}

#[test]
fn scopes_keep_their_order_and_appear_once() {
    let mut read = scope("b a b");
    read.insert(ScopeToken::parse("c").unwrap());
    read.insert(ScopeToken::parse("a").unwrap());

    assert_eq!(read.to_string(), "b a c");
    assert_eq!(read.iter().count(), 3);
    assert!(!read.is_empty());
    assert!(scope("").is_empty() && Scope::none().is_empty());
    assert_eq!(scope("").to_string(), "");
}

#[test]
fn a_scope_covers_every_set_that_it_contains() {
    for (granted, required, covers) in [
        ("a b", "b", true),
        ("a b", "b a", true),
        ("a b", "", true),
        ("", "", true),
        ("a", "a b", false),
        ("", "a", false),
        ("ab", "a", false),
        ("A", "a", false),
    ] {
        assert_eq!(
            scope(granted).covers(&scope(required)),
            covers,
            "{granted:?} {required:?}"
        );
    }
    assert!(scope("a b").same_set(&scope("b a")));
    assert!(!scope("a b").same_set(&scope("a")));
    assert!(!scope("a").same_set(&scope("a b")));
}

#[test]
fn the_grammar_is_that_of_rfc_6749() {
    for byte in 0..=0x7f_u8 {
        let legal = matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        let text = char::from(byte).to_string();
        assert_eq!(ScopeToken::parse(&text).is_ok(), legal, "{byte:#x}");
    }
    assert_eq!(ScopeToken::parse(""), Err(ScopeError::Empty));
    assert_eq!("a  b".parse::<Scope>(), Err(ScopeError::Empty));
    assert_eq!(" a".parse::<Scope>(), Err(ScopeError::Empty));
    assert_eq!("\u{e4}".parse::<Scope>(), Err(ScopeError::IllegalCharacter));
}
