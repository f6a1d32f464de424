use super::*;
use crate::model::{Context, Error, Output, condition, function, outcome::Outcome, step, sub_plan, wait};
use crate::model::{JobState, OutputType, PlanBuilder, TaskState};
use std::time::Duration;

/// A function on one JSON number.
fn number(name: &'static str, change: fn(i64) -> i64) -> impl Function {
    function(name, OutputType::Single, move |_, input: Payload| async move {
        let n: i64 = input.as_json().unwrap_or_default().parse()?;
        Ok(Output::One(Payload::json(change(n).to_string())))
    })
}

/// The numbers from 0 up to the input.
fn count() -> impl Function {
    function("count", OutputType::Multiple, |_, input: Payload| async move {
        let n: i64 = input.as_json().unwrap_or_default().parse()?;
        Ok((0..n).map(|i| Payload::json(i.to_string())).collect::<Vec<_>>())
    })
}

fn echo() -> impl Function {
    function("echo", OutputType::Single, |_, input| async { Ok(Output::One(input)) })
}

fn runner() -> Runner {
    Runner::new()
        .skip_waits()
        .function(number("add", |n| n + 1))
        .function(number("double", |n| n * 2))
        .function(count())
        .function(echo())
}

fn texts(payloads: &[Payload]) -> Vec<&str> {
    payloads.iter().map(|payload| payload.as_json().unwrap_or("-")).collect()
}

fn run(runner: &Runner, plan: PlanBuilder, input: &str) -> Trace {
    runner.run_blocking(&plan.build(), Payload::json(input)).expect("a valid plan")
}

#[test]
fn steps_follow_one_another() {
    let trace = run(&runner(), PlanBuilder::new().step(step("a", "add").then("b")).step(step("b", "double")), "3");
    assert_eq!((trace.state, texts(&trace.results)), (JobState::Succeeded, vec!["8"]));
    let order: Vec<&str> = trace.tasks.iter().map(|task| &*task.step_key).collect();
    assert_eq!(order, ["a", "b"]);
    assert_eq!(trace.tasks[1].input, Some(Payload::json("4")));
}

#[test]
fn a_fan_out_joins_in_order() {
    let plan = PlanBuilder::new()
        .step(step("count", "count").output(OutputType::Multiple).then("double"))
        .step(step("double", "double").then("all"))
        .step(step("all", "echo").join_all());
    let trace = run(&runner(), plan.clone(), "4");
    assert_eq!(texts(&trace.results), ["[0,2,4,6]"]);
    assert_eq!(trace.step("double").map(|task| task.item_path.to_string()).collect::<Vec<_>>(), ["0", "1", "2", "3"]);
    let empty = run(&runner(), plan, "0");
    assert_eq!(
        (texts(&empty.results), empty.step("double").next().map(|task| task.state)),
        (vec!["[]"], Some(TaskState::Skipped))
    );
}

#[test]
fn conditions_and_templates_decide_and_build() {
    let plan = PlanBuilder::new()
        .step(condition("which").first_match().then_if("small", "input < 10").then("large"))
        .step(step("small", "echo").input(r#"{"small":{"$ref":"/input"}}"#))
        .step(step("large", "echo").input(r#"{"large":{"$ref":"/input"}}"#));
    assert_eq!(texts(&run(&runner(), plan.clone(), "3").results), [r#"{"small":3}"#]);
    assert_eq!(texts(&run(&runner(), plan, "30").results), [r#"{"large":30}"#]);
}

#[test]
fn a_wait_passes_its_input_on_and_is_skipped_in_tests() {
    let plan = PlanBuilder::new().step(wait("night", Duration::from_secs(8 * 3600)).then("a")).step(step("a", "add"));
    assert_eq!(texts(&run(&runner(), plan, "1").results), ["2"]);
}

#[test]
fn failures_are_tried_again_with_the_checkpoint_until_they_succeed() {
    let flaky = function("flaky", OutputType::Single, |cx: Context, _| async move {
        let before = cx.last_checkpoint().and_then(Payload::as_json).unwrap_or("\"\"").to_owned();
        if cx.attempt() < 3 {
            cx.checkpoint(Payload::json(format!("\"attempt {}\"", cx.attempt())));
            return Err(Error::retryable("BUSY", "later"));
        }
        Ok(Outcome::one(Payload::json(before)))
    });
    let trace = run(&runner().function(flaky), PlanBuilder::new().step(step("a", "flaky")), "1");
    assert_eq!((texts(&trace.results), trace.tasks[0].attempts), (vec!["\"attempt 2\""], 3));
}

#[test]
fn a_failure_ends_the_job_or_goes_where_the_plan_says() {
    let bad =
        || function("bad", OutputType::Single, |_, _| async { Err::<Output, _>(Error::non_retryable("BAD", "never")) });
    let trace = run(
        &runner().function(bad()),
        PlanBuilder::new().step(step("a", "bad").then("b")).step(step("b", "echo")),
        "1",
    );
    assert_eq!((trace.state, trace.tasks.len(), trace.results.len()), (JobState::Failed, 1, 0));
    assert_eq!(trace.failure.map(|failure| failure.code), Some("BAD".into()));
    let caught = PlanBuilder::new().step(step("a", "bad").on_failure("c")).step(step("c", "echo"));
    let trace = run(&runner().function(bad()), caught, "1");
    assert_eq!(trace.state, JobState::Succeeded);
    assert!(texts(&trace.results)[0].contains(r#""code":"BAD""#));
}

#[test]
fn a_panic_and_a_wrong_output_fail_the_task_and_not_the_process() {
    let panics = function("panics", OutputType::Single, |_, _| async {
        if std::hint::black_box(true) { panic!("oh") } else { Ok(Output::None) }
    });
    let trace = run(&runner().function(panics), PlanBuilder::new().step(step("a", "panics").max_attempts(2)), "1");
    assert_eq!((trace.tasks[0].attempts, trace.failure.map(|failure| failure.code)), (2, Some("UNHANDLED".into())));
    let none = function("none", OutputType::None, |_, _| async { Ok(Output::None) });
    let trace = run(&runner().function(none), PlanBuilder::new().step(step("a", "none")), "1");
    assert_eq!(trace.failure.map(|failure| failure.code), Some("OUTPUT_TYPE_MISMATCH".into()));
    let json = function("json", OutputType::Single, |_, _| async { Ok(Payload::json("{")) });
    let trace = run(&runner().function(json), PlanBuilder::new().step(step("a", "json")), "1");
    assert_eq!(trace.failure.map(|failure| failure.code), Some("JSON_INVALID".into()));
}

#[test]
fn an_execution_timeout_ends_an_attempt_in_real_time() {
    let hangs = function("hangs", OutputType::Single, |cx: Context, _| async move {
        cx.cancelled().await;
        std::future::pending::<Result<Output, Error>>().await
    });
    let plan = PlanBuilder::new().step(step("a", "hangs").max_attempts(1).execution_timeout(Duration::from_millis(5)));
    let trace = run(&Runner::new().function(hangs), plan, "1");
    assert_eq!(trace.failure.map(|failure| failure.code), Some("EXECUTION_TIMEOUT".into()));
}

#[test]
fn a_sub_plan_is_part_of_the_trace() {
    let child = PlanBuilder::new().step(step("a", "add").then("b")).step(step("b", "double")).build();
    let plan = PlanBuilder::new().step(sub_plan("nested", "child").then("last")).step(step("last", "add"));
    let trace = run(&runner().plan("child", child), plan, "1");
    assert_eq!(texts(&trace.results), ["5"]);
    let places: Vec<String> = trace.tasks.iter().map(|task| format!("{}.{}", task.plan_name, task.step_key)).collect();
    assert_eq!(places, ["child.a", "child.b", ".nested", ".last"]);
}

#[test]
fn policies_judge_and_messages_are_kept_with_success_only() {
    let speaks = function("speaks", OutputType::Single, |cx: Context, input: Payload| async move {
        cx.emit("said", "", input.clone());
        if cx.attempt() < 2 { Err(Error::retryable("AGAIN", "")) } else { Ok(Outcome::one(input)) }
    });
    let runner = runner().function(speaks);
    let plan = PlanBuilder::new().policy("small", "1", "value < 10").step(step("a", "speaks").output_policy("small"));
    let trace = run(&runner, plan.clone(), "3");
    assert_eq!((trace.messages.len(), trace.tasks[0].verdicts[0].passed), (1, true));
    assert_eq!(trace.messages[0].key, trace.job.to_string());
    let trace = run(&runner, plan, "30");
    assert_eq!((trace.messages.len(), trace.failure.map(|failure| failure.code)), (0, Some("POLICY_VIOLATION".into())));
}

#[test]
fn what_cannot_run_is_said_before_it_runs() {
    let error = |plan: PlanBuilder, input: &str| {
        runner().run_blocking(&plan.build(), Payload::json(input)).expect_err("cannot run")
    };
    assert_eq!(
        error(PlanBuilder::new().step(step("a", "nobody")), "1"),
        RunError::FunctionMissing(vec!["nobody".into()])
    );
    assert!(matches!(error(PlanBuilder::new().step(step("a", "echo").then("b")), "1"), RunError::PlanInvalid { .. }));
    assert!(matches!(error(PlanBuilder::new().step(sub_plan("a", "none")), "1"), RunError::PlanInvalid { .. }));
    assert!(matches!(error(PlanBuilder::new().step(step("a", "echo")), "{"), RunError::InputInvalid(_)));
}

#[test]
fn a_start_that_the_coordinator_would_not_take_is_refused() {
    let plan = PlanBuilder::new().step(step("a", "echo")).build();
    let longest = esteira_model::limits::PAYLOAD_BYTES_MAX;
    for (bytes, fits) in [(longest, true), (longest + 1, false)] {
        let result = runner().run_blocking(&plan, Payload::binary(vec![0; bytes]));
        assert_eq!(result.is_ok(), fits, "{bytes} bytes: {:?}", result.err());
    }
}

#[test]
fn two_runs_give_the_same_trace() {
    let plan = PlanBuilder::new()
        .step(step("count", "count").output(OutputType::Multiple).then("add").then("double"))
        .step(step("add", "add").then("all"))
        .step(step("double", "double").then("all"))
        .step(step("all", "echo").join_all());
    let (first, second) = (run(&runner(), plan.clone(), "3"), run(&runner(), plan, "3"));
    assert_eq!((first.tasks, texts(&first.results)), (second.tasks, vec!["[1,0,2,2,3,4]"]));
}

#[test]
fn skipped_pauses_end_in_the_same_order_in_every_run() {
    let flaky = |name: &'static str| {
        function(name, OutputType::Single, |cx: Context, input: Payload| async move {
            if cx.attempt() == 1 { Err(Error::retryable("BUSY", "later")) } else { Ok(Outcome::one(input)) }
        })
    };
    // With the default policy, whose jitter would make the order of the items another one in every run.
    let plan = PlanBuilder::new()
        .step(step("count", "count").output(OutputType::Multiple).then("flaky"))
        .step(step("flaky", "flaky"));
    let trace = run(&runner().function(flaky("flaky")), plan, "20");
    let places: Vec<u32> = trace.step("flaky").map(|task| task.item_path.0[0]).collect();
    assert_eq!(places, (0..20).collect::<Vec<_>>());
}
