//! Plan documents: the one of the page, and everything that can be wrong with one (INV-VALIDATE).

use esteira_definition::{Parsed, parse};
use esteira_engine::{Graph, Issue};
use esteira_expr::Evaluator;
use esteira_model::{Join, NextStep, OutputType, Plan, Policy, RetryPolicy, Run, Step, limits};
use proptest::prelude::*;
use std::time::Duration;

/// The example of the page, as JSON with the keys in the order of the page.
fn example() -> String {
    let page = include_str!("../plan-format.md");
    let yaml = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let value: serde_yaml_ng::Value = serde_yaml_ng::from_str(yaml).expect("readable YAML");
    serde_json::to_string(&value).expect("YAML that is JSON")
}

/// A step with nothing but what it must have.
fn step(step_key: &str, run: Run) -> Step {
    Step {
        step_key: step_key.into(),
        run,
        config_json: "".into(),
        input_template_json: "".into(),
        output_type: OutputType::Single,
        next: Vec::new(),
        exclusive_next: false,
        join: Join::Each,
        depends_on: Vec::new(),
        retry: RetryPolicy::default(),
        queue: "".into(),
        execution_timeout: None,
        lease_ttl: None,
        max_in_flight: 0,
        exclusive_aggregate: false,
        on_failure_step: "".into(),
        function_version: "".into(),
        input_policies: Vec::new(),
        output_policies: Vec::new(),
    }
}

fn edge(step_key: &str, condition: &str) -> NextStep {
    NextStep { step_key: step_key.into(), condition: condition.into() }
}

fn fetch() -> Step {
    Step {
        config_json: r#"{"url":"https://crm.example/leads","items":"/leads","page_size":500}"#.into(),
        output_type: OutputType::Multiple,
        next: vec![edge("qualify", "")],
        retry: RetryPolicy {
            max_attempts: 5,
            initial_backoff: Duration::from_millis(500),
            max_backoff: Duration::from_secs(90),
            multiplier: 2.5,
            jitter: 0.1,
            non_retryable_codes: vec!["HTTP_404".into()],
        },
        queue: "crm".into(),
        execution_timeout: Some(Duration::from_secs(120)),
        lease_ttl: Some(Duration::from_secs(30)),
        max_in_flight: 4,
        on_failure_step: "report".into(),
        function_version: "1.2".into(),
        ..step("fetch", Run::Function("http.request".into()))
    }
}

#[test]
fn the_example_of_the_page() {
    let parsed = parse(&example()).expect("a good document");
    let sub_plan = Run::SubPlan { plan: "daily-report".into(), version: 3, resolved: None };
    let expected = Parsed {
        name: "leads".into(),
        display_name: "Leads of the day".into(),
        plan: Plan {
            aggregate_type: "lead".into(),
            policies: vec![Policy {
                name: "has_email".into(),
                version: "2".into(),
                condition: "value.email != ''".into(),
                enforce: true,
            }],
            start_steps: vec!["fetch".into()],
            steps: vec![
                fetch(),
                Step {
                    config_json: r#"{"threshold":50}"#.into(),
                    next: vec![edge("cool_down", "output.score > config.threshold"), edge("write", "")],
                    exclusive_next: true,
                    ..step("qualify", Run::Condition)
                },
                Step {
                    config_json: r#"{"duration":"5s"}"#.into(),
                    next: vec![edge("write", "")],
                    ..step("cool_down", Run::Wait(Duration::from_secs(5)))
                },
                Step {
                    input_template_json: r#"{"id":{"$ref":"/input/id"},"name":{"$concat":[{"$ref":"/input/first"}," ",{"$ref":"/input/last"}]},"hot":{"$cel":"input.score > 80"}}"#.into(),
                    output_type: OutputType::None,
                    next: vec![edge("summary", "")],
                    exclusive_aggregate: true,
                    input_policies: vec!["has_email".into()],
                    ..step("write", Run::Function("database.query".into()))
                },
                Step { join: Join::All, ..step("summary", sub_plan) },
                Step {
                    join: Join::All,
                    depends_on: vec!["summary".into(), "write".into()],
                    ..step("audit", Run::Function("queue.publish".into()))
                },
                step("report", Run::Function("email.send".into())),
            ],
        },
    };
    // Steps one by one: a difference is easier to see.
    for (found, expected) in parsed.plan.steps.iter().zip(&expected.plan.steps) {
        assert_eq!(found, expected);
    }
    assert_eq!(parsed, expected);
}

/// What the page shows can be published.
#[test]
fn the_example_compiles() {
    let plan = parse(&example()).expect("a good document").plan;
    let (graph, issues) = Graph::compile(&plan, &Evaluator::new());
    assert!(graph.is_some() && issues.is_empty(), "{issues:?}");
}

#[test]
fn the_least_document() {
    let parsed = parse(r#"{"name":"a","steps":[{"step_key":"s","function":"f"}]}"#).expect("a good document");
    assert_eq!((parsed.name.as_str(), parsed.display_name.as_str()), ("a", ""));
    assert_eq!(parsed.plan.steps, [step("s", Run::Function("f".into()))]);
    assert_eq!((&*parsed.plan.aggregate_type, parsed.plan.policies.len()), ("", 0));
}

/// Numbers, escapes, spaces and the order of keys: nothing is rewritten.
#[test]
fn config_and_input_are_kept_as_written() {
    let config = "{ \"z\" : 9007199254740993,\n\t\"a\":1.50, \"e\":1E+2, \"t\":\"\\u00e9\\/\", \"deep\":[[ ]] }";
    let input = "[ {\"$literal\": 123456789012345678901234567890.5} ]";
    let document = format!(
        " {{\"name\":\"a\",\"steps\":[{{\"step_key\":\"s\",\"function\":\"f\",\"config\":  {config} ,\"input\" :{input}}}]}} "
    );
    let plan = parse(&document).expect("a good document").plan;
    assert_eq!((&*plan.steps[0].config_json, &*plan.steps[0].input_template_json), (config, input));
    for written in ["null", "0", "\"\"", "[]", "false"] {
        let document = format!(
            r#"{{"name":"a","steps":[{{"step_key":"s","function":"f","config":{written},"input":{written}}}]}}"#
        );
        let plan = parse(&document).expect("a good document").plan;
        assert_eq!((&*plan.steps[0].config_json, &*plan.steps[0].input_template_json), (written, written));
    }
}

fn found(document: &str) -> Vec<(String, &'static str)> {
    let issues = parse(document).expect_err(document);
    assert!(issues.iter().all(|issue: &Issue| !issue.warning && !issue.message.is_empty()), "{issues:?}");
    issues.into_iter().map(|issue| (issue.path, issue.code)).collect()
}

fn check(document: &str, expected: &[(&str, &str)]) {
    let found = found(document);
    let found: Vec<(&str, &str)> = found.iter().map(|(path, code)| (path.as_str(), *code)).collect();
    assert_eq!(found, expected, "{document}");
}

#[test]
fn bad_json() {
    check("", &[("", "JSON_INVALID")]);
    check("name: leads", &[("", "JSON_INVALID")]);
    check(r#"{"name":"a","steps":[],"name":"b"}"#, &[("/name", "JSON_INVALID")]);
    check(r#"{"name":"a","steps":[{"config":{"k":1,"k":2}}]}"#, &[("/steps/0/config/k", "JSON_INVALID")]);
    let deep = format!(r#"{{"name":"a","steps":[],"x":{}{}}}"#, "[".repeat(64), "]".repeat(64));
    assert_eq!(found(&deep)[0].1, "JSON_INVALID");
    check(&format!("\"{}\"", "x".repeat(limits::PLAN_BYTES_MAX)), &[("", "PLAN_TOO_LARGE")]);
}

#[test]
fn bad_documents() {
    check("[]", &[("", "FIELD_TYPE")]);
    check("null", &[("", "FIELD_TYPE")]);
    check("{}", &[("/name", "FIELD_REQUIRED"), ("/steps", "FIELD_REQUIRED")]);
    for (members, path, code) in [
        (r#""name":"Leads""#, "/name", "NAME_INVALID"),
        (r#""name":"1a""#, "/name", "NAME_INVALID"),
        (r#""name":"a b""#, "/name", "NAME_INVALID"),
        (r#""name":"ação""#, "/name", "NAME_INVALID"),
        (r#""name":"""#, "/name", "NAME_INVALID"),
        (r#""name":null"#, "/name", "FIELD_TYPE"),
        (r#""name":7"#, "/name", "FIELD_TYPE"),
        (r#""name":"a","display_name":"""#, "/display_name", "TEXT_INVALID"),
        (r#""name":"a","display_name":null"#, "/display_name", "FIELD_TYPE"),
        (r#""name":"a","aggregate_type":"Lead""#, "/aggregate_type", "NAME_INVALID"),
        (r#""name":"a","version":1"#, "/version", "FIELD_UNKNOWN"),
        (r#""name":"a","a/b~":1"#, "/a~1b~0", "FIELD_UNKNOWN"),
        (r#""name":"a","start_steps":"s""#, "/start_steps", "FIELD_TYPE"),
        (r#""name":"a","start_steps":["s","S"]"#, "/start_steps/1", "NAME_INVALID"),
        (r#""name":"a","start_steps":["s","s"]"#, "/start_steps/1", "LIST_REPEATS"),
        (r#""name":"a","policies":{}"#, "/policies", "FIELD_TYPE"),
        (r#""name":"a","policies":["p"]"#, "/policies/0", "FIELD_TYPE"),
        (r#""name":"a","policies":[{"condition":"true"}]"#, "/policies/0/name", "FIELD_REQUIRED"),
        (r#""name":"a","policies":[{"name":"p"}]"#, "/policies/0/condition", "FIELD_REQUIRED"),
        (r#""name":"a","policies":[{"name":"p","condition":" "}]"#, "/policies/0/condition", "TEXT_INVALID"),
        (r#""name":"a","policies":[{"name":"p","condition":true}]"#, "/policies/0/condition", "FIELD_TYPE"),
        (r#""name":"a","policies":[{"name":"P","condition":"true"}]"#, "/policies/0/name", "NAME_INVALID"),
        (r#""name":"a","policies":[{"name":"p","condition":"true","version":2}]"#, "/policies/0/version", "FIELD_TYPE"),
        (
            r#""name":"a","policies":[{"name":"p","condition":"true","enforce":"yes"}]"#,
            "/policies/0/enforce",
            "FIELD_TYPE",
        ),
        (
            r#""name":"a","policies":[{"name":"p","condition":"true","enforced":true}]"#,
            "/policies/0/enforced",
            "FIELD_UNKNOWN",
        ),
        (
            r#""name":"a","policies":[{"name":"p","condition":"true"},{"name":"p","condition":"false"}]"#,
            "/policies/1/name",
            "POLICY_NAME_TAKEN",
        ),
    ] {
        check(&format!(r#"{{{members},"steps":[{{"step_key":"s","function":"f"}}]}}"#), &[(path, code)]);
    }
    let long = format!(r#"{{"name":"a{}","display_name":"{}","steps":[]}}"#, "b".repeat(63), "é".repeat(257));
    check(&long, &[("/name", "NAME_INVALID"), ("/display_name", "TEXT_INVALID")]);
    let longest = format!(r#"{{"name":"a{}","display_name":"{}","steps":[]}}"#, "b".repeat(62), "é".repeat(256));
    assert!(parse(&longest).is_ok(), "whether there are steps is a matter of the graph");
    let steps: Vec<String> =
        (0..=limits::PLAN_STEPS_MAX).map(|at| format!(r#"{{"step_key":"s{at}","function":"f"}}"#)).collect();
    check(&format!(r#"{{"name":"a","steps":[{}]}}"#, steps.join(",")), &[("/steps", "STEPS_TOO_MANY")]);
    check(r#"{"name":"a","steps":{}}"#, &[("/steps", "FIELD_TYPE")]);
}

/// The fields of a step beside its key, and what is wrong with them.
const BAD_STEPS: &[(&str, &str, &str)] = &[
    (r#""x":1"#, "", "RUN_AMBIGUOUS"),
    (r#""function":"f","sub_plan":{"plan":"p"}"#, "/sub_plan", "RUN_AMBIGUOUS"),
    (r#""function":"F.x""#, "/function", "NAME_INVALID"),
    (r#""function":{}"#, "/function", "FIELD_TYPE"),
    (r#""function":"f","functions":"g""#, "/functions", "FIELD_UNKNOWN"),
    (r#""function":"f","function_version":1.2"#, "/function_version", "FIELD_TYPE"),
    (r#""function":"f","function_version":"""#, "/function_version", "TEXT_INVALID"),
    (r#""function":"f","output":"many""#, "/output", "CHOICE_INVALID"),
    (r#""function":"f","output":"SINGLE""#, "/output", "CHOICE_INVALID"),
    (r#""function":"f","output":null"#, "/output", "FIELD_TYPE"),
    (r#""function":"f","next":"t""#, "/next", "FIELD_TYPE"),
    (r#""function":"f","next":["T"]"#, "/next/0", "NAME_INVALID"),
    (r#""function":"f","next":["t",7]"#, "/next/1", "FIELD_TYPE"),
    (r#""function":"f","next":["t",{"condition":"true"}]"#, "/next/1/step_key", "FIELD_REQUIRED"),
    (r#""function":"f","next":[{"step_key":"t","condition":""}]"#, "/next/0/condition", "TEXT_INVALID"),
    (r#""function":"f","next":[{"step_key":"t","condition":true}]"#, "/next/0/condition", "FIELD_TYPE"),
    (r#""function":"f","next":[{"step_key":"t","if":"true"}]"#, "/next/0/if", "FIELD_UNKNOWN"),
    (r#""function":"f","exclusive_next":"true""#, "/exclusive_next", "FIELD_TYPE"),
    (r#""function":"f","join":"any""#, "/join", "CHOICE_INVALID"),
    (r#""function":"f","join":"each","depends_on":["t"]"#, "/join", "JOIN_EACH_WITH_DEPENDS_ON"),
    (r#""function":"f","depends_on":[]"#, "/depends_on", "TEXT_INVALID"),
    (r#""function":"f","depends_on":"t""#, "/depends_on", "FIELD_TYPE"),
    (r#""function":"f","depends_on":["t.u"]"#, "/depends_on/0", "NAME_INVALID"),
    (r#""function":"f","retry":3"#, "/retry", "FIELD_TYPE"),
    (r#""function":"f","retry":{"attempts":3}"#, "/retry/attempts", "FIELD_UNKNOWN"),
    (r#""function":"f","retry":{"max_attempts":0}"#, "/retry/max_attempts", "NUMBER_OUT_OF_RANGE"),
    (r#""function":"f","retry":{"max_attempts":101}"#, "/retry/max_attempts", "NUMBER_OUT_OF_RANGE"),
    (r#""function":"f","retry":{"max_attempts":2.5}"#, "/retry/max_attempts", "NUMBER_OUT_OF_RANGE"),
    (r#""function":"f","retry":{"max_attempts":-1}"#, "/retry/max_attempts", "NUMBER_OUT_OF_RANGE"),
    (r#""function":"f","retry":{"max_attempts":99999999999999999999}"#, "/retry/max_attempts", "NUMBER_OUT_OF_RANGE"),
    (r#""function":"f","retry":{"max_attempts":"3"}"#, "/retry/max_attempts", "FIELD_TYPE"),
    (r#""function":"f","retry":{"initial_backoff":5}"#, "/retry/initial_backoff", "FIELD_TYPE"),
    (r#""function":"f","retry":{"initial_backoff":"5"}"#, "/retry/initial_backoff", "DURATION_INVALID"),
    (r#""function":"f","retry":{"max_backoff":"25h"}"#, "/retry/max_backoff", "NUMBER_OUT_OF_RANGE"),
    (
        r#""function":"f","retry":{"initial_backoff":"2m","max_backoff":"1m"}"#,
        "/retry/initial_backoff",
        "NUMBER_OUT_OF_RANGE",
    ),
    (r#""function":"f","retry":{"multiplier":0.5}"#, "/retry/multiplier", "NUMBER_OUT_OF_RANGE"),
    (r#""function":"f","retry":{"multiplier":1e400}"#, "/retry/multiplier", "NUMBER_OUT_OF_RANGE"),
    (r#""function":"f","retry":{"jitter":1.1}"#, "/retry/jitter", "NUMBER_OUT_OF_RANGE"),
    (r#""function":"f","retry":{"jitter":"0.1"}"#, "/retry/jitter", "FIELD_TYPE"),
    (r#""function":"f","retry":{"non_retryable_codes":["not found"]}"#, "/retry/non_retryable_codes/0", "NAME_INVALID"),
    (r#""function":"f","retry":{"non_retryable_codes":["A","B","A"]}"#, "/retry/non_retryable_codes/2", "LIST_REPEATS"),
    (r#""function":"f","queue":"a b""#, "/queue", "NAME_INVALID"),
    (r#""function":"f","queue":"""#, "/queue", "NAME_INVALID"),
    (r#""function":"f","execution_timeout":"0s""#, "/execution_timeout", "NUMBER_OUT_OF_RANGE"),
    (r#""function":"f","execution_timeout":"745h""#, "/execution_timeout", "NUMBER_OUT_OF_RANGE"),
    (r#""function":"f","execution_timeout":"30 s""#, "/execution_timeout", "DURATION_INVALID"),
    (r#""function":"f","execution_timeout":"1.5s""#, "/execution_timeout", "DURATION_INVALID"),
    (r#""function":"f","execution_timeout":30"#, "/execution_timeout", "FIELD_TYPE"),
    (r#""function":"f","lease_ttl":"999ms""#, "/lease_ttl", "NUMBER_OUT_OF_RANGE"),
    (r#""function":"f","lease_ttl":"15m1s""#, "/lease_ttl", "NUMBER_OUT_OF_RANGE"),
    (r#""function":"f","max_in_flight":-1"#, "/max_in_flight", "NUMBER_OUT_OF_RANGE"),
    (r#""function":"f","max_in_flight":1000001"#, "/max_in_flight", "NUMBER_OUT_OF_RANGE"),
    (r#""function":"f","exclusive_aggregate":1"#, "/exclusive_aggregate", "FIELD_TYPE"),
    (r#""function":"f","on_failure_step":["t"]"#, "/on_failure_step", "FIELD_TYPE"),
    (r#""function":"f","on_failure_step":"""#, "/on_failure_step", "NAME_INVALID"),
    (r#""function":"f","input_policies":["p","p"]"#, "/input_policies/1", "LIST_REPEATS"),
    (r#""function":"f","output_policies":"p""#, "/output_policies", "FIELD_TYPE"),
    (r#""sub_plan":"p""#, "/sub_plan", "FIELD_TYPE"),
    (r#""sub_plan":{}"#, "/sub_plan/plan", "FIELD_REQUIRED"),
    (r#""sub_plan":{"plan":"p","version":"3"}"#, "/sub_plan/version", "FIELD_TYPE"),
    (r#""sub_plan":{"plan":"p","version":-1}"#, "/sub_plan/version", "NUMBER_OUT_OF_RANGE"),
    (r#""sub_plan":{"plan":"p","version":2147483648}"#, "/sub_plan/version", "NUMBER_OUT_OF_RANGE"),
    (r#""sub_plan":{"plan":"p","input":{}}"#, "/sub_plan/input", "FIELD_UNKNOWN"),
    (r#""sub_plan":{"plan":"p"},"queue":"q""#, "/queue", "FIELD_UNSUPPORTED"),
    (r#""sub_plan":{"plan":"p"},"retry":{"max_attempts":2}"#, "/retry", "FIELD_UNSUPPORTED"),
    (r#""sub_plan":{"plan":"p"},"execution_timeout":"1s""#, "/execution_timeout", "FIELD_UNSUPPORTED"),
    (r#""function":"condition","retry":{}"#, "/retry", "FIELD_UNSUPPORTED"),
    (r#""function":"condition","max_in_flight":0"#, "/max_in_flight", "FIELD_UNSUPPORTED"),
    (r#""function":"condition","output":"multiple""#, "/output", "FIELD_UNSUPPORTED"),
    (r#""function":"wait""#, "/config", "FIELD_REQUIRED"),
    (r#""function":"wait","config":"5s""#, "/config", "FIELD_TYPE"),
    (r#""function":"wait","config":{}"#, "/config/duration", "FIELD_REQUIRED"),
    (r#""function":"wait","config":{"duration":5}"#, "/config/duration", "FIELD_TYPE"),
    (r#""function":"wait","config":{"duration":"0s"}"#, "/config/duration", "NUMBER_OUT_OF_RANGE"),
    (r#""function":"wait","config":{"duration":"5s","until":"x"}"#, "/config/until", "FIELD_UNKNOWN"),
    (r#""function":"wait","config":{"duration":"5s"},"queue":"q""#, "/queue", "FIELD_UNSUPPORTED"),
    (r#""function":"wait","config":{"duration":"5s"},"output":"none""#, "/output", "FIELD_UNSUPPORTED"),
];

#[test]
fn bad_steps() {
    for (fields, path, code) in BAD_STEPS {
        let document = format!(r#"{{"name":"a","steps":[{{"step_key":"s",{fields}}}]}}"#);
        let found = found(&document);
        let first = found.first().map(|(path, code)| (path.as_str(), *code));
        assert_eq!(first, Some((format!("/steps/0{path}").as_str(), *code)), "{document}: {found:?}");
        // One mistake, one issue; only `x` beside nothing to run is two.
        assert_eq!(
            found.len(),
            if *code == "RUN_AMBIGUOUS" && path.is_empty() { 2 } else { 1 },
            "{document}: {found:?}"
        );
    }
    check(r#"{"name":"a","steps":[7]}"#, &[("/steps/0", "FIELD_TYPE")]);
    check(r#"{"name":"a","steps":[{"function":"f"}]}"#, &[("/steps/0/step_key", "FIELD_REQUIRED")]);
    for key in ["", "S", "1s", "a-b", "a.b", "steps/a"] {
        check(
            &format!(r#"{{"name":"a","steps":[{{"step_key":"{key}","function":"f"}}]}}"#),
            &[("/steps/0/step_key", "NAME_INVALID")],
        );
    }
    check(
        r#"{"name":"a","steps":[{"step_key":"s","function":"f"},{"step_key":"t","function":"f"},{"step_key":"s","function":"f"}]}"#,
        &[("/steps/2/step_key", "STEP_KEY_TAKEN")],
    );
    let many = vec!["\"t\""; limits::STEP_NEXT_MAX + 1].join(",");
    check(
        &format!(r#"{{"name":"a","steps":[{{"step_key":"s","function":"f","next":[{many}]}}]}}"#),
        &[("/steps/0/next", "LIST_TOO_LONG")],
    );
}

#[test]
fn everything_that_is_wrong_is_reported() {
    check(
        r#"{"name":"A","steps":[
            {"step_key":"s","function":"f","lease_ttl":"1 s","retry":{"jitter":2,"multiplier":0,"x":1},"nexts":[]},
            {"function":"wait","config":{"duration":"soon"},"queue":"q","retry":{}},
            "step",
            {"step_key":"t","next":["s",{"condition":"true"}]}
        ],"extra":1}"#,
        &[
            ("/name", "NAME_INVALID"),
            ("/extra", "FIELD_UNKNOWN"),
            ("/steps/0/retry/multiplier", "NUMBER_OUT_OF_RANGE"),
            ("/steps/0/retry/jitter", "NUMBER_OUT_OF_RANGE"),
            ("/steps/0/retry/x", "FIELD_UNKNOWN"),
            ("/steps/0/lease_ttl", "DURATION_INVALID"),
            ("/steps/0/nexts", "FIELD_UNKNOWN"),
            ("/steps/1/step_key", "FIELD_REQUIRED"),
            ("/steps/1/queue", "FIELD_UNSUPPORTED"),
            ("/steps/1/retry", "FIELD_UNSUPPORTED"),
            ("/steps/1/config/duration", "DURATION_INVALID"),
            ("/steps/2", "FIELD_TYPE"),
            ("/steps/3", "RUN_AMBIGUOUS"),
            ("/steps/3/next/1/step_key", "FIELD_REQUIRED"),
        ],
    );
}

#[test]
fn ranges_include_their_ends() {
    for fields in [
        r#""lease_ttl":"1s""#,
        r#""lease_ttl":"15m""#,
        r#""execution_timeout":"1ms""#,
        r#""execution_timeout":"744h""#,
        r#""max_in_flight":0"#,
        r#""max_in_flight":1000000"#,
        r#""retry":{"max_attempts":1,"initial_backoff":"0s","max_backoff":"0s","multiplier":1,"jitter":0}"#,
        r#""retry":{"max_attempts":100,"initial_backoff":"24h","max_backoff":"24h","multiplier":100,"jitter":1}"#,
        r#""retry":{}"#,
    ] {
        let document = format!(r#"{{"name":"a","steps":[{{"step_key":"s","function":"f",{fields}}}]}}"#);
        assert!(parse(&document).is_ok(), "{fields}: {:?}", parse(&document));
    }
    // A first pause beyond the default longest one carries it along, and the other way round.
    let backoffs = |retry: &str| {
        let document = format!(r#"{{"name":"a","steps":[{{"step_key":"s","function":"f","retry":{retry}}}]}}"#);
        let plan = parse(&document).expect("a good document").plan;
        (plan.steps[0].retry.initial_backoff.as_millis(), plan.steps[0].retry.max_backoff.as_millis())
    };
    assert_eq!(backoffs(r#"{"initial_backoff":"5m"}"#), (300_000, 300_000));
    assert_eq!(backoffs(r#"{"max_backoff":"100ms"}"#), (100, 100));
    assert_eq!(backoffs("{}"), (1_000, 60_000));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any damage gives issues or a plan, never a panic, and pointers that lead somewhere or to a missing member.
    #[test]
    fn damage_is_reported(at in any::<prop::sample::Index>(), with in prop::sample::select(vec!["", "0", "\"", "{}", "null", "x", ",", "-1", "[", "\\"])) {
        let mut document = example();
        let at = at.index(document.len());
        document.replace_range(at..=at, with);
        if let Err(issues) = parse(&document) {
            prop_assert!(!issues.is_empty());
            for issue in issues {
                prop_assert!(issue.path.is_empty() || issue.path.starts_with('/'), "{:?}", issue);
            }
        }
    }
}
