//! The plan, with the address of the API put in.

use crate::error::Error;
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// The plan as a person finds it in the repository.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/plan.yaml");
/// What stands there for the API's address. A plan names its servers itself; only this one has another port each time.
const PLACEHOLDER: &str = "127.0.0.1:8080";
/// The name under which it is published.
pub const NAME: &str = "airports";

/// Writes the plan into `directory`, for an API at that address.
pub fn prepare(api: SocketAddr, directory: &Path) -> Result<PathBuf, Error> {
    let text = fs::read_to_string(FILE).map_err(|source| Error::io(format!("read {FILE}"), source))?;
    if text.matches(PLACEHOLDER).count() != 1 {
        return Err(Error::Unexpected(format!("{FILE} does not name {PLACEHOLDER} exactly once")));
    }
    let path = directory.join("plan.yaml");
    fs::write(&path, text.replace(PLACEHOLDER, &api.to_string()))
        .map_err(|source| Error::io("write the plan", source))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        airports::Data,
        destination::{Destination, Totals, group},
    };
    use esteira_engine::{Evaluate, Graph, JobScope, Scope};
    use esteira_expr::Evaluator;
    use esteira_model::Payload;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    fn plan() -> Value {
        serde_yaml_ng::from_str(&fs::read_to_string(FILE).expect("it is there")).expect("it is YAML")
    }

    fn step<'a>(plan: &'a Value, key: &str) -> &'a Value {
        plan["steps"].as_array().expect("steps").iter().find(|step| step["step_key"] == key).expect(key)
    }

    fn scoped<T>(input: &Payload, output: Option<&Payload>, evaluate: impl FnOnce(&Scope<'_>) -> T) -> T {
        let job = JobScope { id: "job", input: None, labels: &BTreeMap::new(), data_class: "devtest" };
        evaluate(&Scope { input, output, item_path: &[], steps: &BTreeMap::new(), job, config_json: "" })
    }

    fn built(evaluator: &Evaluator, template: &Value, input: &Payload) -> Value {
        let payload = scoped(input, None, |scope| evaluator.template(&template.to_string(), scope)).expect("it builds");
        serde_json::from_slice(payload.bytes()).expect("it is JSON")
    }

    #[test]
    fn the_address_is_put_in() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = prepare(([127, 0, 0, 1], 4242).into(), directory.path()).expect("written");
        let text = fs::read_to_string(path).expect("read");
        assert!(text.contains("url: http://127.0.0.1:4242/v1/airports?page=1&page_size=500\n"), "{text}");
        assert_eq!(plan()["name"], NAME);
    }

    #[test]
    fn the_coordinator_would_publish_it_without_a_word() {
        let parsed = esteira_definition::parse(&plan().to_string()).expect("a good document");
        let (graph, issues) = Graph::compile(&parsed.plan, &Evaluator::new());
        assert_eq!((parsed.name.as_str(), issues), (NAME, Vec::new()));
        assert!(graph.is_some());
    }

    /// The plan's own expressions, on every record, without a coordinator: the demo's result in miniature.
    #[test]
    fn its_expressions_choose_and_shape_what_the_independent_count_expects() {
        let (plan, data, evaluator) = (plan(), Data::load().expect("the data"), Evaluator::new());
        let condition = step(&plan, "decide")["next"][0]["condition"].as_str().expect("a condition");
        let policy = plan["policies"][0]["condition"].as_str().expect("a policy");
        let mut written = Vec::new();
        for (airport, line) in data.airports.iter().zip(&data.lines) {
            let item = Payload::json(line.get());
            let chosen = scoped(&item, Some(&item), |scope| evaluator.condition(condition, scope)).expect("a verdict");
            let expected = Destination::of(airport);
            assert_eq!(chosen, expected.is_some(), "{airport:?}");
            let Some(expected) = expected else { continue };
            let row = built(&evaluator, &step(&plan, "shape")["config"]["template"], &item);
            let Destination { id, iata, name, city, country, continent, size, elevation_m } = expected;
            written.push(json!({"rows": [{"continent": continent, "size": size}], "rows_affected": 1}));
            let expected = json!({"id": id, "iata": iata, "name": name, "city": city, "country": country, "continent": continent, "size": size, "elevation_m": elevation_m});
            assert_eq!(row, expected);
            assert!(evaluator.policy(policy, &Payload::json(row.to_string())).expect("a verdict"), "{iata}");
        }
        let expected: Vec<Destination> = data.airports.iter().filter_map(Destination::of).collect();
        let summary = built(
            &evaluator,
            &step(&plan, "summary")["config"]["template"],
            &Payload::json(Value::Array(written).to_string()),
        );
        assert_eq!(summary["destinations"], expected.len());
        for (key, count) in Totals::count(&expected).by_group {
            let counted = ["AF", "EU", "SA"].into_iter().flat_map(|c| ["large", "medium"].map(|s| (c, s)));
            let (continent, size) = counted.into_iter().find(|(c, s)| group(c, s) == key).expect("known");
            assert_eq!(summary["by_continent"][continent][size], count, "{key}");
        }
    }
}
