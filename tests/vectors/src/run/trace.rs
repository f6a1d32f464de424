//! A plan runs to its end on the embedded runner with the functions of the kit.

use crate::{
    case::{Failure, Message, Payload, Start, Task, Trace, TraceCase, Verdict},
    payload::is_uuid,
};
use esteira_definition::parse;
use esteira_sdk::model::{self, Actor, AggregateRef, DataClass, Packet, Plan, RunError, Runner};
use std::collections::{BTreeMap, BTreeSet};

/// Codes whose message the engine or an SDK writes, and not the function's author.
const OWN_WORDS: [&str; 5] =
    ["CONFIG_INVALID", "INPUT_INVALID", "JSON_INVALID", "OUTPUT_TYPE_MISMATCH", "RESULT_TOO_LARGE"];

/// A case that was read.
pub struct Prepared {
    /// The plan.
    pub plan: Plan,
    /// Its sub-plans.
    pub plans: BTreeMap<String, Plan>,
    /// What it starts with.
    pub start: model::Start,
}

/// The embedded runner with the kit, which never waits.
pub fn runner() -> Runner {
    Runner::new().skip_waits().functions(esteira_kit::functions())
}

/// What the embedded runner does.
pub fn run(case: &TraceCase) -> Result<Trace, String> {
    run_on(runner(), prepare(case)?)
}

/// Reads a case.
pub fn prepare(case: &TraceCase) -> Result<Prepared, String> {
    let read = |text: &str| parse(text).map(|parsed| parsed.plan).map_err(|issues| format!("{issues:?}"));
    let plans = case.plans.iter().map(|(name, text)| Ok((name.clone(), read(&text.0)?)));
    Ok(Prepared { plan: read(&case.plan.0)?, plans: plans.collect::<Result<_, String>>()?, start: start(&case.start)? })
}

/// What a runner does with a case.
pub fn run_on(runner: Runner, prepared: Prepared) -> Result<Trace, String> {
    let policies = |plan: &Plan| plan.policies.iter().map(|policy| policy.name.to_string()).collect::<Vec<_>>();
    let rules = prepared.plans.values().chain([&prepared.plan]).flat_map(policies).collect();
    let trace = drive(runner, prepared).map_err(|error| error.to_string())?;
    Ok(traced(&trace, &rules))
}

/// Runs on a runtime of its own, so that functions can pause.
pub fn drive(mut runner: Runner, prepared: Prepared) -> Result<model::Trace, RunError> {
    for (name, plan) in prepared.plans {
        runner = runner.plan(name, plan);
    }
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime on this thread");
    runtime.block_on(runner.run(&prepared.plan, prepared.start))
}

/// What a job starts with, as the SDK has it.
pub fn start(start: &Start) -> Result<model::Start, String> {
    let aggregate = start.aggregate.as_ref().map(|it| AggregateRef {
        kind: it.r#type.as_str().into(),
        id: it.id.as_str().into(),
        version: it.version,
    });
    Ok(model::Start {
        packet: Packet {
            actor: Actor {
                user_id: start.operator.clone(),
                account_id: start.account.clone(),
                on_behalf_of: String::new(),
            },
            aggregate,
            data: start.input.to_model()?,
            headers: start.headers.clone(),
        },
        labels: start.labels.clone(),
        data_class: DataClass::Devtest,
    })
}

fn traced(trace: &model::Trace, rules: &BTreeSet<String>) -> Trace {
    let payloads = |list: &[model::Payload]| list.iter().map(Payload::of_model).collect();
    let task = |task: &model::TracedTask| Task {
        plan: task.plan_name.to_string(),
        step: task.step_key.to_string(),
        item: task.item_path.0.iter().map(u32::to_string).collect::<Vec<_>>().join("/"),
        attempts: task.attempts,
        state: task.state.to_string(),
        input: task.input.as_ref().map(Payload::of_model),
        outputs: payloads(&task.outputs),
        verdicts: task.verdicts.iter().map(|it| verdict(it, rules)).collect(),
        failure: task.failure.as_ref().map(failure),
    };
    let message = |emit: &model::Emit| Message {
        topic: emit.topic.clone(),
        key: key_of(&emit.key),
        payload: Payload::of_model(&emit.payload),
    };
    Trace {
        state: trace.state.to_string(),
        failure: trace.failure.as_ref().map(failure),
        tasks: trace.tasks.iter().map(task).collect(),
        results: payloads(&trace.results),
        messages: trace.messages.iter().map(message).collect(),
    }
}

/// The id of the job, or of a sub-plan's job, is another one in every run.
fn key_of(key: &str) -> String {
    if is_uuid(key) { "<job>".into() } else { key.to_owned() }
}

/// Why the language of expressions cannot judge is said in its own words.
fn verdict(verdict: &model::Verdict, rules: &BTreeSet<String>) -> Verdict {
    let detail = match verdict.detail.split_once(':') {
        Some((what, _)) if rules.contains(&verdict.policy) => what,
        _ => &verdict.detail,
    };
    Verdict {
        policy: verdict.policy.clone(),
        version: verdict.version.clone(),
        passed: verdict.passed,
        detail: detail.to_owned(),
    }
}

fn failure(failure: &model::Failure) -> Failure {
    let said = failure.source == "kit.script" && !OWN_WORDS.contains(&failure.code.as_str());
    Failure {
        kind: failure.kind.to_string(),
        code: failure.code.clone(),
        message: said.then(|| failure.message.clone()),
    }
}
