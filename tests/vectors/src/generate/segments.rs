//! The segments of a plan. Each begins where the one before it ended.

use crate::generate::chance::Chance;
use serde_json::{Value, json};

/// Names of the rules that every generated plan has.
const RULES: [&str; 2] = ["whole", "there"];

/// A plan while it is built.
pub struct Builder<'c> {
    chance: &'c mut Chance,
    sub_plans: &'c [&'c str],
    steps: Vec<Value>,
    /// Steps that lead to whatever comes next.
    ends: Vec<usize>,
    /// Whether a step of the main line may fail for good.
    may_fail: bool,
    /// How deep in branches or lists.
    depth: u32,
}

impl<'c> Builder<'c> {
    /// A plan without steps, which may run these plans as steps.
    pub fn new(chance: &'c mut Chance, sub_plans: &'c [&'c str]) -> Self {
        Self { chance, sub_plans, steps: Vec::new(), ends: Vec::new(), may_fail: false, depth: 0 }
    }

    /// Whether a step of the main line may fail for good.
    pub fn failing(&mut self, may_fail: bool) {
        self.may_fail = may_fail;
    }

    /// Adds segments, the first and the last of which are single steps.
    pub fn line(&mut self, segments: u64) {
        self.single();
        for _ in 0..segments {
            match self.chance.below(7) {
                0 | 1 => self.list(),
                2 => self.branches(),
                3 => self.sub_plan(),
                4 if self.depth == 0 => self.taken(),
                5 if self.depth == 0 => self.barrier(),
                _ => self.single(),
            }
        }
        if self.may_fail && self.depth == 0 {
            self.fails();
        }
        self.single();
    }

    /// The document.
    pub fn document(self, name: &str) -> String {
        let rules = json!([
            {"name": RULES[0], "version": "3", "condition": "type(value) == int"},
            {"name": RULES[1], "version": "1", "condition": "value != null || true", "enforce": true},
        ]);
        json!({"name": name, "aggregate_type": "order", "policies": rules, "steps": self.steps}).to_string()
    }

    /// Adds a step behind all ends; its place.
    fn step(&mut self, fields: Value) -> usize {
        let place = self.steps.len();
        let mut step = json!({"step_key": format!("s{place}")});
        merge(&mut step, fields);
        self.steps.push(step);
        let key = json!(format!("s{place}"));
        for end in std::mem::take(&mut self.ends) {
            self.lead(end, key.clone());
        }
        self.ends.push(place);
        place
    }

    fn lead(&mut self, from: usize, edge: Value) {
        let next = &mut self.steps[from]["next"];
        match next.as_array_mut() {
            Some(edges) => edges.push(edge),
            None => *next = json!([edge]),
        }
    }

    /// Joins all ends.
    fn join(&mut self) -> usize {
        self.step(json!({"function": "kit.raw", "join": "all"}))
    }

    fn single(&mut self) {
        let n = self.chance.below(100);
        let mut fields = match self.chance.below(10) {
            0 => json!({"function": "kit.raw"}),
            1 => json!({"function": "kit.none", "output": "none"}),
            2 => json!({"function": "kit.ctx", "config": {"n": n}}),
            3 => json!({"function": "kit.raw", "input": {"v": {"$ref": "/input"}, "n": n}}),
            4 => json!({"function": "kit.raw", "input": {"$default": [{"$ref": "/input/v"}, {"$ref": "/input"}]}}),
            5 => json!({"function": "wait", "config": {"duration": format!("{}ms", 1 + n % 20)}}),
            6 => {
                let emit = json!({"emit": {"topic": format!("t{}", n % 3), "key": "", "json": n.to_string()}});
                script(json!([[emit, {"return_input": true}]]))
            }
            7 => {
                let saved = json!({"checkpoint": format!("[{n}]")});
                let mut fields = script(json!([[saved, {"throw": "oh"}], [{"return_checkpoint": true}]]));
                merge(&mut fields, retry(2 + n % 2, 1 + n % 9));
                fields
            }
            8 => script(
                json!([[{"verdict": {"policy": "own", "version": "1", "passed": n < 50, "detail": "why"}}, {"return": n.to_string()}]]),
            ),
            _ => script(json!([[{"return": n.to_string()}]])),
        };
        if self.chance.one_in(3) {
            let field = self.chance.pick(&["input_policies", "output_policies"]);
            fields[*field] = json!(RULES);
        }
        self.step(fields);
    }

    /// A list that is mapped, perhaps filtered, and joined.
    fn list(&mut self) {
        let count = self.chance.below(4);
        let config = match self.chance.one_in(2) {
            true => json!({"count": count}),
            false => {
                let items = ["1", "\"x\"", "{\"v\":[ ]}", "2.0"];
                json!({"items": items[..usize::try_from(count).unwrap_or(0)]})
            }
        };
        let fan = self.step(json!({"function": "kit.fan", "config": config, "output": "multiple"}));
        self.depth += 1;
        if self.chance.one_in(3) {
            self.ends.clear();
            let place = self.steps.len();
            self.lead(fan, json!({"step_key": format!("s{place}"), "condition": "item.index != 1"}));
        }
        if self.depth < 2 && self.chance.one_in(3) {
            self.step(json!({"function": "kit.fan", "config": {"count": 2}, "output": "multiple"}));
        }
        self.single();
        if self.chance.one_in(2) {
            self.single();
        }
        self.depth -= 1;
        self.join();
    }

    /// Branches that a condition chooses and a join brings together.
    fn branches(&mut self) {
        let exclusive = self.chance.one_in(2);
        let mut fields = json!({"function": "condition", "config": {"limit": self.chance.below(3)}});
        if exclusive {
            fields["exclusive_next"] = json!(true);
        }
        let condition = self.step(fields);
        self.depth += 1;
        let mut ends = Vec::new();
        let branches = 2 + self.chance.below(2);
        for branch in 0..branches {
            let place = self.steps.len();
            let source = *self.chance.pick(&[
                "config.limit > 0",
                "job.labels.team == 'sales'",
                "type(input) == int && input > 20",
                "has(job.labels.none)",
            ]);
            let last = branch + 1 == branches;
            let edge = if last {
                json!(format!("s{place}"))
            } else {
                json!({"step_key": format!("s{place}"), "condition": source})
            };
            self.ends.clear();
            self.lead(condition, edge);
            for _ in 0..=self.chance.below(2) {
                self.single();
            }
            ends.append(&mut self.ends);
        }
        self.depth -= 1;
        self.ends = ends;
        self.join();
    }

    fn sub_plan(&mut self) {
        match self.sub_plans {
            [] => self.single(),
            plans => {
                let plan = *self.chance.pick(plans);
                // A sub-plan may end in a step without output.
                self.step(json!({"sub_plan": {"plan": plan}, "output": "multiple"}));
                self.join();
            }
        }
    }

    /// A step whose failure another one takes; both go on.
    fn taken(&mut self) {
        let mut fields = script(json!([[{"fail": {"code": "BOOM", "message": "on purpose", "retryable": true}}]]));
        merge(&mut fields, retry(1 + self.chance.below(2), 2));
        let failing = self.step(fields);
        self.ends.clear();
        let handler = self.step(json!({"function": "kit.raw", "input": {"code": {"$ref": "/input/failure/code"}, "was": {"$ref": "/input/input"}}}));
        self.steps[failing]["on_failure_step"] = json!(format!("s{handler}"));
        self.ends = vec![failing, handler];
        self.single();
    }

    /// A step beside the line that waits for two of its steps.
    fn barrier(&mut self) {
        self.single();
        let first = self.steps.len() - 1;
        self.single();
        let ends = std::mem::take(&mut self.ends);
        let keys = json!([format!("s{first}"), format!("s{}", first + 1)]);
        self.step(json!({"function": "kit.raw", "depends_on": keys}));
        self.ends = ends;
    }

    /// A step that fails for good.
    fn fails(&mut self) {
        let mut fields = script(
            json!([[{"emit": {"topic": "never", "key": "k", "json": "0"}}, {"fail": {"code": "BOOM", "message": "for good", "retryable": true}}]]),
        );
        merge(&mut fields, retry(1 + self.chance.below(3), 1));
        self.step(fields);
    }
}

fn script(attempts: Value) -> Value {
    json!({"function": "kit.script", "config": {"attempts": attempts}})
}

fn retry(attempts: u64, backoff_ms: u64) -> Value {
    json!({"retry": {"max_attempts": attempts, "initial_backoff": format!("{backoff_ms}ms"), "max_backoff": "20ms"}})
}

fn merge(into: &mut Value, fields: Value) {
    if let Value::Object(fields) = fields {
        for (name, value) in fields {
            into[name] = value;
        }
    }
}
