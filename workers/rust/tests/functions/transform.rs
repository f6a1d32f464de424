//! `transform`: templates over what a function knows.

use crate::support::{check_error, multiple, run, single};
use esteira_functions::Transform;
use esteira_sdk::{Output, model::OutputType};
use serde_json::json;

const INPUT: &str = r#"{"n":9007199254740993,"s":"x","list":[{"a": 1.0},2,null]}"#;

#[tokio::test]
async fn a_template_builds_the_output() {
    let function = Transform::new();
    let template = json!({"id": {"$ref": "/input/n"}, "t": {"$concat": ["o-", {"$ref": "/input/s"}]}, "c": {"$ref": "/config/extra"}});
    let config = json!({"template": template});
    check_error(single(&function, &config, INPUT).await, "EXPRESSION_MISSING_PATH", false);
    let template =
        json!({"id": {"$ref": "/input/n"}, "t": {"$concat": ["o-", {"$ref": "/input/s"}]}, "job": {"$ref": "/job/id"}});
    let built = run(&function, &json!({"template": template}), OutputType::Single, INPUT).await.expect("built");
    let Output::One(payload) = built else { panic!("{built:?}") };
    let text = payload.as_json().expect("json");
    assert!(text.contains("\"id\":9007199254740993") && text.contains("\"t\":\"o-x\""), "{text}");
    assert_eq!(
        single(&function, &json!({"template": {"$cel": "input.n > 10"}}), INPUT).await.expect("built"),
        json!(true)
    );
    assert_eq!(run(&function, &json!({"template": 1}), OutputType::None, INPUT).await.expect("built"), Output::None);
}

#[tokio::test]
async fn an_array_is_split_into_items() {
    let function = Transform::new();
    let config = json!({"template": {"$ref": "/input/list"}, "split": true});
    assert_eq!(multiple(&function, &config, INPUT).await.expect("items"), [r#"{"a": 1.0}"#, "2", "null"]);
    let config = json!({"template": {"$ref": "/input/s"}, "split": true});
    check_error(multiple(&function, &config, INPUT).await, "TRANSFORM_NO_ARRAY", false);
}

#[tokio::test]
async fn mistakes_are_named() {
    let function = Transform::new();
    check_error(
        single(&function, &json!({"template": {"$ref": "/input/zz"}}), INPUT).await,
        "EXPRESSION_MISSING_PATH",
        false,
    );
    check_error(single(&function, &json!({"template": {"$cel": "input."}}), INPUT).await, "EXPRESSION_INVALID", false);
    for (config, named) in [
        (json!({"template": {"$ref": "/steps/a/output"}}), "steps"),
        (json!({"template": {"$ref": "/job/input"}}), "job.input"),
        (json!({"template": 1, "split": true}), "split"),
        (json!({"templat": 1}), "templat"),
        (json!({}), "template"),
    ] {
        let error = check_error(single(&function, &config, INPUT).await, "CONFIG_INVALID", false);
        assert!(error.message().contains(named), "{error}");
    }
    check_error(multiple(&function, &json!({"template": [1]}), INPUT).await, "CONFIG_INVALID", false);
}
