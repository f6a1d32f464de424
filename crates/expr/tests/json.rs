//! The strict JSON check (INV-VALIDATE): what it accepts, what it refuses and where, and that it agrees with
//! `serde_json`.

use esteira_expr::{JsonProblem, check_json};
use esteira_model::limits::JSON_DEPTH_MAX;
use proptest::prelude::*;

#[test]
fn accepts() {
    for text in [
        "null",
        " \t\r\n true ",
        "false",
        "0",
        "-0",
        "-0.0e-0",
        "1E+400",
        "9007199254740993",
        "123456789012345678901234567890.123456789012345678901234567890",
        r#""""#,
        r#""\"\\\/\b\f\n\r\t""#,
        r#""nul \u0000, pair \ud83d\ude00, accent é, \uFFFF""#,
        "\"\u{7f}\u{80}\u{2028}\u{10ffff}\"",
        "[]",
        "{}",
        "[ ]",
        "{ }",
        r#"[1,[2,[3,{}]],{"a":{"a":{"a":[]}}}]"#,
        r#"{"":1," ":2,"a":3,"A":4,"\u0000":5}"#,
        r#"[{"a":1},{"a":1}]"#,
        r#"{"a":{"b":1},"b":{"a":1}}"#,
    ] {
        assert_eq!(check_json(text), Ok(()), "{text}");
    }
}

#[test]
fn refuses_and_says_where() {
    use JsonProblem::*;
    for (text, problem, offset, path) in [
        ("", UnexpectedEnd, 0, ""),
        ("  ", UnexpectedEnd, 2, ""),
        ("\u{feff}1", UnexpectedByte, 0, ""),
        ("\u{b}1", UnexpectedByte, 0, ""),
        ("tru", UnexpectedEnd, 3, ""),
        ("trUe", UnexpectedByte, 2, ""),
        ("nullnull", TrailingData, 4, ""),
        ("1 2", TrailingData, 2, ""),
        ("[1] x", TrailingData, 4, ""),
        ("+1", UnexpectedByte, 0, ""),
        ("NaN", UnexpectedByte, 0, ""),
        ("01", BadNumber, 1, ""),
        ("-01", BadNumber, 2, ""),
        ("-", UnexpectedEnd, 1, ""),
        ("-x", BadNumber, 1, ""),
        ("1.", UnexpectedEnd, 2, ""),
        ("1.e3", BadNumber, 2, ""),
        ("1e", UnexpectedEnd, 2, ""),
        ("[1e+]", BadNumber, 4, "/0"),
        ("0x10", TrailingData, 1, ""),
        ("'a'", UnexpectedByte, 0, ""),
        ("\"a", UnexpectedEnd, 2, ""),
        ("\"a\nb\"", ControlCharacter, 2, ""),
        ("\"0123456789\u{1f}\"", ControlCharacter, 11, ""),
        (r#""\x""#, BadEscape, 1, ""),
        (r#""\u12""#, BadEscape, 1, ""),
        (r#""\u12g4""#, BadEscape, 1, ""),
        (r#""\ud800""#, BadEscape, 1, ""),
        (r#""\ud800\u0041""#, BadEscape, 1, ""),
        (r#""a\udc00""#, BadEscape, 2, ""),
        ("[", UnexpectedEnd, 1, "/0"),
        ("[1,2", UnexpectedEnd, 4, "/1"),
        ("[1,]", UnexpectedByte, 3, "/1"),
        ("[1 2]", UnexpectedByte, 3, "/0"),
        ("[1}", UnexpectedByte, 2, "/0"),
        ("]", UnexpectedByte, 0, ""),
        (r#"{"a"}"#, UnexpectedByte, 4, "/a"),
        (r#"{"a":}"#, UnexpectedByte, 5, "/a"),
        (r#"{"a":1,}"#, UnexpectedByte, 7, ""),
        (r#"{a:1}"#, UnexpectedByte, 1, ""),
        (r#"{"a":1 "b":2}"#, UnexpectedByte, 7, "/a"),
        (r#"{"x":{"a":[0,{"b":1,c:2}]}}"#, UnexpectedByte, 20, "/x/a/1"),
        (r#"{"x":[{"a":1},{"a/b~":[true,tru]}]}"#, UnexpectedByte, 31, "/x/1/a~1b~0/1"),
        (r#"{"a":1,"a":2}"#, DuplicateKey, 7, "/a"),
        (r#"{"x":{"k":1,"a":1,"\u0061":2}}"#, DuplicateKey, 18, "/x/a"),
        (r#"[{"a":1,"b":{"a":1},"a":3}]"#, DuplicateKey, 20, "/0/a"),
    ] {
        let found = check_json(text).expect_err(text);
        assert_eq!((found.problem, found.offset, found.path.as_str()), (problem, offset, path), "{text}");
    }
}

#[test]
fn depth() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(check_json(&nested(JSON_DEPTH_MAX)), Ok(()));
    let found = check_json(&nested(JSON_DEPTH_MAX + 1)).expect_err("too deep");
    assert_eq!((found.problem, found.offset), (JsonProblem::TooDeep, JSON_DEPTH_MAX));
    // A megabyte of brackets costs nothing and overflows nothing.
    for hostile in ["[".repeat(1 << 20), "{\"a\":".repeat(1 << 18)] {
        assert_eq!(check_json(&hostile).expect_err("too deep").problem, JsonProblem::TooDeep);
    }
}

#[test]
fn duplicates_in_large_objects() {
    let object = |keys: Vec<String>| {
        let members: Vec<String> = keys.iter().map(|key| format!("\"{key}\":0")).collect();
        format!("{{{}}}", members.join(","))
    };
    for count in [2, 15, 16, 17, 18, 100, 5_000] {
        let distinct: Vec<String> = (0..count).map(|at| format!("k{at}")).collect();
        assert_eq!(check_json(&object(distinct.clone())), Ok(()), "{count} keys");
        let mut repeated = distinct;
        // The same key, spelled with an escape.
        repeated.push("\\u006b1".to_owned());
        let text = object(repeated);
        let found = check_json(&text).expect_err("a duplicate");
        assert_eq!((found.problem, found.path.as_str()), (JsonProblem::DuplicateKey, "/k1"), "{count} keys");
        assert_eq!(Some(found.offset), text.rfind("\"\\u006b1"));
    }
}

#[test]
fn an_error_holds_no_values_and_stays_short() {
    let text = format!("{{\"{}\":[\"secret\",secret]}}", "k".repeat(10_000));
    let found = check_json(&text).expect_err("not JSON");
    assert!(found.path.len() < 300 && !found.to_string().contains("secret"), "{found}");
    assert_eq!(
        check_json(r#"{"a":[1,x]}"#).expect_err("not JSON").to_string(),
        "unexpected character at byte 8, at /a/1"
    );
}

/// What `serde_json` says: accepted, refused, or refused for a limit of its own.
fn oracle(text: &str) -> Option<bool> {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(_) => Some(true),
        Err(error) => {
            let own_limit = ["out of range", "recursion limit"].iter().any(|limit| error.to_string().contains(limit));
            (!own_limit).then_some(false)
        }
    }
}

fn agree(text: &str) -> Result<(), TestCaseError> {
    let ours = check_json(text);
    let ours_alone = matches!(
        ours,
        Err(ref error) if matches!(error.problem, JsonProblem::DuplicateKey | JsonProblem::TooDeep)
    );
    if let Some(accepted) = oracle(text)
        && !ours_alone
    {
        prop_assert_eq!(ours.is_ok(), accepted, "{:?}: {:?}", text, ours);
    }
    Ok(())
}

fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Into::into),
            prop::collection::hash_map("[a-c\"\\\\é]{0,3}", inner, 0..20)
                .prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Pieces of JSON in any order: mostly wrong, and close to right.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"a\"",
        "\"b\"",
        "\\",
        "\\u",
        "\\ud83d",
        "\\ude00",
        "\\u0000",
        "\\n",
        "0",
        "1",
        "-",
        "+",
        ".",
        "e",
        "E5",
        "true",
        "false",
        "null",
        "nul",
        " ",
        "\n",
        "\u{1}",
        "é",
        "{\"a\":1}",
        "[1,2]",
        "{\"a\":",
        "12345678901234567890",
        "1.5e-3",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn written_json_is_accepted(value in value()) {
        prop_assert_eq!(check_json(&value.to_string()), Ok(()));
        prop_assert_eq!(check_json(&serde_json::to_string_pretty(&value).expect("a value")), Ok(()));
    }

    #[test]
    fn agrees_with_serde_json_on_soup(text in soup()) {
        agree(&text)?;
    }

    #[test]
    fn agrees_with_serde_json_on_damage(value in value(), at in any::<prop::sample::Index>(), by in any::<char>()) {
        let text = value.to_string();
        let mut chars: Vec<char> = text.chars().collect();
        let at = at.index(chars.len());
        chars[at] = by;
        agree(&chars.iter().collect::<String>())?;
        chars.remove(at);
        agree(&chars.iter().collect::<String>())?;
        chars.truncate(at);
        agree(&chars.iter().collect::<String>())?;
    }

    #[test]
    fn agrees_with_serde_json_on_any_text(text in any::<String>()) {
        agree(&text)?;
    }
}
