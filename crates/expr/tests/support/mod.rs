//! A scope to evaluate in, built from JSON.

use esteira_engine::{Evaluate, ExpressionError, JobScope, Scope};
use esteira_expr::Evaluator;
use esteira_model::Payload;
use std::collections::BTreeMap;

/// The data of a scope, with everything optional left out.
pub struct World {
    pub input: Payload,
    pub output: Option<Payload>,
    pub item_path: Vec<u32>,
    pub steps: BTreeMap<String, Payload>,
    pub job_input: Option<Payload>,
    pub labels: BTreeMap<String, String>,
    pub config_json: String,
}

impl World {
    pub fn new(input: &str) -> Self {
        Self {
            input: Payload::json(input),
            output: None,
            item_path: Vec::new(),
            steps: BTreeMap::new(),
            job_input: None,
            labels: BTreeMap::from([("team".to_owned(), "sales".to_owned())]),
            config_json: String::new(),
        }
    }

    pub fn scope(&self) -> Scope<'_> {
        Scope {
            input: &self.input,
            output: self.output.as_ref(),
            item_path: &self.item_path,
            steps: &self.steps,
            job: JobScope {
                id: "0190b3f2-0000-7000-8000-000000000000",
                input: self.job_input.as_ref(),
                labels: &self.labels,
                data_class: "QA",
            },
            config_json: &self.config_json,
        }
    }

    #[allow(dead_code, reason = "each test file uses its part")]
    pub fn condition(&self, source: &str) -> Result<bool, ExpressionError> {
        Evaluator::new().condition(source, &self.scope())
    }

    #[allow(dead_code, reason = "each test file uses its part")]
    pub fn template(&self, source: &str) -> Result<Payload, ExpressionError> {
        Evaluator::new().template(source, &self.scope())
    }
}

/// A full scope: everything that there can be.
#[allow(dead_code, reason = "each test file uses its part")]
pub fn full() -> World {
    let mut world = World::new(
        r#"{"n":9007199254740993,"one":1,"big":18446744073709551615,"f":1.5,"s":"x","yes":true,"nothing":null,
            "list":[3,1,2],"empty":[],"map":{"b":2,"a":1},"e-mail":"a@b.c","nested":{"deep":{"er":"found"}},
            "leads":[{"name":"Ana","score":70,"tags":["hot"]},{"name":"Bea","score":30,"tags":[]},{"name":"Caio"}],
            "esc\"aped\u0000":"tab\there","when":"2026-07-01T10:30:00Z"}"#,
    );
    world.output = Some(Payload::json(r#"{"n":2,"ok":true}"#));
    world.item_path = vec![0, 3];
    world.steps.insert("fetch".into(), Payload::json(r#"{"rows":7}"#));
    world.steps.insert("bin".into(), Payload::binary(*b"\x00\xff"));
    world.steps.insert("silent".into(), Payload::none());
    world.job_input = Some(Payload::json(r#"{"campaign":"july"}"#));
    world.config_json = r#"{"limit":10}"#.into();
    world
}
