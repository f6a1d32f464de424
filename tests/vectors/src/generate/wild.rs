//! Plans of any shape: each step follows some of the steps before it.
//!
//! A step that several others lead to is a join: without that, two tasks on the same item could differ, and the order of what
//! they give a join is that of time.

use crate::generate::chance::Chance;
use serde_json::{Value, json};

/// Most lists in a plan: each one multiplies what follows.
const LISTS_MAX: usize = 2;

/// A document, which the engine may refuse.
pub fn document(chance: &mut Chance, sub_plan: &str) -> String {
    let count = 3 + usize::try_from(chance.below(7)).unwrap_or(0);
    let mut steps: Vec<Value> = Vec::new();
    let mut lists = 0;
    while steps.len() < count {
        let key = format!("s{}", steps.len());
        let mut step = runs(chance, sub_plan, &mut lists);
        step["step_key"] = json!(key);
        if steps.is_empty() || !chance.one_in(6) {
            follow(chance, &mut steps, &mut step, &key);
        }
        let fails = step["config"]["attempts"][0][0]["fail"].is_object() && chance.one_in(2);
        if fails {
            step["on_failure_step"] = json!(format!("s{}", steps.len() + 1));
        }
        steps.push(step);
        if fails {
            let input = json!({"code": {"$ref": "/input/failure/code"}, "was": {"$ref": "/input/input"}});
            let mut handler = json!({"step_key": format!("s{}", steps.len()), "function": "kit.raw", "input": input});
            if chance.one_in(3) {
                handler["join"] = json!("all");
                handler["input"] = json!([{"$ref": "/input/0/failure/code"}]);
            }
            steps.push(handler);
        }
    }
    json!({"name": "wild", "steps": steps}).to_string()
}

/// What a step runs.
fn runs(chance: &mut Chance, sub_plan: &str, lists: &mut usize) -> Value {
    let n = chance.below(50);
    let script = |attempts: Value| json!({"function": "kit.script", "config": {"attempts": attempts}});
    match chance.below(13) {
        0..=2 => json!({"function": "kit.raw"}),
        3 | 4 if *lists < LISTS_MAX => {
            *lists += 1;
            json!({"function": "kit.fan", "config": {"count": chance.below(4)}, "output": "multiple"})
        }
        5 => json!({"function": "kit.none", "output": "none"}),
        6 | 7 => json!({"function": "condition"}),
        8 => json!({"function": "wait", "config": {"duration": format!("{}ms", 1 + n)}}),
        9 => {
            let mut step =
                script(json!([[{"checkpoint": n.to_string()}, {"throw": "oh"}], [{"return_checkpoint": true}]]));
            step["retry"] = json!({"max_attempts": 1 + n % 3, "initial_backoff": format!("{}ms", 1 + n)});
            step
        }
        10 => {
            let mut step = script(json!([[{"fail": {"code": "BOOM", "message": "on purpose", "retryable": true}}]]));
            step["retry"] = json!({"max_attempts": 1 + n % 2, "initial_backoff": "2ms"});
            step
        }
        11 => json!({"function": "kit.raw", "input": {"v": {"$ref": "/input"}, "job": {"$ref": "/job/input"}, "n": n}}),
        12 => json!({"sub_plan": {"plan": sub_plan}, "output": "multiple"}),
        _ => script(json!([[{"emit": {"topic": "t", "key": "k", "json": n.to_string()}}, {"return": n.to_string()}]])),
    }
}

/// Lets the step follow one, two or three of those before it.
fn follow(chance: &mut Chance, steps: &mut [Value], step: &mut Value, key: &str) {
    let mut before: Vec<usize> = Vec::new();
    for _ in 0..[1, 1, 2, 3][usize::try_from(chance.below(4)).unwrap_or(0)] {
        let near = steps.len().saturating_sub(4);
        let choices: Vec<usize> = (near..steps.len()).filter(|place| !before.contains(place)).collect();
        if !choices.is_empty() {
            before.push(*chance.pick(&choices));
        }
    }
    before.sort_unstable();
    if before.len() > 1 || chance.one_in(4) {
        if chance.one_in(4) && !before.is_empty() {
            step["depends_on"] = before.iter().map(|place| json!(format!("s{place}"))).collect();
            return;
        }
        step["join"] = json!("all");
    }
    for place in before {
        lead(chance, &mut steps[place], key);
    }
}

/// An edge, perhaps with a condition.
fn lead(chance: &mut Chance, from: &mut Value, key: &str) {
    let edge = match chance.one_in(3) {
        true => {
            let condition = *chance.pick(&[
                "job.labels.team == 'sales'",
                "type(output) == int && output > 0",
                "type(output) == int && output % 2 == 0",
                "type(input) == list || type(output) == string",
                "size(job.id) > 100",
            ]);
            json!({"step_key": key, "condition": condition})
        }
        false => json!(key),
    };
    match from["next"].as_array_mut() {
        Some(edges) => edges.push(edge),
        None => from["next"] = json!([edge]),
    }
    if chance.one_in(4) {
        from["exclusive_next"] = json!(true);
    }
}
