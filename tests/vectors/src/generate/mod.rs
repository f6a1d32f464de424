//! Random plans over the functions of the kit, the same in every run.
//!
//! Half of them have any shape (`wild`). The others are made of segments: a plan is a line of segments; a segment is a step, a list that is mapped and joined, branches that meet again, or a
//! sub-plan. Where branches run side by side, nothing that differs between two orders can be seen: failures that end the job
//! stand outside them.

mod chance;
mod segments;
mod wild;

use crate::{
    Case, File,
    case::{Aggregate, Payload, Start, TraceCase},
    generate::{chance::Chance, segments::Builder},
    json_text::JsonText,
    run,
};
use serde_json::json;
use std::collections::BTreeMap;

/// The topic of what is generated.
pub const TOPIC: &str = "generated";

/// How many cases there are of segments, and of any shape.
const CASES: u64 = 72;
/// See [`CASES`].
const WILD: u64 = 72;
/// Most tasks of a plan of any shape: larger ones show nothing more.
const TASKS_MAX: usize = 40;

/// All generated cases, with nothing filled in.
pub fn file() -> File {
    File {
        about: "Random plans over the kit, from seeds: src/generate says how.".into(),
        cases: (0..CASES).map(case).chain((0..WILD).map(wild_case)).map(|case| Case::Trace(Box::new(case))).collect(),
    }
}

fn case(seed: u64) -> TraceCase {
    let mut chance = Chance::new(seed);
    let mut plans = BTreeMap::new();
    for name in ["inner", "other"] {
        let mut builder = Builder::new(&mut chance, &[]);
        builder.line(2);
        plans.insert(name.to_owned(), JsonText(builder.document(name)));
    }
    let segments = 2 + chance.below(4);
    let mut builder = Builder::new(&mut chance, &["inner", "other"]);
    builder.failing(seed % 4 == 1);
    builder.line(segments);
    let plan = builder.document("generated");
    plans.retain(|name, _| plan.contains(&format!("\"plan\":\"{name}\"")));
    let start = start(&mut chance, seed);
    TraceCase { name: format!("generated_{seed:03}"), plan: JsonText(plan), plans, start, must: None, expected: None }
}

/// A plan of any shape: the first that the engine takes, and that is not too large.
fn wild_case(seed: u64) -> TraceCase {
    let mut chance = Chance::new(seed + 1_000_000);
    loop {
        let plan = wild::document(&mut chance, "inner");
        let inner = json!({"name": "inner", "steps": [{"step_key": "x", "function": "kit.raw"}]}).to_string();
        let mut plans = BTreeMap::from([("inner".to_owned(), JsonText(inner))]);
        plans.retain(|name, _| plan.contains(&format!("\"plan\":\"{name}\"")));
        let start = start(&mut chance, seed);
        let name = format!("wild_{seed:03}");
        let case = TraceCase { name, plan: JsonText(plan), plans, start, must: None, expected: None };
        if run::trace::run(&case).is_ok_and(|trace| (3..=TASKS_MAX).contains(&trace.tasks.len())) {
            return case;
        }
    }
}

fn start(chance: &mut Chance, seed: u64) -> Start {
    let input = ["0", "7", "[1, 2.50]", "{\"n\":9007199254740993}", "\"é\\u0000\"", "null"];
    Start {
        input: Payload::Json((*chance.pick(&input)).to_owned()),
        aggregate: chance.one_in(3).then(|| Aggregate { r#type: "order".into(), id: format!("o-{seed}"), version: 1 }),
        operator: "local".into(),
        account: "default".into(),
        headers: BTreeMap::from([("seed".to_owned(), seed.to_string())]),
        labels: BTreeMap::from([("team".to_owned(), (*chance.pick(&["sales", "care"])).to_owned())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traces() -> Vec<(String, crate::case::Trace)> {
        let file = file();
        let cases = file.cases.iter().filter_map(|case| match case {
            Case::Trace(case) => Some(case),
            _ => None,
        });
        cases.map(|case| (case.plan.0.clone(), run::trace::run(case).expect(&case.name))).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_case() {
        let text = |file: &File| serde_json::to_string(file).expect("JSON");
        assert_eq!(text(&file()), text(&file()));
    }

    #[test]
    fn there_is_some_of_everything() {
        let traces = traces();
        let count = |of: fn(&(String, crate::case::Trace)) -> bool| traces.iter().filter(|it| of(it)).count();
        let found = [
            ("failed jobs", count(|(_, trace)| trace.state == "FAILED")),
            (
                "failures that were taken",
                count(|(_, it)| it.state == "SUCCEEDED" && it.tasks.iter().any(|task| task.state == "FAILED")),
            ),
            ("skipped tasks", count(|(_, it)| it.tasks.iter().any(|task| task.state == "SKIPPED"))),
            ("retried tasks", count(|(_, it)| it.tasks.iter().any(|task| task.attempts > 1))),
            ("items within items", count(|(_, it)| it.tasks.iter().any(|task| task.item.contains('/')))),
            ("sub-plans", count(|(_, it)| it.tasks.iter().any(|task| !task.plan.is_empty()))),
            (
                "verdicts that do not hold",
                count(|(_, it)| it.tasks.iter().any(|task| task.verdicts.iter().any(|verdict| !verdict.passed))),
            ),
            ("messages", count(|(_, it)| it.messages.len() > 1)),
            ("joins", count(|(plan, _)| plan.contains("\"join\":\"all\""))),
            ("barriers", count(|(plan, _)| plan.contains("\"depends_on\""))),
            ("exclusive edges", count(|(plan, _)| plan.contains("\"exclusive_next\":true"))),
            ("waits", count(|(plan, _)| plan.contains("\"function\":\"wait\""))),
        ];
        for (what, count) in found {
            assert!(count >= 4, "{what}: only {count}");
        }
    }
}
