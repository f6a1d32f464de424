//! Typed JSON templates: the shared vectors, what they refer to, and that bytes are copied as they are.

mod support;

use esteira_engine::{Evaluate, References};
use esteira_expr::Evaluator;
use esteira_model::{Payload, limits::PAYLOAD_BYTES_MAX};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::value::RawValue;
use support::{World, full};

/// One entry of `vectors/templates.json`. Templates and results are compared as text, without their spaces.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    input: Box<RawValue>,
    template: Box<RawValue>,
    #[serde(default, deserialize_with = "raw")]
    result: Option<Box<RawValue>>,
    /// The code when it is evaluated.
    error: Option<String>,
    /// The code when it is checked.
    check_error: Option<String>,
    /// What the message names.
    names: Option<String>,
}

/// `null` is a result; only an absent field is none.
fn raw<'de, D: serde::Deserializer<'de>>(reader: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(reader).map(Some)
}

/// Without the white space between tokens.
fn compact(json: &str) -> String {
    let mut in_string = false;
    let mut escaped = false;
    let kept = json.chars().filter(|&char| {
        let keep = in_string || !char.is_ascii_whitespace();
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => in_string = !in_string,
            _ => {}
        }
        keep
    });
    kept.collect()
}

#[test]
fn vectors() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("vectors/templates.json")).expect("readable vectors");
    for vector in vectors {
        let name = &vector.name;
        let mut world = full();
        world.input = Payload::json(vector.input.get());
        let checked = Evaluator::new().check_template(vector.template.get());
        let rendered = world.template(vector.template.get());
        let problem = match (&vector.result, &vector.error, &vector.check_error) {
            (Some(result), None, None) => {
                let payload = rendered.unwrap_or_else(|problem| panic!("{name}: {problem}"));
                assert_eq!(compact(payload.as_json().expect("JSON")), compact(result.get()), "{name}");
                continue;
            }
            (None, Some(code), None) => {
                assert!(checked.is_ok(), "{name}: {checked:?}");
                (rendered.expect_err(name), code)
            }
            (None, None, Some(code)) => (checked.expect_err(name), code),
            _ => panic!("{name}: one of result, error and check_error"),
        };
        assert_eq!(problem.0.code, problem.1, "{name}: {}", problem.0);
        let named = vector.names.unwrap_or_default();
        assert!(problem.0.message.contains(&named), "{name}: {} does not name {named}", problem.0);
    }
}

#[test]
fn what_templates_refer_to() {
    let check = |template: &str, steps: &[&str], job_input: bool| {
        let steps = steps.iter().map(|&step| step.to_owned()).collect();
        let expected = References { steps, job_input, output: false };
        assert_eq!(Evaluator::new().check_template(template), Ok(expected), "{template}");
    };
    check("1", &[], false);
    check(r#"{"$ref":"/input/steps"}"#, &[], false);
    check(
        r#"[{"$ref":"/steps/b/output/x"},{"$ref":"/steps/a/output"},{"$cel":"steps.b.output.y + steps['c'].output"}]"#,
        &["a", "b", "c"],
        false,
    );
    check(r#"{"$default":[{"$ref":"/steps/a/output"},{"$concat":[{"$ref":"/steps/b/output"}]}]}"#, &["a", "b"], false);
    check(r#"{"$literal":{"$ref":"/steps/a/output"}}"#, &[], false);
    check(r#"{"$ref":"/steps/a~1b/output"}"#, &["a/b"], false);
    check(r#"{"$ref":"/job/id"}"#, &[], false);
    check(r#"{"$ref":"/job"}"#, &[], true);
    check(r#"{"$ref":"/job/input/a"}"#, &[], true);
    check(r#"{"$cel":"job.labels.a"}"#, &[], false);
    check(r#"{"$cel":"job.input.a"}"#, &[], true);
    check(r#"{"$cel":"job[string(input)]"}"#, &[], true);
}

#[test]
fn a_lone_reference_is_the_payload_itself() {
    let mut world = full();
    world.input = Payload { content_type: "application/x-order+json".into(), ..Payload::json(" {\"a\" : 1} ") };
    assert_eq!(world.template(r#" {"$ref": "/input"} "#), Ok(world.input.clone()));
    assert_eq!(world.template(r#"{"$ref":"/steps/bin/output"}"#), Ok(world.steps["bin"].clone()));
    let inside = world.template(r#"[{"$ref":"/steps/bin/output"}]"#).expect_err("binary inside JSON");
    assert_eq!(inside.code, "EXPRESSION_TYPE");
    world.input = Payload::none();
    for template in [r#"{"$ref":"/input"}"#, r#"[{"$ref":"/input"}]"#, r#"{"$ref":"/input/a"}"#, r#"{"$cel":"input"}"#]
    {
        assert_eq!(world.template(template).expect_err("nothing there").code, "EXPRESSION_MISSING_PATH", "{template}");
    }
}

#[test]
fn outside_a_fan_out_there_is_no_item() {
    let mut world = full();
    world.item_path.clear();
    world.config_json.clear();
    world.job_input = None;
    for template in [
        r#"{"$ref":"/item"}"#,
        r#"{"$ref":"/item/index"}"#,
        r#"{"$ref":"/config/limit"}"#,
        r#"{"$ref":"/job/input"}"#,
        r#"{"$cel":"item.index"}"#,
        r#"{"$cel":"config.limit"}"#,
    ] {
        assert_eq!(world.template(template).expect_err("nothing there").code, "EXPRESSION_MISSING_PATH", "{template}");
    }
}

#[test]
fn results_are_bounded() {
    let world = World::new(&format!("{{\"s\":\"{}\"}}", "x".repeat(PAYLOAD_BYTES_MAX / 2)));
    for template in [
        r#"[{"$ref":"/input/s"},{"$ref":"/input/s"},{"$ref":"/input/s"}]"#,
        r#"{"$concat":[{"$ref":"/input/s"},{"$ref":"/input/s"},{"$ref":"/input/s"}]}"#,
        r#"{"$cel":"[input.s, input.s, input.s]"}"#,
    ] {
        assert_eq!(world.template(template).expect_err("too large").code, "EXPRESSION_FAILED", "{template}");
    }
    // Two values that are deep enough each are too deep together.
    let deep = format!("{}{}", "[".repeat(60), "]".repeat(60));
    let template = format!("{}{{\"$ref\":\"/input\"}}{}", "[".repeat(10), "]".repeat(10));
    assert_eq!(World::new(&deep).template(&template).expect_err("too deep").code, "EXPRESSION_FAILED");
}

#[test]
fn templates_that_are_not_acceptable_json() {
    let nested = format!("{}1{}", "[".repeat(65), "]".repeat(65));
    let operators = format!("[{}1]", r#"{"$ref":"/input"},"#.repeat(1_001));
    for template in ["", "{", "nope", r#"{"a":1,"a":2}"#, r#"{"$ref":"/input","\u0024ref":"/x"}"#, &nested, &operators]
    {
        let problem = Evaluator::new().check_template(template).expect_err(template);
        assert_eq!(problem.code, "EXPRESSION_INVALID");
    }
}

#[test]
fn payloads_that_are_not_json_are_an_error() {
    for broken in ["", "{", "{\"a\":", "[1,", "{\"a\" 1}", "\"", "nul"] {
        let world = World::new(broken);
        for template in [r#"[{"$ref":"/input/a"}]"#, r#"[{"$ref":"/input"}]"#, r#"{"$cel":"[input.a]"}"#] {
            assert!(world.template(template).is_err(), "{template} of {broken}");
        }
    }
}

/// JSON text with all kinds of numbers, escapes and spaces, as no writer of ours would write it.
fn odd_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
        "\"([a-z é]|\\\\u00e[0-9]|\\\\n|\\\\/|\\\\u0000|\\\\\"){0,12}\"",
        Just("null".to_owned()),
        Just("true".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let space = "[ \t\n]{0,2}";
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..4), space)
                .prop_map(|(items, space)| format!("[{space}{}{space}]", items.join(&format!("{space},")))),
            (prop::collection::vec(inner, 0..4), space).prop_map(|(items, space)| {
                let members: Vec<String> =
                    items.iter().enumerate().map(|(at, item)| format!("\"k{at}\"{space}:{space}{item}")).collect();
                format!("{{{}{space}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn references_copy_verbatim(value in odd_json(), before in odd_json()) {
        let world = World::new(&format!(" {{ \"a\" : [ {before} , {value} ] , \"b~/\\u0020\" : {value} }} "));
        let result = world.template(r#"{"x":{"$ref":"/input/a/1"},"y":[{"$ref":"/input/b~0~1 "}]}"#);
        prop_assert_eq!(result, Ok(Payload::json(format!("{{\"x\":{value},\"y\":[{value}]}}"))));
    }

    #[test]
    fn templates_without_operators_are_verbatim(value in odd_json()) {
        prop_assert_eq!(World::new("{}").template(&value), Ok(Payload::json(value)));
    }

    #[test]
    fn literals_are_verbatim(value in odd_json()) {
        let template = format!("[{{\"$literal\": {value} }}]");
        prop_assert_eq!(World::new("{}").template(&template), Ok(Payload::json(format!("[{value}]"))));
    }

    #[test]
    fn cel_and_references_read_the_same_strings(text in any::<String>()) {
        let world = World::new(&serde_json::json!({"s": text}).to_string());
        let by_cel = world.template(r#"{"$cel":"input.s"}"#).expect("a string");
        let read: String = serde_json::from_str(by_cel.as_json().expect("JSON")).expect("a string");
        prop_assert_eq!(read, text);
    }
}
