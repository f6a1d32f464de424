//! (e) Reprocess: always a new job; what was executed before the point is taken over, all else runs; the old job never changes.

use crate::harness::{NotAgain, S, World, plan, step};
use esteira_engine::{Misfit, Refusal};
use esteira_model::{JobId, JobState, OutputType, Plan, Point};

fn at(keys: &[&str]) -> Point {
    Point::Steps(keys.iter().map(|key| (*key).into()).collect())
}

fn world_of(plans: Vec<Plan>, script: &str) -> World {
    let mut world = World::of_all(plans);
    world.start("0", |_| {});
    world.play(script);
    assert!(world.root().state.is_terminal(), "{}", world.story());
    world
}

/// Processes the job of a script again; then `carried | the rest`, as it stands after the start.
#[track_caller]
fn check(steps: &[S], script: &str, point: Point, expected: &str) -> World {
    let mut world = world_of(vec![plan(steps.to_vec())], script);
    world.reprocess(1, &point, None).unwrap_or_else(|error| panic!("{script}: {error:?}"));
    assert_eq!(world.parts(), expected, "{script} from {point:?}");
    world
}

fn line() -> Vec<S> {
    vec![step("a").to("b"), step("b").to("c"), step("c")]
}

#[test]
fn a_line_goes_on_where_it_stopped_or_from_a_named_step() {
    for (script, point, expected) in [
        ("a=1 b=!", Point::LastStep, "a | b"),
        ("a=1 b=!", Point::FailedItems, "a | b"),
        ("a=1 b=2 c=3", Point::LastStep, "a b | c"),
        ("a=1 b=2 c=3", at(&["b"]), "a | b"),
        ("a=1 b=2 c=3", at(&["a"]), " | a"),
        ("a=1 b=2 c=3", at(&["b", "c"]), "a | b"),
        ("a=1 b=lease terminate", Point::LastStep, "a | b"),
        ("a=1 terminate", Point::LastStep, "a | b"),
        ("terminate", Point::FailedItems, " | a"),
        ("a=1 b=lease deadline", Point::LastStep, "a | b"),
        // It succeeded after its job was asked to stop: what follows had not begun.
        ("a=1 b=lease cancel b=2", Point::FailedItems, "a b | c"),
        ("a=1 b=lease cancel b=2", Point::LastStep, "a | b"),
    ] {
        let mut world = check(&line(), script, point.clone(), expected);
        assert_eq!(
            world.input(if expected.ends_with('b') { "b" } else { "a" }),
            if expected.ends_with('b') { "1" } else { "0" }
        );
        world.finish();
        assert!(world.story().ends_with("a+ b+ c+"), "{}", world.story());
    }
}

#[test]
fn items_of_a_fan_out() {
    let steps = [step("fan").multiple().to("b"), step("b").to("j"), step("j").join()];
    let script = "fan=[1,2,3] b[0]=x0 b[1]=! b[2]=x2";
    let mut world = check(&steps, script, Point::FailedItems, "b[0] b[2] fan | b[1] j");
    world.play("b[1]=x1 j=5");
    assert_eq!(world.joined("j"), "[x0,x1,x2]");
    let all = [step("fan").multiple().to("b"), step("b").to("j"), step("j").join()];
    check(&all, script, Point::LastStep, "fan | b[0] b[1] b[2]");
    check(&all, script, at(&["fan"]), " | fan");
    let done = "fan=[1,2] b[0]=x0 b[1]=x1 j=5";
    check(&all, done, Point::LastStep, "b[0] b[1] fan | j");
    check(&all, "fan=[] j=5", Point::LastStep, "fan | b j");
}

/// A join that fired is taken over with what it was given; one that is only partly reached waits for the rest.
#[test]
fn inside_joins() {
    let steps = [step("a").to("l").to("r"), step("l").to("j"), step("r").to("j"), step("j").join().to("k"), step("k")];
    let mut world = check(&steps, "a=0 l=1 r=2 j=3 k=!", Point::LastStep, "a j l r | k");
    world.play("k=4");
    assert_eq!((world.story(), world.results()), ("SUCCEEDED a+ l+ r+ j+ k+".into(), vec!["4"]));
    assert_eq!(world.joined("j"), "[1,2]");
    let mut world = check(&steps, "a=0 l=1 r=! ", Point::LastStep, "a l | j r");
    world.play("r=7 j=3 k=4");
    assert_eq!(world.joined("j"), "[1,7]");
    let mut world = check(&steps, "a=0 l=1 r=2 j=3 k=4", at(&["l"]), "a r | j l");
    world.play("l=9 j=3 k=4");
    assert_eq!(world.joined("j"), "[9,2]");
    check(&steps, "a=0 l=1 r=2 j=3 k=4", at(&["j"]), "a l r | j");
}

/// It succeeded while its job was being cancelled, so its condition was not asked: here it has no value.
#[test]
fn a_join_that_is_taken_over_can_fail_at_its_condition() {
    let steps = [step("a").to("j"), step("j").join().to_if("k", "index == 0"), step("k"), step("z")];
    let mut world = check(&steps, "a=0 j=lease cancel j=1", Point::FailedItems, "a | j z");
    world.play("z=1");
    assert_eq!(world.story(), "FAILED a+ j- z+");
}

/// Expressions see what was carried as if it had run here.
#[test]
fn expressions_read_what_was_carried() {
    let steps = [
        step("a").to("fan"),
        step("fan").multiple().to_if("b", "output != 2"),
        step("b").to("c"),
        step("c").template("[<steps.a>,<steps.fan>,<input>,<job>]").to("j"),
        step("j").join(),
    ];
    let mut world = check(
        &steps,
        "a=7 fan=[1,2,3] b[0]=8 b[2]=9 c[0]=! c[2]=5",
        Point::FailedItems,
        "a b[0] b[2] c[2] fan | c[0] j",
    );
    assert_eq!(world.input("c[0]"), "[7,1,8,0]");
    world.play("c[0]=4 j=1");
    assert_eq!(world.joined("j"), "[4,5]");
    // And what comes to run later looks it up.
    let mut world = check(&steps, "a=7 fan=[1,2,3] b[0]=! b[2]=9 c[2]=!", at(&["b"]), "a fan | b[0] b[2] j");
    world.play("b[0]=z");
    assert_eq!(world.input("c[0]"), "[7,1,z,0]");
}

#[test]
fn native_steps_and_waits() {
    let steps = [
        step("a").to("if"),
        step("if").condition().to_if("w", "input == 1").to_if("other", "input == 2"),
        step("w").wait(5).to("b"),
        step("b"),
        step("other"),
    ];
    check(&steps, "a=1 +5 b=!", Point::LastStep, "a if w | b");
    check(&steps, "a=1 terminate", Point::LastStep, "a if | w");
    let mut world = check(&steps, "a=1 +5 b=1", at(&["if"]), "a | if w");
    world.play("+5 b=1");
    assert_eq!(world.story(), "SUCCEEDED a+ if+ w+ b+");
}

/// A failure that a step took is a result of the plan; one that is named runs again.
#[test]
fn failures_that_a_step_took() {
    let steps = [step("a").on_failure("h").to("b"), step("b"), step("h").to("k"), step("k")];
    check(&steps, "a=! h=1 k=!", Point::LastStep, "a h | k");
    let mut world = check(&steps, "a=! h=!", Point::FailedItems, "a | h");
    assert!(world.input("h").contains("BROKEN"));
    world.play("h=1 k=2");
    assert_eq!(world.story(), "SUCCEEDED a- h+ k+");
    check(&steps, "a=! h=1 k=2", at(&["a"]), " | a");
}

#[test]
fn a_task_that_was_tried_again_counts_once() {
    let steps = [step("a").to("b").to("c"), step("b").to("d"), step("c"), step("d")];
    let mut world = check(&steps, "a=1 b=! b=retry b=2 d=3 c=!", Point::FailedItems, "a b d | c");
    world.play("c=5");
    assert_eq!(world.results().len(), 2);
    check(&steps, "a=1 b=! b=retry b=! c=1", Point::FailedItems, "a c | b");
}

fn with_child(output: OutputType, child: &[S], script: &str) -> World {
    let parent = plan([step("a").to("s"), step("s").sub_plan(2).output(output).to("z"), step("z")]);
    world_of(vec![parent, plan(child.to_vec())], script)
}

/// A sub-plan is gone into: its child job is a new job that goes on from the old one.
#[test]
fn sub_plans_are_gone_into() {
    let child = [step("x").to("y"), step("y")];
    let mut world = with_child(OutputType::Single, &child, "a=1 x=2 y=!");
    let old = world.child("s");
    let before = world.story_of(old);
    world.reprocess(1, &Point::LastStep, None).expect("it goes on");
    assert_eq!(world.parts(), "a | s");
    let new = JobId(world.find("s").0);
    assert_ne!(new, old);
    assert_eq!(world.job(new).lineage.source, Some(old));
    assert_eq!(world.story_of(new), "RUNNING x+ y?");
    assert_eq!(world.input("y"), "2");
    world.play("y=3 z=4");
    assert_eq!((world.story(), world.story_of(old)), ("SUCCEEDED a+ s+ z+".into(), before));
    assert_eq!(world.results(), ["4"]);

    // By name it starts anew; so it does when an earlier step runs again.
    for from in ["s", "a"] {
        let mut world = with_child(OutputType::Single, &child, "a=1 x=2 y=!");
        world.reprocess(1, &at(&[from]), None).expect("it goes on");
        if from == "a" {
            world.play("a=1");
        }
        assert_eq!(world.story_of(JobId(world.find("s").0)), "RUNNING x?");
    }
    // The last step of a job that succeeded may be a step of its sub-plan.
    let ends_with_it = plan([step("a").to("s"), step("s").sub_plan(2)]);
    let mut world = world_of(vec![ends_with_it, plan(child.to_vec())], "a=1 x=2 y=3");
    world.reprocess(1, &Point::LastStep, None).expect("it goes on");
    assert_eq!(world.story_of(JobId(world.find("s").0)), "RUNNING x+ y?");
}

/// Again and again: what was carried over is known by the task that executed it.
#[test]
fn a_job_that_was_processed_again_is_processed_again() {
    let mut world = check(&line(), "a=1 b=!", Point::LastStep, "a | b");
    world.play("b=2 c=!");
    world.reprocess(1, &Point::LastStep, None).expect("it goes on");
    assert_eq!(world.parts(), "a b | c");
    let executed: Vec<String> = {
        let mine = world.ended.values().filter(|ended| ended.task.job == world.root);
        mine.map(|ended| world.name(&world.ended[&world.carried[&ended.task.id].1].task)).collect()
    };
    assert_eq!(executed, ["a", "b"]);
    world.play("c=3");
    assert_eq!(world.story(), "SUCCEEDED a+ b+ c+");
}

#[test]
fn an_input_stands_for_that_of_the_one_task_that_begins() {
    let mut world = world_of(vec![plan(line())], "a=1 b=!");
    world.reprocess(1, &Point::LastStep, Some("9")).expect("one task begins");
    let begun = world.live.values().next().expect("it begins");
    assert_eq!(world.artifacts[&begun.task.input.expect("an input")].as_json(), Some("9"));
    assert_eq!(world.job(world.root).input, world.jobs.values().next().expect("the first").input);

    // From the very start it is the job's input.
    let mut world = world_of(vec![plan(line())], "a=1 b=!");
    world.reprocess(1, &at(&["a"]), Some("9")).expect("it starts");
    assert_eq!(world.artifacts[&world.root().input].as_json(), Some("9"));

    // A join begins with it as well.
    let steps = [step("a").to("j"), step("j").join()];
    let mut world = world_of(vec![plan(steps)], "a=1 j=!");
    world.reprocess(1, &Point::LastStep, Some("9")).expect("one task begins");
    world.play("j=2");
    assert_eq!(world.story(), "SUCCEEDED a+ j+");

    let steps = [step("fan").multiple().to("b"), step("b")];
    let mut world = world_of(vec![plan(steps)], "fan=[1,2] b[0]=! b[1]=!");
    let refused = world.reprocess(1, &Point::FailedItems, Some("9")).expect_err("two tasks begin");
    assert!(matches!(refused, NotAgain::Refused(Refusal::NotNow(_))), "{refused:?}");
}

/// Another version goes on when what was executed is what it has there.
#[test]
fn another_version() {
    let fixed = plan([step("a").to("b"), step("b").config("1").to("c"), step("c").to("d"), step("d")]);
    let mut world = world_of(vec![plan(line()), fixed], "a=1 b=!");
    world.reprocess(2, &Point::LastStep, None).expect("what was executed fits");
    world.finish();
    assert_eq!(world.story(), "SUCCEEDED a+ b+ c+ d+");

    let refused = |second: Plan, script: &str, point: Point| {
        let mut world = world_of(vec![plan(line()), second], script);
        match world.reprocess(2, &point, None).expect_err("it does not fit") {
            NotAgain::Misfit(misfit) => misfit,
            other => panic!("{other:?}"),
        }
    };
    let changed = |key: &str, what| Misfit::StepChanged(key.into(), what);
    let other_config = || plan([step("a").config("1").to("b"), step("b").to("c"), step("c")]);
    assert_eq!(refused(other_config(), "a=1 b=!", Point::LastStep), changed("a", "it has another config"));
    let gone = plan([step("b").to("c"), step("c")]);
    assert_eq!(refused(gone, "a=1 b=2 c=!", Point::LastStep), changed("a", "it has no such step"));
    let between = plan([step("a").to("n"), step("n").to("b"), step("b").to("c"), step("c")]);
    assert_eq!(refused(between, "a=1 b=2 c=!", Point::LastStep), changed("b", "other steps lead to it"));
    // From a point before the change it fits.
    let mut world = world_of(vec![plan(line()), other_config()], "a=1 b=!");
    world.reprocess(2, &at(&["a"]), None).expect("nothing is taken over");
}

#[test]
fn what_cannot_be_is_refused() {
    let mut world = world_of(vec![plan(line())], "a=1 b=!");
    let unknown = world.reprocess(1, &at(&["nope"]), None).expect_err("no such step");
    assert_eq!(unknown, NotAgain::Misfit(Misfit::StepUnknown("nope".into())));
    let never = world.reprocess(1, &at(&["c"]), None).expect_err("it never came there");
    assert_eq!(never, NotAgain::Misfit(Misfit::StepNotReached("c".into())));
    let mut world = World::started(plan(line()), "0");
    let running = world.reprocess(1, &Point::LastStep, None).expect_err("it goes on");
    assert_eq!(running, NotAgain::Misfit(Misfit::NotEnded));
    assert_eq!(world.root().state, JobState::Running);
}
