//! Runners that are wrong in one thing, and the vectors that say so.

mod mutant;

use esteira_vectors::{Case, case::TraceCase, difference, files, run::trace};
use mutant::{Mutant, all};
use std::collections::BTreeMap;

fn traces() -> BTreeMap<String, TraceCase> {
    let files = files::vectors().expect("the vectors can be read");
    let cases = files.into_values().flat_map(|file| file.cases);
    cases
        .filter_map(|case| match case {
            Case::Trace(case) => Some((case.name.clone(), *case)),
            _ => None,
        })
        .collect()
}

/// The first difference; a run that is refused differs everywhere.
fn differs(mutant: &Mutant, case: &TraceCase) -> Option<String> {
    let mut prepared = trace::prepare(case).expect(&case.name);
    (mutant.plan)(&mut prepared.plan);
    prepared.plans.values_mut().for_each(|plan| (mutant.plan)(plan));
    match trace::run_on((mutant.runner)(), prepared) {
        Ok(found) => {
            let found = (mutant.trace)(found);
            difference(case.expected.as_ref().expect("it is filled in"), &found).map(|it| it.path)
        }
        Err(_) => Some(String::new()),
    }
}

#[test]
fn each_wrong_runner_fails_the_vector_that_is_meant_for_it() {
    let traces = traces();
    let wrong: Vec<String> = all()
        .iter()
        .filter_map(|mutant| {
            let found = differs(mutant, &traces[mutant.caught_by]);
            let told = format!("{} on {}: {found:?}, not {:?}", mutant.name, mutant.caught_by, mutant.at);
            (found.as_deref() != Some(mutant.at)).then_some(told)
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the wrong runners are made of is right: with nothing wrong in it, no vector differs.
#[test]
fn a_runner_with_nothing_wrong_fails_no_vector() {
    let right = Mutant::none();
    for (name, case) in traces() {
        // Only esteira's own evaluator brings the strict check of JSON, and mutants bring an evaluator of their own.
        let checks_json = serde_json::to_string(&case.expected).expect("JSON").contains("JSON_INVALID");
        if !checks_json {
            assert_eq!(differs(&right, &case), None, "{name}");
        }
    }
}
