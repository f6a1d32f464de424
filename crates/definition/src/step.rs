//! One step.

use crate::{
    policy,
    ranges::{EXECUTION_TIMEOUT, MAX_IN_FLIGHT, POLICIES_MAX, VERSION_CHARS_MAX},
    reader::{Field, Form, Object},
    retry, run,
};
use esteira_model::{
    Join, NextStep, OutputType, Run, Step,
    limits::{LEASE_TTL_MAX, LEASE_TTL_MIN, PLAN_STEPS_MAX, STEP_NEXT_MAX},
};
use std::{collections::BTreeSet, sync::Arc};

/// Reads a step. `None` when it has no key or nothing to run; the issues say why.
pub(crate) fn step(field: &Field<'_>, keys: &mut BTreeSet<Arc<str>>) -> Option<Step> {
    let mut object = field.object()?;
    let step_key = object.require("step_key").and_then(|field| unique_key(&field, keys));
    let config = object.take("config");
    let run = run::run(&mut object, config.as_ref());
    let output_type = object.take("output").and_then(|field| output_type(&field, run.as_ref()));
    let depends_on = object.take("depends_on").and_then(|field| keys_of(&field));
    let join = join(&mut object, depends_on.is_some());
    let step = Step {
        // Read to the end even when it cannot be kept: everything that is wrong is reported.
        step_key: step_key.clone().unwrap_or_default(),
        run: run.clone().unwrap_or(Run::Condition),
        config_json: config.map(|config| config.verbatim()).unwrap_or_default(),
        input_template_json: object.take("input").map(|input| input.verbatim()).unwrap_or_default(),
        output_type: output_type.unwrap_or(OutputType::Single),
        next: object.take("next").map(|field| next(&field)).unwrap_or_default(),
        exclusive_next: boolean(&mut object, "exclusive_next"),
        join,
        depends_on: depends_on.unwrap_or_default(),
        retry: object.take("retry").and_then(|field| retry::retry(&field)).unwrap_or_default(),
        queue: name(&mut object, "queue", Form::Name),
        execution_timeout: object.take("execution_timeout").and_then(|field| field.duration(EXECUTION_TIMEOUT)),
        lease_ttl: object.take("lease_ttl").and_then(|field| field.duration(LEASE_TTL_MIN..=LEASE_TTL_MAX)),
        max_in_flight: object.take("max_in_flight").and_then(|field| field.whole(MAX_IN_FLIGHT)).unwrap_or(0),
        exclusive_aggregate: boolean(&mut object, "exclusive_aggregate"),
        on_failure_step: name(&mut object, "on_failure_step", Form::Key),
        function_version: function_version(&mut object),
        input_policies: policies(&mut object, "input_policies"),
        output_policies: policies(&mut object, "output_policies"),
    };
    object.finish();
    (step_key.is_some() && run.is_some()).then_some(step)
}

fn unique_key(field: &Field<'_>, keys: &mut BTreeSet<Arc<str>>) -> Option<Arc<str>> {
    let key = field.name(Form::Key)?;
    match keys.insert(key.clone()) {
        true => Some(key),
        false => field.refuse("STEP_KEY_TAKEN", format!("`{key}` is used twice")),
    }
}

fn output_type(field: &Field<'_>, run: Option<&Run>) -> Option<OutputType> {
    let output = field.choice(OutputType::ALL)?;
    match (run, output) {
        (_, OutputType::Single) | (Some(Run::Function(_) | Run::SubPlan { .. }) | None, _) => Some(output),
        (Some(Run::Condition | Run::Wait(_)), _) => {
            field.refuse("FIELD_UNSUPPORTED", "this step passes its input on as one output")
        }
    }
}

/// A step with dependencies is a barrier by itself.
fn join(object: &mut Object<'_>, is_barrier: bool) -> Join {
    let field = object.take("join");
    let written = field.as_ref().and_then(|field| field.choice(Join::ALL));
    if let (Some(field), Some(Join::Each), true) = (&field, written, is_barrier) {
        field.refuse::<()>("JOIN_EACH_WITH_DEPENDS_ON", "`depends_on` is a barrier: the step runs once");
    }
    if is_barrier { Join::All } else { written.unwrap_or(Join::Each) }
}

/// Keys of steps, as they stand: that each is there once is a matter of the graph.
fn keys_of(field: &Field<'_>) -> Option<Vec<Arc<str>>> {
    let fields = field.list(PLAN_STEPS_MAX)?;
    if fields.is_empty() {
        return field.refuse("TEXT_INVALID", "empty; leave the field out instead");
    }
    Some(fields.iter().filter_map(|field| field.name(Form::Key)).collect())
}

fn next(field: &Field<'_>) -> Vec<NextStep> {
    field.list(STEP_NEXT_MAX).unwrap_or_default().iter().filter_map(edge).collect()
}

/// A bare key is an edge that is always taken.
fn edge(field: &Field<'_>) -> Option<NextStep> {
    if field.is_text() {
        return Some(NextStep { step_key: field.name(Form::Key)?, condition: Arc::default() });
    }
    let mut object = field.object()?;
    let step_key = object.require("step_key").and_then(|field| field.name(Form::Key));
    let condition = object.take("condition").and_then(|field| policy::condition(&field));
    object.finish();
    Some(NextStep { step_key: step_key?, condition: condition.unwrap_or_default() })
}

fn function_version(object: &mut Object<'_>) -> Arc<str> {
    let version = object.take("function_version").and_then(|field| field.short_text(VERSION_CHARS_MAX));
    version.unwrap_or_default().into()
}

fn policies(object: &mut Object<'_>, name: &str) -> Vec<Arc<str>> {
    object.take(name).map(|field| field.names(Form::Name, POLICIES_MAX)).unwrap_or_default()
}

fn boolean(object: &mut Object<'_>, name: &str) -> bool {
    object.take(name).and_then(|field| field.boolean()).unwrap_or(false)
}

fn name(object: &mut Object<'_>, name: &str, form: Form) -> Arc<str> {
    object.take(name).and_then(|field| field.name(form)).unwrap_or_default()
}
