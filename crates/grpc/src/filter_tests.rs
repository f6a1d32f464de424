use super::*;
use proptest::prelude::*;

const COLUMNS: &[Column] = &[
    Column {
        name: "state",
        kind: Kind::Enum { prefix: "JOB_STATE_", knows: |word| matches!(word, "FAILED" | "RUNNING") },
    },
    Column { name: "name", kind: Kind::Text },
    Column { name: "job_id", kind: Kind::Id },
    Column { name: "create_time", kind: Kind::Instant },
    Column { name: "version", kind: Kind::Int },
    Column { name: "parked", kind: Kind::Bool },
    Column { name: "labels", kind: Kind::Labels },
];

fn check(text: &str, expected: &[(&str, Op, Value)]) {
    let terms =
        expected.iter().map(|(field, op, value)| Term { field: field.to_string(), op: *op, value: value.clone() });
    assert_eq!(parse(text, COLUMNS), Ok(Filter(terms.collect())), "{text}");
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

#[test]
fn conjunctions() {
    check("", &[]);
    check(" \t\n", &[]);
    check("state = FAILED", &[("state", Op::Eq, text("FAILED"))]);
    check("state=JOB_STATE_FAILED", &[("state", Op::Eq, text("FAILED"))]);
    check(r#"name != "a \"b\" \\ ü AND""#, &[("name", Op::Ne, text("a \"b\" \\ ü AND"))]);
    check(
        "version >= 3 AND version<9 AND version != -1",
        &[("version", Op::Ge, Value::Int(3)), ("version", Op::Lt, Value::Int(9)), ("version", Op::Ne, Value::Int(-1))],
    );
    check(
        r#"create_time > "1970-01-01T00:00:01Z" AND create_time <= "1970-01-01T01:00:00.5+01:00""#,
        &[("create_time", Op::Gt, Value::Int(1_000_000)), ("create_time", Op::Le, Value::Int(500_000))],
    );
    check("parked = true", &[("parked", Op::Eq, text("true"))]);
    check(r#"labels.team-1 = "x""#, &[("labels.team-1", Op::Eq, text("x"))]);
    let id = "01932c07-209b-7e9a-8b2c-ffeeddccbbaa";
    check(&format!("job_id = \"{id}\""), &[("job_id", Op::Eq, text(id))]);
}

#[test]
fn what_is_refused() {
    let long = format!("name = \"{}\"", "x".repeat(2_048));
    let many = vec!["version = 1"; 21].join(" AND ");
    for bad in [
        "state",
        "state =",
        "= FAILED",
        "state FAILED",
        "state == FAILED",
        "state = \"FAILED\"",
        "state = SUNNY",
        "state = failed",
        "state > FAILED",
        "other = 1",
        "labels = \"x\"",
        "labels. = \"x\"",
        "name = x",
        "name < \"x\"",
        "name = \"x",
        "name = \"x\\n\"",
        "name = \"x\\",
        "name = \"\0\"",
        "job_id = \"x\"",
        "create_time > \"yesterday\"",
        "create_time > 5",
        "create_time > \"99999-01-01T00:00:00Z\"",
        "version = 1.5",
        "version = \"1\"",
        "version = 99999999999999999999",
        "parked = maybe",
        "parked = TRUE",
        "state = FAILED OR state = RUNNING",
        "NOT state = FAILED",
        "state = FAILED state = RUNNING",
        "state = FAILED AND",
        "AND",
        "(state = FAILED)",
        "state = FAILED; DROP TABLE job",
        "état = 1",
        &long,
        &many,
    ] {
        let refusal = parse(bad, COLUMNS).expect_err(bad);
        assert_eq!((refusal.reason, refusal.field.as_str()), (crate::reason::FIELD_INVALID, "filter"), "{bad}");
    }
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in any::<String>()) {
        let _ = parse(&text, COLUMNS);
    }

    #[test]
    fn nor_any_row_of_tokens(words in proptest::collection::vec(
        prop_oneof![
            Just("state"), Just("name"), Just("create_time"), Just("="), Just("!="), Just("<"), Just("AND"), Just("OR"),
            Just("\""), Just("\\"), Just("FAILED"), Just("\"x\""), Just("\"2026-13-99T99:99:99Z\""), Just("é"), Just("1"),
        ], 0..12)) {
        let _ = parse(&words.join(" "), COLUMNS);
        let _ = parse(&words.concat(), COLUMNS);
    }

    #[test]
    fn instants_of_any_digits(digits in "[0-9]{1,6}-[0-9]{1,3}-[0-9]{1,3}T[0-9]{1,3}:[0-9]{1,3}:[0-9]{1,3}(\\.[0-9]{0,12})?(Z|[+-][0-9]{2}:[0-9]{2})?") {
        let _ = parse(&format!("create_time > \"{digits}\""), COLUMNS);
    }

    #[test]
    fn any_text_value_comes_back(value in "[^\\x00-\\x1f\\x7f-\\u{9f}]{0,40}") {
        let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
        let read = parse(&format!("name = \"{quoted}\""), COLUMNS);
        prop_assert_eq!(read, Ok(Filter(vec![Term { field: "name".into(), op: Op::Eq, value: Value::Text(value) }])));
    }
}
