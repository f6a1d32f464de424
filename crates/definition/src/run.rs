//! What a step runs, and which fields that leaves without a use.

use crate::{
    ranges::WAIT,
    reader::{Field, Form, Object},
};
use esteira_model::Run;
use std::time::Duration;

/// Fields that only a function of a worker has a use for.
const WORKER_ONLY: [&str; 7] =
    ["function_version", "queue", "execution_timeout", "lease_ttl", "max_in_flight", "exclusive_aggregate", "retry"];

/// Reads `function` or `sub_plan`, and refuses what the step could not use. `config` is read by the caller.
pub(crate) fn run(object: &mut Object<'_>, config: Option<&Field<'_>>) -> Option<Run> {
    let function = object.take("function");
    let sub_plan = object.take("sub_plan");
    match (function, sub_plan) {
        (Some(function), None) => match &*function.name(Form::Name)? {
            "condition" => {
                refuse_all(object, "`condition` is run by the engine: nothing is leased or tried again");
                Some(Run::Condition)
            }
            "wait" => {
                refuse_all(object, "`wait` is run by the engine: nothing is leased or tried again");
                wait(object, config).map(Run::Wait)
            }
            name => Some(Run::Function(name.into())),
        },
        (None, Some(sub_plan)) => {
            refuse_all(object, "a sub-plan is a job of its own; set this on its steps");
            run_sub_plan(&sub_plan)
        }
        (None, None) => object.refuse("RUN_AMBIGUOUS", "a step has a `function` or a `sub_plan`"),
        (Some(_), Some(sub_plan)) => {
            sub_plan.refuse("RUN_AMBIGUOUS", "a step has a `function` or a `sub_plan`, not both")
        }
    }
}

fn refuse_all(object: &mut Object<'_>, why: &str) {
    WORKER_ONLY.iter().for_each(|name| object.refuse_field(name, why));
}

fn run_sub_plan(field: &Field<'_>) -> Option<Run> {
    let mut object = field.object()?;
    let plan = object.require("plan").and_then(|field| field.name(Form::Name));
    let version = object.take("version").map(|field| field.whole(0..=i32::MAX.unsigned_abs()));
    object.finish();
    // A version that is wrong was reported; the default one stands in for it until then.
    let version = version.flatten().and_then(|version| i32::try_from(version).ok()).unwrap_or(0);
    Some(Run::SubPlan { plan: plan?, version, resolved: None })
}

/// The `config` of a `wait`.
fn wait(object: &Object<'_>, config: Option<&Field<'_>>) -> Option<Duration> {
    let Some(config) = config else {
        return object.refuse_missing("config", "`wait` takes its duration from `config`");
    };
    let mut config = config.object()?;
    let duration = config.require("duration").and_then(|field| field.duration(WAIT));
    config.finish();
    duration
}
