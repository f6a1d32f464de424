//! Failures: taken by a step, inside fan-outs, on the way to joins; handlers that fail themselves.

use crate::{
    check,
    harness::{World, broken, plan, step, words},
};
use esteira_model::{Failure, FailureKind, Payload};

#[test]
fn a_step_takes_the_failure_with_the_input() {
    let taken = plan([step("a").to("b").on_failure("h"), step("b"), step("h").to("z"), step("z")]);
    let world = check(&taken, "a=! *", "SUCCEEDED a- h+ z+");
    let id = world.ended("a").task.id;
    let document = format!(
        "{{\"failure\":{{\"step\":\"a\",\"kind\":\"NON_RETRYABLE\",\"code\":\"BROKEN\",\"message\":\"it is broken\",\
         \"attempts\":1,\"task_id\":\"{id}\"}},\"input\":0}}"
    );
    assert_eq!(world.input("h"), document);
    assert_eq!((world.root().failure.as_ref(), world.ended("h").task.parent), (None, Some(id)));
    assert_eq!(words(world.ended("a").failure.as_ref()), "NON_RETRYABLE BROKEN", "the task failed all the same");
    check(&taken, "a=1 *", "SUCCEEDED a+ b+");
}

#[test]
fn the_document_is_json_whatever_the_failure_says() {
    let taken = plan([step("a").on_failure("h"), step("h")]);
    let mut world = World::started(taken, "{\"n\":9007199254740993}");
    let message = "say \"no\"\\\n\r\t\u{1}\u{7f}é";
    let details = Some(Payload::json("{\"secret\":1}"));
    world.fail("a", Failure { message: message.into(), details, ..Failure::engine(FailureKind::Retryable, "X", "") });
    let quoted = r#""message":"say \"no\"\\\n\r\t\u0001"#.to_owned() + "\u{7f}é\",";
    assert!(world.input("h").contains(&quoted), "{}", world.input("h"));
    assert!(world.input("h").ends_with("\"input\":{\"n\":9007199254740993}}"), "the input verbatim");
}

#[test]
fn inside_a_fan_out_each_failure_is_taken_for_its_item() {
    let item =
        plan([step("fan").multiple().to("b"), step("b").to("j").on_failure("h"), step("h").to("j"), step("j").join()]);
    let world = check(&item, "fan=[x,y,z] b[1]=! b[0]=0 b[2]=2 h[1]=7 *", "SUCCEEDED fan+ b[0]+ b[1]- b[2]+ h[1]+ j+");
    assert_eq!(world.joined("j"), "[0,7,2]");
    let side = plan([step("fan").multiple().to("b"), step("b").to("j").on_failure("h"), step("h"), step("j").join()]);
    let world = check(&side, "fan=[x,y] b[1]=! b[0]=0 *", "SUCCEEDED fan+ b[0]+ b[1]- h[1]+ j+");
    assert_eq!(world.joined("j"), "[0]");
}

/// As it is now: a condition that lets no item on fires the join below with `[]`, failures that are all taken do not.
#[test]
fn a_join_that_every_item_failed_to_reach_does_not_fire() {
    let side = plan([step("fan").multiple().to("b"), step("b").to("j").on_failure("h"), step("h"), step("j").join()]);
    check(&side, "fan=[x,y] b[1]=! b[0]=! *", "SUCCEEDED fan+ b[0]- b[1]- h[0]+ h[1]+");
}

#[test]
fn a_join_takes_failures_like_outputs() {
    let into = plan([step("a").to("b").on_failure("j"), step("b").to("j"), step("c").to("j"), step("j").join()]);
    let world = check(&into, "c=3 a=! *", "SUCCEEDED a- c+ j+");
    assert!(world.joined("j").starts_with("[{\"failure\":{\"step\":\"a\""), "{}", world.joined("j"));
    assert!(world.joined("j").ends_with("},3]"));
    assert_eq!(check(&into, "a=1 c=3 b=2 *", "SUCCEEDED a+ b+ c+ j+").joined("j"), "[2,3]");
}

#[test]
fn a_handler_that_fails_fails_the_job() {
    let fails = plan([step("a").on_failure("h"), step("h")]);
    let world = check(&fails, "a=! h=!", "FAILED a- h-");
    assert_eq!(world.root().failure.as_ref().expect("why").message, "step `h`: it is broken");
    let chain = plan([step("a").on_failure("h"), step("h").on_failure("i"), step("i")]);
    let world = check(&chain, "a=! h=! *", "SUCCEEDED a- h- i+");
    assert!(world.input("i").contains("\"input\":{\"failure\":{\"step\":\"a\""), "{}", world.input("i"));
    let join = plan([step("a").to("j").on_failure("h"), step("h").to("j"), step("b").to("j"), step("j").join()]);
    check(&join, "b=1 a=! h=!", "FAILED a- h- b+ j.");
}

#[test]
fn one_step_takes_the_failures_of_many() {
    let shared =
        plan([step("a").on_failure("h").to("b"), step("b").on_failure("h"), step("c").on_failure("h"), step("h")]);
    check(&shared, "a=1 b=! c=! *", "SUCCEEDED a+ b- c- h+ h+");
    let gathered = plan([step("a").on_failure("h"), step("b").on_failure("h"), step("h").join()]);
    check(&gathered, "a=! b=! *", "SUCCEEDED a- b- h+");
    check(&gathered, "a=1 b=!", "RUNNING a+ b- h?");
    check(&gathered, "a=1 b=1", "SUCCEEDED a+ b+");
}

#[test]
fn native_handlers_and_natives_that_fail() {
    let native = plan([step("a").on_failure("w"), step("w").wait(5).to("h"), step("h")]);
    let world = check(&native, "a=! +5", "RUNNING a- w+ h?");
    assert!(world.input("h").starts_with("{\"failure\""));
    let boom = plan([step("w").wait(5).to_if("b", "boom").on_failure("h"), step("b"), step("h")]);
    check(&boom, "+5 *", "SUCCEEDED w- h+");
    let now = plan([step("q").condition().to_if("b", "boom").on_failure("h"), step("b"), step("h")]);
    check(&now, "*", "SUCCEEDED q- h+");
}

#[test]
fn a_job_keeps_no_stack_and_no_details_of_a_failure() {
    let mut world = World::started(plan([step("a")]), "0");
    world.fail("a", Failure { stack_trace: "at x".into(), details: Some(Payload::json("1")), ..broken() });
    let failure = world.root().failure.as_ref().expect("why");
    assert_eq!((failure.stack_trace.as_str(), &failure.details), ("", &None));
    let task = world.ended("a").failure.as_ref().expect("why");
    assert_eq!((task.stack_trace.as_str(), task.details.is_some()), ("at x", true));
}

/// What the handler's template reads is there, also when the step failed before it began.
#[test]
fn a_handler_s_template_has_what_it_reads() {
    let read = |s| plan([step("a").to("b"), s, step("h").template("[<job>,<steps.a>,<input>]")]);
    let fails_later = read(step("b").on_failure("h"));
    let world = check(&fails_later, "a=7 b=!", "RUNNING a+ b- h?");
    assert!(world.input("h").starts_with("[0,7,{\"failure\""), "{}", world.input("h"));
    let fails_at_once = read(step("b").on_failure("h").template("<boom>"));
    let world = check(&fails_at_once, "a=7", "RUNNING a+ b- h?");
    assert!(world.input("h").starts_with("[0,7,{\"failure\""), "{}", world.input("h"));
}
