//! How long the hot paths take: `cargo run --release -p esteira-expr --example measure`.

#![expect(clippy::disallowed_methods, reason = "measures durations")]

use esteira_engine::{Evaluate, JobScope, Scope};
use esteira_expr::{Evaluator, check_json};
use esteira_model::Payload;
use std::{collections::BTreeMap, hint::black_box, time::Instant};

fn measure(name: &str, bytes: usize, mut run: impl FnMut()) {
    // A batch is long enough for the clock; the best of many batches is what the machine can do.
    let batch = (2_000_000 / (bytes + 200)).max(1);
    let best = (0..30).map(|_| {
        let begin = Instant::now();
        (0..batch).for_each(|_| run());
        begin.elapsed().as_secs_f64() * 1e9 / batch as f64
    });
    println!("{name:<60} {bytes:>8} bytes {:>12.0} ns", best.fold(f64::MAX, f64::min));
}

fn main() {
    let small = r#"{"lead_id":"0190b3f2-7c1e-7abc-9def-001122334455","name":"Ana Souza","email":"ana@example.com","score":70,"tags":["hot","july"],"address":{"city":"Recife","zip":"50000-000"},"active":true,"n":9007199254740993}"#;
    let escaped = format!("[{}]", vec![r#""line\nbreak \u00e9 \ud83d\ude00""#; 100].join(","));
    let large = format!("{{\"s\":\"{}\",\"items\":[{}],\"n\":1}}", "x".repeat(1 << 18), vec![small; 3_000].join(","));
    let wide = format!("{{{}}}", (0..1_000).map(|at| format!("\"key{at}\":{at}")).collect::<Vec<_>>().join(","));

    for (name, text) in [("small", small), ("escapes", &escaped), ("large", &large), ("wide", &wide)] {
        measure(&format!("check_json {name}"), text.len(), || black_box(check_json(black_box(text))).expect("JSON"));
        let ignored = || {
            let _ = black_box(serde_json::from_str::<serde::de::IgnoredAny>(black_box(text)));
        };
        measure(&format!("  serde_json IgnoredAny {name}"), text.len(), ignored);
        let value = || drop(black_box(serde_json::from_str::<serde_json::Value>(black_box(text)).expect("JSON")));
        measure(&format!("  serde_json Value {name}"), text.len(), value);
    }

    let evaluator = Evaluator::new();
    let (steps, labels) = (BTreeMap::new(), BTreeMap::new());
    for text in [small, &large] {
        let input = Payload::json(text);
        let job = JobScope { id: "0190b3f2", input: None, labels: &labels, data_class: "QA" };
        let scope = Scope { input: &input, output: Some(&input), item_path: &[], steps: &steps, job, config_json: "" };
        for source in
            ["output.n > 1", "output.n > 1 && has(input.s)", "output.n == 1 || output.tags.exists(t, t == 'hot')"]
        {
            measure(&format!("condition {source}"), text.len(), || {
                let _ = black_box(evaluator.condition(black_box(source), &scope));
            });
        }
        for source in
            [r#"{"$ref":"/input"}"#, r#"{"id":{"$ref":"/input/n"},"t":{"$concat":["o-",{"$cel":"string(input.n)"}]}}"#]
        {
            measure(&format!("template {source}"), text.len(), || {
                let _ = black_box(evaluator.template(black_box(source), &scope));
            });
        }
    }
    measure("compile and check output.n > 1 && has(input.s)", 0, || {
        let _ = black_box(Evaluator::new().check_condition("output.n > 1 && has(input.s)"));
    });
    let list = format!("{{\"l\":[{}]}}", (0..50_000).map(|at| format!("{{\"n\":{at}}}")).collect::<Vec<_>>().join(","));
    let list = Payload::json(list);
    let value = |source: &'static str| {
        let (evaluator, list) = (&evaluator, &list);
        move || {
            let _ = black_box(evaluator.policy(source, list));
        }
    };
    measure("policy value.l.all(a, a.n >= 0) over 50,000", list.bytes().len(), value("value.l.all(a, a.n >= 0)"));
    let mails = (0..300).map(|at| format!("\"user{at}@example.com\"")).collect::<Vec<_>>().join(",");
    let mails = Payload::json(format!("[{mails}]"));
    measure("policy matches over 300", mails.bytes().len(), || {
        let _ = black_box(evaluator.policy("value.all(a, a.matches('^[a-z0-9]+@[a-z]+[.]com$'))", &mails));
    });
    measure("policy refused for its work", list.bytes().len(), value("value.l.all(a, value.l.all(b, a.n + b.n >= 0))"));
}
