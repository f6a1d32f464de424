//! The Rust SDK does what the vectors say, and the vectors are what their sources give.

use esteira_vectors::{Case, difference_of, files, run};
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};

fn expected(case: &Case) -> Value {
    serde_json::to_value(case).expect("a case is JSON")["expected"].take()
}

#[test]
fn the_rust_sdk_reproduces_every_vector() {
    let mut wrong = Vec::new();
    let (mut names, mut kinds) = (BTreeSet::new(), HashSet::new());
    for (topic, file) in files::vectors().expect("the vectors can be read") {
        for case in file.cases {
            assert!(names.insert(case.name().to_owned()), "{topic}: {} is there twice", case.name());
            kinds.insert(std::mem::discriminant(&case));
            let found = match run::run(&case) {
                Ok(found) => difference_of(&expected(&case), &expected(&found)).map(|it| it.to_string()),
                Err(why) => Some(why),
            };
            wrong.extend(found.map(|why| format!("{topic}.json: {}: {why}", case.name())));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), names.len(), wrong.join("\n"));
    assert!(names.len() >= 400 && kinds.len() == 10, "only {} cases of {} kinds", names.len(), kinds.len());
}

#[test]
fn the_vectors_are_what_their_sources_give() {
    let stale = files::stale().expect("the sources can be read");
    assert!(stale.is_empty(), "run `make vectors`:\n{}", stale.join("\n"));
}
