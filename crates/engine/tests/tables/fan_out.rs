//! Fan-out: one task an item; paths; order; fan-out in fan-out.

use crate::{
    check,
    harness::{World, many, plan, step},
};
use esteira_model::{JobState, limits::FAN_OUT_TASKS_MAX};

#[test]
fn each_item_runs_alone_and_arrives_in_order() {
    let fan = plan([step("fan").multiple().to("b"), step("b").to("c"), step("c").to("j"), step("j").join()]);
    for script in ["b[2]=2 c[2]=2 b[0]=0 b[1]=1 c[1]=1 c[0]=0 *", "b[0]=0 b[1]=1 b[2]=2 c[0]=0 c[1]=1 c[2]=2 *"] {
        let story = "SUCCEEDED fan+ b[0]+ b[1]+ b[2]+ c[0]+ c[1]+ c[2]+ j+";
        assert_eq!(check(&fan, &format!("fan=[x,y,z] {script}"), story).joined("j"), "[0,1,2]", "{script}");
    }
    let world = check(&fan, "fan=[x,y,z] b[2]=9", "RUNNING fan+ b[0]? b[1]? b[2]+ c[2]?");
    assert_eq!((world.input("b[1]"), world.input("c[2]")), ("y", "9"));
}

#[test]
fn item_ten_comes_after_item_two() {
    let fan = plan([step("fan").multiple().to("j"), step("j").join()]);
    let items: Vec<String> = (0..300).map(|n| n.to_string()).collect();
    let world = check(&fan, &format!("fan=[{}]", items.join(",")), "RUNNING fan+ j?");
    assert_eq!(world.joined("j"), format!("[{}]", items.join(",")));
}

#[test]
fn a_fan_out_in_a_fan_out_has_longer_paths() {
    let nested = plan([
        step("out").multiple().to("in"),
        step("in").multiple().to("b"),
        step("b").to("j"),
        step("j").join().to("e"),
        step("e"),
    ]);
    let story = "SUCCEEDED out+ in[0]+ in[1]+ b[0.0]+ b[1.0]+ b[1.1]+ j+ e+";
    let script = "out=[x,y] in[1]=[p,q] b[1.1]=11 in[0]=[r] b[1.0]=10 b[0.0]=0 *";
    assert_eq!(check(&nested, script, story).joined("j"), "[0,10,11]");
}

#[test]
fn a_join_inside_gathers_the_whole_job_and_leaves_the_fan_out() {
    let two =
        plan([step("fan").multiple().to("b").to("k"), step("b").to("j"), step("j").join().to("k"), step("k").join()]);
    let world = check(&two, "fan=[x,y] b[0]=1 b[1]=2 j=9 *", "SUCCEEDED fan+ b[0]+ b[1]+ j+ k+");
    assert_eq!(world.joined("k"), "[9,x,y]", "by item path, then by step");
}

#[test]
fn a_fan_out_after_a_join_begins_a_new_path() {
    let again = plan([step("fan").multiple().to("j"), step("j").join().multiple().to("b"), step("b")]);
    let world = check(&again, "fan=[1,2] j=[3,4,5] *", "SUCCEEDED fan+ j+ b[0]+ b[1]+ b[2]+");
    assert_eq!(world.results(), ["\"b[0]\"", "\"b[1]\"", "\"b[2]\""]);
}

#[test]
fn a_step_without_output_passes_its_input_on() {
    let none =
        plan([step("fan").multiple().to("b"), step("b").none().to("c"), step("c").none().to("j"), step("j").join()]);
    let world = check(&none, "fan=[1,2] b[0]=() b[1]=() c[1]=() c[0]=()", "RUNNING fan+ b[0]+ b[1]+ c[0]+ c[1]+ j?");
    assert_eq!(world.joined("j"), "[1,2]");
    assert_eq!(world.ended("b[0]").outputs, []);
}

#[test]
fn results_are_in_item_order() {
    let leaf = plan([step("fan").multiple().to("b").to("c"), step("b"), step("c")]);
    let world = check(&leaf, "fan=[x,y] c[1]=4 b[1]=3 c[0]=2 b[0]=1", "SUCCEEDED fan+ b[0]+ b[1]+ c[0]+ c[1]+");
    assert_eq!(world.results(), ["1", "2", "3", "4"]);
    let world = check(&plan([step("fan").multiple()]), "fan=[3,1,2]", "SUCCEEDED fan+");
    assert_eq!(world.results(), ["3", "1", "2"]);
}

/// A wide fan-out costs one decision and one write of the job row, not one an item.
#[test]
fn a_wide_fan_out_is_one_decision() {
    let wide = plan([step("fan").multiple().to("b"), step("b").to("j"), step("j").join()]);
    let mut world = World::started(wide, "0");
    let items = vec!["1"; 20_000];
    let decision = world.done("fan", many(&items));
    assert_eq!((decision.job.flow.open, decision.job.flow.joins[0].pending), (20_000, 20_000));
}

/// Each pair of native steps doubles what flows: the steps beyond the limit fail, in bounded time and memory.
#[test]
fn native_steps_that_multiply_without_end_fail() {
    let key = |name: &str, level: u32| format!("{name}{level}");
    let doubled = (0..40).flat_map(|level| {
        let next = key("c", level + 1);
        [
            step(&key("c", level)).condition().to(&key("a", level)).to(&key("b", level)),
            step(&key("a", level)).condition().to(&next),
            step(&key("b", level)).condition().to(&next),
        ]
    });
    let mut world = World::of(plan(doubled.chain([step("c40").condition()])));
    let decision = world.start("0", |_| {});
    let beyond =
        world.ended.values().filter(|task| task.failure.as_ref().is_some_and(|f| f.code == "FAN_OUT_TOO_LARGE"));
    assert!(beyond.count() > 0);
    assert!(world.ended.len() <= FAN_OUT_TASKS_MAX + 1, "{}", world.ended.len());
    assert_eq!(decision.job.state, JobState::Failed);
}
