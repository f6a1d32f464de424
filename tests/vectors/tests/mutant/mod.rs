//! What can be wrong with a runner: its evaluator, its functions, the plan as it reads it, or the trace as it tells it.

mod evaluator;
mod functions;

use esteira_sdk::model::{Join, OutputType, Plan, Runner, step};
use esteira_vectors::case::{Payload, Trace};
use evaluator::{Wrong, evaluating};
use functions::{forgetful, in_place_of, reversed, talkative, tidy, unchecked};

/// A runner that is wrong in one thing.
pub struct Mutant {
    pub name: &'static str,
    pub runner: Box<dyn Fn() -> Runner>,
    pub plan: fn(&mut Plan),
    pub trace: fn(Trace) -> Trace,
    /// The vector that is meant for it, and the field that differs there.
    pub caught_by: &'static str,
    pub at: &'static str,
}

impl Mutant {
    /// One with nothing wrong.
    pub fn none() -> Self {
        Self {
            name: "none",
            runner: Box::new(|| evaluating(Wrong::Nothing)),
            plan: |_| {},
            trace: |trace| trace,
            caught_by: "",
            at: "",
        }
    }

    fn evaluator(wrong: Wrong) -> Self {
        Self { runner: Box::new(move || evaluating(wrong)), ..Self::none() }
    }

    fn function(runner: impl Fn() -> Runner + 'static) -> Self {
        Self { runner: Box::new(runner), ..Self::none() }
    }

    fn plan(plan: fn(&mut Plan)) -> Self {
        Self { plan, ..Self::none() }
    }

    fn trace(trace: fn(Trace) -> Trace) -> Self {
        Self { trace, ..Self::none() }
    }

    fn caught(self, name: &'static str, caught_by: &'static str, at: &'static str) -> Self {
        Self { name, caught_by, at, ..self }
    }
}

fn each(plan: &mut Plan, change: impl Fn(&mut esteira_sdk::model::Step)) {
    plan.steps.iter_mut().for_each(change);
}

/// All that is wrong.
pub fn all() -> Vec<Mutant> {
    let mut mutants = of_evaluators();
    mutants.extend(of_functions());
    mutants.extend(of_plans());
    mutants.extend(of_traces());
    mutants
}

fn of_evaluators() -> Vec<Mutant> {
    vec![
        Mutant::evaluator(Wrong::Negated).caught("conditions negated", "an_edge_that_holds_is_taken", "/tasks/1/step"),
        Mutant::evaluator(Wrong::Reformatted).caught(
            "references written anew",
            "what_a_reference_copies",
            "/results/0/json",
        ),
        Mutant::evaluator(Wrong::MissingIsNull).caught(
            "a missing path is null",
            "a_template_without_its_path_fails_the_step",
            "/failure",
        ),
        Mutant::evaluator(Wrong::Lenient).caught("rules always hold", "an_enforced_rule_refuses_an_output", "/failure"),
    ]
}

fn of_functions() -> Vec<Mutant> {
    vec![
        Mutant::function(|| in_place_of("kit.fan", reversed)).caught(
            "items reversed",
            "three_items",
            "/results/0/json",
        ),
        Mutant::function(|| in_place_of("kit.script", talkative)).caught(
            "messages of a failed attempt kept",
            "messages_of_a_failed_attempt_are_dropped",
            "/messages/0/payload/json",
        ),
        Mutant::function(|| in_place_of("kit.script", forgetful)).caught(
            "checkpoints lost",
            "a_checkpoint_reaches_the_next_attempt",
            "/results/0/json",
        ),
        Mutant::function(|| in_place_of("kit.raw", tidy)).caught("JSON written anew", "one_step", "/results/0/json"),
        Mutant::function(|| in_place_of("kit.counter", unchecked)).caught(
            "an aggregate without its rule",
            "a_behaviour_keeps_its_limit",
            "/failure",
        ),
    ]
}

fn of_plans() -> Vec<Mutant> {
    vec![
        Mutant::plan(|plan| each(plan, |step| step.retry.max_attempts += 1)).caught(
            "one attempt more",
            "the_budget_counts_the_first_attempt",
            "/failure",
        ),
        Mutant::plan(|plan| each(plan, |step| step.retry.max_attempts = (step.retry.max_attempts - 1).max(1))).caught(
            "one attempt less",
            "three_attempts_are_the_default",
            "/tasks/0/attempts",
        ),
        Mutant::plan(|plan| each(plan, |step| step.retry.non_retryable_codes.clear())).caught(
            "codes that are not retried are",
            "a_code_that_is_not_retried",
            "/failure",
        ),
        Mutant::plan(|plan| each(plan, |step| step.join = Join::Each)).caught(
            "a join runs at each arrival",
            "branches_are_joined_by_step",
            "/results/0/json",
        ),
        Mutant::plan(|plan| {
            each(plan, |it| {
                if it.output_type == OutputType::None {
                    // A function without output would give null in place of what it received.
                    *it = esteira_sdk::model::Step { next: it.next.clone(), ..null_step(&it.step_key) };
                }
            })
        })
        .caught("no output passes null on", "none_passes_its_input_on", "/results/0/json"),
        Mutant::plan(|plan| each(plan, |step| step.exclusive_next = false)).caught(
            "exclusive_next ignored",
            "the_first_edge_that_holds_when_exclusive",
            "/results/1",
        ),
        Mutant::plan(|plan| each(plan, |step| step.on_failure_step = "".into())).caught(
            "failures taken by nobody",
            "the_step_that_takes_a_failure_goes_on",
            "/failure",
        ),
        Mutant::plan(|plan| plan.policies.iter_mut().for_each(|policy| policy.enforce = false)).caught(
            "no rule enforced",
            "an_enforced_rule_refuses_an_input",
            "/failure",
        ),
        Mutant::plan(|plan| plan.start_steps.clear()).caught(
            "start_steps ignored",
            "start_steps_begin_in_their_own_order",
            "/tasks/0/outputs/0/json",
        ),
        Mutant::plan(|plan| each(plan, |step| step.config_json = "".into())).caught(
            "config not handed over",
            "what_a_function_is_told",
            "/results/0/json",
        ),
    ]
}

fn null_step(key: &str) -> esteira_sdk::model::Step {
    let plan = esteira_sdk::model::PlanBuilder::new()
        .step(step(key, "kit.script").config(r#"{"attempts":[[{"return":"null"}]]}"#))
        .build();
    plan.steps.into_iter().next().expect("it has one")
}

fn of_traces() -> Vec<Mutant> {
    vec![
        Mutant::trace(|mut trace| {
            // A branch that was skipped does not count for its join.
            if trace.tasks.iter().any(|task| task.state == "SKIPPED") {
                trace.tasks.retain(|task| task.input != Some(Payload::Json("[]".into())));
                trace.results.retain(|result| *result != Payload::Json("[]".into()));
            }
            trace
        })
        .caught(
            "skipped branches do not satisfy a join",
            "a_join_of_no_items_gets_an_empty_array",
            "/results/0",
        ),
        Mutant::trace(|mut trace| {
            trace.tasks.reverse();
            trace
        })
        .caught("the newest task first", "line_of_three", "/tasks/0/step"),
        Mutant::trace(|mut trace| {
            trace.results.sort_by_key(|result| match result {
                Payload::Json(text) => text.clone(),
                _ => String::new(),
            });
            trace
        })
        .caught("results sorted", "a_list_at_the_end_is_the_result", "/results/0/json"),
        Mutant::trace(|mut trace| {
            trace.messages.iter_mut().for_each(|message| message.key = message.key.replace("<job>", ""));
            trace
        })
        .caught("messages without a key stay so", "a_message_without_a_key_has_the_jobs", "/messages/0/key"),
        Mutant::trace(|mut trace| {
            trace.tasks.iter_mut().for_each(|task| task.verdicts.retain(|verdict| !verdict.passed));
            trace
        })
        .caught("only violations recorded", "a_rule_that_holds_is_recorded", "/tasks/0/verdicts/0"),
    ]
}
