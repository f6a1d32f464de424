//! Conditions and policies: what is checked, what is named, what hostile sources and data can do.

mod support;

use esteira_engine::{Evaluate, References};
use esteira_expr::Evaluator;
use esteira_model::{Payload, limits::CONDITION_BYTES_MAX};
use proptest::prelude::*;
use support::{World, full};

#[test]
fn what_conditions_refer_to() {
    let check = |source: &str, steps: &[&str], job_input: bool, output: bool| {
        let steps = steps.iter().map(|&step| step.to_owned()).collect();
        let expected = References { steps, job_input, output };
        assert_eq!(Evaluator::new().check_condition(source), Ok(expected), "{source}");
    };
    check("true", &[], false, false);
    check("input.steps.a.output == 1", &[], false, false);
    check("output.n > 1", &[], false, true);
    check("steps.b.output.x && steps['a'].output == steps.b.output", &["a", "b"], false, false);
    check("has(steps.a.output) ? steps.c.output : [steps.d.output].exists(s, s)", &["a", "c", "d"], false, false);
    check("input.l.all(x, x == steps.a.output[x])", &["a"], false, false);
    check("steps[\"with space\"].output", &["with space"], false, false);
    check("job.id == 'a' && job.labels['x'] == 'y'", &[], false, false);
    check("job.input.a", &[], true, false);
    check("job['input'].a", &[], true, false);
    check("size(job) > 1", &[], true, false);
    check("job[input.k]", &[], true, false);
}

#[test]
fn refused_at_check_with_a_position() {
    for (source, named) in [
        ("", "1:1"),
        ("input.a ==", "1:11"),
        ("input.a\n  && )", "2:6"),
        ("inputs.a == 1", "1:1: unknown name `inputs`"),
        ("true &&\n foo", "2:2: unknown name `foo`"),
        ("now() > 1", "unknown function `now`"),
        ("input.a.upper() == 'A'", "unknown function `upper`"),
        ("size(input.a, 1) == 1", "`size` does not take 2 arguments"),
        ("input.a.size(1) == 1", "`size` does not take 1 arguments"),
        ("contains(input.a, 'b')", "unknown function `contains`"),
        ("input.l.map(x)", "`map` is not called like this"),
        ("steps == 1", "1:1: `steps` is read as"),
        ("size(steps) == 1", "`steps` is read as"),
        ("steps.a == 1", "`steps` is read as"),
        ("steps.a.input == 1", "`steps` is read as"),
        ("steps[input.k].output == 1", "`steps` is read as"),
        ("steps['a']['x'].output == 1", "`steps` is read as"),
        ("has(steps.a)", "`steps` is read as"),
        ("input.l.all(steps, steps > 1)", "`steps` is taken"),
        ("value > 1", "unknown name `value`"),
    ] {
        let problem = Evaluator::new().check_condition(source).expect_err(source);
        assert_eq!(problem.code, "EXPRESSION_INVALID", "{source}");
        assert!(problem.message.contains(named), "{source}: {}", problem.message);
    }
    for source in ["1 + input.n", "'yes'", "[true]", "{'a': true}", "size(input.l)", "-input.n", "null", "int"] {
        assert_eq!(Evaluator::new().check_condition(source).expect_err(source).code, "EXPRESSION_TYPE", "{source}");
    }
}

#[test]
fn policies_see_only_their_value() {
    let evaluator = Evaluator::new();
    let value = Payload::json(r#"{"email":"a@b.c","age":17}"#);
    let holds = |source| evaluator.policy(source, &value);
    assert_eq!(evaluator.check_policy("value.age >= 18"), Ok(()));
    assert_eq!(holds("value.age >= 18"), Ok(false));
    assert_eq!(holds("value.email.matches('^[^@]+@[^@]+$')"), Ok(true));
    assert_eq!(holds("value.name == ''").expect_err("missing").message, "missing path value.name");
    assert_eq!(evaluator.policy("size(value) == 3", &Payload::binary(*b"abc")), Ok(true));
    assert_eq!(evaluator.policy("value == null", &Payload::none()).expect_err("none").code, "EXPRESSION_MISSING_PATH");
    for source in ["input.a == 1", "job.id == ''", "steps.a.output", "output"] {
        assert_eq!(evaluator.check_policy(source).expect_err(source).code, "EXPRESSION_INVALID", "{source}");
    }
}

#[test]
fn a_missing_path_is_named() {
    let mut world = full();
    for (source, path) in [
        ("input.zz == 1", "input.zz"),
        ("input.nested.zz.yy == 1", "input.nested.zz"),
        ("input['no such'].a == 1", "input[\"no such\"]"),
        ("has(input.zz) || input.nested.deep.yy == 1", "input.nested.deep.yy"),
        ("input.leads.all(l, size(l.tags) < 5)", "l.tags"),
        ("steps.other.output.n == 1", "steps.other.output"),
        ("steps.silent.output == null", "steps.silent.output"),
        ("steps['fetch'].output.n == 1", "steps.fetch.output.n"),
        ("job.labels.none == ''", "job.labels.none"),
        ("input.nothing.a == 1", "input.nothing.a"),
        ("input.one.a == 1", "input.one.a"),
        ("input.list.a == 1", "input.list.a"),
        ("input.s['a'] == 1", "input.s.a"),
    ] {
        let problem = world.condition(source).expect_err(source);
        assert_eq!(problem.code, "EXPRESSION_MISSING_PATH", "{source}: {problem}");
        let named = problem.message.strip_prefix("missing path ").and_then(|rest| rest.split(": ").next());
        assert_eq!(named, Some(path), "{source}: {problem}");
    }
    world.output = None;
    world.item_path.clear();
    world.config_json.clear();
    world.job_input = None;
    world.input = Payload::none();
    for (source, path) in [
        ("output.n == 1", "output.n"),
        ("item.index == 1", "item.index"),
        ("config.limit == 1", "config.limit"),
        ("job.input.campaign == ''", "job.input"),
        ("input == null", "input"),
    ] {
        let problem = world.condition(source).expect_err(source);
        assert_eq!(
            (problem.code, problem.message),
            ("EXPRESSION_MISSING_PATH", format!("missing path {path}")),
            "{source}"
        );
    }
}

#[test]
fn errors_hold_no_data() {
    let world = World::new(
        r#"{"secret":"hunter2","n":424242,"zero":0,"list":["hunter2"],"map":{"hunter2":1},"big":9223372036854775807}"#,
    );
    for source in [
        "input.secret + input.n == ''",
        "input.secret < input.n",
        "input.n / input.zero == input.n",
        "input.big + input.n > 0",
        "input.map[input.secret + 'x'] == 1",
        "{}[input.secret] == 1",
        "{'a': 1}[input.secret] == 1",
        "int(input.secret) == 1",
        "timestamp(input.secret) == timestamp(0)",
        "duration(input.secret) == duration('1s')",
        "timestamp(0).getHours(input.secret) == 1",
        "'a'.matches(input.secret + '(')",
        "input.list[input.n] == ''",
        "input.list[input.secret] == ''",
        "{input.secret: 1, 'hunter2': 2} == {}",
        "{input.list: 1} == {}",
        "input.secret in input.n",
        "input.secret ? true : false",
        "-input.secret == 1",
        "input.list.contains(input.secret)",
        "input.map.all(k, input.map[k] / 0 == 1)",
        "input.secret",
        "bytes(input.secret) < input.secret",
    ] {
        let problem = world.condition(source).expect_err(source);
        let message = problem.to_string();
        assert!(
            !message.contains("hunter2") && !message.contains("424242") && !message.contains("92233"),
            "{source}: {message}"
        );
    }
}

/// Sources that are as nested, or as long in one direction, as 2 KiB allow.
fn towers() -> Vec<String> {
    let chain =
        |start: &str, link: &str| format!("{start}{}", link.repeat((CONDITION_BYTES_MAX - start.len()) / link.len()));
    let nest = |open: &str, inner: &str, close: &str| {
        let levels = (CONDITION_BYTES_MAX - inner.len()) / (open.len() + close.len());
        format!("{}{inner}{}", open.repeat(levels), close.repeat(levels))
    };
    vec![
        chain("input", ".a"),
        chain("input", "[0]"),
        chain("input", "[input]"),
        chain("input", ".size()"),
        chain("1", "+1"),
        chain("1", "*1"),
        chain("1", "<1"),
        chain("1", " in 1"),
        chain("true", "&&true"),
        chain("true", "||true"),
        chain("", "!"),
        chain("", "-"),
        format!("{}true", "!".repeat(2000)),
        chain("", "true?1:"),
        chain("[1]", ".map(x,[x])"),
        nest("(", "1", ")"),
        nest("[", "1", "]"),
        nest("{1:", "1", "}"),
        nest("!(", "true", ")"),
        nest("-(", "1", ")"),
        nest("size(", "1", ")"),
        nest("[1].all(x,", "true", ")"),
        nest("true?", "1", ":1"),
        nest("(1+", "1", ")"),
        "(".repeat(CONDITION_BYTES_MAX),
        "[".repeat(CONDITION_BYTES_MAX),
        "\"".repeat(CONDITION_BYTES_MAX),
        format!("{}{}", "(".repeat(30), chain("1", "+1").split_at(1900).0),
    ]
}

/// A stack of one megabyte is half of what the smallest thread of the server has.
#[test]
fn nesting_does_not_overflow_the_stack() {
    let run = || {
        let world = full();
        for source in towers() {
            // Whatever the verdict: it comes.
            let _ = world.condition(&source);
        }
    };
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(run).expect("a thread");
    thread.join().expect("no panic");
}

#[test]
fn long_sources_are_refused() {
    let source = |length: usize| format!("true //{}", " ".repeat(length - 7));
    assert!(Evaluator::new().check_condition(&source(CONDITION_BYTES_MAX)).is_ok());
    let problem = Evaluator::new().check_condition(&source(CONDITION_BYTES_MAX + 1)).expect_err("too long");
    assert_eq!(problem.code, "EXPRESSION_INVALID");
}

#[test]
fn too_much_work_is_refused() {
    let thousand: Vec<String> = (0..1_000).map(|at| format!("{{\"n\":{at},\"s\":\"text {at}\"}}")).collect();
    let long = "x".repeat(500_000);
    let world = World::new(&format!("{{\"l\":[{}],\"s\":\"{long}\"}}", thousand.join(",")));
    for source in [
        // Loops in loops.
        "input.l.all(a, input.l.all(b, input.l.all(c, a.n + b.n + c.n >= 0)))",
        "!input.l.exists(a, input.l.exists(b, input.l.exists(c, a.n + b.n + c.n < 0)))",
        "input.l.map(a, input.l.map(b, input.l.map(c, c))).size() == 0",
        "input.l.filter(a, input.l.filter(b, input.l.filter(c, true).size() > 0).size() > 0).size() == 0",
        "input.l.exists_one(a, input.l.exists_one(b, input.l.exists_one(c, true)))",
        // The failed loops go on, without work, and end.
        "input.l.all(a, input.l.all(b, input.l.all(c, input.l.all(d, a.n + b.n + c.n >= 0)))) || true",
        // Doubling.
        "[input.s].map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).size() == 1",
        "[1].map(x,[x,x]).map(x,[x,x]).map(x,[x,x]).map(x,[x,x]).map(x,[x,x]).map(x,[x,x]).map(x,[x,x]).map(x,[x,x]).map(x,[x,x]).map(x,[x,x]).map(x,[x,x]).map(x,[x,x]).map(x,[x,x]).map(x,[x,x]).map(x,[x,x]).map(x,[x,x]).map(x,[x,x]).map(x,[x,x]).map(x,[x,x]).map(x,[x,x]).map(x,[x,x]).map(x,[x,x]).map(x,[x,x]).size() == 1",
        "[[1]].map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).size() == 1",
        // Long texts, again and again.
        "input.l.all(a, input.s.contains('y' + a.s) || true)",
        "input.l.all(a, input.s == input.s)",
        "input.l.all(a, input.l == input.l)",
        "input.l.all(a, !(a.s in input.l))",
        "input.l.all(a, [input.l, input.l].size() == 2)",
        "input.l.all(a, {'l': input.l}.l.size() == 1000)",
        "input.l.all(a, input.s < input.s || true)",
        "input.l.all(a, size(input.s) > 0)",
        // Costly patterns.
        "input.l.all(a, a.s.matches('\\\\w{500}') || true)",
        "'x'.matches('((a{100}){100}){100}')",
    ] {
        let result = world.condition(source);
        assert_eq!(result.as_ref().map_err(|problem| problem.code), Err("EXPRESSION_FAILED"), "{source}: {result:?}");
    }
    let long_chain = format!("{} != ''", ["input.s"; 90].join("+"));
    assert_eq!(world.condition(&long_chain).expect_err("too much").code, "EXPRESSION_FAILED");
    let many = format!("[{}].size() > 0", ["input"; 280].join(","));
    assert_eq!(world.condition(&many).expect_err("too much").code, "EXPRESSION_FAILED");
}

#[test]
fn honest_work_is_allowed() {
    let items: Vec<String> = (0..50_000).map(|at| format!("{{\"n\":{at}}}")).collect();
    let world = World::new(&format!("{{\"l\":[{}]}}", items.join(",")));
    assert_eq!(world.condition("input.l.all(a, a.n >= 0)"), Ok(true));
    assert_eq!(world.condition("input.l.exists(a, a.n == 49999)"), Ok(true));
    assert_eq!(world.condition("input.l.filter(a, a.n % 2 == 0).size() == 25000"), Ok(true));
    let few: Vec<String> = (0..300).map(|at| format!("\"user{at}@example.com\"")).collect();
    let world = World::new(&format!("{{\"l\":[{}]}}", few.join(",")));
    assert_eq!(world.condition("input.l.all(a, input.l.exists(b, a == b))"), Ok(true));
    assert_eq!(world.condition("input.l.all(a, a.matches('^[a-z0-9]+@[a-z]+[.]com$'))"), Ok(true));
}

#[test]
fn hostile_payloads() {
    let deep = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(World::new(&deep(60)).condition("size(input.a) == 1"), Ok(true));
    // Never let in by the edge; must not overflow here either.
    for source in ["size(input.a) == 1", "input == input", "input.b == 1"] {
        assert!(World::new(&deep(400_000)).condition(source).is_err(), "{source}");
    }
    assert_eq!(World::new(r#"{"k\u0000":"v\u0000w"}"#).condition(r"input['k\x00'] == 'v\x00w'"), Ok(true));
    assert_eq!(World::new(r#"{"a":1e400}"#).condition("input.a > 1.0e308"), Ok(true));
    assert_eq!(World::new(r#"{"a":-1e-999}"#).condition("input.a == 0.0"), Ok(true));
    for broken in ["", "{", "{\"a\"", "{\"a\":}", "[1", "{\"a\":tru}", "{\"a\":1x}", "{\"a\":\"", "{\"a\":--1}"] {
        let problem = World::new(broken).condition("input.a == 1").expect_err(broken);
        assert_eq!(problem.code, "EXPRESSION_FAILED", "{broken}: {problem}");
    }
}

/// Order of maps is random in the interpreter; it must not be seen.
#[test]
fn the_same_data_gives_the_same_result() {
    let members: Vec<String> = (0..50).map(|at| format!("\"k{}\":{at}", at * 7919 % 50)).collect();
    let world = World::new(&format!("{{{}}}", members.join(",")));
    let template = r#"{"$cel":"[input.map(k, k), input.filter(k, k > 'k3'), input]"}"#;
    let first = world.template(template).expect("a value");
    for _ in 0..20 {
        assert_eq!(world.template(template).as_ref(), Ok(&first));
    }
    assert_eq!(world.condition("input.map(k, k)[0] == 'k0'"), Ok(true));
}

#[test]
fn one_evaluator_serves_many_threads() {
    let evaluator = Evaluator::new();
    std::thread::scope(|scope| {
        for thread in 0..4_i64 {
            let evaluator = evaluator.clone();
            scope.spawn(move || {
                let world = World::new(&format!("{{\"n\":{thread}}}"));
                for at in 0..200_i64 {
                    let source = format!("input.n == {}", at % 8);
                    assert_eq!(evaluator.condition(&source, &world.scope()), Ok(at % 8 == thread));
                }
            });
        }
    });
}

/// Tokens in any order.
fn soup() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "input",
        ".a",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        ",",
        ":",
        "?",
        "+",
        "-",
        "*",
        "/",
        "%",
        "!",
        "==",
        "!=",
        "<",
        ">=",
        "&&",
        "||",
        " in ",
        "1",
        "1u",
        "1.5",
        "0x",
        "'s'",
        "\"",
        "'''",
        "b'x'",
        "r'\\'",
        "true",
        "null",
        "has(",
        "size(",
        ".all(x,",
        ".map(",
        ".exists(",
        "x",
        "steps.a.output",
        "job",
        "\\",
        "`",
        "//",
        "\n",
        "@",
        "é",
        "\u{0}",
        "as",
        "9999999999999999999",
        ".matches(",
        "timestamp(",
        "1.",
        "e5",
        "1e999",
        "'\\u12'",
        "'\\xz'",
        "b'\\u1234'",
        ".",
        "..",
        "@result",
    ]);
    prop::collection::vec(token, 0..16).prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_source_panics(source in soup()) {
        let world = full();
        let evaluator = Evaluator::new();
        let checked = evaluator.check_condition(&source);
        let result = evaluator.condition(&source, &world.scope());
        prop_assert!(checked.is_ok() || result.is_err(), "{}", source);
        if let Err(problem) = result {
            prop_assert!(problem.code.starts_with("EXPRESSION_"));
            prop_assert!(problem.message.len() < 400, "{}", problem.message);
        }
    }

    #[test]
    fn no_text_panics(source in any::<String>()) {
        let _ = Evaluator::new().check_condition(&source);
    }

    #[test]
    fn integers_are_exact(number in any::<i64>()) {
        let world = World::new(&format!("{{\"n\":{number}}}"));
        prop_assert_eq!(world.condition(&format!("input.n == {number} && type(input.n) == int")), Ok(true));
    }

    #[test]
    fn doubles_are_exact(number in prop::num::f64::NORMAL) {
        let world = World::new(&format!("{{\"n\":{number:?}}}"));
        prop_assert_eq!(world.condition(&format!("input.n == {number:?} && type(input.n) == double")), Ok(true));
    }
}
